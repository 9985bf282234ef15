//! What the tests share: networks and batches to try, the bounds of their errors, the comparison.
#![allow(dead_code, reason = "every test file is a crate of its own and uses its part of this")]

pub(crate) mod bounds;
pub(crate) mod cases;
pub(crate) mod compare;
pub(crate) mod curves;
pub(crate) mod derivative_bounds;
pub(crate) mod equations;
pub(crate) mod expected;
pub(crate) mod loss_bounds;
pub(crate) mod members;
pub(crate) mod optimizer_bounds;
pub(crate) mod planar;
pub(crate) mod running;

use std::sync::LazyLock;

use shallownet::{Backend, Builder, Level, Network, Scalar};

/// A backend, and for `fused` the SIMD level that it is forced to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Setup {
    pub(crate) backend: Backend,
    pub(crate) level: Option<Level>,
}

impl Setup {
    pub(crate) const PORTABLE: Self = Self { backend: Backend::Portable, level: None };

    /// Fails if the network runs on anything else: it would be tested in vain.
    pub(crate) fn assert_is<T: Scalar>(self, net: &Network<T>) {
        assert_eq!((net.backend(), net.level()), (self.backend, self.level));
    }
}

/// `builder.on(setup)`.
pub(crate) trait On {
    fn on(self, setup: Setup) -> Self;
}

impl<T: Scalar> On for Builder<T> {
    fn on(self, setup: Setup) -> Self {
        let builder = self.backend(setup.backend);
        match setup.level {
            Some(level) => builder.level(level),
            None => builder,
        }
    }
}

/// Every backend of this build that has code of its own, `fused` at every level of this machine:
/// the one place that lists them.
pub(crate) static BACKENDS: LazyLock<Vec<Setup>> = LazyLock::new(|| {
    let fused = |level| Setup { backend: Backend::Fused, level: Some(level) };
    let mut setups = vec![Setup::PORTABLE];
    setups.extend(Level::available().into_iter().map(fused));
    #[cfg(feature = "cblas")]
    setups.push(Setup { backend: Backend::Cblas, level: None });
    setups
});

/// All parameters of a network as bits (an f32 widened keeps its identity, -0.0 and NaN included).
pub(crate) fn parameter_bits<T: Scalar>(net: &Network<T>) -> Vec<u64> {
    let layer = |l| [net.weights(l).unwrap(), net.bias(l).unwrap().to_vec()].concat();
    bits(&(0..net.layers().len()).flat_map(layer).collect::<Vec<T>>())
}

/// The bits of some values.
pub(crate) fn bits<T: Scalar>(values: &[T]) -> Vec<u64> {
    values.iter().map(|v| v.to_f64().to_bits()).collect()
}

/// Values widened to f64, exactly.
pub(crate) fn wide<T: Scalar>(values: &[T]) -> Vec<f64> {
    values.iter().map(|v| v.to_f64()).collect()
}

/// The same, n values a row: samples as the reference takes them.
pub(crate) fn rows<T: Scalar>(values: &[T], n: usize) -> Vec<Vec<f64>> {
    values.chunks(n).map(wide).collect()
}
