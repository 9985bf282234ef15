//! Greatest error of each kernel: all `f32`, and samples of `f64`.
//!
//! ```text
//! cargo run --release --example ulp -- f32            all 2^32 bit patterns
//! cargo run --release --example ulp -- f32 64         every 64th pattern
//! cargo run --release --example ulp -- f64 100000000  that many samples
//! ```
//!
//! Levels with fused multiply-add must agree bit by bit, and so must those
//! without; a difference is counted and makes the command fail, as does an
//! error above the documented bound.
#![deny(unsafe_code)]
#![allow(dead_code, unreachable_pub, reason = "kernel files compiled as modules of this program")]

use std::process::ExitCode;

use fearless_simd::{Level, dispatch};

#[path = "../src/kernels/constants.rs"]
mod constants;
#[path = "../src/kernels/curve_constants.rs"]
mod curve_constants;
#[path = "../src/kernels/testing/double_double.rs"]
mod double_double;
#[path = "../src/element.rs"]
mod element;
#[path = "../src/kernels/exp.rs"]
mod exp;
#[path = "../src/kernels/gauss.rs"]
mod gauss;
#[path = "../src/kernels/lanes.rs"]
mod lanes;
#[path = "../src/kernels/ln_1p.rs"]
mod ln_1p;
#[path = "../src/kernels/sigmoid.rs"]
mod sigmoid;
#[path = "../src/kernels/sine.rs"]
mod sine;
#[path = "../src/kernels/testing/slices.rs"]
mod slices;
#[path = "../src/kernels/tanh.rs"]
mod tanh;
#[path = "../src/kernels/testing/ulp.rs"]
mod ulp;
#[path = "../src/kernels/wide_lanes.rs"]
mod wide_lanes;

use constants::ExpElement;
use curve_constants::CurveElement;
use slices::{Apply, Function};
use ulp::{Exact, Reference, ulp_f32, ulp_f64};

/// Values tested between two looks at the results.
const BLOCK: usize = 4096;

const FUNCTIONS: [Function; 7] = [
    Function::Exp,
    Function::ExpNegAbs,
    Function::Tanh,
    Function::Sigmoid,
    Function::Erf,
    Function::Sin,
    Function::Ln1p,
];

/// A way to run a kernel.
#[derive(Clone, Copy)]
enum Path {
    Simd(Level),
    Wide,
}

