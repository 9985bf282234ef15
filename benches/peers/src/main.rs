//! Training steps and predictions of ndarray, candle and burn, and of shallownet in the same loop,
//! timed: `peers FRAMEWORK --reference FILE [--shapes S1,S2] [--budget SECONDS]`. See README.md.

mod burn;
mod candle;
mod case;
mod hand;
mod own;

use std::collections::HashMap;
use std::hint::black_box;
use std::process::exit;
use std::time::Instant;

use case::{Case, Type};

/// As in peers.py: of the cost after three steps, and of the decrease over them.
const COST_TOLERANCE: f64 = 1e-3;
const DECREASE_TOLERANCE: f64 = 1e-2;

/// One framework with one network and one batch.
trait Peer {
    /// Forward, backward, update.
    fn step(&mut self);
    /// The output activations of the batch.
    fn forward(&mut self);
    /// The output activations of one sample.
    fn predict(&mut self);
    fn cost(&mut self) -> f64;
    /// Cost and gradients, no update.
    fn gradient(&mut self) -> f64;
}

fn peer(framework: &str, case: &Case) -> Box<dyn Peer> {
    match (framework, case.element) {
        ("ndarray", Type::F32) => Box::new(hand::Hand::<f32>::new(case)),
        ("ndarray", Type::F64) => Box::new(hand::Hand::<f64>::new(case)),
        ("candle", _) => Box::new(candle::Candle::new(case).expect("candle")),
        ("burn", _) => Box::new(burn::Burn::new(case)),
        ("shallownet_here", Type::F32) => Box::new(own::Own::<f32>::new(case).expect("shallownet")),
        ("shallownet_here", Type::F64) => Box::new(own::Own::<f64>::new(case).expect("shallownet")),
        _ => fail(&format!("no framework {framework}")),
    }
}

/// The version that Cargo.toml pins, or the library's own.
fn version(framework: &str) -> &'static str {
    let (manifest, key) = match framework {
        "candle" => (include_str!("../Cargo.toml"), "\ncandle-core = "),
        "burn" => (include_str!("../Cargo.toml"), "\nburn = "),
        "ndarray" => (include_str!("../Cargo.toml"), "\nndarray = "),
        _ => (include_str!("../../../Cargo.toml"), "\nversion = "),
    };
    let value = manifest.split(key).nth(1).and_then(|rest| rest.split('"').nth(1));
    value.unwrap_or("?").trim_start_matches('=')
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let Some(framework) = arguments.next() else {
        fail("usage: peers FRAMEWORK --reference FILE [--shapes S1,S2] [--budget SECONDS]");
    };
    let (mut shapes, mut budget, mut reference) = (String::new(), 0.5, None);
    while let Some(option) = arguments.next() {
        let value = arguments.next().unwrap_or_default();
        match option.as_str() {
            "--shapes" => shapes = value,
            "--budget" => budget = value.parse().unwrap_or_else(|_| fail("--budget: a number")),
            "--reference" => reference = std::fs::read_to_string(value).ok(),
            other => fail(&format!("no option {other}")),
        }
    }
    let Some(reference) = reference else { fail("--reference: a readable file") };
    let costs = costs(&reference);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    println!("framework\tversion\tshape\tkind\tthreads\tsamples\tmedian_ns");
    for case in case::cases(&shapes) {
        let mut peer = peer(&framework, &case);
        check(&framework, &case.name, peer.as_mut(), &costs);
        let row = |kind: &str, (median, samples): (f64, usize)| {
            let (version, shape) = (version(&framework), &case.name);
            println!("{framework}\t{version}\t{shape}\t{kind}\t{threads}\t{samples}\t{median:.1}");
        };
        row("step", measure(budget, || peer.step()));
        row("forward", measure(budget, || peer.forward()));
        row("predict", measure(budget, || peer.predict()));
        if case.element == Type::F64 {
            row("gradient", measure(budget, || _ = black_box(peer.gradient())));
        }
    }
}

/// Costs before and after three steps, by shape.
fn costs(reference: &str) -> HashMap<String, (f64, f64)> {
    let line = |line: &str| {
        let fields: Vec<&str> = line.split('\t').collect();
        Some((fields[0].to_owned(), (fields.get(1)?.parse().ok()?, fields.get(2)?.parse().ok()?)))
    };
    reference.lines().filter_map(line).collect()
}

fn check(framework: &str, shape: &str, peer: &mut dyn Peer, costs: &HashMap<String, (f64, f64)>) {
    let Some(&(first, third)) = costs.get(shape) else { fail("the reference lacks a shape") };
    let before = peer.cost();
    (0..3).for_each(|_| peer.step());
    let after = peer.cost();
    let error = ((before - first) / first).abs().max(((after - third) / third).abs());
    let decrease = (((before - after) - (first - third)) / (first - third)).abs();
    // Negated so that NaN fails.
    if !(error <= COST_TOLERANCE && decrease <= DECREASE_TOLERANCE) {
        fail(&format!(
            "{framework} {shape}: costs {before} and, after 3 steps, {after}; the reference has \
             {first} and {third}"
        ));
    }
    println!(
        "# {framework} {shape}: costs within {error:.1e} of the reference, decrease within \
         {decrease:.1e}"
    );
}

/// Median nanoseconds of a call within about `budget` seconds, and the samples behind it; as in
/// peers.py, samples of several calls each where one call is too short for the clock.
fn measure(budget: f64, mut call: impl FnMut()) -> (f64, usize) {
    let (start, mut calls) = (Instant::now(), 0);
    while calls < 3 || (start.elapsed().as_secs_f64() < budget / 5.0 && calls < 100_000) {
        call();
        calls += 1;
    }
    let once = start.elapsed().as_nanos() as f64 / f64::from(calls);
    let inner = (20_000.0 / once).ceil().max(1.0) as usize;
    let (start, mut samples) = (Instant::now(), Vec::new());
    while samples.len() < 3 || (start.elapsed().as_secs_f64() < budget && samples.len() < 100_000) {
        let before = Instant::now();
        (0..inner).for_each(|_| call());
        samples.push(before.elapsed().as_nanos() as f64 / inner as f64);
    }
    samples.sort_by(f64::total_cmp);
    let middle = samples.len() / 2;
    let median = if samples.len() % 2 == 1 {
        samples[middle]
    } else {
        (samples[middle - 1] + samples[middle]) / 2.0
    };
    (median, samples.len())
}

fn fail(message: &str) -> ! {
    eprintln!("peers: {message}");
    exit(1);
}
