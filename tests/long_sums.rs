//! Promise: a gradient's rounding does not grow with the number of samples, but with its root at
//! most. All terms of a sum have one sign and are alike here, so that roundings add up.

mod common;

use common::{BACKENDS, On, Setup, bits, parameter_bits};
use shallownet::{
    Activation, Columns, Init, Network, OutputGradient, Parallelism, Tape, Targets,
    TrainingWorkspace,
};

/// m equal samples of a network of one layer, all of whose weights are 0: x_i = 0.5 + i / 100, and
/// dZ_k = -y_k = -5.3 - k / 100. So every gradient is that of a sample.
struct Problem {
    x: Vec<f32>,
    y: Vec<f32>,
    n_x: usize,
    n_y: usize,
    m: usize,
}

impl Problem {
    fn new(n_x: usize, n_y: usize, m: usize) -> Self {
        let sample = |n: usize, start: f32| -> Vec<f32> {
            (0..n).map(|i| start + (i % 64) as f32 / 100.0).collect()
        };
        let (x, y) = (sample(n_x, 0.5).repeat(m), sample(n_y, 5.3).repeat(m));
        Self { x, y, n_x, n_y, m }
    }

    fn network(&self, setup: Setup, who: Parallelism) -> Network<f32> {
        Network::builder(self.n_x)
            .layer(self.n_y, Activation::Identity)
            .init(Init::Zeros, 0)
            .on(setup)
            .parallelism(who)
            .build()
            .unwrap()
    }

    fn columns(&self) -> (Columns<'_, f32>, Columns<'_, f32>) {
        (Columns::new(&self.x, self.n_x).unwrap(), Columns::new(&self.y, self.n_y).unwrap())
    }

    /// dW and db, each with how far it may be off: so many roundings of half an epsilon, which is
    /// gamma_n of *Accuracy and Stability of Numerical Algorithms*, equation 3.5, since all terms
    /// have one sign. A weight's sum has one rounding a column of a tile, a bias's one for four;
    /// then tiles are added to stretches, stretches to the whole. The factor, dZ and the
    /// parameter's update, and the lanes of a register, have `FEW` together.
    fn expected(&self, per_tile: [usize; 2]) -> [Vec<(f64, f64)>; 2] {
        const FEW: usize = 30;
        let tiles = self.m.div_ceil(256);
        let chain = 2 * tiles.isqrt() + FEW;
        let u = f64::from(f32::EPSILON) / 2.0;
        let bound = |value: f64, n: usize| {
            let nu = n as f64 * u;
            (value, nu / (1.0 - nu) * value.abs())
        };
        let (x, y) = (&self.x[..self.n_x], &self.y[..self.n_y]);
        let pairs = y.iter().flat_map(|&y| x.iter().map(move |&x| (f64::from(x), f64::from(y))));
        [
            pairs.map(|(x, y)| bound(-x * y, per_tile[0] + chain)).collect(),
            y.iter().map(|&y| bound(-f64::from(y), per_tile[1] + chain)).collect(),
        ]
    }
}

fn within(what: &str, given: &[f32], expected: &[(f64, f64)]) {
    assert_eq!(given.len(), expected.len());
    for (k, (&given, &(value, bound))) in given.iter().zip(expected).enumerate() {
        let off = (f64::from(given) - value).abs();
        assert!(off <= bound, "{what}[{k}] is {given:e}, not {value:e}: {off:e} > {bound:e}");
    }
}

