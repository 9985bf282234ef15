//! Making a problem small, as long as the same answer is wrong.

use super::implementation::Implementation;
use super::judge::{Verdict, judge};
use crate::testing::bounds::Disagreement;
use crate::testing::cases::{Dense, Problem};
use crate::{Activation, Loss, Scalar};

/// The most problems that are tried.
const TRIES: usize = 4000;

/// The smallest problem found, and what is wrong with it: fewer samples, layers, units and inputs,
/// then plainer numbers. Each is a network that can be.
pub(super) fn shrink<T: Scalar, I: Implementation<T> + ?Sized>(
    implementation: &mut I,
    problem: Problem<T>,
    disagreement: Disagreement,
) -> (Problem<T>, Disagreement) {
    let what = disagreement.quantity().to_owned();
    let (mut best, mut tries) = ((problem, disagreement), 0);
    loop {
        let before = tries;
        let mut has_changed = false;
        let mut at = 0;
        // Each change is tried at the place where the last one was taken, so that a long list is not
        // begun again for each value.
        while let Some(next) = change(&best.0, at) {
            at += 1;
            let Some(next) = next else { continue };
            if tries >= TRIES {
                return best;
            }
            tries += 1;
            if let Verdict::Disagrees(d) = judge(implementation, &next)
                && d.quantity() == what
            {
                best = (next, d);
                has_changed = true;
                at = at.saturating_sub(1);
            }
        }
        if !has_changed || before == tries {
            return best;
        }
    }
}

/// The change of this number: `None` when there are no more, `Some(None)` if it can't be made.
fn change<T: Scalar>(problem: &Problem<T>, at: usize) -> Option<Option<Problem<T>>> {
    let mut at = at;
    let mut is_next = |count: usize| {
        let found = (at < count).then_some(at);
        at = at.wrapping_sub(count);
        found
    };
    // Only one sample, then all but one.
    if let Some(s) = is_next(problem.samples) {
        return Some((problem.samples > 1).then(|| problem.only(|sample| sample == s)));
    }
    if let Some(s) = is_next(problem.samples) {
        return Some((problem.samples > 1).then(|| problem.only(|sample| sample != s)));
    }
    let layers = problem.layers.len();
    if let Some(l) = is_next(layers - 1) {
        return Some(Some(problem.without_layer(l)));
    }
    // Half of a layer's units or inputs, then one; layer 0 are the inputs.
    let sizes: Vec<usize> = (0..=layers).map(|l| problem.size(l)).collect();
    for (l, &size) in sizes.iter().enumerate() {
        if let Some(half) = is_next(2) {
            let keep = |i: usize| (i < size / 2) == (half == 0);
            return Some((size > 3).then(|| problem.with_units(l, keep)).flatten());
        }
        if let Some(unit) = is_next(size) {
            return Some((size > 1).then(|| problem.with_units(l, |i| i != unit)).flatten());
        }
    }
    // Plainer numbers.
    let count = problem.numbers().count();
    let plainer: [fn(f64) -> f64; 4] = [|_| 0.0, |_| 1.0, f64::round, |v| (v * 8.0).round() / 8.0];
    for plain in plainer {
        if let Some(number) = is_next(count) {
            let old = problem.numbers().nth(number)?.to_f64();
            let new = plain(old);
            let is_plainer = new != old && old.abs() != 1.0 && old != 0.0;
            return Some(is_plainer.then(|| problem.with_number(number, T::from_f64(new))));
        }
    }
    None
}

impl<T: Scalar> Problem<T> {
    fn only(&self, keep: impl Fn(usize) -> bool) -> Self {
        let rows = |values: &[T], n: usize| -> Vec<T> {
            let rows = values.chunks(n).enumerate().filter(|(s, _)| keep(*s));
            rows.flat_map(|(_, row)| row).copied().collect()
        };
        let (x, y) = (rows(&self.x, self.inputs()), rows(&self.y, self.targets()));
        Self { samples: x.len() / self.inputs(), x, y, ..self.clone() }
    }

    /// Inputs (of 0), or units of the layer before `l`.
    fn size(&self, l: usize) -> usize {
        if l == 0 { self.inputs() } else { self.layers[l - 1].b.len() }
    }

    /// The next layer reads what this one has read: its weights are cut, or repeated.
    fn without_layer(&self, l: usize) -> Self {
        let mut problem = self.clone();
        let gone = problem.layers.remove(l);
        let next = &mut problem.layers[l];
        let row = |row: &[T]| -> Vec<T> { row.iter().copied().cycle().take(gone.inputs).collect() };
        next.w = next.w.chunks(next.inputs).flat_map(row).collect();
        next.inputs = gone.inputs;
        problem
    }

    /// With those of a layer's units, or of the inputs, that are kept. `None` where the output can't
    /// have so few.
    fn with_units(&self, l: usize, keep: impl Fn(usize) -> bool) -> Option<Self> {
        let mut problem = self.clone();
        let kept = (0..self.size(l)).filter(|&i| keep(i)).count();
        let columns = |values: &[T], n: usize| -> Vec<T> {
            let all = values.iter().enumerate().filter(|(at, _)| keep(at % n));
            all.map(|(_, &v)| v).collect()
        };
        if l == 0 {
            problem.x = columns(&self.x, self.inputs());
        } else {
            let Dense { inputs, w, b, .. } = &mut problem.layers[l - 1];
            let rows = w.chunks(*inputs).enumerate().filter(|(j, _)| keep(*j));
            *w = rows.flat_map(|(_, row)| row).copied().collect();
            *b = columns(b, b.len());
        }
        if let Some(next) = problem.layers.get_mut(l) {
            next.w = columns(&next.w, next.inputs);
            next.inputs = kept;
            return Some(problem);
        }
        let output = self.layers[self.layers.len() - 1].activation;
        if self.loss == Loss::GaussianNll || output == Activation::Softmax && kept < 2 {
            return None;
        }
        problem.y = columns(&self.y, self.targets());
        if self.loss == Loss::CategoricalCrossEntropy {
            // What is missing goes to the first class, so that each column remains a distribution.
            for y in problem.y.chunks_mut(kept) {
                let others: f64 = y[1..].iter().map(|y| y.to_f64()).sum();
                y[0] = T::from_f64((1.0 - others).max(0.0));
            }
        }
        Some(problem)
    }

    /// All parameters and inputs. (Targets have domains.)
    fn numbers(&self) -> impl Iterator<Item = &T> {
        self.layers.iter().flat_map(|layer| layer.w.iter().chain(&layer.b)).chain(&self.x)
    }

    fn with_number(&self, at: usize, value: T) -> Self {
        let mut problem = self.clone();
        let parameters = problem.layers.iter_mut().flat_map(|l| l.w.iter_mut().chain(&mut l.b));
        if let Some(number) = parameters.chain(&mut problem.x).nth(at) {
            *number = value;
        }
        problem
    }
}
