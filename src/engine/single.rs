//! Prediction of one sample on the `fused` backend: no tiles, no threads, one entry into the
//! level's instructions.

use fearless_simd::Simd;

use super::pass::Prediction;
use crate::activation::Activation;
use crate::kernels::head;
use crate::kernels::single::{self, Dense};
use crate::scalar::Scalar;

/// Forward; the prediction goes to the task's `out`.
pub(super) fn predict<T: Scalar, S: Simd>(simd: S, task: Prediction<'_, T>) {
    simd.vectorize(
        #[inline(always)]
        || walk(simd, task),
    );
}

#[inline(always)]
fn walk<T: Scalar, S: Simd>(simd: S, task: Prediction<'_, T>) {
    let Prediction { model, regions, x, tiles, out } = task;
    let layers = model.shape.layers.iter().zip(&model.shape.spans).enumerate();
    // Two buffers in turn, each as long as the widest layer.
    let (mut read, mut write) = tiles.split_at_mut(regions.widest());
    let last = model.shape.layers.len() - 1;
    for (index, (layer, span)) in layers {
        let x = if index == 0 { x } else { &read[..layer.inputs] };
        let g = if index == last && layer.activation == Activation::Softmax {
            Activation::Identity
        } else {
            layer.activation
        };
        let w = &model.parameters[span.weights.clone()];
        let b = &model.parameters[span.bias.clone()];
        single::forward::<T::Register<S>>(simd, Dense { w, b, g }, x, write);
        core::mem::swap(&mut read, &mut write);
    }
    out.copy_from_slice(&read[..out.len()]);
    head::finish_output::<T::Register<S>>(simd, model.head, out);
}