/// Gradients, a step, and the cost; with equal weights of the samples, too.
fn check(problem: &Problem, setup: Setup, who: Parallelism, per_tile: [usize; 2]) {
    let at = |what| format!("{setup:?} {}-{} m = {}: {what}", problem.n_x, problem.n_y, problem.m);
    let (x, y) = problem.columns();
    let [dw, db] = problem.expected(per_tile);
    let mut net = problem.network(setup, who);
    let mut workspace = TrainingWorkspace::new(&net, problem.m).unwrap();
    let cost = net.backward(x, y, &mut workspace).unwrap();
    within(&at("dW"), &workspace.gradients().weights(0).unwrap(), &dw);
    within(&at("db"), workspace.gradients().bias(0).unwrap(), &db);
    let loss: f64 = db.iter().map(|(y, _)| y * y / 2.0).sum();
    assert!((cost - loss).abs() <= 1e-5 * loss, "{}", at("cost"));

    let weights = vec![1.3; problem.m];
    net.backward(x, Targets::weighted(y, &weights), &mut workspace).unwrap();
    within(&at("weighted dW"), &workspace.gradients().weights(0).unwrap(), &dw);
    within(&at("weighted db"), workspace.gradients().bias(0).unwrap(), &db);

    net.step(x, y, 0.5, &mut workspace).unwrap();
    let step =
        |all: &[(f64, f64)]| all.iter().map(|(v, e)| (-v / 2.0, e / 2.0)).collect::<Vec<_>>();
    within(&at("W"), &net.weights(0).unwrap(), &step(&dw));
    within(&at("b"), net.bias(0).unwrap(), &step(&db));
}

/// Columns of a tile at most, and a fourth of them.
const TILE: [usize; 2] = [512, 128];

#[test]
fn three_million_samples_of_a_narrow_network() {
    for m in [300_000, 3_000_000] {
        let problem = Problem::new(1, 1, m);
        for &setup in BACKENDS.iter() {
            // Samples are in the lanes of `fused`, eight at the least: a sum has an eighth of a
            // tile's.
            let per_tile = if setup == Setup::PORTABLE { TILE } else { [128, 128] };
            check(&problem, setup, Parallelism::Serial, per_tile);
        }
    }
}

#[test]
fn hundreds_of_thousands_of_samples_in_panels_of_units() {
    for (n_x, n_y, m) in [(40, 17, 300_000), (24, 40, 100_000)] {
        let problem = Problem::new(n_x, n_y, m);
        for &setup in BACKENDS.iter() {
            check(&problem, setup, Parallelism::Serial, TILE);
        }
    }
}

/// The sums of a single panel with thousands of inputs rest in memory from column to column.
#[test]
fn thousands_of_inputs_to_one_panel() {
    for n_y in [3, 12] {
        let problem = Problem::new(2101, n_y, 12_000);
        for &setup in BACKENDS.iter() {
            check(&problem, setup, Parallelism::Serial, TILE);
        }
    }
}

/// A tape's batch is never cut by samples in lanes.
#[test]
fn a_tape_of_a_million_samples() {
    let problem = Problem::new(1, 1, 1 << 20);
    let (x, y) = problem.columns();
    let dz: Vec<f32> = problem.y.iter().map(|y| -y).collect();
    let [dw, db] = problem.expected(TILE);
    for &setup in BACKENDS.iter() {
        let net = problem.network(setup, Parallelism::Serial);
        let mut tape = Tape::new(&net, y.samples()).unwrap();
        let given = OutputGradient::Dz(Columns::new(&dz, 1).unwrap());
        net.forward(x, &mut tape).unwrap().backward(given, None).unwrap();
        within(&format!("{setup:?} dW"), &tape.gradients().weights(0).unwrap(), &dw);
        within(&format!("{setup:?} db"), tape.gradients().bias(0).unwrap(), &db);
    }
}

#[test]
fn stretches_have_the_same_bits_on_any_number_of_threads() {
    for (n_x, n_y, m) in [(24, 40, 100_000), (2101, 3, 4000), (1, 1, 100_000)] {
        let problem = Problem::new(n_x, n_y, m);
        let (x, y) = problem.columns();
        for &setup in BACKENDS.iter() {
            let run = |who| {
                let mut net = problem.network(setup, who);
                let mut workspace = TrainingWorkspace::new(&net, m).unwrap();
                net.backward(x, y, &mut workspace).unwrap();
                let gradient = bits(&workspace.gradients().weights(0).unwrap());
                net.step(x, y, 0.5, &mut workspace).unwrap();
                (gradient, parameter_bits(&net))
            };
            let serial = run(Parallelism::Serial);
            for threads in [2, 3] {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                let parallel = pool.install(|| run(Parallelism::Rayon));
                assert_eq!(serial, parallel, "{setup:?} {n_x}-{n_y} on {threads} threads");
            }
        }
    }
}
