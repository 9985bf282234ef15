//! Nothing is timed before its answers are those of the naive loops. Included by benches/ too.

use shallownet::{Network, Result, Scalar, TrainingWorkspace};

use super::naive::{Naive, Real};
use super::shapes::{Batch, Shape};

/// Two ways of rounding may part by so many units of the type's precision, relative to the largest
/// value of a layer: sums of up to 12288 terms in another order. A mistake is off by far more.
const UNITS: f64 = 4096.0;

/// Samples that the naive loops are given: the whole batch, unless they would take long over it.
/// What a sample costs them does not depend on how many there are.
pub(crate) fn naive_samples(shape: &Shape) -> usize {
    const MULTIPLICATIONS: usize = 20_000_000;
    (MULTIPLICATIONS / shape.weights()).clamp(1, shape.m)
}

/// Compares predictions, the cost, every gradient, and the parameters after a step; says what
/// differs, if anything does.
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

#[cfg(test)]
mod tests {
    use super::super::naive;
    use super::super::shapes::{Element, SHAPES};
    use super::*;
    use shallownet::{Backend, Network};

    /// On every shape but the two largest, whose loops take long in a test.
    #[test]
    fn the_naive_loops_and_the_library_agree() {
        for backend in [Backend::Fused, Backend::Portable] {
            for shape in SHAPES.iter().filter(|shape| shape.weights() * shape.m < 60_000_000) {
                match shape.element {
                    Element::F32 => agree::<f32>(shape, backend),
                    Element::F64 => agree::<f64>(shape, backend),
                }
            }
        }
    }

    fn agree<T: Real>(shape: &Shape, backend: Backend) {
        let net = shape.builder::<T>().backend(backend).build().unwrap();
        let problem = disagreement(shape, &net, &shape.batch()).unwrap();
        assert_eq!(problem, None, "{}", shape.name);
    }

    /// The naive loops in f64 are the library's own oracle, up to rounding.
    #[test]
    fn the_naive_loops_are_the_reference() {
        for shape in ["S1", "S4", "S11", "S13"].map(|name| Shape::named(name).unwrap()) {
            let net = shape.builder::<f64>().build().unwrap();
            let batch = shape.batch::<f64>();
            let (x, y) = batch.first(shape.m.min(20)).unwrap();
            let mut naive = naive::Naive::of(&net).unwrap();
            let cost = naive.gradients(x, y);
            let oracle = shallownet::reference::Network::from(&net);
            let rows = |c: shallownet::Columns<'_, f64>| {
                c.as_slice().chunks(c.features()).map(<[f64]>::to_vec).collect::<Vec<_>>()
            };
            let (x, y) = (rows(x), rows(y));
            assert!((cost - oracle.cost(&x, &y)).abs() < 1e-12 * cost);
            for (layer, expected) in naive.layers.iter().zip(oracle.gradients(&x, &y)) {
                let dw = expected.dw.concat();
                assert!(layer.dw.iter().zip(&dw).all(|(a, b)| (a - b).abs() < 1e-12));
                assert!(layer.db.iter().zip(&expected.db).all(|(a, b)| (a - b).abs() < 1e-12));
            }
        }
    }

    #[test]
    fn a_wrong_answer_is_found() {
        let shape = Shape::named("S4").unwrap();
        let (net, batch) = (shape.builder::<f32>().build().unwrap(), shape.batch());
        let found = |net: &Network<f32>, naive_net: &Network<f32>| {
            let naive = naive::Naive::of(naive_net).unwrap();
            disagreement_with(naive, shape, net, &batch).unwrap()
        };
        assert_eq!(found(&net, &net), None);
        let mut spoilt = net.try_clone().unwrap();
        spoilt.set_bias(0, &[1e-2; 32]).unwrap();
        assert!(found(&spoilt, &net).is_some_and(|found| found.starts_with("the predictions")));
    }
}
