//! Promise: Jacobians, their products, input Hessians and Hessian-vector products are the reference's,
//! within bounds of rounding, on every backend and level, for every activation and loss; they have the
//! same bits on any number of threads; what can't be computed is refused.

mod common;

use common::cases::Numbers;
use common::{BACKENDS, On, bits, rows, wide};
use shallownet::reference::{self, LayerGradient};
use shallownet::testing::bounds::derivatives::{Direction, Quantity, Rules, Start};
use shallownet::{
    Activation, Builder, Columns, Error, HessianWorkspace, InputHessianWorkspace,
    JacobianWorkspace, Loss, Network, Parallelism, Scalar,
};

const HIDDEN: [Activation; 11] = [
    Activation::Identity,
    Activation::Sigmoid,
    Activation::Tanh,
    Activation::Relu,
    Activation::LEAKY_RELU,
    Activation::ELU,
    Activation::Softplus,
    Activation::Silu,
    Activation::Gelu,
    Activation::GeluTanh,
    Activation::Sin,
];

/// Every loss with an output that it takes.
const ENDS: [(Activation, Loss); 13] = [
    (Activation::Identity, Loss::SquaredError),
    (Activation::Tanh, Loss::SquaredError),
    (Activation::Sigmoid, Loss::SquaredError),
    (Activation::Softmax, Loss::SquaredError),
    (Activation::Gelu, Loss::SquaredError),
    (Activation::Identity, Loss::Huber { delta: 0.5 }),
    (Activation::Sin, Loss::Huber { delta: 0.5 }),
    (Activation::Identity, Loss::Absolute),
    (Activation::Softplus, Loss::Quantile { tau: 0.25 }),
    (Activation::Exp, Loss::Poisson),
    (Activation::Softmax, Loss::CategoricalCrossEntropy),
    (Activation::Sigmoid, Loss::BinaryCrossEntropy),
    (Activation::Identity, Loss::GaussianNll),
];

/// Inputs and units. Below a register, a register and more; with more inputs than outputs and the
/// other way round; with a first layer of half panels; one layer.
const SIZES: [&[usize]; 7] =
    [&[2, 4, 2], &[3, 5, 20, 4], &[7, 33, 2], &[2, 64, 64, 2], &[5, 2], &[1, 2], &[300, 6, 2]];

fn builder<T: Scalar>(sizes: &[usize], hidden: Activation, end: (Activation, Loss)) -> Builder<T> {
    let last = sizes.len() - 1;
    let layers = sizes.iter().enumerate().skip(1);
    let add = |builder: Builder<T>, (l, &units): (usize, &usize)| {
        builder.layer(units, if l == last { end.0 } else { hidden })
    };
    layers.fold(Network::builder(sizes[0]), add).loss(end.1)
}

/// The network, its reference, m samples and their targets.
struct Case<T> {
    net: Network<T>,
    reference: reference::Network,
    x: Vec<T>,
    y: Vec<T>,
    m: usize,
}

impl<T: Scalar> Case<T> {
    fn new(builder: Builder<T>, m: usize, numbers: &mut Numbers) -> Self {
        let mut net = builder.build().unwrap();
        // |z| stays near 1 also where there are many inputs.
        let widest = net.layers().iter().map(|layer| layer.inputs).max().unwrap() as f64;
        let scale = T::from_f64(1.0 / widest.sqrt());
        let parameters: Vec<T> =
            numbers.list(net.parameter_count()).iter().map(|&p: &T| p * scale).collect();
        net.set_parameters(&parameters).unwrap();
        let x = numbers.list(net.inputs() * m);
        let targets = net.targets();
        let y = numbers
            .list(targets * m)
            .chunks(targets)
            .flat_map(|y| self::targets(&net, y))
            .collect();
        let reference = reference::Network::from(&net);
        Self { net, reference, x, y, m }
    }

    fn columns(&self) -> (Columns<'_, T>, Columns<'_, T>) {
        let x = Columns::new(&self.x, self.net.inputs()).unwrap();
        (x, Columns::new(&self.y, self.net.targets()).unwrap())
    }
}

/// Targets of a sample in the loss's domain.
fn targets<T: Scalar>(net: &Network<T>, y: &[T]) -> Vec<T> {
    match net.loss() {
        Loss::CategoricalCrossEntropy => {
            let mut one_hot = vec![T::ZERO; y.len()];
            one_hot[usize::from(y[0] < T::ZERO)] = T::ONE;
            one_hot
        }
        Loss::BinaryCrossEntropy | Loss::Poisson => {
            y.iter().map(|y| T::from_f64(y.to_f64().abs())).collect()
        }
        _ => y.to_vec(),
    }
}

