//! Tables whose rows can be found from any byte on: a line end is the end of a row where an even number
//! of quotes stands before it.
//!
//! A quote within a cell that does not begin with one stands for itself, and misleads the count. Then a
//! row is cut within a cell sooner or later, which the reader of what stands before the cut refuses, since
//! a quote is not closed: nothing is read wrongly.

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
    width: usize,
    names: Option<Vec<String>>,
}

/// What the text of some rows turns out to be.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// `\r` without `\n`, which may be the end of a row; or a point where none is expected.
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
        let (width, names) = (table.width(), table.names().map(<[String]>::to_vec));
        let file = Self { path, header, dialect, head, end, has_no_points, width, names };
        let is_closed = count(&file.head, b'"').is_multiple_of(2);
        let is_plain = is_ended && is_closed && !is_gzip && !seen.is_doubtful;
        // The header is whole, and before rows from anywhere on it is the same.
        let is_header = || {
            let end = file.end;
            file.header == Header::Absent
                || file
                    .table(end..end, None)
                    .is_ok_and(|table| table.names() == file.names.as_deref())
        };
        (is_plain && file.size() > 0 && is_header()).then_some(file)
    }

    pub(super) fn name(&self) -> String {
        self.path.display().to_string()
    }

    /// What stands between its columns, how many there are, and their names: alike in files that are one
    /// table.
    pub(super) fn columns(&self) -> (Option<Delimiter>, usize, Option<&[String]>) {
        (self.dialect.delimiter, self.width, self.names.as_deref())
    }

    /// Bytes of its rows.
    pub(super) fn size(&self) -> u64 {
        self.end.saturating_sub(self.head.len() as u64)
    }

    /// Lines before its rows.
    pub(super) fn head_lines(&self) -> u64 {
        count(&self.head, b'\n')
    }

    /// How many quotes are in these of all bytes of rows.
    pub(super) fn quotes_in(&self, bytes: Range<u64>) -> io::Result<u64> {
        let mut text = self.from(bytes.start)?.take(bytes.end - bytes.start);
        let (mut buffer, mut quotes) = (vec![0; 1 << 16], 0);
        loop {
            match text.read(&mut buffer)? {
                0 => return Ok(quotes),
                given => quotes += count(&buffer[..given], b'"'),
            }
        }
    }

    /// The bytes of the rows that begin on these of all bytes of rows. Does either of the two lie within
    /// quotes, so far as their number before it says?
    pub(super) fn rows_in(&self, bytes: Range<u64>, within: [bool; 2]) -> io::Result<Range<u64>> {
        Ok(self.border(bytes.start, within[0])?..self.border(bytes.end, within[1])?)
    }

    /// Where the first row that begins there, or further down, begins.
    fn border(&self, byte: u64, is_within: bool) -> io::Result<u64> {
        let start = self.head.len() as u64;
        if byte == 0 || byte >= self.size() {
            return Ok(if byte == 0 { start } else { self.end });
        }
        // From the byte before on, which may be the end of a row; no further than a row may be long.
        let most = Limits::default().bytes as u64 + 2;
        let mut text = BufReader::new(self.from(byte - 1)?.take(most));
        let (mut at, mut is_within) = (start + byte - 1, is_within);
        while let [first, ..] = text.fill_buf()? {
            let first = *first;
            text.consume(1);
            // What is known is how it is behind the first byte.
            is_within ^= first == b'"' && at >= start + byte;
            at += 1;
            if first == b'\n' && !is_within {
                return Ok(at);
            }
        }
        match at < self.end {
            true => Err(io::ErrorKind::InvalidData.into()),
            false => Ok(self.end),
        }
    }

    /// The file from one of all bytes of rows on.
    fn from(&self, byte: u64) -> io::Result<File> {
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(self.head.len() as u64 + byte))?;
        Ok(file)
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
        count(&self.before(byte), b'\n')
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

    /// The rows that begin on its first bytes, about so many; `None` where they can't be told.
    pub(super) fn first_rows(&self, bytes: u64) -> Option<Rows> {
        let first = 0..bytes.min(self.size());
        let is_within = !self.quotes_in(first.clone()).ok()?.is_multiple_of(2);
        let rows = self.rows_in(first, [false, is_within]).ok()?;
        self.table(rows, None).ok()
    }

    /// The last of its bytes.
    pub(super) fn end(&self) -> u64 {
        self.end
    }
}

