//! Runs `testing::conformance` on one of the peers, and says what was found.
//!
//!     conformance PEER CASES [OPTION]...
//!
//! PEER is `hand`, `burn` or `candle` (these by the feature of their name), or a word of peer.py:
//! `torch`, `jax`. f32 and f64 have half of the cases each.
//!
//! * `--only f32` (or f64): all cases in this type.
//! * `--seed N`: other cases; runs of several seeds add up to a long one.
//! * `--kinks`: gradients are asked for where a value lies on a kink, too.
//! * `--without WORD`: leaves out an activation or a loss.
//! * `--count`: disagreements are counted, and none is made small.
//! * `--out FOLDER`: each finding as JSON, Rust and NumPy.

mod asked;
#[cfg(feature = "burn")]
mod burn;
#[cfg(feature = "candle")]
mod candle;
#[cfg(feature = "ndarray")]
mod hand;
mod python;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use asked::Asked;
use shallownet::Scalar;
use shallownet::testing::conformance::{Implementation, Run, check};

struct Arguments {
    peer: String,
    cases: usize,
    only: Option<String>,
    seed: u64,
    kinks: bool,
    counts: bool,
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
        seed: 1,
        kinks: false,
        counts: false,
        without: Vec::new(),
        out: None,
    };
    while let Some(argument) = given.next() {
        match argument.as_str() {
            "--only" => match given.next().as_deref() {
                Some(element @ ("f32" | "f64")) => arguments.only = Some(element.to_owned()),
                other => return Err(format!("--only f32 or f64, not {}", other.unwrap_or(""))),
            },
            "--seed" => {
                let seed = given.next().ok_or("--seed needs a number")?;
                arguments.seed = seed.parse().map_err(|_| format!("{seed} is no seed"))?;
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
    if with.counts {
        run.most = 0;
    }
    let start = Instant::now();
    let mut peer = Asked { peer, kinks: with.kinks, without: &with.without };
    let report = check(&mut peer, &run);
    let seconds = start.elapsed().as_secs_f64();
    println!("{} {}, seed {}: {report}\n{seconds:.1} s", with.peer, T::NAME, with.seed);
    let Some(folder) = &with.out else { return Ok(()) };
    let say = |error: std::io::Error| format!("{}: {error}", folder.display());
    std::fs::create_dir_all(folder).map_err(say)?;
    for (i, finding) in report.findings.iter().enumerate() {
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
        name @ ("torch" | "jax") => {
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
