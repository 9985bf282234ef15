//! `shallownet bench`: how fast it is on this machine, beside what the core could do and beside
//! plain loops.
//!
//! `shapes` is the table of what is measured, `measure` the calls, `timing` the clock, `peak` the
//! core's limit, `naive` the plain loops, `agreement` the check before the clock, `row` the line.

mod agreement;
mod measure;
mod naive;
mod peak;
mod row;
mod shapes;
mod timing;

use std::fmt::Display;
use std::io::Write;
use std::num::NonZeroUsize;
use std::time::Duration;

use shallownet::{Backend, Level, Network, Parallelism, Scalar};

use crate::choices;
use crate::failure::Failure;
use crate::threads;
use peak::Peak;
use shapes::{Element, SHAPES, Shape};
use timing::Effort;

/// Time training steps and predictions of 13 networks on this machine.
///
/// Writes one line a measurement, tab-separated, after a first line on the machine: what its core
/// could do at best (multiply-adds on registers alone, measured before all else), its processor
/// and the program's version. Every answer is compared with plain loops before it is timed.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Kinds:
  step      one step of gradient descent on the whole batch: Network::step; for S1, S2 and S3 a
            thousandth of a Fit of 1000 steps
  gradient  cost and gradient without the update: Network::backward
  forward   the prediction of the whole batch
  predict   the prediction of one sample

Columns:
  median_ns         nanoseconds of one call: the median of repetitions of 50 us or more each
  gflops            floating-point operations of the matrix products alone, a nanosecond
  fraction_of_peak  gflops by what all threads could do at best, in the shape's element type, at
                    the level in use
  vs_reference      how many times the speed of naive scalar loops (src/cli/bench/naive.rs) in the
                    same element type, built with the same flags, on one thread
  p50_ns, p99_ns    with --percentiles, for calls on one sample: median and 99th percentile over up
                    to 20000 groups of single calls. A group is as many calls (a power of two) as
                    take a microsecond, so that the clock's 20 ns matter little; for calls that
                    take longer it is one call. Steps are single calls here, never a Fit.

Example:
  shallownet bench --quick --shape S1,S5")]
pub(crate) struct Args {
    /// Less careful: all shapes within 40 seconds
    #[arg(long)]
    quick: bool,
    /// The shapes to measure, such as S5,S6 [default: all]
    #[arg(long, value_name = "NAMES", value_delimiter = ',', value_parser = shape)]
    shape: Vec<&'static Shape>,
    /// Threads to use; 1 computes on the calling thread alone; at most four a core
    #[arg(long, value_name = "N", default_value = "1", value_parser = threads::number)]
    threads: NonZeroUsize,
    /// What computes: auto, fused, portable, cblas
    #[arg(long, default_value = "auto", value_parser = choices::backend)]
    backend: Backend,
    /// The SIMD level of the fused backend, such as avx2 [default: the best of this machine]
    #[arg(long, value_parser = level)]
    level: Option<Level>,
    /// Add p50_ns and p99_ns for calls on one sample
    #[arg(long)]
    percentiles: bool,
}

fn shape(name: &str) -> Result<&'static Shape, String> {
    Shape::named(name).ok_or_else(|| format!("expected one of S1 to S{}", SHAPES.len()))
}

fn level(name: &str) -> Result<Level, String> {
    Level::from_name(name).ok_or_else(|| {
        let names: Vec<&str> = Level::available().into_iter().map(Level::name).collect();
        format!("this machine has {}", names.join(", "))
    })
}

/// How everything is measured.
struct Setting {
    backend: Backend,
    level: Option<Level>,
    threads: usize,
    effort: Effort,
    /// For the naive loops.
    reference: Effort,
    percentiles: bool,
}

impl Setting {
    fn of(args: &Args) -> Self {
        let effort = |milliseconds, repetitions| Effort {
            time: Duration::from_millis(milliseconds),
            repetitions,
        };
        let (effort, reference) = if args.quick {
            (effort(200, 5), effort(50, 3))
        } else {
            (effort(2000, 21), effort(300, 7))
        };
        let threads = threads::within_reason("--threads", args.threads.get());
        let (backend, level, percentiles) = (args.backend, args.level, args.percentiles);
        Self { backend, level, threads, effort, reference, percentiles }
    }

    /// The network of a shape, as users get it: with all checks.
    fn network<T: Scalar>(&self, shape: &Shape) -> shallownet::Result<Network<T>> {
        let who = if self.threads == 1 { Parallelism::Serial } else { Parallelism::Rayon };
        let builder = shape.builder().backend(self.backend).parallelism(who);
        match self.level {
            Some(level) => builder.level(level),
            None => builder,
        }
        .build()
    }
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let setting = Setting::of(args);
    if setting.threads == 1 {
        return table(args, &setting);
    }
    threads::pool(setting.threads)?.install(|| table(args, &setting))
}

