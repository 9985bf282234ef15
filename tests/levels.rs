//! Promise: all SIMD levels with FMA give the same bits.
//!
//! Predictions, cost, gradients, and the parameters after several steps; f32 and f64; networks and
//! batches that go with samples in lanes, and with units in lanes.

mod common;

use std::sync::LazyLock;

use common::cases::{Case, elementwise};
use common::{Setup, bits, parameter_bits};
use proptest::prelude::*;
use shallownet::{
    Activation, Backend, Error, Level, OutputGradient, Parallelism, PredictionWorkspace, Scalar,
    Tape, TrainingWorkspace,
};

/// What is compared here.
static LEVELS: LazyLock<Vec<Level>> =
    LazyLock::new(|| Level::available().into_iter().filter(|level| level.has_fma()).collect());

fn fused(level: Level) -> Setup {
    Setup { backend: Backend::Fused, level: Some(level) }
}

/// Every number that a network gives for a case.
fn run<T: Scalar>(case: &Case, level: Level) -> Vec<(&'static str, Vec<u64>)> {
    let mut net = case.network::<T>(fused(level), Parallelism::Serial);
    let batch = case.batch::<T>(0);
    let (x, y) = batch.columns();
    let mut workspace = TrainingWorkspace::new(&net, case.capacity()).unwrap();
    let mut out = vec![T::ZERO; batch.y.len()];
    net.predict(x, &mut out, &mut workspace).unwrap();
    let mut results = vec![("predictions", bits(&out))];
    results.push(("cost", bits(&[net.cost(x, y, &mut workspace).unwrap()])));
    results.push(("cost of backward", bits(&[net.backward(x, y, &mut workspace).unwrap()])));
    let gradients = workspace.gradients();
    for l in 0..net.layers().len() {
        results.push(("dW", bits(&gradients.weights(l).unwrap())));
        results.push(("db", bits(gradients.bias(l).unwrap())));
    }
    let mut tape = Tape::new(&net, case.capacity()).unwrap();
    let (mut pass, mut dx) = (net.forward(x, &mut tape).unwrap(), vec![T::ZERO; batch.x.len()]);
    results.push(("A of a tape", bits(pass.output().as_slice())));
    let gradients = pass.backward(OutputGradient::Da(y), Some(&mut dx)).unwrap();
    results.push(("dX", bits(&dx)));
    let mut flat = vec![T::ZERO; net.parameter_count()];
    gradients.values_into(&mut flat).unwrap();
    results.push(("gradients of a tape", bits(&flat)));
    for _ in 0..4 {
        match net.step(x, y, T::from_f64(0.05), &mut workspace) {
            Ok(cost) => results.push(("cost of a step", bits(&[cost]))),
            // Some drawn networks explode at this rate: then they must do so at every level. The
            // bits of a NaN are nobody's promise.
            Err(Error::Diverged { .. }) => {
                results.push(("a cost that is not finite", Vec::new()));
                return results;
            }
            Err(other) => panic!("{other}"),
        }
    }
    results.push(("parameters", parameter_bits(&net)));
    results
}

fn same_bits<T: Scalar>(case: &Case) {
    let Some((&first, others)) = LEVELS.split_first() else { return };
    let expected = run::<T>(case, first);
    for &level in others {
        for (given, expected) in run::<T>(case, level).iter().zip(&expected) {
            let (what, on) = (given.0, T::NAME);
            assert_eq!(given, expected, "{what} at {first:?} and {level:?}, {on}: {case:?}");
        }
    }
}

/// The prediction of each sample by itself has the bits that it has within the batch.
fn alone_as_in_batch<T: Scalar>(case: &Case, level: Level) {
    let net = case.network::<T>(fused(level), Parallelism::Serial);
    let batch = case.batch::<T>(0);
    let (x, _) = batch.columns();
    let mut workspace = PredictionWorkspace::new(&net, case.capacity()).unwrap();
    let mut together = vec![T::ZERO; batch.y.len()];
    net.predict(x, &mut together, &mut workspace).unwrap();
    let mut alone = vec![T::ZERO; net.outputs()];
    for (i, expected) in together.chunks(net.outputs()).enumerate() {
        net.predict(x.range(i..i + 1).unwrap(), &mut alone, &mut workspace).unwrap();
        let on = T::NAME;
        assert_eq!(bits(&alone), bits(expected), "sample {i} at {level:?}, {on}: {case:?}");
    }
}

