//! Every way a binary data file (`.npy`, `.npz`, IDX) can be wrong, by file and offset.

use crate::io::{FileError, Quoted, reason};

/// What is wrong with a data file, and where: one line that begins with the file.
///
/// ```
/// # #[cfg(feature = "idx")] {
/// let error = shallownet::io::idx::load::<f32>("no/such/file".as_ref()).unwrap_err();
/// assert_eq!(error.to_string(), "no/such/file: No such file or directory");
/// # }
/// ```
pub type DataError = FileError<DataProblem>;

/// What is wrong with a data file. Offsets count bytes from 0, from the start of the file (of the
/// unpacked contents, where it is compressed).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataProblem {
    /// The operating system, or the decompressor, fails to read.
    #[error("{}", reason(.0))]
    Read(#[source] std::io::Error),
    /// Reading failed on the way.
    #[error("byte {at}: {}", reason(source))]
    ReadAt {
        /// How far it was read.
        at: u64,
        /// The error that it reported.
        #[source]
        source: std::io::Error,
    },
    /// The file can't be written.
    #[error("could not be written: {}", reason(.0))]
    Write(#[source] std::io::Error),
    /// A folder, a pipe, a device: which of them. It was not waited for.
    #[error("it is {0}: expected a regular file")]
    NotAFile(&'static str),
    /// Bytes that the format does not allow there.
    #[error("byte {at}: {given}: expected {expected}")]
    Format {
        /// Where.
        at: u64,
        /// What is there.
        given: String,
        /// What should be.
        expected: &'static str,
    },
    /// The file ends within something.
    #[error("byte {at}: the file ends here: {missing} bytes are missing of {what}")]
    Truncated {
        /// The file's length.
        at: u64,
        /// What it ends in.
        what: &'static str,
        /// How many more there should be.
        missing: u64,
    },
    /// More bytes than the header accounts for.
    #[error("byte {at}: the data its header promises ends here, and the file goes on")]
    Oversized {
        /// Where the data ends.
        at: u64,
    },
    /// A shape whose size is beyond the file, or beyond counting.
    #[error(
        "byte {at}: the header promises {shape} values of {element}: there is no room for them in a file of {length} bytes"
    )]
    TooLarge {
        /// Where the data begins.
        at: u64,
        /// The shape, as `60000 x 784`.
        shape: String,
        /// The element type.
        element: &'static str,
        /// The file's length, or the most that its compressed bytes can unpack to.
        length: u64,
    },
    /// Values that would take more memory than the limit: see
    /// [`idx::Reader::memory_limit`](super::idx::Reader::memory_limit) and
    /// [`npz::Archive::memory_limit`](super::npy::npz::Archive::memory_limit).
    #[error("its values would take {needed} bytes of memory: the limit is {limit}")]
    Memory {
        /// How much they would take.
        needed: u64,
        /// The limit that was asked for, or the default one: 64 times the file's length, or 256 MiB
        /// if that is more.
        limit: u64,
    },
    /// Another shape than expected.
    #[error("an array of shape {given}: expected {expected}")]
    Shape {
        /// The shape, as `60000 x 28 x 28`.
        given: String,
        /// What was expected.
        expected: &'static str,
    },
    /// Another element type than expected.
    #[error("values of type {given}: expected {expected}")]
    Element {
        /// The type, as the file names it.
        given: String,
        /// What was expected.
        expected: &'static str,
    },
    /// NaN or an infinity; or a number that becomes infinite in the type asked for.
    #[error("byte {at}: value {index} is {value}: expected a finite {element}")]
    NotFinite {
        /// Where it stands.
        at: u64,
        /// Its index in the order of the file, from 0.
        index: u64,
        /// What it is.
        value: f64,
        /// The type asked for.
        element: &'static str,
    },
    /// A label below 0 or beyond i64, a float that is not whole, a text that is empty or broken.
    #[error("byte {at}: label {index} is {value}: expected {expected}")]
    Label {
        /// Where it stands.
        at: u64,
        /// Its index, from 0.
        index: u64,
        /// What it is.
        value: String,
        /// What was expected.
        expected: &'static str,
    },
    /// Any of these, of samples that are read here and there: with the sample.
    #[error("sample {sample}: {problem}")]
    InSample {
        /// The sample, from 0.
        sample: u64,
        /// What is wrong with it.
        #[source]
        problem: Box<Self>,
    },
    /// No array of that name in the archive.
    #[error("no array is named {} (there are: {there})", Quoted(name))]
    NoArray {
        /// The name.
        name: String,
        /// The names there are.
        there: String,
    },
    /// Two entries that name one array, as `x` and `x.npy` do.
    #[error(
        "two entries of the archive are named {}, one with and one without \".npy\"",
        Quoted(name)
    )]
    Ambiguous {
        /// The name.
        name: String,
    },
    /// Two arrays of one name.
    #[error("byte {at}: the name {} stands twice in the archive", Quoted(name))]
    NameTaken {
        /// Where the archive's directory names it again.
        at: u64,
        /// The name.
        name: String,
    },
    /// The values read or to be written are no batch of samples, or there is no memory for them.
    #[error(transparent)]
    Refused(#[from] crate::Error),
}

/// A shape as messages write it.
pub(super) fn shape_text(shape: &[u64]) -> String {
    if shape.is_empty() {
        return "() (a single value)".to_owned();
    }
    let shown: Vec<String> = shape.iter().take(8).map(u64::to_string).collect();
    format!("{}{}", shown.join(" x "), if shape.len() > 8 { " x ..." } else { "" })
}

impl DataProblem {
    pub(super) fn of(self, file: &str) -> DataError {
        FileError { file: file.to_owned(), problem: self }
    }
}
