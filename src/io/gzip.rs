//! gzip as the program of that name reads it: members one after another are one text, and zeros may
//! follow, as tapes and tools that write whole blocks leave them. Anything else behind is refused,
//! where that program warns and drops it.

use std::io::{self, BufRead, Read};

use flate2::bufread::GzDecoder;

/// The first bytes of every member.
pub(super) const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// What a gzipped file holds. Check sums are compared at each member's end.
#[derive(Debug)]
pub(super) struct Gzip<R> {
    /// The decoder of the member being read; `None` after the last, or after an error.
    member: Option<GzDecoder<R>>,
}

impl<R: BufRead> Gzip<R> {
    pub(super) fn new(packed: R) -> Self {
        Self { member: Some(GzDecoder::new(packed)) }
    }
}

impl<R: BufRead> Read for Gzip<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(mut member) = self.member.take() {
            let count = member.read(buffer);
            if !matches!(count, Ok(0)) || buffer.is_empty() {
                self.member = Some(member);
                return count;
            }
            self.member = after(member.into_inner())?.map(GzDecoder::new);
        }
        Ok(0)
    }
}

/// Looks at what follows a member: another one, or the end.
fn after<R: BufRead>(mut packed: R) -> io::Result<Option<R>> {
    let mut is_padded = false;
    loop {
        let bytes = packed.fill_buf()?;
        let zeros = bytes.iter().take_while(|&&byte| byte == 0).count();
        match bytes.get(zeros).copied() {
            Some(first) if first == MAGIC[0] && zeros == 0 && !is_padded => {
                return Ok(Some(packed));
            }
            Some(byte) => {
                let problem = format!(
                    "{byte:#04x} behind the end of the gzip data: expected zeros, or another member"
                );
                return Err(io::Error::new(io::ErrorKind::InvalidData, problem));
            }
            None if zeros == 0 => return Ok(None),
            None => packed.consume(zeros),
        }
        is_padded = true;
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Write};

    use super::*;

    fn packed(text: &[u8]) -> Vec<u8> {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(text).unwrap();
        packed.finish().unwrap()
    }

    fn unpacked(parts: &[&[u8]]) -> Result<Vec<u8>, String> {
        let packed = parts.concat();
        // However few bytes the reader gives at a time.
        let answers = [1, 7, 1 << 16].map(|size| {
            let mut text = Vec::new();
            let read =
                Gzip::new(BufReader::with_capacity(size, &packed[..])).read_to_end(&mut text);
            read.map(|_| text).map_err(|error| error.to_string())
        });
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
        answers.into_iter().next().unwrap()
    }

    #[test]
    fn members_and_zeros_follow_and_nothing_else() {
        let (a, b, none) = (&packed(b"one, ")[..], &packed(b"two")[..], &packed(b"")[..]);
        assert_eq!(unpacked(&[a]).unwrap(), b"one, ");
        assert_eq!(unpacked(&[a, none, b]).unwrap(), b"one, two");
        assert_eq!(unpacked(&[a, b, &[0; 5000]]).unwrap(), b"one, two");
        for behind in [&b"x"[..], b"\0\0x", &[0x1f], &[0x1f, 0x8b], &[0x1f, 0], &b[..b.len() - 1]] {
            assert!(unpacked(&[a, behind]).is_err(), "{behind:?}");
        }
        // The program `gzip` would drop the second member.
        let message = unpacked(&[a, &[0; 512], b]).unwrap_err();
        assert!(message.starts_with("0x1f behind the end of the gzip data"), "{message}");
        let mut wrong = a.to_vec();
        wrong[a.len() - 8] ^= 1;
        assert!(unpacked(&[&wrong]).is_err(), "the check sum");
    }
}
