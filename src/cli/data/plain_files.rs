//! Tables in which every line end is the end of a row, so that a row can be found from any byte on.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Chain, Cursor, Read, Seek, SeekFrom, Take};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use shallownet::io::table::{Decimal, Delimiter, Dialect, Error, Header, Limits, Table, Thousands};

use super::dialect::Written;

/// A file whose rows may be read from any of them on.
#[derive(Debug)]
pub(super) struct PlainFile {
    path: PathBuf,
    header: Header,
    /// With decimal points and no thousands: what is written otherwise is refused.
    dialect: Dialect,
    /// What stands before the rows.
    head: Vec<u8>,
    /// Where the file ends.
    end: u64,
    /// Nothing has told yet that decimals have points.
    has_no_points: bool,
}

/// What the text of some rows turns out to be.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Something that may be more, or less, than the end of a row: a quote, `\r` without `\n`; or a
    /// point where none is expected.
    is_doubtful: bool,
    after_cr: bool,
    /// The byte that each line begins on.
    pub(super) lines: Vec<u64>,
    at: u64,
}

/// Rows of a table; what they are is seen on the way.
pub(super) type Rows = Table<Chain<Cursor<Vec<u8>>, Watched>>;

/// The text of some rows.
pub(super) struct Watched {
    text: Take<File>,
    seen: Option<Rc<RefCell<Seen>>>,
    has_no_points: bool,
}

impl PlainFile {
    /// `None` unless the file's beginning is that of such a table; what is wrong with it is said where
    /// it is read as a whole.
    pub(super) fn open(path: &Path, written: Written) -> Option<Self> {
        let table = Table::open_with(path, written.header, &written.dialect).ok()?;
        let found = table.dialect();
        let is_plain = matches!(found.decimal, None | Some(Decimal::Point))
            && matches!(found.thousands, None | Some(Thousands::None));
        let metadata = path.metadata().ok().filter(|of| is_plain && of.is_file())?;
        let lines = match written.header {
            Header::Present => table.first_line(),
            Header::Absent => written.dialect.skip_rows,
        };
        let mut text = BufReader::new(File::open(path).ok()?);
        let mut head = Vec::new();
        for _ in 0..lines {
            // A header may be as long as any row.
            let most = Limits::default().bytes as u64;
            text.by_ref().take(most).read_until(b'\n', &mut head).ok()?;
        }
        // As gzip begins no text does.
        let is_gzip =
            head.starts_with(&[0x1f, 0x8b]) || text.fill_buf().ok()?.starts_with(&[0x1f, 0x8b]);
        let dialect =
            Dialect { decimal: Some(Decimal::Point), thousands: Some(Thousands::None), ..found };
        let has_no_points = found.decimal.is_none();
        let (path, header, end) = (path.to_owned(), written.header, metadata.len());
        let mut seen = Seen::default();
        seen.look(&head, false);
        let is_ended = head.is_empty() || head.ends_with(b"\n");
        let file = Self { path, header, dialect, head, end, has_no_points };
        (is_ended && !is_gzip && !seen.is_doubtful && file.size() > 0).then_some(file)
    }

    pub(super) fn name(&self) -> String {
        self.path.display().to_string()
    }

    pub(super) fn delimiter(&self) -> Option<Delimiter> {
        self.dialect.delimiter
    }

    /// Bytes of its rows.
    pub(super) fn size(&self) -> u64 {
        self.end.saturating_sub(self.head.len() as u64)
    }

    /// Lines before its rows.
    pub(super) fn head_lines(&self) -> u64 {
        count_lines(&self.head)
    }

    /// The bytes of the rows that begin on these of all bytes of rows.
    pub(super) fn rows_in(&self, bytes: Range<u64>) -> io::Result<Range<u64>> {
        Ok(self.border(bytes.start)?..self.border(bytes.end)?)
    }

    /// Where the first row that begins there, or further down, begins.
    fn border(&self, byte: u64) -> io::Result<u64> {
        let start = self.head.len() as u64;
        if byte == 0 || byte >= self.size() {
            return Ok(if byte == 0 { start } else { self.end });
        }
        let mut text = File::open(&self.path)?;
        let before = start + byte - 1;
        text.seek(SeekFrom::Start(before))?;
        let mut line = Vec::new();
        // A row as long as that is refused, wherever it is cut.
        let most = Limits::default().bytes as u64 + 2;
        let skipped = BufReader::new(text.take(most)).read_until(b'\n', &mut line)?;
        Ok((before + skipped as u64).min(self.end))
    }

