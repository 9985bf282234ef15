//! The order of classes: of decimal numbers by value, whatever their length, else by the alphabet.

use std::cmp::Ordering;
use std::collections::TryReserveError;

/// A number as its digits: compared exactly, and never computed.
#[derive(Debug, Clone, Copy)]
struct Decimal<'a> {
    is_negative: bool,
    /// Without zeros in front.
    whole: &'a str,
    /// Without zeros behind.
    fraction: &'a str,
}

impl<'a> Decimal<'a> {
    /// Digits with at most one sign before and one point among them; `None` for all else.
    fn parse(text: &'a str) -> Option<Self> {
        let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let has_digits = whole.len() + fraction.len() > 0;
        let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if !has_digits || !are_digits(whole) || !are_digits(fraction) {
            return None;
        }
        let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
        let is_negative = text.starts_with('-') && whole.len() + fraction.len() > 0;
        Some(Self { is_negative, whole, fraction })
    }

    fn compare(&self, other: &Self) -> Ordering {
        let size = |v: &Self| (v.whole.len(), v.whole, v.fraction);
        match (self.is_negative, other.is_negative) {
            (false, false) => size(self).cmp(&size(other)),
            (true, true) => size(other).cmp(&size(self)),
            (is_negative, _) => {
                if is_negative {
                    Ordering::Less
                } else {
                    Ordering::Greater
                }
            }
        }
    }
}

/// The indices of the classes in their order; numbers of one value are ordered by their spelling.
pub(super) fn of(classes: &[String]) -> Result<Vec<usize>, TryReserveError> {
    let (mut order, mut values) = (Vec::new(), Vec::new());
    order.try_reserve_exact(classes.len())?;
    order.extend(0..classes.len());
    values.try_reserve_exact(classes.len())?;
    values.extend(classes.iter().map_while(|class| Decimal::parse(class)));
    // No two are the same text: a sort that needs no memory gives the same order.
    if values.len() == classes.len() {
        let value = |a: usize, b: usize| values[a].compare(&values[b]);
        order.sort_unstable_by(|&a, &b| value(a, b).then_with(|| classes[a].cmp(&classes[b])));
    } else {
        order.sort_unstable_by(|&a, &b| classes[a].cmp(&classes[b]));
    }
    Ok(order)
}

#[cfg(test)]
mod tests {
    fn check(expected: &[&str]) {
        let mut classes: Vec<String> = expected.iter().map(|&class| class.to_owned()).collect();
        for _ in 0..classes.len() {
            classes.rotate_left(1);
            let order = super::of(&classes).unwrap();
            let ordered: Vec<&str> = order.iter().map(|&i| &classes[i][..]).collect();
            assert_eq!(ordered, expected);
        }
    }

    #[test]
    fn decimal_numbers_are_ordered_by_value() {
        check(&[
            "-18446744073709551616",
            "-12",
            "-1.5",
            "-1.25",
            "-1",
            "-.5",
            "+0",
            "-0",
            "0",
            ".05",
            "0.5",
            "0001",
            "1",
            "1.",
            "1.00",
            "1.1",
            "1.10",
            "1.2",
            "9",
            "10",
            "9007199254740992",
            "9007199254740993",
            "18446744073709551616",
            "100000000000000000000000000000000",
        ]);
    }

    #[test]
    fn one_word_among_them_makes_all_of_them_words() {
        for word in ["7E1", "nan", "1-", "--1", ".", "-", "1.2.3", "1,5", "\u{661}"] {
            let mut texts = ["10", "9", word];
            texts.sort();
            check(&texts);
        }
    }
}
