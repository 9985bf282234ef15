//! The one shape of what is wrong with a file that is no table.

/// What is wrong with a file: one line that begins with its name.
///
/// The problems `P` are those of data files (`DataError`), of models and
/// checkpoints (`io::model::Error`), or of exported networks (`io::onnx::Error`). Errors of tables
/// name line and column instead: `io::table::Error`.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {problem}")]
pub struct FileError<P: std::error::Error + 'static> {
    /// The file; of an archive also the array in it: `train.npz: x.npy`.
    pub file: String,
    /// What is wrong.
    #[source]
    pub problem: P,
}

#[cfg(feature = "_saves")]
impl<P: std::error::Error + 'static> FileError<P> {
    pub(super) fn new(path: &std::path::Path, problem: P) -> Self {
        Self { file: super::display(path), problem }
    }

    /// A file that could not be written, as the problem that its format has for it.
    pub(super) fn unwritten(
        error: super::atomic::WriteError,
        problem: impl FnOnce(std::io::Error) -> P,
    ) -> Self {
        Self { file: error.file, problem: problem(error.source) }
    }
}
