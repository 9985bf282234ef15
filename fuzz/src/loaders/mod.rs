//! One target a file format: whatever a file holds, the answer is its contents or an error.
//!
//! The first byte of an input says how the rest becomes a file: as it is, or with the lengths,
//! compression and check sums that its format needs, so that changes get past those. Asserted of
//! every file, by [`load`]:
//!
//! * no panic;
//! * an error is one line that begins with the file's name;
//! * memory is bounded by what the file holds (unpacked): never more than [`BASE`] and the format's
//!   own multiple of its bytes at a time, whatever sizes it states.
//!
//! The modules say what is asserted of their contents besides.

pub mod checkpoint;
pub mod csv;
pub mod idx;
pub mod model;
pub mod npy;
pub mod npz;
pub mod pytorch;
mod safetensors;
mod samples;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use crate::memory;

/// What decompressors, buffers and the crates' tables take of any file.
const BASE: usize = 384 << 10;

/// This process's folder: where `TMPDIR` says, or in memory, if the system has a place there.
/// Nobody is there to remove it when libFuzzer ends the process; `run.sh` removes its `TMPDIR`.
static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let shared = Path::new("/dev/shm");
    let in_memory = std::env::var_os("TMPDIR").is_none() && shared.is_dir();
    let all = if in_memory { shared.to_owned() } else { std::env::temp_dir() };
    let folder = all.join(format!("shallownet-fuzz-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder for files");
    folder
});

/// Where this process has its file of that name.
pub(crate) fn path(name: &str) -> PathBuf {
    FOLDER.join(name)
}

/// Loads a file that holds these bytes; `most` is how much memory it may take.
fn load<R, E: Error>(
    bytes: &[u8],
    most: usize,
    loader: impl FnOnce(&Path) -> Result<R, E>,
) -> Option<R> {
    let path = path("file");
    std::fs::write(&path, bytes).expect("a file to load");
    let (answer, peak) = memory::peak(|| loader(&path));
    let given = bytes.len();
    assert!(peak <= most, "{peak} bytes at a time for a file of {given}: at most {most}");
    match answer {
        Ok(answer) => Some(answer),
        Err(error) => {
            let text = error.to_string();
            let is_named = text.starts_with(&path.display().to_string());
            assert!(is_named && !text.contains('\n'), "{text:?}");
            None
        }
    }
}

/// The first byte, and the rest.
fn choice(input: &[u8]) -> (u8, &[u8]) {
    input.split_first().map_or((0, input), |(first, rest)| (*first, rest))
}

/// Cut behind the first of these bytes, which is left out.
fn cut(input: &[u8], at: u8) -> (&[u8], &[u8]) {
    match input.iter().position(|&b| b == at) {
        Some(end) => (&input[..end], &input[end + 1..]),
        None => (input, &[]),
    }
}
