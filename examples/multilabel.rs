//! Several labels a sample, each there or not, whatever the others are: one sigmoid a label, with
//! binary cross-entropy. (For exactly one of several classes it would be softmax.)
//!
//! Run with `cargo run --release --example multilabel`.

use std::ops::ControlFlow;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use shallownet::{
    Activation, Columns, DataSet, Loss, Network, Optimizer, PredictionWorkspace, Result, Training,
};

const SAMPLES: usize = 2000;
const HELD_OUT: usize = 500;

/// What may hold for a point of a square: it lies above a line, inside a circle, between two lines.
const LABELS: [&str; 3] = ["above", "inside", "between"];

fn labels([x, y]: [f32; 2]) -> [f32; 3] {
    let holds = [y > 0.5 * x + 0.2, x * x + y * y < 0.5, (x - y).abs() < 0.4];
    holds.map(|holds| if holds { 1.0 } else { 0.0 })
}

fn main() -> Result<()> {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let mut side = || 2.0 * rng.random::<f32>() - 1.0;
    let points: Vec<[f32; 2]> = (0..SAMPLES).map(|_| [side(), side()]).collect();
    let (x, y): (Vec<_>, Vec<_>) = points.iter().map(|&point| (point, labels(point))).unzip();
    // A sample is a column: of two features, of three labels.
    let (x, y) = (Columns::new(x.as_flattened(), 2)?, Columns::new(y.as_flattened(), 3)?);
    let (end, all) = (SAMPLES - HELD_OUT, SAMPLES);
    let part = |from, to| x.range(from..to).zip(y.range(from..to));
    let (Some((learned_x, learned_y)), Some((held_x, held_y))) = (part(0, end), part(end, all))
    else {
        unreachable!("the ranges are in the data")
    };

    let mut net = Network::builder(2)
        .layer(32, Activation::Relu)
        .layer(LABELS.len(), Activation::Sigmoid)
        .loss(Loss::BinaryCrossEntropy)
        .build()?;
    let data = DataSet::new(learned_x, learned_y);
    let training = Training::new(60, 32).optimizer(Optimizer::adam()).learning_rate(0.01);
    training.run(&mut net, data, |_| ControlFlow::Continue(()))?;

    let mut a = [0.0; LABELS.len() * HELD_OUT];
    net.predict(held_x, &mut a, &mut PredictionWorkspace::new(&net, HELD_OUT)?)?;
    // Each label by itself: is its probability on the right side of 1/2?
    let mut right = [0; LABELS.len()];
    let columns = a.chunks_exact(LABELS.len()).zip(held_y.as_slice().chunks_exact(LABELS.len()));
    for (a, y) in columns {
        for ((right, a), y) in right.iter_mut().zip(a).zip(y) {
            *right += usize::from((*a > 0.5) == (*y > 0.5));
        }
    }
    for (label, right) in LABELS.iter().zip(right) {
        let share = right as f64 / HELD_OUT as f64;
        println!("{label:<8} {:.1} % of {HELD_OUT} held-out samples right", 100.0 * share);
        assert!(share > 0.93, "{label}: {share}");
    }
    Ok(())
}
