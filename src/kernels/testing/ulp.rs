//! Errors in units in the last place, and references to measure them against.
//!
//! `f32` results are compared with `f64` functions of the standard library.
//! `f64` results are compared with double-double arithmetic (a value as an
//! unevaluated sum of two `f64`), good to about 100 bits, which the tests of
//! this file check against a multi-precision library.

use super::double_double::{Pair, add, div, mul, two_prod, two_sum};

/// `(high + low) * 2^exponent`, |low| at most half an ULP of high.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Exact {
    /// Leading part.
    pub(crate) high: f64,
    /// Rest.
    pub(crate) low: f64,
    /// Binary exponent of both.
    pub(crate) exponent: i32,
}

impl Exact {
    /// An `f64` as it is.
    #[inline(always)]
    pub(crate) fn new(x: f64) -> Self {
        Self { high: x, low: 0.0, exponent: 0 }
    }
}

/// 2^e for every e that gives a finite `f64`, subnormal or not.
#[inline(always)]
fn pow2(e: i32) -> f64 {
    if e < -1022 {
        f64::from_bits(1u64 << (e + 1074))
    } else {
        f64::from_bits(((e + 1023) as u64) << 52)
    }
}

/// x * 2^e without an intermediate rounding where the result is normal.
#[inline(always)]
fn scale(x: f64, e: i32) -> f64 {
    let a = (e / 2).clamp(-1022, 1023);
    x * pow2(a) * pow2((e - a).clamp(-1022, 1023))
}

/// floor(log2 |x|) of a normal x.
#[inline(always)]
fn exponent(x: f64) -> i32 {
    ((x.to_bits() >> 52) & 0x7ff) as i32 - 1023
}

/// |got - exact| in ULP of the type with `bits` significand bits, least
/// exponent `least` and greatest exponent `greatest`.
#[inline(always)]
fn error(got: f64, exact: Exact, bits: i32, least: i32, greatest: i32) -> f64 {
    if got.is_nan() || exact.high.is_nan() {
        return if got.is_nan() && exact.high.is_nan() { 0.0 } else { f64::INFINITY };
    }
    // The exponent of the exact value, one less if `low` takes it below 2^k.
    let mut e = if exact.high == 0.0 || exact.high.is_infinite() {
        if exact.high == 0.0 { least } else { greatest + 1 }
    } else {
        let power = exact.high.abs().to_bits() << 12 == 0;
        let below = power && exact.low != 0.0 && (exact.low < 0.0) == (exact.high > 0.0);
        exponent(exact.high) + exact.exponent - i32::from(below)
    };
    if e > greatest {
        // The right result is an infinity of the same sign.
        if got.is_infinite() && (got > 0.0) == (exact.high > 0.0) {
            return 0.0;
        }
        if exact.high.is_infinite() {
            return f64::INFINITY;
        }
        e = greatest;
    }
    let ulp = e.max(least) - (bits - 1);
    // Both in ULP. An infinite result counts as the next power of two.
    let got =
        if got.is_infinite() { pow2(greatest - ulp).copysign(got) * 2.0 } else { scale(got, -ulp) };
    let shift = exact.exponent - ulp;
    (got - scale(exact.high, shift) - scale(exact.low, shift)).abs()
}

/// Error of an `f32` result in ULP of the exact value.
#[inline(always)]
pub(crate) fn ulp_f32(got: f32, exact: f64) -> f64 {
    error(f64::from(got), Exact::new(exact), 24, -126, 127)
}

/// Error of an `f64` result in ULP of the exact value.
#[inline(always)]
pub(crate) fn ulp_f64(got: f64, exact: Exact) -> f64 {
    error(got, exact, 53, -1022, 1023)
}

/// ln 2 in three parts; the first has 42 bits.
const LN2: [f64; 3] =
    [0.693_147_180_559_890_3, 5.497_923_018_708_371e-14, 1.947_045_092_380_75e-31];

/// pi in four parts.
const PI: [f64; 4] = [
    core::f64::consts::PI,
    1.224_646_799_147_353_2e-16,
    -2.994_769_809_718_339_7e-33,
    1.112_454_220_863_365_3e-49,
];

/// 2 / sqrt(pi).
const TWO_OVER_ROOT_PI: Pair = (core::f64::consts::FRAC_2_SQRT_PI, 1.533_545_961_316_588e-17);

/// Number of Taylor terms.
const TERMS: usize = 15;

