//! Views of the `ndarray` crate in and out, without a copy.
//!
//! [`rows`] takes an array of shape (m, n_x), one sample a row; [`matrix`] takes X as the formulas
//! have it, of shape (n_x, m), one sample a column. Either way a sample's values must lie side by
//! side and the samples one behind the other: rows in standard layout, columns in Fortran layout.
//! [`predict`] writes into an array.
//!
//! ```
//! use ndarray::{Array2, array};
//! use shallownet::io::arrays;
//! use shallownet::{Activation, Init, Network, PredictionWorkspace};
//!
//! let net = Network::builder(2).layer(1, Activation::Sigmoid).init(Init::Zeros, 0).build()?;
//! let mut workspace = PredictionWorkspace::new(&net, 3)?;
//! let x = array![[0.0_f32, 0.1], [1.0, 1.1], [2.0, 2.1]];
//! let mut a = Array2::zeros((3, 1));
//! arrays::predict(&net, x.view(), a.view_mut(), &mut workspace)?;
//! assert_eq!(a, array![[0.5], [0.5], [0.5]]);
//!
//! // For the other calls: the samples as they take them.
//! assert_eq!(arrays::rows(x.view())?.column(1), Some(&[1.0, 1.1][..]));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use ndarray::{ArrayView2, ArrayViewMut2};

use crate::{Columns, Error, Network, Scalar, Workspace};

/// Why an array can't be used without a copy.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ArrayError {
    /// Samples with gaps, or in another order.
    #[error("{argument} of shape {shape:?} has strides {strides:?}: expected {expected}")]
    Layout {
        /// The argument.
        argument: &'static str,
        /// Its shape.
        shape: [usize; 2],
        /// Its strides, in elements.
        strides: [isize; 2],
        /// The layout that was expected.
        expected: &'static str,
    },
    /// Room for other predictions than there are.
    #[error("{argument} has shape {given:?}: expected {expected:?}")]
    Shape {
        /// The argument.
        argument: &'static str,
        /// The shape that was expected.
        expected: [usize; 2],
        /// The shape that was given.
        given: [usize; 2],
    },
    /// An error of the network's call.
    #[error(transparent)]
    Refused(#[from] Error),
}

const ROWS: &str = "standard layout, a row's values side by side (as_standard_layout gives it)";
const MATRIX: &str = "Fortran layout, a column's values side by side";

