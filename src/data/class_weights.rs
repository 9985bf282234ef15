//! Weights that make rare classes count as much as common ones.

use crate::element::Element;
use crate::error::{Error, Result};

/// The weight of each class with which all classes count the same: m / (classes n_c) for the n_c of
/// m samples that are of class c, as scikit-learn's `balanced` (King and Zeng 2001). Their mean
/// over the samples is 1, so that the learning rate need not change. `classes` has a class number
/// from 0 for each sample; a class below the largest that no sample is of does not count as a class
/// and has weight 0. O(samples + classes).
///
/// ```
/// use shallownet::class_weights;
///
/// // Three samples of class 0 and one of class 1.
/// let classes = [0, 0, 1, 0];
/// let weights = class_weights::balanced(&classes)?;
/// assert_eq!(weights, [2.0 / 3.0, 2.0]);
/// let of_samples: Vec<f32> = class_weights::of_samples(&classes, &weights)?;
/// assert_eq!(of_samples[2], 2.0);
/// # Ok::<(), shallownet::Error>(())
/// ```
///
/// # Errors
/// [`Error::EmptyBatch`]; [`Error::OutOfMemory`] for class numbers that are too large.
pub fn balanced(classes: &[usize]) -> Result<Vec<f64>> {
    let Some(&last) = classes.iter().max() else {
        return Err(Error::EmptyBatch { argument: "classes" });
    };
    let mut counts = Vec::new();
    let no_memory =
        || Error::OutOfMemory { what: "the class weights", bytes: last.saturating_mul(8) };
    let len = last.checked_add(1).ok_or_else(no_memory)?;
    counts.try_reserve_exact(len).map_err(|_| no_memory())?;
    counts.resize(len, 0.0);
    for &class in classes {
        counts[class] += 1.0;
    }
    let present = counts.iter().filter(|&&count| count > 0.0).count() as f64;
    let weight = |count| if count > 0.0 { classes.len() as f64 / (present * count) } else { 0.0 };
    for count in &mut counts {
        *count = weight(*count);
    }
    Ok(counts)
}

/// Each sample's weight: that of its class, for [`DataSet::weights`](crate::DataSet::weights) or
/// [`Targets::weighted`](crate::Targets::weighted). The classes' weights are [`balanced`], or any given
/// ones: a weight of 0, or in the range that [`Targets`](crate::Targets) names. O(samples).
///
/// ```
/// use shallownet::class_weights;
///
/// // A missed case of class 1 is three times as bad as a false alarm.
/// let of_samples: Vec<f32> = class_weights::of_samples(&[0, 0, 1, 0], &[1.0, 3.0])?;
/// assert_eq!(of_samples, [1.0, 1.0, 3.0, 1.0]);
/// # Ok::<(), shallownet::Error>(())
/// ```
///
/// # Errors
/// [`Error::Label`] for a class that has no weight; [`Error::OutOfMemory`].
pub fn of_samples<T: Element>(classes: &[usize], weights: &[f64]) -> Result<Vec<T>> {
    let mut of = Vec::new();
    let bytes = classes.len().saturating_mul(size_of::<T>());
    let what = "the samples' weights";
    of.try_reserve_exact(classes.len()).map_err(|_| Error::OutOfMemory { what, bytes })?;
    for (index, &class) in classes.iter().enumerate() {
        let Some(&weight) = weights.get(class) else {
            let (value, expected) = (class as f64, "a class that has a weight");
            return Err(Error::Label { argument: "classes", index, value, expected });
        };
        of.push(T::from_f64(weight));
    }
    Ok(of)
}
