//! What is worth knowing and stops nothing.

use std::fmt::Display;

use serde::Serialize;

use crate::say::Say;

/// Each is said on standard error as it is found, and stands in the results for programs.
#[derive(Debug, Default, Serialize)]
#[serde(transparent)]
pub(crate) struct Notes(Vec<String>);

impl Notes {
    pub(crate) fn add(&mut self, note: impl Display) {
        Say::note(&note);
        self.0.push(note.to_string());
    }
}

/// Things named in a note before the rest is only counted.
const MOST_NAMED: usize = 5;

/// `a`, `a and b`, `a, b and c`; of many, the first and how many more.
pub(crate) fn listed(names: &[String]) -> String {
    let more = names.len().saturating_sub(MOST_NAMED);
    let (named, last) = match (more, names.split_last()) {
        (_, None) => return String::new(),
        (0, Some((last, named))) => (named, last.clone()),
        (more, _) => (&names[..MOST_NAMED], format!("{more} more")),
    };
    if named.is_empty() { last } else { format!("{} and {last}", named.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::listed;

    #[test]
    fn lists_are_sentences_and_end() {
        let of = |count: usize| listed(&(1..=count).map(|k| k.to_string()).collect::<Vec<_>>());
        assert_eq!([of(0), of(1), of(2)], ["", "1", "1 and 2"]);
        assert_eq!([of(5), of(6)], ["1, 2, 3, 4 and 5", "1, 2, 3, 4, 5 and 1 more"]);
    }
}
