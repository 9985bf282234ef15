//! Temperature scaling: probabilities made as sure as they are right.

use super::check;
use crate::data::columns::Columns;
use crate::data::domains;
use crate::element::Element;
use crate::error::{Error, Result};
use crate::words::loss::Loss;

/// Larger logits would have squares that overflow, times the steepest scale.
const LARGEST: f64 = 1e150;
/// Newton's steps, or halvings where those leave the bracket; a dozen do as a rule.
const STEPS: usize = 200;

/// One number that makes a classifier's probabilities fit what happens: its logits are divided by
/// the temperature t before the sigmoid or softmax. t > 1 makes an overconfident network less sure,
/// t < 1 a hesitant one surer; of several outputs in a softmax, the likeliest stays the likeliest,
/// and a sigmoid stays on its side of 0.5 (Guo et al. 2017, *On Calibration of Modern Neural
/// Networks*; Platt's scaling without its offset).
///
/// Find it on samples that were held out: on those of the training it would only learn that the
/// network knows them. [`Network::scale_logits`](crate::Network::scale_logits) puts it into a
/// network, and [`Network::try_clone_to_logits`](crate::Network::try_clone_to_logits) predicts
/// logits.
///
/// ```
/// use shallownet::metrics::Temperature;
/// use shallownet::{Activation, Columns, Loss, Network, PredictionWorkspace};
///
/// // Sure of itself by logits of 4 and -4, and right in three cases of four.
/// let mut net = Network::<f64>::builder(1).layer(1, Activation::Sigmoid).build()?;
/// net.set_parameters(&[4.0, 0.0])?;
/// let x = Columns::new(&[1.0, 1.0, 1.0, 1.0, -1.0, -1.0, -1.0, -1.0], 1)?;
/// let y = Columns::new(&[1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0], 1)?;
///
/// let mut workspace = PredictionWorkspace::new(&net, 8)?;
/// let mut logits = [0.0; 8];
/// net.try_clone_to_logits()?.predict(x, &mut logits, &mut workspace)?;
/// let found = Temperature::of_sigmoid(Columns::new(&logits, 1)?, y)?;
/// assert!(found.cost < found.cost_before);
///
/// net.scale_logits(1.0 / found.temperature)?;
/// let mut a = [0.0; 8];
/// net.predict(x, &mut a, &mut workspace)?;
/// assert!((a[0] - 0.75).abs() < 1e-12 && (a[7] - 0.25).abs() < 1e-12);
/// # Ok::<(), shallownet::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Temperature {
    /// What the logits are to be divided by, from [`LEAST`](Self::LEAST) to [`MOST`](Self::MOST).
    pub temperature: f64,
    /// The cost of the logits as they were: the mean cross-entropy.
    pub cost_before: f64,
    /// The cost of the logits divided by the temperature.
    pub cost: f64,
    /// There is no best temperature within the bounds, and this is the nearest of them: the
    /// samples are too few (all of them predicted rightly, for instance), or the predictions no
    /// better than chance.
    pub is_at_bound: bool,
}

impl Temperature {
    /// The lowest temperature that is tried.
    pub const LEAST: f64 = 0.01;
    /// The highest temperature that is tried.
    pub const MOST: f64 = 100.0;

    /// The temperature of the lowest binary cross-entropy on these samples: `logits` are what goes
    /// into the sigmoids of the output, one a row, and `labels` of the same shape are as for
    /// training.
    ///
    /// The cost is convex in 1 / t, so that its derivative has one zero, which Newton's method
    /// finds in f64, within a bracket. 1 / t is found to a relative 1e-10, or to what rounding
    /// leaves of the derivative. Where every temperature is as good (all logits are 0), or the
    /// derivative has vanished already, it is 1. O(values) for each of some ten steps; allocates
    /// nothing.
    ///
    /// # Errors
    /// [`Error::EmptyBatch`]; [`Error::Features`] and [`Error::Samples`] if the shapes differ;
    /// [`Error::NotFinite`]; [`Error::Range`] for logits of more than 1e150; [`Error::Target`] for
    /// labels that are not in [0, 1].
    pub fn of_sigmoid<T: Element>(logits: Columns<'_, T>, labels: Columns<'_, T>) -> Result<Self> {
        Samples::new(logits, labels, Loss::BinaryCrossEntropy).map(|samples| samples.best())
    }

    /// The same for the categorical cross-entropy of a softmax over the rows.
    ///
    /// ```
    /// use shallownet::{Columns, metrics::Temperature};
    ///
    /// // The same logits in three samples, of which two are of class 0.
    /// let z = Columns::new(&[2.0, 0.0, 2.0, 0.0, 2.0, 0.0], 2)?;
    /// let y = Columns::new(&[1.0, 0.0, 1.0, 0.0, 0.0, 1.0], 2)?;
    /// let found = Temperature::of_softmax(z, y)?;
    /// // e^(2 / t) is 2.
    /// assert!((found.temperature - 2.0 / 2_f64.ln()).abs() < 1e-9);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`of_sigmoid`](Self::of_sigmoid), but that [`Error::Target`] is for columns of labels
    /// that are no distribution.
    pub fn of_softmax<T: Element>(logits: Columns<'_, T>, labels: Columns<'_, T>) -> Result<Self> {
        Samples::new(logits, labels, Loss::CategoricalCrossEntropy).map(|samples| samples.best())
    }
}

/// First and second derivative of the cost by the scale 1 / t.
struct Slope {
    first: f64,
    second: f64,
}

struct Samples<'a, T> {
    logits: Columns<'a, T>,
    labels: Columns<'a, T>,
    loss: Loss,
}

