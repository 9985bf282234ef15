//! The start of a backward pass from the caller's own dA, with samples in lanes.

use crate::element::Element;
use crate::kernels::epilogue;
use crate::kernels::head::OutputHead;
use crate::kernels::lanes::Lanes;
use crate::kernels::narrow::Rows;
use crate::words::activation::Activation;

/// dZ from dA, in place, of a block of so many samples; 0 past them in a register. For softmax,
/// dz_k = a_k (da_k - sum_j a_j da_j).
#[inline(always)]
pub(crate) fn to_logits<V>(
    t: V::Token,
    head: OutputHead,
    (samples, rows): (usize, Rows),
    a: &[V::Elem],
    d: &mut [V::Elem],
) where
    V: Lanes,
{
    let stride = rows.stride;
    for step in 0..rows.steps {
        let start = step * V::LEN;
        let (a, d) = (&a[start..], &mut d[start..]);
        if head.g == Activation::Softmax {
            let mut mean = V::splat(t, V::Elem::ZERO);
            for k in 0..head.n_y {
                let a = V::load(t, &a[k * stride..]);
                mean = V::load(t, &d[k * stride..]).mul_add(a, mean);
            }
            for k in 0..head.n_y {
                let (a, d) = (V::load(t, &a[k * stride..]), &mut d[k * stride..]);
                (a * (V::load(t, d) - mean)).store(d);
            }
        } else {
            for k in 0..head.n_y {
                let (a, d) = (V::load(t, &a[k * stride..]), &mut d[k * stride..]);
                epilogue::times_g_prime(t, head.g, a, V::load(t, d)).store(d);
            }
        }
        let lanes = (samples - start).min(V::LEN);
        if lanes < V::LEN {
            // What a network makes of no sample may be infinite, and then 0 times it is NaN.
            for k in 0..head.n_y {
                d[k * stride..][lanes..V::LEN].fill(V::Elem::ZERO);
            }
        }
    }
}
