//! Promise: every misuse is refused with an error that says what was wrong, and changes nothing;
//! no public call panics, whatever it is given.

mod common;

use std::ops::ControlFlow;

use common::{BACKENDS, On, Setup, bits, parameter_bits};
use shallownet::{
    Activation, Builder, Checks, Columns, Epoch, Error, Fit, Gradients, Init, Loss, Network,
    PredictionWorkspace, Result, Scalar, TrainingWorkspace,
};

/// A 3-4-2 network with everything that can be called on it.
struct Bench {
    net: Network<f32>,
    workspace: TrainingWorkspace<f32>,
    predictor: PredictionWorkspace<f32>,
    out: Vec<f32>,
}

const X: [f32; 6] = [0.1, -0.2, 0.3, 0.4, 0.5, -0.6];
const Y: [f32; 4] = [1.0, 0.0, 0.0, 1.0];

fn builder(loss: Loss) -> Builder<f32> {
    let output = match loss {
        Loss::CategoricalCrossEntropy => Activation::Softmax,
        Loss::Poisson => Activation::Exp,
        _ => Activation::Sigmoid,
    };
    Network::builder(3).layer(4, Activation::Tanh).layer(2, output).loss(loss)
}

impl Bench {
    fn new(loss: Loss) -> Self {
        let net = builder(loss).build().unwrap();
        let mut workspace = TrainingWorkspace::new(&net, 2).unwrap();
        let predictor = PredictionWorkspace::new(&net, 2).unwrap();
        net.backward(x(&X), y(&Y), &mut workspace).unwrap();
        Self { net, workspace, predictor, out: vec![7.0; 4] }
    }

    /// Everything the caller owns: parameters, gradients, predictions.
    fn state(&self) -> Vec<Vec<u64>> {
        let gradients = self.workspace.gradients();
        let layer =
            |l| [gradients.weights(l).unwrap(), gradients.bias(l).unwrap().to_vec()].concat();
        vec![parameter_bits(&self.net), bits(&layer(0)), bits(&layer(1)), bits(&self.out)]
    }

    /// The error of a call that must be refused and change nothing.
    fn refuse<R>(&mut self, call: impl FnOnce(&mut Self) -> Result<R>) -> Error {
        let before = self.state();
        let Err(error) = call(self) else { panic!("not refused") };
        assert_eq!(before, self.state(), "refused with {error}, but something changed");
        error
    }

    /// The error with which all calls that take a training batch refuse this one.
    fn refuse_batch(&mut self, x: Columns<'_, f32>, y: Columns<'_, f32>) -> Error {
        let fit = |b: &mut Self| {
            let go_on = |_: &Epoch<'_, f32>| ControlFlow::Continue(());
            Fit::new(3, 0.1).run(&mut b.net, x, y, &mut b.workspace, go_on)
        };
        let errors = [
            self.refuse(|b| b.net.cost(x, y, &mut b.workspace)),
            self.refuse(|b| b.net.backward(x, y, &mut b.workspace)),
            self.refuse(|b| b.net.step(x, y, 0.1, &mut b.workspace)),
            self.refuse(fit),
        ];
        let text = format!("{:?}", errors[0]);
        assert!(errors.iter().all(|e| format!("{e:?}") == text), "{errors:?}");
        errors[0].clone()
    }
}

fn x(values: &[f32]) -> Columns<'_, f32> {
    Columns::new(values, 3).unwrap()
}

fn y(values: &[f32]) -> Columns<'_, f32> {
    Columns::new(values, 2).unwrap()
}

#[test]
fn views_that_are_no_matrix() {
    assert_eq!(Columns::new(&X, 0), Err(Error::Zero { argument: "features" }));
    assert_eq!(Columns::new(&X, 4), Err(Error::NotWholeColumns { len: 6, features: 4 }));
    assert_eq!(
        Columns::new(&X, usize::MAX),
        Err(Error::NotWholeColumns { len: 6, features: usize::MAX })
    );
    let view = x(&X);
    assert!(view.column(2).is_none() && view.column(usize::MAX).is_none());
    let ranges = [0..3, 2..usize::MAX, usize::MAX..usize::MAX];
    assert!(ranges.into_iter().all(|r| view.range(r).is_none()));
    #[allow(clippy::reversed_empty_ranges, reason = "the misuse under test")]
    let reversed = 2..1;
    assert!(view.range(reversed).is_none());
}

