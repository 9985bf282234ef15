//! The course of the command: a line a measurement.

use std::fmt::Display;
use std::io::Write;
use std::num::NonZeroUsize;

use shallownet::Level;
use shallownet::testing::measure::{Effort, Element, Peak, SHAPES, Shape, peak};

use super::args::Args;
use super::setting::Setting;
use super::{measure, population, row};
use crate::failure::Failure;
use crate::say::Say;
use crate::threads;

pub(crate) fn run(args: &Args, say: &Say) -> Result<(), Failure> {
    let setting = Setting::of(args, say);
    if setting.threads == 1 {
        return table(args, &setting);
    }
    threads::pool(setting.threads)?.install(|| table(args, &setting))
}

fn table(args: &Args, setting: &Setting) -> Result<(), Failure> {
    let all: Vec<&Shape> = SHAPES.iter().collect();
    let shapes = if args.shape.is_empty() { &all } else { &args.shape };
    // A backend or level that is not available is reported before anything is measured.
    let level = setting.network::<f32>(&SHAPES[0])?.level();
    let peak = peak(level);
    line(comment(peak, level, setting))?;
    if args.population {
        line(population::HEADER)?;
        return population::run(setting, |row| line(row));
    }
    line(row::header(setting.percentiles))?;
    for &shape in shapes {
        match shape.element {
            Element::F32 => measure::shape::<f32>(shape, setting, peak.f32, |row| line(row))?,
            Element::F64 => measure::shape::<f64>(shape, setting, peak.f64, |row| line(row))?,
        }
    }
    Ok(())
}

/// The first line.
fn comment(peak: Peak, level: Option<Level>, setting: &Setting) -> String {
    let best = Level::detect().name();
    let used = level.map_or(String::new(), |level| format!(" ({} in use)", level.name()));
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let plural = if cores == 1 { "" } else { "s" };
    let Effort { time, repetitions } = setting.effort;
    format!(
        "# peak {:.1} GFLOP/s a core in f32, {:.1} in f64, {}, level {best}{used}, \
         {cores} core{plural}, shallownet {}; medians of at least {repetitions} repetitions, \
         as many as fit into {} s",
        peak.f32,
        peak.f64,
        processor(),
        env!("CARGO_PKG_VERSION"),
        time.as_secs_f64(),
    )
}

/// The processor's name where the system tells it, or the architecture.
fn processor() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    match name {
        Some((_, name)) => name.trim().to_owned(),
        None => std::env::consts::ARCH.to_owned(),
    }
}

fn line(line: impl Display) -> Result<(), Failure> {
    writeln!(std::io::stdout(), "{line}").map_err(Failure::Output)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_says_where_it_was_measured() {
        let args = <crate::Cli as clap::Parser>::try_parse_from(["shallownet", "bench"]).unwrap();
        let crate::Command::Bench(args) = args.command else { panic!() };
        let line =
            comment(Peak { f32: 99.14, f64: 49.0 }, None, &Setting::of(&args, &Say::new(false)));
        assert!(line.starts_with("# peak 99.1 GFLOP/s a core in f32, 49.0 in f64, "), "{line}");
        assert!(!line.contains('\n') && line.contains("at least 21 repetitions"), "{line}");
    }
}
