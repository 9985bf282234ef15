//! What the tests of the math files share: every way to run a kernel.

use fearless_simd::Level;

use super::constants::ExpElement;
use super::curve_constants::CurveElement;
use super::slices::{Apply, Function};

/// A way to run a kernel.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Path {
    /// Native vectors of one level of `fearless_simd`.
    Simd(Level),
    /// The vectors of `wide`, whose level the build fixes.
    Wide,
}

impl Path {
    /// Whether `mul_add` rounds once.
    pub(crate) fn fused(self) -> bool {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Simd(level) => level.as_avx2().is_some(),
            #[cfg(not(target_arch = "x86_64"))]
            Self::Simd(level) => !level.is_fallback(),
            Self::Wide => cfg!(any(target_feature = "fma", target_arch = "aarch64")),
        }
    }

    /// The kernel `f` over `x`. Panics if another level ran than this one.
    pub(crate) fn apply<T: Apply + Default>(self, f: Function, x: &[T]) -> Vec<T> {
        let mut y = vec![T::default(); x.len()];
        match self {
            Self::Simd(level) => {
                let ran = T::apply(level, f, x, &mut y);
                assert_eq!(name(ran), name(level), "another level ran than asked for");
            }
            Self::Wide => T::apply_wide(f, x, &mut y),
        }
        y
    }
}

/// The level's name.
pub(crate) fn name(level: Level) -> String {
    format!("{level:?}").split('(').next().unwrap_or_default().to_owned()
}

/// Every path of this machine: the detected level, those below it and `wide`.
pub(crate) fn paths() -> Vec<Path> {
    let detected = Level::new();
    // A build for a newer processor dispatches lower levels upwards, so only
    // a baseline build can test them.
    let mut levels = vec![detected];
    #[cfg(all(target_arch = "x86_64", not(target_feature = "sse4.2")))]
    {
        levels.extend(detected.as_avx2().map(Level::Avx2));
        levels.extend(detected.as_sse4_2().map(Level::Sse4_2));
        levels.extend(detected.as_sse2().map(Level::Sse2));
    }
    let mut seen = Vec::new();
    levels.retain(|&l| {
        let new = !seen.contains(&name(l));
        seen.push(name(l));
        new
    });
    levels.into_iter().map(Path::Simd).chain([Path::Wide]).collect()
}

/// A float type the tests can be written once for.
pub(crate) trait Sample: Apply + ExpElement {
    /// The bits, the same for every NaN.
    fn key(self) -> u64;
    /// Position among all floats of the type: neighbors differ by 1.
    fn order(self) -> i64;
    /// The next greater number.
    fn up(self) -> Self;
    /// Not 0, and smaller than the smallest normal number.
    fn is_subnormal(self) -> bool;
    /// Error of a result in ULP.
    fn error(f: Function, x: Self, got: Self) -> f64;
    /// About `count` arguments: both signs, every exponent, denser where the
    /// functions bend, and all special values.
    fn samples(count: usize) -> Vec<Self> {
        let mut x = vec![0.0, -0.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN];
        for i in 0..count / 2 {
            let t = i as f64 / (count / 2) as f64;
            x.push((t - 0.5) * 220.0);
            x.push((t - 0.5) * 8.0);
        }
        let mut x: Vec<Self> = x.into_iter().map(Self::from_f64).collect();
        x.extend(Self::patterns(count / 2));
        x
    }
    /// `count` bit patterns, evenly spread.
    fn patterns(count: usize) -> Vec<Self>;
}

impl Sample for f32 {
    fn key(self) -> u64 {
        if self.is_nan() { u64::MAX } else { u64::from(self.to_bits()) }
    }
    fn order(self) -> i64 {
        let bits = i64::from(self.to_bits() << 1 >> 1);
        if self < 0.0 { -bits } else { bits }
    }
    fn up(self) -> Self {
        self.next_up()
    }
    fn is_subnormal(self) -> bool {
        f32::is_subnormal(self)
    }
    fn error(f: Function, x: f32, got: f32) -> f64 {
        let x = f64::from(x);
        let t = (-x.abs()).exp();
        let exact = match f {
            Function::Exp => x.exp(),
            Function::ExpNegAbs if -x.abs() < f64::from(Self::NORMAL_LOW) => 0.0,
            Function::ExpNegAbs | Function::SigmoidPart => t,
            Function::Tanh => x.tanh(),
            Function::Sigmoid | Function::SigmoidNormal | Function::SigmoidDelta => {
                (if x < 0.0 { t } else { 1.0 }) / (1.0 + t)
            }
            Function::Erf => libm::erf(x),
            Function::Sin => libm::sin(x),
            Function::Ln1p => libm::log1p(x),
        };
        super::ulp::ulp_f32(got, exact)
    }
    fn patterns(count: usize) -> Vec<f32> {
        let step = (u64::from(u32::MAX) / count as u64) | 1;
        (0..count as u64).map(|i| f32::from_bits((i * step) as u32)).collect()
    }
}

