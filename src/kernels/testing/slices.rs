//! The kernels over slices, on a level chosen at run time.
//!
//! This is what tests, the accuracy check and the speed check share. Layers
//! call the kernels on registers instead.

use super::constants::ExpElement;
use fearless_simd::{Level, Simd, dispatch};

use super::exp::{exp, exp_neg_abs};
use super::gauss::erf;
use super::lanes::{Lanes, Vector};
use super::ln_1p::ln_1p;
use super::sigmoid::{sigmoid, sigmoid_from, sigmoid_parts};
use super::sine::sin_and_cos;
use super::tanh::tanh;
use super::wide_lanes::{WideF32, WideF64};

/// A kernel of one argument and one result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Function {
    /// e^x.
    Exp,
    /// e^-|x|, or 0 where it would be subnormal.
    ExpNegAbs,
    /// tanh.
    Tanh,
    /// The logistic function.
    Sigmoid,
    /// The same as an activation, 0 where it would be subnormal.
    SigmoidNormal,
    /// The first part of `sigmoid_parts`.
    SigmoidDelta,
    /// e^-|x| as the second part of `sigmoid_parts`.
    SigmoidPart,
    /// The error function.
    Erf,
    /// The sine.
    Sin,
    /// ln(1 + x).
    Ln1p,
}

/// One kernel applied to all of `src`; a rest shorter than a register is padded.
#[inline(always)]
fn map<V: Lanes>(t: V::Token, src: &[V::Elem], dst: &mut [V::Elem], f: impl Fn(V) -> V) {
    assert_eq!(src.len(), dst.len());
    let mut from = src.chunks_exact(V::LEN);
    let mut to = dst.chunks_exact_mut(V::LEN);
    for (a, b) in from.by_ref().zip(to.by_ref()) {
        f(V::load(t, a)).store(b);
    }
    let rest = from.remainder();
    if !rest.is_empty() {
        let mut buffer = [src[0]; 16];
        buffer[..rest.len()].copy_from_slice(rest);
        f(V::load(t, &buffer)).store(&mut buffer);
        to.into_remainder().copy_from_slice(&buffer[..rest.len()]);
    }
}

/// The kernel `f` over `src`, inside code whose level is already chosen.
#[inline(always)]
pub(crate) fn apply_lanes<V>(t: V::Token, f: Function, src: &[V::Elem], dst: &mut [V::Elem])
where
    V: Lanes,
{
    match f {
        Function::Exp => map::<V>(
            t,
            src,
            dst,
            #[inline(always)]
            |x| exp(x),
        ),
        Function::ExpNegAbs => map::<V>(
            t,
            src,
            dst,
            #[inline(always)]
            |x| exp_neg_abs(x, V::Elem::NORMAL_LOW),
        ),
        Function::Tanh => map::<V>(
            t,
            src,
            dst,
            #[inline(always)]
            |x| tanh(x),
        ),
        Function::Sigmoid => map::<V>(
            t,
            src,
            dst,
            #[inline(always)]
            |x| sigmoid(x),
        ),
        Function::SigmoidPart => map::<V>(
            t,
            src,
            dst,
            #[inline(always)]
            |x| sigmoid_parts(x).1,
        ),
        Function::SigmoidDelta => map::<V>(
            t,
            src,
            dst,
            #[inline(always)]
            |x| sigmoid_parts(x).0,
        ),
        Function::SigmoidNormal => map::<V>(
            t,
            src,
            dst,
            #[inline(always)]
            |x| sigmoid_from(x, V::Elem::NORMAL_LOW),
        ),
        Function::Erf => map::<V>(
            t,
            src,
            dst,
            #[inline(always)]
            |x| erf(x),
        ),
        Function::Sin => map::<V>(
            t,
            src,
            dst,
            #[inline(always)]
            |x| sin_and_cos(x).0,
        ),
        Function::Ln1p => map::<V>(
            t,
            src,
            dst,
            #[inline(always)]
            |x| ln_1p(x),
        ),
    }
}

/// A float type whose slices can be mapped on a level chosen at run time.
pub(crate) trait Apply: Copy {
    /// The kernel `f` over `src` on `level`. Returns the level that ran.
    fn apply(level: Level, f: Function, src: &[Self], dst: &mut [Self]) -> Level;
    /// The same through the vectors of `wide`.
    fn apply_wide(f: Function, src: &[Self], dst: &mut [Self]);
}

impl Apply for f32 {
    fn apply(level: Level, f: Function, src: &[f32], dst: &mut [f32]) -> Level {
        #[inline(always)]
        fn run<S: Simd>(simd: S, f: Function, src: &[f32], dst: &mut [f32]) -> Level {
            apply_lanes::<Vector<S::f32s>>(simd, f, src, dst);
            simd.level()
        }
        dispatch!(level, simd => run(simd, f, src, dst))
    }
    fn apply_wide(f: Function, src: &[f32], dst: &mut [f32]) {
        apply_lanes::<WideF32>((), f, src, dst);
    }
}

impl Apply for f64 {
    fn apply(level: Level, f: Function, src: &[f64], dst: &mut [f64]) -> Level {
        #[inline(always)]
        fn run<S: Simd>(simd: S, f: Function, src: &[f64], dst: &mut [f64]) -> Level {
            apply_lanes::<Vector<S::f64s>>(simd, f, src, dst);
            simd.level()
        }
        dispatch!(level, simd => run(simd, f, src, dst))
    }
    fn apply_wide(f: Function, src: &[f64], dst: &mut [f64]) {
        apply_lanes::<WideF64>((), f, src, dst);
    }
}
