//! One kind of line end, so that lines can be counted.

use std::io::{ErrorKind, Read};

/// Passes a text on with every line end (`\r\n`, `\r`) as `\n`, and one at its end.
///
/// The CSV reader takes all three, but counts a `\r\n` half to the line it ends and half to the
/// next one. And it looks for a byte order mark in the first piece it is given, and takes a piece
/// that holds nothing else for the end of the text: so that one is longer than a mark.
#[derive(Debug)]
pub(super) struct Newlines<R> {
    text: R,
    has_begun: bool,
    /// The last byte read was `\r`.
    after_cr: bool,
    /// The text so far ends with a line end (or is empty).
    is_ended: bool,
}

impl<R> Newlines<R> {
    pub(super) fn new(text: R) -> Self {
        Self { text, has_begun: false, after_cr: false, is_ended: true }
    }
}

/// The bytes of a byte order mark and of what makes a piece longer than one.
const FIRST: usize = 4;

impl<R: Read> Newlines<R> {
    /// The text's next bytes; the first time at least [`FIRST`] of them, if there are that many.
    fn piece(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let mut given = self.text.read(buffer)?;
        while !self.has_begun && (1..FIRST.min(buffer.len())).contains(&given) {
            match self.text.read(&mut buffer[given..]) {
                Ok(0) => break,
                Ok(more) => given += more,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.has_begun |= given > 0;
        Ok(given)
    }
}

impl<R: Read> Read for Newlines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        loop {
            let given = self.piece(buffer)?;
            if given == 0 {
                // An empty buffer is no end of the text, but no place for a line end either.
                return Ok(match buffer.first_mut() {
                    Some(byte) if !std::mem::replace(&mut self.is_ended, true) => {
                        *byte = b'\n';
                        1
                    }
                    _ => 0,
                });
            }
            // Most texts have no `\r`: then there is nothing to move.
            if !self.after_cr && !buffer[..given].contains(&b'\r') {
                self.is_ended = buffer[given - 1] == b'\n';
                return Ok(given);
            }
            let mut kept = 0;
            for at in 0..given {
                let byte = buffer[at];
                if !(byte == b'\n' && self.after_cr) {
                    buffer[kept] = if byte == b'\r' { b'\n' } else { byte };
                    kept += 1;
                }
                self.after_cr = byte == b'\r';
            }
            if kept > 0 {
                self.is_ended = buffer[kept - 1] == b'\n';
                return Ok(kept);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct ByBytes<'a>(&'a [u8]);

    impl Read for ByBytes<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let one = buffer.len().min(1);
            self.0.read(&mut buffer[..one])
        }
    }

    #[test]
    fn the_first_piece_is_longer_than_a_byte_order_mark() {
        let mut buffer = [0; 64];
        let cases = [
            ("\u{feff}ab", "\u{feff}a"),
            ("\u{feff}\r\n", "\u{feff}\n"),
            ("\u{feff}", "\u{feff}"),
            ("ab\r\n", "ab\n"),
            ("a", "a"),
            ("", ""),
        ];
        for (text, first) in cases {
            let given = Newlines::new(ByBytes(text.as_bytes())).read(&mut buffer).unwrap();
            assert_eq!(std::str::from_utf8(&buffer[..given]), Ok(first));
        }
    }

    #[test]
    fn every_line_end_becomes_one_newline_however_the_text_is_cut() {
        let cases = [("", ""), ("a", "a\n"), ("a\r\nb\rc\n\r\n", "a\nb\nc\n\n"), ("\r", "\n")];
        for (text, expected) in cases {
            for size in [1, 2, 64] {
                let mut reader = Newlines::new(text.as_bytes());
                let (mut buffer, mut given) = (vec![0; size], Vec::new());
                loop {
                    match reader.read(&mut buffer).unwrap() {
                        0 => break,
                        n => given.extend_from_slice(&buffer[..n]),
                    }
                }
                assert_eq!(String::from_utf8(given).unwrap(), expected);
            }
        }
    }
}
