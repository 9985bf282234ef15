//! What `bench` can be told.

use std::num::NonZeroUsize;

use shallownet::testing::measure::{SHAPES, Shape};
use shallownet::{Backend, Level};

use crate::choices;
use crate::threads;

/// Time training steps and predictions of 13 networks on this machine.
///
/// Writes one line a measurement, tab-separated, after a first line on the machine: the most that
/// its core could do (multiply-adds on registers alone, measured before all else), its processor
/// and the program's version. Every answer is compared with plain loops before it is timed.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Kinds:
  step      one step of gradient descent on the whole batch: Network::step; for S1, S2 and S3 a
            thousandth of a Fit of 1000 steps
  adam      one step of Adam on the whole batch: Network::step_with
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

With --population:
  data               whether the members see the same samples, or each its own
  program            population: one call of Population::step; loop: as many of Network::step, one
                     after the other (on one thread, whatever --threads says)
  ns_a_network_step  the time of all, by the number of members

Examples:
  shallownet bench --quick --shape S1,S5
  shallownet bench --quick --population")]
pub(crate) struct Args {
    /// Less careful: all shapes within 40 seconds
    #[arg(long)]
    pub(super) quick: bool,
    /// The shapes to measure, such as S5,S6 [default: all]
    #[arg(long, value_name = "NAMES", value_delimiter = ',', value_parser = shape)]
    pub(super) shape: Vec<&'static Shape>,
    /// Threads to use; 1 computes on the calling thread alone; at most four a core
    #[arg(long, value_name = "N", default_value = "1", value_parser = threads::number)]
    pub(super) threads: NonZeroUsize,
    /// What computes: auto, fused, portable, cblas
    #[arg(long, default_value = "auto", value_parser = choices::backend)]
    pub(super) backend: Backend,
    /// The SIMD level of the fused backend, such as avx2 [default: the best of this machine]
    #[arg(long, value_parser = level)]
    pub(super) level: Option<Level>,
    /// Measure many networks of one shape instead: steps of all in one call, beside a loop over them
    #[arg(long, conflicts_with_all = ["shape", "percentiles"])]
    pub(super) population: bool,
    /// Add p50_ns and p99_ns for calls on one sample
    #[arg(long)]
    pub(super) percentiles: bool,
}

pub(super) fn shape(name: &str) -> Result<&'static Shape, String> {
    Shape::named(name).ok_or_else(|| format!("expected one of S1 to S{}", SHAPES.len()))
}

pub(super) fn level(name: &str) -> Result<Level, String> {
    Level::from_name(name).ok_or_else(|| {
        let names: Vec<&str> = Level::available().into_iter().map(Level::name).collect();
        format!("this machine has {}", names.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_shapes_and_levels() {
        assert_eq!(shape("s12").unwrap().name, "S12");
        assert!(shape("S14").unwrap_err().contains("S13"));
        assert!(level("avx3").unwrap_err().contains(Level::detect().name()));
        for (i, shape) in SHAPES.iter().enumerate() {
            assert_eq!(shape.name, format!("S{}", i + 1));
        }
    }
}
