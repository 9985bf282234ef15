//! Every backend, at every level of this machine, against the reference in f64, and against each
//! other.
//!
//! A case is a network of 1 to 4 layers of 1 to 40 units (now and then 300), one or two batches of
//! 1 to 70 samples, with or without a weight a sample, in f32 or f64. Numbers follow from a seed
//! (`testing::cases`); *spots* put any value in the place of single parameters, inputs,
//! targets and weights: subnormal, huge, infinite, NaN. Asserted is:
//!
//! 1. **Any case.** No call panics. Under `Checks::Full` every call that is given a value which is
//!    not finite, a target outside its loss's domain or a negative weight refuses it, and changes
//!    neither output nor parameters. A step returns a finite cost, or `Diverged` with all
//!    parameters as before. The same bits (all NaNs taken for one): on AVX2 and AVX-512; serial
//!    and in a pool, on every backend; of a sample alone and in its batch, on the fused backend.
//! 2. **No spots**, or finite ones so small that no sum can overflow (`range.rs`; values that
//!    underflow belong here): every prediction, cost, dW, db, dX, and every parameter after a step
//!    is within the bounds of `testing::bounds` of the reference's. Without spots every bound
//!    is finite.
//! 3. **Not finite: data, or parameters that are NaN** (infinite parameters are not here: a value
//!    that underflows, times infinity, is NaN), and no sum of the others can overflow: each
//!    prediction is NaN, infinity, minus infinity or finite where the reference's is. With finite
//!    parameters, samples that are finite are within the bounds, whatever their neighbours are.
//!    With finite targets the cost is finite if and only if the reference's is.
//!
//! Nothing is said about values where sums overflow, but 1.

mod input;
mod judge;
mod problem;
mod range;
mod results;

use std::sync::LazyLock;

use rayon::{ThreadPool, ThreadPoolBuilder};
use shallownet::testing::backends::{BACKENDS, Setup};
use shallownet::{Backend, Checks, Parallelism, PredictionWorkspace, Scalar};

use crate::bits::bits;
pub use input::Input;
use problem::Problem;
use results::Results;

static POOL: LazyLock<ThreadPool> =
    LazyLock::new(|| ThreadPoolBuilder::new().num_threads(3).build().expect("three threads"));

/// From here on some part of a pass is spread over threads (src/engine/plan.rs: 4e6 FLOPs; a pass
/// has up to 6 a weight and sample).
const SPREAD: usize = 600_000;

/// Above this the reference and its bounds take too long.
const JUDGED: usize = 400_000;

/// The target.
pub fn run(input: &Input) {
    if input.is_double { check::<f64>(input) } else { check::<f32>(input) }
}

fn check<T: Scalar>(input: &Input) {
    let problem = Problem::<T>::of(input);
    let work = input.case.weights() * input.case.batches.iter().max().unwrap();
    if !input.spots.is_empty() || input.weights.is_some() {
        problem.bad_values_are_refused(BACKENDS[input.case.seed as usize % BACKENDS.len()]);
    }
    let mut with_fma: Option<(Setup, Vec<Results<T>>)> = None;
    let judge = (work <= JUDGED).then(|| judge::Judge::of(&problem));
    for &setup in BACKENDS.iter() {
        let results = Results::of(&problem, setup, Parallelism::Serial);
        if work >= SPREAD || input.case.seed.is_multiple_of(8) {
            let pool = POOL.install(|| Results::of(&problem, setup, Parallelism::Rayon));
            same(&problem, (setup, &results), (setup, &pool), "serial and in a pool");
        }
        if setup.backend == Backend::Fused {
            alone_as_in_batch(&problem, setup, &results);
        }
        if let Some(judge) = &judge {
            judge.judge(&results, setup);
        }
        if setup.level.is_some_and(|level| level.has_fma()) {
            match &with_fma {
                Some((other, there)) => {
                    same(&problem, (*other, there), (setup, &results), "levels")
                }
                None => with_fma = Some((setup, results)),
            }
        }
    }
}

fn same<T: Scalar>(
    problem: &Problem<'_, T>,
    (left, a): (Setup, &[Results<T>]),
    (right, b): (Setup, &[Results<T>]),
    why: &str,
) {
    for (batch, (a, b)) in a.iter().zip(b).enumerate() {
        for ((what, a), (_, b)) in a.bits().iter().zip(b.bits()) {
            let case = problem.input;
            assert_eq!(*a, b, "{why}: {what} of batch {batch}, {left:?}, {right:?}: {case:?}");
        }
    }
}

/// The first, the last, and one between.
fn alone_as_in_batch<T: Scalar>(problem: &Problem<'_, T>, setup: Setup, results: &[Results<T>]) {
    let net = problem.network(setup, Parallelism::Serial, Checks::ShapesOnly);
    let mut workspace = PredictionWorkspace::new(&net, problem.input.case.capacity()).unwrap();
    for (batch, results) in problem.batches.iter().zip(results) {
        let m = batch.x().samples();
        for i in [0, problem.input.case.seed as usize % m, m - 1] {
            let x = batch.x().range(i..i + 1).unwrap();
            let mut out = vec![T::ZERO; net.outputs()];
            net.predict(x, &mut out, &mut workspace).unwrap();
            let within = &results.predictions[0][i * net.outputs()..][..net.outputs()];
            let case = problem.input;
            assert_eq!(bits(&out), bits(within), "sample {i} alone, {setup:?}: {case:?}");
        }
    }
}
