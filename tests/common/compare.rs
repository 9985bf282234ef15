//! The comparison of a backend with the reference, within the bounds.

use proptest::test_runner::TestCaseError;
use shallownet::reference;
use shallownet::{Network, Parallelism, PredictionWorkspace, Scalar, TrainingWorkspace, Workspace};

use super::Setup;
use super::bounds::{self, Approx, Rounding};
use super::cases::{Batch, Case};
use super::expected::Expected;

/// Fails, with all the numbers, unless every value is within its bound.
pub(crate) fn within<T: Scalar>(
    what: &str,
    expected: &[Approx],
    given: &[T],
) -> Result<(), TestCaseError> {
    Ok(bounds::within(what, expected, given)?)
}

/// Runs all batches of a case through one workspace, comparing predictions, cost, gradients, and
/// the parameters after a step with the reference.
pub(crate) fn with_reference<T: Scalar>(
    case: &Case,
    backend: Setup,
    who: Parallelism,
) -> Result<(), TestCaseError> {
    let net = case.network::<T>(backend, who);
    let mut workspace = TrainingWorkspace::new(&net, case.capacity()).unwrap();
    let mut predictor = PredictionWorkspace::new(&net, case.capacity()).unwrap();
    for index in 0..case.batches.len() {
        let batch = case.batch::<T>(index);
        let oracle = reference::Network::from(&net);
        let (x, y) = batch.samples();
        let expected = Expected::of(Rounding::of::<T>(), &oracle, &x, &y);
        reading(&net, &batch, &expected, &mut predictor)?;
        reading(&net, &batch, &expected, &mut workspace)?;
        gradients(&net, &batch, &expected, &mut workspace)?;
        step(&net, &batch, &expected, T::from_f64(case.learning_rate.into()), &mut workspace)?;
    }
    Ok(())
}

/// Predictions and the cost alone.
pub(crate) fn reading<T: Scalar>(
    net: &Network<T>,
    batch: &Batch<T>,
    expected: &Expected,
    workspace: &mut impl Workspace<T>,
) -> Result<(), TestCaseError> {
    let (x, y) = batch.columns();
    let mut out = vec![T::from_f64(f64::NAN); x.samples() * net.outputs()];
    net.predict(x, &mut out, workspace).unwrap();
    within("predictions", &expected.predictions.concat(), &out)?;
    let cost = net.cost(x, y, workspace).unwrap();
    within("cost()", &[expected.cost], &[cost])
}

/// The cost that `backward` returns, and every dW and db.
pub(crate) fn gradients<T: Scalar>(
    net: &Network<T>,
    batch: &Batch<T>,
    expected: &Expected,
    workspace: &mut TrainingWorkspace<T>,
) -> Result<(), TestCaseError> {
    let (x, y) = batch.columns();
    let cost = net.backward(x, y, workspace).unwrap();
    within("backward's cost", &[expected.cost], &[cost])?;
    let gradients = workspace.gradients();
    for l in 0..net.layers().len() {
        within(&format!("dW[{l}]"), &expected.dw[l], &gradients.weights(l).unwrap())?;
        within(&format!("db[{l}]"), &expected.db[l], gradients.bias(l).unwrap())?;
    }
    Ok(())
}

/// One step of a copy: with the learning rates and sizes drawn here, several would overflow f32.
fn step<T: Scalar>(
    before: &Network<T>,
    batch: &Batch<T>,
    expected: &Expected,
    learning_rate: T,
    workspace: &mut TrainingWorkspace<T>,
) -> Result<(), TestCaseError> {
    let mut net = before.try_clone().unwrap();
    let (x, y) = batch.columns();
    let cost = net.step(x, y, learning_rate, workspace).unwrap();
    within("step's cost", &[expected.cost], &[cost])?;
    let (oracle, rate) = (reference::Network::from(before), learning_rate.to_f64());
    for (l, layer) in oracle.layers.iter().enumerate() {
        let (w, b) = expected.stepped(Rounding::of::<T>(), l, layer, rate);
        within(&format!("W[{l}] after a step"), &w, &net.weights(l).unwrap())?;
        within(&format!("b[{l}] after a step"), &b, net.bias(l).unwrap())?;
    }
    Ok(())
}
