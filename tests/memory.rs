//! Promise: memory made for a network fits every network of its sizes, whatever the activations and
//! the loss, with the same bits; of other sizes it is refused. So it is with clones, and with what
//! a `Predictor` holds.

mod common;

use common::cases::{Batch, Case};
use common::{BACKENDS, Setup, bits, parameter_bits};
use shallownet::{
    Activation, Error, Loss, Network, Optimizer, OptimizerState, OutputGradient, Parallelism,
    PredictionWorkspace, Predictor, Scalar, Tape, TrainingWorkspace, Workspace,
};

/// Sizes that take every way through the engines: tiny, narrow, wide, and a first layer of
/// half-panels.
const SIZES: [&[usize]; 5] = [&[3, 4, 1], &[5, 7, 6, 3], &[40, 70, 33, 10], &[300, 5, 2], &[2, 1]];

fn case(sizes: &[usize], g: Activation, output: Activation, m: usize) -> Case {
    let (last, hidden) = sizes[1..].split_last().unwrap();
    let mut layers: Vec<_> = hidden.iter().map(|&n| (n, g)).collect();
    layers.push((*last, output));
    let mut case = Case::new(sizes[0], &layers, m);
    case.loss = Loss::SquaredError;
    case
}

/// What another network of these sizes has: every activation is another one.
fn twin<T: Scalar>(sizes: &[usize], setup: Setup) -> Network<T> {
    case(sizes, Activation::Relu, Activation::Sigmoid, 1).network(setup, Parallelism::Rayon)
}

struct Memory<T> {
    prediction: PredictionWorkspace<T>,
    training: TrainingWorkspace<T>,
    tape: Tape<T>,
    state: OptimizerState<T>,
}

impl<T: Scalar> Memory<T> {
    fn of(net: &Network<T>, m: usize) -> Self {
        Self {
            prediction: PredictionWorkspace::new(net, m).unwrap(),
            training: TrainingWorkspace::new(net, m).unwrap(),
            tape: Tape::new(net, m).unwrap(),
            state: OptimizerState::new(net, Optimizer::adam()).unwrap(),
        }
    }

    fn copy(&self) -> Self {
        Self {
            prediction: self.prediction.clone(),
            training: self.training.clone(),
            tape: self.tape.clone(),
            state: self.state.clone(),
        }
    }
}

fn reading<T: Scalar>(
    net: &Network<T>,
    batch: &Batch<T>,
    workspace: &mut impl Workspace<T>,
) -> Vec<u64> {
    let (x, y) = batch.columns();
    let mut out = vec![T::from_f64(f64::NAN); batch.y.len()];
    net.predict(x, &mut out, workspace).unwrap();
    [bits(&out), vec![net.cost(x, y, workspace).unwrap().to_bits()]].concat()
}

/// The bits of everything that one can do.
fn everything<T: Scalar>(net: &Network<T>, batch: &Batch<T>, memory: &mut Memory<T>) -> Vec<u64> {
    let Memory { prediction, training, tape, state } = memory;
    let (x, y) = batch.columns();
    let rate = T::from_f64(0.125);
    let mut found = reading(net, batch, prediction);
    found.extend(reading(net, batch, training));
    found.push(net.backward(x, y, training).unwrap().to_bits());
    let mut moved = net.clone();
    moved.descend(training.gradients(), rate).unwrap();
    moved.update(state, training.gradients(), rate).unwrap();
    found.extend(parameter_bits(&moved));
    moved.step(x, y, rate, training).unwrap();
    moved.step_with(x, y, state, rate, training).unwrap();
    found.extend(parameter_bits(&moved));
    let mut pass = moved.forward(x, tape).unwrap();
    found.extend(bits(pass.output().as_slice()));
    let mut dx = vec![T::ZERO; batch.x.len()];
    pass.backward(OutputGradient::Da(y), Some(&mut dx)).unwrap();
    found.extend(bits(&dx));
    moved.descend(tape.gradients(), rate).unwrap();
    found.extend(parameter_bits(&moved));
    found
}

fn fits<T: Scalar>(setup: Setup) {
    for sizes in SIZES {
        for (g, output) in [
            (Activation::Tanh, Activation::Identity),
            (Activation::LEAKY_RELU, Activation::Tanh),
            (Activation::Sigmoid, Activation::Relu),
        ] {
            for m in [1, 2, 40] {
                let case = case(sizes, g, output, m);
                let net = case.network::<T>(setup, Parallelism::Rayon);
                let batch = case.batch::<T>(0);
                let at = format!("{setup:?} {sizes:?} {g:?} {m}");
                let expected = everything(&net, &batch, &mut Memory::of(&net, m));
                let mut others = Memory::of(&twin(sizes, setup), m);
                let mut copies = others.copy();
                assert_eq!(everything(&net, &batch, &mut others), expected, "{at}");
                assert_eq!(everything(&net.clone(), &batch, &mut copies), expected, "{at}, clones");
            }
        }
    }
}

#[test]
fn memory_fits_every_network_of_its_sizes() {
    for &setup in BACKENDS.iter() {
        fits::<f32>(setup);
        fits::<f64>(setup);
    }
}

