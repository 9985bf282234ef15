//! The command line: `shallownet train`, `predict`, `eval`, `select`, `inspect`, `import`, `export`,
//! `gradcheck`, `bench`.
//!
//! One file a command. They share `data` (files to samples), `choices` and `network` (arguments),
//! `model_file` (a model, or an ensemble), `threads`, `split` (which rows are for what), `prepare` (what is done to columns and values),
//! `batch` (samples to a network's X and Y), `average` (several networks' predictions), `scores`, `probabilities`, `importance` and `verdict`
//! (how good predictions are, and by what), `tables` and `pictures`, `rescue` (files that can't be written to their place), `progress` (bars and
//! Ctrl-C), `job` and `launch` (the ranks of an MPI job), `say` (output and notes) and `failure` (what can go wrong, and the exit code).
#![deny(unsafe_code)]

mod average;
mod batch;
mod bench;
mod choices;
mod data;
mod eval;
mod export;
mod failure;
mod gradcheck;
mod import;
mod importance;
mod inspect;
#[cfg(feature = "mpi")]
mod job;
#[cfg(feature = "mpi")]
mod launch;
mod model_file;
mod network;
mod pictures;
mod predict;
mod prepare;
mod probabilities;
mod progress;
mod rescue;
mod results;
mod say;
mod scores;
mod select;
mod split;
mod tables;
mod threads;
mod train;
mod verdict;

use std::process::ExitCode;

use clap::Parser;

use say::Say;

/// Train and run small dense neural networks on the CPU, fast.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "Example:\n  shallownet train        # a first network, in no time"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Train(Box<train::Args>),
    Predict(predict::Args),
    Eval(eval::Args),
    Select(Box<select::Args>),
    Inspect(inspect::Args),
    Import(import::Args),
    Export(export::Args),
    Gradcheck(Box<gradcheck::Args>),
    Bench(bench::Args),
}

impl Command {
    /// Whether standard output is reserved for one JSON object.
    fn is_json(&self) -> bool {
        match self {
            Self::Train(args) => args.json,
            Self::Eval(args) => args.json,
            Self::Select(args) => args.json,
            Self::Inspect(args) => args.json,
            Self::Gradcheck(args) => args.json,
            Self::Predict(_) | Self::Import(_) | Self::Export(_) | Self::Bench(_) => false,
        }
    }

    /// Runs it as one rank of a job; `None` if it is no command for ranks, or no launcher's process.
    #[cfg(feature = "mpi")]
    fn as_rank(&mut self) -> Option<ExitCode> {
        let json = self.is_json();
        match self {
            Self::Train(args) => launch::run(json, |job, say| train::ranks::run(args, job, say)),
            Self::Select(args) => launch::run(json, |job, say| select::ranks::run(args, job, say)),
            _ => None,
        }
    }
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return failure::usage(&error),
    };
    #[cfg(feature = "mpi")]
    let mut cli = cli;
    #[cfg(feature = "mpi")]
    if let Some(code) = cli.command.as_rank() {
        return code;
    }
    let command = cli.command;
    let say = Say::new(command.is_json());
    threads::limit_default_pool(&say);
    let done = match &command {
        Command::Train(args) => train::run(args, &say),
        Command::Predict(args) => predict::run(args, &say),
        Command::Eval(args) => eval::run(args, &say),
        Command::Select(args) => select::run(args, &say),
        Command::Inspect(args) => inspect::run(args, &say),
        Command::Import(args) => import::run(args, &say),
        Command::Export(args) => export::run(args, &say),
        Command::Gradcheck(args) => gradcheck::run(args, &say),
        Command::Bench(args) => bench::run(args, &say),
    };
    done.map_or_else(|failure| failure.report(), |()| ExitCode::SUCCESS)
}
