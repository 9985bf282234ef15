//! The rows of J: the derivatives of one output's weighted errors by each parameter.

use crate::kernels::epilogue::times_g_prime;
use crate::kernels::lanes::Lanes;
use crate::words::activation::Activation;

/// dz of an output that is g of its own z alone: root g'(z), from `a` = g(z), or g' itself where that
/// is computed apart.
#[inline(always)]
pub(crate) fn output<V>(t: V::Token, g: Activation, a: &[f64], roots: &[f64], dz: &mut [f64])
where
    V: Lanes<Elem = f64>,
{
    let row = roots.len();
    let mut at = 0;
    while at < row {
        let (a, root) = (V::load(t, &a[at..]), V::load(t, &roots[at..]));
        times_g_prime(t, g, a, root).store(&mut dz[at..]);
        at += V::LEN;
    }
}

/// dz of all outputs of a softmax from its output `k`: root a_k (1[j = k] - a_j).
#[inline(always)]
pub(crate) fn softmax<V>(t: V::Token, k: usize, a: &[f64], roots: &[f64], dz: &mut [f64])
where
    V: Lanes<Elem = f64>,
{
    let row = roots.len();
    let of_k = &a[k * row..(k + 1) * row];
    for (j, (a, dz)) in a.chunks_exact(row).zip(dz.chunks_exact_mut(row)).enumerate() {
        let same = V::splat(t, if j == k { 1.0 } else { 0.0 });
        let mut at = 0;
        while at < row {
            let factor = V::load(t, &roots[at..]) * V::load(t, &of_k[at..]);
            (factor * (same - V::load(t, &a[at..]))).store(&mut dz[at..]);
            at += V::LEN;
        }
    }
}

/// dz of the layer before: (sum_j w_j dz_j) g'(z), for each of its units. `w` has a row of weights
/// for each row of `dz`; `a` are the units' activations, or g' where that is computed apart.
#[inline(always)]
pub(crate) fn back<V>(
    t: V::Token,
    w: &[f64],
    dz: &[f64],
    (g, a): (Activation, &[f64]),
    row: usize,
    out: &mut [f64],
) where
    V: Lanes<Elem = f64>,
{
    let units = a.len() / row;
    for (i, (a, out)) in a.chunks_exact(row).zip(out.chunks_exact_mut(row)).enumerate() {
        let mut at = 0;
        while at < row {
            let mut sum = V::splat(t, 0.0);
            for (w, dz) in w.chunks_exact(units).zip(dz.chunks_exact(row)) {
                sum = V::splat(t, w[i]).mul_add(V::load(t, &dz[at..]), sum);
            }
            times_g_prime(t, g, V::load(t, &a[at..]), sum).store(&mut out[at..]);
            at += V::LEN;
        }
    }
}

/// A layer's rows of J: dz_j a_i for each unit j and input i, then dz_j for each bias.
#[inline(always)]
pub(crate) fn of_layer<V>(t: V::Token, dz: &[f64], a: &[f64], row: usize, j: &mut [f64])
where
    V: Lanes<Elem = f64>,
{
    let (products, biases) = j.split_at_mut(dz.len() / row * a.len());
    biases[..dz.len()].copy_from_slice(dz);
    for (dz, j) in dz.chunks_exact(row).zip(products.chunks_exact_mut(a.len())) {
        for (a, j) in a.chunks_exact(row).zip(j.chunks_exact_mut(row)) {
            let mut at = 0;
            while at < row {
                (V::load(t, &dz[at..]) * V::load(t, &a[at..])).store(&mut j[at..]);
                at += V::LEN;
            }
        }
    }
}