fn table(args: &Args, setting: &Setting) -> Result<(), Failure> {
    let all: Vec<&Shape> = SHAPES.iter().collect();
    let shapes = if args.shape.is_empty() { &all } else { &args.shape };
    // A backend or level that can't be had is told before anything is measured.
    let level = setting.network::<f32>(&SHAPES[0])?.level();
    let peak = peak::measure(level);
    line(comment(peak, level, setting))?;
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
    use naive::Real;
    use shapes::Kind;

    /// On every shape but the two largest, whose loops take long in a test.
    #[test]
    fn the_naive_loops_and_the_library_agree() {
        for backend in [Backend::Fused, Backend::Portable] {
            for shape in SHAPES.iter().filter(|shape| shape.weights() * shape.m < 60_000_000) {
                match shape.element {
                    Element::F32 => agree::<f32>(shape, backend),
                    Element::F64 => agree::<f64>(shape, backend),
                }
            }
        }
    }

    fn agree<T: Real>(shape: &Shape, backend: Backend) {
        let net = shape.builder::<T>().backend(backend).build().unwrap();
        let problem = agreement::disagreement(shape, &net, &shape.batch()).unwrap();
        assert_eq!(problem, None, "{}", shape.name);
    }

    /// The naive loops in f64 are the library's own oracle, up to rounding.
    #[test]
    fn the_naive_loops_are_the_reference() {
        for shape in ["S1", "S4", "S11", "S13"].map(|name| Shape::named(name).unwrap()) {
            let net = shape.builder::<f64>().build().unwrap();
            let batch = shape.batch::<f64>();
            let (x, y) = batch.first(shape.m.min(20)).unwrap();
            let mut naive = naive::Naive::of(&net).unwrap();
            let cost = naive.gradients(x, y);
            let oracle = shallownet::reference::Network::from(&net);
            let rows = |c: shallownet::Columns<'_, f64>| {
                c.as_slice().chunks(c.features()).map(<[f64]>::to_vec).collect::<Vec<_>>()
            };
            let (x, y) = (rows(x), rows(y));
            assert!((cost - oracle.cost(&x, &y)).abs() < 1e-12 * cost);
            for (layer, expected) in naive.layers.iter().zip(oracle.gradients(&x, &y)) {
                let dw = expected.dw.concat();
                assert!(layer.dw.iter().zip(&dw).all(|(a, b)| (a - b).abs() < 1e-12));
                assert!(layer.db.iter().zip(&expected.db).all(|(a, b)| (a - b).abs() < 1e-12));
            }
        }
    }

    #[test]
    fn a_wrong_answer_is_found() {
        let shape = Shape::named("S4").unwrap();
        let (net, batch) = (shape.builder::<f32>().build().unwrap(), shape.batch());
        let found = |net: &Network<f32>, naive_net: &Network<f32>| {
            let naive = naive::Naive::of(naive_net).unwrap();
            agreement::disagreement_with(naive, shape, net, &batch).unwrap()
        };
        assert_eq!(found(&net, &net), None);
        let mut spoilt = net.try_clone().unwrap();
        spoilt.set_bias(0, &[1e-2; 32]).unwrap();
        assert!(found(&spoilt, &net).is_some_and(|found| found.starts_with("the predictions")));
    }

    #[test]
    fn operations_are_counted_as_the_products_have_them() {
        let shape = Shape::named("S1").unwrap();
        assert_eq!(shape.weights(), 12);
        assert_eq!(shape.flops(Kind::Forward), 2.0 * 400.0 * 12.0);
        assert_eq!(shape.flops(Kind::Step), 2.0 * 400.0 * 28.0);
        assert_eq!(shape.flops(Kind::Predict), 24.0);
    }

    #[test]
    fn names_of_shapes_and_levels() {
        assert_eq!(shape("s12").unwrap().name, "S12");
        assert!(shape("S14").unwrap_err().contains("S13"));
        assert!(level("avx3").unwrap_err().contains(Level::detect().name()));
        for (i, shape) in SHAPES.iter().enumerate() {
            assert_eq!(shape.name, format!("S{}", i + 1));
        }
    }

    #[test]
    fn the_first_line_says_where_it_was_measured() {
        let args = <crate::Cli as clap::Parser>::try_parse_from(["shallownet", "bench"]).unwrap();
        let crate::Command::Bench(args) = args.command else { panic!() };
        let line = comment(Peak { f32: 99.14, f64: 49.0 }, None, &Setting::of(&args));
        assert!(line.starts_with("# peak 99.1 GFLOP/s a core in f32, 49.0 in f64, "), "{line}");
        assert!(!line.contains('\n') && line.contains("at least 21 repetitions"), "{line}");
    }
}
