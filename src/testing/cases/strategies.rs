//! Strategies of proptest, whose shrinking keeps a case valid.

use proptest::prelude::*;

use super::case::Case;
use crate::{Activation, Loss, Optimizer, Schedule};

/// Any case: 1 to 4 layers of 1 to 40 units, every activation, every output activation with every
/// loss it may have, one to three batches of 1 to 70 samples.
pub fn any_case() -> impl Strategy<Value = Case> {
    let layer = || (1_usize..=40, elementwise());
    let shape = (1_usize..=40, prop::collection::vec(layer(), 0..=3), 1_usize..=40, output());
    let values = (any::<bool>(), prop::sample::select(&[0.1_f32, 1.0, 1.0, 30.0]), any::<bool>());
    let batches = (prop::collection::vec(1_usize..=70, 1..=3), 0_usize..=40);
    (shape, values, batches, any::<u64>(), 0.001_f32..2.0).prop_map(
        |(shape, (soft, gain, extremes), (batches, spare), seed, learning_rate)| {
            let case = of_shape(shape, batches);
            Case { soft, gain, extremes, seed, spare, learning_rate, ..case }.tame()
        },
    )
}

/// Inputs, hidden layers, outputs, and what these are.
type Shape = (usize, Vec<(usize, Activation)>, usize, (Activation, Loss));

/// A case of a drawn shape, with ordinary numbers.
fn of_shape((n_x, mut layers, n_y, (g, loss)): Shape, batches: Vec<usize>) -> Case {
    // One unit of softmax is refused.
    layers.push((if g == Activation::Softmax { n_y.max(2) } else { n_y }, g));
    Case { loss, batches, ..Case::new(n_x, &layers, 1) }
}

/// Any activation of a hidden layer.
pub fn elementwise() -> impl Strategy<Value = Activation> {
    prop_oneof![
        Just(Activation::Identity),
        Just(Activation::Sigmoid),
        Just(Activation::Tanh),
        Just(Activation::Relu),
        Just(Activation::LEAKY_RELU),
        (0.001_f64..0.999).prop_map(|slope| Activation::LeakyRelu { slope }),
        (0.1_f64..2.0).prop_map(|alpha| Activation::Elu { alpha }),
        Just(Activation::ELU),
        Just(Activation::Softplus),
        Just(Activation::Silu),
        Just(Activation::Gelu),
        Just(Activation::GeluTanh),
        Just(Activation::Sin),
    ]
}

/// Any output activation with any loss it may have.
pub fn output() -> impl Strategy<Value = (Activation, Loss)> {
    prop_oneof![
        2 => Just((Activation::Sigmoid, Loss::BinaryCrossEntropy)),
        2 => Just((Activation::Softmax, Loss::CategoricalCrossEntropy)),
        1 => Just((Activation::Softmax, Loss::SquaredError)),
        3 => elementwise().prop_map(|g| (g, Loss::SquaredError)),
        2 => (elementwise(), by_difference()),
        1 => (prop_oneof![Just(Activation::Softmax), Just(Activation::Exp)], by_difference()),
        2 => Just((Activation::Exp, Loss::Poisson)),
        1 => Just((Activation::Exp, Loss::SquaredError)),
        2 => Just((Activation::Identity, Loss::GaussianNll)),
    ]
}

/// An output of any kind, with any loss it may have but the cross-entropies.
pub fn output_and_loss() -> impl Strategy<Value = (Activation, Loss)> {
    let losses = || prop_oneof![Just(Loss::SquaredError), by_difference()];
    prop_oneof![
        3 => (elementwise(), losses()),
        1 => (Just(Activation::Softmax), losses()),
        1 => Just((Activation::Exp, Loss::Poisson)),
        1 => (Just(Activation::Exp), losses()),
        1 => Just((Activation::Identity, Loss::GaussianNll)),
    ]
}

/// Any loss by differences but squared error.
pub fn by_difference() -> impl Strategy<Value = Loss> {
    prop_oneof![
        Just(Loss::HUBER),
        (0.001_f64..3.0).prop_map(|delta| Loss::Huber { delta }),
        Just(Loss::Absolute),
        Just(Loss::MEDIAN),
        (0.001_f64..0.999).prop_map(|tau| Loss::Quantile { tau }),
    ]
}

/// A size around the lane counts of registers: 4, 8, 16, 32, one more and one less, and small ones.
pub fn around_lanes() -> impl Strategy<Value = usize> {
    prop_oneof![
        2 => Just(1_usize),
        5 => 2_usize..=9,
        2 => 15_usize..=17,
        1 => 31_usize..=33,
    ]
}

/// A case as a stranger's implementation should have it by the thousands: 1 to 3 layers of units
/// [around lane counts](around_lanes), every activation, every output with every loss, one batch of
/// as many samples; weights from tiny to saturating, now and then inputs of +-1000 or about the
/// smallest normal number.
pub fn small_case() -> impl Strategy<Value = Case> {
    let layer = || (around_lanes(), elementwise());
    let shape = (around_lanes(), prop::collection::vec(layer(), 0..=2), around_lanes(), output());
    let gain = prop::sample::select(&[0.1_f32, 1.0, 1.0, 1.0, 3.0, 30.0]);
    let rare = || prop::bool::weighted(0.15);
    let values = (any::<bool>(), gain, rare(), rare());
    (shape, values, around_lanes(), any::<u64>(), 0.001_f32..2.0).prop_map(
        |(shape, (soft, gain, extremes, ends), samples, seed, learning_rate)| {
            let case = of_shape(shape, vec![samples]);
            Case { soft, gain, extremes, ends, seed, learning_rate, ..case }.tame()
        },
    )
}

/// Any optimiser, its constants in their ranges.
pub fn optimizer() -> impl Strategy<Value = Optimizer> {
    let share = || prop_oneof![Just(0.0), Just(0.9), Just(0.999), 0.0_f64..1.0];
    let epsilon = || prop::sample::select(&[1e-8, 1e-12, 1e-3]);
    prop_oneof![
        Just(Optimizer::Sgd),
        share().prop_map(|beta| Optimizer::Momentum { beta }),
        share().prop_map(|beta| Optimizer::Nesterov { beta }),
        (share(), epsilon()).prop_map(|(rho, epsilon)| Optimizer::RmsProp { rho, epsilon }),
        (share(), share(), epsilon()).prop_map(|(beta1, beta2, epsilon)| Optimizer::Adam {
            beta1,
            beta2,
            epsilon
        }),
        (share(), share(), epsilon(), 0.0_f64..0.1).prop_map(
            |(beta1, beta2, epsilon, weight_decay)| Optimizer::AdamW {
                beta1,
                beta2,
                epsilon,
                weight_decay
            }
        ),
    ]
}

/// Any schedule, its constants in their ranges.
pub fn schedule() -> impl Strategy<Value = Schedule> {
    let plain = prop_oneof![
        Just(Schedule::constant()),
        (1_usize..20, 0.01_f64..1.0).prop_map(|(epochs, factor)| Schedule::step(epochs, factor)),
        (1_usize..20, 0.0_f64..1.0).prop_map(|(epochs, least)| Schedule::cosine(epochs, least)),
    ];
    (plain, prop::option::of(0.0_f64..5.0)).prop_map(|(schedule, warm_up)| match warm_up {
        Some(epochs) => schedule.after_warm_up(epochs),
        None => schedule,
    })
}
