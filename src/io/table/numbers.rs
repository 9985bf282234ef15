//! Numbers as a table writes them: with decimal points or commas, with or without thousands.

use super::dialect::{Decimal, Delimiter, Dialect, Thousands};
use super::error::Problem;

/// Reads the numbers of a table. What the caller did not say and the table's beginning did not
/// tell, the first number that leaves no doubt decides for all that follow.
#[derive(Debug, Clone, Copy)]
pub(super) struct Numbers {
    delimiter: Delimiter,
    decimal: Option<Decimal>,
    thousands: Option<Thousands>,
    /// The table's beginning has decimal points and decimal commas.
    is_mixed: bool,
}

/// The two numbers that a text may be: with decimal points, and with decimal commas.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Readings {
    pub(super) point: Option<Reading>,
    pub(super) comma: Option<Reading>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Reading {
    value: f64,
    /// What stands between thousands.
    pub(super) thousands: Thousands,
    /// Nothing else can be between these groups: there is a fraction, too, or there are three.
    pub(super) is_sure: bool,
}

impl Readings {
    /// Of a text in which a mark or a space makes a difference; without any, there is one reading.
    pub(super) fn of(cell: &str) -> Self {
        Self { point: reading(cell, Decimal::Point), comma: reading(cell, Decimal::Comma) }
    }
}

impl Numbers {
    pub(super) fn new(dialect: &Dialect, is_mixed: bool) -> Self {
        let Dialect { delimiter, decimal, thousands, .. } = *dialect;
        let delimiter = delimiter.unwrap_or(Delimiter::Comma);
        Self { delimiter, decimal, thousands, is_mixed: is_mixed && decimal.is_none() }
    }

    /// For a table that is read as if it were a part of the one before it.
    pub(super) fn behind(self, before: Self) -> Self {
        Self {
            delimiter: self.delimiter,
            decimal: before.decimal.or(self.decimal),
            thousands: before.thousands.or(self.thousands),
            is_mixed: before.decimal.is_none() && (before.is_mixed || self.is_mixed),
        }
    }

    /// What is known so far of how numbers are written.
    pub(super) fn known(&self) -> (Option<Decimal>, Option<Thousands>) {
        (self.decimal, self.thousands)
    }

    /// A finite number, or 1 for true and 0 for false.
    #[inline]
    pub(super) fn read(&mut self, cell: &str) -> Result<f64, Problem> {
        if self.decimal == Some(Decimal::Point)
            && let Ok(value) = cell.parse::<f64>()
        {
            return finite(value, cell);
        }
        self.read_other(cell)
    }

    /// Everything but a plain number with decimal points.
    #[inline(never)]
    fn read_other(&mut self, cell: &str) -> Result<f64, Problem> {
        if cell.is_empty() {
            return Err(Problem::EmptyNumber);
        }
        if let Some(truth) = truth(cell) {
            return Ok(truth);
        }
        if !cell.bytes().any(|byte| b",.".contains(&byte))
            && let Ok(value) = cell.parse::<f64>()
        {
            return finite(value, cell);
        }
        let Readings { point, comma } = Readings::of(cell);
        match (point, comma, self.decimal) {
            (None, None, _) => Err(not_a_number(cell)),
            // `1 234`
            (Some(point), Some(comma), None) if point.value == comma.value => {
                self.grouped(point, cell)
            }
            (_, _, None) if self.is_mixed => Err(Problem::MixedDecimals { cell: cell.to_owned() }),
            (Some(point), _, Some(Decimal::Point)) => self.grouped(point, cell),
            (_, Some(comma), Some(Decimal::Comma)) => self.grouped(comma, cell),
            (Some(point), None, None) => self.decide(Decimal::Point, point, cell),
            (None, Some(comma), None) => self.decide(Decimal::Comma, comma, cell),
            // `1.234` is what it is to most programs, `1,234` is either.
            (Some(point), Some(_), None) if point.thousands == Thousands::None => {
                self.decide(Decimal::Point, point, cell)
            }
            (Some(_), Some(_), None) => Err(Problem::TwoNumbers {
                cell: cell.to_owned(),
                options: "--decimal comma, or --decimal point --thousands comma",
            }),
            (None, _, Some(Decimal::Point)) | (_, None, Some(Decimal::Comma)) => {
                Err(not_a_number(cell))
            }
        }
    }

    fn decide(&mut self, decimal: Decimal, as_it: Reading, cell: &str) -> Result<f64, Problem> {
        let value = self.grouped(as_it, cell)?;
        self.decimal = Some(decimal);
        Ok(value)
    }

