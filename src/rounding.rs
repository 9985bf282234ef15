//! The deviation that rounding alone gives to a number that is always the same.

/// The largest deviation from their mean that rounding alone gives to values up to `largest`:
/// 4 eps M, and never less than four times the smallest number above 0. Derived at
/// `io::Standardization`, which is not in every build.
pub(crate) fn deviation(largest: f64) -> f64 {
    const ROUNDINGS: f64 = 4.0;
    const SMALLEST: f64 = f64::from_bits(1);
    (ROUNDINGS * f64::EPSILON * largest).max(ROUNDINGS * SMALLEST)
}
