//! Mean 0 and standard deviation 1, feature by feature.

/// (x - mean) / std for every feature, with the means and standard deviations of some samples.
///
/// The means and deviations belong to the model: what was learnt on standardised samples must be
/// asked with samples standardised by the same numbers.
///
/// ```
/// use shallownet::io::Standardization;
///
/// // Three samples of two features; the second is constant.
/// let mut x = [1.0, 5.0, 2.0, 5.0, 3.0, 5.0];
/// let standardization = Standardization::of(&x, 2)?;
/// assert_eq!(standardization.means, [2.0, 5.0]);
/// assert_eq!(standardization.stds[1], 1.0);
///
/// standardization.apply(&mut x);
/// assert_eq!((x[1], x[2], x[0]), (0.0, 0.0, -x[4]));
/// # Ok::<(), shallownet::io::NotStandardizable>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "safetensors", derive(serde::Serialize, serde::Deserialize))]
pub struct Standardization {
    /// The mean of each feature.
    pub means: Vec<f64>,
    /// The standard deviation of each feature (that of the samples themselves, divided by m), or 1
    /// where it is 0.
    pub stds: Vec<f64>,
}

/// A feature whose mean or standard deviation is no finite number, because its values are too
/// large (or so small that their differences vanish), or are not finite themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("feature {feature} has no finite mean and positive standard deviation")]
pub struct NotStandardizable {
    /// The feature's index, from 0.
    pub feature: usize,
}

impl Standardization {
    /// The means and standard deviations of samples given one after another, `features` values a
    /// sample. A constant feature gets the standard deviation 1, so that it becomes 0.
    ///
    /// # Errors
    /// [`NotStandardizable`] for values that are not finite, or too large to subtract.
    pub fn of(x: &[f64], features: usize) -> Result<Self, NotStandardizable> {
        let mut standardization = Self { means: Vec::new(), stds: Vec::new() };
        for feature in 0..features {
            let column = || x.iter().skip(feature).step_by(features).copied();
            let (mean, std) = mean_and_std(column);
            if !(mean.is_finite() && std.is_finite() && std > 0.0) {
                return Err(NotStandardizable { feature });
            }
            standardization.means.push(mean);
            standardization.stds.push(std);
        }
        Ok(standardization)
    }

    /// Finite means, and finite deviations above 0?
    #[cfg(any(feature = "onnx", feature = "safetensors"))]
    pub(super) fn is_sound(&self) -> bool {
        self.means.iter().all(|v| v.is_finite())
            && self.stds.iter().all(|v| v.is_finite() && *v > 0.0)
    }

    /// Standardises samples in place. Values past the last whole sample stay as they are.
    pub fn apply(&self, x: &mut [f64]) {
        if self.means.is_empty() {
            return;
        }
        for sample in x.chunks_exact_mut(self.means.len()) {
            for ((v, mean), std) in sample.iter_mut().zip(&self.means).zip(&self.stds) {
                *v = (*v - mean) / std;
            }
        }
    }
}

/// The mean in two passes (the second adds what rounding left over), then the deviation relative
/// to the widest one, so that no square overflows or vanishes.
fn mean_and_std<I: Iterator<Item = f64>>(column: impl Fn() -> I) -> (f64, f64) {
    let m = column().count() as f64;
    let (low, high) =
        column().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
    if low == high && column().all(f64::is_finite) {
        return (low, 1.0);
    }
    let rough: f64 = column().map(|v| v / m).sum();
    let mean = rough + column().map(|v| (v - rough) / m).sum::<f64>();
    let widest = column().map(|v| (v - mean).abs()).fold(0.0, f64::max);
    let square = |v: f64| ((v - mean) / widest) * ((v - mean) / widest);
    (mean, widest * (column().map(square).sum::<f64>() / m).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert!(Standardization::of(&[], 1).is_err());
    }
}
