//! The engines: one contract, [`LayerOps`], and one driver, [`pass`], that walks a network with it.

pub(crate) mod block;
pub(crate) mod float;
pub(crate) mod pass;
pub(crate) mod plan;
mod portable;

use core::marker::PhantomData;

use block::{Block, BlockMut, GradientMode, GradientRows, LayerParameters};

use crate::activation::Activation;
use crate::error::Result;
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
            Self::Portable => "portable",
            Self::Cblas => "cblas",
        }
    }

    /// The backend of that name, or `None`.
    ///
    /// ```
    /// # use shallownet::Backend;
    /// assert_eq!(Backend::from_name("auto"), Some(Backend::Auto));
    /// ```
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Auto, Self::Portable, Self::Cblas].into_iter().find(|b| b.name() == name)
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
    /// A = g(W X + b). ReLUs mark z < 0 by the sign bit of a (for ReLU, a = -0.0), so that the
    /// derivative can be read off a alone, z = 0 of either sign included.
    fn forward(
        &self,
        layer: LayerParameters<'_, T>,
        g: Activation,
        x: Block<'_, T>,
        a: BlockMut<'_, T>,
    );

    /// dZ_prev = W^T dZ * g_prev'(A_prev).
    fn backward_input(
        &self,
        layer: LayerParameters<'_, T>,
        g_prev: Activation,
        dz: Block<'_, T>,
        a_prev: Block<'_, T>,
        dz_prev: BlockMut<'_, T>,
    );

    /// dW = scale dZ A_prev^T and db = scale (row sums of dZ), of some of the units.
    fn backward_weights(
        &self,
        dz: Block<'_, T>,
        a_prev: Block<'_, T>,
        scale: T,
        into: GradientRows<'_, T>,
        mode: GradientMode,
    );

    /// Logits to predictions, in place; `z` holds whole columns, one behind the other.
    fn output(&self, head: OutputHead, z: &mut [T]);

    /// The sum of L over the tile's columns, from logits and targets; dZ goes to `dz`. The logits
    /// may be overwritten.
    fn loss(&self, head: OutputHead, z: &mut [T], y: &[T], dz: &mut [T]) -> f64;
}

/// A backend, resolved: never `Auto`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    Portable,
    #[cfg(feature = "cblas")]
    Cblas,
}

impl Engine {
    /// Picks the backend, or says why it can't be had.
    pub(crate) fn resolve(backend: Backend) -> Result<Self> {
        match backend {
            Backend::Auto | Backend::Portable => Ok(Self::Portable),
            #[cfg(feature = "cblas")]
            Backend::Cblas => Ok(Self::Cblas),
            #[cfg(not(feature = "cblas"))]
            Backend::Cblas => Err(crate::error::Error::Backend {
                backend: "cblas",
                reason: "the crate was built without its feature `cblas`",
            }),
        }
    }

    pub(crate) fn backend(self) -> Backend {
        match self {
            Self::Portable => Backend::Portable,
            #[cfg(feature = "cblas")]
            Self::Cblas => Backend::Cblas,
        }
    }

    /// Units a panel of its weight layout: 1 is row-major.
    pub(crate) fn panel(self) -> usize {
        1
    }

    pub(crate) fn train<T: Scalar>(self, task: pass::Training<'_, T>) -> f64 {
        match self {
            Self::Portable => {
                pass::train(&portable::GemmOps(PhantomData::<portable::MatrixMultiply>), task)
            }
            #[cfg(feature = "cblas")]
            Self::Cblas => pass::train(&portable::GemmOps(PhantomData::<portable::Cblas>), task),
        }
    }

    pub(crate) fn predict<T: Scalar>(self, task: pass::Prediction<'_, T>) {
        match self {
            Self::Portable => {
                pass::predict(&portable::GemmOps(PhantomData::<portable::MatrixMultiply>), task)
            }
            #[cfg(feature = "cblas")]
            Self::Cblas => pass::predict(&portable::GemmOps(PhantomData::<portable::Cblas>), task),
        }
    }
}
