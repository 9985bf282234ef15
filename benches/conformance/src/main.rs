//! Runs `testing::conformance` on one of the peers, and says what was found.
//!
//!     conformance PEER CASES [OPTION]...
//!
//! PEER is `hand`, `burn`, `candle` or `tract` (by the feature of its name), `tract-export`, which is
//! given the model that shallownet exports, or a word of peer.py: `torch`, `jax`, `jax-whole`. f32 and f64 have half of the cases each.
//!
//! * `--only f32` (or f64): all cases in this type.
//! * `--sizes 1,3,8`: units, inputs and samples are these alone, the next smaller one of what is drawn.
//! * `--seed N`: other cases; runs of several seeds add up to a long one.
//! * `--kinks`: gradients are asked for where a value lies on a kink, too.
//! * `--without WORD`: leaves out an activation or a loss.
//! * `--count`: disagreements are counted and listed, and none is made small.
//! * `--case N`: this case alone, which is made small; any number of times.
//! * `--out FOLDER`: each finding as JSON, Rust and NumPy.

mod asked;
#[cfg(feature = "burn")]
mod burn;
#[cfg(feature = "candle")]
mod candle;
mod count;
#[cfg(feature = "ndarray")]
mod hand;
mod python;
#[cfg(feature = "tract")]
mod tract;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use asked::Asked;
use proptest::strategy::{Just, Strategy};
use shallownet::testing::cases::Case;
use shallownet::testing::conformance::{Finding, Implementation, Run, check};
use shallownet::{Activation, Scalar};

struct Arguments {
    peer: String,
    cases: usize,
    only: Option<String>,
    sizes: Vec<usize>,
    seed: u64,
    kinks: bool,
    counts: bool,
    alone: Vec<usize>,
    without: Vec<String>,
    out: Option<PathBuf>,
}

fn arguments() -> Result<Arguments, String> {
    let mut given = std::env::args().skip(1);
    let peer = given.next().ok_or("which peer?")?;
    let cases = given.next().ok_or("how many cases?")?;
    let cases = cases.parse().map_err(|_| format!("{cases} is no number of cases"))?;
    let mut arguments = Arguments {
        peer,
        cases,
        only: None,
        sizes: Vec::new(),
        seed: 1,
        kinks: false,
        counts: false,
        alone: Vec::new(),
        without: Vec::new(),
        out: None,
    };
    while let Some(argument) = given.next() {
        match argument.as_str() {
            "--only" => match given.next().as_deref() {
                Some(element @ ("f32" | "f64")) => arguments.only = Some(element.to_owned()),
                other => return Err(format!("--only f32 or f64, not {}", other.unwrap_or(""))),
            },
            "--sizes" => {
                let sizes = given.next().ok_or("--sizes needs a list")?;
                let all: Result<_, _> = sizes.split(',').map(str::parse).collect();
                arguments.sizes = all.map_err(|_| format!("{sizes} is no list of sizes"))?;
            }
            "--seed" => {
                let seed = given.next().ok_or("--seed needs a number")?;
                arguments.seed = seed.parse().map_err(|_| format!("{seed} is no seed"))?;
            }
            "--case" => {
                let case = given.next().ok_or("--case needs a number")?;
                arguments.alone.push(case.parse().map_err(|_| format!("{case} is no case"))?);
            }
            "--count" => arguments.counts = true,
            "--kinks" => arguments.kinks = true,
            "--without" => arguments.without.push(given.next().ok_or("--without what?")?),
            "--out" => arguments.out = Some(given.next().ok_or("--out needs a folder")?.into()),
            other => return Err(format!("{other} is no option")),
        }
    }
    Ok(arguments)
}

