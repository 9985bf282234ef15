//! Class labels: texts, each turned into the index of its class.
//!
//! A label is what stands there, letter by letter: `1.1` and `1.10` are two versions, `0012` and
//! `12` two codes, `7E1` and `70` two names, and of whole numbers no digit is lost, however many
//! there are. There is one exception: a whole number below 2^53, written plainly, is the same label
//! with `.0` behind it. Where a value is missing, pandas writes a column of 0 and 1 as `0.0` and
//! `1.0`. What was taken for one class so is in [`Labels::merged`].

use std::collections::{HashMap, HashSet, TryReserveError};

use super::error::Problem;
use super::missing::is_missing;
use crate::io::order;

/// The labels of a file's samples.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Labels {
    /// The different labels: by value if all are written as decimal numbers, else alphabetically.
    /// Each is spelled as it was met first.
    pub classes: Vec<String>,
    /// The class of every sample, as an index into `classes`.
    pub of_row: Vec<usize>,
    /// For every class, the first sample that has it.
    pub first_row: Vec<usize>,
    /// The second spellings of classes, in the order they were met, to be shown to the user.
    pub merged: Vec<Merged>,
}

/// A label that was taken for a class that is spelled otherwise, as `1.0` for `1`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// The class.
    pub class: usize,
    /// The label.
    pub spelling: String,
    /// The first sample that has it, from 0.
    pub row: usize,
}

impl Labels {
    /// The classes (as indices) that are spelled as missing values are, as `NA`. A label is what
    /// stands there, so they are classes; but perhaps they were not meant to be.
    ///
    /// ```
    /// use shallownet::io::table::{Header, Table};
    /// let table = Table::new("t.csv", "rose\nNA\nlily\n".as_bytes(), Header::Absent)?;
    /// let labels = table.samples(&[], Some(0))?.labels.unwrap();
    /// assert_eq!(labels.classes, ["NA", "lily", "rose"]);
    /// assert_eq!(labels.like_missing().collect::<Vec<_>>(), [0]);
    /// # Ok::<(), shallownet::io::table::Error>(())
    /// ```
    pub fn like_missing(&self) -> impl Iterator<Item = usize> {
        (0..self.classes.len()).filter(|&class| is_missing(&self.classes[class]))
    }

    /// The labels of these samples and of others behind them, as if they had been one file's. Labels of
    /// the same text are one class, and no others.
    ///
    /// ```
    /// use shallownet::io::table::{Header, Table};
    /// let of = |text: &'static str| {
    ///     let table = Table::new("t.csv", text.as_bytes(), Header::Absent)?;
    ///     Ok::<_, shallownet::io::table::Error>(table.samples(&[], Some(0))?.labels.unwrap())
    /// };
    /// let all = of("b\nc\n")?.followed_by(&of("c\na\n")?)?;
    /// assert_eq!((&all.classes[..], &all.of_row[..]), (&["a", "b", "c"].map(str::to_owned)[..], &[1, 2, 2, 0][..]));
    /// assert_eq!(all.first_row, [3, 0, 1]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// There is not enough memory.
    pub fn followed_by(self, others: &Self) -> Result<Self, TryReserveError> {
        let Self { classes, mut of_row, first_row, merged } = self;
        let index = classes.iter().cloned().zip(0..).collect();
        let rows = of_row.len();
        let mut all = LabelReader { index, classes, first_row, merged, rows, ..Default::default() };
        let mut class_of = Vec::new();
        for (label, first) in others.classes.iter().zip(&others.first_row) {
            let known = all.index.get(label).copied();
            class_of.push(known.unwrap_or_else(|| {
                all.classes.push(label.clone());
                all.first_row.push(rows + first);
                all.classes.len() - 1
            }));
        }
        of_row.try_reserve(others.of_row.len())?;
        of_row.extend(others.of_row.iter().map(|&class| class_of[class]));
        all.merged.extend(others.merged.iter().map(|merged| Merged {
            class: class_of[merged.class],
            row: rows + merged.row,
            spelling: merged.spelling.clone(),
        }));
        all.finish(of_row)
    }
}

/// Whether two labels name the same class: the same text, or the same whole number below 2^53, one
/// written with `.0`.
///
/// ```
/// use shallownet::io::table::same_class;
/// assert!(same_class("rose", "rose") && same_class("1", "1.0") && same_class("-7.0", "-7"));
/// for (a, b) in [("rose", "Rose"), ("1.1", "1.10"), ("0012", "12"), ("1e0", "1"), ("-0", "0")] {
///     assert!(!same_class(a, b));
/// }
/// assert!(!same_class("9007199254740992", "9007199254740993"));
/// ```
pub fn same_class(a: &str, b: &str) -> bool {
    plain(a) == plain(b)
}

