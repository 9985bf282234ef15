//! NumPy's arrays as samples, without a copy, and results as arrays.

use numpy::{
    Element, PyArrayDyn, PyArrayMethods, PyReadonlyArrayDyn, PyReadwriteArrayDyn,
    PyUntypedArrayMethods,
};
use pyo3::exceptions::{PyMemoryError, PyTypeError};
use pyo3::prelude::*;
use shallownet::Columns;

use crate::either::Float;
use crate::failure::{refused, value};

/// Results from here on are allocated so that too little memory is an error.
const LARGE: usize = 1 << 20;

/// An array that the library reads where it lies.
pub(crate) struct Given<'py, T: Float> {
    name: &'static str,
    array: PyReadonlyArrayDyn<'py, T>,
}

impl<'py, T: Float> Given<'py, T> {
    /// `name` is what errors call it.
    pub(crate) fn new(object: &Bound<'py, PyAny>, name: &'static str) -> PyResult<Self> {
        let array = typed::<T>(object, name)?;
        let array =
            array.try_readonly().map_err(|_| value(format!("{name} is being written to")))?;
        if !array.is_c_contiguous() {
            return Err(not_contiguous(name));
        }
        Ok(Self { name, array })
    }

    /// The same of an argument that may be `None`.
    pub(crate) fn maybe(
        object: Option<&Bound<'py, PyAny>>,
        name: &'static str,
    ) -> PyResult<Option<Self>> {
        object.map(|object| Self::new(object, name)).transpose()
    }

    pub(crate) fn shape(&self) -> &[usize] {
        self.array.shape()
    }

    pub(crate) fn slice(&self) -> PyResult<&[T]> {
        // An array may be contiguous and start where no T could.
        self.array.as_slice().map_err(|_| not_contiguous(self.name))
    }

    /// Rows as samples. A single dimension is one sample, or samples of one value if `of_one`.
    pub(crate) fn columns(&self, of_one: bool) -> PyResult<Columns<'_, T>> {
        let features = match self.shape() {
            [_, features] => *features,
            [_] if of_one => 1,
            [features] => *features,
            shape => {
                let (name, given) = (self.name, shape.len());
                return Err(value(format!("{name} has {given} dimensions: expected 1 or 2")));
            }
        };
        Columns::new(self.slice()?, features).map_err(refused)
    }

    /// One value a sample.
    pub(crate) fn values(&self) -> PyResult<&[T]> {
        match self.shape() {
            [_] | [_, 1] => self.slice(),
            shape => {
                let name = self.name;
                Err(value(format!("{name} has the shape {shape:?}: expected one value a sample")))
            }
        }
    }
}

/// An array that the library writes to.
pub(crate) fn writable<'py, T: Float>(
    object: &Bound<'py, PyAny>,
    name: &'static str,
    shape: &[usize],
) -> PyResult<PyReadwriteArrayDyn<'py, T>> {
    let array = typed::<T>(object, name)?;
    if array.shape() != shape {
        let given = array.shape();
        return Err(value(format!("{name} has the shape {given:?}: expected {shape:?}")));
    }
    if !array.is_c_contiguous() {
        return Err(not_contiguous(name));
    }
    array.try_readwrite().map_err(|_| value(format!("{name} can't be written to")))
}

fn typed<'a, 'py, T: Float>(
    object: &'a Bound<'py, PyAny>,
    name: &str,
) -> PyResult<&'a Bound<'py, PyArrayDyn<T>>> {
    object.cast::<PyArrayDyn<T>>().map_err(|_| {
        let given = match object.getattr("dtype") {
            Ok(dtype) => format!("an array of {dtype}"),
            Err(_) => format!("a {}", object.get_type()),
        };
        let bits = 8 * size_of::<T>();
        PyTypeError::new_err(format!("{name} is {given}: expected a NumPy array of float{bits}"))
    })
}

fn not_contiguous(name: &str) -> PyErr {
    value(format!(
        "{name} is not C-contiguous: expected rows one after the other, as numpy.ascontiguousarray \
         makes them"
    ))
}

/// An array of zeros, to be written to.
pub(crate) fn zeros<'py, T: Element + Copy + Default>(
    py: Python<'py>,
    shape: &[usize],
) -> PyResult<Bound<'py, PyArrayDyn<T>>> {
    let length = shape.iter().try_fold(1_usize, |length, n| length.checked_mul(*n));
    let too_large = || PyMemoryError::new_err("the result is too large for this machine's memory");
    let length = length.ok_or_else(too_large)?;
    if length * size_of::<T>() < LARGE {
        return Ok(PyArrayDyn::zeros(py, shape, false));
    }
    let mut values = Vec::new();
    values.try_reserve_exact(length).map_err(|_| too_large())?;
    values.resize(length, T::default());
    numpy::PyArray1::from_vec(py, values).reshape(shape)
}

/// An array of these values.
pub(crate) fn array<'py, T: Element>(
    py: Python<'py>,
    values: Vec<T>,
    shape: &[usize],
) -> PyResult<Bound<'py, PyArrayDyn<T>>> {
    numpy::PyArray1::from_vec(py, values).reshape(shape)
}
