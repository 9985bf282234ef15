//! Columns that look as if they were no features: an index that another program wrote along, an
//! identifier, the label once more. A network that learns from them learns nothing useful.

use std::collections::HashSet;

use super::samples::{Data, Targets};
use crate::say::{Say, listed};

/// In fewer rows a column may well count up by chance.
const FEWEST_ROWS: usize = 5;

/// In fewer rows whole numbers may well all be different.
const FEWEST_IDENTIFIERS: usize = 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Suspicion {
    IsLabel,
    CountsRows,
    HasNoName,
    Identifies,
}

const ALL: [Suspicion; 4] =
    [Suspicion::IsLabel, Suspicion::CountsRows, Suspicion::HasNoName, Suspicion::Identifies];

impl Suspicion {
    fn of_one(self) -> &'static str {
        match self {
            Self::IsLabel => "is the same as the label",
            Self::CountsRows => "counts the rows",
            Self::HasNoName => "has no name: is it an index?",
            Self::Identifies => {
                "is another whole number in every sample: does it only say which sample it is?"
            }
        }
    }

    fn of_many(self) -> &'static str {
        match self {
            Self::IsLabel => "are the same as the label",
            Self::CountsRows => "count the rows",
            Self::HasNoName => "have no names: are they indices?",
            Self::Identifies => {
                "are other whole numbers in every sample: do they only say which sample it is?"
            }
        }
    }
}

/// Notes the columns that look wrong. Where the features were chosen one by one, only the label
/// does.
pub(super) fn note(data: &Data, is_chosen: bool, say: &Say) {
    // An only feature is meant as one. Images have no such columns.
    if data.n_x < 2 || data.image.is_some() {
        return;
    }
    let label = label(data);
    let found: Vec<Option<Suspicion>> =
        (0..data.n_x).map(|feature| suspicion(data, feature, label.as_deref())).collect();
    for kind in ALL {
        if is_chosen && kind != Suspicion::IsLabel {
            continue;
        }
        let features: Vec<usize> = (0..data.n_x).filter(|&k| found[k] == Some(kind)).collect();
        let named: Vec<String> = features.iter().map(|&k| data.feature(k)).collect();
        let (what, out) = match features[..] {
            [] => continue,
            [feature] => {
                (kind.of_one(), format!("--ignore {} leaves it out", data.option(feature)))
            }
            _ => (kind.of_many(), "--ignore leaves them out".to_owned()),
        };
        let join = if what.ends_with('?') { "" } else { ":" };
        say.note(format_args!("{} {what}{join} {out}", listed(&named)));
    }
}

fn suspicion(data: &Data, feature: usize, label: Option<&[f64]>) -> Option<Suspicion> {
    let column = || data.x.iter().skip(feature).step_by(data.n_x).copied();
    let m = data.len();
    if m >= FEWEST_ROWS && label.is_some_and(|label| column().eq(label.iter().copied())) {
        return Some(Suspicion::IsLabel);
    }
    let counts = || column().zip(column().skip(1)).all(|(a, b)| a.fract() == 0.0 && b - a == 1.0);
    if m >= FEWEST_ROWS && counts() {
        return Some(Suspicion::CountsRows);
    }
    if data.feature_names.as_ref().is_some_and(|names| is_no_name(&names[feature])) {
        return Some(Suspicion::HasNoName);
    }
    let mut seen = HashSet::new();
    // -0 and 0 are one number.
    let differ = || column().all(|v| v.fract() == 0.0 && seen.insert((v + 0.0).to_bits()));
    (m >= FEWEST_IDENTIFIERS).then(differ)?.then_some(Suspicion::Identifies)
}

/// Nothing, or what pandas makes of nothing: `Unnamed: 0`, and `Unnamed: 0.1` the second time.
fn is_no_name(name: &str) -> bool {
    let is_number = |rest: &str| rest.chars().all(|c| c.is_ascii_digit() || c == '.');
    name.is_empty() || name.strip_prefix("Unnamed: ").is_some_and(is_number)
}

/// The label of every row as a number, if all of them are.
fn label(data: &Data) -> Option<Vec<f64>> {
    match &data.targets {
        Targets::Values { y, n_y: 1 } => Some(y.clone()),
        Targets::Classes(labels) => {
            let classes: Option<Vec<f64>> =
                labels.classes.iter().map(|class| class.parse().ok()).collect();
            classes.map(|classes| labels.of_row.iter().map(|&class| classes[class]).collect())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::is_no_name;

    #[test]
    fn names_that_are_none() {
        for name in ["", "Unnamed: 0", "Unnamed: 0.1", "Unnamed: 12"] {
            assert!(is_no_name(name), "{name}");
        }
        for name in ["a", "Unnamed", "Unnamed: road", "0", " "] {
            assert!(!is_no_name(name), "{name}");
        }
    }
}
