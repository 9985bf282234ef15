//! Class labels: words or numbers, each turned into the index of its class.

use std::collections::HashMap;

use super::error::Problem;

/// The labels of a file's samples.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labels {
    /// The different labels: by value if all are numbers, else alphabetically. Numbers that are
    /// equal (`1` and `1.0`) are one class, written as it was met first.
    pub classes: Vec<String>,
    /// The class of every sample, as an index into `classes`.
    pub of_row: Vec<usize>,
    /// For every class, the first sample that has it.
    pub first_row: Vec<usize>,
}

/// Whether two labels name the same class: the same text, or equal numbers.
///
/// ```
/// use shallownet::io::table::same_class;
/// assert!(same_class("rose", "rose") && same_class("1", "1.0"));
/// assert!(!same_class("rose", "Rose"));
/// ```
pub fn same_class(a: &str, b: &str) -> bool {
    a == b || (finite(a).is_some() && finite(a) == finite(b))
}

/// Collects labels row by row, keeping each text once.
#[derive(Debug, Default)]
pub(super) struct LabelReader {
    index: HashMap<String, usize>,
    classes: Vec<String>,
    first_row: Vec<usize>,
    /// No class may be met that is not there yet.
    is_closed: bool,
}

impl LabelReader {
    /// For labels of these classes and no others.
    pub(super) fn of(classes: &[String]) -> Self {
        let mut reader = Self::default();
        for (number, class) in classes.iter().enumerate() {
            // Given twice, a class is where it stands first.
            reader.index.entry(class.clone()).or_insert(number);
        }
        (reader.classes, reader.is_closed) = (classes.to_vec(), true);
        reader
    }

    /// The class of the label in `row`, numbered as they were met.
    pub(super) fn class(&mut self, label: &str, row: usize) -> Result<usize, Problem> {
        if label.is_empty() {
            return Err(Problem::EmptyLabel);
        }
        match self.index.get(label) {
            Some(&class) => Ok(class),
            None if self.is_closed => self.known(label),
            None => Ok(self.meet(label, row)),
        }
    }

    fn known(&self, label: &str) -> Result<usize, Problem> {
        let class = self.classes.iter().position(|class| same_class(class, label));
        class.ok_or_else(|| Problem::UnknownLabel { cell: label.to_owned() })
    }

    /// A spelling met for the first time; perhaps of a class known by another.
    fn meet(&mut self, label: &str, row: usize) -> usize {
        // The key of a number is its value: "1", "1.0" and "1e0" meet there. -0.0 + 0.0 is 0.0.
        let key = finite(label).map_or_else(|| label.to_owned(), |v| (v + 0.0).to_string());
        let class = self.index.get(&key).copied().unwrap_or(self.classes.len());
        if class == self.classes.len() {
            self.classes.push(label.to_owned());
            self.first_row.push(row);
            self.index.insert(key, class);
        }
        self.index.insert(label.to_owned(), class);
        class
    }

    /// The classes in their order, and the classes of the rows as indices into that.
    pub(super) fn finish(self, of_row: &[usize]) -> Labels {
        let mut order: Vec<usize> = (0..self.classes.len()).collect();
        let values: Option<Vec<f64>> = self.classes.iter().map(|c| finite(c)).collect();
        match values {
            Some(values) => order.sort_by(|&a, &b| values[a].total_cmp(&values[b])),
            None => order.sort_by(|&a, &b| self.classes[a].cmp(&self.classes[b])),
        }
        let mut rank = vec![0; order.len()];
        for (new, &old) in order.iter().enumerate() {
            rank[old] = new;
        }
        Labels {
            classes: order.iter().map(|&old| self.classes[old].clone()).collect(),
            first_row: order.iter().map(|&old| self.first_row[old]).collect(),
            of_row: of_row.iter().map(|&old| rank[old]).collect(),
        }
    }
}

fn finite(label: &str) -> Option<f64> {
    label.parse().ok().filter(|v: &f64| v.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(labels: &[&str]) -> Labels {
        let mut reader = LabelReader::default();
        let class = |(row, label): (usize, &&str)| reader.class(label, row).unwrap();
        let of_row: Vec<usize> = labels.iter().enumerate().map(class).collect();
        reader.finish(&of_row)
    }

    #[test]
    fn numbers_are_ordered_by_value_and_words_by_the_alphabet() {
        let numbers = read(&["10", "9", "-1", "9.0", "10"]);
        assert_eq!(numbers.classes, ["-1", "9", "10"]);
        assert_eq!(numbers.of_row, [2, 1, 0, 1, 2]);
        assert_eq!(numbers.first_row, [2, 1, 0]);

        let words = read(&["b", "10", "9", "a", "nan"]);
        assert_eq!(words.classes, ["10", "9", "a", "b", "nan"]);
        assert_eq!(words.of_row, [3, 0, 1, 2, 4]);
    }

    #[test]
    fn zeros_of_both_signs_and_later_spellings_are_one_class() {
        let labels = read(&["1.0", "-0", "0", "1", "1e0"]);
        assert_eq!(labels.classes, ["-0", "1.0"]);
        assert_eq!(labels.of_row, [1, 0, 0, 1, 1]);
    }

    #[test]
    fn an_empty_label_is_refused() {
        assert_eq!(LabelReader::default().class("", 0), Err(Problem::EmptyLabel));
    }
}
