//! Mean 0 and standard deviation 1, feature by feature.

use crate::data::moments::Moments;
use crate::element::Element;

/// (x - mean) / std for every feature, with the means and standard deviations of some samples.
///
/// Values may be f32 or f64; means, deviations and what is computed with them are f64, and a result
/// is rounded once.
///
/// The means and deviations belong to the model: a network that learnt from standardised samples
/// must be given samples standardised by the same numbers. Targets may be standardised, too: what a
/// network then predicts is turned back by [`undo`](Self::undo).
///
/// ```
/// use shallownet::Standardization;
///
/// // Three samples of two features; the second is constant.
/// let mut x = [1.0, 5.0, 2.0, 5.0, 3.0, 5.0];
/// let standardization = Standardization::of(&x, 2)?;
/// assert_eq!(standardization.means, [2.0, 5.0]);
/// assert_eq!(standardization.stds[1], 1.0);
///
/// standardization.apply(&mut x);
/// assert_eq!((x[1], x[2], x[0]), (0.0, 0.0, -x[4]));
/// # Ok::<(), shallownet::NotStandardizable>(())
/// ```
///
/// **Constants.** A feature is constant if its deviation is not more than rounding alone can make
/// of one value c: at most 4 eps M, where eps = 2^-52 and M is the largest |v|, and at least four
/// times the smallest number above 0, 2^-1074. Dividing by such a deviation would make noise as
/// large as what tells samples apart. The bound: a value c that was rounded six times on its way
/// (0.1 + 0.2 is not 0.3) is at most 3 eps M off, and so is the deviation; the mean is rounded,
/// too, by less than another eps M. Whatever varies by more is no constant, however small it is:
/// 1e-300 and 2e-300 are told apart, and 1e-3 from 1e-3 + 1e-9. So are two roundings of one value
/// to f32, whose digits could as well be meant.
#[derive(Debug, Clone, PartialEq)]
pub struct Standardization {
    /// The mean of each feature.
    pub means: Vec<f64>,
    /// The standard deviation of each feature (that of the samples themselves, divided by m), or 1
    /// of a constant.
    pub stds: Vec<f64>,
}

/// A feature whose mean or standard deviation is no finite number, because its values are too
/// large, or are not finite themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("feature {feature} has no finite mean and standard deviation")]
pub struct NotStandardizable {
    /// The feature's index, from 0.
    pub feature: usize,
}

impl Standardization {
    /// The means and standard deviations of samples given one after another, `features` values a
    /// sample. A constant feature gets the standard deviation 1, so that it becomes 0 (or stays as
    /// small as its rounding).
    ///
    /// # Errors
    /// [`NotStandardizable`] for values that are not finite, or too large to subtract.
    pub fn of<T: Element>(x: &[T], features: usize) -> Result<Self, NotStandardizable> {
        let mut standardization = Self { means: Vec::new(), stds: Vec::new() };
        for feature in 0..features {
            let moments = Moments::of_column(column(x, features, feature));
            let (mean, std) = moments.mean_and_std().ok_or(NotStandardizable { feature })?;
            standardization.means.push(mean);
            standardization.stds.push(std);
        }
        Ok(standardization)
    }

    /// The same of the moments of each feature: of samples that are not in one place, or not in memory
    /// ([`SourceMoments`](crate::source::SourceMoments)).
    ///
    /// ```
    /// use shallownet::{Moments, Standardization};
    ///
    /// let x = [1.0, 5.0, 2.0, 5.0, 3.0, 5.0];
    /// let standardization = Standardization::of_moments(&Moments::of(&x, 2))?;
    /// assert_eq!(standardization, Standardization::of(&x, 2)?);
    /// # Ok::<(), shallownet::NotStandardizable>(())
    /// ```
    ///
    /// # Errors
    /// As [`of`](Self::of).
    pub fn of_moments(features: &[Moments]) -> Result<Self, NotStandardizable> {
        let mut standardization = Self { means: Vec::new(), stds: Vec::new() };
        for (feature, moments) in features.iter().enumerate() {
            let (mean, std) = moments.mean_and_std().ok_or(NotStandardizable { feature })?;
            standardization.means.push(mean);
            standardization.stds.push(std);
        }
        Ok(standardization)
    }