fn run<T: Scalar>(peer: impl Implementation<T>, with: &Arguments) -> Result<(), String> {
    if with.only.as_deref().is_some_and(|only| only != T::NAME) {
        return Ok(());
    }
    let cases = if with.only.is_some() { with.cases } else { with.cases.div_ceil(2) };
    let mut run = Run { seed: with.seed, ..Run::new(cases) };
    if !with.sizes.is_empty() {
        let sizes = with.sizes.clone();
        run.strategy = run.strategy.prop_map(move |case| of_sizes(case, &sizes)).boxed();
    }
    let mut peer = Asked { peer, kinks: with.kinks, without: &with.without };
    let (start, name) = (Instant::now(), format!("{} {}, seed {}", with.peer, T::NAME, with.seed));
    if with.counts {
        println!(
            "{name}: {}\n{:.1} s",
            count::count(&mut peer, &run),
            start.elapsed().as_secs_f64()
        );
        return Ok(());
    }
    let mut findings = Vec::new();
    if with.alone.is_empty() {
        let report = check(&mut peer, &run);
        println!("{name}: {report}\n{:.1} s", start.elapsed().as_secs_f64());
        findings = report.findings;
    }
    for &case in &with.alone {
        let strategy = Just(run.draw(case)).boxed();
        let report = check(&mut peer, &Run { cases: 1, strategy, ..run.clone() });
        println!("{name}, case {case}: {report}");
        findings.extend(report.findings);
    }
    write(&findings, with)
}

/// The same case with sizes of these alone; means and variances, and shares of classes, take two outputs.
fn of_sizes(mut case: Case, sizes: &[usize]) -> Case {
    let smaller = |size: usize| sizes.iter().copied().filter(|&s| s <= size).max().unwrap_or(1);
    case.n_x = smaller(case.n_x);
    for (units, activation) in &mut case.layers {
        let least = if *activation == Activation::Softmax { 2 } else { 1 };
        *units = smaller(*units).max(least);
    }
    case.batches = case.batches.iter().map(|&samples| smaller(samples)).collect();
    case.tame()
}

/// Each finding in three forms, if there is a folder for them.
fn write<T: Scalar>(findings: &[Finding<T>], with: &Arguments) -> Result<(), String> {
    let Some(folder) = &with.out else { return Ok(()) };
    let say = |error: std::io::Error| format!("{}: {error}", folder.display());
    std::fs::create_dir_all(folder).map_err(say)?;
    for (i, finding) in findings.iter().enumerate() {
        let stem = format!("{}-{}-{}-{i}", with.peer, T::NAME, with.seed);
        let files = [
            ("json", finding.to_json().to_string()),
            ("rs", finding.to_rust()),
            ("py", finding.to_numpy()),
        ];
        for (ending, text) in files {
            std::fs::write(folder.join(format!("{stem}.{ending}")), text).map_err(say)?;
        }
    }
    Ok(())
}

fn both(with: &Arguments) -> Result<(), String> {
    match with.peer.as_str() {
        #[cfg(feature = "ndarray")]
        "hand" => {
            run::<f32>(hand::Hand, with)?;
            run::<f64>(hand::Hand, with)
        }
        #[cfg(feature = "burn")]
        "burn" => {
            run::<f32>(burn::Burn, with)?;
            run::<f64>(burn::Burn, with)
        }
        #[cfg(feature = "candle")]
        "candle" => {
            run::<f32>(candle::Candle, with)?;
            run::<f64>(candle::Candle, with)
        }
        #[cfg(feature = "tract")]
        name @ ("tract" | "tract-export") => {
            let exported = name == "tract-export";
            run::<f32>(tract::Tract { exported }, with)?;
            run::<f64>(tract::Tract { exported }, with)
        }
        name @ ("torch" | "jax" | "jax-whole") => {
            run::<f32>(python::Peer::start(name)?, with)?;
            run::<f64>(python::Peer::start(name)?, with)
        }
        name => Err(format!("{name} is no peer, or this program is built without its feature")),
    }
}

fn main() -> ExitCode {
    match arguments().and_then(|with| both(&with)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}
