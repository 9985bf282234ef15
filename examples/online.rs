//! Online learning beside serving: one network learns from a stream that drifts, another one
//! answers on other threads; from time to time the one takes over the other's parameters.
//!
//! Run with `cargo run --release --example online`.

use std::sync::RwLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use shallownet::{
    Activation, Columns, Init, Network, Parallelism, PredictionWorkspace, Result, TrainingWorkspace,
};

const SAMPLES: u32 = 100_000;
const SWAP_EVERY: u32 = 500;

/// The function to learn turns slowly.
fn truth(x: &[f32; 2], turned: f32) -> f32 {
    (2.0 * (turned.cos() * x[0] + turned.sin() * x[1])).sin()
}

fn turned(sample: u32) -> f32 {
    3.0 * sample as f32 / SAMPLES as f32
}

fn main() -> Result<()> {
    let mut learning = Network::<f32>::builder(2)
        .layer(16, Activation::Tanh)
        .layer(1, Activation::Identity)
        .init(Init::XavierNormal, 1)
        .parallelism(Parallelism::Serial)
        .build()?;
    let first = learning.try_clone()?;
    let serving = RwLock::new(learning.try_clone()?);
    let (is_over, answers) = (AtomicBool::new(false), AtomicU64::new(0));
    let mut swaps = Vec::new();

    thread::scope(|scope| {
        let serve = || -> Result<()> {
            let mut workspace = PredictionWorkspace::new(&first, 1)?;
            let (mut a, x) = ([0.0], [0.3, -0.4]);
            loop {
                // A reader waits only while the parameters are taken over, which is one copy of
                // memory.
                let net = serving.read().unwrap_or_else(|e| e.into_inner());
                net.predict(Columns::one(&x), &mut a, &mut workspace)?;
                drop(net);
                answers.fetch_add(1, Relaxed);
                if is_over.load(Relaxed) {
                    return Ok(());
                }
            }
        };
        let server = scope.spawn(serve);

        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut workspace = TrainingWorkspace::new(&learning, 1)?;
        for sample in 1..=SAMPLES {
            let x: [f32; 2] = core::array::from_fn(|_| 2.0 * rng.random::<f32>() - 1.0);
            let y = [truth(&x, turned(sample))];
            learning.step(Columns::one(&x), Columns::one(&y), 0.05, &mut workspace)?;
            if sample % SWAP_EVERY == 0 {
                let mut net = serving.write().unwrap_or_else(|e| e.into_inner());
                let begin = Instant::now();
                net.copy_from(&learning)?;
                swaps.push(begin.elapsed());
            }
        }
        is_over.store(true, Relaxed);
        server.join().expect("the server does not panic")
    })?;

    // How far the answers are from the present truth.
    let mut workspace = PredictionWorkspace::new(&first, 1)?;
    let serving = serving.into_inner().unwrap_or_else(|e| e.into_inner());
    let mut error_of = |net: &Network<f32>| -> Result<f32> {
        let (mut sum, mut a) = (0.0, [0.0]);
        for i in 0..100 {
            let x = [(i % 10) as f32 / 4.5 - 1.0, (i / 10) as f32 / 4.5 - 1.0];
            net.predict(Columns::one(&x), &mut a, &mut workspace)?;
            sum += (a[0] - truth(&x, turned(SAMPLES))).powi(2);
        }
        Ok((sum / 100.0).sqrt())
    };
    let (before, after) = (error_of(&first)?, error_of(&serving)?);
    swaps.sort();
    let median: Duration = swaps[swaps.len() / 2];
    let answers = answers.into_inner();
    println!("{SAMPLES} samples learned, {answers} questions answered meanwhile");
    println!("{} swaps, the median of one {median:?}, without an allocation", swaps.len());
    println!("error of the first network {before:.3}, of the one that serves now {after:.3}");
    assert!(answers > 0 && after < 0.1 && before > 3.0 * after);
    Ok(())
}