#[test]
fn shapes_that_are_no_network() {
    let net = Network::<f32>::builder;
    let tanh = Activation::Tanh;
    let error = |b: Builder<f32>| b.build().unwrap_err();
    assert_eq!(error(net(0).layer(1, tanh)), Error::Zero { argument: "inputs of the network" });
    assert_eq!(error(net(1).layer(0, tanh)), Error::Zero { argument: "units of a layer" });
    assert_eq!(error(net(1)), Error::NoLayers);
    for (n_x, units) in
        [(usize::MAX, 1), (1, usize::MAX), (usize::MAX, usize::MAX), (1 << 32, 1 << 32)]
    {
        assert!(matches!(error(net(n_x).layer(units, tanh)), Error::TooLarge { .. }));
        assert!(matches!(
            error(net(2).layer(n_x, tanh).layer(units, tanh)),
            Error::TooLarge { .. }
        ));
    }
    // Fits the arithmetic and no machine.
    assert!(matches!(error(net(1 << 55).layer(1, tanh)), Error::OutOfMemory { .. }));
    assert_eq!(
        error(net(1).layer(2, tanh).layer(2, Activation::Softmax).layer(1, tanh)),
        Error::HiddenSoftmax { layer: 1 }
    );
    for slope in [0.0, -0.0, 1.0, -0.1, 1.5, f64::NAN, f64::INFINITY] {
        let refused = error(net(1).layer(2, Activation::LeakyRelu { slope }).layer(1, tanh));
        let Error::Range { argument: "leaky ReLU slope", given, .. } = refused else {
            panic!("{refused}")
        };
        assert_eq!(given.to_bits(), slope.to_bits());
    }
    for scale in [-1.0, f64::NAN, f64::INFINITY, -f64::MIN_POSITIVE] {
        for init in [Init::Normal { scale }, Init::Uniform { scale }] {
            let refused = error(net(1).layer(1, tanh).init(init, 0));
            assert!(matches!(refused, Error::Range { argument: "initialisation scale", .. }));
        }
    }
    // A finite scale that an f32 can't hold.
    let refused = error(net(9).layer(9, tanh).init(Init::Uniform { scale: 1e300 }, 0));
    assert!(matches!(refused, Error::Range { argument: "initialisation scale", .. }), "{refused}");
}

#[test]
fn losses_that_do_not_fit_the_output() {
    let error = |g, loss| Network::<f32>::builder(1).layer(2, g).loss(loss).build().unwrap_err();
    let (binary, categorical) = (Loss::BinaryCrossEntropy, Loss::CategoricalCrossEntropy);
    for g in [Activation::Tanh, Activation::Softmax, Activation::Relu, Activation::Identity] {
        let (loss, expected) = (binary, Activation::Sigmoid);
        assert_eq!(error(g, binary), Error::LossActivation { loss, expected, given: g });
    }
    for g in [Activation::Tanh, Activation::Sigmoid, Activation::Relu, Activation::Identity] {
        let (loss, expected) = (categorical, Activation::Softmax);
        assert_eq!(error(g, categorical), Error::LossActivation { loss, expected, given: g });
    }
}

#[test]
fn batches_of_the_wrong_shape() {
    let mut bench = Bench::new(Loss::BinaryCrossEntropy);
    let four = [0.5; 12];
    let none = Columns::new(&[], 3).unwrap();
    assert_eq!(bench.refuse_batch(none, y(&Y)), Error::EmptyBatch { argument: "x" });
    let flat = Columns::new(&X, 2).unwrap();
    let refused = Error::Features { argument: "x", expected: 3, given: 2 };
    assert_eq!(bench.refuse_batch(flat, y(&Y)), refused);
    assert_eq!(bench.refuse(|b| b.net.predict(flat, &mut b.out, &mut b.predictor)), refused);
    let refused = Error::Features { argument: "y", expected: 2, given: 1 };
    assert_eq!(bench.refuse_batch(x(&X), Columns::new(&Y[..2], 1).unwrap()), refused);
    let refused = Error::Samples { argument: "y", expected: 2, given: 1 };
    assert_eq!(bench.refuse_batch(x(&X), y(&Y[..2])), refused);
    let refused = Error::Capacity { capacity: 2, given: 4 };
    assert_eq!(bench.refuse_batch(x(&four), y(&four[..8])), refused);
    let refused = bench.refuse(|b| b.net.predict(x(&X), &mut b.out[..3], &mut b.predictor));
    assert_eq!(refused, Error::Length { argument: "out", expected: 4, given: 3 });
    let refused = bench.refuse(|b| b.net.predict(none, &mut [], &mut b.predictor));
    assert_eq!(refused, Error::EmptyBatch { argument: "x" });
    let mut eight = [0.0; 8];
    let refused = bench.refuse(|b| b.net.predict(x(&four), &mut eight, &mut b.predictor));
    assert_eq!(refused, Error::Capacity { capacity: 2, given: 4 });
}