/// Double-double functions. The constants are computed once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reference {
    inverse_factorial: [Pair; TERMS + 1],
}

impl Default for Reference {
    fn default() -> Self {
        Self::new()
    }
}

impl Reference {
    /// The functions with their constants.
    pub(crate) fn new() -> Self {
        let mut inverse_factorial = [(1.0, 0.0); TERMS + 1];
        for n in 1..=TERMS {
            inverse_factorial[n] = div(inverse_factorial[n - 1], (n as f64, 0.0));
        }
        Self { inverse_factorial }
    }

    /// `(k, expm1(x - k ln2))` with |x - k ln2| <= ln2/2.
    #[inline(always)]
    fn expm1(&self, x: f64) -> (i32, Pair) {
        // Larger |x| would overflow or vanish anyway.
        let x = x.clamp(-1000.0, 1000.0);
        let k = (x * core::f64::consts::LOG2_E + 6_755_399_441_055_744.0) - 6_755_399_441_055_744.0;
        let r = two_sum(x - k * LN2[0], 0.0);
        let r = add(r, two_prod(-k, LN2[1]));
        let r = add(r, two_prod(-k, LN2[2]));
        let m = (r.0 / 16.0, r.1 / 16.0);
        let mut p = self.inverse_factorial[TERMS];
        let mut n = TERMS - 1;
        while n >= 1 {
            p = add(mul(p, m), self.inverse_factorial[n]);
            n -= 1;
        }
        let mut p = mul(p, m);
        for _ in 0..4 {
            // expm1(2m) = 2 expm1(m) + expm1(m)^2.
            p = add((2.0 * p.0, 2.0 * p.1), mul(p, p));
        }
        (k as i32, p)
    }

    /// e^x.
    #[inline(always)]
    pub(crate) fn exp(&self, x: f64) -> Exact {
        if x.is_nan() || x.is_infinite() {
            return Exact::new(if x == f64::NEG_INFINITY { 0.0 } else { x });
        }
        let (k, p) = self.expm1(x);
        let (high, low) = add((1.0, 0.0), p);
        Exact { high, low, exponent: k }
    }

    /// tanh(x).
    #[inline(always)]
    pub(crate) fn tanh(&self, x: f64) -> Exact {
        let a = x.abs();
        if x.is_nan() || a < 1e-20 {
            // x - x^3/3 differs from x by less than 1e-40 x, but not by
            // nothing: below a power of two the ULP is that of the smaller
            // numbers.
            return Exact::new(x);
        }
        let (k, p) = self.expm1(-2.0 * a.min(100.0));
        // E - 1 = 2^k p + (2^k - 1), without cancellation for k = 0.
        let s = pow2(k);
        let m = add(two_sum(s, -1.0), (s * p.0, s * p.1));
        let q = div((-m.0, -m.1), add((2.0, 0.0), m));
        let sign = 1f64.copysign(x);
        Exact { high: q.0 * sign, low: q.1 * sign, exponent: 0 }
    }

    /// 1 / (1 + e^-x).
    #[inline(always)]
    pub(crate) fn sigmoid(&self, x: f64) -> Exact {
        if x.is_nan() {
            return Exact::new(x);
        }
        let t = self.exp(-x.abs());
        // Below 2^-200, 1 + t is 1 as a double-double too.
        let s = if t.exponent < -200 { 0.0 } else { pow2(t.exponent) };
        let d = add((1.0, 0.0), (s * t.high, s * t.low));
        let (num, exponent) = if x < 0.0 { ((t.high, t.low), t.exponent) } else { ((1.0, 0.0), 0) };
        let (high, low) = div(num, d);
        Exact { high, low, exponent }
    }

    /// ln(1 + x): one step of Newton's method for e^y = 1 + x from the y of `libm`, with two terms of
    /// the logarithm's series for the rest.
    #[inline(always)]
    pub(crate) fn ln_1p(&self, x: f64) -> Exact {
        if x.is_nan() || x < -1.0 {
            return Exact::new(f64::NAN);
        }
        if x == -1.0 || x.is_infinite() {
            return Exact::new(if x == -1.0 { f64::NEG_INFINITY } else { x });
        }
        if x.abs() < 1e-20 {
            // x^2 is lost where it is subnormal, and then far below an ULP.
            return Exact { high: x, low: -x * x / 2.0, exponent: 0 };
        }
        let y = libm::log1p(x);
        let (k, p) = self.expm1(-y);
        // (1 + x) 2^k (1 + p) - 1 = (2^k - 1) + 2^k x + 2^k (1 + x) p.
        let sum = two_sum(1.0, x);
        let scaled = (scale(sum.0, k), scale(sum.1, k));
        let whole = add(two_sum(scale(1.0, k), -1.0), (scale(x, k), 0.0));
        let rest = add(whole, mul(scaled, p));
        let square = mul(rest, rest);
        let (high, low) = add((y, 0.0), add(rest, (-square.0 / 2.0, -square.1 / 2.0)));
        Exact { high, low, exponent: 0 }
    }

