//! `csv`: CSV files through `io::table`.
//!
//! Besides what holds of every file: rows read at once, block by block, and from a reader that
//! gives a byte at a time are the same, errors included; every value is finite; labels are classes
//! that are there, as they stand at `first_row`, and so does a second pass over the same classes
//! find them; each row's label is its class's text, or the same whole number with or without `.0`,
//! and then said; a wrong quote is found where one finds it cell by cell, in whatever column. In any
//! dialect, a table that is read as numbers is the same to `records`, and whatever that takes is
//! numbers, categories that are there, or missing.

use std::io::Read;

use shallownet::io::table::{
    Cells, Decimal, Delimiter, Dialect, Error, Header, Labels, Limits, Problem, Samples, Table,
    Thousands, Wanted, classes_of,
};

use super::{BASE, choice, load};

/// A row of one digit becomes an f64, a line number, a class and its name in two tables.
const MULTIPLE: usize = 400;

/// The target. The first byte: 1 no header, 2 a label column, 4 and up which, and the block's size.
pub fn run(input: &[u8]) {
    let (flags, text) = choice(input);
    let header = if flags & 1 == 0 { Header::Present } else { Header::Absent };
    records_are_sound(text, header, flags);
    if text.starts_with(&[0x1f, 0x8b]) {
        // Gzipped rows are as many as they unpack to.
        return;
    }
    let most = BASE + MULTIPLE * text.len();
    let whole = load(text, most, |path| read(Table::open(path, header)?, flags));
    let by_bytes = Table::new("file", ByBytes(text), header).and_then(|table| read(table, flags));
    assert_eq!(whole.is_some(), by_bytes.is_ok());
    quotes_are_found(text);
    limits_are_kept(text, usize::from(flags));
    let Some(samples) = whole else {
        let answer = Table::new("file", text, header).and_then(|table| read(table, flags));
        let said = [answer, by_bytes].map(|answer| answer.map(drop).unwrap_err().to_string());
        assert_eq!(said[0], said[1]);
        return blocks_are_refused(text, header, flags);
    };
    let by_bytes = by_bytes.expect("checked above");
    assert_eq!(
        (&samples.x, &samples.labels, &samples.lines),
        (&by_bytes.x, &by_bytes.labels, &by_bytes.lines)
    );
    check(&samples);
    blocks_agree(text, header, flags, &samples);
}

/// All columns but the label's, or all.
fn columns(width: usize, flags: u8) -> (Vec<usize>, Option<usize>) {
    let label = (flags & 2 != 0).then_some(usize::from(flags / 4) % width.max(1));
    ((0..width).filter(|column| Some(*column) != label).collect(), label)
}

fn read<R: Read>(table: Table<R>, flags: u8) -> Result<Samples, Error> {
    let (features, label) = columns(table.width(), flags);
    if let Some(names) = table.names() {
        assert_eq!(names.len(), table.width());
        for (index, name) in names.iter().enumerate() {
            assert_eq!(table.column(name)?, index);
        }
    }
    table.samples(&features, label)
}

fn check(samples: &Samples) {
    assert!(samples.x.iter().all(|v| v.is_finite()));
    assert!(samples.lines.is_sorted_by(|a, b| a < b), "{:?}", samples.lines);
    let Some(labels) = &samples.labels else { return };
    assert_eq!(labels.of_row.len(), samples.lines.len());
    assert_eq!(labels.first_row.len(), labels.classes.len());
    assert!(labels.of_row.iter().all(|class| *class < labels.classes.len()));
    for (class, row) in labels.first_row.iter().enumerate() {
        assert_eq!(labels.of_row.iter().position(|c| *c == class), Some(*row));
    }
    for merged in &labels.merged {
        let class = &labels.classes[merged.class];
        assert_eq!(labels.of_row[merged.row], merged.class);
        let whole = [class, &merged.spelling].map(|text| text.strip_suffix(".0").unwrap_or(text));
        assert!(*class != merged.spelling && whole[0] == whole[1]);
        assert!(whole[0].parse::<i64>().is_ok_and(|n| n.unsigned_abs() < 1 << 53));
    }
    // Different classes are different to a second look, whatever floats make of them.
    let found: Vec<Option<usize>> = (0..labels.classes.len()).map(Some).collect();
    assert_eq!(classes_of(&labels.classes, &labels.classes), found);
}

/// All texts of all cells are taken, or the first wrong quote is named.
fn quotes_are_found(text: &[u8]) {
    let Ok(text) = std::str::from_utf8(text) else { return };
    let lines = text.replace("\r\n", "\n").replace('\r', "\n");
    let expected = first_wrong_quote(lines.strip_prefix('\u{feff}').unwrap_or(&lines));
    let commas = Dialect { delimiter: Some(Delimiter::Comma), ..Dialect::default() };
    let (bytes, limits) = (text.as_bytes(), Limits::default());
    let error = match Table::with_dialect("file", bytes, Header::Absent, &commas, limits) {
        Ok(table) => table.blocks(&[], None, 1).expect("no columns").find_map(Result::err),
        Err(error) => Some(error),
    };
    match error {
        Some(Error::Cell { place, problem }) => {
            assert!(matches!(problem, Problem::OpenQuote | Problem::AfterQuote { .. }));
            assert_eq!(expected, Some((place.line, place.column)));
        }
        // A row that is longer or shorter than the first ends the reading before a wrong quote.
        Some(Error::Ragged { line, .. }) => {
            assert!(expected.is_none_or(|(wrong, _)| line < wrong), "{expected:?}");
        }
        Some(Error::Empty { .. }) | None => assert_eq!(expected, None),
        Some(other) => panic!("{other}"),
    }
}