    /// The features (from 0) that [`of`](Self::of) takes for constants.
    ///
    /// ```
    /// use shallownet::Standardization;
    ///
    /// let x = [0.3, 1.0, 7.0, 0.1 + 0.2, 2.0, 7.0];
    /// assert_eq!(Standardization::constants(&x, 3), [0, 2]);
    /// ```
    pub fn constants<T: Element>(x: &[T], features: usize) -> Vec<usize> {
        let moments = |feature| Moments::of_column(column(x, features, feature));
        (0..features).filter(|&feature| moments(feature).is_constant()).collect()
    }

    /// Finite means, and finite deviations above 0?
    pub(crate) fn is_sound(&self) -> bool {
        self.means.iter().all(|v| v.is_finite())
            && self.stds.iter().all(|v| v.is_finite() && *v > 0.0)
    }

    /// Standardises samples in place. Values past the last whole sample stay as they are. A value
    /// that is too large for f32 becomes infinite.
    ///
    /// ```
    /// use shallownet::Standardization;
    ///
    /// let mut x = [10.0_f32, 20.0, 30.0, 40.0];
    /// let standardization = Standardization::of(&x, 1)?;
    /// standardization.apply(&mut x);
    /// assert!((x[3] - 1.3416408).abs() < 1e-6);
    /// # Ok::<(), shallownet::NotStandardizable>(())
    /// ```
    pub fn apply<T: Element>(&self, x: &mut [T]) {
        if self.means.is_empty() {
            return;
        }
        for sample in x.chunks_exact_mut(self.means.len()) {
            for ((v, mean), std) in sample.iter_mut().zip(&self.means).zip(&self.stds) {
                *v = T::from_f64((v.to_f64() - mean) / std);
            }
        }
    }

    /// Turns standardised values back in place: v std + mean. What [`apply`](Self::apply) did, but
    /// for rounding; values past the last whole sample stay as they are.
    ///
    /// ```
    /// use shallownet::Standardization;
    ///
    /// let standardization = Standardization { means: vec![200_000.0], stds: vec![50_000.0] };
    /// let mut prices = [0.0, -1.5];
    /// standardization.undo(&mut prices);
    /// assert_eq!(prices, [200_000.0, 125_000.0]);
    /// ```
    pub fn undo<T: Element>(&self, values: &mut [T]) {
        if self.means.is_empty() {
            return;
        }
        for sample in values.chunks_exact_mut(self.means.len()) {
            for ((v, mean), std) in sample.iter_mut().zip(&self.means).zip(&self.stds) {
                *v = T::from_f64(v.to_f64() * std + mean);
            }
        }
    }
}

