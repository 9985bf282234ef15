//! `kill -9` while `train` trains and saves a checkpoint after every epoch.
//!
//! The moments are drawn: after a certain epoch's line and a few milliseconds more, so that they
//! fall into steps, into the writing of checkpoints, and (after the last epoch) into the writing of
//! model and pictures. `SHALLOWNET_KILLS` says how many; a few without it.

use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::process::Child;
use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use shallownet::io::checkpoint;

use crate::place::{Place, error};

const EPOCHS: usize = 40;
const TRAIN: &str = "train --epochs 40 --batch 32 --seed 3 --hidden 8 --learning-rate 0.02 \
                     --validation 0.2 --schedule cosine:0.1 --l2 1e-4 --clip-norm 5 \
                     --early-stopping 39 --checkpoint c.st --out out";
const RESUME: &str = "train --resume c.st --validation 0.2 --checkpoint c.st --out out";
const MODEL: &str = "out/model.safetensors";

fn kills_wanted() -> usize {
    match std::env::var("SHALLOWNET_KILLS") {
        Ok(count) => count.parse().expect("SHALLOWNET_KILLS is a number"),
        Err(_) => 8,
    }
}

/// Starts the program and kills it at a drawn moment; false if it had ended before.
fn kill_within(place: &Place, arguments: &str, done: usize, rng: &mut ChaCha8Rng) -> bool {
    let mut child = place.command(arguments).spawn().unwrap();
    let after = rng.random_range(done..=EPOCHS);
    // A start takes a few milliseconds, an epoch and its checkpoint about one, drawing a hundred.
    let more = if after == EPOCHS { 150_000 } else { 4_000 };
    if after > done {
        read_until(&mut child, &format!("epoch {after:>4} "));
    }
    std::thread::sleep(Duration::from_micros(rng.random_range(0..more)));
    child.kill().unwrap();
    let output = child.wait_with_output().unwrap();
    let is_killed = output.status.signal() == Some(9);
    assert!(is_killed || output.status.success(), "{arguments}: {}", error(&output));
    is_killed
}

/// Reads the child's lines up to this one.
fn read_until(child: &mut Child, start: &str) {
    // The pipe stays open, so that the child can write on; it has room for all lines.
    let out = child.stdout.as_mut().unwrap();
    let found = BufReader::new(out).lines().any(|line| line.unwrap().starts_with(start));
    assert!(found, "no line `{start}`");
}

/// What must be true after every kill. Returns the epochs that the checkpoint has, if there is one.
fn whole(place: &Place, expected: &[u8]) -> Option<usize> {
    if place.path(MODEL).exists() {
        assert_eq!(place.read(MODEL), expected, "a model that is not whole");
    }
    let path = place.path("c.st");
    // The newest one loads, always: there is no need for the one before it.
    path.exists().then(|| checkpoint::load::<f64>(&path).unwrap().state.epochs())
}

#[test]
fn a_killed_training_goes_on_with_the_same_bits() {
    let whole_run = Place::new();
    whole_run.stdout(TRAIN);
    let expected = whole_run.read(MODEL);
    assert!(whole_run.temporaries().is_empty());

    let mut rng = ChaCha8Rng::seed_from_u64(9);
    let wanted = kills_wanted();
    let (mut kills, mut within, mut tries) = (0, 0, 0);
    while kills < wanted {
        tries += 1;
        assert!(tries < 4 * wanted + 20, "{kills} kills in {tries} tries: it ends too soon");
        let place = Place::new();
        let (mut arguments, mut done, mut here) = (TRAIN, None, 0);
        // Each training is killed up to three times.
        for _ in 0..rng.random_range(1..=3) {
            here += usize::from(kill_within(&place, arguments, done.unwrap_or(0), &mut rng));
            let now = whole(&place, &expected);
            assert!(now >= done, "{now:?} epochs after {done:?}");
            within += usize::from(now.is_some_and(|now| now < EPOCHS));
            done = now;
            arguments = if done.is_some() { RESUME } else { TRAIN };
        }
        // A kill may leave the file that was being written, never more.
        assert!(place.temporaries().len() <= here, "{:?}", place.temporaries());
        kills += here;
        place.stdout(arguments);
        assert_eq!(place.read(MODEL), expected, "resumed after {done:?} epochs");
    }
    println!("{kills} kills of {tries} trainings, {within} between two checkpoints");
    assert!(3 * within > kills, "{within} of {kills} kills struck within training");
}
