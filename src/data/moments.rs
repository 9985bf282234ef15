//! What standardization needs to know of samples, so that parts of them can be added up.

use crate::element::Element;
use crate::rounding;

/// How the values of one feature lie: those of some samples, or of all of them together.
///
/// Samples that lie in several places (the ranks of a training) are standardized as one without being
/// brought together: each place sends the moments of its part.
///
/// ```
/// use shallownet::{Moments, Standardization};
///
/// let x = [1.0, 2.0, 4.0, 9.0];
/// let parts = [Moments::of(&x[..1], 1)[0], Moments::of(&x[1..], 1)[0]];
/// let (mean, std) = Moments::together(&parts).mean_and_std().unwrap();
/// assert!(mean == 4.0 && (std - 9.5_f64.sqrt()).abs() < 1e-15);
/// assert_eq!(Standardization::of(&x, 1)?.means, [4.0]);
/// # Ok::<(), shallownet::NotStandardizable>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moments {
    samples: f64,
    lowest: f64,
    highest: f64,
    mean: f64,
    /// Divided by the number of samples, and of a constant what rounding made of it.
    std: f64,
    is_binary: bool,
}

impl Moments {
    /// Of each feature of samples given one after another, `features` values a sample.
    pub fn of<T: Element>(x: &[T], features: usize) -> Vec<Self> {
        let column = |k| x.iter().skip(k).step_by(features).map(|v| v.to_f64());
        (0..features).map(|k| Self::of_column(column(k))).collect()
    }

    /// The mean in two passes (the second adds what rounding left over), then the deviation
    /// relative to the widest one, so that no square overflows or vanishes.
    pub(crate) fn of_column(column: impl Iterator<Item = f64> + Clone) -> Self {
        let values = || column.clone();
        let samples = values().count() as f64;
        let (lowest, highest) =
            values().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
        let is_binary = values().all(|v| v == 0.0 || v == 1.0);
        let of = |mean, std| Self { samples, lowest, highest, mean, std, is_binary };
        if lowest == highest && values().all(f64::is_finite) {
            return of(lowest, 0.0);
        }
        let rough: f64 = values().map(|v| v / samples).sum();
        let mean = rough + values().map(|v| (v - rough) / samples).sum::<f64>();
        let widest = values().map(|v| (v - mean).abs()).fold(0.0, f64::max);
        let square = |v: f64| ((v - mean) / widest) * ((v - mean) / widest);
        let std = match widest {
            0.0 => 0.0,
            _ => widest * (values().map(square).sum::<f64>() / samples).sqrt(),
        };
        of(mean, std)
    }

    /// Of the samples of all parts, which are added in this order: the same parts in the same order have
    /// the same bits, wherever they were.
    pub fn together(parts: &[Self]) -> Self {
        let parts = || parts.iter().filter(|part| part.samples > 0.0);
        let samples: f64 = parts().map(|part| part.samples).sum();
        let lowest = parts().map(|part| part.lowest).fold(f64::INFINITY, f64::min);
        let highest = parts().map(|part| part.highest).fold(f64::NEG_INFINITY, f64::max);
        let is_binary = parts().all(|part| part.is_binary);
        let of = |mean, std| Self { samples, lowest, highest, mean, std, is_binary };
        if lowest == highest && parts().all(|part| part.mean.is_finite()) {
            return of(lowest, 0.0);
        }
        let share = |part: &Self| part.samples / samples;
        let rough: f64 = parts().map(|part| share(part) * part.mean).sum();
        let mean = rough + parts().map(|part| share(part) * (part.mean - rough)).sum::<f64>();
        let widest = (highest - mean).max(mean - lowest);
        let square = |v: f64| (v / widest) * (v / widest);
        let of_part = |part: &Self| share(part) * (square(part.std) + square(part.mean - mean));
        let std = match widest {
            0.0 => 0.0,
            _ => widest * parts().map(of_part).sum::<f64>().sqrt(),
        };
        of(mean, std)
    }

    /// What [`Standardization`](crate::Standardization) takes: the standard deviation of a constant is 1.
    /// `None` without samples, and where one of the two is no finite number.
    pub fn mean_and_std(&self) -> Option<(f64, f64)> {
        // NaN is no maximum, so an empty column and one with a NaN are found here.
        let is_sound = self.samples > 0.0 && self.mean.is_finite() && self.std.is_finite();
        is_sound.then_some((self.mean, if self.is_constant() { 1.0 } else { self.std }))
    }

