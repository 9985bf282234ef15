//! The initial weights decide whether a network learns: from zeros never, from large ones hardly.
//!
//! Run with `cargo run --release --example initialisation`.

use shallownet::{Activation, Columns, Error, Init, Network, TrainingWorkspace, reference};

/// The planar flower set: 400 points of the plane in two classes that no straight line divides.
const PLANAR: &str = include_str!("../tests/data/planar.csv");
const UNITS: usize = 8;
const LEARNING_RATE: f64 = 1.2;
const SEEDS: u64 = 5;

fn main() -> Result<(), Error> {
    let (points, labels) = load();
    let (x, y) = (Columns::new(&points, 2)?, Columns::new(&labels, 1)?);

    println!(
        "\
A network of {UNITS} hidden units and one output learns to tell two classes of points apart,
by gradient descent at learning rate {LEARNING_RATE}. Guessing costs ln 2 = 0.6931.

1. Zeros fail. Equal weights get equal gradients, so the hidden units stay equal for ever and
   do the work of one. (With tanh and ReLU even that one stays at zero: its output is 0, so
   nothing multiplies the gradient.) Small random weights tell the units apart; biases may
   begin at zero.

   hidden    weights begin    different units    cost after 1000 steps    accuracy"
    );
    for g in [Activation::Tanh, Activation::Sigmoid, Activation::Relu] {
        for (name, init) in [("zero", Init::Zeros), ("random * 0.01", Init::LECTURE)] {
            let run = train(x, y, g, init, 1)?;
            println!(
                "   {:<9} {name:<16} {:>10} of {UNITS} {:>24.4} {:>9.1} %",
                g.name(),
                run.different_units,
                run.costs[2],
                100.0 * run.accuracy
            );
        }
    }

    println!(
        "
2. Too large fails too. Sigmoid and tanh are flat for large |z|: there g' is almost 0, and with
   it the gradient of every weight before it. All units then are switches that training can
   hardly turn. (Means of {SEEDS} seeds.)

   hidden    scale    mean g' at start    cost at start    after 100 steps    after 1000"
    );
    for g in [Activation::Tanh, Activation::Sigmoid] {
        for scale in [0.01, 1.0, 10.0, 100.0] {
            let runs: Vec<Run> = (1..=SEEDS)
                .map(|seed| train(x, y, g, Init::Normal { scale }, seed))
                .collect::<Result<_, _>>()?;
            let mean = |f: fn(&Run) -> f64| runs.iter().map(f).sum::<f64>() / runs.len() as f64;
            println!(
                "   {:<9} {scale:<8} {:>16.4} {:>16.4} {:>18.4} {:>13.4}",
                g.name(),
                mean(|run| run.slope),
                mean(|run| run.costs[0]),
                mean(|run| run.costs[1]),
                mean(|run| run.costs[2])
            );
        }
    }
    println!(
        "
With two inputs a scale of 1 is not large: z stays where g' is. What counts is the size of z,
which grows with the width of the layer before: Init::XavierNormal (tanh, sigmoid) and
Init::HeNormal (ReLUs) choose the scale by that width."
    );
    Ok(())
}

fn load() -> (Vec<f64>, Vec<f64>) {
    let rows = PLANAR.lines().skip(1).map(|line| line.split(',').filter_map(|v| v.parse().ok()));
    let rows: Vec<Vec<f64>> = rows.map(Iterator::collect).collect();
    (rows.iter().flat_map(|r| [r[0], r[1]]).collect(), rows.iter().map(|r| r[2]).collect())
}

struct Run {
    different_units: usize,
    /// The mean of g'(z) over the hidden units and samples, before training.
    slope: f64,
    /// After 0, 100 and 1000 steps.
    costs: [f64; 3],
    accuracy: f64,
}

fn train(
    x: Columns<'_, f64>,
    y: Columns<'_, f64>,
    g: Activation,
    init: Init,
    seed: u64,
) -> Result<Run, Error> {
    let mut net = Network::builder(2)
        .layer(UNITS, g)
        .layer(1, Activation::Sigmoid)
        .init(init, seed)
        .build()?;
    let mut workspace = TrainingWorkspace::new(&net, x.samples())?;
    let slope = mean_slope(&net, x, g);
    let mut costs = [0.0; 3];
    for (cost, steps) in costs.iter_mut().zip([0, 100, 900]) {
        for _ in 0..steps {
            net.step(x, y, LEARNING_RATE, &mut workspace)?;
        }
        *cost = net.cost(x, y, &mut workspace)?;
    }
    let mut a = vec![0.0; x.samples()];
    net.predict(x, &mut a, &mut workspace)?;
    let right = a.iter().zip(y.as_slice()).filter(|(a, y)| a.round() == **y).count();
    let weights = net.weights(0)?;
    let mut rows: Vec<&[f64]> = weights.chunks(2).collect();
    rows.sort_by(|a, b| a.partial_cmp(b).expect("finite weights"));
    rows.dedup();
    let accuracy = right as f64 / x.samples() as f64;
    Ok(Run { different_units: rows.len(), slope, costs, accuracy })
}

fn mean_slope(net: &Network<f64>, x: Columns<'_, f64>, g: Activation) -> f64 {
    let oracle = reference::Network::from(net);
    let logits: Vec<f64> =
        x.as_slice().chunks(2).flat_map(|sample| oracle.forward(sample).z[0].clone()).collect();
    logits.iter().map(|&z| g.derivative(z)).sum::<f64>() / logits.len() as f64
}
