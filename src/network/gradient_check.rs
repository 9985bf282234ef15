//! The check of gradients by finite differences, for users.

use core::fmt;
use std::collections::BTreeSet;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::data::checks;
use crate::data::columns::Columns;
use crate::data::targets::Targets;
use crate::error::Result;
use crate::network::parameters::Network;
use crate::network::workspace::TrainingWorkspace;
use crate::reference;
use crate::scalar::Scalar;

/// Compares [`Network::backward`] with central differences of the cost, up to 200 parameters a
/// layer: [`GradientCheck`] with its defaults.
///
/// ```
/// use shallownet::{Activation, Columns, Init, Network, gradient_check};
///
/// let net = Network::<f64>::builder(3)
///     .layer(5, Activation::Tanh)
///     .layer(1, Activation::Sigmoid)
///     .init(Init::XavierNormal, 1)
///     .build()?;
/// let x = Columns::new(&[0.1, -0.7, 0.3, 0.9, 0.4, -0.2], 3)?;
/// let report = gradient_check(&net, x, Columns::new(&[1.0, 0.0], 1)?)?;
/// assert_eq!(report.checked, net.parameter_count());
/// assert!(report.distance < 1e-8);
/// println!("{report}");
/// # Ok::<(), shallownet::Error>(())
/// ```
///
/// # Errors
/// As [`GradientCheck::run`].
pub fn gradient_check<'a, T: Scalar>(
    net: &Network<T>,
    x: Columns<'_, T>,
    y: impl Into<Targets<'a, T>>,
) -> Result<GradientReport> {
    GradientCheck::default().run(net, x, y)
}

/// How gradients are checked: dJ/dp is compared with D = (J(p + h) - J(p - h)) / 2h.
///
/// **In f64, always.** J is computed by the [`reference`](mod@crate::reference) network in f64,
/// whose parameters are those of `net`, widened exactly. So the differences of an f32 network are
/// as good as those of an f64 network, and what is left is the rounding of its f32 backward pass.
///
/// **The step.** The truncation error of D is h^2 |J'''| / 6, its rounding error about u |J| / h
/// with u = 2^-53; their sum is least where h is near the cube root of u (Nocedal and Wright,
/// *Numerical Optimization*, 2nd edition, section 8.1). Here h = epsilon^(1/3) max(1, |p|), about
/// 6e-6, divided by the step that was really taken, since p + h is rounded. D is then good to about
/// 1e-10 where J and its derivatives are near 1: smaller derivatives can't be told from 0.
///
/// **Kinks.** Where a step of h takes some ReLU's logit through 0, D averages two slopes and says
/// nothing about either. Such parameters are found by the signs of the logits, left out, and
/// counted in [`GradientReport::skipped`]. A report that skipped most parameters says little: move
/// x or the biases.
///
/// With categorical cross-entropy, targets that do not sum to exactly 1 show as a difference; see
/// [`Loss`](crate::Loss).
///
/// ```
/// use shallownet::{Activation, Columns, GradientCheck, Network};
///
/// let net = Network::<f32>::builder(100).layer(50, Activation::Relu).layer(1, Activation::Sigmoid);
/// let net = net.build()?;
/// let x: Vec<f32> = (0..400).map(|i| (i % 7) as f32 / 7.0 - 0.5).collect();
/// let (x, y) = (Columns::new(&x, 100)?, Columns::new(&[1.0, 0.0, 0.0, 1.0], 1)?);
/// let report = GradientCheck::default().per_layer(20).seed(7).run(&net, x, y)?;
/// assert_eq!(report.checked + report.skipped, 40);
/// assert!(report.distance < 1e-5);
/// # Ok::<(), shallownet::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GradientCheck {
    per_layer: usize,
    seed: u64,
}

impl Default for GradientCheck {
    fn default() -> Self {
        Self { per_layer: 200, seed: 0 }
    }
}

/// What a [`GradientCheck`] found. Typical of a right gradient: [`distance`](Self::distance) below
/// 1e-7 for f64 and 1e-4 for f32. It prints as one line.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct GradientReport {
    /// Parameters compared.
    pub checked: usize,
    /// Parameters left out, since a kink of a ReLU or of the loss lies within the step.
    pub skipped: usize,
    /// |g - d| / (|g| + |d|), Euclidean norms over all compared parameters of the gradients g and
    /// the differences d. 0 if both are 0.
    pub distance: f64,
    /// The parameter with the largest relative error; `None` if none was compared.
    pub worst: Option<GradientError>,
}

