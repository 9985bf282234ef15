//! The bytes of a file, counted: so that mistakes are named by offset, and no size that a header
//! states is used before it is checked against what the file can hold.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::fault::DataProblem;

/// Deflate can't do better: two bits can stand for 258 bytes, so a byte for 1032.
const DEFLATE_RATIO: u64 = 1032;

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
}

/// Opens a regular file.
pub(super) fn open(path: &Path) -> Result<(File, u64), DataProblem> {
    let file = File::open(path).map_err(DataProblem::Read)?;
    let about = file.metadata().map_err(DataProblem::Read)?;
    if about.is_file() { Ok((file, about.len())) } else { Err(DataProblem::NotAFile) }
}

impl<R: Read> Bytes<R> {
    pub(super) fn new(reader: R, length: Length) -> Self {
        Self { reader, at: 0, length }
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
