//! One network trained by the processes of an MPI job, each with its own share of the samples.
//!
//! ```text
//! cargo build --release --features mpi --example mpi
//! mpirun -n 4 target/release/examples/mpi
//! ```
//!
//! Whatever the number of processes (up to the 8 shards), the parameters have the same bits: the last
//! line is the same. An argument is the rank that ends in the middle, to see what becomes of the others.

use std::ops::ControlFlow;
use std::process::ExitCode;

use shallownet::ranks::{Communicator, Mpi, Shards};
use shallownet::{
    Activation, Columns, DataSet, Error, Fingerprint, Init, Network, Optimizer, Schedule, Trainer,
    Training,
};

const SAMPLES: usize = 20_000;
const SHARDS: usize = 8;

/// The `i`th point of the unit square, and whether it lies in one of two rings.
fn sample(i: usize) -> ([f32; 2], f32) {
    // Kronecker's sequence: evenly spread, from any i on.
    let spread = |ratio: f64| (i as f64 * ratio).fract() as f32;
    let point = [spread(0.754_877_666_246_692_8), spread(0.569_840_290_998_053_3)];
    let radius = |x: f32, y: f32| (point[0] - x).hypot(point[1] - y);
    let is_in = |radius: f32| (0.1..0.25).contains(&radius);
    (point, f32::from(is_in(radius(0.3, 0.4)) || is_in(radius(0.7, 0.6))))
}

fn train(ranks: &mut Mpi, dies: Option<usize>) -> Result<(), Error> {
    let (rank, of) = (ranks.rank(), ranks.ranks());
    // A rank reads what it trains on, and nothing else.
    let share = Shards::new(SAMPLES, SHARDS)?.samples_of_rank(rank, of);
    let (x, y): (Vec<[f32; 2]>, Vec<f32>) = share.map(sample).unzip();
    let data = DataSet::new(Columns::new(x.as_flattened(), 2)?, Columns::new(&y, 1)?);

    // The same on every rank.
    let mut net = Network::builder(2)
        .layer(32, Activation::Tanh)
        .layer(32, Activation::Tanh)
        .layer(1, Activation::Sigmoid)
        .init(Init::XavierNormal, 1)
        .build()?;
    let training = Training::new(60, 250)
        .shards(SHARDS)
        .optimizer(Optimizer::adam())
        .learning_rate(0.02)
        .schedule(Schedule::cosine(60, 0.01));
    let mut trainer = Trainer::among(&net, training, data, ranks)?;
    let report = trainer.run_among(&mut net, data, ranks, |epoch| {
        if rank == 0 {
            println!("epoch {:>2}: cost {:.4}", epoch.epoch + 1, epoch.training_cost);
        }
        if dies == Some(rank) && epoch.epoch == 2 {
            eprintln!("rank {rank} ends in epoch 3");
            std::process::abort();
        }
        ControlFlow::Continue(())
    })?;

    let mut parameters = vec![0.0; net.parameter_count()];
    net.parameters_into(&mut parameters)?;
    let parameters = Columns::new(&parameters, 1)?;
    let same: Fingerprint = DataSet::new(parameters, parameters).fingerprint();
    let told = same.to_string();
    let mut all = vec![0; 16 * of];
    ranks.gather(told.as_bytes(), &mut all, &vec![16; of]);
    assert!(all.chunks(16).all(|other| other == told.as_bytes()), "ranks have parted");
    if rank == 0 {
        let cost = report.training_cost.unwrap_or(f64::NAN);
        assert!(cost < 0.15, "cost {cost}");
        println!("{} steps, cost {cost:.6}, parameters {told}", report.steps);
    }
    Ok(())
}

fn main() -> ExitCode {
    let Some(mut ranks) = Mpi::new() else { return ExitCode::FAILURE };
    let dies = std::env::args().nth(1).and_then(|rank| rank.parse().ok());
    match train(&mut ranks, dies) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("rank {}: {error}", ranks.rank());
            ranks.abort(1)
        }
    }
}
