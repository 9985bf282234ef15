//! Finds a table's dialect in its beginning.

use super::dialect::{Decimal, Delimiter, Dialect, Thousands};
use super::missing::is_missing;
use super::numbers::Readings;

/// The most rows that are looked at.
const ROWS: usize = 500;

/// A dialect in which all is said that can be found, and whether decimal points and decimal commas
/// are both there.
pub(super) fn found(beginning: &[u8], has_header: bool, given: &Dialect) -> (Dialect, bool) {
    let text = beginning.strip_prefix("\u{feff}".as_bytes()).unwrap_or(beginning);
    let delimiter = given.delimiter.unwrap_or_else(|| delimiter(text));
    let mut dialect = Dialect { delimiter: Some(delimiter), ..*given };
    if dialect.decimal.is_none() {
        dialect.decimal = match dialect.thousands {
            Some(Thousands::Comma) => Some(Decimal::Point),
            Some(Thousands::Point) => Some(Decimal::Comma),
            _ if delimiter == Delimiter::Comma => Some(Decimal::Point),
            _ => None,
        };
    }
    if dialect.decimal.is_some() && dialect.thousands.is_some() {
        return (dialect, false);
    }
    let evidence = Evidence::of(text, delimiter, has_header);
    let is_mixed = evidence.points && evidence.commas && dialect.decimal.is_none();
    if dialect.decimal.is_none() && !is_mixed {
        dialect.decimal = match (evidence.points, evidence.commas) {
            (_, true) => Some(Decimal::Comma),
            (true, _) => Some(Decimal::Point),
            // `1.234` and nothing else with a mark is what it is to most programs.
            _ if evidence.may_be_points && !evidence.may_be_commas => Some(Decimal::Point),
            _ => None,
        };
    }
    if dialect.thousands.is_none() {
        dialect.thousands = match dialect.decimal {
            Some(Decimal::Point) => evidence.with_points.only(),
            Some(Decimal::Comma) => evidence.with_commas.only(),
            None => None,
        };
    }
    (dialect, is_mixed)
}

/// What cuts the most rows into as many cells as the first. Of two that fit alike it is the one
/// with more numbers as cells, since `1,5;2,5` can be cut both ways; then the first.
fn delimiter(text: &[u8]) -> Delimiter {
    let fits = Delimiter::ALL.map(|candidate| fit(text, candidate));
    let best = fits.iter().copied().max().unwrap_or(0);
    let fitting = || Delimiter::ALL.into_iter().zip(fits).filter(|(_, fit)| *fit == best);
    match fitting().count() {
        1 => fitting().next().map_or(Delimiter::Comma, |(candidate, _)| candidate),
        _ if best == 0 => Delimiter::Comma,
        // Of equal shares the last would be taken: so the first comes last.
        _ => fitting()
            .map(|(candidate, _)| candidate)
            .rev()
            .max_by_key(|candidate| share_of_numbers(text, *candidate))
            .unwrap_or(Delimiter::Comma),
    }
}

/// How many rows have as many cells as the first, if that is most of them and the first has two
/// cells; else 0.
fn fit(text: &[u8], delimiter: Delimiter) -> usize {
    let (mut rows, mut fitting, mut first) = (0, 0, 0);
    each_row(text, delimiter, |row, is_right| {
        rows += 1;
        if rows == 1 {
            first = row.len();
        }
        fitting += usize::from(is_right && row.len() == first);
        first > 1
    });
    if first > 1 && fitting * 2 > rows { fitting } else { 0 }
}

/// How many cells of a thousand are numbers.
fn share_of_numbers(text: &[u8], delimiter: Delimiter) -> usize {
    let (mut cells, mut numbers) = (0, 0);
    each_row(text, delimiter, |row, _| {
        cells += row.len();
        numbers += row.iter().filter(|cell| is_number(cell)).count();
        true
    });
    numbers * 1000 / cells.max(1)
}

fn is_number(cell: &str) -> bool {
    let Readings { point, comma } = Readings::of(cell);
    point.is_some() || comma.is_some()
}

/// Calls `row` with the cells of each row (and whether its quotes pair), the blank ones left out,
/// as long as rows are whole and `row` wants more.
fn each_row(text: &[u8], delimiter: Delimiter, mut row: impl FnMut(&[&str], bool) -> bool) {
    let (mut cells, mut at, mut rows, mut is_right) = (Vec::new(), 0, 0, true);
    while at < text.len() && rows < ROWS {
        let (cell, end, pairs) = cell(&text[at..], delimiter.byte());
        cells.push(std::str::from_utf8(cell).unwrap_or("?").trim());
        is_right &= pairs;
        at += end;
        match text.get(at) {
            Some(b'\n') => {
                if cells != [""] {
                    if !row(&cells, is_right) {
                        return;
                    }
                    rows += 1;
                }
                (cells, is_right) = (Vec::new(), true);
            }
            // A last row that was cut off says nothing.
            None => return,
            Some(_) => {}
        }
        at += 1;
    }
}

