//! Trains on a file that is larger than the memory that the training may take: block by block, shuffled
//! within a window, the next window read while this one is trained on. Then the same from memory, to
//! see what reading costs.
//!
//! Run with `cargo run --release --features npy --example larger_than_memory [FILE_MB] [MEMORY_MB]
//! [FEATURES] [HIDDEN] [BATCH]`; without numbers it is 100 MB in 10 MB, of 50 features, 100 hidden units
//! and batches of 64.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::ops::{ControlFlow, Range};
use std::path::Path;
use std::time::Instant;

use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use shallownet::io::npy;
use shallownet::io::source::FileSource;
use shallownet::source::{SourceData, SourceMoments, SourceTrainer, Standardized};
use shallownet::{
    Activation, Columns, DataSet, Network, Optimizer, Standardization, Trainer, Training,
};

const EPOCHS: usize = 3;

/// Samples of numbers around 3, and of each a target: the product of two of them, and some others.
fn write(x: &Path, y: &Path, samples: usize, features: usize) -> std::io::Result<()> {
    let create = |path: &Path, features: usize| -> std::io::Result<BufWriter<File>> {
        let mut file = BufWriter::with_capacity(1 << 20, File::create(path)?);
        // NumPy's header of 128 bytes: the length of a text, and the text.
        let text = format!(
            "{{'descr': '<f4', 'fortran_order': False, 'shape': ({samples}, {features}), }}"
        );
        file.write_all(b"\x93NUMPY\x01\0\x76\0")?;
        writeln!(file, "{text:<117}")?;
        Ok(file)
    };
    let (mut x, mut y) = (create(x, features)?, create(y, 1)?);
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
    let mut row = vec![0.0_f32; features];
    for _ in 0..samples {
        for value in &mut row {
            *value = rng.random_range(2.0..4.0);
            x.write_all(&value.to_le_bytes())?;
        }
        let target = (row[0] - 3.0) * (row[1] - 3.0) + 0.1 * row[features - 1];
        y.write_all(&target.to_le_bytes())?;
    }
    x.flush()?;
    y.flush()
}

fn part(columns: Columns<'_, f32>, range: Range<usize>) -> Result<Columns<'_, f32>, &'static str> {
    columns.range(range).ok_or("no such samples")
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let given: Vec<usize> =
        std::env::args().skip(1).map(|n| n.parse()).collect::<Result<_, _>>()?;
    let number = |at: usize, usual: usize| given.get(at).copied().unwrap_or(usual);
    let (file_mb, memory_mb, features) = (number(0, 100), number(1, 10), number(2, 50).max(2));
    let (hidden, batch) = (number(3, 100), number(4, 64));
    let samples = file_mb * 1_000_000 / (4 * features);
    let folder = tempfile::tempdir()?;
    let (x, y) = (folder.path().join("x.npy"), folder.path().join("y.npy"));
    write(&x, &y, samples, features)?;

    // The last hundredth is held out; the others say how to standardize.
    let mut source = FileSource::<f32>::npy(&x, &y)?;
    let trained = samples - samples / 100;
    let start = Instant::now();
    let moments = SourceMoments::of(&mut source, 0..trained)?;
    let rate = trained as f64 / start.elapsed().as_secs_f64();
    println!("{samples} samples; means and deviations: {rate:.0} samples a second");
    let standardization = Standardization::of_moments(&moments.x)?;
    let mut source = Standardized::new(source, standardization.clone())?;
    let mut data = SourceData::new(&mut source).samples(0..trained).hold_out(trained..samples);

    let new = || {
        Network::<f32>::builder(features)
            .layer(hidden, Activation::Relu)
            .layer(1, Activation::Identity)
            .build()
    };
    let training = Training::new(EPOCHS, batch).optimizer(Optimizer::adam());
    let mut net = new()?;
    let mut trainer = SourceTrainer::within(&net, training, &data, memory_mb * 1_000_000)?;
    let chosen = trainer.state().training();
    let said = SourceTrainer::bytes_for(&net, chosen, &data)?;
    let (block, blocks) = chosen.get_window().ok_or("no window")?;
    println!("{said} bytes of memory: blocks of {block} samples, {blocks} a window");
    let start = Instant::now();
    let report = trainer.run(&mut net, &mut data, |epoch| {
        let cost = epoch.validation_cost.unwrap_or(f64::NAN);
        println!("epoch {}: validation cost {cost:.6}", epoch.epoch);
        ControlFlow::Continue(())
    })?;
    let from_file = (EPOCHS * trained) as f64 / start.elapsed().as_secs_f64();
    // Targets vary by 0.12 around their mean.
    let cost = report.validation_cost.ok_or("no validation")?;
    assert!(cost < 0.01, "{cost}");

    // All in memory.
    let (mut x, y) = (npy::load::<f32>(&x)?, npy::load::<f32>(&y)?);
    standardization.apply(x.values_mut());
    let (x, y) = (x.columns(), y.columns());
    let data = DataSet::new(part(x, 0..trained)?, part(y, 0..trained)?)
        .validation(part(x, trained..samples)?, part(y, trained..samples)?);
    let mut net = new()?;
    let mut trainer = Trainer::new(&net, training, data)?;
    let start = Instant::now();
    trainer.run(&mut net, data, |_| ControlFlow::Continue(()))?;
    let from_memory = (EPOCHS * trained) as f64 / start.elapsed().as_secs_f64();
    let share = from_file / from_memory;
    println!(
        "{from_file:.0} samples a second from the file, {from_memory:.0} from memory: {share:.2}"
    );
    Ok(())
}
