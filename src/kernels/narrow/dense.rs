//! One layer over a block of samples in lanes. Weights are read in the panel layout.

use crate::activation::Activation;
use crate::kernels::epilogue;
use crate::kernels::exp::ExpElement;
use crate::kernels::lanes::Lanes;
use crate::kernels::narrow::STEPS;
use crate::scalar::Scalar;

/// A layer's parameters, in panels of LEN units, and its sizes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dense<'a, T> {
    pub(crate) w: &'a [T],
    pub(crate) b: &'a [T],
    pub(crate) inputs: usize,
    pub(crate) units: usize,
    pub(crate) g: Activation,
}

/// a = g(W x + b) for the first `steps` registers of the block.
#[inline(always)]
pub(crate) fn forward<V>(
    t: V::Token,
    layer: Dense<'_, V::Elem>,
    steps: usize,
    x: &[V::Elem],
    a: &mut [V::Elem],
) where
    V: Lanes,
    V::Elem: Scalar + ExpElement,
{
    let row = STEPS * V::LEN;
    let x = &x[..layer.inputs * row];
    for step in 0..steps {
        let mut unit = 0;
        while unit < layer.units {
            let left = layer.units - unit;
            let a = &mut a[unit * row + step * V::LEN..];
            if left >= 4 {
                forward_units::<V, 4>(t, layer, unit, &x[step * V::LEN..], a);
                unit += 4;
            } else if left >= 2 {
                forward_units::<V, 2>(t, layer, unit, &x[step * V::LEN..], a);
                unit += 2;
            } else {
                forward_units::<V, 1>(t, layer, unit, &x[step * V::LEN..], a);
                unit += 1;
            }
        }
    }
}

/// U units of one panel (4, 2 and 1 divide LEN), one register of samples.
#[inline(always)]
fn forward_units<V, const U: usize>(
    t: V::Token,
    layer: Dense<'_, V::Elem>,
    unit: usize,
    x: &[V::Elem],
    a: &mut [V::Elem],
) where
    V: Lanes,
    V::Elem: Scalar + ExpElement,
{
    let row = STEPS * V::LEN;
    let (panel, lane) = (unit / V::LEN, unit % V::LEN);
    let w = &layer.w[panel * layer.inputs * V::LEN..][..layer.inputs * V::LEN];
    let mut acc = [V::splat(t, V::Elem::ZERO); U];
    for u in 0..U {
        acc[u] = V::splat(t, layer.b[unit + u]);
    }
    for (w, x) in w.chunks_exact(V::LEN).zip(x.chunks(row)) {
        let x = V::load(t, x);
        let w = &w[lane..lane + U];
        for u in 0..U {
            acc[u] = x.mul_add(V::splat(t, w[u]), acc[u]);
        }
    }
    for u in 0..U {
        epilogue::g(t, layer.g, acc[u]).store(&mut a[u * row..]);
    }
}

/// dz_prev = W^T dz * g_prev'(a_prev) for the first `steps` registers of the block.
#[inline(always)]
pub(crate) fn backward<V>(
    t: V::Token,
    layer: Dense<'_, V::Elem>,
    g_prev: Activation,
    steps: usize,
    dz: &[V::Elem],
    a_prev: &[V::Elem],
    dz_prev: &mut [V::Elem],
) where
    V: Lanes,
    V::Elem: Scalar,
{
    let row = STEPS * V::LEN;
    for step in 0..steps {
        let mut input = 0;
        while input < layer.inputs {
            let at = input * row + step * V::LEN;
            let (dz, a, d) = (&dz[step * V::LEN..], &a_prev[at..], &mut dz_prev[at..]);
            if layer.inputs - input >= 4 {
                backward_inputs::<V, 4>(t, layer, g_prev, input, dz, a, d);
                input += 4;
            } else if layer.inputs - input >= 2 {
                backward_inputs::<V, 2>(t, layer, g_prev, input, dz, a, d);
                input += 2;
            } else {
                backward_inputs::<V, 1>(t, layer, g_prev, input, dz, a, d);
                input += 1;
            }
        }
    }
}

#[inline(always)]
fn backward_inputs<V, const I: usize>(
    t: V::Token,
    layer: Dense<'_, V::Elem>,
    g_prev: Activation,
    input: usize,
    dz: &[V::Elem],
    a_prev: &[V::Elem],
    dz_prev: &mut [V::Elem],
) where
    V: Lanes,
    V::Elem: Scalar,
{
    let row = STEPS * V::LEN;
    let mut acc = [V::splat(t, V::Elem::ZERO); I];
    for unit in 0..layer.units {
        let (panel, lane) = (unit / V::LEN, unit % V::LEN);
        let w = &layer.w[(panel * layer.inputs + input) * V::LEN..][..I * V::LEN];
        let dz = V::load(t, &dz[unit * row..]);
        for i in 0..I {
            acc[i] = dz.mul_add(V::splat(t, w[i * V::LEN + lane]), acc[i]);
        }
    }
    for i in 0..I {
        let a = V::load(t, &a_prev[i * row..]);
        epilogue::times_g_prime(t, g_prev, a, acc[i]).store(&mut dz_prev[i * row..]);
    }
}

/// sums += dz a^T and dz, lane by lane. The sum for a parameter stands in the register with the
/// parameter's index. The first block overwrites.
#[inline(always)]
pub(crate) fn weights<V>(
    t: V::Token,
    (inputs, units): (usize, usize),
    (first, steps): (bool, usize),
    dz: &[V::Elem],
    a: &[V::Elem],
    (dw, db): (&mut [V::Elem], &mut [V::Elem]),
) where
    V: Lanes,
    V::Elem: Scalar,
{
    let row = STEPS * V::LEN;
    for unit in 0..units {
        let dz = &dz[unit * row..][..steps * V::LEN];
        let (panel, lane) = (unit / V::LEN, unit % V::LEN);
        let mut input = 0;
        while input < inputs {
            let dw = &mut dw[((panel * inputs + input) * V::LEN + lane) * V::LEN..];
            let a = &a[input * row..];
            if inputs - input >= 4 {
                weight_sums::<V, 4>(t, first, dz, a, dw);
                input += 4;
            } else if inputs - input >= 2 {
                weight_sums::<V, 2>(t, first, dz, a, dw);
                input += 2;
            } else {
                weight_sums::<V, 1>(t, first, dz, a, dw);
                input += 1;
            }
        }
        let db = &mut db[unit * V::LEN..][..V::LEN];
        let mut acc = if first { V::splat(t, V::Elem::ZERO) } else { V::load(t, db) };
        for dz in dz.chunks_exact(V::LEN) {
            acc = acc + V::load(t, dz);
        }
        acc.store(db);
    }
}

#[inline(always)]
fn weight_sums<V, const I: usize>(
    t: V::Token,
    first: bool,
    dz: &[V::Elem],
    a: &[V::Elem],
    dw: &mut [V::Elem],
) where
    V: Lanes,
    V::Elem: Scalar,
{
    let row = STEPS * V::LEN;
    let stride = V::LEN * V::LEN;
    let mut acc = [V::splat(t, V::Elem::ZERO); I];
    if !first {
        for i in 0..I {
            acc[i] = V::load(t, &dw[i * stride..]);
        }
    }
    for (step, dz) in dz.chunks_exact(V::LEN).enumerate() {
        let dz = V::load(t, dz);
        for i in 0..I {
            acc[i] = dz.mul_add(V::load(t, &a[i * row + step * V::LEN..]), acc[i]);
        }
    }
    for i in 0..I {
        acc[i].store(&mut dw[i * stride..]);
    }
}
