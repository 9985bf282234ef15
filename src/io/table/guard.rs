//! Refuses what the CSV reader would accept silently: quotes that don't pair, and rows without end.
//!
//! That reader makes something of any text: it takes all that follows an open quote for one cell,
//! and text after a closing quote for a part of the cell. So the text is checked here first, byte
//! by byte, in constant memory.

use std::io::Read;

use super::dialect::Delimiter;
use super::error::Problem;

/// How long and how wide a row may be. A file that goes beyond is refused by line, before more
/// memory is taken than some multiple of that.
///
/// ```
/// use shallownet::io::table::{Header, Limits, Table};
/// let limits = Limits { columns: 2, ..Limits::default() };
/// let text = "a,b\n1,2,3".as_bytes();
/// let table = Table::with_limits("t.csv", text, Header::Present, limits)?;
/// assert_eq!(
///     table.samples(&[0], None).unwrap_err().to_string(),
///     "t.csv: line 2: no line end within 2 columns, the most that a row may have: is this a table?"
/// );
/// # Ok::<(), shallownet::io::table::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a row: by default 16 MiB (16,777,216).
    pub bytes: usize,
    /// Columns of a row: by default 1,048,576.
    pub columns: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 1 << 24, columns: 1 << 20 }
    }
}

/// Where a text can't be read on as a table, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    /// In the cell of this line (where its quote stands) and column (from 0).
    #[error("line {line}, column {column}: {problem}")]
    Cell { line: u64, column: usize, problem: Problem },
    /// In the row that begins on this line.
    #[error("line {line}: a row of too many bytes")]
    Long { line: u64 },
    #[error("line {line}: a row of too many columns")]
    Wide { line: u64 },
}

/// Where in a cell the text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    /// At the cell's beginning.
    Start,
    /// Nothing but spaces: they are dropped if a quote follows.
    Spaces,
    /// A cell that does not begin with a quote: quotes in it stand for themselves.
    Plain,
    /// Within quotes.
    Quoted,
    /// After a quote within quotes: it closes them, or is the first of two that stand for one.
    Quote,
    /// After the closing quote and a space.
    Closed,
}

/// Passes a text with `\n` as line ends on up to the first [`Fault`], which is then the error.
#[derive(Debug)]
pub(super) struct Guard<R> {
    text: R,
    limits: Limits,
    delimiter: Delimiter,
    has_begun: bool,
    at: At,
    /// The last piece ended in spaces at a cell's beginning, which were not passed on yet.
    holds_spaces: bool,
    line: u64,
    /// The line that the row begins on.
    row_line: u64,
    /// The line that the cell's quote stands on.
    quote_line: u64,
    column: usize,
    /// Bytes of the row so far.
    bytes: usize,
    fault: Option<Fault>,
}

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

impl<R> Guard<R> {
    /// For a text that begins on this line. Its first piece must be longer than a byte order mark,
    /// if the text is.
    pub(super) fn new(text: R, limits: Limits, delimiter: Delimiter, line: u64) -> Self {
        Self {
            text,
            limits,
            delimiter,
            has_begun: false,
            at: At::Start,
            holds_spaces: false,
            line,
            row_line: line,
            quote_line: line,
            column: 0,
            bytes: 0,
            fault: None,
        }
    }

    /// Checks the next bytes of the text, which stand in `buffer` from `from` on, and drops spaces
    /// from them. How many bytes of the buffer are right is the answer: all that are left, unless
    /// there is a fault or spaces wait for what follows.
    fn check(&mut self, buffer: &mut [u8], from: usize) -> usize {
        if self.skip(&buffer[from..]) {
            return self.hold(buffer);
        }
        let (mut at, mut kept) = (from, from);
        // Where the spaces begin that the cell begins with.
        let mut spaces = if self.at == At::Spaces { 0 } else { from };
        while at < buffer.len() {
            // The fast path for most of a text: skips to the next byte with a meaning.
            let skipped = match self.at {
                At::Plain => run(&buffer[at..], self.delimiter.byte()),
                At::Quoted => run(&buffer[at..], b'"'),
                _ => 0,
            };
            let room = self.limits.bytes - self.bytes;
            let is_too_long = skipped > room;
            let skipped = skipped.min(room);
            if kept < at {
                buffer.copy_within(at..at + skipped, kept);
            }
            (at, kept, self.bytes) = (at + skipped, kept + skipped, self.bytes + skipped);
            if is_too_long {
                self.fault = Some(self.too_long());
                return kept;
            }
            let Some(&byte) = buffer.get(at) else { break };
            let before = self.at;
            self.fault = self.step(byte);
            if self.fault.is_some() {
                return kept;
            }
            match (before, self.at) {
                (At::Start, At::Spaces) => spaces = kept,
                (At::Spaces, At::Quoted) => kept = spaces,
                _ => {}
            }
            buffer[kept] = byte;
            (at, kept) = (at + 1, kept + 1);
        }
        if self.at == At::Spaces { self.hold_from(spaces) } else { kept }
    }

