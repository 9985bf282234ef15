//! The activations that are computed apart from a layer's product, each with its derivative.
//!
//! g' can't be read off a = g(z) for these, so both come from z at once: on the way forward g' goes to
//! the place of the layer's dZ, which is free until the way back, and there the product is multiplied
//! by it. Where that place was taken, z is computed again.
//!
//! As `flush` has it, what a hidden layer's products should not meet is 0: a sigmoid, a tail of the
//! normal distribution, e^z below the root.

use super::constants::ExpElement;
use super::curve_constants::CurveElement;
use super::epilogue::{MAX_LANES, combine_lanes, update_lanes};
use super::exp::{exp_neg_abs, expm1_tail, reduce};
use super::lanes::Lanes;
use super::ln_1p::{constant, ln_1p_unit};
use super::sine::sin_and_cos;
use super::{flush, gauss};
use crate::element::Element;
use crate::words::activation::Activation;

/// What to compute of the logits z of a layer, or of a part of it.
#[derive(Debug)]
pub(crate) enum Curve<'a, T> {
    /// g(z), in place.
    Value(&'a mut [T]),
    /// g'(z), in place.
    Derivative(&'a mut [T]),
    /// g(z), in place, and g'(z).
    Both(&'a mut [T], &'a mut [T]),
    /// d g'(z), in place of d.
    Times(&'a [T], &'a mut [T]),
}

/// Runs the job for an activation for which [`Activation::is_apart`]; for others nothing is done.
#[inline(always)]
pub(crate) fn run<V: Lanes>(t: V::Token, g: Activation, curve: Curve<'_, V::Elem>) {
    match g {
        Activation::Elu { alpha } => walk::<V>(
            t,
            curve,
            #[inline(always)]
            |z| elu(t, alpha, z),
        ),
        Activation::Softplus => walk::<V>(
            t,
            curve,
            #[inline(always)]
            |z| {
                let (value, s, _) = softplus(t, z);
                (value, s)
            },
        ),
        Activation::Silu => walk::<V>(
            t,
            curve,
            #[inline(always)]
            |z| silu(t, z),
        ),
        Activation::Gelu => walk::<V>(
            t,
            curve,
            #[inline(always)]
            |z| gelu(t, z),
        ),
        Activation::GeluTanh => walk::<V>(
            t,
            curve,
            #[inline(always)]
            |z| gelu_tanh(t, z),
        ),
        Activation::Sin => walk::<V>(
            t,
            curve,
            #[inline(always)]
            |z| sin_and_cos(z),
        ),
        _ => {}
    }
}

/// The job, register by register. One loop for each job, so that a value that is not wanted is not
/// computed.
#[inline(always)]
fn walk<V: Lanes>(t: V::Token, curve: Curve<'_, V::Elem>, pair: impl Fn(V) -> (V, V)) {
    match curve {
        Curve::Value(z) => update_lanes::<V>(
            t,
            z,
            #[inline(always)]
            |z| pair(z).0,
        ),
        Curve::Derivative(z) => update_lanes::<V>(
            t,
            z,
            #[inline(always)]
            |z| pair(z).1,
        ),
        Curve::Times(z, d) => combine_lanes::<V>(
            t,
            z,
            d,
            #[inline(always)]
            |z, d| d * pair(z).1,
        ),
        Curve::Both(z, d) => {
            let (mut z, mut d) = (z.chunks_exact_mut(V::LEN), d.chunks_exact_mut(V::LEN));
            for (z, d) in (&mut z).zip(&mut d) {
                let (a, g) = pair(V::load(t, z));
                a.store(z);
                g.store(d);
            }
            let (z, d) = (z.into_remainder(), d.into_remainder());
            if !z.is_empty() {
                let mut lanes = [V::Elem::ZERO; MAX_LANES];
                lanes[..z.len()].copy_from_slice(z);
                let (a, g) = pair(V::load(t, &lanes));
                a.store(&mut lanes);
                z.copy_from_slice(&lanes[..z.len()]);
                g.store(&mut lanes);
                d.copy_from_slice(&lanes[..d.len()]);
            }
        }
    }
}

/// z for z >= 0, else alpha (e^z - 1), which is as accurate near 0 as `tanh`; and 1, or alpha e^z.
#[inline(always)]
pub(super) fn elu<V: Lanes>(t: V::Token, alpha: f64, z: V) -> (V, V) {
    let (zero, one) = (V::splat(t, V::Elem::ZERO), V::splat(t, <V::Elem as Element>::ONE));
    let alpha = V::splat(t, V::Elem::from_f64(alpha));
    let low = V::splat(t, V::Elem::DELTA_LOW);
    let (shifted, r) = reduce(z.at_most(zero).at_least(low), V::Elem::SHIFT);
    let p = expm1_tail(r, r);
    let s = shifted.exponent_from_low_bits();
    let value = alpha * s.mul_add(p, s - one);
    let slope = flush::below(t, root(t), alpha * s.mul_add(p, s));
    let slope = V::select(z.lt(low), zero, slope);
    let is_below = z.lt(zero);
    // + 0: a zero has no sign, as the ReLUs' have none in a prediction.
    (V::select(is_below, value, z + zero), V::select(is_below, slope, one))
}

/// max(z, 0) + ln(1 + e^-|z|), 1 / (1 + e^-z), and 1 minus that.
#[inline(always)]
pub(super) fn softplus<V: Lanes>(t: V::Token, z: V) -> (V, V, V) {
    let zero = V::splat(t, V::Elem::ZERO);
    let (e, s, rest) = sigmoids(t, z);
    (V::select(z.lt(zero), zero, z) + ln_1p_unit(e), s, rest)
}

/// e^-|z|, 1 / (1 + e^-z) and 1 / (1 + e^z), each with all its digits.
#[inline(always)]
pub(super) fn sigmoids<V: Lanes>(t: V::Token, z: V) -> (V, V, V) {
    let (zero, one) = (V::splat(t, V::Elem::ZERO), V::splat(t, <V::Elem as Element>::ONE));
    let e = exp_neg_abs(z, V::Elem::DELTA_LOW);
    let large = one / (one + e);
    let small = e * large;
    let is_below = z.lt(zero);
    (e, V::select(is_below, small, large), V::select(is_below, large, small))
}

/// z s and s + z s (1 - s) with s = 1 / (1 + e^-z).
#[inline(always)]
fn silu<V: Lanes>(t: V::Token, z: V) -> (V, V) {
    let (_, s, rest) = sigmoids(t, z);
    (bounded(t, z, false) * s, (bounded(t, z, true) * s).mul_add(rest, s))
}

/// z Phi(z) and Phi(z) + z phi(z).
#[inline(always)]
fn gelu<V: Lanes>(t: V::Token, z: V) -> (V, V) {
    let (phi, density, middle) = gelu_parts(t, z);
    (bounded(t, z, false) * phi, middle.mul_add(density, phi))
}

/// Phi(z) and phi(z) of the normal distribution, and z where it is not a line.
#[inline(always)]
pub(super) fn gelu_parts<V: Lanes>(t: V::Token, z: V) -> (V, V, V) {
    let (zero, one) = (V::splat(t, V::Elem::ZERO), V::splat(t, <V::Elem as Element>::ONE));
    let (tail, e) = gauss::tail(t, z, root(t));
    let phi = V::select(z.lt(zero), tail, one - tail);
    (phi, e * V::splat(t, V::Elem::DENSITY), bounded(t, z, true))
}

/// z s and s + z s (1 - s) w' with s = 1 / (1 + e^-w), w = 2 sqrt(2 / pi) (z + 0.044715 z^3).
#[inline(always)]
fn gelu_tanh<V: Lanes>(t: V::Token, z: V) -> (V, V) {
    let (s, rest, slope, _, middle) = gelu_tanh_parts(t, z);
    (bounded(t, z, false) * s, (middle * s * rest).mul_add(slope, s))
}

/// s, 1 - s, w' and w'' of the same, and z where it is not a line.
#[inline(always)]
pub(super) fn gelu_tanh_parts<V: Lanes>(t: V::Token, z: V) -> (V, V, V, V, V) {
    let middle = bounded(t, z, true);
    let scale = core::f64::consts::FRAC_2_SQRT_PI * core::f64::consts::SQRT_2;
    let (scale, cube) = (constant::<V>(t, scale), constant::<V>(t, scale * 0.044_715));
    let square = middle * middle;
    let (_, s, rest) = sigmoids(t, middle * square.mul_add(cube, scale));
    let slope = (square * constant(t, 3.0)).mul_add(cube, scale);
    (s, rest, slope, middle * cube * constant(t, 6.0), middle)
}

/// The root of `flush`.
#[inline(always)]
fn root<V: Lanes>(t: V::Token) -> V {
    V::splat(t, V::Elem::from_f64(flush::root::<V::Elem>()))
}

/// z, but no less than where all of these are 0 already, so that infinity times 0 does not occur; with
/// `above`, no more than where they are lines, either.
#[inline(always)]
pub(super) fn bounded<V: Lanes>(t: V::Token, z: V, above: bool) -> V {
    let most = V::splat(t, V::Elem::from_f64(1024.0));
    let z = z.at_least(-most);
    if above { z.at_most(most) } else { z }
}
