//! From a token to the code of its level: the one place where a level becomes a type.

use super::float::Float;
use super::fused::Fused;
use super::passes::{Elementwise, Passes};

/// Evaluates `$call` with `$simd` bound to the token of the level that `$token` holds: each level
/// is one copy of the code below. (`fearless_simd::dispatch` would make a copy for SSE4.2 too,
/// which gains nothing here.)
macro_rules! with_level {
    ($token:expr, $simd:ident => $call:expr) => {
        match $token {
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            fearless_simd::Level::Avx512($simd) => $call,
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            fearless_simd::Level::Avx2($simd) => $call,
            #[cfg(target_arch = "aarch64")]
            fearless_simd::Level::Neon($simd) => $call,
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            fearless_simd::Level::WasmSimd128($simd) => $call,
            // What is left: the baseline of the target.
            other => with_baseline!(other, $simd => $call),
        }
    };
}
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

/// The `fused` backend at this level.
pub(super) fn fused<T: Float>(level: fearless_simd::Level) -> Box<dyn Passes<T>> {
    with_level!(level, simd => Box::new(Fused(simd)))
}

/// Functions of single values at this level.
pub(crate) fn elementwise<T: Float>(level: fearless_simd::Level) -> Box<dyn Elementwise<T>> {
    with_level!(level, simd => Box::new(Fused(simd)))
}
