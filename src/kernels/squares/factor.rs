//! A = L D L^T of a symmetric positive definite A, and A x = b: Cholesky's factorization without
//! its roots, so that the chain from pivot to pivot is a division long.
//!
//! ```text
//! for each panel of 8 rows
//!   the panel -= L^T D L of the rows above, register by register
//!   its first 8 columns: for each row k, d_k = a_kk; the rows below -= (a_ki / d_k) row k
//!   its other columns: the same, register by register
//! ```
//! Above the diagonal, row k becomes U_k = d_k L_ik (i > k). The right-hand side is a column beside
//! A: after the factorization it is D L^-1 b... so that only the way back is left.
//!
//! N. Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd ed., section 10.1 and theorem
//! 10.3: the computed factors are those of A + dA, |dA| <= gamma_(n+1) |L| D |L^T|. Each element is
//! a sum of at most n products of three factors here (1/d_k is rounded once more), so n + 4 takes the
//! place of n + 1.

use crate::kernels::lanes::Lanes;
use crate::kernels::shuffle::{Shuffle, lane_sums};

/// Rows of a panel: a register's lanes.
pub(crate) const PANEL: usize = 8;

/// A symmetric matrix, of which what is on and above the diagonal is read, and a right-hand side.
pub(crate) struct System<'a> {
    /// Rows, a multiple of [`PANEL`].
    pub(crate) n: usize,
    /// `[row][column]`, rows n + PANEL apart; column n is the right-hand side.
    pub(crate) a: &'a mut [f64],
    /// n values: 1 / d.
    pub(crate) inverse: &'a mut [f64],
    /// n PANEL values.
    pub(crate) scratch: &'a mut [f64],
}

