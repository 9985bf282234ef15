//! Nothing is timed before its answers are those of the naive loops. Included by benches/ too.

use shallownet::testing::measure::{Batch, Shape};
use shallownet::{Network, Optimizer, OptimizerState, Result, Scalar, TrainingWorkspace};

use super::naive::{Moments, Naive, Real};

/// Two orders of summation may differ by this many units of the type's precision, relative to the
/// largest value of a layer: sums have up to 12288 terms. A mistake is off by far more.
const UNITS: f64 = 4096.0;

/// Samples that the naive loops are given: the whole batch, unless they would take long over it.
/// Their time for a sample does not depend on the number of samples.
pub(crate) fn naive_samples(shape: &Shape) -> usize {
    const MULTIPLICATIONS: usize = 20_000_000;
    (MULTIPLICATIONS / shape.weights()).clamp(1, shape.m)
}

/// Compares predictions, the cost, every gradient, and the parameters after a step, plain and of
/// Adam; says what differs, if anything does.
pub(crate) fn disagreement<T: Real>(
    shape: &Shape,
    net: &Network<T>,
    batch: &Batch<T>,
) -> Result<Option<String>> {
    disagreement_with(Naive::of(net)?, shape, net, batch)
}

/// The same against these loops.
pub(crate) fn disagreement_with<T: Real>(
    mut naive: Naive<T>,
    shape: &Shape,
    net: &Network<T>,
    batch: &Batch<T>,
) -> Result<Option<String>> {
    let mut workspace = TrainingWorkspace::new(net, shape.m)?;
    let mut differences = Differences::<T>(None, core::marker::PhantomData);
    let samples = naive_samples(shape);
    let (part_x, part_y) = batch.first(samples)?;
    let n_y = net.outputs();

    let mut expected = vec![T::ZERO; n_y * samples];
    naive.predict(part_x, &mut expected);
    let mut out = vec![T::ZERO; n_y * shape.m];
    net.predict(batch.first(shape.m)?.0, &mut out, &mut workspace)?;
    differences.note("the predictions", &out[..expected.len()], &expected);
    net.predict(batch.first(1)?.0, &mut out[..n_y], &mut workspace)?;
    differences.note("the prediction of one sample", &out[..n_y], &expected[..n_y]);

    let expected = naive.gradients(part_x, part_y);
    let cost = net.backward(part_x, part_y, &mut workspace)?;
    differences.note("the cost", &[T::from_f64(cost)], &[T::from_f64(expected)]);
    let gradients = workspace.gradients();
    for (l, layer) in naive.layers.iter().enumerate() {
        differences.note("dW", &gradients.weights(l)?, &layer.dw);
        differences.note("db", gradients.bias(l)?, &layer.db);
    }

    // Adam on the library's own gradient: where a sum is all but 0, its sign makes a whole step.
    let (mut stepped, mut adam) = (net.try_clone()?, naive.clone());
    for (l, layer) in adam.layers.iter_mut().enumerate() {
        layer.dw.copy_from_slice(&gradients.weights(l)?);
        layer.db.copy_from_slice(gradients.bias(l)?);
    }
    let (mut state, mut moments) =
        (OptimizerState::new(net, Optimizer::adam())?, Moments::of(&adam));
    for t in 1..=2 {
        stepped.update(&mut state, gradients, T::from_f64(1.0))?;
        adam.adam(&mut moments, T::from_f64(1.0), t);
    }
    for (l, layer) in adam.layers.iter().enumerate() {
        differences.note("W after two steps of Adam", &stepped.weights(l)?, &layer.w);
        differences.note("b after two steps of Adam", stepped.bias(l)?, &layer.b);
    }

    // With a learning rate of 1, so that the step shows beside the weights.
    let (mut stepped, rate) = (net.try_clone()?, T::from_f64(1.0));
    stepped.step(part_x, part_y, rate, &mut workspace)?;
    naive.descend(rate);
    for (l, layer) in naive.layers.iter().enumerate() {
        differences.note("W after a step", &stepped.weights(l)?, &layer.w);
        differences.note("b after a step", stepped.bias(l)?, &layer.b);
    }
    Ok(differences.0)
}

/// The first difference, in words.
struct Differences<T>(Option<String>, core::marker::PhantomData<T>);

impl<T: Scalar> Differences<T> {
    fn note(&mut self, what: &str, given: &[T], expected: &[T]) {
        let largest = expected.iter().fold(0.0_f64, |max, v| max.max(v.to_f64().abs()));
        let allowed = UNITS * T::EPSILON.to_f64() * largest;
        let differs = |(a, b): &(&T, &T)| {
            let distance = (a.to_f64() - b.to_f64()).abs();
            // NaN differs.
            !distance.le(&allowed)
        };
        if self.0.is_some() {
            return;
        }
        if given.len() != expected.len() {
            self.0 = Some(format!("{what}: {} values, not {}", given.len(), expected.len()));
        } else if let Some((a, b)) = given.iter().zip(expected).find(differs) {
            self.0 = Some(format!("{what}: {a}, not {b}"));
        }
    }
}
