//! Vectors of f64: products, sums, and RPROP's step.
//!
//! Plain loops over groups of 8, which become vectors at every level. No product is fused with a
//! sum, so that the bits are the same with FMA and without.

/// The sum of a_i b_i: 8 sums side by side, added up in turn.
#[inline(always)]
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    let mut sums = [0.0; 8];
    for (a, b) in a.iter().zip(b) {
        for k in 0..8 {
            sums[k] += a[k] * b[k];
        }
    }
    let mut sum = 0.0;
    for (a, b) in a_rest.iter().zip(b_rest) {
        sum += a * b;
    }
    for part in sums {
        sum += part;
    }
    sum
}

/// into = a + factor b
#[inline(always)]
pub(crate) fn sum(a: &[f64], factor: f64, b: &[f64], into: &mut [f64]) {
    for ((a, b), into) in a.iter().zip(b).zip(into) {
        *into = a + factor * b;
    }
}

/// into += factor x
#[inline(always)]
pub(crate) fn add(factor: f64, x: &[f64], into: &mut [f64]) {
    for (x, into) in x.iter().zip(into) {
        *into += factor * x;
    }
}

/// into = factor into + x
#[inline(always)]
pub(crate) fn scale_add(factor: f64, x: &[f64], into: &mut [f64]) {
    for (x, into) in x.iter().zip(into) {
        *into = factor * *into + x;
    }
}

/// RPROP's numbers of some parameters.
#[derive(Debug)]
pub struct Resilient<'a> {
    pub(crate) parameters: &'a mut [f64],
    pub(crate) gradient: &'a [f64],
    /// The gradient before, 0 where its sign had changed.
    pub(crate) before: &'a mut [f64],
    pub(crate) sizes: &'a mut [f64],
    pub(crate) change: &'a mut [f64],
}

/// How RPROP's step sizes change.
#[derive(Debug, Clone, Copy)]
pub struct ResilientRule {
    /// Where the sign has changed, is the last change taken back? (Otherwise the parameter stays.)
    pub(crate) takes_back: bool,
    pub(crate) least: f64,
    pub(crate) greatest: f64,
    pub(crate) grow: f64,
    pub(crate) shrink: f64,
}

/// One step of iRPROP (Igel and Huesken 2000): `change` becomes what was added.
#[inline(always)]
pub(crate) fn resilient(rule: ResilientRule, at: &mut Resilient<'_>) {
    let ResilientRule { takes_back, least, greatest, grow, shrink } = rule;
    let Resilient { parameters, gradient, before, sizes, change } = at;
    let values = parameters.iter_mut().zip(gradient.iter()).zip(before.iter_mut());
    for (((w, &g), before), (size, change)) in values.zip(sizes.iter_mut().zip(change.iter_mut())) {
        let product = *before * g;
        let turned = product < 0.0;
        let factor = if product > 0.0 {
            grow
        } else if turned {
            shrink
        } else {
            1.0
        };
        // Unchanged sizes may lie outside the limits only if they began there.
        *size = (*size * factor).clamp(least, greatest);
        let sign = f64::from(u8::from(g > 0.0)) - f64::from(u8::from(g < 0.0));
        let back = if takes_back { -*change } else { 0.0 };
        *change = if turned { back } else { -sign * *size };
        *before = if turned { 0.0 } else { g };
        *w += *change;
    }
}
