//! Whole powers, with the same bits on every machine.

/// base^exponent by squaring: the same bits everywhere, which `powi` and `pow` do not promise.
pub(super) fn power(mut base: f64, mut exponent: u64) -> f64 {
    let mut result = 1.0;
    while exponent > 0 {
        // Read by index: no processor could foresee a branch here. A product with 1 is exact.
        let factors = [1.0, base];
        result *= factors[(exponent & 1) as usize];
        base *= base;
        exponent >>= 1;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_are_those_of_repeated_products() {
        for base in [0.0, 0.5, 0.9, 0.999] {
            let mut product = 1.0_f64;
            for n in 0..2000 {
                // t multiplications in any order: t roundings each side.
                let off = (power(base, n) - product).abs();
                assert!(off <= 2.0 * n as f64 * f64::EPSILON * product, "{base}^{n}: off by {off}");
                product *= base;
            }
        }
        assert_eq!(power(0.999, u64::MAX), 0.0);
        // The multiplications that Adam's corrections leave out would not have changed them.
        for beta in [0.0, 0.9, 0.999, 0.9999] {
            assert_eq!(1.0 - power(beta, (40.0 / (1.0 - beta)) as u64 + 1), 1.0);
        }
    }
}
