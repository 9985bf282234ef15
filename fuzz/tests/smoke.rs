//! The targets without libFuzzer: the corpus again, then simple changes of it.
//!
//!     cargo test --no-default-features --test smoke -- [SECONDS] [TARGET...]
//!
//! Takes neither a C++ compiler, nor nightly, nor AddressSanitizer; it is blind to coverage, too,
//! so it finds what is near the corpus, and `run.sh` what is not. SECONDS (0 if not given: the
//! corpus alone) are per target. Each target is a process of its own, one a core at a time. Changes
//! follow from a fixed seed, so that the same inputs come in the same order; the first that fails
//! is left in `target/found/TARGET/artifacts`, where `run.sh` leaves its own.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use arbitrary::{Arbitrary, Unstructured};
use shallownet_fuzz::{api, differential, loaders, population, round_trip};

/// A target, its longest input (as in `run.sh`), and what it does with one.
type Target = (&'static str, usize, fn(&[u8]));

const FILE: usize = 4096;
const DRAWN: usize = 2048;

const TARGETS: [Target; 12] = [
    ("differential", 256, |input| drawn(input, differential::run)),
    ("population", 256, |input| drawn(input, population::run)),
    ("api", DRAWN, |input| drawn(input, api::run)),
    ("optimizer_round_trip", DRAWN, |input| drawn(input, round_trip::optimizer::run)),
    ("model_round_trip", DRAWN, |input| drawn(input, round_trip::model::run)),
    ("csv", FILE, loaders::csv::run),
    ("idx", FILE, loaders::idx::run),
    ("npy", FILE, loaders::npy::run),
    ("npz", FILE, loaders::npz::run),
    ("model", FILE, loaders::model::run),
    ("pytorch", FILE, loaders::pytorch::run),
    ("checkpoint", FILE, loaders::checkpoint::run),
];

/// As libfuzzer-sys draws a case: bytes that make none are passed over.
fn drawn<'a, I: Arbitrary<'a>>(input: &'a [u8], run: fn(&I)) {
    if let Ok(case) = I::arbitrary_take_rest(Unstructured::new(input)) {
        run(&case);
    }
}

/// Set for a process that runs a target itself.
const OF_ONE: &str = "SHALLOWNET_SMOKE_TARGET";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    let (numbers, names): (Vec<_>, Vec<_>) =
        arguments.iter().partition(|argument| argument.parse::<u64>().is_ok());
    let seconds = numbers.first().map_or(0, |number| number.parse().expect("tried before"));
    if let Ok(name) = std::env::var(OF_ONE) {
        let target = TARGETS.iter().find(|target| target.0 == name).expect("a target");
        return one(target, Duration::from_secs(seconds));
    }
    if let Some(name) = names.iter().find(|name| !TARGETS.iter().any(|t| t.0 == **name)) {
        eprintln!("no target {name}");
        return ExitCode::from(2);
    }
    let chosen = TARGETS.iter().filter(|t| names.is_empty() || names.iter().any(|n| *n == t.0));
    if all(chosen, seconds) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Are these all well, a process each, one a core at a time?
fn all<'a>(targets: impl Iterator<Item = &'a Target> + Send, seconds: u64) -> bool {
    let (targets, failed) = (Mutex::new(targets), Mutex::new(Vec::new()));
    let this = std::env::current_exe().expect("this program");
    // The files that are loaded lie in memory, where there is such a place, and are removed.
    let shared = Path::new("/dev/shm");
    let place = if shared.is_dir() { shared.to_owned() } else { std::env::temp_dir() };
    let place = tempfile::tempdir_in(place).expect("a folder for files");
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let Some((name, ..)) = targets.lock().unwrap().next() else { return };
                    let mut command = Command::new(&this);
                    command.arg(seconds.to_string()).env(OF_ONE, name).env("TMPDIR", place.path());
                    let status = command.status().expect("a process");
                    if !status.success() {
                        // A process that a signal ended (too little memory, say) has printed
                        // nothing.
                        failed.lock().unwrap().push(format!("{name} ({status})"));
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    if !failed.is_empty() {
        println!("failed: {}", failed.join(", "));
    }
    failed.is_empty()
}

fn one(&(name, longest, run): &Target, time: Duration) -> ExitCode {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let corpus = corpus(&here.join("corpus").join(name));
    let begun = Instant::now();
    let try_one = |input: &[u8]| {
        let is_well = catch_unwind(AssertUnwindSafe(|| run(input))).is_ok();
        if !is_well {
            let folder = here.join("target/found").join(name).join("artifacts");
            std::fs::create_dir_all(&folder).expect("a folder for what is found");
            std::fs::write(folder.join("smoke"), input).expect("what was found");
            println!("{name}: again by run.sh's program, with {}", folder.join("smoke").display());
        }
        is_well
    };
    if !corpus.iter().all(|input| try_one(input)) {
        return ExitCode::FAILURE;
    }
    let (replayed, mut changed, mut rng) = (begun.elapsed(), 0, Numbers(1));
    while begun.elapsed() < replayed + time {
        if !try_one(&mutated(&corpus, longest, &mut rng)) {
            return ExitCode::FAILURE;
        }
        changed += 1;
    }
    let (count, replayed) = (corpus.len(), replayed.as_secs_f64());
    println!("{name}: {count} of the corpus in {replayed:.1} s, {changed} changed");
    ExitCode::SUCCESS
}

/// All files of the folder in the order of their names, or an empty input where there are none.
fn corpus(folder: &Path) -> Vec<Vec<u8>> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    let files = paths.iter().map(|path| std::fs::read(path).expect("an input"));
    if paths.is_empty() { vec![Vec::new()] } else { files.collect() }
}

/// An input of the corpus after one to four changes.
fn mutated(corpus: &[Vec<u8>], longest: usize, rng: &mut Numbers) -> Vec<u8> {
    let mut input = corpus[rng.below(corpus.len())].clone();
    for _ in 0..=rng.below(4) {
        let at = rng.below(input.len() + 1);
        let end = at + rng.below((input.len() - at).min(32) + 1);
        match rng.below(8) {
            0 => input.insert(at, rng.byte()),
            1 => drop(input.drain(at..end)),
            2 => input.extend_from_within(at..end),
            3 => {
                // A piece of another.
                let other = &corpus[rng.below(corpus.len())];
                let from = rng.below(other.len() + 1);
                let to = from + rng.below((other.len() - from).min(64) + 1);
                input.splice(at..end, other[from..to].iter().copied());
            }
            4 => input[at..end].reverse(),
            change => {
                let byte = rng.byte();
                if let Some(there) = input.get_mut(at) {
                    *there = match change {
                        5 => *there ^ (1 << (byte % 8)),
                        6 => there.wrapping_add(byte % 8).wrapping_sub(4),
                        _ => byte,
                    };
                }
            }
        }
    }
    input.truncate(longest);
    input
}

/// SplitMix64 (Steele, Lea and Flood 2014).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// One of those that formats turn on, or any.
    fn byte(&mut self) -> u8 {
        const SPECIAL: &[u8] = b"\x00\x01\x7f\x80\xff\n\r\",:{}[]()0129-.e";
        let any = self.next();
        if any & 1 == 0 { SPECIAL[self.below(SPECIAL.len())] } else { (any >> 8) as u8 }
    }
}
