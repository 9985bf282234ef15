//! `csv`: CSV files through `io::table`.
//!
//! Besides what holds of every file: rows read at once, block by block, and from a reader that
//! gives a byte at a time are the same, errors included; every value is finite; labels are classes
//! that are there, as they stand at `first_row`, and so does a second pass over the same classes
//! find them.

use std::io::Read;

use shallownet::io::table::{Error, Header, Samples, Table};

use super::{BASE, choice, load};

/// A row of one digit becomes an f64, a line number, a class and its name in two tables.
const MULTIPLE: usize = 400;

/// The target. The first byte: 1 no header, 2 a label column, 4 and up which, and the block's size.
pub fn run(input: &[u8]) {
    let (flags, text) = choice(input);
    let header = if flags & 1 == 0 { Header::Present } else { Header::Absent };
    let most = BASE + MULTIPLE * text.len();
    let whole = load(text, most, |path| read(Table::open(path, header)?, flags));
    let by_bytes = Table::new("file", ByBytes(text), header).and_then(|table| read(table, flags));
    assert_eq!(whole.is_some(), by_bytes.is_ok());
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

/// A byte a read.
struct ByBytes<'a>(&'a [u8]);

impl Read for ByBytes<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let end = buffer.len().min(1);
        self.0.read(&mut buffer[..end])
    }
}