    /// The number, if its thousands are written as the table's are.
    fn grouped(&mut self, found: Reading, cell: &str) -> Result<f64, Problem> {
        let is_right = match self.thousands {
            _ if found.thousands == Thousands::None => true,
            Some(thousands) => thousands == found.thousands,
            // Between commas, a comma in a number had to be put in quotes: it stands for thousands.
            None if found.is_sure
                || self.delimiter == Delimiter::Comma && found.thousands == Thousands::Comma =>
            {
                self.thousands = Some(found.thousands);
                true
            }
            None => {
                let options = match found.thousands {
                    Thousands::Comma => "--thousands comma, or --decimal comma",
                    Thousands::Point => "--thousands point, or --decimal point",
                    _ => return Err(not_a_number(cell)),
                };
                return Err(Problem::TwoNumbers { cell: cell.to_owned(), options });
            }
        };
        if is_right { finite(found.value, cell) } else { Err(not_a_number(cell)) }
    }
}

/// 1 or 0, as programs for tables and people write what is true or false.
fn truth(cell: &str) -> Option<f64> {
    match cell {
        "True" | "TRUE" | "true" => Some(1.0),
        "False" | "FALSE" | "false" => Some(0.0),
        _ => None,
    }
}

fn finite(value: f64, cell: &str) -> Result<f64, Problem> {
    if value.is_finite() { Ok(value) } else { Err(Problem::NotFinite { cell: cell.to_owned() }) }
}

fn not_a_number(cell: &str) -> Problem {
    Problem::NotANumber { cell: cell.to_owned() }
}

/// A text as a number with these decimals, and thousands of whatever kind.
fn reading(cell: &str, decimal: Decimal) -> Option<Reading> {
    let (mark, other, thousands) = match decimal {
        Decimal::Point => ('.', ',', Thousands::Comma),
        Decimal::Comma => (',', '.', Thousands::Point),
    };
    let (number, exponent) = match cell.find(['e', 'E']) {
        Some(at) => cell.split_at(at),
        None => (cell, ""),
    };
    let (whole, fraction) = match number.split_once(mark) {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (number, None),
    };
    let unsigned = whole.strip_prefix(['-', '+']).unwrap_or(whole);
    let thousands = if unsigned.contains(other) {
        thousands
    } else if unsigned.contains(is_space) {
        Thousands::Space
    } else {
        Thousands::None
    };
    let groups =
        || unsigned.split(|c| if thousands == Thousands::Space { is_space(c) } else { c == other });
    if thousands != Thousands::None && !are_thousands(groups()) {
        return None;
    }
    let mut plain = String::with_capacity(cell.len());
    plain.extend(whole.chars().filter(|&c| c != other && !is_space(c)));
    if let Some(fraction) = fraction {
        plain.push('.');
        plain.push_str(fraction);
    }
    plain.push_str(exponent);
    // What is no digit (a second mark, a word as `inf`) is refused here.
    let is_number = plain.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    let value = plain.parse().ok().filter(|_| is_number)?;
    let is_sure = thousands != Thousands::None
        && (fraction.is_some() || thousands != Thousands::Space && groups().nth(2).is_some());
    Some(Reading { value, thousands, is_sure })
}

/// Groups of three digits; the first may be shorter, and does not begin with a zero.
fn are_thousands<'a>(mut groups: impl Iterator<Item = &'a str>) -> bool {
    let are_digits = |group: &str| group.bytes().all(|byte| byte.is_ascii_digit());
    let is_first = |group: &str| {
        (1..=3).contains(&group.len()) && are_digits(group) && !group.starts_with('0')
    };
    groups.next().is_some_and(is_first) && groups.all(|group| group.len() == 3 && are_digits(group))
}

/// A space that stands in a number: also the one, wide or narrow, at which no line is broken.
fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn readings(cell: &str) -> (Option<f64>, Option<f64>) {
        let Readings { point, comma } = Readings::of(cell);
        (point.map(|r| r.value), comma.map(|r| r.value))
    }

    #[test]
    fn a_text_is_a_number_with_points_or_commas_or_both_or_none() {
        let cases = [
            ("2.5", Some(2.5), None),
            ("2,5", None, Some(2.5)),
            ("1,234", Some(1234.0), Some(1.234)),
            ("1.234", Some(1.234), Some(1234.0)),
            ("0,123", None, Some(0.123)),
            ("1234,567", None, Some(1234.567)),
            ("1,234,567", Some(1_234_567.0), None),
            ("-1.234.567", None, Some(-1_234_567.0)),
            ("1,234.5", Some(1234.5), None),
            ("+1.234,5", None, Some(1234.5)),
            ("1 234,5", None, Some(1234.5)),
            ("1\u{202f}234.5", Some(1234.5), None),
            ("1 234", Some(1234.0), Some(1234.0)),
            ("1,5e3", None, Some(1500.0)),
            ("12,34,567", None, None),
            ("1,2345,678", None, None),
            ("1,,234", None, None),
            ("1 2", None, None),
            ("1, 234", None, None),
            ("1.2.3", None, None),
            ("1,2,3", None, None),
            ("12.05.2020", None, None),
            ("1,234 567", None, None),
            ("inf,5", None, None),
            ("nan", None, None),
            (",", None, None),
            ("-", None, None),
            ("1,5 kg", None, None),
        ];
        for (cell, point, comma) in cases {
            assert_eq!(readings(cell), (point, comma), "{cell}");
        }
    }
}
