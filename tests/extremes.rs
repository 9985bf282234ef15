//! Promise: numbers at the ends of their range do no harm. Logits of +-10^4 have finite costs and
//! gradients, with every loss; gradients that vanish leave everything finite; whatever optimiser
//! explodes, and whichever batch holds a NaN, training stops, names the step and keeps the last
//! good parameters.

mod common;

use std::ops::ControlFlow;

use common::cases::Case;
use common::compare::with_reference;
use common::{BACKENDS, On, Setup, parameter_bits};
use shallownet::{
    Activation, Checks, Columns, DataSet, Epoch, Error, Init, Loss, Network, Optimizer,
    OptimizerState, Parallelism, PredictionWorkspace, Scalar, Trainer, Training, TrainingWorkspace,
};

fn go_on<T>(_: &Epoch<'_, T>) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn parameters<T: Scalar>(net: &Network<T>) -> Vec<T> {
    let layer = |l| [net.weights(l).unwrap(), net.bias(l).unwrap().to_vec()].concat();
    (0..net.layers().len()).flat_map(layer).collect()
}

/// The largest |z| at the output: the same network without its output activation.
fn largest_logit(case: &Case) -> f64 {
    let mut bare = case.clone();
    bare.layers.last_mut().unwrap().1 = Activation::Identity;
    bare.loss = Loss::SquaredError;
    let net = bare.network::<f64>(Setup::PORTABLE, Parallelism::Serial);
    let batch = case.batch::<f64>(0);
    let mut z = vec![0.0; batch.y.len()];
    let mut workspace = PredictionWorkspace::new(&net, case.capacity()).unwrap();
    net.predict(batch.columns().0, &mut z, &mut workspace).unwrap();
    z.into_iter().map(f64::abs).fold(0.0, f64::max)
}

/// The bounds of `testing::bounds` are finite for these (or `within` fails), so costs and
/// gradients are finite and right.
fn huge<T: Scalar>(case: &Case) {
    for &backend in BACKENDS.iter() {
        for who in [Parallelism::Serial, Parallelism::Rayon] {
            with_reference::<T>(case, backend, who)
                .unwrap_or_else(|e| panic!("{backend:?}, {who:?}, {}, {case:?}: {e}", T::NAME));
        }
    }
}

#[test]
fn logits_of_ten_thousand_agree_with_the_reference() {
    use Activation::{Identity, Relu, Sigmoid, Softmax, Tanh};
    use Loss::{BinaryCrossEntropy, CategoricalCrossEntropy, SquaredError};
    let outputs = [
        (Sigmoid, BinaryCrossEntropy),
        (Softmax, CategoricalCrossEntropy),
        (Sigmoid, SquaredError),
        (Softmax, SquaredError),
        (Tanh, SquaredError),
        (Identity, SquaredError),
        (Relu, SquaredError),
        (Activation::LEAKY_RELU, SquaredError),
        (Identity, Loss::HUBER),
        (Softmax, Loss::Absolute),
        (Relu, Loss::Quantile { tau: 0.9 }),
    ];
    // One sample; narrow layers, whose lanes are samples; panels of units; saturated hidden units.
    let shapes: [(usize, &[_], usize, usize); 5] = [
        (3, &[], 2, 1),
        (2, &[(4, Tanh)], 2, 70),
        (20, &[(33, Sigmoid)], 17, 65),
        (40, &[(50, Relu)], 40, 9),
        (300, &[], 130, 1),
    ];
    for (output, loss) in outputs {
        for (n_x, hidden, n_y, m) in shapes {
            let mut layers = hidden.to_vec();
            layers.push((n_y, output));
            for soft in [false, true] {
                let case = Case { loss, soft, gain: 2e4, ..Case::new(n_x, &layers, m) };
                assert!(largest_logit(&case) > 1e4, "{} of {case:?}", largest_logit(&case));
                huge::<f32>(&case);
                huge::<f64>(&case);
            }
        }
    }
}

/// Weights so small that the first layer's gradients underflow, and units so saturated that their
/// derivative is 0: costs and parameters stay finite for hundreds of steps with any optimiser.
#[test]
fn vanishing_gradients_do_no_harm() {
    for &backend in BACKENDS.iter() {
        for (optimizer, (weight, bias)) in
            Optimizer::all().into_iter().flat_map(|o| [(o, (1e-15, 0.0)), (o, (1.0, -200.0))])
        {
            let at = format!("{backend:?} {optimizer:?} {weight} {bias}");
            let mut builder = Network::<f32>::builder(5);
            for _ in 0..4 {
                builder = builder.layer(9, Activation::Sigmoid);
            }
            let mut net = builder.layer(2, Activation::Sigmoid).on(backend).build().unwrap();
            for (l, layer) in net.layers().to_vec().into_iter().enumerate() {
                net.set_weights(l, &vec![weight; layer.inputs * layer.units]).unwrap();
                net.set_bias(l, &vec![bias; layer.units]).unwrap();
            }
            let batch = Case::new(5, &[(2, Activation::Sigmoid)], 30).batch::<f32>(0);
            let (x, y) = batch.columns();
            let mut workspace = TrainingWorkspace::new(&net, 30).unwrap();
            net.backward(x, y, &mut workspace).unwrap();
            let dw = workspace.gradients().weights(0).unwrap();
            assert!(dw.iter().all(|dw| dw.abs() < f32::MIN_POSITIVE), "{at}: {dw:?}");
            let mut state = OptimizerState::new(&net, optimizer).unwrap();
            for _ in 0..300 {
                let cost = net.step_with(x, y, &mut state, 0.01, &mut workspace).unwrap();
                assert!(cost.is_finite(), "{at}: {cost}");
            }
            assert!(parameters(&net).iter().all(|p| p.is_finite()), "{at}");
        }
    }
}