    /// What stands before rows that begin on this byte, so that they are a table: the header, or a line
    /// that keeps them from being its beginning.
    fn before(&self, byte: u64) -> Vec<u8> {
        match self.head.is_empty() && byte > 0 {
            true => b"\n".to_vec(),
            false => self.head.clone(),
        }
    }

    /// Lines that stand there.
    pub(super) fn lines_before(&self, byte: u64) -> u64 {
        count_lines(&self.before(byte))
    }

    /// The rows in these bytes of the file, which begins and ends with whole ones.
    pub(super) fn table(
        &self,
        bytes: Range<u64>,
        seen: Option<Rc<RefCell<Seen>>>,
    ) -> Result<Rows, Error> {
        let open = || {
            let mut file = File::open(&self.path)?;
            file.seek(SeekFrom::Start(bytes.start))?;
            Ok(file.take(bytes.end - bytes.start))
        };
        let text = open().map_err(|source| Error::Read { file: self.name(), source })?;
        if let Some(seen) = &seen {
            let mut seen = seen.borrow_mut();
            (seen.at, seen.lines) = (bytes.start, vec![bytes.start]);
        }
        let text = Watched { text, seen, has_no_points: self.has_no_points };
        let text = Cursor::new(self.before(bytes.start)).chain(text);
        Table::with_dialect(self.name(), text, self.header, &self.dialect, Limits::default())
    }

    /// The last of its bytes.
    pub(super) fn end(&self) -> u64 {
        self.end
    }
}

fn count_lines(text: &[u8]) -> u64 {
    text.iter().filter(|&&byte| byte == b'\n').count() as u64
}

impl Seen {
    fn look(&mut self, text: &[u8], has_no_points: bool) {
        for &byte in text {
            self.at += 1;
            self.is_doubtful |= self.after_cr && byte != b'\n';
            self.after_cr = byte == b'\r';
            match byte {
                b'\n' => self.lines.push(self.at),
                b'"' => self.is_doubtful = true,
                b'.' => self.is_doubtful |= has_no_points,
                _ => {}
            }
        }
    }

    /// Is every line end that of a row?
    pub(super) fn is_plain(&self) -> bool {
        !self.is_doubtful && !self.after_cr
    }
}

impl Read for Watched {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let given = self.text.read(buffer)?;
        if let Some(seen) = &self.seen {
            seen.borrow_mut().look(&buffer[..given], self.has_no_points);
        }
        Ok(given)
    }
}

impl std::fmt::Debug for Watched {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watched").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str, header: Header) -> (tempfile::TempDir, Option<PlainFile>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.csv");
        std::fs::write(&path, text).unwrap();
        let written = Written { header, dialect: Dialect::default() };
        let file = PlainFile::open(&path, written);
        (folder, file)
    }

    #[test]
    fn every_row_is_in_one_range_wherever_the_text_is_cut() {
        for text in ["a,b\n1,2\n\n3,44\n5,6", "a,b\r\n1,2\r\n3,4\r\n"] {
            let (_folder, file) = file(text, Header::Present);
            let file = file.unwrap();
            for cut in 0..=file.size() {
                let [first, second] = [0..cut, cut..file.size()].map(|r| file.rows_in(r).unwrap());
                assert_eq!(
                    (first.start, first.end, second.end),
                    (file.head.len() as u64, second.start, file.end)
                );
                let at = second.start as usize;
                assert!(at == text.len() || text.as_bytes()[at - 1] == b'\n', "{text:?} {cut}");
            }
        }
    }

    #[test]
    fn a_quote_a_lone_carriage_return_and_a_late_point_are_seen() {
        let rows = |text: &str| {
            let (_folder, file) = file(text, Header::Absent);
            let file = file?;
            let seen = Rc::new(RefCell::new(Seen::default()));
            let table = file.table(0..file.end, Some(seen.clone())).unwrap();
            let read = table.samples(&[0], None).is_ok();
            Some(read && seen.borrow().is_plain())
        };
        assert_eq!(rows("1,2\n3,4\n"), Some(true));
        assert_eq!(rows("1,2\r\n3,4\r\n"), Some(true));
        assert_eq!(rows("1,2.5\n3,4\n"), Some(true));
        assert_eq!(rows("1,x\n3,\"4\"\n"), Some(false));
        assert_eq!(rows("1,2\r3,4\r"), Some(false));
        assert_eq!(rows("1;2,5\n3;4,5\n"), None);
        let late = format!("{}3,4.5\n", "1,2\n".repeat(1 << 15));
        assert_eq!(rows(&late), Some(false));
    }
}
