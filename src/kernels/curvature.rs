//! What derivatives beyond the gradient do with a tile's columns, besides products: g, g' and g'' of
//! the logits, products with them column by column, and sums of c t_p t_q over a layer's units.

use super::block::{Block, BlockMut};
use super::curves::{bounded, elu, gelu_parts, gelu_tanh_parts, sigmoids, softplus};
use super::epilogue::{self, MAX_LANES};
use super::lanes::Lanes;
use super::sine::sin_and_cos;
use crate::element::Element;
use crate::words::activation::Activation;

/// A job on whole columns.
#[derive(Debug)]
pub(crate) enum Curvature<'a, T> {
    /// g(z) in place of z, g'(z) to `first` and g''(z) to `second`. Softmax and the exponential are
    /// of whole outputs, and nothing is done for them.
    Values { g: Activation, z: &'a mut [T], first: &'a mut [T], second: &'a mut [T] },
    /// t = from * d, where every column of `d` is for `t.columns / d.columns` columns of `t` and of
    /// `from`; or where `from` has so many columns in all, for each column of `d` the same.
    Spread { d: Block<'a, T>, from: Block<'a, T>, t: BlockMut<'a, T> },
    /// t *= d, in the same way.
    Scale { d: Block<'a, T>, t: BlockMut<'a, T> },
    /// For every column c of n columns t_p: sum_j c_j t_pj t_qj is added to `sums` (n n values a
    /// column of c) for all p <= q. `t` has n columns for each of c, or n in all.
    Squares { c: Block<'a, T>, t: Block<'a, T>, n: usize, room: &'a mut [T], sums: &'a mut [T] },
    /// From dA: dZ = dA g'(Z), and c = dA g''(Z) in place of g''(Z).
    Back { da: &'a mut [T], first: &'a [T], second: &'a mut [T] },
    /// R{dZ} = R{dA} g'(Z) + c R{Z} in place of R{dA}.
    BackTangent { r_da: &'a mut [T], first: &'a [T], c: &'a [T], r_z: &'a [T] },
    /// into += from.
    Add { from: &'a [T], into: &'a mut [T] },
}

/// Runs the job. The loops without a register are for the compiler to put into registers of the level
/// that it is entered with; they round every product and every sum, so that the bits do not depend on
/// it.
#[inline(always)]
pub(crate) fn run<V: Lanes>(t: V::Token, job: Curvature<'_, V::Elem>) {
    match job {
        Curvature::Values { g, z, first, second } => values::<V>(t, g, z, first, second),
        Curvature::Spread { d, from, t } => spread(d, from, t),
        Curvature::Scale { d, t } => scale(d, t),
        Curvature::Squares { c, t, n, room, sums } => squares(c, t, n, room, sums),
        Curvature::Back { da, first, second } => {
            for ((da, &first), second) in da.iter_mut().zip(first).zip(second) {
                *second *= *da;
                *da *= first;
            }
        }
        Curvature::BackTangent { r_da, first, c, r_z } => {
            for (((r_da, &first), &c), &r_z) in r_da.iter_mut().zip(first).zip(c).zip(r_z) {
                *r_da = *r_da * first + c * r_z;
            }
        }
        Curvature::Add { from, into } => {
            into.iter_mut().zip(from).for_each(|(into, &from)| *into += from);
        }
    }
}

#[inline(always)]
fn spread<T: Element>(d: Block<'_, T>, from: Block<'_, T>, t: BlockMut<'_, T>) {
    let n = t.columns / d.columns;
    let own = if from.columns == t.columns { n * from.stride } else { 0 };
    let samples = d.data.chunks(d.stride).zip(t.data.chunks_mut(n * t.stride)).take(d.columns);
    for (s, (d, t_s)) in samples.enumerate() {
        let from_s = from.data[s * own..].chunks(from.stride);
        for (t_i, from_i) in t_s.chunks_mut(t.stride).zip(from_s) {
            for ((t, &from), &d) in t_i[..t.rows].iter_mut().zip(from_i).zip(d) {
                *t = from * d;
            }
        }
    }
}

#[inline(always)]
fn scale<T: Element>(d: Block<'_, T>, t: BlockMut<'_, T>) {
    let n = t.columns / d.columns;
    let samples = d.data.chunks(d.stride).zip(t.data.chunks_mut(n * t.stride)).take(d.columns);
    for (d, t_s) in samples {
        for t_i in t_s.chunks_mut(t.stride) {
            t_i[..t.rows].iter_mut().zip(d).for_each(|(t, &d)| *t *= d);
        }
    }
}

#[inline(always)]
fn squares<T: Element>(c: Block<'_, T>, t: Block<'_, T>, n: usize, room: &mut [T], sums: &mut [T]) {
    let own = if t.columns == n { 0 } else { n * t.stride };
    let room = &mut room[..c.rows];
    for (s, sums) in sums.chunks_exact_mut(n * n).enumerate() {
        let c = &c.data[s * c.stride..][..c.rows];
        let t_s = &t.data[s * own..];
        for p in 0..n {
            let t_p = &t_s[p * t.stride..][..t.rows];
            for ((room, &c), &t) in room.iter_mut().zip(c).zip(t_p) {
                *room = c * t;
            }
            for q in p..n {
                sums[p * n + q] += dot(room, &t_s[q * t.stride..][..t.rows]);
            }
        }
    }
}

/// Partial sums: a fixed number, so that the order of a sum depends on its length alone.
const PARTS: usize = 16;

#[inline(always)]
fn dot<T: Element>(a: &[T], b: &[T]) -> T {
    let mut sums = [T::ZERO; PARTS];
    let (mut a, mut b) = (a.chunks_exact(PARTS), b.chunks_exact(PARTS));
    for (a, b) in (&mut a).zip(&mut b) {
        for k in 0..PARTS {
            sums[k] += a[k] * b[k];
        }
    }
    for ((sum, &a), &b) in sums.iter_mut().zip(a.remainder()).zip(b.remainder()) {
        *sum += a * b;
    }
    let mut half = PARTS / 2;
    while half > 0 {
        for k in 0..half {
            sums[k] += sums[k + half];
        }
        half /= 2;
    }
    sums[0]
}

#[inline(always)]
fn values<V: Lanes>(
    t: V::Token,
    g: Activation,
    z: &mut [V::Elem],
    first: &mut [V::Elem],
    second: &mut [V::Elem],
) {
    let (zero, one) = (V::splat(t, V::Elem::ZERO), V::splat(t, <V::Elem as Element>::ONE));
    match g {
        Activation::Softmax | Activation::Exp => {}
        Activation::Identity => {
            first.fill(<V::Elem as Element>::ONE);
            second.fill(V::Elem::ZERO);
        }
        Activation::Relu | Activation::LeakyRelu { .. } => walk::<V>(
            t,
            [z, first, second],
            #[inline(always)]
            |z| (epilogue::g(t, g, z) + zero, epilogue::g_prime_of_relu(t, g, z), zero),
        ),
        Activation::Sigmoid => walk::<V>(
            t,
            [z, first, second],
            #[inline(always)]
            |z| {
                let (_, s, rest) = sigmoids(t, z);
                let first = s * rest;
                (s, first, first * (rest - s))
            },
        ),
        Activation::Tanh => walk::<V>(
            t,
            [z, first, second],
            #[inline(always)]
            |z| {
                let a = epilogue::g(t, g, z);
                let first = a.neg_mul_add(a, one);
                (a, first, -(a + a) * first)
            },
        ),
        Activation::Elu { alpha } => walk::<V>(
            t,
            [z, first, second],
            #[inline(always)]
            |z| {
                let (a, slope) = elu(t, alpha, z);
                (a, slope, V::select(z.lt(zero), slope, zero))
            },
        ),
        Activation::Softplus => walk::<V>(
            t,
            [z, first, second],
            #[inline(always)]
            |z| {
                let (a, s, rest) = softplus(t, z);
                (a, s, s * rest)
            },
        ),
        // (z s)'' = s (1 - s) (2 + z (1 - 2 s))
        Activation::Silu => walk::<V>(
            t,
            [z, first, second],
            #[inline(always)]
            |z| {
                let (_, s, rest) = sigmoids(t, z);
                let (middle, slope) = (bounded(t, z, true), s * rest);
                let two = one + one;
                let first = (middle * s).mul_add(rest, s);
                (bounded(t, z, false) * s, first, slope * middle.mul_add(rest - s, two))
            },
        ),
        // (z Phi)'' = (2 - z^2) phi
        Activation::Gelu => walk::<V>(
            t,
            [z, first, second],
            #[inline(always)]
            |z| {
                let (phi, density, middle) = gelu_parts(t, z);
                let two = one + one;
                let second = middle.neg_mul_add(middle, two) * density;
                (bounded(t, z, false) * phi, middle.mul_add(density, phi), second)
            },
        ),
        // (z s(w))'' = s (1 - s) (2 w' + z ((1 - 2 s) w'^2 + w''))
        Activation::GeluTanh => walk::<V>(
            t,
            [z, first, second],
            #[inline(always)]
            |z| {
                let (s, rest, w1, w2, middle) = gelu_tanh_parts(t, z);
                let inner = ((rest - s) * w1).mul_add(w1, w2);
                let second = s * rest * middle.mul_add(inner, w1 + w1);
                (bounded(t, z, false) * s, (middle * s * rest).mul_add(w1, s), second)
            },
        ),
        Activation::Sin => walk::<V>(
            t,
            [z, first, second],
            #[inline(always)]
            |z| {
                let (sin, cos) = sin_and_cos(z);
                (sin, cos, -sin)
            },
        ),
    }
}

/// Three values of each z, register by register; the last, partial one padded with zeros.
#[inline(always)]
fn walk<V: Lanes>(
    t: V::Token,
    [z, first, second]: [&mut [V::Elem]; 3],
    three: impl Fn(V) -> (V, V, V),
) {
    let whole = z.len() / V::LEN * V::LEN;
    for at in (0..whole).step_by(V::LEN) {
        let (a, slope, bend) = three(V::load(t, &z[at..at + V::LEN]));
        a.store(&mut z[at..at + V::LEN]);
        slope.store(&mut first[at..at + V::LEN]);
        bend.store(&mut second[at..at + V::LEN]);
    }
    let rest = z.len() - whole;
    if rest > 0 {
        let mut lanes = [V::Elem::ZERO; MAX_LANES];
        lanes[..rest].copy_from_slice(&z[whole..]);
        let (a, slope, bend) = three(V::load(t, &lanes));
        for (values, into) in [(a, z), (slope, first), (bend, second)] {
            values.store(&mut lanes);
            into[whole..whole + rest].copy_from_slice(&lanes[..rest]);
        }
    }
}
