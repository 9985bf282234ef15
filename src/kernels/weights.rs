//! The weight gradient of a layer over one tile of columns: dW += factor dZ A^T, db += factor sum dZ.
//!
//! ```text
//! for each panel of LEN units                      (lanes run over units, as in the weights)
//!   for each tile of R inputs
//!     acc[r] = 0
//!     for each column s
//!       acc[r] += dz[s][panel] * a[s][i + r]       (one load, R scalar broadcasts, R FMAs)
//!     dw[panel][i + r] = dw + factor acc[r]          (the first tile: factor acc[r])
//! ```
//!
//! 1. The sums lie as the weights do. With the factor -lr/m, the last tile adds them to the weights
//!    instead of storing them: with a single tile, a step of gradient descent writes no gradient.
//! 2. dZ's panel (columns * 64 bytes) stays in L1 while A's tile streams by.
//! 3. Each element is summed over the tile's columns in order, with one rounding a term, at every
//!    register width.
//! 4. db rides along with the first inputs: one addition more a column.

use super::lanes::Lanes;
use crate::engine::block::{Block, GradientRows, Turn};
use crate::scalar::Scalar;

/// Both `dz` and the parameters are padded to whole panels of `width`; `into.rows` starts at one.
#[inline(always)]
pub(crate) fn accumulate<V>(
    t: V::Token,
    (registers, width): (usize, usize),
    dz: Block<'_, V::Elem>,
    a: Block<'_, V::Elem>,
    factor: V::Elem,
    into: GradientRows<'_, V::Elem>,
    turn: Turn,
) where
    V: Lanes,
    V::Elem: Scalar,
{
    let job = Job { t, dz, a, width, factor: V::splat(t, factor), turn };
    if registers == 1 { job.run::<12, 8>(into) } else { job.run::<6, 4>(into) }
}

struct Job<'a, V: Lanes> {
    t: V::Token,
    dz: Block<'a, V::Elem>,
    a: Block<'a, V::Elem>,
    width: usize,
    factor: V,
    turn: Turn,
}

impl<V> Job<'_, V>
where
    V: Lanes,
    V::Elem: Scalar,
{
    #[inline(always)]
    fn run<const BIG: usize, const SMALL: usize>(&self, into: GradientRows<'_, V::Elem>) {
        let inputs = self.a.rows;
        let (sums_w, sums_b) = into.sums;
        let (mut w, mut b) = into.parameters.unzip();
        let width = self.width;
        let panels = sums_w.chunks_exact_mut(inputs * width).zip(sums_b.chunks_exact_mut(width));
        for (p, (dw, db)) in panels.enumerate() {
            let (unit, panel) = (into.rows.start + p * width, p * inputs * width);
            let mut dw = Target { sums: dw, parameters: w.as_mut().map(|w| &mut w[panel..]) };
            let b = b.as_mut().map(|b| &mut b[p * width..]);
            self.bias(unit, Target { sums: db, parameters: b });
            let mut input = 0;
            while input < inputs {
                let left = inputs - input;
                if left >= BIG && (left.is_multiple_of(BIG) || left != 2 * SMALL) {
                    self.tile::<BIG>(unit, input, &mut dw);
                    input += BIG;
                } else if left >= SMALL {
                    self.tile::<SMALL>(unit, input, &mut dw);
                    input += SMALL;
                } else if left >= 4 {
                    self.tile::<4>(unit, input, &mut dw);
                    input += 4;
                } else if left >= 2 {
                    self.tile::<2>(unit, input, &mut dw);
                    input += 2;
                } else {
                    self.tile::<1>(unit, input, &mut dw);
                    input += 1;
                }
            }
        }
    }

    #[inline(always)]
    fn tile<const R: usize>(&self, unit: usize, input: usize, dw: &mut Target<'_, V::Elem>) {
        let mut acc = [V::splat(self.t, V::Elem::ZERO); R];
        let dz = self.dz.data.chunks_exact(self.dz.stride);
        for (dz, a) in dz.zip(self.a.data.chunks_exact(self.a.stride)) {
            let dz = V::load(self.t, &dz[unit..]);
            let a = &a[input..input + R];
            for r in 0..R {
                acc[r] = dz.mul_add(V::splat(self.t, a[r]), acc[r]);
            }
        }
        for r in 0..R {
            self.finish(acc[r], (input + r) * self.width, dw);
        }
    }

    #[inline(always)]
    fn bias(&self, unit: usize, mut db: Target<'_, V::Elem>) {
        let mut acc = V::splat(self.t, V::Elem::ZERO);
        for dz in self.dz.data.chunks_exact(self.dz.stride) {
            acc = acc + V::load(self.t, &dz[unit..]);
        }
        self.finish(acc, 0, &mut db);
    }

    #[inline(always)]
    fn finish(&self, acc: V, at: usize, into: &mut Target<'_, V::Elem>) {
        let sums = &mut into.sums[at..];
        match (self.turn.first, into.parameters.as_mut().filter(|_| self.turn.last)) {
            (true, None) => (acc * self.factor).store(sums),
            (false, None) => acc.mul_add(self.factor, V::load(self.t, sums)).store(sums),
            (true, Some(w)) => {
                let w = &mut w[at..];
                acc.mul_add(self.factor, V::load(self.t, w)).store(w);
            }
            (false, Some(w)) => {
                let (w, sum) = (&mut w[at..], acc.mul_add(self.factor, V::load(self.t, sums)));
                (V::load(self.t, w) + sum).store(w);
            }
        }
    }
}

/// Where one panel's sums go, and its parameters if they are updated.
struct Target<'a, T> {
    sums: &'a mut [T],
    parameters: Option<&'a mut [T]>,
}
