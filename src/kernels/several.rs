//! Several registers as one: kernels whose sums are short keep a core busy with one instruction
//! after the other, and pay for their loops once for all of them.

use core::ops::{Add, Div, Mul, Neg, Sub};

use super::lanes::Lanes;

/// N registers: their lanes, one register after the other.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Several<V, const N: usize>([V; N]);

macro_rules! operators {
    ($($op:ident $method:ident),*) => {$(
        impl<V: Lanes, const N: usize> $op for Several<V, N> {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                self.with(
                    other,
                    #[inline(always)]
                    |a, b| $op::$method(a, b),
                )
            }
        }
    )*};
}

operators!(Add add, Sub sub, Mul mul, Div div);

impl<V: Lanes, const N: usize> Neg for Several<V, N> {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        self.each(
            #[inline(always)]
            |v| -v,
        )
    }
}

// Loops over a copy: `core::array::from_fn` is a call, which is not compiled for the level.
impl<V: Lanes, const N: usize> Several<V, N> {
    #[inline(always)]
    fn each(mut self, f: impl Fn(V) -> V) -> Self {
        for n in 0..N {
            self.0[n] = f(self.0[n]);
        }
        self
    }

    #[inline(always)]
    fn with(mut self, other: Self, f: impl Fn(V, V) -> V) -> Self {
        for n in 0..N {
            self.0[n] = f(self.0[n], other.0[n]);
        }
        self
    }

    #[inline(always)]
    fn compare(self, other: Self, f: impl Fn(V, V) -> V::Mask) -> [V::Mask; N] {
        let mut masks = [f(self.0[0], other.0[0]); N];
        for n in 1..N {
            masks[n] = f(self.0[n], other.0[n]);
        }
        masks
    }
}

/// Operations register by register.
macro_rules! register_by_register {
    (each $($unary:ident),*; with $($binary:ident),*; compare $($comparison:ident),*) => {
        $(
            #[inline(always)]
            fn $unary(self) -> Self {
                self.each(
                    #[inline(always)]
                    |v| v.$unary(),
                )
            }
        )*
        $(
            #[inline(always)]
            fn $binary(self, other: Self) -> Self {
                self.with(
                    other,
                    #[inline(always)]
                    |a, b| a.$binary(b),
                )
            }
        )*
        $(
            #[inline(always)]
            fn $comparison(self, other: Self) -> Self::Mask {
                self.compare(
                    other,
                    #[inline(always)]
                    |a, b| a.$comparison(b),
                )
            }
        )*
    };
}

impl<V: Lanes, const N: usize> Lanes for Several<V, N> {
    type Elem = V::Elem;
    type Token = V::Token;
    type Mask = [V::Mask; N];
    const LEN: usize = N * V::LEN;

    #[inline(always)]
    fn token(self) -> V::Token {
        self.0[0].token()
    }
    #[inline(always)]
    fn splat(t: V::Token, x: V::Elem) -> Self {
        Self([V::splat(t, x); N])
    }
    #[inline(always)]
    fn load(t: V::Token, src: &[V::Elem]) -> Self {
        let src = &src[..Self::LEN];
        let mut registers = [V::load(t, src); N];
        for n in 1..N {
            registers[n] = V::load(t, &src[n * V::LEN..]);
        }
        Self(registers)
    }
    #[inline(always)]
    fn store(self, dst: &mut [V::Elem]) {
        let dst = &mut dst[..Self::LEN];
        for n in 0..N {
            self.0[n].store(&mut dst[n * V::LEN..]);
        }
    }
    #[inline(always)]
    fn mul_add(mut self, a: Self, b: Self) -> Self {
        for n in 0..N {
            self.0[n] = self.0[n].mul_add(a.0[n], b.0[n]);
        }
        self
    }
    #[inline(always)]
    fn select(mask: Self::Mask, mut yes: Self, no: Self) -> Self {
        for n in 0..N {
            yes.0[n] = V::select(mask[n], yes.0[n], no.0[n]);
        }
        yes
    }
    #[inline(always)]
    fn any(mask: Self::Mask) -> bool {
        let mut any = false;
        for n in 0..N {
            any |= V::any(mask[n]);
        }
        any
    }
    #[inline(always)]
    fn apart<R>(t: V::Token, f: impl FnOnce() -> R) -> R {
        V::apart(t, f)
    }
    register_by_register!(
        each round_ties_even, sqrt, abs, neg_abs, exponent_from_low_bits,
            exponent_from_low_bits_halved, exponent_to_low_bits;
        with min, max, at_least, at_most, copysign, or_sign;
        compare lt, le, eq
    );
}
