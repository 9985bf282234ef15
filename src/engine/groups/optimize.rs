//! An optimiser's step of a whole group, from its gradients.

use core::ops::Range;

use super::job::{By, Net};
use super::room::Parts;
use crate::element::Element;
use crate::engine::float::Float;
use crate::kernels::group::GROUP_LANES;
use crate::kernels::lanes::Lanes;
use crate::kernels::optimizer::{self, Rule, Terms};

/// What a step is made from.
pub(super) struct Update<'a, T> {
    pub(super) net: Net<'a>,
    /// Lanes of the group.
    pub(super) pitch: usize,
    pub(super) losses: &'a [f64; GROUP_LANES],
    pub(super) gradients: &'a [T],
    pub(super) by: By<'a, T>,
}

/// W is as wide as the group. Layers' weights and biases are moved in turn: the penalties are for
/// weights alone.
#[inline(always)]
pub(super) fn run<W>(
    t: W::Token,
    update: &Update<'_, W::Elem>,
    parameters: &mut [W::Elem],
    [m, v]: [&mut [W::Elem]; 2],
    parts: Parts<'_, W::Elem>,
) where
    W: Lanes,
    W::Elem: Float,
{
    let Update { net, pitch, gradients, by, .. } = *update;
    let Parts { part, total, before, .. } = parts;
    let keeps_any = (0..pitch).any(|lane| update.kept(lane) != Kept::Nothing);
    if keeps_any {
        before[..parameters.len()].copy_from_slice(parameters);
        part[..m.len()].copy_from_slice(m);
        total[..v.len()].copy_from_slice(v);
    }
    let clip = match by.clip_norm {
        None => [W::Elem::ONE; GROUP_LANES],
        Some(limit) => clip_factors(limit, gradients, pitch),
    };
    let of_weights = Terms {
        rate: W::load(t, &by.lanes.rates),
        clip: W::load(t, &clip),
        l2: W::load(t, &by.lanes.l2),
        decay: W::load(t, &by.lanes.decays),
    };
    let zero = W::splat(t, W::Elem::ZERO);
    let of_biases = Terms { l2: zero, decay: zero, ..of_weights };
    let mut rule = by.rule.splat::<W>(t);
    if let Rule::Adam { scale, .. } = &mut rule {
        *scale = W::load(t, &by.lanes.scales);
    }
    let mut start = 0;
    for layer in &net.shape.layers {
        for (count, terms) in [(layer.weights(), of_weights), (layer.units, of_biases)] {
            let range = start..start + count * pitch;
            start = range.end;
            let moments = [part_of(m, &range), part_of(v, &range)];
            let w = &mut parameters[range.clone()];
            optimizer::update_rows::<W>(t, &rule, terms, pitch, w, &gradients[range], moments);
        }
    }
    if keeps_any {
        update.give_back([parameters, m, v], [before, part, total]);
    }
}

/// What a step must leave as it is.
#[derive(PartialEq)]
enum Kept {
    Nothing,
    Parameters,
    All,
}

impl<T: Element> Update<'_, T> {
    fn kept(&self, lane: usize) -> Kept {
        let lanes = self.by.lanes;
        if lanes.still[lane] || !self.losses[lane].is_finite() {
            Kept::All
        } else if lanes.rates[lane] == T::ZERO {
            // Even a product with 0 may change a parameter: infinity times 0, -0.0, a small one.
            Kept::Parameters
        } else {
            Kept::Nothing
        }
    }

    /// Writes what was kept over parameters, m and v.
    #[cold]
    fn give_back(&self, values: [&mut [T]; 3], kept: [&mut [T]; 3]) {
        for (index, (values, kept)) in values.into_iter().zip(kept).enumerate() {
            for lane in 0..self.pitch {
                let is_kept = match self.kept(lane) {
                    Kept::All => true,
                    Kept::Parameters => index == 0,
                    Kept::Nothing => false,
                };
                if is_kept && lane < values.len() {
                    let kept = kept[lane..].iter().step_by(self.pitch);
                    let values = values[lane..].iter_mut().step_by(self.pitch);
                    values.zip(kept).for_each(|(value, kept)| *value = *kept);
                }
            }
        }
    }
}

/// A range of a moment that the optimiser may not have.
fn part_of<'a, T>(moment: &'a mut [T], range: &Range<usize>) -> &'a mut [T] {
    moment.get_mut(range.clone()).unwrap_or_default()
}

/// The factor of each lane that brings its gradient's norm down to `limit`: at most 1; NaN for a
/// norm that is NaN.
fn clip_factors<T: Element>(limit: f64, gradients: &[T], pitch: usize) -> [T; GROUP_LANES] {
    let mut sums = sums_of_squares(1.0, gradients, pitch);
    let mut unit = [1.0; GROUP_LANES];
    // Squares outside f64's range are summed again, scaled by a power of two, which is exact.
    const SCALE: f64 = f64::from_bits((1023 + 600) << 52);
    for (scale, is_outside) in
        [(1.0 / SCALE, (|sum| sum > 1e280) as fn(f64) -> bool), (SCALE, |sum| sum < 1e-280)]
    {
        if sums[..pitch].iter().any(|&sum| is_outside(sum)) {
            let scaled = sums_of_squares(scale, gradients, pitch);
            for lane in 0..pitch {
                if unit[lane] == 1.0 && is_outside(sums[lane]) {
                    (sums[lane], unit[lane]) = (scaled[lane], scale);
                }
            }
        }
    }
    let mut factors = [T::ONE; GROUP_LANES];
    for lane in 0..pitch {
        let norm = sums[lane].sqrt() / unit[lane];
        factors[lane] = T::from_f64(if norm <= limit { 1.0 } else { limit / norm });
    }
    factors
}

fn sums_of_squares<T: Element>(scale: f64, gradients: &[T], pitch: usize) -> [f64; GROUP_LANES] {
    let mut sums = [0.0; GROUP_LANES];
    for row in gradients.chunks_exact(pitch) {
        for (sum, g) in sums.iter_mut().zip(row) {
            let g = scale * g.to_f64();
            *sum += g * g;
        }
    }
    sums
}
