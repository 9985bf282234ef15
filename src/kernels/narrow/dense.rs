//! One layer over a block of samples in lanes. Weights are read in the panel layout.
//!
//! Every product is a register tile: some units or inputs times some registers of samples. With 32
//! registers a tile has eight sums or more, enough to hide the FMA's latency; with 16, of which a
//! `V` takes two or four, four or two sums are eight chains already: see `side_by_side`.

use crate::element::Element;
use crate::kernels::blocks::piece_end;
use crate::kernels::epilogue;
use crate::kernels::lanes::Lanes;
use crate::kernels::narrow::{Rows, side_by_side};
use crate::words::activation::Activation;

/// A layer's parameters, in panels of LEN units, and its sizes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dense<'a, T> {
    pub(crate) w: &'a [T],
    pub(crate) b: &'a [T],
    pub(crate) inputs: usize,
    pub(crate) units: usize,
    pub(crate) g: Activation,
}

/// Calls `$body` with N = 4 (if `$most` is), 2 or 1 until `$count` is used up; `$at` is the index
/// that it has reached.
macro_rules! by_four {
    ($count:expr, $most:expr, $at:ident, $N:ident => $body:expr) => {
        let mut $at = 0;
        while $at < $count {
            let left = $count - $at;
            if left >= 4 && $most == 4 {
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

/// a = g(W x + b).
#[inline(always)]
pub(crate) fn forward<V>(
    t: V::Token,
    registers: usize,
    layer: Dense<'_, V::Elem>,
    Rows { stride, steps }: Rows,
    x: &[V::Elem],
    a: &mut [V::Elem],
) where
    V: Lanes,
{
    let x = &x[..layer.inputs * stride];
    by_four!(layer.units, side_by_side(registers), unit, U => {
        let a = &mut a[unit * stride..];
        let mut step = 0;
        while step + 2 <= steps && registers == 1 {
            let at = step * V::LEN;
            forward_units::<V, U, 2>(t, layer, unit, stride, &x[at..], &mut a[at..]);
            step += 2;
        }
        while step < steps {
            let at = step * V::LEN;
            forward_units::<V, U, 1>(t, layer, unit, stride, &x[at..], &mut a[at..]);
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
    stride: usize,
    x: &[V::Elem],
    a: &mut [V::Elem],
) where
    V: Lanes,
{
    let (panel, lane) = (unit / V::LEN, unit % V::LEN);
    let (panels, inputs) = (layer.units.div_ceil(V::LEN), layer.inputs);
    let w = &layer.w[panel * inputs * V::LEN..][..inputs * V::LEN];
    let zero = [[V::splat(t, V::Elem::ZERO); X]; U];
    let mut start = zero;
    for (start, &b) in start.iter_mut().zip(&layer.b[unit..unit + U]) {
        *start = [V::splat(t, b); X];
    }
    // In the order of `panel`, which in so few inputs is a single block. Between pieces the sums
    // are kept in `a`, since registers suffice for one piece's only.
    let mut end = piece_end(panels, inputs, 0);
    let mut acc = products(t, &w[..end * V::LEN], lane, stride, x, start);
    while end < inputs {
        for u in 0..U {
            let a = &mut a[u * stride..][..X * V::LEN];
            for k in 0..X {
                acc[u][k].store(&mut a[k * V::LEN..]);
            }
        }
        let from = end;
        end = piece_end(panels, inputs, from);
        let w = &w[from * V::LEN..end * V::LEN];
        acc = products(t, w, lane, stride, &x[from * stride..], zero);
        for u in 0..U {
            let a = &a[u * stride..][..X * V::LEN];
            for k in 0..X {
                acc[u][k] = V::load(t, &a[k * V::LEN..]) + acc[u][k];
            }
        }
    }
    for u in 0..U {
        let a = &mut a[u * stride..][..X * V::LEN];
        for k in 0..X {
            epilogue::g(t, layer.g, acc[u][k]).store(&mut a[k * V::LEN..]);
        }
    }
}

/// `acc` and the products of some inputs' weights, of the units from `lane` on, and their rows of
/// x.
#[inline(always)]
fn products<V, const U: usize, const X: usize>(
    t: V::Token,
    w: &[V::Elem],
    lane: usize,
    stride: usize,
    x: &[V::Elem],
    mut acc: [[V; X]; U],
) -> [[V; X]; U]
where
    V: Lanes,
{
    for (w, x) in w.chunks_exact(V::LEN).zip(x.chunks(stride)) {
        let (w, x) = (&w[lane..lane + U], &x[..X * V::LEN]);
        for u in 0..U {
            let w = V::splat(t, w[u]);
            for k in 0..X {
                acc[u][k] = V::load(t, &x[k * V::LEN..]).mul_add(w, acc[u][k]);
            }
        }
    }
    acc
}

/// dz_prev = W^T dz * g_prev'(a_prev). Where g_prev is computed apart, dz_prev holds g_prev' before.
#[inline(always)]
pub(crate) fn backward<V>(
    (t, registers): (V::Token, usize),
    layer: Dense<'_, V::Elem>,
    g_prev: Activation,
    rows: Rows,
    dz: &[V::Elem],
    (a_prev, dz_prev): (&[V::Elem], &mut [V::Elem]),
) where
    V: Lanes,
{
    if g_prev.is_apart() {
        return V::apart(
            t,
            #[inline(always)]
            move || {
                let into = (a_prev, dz_prev);
                through_inputs::<V, true>((t, registers), layer, g_prev, rows, dz, into);
            },
        );
    }
    through_inputs::<V, false>((t, registers), layer, g_prev, rows, dz, (a_prev, dz_prev));
}

#[inline(always)]
fn through_inputs<V, const APART: bool>(
    (t, registers): (V::Token, usize),
    layer: Dense<'_, V::Elem>,
    g_prev: Activation,
    Rows { stride, steps }: Rows,
    dz: &[V::Elem],
    (a_prev, dz_prev): (&[V::Elem], &mut [V::Elem]),
) where
    V: Lanes,
{
    by_four!(layer.inputs, side_by_side(registers), input, I => {
        let (a, d) = (&a_prev[input * stride..], &mut dz_prev[input * stride..]);
        let mut step = 0;
        while step + 2 <= steps && registers == 1 {
            let at = step * V::LEN;
            let into = (&a[at..], &mut d[at..]);
            backward_inputs::<V, I, 2, APART>(t, (layer, g_prev), input, stride, &dz[at..], into);
            step += 2;
        }
        while step < steps {
            let at = step * V::LEN;
            let into = (&a[at..], &mut d[at..]);
            backward_inputs::<V, I, 1, APART>(t, (layer, g_prev), input, stride, &dz[at..], into);
            step += 1;
        }
    });
}

/// I inputs, X registers of samples.
#[inline(always)]
fn backward_inputs<V, const I: usize, const X: usize, const APART: bool>(
    t: V::Token,
    (layer, g_prev): (Dense<'_, V::Elem>, Activation),
    input: usize,
    stride: usize,
    dz: &[V::Elem],
    (a_prev, dz_prev): (&[V::Elem], &mut [V::Elem]),
) where
    V: Lanes,
{
    let mut acc = [[V::splat(t, V::Elem::ZERO); X]; I];
    for unit in 0..layer.units {
        let (panel, lane) = (unit / V::LEN, unit % V::LEN);
        let w = &layer.w[(panel * layer.inputs + input) * V::LEN..][..I * V::LEN];
        let dz = &dz[unit * stride..][..X * V::LEN];
        for i in 0..I {
            let w = V::splat(t, w[i * V::LEN + lane]);
            for k in 0..X {
                acc[i][k] = V::load(t, &dz[k * V::LEN..]).mul_add(w, acc[i][k]);
            }
        }
    }
    for i in 0..I {
        let at = i * stride..i * stride + X * V::LEN;
        let (a, d) = (&a_prev[at.clone()], &mut dz_prev[at]);
        for k in 0..X {
            let d = &mut d[k * V::LEN..];
            if APART {
                (acc[i][k] * V::load(t, d)).store(d);
            } else {
                let a = V::load(t, &a[k * V::LEN..]);
                epilogue::times_g_prime_of_a(t, g_prev, a, acc[i][k]).store(d);
            }
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
    (first, rows): (bool, Rows),
    (dz, a): (&[V::Elem], &[V::Elem]),
    (dw, db): (&mut [V::Elem], &mut [V::Elem]),
) where
    V: Lanes,
{
    let Rows { stride, steps } = rows;
    let mut unit = 0;
    while unit < units {
        // Four units of one panel, as long as 32 registers hold 16 sums.
        let side = match units - unit {
            left if left >= 4 && registers == 1 => 4,
            left if left >= 2 && side_by_side(registers) == 4 => 2,
            _ => 1,
        };
        let dz = &dz[unit * stride..];
        let (panel, lane) = (unit / V::LEN, unit % V::LEN);
        let dw = &mut dw[(panel * inputs * V::LEN + lane) * V::LEN..];
        by_four!(inputs, side_by_side(registers), input, I => {
            let dw = &mut dw[input * V::LEN * V::LEN..];
            let a = &a[input * stride..];
            match side {
                4 => weight_sums::<V, 4, I>(t, first, rows, dz, a, dw),
                // Sixteen registers, two a sum: four sums at a time, and room for what they need.
                2 if I == 4 && registers == 2 => {
                    weight_sums::<V, 2, 2>(t, first, rows, dz, a, dw);
                    let (a, dw) = (&a[2 * stride..], &mut dw[2 * V::LEN * V::LEN..]);
                    weight_sums::<V, 2, 2>(t, first, rows, dz, a, dw);
                }
                2 => weight_sums::<V, 2, I>(t, first, rows, dz, a, dw),
                _ => weight_sums::<V, 1, I>(t, first, rows, dz, a, dw),
            }
        });
        for u in 0..side {
            let db = &mut db[(unit + u) * V::LEN..][..V::LEN];
            let mut acc = if first { V::splat(t, V::Elem::ZERO) } else { V::load(t, db) };
            for dz in dz[u * stride..][..steps * V::LEN].chunks_exact(V::LEN) {
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
    rows: Rows,
    dz: &[V::Elem],
    a: &[V::Elem],
    dw: &mut [V::Elem],
) where
    V: Lanes,
{
    let stride = V::LEN * V::LEN;
    let dw = &mut dw[..(I - 1) * stride + U * V::LEN];
    let mut acc = [[V::splat(t, V::Elem::ZERO); I]; U];
    if !first {
        for i in 0..I {
            for u in 0..U {
                acc[u][i] = V::load(t, &dw[i * stride + u * V::LEN..]);
            }
        }
    }
    let (dz, a) = (rows.each::<_, U>(dz), rows.each::<_, I>(a));
    for step in 0..rows.steps {
        for u in 0..U {
            let dz = V::load(t, dz[u][step].as_ref());
            for i in 0..I {
                acc[u][i] = dz.mul_add(V::load(t, a[i][step].as_ref()), acc[u][i]);
            }
        }
    }
    for i in 0..I {
        for u in 0..U {
            acc[u][i].store(&mut dw[i * stride + u * V::LEN..]);
        }
    }
}