    /// Takes a piece without quotes that is well within the limits, as most are: it has no fault,
    /// and counting is faster than going byte by byte.
    fn skip(&mut self, text: &[u8]) -> bool {
        let count = |text: &[u8], wanted| text.iter().filter(|&&byte| byte == wanted).count();
        let is_plain =
            matches!(self.at, At::Start | At::Spaces | At::Plain) && !text.contains(&b'"');
        let is_short = text.len() <= self.limits.bytes - self.bytes;
        let delimiter = self.delimiter.byte();
        let most = self.limits.columns - self.column;
        if !is_plain || !is_short || count(text, delimiter) >= most {
            return false;
        }
        let mut row = text;
        if let Some(end) = text.iter().rposition(|&byte| byte == b'\n') {
            row = &text[end + 1..];
            self.line += count(text, b'\n') as u64;
            (self.at, self.row_line, self.column, self.bytes) = (At::Start, self.line, 0, 0);
        }
        self.bytes += row.len();
        self.column += count(row, delimiter);
        let mut cell = row;
        if let Some(end) = row.iter().rposition(|&byte| byte == delimiter) {
            (cell, self.at) = (&row[end + 1..], At::Start);
        }
        if cell.iter().any(|byte| !b" \t".contains(byte)) {
            self.at = At::Plain;
        } else if !cell.is_empty() && self.at == At::Start {
            self.at = At::Spaces;
        }
        true
    }

    /// Takes the next byte, unless it is wrong.
    #[inline]
    fn step(&mut self, byte: u8) -> Option<Fault> {
        let is_quoted = self.at == At::Quoted;
        if byte == b'\n' {
            self.line += 1;
            if !is_quoted {
                (self.at, self.row_line) = (At::Start, self.line);
                (self.column, self.bytes) = (0, 0);
                return None;
            }
        }
        if self.bytes == self.limits.bytes {
            return Some(self.too_long());
        }
        self.bytes += 1;
        self.at = match (self.at, byte) {
            (At::Quoted, b'"') => At::Quote,
            (At::Quoted, _) | (At::Quote, b'"') => At::Quoted,
            (_, byte) if byte == self.delimiter.byte() => {
                self.column += 1;
                if self.column >= self.limits.columns {
                    return Some(Fault::Wide { line: self.row_line });
                }
                At::Start
            }
            (At::Start | At::Spaces, b'"') => {
                self.quote_line = self.line;
                At::Quoted
            }
            (At::Start | At::Spaces, b' ' | b'\t') => At::Spaces,
            (At::Start | At::Spaces | At::Plain, _) => At::Plain,
            (At::Quote | At::Closed, b' ' | b'\t') => At::Closed,
            (At::Quote | At::Closed, _) => {
                let (line, delimiter) = (self.line, self.delimiter);
                return Some(self.cell(Problem::AfterQuote { line, delimiter }));
            }
        };
        None
    }

    /// What of a piece without quotes is passed on: the spaces at its end wait for what follows, if
    /// a cell begins with them.
    fn hold(&mut self, buffer: &[u8]) -> usize {
        if self.at != At::Spaces {
            return buffer.len();
        }
        let delimiter = self.delimiter.byte();
        let is_space = |byte: &&u8| **byte != delimiter && b" \t".contains(*byte);
        self.hold_from(buffer.len() - buffer.iter().rev().take_while(is_space).count())
    }

    fn hold_from(&mut self, spaces: usize) -> usize {
        self.holds_spaces = true;
        spaces
    }

    fn cell(&self, problem: Problem) -> Fault {
        Fault::Cell { line: self.quote_line, column: self.column, problem }
    }

    fn too_long(&self) -> Fault {
        match self.at {
            At::Quoted => self.cell(Problem::LongQuote { most: self.limits.bytes }),
            _ => Fault::Long { line: self.row_line },
        }
    }
}

impl<R: Read> Read for Guard<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        loop {
            if let Some(fault) = &self.fault {
                return Err(std::io::Error::other(fault.clone()));
            }
            // Of spaces that were held back one is enough, since a cell counts without those around
            // it. (A buffer without room for more is not asked with; then none is left.)
            let held = usize::from(std::mem::take(&mut self.holds_spaces) && buffer.len() > 1);
            let given = self.text.read(&mut buffer[held..])?;
            if given == 0 && buffer.len() > held && self.at == At::Quoted {
                return Err(std::io::Error::other(self.cell(Problem::OpenQuote)));
            }
            let piece = &mut buffer[..held + given];
            if held > 0 {
                piece[0] = b' ';
            }
            let is_marked = !self.has_begun && piece.starts_with(BYTE_ORDER_MARK);
            self.has_begun |= given > 0;
            let from = if is_marked { BYTE_ORDER_MARK.len() } else { held };
            let right = self.check(piece, from);
            if right > 0 || given == 0 {
                return Ok(right);
            }
        }
    }
}

/// How many bytes come before the first that is this one or a line end.
#[inline]
fn run(text: &[u8], stop: u8) -> usize {
    text.iter().position(|&byte| byte == stop || byte == b'\n').unwrap_or(text.len())
}
