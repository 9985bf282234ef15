//! The lecture's claims about activations and first weights, with figures and one picture.
//!
//! Run with `cargo run --release --features cli --example lecture -- FOLDER`; the picture goes to
//! FOLDER/lecture.png and FOLDER/lecture.svg (default: the working folder). Fails if a claim does
//! not hold.

mod picture;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use shallownet::{Activation, Columns, Init, Network, SATURATION, Tape, TrainingWorkspace};

use picture::{Panel, Series};

/// The planar flower set: 400 points of the plane in two classes that no straight line divides.
const PLANAR: &str = include_str!("../../tests/data/planar.csv");
const UNITS: usize = 8;
const LEARNING_RATE: f64 = 1.2;
const STEPS: usize = 1000;
const SEED: u64 = 1;
/// Hidden units of the networks whose activations are shown: enough for a histogram.
const MANY: usize = 200;

type Data<'a> = (Columns<'a, f64>, Columns<'a, f64>);

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<bool, Box<dyn Error>> {
    let (points, labels) = load();
    let data = (Columns::new(&points, 2)?, Columns::new(&labels, 1)?);
    println!(
        "The planar set, {} samples; learning rate {LEARNING_RATE}, seed {SEED}.",
        labels.len()
    );
    let (centred, histogram) = centring(data)?;
    let (not_saturating, slopes) = slopes();
    let (slow, courses) = scales(data)?;
    let (stuck, distances) = symmetry(data)?;
    let folder = PathBuf::from(std::env::args_os().nth(1).unwrap_or_default());
    picture::write(&folder.join("lecture"), &[histogram, slopes, courses, distances])?;
    Ok([centred, not_saturating, slow, stuck].iter().all(|holds| *holds))
}

/// Prints the verdict on a claim.
fn claim(what: &str, holds: bool) -> bool {
    println!("   => {what}: {}", if holds { "yes" } else { "NO" });
    holds
}

fn network(units: usize, g: Activation, init: Init) -> shallownet::Result<Network<f64>> {
    let net = Network::builder(2).layer(units, g).layer(1, Activation::Sigmoid);
    net.init(init, SEED).build()
}

/// 1. The hidden activations of fresh networks.
fn centring((x, _): Data<'_>) -> shallownet::Result<(bool, Panel)> {
    println!("\n1. Hidden activations of {MANY} units before training (Xavier's weights)\n");
    println!("   hidden       mean        sd  saturated");
    let mut means = Vec::new();
    let mut series = Vec::new();
    for g in [Activation::Tanh, Activation::Sigmoid] {
        let net = network(MANY, g, Init::XavierNormal)?;
        let mut tape = Tape::new(&net, x.samples())?;
        let pass = net.forward(x, &mut tape)?;
        let hidden = pass.layer_statistics()[0];
        let saturated = 100.0 * hidden.saturated.unwrap_or(0.0);
        let (name, mean, sd) = (g.name(), hidden.mean, hidden.standard_deviation);
        println!("   {name:<8} {mean:>8.4}  {sd:>8.4}  {saturated:>7.1} %");
        means.push(mean);
        series.push(Series::new(name, histogram(pass.activations(0)?.into_vec())));
    }
    let panel = Panel {
        title: "1. tanh centres the hidden activations",
        axes: ("activation a", "share of all a"),
        series,
    };
    let holds = means[0].abs() < 0.05 && (means[1] - 0.5).abs() < 0.05;
    Ok((claim("tanh centres them near 0, sigmoid near 1/2", holds), panel))
}

/// Shares of the values in bins of 0.05 of [-1, 1], at the middles of the bins that are reached.
fn histogram(values: Vec<f64>) -> Vec<(f64, f64)> {
    const BINS: usize = 40;
    let (mut counts, mut all) = ([0_u32; BINS], 0.0);
    for a in values {
        counts[((a + 1.0) / 2.0 * BINS as f64).clamp(0.0, BINS as f64 - 1.0) as usize] += 1;
        all += 1.0;
    }
    let middle = |bin: usize| (bin as f64 + 0.5) * 2.0 / BINS as f64 - 1.0;
    let share = |(bin, count): (usize, &u32)| (middle(bin), f64::from(*count) / all);
    counts.iter().enumerate().map(share).filter(|(_, share)| *share > 0.0).collect()
}

/// 2. What g' leaves of a gradient, by z.
fn slopes() -> (bool, Panel) {
    println!("\n2. g'(z) over its largest value\n");
    println!("   z          -8      -4       0       4       8");
    let all = [Activation::Sigmoid, Activation::Tanh, Activation::Relu];
    let slope = |g: Activation, z: f64| g.derivative(z) / g.derivative(0.0);
    for g in all {
        print!("   {:<8}", g.name());
        for z in [-8.0, -4.0, 0.0, 4.0, 8.0] {
            print!(" {:>7.4}", slope(g, z));
        }
        println!();
    }
    let at = |i: i32| f64::from(i) / 50.0;
    let curve = |g: Activation| (-400..=400).map(|i| (at(i), slope(g, at(i)))).collect();
    let series = all.iter().map(|&g| Series::new(g.name(), curve(g))).collect();
    let panel = Panel {
        title: "2. ReLU does not saturate for z > 0",
        axes: ("logit z", "g'(z) / largest g'"),
        series,
    };
    let relu = (1..=400).all(|i| slope(Activation::Relu, at(i)) == 1.0);
    let others = all[..2].iter().all(|&g| slope(g, 8.0) < 0.01 && slope(g, -8.0) < 0.01);
    (
        claim(
            "ReLU keeps its slope for all z > 0, the others lose it at both ends",
            relu && others,
        ),
        panel,
    )
}

