//! Targets of classes that are less than sure.

use crate::element::Element;
use crate::error::{Error, Result};

/// Label smoothing (Szegedy et al. 2016, *Rethinking the Inception Architecture for Computer Vision*):
/// each target y becomes y (1 - e) + e / K, with e = `smoothing` and K = `classes`. So no probability is
/// learned to be quite 0 or 1, and logits stay smaller.
///
/// For one-hot columns and a softmax K is the number of outputs, and columns still sum to 1. For
/// sigmoids, of which each has two classes, K is 2. Done once, before a training; targets to be measured
/// on are best left as they are. O(values).
///
/// ```
/// use shallownet::label_smoothing;
///
/// let mut one_hot = [0.0_f64, 1.0, 0.0, 0.0];
/// label_smoothing::smooth(&mut one_hot, 4, 0.5)?;
/// assert_eq!(one_hot, [0.125, 0.625, 0.125, 0.125]);
///
/// let mut binary = [0.0_f32, 1.0];
/// label_smoothing::smooth(&mut binary, 2, 0.5)?;
/// assert_eq!(binary, [0.25, 0.75]);
/// # Ok::<(), shallownet::Error>(())
/// ```
///
/// # Errors
/// [`Error::Range`] for a smoothing that is not from 0 to less than 1; [`Error::Range`] for fewer than 2
/// classes. A refused call changes nothing.
pub fn smooth<T: Element>(y: &mut [T], classes: usize, smoothing: f64) -> Result<()> {
    if !(0.0..1.0).contains(&smoothing) {
        let (argument, expected) = ("label smoothing", "at least 0 and less than 1");
        return Err(Error::Range { argument, expected, given: smoothing });
    }
    if classes < 2 {
        let (argument, expected) = ("classes of the smoothed labels", "at least 2");
        return Err(Error::Range { argument, expected, given: classes as f64 });
    }
    let share = smoothing / classes as f64;
    for y in y {
        *y = T::from_f64(y.to_f64() * (1.0 - smoothing) + share);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distributions_stay_distributions() {
        for classes in [2, 3, 10, 1000] {
            let mut y = vec![0.0_f32; classes];
            y[1] = 1.0;
            smooth(&mut y, classes, 0.1).unwrap();
            let sum: f64 = y.iter().map(|&y| f64::from(y)).sum();
            assert!((sum - 1.0).abs() < 1e-5, "{classes}: {sum}");
            let (least, most) = (0.1 / classes as f64, 0.9 + 0.1 / classes as f64);
            assert!((f64::from(y[0]) - least).abs() < 1e-7, "{classes}: {}", y[0]);
            assert!((f64::from(y[1]) - most).abs() < 1e-7, "{classes}: {}", y[1]);
        }
        let mut y = [0.25_f64, 0.75];
        smooth(&mut y, 2, 0.0).unwrap();
        assert_eq!(y, [0.25, 0.75]);
    }

    #[test]
    fn what_is_no_smoothing_is_refused() {
        let mut y = [0.0_f64, 1.0];
        for given in [1.0, -0.1, f64::NAN, f64::INFINITY] {
            let refused = smooth(&mut y, 2, given);
            assert!(matches!(refused, Err(Error::Range { argument: "label smoothing", .. })));
        }
        assert!(smooth(&mut y, 1, 0.1).is_err() && smooth(&mut y, 0, 0.1).is_err());
        assert_eq!(y, [0.0, 1.0]);
    }
}
