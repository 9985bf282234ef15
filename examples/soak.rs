//! Trains small networks of all kinds, on all cores, round after round, for as long as it is told:
//! every round must give the bits of the first, and memory must not grow.
//!
//! Run with `cargo run --release --example soak -- 3600` (seconds). The exit code is 1 as soon as a
//! bit differs or memory has grown.

use std::ops::ControlFlow;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::ThreadPoolBuilder;
use rayon::prelude::*;
use shallownet::{
    Activation, Backend, Columns, DataSet, Error, Init, Level, Loss, Network, Optimizer,
    Parallelism, PredictionWorkspace, Result, Scalar, Schedule, Training,
};

/// Networks a round.
const NETWORKS: u64 = 64;
/// The warm-up: this part of the time, and this many rounds.
const WARM_UP: (f64, usize) = (0.1, 20);
/// How far resident memory may rise above the most seen in the warm-up. Allocators keep what they
/// had, in as many arenas as there are threads; a leak of 1 KB a network would pass this bound
/// within 130 rounds.
const MAY_GROW_KIB: u64 = 8 * 1024;
/// Seconds between two lines.
const LINE_EVERY: u64 = 60;

fn main() -> ExitCode {
    let seconds = std::env::args().nth(1).map_or(Ok(60), |text| text.parse());
    let Ok(seconds) = seconds else {
        eprintln!("usage: soak [SECONDS]");
        return ExitCode::from(2);
    };
    match soak(Duration::from_secs(seconds)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            println!("FAILED: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn soak(time: Duration) -> std::result::Result<(), String> {
    let (start, mut said) = (Instant::now(), 0);
    let (mut rounds, mut base) = (0, 0);
    let expected = round().map_err(|error| error.to_string())?;
    println!("{NETWORKS} networks a round, {} threads", rayon::current_num_threads());
    while start.elapsed() < time || rounds < 2 * WARM_UP.1 {
        // Every eighth round runs in a pool of its own, which is then dropped.
        let given = if rounds % 8 == 7 {
            let pool = ThreadPoolBuilder::new().num_threads(3).build();
            pool.map_err(|error| error.to_string())?.install(round)
        } else {
            round()
        };
        rounds += 1;
        let given = given.map_err(|error| error.to_string())?;
        if let Some(seed) = (0..expected.len()).find(|&i| given[i] != expected[i]) {
            return Err(format!("round {rounds}: network {seed} has other bits than at first"));
        }
        let resident = resident_kib();
        let is_warm = start.elapsed() >= time.mul_f64(WARM_UP.0) && rounds >= WARM_UP.1;
        if !is_warm {
            base = base.max(resident);
        } else if resident > base + MAY_GROW_KIB {
            return Err(format!("round {rounds}: {resident} KiB resident, {base} in the warm-up"));
        }
        let minutes = start.elapsed().as_secs() / LINE_EVERY;
        if minutes > said {
            said = minutes;
            println!("{:>5} s: {rounds} rounds, {resident} KiB resident", minutes * LINE_EVERY);
        }
    }
    println!(
        "{rounds} rounds in {} s, all with the same bits; {} KiB resident at the end, at most {base} in the warm-up",
        start.elapsed().as_secs(),
        resident_kib()
    );
    Ok(())
}

/// One hash a network.
fn round() -> Result<Vec<u64>> {
    let one =
        |seed: u64| if seed.is_multiple_of(2) { work::<f32>(seed) } else { work::<f64>(seed) };
    (0..NETWORKS).into_par_iter().map(one).collect()
}

/// Draws a network and its samples, trains it, and hashes all results.
fn work<T: Scalar>(seed: u64) -> Result<u64> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let hidden = [
        Activation::Identity,
        Activation::Sigmoid,
        Activation::Tanh,
        Activation::Relu,
        Activation::LEAKY_RELU,
    ];
    let (output, loss) = [
        (Activation::Sigmoid, Loss::BinaryCrossEntropy),
        (Activation::Softmax, Loss::CategoricalCrossEntropy),
        (Activation::Identity, Loss::SquaredError),
        (Activation::Tanh, Loss::SquaredError),
    ][rng.random_range(0..4)];
    let n_x = rng.random_range(1..=60);
    let n_y = rng.random_range(2..=6);
    let mut builder = Network::<T>::builder(n_x).loss(loss).init(Init::XavierNormal, seed);
    for _ in 0..rng.random_range(0..=3) {
        builder = builder.layer(rng.random_range(1..=90), hidden[rng.random_range(0..5)]);
    }
    builder = builder.layer(n_y, output);
    builder = match seed as usize % (Level::available().len() + 1) {
        0 => builder.backend(Backend::Portable),
        l => builder.backend(Backend::Fused).level(Level::available()[l - 1]),
    };
    if rng.random_bool(0.5) {
        builder = builder.parallelism(Parallelism::Serial);
    }
    let mut net = builder.build()?;

    let m = rng.random_range(20..=700);
    let x: Vec<T> = (0..m * n_x).map(|_| T::from_f64(rng.random_range(-2.0..2.0))).collect();
    // One of n_y classes, which depends on x: a target that every loss takes.
    let class = |column: &[T]| (column[0].to_f64().abs() * 3.0) as usize % n_y;
    let y: Vec<T> = x
        .chunks(n_x)
        .flat_map(|column| (0..n_y).map(move |k| (k, class(column))))
        .map(|(k, class)| T::from_f64(if k == class { 1.0 } else { 0.0 }))
        .collect();
    let (x, y) = (Columns::new(&x, n_x)?, Columns::new(&y, n_y)?);
    let optimizer = Optimizer::all()[rng.random_range(0..6)];
    let training = Training::new(3, rng.random_range(1..=m))
        .optimizer(optimizer)
        .learning_rate(0.01)
        .schedule(Schedule::cosine(3, 0.1))
        .l2(1e-4)
        .clip_norm(5.0)
        .seed(seed);

    let mut hash = Hash::default();
    let trained = training.run(&mut net, DataSet::new(x, y), |epoch| {
        hash.add(epoch.training_cost);
        ControlFlow::Continue(())
    });
    match trained {
        Ok(_) => {}
        Err(Error::Diverged { step, .. }) => hash.add(step as f64),
        Err(other) => return Err(other),
    }
    let mut out = vec![T::ZERO; m * n_y];
    net.predict(x, &mut out, &mut PredictionWorkspace::new(&net, m)?)?;
    out.iter().for_each(|value| hash.add(value.to_f64()));
    for l in 0..net.layers().len() {
        net.weights(l)?.iter().chain(net.bias(l)?).for_each(|value| hash.add(value.to_f64()));
    }
    Ok(hash.0)
}

/// FNV-1a over words.
struct Hash(u64);

impl Default for Hash {
    fn default() -> Self {
        Self(0xCBF2_9CE4_8422_2325)
    }
}

impl Hash {
    fn add(&mut self, value: f64) {
        self.0 = (self.0 ^ value.to_bits()).wrapping_mul(0x0000_0100_0000_01B3).rotate_left(23);
    }
}

/// This process's resident memory; 0, and so never too much, where there is no /proc.
fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
