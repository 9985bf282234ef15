//! Columns that look as if they were no features: an index that another program wrote along, an
//! identifier, the label once more. A network that learns from them learns nothing useful.

use std::collections::HashSet;

use shallownet::io::table::Labels;
use shallownet::pipeline::RawColumn;

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
    IdentifiesByText,
    HidesNumbers,
}

const ALL: [Suspicion; 6] = [
    Suspicion::IsLabel,
    Suspicion::CountsRows,
    Suspicion::HasNoName,
    Suspicion::Identifies,
    Suspicion::IdentifiesByText,
    Suspicion::HidesNumbers,
];

impl Suspicion {
    fn of_one(self) -> &'static str {
        match self {
            Self::IsLabel => "is the same as the label",
            Self::CountsRows => "counts the rows",
            Self::HasNoName => "has no name: is it an index?",
            Self::Identifies => {
                "is another whole number in every sample: does it only say which sample it is?"
            }
            Self::IdentifiesByText => {
                "is another text in nearly every sample: does it only say which sample it is?"
            }
            Self::HidesNumbers => {
                "is taken for texts, though its cells are numbers with something around them"
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
            Self::IdentifiesByText => {
                "are other texts in nearly every sample: do they only say which sample it is?"
            }
            Self::HidesNumbers => {
                "are taken for texts, though their cells are numbers with something around them"
            }
        }
    }
}

/// Notes the columns that look wrong. Where the features were chosen one by one, only the label
/// does.
pub(super) fn note(data: &Data, is_chosen: bool, say: &Say) {
    // An only feature is meant as one. Images have no such columns.
    if data.width < 2 || data.image.is_some() {
        return;
    }
    let label = label(data);
    let found: Vec<Option<Suspicion>> =
        (0..data.width).map(|feature| suspicion(data, feature, label.as_deref())).collect();
    for kind in ALL {
        if is_chosen && kind != Suspicion::IsLabel {
            continue;
        }
        let features: Vec<usize> = (0..data.width).filter(|&k| found[k] == Some(kind)).collect();
        let named: Vec<String> = features.iter().map(|&k| data.feature(k)).collect();
        let (what, out) = match features[..] {
            [] => continue,
            _ if kind == Suspicion::HidesNumbers => {
                let what = if features.len() == 1 { kind.of_one() } else { kind.of_many() };
                (
                    what,
                    "without units, currencies and spaces they would be read as numbers".to_owned(),
                )
            }
            [feature] => {
                (kind.of_one(), format!("--ignore {} leaves it out", data.option(feature)))
            }
            _ => (kind.of_many(), "--ignore leaves them out".to_owned()),
        };
        let join = if what.ends_with('?') { "" } else { ":" };
        say.note(format_args!("{} {what}{join} {out}", listed(&named)));
    }
}

/// Of samples whose values have not been read, what texts and names tell.
fn by_names(data: &Data, feature: usize) -> Option<Suspicion> {
    if let Some(RawColumn::Category(texts)) = data.kinds.get(feature) {
        let m = data.len();
        let is_name = m >= FEWEST_IDENTIFIERS && texts.len() * 10 >= m * 9;
        return match hide_numbers(texts) {
            true => Some(Suspicion::HidesNumbers),
            false => is_name.then_some(Suspicion::IdentifiesByText),
        };
    }
    let names = data.feature_names.as_ref()?;
    is_no_name(&names[feature]).then_some(Suspicion::HasNoName)
}

fn suspicion(data: &Data, feature: usize, label: Option<&[f64]>) -> Option<Suspicion> {
    if data.is_in_parts() {
        return by_names(data, feature);
    }
    let column = || data.raw.iter().skip(feature).step_by(data.width).copied();
    let m = data.len();
    if let Some(RawColumn::Category(texts)) = data.kinds.get(feature) {
        if m >= FEWEST_ROWS && is_label(column(), texts, data.labels()) {
            return Some(Suspicion::IsLabel);
        }
        if hide_numbers(texts) {
            return Some(Suspicion::HidesNumbers);
        }
        let filled = column().filter(|code| !code.is_nan()).count();
        let is_name = filled >= FEWEST_IDENTIFIERS && texts.len() * 10 >= filled * 9;
        return is_name.then_some(Suspicion::IdentifiesByText);
    }
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

/// Are nine in ten texts numbers with a currency, a percent sign or spaces around or within them?
fn hide_numbers(texts: &[String]) -> bool {
    const FEWEST: usize = 3;
    let hides = |text: &&String| {
        let is_number = |c: &char| c.is_ascii_alphanumeric() || "+-.".contains(*c);
        let bare: String = text.chars().filter(is_number).collect();
        // Days and times are no numbers.
        bare.len() < text.len()
            && !text.contains(['/', ':'])
            && bare.parse::<f64>().is_ok_and(f64::is_finite)
    };
    texts.len() >= FEWEST && texts.iter().filter(hides).count() * 10 >= texts.len() * 9
}

/// Does every sample have the text that is its label?
fn is_label(codes: impl Iterator<Item = f64>, texts: &[String], labels: &Labels) -> bool {
    let of_row = &labels.of_row;
    !of_row.is_empty()
        && codes.zip(of_row).all(|(code, &class)| {
            !code.is_nan() && texts.get(code as usize) == labels.classes.get(class)
        })
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
    use super::{hide_numbers, is_no_name};

    #[test]
    fn numbers_with_something_around_them_are_no_names_of_categories() {
        let of = |texts: &[&str]| {
            hide_numbers(&texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>())
        };
        assert!(of(&["$1.50", "$2", "$30"]) && of(&["10%", "20 %", "7.5%"]));
        assert!(of(&["1 000", "2 500", "\u{20ac}3"]));
        assert!(!of(&["a", "b", "c"]) && !of(&["z95838", "z95823", "z95815"]));
        assert!(!of(&["1/2/2024", "2/2/2024", "3/2/2024"]) && !of(&["2024-01-02", "x", "y"]));
        assert!(!of(&["1", "2", "3"]) && !of(&["10%", "20%"]) && !of(&["<5", "5-10", ">10"]));
    }

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
