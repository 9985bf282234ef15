//! What goes wrong with a source: its own errors, and those of the library.

use crate::error::Error;

/// Why a call that reads a [`Source`](super::Source) failed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SourceError<E> {
    /// The source could not read: its own error.
    #[error(transparent)]
    Source(E),
    /// The library refused something: an option, or what was read.
    #[error(transparent)]
    Refused(#[from] Error),
}