/// A parameter's gradient and its difference quotient.
///
/// ```
/// # use shallownet::{Activation, Columns, Network, gradient_check};
/// let net = Network::<f64>::builder(2).layer(1, Activation::Sigmoid).build()?;
/// let report = gradient_check(&net, Columns::new(&[3.0, -1.0], 2)?, Columns::new(&[1.0], 1)?)?;
/// let worst = report.worst.expect("three parameters");
/// assert!((worst.gradient - worst.difference).abs() < 1e-9);
/// # Ok::<(), shallownet::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct GradientError {
    /// Which parameter.
    pub parameter: Parameter,
    /// What backward propagation says.
    pub gradient: f64,
    /// What the central difference says.
    pub difference: f64,
    /// |gradient - difference| over the larger of the two's sizes; but over at least a thousandth
    /// of the largest gradient compared, as smaller ones drown in the rounding of J.
    pub relative_error: f64,
}

/// One parameter of a network; all indices from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Parameter {
    /// W of `layer`, from `input` to `unit`.
    Weight {
        /// The layer.
        layer: usize,
        /// The unit it leads to: the row of W.
        unit: usize,
        /// The input it comes from: the column of W.
        input: usize,
    },
    /// b of `layer`.
    Bias {
        /// The layer.
        layer: usize,
        /// The unit.
        unit: usize,
    },
}

impl GradientCheck {
    /// The most parameters checked of each layer, weights and biases together: drawn from the
    /// layer's with equal probability, without repetition. `usize::MAX` checks all. Default 200.
    pub fn per_layer(mut self, parameters: usize) -> Self {
        self.per_layer = parameters;
        self
    }

    /// The seed of the choice (ChaCha8). Default 0.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Checks the gradients of `net` on a batch, whose targets may have a weight a sample. Allocates. O(m * weights) for *each* parameter
    /// checked, by plain loops: take few samples.
    ///
    /// # Errors
    /// As [`Network::backward`]; [`Error::Diverged`](crate::Error::Diverged) if the cost is not
    /// finite.
    pub fn run<'a, T: Scalar>(
        &self,
        net: &Network<T>,
        x: Columns<'_, T>,
        y: impl Into<Targets<'a, T>>,
    ) -> Result<GradientReport> {
        let y = y.into();
        let mut workspace = TrainingWorkspace::new(net, x.samples().max(1))?;
        checks::finite_cost(net.backward(x, y, &mut workspace)?, 0)?;
        let gradients = workspace.gradients();
        let mut differences = Differences::new(net, x, y);
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        let (mut found, mut skipped) = (Vec::new(), 0);
        for (layer, size) in net.layers().iter().enumerate() {
            let (dw, db) = (gradients.weights(layer)?, gradients.bias(layer)?);
            for index in choose(size.parameters(), self.per_layer, &mut rng) {
                let (parameter, gradient) = if index < dw.len() {
                    let (unit, input) = (index / size.inputs, index % size.inputs);
                    (Parameter::Weight { layer, unit, input }, dw[index])
                } else {
                    let unit = index - dw.len();
                    (Parameter::Bias { layer, unit }, db[unit])
                };
                match differences.at(parameter) {
                    Some(difference) => found.push((parameter, gradient.to_f64(), difference)),
                    None => skipped += 1,
                }
            }
        }
        Ok(GradientReport::of(&found, skipped))
    }
}

impl GradientReport {
    fn of(found: &[(Parameter, f64, f64)], skipped: usize) -> Self {
        let norm = |f: &dyn Fn(f64, f64) -> f64| {
            found.iter().map(|&(_, g, d)| f(g, d).powi(2)).sum::<f64>().sqrt()
        };
        let sizes = norm(&|g, _| g) + norm(&|_, d| d);
        let largest = found.iter().fold(0.0_f64, |l, &(_, g, d)| l.max(g.abs()).max(d.abs()));
        let errors = found.iter().map(|&(parameter, gradient, difference)| {
            let size = gradient.abs().max(difference.abs()).max(1e-3 * largest);
            let relative_error = quotient((gradient - difference).abs(), size);
            GradientError { parameter, gradient, difference, relative_error }
        });
        Self {
            checked: found.len(),
            skipped,
            distance: quotient(norm(&|g, d| g - d), sizes),
            worst: errors.max_by(|a, b| a.relative_error.total_cmp(&b.relative_error)),
        }
    }
}

/// 0 / 0 is 0.
fn quotient(a: f64, b: f64) -> f64 {
    if a == 0.0 { 0.0 } else { a / b }
}

/// The f64 twin of a network, moved to either side of a parameter.
struct Differences {
    above: reference::Network,
    below: reference::Network,
    samples: Vec<Sample>,
    /// The sum of the weights.
    total: f64,
}

struct Sample {
    x: Vec<f64>,
    y: Vec<f64>,
    weight: f64,
}

