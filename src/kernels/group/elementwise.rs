//! Activations and their derivatives, register by register of rows.

use crate::kernels::epilogue::{g, times_g_prime_of_a};
use crate::kernels::lanes::Lanes;
use crate::words::activation::Activation;

/// a = g(z), in place, as [`epilogue::activate`](crate::kernels::epilogue::activate).
#[inline(always)]
pub(crate) fn activate<V: Lanes>(t: V::Token, activation: Activation, z: &mut [V::Elem]) {
    for z in z.chunks_exact_mut(V::LEN) {
        g(t, activation, V::load(t, z)).store(z);
    }
}

/// da *= g'(z), as [`epilogue::times_derivative`](crate::kernels::epilogue::times_derivative).
#[inline(always)]
pub(crate) fn times_derivative<V: Lanes>(
    t: V::Token,
    activation: Activation,
    a: &[V::Elem],
    da: &mut [V::Elem],
) {
    for (a, da) in a.chunks_exact(V::LEN).zip(da.chunks_exact_mut(V::LEN)) {
        times_g_prime_of_a(t, activation, V::load(t, a), V::load(t, da)).store(da);
    }
}