/// Narrow (a few units), wide (some hundred), and between; 1 to 200 samples.
fn any_shape() -> impl Strategy<Value = Case> {
    let units = || prop_oneof![1_usize..=8, 1_usize..=40, 1_usize..=150];
    let hidden = prop::collection::vec((units(), elementwise()), 0..=3);
    let output = prop_oneof![1 => Just(Activation::Softmax), 5 => elementwise()];
    let samples = prop_oneof![1_usize..=8, 1_usize..=200];
    (units(), hidden, (units(), output), samples, any::<u64>()).prop_map(
        |(n_x, mut layers, (units, g), m, seed)| {
            // One unit of softmax is refused.
            layers.push((if g == Activation::Softmax { units.max(2) } else { units }, g));
            Case { seed, ..Case::new(n_x, &layers, m) }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn levels_with_fma_agree(case in any_shape()) {
        same_bits::<f32>(&case);
        same_bits::<f64>(&case);
    }

    #[test]
    fn a_sample_alone_is_the_sample_in_a_batch(case in any_shape()) {
        for &level in LEVELS.iter() {
            alone_as_in_batch::<f32>(&case, level);
            alone_as_in_batch::<f64>(&case, level);
        }
    }
}

/// Many inputs are summed in blocks, alone and in a batch: one panel, several, and what is left
/// over of a group of four; half a panel; whole blocks and a rest.
#[test]
fn many_inputs_alone_and_in_a_batch() {
    let output = (1, Activation::Sigmoid);
    let sizes = |n_x| [3, 7, 16, 40, 90].map(|units| (n_x, units));
    let sizes = [192, 193, 512, 769, 2048, 2900].map(sizes).concat();
    for (n_x, units) in sizes.into_iter().chain([(8195, 4), (16385, 8)]) {
        let case = Case::new(n_x, &[(units, Activation::Tanh), output], 9);
        same_bits::<f32>(&case);
        same_bits::<f64>(&case);
        for &level in LEVELS.iter() {
            alone_as_in_batch::<f32>(&case, level);
            alone_as_in_batch::<f64>(&case, level);
        }
    }
}

/// Nothing is compared in vain: these are the levels, found by other means than the library's.
#[test]
fn the_levels_compared_are_those_of_the_machine() {
    let mut expected = Vec::new();
    #[cfg(target_arch = "x86_64")]
    {
        let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
        expected.extend(avx2.then_some(Level::Avx2));
        // Ice Lake's AVX-512, of which these are the youngest.
        let avx512 = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512vbmi2")
            && is_x86_feature_detected!("avx512bitalg")
            && is_x86_feature_detected!("vaes");
        expected.extend(avx512.then_some(Level::Avx512));
    }
    if cfg!(target_arch = "aarch64") {
        expected.push(Level::Neon);
    }
    assert_eq!(*LEVELS, expected);
    if LEVELS.len() < 2 {
        println!("note: only {:?} here: no levels to compare", *LEVELS);
    }
    let case = Case::new(3, &[(5, Activation::Tanh), (1, Activation::Sigmoid)], 20);
    for &level in LEVELS.iter() {
        // `Case::network` fails if the network runs at another level.
        assert_eq!(case.network::<f32>(fused(level), Parallelism::Serial).level(), Some(level));
    }
}

/// Bits that agree are no accident of a comparison that sees nothing: without FMA they differ.
#[test]
fn levels_without_fma_show_in_the_bits() {
    let case = Case::new(20, &[(30, Activation::Tanh), (5, Activation::Softmax)], 50);
    let unfused = Level::available().into_iter().filter(|level| !level.has_fma());
    for level in unfused {
        for &with in LEVELS.iter() {
            assert_ne!(run::<f32>(&case, level), run::<f32>(&case, with));
        }
    }
}
