//! Promise: numbers that decay become 0, and never subnormal: what they are part of is as fast at
//! the end of a training as at its start, on every backend, at every level and on every thread.

mod common;

use std::ops::ControlFlow;
use std::time::Instant;

use common::cases::{Case, widen};
use common::{BACKENDS, On, Setup, parameter_bits};
use shallownet::{
    Activation, Columns, DataSet, Init, Network, Optimizer, OptimizerState, Parallelism, Scalar,
    Trainer, Training, TrainingWorkspace,
};

/// A training in which something decays.
#[derive(Debug, Clone, Copy)]
struct Decay {
    hidden: &'static [usize],
    g: Activation,
    output: (usize, Activation),
    optimizer: Optimizer,
    rate: f64,
    l2: f64,
}

const INPUTS: usize = 32;
const SAMPLES: usize = 200;
const EPOCHS: usize = 600;

/// Weights under a penalty; probabilities and deltas of classes that a line parts, driven apart for
/// ever; saturated hidden units, whose derivative vanishes.
fn decays() -> [Decay; 6] {
    use Activation::{Relu, Sigmoid, Softmax, Tanh};
    let sgd = Decay {
        hidden: &[64],
        g: Relu,
        output: (1, Sigmoid),
        optimizer: Optimizer::Sgd,
        rate: 0.1,
        l2: 0.5,
    };
    let adam = Decay { optimizer: Optimizer::adam(), l2: 0.0, ..sgd };
    [
        sgd,
        Decay { hidden: &[64, 64, 32], ..sgd },
        Decay { output: (3, Softmax), ..sgd },
        Decay { optimizer: Optimizer::adam_w(), l2: 0.0, ..sgd },
        Decay { g: Sigmoid, output: (3, Softmax), rate: 0.3, ..adam },
        Decay { hidden: &[4], g: Tanh, rate: 1.0, ..adam },
    ]
}

/// Two or three classes that a line parts.
fn data<T: Scalar>(n_y: usize) -> (Vec<T>, Vec<T>) {
    let classes = n_y.max(2);
    let mut numbers = common::cases::Numbers(3);
    let (mut x, mut y) = (Vec::new(), Vec::new());
    for sample in 0..SAMPLES {
        let class = sample % classes;
        x.extend(
            (0..INPUTS)
                .map(|i| widen::<T>(numbers.unit() + if i % classes == class { 1.0 } else { 0.0 })),
        );
        y.extend((0..n_y).map(|k| {
            let hit = if n_y == 1 { class == 1 } else { k == class };
            widen::<T>(if hit { 1.0 } else { 0.0 })
        }));
    }
    (x, y)
}

