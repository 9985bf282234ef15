//! The backends of this build that have code of their own, at every level of this machine.

use std::sync::LazyLock;

use crate::{Backend, Builder, Level, Network, Scalar};

/// A backend, and for `fused` the SIMD level that it is forced to.
///
/// ```
/// use shallownet::testing::backends::{BACKENDS, Setup};
/// use shallownet::{Activation, Network};
///
/// assert_eq!(BACKENDS[0], Setup::PORTABLE);
/// let builder = Network::<f32>::builder(2).layer(1, Activation::Tanh);
/// let net = Setup::PORTABLE.choose(builder).build()?;
/// Setup::PORTABLE.assert_is(&net);
/// # Ok::<(), shallownet::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Setup {
    /// The backend.
    pub backend: Backend,
    /// Of `fused`; `None` for the others.
    pub level: Option<Level>,
}

impl Setup {
    /// The backend that every machine has.
    pub const PORTABLE: Self = Self { backend: Backend::Portable, level: None };

    /// The builder with this backend and level.
    pub fn choose<T: Scalar>(self, builder: Builder<T>) -> Builder<T> {
        let builder = builder.backend(self.backend);
        match self.level {
            Some(level) => builder.level(level),
            None => builder,
        }
    }

    /// # Panics
    /// If the network runs on anything else: it would be tested in vain.
    pub fn assert_is<T: Scalar>(self, net: &Network<T>) {
        assert_eq!((net.backend(), net.level()), (self.backend, self.level));
    }
}

/// Every backend of this build that has code of its own, `fused` at every level of this machine
/// (without FMA, too, if the feature `all-levels` is on): the one place that lists them.
pub static BACKENDS: LazyLock<Vec<Setup>> = LazyLock::new(|| {
    let fused = |level| Setup { backend: Backend::Fused, level: Some(level) };
    let mut setups = vec![Setup::PORTABLE];
    setups.extend(Level::available().into_iter().map(fused));
    #[cfg(feature = "cblas")]
    setups.push(Setup { backend: Backend::Cblas, level: None });
    setups
});
