//! Promise: every optimiser computes what its published formula says, on every backend, with the
//! same bits at all levels with FMA; padding, penalty and clipping included.

mod common;

use common::cases::{Case, Numbers};
use common::optimizer_bounds::{Arithmetic, Bounded, U64, bound};
use common::{BACKENDS, Setup, parameter_bits};
use proptest::prelude::*;
use serde_json::Value;
use shallownet::reference::optimizer::{Moments, Step, clip_factor, step};
use shallownet::{
    Activation, Backend, Columns, Init, Level, Loss, Network, Optimizer, OptimizerState,
    Parallelism, Scalar, TrainingWorkspace,
};

/// One layer's weights or biases beside the reference.
struct Tracked {
    moments: Moments,
    bounds: Vec<[Bounded; 2]>,
}

impl Tracked {
    fn new(parameters: usize) -> Self {
        let zero = Arithmetic::exact(0.0);
        Self { moments: Moments::zeros(parameters), bounds: vec![[zero; 2]; parameters] }
    }

    fn check<T: Scalar>(
        &mut self,
        with: (Step, f64),
        (before, dw, after): (&[T], &[T], &[T]),
    ) -> Result<(), TestCaseError> {
        let wide = |values: &[T]| values.iter().map(|v| v.to_f64()).collect::<Vec<f64>>();
        let (before, dw) = (wide(before), wide(dw));
        let mut w = before.clone();
        step(with.0, &mut w, &dw, &mut self.moments);
        let (a, t) = (Arithmetic::of::<T>(), self.moments.t);
        for (i, (given, expected)) in wide(after).into_iter().zip(w).enumerate() {
            let [m, v] = &mut self.bounds[i];
            let error = bound(a, with, t, (before[i], dw[i]), [m, v]);
            prop_assert!(error.is_finite());
            let off = (given - expected).abs();
            prop_assert!(off <= error, "[{i}] {given:e}, not {expected:e}: {off:e} > {error:e}");
        }
        Ok(())
    }
}

#[derive(Debug, Clone, Copy)]
struct Options {
    optimizer: Optimizer,
    l2: f64,
    clip_norm: Option<f64>,
    learning_rate: f32,
}

/// Six steps with `options` beside the reference's with `told`: the same, or else it should fail.
fn against_reference<T: Scalar>(
    case: &Case,
    backend: Setup,
    (options, told): (Options, Options),
) -> Result<(), TestCaseError> {
    let mut net = case.network::<T>(backend, Parallelism::Serial);
    let mut workspace = TrainingWorkspace::new(&net, case.capacity()).unwrap();
    let mut state = OptimizerState::new(&net, options.optimizer).unwrap().l2(options.l2).unwrap();
    if let Some(norm) = options.clip_norm {
        state = state.clip_norm(norm).unwrap();
    }
    let lr = f64::from(options.learning_rate);
    let layers = net.layers().to_vec();
    let mut tracked: Vec<[Tracked; 2]> = layers
        .iter()
        .map(|layer| [Tracked::new(layer.units * layer.inputs), Tracked::new(layer.units)])
        .collect();
    for round in 0..6 {
        let batch = case.batch::<T>(round % case.batches.len());
        let (x, y) = batch.columns();
        let old: Vec<_> = (0..layers.len())
            .map(|l| (net.weights(l).unwrap(), net.bias(l).unwrap().to_vec()))
            .collect();
        net.backward(x, y, &mut workspace).unwrap();
        let gradients = workspace.gradients();
        let all: Vec<f64> = (0..layers.len())
            .flat_map(|l| [gradients.weights(l).unwrap(), gradients.bias(l).unwrap().to_vec()])
            .flatten()
            .map(|g| g.to_f64())
            .collect();
        let clip = told.clip_norm.map_or(1.0, |limit| clip_factor(limit, &all));
        // Two norms of n terms in f64, and the quotient, each.
        let clip_error = 4.0 * (all.len() + 8) as f64 * U64 * clip;
        net.update(&mut state, gradients, T::from_f64(lr)).unwrap();
        for (l, (w, b)) in old.iter().enumerate() {
            let [weights, biases] = &mut tracked[l];
            let lr = f64::from(told.learning_rate);
            let with = Step { optimizer: told.optimizer, lr, l2: told.l2, clip };
            let dw = gradients.weights(l).unwrap();
            weights.check((with, clip_error), (w, &dw, &net.weights(l).unwrap()))?;
            // Biases have neither penalty nor decay.
            let optimizer = match told.optimizer {
                Optimizer::AdamW { beta1, beta2, epsilon, .. } => {
                    Optimizer::Adam { beta1, beta2, epsilon }
                }
                other => other,
            };
            let with = Step { optimizer, l2: 0.0, ..with };
            let db = gradients.bias(l).unwrap();
            biases.check((with, clip_error), (b, db, net.bias(l).unwrap()))?;
        }
    }
    assert_eq!(state.steps(), 6);
    Ok(())
}