impl<'a, T: Element> Samples<'a, T> {
    fn new(logits: Columns<'a, T>, labels: Columns<'a, T>, loss: Loss) -> Result<Self> {
        check(logits, labels)?;
        let large = logits.as_slice().iter().find(|z| z.to_f64().abs() > LARGEST);
        if let Some(z) = large {
            let expected = "a number from -1e150 to 1e150";
            return Err(Error::Range { argument: "a logit", expected, given: z.to_f64() });
        }
        domains::targets(loss, labels)?;
        Ok(Self { logits, labels, loss })
    }

    fn best(&self) -> Temperature {
        let found = |scale: f64, is_at_bound| Temperature {
            temperature: 1.0 / scale,
            cost_before: self.cost(1.0),
            cost: self.cost(scale),
            is_at_bound,
        };
        let (mut low, mut high) = (1.0 / Temperature::MOST, 1.0 / Temperature::LEAST);
        let (mut scale, mut slope) = (1.0, self.slope(1.0));
        if slope.first == 0.0 {
            return found(1.0, false);
        }
        if self.slope(low).first >= 0.0 {
            return found(low, true);
        }
        if self.slope(high).first <= 0.0 {
            return found(high, true);
        }
        for _ in 0..STEPS {
            if slope.first > 0.0 {
                high = scale;
            } else {
                low = scale;
            }
            let newton = scale - slope.first / slope.second;
            // NaN is outside, too.
            let is_inside = newton > low && newton < high;
            let next = if is_inside { newton } else { (low * high).sqrt() };
            let is_found = (next - scale).abs() <= 1e-10 * scale;
            (scale, slope) = (next, self.slope(next));
            if is_found || slope.first == 0.0 {
                break;
            }
        }
        found(scale, false)
    }

    fn pairs(&self) -> impl Iterator<Item = (&[T], &[T])> {
        let n = self.logits.features();
        self.logits.as_slice().chunks_exact(n).zip(self.labels.as_slice().chunks_exact(n))
    }

    /// The mean cross-entropy of the logits times `scale`.
    fn cost(&self, scale: f64) -> f64 {
        let sum: f64 = match self.loss {
            Loss::BinaryCrossEntropy => self.pairs().map(|(z, y)| sigmoids_cost(z, y, scale)).sum(),
            _ => self.pairs().map(|(z, y)| softmax_cost(z, y, scale)).sum(),
        };
        sum / self.logits.samples() as f64
    }

    fn slope(&self, scale: f64) -> Slope {
        let mut sum = Slope { first: 0.0, second: 0.0 };
        for (z, y) in self.pairs() {
            let of = match self.loss {
                Loss::BinaryCrossEntropy => sigmoids_slope(z, y, scale),
                _ => softmax_slope(z, y, scale),
            };
            sum = Slope { first: sum.first + of.first, second: sum.second + of.second };
        }
        let m = self.logits.samples() as f64;
        Slope { first: sum.first / m, second: sum.second / m }
    }
}

/// sum_k ln(1 + e^(s z_k)) - y_k s z_k, without a term that overflows.
fn sigmoids_cost<T: Element>(z: &[T], y: &[T], scale: f64) -> f64 {
    let term = |(z, y): (&T, &T)| {
        let z = z.to_f64() * scale;
        z.max(0.0) - y.to_f64() * z + (-z.abs()).exp().ln_1p()
    };
    z.iter().zip(y).map(term).sum()
}

/// sum_k (a_k - y_k) z_k, and sum_k a_k (1 - a_k) z_k^2.
fn sigmoids_slope<T: Element>(z: &[T], y: &[T], scale: f64) -> Slope {
    let mut slope = Slope { first: 0.0, second: 0.0 };
    for (z, y) in z.iter().zip(y) {
        let (z, y) = (z.to_f64(), y.to_f64());
        let small = (-(z * scale).abs()).exp();
        // a is the smaller of the two sides; a - y without the cancellation of a near 1.
        let a = small / (1.0 + small);
        slope.first += z * if z > 0.0 { (1.0 - y) - a } else { a - y };
        slope.second += z * z * a * (1.0 - a);
    }
    slope
}

/// ln sum_j e^(s z_j) - s sum_k y_k z_k, with logits counted from the largest.
fn softmax_cost<T: Element>(z: &[T], y: &[T], scale: f64) -> f64 {
    let largest = largest(z);
    let from_top = |z: &T| scale * (z.to_f64() - largest);
    let sum: f64 = z.iter().map(|z| from_top(z).exp()).sum();
    z.iter().zip(y).map(|(z, y)| y.to_f64() * (sum.ln() - from_top(z))).sum()
}

/// With d_k = z_k - max z: sum_k (a_k - y_k) d_k, and the variance of d under a.
fn softmax_slope<T: Element>(z: &[T], y: &[T], scale: f64) -> Slope {
    let largest = largest(z);
    let (mut sum, mut first, mut second, mut of_labels, mut all) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for (z, y) in z.iter().zip(y) {
        let (d, y) = (z.to_f64() - largest, y.to_f64());
        let e = (scale * d).exp();
        (sum, first, second) = (sum + e, first + e * d, second + e * d * d);
        (of_labels, all) = (of_labels + y * d, all + y);
    }
    let mean = first / sum;
    Slope { first: all * mean - of_labels, second: all * (second / sum - mean * mean) }
}

fn largest<T: Element>(z: &[T]) -> f64 {
    z.iter().map(|z| z.to_f64()).fold(f64::NEG_INFINITY, f64::max)
}
