//! What happens to finished sums on their way to memory: g forward, times g' backward.

use super::block::Block;
use super::epilogue;
use super::lanes::Lanes;
use crate::words::activation::Activation;

/// What happens to a register of finished sums before it is stored. (A trait and not a closure:
/// a closure bound to a name can't be `inline(always)`, and without that its body would not be
/// compiled for the level.)
pub(crate) trait Finish<V> {
    /// `sums` belongs to `column` and to the units from `unit` on.
    fn finish(&self, sums: V, column: usize, unit: usize) -> V;
}

/// Forward: a = g(z).
pub(crate) struct Activate<V: Lanes> {
    pub(crate) t: V::Token,
    pub(crate) g: Activation,
}

impl<V> Finish<V> for Activate<V>
where
    V: Lanes,
{
    #[inline(always)]
    fn finish(&self, sums: V, _: usize, _: usize) -> V {
        epilogue::g(self.t, self.g, sums)
    }
}

/// Backward: dz = da g'(z), read off a.
pub(crate) struct TimesDerivative<'a, V: Lanes> {
    pub(crate) t: V::Token,
    pub(crate) g: Activation,
    pub(crate) a: Block<'a, V::Elem>,
}

impl<V> Finish<V> for TimesDerivative<'_, V>
where
    V: Lanes,
{
    #[inline(always)]
    fn finish(&self, sums: V, column: usize, unit: usize) -> V {
        let a = V::load(self.t, &self.a.data[column * self.a.stride + unit..]);
        epilogue::times_g_prime_of_a(self.t, self.g, a, sums)
    }
}
