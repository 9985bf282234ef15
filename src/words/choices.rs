//! The choices of how a network is computed: by which backend, on how many threads, and how much is
//! checked.

use super::names::names;

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
    const ALL: [Self; 4] = [Self::Auto, Self::Fused, Self::Portable, Self::Cblas];

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
        Self::ALL.into_iter().find(|backend| backend.name() == name)
    }
}

names!(Backend, "backend", Self::ALL);

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
#[non_exhaustive]
pub enum Parallelism {
    /// The calling thread alone.
    Serial,
    /// Rayon's current pool, where the work is large enough.
    #[default]
    Rayon,
}

impl Parallelism {
    const ALL: [Self; 2] = [Self::Serial, Self::Rayon];

    /// The name in lower case.
    ///
    /// ```
    /// assert_eq!(shallownet::Parallelism::Serial.name(), "serial");
    /// ```
    pub fn name(self) -> &'static str {
        match self {
            Self::Serial => "serial",
            Self::Rayon => "rayon",
        }
    }

    /// The one of that name, or `None`.
    ///
    /// ```
    /// # use shallownet::Parallelism;
    /// assert_eq!(Parallelism::from_name("rayon"), Some(Parallelism::Rayon));
    /// ```
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|parallelism| parallelism.name() == name)
    }
}

names!(Parallelism, "parallelism", Self::ALL);

/// Which checks of *values* the public calls make. Shapes are always checked.
///
/// ```
/// use shallownet::{Activation, Checks, Columns, Error, Network, PredictionWorkspace};
///
/// let net = Network::<f32>::builder(1).layer(1, Activation::Identity).build()?;
/// let mut workspace = PredictionWorkspace::new(&net, 1)?;
/// let x = [f32::NAN];
/// let refused = net.predict(Columns::new(&x, 1)?, &mut [0.0], &mut workspace);
/// assert!(matches!(refused, Err(Error::NotFinite { argument: "x", index: 0, .. })));
///
/// let trusting = Network::<f32>::builder(1)
///     .layer(1, Activation::Identity)
///     .checks(Checks::ShapesOnly)
///     .build()?;
/// let mut workspace = PredictionWorkspace::new(&trusting, 1)?;
/// trusting.predict(Columns::new(&x, 1)?, &mut [0.0], &mut workspace)?;
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Checks {
    /// Data and parameters must be finite, targets in the loss's domain: at each call (each `fit`,
    /// not each of its steps). Whether x is finite is found in the first layer's sums, or by a pass
    /// over x.
    #[default]
    Full,
    /// Only shapes are checked; NaN and infinities flow through as IEEE 754 says. A cost that is
    /// not finite still stops training.
    ShapesOnly,
}

impl Checks {
    const ALL: [Self; 2] = [Self::Full, Self::ShapesOnly];

    /// The name in lower case.
    ///
    /// ```
    /// assert_eq!(shallownet::Checks::ShapesOnly.name(), "shapes_only");
    /// ```
    pub fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::ShapesOnly => "shapes_only",
        }
    }

    /// The one of that name, or `None`.
    ///
    /// ```
    /// # use shallownet::Checks;
    /// assert_eq!(Checks::from_name("full"), Some(Checks::Full));
    /// ```
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|checks| checks.name() == name)
    }
}

names!(Checks, "choice of checks", Self::ALL);
