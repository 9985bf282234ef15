//! What the reference says of a problem, and the comparison with it.

use shallownet::reference::Network;
use shallownet::testing::backends::Setup;
use shallownet::testing::bounds::{Approx, Expected, FromOutput, Rounding, within};
use shallownet::testing::cases::nested;
use shallownet::{Activation, Loss, Scalar};

use super::input::Weights;
use super::problem::{Batch, Problem, all_finite};
use super::range;
use super::results::Results;

/// What is known of each batch.
pub(super) struct Judge<'a, T> {
    problem: &'a Problem<'a, T>,
    oracle: Network,
    batches: Vec<Known>,
}

enum Known {
    /// All of it, within bounds; `strict` if every bound is finite.
    Bounds {
        expected: Expected,
        from: FromOutput,
        strict: bool,
    },
    /// Which values are finite, and of finite samples the bounds.
    Kinds {
        predictions: Vec<Kinds>,
        cost_is_finite: Option<bool>,
    },
    Nothing,
}

/// Of one sample.
struct Kinds {
    values: Vec<f64>,
    bounds: Option<Vec<Approx>>,
}

impl<'a, T: Scalar> Judge<'a, T> {
    pub(super) fn of(problem: &'a Problem<'a, T>) -> Self {
        let oracle = problem.oracle();
        let batches = problem.batches.iter().map(|b| Known::of(problem, &oracle, b)).collect();
        Self { problem, oracle, batches }
    }

    /// Panics unless the results are as they should be.
    pub(super) fn judge(&self, results: &[Results<T>], setup: Setup) {
        for (index, (known, results)) in self.batches.iter().zip(results).enumerate() {
            let at = format!("{setup:?}, batch {index}");
            match known {
                Known::Bounds { expected, from, strict } => {
                    // Exponentials of logits: these overflow where no other output does.
                    let output = self.oracle.layers.last().map(|layer| layer.activation);
                    let grows =
                        self.oracle.loss == Loss::GaussianNll || output == Some(Activation::Exp);
                    self.bounds((expected, from), results, (&at, *strict && !grows));
                }
                Known::Kinds { predictions, cost_is_finite } => {
                    for given in
                        [&results.predictions[0], &results.predictions[1], &results.forward]
                    {
                        self.kinds(predictions, given, &at);
                    }
                    if let Some(is_finite) = *cost_is_finite {
                        let (costs, case) = (results.costs, self.problem.input);
                        let fits = costs.iter().all(|cost| cost.is_finite() == is_finite);
                        assert!(fits, "{at}: costs {costs:?}: finite {is_finite}: {case:?}");
                    }
                }
                Known::Nothing => {}
            }
        }
    }

    fn bounds(
        &self,
        (expected, from): (&Expected, &FromOutput),
        results: &Results<T>,
        (at, strict): (&str, bool),
    ) {
        let check = |what: &str, expected: &[Approx], given: &[T]| {
            self.within(&format!("{at}: {what}"), expected, given, strict);
        };
        let predictions = expected.predictions.concat();
        check("predictions", &predictions, &results.predictions[0]);
        check("predictions of a training workspace", &predictions, &results.predictions[1]);
        check("A of a tape", &predictions, &results.forward);
        check("dX", &from.dx.concat(), &results.dx);
        // A cost without a finite bound may overflow: then the step was refused, and moved nothing.
        let step = results.step.unwrap_or_else(|cost| cost);
        let costs = [results.costs[0], results.costs[1], results.costs[2], step];
        for (what, cost) in
            ["cost", "cost, training", "backward's cost", "step's cost"].iter().zip(costs)
        {
            self.within(&format!("{at}: {what}"), &[expected.cost], &[cost], strict);
        }
        let (r, rate) = (Rounding::of::<T>(), self.problem.input.case.learning_rate.into());
        for l in 0..self.oracle.layers.len() {
            let (dw, db) = &results.gradients[l];
            check(&format!("dW[{l}]"), &expected.dw[l], dw);
            check(&format!("db[{l}]"), &expected.db[l], db);
            let (dw, db) = &results.from[l];
            check(&format!("dW[{l}] of a tape"), &from.dw[l], dw);
            check(&format!("db[{l}] of a tape"), &from.db[l], db);
            if results.step.is_err() {
                continue;
            }
            let (w_expected, b_expected) = expected.stepped(r, l, &self.oracle.layers[l], rate);
            let (w, b) = &results.stepped[l];
            check(&format!("W[{l}] after a step"), &w_expected, w);
            check(&format!("b[{l}] after a step"), &b_expected, b);
        }
    }