fn assert_near<T: Scalar>(
    what: &str,
    given: &[T],
    exact: &[f64],
    bounds: &[Quantity],
    more: usize,
) {
    assert_eq!((given.len(), exact.len()), (exact.len(), bounds.len()), "{what}");
    for (i, ((given, exact), bound)) in given.iter().zip(exact).zip(bounds).enumerate() {
        let off = (given.to_f64() - exact).abs();
        // One rounding more for every term of a sum that the analysis has as one.
        let most = Rules::of::<T>().reordered(*bound, more).error;
        assert!(off <= most, "{what}[{i}]: {given:?}, exact {exact:e}, off {off:e} > {most:e}");
    }
}

fn unit(n: usize, i: usize) -> Vec<f64> {
    (0..n).map(|k| f64::from(u8::from(k == i))).collect()
}

fn check<T: Scalar>(case: &Case<T>, what: &str, numbers: &mut Numbers) {
    let Case { net, reference, m, .. } = case;
    let (n_x, n_y, m) = (net.inputs(), net.outputs(), *m);
    let (x, y) = case.columns();
    let rules = Rules::of::<T>();
    let (u, dx): (Vec<T>, Vec<T>) = (numbers.list(n_y), numbers.list(n_x * m));
    let v: Vec<T> = numbers.list(net.parameter_count());
    let columns = Columns::new(&dx, n_x).unwrap();

    let mut jacobians = vec![T::ZERO; n_y * n_x * m];
    let mut workspace = JacobianWorkspace::new(net).unwrap();
    net.jacobian(x, &mut jacobians, &mut workspace).unwrap();
    let mut tangents = vec![T::ZERO; n_y * m];
    net.jacobian_vector(x, columns, &mut tangents, &mut workspace).unwrap();
    let mut hessians = vec![T::ZERO; n_x * n_x * m];
    let mut room = InputHessianWorkspace::new(net).unwrap();
    net.input_hessian(x, &u, &mut hessians, &mut room).unwrap();
    let mut products = vec![T::ZERO; n_x * m];
    let mut memory = HessianWorkspace::new(net, m).unwrap();
    net.input_hessian_vector(x, &u, columns, &mut products, &mut memory).unwrap();
    let mut of_cost = vec![T::ZERO; v.len()];
    net.hessian_vector(x, y, &v, &mut of_cost, &mut memory).unwrap();

    // Terms of the longest sum that the analysis has in another order.
    let units = net.layers().iter().map(|l| l.units).sum::<usize>();
    let more = units + net.layers().len() + 8;
    let of_u = wide(&u);
    let of_v = directions(reference, &wide(&v));
    let mut cost_bounds = vec![Quantity::default(); v.len()];
    for s in 0..m {
        let x_s = wide(&case.x[s * n_x..][..n_x]);
        let y_s = wide(&case.y[s * net.targets()..][..net.targets()]);
        let dx_s = wide(&dx[s * n_x..][..n_x]);
        let along = |dx: &[f64]| {
            let start = Start::Sum(&of_u);
            rules.along(reference, &x_s, &Direction { dx, v: None, start })
        };
        let moved = along(&dx_s);
        let exact = reference.tangents(&x_s, &dx_s).a.pop().unwrap();
        assert_near(
            &format!("{what}: J dx"),
            &tangents[s * n_y..][..n_y],
            &exact,
            &moved.r_a,
            more,
        );
        let exact = reference.input_hessian_vector(&x_s, &of_u, &dx_s);
        let given = &products[s * n_x..][..n_x];
        assert_near(&format!("{what}: H dx"), given, &exact, &moved.r_dx, more);

        // Of many inputs, some.
        let exact = reference.jacobian(&x_s);
        let hessian = reference.input_hessian(&x_s, &of_u);
        for i in (0..n_x).step_by(n_x.div_ceil(8)) {
            let by_i = along(&unit(n_x, i));
            let given: Vec<T> = (0..n_y).map(|k| jacobians[(s * n_y + k) * n_x + i]).collect();
            let exact: Vec<f64> = exact.iter().map(|row| row[i]).collect();
            assert_near(&format!("{what}: J by {i}"), &given, &exact, &by_i.r_a, more);
            let given = &hessians[(s * n_x + i) * n_x..][..n_x];
            assert_near(&format!("{what}: H by {i}"), given, &hessian[i], &by_i.r_dx, more);
        }
        let start = Start::Loss(&y_s);
        let still = vec![0.0; n_x];
        let direction = Direction { dx: &still, v: Some(&of_v), start };
        let bounds = rules.along(reference, &x_s, &direction).r_parameters;
        for (sum, bound) in cost_bounds.iter_mut().zip(bounds) {
            sum.size += bound.size / m as f64;
            sum.error += bound.error / m as f64;
        }
    }
    let (xs, ys) = (rows(&case.x, n_x), rows(&case.y, net.targets()));
    let exact: Vec<f64> = reference.hessian_vector(&xs, &ys, &of_v).iter().flat_map(flat).collect();
    assert_near(&format!("{what}: H v"), &of_cost, &exact, &cost_bounds, more + m);
}

