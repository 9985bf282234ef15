//! How long a step of gradient descent takes on the processes of an MPI job: `benches/ranks.sh` makes the
//! table of docs/ranks.md of it.
//!
//! ```text
//! cargo build --release --features mpi --example mpi_speed
//! mpirun -n 2 target/release/examples/mpi_speed [strong | weak | alone]
//! ```
//!
//! Each process has one thread. `strong`: the same batch on any number of processes, `weak`: a batch for
//! each of them; both in as many shards as there are processes. `alone`: each process trains by itself, to
//! see what they cost each other on one machine. A line a shape: its name, microseconds a step (the median
//! of epochs of 4 steps), samples a step.

use std::ops::ControlFlow;
use std::process::ExitCode;
use std::time::Instant;

use shallownet::ranks::{Alone, Communicator, Mpi, Shards};
use shallownet::{
    Activation, Columns, DataSet, Error, Init, Network, Parallelism, Trainer, Training,
};

/// Shapes of the benchmark of the same names: sizes, samples a step, activations.
const SHAPES: [(&str, &[usize], usize, [Activation; 2]); 4] = [
    ("S6", &[784, 128, 10], 1024, [Activation::Relu, Activation::Softmax]),
    ("S7", &[784, 300, 10], 256, [Activation::Tanh, Activation::Softmax]),
    ("S8", &[1024, 1024, 1024], 1024, [Activation::Relu, Activation::Sigmoid]),
    ("S10", &[4, 32, 16, 4], 10_000, [Activation::Tanh, Activation::Identity]),
];

const STEPS: usize = 4;

/// Numbers of 0 to 1 that are the same on every machine.
fn numbers(count: usize, ratio: f64) -> Vec<f32> {
    (1..=count).map(|i| (i as f64 * ratio).fract() as f32).collect()
}

fn measure(
    (name, sizes, batch, [hidden, output]): (&str, &[usize], usize, [Activation; 2]),
    (ranks, shards): (&mut dyn Communicator, usize),
) -> Result<String, Error> {
    let mut builder = Network::<f32>::builder(sizes[0]);
    for (l, &units) in sizes[1..].iter().enumerate() {
        builder = builder.layer(units, if l + 2 == sizes.len() { output } else { hidden });
    }
    let mut net = builder.init(Init::Auto, 1).parallelism(Parallelism::Serial).build()?;
    let samples = batch * STEPS;
    let share = Shards::new(samples, shards)?.samples_of_rank(ranks.rank(), ranks.ranks()).len();
    let (n_x, n_y) = (sizes[0], sizes[sizes.len() - 1]);
    let x = numbers(share * n_x, 0.754_877_666_246_692_8);
    let mut y = numbers(share * n_y, 0.569_840_290_998_053_3);
    if output == Activation::Softmax {
        y.iter_mut().enumerate().for_each(|(at, y)| *y = f32::from(at % n_y == at / n_y % n_y));
    }
    let data = DataSet::new(Columns::new(&x, n_x)?, Columns::new(&y, n_y)?);
    let work = net.parameter_count() * samples;
    let epochs = (4_000_000_000 / work).clamp(8, 400);
    let training = Training::new(epochs, batch).shards(shards).learning_rate(1e-3);
    let mut trainer = Trainer::among(&net, training, data, ranks)?;
    let mut seconds = Vec::with_capacity(epochs);
    let mut start = Instant::now();
    trainer.run_among(&mut net, data, ranks, |_| {
        seconds.push(start.elapsed().as_secs_f64());
        start = Instant::now();
        ControlFlow::Continue(())
    })?;
    seconds.sort_by(f64::total_cmp);
    let step = seconds[seconds.len() / 2] / STEPS as f64;
    Ok(format!("{name} {:.2} {batch}", step * 1e6))
}

fn run(mode: &str, mpi: &mut Mpi) -> Result<(), Error> {
    let (rank, of) = (mpi.rank(), mpi.ranks());
    for (name, sizes, batch, activations) in SHAPES {
        let line = match mode {
            "alone" => measure((name, sizes, batch, activations), (&mut Alone, 1))?,
            "weak" => measure((name, sizes, batch * of, activations), (mpi, of))?,
            _ => measure((name, sizes, batch, activations), (mpi, of))?,
        };
        if rank == 0 {
            println!("{line}");
        }
    }
    Ok(())
}

fn main() -> ExitCode {
    let Some(mut mpi) = Mpi::new() else { return ExitCode::FAILURE };
    let mode = std::env::args().nth(1).unwrap_or_else(|| "strong".to_owned());
    match run(&mode, &mut mpi) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("rank {}: {error}", mpi.rank());
            mpi.abort(1)
        }
    }
}