/// Line and column (from 1) of the first cell whose quotes are wrong, cell by cell.
fn first_wrong_quote(mut text: &str) -> Option<(u64, usize)> {
    let blanks = [' ', '\t'];
    let (mut line, mut column) = (1, 1);
    loop {
        let (begun, mut rest) = (line, text);
        let unspaced = text.trim_start_matches(blanks);
        if unspaced.starts_with('"') {
            text = unspaced;
            // In pieces between quotes, an empty one between two quotes means that one is written.
            let mut parts = text.strip_prefix('"').into_iter().flat_map(|t| t.split_inclusive('"'));
            let mut length = 1;
            loop {
                let Some(part) = parts.next().filter(|part| part.ends_with('"')) else {
                    return Some((begun, column));
                };
                length += part.len();
                line += part.matches('\n').count() as u64;
                if !text[length..].starts_with('"') {
                    break;
                }
                (length, _) = (length + 1, parts.next());
            }
            rest = text[length..].trim_start_matches(blanks);
            if !rest.is_empty() && !rest.starts_with([',', '\n']) {
                return Some((begun, column));
            }
        } else {
            rest = rest.trim_start_matches(|c| c != ',' && c != '\n');
        }
        (line, column) = if rest.starts_with(',') { (line, column + 1) } else { (line + 1, 1) };
        text = rest.get(1..).filter(|rest| !rest.is_empty())?;
    }
}

/// Rows up to the limits are read as without them, however the text comes.
fn limits_are_kept(text: &[u8], most: usize) {
    let limits = Limits { bytes: most, columns: most / 4 };
    fn read(text: impl Read, limits: Limits) -> Result<Option<Labels>, String> {
        Table::with_limits("file", text, Header::Absent, limits)
            .and_then(|table| Ok(table.samples(&[], Some(0))?.labels))
            .map_err(|error| error.to_string())
    }
    let answer = read(text, limits);
    assert_eq!(answer, read(ByBytes(text), limits));
    if let Ok(labels) = answer {
        assert_eq!(Ok(labels), read(text, Limits::default()));
        let longest = text.split(|byte| b"\r\n".contains(byte)).map(<[u8]>::len).max();
        assert!(longest.is_none_or(|bytes| bytes <= most + 3), "3: a byte order mark");
    }
}

fn blocks_agree(text: &[u8], header: Header, flags: u8, samples: &Samples) {
    let table = Table::new("file", text, header).expect("read before");
    let (features, label) = columns(table.width(), flags);
    let classes = samples.labels.as_ref().map_or(&[][..], |labels| &labels.classes);
    let label = label.map(|column| (column, classes));
    let size = usize::from(flags / 4);
    let (mut x, mut of_row, mut lines) = (Vec::new(), Vec::new(), Vec::new());
    for block in table.blocks(&features, label, size).expect("columns that are there") {
        let block = block.expect("rows that were read before");
        assert!((1..=size.max(1)).contains(&block.lines.len()));
        x.extend(block.x);
        of_row.extend(block.classes);
        lines.extend(block.lines);
    }
    let expected = samples.labels.as_ref().map_or(&[][..], |labels| &labels.of_row);
    assert_eq!((&x, &of_row[..], &lines), (&samples.x, expected, &samples.lines));
}

/// Whatever is wrong is met by blocks as well; labels need classes, so without them.
fn blocks_are_refused(text: &[u8], header: Header, flags: u8) {
    if flags & 2 != 0 {
        return;
    }
    let Ok(table) = Table::new("file", text, header) else { return };
    let (features, _) = columns(table.width(), flags);
    let mut blocks = table.blocks(&features, None, usize::from(flags / 4)).expect("no label");
    assert!(blocks.by_ref().any(|block| block.is_err()));
    assert!(blocks.next().is_none(), "a block after an error");
}

/// Every column as numbers and as whatever it is, in a dialect of which the flags say something.
fn records_are_sound(text: &[u8], header: Header, flags: u8) {
    let given = usize::from(flags / 4);
    let dialect = Dialect {
        delimiter: Delimiter::ALL.get(given % 5).copied(),
        decimal: [None, Some(Decimal::Point), Some(Decimal::Comma)][given % 3],
        thousands: [None, None, Some(Thousands::Comma), Some(Thousands::Space)][given % 4],
        skip_rows: u64::from(flags / 64),
    };
    let open = || Table::with_dialect("file", text, header, &dialect, Limits::default());
    let read = |cells| {
        let table = open()?;
        let features: Vec<_> = (0..table.width()).map(|column| (column, cells)).collect();
        table.records(&Wanted { features: &features, most_categories: 5, ..Wanted::default() })
    };
    let samples = open().and_then(|table| {
        let columns: Vec<usize> = (0..table.width()).collect();
        table.samples(&columns, None)
    });
    if let Ok(samples) = samples {
        for cells in [Cells::Numbers, Cells::Any] {
            let records = read(cells).expect("numbers");
            assert_eq!((&records.x, &records.lines), (&samples.x, &samples.lines));
            assert!(records.categories.iter().all(Option::is_none));
        }
    }
    for cells in [Cells::Any, Cells::Texts] {
        let Ok(records) = read(cells) else { continue };
        let width = records.categories.len().max(1);
        for (at, value) in records.x.iter().enumerate() {
            let most = records.categories[at % width].as_ref().map(Vec::len);
            let is_right = most.is_none_or(|most| *value >= 0.0 && *value < most as f64);
            assert!(value.is_nan() || value.is_finite() && is_right, "{value}");
        }
    }
}

/// A byte a read.
struct ByBytes<'a>(&'a [u8]);

impl Read for ByBytes<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let end = buffer.len().min(1);
        self.0.read(&mut buffer[..end])
    }
}