/// Factors in place. False if a pivot is not above 0, or not finite: A is not positive definite (to
/// the machine's precision), and what the system holds is nothing.
#[inline(always)]
pub(crate) fn factor<V>(t: V::Token, system: &mut System<'_>) -> bool
where
    V: Lanes<Elem = f64>,
{
    let System { n, a, inverse, scratch } = system;
    let (n, pitch) = (*n, *n + PANEL);
    let mut k0 = 0;
    while k0 < n {
        let (above, rest) = a.split_at_mut(k0 * pitch);
        let panel = &mut rest[..PANEL * pitch];
        for (p, l) in scratch[..k0 * PANEL].chunks_exact_mut(PANEL).enumerate() {
            let u = V::load(t, &above[p * pitch + k0..]);
            (u * V::splat(t, inverse[p])).store(l);
        }
        let mut at = if k0 == 0 { pitch } else { k0 };
        while at < pitch {
            from_above::<V>(t, above, &scratch[..k0 * PANEL], panel, (pitch, at));
            at += PANEL;
        }
        let mut factors = [[0.0; PANEL]; PANEL];
        if !corner(panel, (pitch, k0), &mut inverse[k0..k0 + PANEL], &mut factors) {
            return false;
        }
        let mut at = k0 + PANEL;
        while at < pitch {
            beside::<V>(t, &factors, panel, (pitch, at));
            at += PANEL;
        }
        k0 += PANEL;
    }
    true
}

/// A register of columns of the panel, minus what the rows above have to do with it.
#[inline(always)]
fn from_above<V>(
    t: V::Token,
    above: &[f64],
    l: &[f64],
    panel: &mut [f64],
    (pitch, at): (usize, usize),
) where
    V: Lanes<Elem = f64>,
{
    let mut sums = [V::splat(t, 0.0); PANEL];
    for r in 0..PANEL {
        sums[r] = V::load(t, &panel[r * pitch + at..]);
    }
    for (u, l) in above.chunks_exact(pitch).zip(l.chunks_exact(PANEL)) {
        let u = V::load(t, &u[at..]);
        for r in 0..PANEL {
            sums[r] = V::splat(t, l[r]).neg_mul_add(u, sums[r]);
        }
    }
    for r in 0..PANEL {
        sums[r].store(&mut panel[r * pitch + at..]);
    }
}

/// The panel's square on the diagonal, value by value. (No product is fused with a sum, so that the
/// bits do not depend on how it is compiled.) `factors[k][i]` is a_ki / d_k.
#[inline(always)]
fn corner(
    panel: &mut [f64],
    (pitch, k0): (usize, usize),
    inverse: &mut [f64],
    factors: &mut [[f64; PANEL]; PANEL],
) -> bool {
    let mut a = [[0.0; PANEL]; PANEL];
    for k in 0..PANEL {
        let row = &panel[k * pitch + k0..k * pitch + k0 + PANEL];
        a[k].copy_from_slice(row);
    }
    let mut good = true;
    for k in 0..PANEL {
        let d = a[k][k];
        good &= d > 0.0 && d < f64::INFINITY;
        inverse[k] = 1.0 / d;
        for i in k + 1..PANEL {
            let factor = a[k][i] * inverse[k];
            factors[k][i] = factor;
            for j in i..PANEL {
                a[i][j] -= factor * a[k][j];
            }
        }
    }
    for k in 0..PANEL {
        let row = &mut panel[k * pitch + k0..k * pitch + k0 + PANEL];
        row.copy_from_slice(&a[k]);
    }
    good
}

/// A register of columns of the panel to the right of its corner.
#[inline(always)]
fn beside<V>(
    t: V::Token,
    factors: &[[f64; PANEL]; PANEL],
    panel: &mut [f64],
    (pitch, at): (usize, usize),
) where
    V: Lanes<Elem = f64>,
{
    let mut rows = [V::splat(t, 0.0); PANEL];
    for r in 0..PANEL {
        rows[r] = V::load(t, &panel[r * pitch + at..]);
    }
    for k in 0..PANEL {
        for i in k + 1..PANEL {
            rows[i] = V::splat(t, factors[k][i]).neg_mul_add(rows[k], rows[i]);
        }
    }
    for r in 0..PANEL {
        rows[r].store(&mut panel[r * pitch + at..]);
    }
}

/// x of A x = b, from the factored system.
#[inline(always)]
pub(crate) fn solve<V>(t: V::Token, system: &System<'_>, x: &mut [f64])
where
    V: Shuffle<Elem = f64>,
{
    let (n, pitch) = (system.n, system.n + PANEL);
    let mut k0 = n;
    while k0 > 0 {
        k0 -= PANEL;
        let panel = &system.a[k0 * pitch..(k0 + PANEL) * pitch];
        let mut sums = [V::splat(t, 0.0); PANEL];
        let mut at = k0 + PANEL;
        while at < n {
            let x = V::load(t, &x[at..]);
            for r in 0..PANEL {
                sums[r] = V::load(t, &panel[r * pitch + at..]).mul_add(x, sums[r]);
            }
            at += PANEL;
        }
        let mut known = [0.0; PANEL];
        lane_sums::<V, PANEL>(sums).store(&mut known);
        let mut b = [0.0; PANEL];
        for r in 0..PANEL {
            b[r] = panel[r * pitch + n] - known[r];
        }
        for k in (0..PANEL).rev() {
            let value = b[k] * system.inverse[k0 + k];
            x[k0 + k] = value;
            for i in 0..k {
                b[i] -= panel[i * pitch + k0 + k] * value;
            }
        }
    }
}

/// The trace of A^-1 = L^-T D^-1 L^-1, from the factored system: for each unit vector e, y = L^-1 e,
/// and the sum of y_k^2 / d_k. Only the first `count` of the diagonal. O(n^3 / 3). `y` has n values.
#[inline(always)]
pub(crate) fn trace_of_inverse(system: &System<'_>, count: usize, y: &mut [f64]) -> f64 {
    let (n, pitch) = (system.n, system.n + PANEL);
    let mut trace = 0.0;
    for e in 0..count {
        y.fill(0.0);
        y[e] = 1.0;
        for k in e..n {
            let factor = y[k] * system.inverse[k];
            trace += y[k] * factor;
            let row = &system.a[k * pitch..k * pitch + n];
            for (y, u) in y[k + 1..n].iter_mut().zip(&row[k + 1..]) {
                *y -= factor * u;
            }
        }
    }
    trace
}
