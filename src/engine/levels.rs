//! From a token to the code of its level: the one place where a level becomes a type.

use super::float::Float;
use super::fused::Fused;
use super::passes::{Elementwise, Passes};

/// Evaluates `$call` with `$simd` bound to the token of the level that `$token` holds: each level
/// is one copy of the code below. Any other level is the target's baseline, `$baseline`.
macro_rules! with_level {
    ($token:expr, $simd:ident => $call:expr, $rest:ident => $baseline:expr) => {
        match $token {
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            fearless_simd::Level::Avx512($simd) => $call,
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            fearless_simd::Level::Avx2($simd) => $call,
            #[cfg(target_arch = "aarch64")]
            fearless_simd::Level::Neon($simd) => $call,
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            fearless_simd::Level::WasmSimd128($simd) => $call,
            $rest => $baseline,
        }
    };
}

/// The same for the baseline. (`fearless_simd::dispatch` would make a copy for SSE4.2 too, which
/// gains nothing here.)
#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
macro_rules! with_baseline {
    ($token:expr, $simd:ident => $call:expr) => {
        match $token.as_sse2() {
            Some($simd) => $call,
            // x86-64 without SSE2 does not exist.
            None => unreachable!("a level below the baseline"),
        }
    };
}
#[cfg(not(any(target_arch = "x86", target_arch = "x86_64")))]
macro_rules! with_baseline {
    ($token:expr, $simd:ident => $call:expr) => {
        fearless_simd::dispatch!($token, $simd => $call)
    };
}

/// The `fused` backend at this level, if this build has it. Most builds leave out the baseline:
/// `Auto` never takes it, and its code is a third of all.
pub(super) fn fused<T: Float>(level: fearless_simd::Level) -> Option<Box<dyn Passes<T>>> {
    with_level!(level, simd => Some(Box::new(Fused(simd))), rest => baseline(rest))
}

#[cfg(feature = "all-levels")]
fn baseline<T: Float>(level: fearless_simd::Level) -> Option<Box<dyn Passes<T>>> {
    // The type is written out: on wasm32 this is the end of a closure, where nothing is coerced.
    with_baseline!(level, simd => {
        let passes: Box<dyn Passes<T>> = Box::new(Fused(simd));
        Some(passes)
    })
}

#[cfg(not(feature = "all-levels"))]
fn baseline<T: Float>(_: fearless_simd::Level) -> Option<Box<dyn Passes<T>>> {
    None
}

/// Functions of single values at this level.
pub(crate) fn elementwise<T: Float>(level: fearless_simd::Level) -> Box<dyn Elementwise<T>> {
    with_level!(level, simd => Box::new(Fused(simd)), rest => {
        with_baseline!(rest, simd => Box::new(Fused(simd)))
    })
}
