//! NumPy's archives of named arrays: what `np.savez` and `np.savez_compressed` write.
//!
//! ```
//! use shallownet::Columns;
//! use shallownet::io::npy::npz::{self, Array};
//!
//! # let folder = tempfile::tempdir()?;
//! let path = folder.path().join("train.npz");
//! let x = Columns::new(&[0.0_f32, 0.1, 1.0, 1.1], 2)?;
//! npz::save(&path, &[("x", Array::F32(x)), ("y", Array::Labels(&[1, 0]))])?;
//!
//! let mut archive = npz::Archive::open(&path)?;
//! assert_eq!(archive.names(), ["x", "y"]);
//! assert_eq!(archive.columns::<f32>("x")?.samples(), 2);
//! assert_eq!(archive.labels("y")?, [1, 0]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! **Sizes that lie.** Deflate makes at most 1032 bytes of one; an entry that says it unpacks to
//! more is refused. No memory is reserved by what it says: memory grows with the data that comes,
//! up to what the array's own header promises. Check sums are compared.
//!
//! **Sizes that are true.** 65 KB of zeros, deflated, are honest and take 67 MB of bytes, 1 GB as
//! f64 while they are turned from Fortran order: [`Archive::memory_limit`] is the most that an
//! array's values may take.

use std::collections::HashSet;
use std::fs::File;
use std::io::{Cursor, Read, Seek, SeekFrom, Write};
use std::path::Path;

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::{Classes, read};
use crate::data::owned::OwnedColumns;
use crate::io::bytes::{self, Bytes, Length};
use crate::io::display;
use crate::io::fault::{DataError, DataProblem};
use crate::{Columns, Scalar};

/// The archive's directory may have this many bytes: some 100,000 arrays.
const LONGEST_DIRECTORY: u64 = 1 << 23;

/// The fixed part of an entry of the directory.
const ENTRY: usize = 46;

/// An archive whose directory has been read.
pub struct Archive {
    file: String,
    names: Vec<String>,
    zip: ZipArchive<File>,
    memory_limit: u64,
}

impl core::fmt::Debug for Archive {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Archive({}: {})", self.file, self.names().join(", "))
    }
}

impl Archive {
    /// Reads an archive's directory.
    ///
    /// # Errors
    /// [`DataError`]: no archive, or one that names two arrays alike (`x` and `x.npy` are).
    pub fn open(path: &Path) -> Result<Self, DataError> {
        let file = display(path);
        match try_open(path) {
            Ok((zip, names, length)) => {
                Ok(Self { file, names, zip, memory_limit: bytes::memory_limit(length) })
            }
            Err(problem) => Err(DataError { file, problem }),
        }
    }

    /// The bytes of memory that the values of an array may take; larger arrays are refused.
    /// Default: 64 times the archive's length, or 256 MiB if that is more.
    pub fn memory_limit(mut self, bytes: u64) -> Self {
        self.memory_limit = bytes;
        self
    }

    /// Are the values of an array bytes (u8)? See [`holds_bytes`](super::holds_bytes).
    ///
    /// # Errors
    /// [`DataError`]: no such array; of its header.
    pub fn holds_bytes(&mut self, name: &str) -> Result<bool, DataError> {
        let file = self.entry_name(name);
        self.array(name).map(|array| array.holds_bytes()).map_err(|problem| problem.of(&file))
    }

    /// The names of the arrays, without `.npy`, in the archive's order.
    pub fn names(&self) -> Vec<&str> {
        self.names.iter().map(String::as_str).collect()
    }

    /// An array's shape, samples first: see [`shape`](super::shape).
    ///
    /// # Errors
    /// [`DataError`]: no such array; of its header.
    pub fn shape(&mut self, name: &str) -> Result<Vec<usize>, DataError> {
        let file = self.entry_name(name);
        self.array(name).map(read::Array::into_shape).map_err(|problem| problem.of(&file))
    }

    /// An array of shape (m, n), (m) or (m, h, w) and so on, as samples.
    ///
    /// # Errors
    /// [`DataError`]: no such array; as [`load`](super::load).
    pub fn columns<T: Scalar>(&mut self, name: &str) -> Result<OwnedColumns<T>, DataError> {
        let file = self.entry_name(name);
        match self.array(name) {
            Ok(array) => array.columns(file),
            Err(problem) => Err(DataError { file, problem }),
        }
    }

    /// An array of shape (m) as labels.
    ///
    /// # Errors
    /// [`DataError`]: no such array; as [`load_labels`](super::load_labels).
    pub fn labels(&mut self, name: &str) -> Result<Vec<i64>, DataError> {
        let file = self.entry_name(name);
        self.array(name).and_then(read::Array::labels).map_err(|problem| problem.of(&file))
    }

    /// An array of shape (m) of whole numbers or texts, as classes.
    ///
    /// # Errors
    /// [`DataError`]: no such array; as [`load_classes`](super::load_classes).
    pub fn classes(&mut self, name: &str) -> Result<Classes, DataError> {
        let file = self.entry_name(name);
        self.array(name).and_then(read::Array::classes).map_err(|problem| problem.of(&file))
    }

    fn entry_name(&self, name: &str) -> String {
        format!("{}: {}", self.file, name.escape_debug())
    }

