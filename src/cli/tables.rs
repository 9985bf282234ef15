//! Which class was taken for which, and the scores of each class: as text and for JSON. The output
//! does not grow with the square of the classes.

use serde::Serialize;
use shallownet::metrics::{Confusion, Scores};

/// With more classes than this, lists replace matrices.
pub(crate) const MOST_CLASSES: usize = Confusion::MOST_PRINTED;

/// Lines of a list.
const MOST_LINES: usize = 20;

/// A count above 0.
#[derive(Debug, Serialize)]
pub(crate) struct Cell<'a> {
    actual: &'a str,
    predicted: &'a str,
    count: u64,
}

/// The counts as rows, one an actual class, one column a predicted one; `None` of many classes.
pub(crate) fn rows(counts: &Confusion) -> Option<Vec<Vec<u64>>> {
    let n = counts.classes();
    let row = |actual| (0..n).map(|predicted| counts.count(actual, predicted)).collect();
    (n <= MOST_CLASSES).then(|| (0..n).map(row).collect())
}

/// The counts above 0, where there are no rows.
pub(crate) fn cells<'a>(classes: &'a [String], counts: &Confusion) -> Option<Vec<Cell<'a>>> {
    let cell = |(actual, predicted, count): (usize, usize, u64)| Cell {
        actual: &classes[actual],
        predicted: &classes[predicted],
        count,
    };
    (counts.classes() > MOST_CLASSES).then(|| counts.counts().map(cell).collect())
}

/// The confusion matrix; of many classes, the pairs that were mistaken most often.
pub(crate) fn confusion(classes: &[String], counts: &Confusion) -> Vec<String> {
    match rows(counts) {
        Some(rows) => matrix(classes, &rows),
        None => mistakes(classes, counts),
    }
}

/// One row an actual class, one column a predicted one.
fn matrix(classes: &[String], counts: &[Vec<u64>]) -> Vec<String> {
    let shown: Vec<String> = classes.iter().map(|class| shown(class)).collect();
    let cells = counts.iter().flatten().map(|n| n.to_string());
    let width = cells.chain(shown.iter().cloned()).map(|c| length(&c)).max().unwrap_or(0);
    let corner = "actual \\ predicted";
    let first = shown.iter().map(|c| length(c)).max().unwrap_or(0).max(length(corner));
    let line = |head: &str, cells: &mut dyn Iterator<Item = String>| {
        cells.fold(format!("{head:<first$}"), |line, cell| format!("{line}  {cell:>width$}"))
    };
    let heads = line(corner, &mut shown.iter().cloned());
    let rows = shown.iter().zip(counts);
    let rows = rows.map(|(head, row)| line(head, &mut row.iter().map(|n| n.to_string())));
    std::iter::once(heads).chain(rows).collect()
}

fn mistakes(classes: &[String], counts: &Confusion) -> Vec<String> {
    let all = counts.mistakes();
    let most = &all[..all.len().min(MOST_LINES)];
    let [head, other] = ["actual", "predicted"];
    let width = |of: &dyn Fn(&(usize, usize, u64)) -> usize, head: &str| {
        let names = most.iter().map(|pair| length(&shown(&classes[of(pair)])));
        names.max().unwrap_or(0).max(length(head))
    };
    let (first, second) = (width(&|pair| pair.0, head), width(&|pair| pair.1, other));
    let mut lines = vec![
        format!("the most frequent mistakes among {} classes:", counts.classes()),
        format!("{head:<first$}  {other:<second$}  samples"),
    ];
    lines.extend(most.iter().map(|&(actual, predicted, count)| {
        let (actual, predicted) = (shown(&classes[actual]), shown(&classes[predicted]));
        format!("{actual:<first$}  {predicted:<second$}  {count:>7}")
    }));
    let more = all.len() - most.len();
    lines.extend((more > 0).then(|| format!("and {more} more")));
    lines
}

/// Precision, recall and F1 of every class, and their means; of many classes, those with samples
/// and the lowest F1.
pub(crate) fn scores(classes: &[String], counts: &Confusion) -> Vec<String> {
    let mut order: Vec<usize> = (0..classes.len()).collect();
    if order.len() > MOST_CLASSES {
        order.retain(|&k| counts.actual(k) > 0);
        order.sort_by(|&a, &b| counts.f1(a).total_cmp(&counts.f1(b)));
        order.truncate(MOST_LINES);
    }
    let row = |&k: &usize| (shown(&classes[k]), counts.scores(k));
    let mut rows: Vec<(String, Scores)> = order.iter().map(row).collect();
    rows.push(("mean".to_owned(), counts.macro_scores()));
    let width = rows.iter().map(|row| length(&row.0)).max().unwrap_or(0).max(5);
    let line = |(class, s): (String, Scores)| {
        format!("{class:<width$}  {:>9.4}  {:>6.4}  {:>6.4}", s.precision, s.recall, s.f1)
    };
    let mut lines = vec![format!("{:<width$}  precision  recall      F1", "class")];
    lines.extend(rows.into_iter().map(line));
    let more = classes.len() - order.len();
    if more > 0 {
        let last = lines.len() - 1;
        lines.insert(last, format!("and {more} more"));
    }
    lines
}

/// A class's name on one line.
fn shown(class: &str) -> String {
    class.escape_debug().to_string()
}

fn length(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_confusion_matrix_is_aligned() {
        let classes = ["né".to_owned(), "yes".to_owned()];
        let lines = matrix(&classes, &[vec![10, 2], vec![0, 12345]]);
        assert_eq!(
            lines,
            [
                "actual \\ predicted     né    yes",
                "né                     10      2",
                "yes                     0  12345",
            ]
        );
    }

    #[test]
    fn of_many_classes_the_worst_are_listed() {
        let classes: Vec<String> = (0..1000).map(|k| format!("c{k}")).collect();
        let (p, y): (Vec<usize>, Vec<usize>) = ((1..1000).collect(), (0..999).collect());
        let counts = Confusion::from_classes(&p, &y, 1000).unwrap();
        let lines = confusion(&classes, &counts);
        assert_eq!(
            lines[..3],
            [
                "the most frequent mistakes among 1000 classes:",
                "actual  predicted  samples",
                "c0      c1               1"
            ]
        );
        assert_eq!((lines.len(), lines[22].as_str()), (23, "and 979 more"));
        let lines = scores(&classes, &counts);
        assert_eq!((lines.len(), lines[21].as_str()), (23, "and 980 more"));
        assert!(lines[22].starts_with("mean      0.0000"), "{}", lines[22]);
        assert!(rows(&counts).is_none() && cells(&classes, &counts).unwrap().len() == 999);
    }
}
