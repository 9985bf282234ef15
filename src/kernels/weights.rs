//! The weight gradient of a layer over one tile of columns: dW += factor dZ A^T, db += factor sum dZ.
//!
//!     for each panel of LEN units                      (lanes run over units, as in the weights)
//!       for each tile of R inputs
//!         acc[r] = 0
//!         for each column s
//!           acc[r] += dz[s][panel] * a[s][i + r]       (one load, R scalar broadcasts, R FMAs)
//!         dw[panel][i + r] = keep dw + factor acc[r]
//!
//! 1. The result lies as the weights do, so `dw` may be the weights themselves with the factor
//!    -lr/m: then a step of gradient descent never writes a gradient.
//! 2. dZ's panel (columns * 64 bytes) stays in L1 while A's tile streams by.
//! 3. Each element is summed over the tile's columns in order, with one rounding a term, at every
//!    register width.
//! 4. db rides along with the first inputs: one addition more a column.

use super::lanes::Lanes;
use crate::engine::block::{Block, GradientMode, GradientRows};
use crate::scalar::Scalar;

/// Both `dz` and the parameters are padded to whole panels; `into.rows` starts at one.
#[inline(always)]
pub(crate) fn accumulate<V>(
    t: V::Token,
    registers: usize,
    dz: Block<'_, V::Elem>,
    a: Block<'_, V::Elem>,
    factor: V::Elem,
    into: GradientRows<'_, V::Elem>,
    mode: GradientMode,
) where
    V: Lanes,
    V::Elem: Scalar,
{
    let job = Job { t, dz, a, factor: V::splat(t, factor), mode };
    if registers == 1 { job.run::<12, 8>(into) } else { job.run::<6, 4>(into) }
}

struct Job<'a, V: Lanes> {
    t: V::Token,
    dz: Block<'a, V::Elem>,
    a: Block<'a, V::Elem>,
    factor: V,
    mode: GradientMode,
}

impl<V> Job<'_, V>
where
    V: Lanes,
    V::Elem: Scalar,
{
    #[inline(always)]
    fn run<const BIG: usize, const SMALL: usize>(&self, into: GradientRows<'_, V::Elem>) {
        let inputs = self.a.rows;
        let panels =
            into.dw.chunks_exact_mut(inputs * V::LEN).zip(into.db.chunks_exact_mut(V::LEN));
        for (p, (dw, db)) in panels.enumerate() {
            let unit = into.rows.start + p * V::LEN;
            self.bias(unit, db);
            let mut input = 0;
            while input < inputs {
                let left = inputs - input;
                if left >= BIG && (left % BIG == 0 || left > 2 * SMALL || left < 2 * SMALL) {
                    self.tile::<BIG>(unit, input, dw);
                    input += BIG;
                } else if left >= SMALL {
                    self.tile::<SMALL>(unit, input, dw);
                    input += SMALL;
                } else if left >= 4 {
                    self.tile::<4>(unit, input, dw);
                    input += 4;
                } else if left >= 2 {
                    self.tile::<2>(unit, input, dw);
                    input += 2;
                } else {
                    self.tile::<1>(unit, input, dw);
                    input += 1;
                }
            }
        }
    }

    #[inline(always)]
    fn tile<const R: usize>(&self, unit: usize, input: usize, dw: &mut [V::Elem]) {
        let mut acc = [V::splat(self.t, V::Elem::ZERO); R];
        let columns =
            self.dz.data.chunks_exact(self.dz.stride).zip(self.a.data.chunks_exact(self.a.stride));
        for (dz, a) in columns {
            let dz = V::load(self.t, &dz[unit..]);
            let a = &a[input..input + R];
            for r in 0..R {
                acc[r] = dz.mul_add(V::splat(self.t, a[r]), acc[r]);
            }
        }
        for (r, dw) in dw[input * V::LEN..(input + R) * V::LEN].chunks_exact_mut(V::LEN).enumerate()
        {
            self.finish(acc[r], dw);
        }
    }

    #[inline(always)]
    fn bias(&self, unit: usize, db: &mut [V::Elem]) {
        let mut acc = V::splat(self.t, V::Elem::ZERO);
        for dz in self.dz.data.chunks_exact(self.dz.stride) {
            acc = acc + V::load(self.t, &dz[unit..]);
        }
        self.finish(acc, db);
    }

    #[inline(always)]
    fn finish(&self, acc: V, into: &mut [V::Elem]) {
        match self.mode {
            GradientMode::Overwrite => (acc * self.factor).store(into),
            GradientMode::Accumulate => acc.mul_add(self.factor, V::load(self.t, into)).store(into),
        }
    }
}