fn median(seconds: &[f64]) -> f64 {
    let mut sorted = seconds.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

fn is_subnormal<T: Scalar>(v: T) -> bool {
    let size = v.to_f64().abs();
    size > 0.0 && size < T::MIN_POSITIVE.to_f64()
}

/// Trains, looks for subnormal numbers, and returns how much longer the slowest twentieth of the
/// epochs took than the first, by medians.
fn slowdown<T: Scalar>(decay: Decay, setup: Setup, epochs: usize) -> f64 {
    let at = format!("{setup:?} {decay:?} {}", T::NAME);
    let mut builder = Network::<T>::builder(INPUTS).on(setup).init(Init::HeNormal, 1);
    for &units in decay.hidden {
        builder = builder.layer(units, decay.g);
    }
    let mut net = builder.layer(decay.output.0, decay.output.1).build().unwrap();
    let (x, y) = data::<T>(decay.output.0);
    let (x, y) = (Columns::new(&x, INPUTS).unwrap(), Columns::new(&y, decay.output.0).unwrap());
    let training =
        Training::new(epochs, 16).optimizer(decay.optimizer).learning_rate(decay.rate).l2(decay.l2);
    let data = DataSet::new(x, y);
    let (mut seconds, mut start) = (Vec::new(), Instant::now());
    let mut trainer = Trainer::new(&net, training, data).unwrap();
    trainer
        .run(&mut net, data, |_| {
            seconds.push(start.elapsed().as_secs_f64());
            start = Instant::now();
            ControlFlow::Continue(())
        })
        .unwrap();

    let mut workspace = TrainingWorkspace::new(&net, SAMPLES).unwrap();
    let mut a = vec![T::ZERO; y.as_slice().len()];
    net.predict(x, &mut a, &mut workspace).unwrap();
    assert!(!a.iter().any(|&a| is_subnormal(a)), "{at}: predictions");
    net.backward(x, y, &mut workspace).unwrap();
    for layer in 0..net.layers().len() {
        let gradients = workspace.gradients();
        let parameters = [net.weights(layer).unwrap(), net.bias(layer).unwrap().to_vec()].concat();
        assert!(!parameters.into_iter().any(is_subnormal), "{at}: parameters of {layer}");
        let gradients =
            [gradients.weights(layer).unwrap(), gradients.bias(layer).unwrap().to_vec()];
        assert!(!gradients.concat().into_iter().any(is_subnormal), "{at}: gradients of {layer}");
    }
    let part = seconds.len() / 20;
    let medians: Vec<f64> = seconds.chunks_exact(part).map(median).collect();
    medians[1..].iter().copied().fold(0.0, f64::max) / medians[0]
}

/// With subnormal numbers it was 6 to 60 times as long. A busy machine may take twice as long over
/// some part, hardly thrice in a row.
#[test]
fn the_end_is_no_slower_than_the_start() {
    for &setup in BACKENDS.iter() {
        for decay in decays() {
            let least = (0..3).map(|_| slowdown::<f32>(decay, setup, EPOCHS)).find(|&s| s < 3.0);
            assert!(least.is_some(), "{setup:?} {decay:?}: more than 3 times as long, thrice");
        }
    }
}

/// f64 takes longer to get there: nothing is subnormal on the way.
#[test]
fn nothing_becomes_subnormal_in_f64() {
    for &setup in BACKENDS.iter() {
        slowdown::<f64>(decays()[0], setup, 200);
    }
}

/// Plain steps whose parameters shrink by a factor each, on every path: one sample of a tiny and of
/// a larger network, narrow networks, panels, one panel of very many inputs.
#[test]
fn parameters_that_shrink_become_0() {
    let shapes: [(usize, usize, usize); 6] =
        [(3, 2, 1), (40, 50, 1), (2, 3, 70), (40, 50, 9), (20, 17, 300), (3000, 5, 20)];
    for &setup in BACKENDS.iter() {
        for (n_x, n_y, m) in shapes {
            let at = format!("{setup:?} {n_x}-{n_y}, {m} samples");
            let builder = Network::<f32>::builder(n_x).layer(n_y, Activation::Identity);
            let mut net = builder.init(Init::Zeros, 0).on(setup).build().unwrap();
            let least = f32::MIN_POSITIVE / f32::EPSILON;
            net.set_weights(0, &vec![3.0 * least; n_x * n_y]).unwrap();
            // Inputs of 1 in the first feature alone, targets of 0: w and b shrink together, by
            // 1 - 2 lr, and all other weights stay.
            let mut x = vec![0.0; n_x * m];
            x.iter_mut().step_by(n_x).for_each(|x| *x = 1.0);
            let y = vec![0.0; n_y * m];
            let (x, y) = (Columns::new(&x, n_x).unwrap(), Columns::new(&y, n_y).unwrap());
            let mut workspace = TrainingWorkspace::new(&net, m).unwrap();
            for _ in 0..200 {
                net.step(x, y, 0.2, &mut workspace).unwrap();
            }
            let w = net.weights(0).unwrap();
            for row in w.chunks(n_x) {
                assert!(row[0] == 0.0 || row[0].abs() >= least, "{at}: {:e}", row[0]);
                assert!(row[1..].iter().all(|&w| w == 3.0 * least), "{at}");
            }
            // Descending with a gradient goes the same way.
            net.backward(x, y, &mut workspace).unwrap();
            net.descend(workspace.gradients(), 0.2).unwrap();
            assert!(net.bias(0).unwrap().iter().all(|&b| b == 0.0 || b.abs() >= least), "{at}");
        }
    }
}

/// A gradient whose square would be subnormal is 0 to the optimisers that square it; and no moment
/// or parameter is left subnormal by any.
#[test]
fn gradients_too_small_to_square_are_0() {
    for &setup in BACKENDS.iter() {
        for optimizer in Optimizer::all() {
            let builder = Network::<f32>::builder(1).layer(1, Activation::Identity);
            let mut net = builder.init(Init::Zeros, 0).on(setup).build().unwrap();
            let mut state = OptimizerState::new(&net, optimizer).unwrap();
            let mut workspace = TrainingWorkspace::new(&net, 1).unwrap();
            let (x, y) = ([1.0], [1e-25]);
            let (x, y) = (Columns::new(&x, 1).unwrap(), Columns::new(&y, 1).unwrap());
            net.step_with(x, y, &mut state, 0.1, &mut workspace).unwrap();
            let w = net.weights(0).unwrap()[0];
            let squares = !matches!(
                optimizer,
                Optimizer::Sgd | Optimizer::Momentum { .. } | Optimizer::Nesterov { .. }
            );
            assert_eq!(w == 0.0, squares, "{setup:?} {optimizer:?}: {w:e}");
        }
    }
}

/// Subnormal parameters that are given become 0: predictions with them are as fast as any.
#[test]
fn parameters_given_are_normal() {
    let mut net = Network::<f32>::builder(2).layer(1, Activation::Identity).build().unwrap();
    net.set_weights(0, &[1e-40, -1e-39]).unwrap();
    net.set_bias(0, &[1e-45]).unwrap();
    let zeros = [0.0_f32; 3].map(f32::to_bits);
    let w = net.weights(0).unwrap();
    assert_eq!([w[0], w[1], net.bias(0).unwrap()[0]].map(f32::to_bits), zeros);
    net.set_weights(0, &[f32::MIN_POSITIVE, -f32::MIN_POSITIVE]).unwrap();
    assert_eq!(net.weights(0).unwrap(), [f32::MIN_POSITIVE, -f32::MIN_POSITIVE]);
    let tiny = Init::Normal { scale: f64::from(f32::MIN_POSITIVE) };
    let layer = Network::<f32>::builder(9).layer(9, Activation::Identity);
    let drawn = layer.init(tiny, 1).build().unwrap().weights(0).unwrap();
    assert!(drawn.contains(&0.0) && !drawn.into_iter().any(is_subnormal));
}

/// The rule looks at values alone: the same bits on any number of threads.
#[test]
fn the_same_bits_on_any_number_of_threads() {
    let case = Case {
        gain: 1e-30,
        ..Case::new(200, &[(100, Activation::Sigmoid), (3, Activation::Softmax)], 1500)
    };
    for &setup in BACKENDS.iter() {
        let run = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let mut net = case.network::<f32>(setup, Parallelism::Rayon);
                let batch = case.batch::<f32>(0);
                let (x, y) = batch.columns();
                let mut workspace = TrainingWorkspace::new(&net, 1500).unwrap();
                for _ in 0..3 {
                    net.step(x, y, 1e-20, &mut workspace).unwrap();
                }
                parameter_bits(&net)
            })
        };
        assert_eq!(run(1), run(3), "{setup:?}");
    }
}
