//! Copied into the tree of mutants: which of them runs is the environment's `MUTANT`.
#![allow(missing_docs, clippy::unwrap_used)]

use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};

const UNKNOWN: u32 = u32::MAX;
/// `MUTANT=record`: none runs; those that are reached are written to the file `MUTANT_RECORD`.
const RECORD: u32 = u32::MAX - 1;

static CURRENT: AtomicU32 = AtomicU32::new(UNKNOWN);
static REACHED: [AtomicBool; 4096] = [const { AtomicBool::new(false) }; 4096];

#[inline(always)]
pub fn on(id: u32) -> bool {
    let current = CURRENT.load(Relaxed);
    current == id || (current >= RECORD && begin(id))
}

#[cold]
#[inline(never)]
fn begin(id: u32) -> bool {
    if CURRENT.load(Relaxed) == UNKNOWN {
        let current = match std::env::var("MUTANT") {
            Err(_) => 0,
            Ok(text) if text == "record" => RECORD,
            Ok(text) => text.parse().unwrap(),
        };
        CURRENT.store(current, Relaxed);
    }
    let current = CURRENT.load(Relaxed);
    if current == RECORD && !REACHED[id as usize].swap(true, Relaxed) {
        let path = std::env::var("MUTANT_RECORD").unwrap();
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path).unwrap();
        file.write_all(format!("{id}\n").as_bytes()).unwrap();
    }
    current == id
}
