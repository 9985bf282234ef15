//! Evolution strategies: a network learns from the cost of its neighbours alone, as one vector of
//! parameters. The estimated gradient goes through an optimiser of the library.
//!
//! Run with `cargo run --release --example evolution`.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;
use shallownet::{
    Activation, Columns, Gradients, Init, Network, Optimizer, OptimizerState, PredictionWorkspace,
    Result, metrics,
};

/// The planar flower set: 400 points of the plane in two classes that no straight line divides.
const PLANAR: &str = include_str!("../tests/data/planar.csv");
/// The number of pairs of neighbours that a gradient is estimated from, and their distance.
const PAIRS: usize = 30;
const DISTANCE: f32 = 0.1;

fn main() -> Result<()> {
    let rows = PLANAR.lines().skip(1).map(|line| line.split(',').map(|v| v.parse().unwrap()));
    let rows: Vec<Vec<f32>> = rows.map(|row| row.collect()).collect();
    let points: Vec<f32> = rows.iter().flat_map(|row| &row[..2]).copied().collect();
    let labels: Vec<f32> = rows.iter().map(|row| row[2]).collect();
    let (x, y) = (Columns::new(&points, 2)?, Columns::new(&labels, 1)?);

    let mut net = Network::<f32>::builder(2)
        .layer(8, Activation::Tanh)
        .layer(1, Activation::Sigmoid)
        .init(Init::XavierNormal, 1)
        .build()?;
    let mut neighbour = net.try_clone()?;
    let mut workspace = PredictionWorkspace::new(&net, x.samples())?;
    let mut adam = OptimizerState::new(&net, Optimizer::adam())?;
    let mut gradients = Gradients::zeros(&net)?;
    let count = net.parameter_count();
    let [mut at, mut noise, mut moved, mut estimate] = [(); 4].map(|()| vec![0.0; count]);
    let mut rng = ChaCha8Rng::seed_from_u64(1);

    println!("{count} parameters; guessing costs ln 2 = 0.6931\n\ngeneration    cost");
    for generation in 1..=600 {
        net.parameters_into(&mut at)?;
        estimate.fill(0.0);
        for _ in 0..PAIRS {
            noise.fill_with(|| rng.sample(StandardNormal));
            let mut cost = |sign: f32| {
                let shifted = at.iter().zip(&noise).map(|(p, e)| p + sign * DISTANCE * e);
                moved.iter_mut().zip(shifted).for_each(|(m, p)| *m = p);
                neighbour.set_parameters(&moved)?;
                neighbour.cost(x, y, &mut workspace)
            };
            // The slope along the noise, by both neighbours.
            let slope = (cost(1.0)? - cost(-1.0)?) as f32 / (2.0 * DISTANCE * PAIRS as f32);
            estimate.iter_mut().zip(&noise).for_each(|(g, e)| *g += slope * e);
        }
        gradients.set_values(&estimate)?;
        net.update(&mut adam, &gradients, 0.05)?;
        if generation % 100 == 0 {
            println!("{generation:10}    {:.4}", net.cost(x, y, &mut workspace)?);
        }
    }

    let mut a = vec![0.0; x.samples()];
    net.predict(x, &mut a, &mut workspace)?;
    let accuracy = metrics::accuracy(Columns::new(&a, 1)?, y)?;
    println!("\n{:.1} % of the points are told apart", 100.0 * accuracy);
    assert!(accuracy > 0.8, "not learned");
    Ok(())
}