fn flat(layer: &LayerGradient) -> Vec<f64> {
    layer.dw.iter().flatten().chain(&layer.db).copied().collect()
}

/// A flat direction, layer by layer.
fn directions(net: &reference::Network, mut v: &[f64]) -> Vec<LayerGradient> {
    let mut take = |n: usize| {
        let (taken, rest) = v.split_at(n);
        v = rest;
        taken.to_vec()
    };
    let layers = net.layers.iter();
    layers
        .map(|layer| LayerGradient {
            dw: layer.w.iter().map(|row| take(row.len())).collect(),
            db: take(layer.b.len()),
        })
        .collect()
}

fn every_case<T: Scalar>() {
    let mut numbers = Numbers(11);
    for &setup in BACKENDS.iter() {
        for (index, sizes) in SIZES.iter().enumerate() {
            for (k, hidden) in HIDDEN.into_iter().enumerate() {
                // All ends for the smallest network, some for the others.
                for (e, end) in ENDS.into_iter().enumerate() {
                    if index > 0 && (index + k + e) % 7 != 0 {
                        continue;
                    }
                    let m = [1, 3, 70][(index + k + e) % 3];
                    let m = if sizes[0] > 100 { 2 } else { m };
                    let builder = builder::<T>(sizes, hidden, end).on(setup);
                    let case = Case::new(builder, m, &mut numbers);
                    let what = format!("{setup:?} {sizes:?} {hidden:?} {end:?} m {m}");
                    check(&case, &what, &mut numbers);
                }
            }
        }
    }
}

#[test]
fn every_word_in_f32() {
    every_case::<f32>();
}

#[test]
fn every_word_in_f64() {
    every_case::<f64>();
}

/// Everything at once, of a batch that is cut into many tiles.
fn all_bits(net: &Network<f32>, m: usize) -> Vec<u64> {
    let mut numbers = Numbers(5);
    let (n_x, n_y) = (net.inputs(), net.outputs());
    let (x, y) = (numbers.list(n_x * m), numbers.list(net.targets() * m));
    let (dx, u, v): (Vec<f32>, Vec<f32>, Vec<f32>) =
        (numbers.list(n_x * m), numbers.list(n_y), numbers.list(net.parameter_count()));
    let (x, y) = (Columns::new(&x, n_x).unwrap(), Columns::new(&y, net.targets()).unwrap());
    let dx = Columns::new(&dx, n_x).unwrap();
    let mut all = [n_y * n_x * m, n_y * m, n_x * n_x * m, n_x * m, v.len()].map(|n| vec![0.0; n]);
    let mut jacobians = JacobianWorkspace::new(net).unwrap();
    net.jacobian(x, &mut all[0], &mut jacobians).unwrap();
    net.jacobian_vector(x, dx, &mut all[1], &mut jacobians).unwrap();
    let mut hessians = InputHessianWorkspace::new(net).unwrap();
    net.input_hessian(x, &u, &mut all[2], &mut hessians).unwrap();
    let mut memory = HessianWorkspace::new(net, m).unwrap();
    net.input_hessian_vector(x, &u, dx, &mut all[3], &mut memory).unwrap();
    net.hessian_vector(x, y, &v, &mut all[4], &mut memory).unwrap();
    bits(&all.concat())
}

#[test]
fn the_same_bits_on_any_number_of_threads() {
    let end = (Activation::Identity, Loss::SquaredError);
    for sizes in [&[3, 64, 64, 2][..], &[40, 96, 3]] {
        let net = builder::<f32>(sizes, Activation::Gelu, end).build().unwrap();
        let serial = builder::<f32>(sizes, Activation::Gelu, end);
        let serial = serial.parallelism(Parallelism::Serial).build().unwrap();
        let expected = all_bits(&serial, 1500);
        for threads in [1, 2, 3, 8] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            assert!(pool.install(|| all_bits(&net, 1500)) == expected, "{threads} threads");
        }
    }
}

