//! Promise: whatever a file holds, the answer is what it should hold or an error of one line that
//! names the file; and no more memory is taken than the file's length allows.
//!
//! For each format a good small file is cut at every byte, each of its bytes is changed in turn,
//! and bytes are changed, removed and inserted at random. The allocator counts.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::path::Path;
use std::sync::LazyLock;

use proptest::prelude::*;
use shallownet::io::model::{self, Model};
use shallownet::io::npy::npz;
use shallownet::io::table::{Header, Table};
use shallownet::io::{idx, npy, pytorch};
use shallownet::{Activation, Columns, Network};

thread_local! {
    /// The largest single allocation of this thread since it was last set to 0.
    static LARGEST: Cell<usize> = const { Cell::new(0) };
}

struct Watching;

/// Forwards to the system's allocator, and remembers the largest request of each thread.
#[allow(unsafe_code, reason = "an allocator can't be written without")]
unsafe impl GlobalAlloc for Watching {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // At a thread's end its variable may be gone.
        let _ = LARGEST.try_with(|largest| largest.set(largest.get().max(layout.size())));
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above; the pointer is the system's.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let _ = LARGEST.try_with(|largest| largest.set(largest.get().max(size)));
        // SAFETY: as above.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Watching = Watching;

/// The most that a loader may take at once for a file of at most a few KiB: what it unpacks to
/// (1032 times as much, as f64 8 times that) is never reached by these; decompressors, buffers and
/// the crates' tables are.
const MOST: usize = 1 << 20;

/// A format: a good file, whether a cut may go unnoticed, and its loader.
struct Format {
    name: &'static str,
    good: Vec<u8>,
    /// Every proper part of it must be refused (a CSV file may end after any row).
    parts_are_refused: bool,
    load: fn(&Path) -> Result<(), String>,
}

fn text<E: std::error::Error>(error: E) -> String {
    error.to_string()
}

/// The bytes that `write` leaves at the path given to it.
fn written(write: impl Fn(&Path)) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    write(&path);
    std::fs::read(path).unwrap()
}

/// Made once: saving a file waits for the disk.
static FORMATS: LazyLock<Vec<Format>> = LazyLock::new(formats);

fn formats() -> Vec<Format> {
    let values = [0.5_f32, -1.0, 2.0, 3.5, 1e-3, 0.0];
    let x = Columns::new(&values, 2).unwrap();
    let net =
        || Network::<f32>::builder(2).layer(3, Activation::Tanh).layer(1, Activation::Sigmoid);
    let idx_images = [&[0, 0, 8, 2, 0, 0, 0, 3, 0, 0, 0, 2][..], &[0, 255, 51, 7, 9, 1]].concat();
    let idx_labels = [&[0, 0, 8, 1, 0, 0, 0, 3][..], &[7, 0, 9]].concat();
    let gzipped = {
        use std::io::Write;
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        packed.write_all(&idx_images).unwrap();
        packed.finish().unwrap()
    };
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    vec![
        Format {
            name: "npy",
            good: written(|path| npy::save(path, x).unwrap()),
            parts_are_refused: true,
            load: |path| npy::load::<f64>(path).map(drop).map_err(text),
        },
        Format {
            name: "npy labels",
            good: written(|path| npy::save_labels(path, &[7, 0, 9]).unwrap()),
            parts_are_refused: true,
            load: |path| npy::load_labels(path).map(drop).map_err(text),
        },
        Format {
            name: "npy texts",
            good: [
                &b"\x93NUMPY\x01\x00\x3a\x00{'descr': '<U2', 'fortran_order': False, 'shape': (3,), }\n"[..],
                b"a\0\0\0b\0\0\0\x0b\x26\0\0\0\0\0\0a\0\0\0b\0\0\0",
            ]
            .concat(),
            parts_are_refused: true,
            load: |path| npy::load_classes(path).map(drop).map_err(text),
        },
        Format {
            name: "npz",
            good: written(|path| {
                npz::save(path, &[("x", npz::Array::F32(x)), ("y", npz::Array::Labels(&[1, 0]))])
                    .unwrap();
            }),
            parts_are_refused: true,
            load: |path| {
                let mut archive = npz::Archive::open(path).map_err(text)?;
                archive.columns::<f64>("x").map_err(text)?;
                archive.labels("y").map(drop).map_err(text)
            },
        },
        Format {
            name: "idx",
            good: idx_images,
            parts_are_refused: true,
            load: |path| idx::load::<f64>(path).map(drop).map_err(text),
        },
        Format {
            name: "idx labels",
            good: idx_labels,
            parts_are_refused: true,
            load: |path| idx::load_labels(path).map(drop).map_err(text),
        },
        Format {
            name: "idx, gzipped",
            good: gzipped,
            parts_are_refused: true,
            load: |path| idx::load::<f64>(path).map(drop).map_err(text),
        },
        Format {
            name: "csv",
            good: b"a,b,\"the, label\"\n1,2.5,x\n-3e2,4,\"y\"\n".to_vec(),
            parts_are_refused: false,
            load: |path| {
                let table = Table::open(path, Header::Present).map_err(text)?;
                table.samples(&[0, 1], Some(2)).map(drop).map_err(text)
            },
        },
        Format {
            name: "model",
            good: model::encode(&Model::new(net().build().unwrap())).unwrap(),
            parts_are_refused: true,
            load: |path| model::load_any(path).map(drop).map_err(text),
        },
        Format {
            name: "pytorch",
            good: std::fs::read(fixtures.join("pytorch_f32.safetensors")).unwrap(),
            parts_are_refused: true,
            load: |path| {
                let activations = [Activation::Tanh, Activation::Softmax];
                pytorch::load::<f64>(path, &activations).map(drop).map_err(text)
            },
        },
    ]
}