    /// Is it one value, but for rounding? See [`Standardization`](crate::Standardization).
    pub fn is_constant(&self) -> bool {
        let largest = self.lowest.abs().max(self.highest.abs());
        self.samples > 0.0 && self.mean.is_finite() && self.std <= rounding::deviation(largest)
    }

    /// Are the values 0 and 1 alone? A [`Preparation`](crate::pipeline::Preparation) leaves them.
    pub fn is_binary(&self) -> bool {
        self.is_binary
    }

    /// To be sent.
    ///
    /// ```
    /// use shallownet::Moments;
    ///
    /// let moments = Moments::of(&[1.0_f32, 2.0], 1)[0];
    /// assert_eq!(Moments::from_array(moments.to_array()), moments);
    /// ```
    pub fn to_array(self) -> [f64; 6] {
        let Self { samples, lowest, highest, mean, std, is_binary } = self;
        [samples, lowest, highest, mean, std, f64::from(u8::from(is_binary))]
    }

    /// As it was sent.
    pub fn from_array([samples, lowest, highest, mean, std, is_binary]: [f64; 6]) -> Self {
        Self { samples, lowest, highest, mean, std, is_binary: is_binary != 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::standardization::Standardization;

    fn in_parts(x: &[f64], parts: usize) -> Moments {
        let border = |k: usize| x.len() * k / parts;
        let of = |k: usize| Moments::of(&x[border(k)..border(k + 1)], 1)[0];
        Moments::together(&(0..parts).map(of).collect::<Vec<_>>())
    }

    #[test]
    fn parts_come_to_what_all_samples_have() {
        let columns: [Vec<f64>; 5] = [
            (0..97).map(|i| 1e6 + f64::from(i * i % 37)).collect(),
            (0..97).map(|i| 1e-300 * f64::from(i)).collect(),
            (0..97).map(|i| 1e300 * f64::from(i % 3 - 1)).collect(),
            (0..97).map(|i| f64::from(i / 60)).collect(),
            vec![-3.0, 5.0],
        ];
        for x in &columns {
            let whole = Standardization::of(x, 1).unwrap();
            for parts in [1, 2, 3, 8, 97, 100] {
                let all = in_parts(x, parts);
                let (mean, std) = all.mean_and_std().unwrap();
                assert!((mean - whole.means[0]).abs() <= 1e-15 * whole.stds[0].max(mean.abs()));
                // The means are rounded, those of the parts and of the whole: each distance d between
                // them by 2 u |mean|, so std by that over std at most, since Σ share |d| <= std.
                let of_means = f64::EPSILON * mean.abs() / whole.stds[0];
                let error = (std / whole.stds[0] - 1.0).abs();
                assert!(error < 1e-14 + of_means, "{std} {whole:?} {parts}");
                assert_eq!(all.is_binary(), x.iter().all(|v| *v == 0.0 || *v == 1.0));
                assert!(!all.is_constant());
            }
        }
    }

    #[test]
    fn a_constant_is_one_in_parts_too() {
        for parts in [1, 2, 7] {
            assert_eq!(in_parts(&[0.1; 99], parts).mean_and_std(), Some((0.1, 1.0)));
            let rounded: Vec<f64> = (0..99).map(|i| [0.3, 0.1 + 0.2][i % 2]).collect();
            let all = in_parts(&rounded, parts);
            assert!(all.is_constant() && all.mean_and_std().unwrap().1 == 1.0);
        }
        // Two parts, each a constant: together they vary.
        assert!(!in_parts(&[1.0, 1.0, 2.0, 2.0], 2).is_constant());
    }

    #[test]
    fn what_is_not_finite_in_one_part_is_not_in_all() {
        for bad in [f64::NAN, f64::INFINITY] {
            assert_eq!(in_parts(&[bad, 3.0, 4.0], 3).mean_and_std(), None, "{bad}");
        }
        // No square overflows: the deviation of the largest numbers is one.
        let (mean, std) = in_parts(&[2.0, -f64::MAX, f64::MAX, 4.0], 2).mean_and_std().unwrap();
        let expected = f64::MAX * 0.5_f64.sqrt();
        assert!(
            mean.abs() < 1e-15 * expected && (std / expected - 1.0).abs() < 1e-15,
            "{mean} {std}"
        );
        assert_eq!(Moments::together(&[]).mean_and_std(), None);
        assert!(!Moments::together(&[]).is_constant());
    }
}
