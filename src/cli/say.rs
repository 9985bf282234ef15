//! Where lines for people go, and the one JSON object for programs.

use std::fmt::Display;
use std::io::Write;

use crate::failure::Failure;

/// Lines for people: on standard output, unless that is for JSON. A reader that has left stops
/// nothing: the work is worth finishing, since its result is in files.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Say {
    pub(crate) json: bool,
}

impl Say {
    pub(crate) fn line(self, line: impl Display) {
        let _ = if self.json {
            writeln!(std::io::stderr(), "{line}")
        } else {
            writeln!(std::io::stdout(), "{line}")
        };
    }

    pub(crate) fn note(line: impl Display) {
        let _ = writeln!(std::io::stderr(), "note: {line}");
    }

    /// The results, if they were asked for as JSON.
    pub(crate) fn results(self, results: &impl serde::Serialize) -> Result<(), Failure> {
        if !self.json {
            return Ok(());
        }
        let text = serde_json::to_string_pretty(results)
            .map_err(|error| Failure::Output(std::io::Error::other(error)))?;
        writeln!(std::io::stdout(), "{text}").map_err(Failure::Output)
    }
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
    fn digits_are_grouped_by_three() {
        let cases = [(0.4, "0"), (999.0, "999"), (1000.0, "1,000"), (1234567.8, "1,234,568")];
        for (value, expected) in cases {
            assert_eq!(super::thousands(value), expected);
        }
    }
}