/// For every label the class that it names (by its index), by [`same_class`]; if two match, the one
/// with the same spelling, else the first.
///
/// ```
/// use shallownet::io::table::classes_of;
/// let [labels, classes] = [["2.0", "1", "3"], ["1", "2", "10"]].map(|all| all.map(str::to_owned));
/// assert_eq!(classes_of(&labels, &classes), [Some(1), Some(0), None]);
/// ```
pub fn classes_of(labels: &[String], classes: &[String]) -> Vec<Option<usize>> {
    let known = LabelReader::of(classes);
    labels.iter().map(|label| known.find(label)).collect()
}

/// A label without the `.0` of a whole number: what is one class has one such text.
///
/// From 2^53 on, a float is not every whole number: `9007199254740992.0` may have been ...993 once.
pub(super) fn plain(label: &str) -> &str {
    let is_whole = |text: &&str| {
        let value = text.parse::<i64>().ok().filter(|n| n.unsigned_abs() < 1 << 53);
        // Written in any other way (`+1`, `01`, `-0`), it is a text of its own.
        value.is_some_and(|n| n.to_string() == *text)
    };
    label.strip_suffix(".0").filter(is_whole).unwrap_or(label)
}

/// Collects labels row by row, keeping each text once.
#[derive(Debug, Default)]
pub(super) struct LabelReader {
    /// Classes by their spelling and by their plain text.
    index: HashMap<String, usize>,
    classes: Vec<String>,
    first_row: Vec<usize>,
    merged: Vec<Merged>,
    has_merged: HashSet<usize>,
    /// Labels so far.
    rows: usize,
    /// No new class may be added.
    is_closed: bool,
}

impl LabelReader {
    /// For labels of these classes and no others.
    pub(super) fn of(classes: &[String]) -> Self {
        let mut reader = Self::default();
        // A spelling comes before a plain text; given twice, a class is where it stands first.
        let spelled = classes.iter().map(String::as_str).enumerate();
        for (number, text) in spelled.clone().chain(spelled.map(|(n, class)| (n, plain(class)))) {
            reader.index.entry(text.to_owned()).or_insert(number);
        }
        (reader.classes, reader.is_closed) = (classes.to_vec(), true);
        reader
    }

    /// The class of the next row's label, numbered as they were met.
    pub(super) fn class(&mut self, label: &str) -> Result<usize, Problem> {
        if label.is_empty() {
            return Err(Problem::EmptyLabel);
        }
        let class = match self.find(label) {
            Some(class) => class,
            None if self.is_closed => return Err(Problem::UnknownLabel { cell: label.to_owned() }),
            None => self.meet(label).map_err(|_| Problem::OutOfMemory)?,
        };
        if self.classes[class] != label && self.has_merged.insert(class) {
            self.merged.push(Merged { class, spelling: label.to_owned(), row: self.rows });
        }
        self.rows += 1;
        Ok(class)
    }

    /// What was merged so far.
    pub(super) fn merged(&self) -> &[Merged] {
        &self.merged
    }

    #[inline]
    fn find(&self, label: &str) -> Option<usize> {
        self.index.get(label).or_else(|| self.index.get(plain(label))).copied()
    }

    fn meet(&mut self, label: &str) -> Result<usize, TryReserveError> {
        let class = self.classes.len();
        self.index.try_reserve(2)?;
        self.classes.try_reserve(1)?;
        self.first_row.try_reserve(1)?;
        self.classes.push(copy(label)?);
        self.first_row.push(self.rows);
        self.index.insert(copy(label)?, class);
        if plain(label) != label {
            self.index.insert(copy(plain(label))?, class);
        }
        Ok(class)
    }

    /// The classes in their order, and the classes of the rows as indices into that.
    pub(super) fn finish(mut self, mut of_row: Vec<usize>) -> Result<Labels, TryReserveError> {
        drop(self.index);
        let order = order::of(&self.classes)?;
        let mut rank = Vec::new();
        rank.try_reserve_exact(order.len())?;
        rank.resize(order.len(), 0);
        for (new, &old) in order.iter().enumerate() {
            rank[old] = new;
        }
        of_row.iter_mut().for_each(|class| *class = rank[*class]);
        self.merged.iter_mut().for_each(|merged| merged.class = rank[merged.class]);
        let (mut classes, mut first_row) = (Vec::new(), Vec::new());
        classes.try_reserve_exact(order.len())?;
        first_row.try_reserve_exact(order.len())?;
        classes.extend(order.iter().map(|&old| std::mem::take(&mut self.classes[old])));
        first_row.extend(order.iter().map(|&old| self.first_row[old]));
        Ok(Labels { classes, of_row, first_row, merged: self.merged })
    }
}

