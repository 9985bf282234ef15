//! The bytes of a file, counted: so that mistakes are named by offset, and no size that a header
//! states is used before it is checked against what the file can hold.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use super::fault::DataProblem;
use super::open::{self, NotOpened};

/// Deflate can't do better: two bits can stand for 258 bytes, so a byte for 1032.
const DEFLATE_RATIO: u64 = 1032;

/// Unless another limit is set, a file's values may take this many times its own bytes in memory.
/// Of a plain file they take 16 times at most (a byte becomes an f64, twice while an array in
/// Fortran order is turned); of a compressed one MNIST's images take 38 times.
const MEMORY_RATIO: u64 = 64;

/// Or this much, whatever its length: 256 MiB.
const MEMORY_AT_LEAST: u64 = 1 << 28;

/// How many bytes there are in all.
#[derive(Debug, Clone, Copy)]
pub(super) enum Length {
    /// The length of a regular file.
    Exactly(u64),
    /// Compressed: what it says itself, or the most it can unpack to. Not known before it is read,
    /// so no memory is reserved by it.
    AtMost(u64),
}

impl Length {
    /// Of deflated data of `packed` bytes.
    pub(super) fn deflated(packed: u64) -> Self {
        Self::AtMost(packed.saturating_mul(DEFLATE_RATIO))
    }

    pub(super) fn bytes(self) -> u64 {
        let (Self::Exactly(bytes) | Self::AtMost(bytes)) = self;
        bytes
    }

    pub(super) fn is_exact(self) -> bool {
        matches!(self, Self::Exactly(_))
    }
}

/// Any reader, counted.
pub(super) struct Bytes<R> {
    reader: R,
    /// The offset of the next byte.
    pub(super) at: u64,
    pub(super) length: Length,
    /// The most bytes of memory that values may take.
    pub(super) memory_limit: u64,
}

/// The memory that the values of a file of this length may take unless another limit is set.
pub(super) fn memory_limit(length: u64) -> u64 {
    length.saturating_mul(MEMORY_RATIO).max(MEMORY_AT_LEAST)
}

/// Opens a regular file; its length comes with it.
pub(super) fn open(path: &Path) -> Result<(File, u64), DataProblem> {
    open::regular(path).map_err(|refused| match refused {
        NotOpened::Io(error) => DataProblem::Read(error),
        NotOpened::Is(kind) => DataProblem::NotAFile(kind),
    })
}

impl<R: Read + Seek> Bytes<R> {
    /// Goes on so many bytes further on.
    pub(super) fn seek(&mut self, bytes: u64) -> Result<(), DataProblem> {
        self.seek_to(self.at.saturating_add(bytes))
    }

    /// Goes on at this byte.
    pub(super) fn seek_to(&mut self, to: u64) -> Result<(), DataProblem> {
        let at = self.reader.seek(SeekFrom::Start(to));
        self.at = at.map_err(|source| DataProblem::ReadAt { at: to, source })?;
        Ok(())
    }
}

impl Bytes<File> {
    /// The file's length as it is now.
    pub(super) fn length_now(&self) -> Option<u64> {
        self.reader.metadata().ok().map(|about| about.len())
    }
}

impl<R: Read + Send + 'static> Bytes<R> {
    /// The same, of a reader of any type.
    pub(super) fn boxed(self) -> Bytes<Box<dyn Read + Send>> {
        let Self { reader, at, length, memory_limit } = self;
        Bytes { reader: Box::new(reader), at, length, memory_limit }
    }
}

impl<R: Read> Bytes<R> {
    /// `file_length` is that of the file as it lies on the disk.
    pub(super) fn new(reader: R, length: Length, file_length: u64) -> Self {
        Self { reader, at: 0, length, memory_limit: memory_limit(file_length) }
    }

    /// Refuses values that would take too much memory: `values` values of `T`, `copies` at a time.
    pub(super) fn check_memory<T>(&self, values: usize, copies: u64) -> Result<(), DataProblem> {
        let needed = (values as u64).saturating_mul(size_of::<T>() as u64).saturating_mul(copies);
        let limit = self.memory_limit;
        if needed <= limit { Ok(()) } else { Err(DataProblem::Memory { needed, limit }) }
    }

    /// Fills `buffer` with bytes of `what`.
    pub(super) fn fill(
        &mut self,
        buffer: &mut [u8],
        what: &'static str,
    ) -> Result<(), DataProblem> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.reader.read(&mut buffer[filled..]) {
                Ok(0) => {
                    let missing = (buffer.len() - filled) as u64;
                    return Err(DataProblem::Truncated { at: self.at, what, missing });
                }
                Ok(n) => {
                    filled += n;
                    self.at += n as u64;
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(source) => return Err(DataProblem::ReadAt { at: self.at, source }),
            }
        }
        Ok(())
    }

    pub(super) fn array<const N: usize>(
        &mut self,
        what: &'static str,
    ) -> Result<[u8; N], DataProblem> {
        let mut bytes = [0; N];
        self.fill(&mut bytes, what)?;
        Ok(bytes)
    }

    /// Reads so many bytes for nothing: where a reader can't seek.
    #[cfg(feature = "idx")]
    pub(super) fn pass(&mut self, mut bytes: u64) -> Result<(), DataProblem> {
        let mut passed = [0; 1 << 12];
        while bytes > 0 {
            let count = bytes.min(passed.len() as u64);
            self.fill(&mut passed[..count as usize], "the data")?;
            bytes -= count;
        }
        Ok(())
    }

    /// Refuses bytes after the last. For compressed data this also has the check sum compared.
    pub(super) fn end(&mut self) -> Result<(), DataProblem> {
        let at = self.at;
        match self.fill(&mut [0], "nothing") {
            Ok(()) => Err(DataProblem::Oversized { at }),
            Err(DataProblem::Truncated { .. }) => Ok(()),
            Err(other) => Err(other),
        }
    }
}