#[test]
fn values_that_are_not_numbers() {
    let mut bench = Bench::new(Loss::SquaredError);
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let names = |e: &Error, name, at| {
            matches!(e, Error::NotFinite { argument, index, value } if *argument == name
                && *index == at && value.to_bits() == f64::from(bad).to_bits())
        };
        let (mut bad_x, mut bad_y) = (X, Y);
        (bad_x[4], bad_y[3]) = (bad, bad);
        assert!(names(&bench.refuse_batch(x(&bad_x), y(&Y)), "x", 4));
        assert!(names(&bench.refuse_batch(x(&X), y(&bad_y)), "y", 3));
        let refused = bench.refuse(|b| b.net.predict(x(&bad_x), &mut b.out, &mut b.predictor));
        assert!(names(&refused, "x", 4));
        let mut w = [0.5; 12];
        w[7] = bad;
        assert!(names(&bench.refuse(|b| b.net.set_weights(0, &w)), "weights", 7));
        assert!(names(&bench.refuse(|b| b.net.set_bias(1, &[0.0, bad])), "bias", 1));
    }
}

/// Wide networks, of which large batches go through several tiles: the last has two columns. x is
/// looked at beforehand if there are many outputs, else the first logits tell.
#[test]
fn values_that_are_not_numbers_anywhere_in_a_large_batch() {
    for (n_x, n_h, n_y) in [(300, 40, 20), (30, 300, 16)] {
        not_numbers_anywhere(n_x, n_h, n_y);
    }
}

fn not_numbers_anywhere(n_x: usize, n_h: usize, n_y: usize) {
    for (&backend, init) in
        BACKENDS.iter().flat_map(|b| [(b, Init::XavierNormal), (b, Init::Zeros)])
    {
        let mut net = Network::<f32>::builder(n_x)
            .layer(n_h, Activation::Tanh)
            .layer(n_y, Activation::Sigmoid)
            .init(init, 1)
            .on(backend)
            .build()
            .unwrap();
        for samples in [3, 674] {
            let mut workspace = TrainingWorkspace::new(&net, samples).unwrap();
            let x: Vec<f32> = (0..n_x * samples).map(|i| (i % 7) as f32 - 3.0).collect();
            let y: Vec<f32> = (0..n_y * samples).map(|i| (i % 2) as f32).collect();
            let y = Columns::new(&y, n_y).unwrap();
            let mut out = vec![7.0; n_y * samples];
            net.backward(Columns::new(&x, n_x).unwrap(), y, &mut workspace).unwrap();
            let state = |net: &Network<f32>, workspace: &TrainingWorkspace<f32>, out: &[f32]| {
                let gradients = workspace.gradients();
                let dw = [0, 1].map(|l| bits(&gradients.weights(l).unwrap()));
                (parameter_bits(net), dw, bits(out))
            };
            let before = state(&net, &workspace, &out);
            for (bad, at) in
                [(f32::NAN, 0), (f32::INFINITY, x.len() / 2), (f32::NEG_INFINITY, x.len() - 1)]
            {
                let mut spoilt = x.clone();
                spoilt[at] = bad;
                let x = Columns::new(&spoilt, n_x).unwrap();
                let answers = [
                    net.predict(x, &mut out, &mut workspace),
                    net.cost(x, y, &mut workspace).map(drop),
                    net.backward(x, y, &mut workspace).map(drop),
                    net.step(x, y, 0.1, &mut workspace).map(drop),
                ];
                for answer in answers {
                    let named = matches!(answer, Err(Error::NotFinite { argument: "x", index, .. })
                        if index == at);
                    assert!(named, "{bad} at {at}: {answer:?}");
                }
                assert_eq!(before, state(&net, &workspace, &out), "{bad} at {at}");
            }
        }
    }
}

/// Few values are looked at by other code than many, and many are looked at several at a time.
#[test]
fn one_bad_value_among_many() {
    for &backend in BACKENDS.iter() {
        let builder = Network::<f32>::builder(1).layer(1, Activation::Identity);
        let net = builder.on(backend).build().unwrap();
        for n in [1, 2, 63, 64, 65, 200, 201] {
            let mut workspace = PredictionWorkspace::new(&net, n).unwrap();
            let (mut values, mut out) = (vec![0.5; n], vec![0.0; n]);
            for at in [0, n / 2, n - 1] {
                values[at] = f32::NAN;
                let x = Columns::new(&values, 1).unwrap();
                let refused = net.predict(x, &mut out, &mut workspace).unwrap_err();
                let Error::NotFinite { argument: "x", index, .. } = refused else {
                    panic!("{refused}")
                };
                assert_eq!(index, at);
                values[at] = 0.5;
            }
        }
    }
}

