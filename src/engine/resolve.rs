//! From what is asked for to the backend that computes it.

use core::marker::PhantomData;

use fearless_simd::Level as Token;

use super::float::Float;
use super::levels;
use super::passes::Passes;
use super::portable::{GemmOps, MatrixMultiply};
use crate::error::{Error, Result};
use crate::words::choices::Backend;
use crate::words::level::Level;

/// Picks the backend and level, or says why they can't be had.
pub(crate) fn passes<T: Float>(
    backend: Backend,
    level: Option<Level>,
) -> Result<Box<dyn Passes<T>>> {
    let token = match level {
        None => Token::new(),
        Some(level) => token(level)?,
    };
    let is_fused = match backend {
        Backend::Fused => true,
        // Without FMA our kernels gain too little to be worth results with other bits.
        Backend::Auto => level.is_some() || Level::of(token).has_fma(),
        _ => false,
    };
    match backend {
        _ if is_fused => levels::fused(token).ok_or(Error::Backend {
            backend: Backend::Fused,
            reason: "`sse2` and `fallback` are compiled with the feature `all-levels` only",
        }),
        _ if level.is_some() => Err(Error::LevelBackend { backend }),
        #[cfg(feature = "cblas")]
        Backend::Cblas => Ok(Box::new(GemmOps(PhantomData::<super::portable::Cblas>))),
        #[cfg(not(feature = "cblas"))]
        Backend::Cblas => Err(Error::Backend {
            backend,
            reason: "the crate was built without its feature `cblas`",
        }),
        _ => Ok(Box::new(GemmOps(PhantomData::<MatrixMultiply>))),
    }
}

/// The proof that this machine has a level.
pub(crate) fn token(level: Level) -> Result<Token> {
    level.token().ok_or(Error::Level { level })
}
