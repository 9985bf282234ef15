//! Training steps and predictions of the peers that Rust reaches, and of shallownet in the same
//! loop, timed. See README.md.
//!
//!     peers FRAMEWORK --reference FILE [--shapes S1,S2] [--budget SECONDS]
//!     peers fit --data FOLDER [--budget SECONDS]

mod adam;
mod burn;
mod candle;
mod case;
mod check;
mod clock;
mod fann;
mod fit;
mod foreign;
mod frameworks;
mod hand;
mod mkl;
mod onednn;
mod own;
mod peer;
mod products;

use std::hint::black_box;
use std::process::exit;

use case::Type;
use clock::measure;
use frameworks::{peer, version};

const USAGE: &str = "usage: peers FRAMEWORK --reference FILE [--shapes S1,S2] [--budget SECONDS]\n\
                     \x20      peers fit --data FOLDER [--budget SECONDS]";

fn main() {
    let mut arguments = std::env::args().skip(1);
    let Some(command) = arguments.next() else { fail(USAGE) };
    let (mut shapes, mut budget, mut reference, mut data) = (String::new(), 0.5, None, None);
    while let Some(option) = arguments.next() {
        let value = arguments.next().unwrap_or_default();
        match option.as_str() {
            "--shapes" => shapes = value,
            "--budget" => budget = value.parse().unwrap_or_else(|_| fail("--budget: a number")),
            "--reference" => reference = std::fs::read_to_string(value).ok(),
            "--data" => data = Some(value),
            _ => fail(USAGE),
        }
    }
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    if command == "fit" {
        let Some(data) = data else { fail(USAGE) };
        fit::run(&data, budget, threads).unwrap_or_else(|error| fail(&error));
        return;
    }
    let Some(reference) = reference else { fail("--reference: a readable file") };
    frameworks(&command, &check::read(&reference), &shapes, budget, threads);
}

fn frameworks(
    framework: &str,
    reference: &std::collections::HashMap<String, check::Expected>,
    shapes: &str,
    budget: f64,
    threads: usize,
) {
    println!("framework\tversion\tshape\tkind\tthreads\tsamples\tmedian_ns");
    for case in case::cases(shapes) {
        let shape = &case.name;
        let stop = |error: String| -> ! { fail(&format!("{framework} {shape}: {error}")) };
        let Some(made) = peer(framework, &case) else { continue };
        let mut peer = made.unwrap_or_else(|error| stop(error));
        let Some(expected) = reference.get(shape) else { fail("the reference lacks a shape") };
        let said = expected.check(peer.as_mut()).unwrap_or_else(|error| stop(error));
        println!("# {framework} {shape}: {said}");
        let row = |kind: &str, (median, samples): (f64, usize)| {
            let version = version(framework);
            println!("{framework}\t{version}\t{shape}\t{kind}\t{threads}\t{samples}\t{median:.1}");
        };
        for &kind in peer.kinds() {
            match kind {
                "step" => row(kind, measure(budget, || peer.step())),
                "forward" => row(kind, measure(budget, || peer.forward())),
                "predict" => row(kind, measure(budget, || peer.predict())),
                "gradient" if case.element == Type::F64 => {
                    row(kind, measure(budget, || _ = black_box(peer.gradient())));
                }
                _ => {}
            }
        }
        if peer.kinds().contains(&"adam") {
            let again = frameworks::peer(framework, &case).expect("it was made before");
            let mut peer = again.unwrap_or_else(|error| stop(error));
            let said = expected.check_adam(peer.as_mut()).unwrap_or_else(|error| stop(error));
            println!("# {framework} {shape}: {said}");
            row("adam", measure(budget, || peer.adam()));
        }
    }
}

fn fail(message: &str) -> ! {
    eprintln!("peers: {message}");
    exit(1);
}
