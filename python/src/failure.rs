//! The library's errors as Python's exceptions, with the library's sentence.

use pyo3::PyErr;
use pyo3::exceptions::{PyIndexError, PyMemoryError, PyValueError};
use shallownet::Error;

pyo3::create_exception!(
    shallownet,
    Diverged,
    PyValueError,
    "A cost became NaN or infinite: the parameters are the last good ones."
);

/// As a function, since neither type is of this crate.
pub(crate) fn refused(error: Error) -> PyErr {
    let sentence = error.to_string();
    match error {
        Error::OutOfMemory { .. } | Error::TooLarge { .. } | Error::Memory { .. } => {
            PyMemoryError::new_err(sentence)
        }
        Error::Layer { .. } | Error::Member { .. } => PyIndexError::new_err(sentence),
        Error::Diverged { .. } | Error::MembersDiverged { .. } => Diverged::new_err(sentence),
        _ => PyValueError::new_err(sentence),
    }
}

/// Of a call whose only fault can be an argument.
pub(crate) fn value(sentence: impl ToString) -> PyErr {
    PyValueError::new_err(sentence.to_string())
}