/// An array of shape (m, n_x) in standard layout: a row is a sample. O(1).
///
/// ```
/// use ndarray::array;
/// use shallownet::io::arrays::{self, ArrayError};
///
/// let x = array![[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]];
/// assert_eq!(arrays::rows(x.view())?.features(), 3);
/// let refused = arrays::rows(x.t());
/// assert!(matches!(refused, Err(ArrayError::Layout { strides: [1, 3], .. })));
/// # Ok::<(), ArrayError>(())
/// ```
///
/// # Errors
/// [`ArrayError::Layout`]; [`Error::Zero`] for no features.
pub fn rows<T>(x: ArrayView2<'_, T>) -> Result<Columns<'_, T>, ArrayError> {
    let (features, refused) = (x.ncols(), layout("x", x.dim(), x.strides(), ROWS));
    let data = x.to_slice().ok_or(refused)?;
    Ok(Columns::new(data, features)?)
}

/// An array of shape (n_x, m) in Fortran layout: a column is a sample. O(1).
///
/// ```
/// use ndarray::{Array2, ShapeBuilder};
/// use shallownet::io::arrays;
///
/// let x = Array2::from_shape_vec((2, 3).f(), vec![0, 1, 2, 3, 4, 5])?;
/// assert_eq!(x[(1, 0)], 1);
/// assert_eq!(arrays::matrix(x.view())?.column(0), Some(&[0, 1][..]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`ArrayError::Layout`]; [`Error::Zero`] for no features.
pub fn matrix<T>(x: ArrayView2<'_, T>) -> Result<Columns<'_, T>, ArrayError> {
    let (features, refused) = (x.nrows(), layout("x", x.dim(), x.strides(), MATRIX));
    let data = x.reversed_axes().to_slice().ok_or(refused)?;
    Ok(Columns::new(data, features)?)
}

/// [`Network::predict`] from an array of shape (m, n_x) into one of shape (m, n_y), both in
/// standard layout.
///
/// # Errors
/// [`ArrayError`]; `a` is then as it was.
pub fn predict<T: Scalar>(
    net: &Network<T>,
    x: ArrayView2<'_, T>,
    a: ArrayViewMut2<'_, T>,
    workspace: &mut (impl Workspace<T> + ?Sized),
) -> Result<(), ArrayError> {
    let (expected, given) = ([x.nrows(), net.outputs()], [a.nrows(), a.ncols()]);
    if given != expected {
        return Err(ArrayError::Shape { argument: "a", expected, given });
    }
    let refused = layout("a", a.dim(), a.strides(), ROWS);
    let out = a.into_slice().ok_or(refused)?;
    Ok(net.predict(rows(x)?, out, workspace)?)
}

fn layout(
    argument: &'static str,
    (height, width): (usize, usize),
    strides: &[isize],
    expected: &'static str,
) -> ArrayError {
    let strides = [strides.first(), strides.get(1)].map(|s| s.copied().unwrap_or(0));
    ArrayError::Layout { argument, shape: [height, width], strides, expected }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, ShapeBuilder, s};

    use super::*;
    use crate::{Activation, Init, PredictionWorkspace};

    #[test]
    fn views_share_the_arrays_memory() {
        let x = Array2::<f32>::zeros((4, 3));
        assert_eq!(rows(x.view()).unwrap().as_slice().as_ptr(), x.as_ptr());
        // Whole rows from the middle lie side by side, too.
        assert_eq!(rows(x.slice(s![1..3, ..])).unwrap().samples(), 2);
        let x = Array2::<f32>::zeros((3, 4).f());
        assert_eq!(matrix(x.view()).unwrap().as_slice().as_ptr(), x.as_ptr());
        assert_eq!(matrix(x.view()).unwrap().samples(), 4);
    }

    #[test]
    fn other_strides_are_refused_by_name() {
        let x = Array2::<f32>::zeros((4, 3));
        for view in [x.slice(s![.., ..2]), x.slice(s![..;2, ..]), x.slice(s![..;-1, ..]), x.t()] {
            let message = rows(view).unwrap_err().to_string();
            assert!(message.contains("strides") && message.contains("standard"), "{message}");
        }
        assert!(matches!(matrix(x.view()), Err(ArrayError::Layout { strides: [3, 1], .. })));
        let none = Array2::<f32>::zeros((4, 0));
        assert_eq!(rows(none.view()), Err(Error::Zero { argument: "features" }.into()));
    }

    #[test]
    fn predictions_are_those_of_predict() {
        let net = Network::<f64>::builder(3)
            .layer(2, Activation::Softmax)
            .init(Init::XavierNormal, 1)
            .build()
            .unwrap();
        let x = Array2::from_shape_fn((5, 3), |(i, j)| i as f64 - j as f64 / 2.0);
        let mut workspace = PredictionWorkspace::new(&net, 5).unwrap();
        let mut a = Array2::zeros((5, 2));
        predict(&net, x.view(), a.view_mut(), &mut workspace).unwrap();
        let mut expected = [0.0; 10];
        net.predict(rows(x.view()).unwrap(), &mut expected, &mut workspace).unwrap();
        assert_eq!(a.as_slice().unwrap(), expected);

        let before = a.clone();
        let shape = predict(&net, x.view(), a.slice_mut(s![..4, ..]), &mut workspace);
        assert!(matches!(shape, Err(ArrayError::Shape { expected: [5, 2], given: [4, 2], .. })));
        let mut wide = Array2::zeros((5, 4));
        let layout = predict(&net, x.view(), wide.slice_mut(s![.., ..2]), &mut workspace);
        assert!(matches!(layout, Err(ArrayError::Layout { argument: "a", .. })));
        let narrow = predict(&net, x.slice(s![.., ..2]), a.view_mut(), &mut workspace);
        assert!(narrow.is_err());
        assert_eq!(a, before);
    }
}
