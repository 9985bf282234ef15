//! Our own backends, judged as anybody's, on any number of cases:
//! `cargo run --release --features testing,all-levels --example false_alarms -- 1000000`.
//!
//! The cases are shared among all backends, levels and both types; the run ends with an error at a
//! disagreement.

use std::process::ExitCode;
use std::time::Instant;

use shallownet::testing::backends::{BACKENDS, Setup};
use shallownet::testing::conformance::{Own, Run, check};
use shallownet::{Parallelism, Scalar};

fn run<T: Scalar>(setup: Setup, run: &Run) -> bool {
    let start = Instant::now();
    let report = check(&mut Own::<T>::new(setup, Parallelism::Serial), run);
    let level = setup.level.map_or("", |level| level.name());
    let seconds = start.elapsed().as_secs_f64();
    println!("{} {level} {}: {report}; {seconds:.1} s", setup.backend.name(), T::NAME);
    report.disagreeing == 0
}

fn main() -> ExitCode {
    let count = std::env::args().nth(1).map_or(Ok(10_000), |count| count.parse::<usize>());
    let Ok(count) = count else {
        eprintln!("error: the number of cases is a whole number");
        return ExitCode::from(2);
    };
    let share = count.div_ceil(2 * BACKENDS.len());
    let mut is_well = true;
    for (seed, &setup) in (1..).zip(BACKENDS.iter()) {
        is_well &= run::<f32>(setup, &Run { seed, ..Run::new(share) });
        is_well &= run::<f64>(setup, &Run { seed: 1000 + seed, ..Run::new(share) });
    }
    if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
