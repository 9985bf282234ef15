//! The element types of networks.

use crate::element::Element;
use crate::engine::float::Float;
use crate::engine::levels;
use crate::engine::passes::{Elementwise, Passes};
use crate::engine::resolve;
use crate::error::Result;
use crate::words::choices::Backend;
use crate::words::level::Level;

/// An element type of networks: `f32` or `f64`. Sealed. Its constants and conversions are those of
/// [`Element`].
///
/// ```
/// use shallownet::{Element, Scalar};
///
/// fn half<T: Scalar>() -> T {
///     T::from_f64(0.5)
/// }
/// assert_eq!((half::<f32>(), half::<f64>()), (0.5, 0.5));
/// ```
pub trait Scalar: Element + Float {
    /// The backend that computes networks of this type: compiled in this crate.
    #[doc(hidden)]
    fn passes(backend: Backend, level: Option<Level>) -> Result<Box<dyn Passes<Self>>>;

    /// Functions of single values at a level.
    #[doc(hidden)]
    fn elementwise(level: Level) -> Result<Box<dyn Elementwise<Self>>>;
}

macro_rules! scalar {
    ($t:ident) => {
        impl Scalar for $t {
            fn passes(backend: Backend, level: Option<Level>) -> Result<Box<dyn Passes<Self>>> {
                resolve::passes(backend, level)
            }

            fn elementwise(level: Level) -> Result<Box<dyn Elementwise<Self>>> {
                resolve::token(level).map(levels::elementwise)
            }
        }
    };
}
#[cfg(feature = "f32")]
scalar!(f32);
#[cfg(feature = "f64")]
scalar!(f64);
#[cfg(not(any(feature = "f32", feature = "f64")))]
compile_error!("shallownet needs an element type: turn on its feature `f32` or `f64`");
