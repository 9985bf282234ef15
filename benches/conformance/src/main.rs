//! Runs `testing::conformance` on one of the peers, and says what was found.
//!
//!     conformance PEER CASES [--kinks] [--without WORD]... [--out FOLDER]
//!
//! PEER is `hand`, or a word of peer.py: `torch`, `jax`. f32 and f64 have
//! half of the cases each. Without `--kinks` no gradient is asked for where a value lies on a kink;
//! `--without` leaves out an activation or a loss.

mod asked;
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
    kinks: bool,
    without: Vec<String>,
    out: Option<PathBuf>,
}

fn arguments() -> Result<Arguments, String> {
    let mut given = std::env::args().skip(1);
    let peer = given.next().ok_or("which peer?")?;
    let cases = given.next().ok_or("how many cases?")?;
    let cases = cases.parse().map_err(|_| format!("{cases} is no number of cases"))?;
    let mut arguments = Arguments { peer, cases, kinks: false, without: Vec::new(), out: None };
    while let Some(argument) = given.next() {
        match argument.as_str() {
            "--kinks" => arguments.kinks = true,
            "--without" => arguments.without.push(given.next().ok_or("--without what?")?),
            "--out" => arguments.out = Some(given.next().ok_or("--out needs a folder")?.into()),
            other => return Err(format!("{other} is no option")),
        }
    }
    Ok(arguments)
}

fn run<T: Scalar>(peer: impl Implementation<T>, with: &Arguments) -> Result<(), String> {
    let (start, run) = (Instant::now(), Run::new(with.cases.div_ceil(2)));
    let mut peer = Asked { peer, kinks: with.kinks, without: &with.without };
    let report = check(&mut peer, &run);
    println!("{} {}: {report}; {:.0} s", with.peer, T::NAME, start.elapsed().as_secs_f64());
    let Some(folder) = &with.out else { return Ok(()) };
    let say = |error: std::io::Error| format!("{}: {error}", folder.display());
    std::fs::create_dir_all(folder).map_err(say)?;
    for (i, finding) in report.findings.iter().enumerate() {
        let stem = format!("{}-{}-{i}", with.peer, T::NAME);
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
        name => {
            run::<f32>(python::Peer::start(name)?, with)?;
            run::<f64>(python::Peer::start(name)?, with)
        }
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
