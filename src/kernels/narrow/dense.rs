//! One layer over a block of samples in lanes. Weights are read in the panel layout.
//!
//! Every product is a register tile: so many units or inputs, times so many registers of samples.
//! With 32 registers a tile has eight sums or more, enough to hide the FMA's latency; with 16, of
//! which a `V` takes two, four sums are eight chains already.

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

/// Calls `$body` with N = 4, 2 or 1 until `$count` is used up, and with `$at` where it stands.
macro_rules! by_four {
    ($count:expr, $at:ident, $N:ident => $body:expr) => {
        let mut $at = 0;
        while $at < $count {
            let left = $count - $at;
            if left >= 4 {
                const $N: usize = 4;
                $body;
                $at += 4;
            } else if left >= 2 {
                const $N: usize = 2;
                $body;
                $at += 2;
            } else {
                const $N: usize = 1;
                $body;
                $at += 1;
            }
        }
    };
}

/// a = g(W x + b) for the first `steps` registers of the block.
#[inline(always)]
pub(crate) fn forward<V>(
    t: V::Token,
    registers: usize,
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
    by_four!(layer.units, unit, U => {
        let a = &mut a[unit * row..];
        let mut step = 0;
        while step + 2 <= steps && registers == 1 {
            let at = step * V::LEN;
            forward_units::<V, U, 2>(t, layer, unit, &x[at..], &mut a[at..]);
            step += 2;
        }
        while step < steps {
            let at = step * V::LEN;
            forward_units::<V, U, 1>(t, layer, unit, &x[at..], &mut a[at..]);
            step += 1;
        }
    });
}

/// U units of one panel (4, 2 and 1 divide LEN), X registers of samples.
#[inline(always)]
fn forward_units<V, const U: usize, const X: usize>(
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
    let mut acc = [[V::splat(t, V::Elem::ZERO); X]; U];
    for (acc, &b) in acc.iter_mut().zip(&layer.b[unit..unit + U]) {
        *acc = [V::splat(t, b); X];
    }
    for (w, x) in w.chunks_exact(V::LEN).zip(x.chunks(row)) {
        let (w, x) = (&w[lane..lane + U], &x[..X * V::LEN]);
        for u in 0..U {
            let w = V::splat(t, w[u]);
            for k in 0..X {
                acc[u][k] = V::load(t, &x[k * V::LEN..]).mul_add(w, acc[u][k]);
            }
        }
    }
    for u in 0..U {
        let a = &mut a[u * row..][..X * V::LEN];
        for k in 0..X {
            epilogue::g(t, layer.g, acc[u][k]).store(&mut a[k * V::LEN..]);
        }
    }
}

/// dz_prev = W^T dz * g_prev'(a_prev) for the first `steps` registers of the block.
#[inline(always)]
pub(crate) fn backward<V>(
    t: V::Token,
    registers: usize,
    layer: Dense<'_, V::Elem>,
    g_prev: Activation,
    steps: usize,
    dz: &[V::Elem],
    (a_prev, dz_prev): (&[V::Elem], &mut [V::Elem]),
) where
    V: Lanes,
    V::Elem: Scalar,
{
    let row = STEPS * V::LEN;
    by_four!(layer.inputs, input, I => {
        let (a, d) = (&a_prev[input * row..], &mut dz_prev[input * row..]);
        let mut step = 0;
        while step + 2 <= steps && registers == 1 {
            let at = step * V::LEN;
            let into = (&a[at..], &mut d[at..]);
            backward_inputs::<V, I, 2>(t, layer, g_prev, input, &dz[at..], into);
            step += 2;
        }
        while step < steps {
            let at = step * V::LEN;
            let into = (&a[at..], &mut d[at..]);
            backward_inputs::<V, I, 1>(t, layer, g_prev, input, &dz[at..], into);
            step += 1;
        }
    });
}