fn explodes<T: Scalar>(backend: Setup, optimizer: Optimizer, learning_rate: f64) {
    let at = format!("{backend:?} {optimizer:?} {}", T::NAME);
    let mut case = Case::new(3, &[(6, Activation::Relu), (2, Activation::Identity)], 20);
    case.loss = Loss::SquaredError;
    let batch = case.batch::<T>(0);
    let (x, y) = batch.columns();
    let data = DataSet::new(x, y);
    let training = Training::new(500, 8).optimizer(optimizer).learning_rate(learning_rate);
    let mut net = case.network::<T>(backend, Parallelism::Serial);
    let mut course = vec![parameter_bits(&net)];
    let mut trainer = Trainer::new(&net, training, data).unwrap();
    let result = trainer.run(&mut net, data, |epoch| {
        course.push(parameter_bits(epoch.network));
        ControlFlow::Continue(())
    });
    let Err(Error::Diverged { step, cost }) = result else { panic!("{at}: {result:?}") };
    assert!(step > 0 && !cost.is_finite(), "{at}: step {step}, cost {cost}");
    // The parameters of an epoch's beginning, of this one or of the one before.
    let (kept, fatal) = (trainer.state().epochs(), step as usize / 3);
    assert!(kept <= fatal && fatal <= kept + 1, "{at}: step {step}, {kept} epochs kept");
    assert_eq!(parameter_bits(&net), course[kept], "{at}");
    assert!(parameters(&net).iter().all(|p| p.is_finite()), "{at}");
    let mut workspace = PredictionWorkspace::new(&net, 20).unwrap();
    assert!(net.cost(x, y, &mut workspace).unwrap().is_finite(), "{at}");
}

#[test]
fn whichever_optimizer_explodes_names_the_step_and_goes_back() {
    for &backend in BACKENDS.iter() {
        for optimizer in Optimizer::all() {
            // Some divide by the gradient's size: their steps are about as long as the rate.
            explodes::<f32>(backend, optimizer, 1e30);
            explodes::<f64>(backend, optimizer, 1e200);
        }
    }
}

/// A NaN among unchecked samples: the step of its batch is named. Each sample in turn, so each of
/// five batches of four is named four times, whatever the order.
#[test]
fn a_nan_is_named_by_the_step_of_its_batch() {
    for &backend in BACKENDS.iter() {
        for optimizer in Optimizer::all() {
            let mut named = [0; 5];
            for bad in 0..20 {
                let case = Case::new(1, &[(3, Activation::Tanh), (1, Activation::Sigmoid)], 20);
                let mut batch = case.batch::<f32>(0);
                batch.x[bad] = f32::NAN;
                let (x, y) = batch.columns();
                let mut net = Network::<f32>::builder(1)
                    .layer(3, Activation::Tanh)
                    .layer(1, Activation::Sigmoid)
                    .init(Init::XavierNormal, 2)
                    .on(backend)
                    .checks(Checks::ShapesOnly)
                    .build()
                    .unwrap();
                let before = parameter_bits(&net);
                let training = Training::new(3, 4).optimizer(optimizer).learning_rate(0.1);
                let result = training.run(&mut net, DataSet::new(x, y), go_on);
                let Err(Error::Diverged { step, .. }) = result else { panic!("{result:?}") };
                named[step as usize] += 1;
                assert_eq!(parameter_bits(&net), before, "{backend:?} {optimizer:?} {bad}");
            }
            assert_eq!(named, [4; 5], "{backend:?} {optimizer:?}");
        }
    }
}

/// The same by full batches, with a NaN where the targets are.
#[test]
fn a_nan_target_is_named_at_step_0() {
    for &backend in BACKENDS.iter() {
        for loss_of in [Activation::Sigmoid, Activation::Softmax, Activation::Identity] {
            let mut net = Network::<f64>::builder(1)
                .layer(2, loss_of)
                .on(backend)
                .checks(Checks::ShapesOnly)
                .build()
                .unwrap();
            let before = parameter_bits(&net);
            let (x, y) = ([1.0, 2.0], [0.0, 1.0, f64::NAN, 0.0]);
            let (x, y) = (Columns::new(&x, 1).unwrap(), Columns::new(&y, 2).unwrap());
            let result = Training::new(3, 2).run(&mut net, DataSet::new(x, y), go_on);
            assert!(matches!(result, Err(Error::Diverged { step: 0, .. })), "{result:?}");
            assert_eq!(parameter_bits(&net), before);
        }
    }
}