fn any_optimizer() -> impl Strategy<Value = Optimizer> {
    let beta = || prop_oneof![Just(0.9), 0.0..0.99];
    let epsilon = || prop_oneof![Just(1e-8), 1e-8..1e-2];
    prop_oneof![
        Just(Optimizer::Sgd),
        beta().prop_map(|beta| Optimizer::Momentum { beta }),
        beta().prop_map(|beta| Optimizer::Nesterov { beta }),
        (beta(), epsilon()).prop_map(|(rho, epsilon)| Optimizer::RmsProp { rho, epsilon }),
        (beta(), prop_oneof![Just(0.999), 0.5..0.9999], epsilon())
            .prop_map(|(beta1, beta2, epsilon)| Optimizer::Adam { beta1, beta2, epsilon }),
        (beta(), epsilon(), 0.0..0.5).prop_map(|(beta1, epsilon, weight_decay)| {
            Optimizer::AdamW { beta1, beta2: 0.999, epsilon, weight_decay }
        }),
    ]
}

fn any_options() -> impl Strategy<Value = Options> {
    let l2 = prop_oneof![Just(0.0), 1e-6..0.1];
    let clip_norm = prop_oneof![Just(None), (1e-3..10.0).prop_map(Some)];
    (any_optimizer(), l2, clip_norm, 1e-4_f32..0.1).prop_map(
        |(optimizer, l2, clip_norm, learning_rate)| Options {
            optimizer,
            l2,
            clip_norm,
            learning_rate,
        },
    )
}