fn is_refused<T: Scalar>(setup: Setup, sizes: &[usize], others: &[usize]) {
    let case = case(sizes, Activation::Tanh, Activation::Identity, 1);
    let mut net = case.network::<T>(setup, Parallelism::Serial);
    let batch = case.batch::<T>(0);
    let (x, y) = batch.columns();
    let mut memory = Memory::of(&twin(others, setup), 1);
    let mut own = TrainingWorkspace::new(&net, 1).unwrap();
    let before = parameter_bits(&net);
    let mut out = vec![T::from_f64(7.0); batch.y.len()];
    let rate = T::from_f64(0.1);
    let mismatch = |argument| Some(Error::Mismatch { argument });
    let workspace = mismatch("workspace");
    assert_eq!(net.predict(x, &mut out, &mut memory.prediction).err(), workspace);
    assert_eq!(net.predict(x, &mut out, &mut memory.training).err(), workspace);
    assert_eq!(net.cost(x, y, &mut memory.prediction).err(), workspace);
    assert_eq!(net.backward(x, y, &mut memory.training).err(), workspace);
    assert_eq!(net.step(x, y, rate, &mut memory.training).err(), workspace);
    assert_eq!(net.forward(x, &mut memory.tape).err(), mismatch("tape"));
    assert_eq!(net.descend(memory.training.gradients(), rate).err(), mismatch("gradients"));
    let refused = net.step_with(x, y, &mut memory.state, rate, &mut own).err();
    assert_eq!(refused, mismatch("optimizer state"));
    assert_eq!(parameter_bits(&net), before);
    assert!(out.iter().all(|&a| a == T::from_f64(7.0)));
}

#[test]
fn memory_of_other_sizes_is_refused() {
    // The same inputs and outputs, as many parameters, the same units in another order.
    let pairs: [(&[usize], &[usize]); 6] = [
        (&[3, 4, 1], &[3, 5, 1]),
        (&[3, 4, 1], &[3, 4, 1, 1]),
        (&[3, 4, 2, 1], &[3, 2, 4, 1]),
        (&[3, 4, 1], &[3, 1]),
        (&[40, 70, 33, 10], &[40, 33, 70, 10]),
        (&[300, 5, 2], &[300, 6, 2]),
    ];
    for &setup in BACKENDS.iter() {
        for (sizes, others) in pairs {
            is_refused::<f32>(setup, sizes, others);
            is_refused::<f64>(setup, others, sizes);
        }
    }
}

/// Sharing, owning, replacing; the bits of `predict`.
fn predicts<T: Scalar>(setup: Setup) {
    for sizes in SIZES {
        let case = case(sizes, Activation::Tanh, Activation::Tanh, 9);
        let net = case.network::<T>(setup, Parallelism::Serial);
        let batch = case.batch::<T>(0);
        let mut expected = vec![T::ZERO; batch.y.len()];
        let mut workspace = PredictionWorkspace::new(&net, 9).unwrap();
        net.predict(batch.columns().0, &mut expected, &mut workspace).unwrap();

        let mut shared = Predictor::new(&net, 9).unwrap();
        assert_eq!(shared.predict(&batch.x).unwrap(), expected);
        assert_eq!(shared.clone().predict(&batch.x).unwrap(), expected);

        // Another model takes its place, and is not refused.
        let mut replaced = Predictor::new(twin::<T>(sizes, setup), 9).unwrap();
        assert_ne!(replaced.predict(&batch.x).unwrap(), expected);
        *replaced.network_mut() = net.clone();
        assert_eq!(replaced.predict(&batch.x).unwrap(), expected);
        for i in 0..9 {
            let x = batch.columns().0.range(i..i + 1).unwrap();
            let mut a = vec![T::ZERO; net.outputs()];
            net.predict(x, &mut a, &mut workspace).unwrap();
            let given = replaced.predict(x.as_slice()).unwrap();
            assert_eq!(bits(given), bits(&a), "{setup:?} {sizes:?} {i}");
        }
        assert_eq!(parameter_bits(&replaced.into_network()), parameter_bits(&net));
    }
}

#[test]
fn a_predictor_predicts_what_its_network_does() {
    for &setup in BACKENDS.iter() {
        predicts::<f32>(setup);
        predicts::<f64>(setup);
    }
}

#[test]
fn misuse_of_a_predictor_is_named() {
    let net = |sizes: &[usize]| {
        case(sizes, Activation::Tanh, Activation::Identity, 1)
            .network::<f32>(Setup::PORTABLE, Parallelism::Serial)
    };
    assert!(matches!(Predictor::new(net(&[3, 4, 1]), 0), Err(Error::Zero { .. })));
    assert!(matches!(Predictor::new(net(&[3, 4, 1]), usize::MAX), Err(Error::TooLarge { .. })));
    let mut predictor = Predictor::new(net(&[3, 4, 1]), 2).unwrap();
    let mut refused = |x: &[f32]| predictor.predict(x).unwrap_err();
    assert_eq!(refused(&[1.0; 4]), Error::NotWholeColumns { len: 4, features: 3 });
    assert_eq!(refused(&[]), Error::EmptyBatch { argument: "x" });
    assert_eq!(refused(&[1.0; 9]), Error::Capacity { capacity: 2, given: 3 });
    assert!(matches!(
        refused(&[1.0, 2.0, f32::NAN]),
        Error::NotFinite { argument: "x", index: 2, .. }
    ));
    // Networks of other sizes, with fewer outputs and with more.
    let mismatch = Error::Mismatch { argument: "workspace" };
    for sizes in [&[3, 1][..], &[3, 5, 1], &[3, 4, 9]] {
        *predictor.network_mut() = net(sizes);
        assert_eq!(predictor.predict(&[1.0; 3]).unwrap_err(), mismatch, "{sizes:?}");
    }
    *predictor.network_mut() = net(&[3, 4, 1]);
    assert_eq!(predictor.predict(&[1.0; 6]).unwrap().len(), 2);
}
