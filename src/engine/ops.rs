//! The contract of a backend over a tile of columns.

use super::float::Float;
use crate::kernels::block::{Block, BlockMut, GradientRows, LayerParameters, Pass, Turn};
use crate::kernels::curvature::Curvature;
use crate::kernels::curves::Curve;
use crate::kernels::dropout::Drop;
use crate::kernels::head::OutputHead;
use crate::words::activation::Activation;

/// The contract of a backend: three fused operations over a tile of columns, and the network's end.
/// Implementations neither allocate nor start threads; `pass`, `sums` and `custom` walk over tiles
/// and call these through `dyn`, so they are compiled once and not for each level.
pub(crate) trait LayerOps<T: Float>: Sync {
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

    /// Values, derivatives or both of an activation that is computed apart from the products: there
    /// `forward` is asked for logits.
    fn curve(&self, g: Activation, curve: Curve<'_, T>);

    /// Drops units of a hidden layer, on the way forward of a training.
    fn drop_units(&self, job: Drop<'_, T>);

    /// A job of the derivatives beyond the gradient.
    fn curvature(&self, job: Curvature<'_, T>);

    /// dZ_prev = W^T dZ * g_prev'(A_prev). Without a `g_prev`, `dz_prev` holds g_prev' before.
    fn backward_input(
        &self,
        layer: LayerParameters<'_, T>,
        g_prev: Option<Activation>,
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
