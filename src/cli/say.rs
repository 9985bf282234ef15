//! Where lines for people go, what is noted, and the one JSON object for programs.

use std::fmt::Display;
use std::io::Write;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;

use crate::failure::Failure;

/// Prints lines and remembers notes. A note is worth knowing but stops nothing: it is printed on
/// standard error at once, and repeated in the results for programs. Lines for people go to
/// standard output, unless that is for JSON. If the reader closes the pipe, work goes on, since its
/// result is in files.
#[derive(Debug)]
pub(crate) struct Say {
    json: bool,
    /// Nothing is printed: another rank does.
    is_silent: bool,
    notes: Mutex<Vec<String>>,
}

/// A command's results, with the notes so far.
#[derive(Serialize)]
struct Told<'a, R> {
    #[serde(flatten)]
    results: &'a R,
    notes: &'a [String],
}

impl Say {
    pub(crate) fn new(json: bool) -> Self {
        Self { json, is_silent: false, notes: Mutex::default() }
    }

    /// Says nothing.
    #[cfg(feature = "mpi")]
    pub(crate) fn silent() -> Self {
        Self { json: false, is_silent: true, notes: Mutex::default() }
    }

    pub(crate) fn line(&self, line: impl Display) {
        if self.is_silent {
            return;
        }
        let _ = if self.json {
            writeln!(std::io::stderr(), "{line}")
        } else {
            writeln!(std::io::stdout(), "{line}")
        };
    }

    /// Notes are made here only, so that none is missing in the results.
    pub(crate) fn note(&self, note: impl Display) {
        if self.is_silent {
            return;
        }
        let note = note.to_string();
        let _ = writeln!(std::io::stderr(), "note: {note}");
        self.notes().push(note);
    }

    /// The results, if they were asked for as JSON.
    pub(crate) fn results(&self, results: &impl Serialize) -> Result<(), Failure> {
        if !self.json {
            return Ok(());
        }
        let text = serde_json::to_string_pretty(&Told { results, notes: &self.notes() })
            .map_err(|error| Failure::Output(std::io::Error::other(error)))?;
        writeln!(std::io::stdout(), "{text}").map_err(Failure::Output)
    }

    /// The notes so far.
    pub(crate) fn noted(&self) -> Vec<String> {
        self.notes().clone()
    }

    fn notes(&self) -> MutexGuard<'_, Vec<String>> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The most things that a note names; the rest is only counted.
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

/// Seconds with three decimals; as milliseconds if these would be lost.
pub(crate) fn time(seconds: f64) -> String {
    if seconds < 0.1 { format!("{:.3} ms", 1e3 * seconds) } else { format!("{seconds:.3} s") }
}

/// 1234567.8 as "1,234,568".
pub(crate) fn thousands(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn lists_are_sentences_and_end() {
        let of =
            |count: usize| super::listed(&(1..=count).map(|k| k.to_string()).collect::<Vec<_>>());
        assert_eq!([of(0), of(1), of(2)], ["", "1", "1 and 2"]);
        assert_eq!([of(5), of(6)], ["1, 2, 3, 4 and 5", "1, 2, 3, 4, 5 and 1 more"]);
    }

    #[test]
    fn digits_are_grouped_by_three() {
        let cases = [(0.4, "0"), (999.0, "999"), (1000.0, "1,000"), (1234567.8, "1,234,568")];
        for (value, expected) in cases {
            assert_eq!(super::thousands(value), expected);
        }
    }
}
