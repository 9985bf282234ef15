//! The norm of a gradient, and the factor that brings it down to a limit.

use crate::engine::passes::Elementwise;
use crate::scalar::Scalar;

/// The factor that brings the gradient's norm down to `limit`: at most 1; NaN for a norm that is
/// NaN.
pub(super) fn clip_factor<T: Scalar>(
    functions: &dyn Elementwise<T>,
    limit: f64,
    gradient: &[T],
) -> f64 {
    let norm = norm(functions, gradient);
    if norm <= limit { 1.0 } else { limit / norm }
}

/// The Euclidean norm. Squares outside f64's range (of f64 gradients beyond 1e+-140 only) are
/// summed again, scaled by a power of two, which is exact.
fn norm<T: Scalar>(functions: &dyn Elementwise<T>, values: &[T]) -> f64 {
    const SCALE: f64 = f64::from_bits((1023 + 600) << 52);
    let scaled = |scale: f64| functions.sum_of_squares(scale, values).sqrt() / scale;
    match functions.sum_of_squares(1.0, values) {
        sum if sum > 1e280 => scaled(1.0 / SCALE),
        sum if sum < 1e-280 => scaled(SCALE),
        sum => sum.sqrt(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Level;

    fn check_norm<T: Scalar>(values: &[f64], expected: f64) {
        let typed: Vec<T> = values.iter().map(|&v| T::from_f64(v)).collect();
        let levels: Vec<f64> = Level::available()
            .into_iter()
            .map(|level| norm(&*T::elementwise(level).unwrap(), &typed))
            .collect();
        for &given in &levels {
            assert_eq!(given.to_bits(), levels[0].to_bits(), "{values:?}");
            // n terms of 2 roundings each and their sum, in f64; twice for the square root's half.
            let bound = (values.len() as f64 + 4.0) * f64::EPSILON * expected;
            assert!((given - expected).abs() <= bound, "{given:e}, not {expected:e}");
        }
    }

    #[test]
    fn norms_are_right_at_any_size_and_the_same_at_all_levels() {
        for count in [1_usize, 15, 16, 17, 100, 5000] {
            // Equal values: the norm is |x| sqrt(n).
            for size in [1.0, 2.0_f64.powi(60), 2.0_f64.powi(-100)] {
                check_norm::<f32>(&vec![-size; count], size * (count as f64).sqrt());
            }
            for size in [1.0, 2.0_f64.powi(900), 2.0_f64.powi(-1000), 2.0_f64.powi(-1074)] {
                check_norm::<f64>(&vec![size; count], size * (count as f64).sqrt());
            }
        }
        check_norm::<f64>(&[3.0, 0.0, 4.0], 5.0);
        check_norm::<f32>(&[0.0; 40], 0.0);
        let level = Level::detect();
        assert!(norm(&*f64::elementwise(level).unwrap(), &[1.0, f64::NAN]).is_nan());
        assert_eq!(norm(&*f32::elementwise(level).unwrap(), &[f32::INFINITY, 1.0]), f64::INFINITY);
        let factor =
            |gradient: &[f64]| clip_factor(&*f64::elementwise(level).unwrap(), 1.0, gradient);
        assert!(factor(&[1.0, f64::NAN]).is_nan());
        assert_eq!((factor(&[0.6, 0.6]), factor(&[3.0, 4.0])), (1.0, 0.2));
    }
}
