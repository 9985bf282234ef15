//! What happens to a tile after its product: g forward, the multiplication by g' backward.
//!
//! Both run over flat slices, columns behind columns: an elementwise operation does not care where
//! a column ends.

use super::constants::ExpElement;
use super::flush;
use super::lanes::Lanes;
pub(crate) use super::lanes::MAX_LANES;
use super::sigmoid::sigmoid_from;
use super::tanh::tanh;
use crate::element::Element;
use crate::words::activation::Activation;

/// a = g(z), in place. Softmax is left as it is: it needs whole columns, see `head`; so is the
/// exponential, which is for outputs only, and so are the activations that are computed apart, by
/// `curves`.
///
/// ReLUs leave the sign of z in a (z < 0 gives -0.0 or slope z, z = 0 of either sign gives +0.0),
/// so that g'(z) can be read off a. A sigmoid below the root is 0: see `flush`. (Of an output it is
/// not: see `head`.)
#[inline(always)]
pub(crate) fn activate<V>(t: V::Token, activation: Activation, z: &mut [V::Elem])
where
    V: Lanes,
{
    // Each activation has its own loop, so that the choice is made once, outside. (Closures, since
    // a function passed by name is called through a shim that is not compiled for the level.)
    match activation {
        Activation::Identity | Activation::Softmax | Activation::Exp => {}
        apart if apart.is_apart() => {}
        Activation::Sigmoid => update_lanes::<V>(
            t,
            z,
            #[inline(always)]
            |z| sigmoid_from(z, V::Elem::DELTA_LOW),
        ),
        Activation::Tanh => update_lanes::<V>(
            t,
            z,
            #[inline(always)]
            |z| tanh(z),
        ),
        relu => update_lanes::<V>(
            t,
            z,
            #[inline(always)]
            |z| g(t, relu, z),
        ),
    }
}

/// Takes away the marks that ReLUs leave for g'(z): -0.0 + 0.0 = 0.0.
#[inline(always)]
pub(crate) fn unmark<T: Element>(g: Activation, a: &mut [T]) {
    if g.is_relu() {
        a.iter_mut().for_each(|a| *a += T::ZERO);
    }
}

/// da *= g'(z), with g' from a = g(z) as [`activate`] leaves it.
#[inline(always)]
pub(crate) fn times_derivative<V>(t: V::Token, g: Activation, a: &[V::Elem], da: &mut [V::Elem])
where
    V: Lanes,
{
    if g != Activation::Identity {
        combine_lanes::<V>(
            t,
            a,
            da,
            #[inline(always)]
            |a, da| times_g_prime(t, g, a, da),
        );
    }
}

/// g(z) of one register, as [`activate`].
#[inline(always)]
pub(crate) fn g<V>(t: V::Token, g: Activation, z: V) -> V
where
    V: Lanes,
{
    let zero = V::splat(t, V::Elem::ZERO);
    match g {
        Activation::Sigmoid => sigmoid_from(z, V::Elem::DELTA_LOW),
        Activation::Tanh => tanh(z),
        Activation::Relu => V::select(z.lt(zero), V::splat(t, -V::Elem::ZERO), z + zero),
        Activation::LeakyRelu { slope } => {
            V::select(z.lt(zero), V::splat(t, V::Elem::from_f64(slope)) * z, z + zero)
        }
        _ => z,
    }
}

/// da g'(z) of one register, with g' from a = g(z), as [`times_derivative`]. Of a sigmoid and
/// an exponential it is 0 below the root: see `flush`. Of an activation that is computed apart, `a`
/// is g'(z) itself.
#[inline(always)]
pub(crate) fn times_g_prime<V>(t: V::Token, g: Activation, a: V, da: V) -> V
where
    V: Lanes,
{
    match g {
        Activation::Exp => {
            let root = V::splat(t, V::Elem::from_f64(flush::root::<V::Elem>()));
            flush::below(t, root, da * a)
        }
        apart if apart.is_apart() => da * a,
        g => times_g_prime_of_a(t, g, a, da),
    }
}

/// The same where g' is read off a and there is no exponential, as in hidden layers that are not computed
/// apart: fewer choices, which loops over registers are compiled for one by one.
#[inline(always)]
pub(crate) fn times_g_prime_of_a<V>(t: V::Token, g: Activation, a: V, da: V) -> V
where
    V: Lanes,
{
    let (zero, one) = (V::splat(t, V::Elem::ZERO), V::splat(t, <V::Elem as Element>::ONE));
    match g {
        Activation::Sigmoid => {
            let root = V::splat(t, V::Elem::from_f64(flush::root::<V::Elem>()));
            flush::below(t, root, da * (a * (one - a)))
        }
        Activation::Tanh => da * a.neg_mul_add(a, one),
        Activation::Relu => da * step(one, a, zero, zero),
        Activation::LeakyRelu { slope } => {
            da * step(one, a, zero, V::splat(t, V::Elem::from_f64(slope)))
        }
        _ => da,
    }
}

/// g'(z) of a ReLU, from z itself.
#[inline(always)]
pub(crate) fn g_prime_of_relu<V: Lanes>(t: V::Token, relu: Activation, z: V) -> V {
    let one = V::splat(t, <V::Elem as Element>::ONE);
    let slope = match relu {
        Activation::LeakyRelu { slope } => slope,
        _ => 0.0,
    };
    V::select(z.lt(V::splat(t, V::Elem::ZERO)), V::splat(t, V::Elem::from_f64(slope)), one)
}

/// 1 where a's sign bit is clear (z >= 0), `slope` where it is set.
#[inline(always)]
fn step<V: Lanes>(one: V, a: V, zero: V, slope: V) -> V {
    V::select(one.copysign(a).lt(zero), slope, one)
}

/// Each register of `values` replaced by `f` of it; the last, partial one padded with zeros.
#[inline(always)]
pub(crate) fn update_lanes<V>(t: V::Token, values: &mut [V::Elem], f: impl Fn(V) -> V)
where
    V: Lanes,
{
    let mut chunks = values.chunks_exact_mut(V::LEN);
    for chunk in &mut chunks {
        f(V::load(t, chunk)).store(chunk);
    }
    let rest = chunks.into_remainder();
    if !rest.is_empty() {
        let mut padded = [V::Elem::ZERO; MAX_LANES];
        padded[..rest.len()].copy_from_slice(rest);
        f(V::load(t, &padded)).store(&mut padded);
        rest.copy_from_slice(&padded[..rest.len()]);
    }
}

/// Each register of `into` replaced by f(from, into); the last, partial one padded with zeros.
#[inline(always)]
pub(crate) fn combine_lanes<V>(
    t: V::Token,
    from: &[V::Elem],
    into: &mut [V::Elem],
    f: impl Fn(V, V) -> V,
) where
    V: Lanes,
{
    let (mut from, mut into) = (from.chunks_exact(V::LEN), into.chunks_exact_mut(V::LEN));
    for (from, into) in (&mut from).zip(&mut into) {
        f(V::load(t, from), V::load(t, into)).store(into);
    }
    let (from, into) = (from.remainder(), into.into_remainder());
    if !into.is_empty() {
        let (mut left, mut right) = ([V::Elem::ZERO; MAX_LANES], [V::Elem::ZERO; MAX_LANES]);
        left[..from.len()].copy_from_slice(from);
        right[..into.len()].copy_from_slice(into);
        f(V::load(t, &left), V::load(t, &right)).store(&mut right);
        into.copy_from_slice(&right[..into.len()]);
    }
}