/// The fused and the unfused ways this machine and this build offer.
fn paths() -> [Vec<(&'static str, Path)>; 2] {
    let mut fused = Vec::new();
    let mut unfused = Vec::new();
    let detected = Level::new();
    #[cfg(target_arch = "x86_64")]
    {
        if let Some(l) = detected.as_avx512() {
            fused.push(("avx512", Path::Simd(Level::Avx512(l))));
        }
        if let Some(l) = detected.as_avx2() {
            fused.push(("avx2", Path::Simd(Level::Avx2(l))));
        }
        if let Some(l) = detected.as_sse4_2() {
            unfused.push(("sse4.2", Path::Simd(Level::Sse4_2(l))));
        }
        if let Some(l) = detected.as_sse2() {
            unfused.push(("sse2", Path::Simd(Level::Sse2(l))));
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    fused.push(("detected", Path::Simd(detected)));
    if cfg!(target_feature = "fma") {
        fused.push(("wide", Path::Wide));
    } else {
        unfused.push(("wide", Path::Wide));
    }
    [fused, unfused]
}

fn apply<T: Apply>(path: Path, f: Function, x: &[T], y: &mut [T]) {
    match path {
        Path::Simd(level) => {
            let ran = T::apply(level, f, x, y);
            assert_eq!(format!("{ran:?}"), format!("{level:?}"), "another level ran");
        }
        Path::Wide => T::apply_wide(f, x, y),
    }
}

/// The documented bounds: fused, unfused.
fn bounds(f: Function) -> [f64; 2] {
    match f {
        Function::Exp | Function::ExpNegAbs | Function::SigmoidPart => {
            [exp::EXP_MAX_ULP, exp::EXP_MAX_ULP_UNFUSED]
        }
        Function::Tanh => [tanh::TANH_MAX_ULP, tanh::TANH_MAX_ULP_UNFUSED],
        Function::Sigmoid | Function::SigmoidNormal | Function::SigmoidDelta => {
            [sigmoid::SIGMOID_MAX_ULP, sigmoid::SIGMOID_MAX_ULP_UNFUSED]
        }
        Function::Erf => [gauss::ERF_MAX_ULP, gauss::ERF_MAX_ULP_UNFUSED],
        Function::Sin => [sine::SIN_MAX_ULP, sine::SIN_MAX_ULP_UNFUSED],
        Function::Ln1p => [ln_1p::LN_1P_MAX_ULP, ln_1p::LN_1P_MAX_ULP_UNFUSED],
    }
}

/// Runs `f` on one block and keeps the worst errors.
struct Check<T> {
    f: Function,
    paths: [Vec<(&'static str, Path)>; 2],
    worst: [(f64, T); 2],
    different: u64,
    sum: f64,
    count: u64,
}

impl<T: Apply + PartialEq + Default + std::fmt::Debug + std::fmt::LowerExp> Check<T> {
    fn new(f: Function) -> Self {
        Self {
            f,
            paths: paths(),
            worst: [(0.0, T::default()); 2],
            different: 0,
            sum: 0.0,
            count: 0,
        }
    }

    fn block(&mut self, x: &[T], errors: impl Fn(&[T], &mut [f64]), bits: impl Fn(T) -> u64) {
        let mut first = vec![T::default(); x.len()];
        let mut other = first.clone();
        let mut err = vec![0.0; x.len()];
        for (paths, worst) in self.paths.iter().zip(&mut self.worst) {
            let Some((head, rest)) = paths.split_first() else {
                continue;
            };
            apply(head.1, self.f, x, &mut first);
            errors(&first, &mut err);
            for (&e, &x) in err.iter().zip(x) {
                self.sum += e;
                if e > worst.0 {
                    *worst = (e, x);
                }
            }
            self.count += x.len() as u64;
            for path in rest {
                apply(path.1, self.f, x, &mut other);
                self.different +=
                    first.iter().zip(&other).filter(|&(&a, &b)| bits(a) != bits(b)).count() as u64;
            }
        }
    }

    fn report(&self, what: &str) -> bool {
        let mut good = self.different == 0;
        for (i, name) in ["fused", "unfused"].into_iter().enumerate() {
            let names: Vec<_> = self.paths[i].iter().map(|p| p.0).collect();
            let (e, x) = self.worst[i];
            println!(
                "{what} {:?} {name} ({}): at most {e:.4} ULP, at x = {x:e}",
                self.f,
                names.join(", "),
            );
            good &= e <= bounds(self.f)[i];
        }
        println!(
            "{what} {:?}: {} of {} results differ between levels",
            self.f, self.different, self.count
        );
        good
    }
}

/// The function in `f64`, for `f32` arguments.
fn in_f64(f: Function, x: f64) -> f64 {
    match f {
        Function::Exp => x.exp(),
        Function::ExpNegAbs if -x.abs() < f64::from(<f32 as ExpElement>::NORMAL_LOW) => 0.0,
        Function::ExpNegAbs | Function::SigmoidPart => (-x.abs()).exp(),
        Function::Tanh => x.tanh(),
        Function::Sigmoid | Function::SigmoidNormal | Function::SigmoidDelta => {
            let t = (-x.abs()).exp();
            if x < 0.0 { t / (1.0 + t) } else { 1.0 / (1.0 + t) }
        }
        Function::Erf => libm::erf(x),
        Function::Sin => libm::sin(x),
        Function::Ln1p => libm::log1p(x),
    }
}

fn all_f32(stride: u64) -> bool {
    let mut good = true;
    for f in FUNCTIONS {
        let mut check = Check::<f32>::new(f);
        let mut next = 0u64;
        let mut x = Vec::with_capacity(BLOCK);
        let mut exact = Vec::with_capacity(BLOCK);
        while next < 1 << 32 {
            x.clear();
            exact.clear();
            while x.len() < BLOCK && next < 1 << 32 {
                let v = f32::from_bits(next as u32);
                x.push(v);
                exact.push(in_f64(f, f64::from(v)));
                next += stride;
            }
            check.block(
                &x,
                |got, err| {
                    for ((e, &g), &r) in err.iter_mut().zip(got).zip(&exact) {
                        *e = ulp_f32(g, r);
                    }
                },
                |v| {
                    if v.is_nan() { 0 } else { u64::from(v.to_bits()) }
                },
            );
        }
        good &= check.report("f32");
    }
    good
}

/// A generator good enough for sampling.
struct SplitMix(u64);

impl SplitMix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

/// One sample: mostly of uniform exponent, some uniform in value, some within
/// a few thousand ULP of a seam (odd multiples of ln2/2 and of ln2/4), a few of
/// any bit pattern.
fn sample(rng: &mut SplitMix) -> f64 {
    let bits = rng.next();
    let kind = rng.next() % 16;
    let sign = if bits >> 63 == 1 { -1.0 } else { 1.0 };
    let fraction = (bits << 12 >> 12) as f64 / (1u64 << 52) as f64;
    match kind {
        0 => f64::from_bits(bits),
        1..4 => sign * fraction * 760.0,
        4..6 => sign * fraction * 45.0,
        6..8 => {
            let m = (rng.next() % 2200) as f64;
            let seam = sign * m * std::f64::consts::LN_2 * 0.25;
            f64::from_bits(seam.to_bits().wrapping_add(bits % 8192).wrapping_sub(4096))
        }
        8..12 => {
            // 2^-6 .. 2^6: where all the action is.
            let e = 1017 + rng.next() % 12;
            sign * f64::from_bits((e << 52) | (bits << 12 >> 12))
        }
        _ => {
            let e = 963 + rng.next() % 70;
            sign * f64::from_bits((e << 52) | (bits << 12 >> 12))
        }
    }
}

fn sampled_f64(samples: u64) -> bool {
    let reference = Reference::new();
    let mut good = true;
    for f in FUNCTIONS {
        let mut check = Check::<f64>::new(f);
        let mut rng = SplitMix(0x5eed);
        let mut x = vec![0.0; BLOCK];
        let mut exact = vec![Exact::new(0.0); BLOCK];
        for _ in 0..samples.div_ceil(BLOCK as u64) {
            x.iter_mut().for_each(|x| *x = sample(&mut rng));
            // Inside a level with fused multiply-add the reference is far faster.
            dispatch!(Level::new(), _simd => {
                for (e, &x) in exact.iter_mut().zip(&x) {
                    *e = match f {
                        Function::Exp => reference.exp(x),
                        Function::ExpNegAbs if -x.abs() < <f64 as ExpElement>::NORMAL_LOW => Exact::new(0.0),
                        Function::ExpNegAbs | Function::SigmoidPart => reference.exp(-x.abs()),
                        Function::Tanh => reference.tanh(x),
                        Function::Sigmoid | Function::SigmoidNormal | Function::SigmoidDelta => reference.sigmoid(x),
                        Function::Erf => reference.erf(x),
                        Function::Sin if x.abs() >= f64::SIN_LIMIT => Exact::new(libm::sin(x)),
                        Function::Sin => reference.sin(x),
                        Function::Ln1p => reference.ln_1p(x),
                    };
                }
            });
            check.block(
                &x,
                |got, err| {
                    for ((e, &g), &r) in err.iter_mut().zip(got).zip(&exact) {
                        *e = ulp_f64(g, r);
                    }
                },
                |v| if v.is_nan() { 0 } else { v.to_bits() },
            );
        }
        good &= check.report("f64");
    }
    good
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let number = |default| args.get(1).map_or(default, |n| n.parse().expect("a number"));
    let good = match args.first().map(String::as_str) {
        Some("f32") => all_f32(number(1)),
        Some("f64") => sampled_f64(number(10_000_000)),
        _ => {
            eprintln!("usage: ulp f32 [STRIDE] | ulp f64 [SAMPLES]");
            return ExitCode::from(2);
        }
    };
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