    /// `compare::within`, over the values that have a finite bound.
    fn within<G: Scalar>(&self, what: &str, expected: &[Approx], given: &[G], strict: bool) {
        let answer = if strict {
            within(what, expected, given)
        } else {
            assert_eq!(expected.len(), given.len(), "{what}");
            let pairs = expected.iter().zip(given).filter(|(e, _)| e.error.is_finite());
            let (expected, given): (Vec<Approx>, Vec<G>) = pairs.map(|(e, g)| (*e, *g)).unzip();
            within(what, &expected, &given)
        };
        if let Err(error) = answer {
            panic!("{error}: {:?}", self.problem.input);
        }
    }

    fn kinds(&self, expected: &[Kinds], given: &[T], at: &str) {
        for (i, (expected, a)) in
            expected.iter().zip(given.chunks(given.len() / expected.len())).enumerate()
        {
            let what = format!("{at}: sample {i}");
            for (value, a) in expected.values.iter().zip(a) {
                let case = self.problem.input;
                let (expected, a) = (*value, a.to_f64());
                assert_eq!(
                    kind(expected),
                    kind(a),
                    "{what}: {a}, the reference {expected}: {case:?}"
                );
            }
            if let Some(bounds) = &expected.bounds {
                self.within(&what, bounds, a, false);
            }
        }
    }
}

impl Known {
    fn of<T: Scalar>(problem: &Problem<'_, T>, oracle: &Network, batch: &Batch<T>) -> Self {
        let input = problem.input;
        let rate = input.case.learning_rate.into();
        let strict = input.spots.is_empty() && !matches!(input.weights, Some(Weights::Powers(_)));
        if !strict && !range::is_ordinary(oracle, batch, rate) {
            return Self::Nothing;
        }
        let finite_parameters = problem.parameters_are(f64::is_finite);
        if finite_parameters && all_finite(&batch.x) && all_finite(&batch.y) {
            let (r, (x, y)) = (Rounding::of::<T>(), batch.samples());
            let expected = match batch.wide_weights() {
                Some(weights) => Expected::weighted(r, oracle, (&x, &y), &weights),
                None => Expected::of(r, oracle, &x, &y),
            };
            let given = nested(&batch.given, batch.given.len() / x.len());
            let from = FromOutput::of(r, oracle, &x, &given, input.is_da);
            return Self::Bounds { expected, from, strict };
        }
        if !problem.parameters_are(|v| !v.is_infinite()) {
            return Self::Nothing;
        }
        Self::kinds(oracle, batch, finite_parameters)
    }

    fn kinds<T: Scalar>(oracle: &Network, batch: &Batch<T>, finite_parameters: bool) -> Self {
        let (x, y) = batch.samples();
        let r = Rounding::of::<T>();
        let sample = |(x, y): (&Vec<f64>, &Vec<f64>)| {
            let is_finite = finite_parameters && x.iter().all(|v| v.is_finite());
            let (x, y) = (std::slice::from_ref(x), std::slice::from_ref(y));
            let bounds = is_finite.then(|| Expected::of(r, oracle, x, y).predictions.concat());
            Kinds { values: oracle.predict(&x[0]), bounds }
        };
        let predictions = x.iter().zip(&y).map(sample).collect();
        let weights = batch.wide_weights().unwrap_or(vec![1.0; x.len()]);
        let losses = x.iter().zip(&y).map(|(x, y)| oracle.sample_loss(&oracle.forward(x), y));
        let sum: f64 = losses.zip(weights).map(|(loss, w)| w * loss).sum();
        let cost_is_finite = all_finite(&batch.y).then_some(sum.is_finite());
        Self::Kinds { predictions, cost_is_finite }
    }
}

fn kind(value: f64) -> &'static str {
    match value {
        v if v.is_nan() => "NaN",
        f64::INFINITY => "infinity",
        f64::NEG_INFINITY => "minus infinity",
        _ => "finite",
    }
}
