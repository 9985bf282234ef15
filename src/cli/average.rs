//! Several networks' predictions as one: their mean, and how far they are apart.

use serde::Serialize;
use shallownet::io::model::Model;
use shallownet::pipeline::TargetTransform;
use shallownet::{
    Columns, Loss, Network, Population, PopulationWorkspace, Result, Scalar, metrics,
};

use crate::batch::{Batch, turned_back};
use crate::scores::{self, Kind, Score, decimals};

/// Samples predicted at a time, and the outputs of all networks for them.
const CHUNK: usize = 1024;
const CHUNK_OUTPUTS: usize = 1 << 22;

/// Mean and spread of each of some numbers, over those that were added.
#[derive(Debug)]
struct Average {
    count: f64,
    means: Vec<f64>,
    /// Sums of squared distances from the mean.
    squares: Vec<f64>,
}

impl Average {
    fn new(len: usize) -> Self {
        Self { count: 0.0, means: vec![0.0; len], squares: vec![0.0; len] }
    }

    fn add(&mut self, values: &[f64]) {
        self.count += 1.0;
        for ((mean, square), value) in self.means.iter_mut().zip(&mut self.squares).zip(values) {
            let distance = value - *mean;
            *mean += distance / self.count;
            *square += distance * (value - *mean);
        }
    }

    /// Standard deviations: the root of the mean squared distance.
    fn spreads(&self) -> Vec<f64> {
        self.squares.iter().map(|square| (square / self.count.max(1.0)).sqrt()).collect()
    }
}

/// Logarithms of variances to standard deviations, in outputs that have them.
pub(crate) fn deviations(outputs: &mut [f64], n_y: usize, loss: Loss) {
    for sample in outputs.chunks_exact_mut(n_y) {
        sample[loss.targets(n_y)..].iter_mut().for_each(|s| *s = (*s / 2.0).exp());
    }
}

/// Shows `see` the mean and the spread of the networks' outputs, in the units of the targets, of
/// every sample, one after another, some samples at a time. Of outputs with a variance, its root is
/// averaged.
pub(crate) fn each_chunk<T: Scalar>(
    population: &Population<T>,
    of_targets: &TargetTransform,
    x: &[T],
    mut see: impl FnMut(&[f64], &[f64]),
) -> Result<()> {
    let (n_x, n_y, members) = (population.inputs(), population.outputs(), population.members());
    let of_outputs = of_targets.of_outputs(population.loss());
    let most = CHUNK.min(x.len() / n_x).min(CHUNK_OUTPUTS / n_y / members).max(1);
    let mut workspace = PopulationWorkspace::new(population, most)?;
    let mut a = scores::room(most.saturating_mul(n_y).saturating_mul(members))?;
    for x in x.chunks(most * n_x) {
        let each = x.len() / n_x * n_y;
        let a = &mut a[..each * members];
        population.predict(Columns::new(x, n_x)?, a, &mut workspace)?;
        let mut average = Average::new(each);
        for a in a.chunks_exact(each) {
            let mut values = turned_back(a, &of_outputs);
            deviations(&mut values, n_y, population.loss());
            average.add(&values);
        }
        see(&average.means, &average.spreads());
    }
    Ok(())
}

/// How good several networks are: their averaged prediction, and each alone.
#[derive(Debug)]
pub(crate) struct Judged<T> {
    /// The averaged output activations; of values, in the units of the targets.
    pub(crate) a: Vec<T>,
    pub(crate) score: Score,
    pub(crate) members: MemberScores,
}

/// Of the networks' own scores.
#[derive(Debug, Serialize)]
pub(crate) struct MemberScores {
    count: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    accuracy: Option<Spread>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mean_squared_error: Option<Spread>,
    #[serde(skip_serializing_if = "Option::is_none")]
    r_squared: Option<Spread>,
    cost: Spread,
}

#[derive(Debug, Clone, Copy, Serialize)]
struct Spread {
    mean: f64,
    standard_deviation: f64,
}

impl MemberScores {
    /// The line for people.
    pub(crate) fn line(&self) -> String {
        let with = |spread: Spread, places| {
            let Spread { mean, standard_deviation } = spread;
            format!("{} +- {}", decimals(mean, places), decimals(standard_deviation, places))
        };
        let percent = |spread: Spread| {
            let Spread { mean, standard_deviation } = spread;
            format!("accuracy {:.2} +- {:.2} %", 100.0 * mean, 100.0 * standard_deviation)
        };
        let mut parts: Vec<String> = self.accuracy.map(percent).into_iter().collect();
        let error = |spread| format!("mean squared error {}", with(spread, 6));
        parts.extend(self.mean_squared_error.map(error));
        parts.extend(self.r_squared.map(|spread| format!("R^2 {}", with(spread, 4))));
        parts.push(format!("cost {}", with(self.cost, 6)));
        format!("each of {} alone: {}", self.count, parts.join(", "))
    }
}

