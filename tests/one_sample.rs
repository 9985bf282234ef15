//! Promise: cost, gradient and an optimiser's step of one sample through a tiny network, which have
//! paths of their own, have the bits of the general ones; what is refused there is refused here,
//! and changes nothing.
//!
//! A sample with a weight takes the general paths of `cost` and `backward`, and a weight of 1 changes
//! no bit.

mod common;

use common::cases::{Case, elementwise, output_and_loss};
use common::{BACKENDS, On, Setup, bits, parameter_bits};
use proptest::prelude::*;
use shallownet::{
    Activation, Checks, Columns, Error, Gradients, Init, Loss, Network, Optimizer, OptimizerState,
    Parallelism, Scalar, Targets, TrainingWorkspace,
};

fn gradient_bits<T: Scalar>(gradients: &Gradients<T>, layers: usize) -> Vec<u64> {
    let layer = |l| [gradients.weights(l).unwrap(), gradients.bias(l).unwrap().to_vec()].concat();
    bits(&(0..layers).flat_map(layer).collect::<Vec<T>>())
}

/// Memory for the short paths and for the general ones.
struct Pair<T> {
    short: TrainingWorkspace<T>,
    general: TrainingWorkspace<T>,
}

impl<T: Scalar> Pair<T> {
    fn new(net: &Network<T>) -> Self {
        let new = || TrainingWorkspace::new(net, 1).unwrap();
        Self { short: new(), general: new() }
    }

    fn same_bits(&mut self, net: &Network<T>, (x, y): (Columns<'_, T>, Columns<'_, T>), at: &str) {
        let Self { short, general } = self;
        let one = [T::ONE];
        let weighted = Targets::weighted(y, &one);
        let cost = net.cost(x, weighted, general).unwrap();
        assert_eq!(bits(&[net.cost(x, y, short).unwrap()]), bits(&[cost]), "cost: {at}");
        assert_eq!(net.backward(x, weighted, general), Ok(cost), "{at}");
        assert_eq!(net.backward(x, y, short), Ok(cost), "{at}");
        let layers = net.layers().len();
        let expected = gradient_bits(general.gradients(), layers);
        assert_eq!(gradient_bits(short.gradients(), layers), expected, "gradient: {at}");
    }

    /// Some steps of each optimiser, beside the gradient's general path and the same update.
    fn same_steps(
        &mut self,
        start: &Network<T>,
        (x, y): (Columns<'_, T>, Columns<'_, T>),
        (optimizer, l2, clip): (Optimizer, f64, Option<f64>),
        at: &str,
    ) {
        let Self { short, general } = self;
        let rate = T::from_f64(0.01);
        let mut state = OptimizerState::new(start, optimizer).unwrap().l2(l2).unwrap();
        if let Some(clip) = clip {
            state = state.clip_norm(clip).unwrap();
        }
        let mut other = state.clone();
        let (mut net, mut expected) = (start.clone(), start.clone());
        let one = [T::ONE];
        for step in 0..5 {
            let cost = expected.backward(x, Targets::weighted(y, &one), general).unwrap();
            if !cost.is_finite() {
                // Some drawn networks explode.
                let refused = net.step_with(x, y, &mut state, rate, short);
                assert!(matches!(refused, Err(Error::Diverged { .. })), "{refused:?}: {at}");
                return;
            }
            expected.update(&mut other, general.gradients(), rate).unwrap();
            assert_eq!(net.step_with(x, y, &mut state, rate, short), Ok(cost), "{step}: {at}");
            let (given, expected) = (parameter_bits(&net), parameter_bits(&expected));
            assert_eq!(given, expected, "{optimizer:?}, step {step}: {at}");
        }
        assert_eq!((state.steps(), other.steps()), (5, 5));
    }
}

fn check<T: Scalar>(case: &Case, setup: Setup) {
    let net = case.network::<T>(setup, Parallelism::Serial);
    let at = format!("{setup:?}, {}: {case:?}", T::NAME);
    let mut pair = Pair::new(&net);
    for index in 0..case.batches.len() {
        let batch = case.batch::<T>(index);
        pair.same_bits(&net, batch.columns(), &at);
    }
    let batch = case.batch::<T>(0);
    for optimizer in Optimizer::all() {
        for (l2, clip) in [(0.0, None), (0.1, Some(0.5))] {
            // A plain step adds the sums to the parameters, rounded once: it has other bits.
            if optimizer != Optimizer::Sgd || l2 > 0.0 {
                pair.same_steps(&net, batch.columns(), (optimizer, l2, clip), &at);
            }
        }
    }
}