/// Loads the bytes as a file: no panic, little memory, and any error is one line with the name.
fn load(format: &Format, bytes: &[u8], path: &Path) -> Result<(), String> {
    std::fs::write(path, bytes).unwrap();
    LARGEST.set(0);
    let answer = (format.load)(path);
    let (largest, name) = (LARGEST.get(), format.name);
    assert!(largest <= MOST, "{name}: {largest} bytes at once for a file of {}", bytes.len());
    if let Err(message) = &answer {
        let starts = message.starts_with(&path.display().to_string());
        assert!(starts && !message.contains('\n'), "{name}: {message:?}");
    }
    answer
}

fn with_each(test: impl Fn(&Format, &Path)) {
    let folder = tempfile::tempdir().unwrap();
    for format in FORMATS.iter() {
        let path = folder.path().join("file");
        assert_eq!(load(format, &format.good, &path), Ok(()), "{}", format.name);
        test(format, &path);
    }
}

#[test]
fn cut_anywhere_a_file_is_refused() {
    with_each(|format, path| {
        for length in 0..format.good.len() {
            let answer = load(format, &format.good[..length], path);
            if format.parts_are_refused {
                assert!(answer.is_err(), "{} of {length} bytes", format.name);
            }
        }
    });
}

#[test]
fn longer_files_are_refused() {
    with_each(|format, path| {
        // Behind an archive's end there may be a comment; behind gzip zeros, which tools for tapes
        // leave.
        if format.parts_are_refused && format.name != "npz" {
            for more in [0, 1] {
                let longer = [&format.good[..], &[more]].concat();
                let answer = load(format, &longer, path);
                let is_padding = format.name == "idx, gzipped" && more == 0;
                assert_eq!(answer.is_ok(), is_padding, "{}, {more}", format.name);
            }
        }
    });
}

#[test]
fn no_changed_byte_makes_a_loader_panic_or_take_much_memory() {
    with_each(|format, path| {
        for at in 0..format.good.len() {
            for change in [1, 0x80, 0xff] {
                let mut bytes = format.good.clone();
                bytes[at] ^= change;
                let _ = load(format, &bytes, path);
            }
            let mut bytes = format.good.clone();
            let end = bytes.len().min(at + 8);
            bytes[at..end].fill(0xff);
            let _ = load(format, &bytes, path);
        }
    });
}

#[test]
fn folders_and_missing_files_are_named() {
    let folder = tempfile::tempdir().unwrap();
    for format in FORMATS.iter() {
        for path in [folder.path().to_owned(), folder.path().join("nothing")] {
            let message = (format.load)(&path).unwrap_err();
            assert!(message.starts_with(&path.display().to_string()), "{message}");
        }
    }
}

/// A change of a file: where (as a share of its length), and what.
#[derive(Debug, Clone)]
enum Change {
    Put(u8),
    Remove(usize),
    Insert(Vec<u8>),
}

fn change() -> impl Strategy<Value = (prop::sample::Index, Change)> {
    let what = prop_oneof![
        any::<u8>().prop_map(Change::Put),
        (1_usize..20).prop_map(Change::Remove),
        prop::collection::vec(any::<u8>(), 1..20).prop_map(Change::Insert),
        prop_oneof!["9{1,20}", "-1", "NaN", "inf", "\"", "\\{", "\\[{1,20}"]
            .prop_map(|text| Change::Insert(text.into_bytes())),
    ];
    (any::<prop::sample::Index>(), what)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_changes_are_survived(changes in prop::collection::vec(change(), 1..6)) {
        with_each(|format, path| {
            let mut bytes = format.good.clone();
            for (at, change) in &changes {
                let at = at.index(bytes.len() + 1);
                match change {
                    Change::Put(byte) => bytes.iter_mut().skip(at).take(1).for_each(|b| *b = *byte),
                    Change::Remove(n) => drop(bytes.drain(at..bytes.len().min(at + n))),
                    Change::Insert(more) => drop(bytes.splice(at..at, more.iter().copied())),
                }
            }
            let _ = load(format, &bytes, path);
        });
    }
}