/// Predicts with each network, and scores each and their average.
pub(crate) fn judge<T: Scalar>(
    population: &Population<T>,
    model: &Model<T>,
    batch: &Batch<T>,
) -> Result<Judged<T>> {
    let (x, are_values) = (batch.x()?, batch.classes.is_empty());
    let mut average = Average::new(batch.len() * population.outputs());
    // The score's one or two numbers, and the cost.
    let mut own = Average::new(3);
    for member in 0..population.members() {
        let network: Network<T> = population.get(member)?;
        let a = scores::outputs(&network, x.as_slice())?;
        let score = scores::score(&network, batch, &a)?;
        let (first, second) = match score.kind {
            Kind::Classes { accuracy, .. } => (accuracy, 0.0),
            Kind::Values { mean_squared_error, r_squared } => (mean_squared_error, r_squared),
        };
        own.add(&[first, second, score.cost]);
        average.add(&batch.turned_back(&a, population.loss()));
    }
    let mean = average.means;
    let a: Vec<T> = mean.iter().map(|&a| T::from_f64(a)).collect();
    let kind = if are_values {
        let a = batch.predicted(mean.clone(), population.loss());
        let (a, y) = (Columns::new(&a, batch.outputs())?, batch.values()?);
        Kind::Values {
            mean_squared_error: metrics::mean_squared_error(a, y)?,
            r_squared: metrics::r_squared(a, y)?,
        }
    } else {
        scores::kind(&model.network, batch, &a)?
    };
    let mut learned = mean;
    model.pipeline.targets.of_outputs(population.loss()).apply(&mut learned);
    let cost = cost(population.loss(), &learned, batch.y()?);
    let spreads = own.spreads();
    let of = |k: usize| Spread { mean: own.means[k], standard_deviation: spreads[k] };
    let members = MemberScores {
        count: population.members(),
        accuracy: (!are_values).then(|| of(0)),
        mean_squared_error: are_values.then(|| of(0)),
        r_squared: are_values.then(|| of(1)),
        cost: of(2),
    };
    Ok(Judged { a, score: Score { samples: batch.len(), kind, cost }, members })
}

/// The cost of output activations. Of a network it is computed from logits, which a mean of
/// probabilities has none of: one that is 0 counts as the least number above.
fn cost<T: Scalar>(loss: Loss, a: &[f64], y: Columns<'_, T>) -> f64 {
    if loss == Loss::GaussianNll {
        let n_y = y.features();
        let of = |(a, y): (&[f64], &[T])| -> f64 {
            let (means, s) = a.split_at(n_y);
            let each = means.iter().zip(s).zip(y);
            each.map(|((mean, s), y)| (s + (mean - y.to_f64()).powi(2) * (-s).exp()) / 2.0).sum()
        };
        let samples = a.chunks_exact(2 * n_y).zip(y.as_slice().chunks_exact(n_y));
        return samples.map(of).sum::<f64>() / y.samples() as f64;
    }
    let ln = |p: f64| p.max(f64::MIN_POSITIVE).ln();
    let of = |(&a, y): (&f64, &T)| {
        let y = y.to_f64();
        match loss {
            Loss::BinaryCrossEntropy => -(y * ln(a) + (1.0 - y) * ln(1.0 - a)),
            Loss::CategoricalCrossEntropy => -y * ln(a),
            Loss::Poisson => a - y * ln(a),
            // No other is known than those by differences.
            other => other.of_difference(a - y).map_or(f64::NAN, |of| of.0),
        }
    };
    a.iter().zip(y.as_slice()).map(of).sum::<f64>() / y.samples() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spreads_are_standard_deviations_of_what_was_added() {
        let mut average = Average::new(2);
        [[1.0, 1e9], [3.0, 1e9 + 2.0]].iter().for_each(|values| average.add(values));
        assert_eq!(
            (&average.means[..], &average.spreads()[..]),
            (&[2.0, 1e9 + 1.0][..], &[1.0; 2][..])
        );
    }

    #[test]
    fn costs_are_those_of_a_network() {
        let y = [1.0, 0.0];
        let one = Columns::new(&y, 1).unwrap();
        let expected = -(0.8_f64.ln() + 0.7_f64.ln()) / 2.0;
        assert!((cost(Loss::BinaryCrossEntropy, &[0.8, 0.3], one) - expected).abs() < 1e-12);
        let two = Columns::new(&y, 2).unwrap();
        let expected = -0.8_f64.ln();
        assert!((cost(Loss::CategoricalCrossEntropy, &[0.8, 0.2], two) - expected).abs() < 1e-12);
        assert!((cost(Loss::SquaredError, &[0.5, 0.5], two) - 0.25).abs() < 1e-12);
        assert!((cost(Loss::HUBER, &[3.0, 0.5], two) - 1.625).abs() < 1e-12);
        let expected = (2.0 - 2.0_f64.ln() + 0.5) / 2.0;
        assert!((cost(Loss::Poisson, &[2.0, 0.5], one) - expected).abs() < 1e-12);
        assert!(cost(Loss::BinaryCrossEntropy, &[0.0, 0.0], one).is_finite());
        // Two samples: errors of 1 and 2, variances of e and 1.
        let expected = ((1.0 + (-1.0_f64).exp()) / 2.0 + 4.0 / 2.0) / 2.0;
        let outputs = [2.0, 1.0, -2.0, 0.0];
        assert!((cost(Loss::GaussianNll, &outputs, one) - expected).abs() < 1e-12);
    }
}
