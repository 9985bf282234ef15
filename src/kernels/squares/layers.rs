//! Forward: a = g(W a + b) of a block, and the errors at the output.

use crate::kernels::epilogue::activate;
use crate::kernels::lanes::Lanes;
use crate::words::layer::Layer;

/// z = W a + b, then a = g(z), of rows of `row` samples. `parameters` are the layer's in the
/// textbook's order: W row-major, then b. (Softmax is left to the caller.)
#[inline(always)]
pub(crate) fn forward<V>(
    t: V::Token,
    layer: Layer,
    parameters: &[f64],
    a: &[f64],
    row: usize,
    out: &mut [f64],
) where
    V: Lanes<Elem = f64>,
{
    let Layer { inputs, units, activation } = layer;
    let (w, b) = parameters[..layer.parameters()].split_at(inputs * units);
    for ((w, &b), out) in w.chunks_exact(inputs).zip(b).zip(out.chunks_exact_mut(row)) {
        let mut at = 0;
        while at + 4 * V::LEN <= row {
            strip::<V, 4>(t, (w, b), a, (row, at), out);
            at += 4 * V::LEN;
        }
        while at < row {
            strip::<V, 1>(t, (w, b), a, (row, at), out);
            at += V::LEN;
        }
    }
    activate::<V>(t, activation, &mut out[..units * row]);
}

/// C registers of one unit's z, from sample `at` on.
#[inline(always)]
fn strip<V, const C: usize>(
    t: V::Token,
    (w, b): (&[f64], f64),
    a: &[f64],
    (row, at): (usize, usize),
    z: &mut [f64],
) where
    V: Lanes<Elem = f64>,
{
    let mut sums = [V::splat(t, b); C];
    for (&w, a) in w.iter().zip(a.chunks_exact(row)) {
        let (w, a) = (V::splat(t, w), &a[at..at + C * V::LEN]);
        for c in 0..C {
            sums[c] = w.mul_add(V::load(t, &a[c * V::LEN..]), sums[c]);
        }
    }
    let z = &mut z[at..at + C * V::LEN];
    for c in 0..C {
        sums[c].store(&mut z[c * V::LEN..]);
    }
}

/// r = root (a - y), row by row, where `roots` are the roots of the samples' weights (0 where a
/// block has no sample). Returns the sum of r^2.
#[inline(always)]
pub(crate) fn errors<V>(t: V::Token, a: &[f64], y: &[f64], roots: &[f64], r: &mut [f64]) -> f64
where
    V: Lanes<Elem = f64>,
{
    let row = roots.len();
    let mut sums = V::splat(t, 0.0);
    for ((a, y), r) in a.chunks_exact(row).zip(y.chunks_exact(row)).zip(r.chunks_exact_mut(row)) {
        let mut at = 0;
        while at < row {
            let error = (V::load(t, &a[at..]) - V::load(t, &y[at..])) * V::load(t, &roots[at..]);
            error.store(&mut r[at..]);
            sums = error.mul_add(error, sums);
            at += V::LEN;
        }
    }
    let mut lanes = [0.0; 16];
    sums.store(&mut lanes);
    lanes[..V::LEN].iter().sum()
}