    /// sin x, for |x| up to 1e9.
    #[inline(always)]
    pub(crate) fn sin(&self, x: f64) -> Exact {
        if !x.is_finite() {
            return Exact::new(f64::NAN);
        }
        if x.abs() < 1e-20 {
            return Exact::new(x);
        }
        let n = (x * core::f64::consts::FRAC_1_PI).round();
        let mut r = (x, 0.0);
        for part in PI {
            r = add(r, two_prod(-n, part));
        }
        let square = mul(r, r);
        let mut sum = (1.0, 0.0);
        for k in (1..20).rev() {
            // sin r = r (1 - r^2/(2 3) (1 - r^2/(4 5) (...))).
            let factor = div(square, ((2 * k * (2 * k + 1)) as f64, 0.0));
            let product = mul(factor, sum);
            sum = add((1.0, 0.0), (-product.0, -product.1));
        }
        let (high, low) = mul(r, sum);
        let sign = if n % 2.0 == 0.0 { 1.0 } else { -1.0 };
        Exact { high: sign * high, low: sign * low, exponent: 0 }
    }

    /// erf x = 2 / sqrt(pi) e^(-x^2) x (1 + 2x^2/3 (1 + 2x^2/5 (...))), Abramowitz and Stegun 7.1.6.
    #[inline(always)]
    pub(crate) fn erf(&self, x: f64) -> Exact {
        if x.is_nan() {
            return Exact::new(x);
        }
        let (size, sign) = (x.abs(), 1f64.copysign(x));
        if size > 5.5 {
            return Exact { high: sign, low: -sign * libm::erfc(size), exponent: 0 };
        }
        if size < 1e-100 {
            let (high, low) = mul(TWO_OVER_ROOT_PI, (x * pow2(600), 0.0));
            return Exact { high, low, exponent: -600 };
        }
        let square = two_prod(size, size);
        let mut sum = (1.0, 0.0);
        for k in (1..(3.0 * square.0) as usize + 40).rev() {
            let factor = div((2.0 * square.0, 2.0 * square.1), ((2 * k + 1) as f64, 0.0));
            sum = add((1.0, 0.0), mul(factor, sum));
        }
        let e = self.exp(-square.0);
        let e = (e.high * pow2(e.exponent), e.low * pow2(e.exponent));
        let e = add(e, mul(e, (-square.1, square.1 * square.1 / 2.0)));
        let (high, low) = mul(mul(TWO_OVER_ROOT_PI, e), mul((size, 0.0), sum));
        Exact { high: sign * high, low: sign * low, exponent: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dashu_float::{FBig, round::mode::HalfEven};

    type Big = FBig<HalfEven, 2>;

    #[test]
    fn distance_between_neighbors_is_one() {
        for x in [1f32, 1.5, -0.1, 3e38, 1e-38, f32::from_bits(1), f32::from_bits(12_345)] {
            let e = ulp_f32(x.next_up(), f64::from(x));
            assert_eq!(e, 1.0, "{x:e}");
            assert_eq!(ulp_f32(x, f64::from(x)), 0.0);
        }
        for x in [1f64, 1.5, -0.1, 1e308, 1e-308, f64::from_bits(1), f64::from_bits(12_345)] {
            assert_eq!(ulp_f64(x.next_up(), Exact::new(x)), 1.0, "{x:e}");
            assert_eq!(ulp_f64(x, Exact::new(x)), 0.0);
        }
        // Below a power of two the unit is half as large.
        assert_eq!(ulp_f32(0.999_999_94, 1.0), 0.5);
        assert_eq!(
            ulp_f64(1.0, Exact { high: 1.0, low: -1e-17, exponent: 0 }),
            1e-17 * 2f64.powi(53)
        );
    }

    #[test]
    fn zero_sign_and_infinity_are_not_vacuous() {
        assert_eq!(ulp_f32(f32::from_bits(3), 0.0), 3.0);
        assert_eq!(ulp_f32(0.0, f64::from(f32::from_bits(2))), 2.0);
        assert_eq!(ulp_f32(f32::from_bits(1), -f64::from(f32::from_bits(1))), 2.0);
        assert!(ulp_f32(-1.0, 1.0) > 1e7);
        assert!(ulp_f64(-1.0, Exact::new(1.0)) > 1e15);
        assert_eq!(ulp_f32(f32::INFINITY, f64::from(f32::MAX)), 1.0);
        assert_eq!(ulp_f32(f32::INFINITY, 2f64.powi(128)), 0.0);
        assert_eq!(ulp_f32(f32::MAX, 2f64.powi(128)), 1.0);
        assert!(ulp_f32(f32::NEG_INFINITY, 2f64.powi(128)) > 1e7);
        assert!(ulp_f32(f32::INFINITY, 1.0) > 1e7);
        assert_eq!(ulp_f32(f32::MAX, f64::INFINITY), f64::INFINITY);
        assert_eq!(ulp_f64(f64::INFINITY, Exact::new(f64::MAX)), 1.0);
        assert_eq!(ulp_f64(f64::MAX, Exact { high: 1.0, low: 0.0, exponent: 1024 }), 1.0);
        assert_eq!(ulp_f32(f32::NAN, 1.0), f64::INFINITY);
        assert_eq!(ulp_f32(1.0, f64::NAN), f64::INFINITY);
        assert_eq!(ulp_f32(f32::NAN, f64::NAN), 0.0);
    }

    fn big(x: f64) -> Big {
        Big::try_from(x).expect("finite").with_precision(300).value()
    }

    fn value(x: Exact) -> Big {
        (big(x.high) + big(x.low))
            * (Big::from(2).with_precision(300).value()).powi(x.exponent.into())
    }

    /// |a - b| / |b|.
    fn relative(a: Big, b: &Big) -> f64 {
        let r: Big = (a - b) / b;
        r.to_f64().value().abs()
    }

    #[test]
    fn reference_agrees_with_multi_precision() {
        let reference = Reference::new();
        let one = Big::from(1).with_precision(300).value();
        for i in 0..3000 {
            let t = f64::from(i) / 3000.0;
            let magnitude = if i % 2 == 0 { 700.0 * t * t } else { 1e-6f64.powf(t) * 2.0 };
            let x = if i % 3 == 0 { -magnitude } else { magnitude };
            if x == 0.0 {
                continue;
            }
            let e = big(x).exp();
            assert!(relative(value(reference.exp(x)), &e) < 1e-29, "exp {x:e}");
            let s = &one / (&one + &one / &e);
            assert!(relative(value(reference.sigmoid(x)), &s) < 1e-29, "sigmoid {x:e}");
            if x.abs() < 20.0 {
                // By their power series, which the many digits allow.
                let square = big(x) * big(x);
                let (mut sine, mut erf) = (one.clone(), one.clone());
                for k in (1..1200).rev() {
                    let odd = big(f64::from(2 * k + 1));
                    if k < 80 {
                        sine = &one - &square / (big(f64::from(2 * k)) * &odd) * sine;
                    }
                    erf = &one + big(2.0) * &square / odd * erf;
                }
                let sine = big(x) * sine;
                assert!(relative(value(reference.sin(x)), &sine) < 1e-26, "sin {x:e}");
                if x.abs() < 5.5 {
                    let root = big(core::f64::consts::FRAC_2_SQRT_PI) + big(TWO_OVER_ROOT_PI.1);
                    let erf = root / big(x).sqr().exp() * big(x) * erf;
                    assert!(relative(value(reference.erf(x)), &erf) < 1e-28, "erf {x:e}");
                }
            }
            let size = big(x.abs());
            let l = relative(value(reference.ln_1p(x.abs())), &size.ln_1p());
            assert!(l < 1e-29, "ln(1 + x) {x:e}: {l:e}");
            if x > -1.0 {
                let l = relative(value(reference.ln_1p(x)), &big(x).ln_1p());
                assert!(l < 1e-29, "ln(1 + x) {x:e}: {l:e}");
            }
            if x.abs() < 40.0 {
                let m = big(-2.0 * x).exp_m1();
                let t = -&m / (&m + &one + &one);
                assert!(relative(value(reference.tanh(x)), &t) < 1e-28, "tanh {x:e}");
            }
        }
    }
}
