//! Promise: no public call panics, whatever it is given.

mod common;

use std::ops::ControlFlow;

use common::{BACKENDS, On, Setup};
use proptest::prelude::*;
use shallownet::{
    Activation, Backend, Checks, Columns, Epoch, Fit, Init, Level, Loss, Network, Parallelism,
    PredictionWorkspace, Scalar, TrainingWorkspace, Workspace, reference,
};

/// Mostly small sizes, and some that no machine has. (Sizes between, which a machine may have,
/// would only make the test slow.)
fn size() -> impl Strategy<Value = usize> {
    prop_oneof![
        16 => 1_usize..6,
        1 => prop::sample::select(&[0, 1 << 55, usize::MAX / 2, usize::MAX - 1, usize::MAX][..]),
    ]
}

fn activation() -> impl Strategy<Value = Activation> {
    let usual = [Activation::Identity, Activation::Sigmoid, Activation::Tanh, Activation::Relu];
    prop_oneof![
        16 => prop::sample::select(usual.to_vec()),
        4 => Just(Activation::LEAKY_RELU),
        1 => Just(Activation::Softmax),
        1 => any::<f64>().prop_map(|slope| Activation::LeakyRelu { slope }),
    ]
}

fn init() -> impl Strategy<Value = Init> {
    prop_oneof![
        1 => any::<f64>().prop_map(|scale| Init::Normal { scale }),
        1 => any::<f64>().prop_map(|scale| Init::Uniform { scale }),
        4 => prop::sample::select(&[Init::Auto, Init::Zeros, Init::XavierUniform, Init::HeNormal, Init::NguyenWidrow][..]),
        4 => Just(Init::Normal { scale: 1.0 }),
    ]
}

/// Plain values, zeros and ones, or values of every kind: NaN, infinities, subnormals.
fn values() -> impl Strategy<Value = Vec<f64>> {
    let vector = |value| prop::collection::vec(value, 0..40);
    prop_oneof![
        3 => vector((-2.0_f64..2.0).boxed()),
        3 => vector(prop::sample::select(&[0.0, 1.0, -0.0][..]).boxed()),
        1 => vector(proptest::num::f64::ANY.boxed()),
    ]
}

fn losses() -> impl Strategy<Value = Option<Loss>> {
    let all = [
        Loss::BinaryCrossEntropy,
        Loss::CategoricalCrossEntropy,
        Loss::SquaredError,
        Loss::HUBER,
        Loss::Huber { delta: f64::NAN },
        Loss::Absolute,
        Loss::Quantile { tau: 0.9 },
        Loss::Quantile { tau: -1.0 },
        Loss::Poisson,
        Loss::GaussianNll,
    ];
    prop::option::weighted(0.3, prop::sample::select(all.to_vec()))
}

/// Everything one call of the test is given.
#[derive(Debug, Clone)]
struct Arguments {
    n_x: usize,
    layers: Vec<(usize, Activation)>,
    loss: Option<Loss>,
    init: Init,
    backend: Setup,
    parallelism: Parallelism,
    checks: Checks,
    capacity: usize,
    x: (Vec<f64>, usize),
    y: (Vec<f64>, usize),
    parameters: Vec<f64>,
    layer: usize,
    learning_rate: f64,
    iterations: usize,
}

fn arguments() -> impl Strategy<Value = Arguments> {
    let mut all = BACKENDS.to_vec();
    let absurd = [Backend::Auto, Backend::Portable, Backend::Cblas]
        .into_iter()
        .flat_map(|backend| [None, Some(Level::Wasm)].map(|level| Setup { backend, level }));
    all.extend(absurd);
    let backends = prop::sample::select(all);
    let who = prop::sample::select(&[Parallelism::Serial, Parallelism::Rayon][..]);
    let checks = prop::sample::select(&[Checks::Full, Checks::ShapesOnly][..]);
    let rate = prop_oneof![4 => 0.001_f64..10.0, 1 => proptest::num::f64::ANY];
    let network = (size(), prop::collection::vec((size(), activation()), 0..4), losses(), init());
    let data = ((values(), size()), (values(), size()), values());
    let rest = (backends, who, checks, size(), size(), rate, 0_usize..5, any::<bool>());
    (network, data, rest).prop_map(|((n_x, layers, loss, init), (x, y, parameters), rest)| {
        let (backend, parallelism, checks, capacity, layer, learning_rate, iterations, fits) = rest;
        let mut given = Arguments {
            n_x,
            layers,
            loss,
            init,
            backend,
            parallelism,
            checks,
            capacity,
            x,
            y,
            parameters,
            layer,
            learning_rate,
            iterations,
        };
        if fits {
            given.make_fit();
        }
        given
    })
}