fn count(text: &[u8], wanted: u8) -> u64 {
    text.iter().filter(|&&byte| byte == wanted).count() as u64
}

impl Seen {
    fn look(&mut self, text: &[u8], has_no_points: bool) {
        for &byte in text {
            self.at += 1;
            self.is_doubtful |= self.after_cr && byte != b'\n';
            self.after_cr = byte == b'\r';
            match byte {
                b'\n' => self.lines.push(self.at),
                b'.' => self.is_doubtful |= has_no_points,
                _ => {}
            }
        }
    }

    /// Are line ends what they seem?
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
    use shallownet::io::table::{Cells, Wanted};

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
        let quoted = "\"a\",b\n\"x\ny\",2\n\"\"\"\n\"\"\",\"3\"\n5,6\n";
        for text in ["a,b\n1,2\n\n3,44\n5,6", "a,b\r\n1,2\r\n3,4\r\n", quoted] {
            let (_folder, file) = file(text, Header::Present);
            let file = file.unwrap();
            for cut in 0..=file.size() {
                let quotes = file.quotes_in(0..cut).unwrap() % 2 == 1;
                let [first, second] =
                    [(0..cut, [false, quotes]), (cut..file.size(), [quotes, false])]
                        .map(|(range, within)| file.rows_in(range, within).unwrap());
                assert_eq!(
                    (first.start, first.end, second.end),
                    (file.head.len() as u64, second.start, file.end)
                );
                let at = second.start as usize;
                assert!(at == text.len() || text.as_bytes()[at - 1] == b'\n', "{text:?} {cut}");
                // Read one after the other they are the rows of the whole.
                let texts = |range: Range<u64>| {
                    if range.is_empty() {
                        return Vec::new();
                    }
                    let features = [(0, Cells::Texts)];
                    let wanted = Wanted { features: &features, ..Wanted::default() };
                    let records = file.table(range, None).unwrap().records(&wanted).unwrap();
                    let texts = records.categories[0].clone().unwrap();
                    records.x.iter().map(|code| texts[*code as usize].clone()).collect()
                };
                let all = texts(first.start..file.end);
                let parts = [texts(first), texts(second)].concat();
                assert_eq!(all, parts, "{text:?} {cut}");
            }
        }
    }

    #[test]
    fn a_lone_carriage_return_and_a_late_point_are_seen() {
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
        assert_eq!(rows("1,x\n\"3\",\"4\"\n"), Some(true));
        assert_eq!(rows("1,2\r3,4\r"), Some(false));
        assert_eq!(rows("1;2,5\n3;4,5\n"), None);
        // Between semicolons it may be a decimal comma that is to come, between commas none.
        assert_eq!(rows(&format!("{}3,4.5\n", "1,2\n".repeat(1 << 15))), Some(true));
        let late = format!("{}3;4.5\n", "1;2\n".repeat(1 << 15));
        assert_eq!(rows(&late), Some(false));
    }

    /// A quote that stands for itself: what stands before a wrong cut is refused.
    #[test]
    fn a_row_that_is_cut_within_quotes_is_refused() {
        let (_folder, file) = file("a,b\n5\" x,1\n\"c\nd\",2\ne,3\n", Header::Present);
        let file = file.unwrap();
        let of = |range: Range<u64>| {
            let table = file.table(range, None).unwrap();
            let features = [(0, Cells::Texts)];
            table.records(&Wanted { features: &features, ..Wanted::default() })
        };
        let mut refused = 0;
        for cut in 1..file.size() {
            let within = file.quotes_in(0..cut).unwrap() % 2 == 1;
            let first = file.rows_in(0..cut, [false, within]).unwrap();
            let ends_a_row = [4 + 7, 4 + 7 + 8, file.end].contains(&first.end);
            let is_refused = of(first).is_err();
            assert!(ends_a_row || is_refused, "{cut}");
            refused += usize::from(is_refused);
        }
        assert!(refused > 0);
    }
}