/// 3. tanh networks whose weights begin at several scales.
fn scales((x, y): Data<'_>) -> shallownet::Result<(bool, Panel)> {
    println!("\n3. {UNITS} tanh units, first weights of several sizes ({STEPS} steps)\n");
    println!("   scale  saturated  gradient norm    cost at start  after 100  after {STEPS}");
    let mut series = Vec::new();
    let (mut saturated, mut norms) = (Vec::new(), Vec::new());
    for (name, scale) in [("0.01", 0.01), ("1", 1.0), ("10", 10.0), ("100", 100.0)] {
        let mut net = network(UNITS, Activation::Tanh, Init::Normal { scale })?;
        let mut tape = Tape::new(&net, x.samples())?;
        let share = net.forward(x, &mut tape)?.layer_statistics()[0].saturated.unwrap_or(0.0);
        let mut workspace = TrainingWorkspace::new(&net, x.samples())?;
        // With weights at 100 the output is very wrong and the gradient large: its norm is shown
        // relative to that of the weights.
        let weights = norm(&net.weights(1)?);
        net.backward(x, y, &mut workspace)?;
        let gradient = workspace.gradients().norms(0)?.weights / weights;
        let mut costs = Vec::new();
        for step in 0..STEPS {
            costs.push((step as f64, net.step(x, y, LEARNING_RATE, &mut workspace)?));
        }
        costs.push((STEPS as f64, net.cost(x, y, &mut workspace)?));
        let (start, early, last) = (costs[0].1, costs[100].1, costs[STEPS].1);
        let percent = 100.0 * share;
        println!(
            "   {name:<6} {percent:>7.1} %  {gradient:>13.5}  {start:>15.4}  {early:>9.4}  {last:>9.4}"
        );
        // Networks with such large weights jump from step to step: the curve is the mean of each 20
        // steps.
        let means = costs.chunks_exact(20).map(|part| {
            let cost = part.iter().map(|c| c.1).sum::<f64>() / part.len() as f64;
            (part[0].0, cost.log10())
        });
        let shown = means.collect();
        series.push(Series::new(&format!("scale {name}"), shown));
        saturated.push(share);
        norms.push((gradient, last));
    }
    println!(
        "\n   Saturated: |a| > {}. The gradient is that of W[0], over the norm of the\n   weights it comes back through.",
        1.0 - 2.0 * SATURATION
    );
    let panel = Panel {
        title: "3. Saturated units learn slowly",
        axes: ("iteration", "log10 of the cost, mean of 20"),
        series,
    };
    let more = saturated.windows(2).all(|s| s[0] <= s[1]) && saturated[3] > 0.9;
    let less = norms.windows(2).skip(1).all(|n| n[1].0 < n[0].0);
    let slower = norms[..3].iter().all(|n| n.1 < norms[3].1);
    let what = "larger weights saturate more and pass back less; those at 100 end worst";
    Ok((claim(what, more && less && slower), panel))
}

fn norm(values: &[f64]) -> f64 {
    values.iter().map(|v| v * v).sum::<f64>().sqrt()
}

/// 4. How far apart the weights of hidden units move.
fn symmetry((x, y): Data<'_>) -> shallownet::Result<(bool, Panel)> {
    println!("\n4. The largest distance between two of {UNITS} hidden units' weights\n");
    println!("   hidden    weights begin    at start  after {STEPS}       cost");
    let mut series = Vec::new();
    let (mut stuck, mut apart) = (true, true);
    let mut zeros = Vec::new();
    for g in [Activation::Tanh, Activation::Sigmoid] {
        for (name, init) in [("zero", Init::Zeros), ("0.01 random", Init::LECTURE)] {
            let mut net = network(UNITS, g, init)?;
            let mut workspace = TrainingWorkspace::new(&net, x.samples())?;
            let mut distances = Vec::new();
            for step in 0..=STEPS {
                distances.push((step as f64, spread(&net.weights(0)?)));
                net.step(x, y, LEARNING_RATE, &mut workspace)?;
            }
            let (first, last) = (distances[0].1, distances[STEPS].1);
            let cost = net.cost(x, y, &mut workspace)?;
            println!("   {:<9} {name:<15} {first:>9.4}  {last:>9.4}  {cost:>11.4}", g.name());
            if init == Init::Zeros {
                stuck &= distances.iter().all(|d| d.1 == 0.0);
                zeros.push(distances);
            } else {
                apart &= last > 1.0;
                series.push(Series::new(&format!("{}, {name}", g.name()), distances));
            }
        }
    }
    // One curve for both: they are the same, unless the claim fails.
    let both = zeros[0].iter().zip(&zeros[1]).map(|(a, b)| (a.0, a.1.max(b.1))).collect();
    series.push(Series::new("tanh and sigmoid, zero", both));
    let panel = Panel {
        title: "4. Zeros never break symmetry",
        axes: ("iteration", "largest distance of weights"),
        series,
    };
    let what = "from zeros the units stay equal to the last bit, small random weights part them";
    Ok((claim(what, stuck && apart), panel))
}

/// The largest distance between two rows of two weights.
fn spread(weights: &[f64]) -> f64 {
    let rows = || weights.chunks_exact(2);
    let distance = |a: &[f64], b: &[f64]| (a[0] - b[0]).hypot(a[1] - b[1]);
    rows().flat_map(|a| rows().map(move |b| distance(a, b))).fold(0.0, f64::max)
}

fn load() -> (Vec<f64>, Vec<f64>) {
    let rows = PLANAR.lines().skip(1).map(|line| line.split(',').filter_map(|v| v.parse().ok()));
    let rows: Vec<Vec<f64>> = rows.map(Iterator::collect).collect();
    (rows.iter().flat_map(|r| [r[0], r[1]]).collect(), rows.iter().map(|r| r[2]).collect())
}