impl Arguments {
    /// Half of the cases get data of the network's shape, so that the passes run and not only the
    /// checks before them.
    fn make_fit(&mut self) {
        let n_y = self.layers.last().map_or(1, |l| l.0).clamp(1, 8);
        let n_x = self.n_x.clamp(1, 8);
        let m = (self.x.0.len() / n_x).min(self.y.0.len() / n_y);
        self.x.0.truncate(m * n_x);
        self.y.0.truncate(m * n_y);
        (self.x.1, self.y.1) = (n_x, n_y);
        self.capacity = self.capacity.max(m);
    }
}

/// What any workspace will do for.
fn read_everything<T: Scalar>(
    net: &Network<T>,
    x: Columns<'_, T>,
    y: Columns<'_, T>,
    out: &mut [T],
    workspace: &mut impl Workspace<T>,
) {
    _ = net.predict(x, out, workspace);
    _ = net.predict(x, &mut out[1.min(x.samples())..], workspace);
    _ = net.cost(x, y, workspace);
}

/// Calls everything; every answer is as good as another.
fn call_everything<T: Scalar>(given: &Arguments) {
    let convert = |values: &[f64]| values.iter().map(|&v| T::from_f64(v)).collect::<Vec<T>>();
    let (x, y) = (convert(&given.x.0), convert(&given.y.0));
    let rate = T::from_f64(given.learning_rate);
    let mut builder = Network::<T>::builder(given.n_x)
        .init(given.init, 3)
        .on(given.backend)
        .parallelism(given.parallelism)
        .checks(given.checks);
    for &(units, activation) in &given.layers {
        builder = builder.layer(units, activation);
    }
    if let Some(loss) = given.loss {
        builder = builder.loss(loss);
    }
    let (Ok(x), Ok(y)) = (Columns::new(&x, given.x.1), Columns::new(&y, given.y.1)) else { return };
    _ = (x.column(given.layer), x.range(given.layer..given.capacity));
    let Ok(mut net) = builder.build() else { return };
    let parameters = convert(&given.parameters);
    _ = net.set_weights(given.layer, &parameters);
    _ = net.set_bias(given.layer, &parameters);
    _ = (net.weights(given.layer), net.bias(given.layer), net.parameter_count());
    let mut out = vec![T::ZERO; net.outputs() * x.samples()];
    if let Ok(mut workspace) = PredictionWorkspace::new(&net, given.capacity) {
        read_everything(&net, x, y, &mut out, &mut workspace);
    }
    if let Ok(mut workspace) = TrainingWorkspace::new(&net, given.capacity) {
        read_everything(&net, x, y, &mut out, &mut workspace);
        _ = net.backward(x, y, &mut workspace);
        _ = net.step(x, y, rate, &mut workspace);
        _ = workspace.gradients().weights(given.layer);
        let go_on = |_: &Epoch<'_, T>| ControlFlow::Continue(());
        let fit = Fit::new(given.iterations, rate.to_f64());
        _ = fit.run(&mut net, x, y, &mut workspace, go_on);
        _ = net.descend(workspace.gradients(), rate);
    }
    _ = net.try_clone();
    if x.features() == net.inputs() && y.features() == net.targets() {
        let oracle = reference::Network::from(&net);
        for i in 0..x.samples().min(y.samples()) {
            let wide = |c: &[T]| c.iter().map(|v| v.to_f64()).collect::<Vec<f64>>();
            let (x, y) = (wide(x.column(i).unwrap()), wide(y.column(i).unwrap()));
            _ = (oracle.predict(&x), oracle.gradients(&[x], &[y]));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_arguments_never_panic(given in arguments()) {
        call_everything::<f32>(&given);
        call_everything::<f64>(&given);
    }
}

/// The oracle is public: what it makes of an empty batch or network is its caller's business, but
/// names are looked up in any text.
#[test]
fn unknown_names_are_none() {
    for name in ["", "ReLU", "tanh ", "softmax\0", "auto"] {
        assert_eq!(Activation::from_name(name), None);
        assert_eq!(Loss::from_name(name), None);
    }
    assert_eq!(Backend::from_name("gpu"), None);
}