/// A cell without its quotes, how many bytes it takes, and whether its quotes pair.
fn cell(text: &[u8], delimiter: u8) -> (&[u8], usize, bool) {
    let blank = |byte: &&u8| **byte != delimiter && b" \t".contains(*byte);
    let end_of = |text: &[u8]| {
        text.iter().position(|&byte| byte == delimiter || byte == b'\n').unwrap_or(text.len())
    };
    let begin = text.iter().take_while(blank).count();
    if text.get(begin) != Some(&b'"') {
        let end = end_of(text);
        return (&text[..end], end, true);
    }
    let begin = begin + 1;
    let mut close = begin;
    loop {
        match text[close..].iter().position(|&byte| byte == b'"') {
            None => return (&text[begin..], text.len(), false),
            Some(more) if text.get(close + more + 1) == Some(&b'"') => close += more + 2,
            Some(more) => {
                close += more;
                break;
            }
        }
    }
    let behind = &text[close + 1..];
    let end = end_of(behind);
    let is_clean = behind[..end].iter().all(|byte| blank(&byte));
    (&text[begin..close], close + 1 + end, is_clean)
}

/// What the numbers of a table's beginning say.
#[derive(Debug, Default)]
struct Evidence {
    /// Numbers with decimal points that can be nothing else.
    points: bool,
    /// Numbers with decimal commas that can be nothing else.
    commas: bool,
    /// `1.234`
    may_be_points: bool,
    /// `1,234`
    may_be_commas: bool,
    with_points: Groups,
    with_commas: Groups,
}

/// Which thousands were met, for sure.
#[derive(Debug, Default, Clone, Copy)]
struct Groups {
    marks: Option<Thousands>,
    spaces: Option<Thousands>,
}

impl Groups {
    fn meet(&mut self, thousands: Thousands) {
        match thousands {
            Thousands::None => {}
            Thousands::Space => self.spaces = Some(thousands),
            Thousands::Comma | Thousands::Point => self.marks = Some(thousands),
        }
    }

    /// Unless there are two kinds.
    fn only(self) -> Option<Thousands> {
        if self.marks.is_some() && self.spaces.is_some() {
            return None;
        }
        self.marks.or(self.spaces)
    }
}

/// The same of one column, with how many of its cells are numbers.
#[derive(Debug, Default)]
struct Column {
    evidence: Evidence,
    numbers: usize,
    others: usize,
}

impl Evidence {
    /// From the columns that are numbers but for one cell in ten: `1,5` among words is no number.
    fn of(text: &[u8], delimiter: Delimiter, has_header: bool) -> Self {
        let mut columns: Vec<Column> = Vec::new();
        let mut is_header = has_header;
        each_row(text, delimiter, |row, is_right| {
            if std::mem::take(&mut is_header) || !is_right {
                return true;
            }
            if columns.len() < row.len() {
                columns.resize_with(row.len(), Column::default);
            }
            for (column, cell) in columns.iter_mut().zip(row) {
                column.meet(cell, delimiter);
            }
            true
        });
        let mut all = Self::default();
        for Column { evidence, numbers, others } in columns {
            if numbers < 9 * others {
                continue;
            }
            all.points |= evidence.points;
            all.commas |= evidence.commas;
            all.may_be_points |= evidence.may_be_points;
            all.may_be_commas |= evidence.may_be_commas;
            for (all, of_column) in [
                (&mut all.with_points, evidence.with_points),
                (&mut all.with_commas, evidence.with_commas),
            ] {
                of_column.marks.into_iter().chain(of_column.spaces).for_each(|t| all.meet(t));
            }
        }
        all
    }
}

impl Column {
    fn meet(&mut self, cell: &str, delimiter: Delimiter) {
        if is_missing(cell) {
            return;
        }
        let Readings { point, comma } = Readings::of(cell);
        if point.is_none() && comma.is_none() {
            self.others += 1;
            return;
        }
        self.numbers += 1;
        let evidence = &mut self.evidence;
        if cell.contains(['.', ',']) {
            match (point, comma) {
                (Some(_), None) => evidence.points = true,
                (None, Some(_)) => evidence.commas = true,
                _ if cell.contains('.') => evidence.may_be_points = true,
                _ => evidence.may_be_commas = true,
            }
        }
        if let Some(point) = point
            && (point.is_sure
                || delimiter == Delimiter::Comma && point.thousands == Thousands::Comma)
        {
            evidence.with_points.meet(point.thousands);
        }
        if let Some(comma) = comma
            && comma.is_sure
        {
            evidence.with_commas.meet(comma.thousands);
        }
    }
}
