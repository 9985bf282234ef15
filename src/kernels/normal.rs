//! Two standard normal deviates from two uniform words: G. E. P. Box, M. E. Muller, "A note on the
//! generation of random normal deviates", Ann. Math. Stat. 29 (1958).
//!
//! ```text
//! u in (0, 1], from one word;  theta in [-pi, pi], from the other
//! r = sqrt(-2 ln u);  e = (r cos theta, r sin theta)
//! ```
//!
//! 1. u = m 2^-n with m in [sqrt(1/2), sqrt 2): -2 ln u = 2 n ln 2 - 4 artanh(s), s = (m - 1) / (m + 1).
//! 2. theta = pi/2 (quadrant + x) with x in [-1/2, 1/2]: the sine and the cosine of x pi/2 are swapped
//!    and negated as the quadrant says.
//!
//! No multiplication is fused with an addition here, and every other operation is exactly rounded
//! too: so the bits are the same on all machines, at all levels, with FMA or without. The functions
//! are of single values, for loops over arrays, which become vectors.
//!
//! The coefficients come from tools/normal_coefficients.py.

use crate::element::Element;

/// What differs between the types: how words become numbers, and the polynomials.
pub trait NormalElement: Element {
    /// Blocks of four words that four deviates take.
    const BLOCKS: usize;
    /// 2 ln 2.
    const TWICE_LN_2: Self;
    /// -4 artanh(s) / s in s^2, lowest power first.
    const LN: &'static [Self];
    /// sin(pi x / 2) / x in x^2.
    const SIN: &'static [Self];
    /// (cos(pi x / 2) - 1) / x^2 in x^2.
    const COS: &'static [Self];

    /// The words of u and theta of pair `pair` of a block, of which it has 2 / `BLOCKS`.
    fn words_of(block: [u32; 4], pair: usize) -> (u64, u64);
    /// (n, m) of a uniform u = m 2^-n in (0, 1].
    fn uniform(word: u64) -> (Self, Self);
    /// (quadrant, x) of a uniform theta = pi/2 (quadrant + x), the quadrant from 0 to 3.
    fn angle(word: u64) -> (u32, Self);
    /// The square root.
    fn root(self) -> Self;
    /// The value, negated if bit 1 of `sign` is set.
    fn negated(self, sign: u32) -> Self;
}

impl NormalElement for f32 {
    const BLOCKS: usize = 1;
    const TWICE_LN_2: f32 = 2.0 * core::f32::consts::LN_2;
    // Greatest relative error: 2^-30.2.
    const LN: &'static [f32] = &[-4.0, -1.333_335_5, -0.799_551_7, -0.597_414_73];
    // 2^-25.1.
    const SIN: &'static [f32] =
        &[core::f32::consts::FRAC_PI_2, -0.645_965, 0.079_692_01, -0.004_628_784_5];
    // Greatest error of the cosine: 2^-24.8.
    const COS: &'static [f32] = &[-1.233_697_9, 0.253_605_63, -0.020_424_29];

    #[inline(always)]
    fn words_of(block: [u32; 4], pair: usize) -> (u64, u64) {
        (u64::from(block[2 * pair]), u64::from(block[2 * pair + 1]))
    }

    /// 31 bits, and 1/2 of the last: u is at least 2^-32, so that no deviate is beyond 6.7.
    #[inline(always)]
    fn uniform(word: u64) -> (f32, f32) {
        const SQRT_HALF: u32 = core::f32::consts::FRAC_1_SQRT_2.to_bits();
        let whole = (word as u32 >> 1) as i32 as f32;
        let bits = ((whole + 0.5) * (1.0 / 2_147_483_648.0)).to_bits();
        // The exponent, rounded so that m is at least sqrt(1/2); u is 1 at most, so n is not negative.
        let n = (SQRT_HALF + 0x007F_FFFF - bits) >> 23;
        (n as i32 as f32, f32::from_bits(bits + (n << 23)))
    }

    #[inline(always)]
    fn angle(word: u64) -> (u32, f32) {
        let turn = word as u32;
        let quadrant = turn.wrapping_add(1 << 29) >> 30;
        let rest = turn.wrapping_sub(quadrant << 30) as i32;
        (quadrant, rest as f32 * (1.0 / 1_073_741_824.0))
    }

    #[inline(always)]
    fn root(self) -> f32 {
        self.sqrt()
    }

    #[inline(always)]
    fn negated(self, sign: u32) -> f32 {
        f32::from_bits(self.to_bits() ^ ((sign & 2) << 30))
    }
}