/// Sums that overflow are no fault of the inputs.
#[test]
fn large_numbers_are_numbers() {
    for &backend in BACKENDS.iter() {
        let mut net = Network::<f32>::builder(300)
            .layer(40, Activation::Tanh)
            .layer(2, Activation::Sigmoid)
            .on(backend)
            .build()
            .unwrap();
        net.set_weights(0, &[1e30; 300 * 40]).unwrap();
        let x = [1e30; 300 * 9];
        let mut workspace = PredictionWorkspace::new(&net, 9).unwrap();
        let mut out = [7.0; 2 * 9];
        net.predict(Columns::new(&x, 300).unwrap(), &mut out, &mut workspace).unwrap();
        assert!(out.iter().all(|a| (0.0..=1.0).contains(a)), "{out:?}");
    }
}

#[test]
fn targets_outside_the_domain_of_the_loss() {
    let refused = |loss, targets: &[f32]| Bench::new(loss).refuse_batch(x(&X), y(targets));
    let (binary, categorical) = (Loss::BinaryCrossEntropy, Loss::CategoricalCrossEntropy);
    for bad in [-0.1, 1.1, -f32::MIN_POSITIVE, f32::NAN, f32::INFINITY] {
        for loss in [binary, categorical] {
            let Error::Target { loss: name, sample, output, value, .. } =
                refused(loss, &[1.0, 0.0, bad, 0.0])
            else {
                panic!("{loss:?} {bad}")
            };
            assert_eq!((name, sample, output), (loss, 1, 0));
            assert_eq!(value.to_bits(), f64::from(bad).to_bits());
        }
    }
    for bad in [-0.1, -f32::MIN_POSITIVE, f32::NAN, f32::INFINITY] {
        let error = refused(Loss::Poisson, &[1.0, 7.0, 0.0, bad]);
        assert!(matches!(error, Error::Target { sample: 1, output: 1, .. }), "{error}");
    }
    for column in [[0.0, 0.0], [1.0, 1.0], [0.5, 0.4]] {
        let error = refused(categorical, &[1.0, 0.0, column[0], column[1]]);
        assert!(matches!(error, Error::Target { sample: 1, output: 0, .. }), "{error}");
    }
    // -0.0 is 0, soft labels are labels, and squared error takes any number.
    let fits = |loss, targets: [f32; 4]| {
        let mut bench = Bench::new(loss);
        bench.net.step(x(&X), y(&targets), 0.1, &mut bench.workspace).unwrap();
    };
    fits(binary, [-0.0, 0.3, 1.0, 1.0]);
    fits(categorical, [0.25, 0.75, -0.0, 1.0]);
    for loss in [Loss::SquaredError, Loss::HUBER, Loss::Absolute, Loss::MEDIAN] {
        fits(loss, [-5.0, 1e9, 0.0, 0.3]);
    }
    fits(Loss::Poisson, [-0.0, 1e9, 3.0, 0.3]);
}

#[test]
fn learning_rates_that_are_none() {
    let mut bench = Bench::new(Loss::BinaryCrossEntropy);
    for rate in [-0.1, -f32::MIN_POSITIVE, f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let fit = |b: &mut Bench| {
            let go_on = |_: &Epoch<'_, f32>| ControlFlow::Continue(());
            Fit::new(3, rate.into()).run(&mut b.net, x(&X), y(&Y), &mut b.workspace, go_on)
        };
        for refused in [
            bench.refuse(|b| b.net.step(x(&X), y(&Y), rate, &mut b.workspace)),
            bench.refuse(|b| b.net.descend(b.workspace.gradients(), rate)),
            bench.refuse(fit),
        ] {
            assert!(matches!(refused, Error::Range { argument: "learning rate", .. }), "{refused}");
        }
    }
}

