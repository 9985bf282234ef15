//! Forward through a layer of a group: z = W a + b.

use super::{Size, at, put};
use crate::element::Element;
use crate::kernels::blocks::piece_end;
use crate::kernels::lanes::Lanes;

/// z of C samples. `parameters` are the layer's, `a` is `[input][sample]`, `z` `[unit][sample]`. U
/// units are computed side by side.
///
/// The products are added in the order that one sample has in [`column`](crate::kernels::column), a
/// unit a lane: from the bias on, in pieces where the layer is a single panel.
#[inline(always)]
pub(crate) fn logits<V, const U: usize, const C: usize>(
    t: V::Token,
    size: Size,
    parameters: &[V::Elem],
    a: &[V::Elem],
    z: &mut [V::Elem],
) where
    V: Lanes,
{
    let mut unit = 0;
    while unit + U <= size.units {
        tile::<V, U, C>(t, size, unit, parameters, a, z);
        unit += U;
    }
    while unit < size.units {
        tile::<V, 1, C>(t, size, unit, parameters, a, z);
        unit += 1;
    }
}

/// U units from `unit` on.
#[inline(always)]
fn tile<V, const U: usize, const C: usize>(
    t: V::Token,
    size: Size,
    unit: usize,
    parameters: &[V::Elem],
    a: &[V::Elem],
    z: &mut [V::Elem],
) where
    V: Lanes,
{
    let Size { inputs, units, pitch } = size;
    let panels = units.div_ceil(V::Elem::PANEL);
    let mut sums = [[V::splat(t, V::Elem::ZERO); C]; U];
    for (k, sums) in sums.iter_mut().enumerate() {
        *sums = [at(t, parameters, units * inputs + unit + k, pitch); C];
    }
    let w = &parameters[unit * inputs * pitch..];
    let mut end = piece_end(panels, inputs, 0);
    products::<V, U, C>(t, (w, size), a, 0..end, &mut sums);
    while end < inputs {
        let piece = end..piece_end(panels, inputs, end);
        end = piece.end;
        let mut more = [[V::splat(t, V::Elem::ZERO); C]; U];
        products::<V, U, C>(t, (w, size), a, piece, &mut more);
        for k in 0..U {
            for s in 0..C {
                sums[k][s] = sums[k][s] + more[k][s];
            }
        }
    }
    let z = &mut z[unit * C * V::LEN..(unit + U) * C * V::LEN];
    for k in 0..U {
        for s in 0..C {
            put(sums[k][s], z, k * C + s, V::LEN);
        }
    }
}

/// Adds the products of a range of inputs. `w` begins with the first unit's row.
#[inline(always)]
fn products<V, const U: usize, const C: usize>(
    t: V::Token,
    (w, size): (&[V::Elem], Size),
    a: &[V::Elem],
    range: core::ops::Range<usize>,
    sums: &mut [[V; C]; U],
) where
    V: Lanes,
{
    for i in range {
        let mut of_input = [V::splat(t, V::Elem::ZERO); U];
        for (k, w_k) in of_input.iter_mut().enumerate() {
            *w_k = at(t, w, k * size.inputs + i, size.pitch);
        }
        let a = &a[i * C * V::LEN..(i + 1) * C * V::LEN];
        for s in 0..C {
            let a = at::<V>(t, a, s, V::LEN);
            for k in 0..U {
                sums[k][s] = of_input[k].mul_add(a, sums[k][s]);
            }
        }
    }
}