impl Sample for f64 {
    fn key(self) -> u64 {
        if self.is_nan() { u64::MAX } else { self.to_bits() }
    }
    fn order(self) -> i64 {
        let bits = (self.to_bits() << 1 >> 1) as i64;
        if self < 0.0 { -bits } else { bits }
    }
    fn up(self) -> Self {
        self.next_up()
    }
    fn is_subnormal(self) -> bool {
        f64::is_subnormal(self)
    }
    fn error(f: Function, x: f64, got: f64) -> f64 {
        let reference = super::ulp::Reference::new();
        let exact = match f {
            Function::Exp => reference.exp(x),
            Function::ExpNegAbs if -x.abs() < Self::NORMAL_LOW => super::ulp::Exact::new(0.0),
            Function::ExpNegAbs | Function::SigmoidPart => reference.exp(-x.abs()),
            Function::Tanh => reference.tanh(x),
            Function::Sigmoid | Function::SigmoidNormal | Function::SigmoidDelta => {
                reference.sigmoid(x)
            }
            Function::Erf => reference.erf(x),
            // Beyond, the kernel is `libm`'s function.
            Function::Sin if x.abs() >= Self::SIN_LIMIT => super::ulp::Exact::new(libm::sin(x)),
            Function::Sin => reference.sin(x),
            Function::Ln1p => reference.ln_1p(x),
        };
        super::ulp::ulp_f64(got, exact)
    }
    fn patterns(count: usize) -> Vec<f64> {
        let step = (u64::MAX / count as u64) | 1;
        (0..count as u64).map(|i| f64::from_bits(i.wrapping_mul(step))).collect()
    }
}

/// Checks `f` on dense samples against `[fused, unfused]` bounds on every path,
/// and that all paths which round alike give the same bits.
pub(crate) fn check_bounds<T: Sample>(f: Function, bounds: [f64; 2]) {
    let x = T::samples(60_000);
    let mut first: [Option<Vec<T>>; 2] = [None, None];
    for path in paths() {
        let y = path.apply(f, &x);
        let kind = usize::from(!path.fused());
        for (&x, &y) in x.iter().zip(&y) {
            let e = T::error(f, x, y);
            assert!(e <= bounds[kind], "{f:?} {path:?}: {e} ULP at {x:?}, got {y:?}");
        }
        match &first[kind] {
            None => first[kind] = Some(y),
            Some(same) => {
                for ((&x, &a), &b) in x.iter().zip(same).zip(&y) {
                    assert_eq!(a.key(), b.key(), "{f:?} {path:?} at {x:?}: {a:?} or {b:?}");
                }
            }
        }
    }
}

/// Checks one result, by its bits, on every path.
pub(crate) fn check_value<T: Sample>(f: Function, x: T, want: T) {
    for path in paths() {
        let got = path.apply(f, &[x])[0];
        assert_eq!(got.key(), want.key(), "{f:?} {path:?}: {x:?} gives {got:?}, not {want:?}");
    }
}

/// The greatest fall of `f`, in steps of the type, from one argument to the
/// next within 200 steps of each multiple of `period`, on any path. 0 means
/// that `f` is monotone there.
pub(crate) fn greatest_fall<T: Sample>(f: Function, period: f64, multiples: i32) -> i64 {
    let mut worst = 0;
    for path in paths() {
        for k in -multiples..=multiples {
            let center = T::from_f64(period * f64::from(k));
            // Downwards by the oddness of negation, then back up.
            let mut x = center;
            for _ in 0..200 {
                x = T::from_f64(-T::from_f64(-x.to_f64()).up().to_f64());
            }
            let mut xs = Vec::new();
            for _ in 0..400 {
                xs.push(x);
                x = x.up();
            }
            let y = path.apply(f, &xs);
            for w in y.windows(2) {
                worst = worst.max(w[0].order() - w[1].order());
            }
        }
    }
    worst
}