#[test]
fn parameters_of_the_wrong_size_or_place() {
    let mut bench = Bench::new(Loss::BinaryCrossEntropy);
    let length = |argument, expected, given| Error::Length { argument, expected, given };
    for n in [0, 11, 13] {
        let refused = bench.refuse(|b| b.net.set_weights(0, &vec![0.0; n]));
        assert_eq!(refused, length("weights", 12, n));
    }
    assert_eq!(bench.refuse(|b| b.net.set_bias(0, &[0.0; 5])), length("bias", 4, 5));
    for layer in [2, 3, usize::MAX] {
        let gradients =
            |b: &mut Bench| -> Result<Vec<f32>> { b.workspace.gradients().weights(layer) };
        for refused in [
            bench.refuse(|b| b.net.weights(layer)),
            bench.refuse(|b| b.net.bias(layer).map(<[f32]>::to_vec)),
            bench.refuse(|b| b.net.set_weights(layer, &[0.0; 8])),
            bench.refuse(|b| b.net.set_bias(layer, &[0.0; 2])),
            bench.refuse(gradients),
            bench.refuse(|b| b.workspace.gradients().bias(layer).map(<[f32]>::to_vec)),
        ] {
            assert_eq!(refused, Error::Layer { last: 1, given: layer });
        }
    }
}

#[test]
fn workspaces_of_others() {
    let mut bench = Bench::new(Loss::BinaryCrossEntropy);
    let other = Network::<f32>::builder(3)
        .layer(5, Activation::Tanh)
        .layer(2, Activation::Sigmoid)
        .build()
        .unwrap();
    let mut foreign = TrainingWorkspace::new(&other, 9).unwrap();
    let refused = bench.refuse(|b| b.net.predict(x(&X), &mut b.out, &mut foreign));
    assert_eq!(refused, Error::Mismatch { argument: "workspace" });
    let refused = bench.refuse(|b| b.net.step(x(&X), y(&Y), 0.1, &mut foreign));
    assert_eq!(refused, Error::Mismatch { argument: "workspace" });
    let gradients: &Gradients<f32> = foreign.gradients();
    let refused = bench.refuse(|b| b.net.descend(gradients, 0.1));
    assert_eq!(refused, Error::Mismatch { argument: "gradients" });

    let refusals = |capacity| {
        [
            TrainingWorkspace::new(&bench.net, capacity).unwrap_err(),
            PredictionWorkspace::new(&bench.net, capacity).unwrap_err(),
        ]
    };
    for error in refusals(0) {
        assert_eq!(error, Error::Zero { argument: "workspace capacity" });
    }
    assert!(refusals(usize::MAX).iter().all(|e| matches!(e, Error::TooLarge { .. })));
    assert!(refusals(1 << 55).iter().all(|e| matches!(e, Error::OutOfMemory { .. })));
}

#[test]
#[cfg(not(feature = "cblas"))]
fn a_backend_that_is_not_there() {
    let refused =
        builder(Loss::SquaredError).backend(shallownet::Backend::Cblas).build().unwrap_err();
    assert!(matches!(refused, Error::Backend { backend: shallownet::Backend::Cblas, .. }));
}

/// With `Checks::ShapesOnly` NaN goes in and comes out; only a cost that is none stops training.
fn flows<T: Scalar>(backend: Setup) {
    let nan = T::from_f64(f64::NAN);
    let builder =
        Network::<T>::builder(1).layer(3, Activation::LEAKY_RELU).layer(1, Activation::Sigmoid);
    let mut net = builder.on(backend).checks(Checks::ShapesOnly).build().unwrap();
    net.set_bias(1, &[T::from_f64(0.5)]).unwrap();
    let mut workspace = TrainingWorkspace::new(&net, 3).unwrap();
    let (data, mut out) = ([T::ZERO, nan, T::ZERO], [T::ZERO; 3]);
    let view = Columns::new(&data, 1).unwrap();
    net.predict(view, &mut out, &mut workspace).unwrap();
    // A sample's NaN stays its own.
    assert!(out[0].is_finite() && out[1].to_f64().is_nan() && out[2].is_finite());
    assert!(net.cost(view, view, &mut workspace).unwrap().is_nan());
    assert!(net.backward(view, view, &mut workspace).unwrap().is_nan());
    let before = parameter_bits(&net);
    let step = net.step(view, view, T::from_f64(0.1), &mut workspace);
    assert!(matches!(step, Err(Error::Diverged { .. })));
    assert_eq!(parameter_bits(&net), before);
    net.set_weights(0, &[nan; 3]).unwrap();
    net.predict(view, &mut out, &mut workspace).unwrap();
    assert!(out.iter().all(|a| a.to_f64().is_nan()));
}

#[test]
fn nan_flows_where_it_is_not_checked() {
    for &backend in BACKENDS.iter() {
        flows::<f32>(backend);
        flows::<f64>(backend);
    }
}