/// One feature of all samples.
fn column<T: Element>(
    x: &[T],
    features: usize,
    feature: usize,
) -> impl Iterator<Item = f64> + Clone {
    x.iter().skip(feature).step_by(features).map(|v| v.to_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The statistics are those of the same numbers in f64, and each value is rounded once.
    #[test]
    fn single_precision_is_rounded_once() {
        let x: Vec<f32> = (0..90).map(|i| 1e5 + (i * i % 37) as f32 * 0.3).collect();
        let wide: Vec<f64> = x.iter().map(|v| f64::from(*v)).collect();
        let standardization = Standardization::of(&x, 3).unwrap();
        assert_eq!(standardization, Standardization::of(&wide, 3).unwrap());
        let (mut single, mut double) = (x.clone(), wide.clone());
        standardization.apply(&mut single);
        standardization.apply(&mut double);
        assert_eq!(single, double.iter().map(|v| *v as f32).collect::<Vec<_>>());
        let turned = double.iter().map(|v| f64::from(*v as f32)).collect::<Vec<_>>();
        let mut back = turned.clone();
        standardization.undo(&mut single);
        standardization.undo(&mut back);
        assert_eq!(single, back.iter().map(|v| *v as f32).collect::<Vec<_>>());
        // Of a value v std + mean, v was rounded, and the sum.
        for (before, after) in x.iter().zip(&single) {
            assert!((before - after).abs() <= before * f32::EPSILON, "{before} {after}");
        }
    }

    #[test]
    fn standardised_samples_have_mean_0_and_deviation_1() {
        let mut x: Vec<f64> = (0..300).map(|i| 1e6 + f64::from(i * i % 37)).collect();
        let before = Standardization::of(&x, 3).unwrap();
        before.apply(&mut x);
        let after = Standardization::of(&x, 3).unwrap();
        for (mean, std) in after.means.iter().zip(&after.stds) {
            assert!(mean.abs() < 1e-9 && (std - 1.0).abs() < 1e-9, "{mean} {std}");
        }
    }

    /// 0.1 added up is not a multiple of 0.1: a naive deviation is tiny, and not 0.
    #[test]
    fn a_constant_feature_becomes_zero() {
        let mut x = [0.1; 999];
        let standardization = Standardization::of(&x, 1).unwrap();
        assert_eq!((standardization.means[0], standardization.stds[0]), (0.1, 1.0));
        standardization.apply(&mut x);
        assert_eq!(x, [0.0; 999]);
    }

    #[test]
    fn huge_and_tiny_values_keep_a_finite_deviation() {
        for size in [1e-300, 1e300] {
            let std = Standardization::of(&[-size, size], 1).unwrap().stds[0];
            assert!((std / size - 1.0).abs() < 1e-12, "{std}");
        }
        let refused = Standardization::of(&[0.0, f64::MAX, 0.0, f64::MAX, 0.0, -f64::MAX], 2);
        assert_eq!(refused, Err(NotStandardizable { feature: 1 }));
        assert!(Standardization::of(&[1.0, f64::NAN], 1).is_err());
        assert!(Standardization::of(&[f64::INFINITY], 1).is_err());
        assert!(Standardization::of(&[f64::NAN, 1.0, 2.0], 1).is_err());
        assert!(Standardization::of::<f64>(&[], 1).is_err());
    }

    /// Each constant stands beside the nearest feature that is not constant.
    #[test]
    fn what_rounding_makes_of_a_constant_is_a_constant() {
        let ulps = |v: f64, n: u64| f64::from_bits(v.to_bits() + n);
        let tiny = f64::from_bits(1);
        let constants = [
            [0.3, 0.1 + 0.2, 0.1 + 0.2, 0.3],
            [1.0, 1.0 - f64::EPSILON, 1.0 + f64::EPSILON, 1.0],
            [1e300, ulps(1e300, 3), 1e300, 1e300],
            [-7e-5, -ulps(7e-5, 2), -7e-5, -7e-5],
            [0.0, tiny, 2.0 * tiny, tiny],
        ];
        for column in constants {
            let found = Standardization::of(&column, 1).unwrap();
            assert_eq!(found.stds, [1.0], "{column:?}");
            assert_eq!(Standardization::constants(&column, 1), [0], "{column:?}");
        }
        let others = [
            [1.0, ulps(1.0, 20), 1.0, ulps(1.0, 20)],
            [1e-300, 2e-300, 2e-300, 1e-300],
            [1e-3, 1e-3 + 1e-9, 1e-3 + 1e-9, 1e-3],
            [0.0, 100.0 * tiny, 0.0, 100.0 * tiny],
            // Nanoseconds since 1970, ten microseconds apart.
            [1.7e18, 1.7e18 + 10_240.0, 1.7e18, 1.7e18 + 10_240.0],
            // One value twice rounded to f32.
            [f64::from(0.3_f32), f64::from(0.1_f32 + 0.2_f32) + 3e-8, 0.3, 0.3],
        ];
        for mut column in others {
            let found = Standardization::of(&column, 1).unwrap();
            assert!(Standardization::constants(&column, 1).is_empty(), "{column:?}");
            let before = column;
            found.apply(&mut column);
            let after = Standardization::of(&column, 1).unwrap();
            assert!((after.stds[0] - 1.0).abs() < 1e-6, "{before:?}: {column:?}");
            found.undo(&mut column);
            let off = before.iter().zip(column).map(|(a, b)| (a - b).abs() / a.abs().max(tiny));
            assert!(off.fold(0.0, f64::max) < 1e-15, "{before:?}: {column:?}");
        }
    }
}