    fn array(&mut self, name: &str) -> Result<read::Array<impl Read + '_>, DataProblem> {
        let Some(index) = self.names.iter().position(|there| there == name) else {
            let short = |name: &String| name.chars().take(80).collect::<String>();
            let there = self.names.iter().take(12).map(short);
            let there = there.map(|name| name.escape_debug().to_string());
            let there = there.collect::<Vec<_>>().join(", ");
            return Err(DataProblem::NoArray { name: name.to_owned(), there });
        };
        let entry = self.zip.by_index(index).map_err(refused)?;
        let (size, packed) = (entry.size(), entry.compressed_size());
        let most = Length::deflated(packed).bytes();
        if size > most {
            let given = format!("{packed} bytes that are said to unpack to {size}");
            let expected = "at most 1032 times as many, as deflate makes them";
            return Err(DataProblem::Format { at: 0, given, expected });
        }
        // One byte more than stated, so that an entry that goes on is noticed.
        let entry = entry.take(size.saturating_add(1));
        let mut bytes = Bytes::new(entry, Length::AtMost(size), packed);
        bytes.memory_limit = self.memory_limit;
        read::Array::open(bytes)
    }
}

type Opened = (ZipArchive<File>, Vec<String>, u64);

fn try_open(path: &Path) -> Result<Opened, DataProblem> {
    let (mut file, length) = bytes::open(path)?;
    let start = ZipArchive::new(&mut file).map_err(refused)?.central_directory_start();
    let entries = check_names(&mut file, start, length)?;
    let zip = ZipArchive::new(file).map_err(refused)?;
    if zip.len() != entries {
        // A name written in two ways would be two entries for some readers and one for others.
        let given = format!("a directory of {entries} entries, of {} names", zip.len());
        let expected = "as many names as entries";
        return Err(DataProblem::Format { at: start, given, expected });
    }
    let bare = |name: &str| name.strip_suffix(".npy").unwrap_or(name).to_owned();
    let names = zip.file_names().map(|name| Ok(bare(&name.map_err(refused)?)));
    let names: Vec<String> = names.collect::<Result<_, DataProblem>>()?;
    let mut known = HashSet::new();
    match names.iter().find(|name| !known.insert(name.as_str())) {
        Some(name) => Err(DataProblem::Ambiguous { name: name.clone() }),
        None => Ok((zip, names, length)),
    }
}

/// Refuses an archive whose directory has a name twice: a reader would take one of the two. The
/// number of its entries.
fn check_names(file: &mut File, start: u64, length: u64) -> Result<usize, DataProblem> {
    let size = length.saturating_sub(start);
    if size > LONGEST_DIRECTORY {
        let given = format!("a directory of {size} bytes");
        return Err(DataProblem::Format { at: start, given, expected: "at most 8 MiB" });
    }
    let mut directory = Vec::new();
    file.seek(SeekFrom::Start(start)).map_err(DataProblem::Read)?;
    file.take(size).read_to_end(&mut directory).map_err(DataProblem::Read)?;
    let (mut names, mut at) = (HashSet::new(), 0);
    while let Some(entry) = directory.get(at..).and_then(|rest| rest.first_chunk::<ENTRY>()) {
        if !entry.starts_with(b"PK\x01\x02") {
            break;
        }
        // The lengths of the name, of further fields and of a comment, which follow.
        let [name, extra, comment] =
            [28, 30, 32].map(|i| usize::from(u16::from_le_bytes([entry[i], entry[i + 1]])));
        let name_bytes = directory.get(at + ENTRY..at + ENTRY + name).unwrap_or_default();
        if !names.insert(name_bytes) {
            let name = name_bytes.escape_ascii().to_string();
            return Err(DataProblem::NameTaken { at: start + at as u64, name });
        }
        at += ENTRY + name + extra + comment;
    }
    Ok(names.len())
}

fn refused(error: zip::result::ZipError) -> DataProblem {
    DataProblem::Read(match error {
        zip::result::ZipError::Io(source) => source,
        other => std::io::Error::other(other.to_string()),
    })
}

/// What an archive is to hold.
#[derive(Debug, Clone, Copy)]
pub enum Array<'a> {
    /// Samples of f32: an array of shape (m, n).
    F32(Columns<'a, f32>),
    /// Samples of f64.
    F64(Columns<'a, f64>),
    /// Labels: an array of shape (m) of i8 (64 bits).
    Labels(&'a [i64]),
}

/// Saves arrays under their names, deflated, completely or not at all.
///
/// # Errors
/// [`DataError`]: a name that stands twice, a file that can't be written.
pub fn save(path: &Path, arrays: &[(&str, Array<'_>)]) -> Result<(), DataError> {
    let bytes = encode(arrays).map_err(|problem| DataError::new(path, problem))?;
    super::save_bytes(path, &bytes)
}

fn encode(arrays: &[(&str, Array<'_>)]) -> Result<Vec<u8>, DataProblem> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(zip::DateTime::default());
    let mut names = HashSet::new();
    for (name, array) in arrays {
        if !names.insert(name) {
            return Err(DataProblem::NameTaken { at: 0, name: (*name).to_owned() });
        }
        let bytes = match array {
            Array::F32(x) => super::columns_bytes(*x),
            Array::F64(x) => super::columns_bytes(*x),
            Array::Labels(labels) => super::labels_bytes(labels),
        };
        // The crate must be told beforehand of sizes that need the format's wider fields.
        let options = options.large_file(bytes.len() as u64 >= u64::from(u32::MAX));
        zip.start_file(format!("{name}.npy"), options).map_err(refused)?;
        zip.write_all(&bytes).map_err(DataProblem::Write)?;
    }
    Ok(zip.finish().map_err(refused)?.into_inner())
}
