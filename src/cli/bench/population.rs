//! `--population`: many networks of one shape, in one call and in a loop over them.

use std::fmt;
use std::hint::black_box;

use shallownet::testing::measure;
use shallownet::{
    Activation, Builder, Columns, Network, Parallelism, Population, PopulationWorkspace, Samples,
    TrainingWorkspace,
};

use super::setting::Setting;
use crate::failure::Failure;

use Activation::{Identity, Relu, Sigmoid, Softmax, Tanh};

/// A shape, and how many of it see how much.
struct Case {
    sizes: &'static [usize],
    hidden: Activation,
    output: Activation,
    samples: usize,
    /// Members have samples of their own.
    each: bool,
    members: &'static [usize],
}

#[rustfmt::skip]
const CASES: [Case; 6] = [
    Case { sizes: &[3, 4, 1], hidden: Tanh, output: Sigmoid, samples: 1, each: true, members: &[16, 64, 1024, 16384] },
    Case { sizes: &[8, 32, 32, 2], hidden: Tanh, output: Identity, samples: 1, each: true, members: &[64, 1024] },
    Case { sizes: &[8, 16, 1], hidden: Tanh, output: Sigmoid, samples: 32, each: false, members: &[16, 64, 1024] },
    Case { sizes: &[8, 16, 1], hidden: Tanh, output: Sigmoid, samples: 32, each: true, members: &[1024] },
    Case { sizes: &[16, 32, 4], hidden: Relu, output: Softmax, samples: 64, each: false, members: &[64, 1024] },
    Case { sizes: &[2, 4, 1], hidden: Tanh, output: Sigmoid, samples: 400, each: false, members: &[16, 64, 1024] },
];

/// Small enough that no member diverges or dies.
const LEARNING_RATE: f32 = 1e-4;

/// The names of the columns.
pub(super) const HEADER: &str =
    "shape\tmembers\tsamples\tdata\tthreads\tprogram\tns_a_network_step";

/// One measurement.
#[derive(Debug)]
pub(super) struct Row {
    shape: String,
    members: usize,
    samples: usize,
    data: &'static str,
    threads: usize,
    program: &'static str,
    ns: f64,
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { shape, members, samples, data, threads, program, ns } = self;
        write!(f, "{shape}\t{members}\t{samples}\t{data}\t{threads}\t{program}\t{ns:.2}")
    }
}

/// Says two rows a case and number of members: the population, and a loop over as many networks.
pub(super) fn run(
    setting: &Setting,
    mut say: impl FnMut(&Row) -> Result<(), Failure>,
) -> Result<(), Failure> {
    for case in &CASES {
        for &members in case.members {
            let bench = Bench::new(case, members, setting)?;
            for (program, ns) in bench.times(setting)? {
                say(&Row {
                    shape: case.name(),
                    members,
                    samples: case.samples,
                    data: if case.each { "each" } else { "shared" },
                    threads: setting.threads,
                    program,
                    ns,
                })?;
            }
        }
    }
    Ok(())
}

impl Case {
    fn name(&self) -> String {
        self.sizes.iter().map(ToString::to_string).collect::<Vec<_>>().join("-")
    }

    fn builder(&self) -> Builder<f32> {
        let (n_x, units) = (self.sizes[0], &self.sizes[1..]);
        let last = units.len() - 1;
        let g = |l| if l == last { self.output } else { self.hidden };
        Network::builder(n_x).layers(units.iter().enumerate().map(|(l, &units)| (units, g(l))))
    }
}

struct Bench {
    case: &'static Case,
    population: Population<f32>,
    networks: Vec<Network<f32>>,
    x: Vec<f32>,
    y: Vec<f32>,
}

impl Bench {
    fn new(case: &'static Case, members: usize, setting: &Setting) -> Result<Self, Failure> {
        let who = if setting.threads == 1 { Parallelism::Serial } else { Parallelism::Rayon };
        let builder = setting.choose(case.builder().parallelism(who));
        let (n_x, n_y) = (case.sizes[0], case.sizes[case.sizes.len() - 1]);
        let columns = case.samples * if case.each { members } else { 1 };
        // Points on a line that turns: no two samples are the same.
        let value = |i: usize| ((i as f32 * 0.618_034) % 1.0) * 2.0 - 1.0;
        let x = (0..columns * n_x).map(value).collect();
        let target = |i: usize| match case.output {
            Softmax => {
                if i % n_y == i / n_y % n_y {
                    1.0
                } else {
                    0.0
                }
            }
            Sigmoid => (i % 2) as f32,
            _ => value(7 * i),
        };
        let y = (0..columns * n_y).map(target).collect();
        let seeds = || 0..members as u64;
        let networks = Population::from_seeds(&builder, seeds())?.into_networks()?;
        let population = Population::from_seeds(&builder, seeds())?;
        Ok(Self { case, population, networks, x, y })
    }

    /// Nanoseconds a step and network, after both have been seen to compute the same.
    fn times(mut self, setting: &Setting) -> Result<[(&'static str, f64); 2], Failure> {
        let Self { case, population, networks, x, y } = &mut self;
        let (n_x, n_y, m) = (case.sizes[0], case.sizes[case.sizes.len() - 1], case.samples);
        let (x, y) = (Columns::new(&x[..], n_x)?, Columns::new(&y[..], n_y)?);
        let samples: [Samples<'_, f32>; 2] = match case.each {
            true => [Samples::each(x), Samples::each(y)],
            false => [x.into(), y.into()],
        };
        let members = networks.len();
        let (mut costs, mut alone) = (vec![0.0; members], vec![0.0; members]);
        let mut workspace = PopulationWorkspace::new(population, m)?;
        let mut of_one = TrainingWorkspace::new(&networks[0], m)?;
        let mut step = |costs: &mut [f64]| {
            let [x, y] = black_box(samples);
            population.step(x, y, LEARNING_RATE, costs, &mut workspace)
        };
        let mut steps = |costs: &mut [f64]| -> shallownet::Result<()> {
            for (member, (net, cost)) in networks.iter_mut().zip(costs).enumerate() {
                let start = if case.each { member * m } else { 0 };
                let (Some(x), Some(y)) = (x.range(start..start + m), y.range(start..start + m))
                else {
                    continue;
                };
                *cost = net.step(black_box(x), black_box(y), LEARNING_RATE, &mut of_one)?;
            }
            Ok(())
        };
        for _ in 0..3 {
            step(&mut costs)?;
            steps(&mut alone)?;
            let differs = |(a, b): (&f64, &f64)| (a - b).abs() > 1e-4 * (1.0 + b.abs());
            if let Some(member) = costs.iter().zip(&alone).position(differs) {
                let problem = format!("the cost of member {member} differs from its network's");
                return Err(Failure::WrongAnswer { shape: "--population", problem });
            }
        }
        let a_member = members as f64;
        let together = measure::median(setting.effort, || step(&mut costs))? / a_member;
        let in_turn = measure::median(setting.effort, || steps(&mut alone))? / a_member;
        Ok([("population", together), ("loop", in_turn)])
    }
}