/// Of one layer, and of as many as there are in a run over weights and biases by turns.
fn any_small_case() -> impl Strategy<Value = Case> {
    let units = || 1_usize..=40;
    let hidden = prop::collection::vec(units(), 0..=3);
    (units(), hidden, units(), 1_usize..=12, any::<u64>()).prop_map(
        |(n_x, hidden, n_y, m, seed)| {
            let mut layers: Vec<_> = hidden.into_iter().map(|n| (n, Activation::Tanh)).collect();
            layers.push((n_y, Activation::Sigmoid));
            Case { seed, soft: true, ..Case::new(n_x, &layers, m) }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn every_optimizer_is_its_formula(case in any_small_case(), options in any_options()) {
        for &backend in BACKENDS.iter() {
            against_reference::<f32>(&case, backend, (options, options))?;
            against_reference::<f64>(&case, backend, (options, options))?;
        }
    }

    #[test]
    fn levels_with_fma_agree(case in any_small_case(), options in any_options()) {
        fn run<T: Scalar>(case: &Case, level: Level, options: Options) -> Vec<u64> {
            let setup = Setup { backend: Backend::Fused, level: Some(level) };
            let mut net = case.network::<T>(setup, Parallelism::Serial);
            let mut workspace = TrainingWorkspace::new(&net, case.capacity()).unwrap();
            let state = OptimizerState::new(&net, options.optimizer).unwrap();
            let mut state = state.l2(options.l2).unwrap();
            if let Some(norm) = options.clip_norm {
                state = state.clip_norm(norm).unwrap();
            }
            let batch = case.batch::<T>(0);
            let (x, y) = batch.columns();
            let lr = T::from_f64(options.learning_rate.into());
            for _ in 0..5 {
                net.step_with(x, y, &mut state, lr, &mut workspace).unwrap();
            }
            parameter_bits(&net)
        }
        let levels: Vec<Level> = Level::available().into_iter().filter(|l| l.has_fma()).collect();
        for pair in levels.windows(2) {
            let [a, b] = [pair[0], pair[1]];
            prop_assert_eq!(run::<f32>(&case, a, options), run::<f32>(&case, b, options));
            prop_assert_eq!(run::<f64>(&case, a, options), run::<f64>(&case, b, options));
        }
    }
}

/// A level that is forced is that of updates too: from the same gradient, other bits without FMA.
#[test]
fn updates_keep_to_the_forced_level() {
    let case = Case::new(20, &[(30, Activation::Tanh), (3, Activation::Sigmoid)], 12);
    let at = |level| {
        let setup = Setup { backend: Backend::Fused, level: Some(level) };
        case.network::<f32>(setup, Parallelism::Serial)
    };
    let net = at(Level::detect());
    let mut workspace = TrainingWorkspace::new(&net, 12).unwrap();
    let batch = case.batch::<f32>(0);
    let (x, y) = batch.columns();
    net.backward(x, y, &mut workspace).unwrap();
    let after = |level| {
        let mut net = at(level);
        let mut state = OptimizerState::new(&net, Optimizer::adam()).unwrap();
        for _ in 0..3 {
            net.update(&mut state, workspace.gradients(), 0.1).unwrap();
        }
        parameter_bits(&net)
    };
    let (fused, unfused): (Vec<_>, Vec<_>) =
        Level::available().into_iter().partition(|level| level.has_fma());
    for (a, b) in fused.iter().flat_map(|a| unfused.iter().map(move |b| (*a, *b))) {
        assert_ne!(after(a), after(b), "{a:?} and {b:?}");
    }
}

/// The bounds are not so wide that they admit anything: any one constant off by a thousandth shows.
#[test]
fn a_wrong_constant_is_caught() {
    let case = Case::new(10, &[(8, Activation::Tanh), (3, Activation::Sigmoid)], 12);
    let (off, epsilon) = (1.001, 1e-3);
    let momentum = |beta| Optimizer::Momentum { beta };
    let nesterov = |beta| Optimizer::Nesterov { beta };
    let rms = |rho, epsilon| Optimizer::RmsProp { rho, epsilon };
    let adam = |beta1, beta2, epsilon| Optimizer::Adam { beta1, beta2, epsilon };
    let adam_w = |weight_decay| Optimizer::AdamW { beta1: 0.9, beta2: 0.99, epsilon, weight_decay };
    let pairs = [
        (Optimizer::Sgd, momentum(0.001)),
        (momentum(0.9), momentum(0.9 * off)),
        (nesterov(0.9), nesterov(0.9 * off)),
        (nesterov(0.9), momentum(0.9)),
        (rms(0.9, epsilon), rms(0.9 * off, epsilon)),
        (rms(0.9, epsilon), rms(0.9, epsilon * off)),
        (adam(0.9, 0.99, epsilon), adam(0.9 * off, 0.99, epsilon)),
        (adam(0.9, 0.99, epsilon), adam(0.9, 0.99 * off, epsilon)),
        (adam(0.9, 0.99, epsilon), adam(0.9, 0.99, epsilon * 1.1)),
        (adam_w(0.5), adam_w(0.5 * off)),
    ];
    let options =
        |optimizer| Options { optimizer, l2: 0.1, clip_norm: Some(0.05), learning_rate: 0.1 };
    let caught = |given: Options, told: Options| {
        for &backend in BACKENDS.iter() {
            against_reference::<f32>(&case, backend, (given, given)).unwrap();
            assert!(against_reference::<f32>(&case, backend, (given, told)).is_err(), "{told:?}");
            assert!(against_reference::<f64>(&case, backend, (given, told)).is_err(), "{told:?}");
        }
    };
    for (given, told) in pairs {
        caught(options(given), options(told));
        let given = options(given);
        caught(given, Options { learning_rate: 0.1001, ..given });
    }
    let given = options(Optimizer::momentum());
    caught(given, Options { l2: 0.1 * off, ..given });
    caught(given, Options { clip_norm: Some(0.05 * off), ..given });
}

/// `step_with` is `backward` and `update`; for plain SGD it is `step`.
#[test]
fn a_step_is_backward_and_update() {
    let case = Case::new(7, &[(9, Activation::Tanh), (3, Activation::Softmax)], 20);
    let batch = case.batch::<f32>(0);
    let (x, y) = batch.columns();
    for &backend in BACKENDS.iter() {
        for optimizer in Optimizer::all() {
            let mut stepped = case.network::<f32>(backend, Parallelism::Serial);
            let mut updated = stepped.try_clone().unwrap();
            let mut workspace = TrainingWorkspace::new(&stepped, 20).unwrap();
            let mut states = [&stepped, &updated]
                .map(|net| OptimizerState::new(net, optimizer).unwrap().clip_norm(0.5).unwrap());
            for _ in 0..3 {
                let cost = stepped.step_with(x, y, &mut states[0], 0.1, &mut workspace).unwrap();
                assert_eq!(updated.backward(x, y, &mut workspace), Ok(cost));
                let gradients = workspace.gradients();
                updated.update(&mut states[1], gradients, 0.1).unwrap();
            }
            assert_eq!(parameter_bits(&stepped), parameter_bits(&updated), "{optimizer:?}");
        }
        let mut plain = case.network::<f32>(backend, Parallelism::Serial);
        let mut stepped = plain.try_clone().unwrap();
        let mut workspace = TrainingWorkspace::new(&plain, 20).unwrap();
        let mut state = OptimizerState::new(&plain, Optimizer::Sgd).unwrap();
        for _ in 0..3 {
            plain.step_with(x, y, &mut state, 0.1, &mut workspace).unwrap();
            stepped.step(x, y, 0.1, &mut workspace).unwrap();
        }
        assert_eq!(parameter_bits(&plain), parameter_bits(&stepped));
        assert_eq!(state.steps(), 3);
    }
}

/// Values of an implementation that is not ours: see the file's `source`. Three weights and a bias,
/// whose gradient is 1 throughout, and which is neither decayed nor penalised.
#[test]
fn optax_values_are_reproduced() {
    let values: Value = serde_json::from_str(include_str!("data/optimizers_optax.json")).unwrap();
    let row = |value: &Value| -> Vec<f64> {
        value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
    };
    let lr = values["learning_rate"].as_f64().unwrap();
    let start = row(&values["w"]);
    let runs = values["after_each_step"].as_object().unwrap();
    assert_eq!(runs.len(), 7);
    for (name, steps) in runs {
        let (optimizer, penalised) = match name.split_once(',') {
            Some((name, _)) => (Optimizer::from_name(name).unwrap(), true),
            None => (Optimizer::from_name(name).unwrap(), false),
        };
        for backend in [Backend::Fused, Backend::Portable] {
            let mut net = Network::<f64>::builder(3)
                .layer(1, Activation::Identity)
                .loss(Loss::SquaredError)
                .init(Init::Zeros, 0)
                .backend(backend)
                .build()
                .unwrap();
            net.set_weights(0, &start[..3]).unwrap();
            net.set_bias(0, &start[3..]).unwrap();
            let mut workspace = TrainingWorkspace::new(&net, 1).unwrap();
            let mut state = OptimizerState::new(&net, optimizer).unwrap();
            if penalised {
                state = state.l2(0.02).unwrap().clip_norm(0.5).unwrap();
            }
            let gradients = values["gradients"].as_array().unwrap();
            for (gradient, expected) in gradients.iter().zip(steps.as_array().unwrap()) {
                // With a - y = 1, dW is x and db is 1.
                let x = row(gradient)[..3].to_vec();
                let x = Columns::new(&x, 3).unwrap();
                let mut a = [0.0];
                net.predict(x, &mut a, &mut workspace).unwrap();
                let y = [a[0] - 1.0];
                let y = Columns::new(&y, 1).unwrap();
                net.step_with(x, y, &mut state, lr, &mut workspace).unwrap();
                let given = [net.weights(0).unwrap(), net.bias(0).unwrap().to_vec()].concat();
                for (given, expected) in given.iter().zip(row(expected)) {
                    // Five steps of at most 0.2, each off by some twenty roundings of 1e-16, and
                    // the roundings of w itself, at most 2: 5e-15.
                    let off = (given - expected).abs();
                    assert!(off < 1e-14, "{name} {backend:?}: {given}, not {expected}: {off:e}");
                }
            }
        }
    }
}

/// Units that are dead for thousands of steps leave moments of 0, not subnormal ones.
#[test]
fn forgotten_gradients_cost_nothing() {
    let mut numbers = Numbers(5);
    let mut net = Network::<f32>::builder(4).layer(3, Activation::Identity).build().unwrap();
    let x: Vec<f32> = (0..8).map(|_| numbers.ordinary(1.0)).collect();
    let mut workspace = TrainingWorkspace::new(&net, 2).unwrap();
    let mut state = OptimizerState::new(&net, Optimizer::adam()).unwrap();
    let (x, zero) = (Columns::new(&x, 4).unwrap(), [0.0; 8]);
    let zero = Columns::new(&zero, 4).unwrap();
    let y = [0.5; 6];
    net.step_with(x, Columns::new(&y, 3).unwrap(), &mut state, 0.01, &mut workspace).unwrap();
    // x = 0 and y = a: every gradient is exactly 0 from here on. m falls by 0.9 a step: below f32's
    // smallest number after about 1000; v by 0.999.
    let settled = |net: &Network<f32>, workspace: &mut TrainingWorkspace<f32>| {
        let mut a = [0.0; 6];
        net.predict(zero, &mut a, workspace).unwrap();
        a
    };
    for _ in 0..1100 {
        let a = settled(&net, &mut workspace);
        let y = Columns::new(&a, 3).unwrap();
        net.step_with(zero, y, &mut state, 0.01, &mut workspace).unwrap();
    }
    let before = parameter_bits(&net);
    for _ in 0..10 {
        let a = settled(&net, &mut workspace);
        let y = Columns::new(&a, 3).unwrap();
        net.step_with(zero, y, &mut state, 1e37, &mut workspace).unwrap();
    }
    // At a learning rate of 1e37 the least m would show.
    assert_eq!(parameter_bits(&net), before);
}