pub(super) fn copy(text: &str) -> Result<String, TryReserveError> {
    let mut copy = String::new();
    copy.try_reserve_exact(text.len())?;
    copy.push_str(text);
    Ok(copy)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(labels: &[&str]) -> Labels {
        let mut reader = LabelReader::default();
        let of_row = labels.iter().map(|label| reader.class(label).unwrap()).collect();
        reader.finish(of_row).unwrap()
    }

    #[test]
    fn numbers_are_ordered_by_value_and_words_by_the_alphabet() {
        let numbers = read(&["10", "9", "-1", "9.0", "10"]);
        assert_eq!(numbers.classes, ["-1", "9", "10"]);
        assert_eq!(numbers.of_row, [2, 1, 0, 1, 2]);
        assert_eq!(numbers.first_row, [2, 1, 0]);
        assert_eq!(numbers.merged, [Merged { class: 1, spelling: "9.0".to_owned(), row: 3 }]);

        let words = read(&["b", "10", "9", "a", "nan"]);
        assert_eq!(words.classes, ["10", "9", "a", "b", "nan"]);
        assert_eq!(words.of_row, [3, 0, 1, 2, 4]);
        assert_eq!(words.merged, []);
    }

    #[test]
    fn a_whole_number_with_and_without_its_fraction_is_one_class() {
        let labels = read(&["1.0", "0", "1", "0.0", "1", "0.0", "-3"]);
        assert_eq!(labels.classes, ["-3", "0", "1.0"]);
        assert_eq!(labels.of_row, [2, 1, 2, 1, 2, 1, 0]);
        let merged =
            |class, spelling: &str, row| Merged { class, spelling: spelling.to_owned(), row };
        assert_eq!(labels.merged, [merged(2, "1", 2), merged(1, "0.0", 3)]);
        assert!(same_class("9007199254740991", "9007199254740991.0"));
        assert!(same_class("-9007199254740991.0", "-9007199254740991"));
    }

    #[test]
    fn every_other_text_is_a_class_of_its_own() {
        let huge = "1".repeat(400);
        let all = [
            "9007199254740992",
            "9007199254740993",
            "9007199254740992.0",
            "9007199254740993.0",
            "18446744073709551615",
            "18446744073709551616",
            "1.1",
            "1.10",
            "0012",
            "12",
            "0012.0",
            "1",
            "1.",
            "1.00",
            "01",
            "+1",
            "+1.0",
            "1e0",
            "1E0",
            "1_0",
            "-0",
            "0",
            "-0.0",
            ".0",
            "-.0",
            "7E1",
            "70",
            "0x46",
            "inf",
            "nan",
            "NaN",
            "true",
            "True",
            "1 ",
            "\u{661}",
            &huge,
            &format!("{huge}.0"),
            &format!("{huge}1"),
        ];
        let labels = read(&all);
        assert_eq!((labels.classes.len(), labels.merged.len()), (all.len(), 0));
        for (i, a) in all.iter().enumerate() {
            assert_eq!(labels.classes[labels.of_row[i]], *a);
            assert!(all.iter().enumerate().all(|(j, b)| same_class(a, b) == (i == j)), "{a}");
        }
    }

    #[test]
    fn of_given_classes_the_spelling_comes_first() {
        let classes = ["1.0", "1", "2.0", "2.0", "x"].map(str::to_owned);
        let labels = ["1", "1.0", "2", "2.0", "x", "X", "01"].map(str::to_owned);
        let found = [Some(1), Some(0), Some(2), Some(2), Some(4), None, None];
        assert_eq!(classes_of(&labels, &classes), found);
        let mut reader = LabelReader::of(&classes);
        for (label, class) in labels.iter().zip(found) {
            let unknown = Problem::UnknownLabel { cell: label.clone() };
            assert_eq!(reader.class(label), class.ok_or(unknown));
        }
        assert_eq!(reader.merged(), [Merged { class: 2, spelling: "2".to_owned(), row: 2 }]);
    }

    #[test]
    fn an_empty_label_is_refused() {
        assert_eq!(LabelReader::default().class(""), Err(Problem::EmptyLabel));
    }
}