impl NormalElement for f64 {
    const BLOCKS: usize = 2;
    const TWICE_LN_2: f64 = 2.0 * core::f64::consts::LN_2;
    // Greatest relative error: 2^-59.4.
    const LN: &'static [f64] = &[
        -4.0,
        -1.333_333_333_333_347_2,
        -0.799_999_999_988_106_1,
        -0.571_428_574_882_836_9,
        -0.444_443_968_277_064_67,
        -0.363_671_438_071_958_56,
        -0.306_277_379_035_797_3,
        -0.295_953_620_431_854_86,
    ];
    // 2^-54.5.
    const SIN: &'static [f64] = &[
        core::f64::consts::FRAC_PI_2,
        -0.645_964_097_506_238_1,
        0.079_692_626_245_844_1,
        -0.004_681_754_129_623_581,
        0.000_160_441_132_679_131_18,
        -3.598_585_685_171_611_6e-6,
        5.626_849_632_470_721e-8,
    ];
    // Greatest error of the cosine: 2^-61.2.
    const COS: &'static [f64] = &[
        -1.233_700_550_136_169_7,
        0.253_669_507_901_042_76,
        -0.020_863_480_763_222_846,
        0.000_919_260_273_237_964_2,
        -2.520_203_152_721_687_3e-5,
        4.710_464_167_246_257e-7,
        -6.305_262_810_027_237e-9,
    ];

    #[inline(always)]
    fn words_of(block: [u32; 4], _: usize) -> (u64, u64) {
        let [a, b, c, d] = block.map(u64::from);
        (a | b << 32, c | d << 32)
    }

    /// 52 bits: u is at least 2^-52, so that no deviate is beyond 8.5. (Integers become fractions of
    /// a number in [1, 2): AVX2 has no conversion of 64 bits.)
    #[inline(always)]
    fn uniform(word: u64) -> (f64, f64) {
        const SQRT_HALF: u64 = core::f64::consts::FRAC_1_SQRT_2.to_bits();
        const SHIFT: f64 = 4_503_599_627_370_496.0;
        let bits = (2.0 - f64::from_bits(word >> 12 | 1.0_f64.to_bits())).to_bits();
        let n = (SQRT_HALF + 0x000F_FFFF_FFFF_FFFF - bits) >> 52;
        (f64::from_bits(n | SHIFT.to_bits()) - SHIFT, f64::from_bits(bits + (n << 52)))
    }

    #[inline(always)]
    fn angle(word: u64) -> (u32, f64) {
        let turn = word.wrapping_add(1 << 61);
        let rest = f64::from_bits((turn << 2) >> 12 | 1.0_f64.to_bits()) - 1.5;
        ((turn >> 62) as u32, rest)
    }

    #[inline(always)]
    fn root(self) -> f64 {
        self.sqrt()
    }

    #[inline(always)]
    fn negated(self, sign: u32) -> f64 {
        f64::from_bits(self.to_bits() ^ (u64::from(sign & 2) << 62))
    }
}

/// (r cos theta, r sin theta).
#[inline(always)]
pub(crate) fn pair<T: NormalElement>((radius, theta): (u64, u64)) -> (T, T) {
    let (n, m) = T::uniform(radius);
    let s = (m - T::ONE) / (m + T::ONE);
    let r = (n * T::TWICE_LN_2 + s * polynomial(T::LN, s * s)).root();
    let (quadrant, x) = T::angle(theta);
    let y = x * x;
    let (sin, cos) = (x * polynomial(T::SIN, y), T::ONE + y * polynomial(T::COS, y));
    let is_swapped = quadrant & 1 != 0;
    let (a, b) = (if is_swapped { sin } else { cos }, if is_swapped { cos } else { sin });
    (r * a.negated(quadrant + 1), r * b.negated(quadrant))
}

/// sum_k c_k y^k.
#[inline(always)]
fn polynomial<T: Element>(c: &[T], y: T) -> T {
    let mut sum = c[c.len() - 1];
    for k in (0..c.len() - 1).rev() {
        sum = sum * y + c[k];
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::f64::consts::TAU;

    /// Words with all exponents of u, and all octants of theta.
    fn words() -> impl Iterator<Item = u64> {
        let mut state = 1_u64;
        let random = core::iter::from_fn(move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            Some(state ^ state >> 32)
        });
        let edges = (0..64).flat_map(|bit| [1 << bit, (1_u64 << bit) - 1, !(1 << bit), !0 << bit]);
        edges.chain(random.take(100_000)).chain([0])
    }

    /// The greatest error of cos and sin, by r, and of r, relative.
    fn worst<T: NormalElement>(bits: u32, u_of: impl Fn(u64) -> f64) -> f64 {
        let mut worst = 0.0_f64;
        let mut other = 12_345_u64;
        for word in words() {
            let word = word & (u64::MAX >> (64 - bits));
            other = other.rotate_left(7).wrapping_add(word) & (u64::MAX >> (64 - bits));
            let (a, b) = pair::<T>((word, other));
            let r = (-2.0 * u_of(word).ln()).sqrt();
            let theta = TAU * (other as f64 / 2.0_f64.powi(bits as i32));
            let (a, b) = (a.to_f64() - r * theta.cos(), b.to_f64() - r * theta.sin());
            if r > 0.0 {
                worst = worst.max(a.abs().max(b.abs()) / r);
            } else {
                assert_eq!((a, b), (0.0, 0.0));
            }
        }
        worst / T::EPSILON.to_f64()
    }

    /// The functions' own roundings and the words' are worth a few epsilons.
    #[test]
    fn deviates_are_those_of_the_formula() {
        let u = |word: u64| f64::from((word >> 1) as f32 + 0.5) / 2.0_f64.powi(31);
        assert!(worst::<f32>(32, u) < 2.0);
        let u = |word: u64| 1.0 - (word >> 12) as f64 / 2.0_f64.powi(52);
        assert!(worst::<f64>(64, u) < 4.0);
    }

    #[test]
    fn the_farthest_deviates() {
        let (narrow, wide) = (pair::<f32>((0, 0)), pair::<f64>((u64::MAX, 0)));
        for (deviate, halvings) in [(f64::from(narrow.0), 32.0), (wide.0, 52.0)] {
            let r = (2.0 * core::f64::consts::LN_2 * halvings).sqrt();
            assert!((deviate - r).abs() < 1e-5, "{deviate} is not {r}");
        }
        for theta in [7, 1 << 31] {
            assert_eq!(pair::<f32>((u64::from(u32::MAX), theta)), (0.0, 0.0));
        }
    }
}