/// Up to four layers of up to sixteen units (and a few that are no longer tiny), up to 130 inputs;
/// both sides of half a register, of either type; every output and loss.
fn any_tiny() -> impl Strategy<Value = Case> {
    let units = || prop_oneof![1_usize..=5, 1_usize..=9, 1_usize..=17];
    let n_x = prop_oneof![4 => 1_usize..=9, 1 => 1_usize..=130];
    let hidden = prop::collection::vec((units(), elementwise()), 0..=3);
    let output = prop_oneof![1 => Just(Activation::Softmax), 5 => elementwise()];
    let output = prop_oneof![
        1 => output.prop_map(|g| (g, Loss::default_for(g))),
        1 => output_and_loss(),
    ];
    let kinds = (any::<bool>(), prop_oneof![Just(1.0_f32), Just(30.0)]);
    (n_x, hidden, (units(), output), kinds, any::<u64>()).prop_map(
        |(n_x, mut layers, (units, (g, loss)), (soft, gain), seed)| {
            layers.push((if g == Activation::Softmax { units.max(2) } else { units }, g));
            let case = Case { loss, seed, soft, gain, ..Case::new(n_x, &layers, 1) };
            Case { batches: vec![1; 4], ..case }.tame()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn short_paths_have_the_bits_of_general_ones(case in any_tiny()) {
        for &setup in BACKENDS.iter() {
            check::<f32>(&case, setup);
            check::<f64>(&case, setup);
        }
    }
}

/// What is asked of a network that must not change.
struct Unchanged<T> {
    net: Network<T>,
    state: OptimizerState<T>,
    workspace: TrainingWorkspace<T>,
}

impl<T: Scalar> Unchanged<T> {
    /// After a step and a gradient of `good`.
    fn new(mut net: Network<T>, good: (Columns<'_, T>, Columns<'_, T>)) -> Self {
        let mut workspace = TrainingWorkspace::new(&net, 1).unwrap();
        let mut state = OptimizerState::new(&net, Optimizer::adam()).unwrap();
        net.step_with(good.0, good.1, &mut state, T::from_f64(0.01), &mut workspace).unwrap();
        net.backward(good.0, good.1, &mut workspace).unwrap();
        Self { net, state, workspace }
    }

    /// The parameters, the steps counted, and what a step of `good` makes of moments and all.
    fn bits(&self, (x, y): (Columns<'_, T>, Columns<'_, T>)) -> (Vec<u64>, u64, Vec<u64>) {
        let (mut net, mut state) = (self.net.clone(), self.state.clone());
        let mut workspace = TrainingWorkspace::new(&net, 1).unwrap();
        net.step_with(x, y, &mut state, T::from_f64(0.01), &mut workspace).unwrap();
        (parameter_bits(&self.net), self.state.steps(), parameter_bits(&net))
    }

    /// All three calls give this error.
    fn refuses(&mut self, (x, y): (Columns<'_, T>, Columns<'_, T>), is: impl Fn(&Error) -> bool) {
        let Self { net, state, workspace } = self;
        let gradients = gradient_bits(workspace.gradients(), net.layers().len());
        let cost = net.cost(x, y, workspace).unwrap_err();
        let backward = net.backward(x, y, workspace).unwrap_err();
        let step = net.step_with(x, y, state, T::from_f64(0.01), workspace).unwrap_err();
        assert!(is(&cost), "{cost}");
        // As texts, since one that names a NaN does not equal itself.
        let [cost, backward, step] = [cost, backward, step].map(|error| error.to_string());
        assert_eq!((&backward, &step), (&cost, &cost));
        assert_eq!(gradient_bits(workspace.gradients(), net.layers().len()), gradients);
    }
}

fn network<T: Scalar>(n_x: usize, setup: Setup, checks: Checks) -> Network<T> {
    Network::builder(n_x)
        .layer(4, Activation::Relu)
        .layer(1, Activation::Sigmoid)
        .init(Init::XavierNormal, 1)
        .on(setup)
        .checks(checks)
        .build()
        .unwrap()
}

fn refused<T: Scalar>(setup: Setup) {
    let good = (vec![T::ONE; 3], [T::ONE]);
    let good = (Columns::new(&good.0, 3).unwrap(), Columns::new(&good.1, 1).unwrap());
    let mut unchanged = Unchanged::new(network::<T>(3, setup, Checks::Full), good);
    let before = unchanged.bits(good);
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY].map(T::from_f64) {
        for at in 0..3 {
            let mut x = [T::ONE; 3];
            x[at] = bad;
            unchanged.refuses((Columns::new(&x, 3).unwrap(), good.1), |error| {
                matches!(*error, Error::NotFinite { argument: "x", index, .. } if index == at)
            });
        }
        let y = [bad];
        unchanged.refuses((good.0, Columns::new(&y, 1).unwrap()), |error| {
            matches!(error, Error::Target { sample: 0, output: 0, .. })
        });
    }
    let two = [T::ONE; 2];
    unchanged.refuses((good.0, Columns::new(&two, 1).unwrap()), |error| {
        *error == Error::Samples { argument: "y", expected: 1, given: 2 }
    });
    unchanged.refuses((good.0, Columns::new(&two, 2).unwrap()), |error| {
        *error == Error::Features { argument: "y", expected: 1, given: 2 }
    });
    unchanged.refuses((Columns::new(&two, 2).unwrap(), good.1), |error| {
        *error == Error::Features { argument: "x", expected: 3, given: 2 }
    });
    assert_eq!(unchanged.bits(good), before, "{setup:?}");
}

#[test]
fn what_is_refused_changes_nothing() {
    for &setup in BACKENDS.iter() {
        refused::<f32>(setup);
        refused::<f64>(setup);
    }
}

/// An input that is finite, through weights that make the cost infinite; and one that is not, where
/// that is not checked.
fn diverges<T: Scalar>(setup: Setup) {
    let (one, target, greatest) = ([T::ONE; 2], [T::ONE], T::ONE / T::MIN_POSITIVE);
    let good = (Columns::new(&one, 2).unwrap(), Columns::new(&target, 1).unwrap());
    let net = Network::<T>::builder(2)
        .layer(3, Activation::Tanh)
        .layer(1, Activation::Identity)
        .loss(Loss::SquaredError)
        .init(Init::XavierNormal, 1)
        .on(setup)
        .checks(Checks::ShapesOnly);
    let mut unchanged = Unchanged::new(net.build().unwrap(), good);
    let before = unchanged.bits(good);
    let nan = [T::from_f64(f64::NAN), T::ONE];
    let y = [greatest * greatest];
    let cases = [
        (Columns::new(&nan, 2).unwrap(), good.1),
        (good.0, Columns::new(&nan[..1], 1).unwrap()),
        (good.0, Columns::new(&y, 1).unwrap()),
    ];
    for (x, y) in cases {
        let Unchanged { net, state, workspace } = &mut unchanged;
        assert!(!net.cost(x, y, workspace).unwrap().is_finite());
        assert!(!net.backward(x, y, workspace).unwrap().is_finite());
        for optimizer in Optimizer::all() {
            let mut fresh = OptimizerState::new(net, optimizer).unwrap();
            let error = net.step_with(x, y, &mut fresh, T::from_f64(0.01), workspace).unwrap_err();
            assert!(matches!(error, Error::Diverged { step: 0, .. }), "{error}");
        }
        let error = net.step_with(x, y, state, T::from_f64(0.01), workspace).unwrap_err();
        assert!(matches!(error, Error::Diverged { step: 1, .. }), "{error}");
        assert_eq!(unchanged.bits(good), before, "{setup:?} {}", T::NAME);
    }
}

#[test]
fn divergence_changes_neither_parameters_nor_state() {
    for &setup in BACKENDS.iter() {
        diverges::<f32>(setup);
        diverges::<f64>(setup);
    }
}