impl Differences {
    fn new<T: Scalar>(net: &Network<T>, x: Columns<'_, T>, y: Targets<'_, T>) -> Self {
        let wide = |column: &[T]| column.iter().map(|v| v.to_f64()).collect();
        let columns = |of: Columns<'_, T>| -> Vec<Vec<f64>> {
            of.as_slice().chunks_exact(of.features()).map(wide).collect()
        };
        let above = reference::Network::from(net);
        let weight = |sample: usize| y.weights.map_or(1.0, |weights| weights[sample].to_f64());
        let samples = columns(x).into_iter().zip(columns(y.y)).enumerate();
        let samples = samples.map(|(sample, (x, y))| Sample { x, y, weight: weight(sample) });
        Self { below: above.clone(), above, samples: samples.collect(), total: y.total() }
    }

    /// D, or `None` if a kink lies between.
    fn at(&mut self, parameter: Parameter) -> Option<f64> {
        let p = *place(&mut self.above, parameter);
        let h = f64::EPSILON.cbrt() * p.abs().max(1.0);
        *place(&mut self.above, parameter) = p + h;
        *place(&mut self.below, parameter) = p - h;
        let difference = self.difference();
        *place(&mut self.above, parameter) = p;
        *place(&mut self.below, parameter) = p;
        difference.map(|d| d / ((p + h) - (p - h)))
    }

    /// J(p + h) - J(p - h).
    fn difference(&self) -> Option<f64> {
        let mut sum = 0.0;
        for Sample { x, y, weight } in &self.samples {
            let (above, below) = (self.above.forward(x), self.below.forward(x));
            for (layer, (z, w)) in self.above.layers.iter().zip(above.z.iter().zip(&below.z)) {
                if layer.activation.has_kink()
                    && z.iter().zip(w).any(|(z, w)| (*z >= 0.0) != (*w >= 0.0))
                {
                    return None;
                }
            }
            let (a, b) = (above.a.last(), below.a.last());
            let outputs = a.into_iter().flatten().zip(b.into_iter().flatten()).zip(y);
            let piece = |a: &f64, y: &f64| self.above.loss.piece(a - y);
            if outputs.into_iter().any(|((a, b), y)| piece(a, y) != piece(b, y)) {
                return None;
            }
            sum += weight * (self.above.sample_loss(&above, y) - self.below.sample_loss(&below, y));
        }
        Some(sum / self.total)
    }
}

fn place(net: &mut reference::Network, parameter: Parameter) -> &mut f64 {
    match parameter {
        Parameter::Weight { layer, unit, input } => &mut net.layers[layer].w[unit][input],
        Parameter::Bias { layer, unit } => &mut net.layers[layer].b[unit],
    }
}

/// `count` different numbers below `n`, in order; all if there are no more. Floyd's algorithm
/// (Bentley and Floyd 1987, *Programming Pearls: a sample of brilliance*).
fn choose(n: usize, count: usize, rng: &mut ChaCha8Rng) -> BTreeSet<usize> {
    let mut chosen = BTreeSet::new();
    for last in n.saturating_sub(count)..n {
        // Below 2^53 parameters the product is in range and almost uniform.
        let drawn = (rng.random::<f64>() * (last + 1) as f64) as usize;
        if !chosen.insert(drawn.min(last)) {
            chosen.insert(last);
        }
    }
    chosen
}

impl fmt::Display for GradientReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { checked, skipped, distance, .. } = self;
        write!(
            f,
            "{checked} gradients checked, {skipped} at kinks skipped; distance {distance:.1e}"
        )?;
        let Some(worst) = &self.worst else { return Ok(()) };
        write!(
            f,
            "; worst {}: {:e} by backward, {:e} by differences, relative error {:.1e}",
            worst.parameter, worst.gradient, worst.difference, worst.relative_error
        )
    }
}

impl fmt::Display for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Weight { layer, unit, input } => write!(f, "W[{layer}][{unit}][{input}]"),
            Self::Bias { layer, unit } => write!(f, "b[{layer}][{unit}]"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_are_different_and_below_the_end() {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        for (n, count) in [(10, 4), (10, 10), (10, 99), (1, 1), (1000, 3), (7, 0)] {
            let mut seen = BTreeSet::new();
            for _ in 0..200 {
                let chosen = choose(n, count, &mut rng);
                assert_eq!(chosen.len(), count.min(n));
                seen.extend(chosen);
            }
            assert!(seen.iter().all(|&i| i < n));
            // Missed by all 200 draws of 4 in 10: 1e-43.
            assert!(n > 10 || count == 0 || seen.len() == n);
        }
    }

    #[test]
    fn a_wrong_gradient_is_named() {
        let at = |unit| Parameter::Bias { layer: 1, unit };
        let found = [(at(0), 1.0, 1.0), (at(1), -0.5, 0.5), (at(2), 0.0, 1e-9)];
        let report = GradientReport::of(&found, 2);
        let worst = report.worst.unwrap();
        assert_eq!((worst.parameter, worst.relative_error), (at(1), 2.0));
        assert!(report.distance > 0.3 && report.checked == 3);
        assert!(report.to_string().contains("worst b[1][1]: -5e-1 by backward"), "{report}");
        assert_eq!(GradientReport::of(&[(at(0), 0.0, 0.0)], 0).distance, 0.0);
    }
}