/// I inputs, X registers of samples.
#[inline(always)]
fn backward_inputs<V, const I: usize, const X: usize>(
    t: V::Token,
    layer: Dense<'_, V::Elem>,
    g_prev: Activation,
    input: usize,
    dz: &[V::Elem],
    (a_prev, dz_prev): (&[V::Elem], &mut [V::Elem]),
) where
    V: Lanes,
    V::Elem: Scalar,
{
    let row = STEPS * V::LEN;
    let mut acc = [[V::splat(t, V::Elem::ZERO); X]; I];
    for unit in 0..layer.units {
        let (panel, lane) = (unit / V::LEN, unit % V::LEN);
        let w = &layer.w[(panel * layer.inputs + input) * V::LEN..][..I * V::LEN];
        let dz = &dz[unit * row..][..X * V::LEN];
        for i in 0..I {
            let w = V::splat(t, w[i * V::LEN + lane]);
            for k in 0..X {
                acc[i][k] = V::load(t, &dz[k * V::LEN..]).mul_add(w, acc[i][k]);
            }
        }
    }
    for i in 0..I {
        let (a, d) = (&a_prev[i * row..][..X * V::LEN], &mut dz_prev[i * row..][..X * V::LEN]);
        for k in 0..X {
            let a = V::load(t, &a[k * V::LEN..]);
            epilogue::times_g_prime(t, g_prev, a, acc[i][k]).store(&mut d[k * V::LEN..]);
        }
    }
}

/// sums += dz a^T and dz, lane by lane. The sum for a parameter stands in the register with the
/// parameter's index. The first block overwrites.
#[inline(always)]
pub(crate) fn weights<V>(
    t: V::Token,
    registers: usize,
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
    let mut unit = 0;
    while unit < units {
        // Four units of one panel, as long as 32 registers hold 16 sums.
        let side = match units - unit {
            left if left >= 4 && registers == 1 => 4,
            left if left >= 2 => 2,
            _ => 1,
        };
        let dz = &dz[unit * row..];
        let (panel, lane) = (unit / V::LEN, unit % V::LEN);
        let dw = &mut dw[(panel * inputs * V::LEN + lane) * V::LEN..];
        by_four!(inputs, input, I => {
            let dw = &mut dw[input * V::LEN * V::LEN..];
            let a = &a[input * row..];
            match side {
                4 => weight_sums::<V, 4, I>(t, first, steps, dz, a, dw),
                // Sixteen registers, two a sum: four sums at a time, and room for what they need.
                2 if I == 4 && registers == 2 => {
                    weight_sums::<V, 2, 2>(t, first, steps, dz, a, dw);
                    let (a, dw) = (&a[2 * row..], &mut dw[2 * V::LEN * V::LEN..]);
                    weight_sums::<V, 2, 2>(t, first, steps, dz, a, dw);
                }
                2 => weight_sums::<V, 2, I>(t, first, steps, dz, a, dw),
                _ => weight_sums::<V, 1, I>(t, first, steps, dz, a, dw),
            }
        });
        for u in 0..side {
            let db = &mut db[(unit + u) * V::LEN..][..V::LEN];
            let mut acc = if first { V::splat(t, V::Elem::ZERO) } else { V::load(t, db) };
            for dz in dz[u * row..][..steps * V::LEN].chunks_exact(V::LEN) {
                acc = acc + V::load(t, dz);
            }
            acc.store(db);
        }
        unit += side;
    }
}

/// U units of one panel, I inputs.
#[inline(always)]
fn weight_sums<V, const U: usize, const I: usize>(
    t: V::Token,
    first: bool,
    steps: usize,
    dz: &[V::Elem],
    a: &[V::Elem],
    dw: &mut [V::Elem],
) where
    V: Lanes,
    V::Elem: Scalar,
{
    let row = STEPS * V::LEN;
    let stride = V::LEN * V::LEN;
    let (dz, a) = (&dz[..U * row], &a[..I * row]);
    let dw = &mut dw[..(I - 1) * stride + U * V::LEN];
    let mut acc = [[V::splat(t, V::Elem::ZERO); I]; U];
    if !first {
        for i in 0..I {
            for u in 0..U {
                acc[u][i] = V::load(t, &dw[i * stride + u * V::LEN..]);
            }
        }
    }
    for step in 0..steps.min(STEPS) {
        for u in 0..U {
            let dz = V::load(t, &dz[u * row + step * V::LEN..]);
            for i in 0..I {
                let a = V::load(t, &a[i * row + step * V::LEN..]);
                acc[u][i] = dz.mul_add(a, acc[u][i]);
            }
        }
    }
    for i in 0..I {
        for u in 0..U {
            acc[u][i].store(&mut dw[i * stride + u * V::LEN..]);
        }
    }
}
