//! What one core can do at best: multiply-adds on registers alone.

use std::hint::black_box;
use std::time::Instant;

use fearless_simd::{Level, Simd, SimdFloat, dispatch};

/// GFLOP/s of one core at one SIMD level.
#[derive(Debug, Clone, Copy)]
pub struct Peak {
    /// In f32.
    pub f32: f64,
    /// In f64.
    pub f64: f64,
}

/// Chains that don't wait for each other: two units of four or five cycles' latency need ten, and
/// 14 registers still fit into AVX2's 16.
const CHAINS: usize = 12;
/// Multiply-adds a chain in one run: about a tenth of a millisecond.
const ROUNDS: usize = 40_000;
/// The best of this many runs: other work of the machine can only make a run slower.
const RUNS: usize = 200;

/// Measures both element types at the level that is in use (by default the machine's best), in
/// about a twentieth of a second. Without FMA (x86-64's baseline) a multiply-add is two
/// instructions, and the result is the core's peak with these.
///
/// ```no_run
/// let peak = shallownet::testing::measure::peak(None);
/// println!("{:.0} GFLOP/s in f32", peak.f32);
/// ```
pub fn peak(level: Option<crate::Level>) -> Peak {
    let best = Level::new();
    let used = match level {
        #[cfg(target_arch = "x86_64")]
        Some(crate::Level::Avx2) => best.as_avx2().map(Level::Avx2),
        #[cfg(target_arch = "x86_64")]
        Some(crate::Level::Sse2) => best.as_sse2().map(Level::Sse2),
        _ => None,
    };
    dispatch!(used.unwrap_or(best), simd => both(simd))
}

#[inline(always)]
fn both<S: Simd>(simd: S) -> Peak {
    Peak { f32: best::<S, S::f32s>(simd, 0.5, 1.0), f64: best::<S, S::f64s>(simd, 0.5, 1.0) }
}

/// x = a x + b in every lane of every chain; a of 0.5 keeps x near 2 b for ever.
#[inline(always)]
fn best<S: Simd, V: SimdFloat<S>>(simd: S, a: V::Element, b: V::Element) -> f64 {
    let [a, b] = black_box([V::splat(simd, a), V::splat(simd, b)]);
    // Opaque, so that the compiler does not see that the chains are the same.
    let mut x = black_box([b; CHAINS]);
    let mut seconds = f64::INFINITY;
    for _ in 0..RUNS {
        let start = Instant::now();
        for _ in 0..ROUNDS {
            for x in &mut x {
                *x = x.mul_add(a, b);
            }
        }
        x = black_box(x);
        seconds = seconds.min(start.elapsed().as_secs_f64());
    }
    (2 * CHAINS * V::LEN * ROUNDS) as f64 / seconds / 1e9
}
