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
    of_row: Vec<usize>,
}

impl LabelReader {
    pub(super) fn push(&mut self, label: &str) -> Result<(), Problem> {
        if label.is_empty() {
            return Err(Problem::EmptyLabel);
        }
        let class = match self.index.get(label) {
            Some(&class) => class,
            None => self.meet(label),
        };
        self.of_row.push(class);
        Ok(())
    }

    /// A spelling met for the first time; perhaps of a class known by another.
    fn meet(&mut self, label: &str) -> usize {
        // The key of a number is its value: "1", "1.0" and "1e0" meet there. -0.0 + 0.0 is 0.0.
        let key = finite(label).map_or_else(|| label.to_owned(), |v| (v + 0.0).to_string());
        let class = self.index.get(&key).copied().unwrap_or(self.classes.len());
        if class == self.classes.len() {
            self.classes.push(label.to_owned());
            self.first_row.push(self.of_row.len());
            self.index.insert(key, class);
        }
        self.index.insert(label.to_owned(), class);
        class
    }

    pub(super) fn finish(self) -> Labels {
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
            of_row: self.of_row.iter().map(|&old| rank[old]).collect(),
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
        labels.iter().for_each(|label| reader.push(label).unwrap());
        reader.finish()
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
        assert_eq!(LabelReader::default().push(""), Err(Problem::EmptyLabel));
    }
}
