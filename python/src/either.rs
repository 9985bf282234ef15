//! f32 or f64: what one Python class holds, and two Rust types.

use pyo3::PyResult;
use shallownet::Scalar;

use crate::failure::value;

/// An element type of networks and of NumPy's arrays.
pub(crate) trait Float: Scalar + numpy::Element {}

impl Float for f32 {}
impl Float for f64 {}

/// Something of f32, or the same of f64.
#[derive(Debug)]
pub(crate) enum Either<A, B> {
    F32(A),
    F64(B),
}

/// The same expression for both.
macro_rules! either {
    ($value:expr, $inner:ident => $body:expr) => {
        match $value {
            $crate::either::Either::F32($inner) => $body,
            $crate::either::Either::F64($inner) => $body,
        }
    };
}
pub(crate) use either;

/// The same expression for both, whose values become another `Either`.
macro_rules! map_either {
    ($value:expr, $inner:ident => $body:expr) => {
        match $value {
            $crate::either::Either::F32($inner) => $crate::either::Either::F32($body),
            $crate::either::Either::F64($inner) => $crate::either::Either::F64($body),
        }
    };
}
pub(crate) use map_either;

/// `Either` of unit: which of the two a name asks for.
pub(crate) fn element(name: &str) -> PyResult<Either<(), ()>> {
    match name {
        "float32" => Ok(Either::F32(())),
        "float64" => Ok(Either::F64(())),
        _ => Err(value(format!("dtype is {name:?}: expected \"float32\" or \"float64\""))),
    }
}
