//! The engines: one contract, [`LayerOps`], and one driver, [`pass`], that walks a network with it.

pub(crate) mod block;
pub(crate) mod custom;
pub(crate) mod elementwise;
pub(crate) mod float;
mod fused;
pub(crate) mod level;
mod narrow;
mod narrow_plan;
pub(crate) mod optimizer;
pub(crate) mod pass;
pub(crate) mod plan;
mod portable;
pub(crate) mod run;
mod single;
pub(crate) mod stretches;
pub(crate) mod sums;
pub(crate) mod tiles;
pub(crate) mod tiny;

pub use level::Level;

use block::{Block, BlockMut, GradientRows, LayerParameters, Pass, Turn};

use crate::activation::Activation;
use crate::error::{Error, Result};
use crate::loss::Loss;
use crate::scalar::Scalar;

/// Which implementation computes a network's passes; chosen when the network is built.
///
/// ```
/// use shallownet::{Activation, Backend, Network};
///
/// let net = Network::<f32>::builder(2)
///     .layer(1, Activation::Sigmoid)
///     .backend(Backend::Portable)
///     .build()?;
/// assert_eq!(net.backend(), Backend::Portable);
/// # Ok::<(), shallownet::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Backend {
    /// The fastest that this build and this machine have.
    #[default]
    Auto,
    /// Our own register-tiled kernels at a SIMD level picked at run time: see
    /// [`Level`](crate::Level).
    Fused,
    /// `matrixmultiply` over column tiles that stay in cache, `wide` for activations and
    /// derivatives: runs everywhere. Allocates at every product (`matrixmultiply`'s packing
    /// buffers, which it offers no way around).
    Portable,
    /// The GEMM of the BLAS that the program links (feature `cblas`), `wide` for the rest. BLAS
    /// libraries start threads of their own: set theirs to one (`OPENBLAS_NUM_THREADS=1`), since
    /// this crate already splits the batch.
    Cblas,
}

impl Backend {
    /// The name in lower case, as the command line writes it.
    ///
    /// ```
    /// assert_eq!(shallownet::Backend::Portable.name(), "portable");
    /// ```
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Fused => "fused",
            Self::Portable => "portable",
            Self::Cblas => "cblas",
        }
    }

    /// The backend of that name, or `None`.
    ///
    /// ```
    /// # use shallownet::Backend;
    /// assert_eq!(Backend::from_name("fused"), Some(Backend::Fused));
    /// assert_eq!(Backend::from_name("blas"), None);
    /// ```
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Auto, Self::Fused, Self::Portable, Self::Cblas]
            .into_iter()
            .find(|b| b.name() == name)
    }
}

/// Who computes: the calling thread alone, or it together with rayon's current pool.
///
/// Results have the same bits either way, and with any number of threads: the batch is split by
/// the network's shape and the number of samples alone. Work too small to gain stays on the
/// calling thread. To use a pool of your own, call inside `rayon::ThreadPool::install`.
///
/// ```
/// use shallownet::{Activation, Network, Parallelism};
///
/// let net = Network::<f32>::builder(2)
///     .layer(1, Activation::Sigmoid)
///     .parallelism(Parallelism::Serial)
///     .build()?;
/// # Ok::<(), shallownet::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Parallelism {
    /// The calling thread alone.
    Serial,
    /// Rayon's current pool, where the work is large enough.
    #[default]
    Rayon,
}

/// What the end of a network needs to know: its loss, and its output activation and width.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OutputHead {
    pub(crate) loss: Loss,
    pub(crate) g: Activation,
    pub(crate) n_y: usize,
}

/// The contract of a backend: three fused operations over a tile of columns, and the network's
/// end. Implementations neither allocate shapes nor start threads; [`pass`] does the walking.
pub(crate) trait LayerOps<T: Scalar>: Sync {
    /// W^T in the layout that [`backward_input`](Self::backward_input) reads, if it reads one.
    fn transpose(&self, layer: LayerParameters<'_, T>, into: &mut [T]);

    /// A = g(W X + b). ReLUs mark z < 0 by the sign bit of a (for ReLU, a = -0.0), so that the
    /// derivative can be read off a alone, z = 0 of either sign included.
    ///
    /// True if every z is known to be finite: then every x is, too.
    fn forward(
        &self,
        layer: LayerParameters<'_, T>,
        g: Activation,
        x: Block<'_, T>,
        a: BlockMut<'_, T>,
    ) -> bool;

    /// dZ_prev = W^T dZ * g_prev'(A_prev).
    fn backward_input(
        &self,
        layer: LayerParameters<'_, T>,
        g_prev: Activation,
        dz: Block<'_, T>,
        a_prev: Block<'_, T>,
        dz_prev: BlockMut<'_, T>,
    );

    /// dW = factor dZ A_prev^T and db = factor (row sums of dZ) over some tiles, of some of the
    /// units: written over or added to the sums so far, and at the last turn added to the
    /// parameters if wanted.
    fn backward_weights(
        &self,
        tiles: &[Pass<'_, T>],
        factor: T,
        into: GradientRows<'_, T>,
        turn: Turn,
    );

    /// Logits to predictions, in place; `z` holds whole columns, one behind the other.
    fn output(&self, head: OutputHead, z: &mut [T]);

    /// The sum of L over the tile's columns, from logits and targets; dZ goes to `dz`. With
    /// weights, each column's L and dZ are multiplied by its own. The logits may be overwritten.
    fn loss(
        &self,
        head: OutputHead,
        z: BlockMut<'_, T>,
        targets: (&[T], Option<&[T]>),
        dz: BlockMut<'_, T>,
    ) -> f64;
}

/// A backend, resolved: never `Auto`.
#[derive(Debug, Clone, Copy)]
pub enum Engine {
    Fused(fearless_simd::Level),
    Portable,
    #[cfg(feature = "cblas")]
    Cblas,
}

impl Engine {
    /// Picks the backend and level, or says why they can't be had.
    pub(crate) fn resolve(backend: Backend, level: Option<Level>) -> Result<Self> {
        let token = Level::resolve(level)?;
        let engine = match backend {
            Backend::Fused => Self::Fused(token),
            // Without FMA our kernels have no advantage that pays for other bits.
            Backend::Auto if level.is_some() || Level::of(token).has_fma() => Self::Fused(token),
            Backend::Auto | Backend::Portable => Self::Portable,
            #[cfg(feature = "cblas")]
            Backend::Cblas => Self::Cblas,
            #[cfg(not(feature = "cblas"))]
            Backend::Cblas => {
                return Err(Error::Backend {
                    backend: "cblas",
                    reason: "the crate was built without its feature `cblas`",
                });
            }
        };
        match engine {
            Self::Fused(_) => Ok(engine),
            _ if level.is_some() => Err(Error::LevelBackend { backend: backend.name() }),
            _ => Ok(engine),
        }
    }

    pub(crate) fn backend(self) -> Backend {
        match self {
            Self::Fused(_) => Backend::Fused,
            Self::Portable => Backend::Portable,
            #[cfg(feature = "cblas")]
            Self::Cblas => Backend::Cblas,
        }
    }

    pub(crate) fn level(self) -> Option<Level> {
        match self {
            Self::Fused(token) => Some(Level::of(token)),
            _ => None,
        }
    }

    /// Units a panel of its weight layout: 1 is row-major.
    pub(crate) fn panel<T: Scalar>(self) -> usize {
        if matches!(self, Self::Fused(_)) { T::PANEL } else { 1 }
    }
}

#[cfg(test)]
mod choices;
