//! The weight gradient of layers whose units fill their registers: dZ is turned, so that units lie
//! in lanes as they do in the weights, and no sum over lanes is left to take.
//!
//! ```text
//! for each panel
//!   turned[s] = dz of the panel's units               (LEN x LEN values at a time)
//!   for each tile of R inputs
//!     for each sample s
//!       dw[i + r] += turned[s] * a[i + r][s]          (one load, R scalar broadcasts, R FMAs)
//!   db += turned[s]
//! ```

use super::end::turn_back;
use super::{Rows, side_by_side};
use crate::element::Element;
use crate::kernels::lanes::Lanes;
use crate::kernels::shuffle::Shuffle;

/// dw += dz a^T and db += dz of a block's samples, in their order; the first block overwrites. `dw`
/// and `db` are laid out as the parameters, `turned` has room for a panel of each sample.
#[inline(always)]
pub(crate) fn weights<V>(
    t: V::Token,
    registers: usize,
    (inputs, units): (usize, usize),
    (first, rows, samples): (bool, Rows, usize),
    (dz, a): (&[V::Elem], &[V::Elem]),
    turned: &mut [V::Elem],
    (dw, db): (&mut [V::Elem], &mut [V::Elem]),
) where
    V: Shuffle,
{
    let dw = V::Elem::panels_mut(dw);
    for (panel, db) in V::Elem::panels_mut(db).iter_mut().enumerate() {
        let unit = panel * V::LEN;
        let (dz, present) = (&dz[unit * rows.stride..], V::LEN.min(units - unit));
        let room = &mut turned[..rows.steps * V::LEN * V::LEN];
        turn_back::<V>(t, (dz, rows.stride), present, room, V::LEN);
        let job =
            Job::<V> { t, first, stride: rows.stride, d: &V::Elem::panels(turned)[..samples] };
        job.bias(db.as_mut());
        let dw = &mut dw[panel * inputs..][..inputs];
        let mut input = 0;
        while input < inputs {
            let (a, dw) = (&a[input * rows.stride..], &mut dw[input..]);
            // As many sums as hide the FMA's latency, in half of the registers or so.
            input += match inputs - input {
                left if left >= 8 && registers == 1 => job.tile::<8>(a, dw),
                left if left >= 4 && side_by_side(registers) == 4 => job.tile::<4>(a, dw),
                left if left >= 2 => job.tile::<2>(a, dw),
                _ => job.tile::<1>(a, dw),
            };
        }
    }
}

struct Job<'a, V: Lanes> {
    t: V::Token,
    first: bool,
    stride: usize,
    /// dZ of a panel's units, of each sample.
    d: &'a [<V::Elem as Element>::Panel],
}

impl<V> Job<'_, V>
where
    V: Lanes,
{
    #[inline(always)]
    fn before(&self, sums: &[V::Elem]) -> V {
        if self.first { V::splat(self.t, V::Elem::ZERO) } else { V::load(self.t, sums) }
    }

    /// The first R inputs. Returns R.
    #[inline(always)]
    fn tile<const R: usize>(&self, a: &[V::Elem], dw: &mut [<V::Elem as Element>::Panel]) -> usize {
        let (mut acc, mut x) = ([V::splat(self.t, V::Elem::ZERO); R], [&[][..]; R]);
        for r in 0..R {
            acc[r] = self.before(dw[r].as_ref());
            x[r] = &a[r * self.stride..][..self.d.len()];
        }
        for s in 0..self.d.len() {
            let d = V::load(self.t, self.d[s].as_ref());
            for r in 0..R {
                acc[r] = d.mul_add(V::splat(self.t, x[r][s]), acc[r]);
            }
        }
        for r in 0..R {
            acc[r].store(dw[r].as_mut());
        }
        R
    }

    /// Four sums, so that a sample does not wait for the one before.
    #[inline(always)]
    fn bias(&self, db: &mut [V::Elem]) {
        let mut acc = [V::splat(self.t, V::Elem::ZERO); 4];
        let mut four = self.d.chunks_exact(4);
        for d in &mut four {
            for k in 0..4 {
                acc[k] = acc[k] + V::load(self.t, d[k].as_ref());
            }
        }
        for d in four.remainder() {
            acc[0] = acc[0] + V::load(self.t, d.as_ref());
        }
        let sum = (acc[0] + acc[1]) + (acc[2] + acc[3]);
        (self.before(db) + sum).store(db);
    }
}

#[cfg(test)]
mod tests {
    use fearless_simd::{Level, Simd, dispatch};

    use super::*;
    use crate::kernels::lanes::{F32x16, F64x8};

    /// Small whole numbers, whose sums are exact in any order.
    fn number(k: usize) -> f64 {
        (k * k % 7) as f64 - 3.0
    }

    #[inline(always)]
    fn check<V>(t: V::Token)
    where
        V: Shuffle,
    {
        let stride = 4 * V::LEN;
        let value = |k: usize| V::Elem::from_f64(number(k));
        for (inputs, units, samples) in [(8, V::LEN, 4 * V::LEN), (15, 2 * V::LEN - 1, 7)] {
            let panels = units.div_ceil(V::LEN);
            let dz: Vec<_> = (0..units * stride).map(value).collect();
            let a: Vec<_> = (0..inputs * stride).map(|k| value(k + 5)).collect();
            let rows = Rows { stride, steps: samples.div_ceil(V::LEN) };
            for registers in [1, 2, 4] {
                let mut turned = vec![value(2); stride * V::LEN];
                let mut dw = vec![value(2); panels * inputs * V::LEN];
                let mut db = vec![value(2); panels * V::LEN];
                for first in [true, false] {
                    let (of, into) = ((dz.as_slice(), a.as_slice()), (&mut *dw, &mut *db));
                    let block = (first, rows, samples);
                    weights::<V>(t, registers, (inputs, units), block, of, &mut turned, into);
                    let times = if first { 1.0 } else { 2.0 };
                    for unit in 0..panels * V::LEN {
                        let (panel, lane) = (unit / V::LEN, unit % V::LEN);
                        let d = |s| if unit < units { number(unit * stride + s) } else { 0.0 };
                        let sum: f64 = (0..samples).map(d).sum();
                        assert_eq!(db[unit].to_f64(), times * sum, "db of unit {unit}");
                        for i in 0..inputs {
                            let term = |s| d(s) * number(i * stride + s + 5);
                            let sum: f64 = (0..samples).map(term).sum();
                            let found = dw[(panel * inputs + i) * V::LEN + lane].to_f64();
                            assert_eq!(found, times * sum, "dw of unit {unit}, input {i}");
                        }
                    }
                }
            }
        }
    }

    #[inline(always)]
    fn check_both<S: Simd>(simd: S) {
        check::<F32x16<S>>(simd);
        check::<F64x8<S>>(simd);
    }

    #[test]
    fn the_gradient_is_the_sum_over_samples_whatever_was_there() {
        for level in [Level::new(), Level::baseline()] {
            dispatch!(level, simd => check_both(simd));
        }
    }
}
