//! What can go wrong, as one line on standard error and an exit code.

use std::process::ExitCode;

use shallownet::io::{DataError, DataProblem, atomic, model, onnx, table};

/// Bad input or arguments: something the caller can put right.
const BAD_INPUT: u8 = 2;
/// Everything else: training diverged, an output could not be written.
const FAILED: u8 = 1;
/// The exit code of shells for SIGINT: 128 + 2.
pub(crate) const INTERRUPTED: u8 = 130;

/// Why a command stopped.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Table(#[from] table::Error),
    #[error(transparent)]
    Data(#[from] DataError),
    #[error(transparent)]
    Model(#[from] model::Error),
    #[error(transparent)]
    Onnx(#[from] onnx::Error),
    /// A cell that reads well but can't be used.
    #[error("{place}: {problem}")]
    Cell { place: String, problem: String },
    /// A file that reads well but can't be used.
    #[error("{file}: {problem}")]
    File { file: String, problem: String },
    /// Arguments that do not go together.
    #[error("{0}")]
    Arguments(String),
    #[error(transparent)]
    Network(#[from] shallownet::Error),
    /// One-hot targets that memory has no room for.
    #[error(
        "{samples} samples with {n_y} outputs each take {gigabytes:.1} GB of targets: that is too much; are these classes? (--regression predicts numbers)"
    )]
    Targets { samples: usize, n_y: usize, gigabytes: f64 },
    #[error(
        "the cost is {cost} in iteration {iteration}: training stopped and {written} was written; try {hint}"
    )]
    Diverged { iteration: u64, cost: f64, written: &'static str, hint: String },
    /// A checkpoint of other samples.
    #[error(
        "{checkpoint}: its training began with other samples than {data} gives now (or another --holdout, --validation, --standardize, --target-transform or --label-smoothing): --other-data goes on all the same"
    )]
    OtherData { checkpoint: String, data: String },
    /// Parts of a selection that are not there, and what runs the first of them.
    #[error("{which} missing: {command} writes {what}")]
    MissingParts { which: String, command: String, what: &'static str },
    /// What went wrong after the model had been saved.
    #[error("the model is in {model}, but then: {problem}")]
    AfterModel { model: String, problem: Box<Failure> },
    /// Ctrl-C, after what there was has been saved.
    #[error(
        "interrupted after {done}: the checkpoint is {file}; --resume {file} with the same data goes on"
    )]
    Interrupted { done: String, file: String },
    /// Ctrl-C while several networks were trained.
    #[error("interrupted: {ended} of {members} networks had ended, and {left}")]
    InterruptedEnsemble { ended: usize, members: usize, left: String },
    /// What some ranks of a job say, and the code that all end with.
    #[cfg(feature = "mpi")]
    #[error("{text}")]
    Ranks { text: String, code: u8 },
    #[error("the gradients are wrong: they differ by {distance:.1e}, more than {tolerance:.1e}")]
    WrongGradients { distance: f64, tolerance: f64 },
    #[error(transparent)]
    Write(#[from] atomic::WriteError),
    #[error("{file}: could not be drawn: {reason}")]
    Picture { file: &'static str, reason: String },
    #[error("{shape}: {problem}: nothing was timed")]
    WrongAnswer { shape: &'static str, problem: String },
    #[error("standard output: {0}")]
    Output(std::io::Error),
}

impl Failure {
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            #[cfg(feature = "mpi")]
            Self::Ranks { code, .. } => *code,
            Self::Interrupted { .. } | Self::InterruptedEnsemble { .. } => INTERRUPTED,
            Self::Model(model::Error { problem: model::Problem::Write(_), .. })
            | Self::Onnx(onnx::Error { problem: onnx::Problem::Write(_), .. })
            | Self::Data(DataError { problem: DataProblem::Write(_), .. })
            | Self::Network(shallownet::Error::Diverged { .. })
            | Self::Diverged { .. }
            | Self::AfterModel { .. }
            | Self::Write(_)
            | Self::Picture { .. }
            | Self::WrongAnswer { .. }
            | Self::WrongGradients { .. }
            | Self::Output(_) => FAILED,
            _ => BAD_INPUT,
        }
    }

    /// Prints it; a reader that has closed the pipe (`shallownet predict ... | head`) is no
    /// failure.
    pub(crate) fn report(&self) -> ExitCode {
        if let Self::Output(error) = self
            && error.kind() == std::io::ErrorKind::BrokenPipe
        {
            return ExitCode::SUCCESS;
        }
        say(&self.to_string());
        ExitCode::from(self.exit_code())
    }
}

impl From<csv::Error> for Failure {
    fn from(error: csv::Error) -> Self {
        Self::Output(match error.into_kind() {
            csv::ErrorKind::Io(error) => error,
            other => std::io::Error::other(format!("{other:?}")),
        })
    }
}

/// Help and version as clap prints them; mistakes in the arguments as one line.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    use clap::error::ErrorKind::{DisplayHelp, DisplayVersion};
    if matches!(error.kind(), DisplayHelp | DisplayVersion) || !error.use_stderr() {
        // It does not matter whether anyone reads the help.
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    let text = error.render().to_string();
    let message = text.split("\nUsage:").next().unwrap_or_default();
    let message = message.split("\nFor more information").next().unwrap_or_default();
    let words: Vec<&str> = message.split_whitespace().collect();
    let line = words.join(" ").replace(" tip: ", "; tip: ");
    match line.strip_prefix("error: ") {
        Some(line) => say(line),
        // `shallownet` alone: clap's answer is the help.
        None => drop(error.print()),
    }
    ExitCode::from(BAD_INPUT)
}

fn say(line: &str) {
    use std::io::Write;
    let line: String = line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    // If standard error can't be written to, the message is lost.
    let _ = writeln!(std::io::stderr(), "error: {line}");
}