#[test]
fn levels_with_fused_instructions_have_the_same_bits() {
    let end = (Activation::Tanh, Loss::SquaredError);
    let of = |setup| {
        all_bits(&builder(&[3, 20, 33, 2], Activation::Silu, end).on(setup).build().unwrap(), 40)
    };
    let levels = BACKENDS.iter().filter(|s| s.level.is_some_and(|level| level.has_fma()));
    let all: Vec<_> = levels.map(|&setup| of(setup)).collect();
    assert!(all.windows(2).all(|pair| pair[0] == pair[1]));
}

#[test]
fn a_workspace_can_be_used_again_for_other_batches() {
    let net = builder::<f32>(&[3, 9, 2], Activation::Silu, ENDS[0]).build().unwrap();
    let mut numbers = Numbers(3);
    let x: Vec<f32> = numbers.list(3 * 50);
    let mut workspace = InputHessianWorkspace::new(&net).unwrap();
    let mut all = vec![0.0; 9 * 50];
    net.input_hessian(Columns::new(&x, 3).unwrap(), &[1.0, 2.0], &mut all, &mut workspace).unwrap();
    for s in [0, 7, 49] {
        let x = Columns::new(&x[3 * s..3 * (s + 1)], 3).unwrap();
        let mut one = [0.0; 9];
        net.input_hessian(x, &[1.0, 2.0], &mut one, &mut workspace).unwrap();
        assert_eq!(one, all[9 * s..9 * (s + 1)]);
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let net = builder::<f32>(&[2, 3, 1], Activation::Tanh, ENDS[0]).build().unwrap();
    let other = builder::<f32>(&[2, 4, 1], Activation::Tanh, ENDS[0]).build().unwrap();
    let x = Columns::new(&[0.1, 0.2, 0.3, 0.4], 2).unwrap();
    let y = Columns::new(&[0.1, 0.2], 1).unwrap();
    let mut jacobians = JacobianWorkspace::new(&net).unwrap();
    let mut hessians = InputHessianWorkspace::new(&net).unwrap();
    let mut memory = HessianWorkspace::new(&net, 1).unwrap();
    let mut out = [0.0; 4];

    let refused = net.jacobian(x, &mut out[..3], &mut jacobians);
    assert_eq!(refused, Err(Error::Length { argument: "out", expected: 4, given: 3 }));
    let refused = other.jacobian(x, &mut out, &mut jacobians);
    assert_eq!(refused, Err(Error::Mismatch { argument: "workspace" }));
    let one = Columns::new(&[1.0, 2.0], 2).unwrap();
    let refused = net.jacobian_vector(x, one, &mut out[..2], &mut jacobians);
    assert_eq!(refused, Err(Error::Samples { argument: "dx", expected: 2, given: 1 }));
    let refused = net.jacobian_vector(x, y, &mut out[..2], &mut jacobians);
    assert_eq!(refused, Err(Error::Features { argument: "dx", expected: 2, given: 1 }));
    let refused = net.input_hessian(x, &[1.0, 2.0], &mut out, &mut hessians);
    assert_eq!(refused, Err(Error::Length { argument: "u", expected: 1, given: 2 }));
    let refused = net.input_hessian(x, &[f32::NAN], &mut out, &mut hessians);
    assert!(matches!(refused, Err(Error::NotFinite { argument: "u", index: 0, .. })));
    let refused = net.input_hessian_vector(x, &[1.0], x, &mut out, &mut memory);
    assert_eq!(refused, Err(Error::Capacity { capacity: 1, given: 2 }));
    let v = [0.0; 13];
    let refused = net.hessian_vector(x, y, &v[..12], &mut [0.0; 13], &mut memory);
    assert_eq!(refused, Err(Error::Length { argument: "v", expected: 13, given: 12 }));
    assert_eq!(
        HessianWorkspace::new(&net, 0).unwrap_err(),
        Error::Zero { argument: "workspace capacity" }
    );
    let nan = Columns::new(&[0.1, f32::NAN], 2).unwrap();
    let refused = net.jacobian(nan, &mut out[..2], &mut jacobians);
    assert!(matches!(refused, Err(Error::NotFinite { argument: "x", index: 1, .. })));
}
