//! Names and reasons for messages: on one line, and never long.

use core::fmt;

/// The most characters of a name or a cell that a message has.
const MOST: usize = 60;

/// The most characters of another reader's message, from its beginning and from its end, which says
/// where.
const SAID: [usize; 2] = [200, 100];

/// A name or a cell as messages quote it: on one line, and of more than 60 characters the first 60.
///
/// ```
/// use shallownet::io::Quoted;
/// assert_eq!(Quoted("two\nlines").to_string(), r#""two\nlines""#);
/// let long = "z".repeat(20_000_000);
/// assert_eq!(Quoted(&long).to_string(), format!("\"{}...\"", "z".repeat(60)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quoted<'a>(pub &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.char_indices().nth(MOST) {
            Some((end, _)) => write!(f, "{:?}", format!("{}...", &self.0[..end])),
            None => write!(f, "{:?}", self.0),
        }
    }
}

/// The first names, without quotes.
#[cfg(any(feature = "csv", feature = "safetensors"))]
pub(super) fn listed(names: &[String]) -> String {
    const SHOWN: usize = 12;
    let short = |name: &String| {
        let quoted = Quoted(name).to_string();
        quoted[1..quoted.len() - 1].to_owned()
    };
    let mut text: Vec<String> = names.iter().take(SHOWN).map(short).collect();
    if names.len() > SHOWN {
        text.push(format!("and {} more", names.len() - SHOWN));
    }
    text.join(", ")
}

/// A tensor's sizes, or the first of them.
#[cfg(feature = "safetensors")]
pub(super) fn dimensions(sizes: &[usize]) -> String {
    match sizes.get(..8) {
        Some(first) if sizes.len() > 8 => format!("{first:?}... ({} dimensions)", sizes.len()),
        _ => format!("{sizes:?}"),
    }
}

/// What the operating system said, without its number, to stand at the end of a line.
pub(super) fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    one_line(&text.split(" (os error").next().unwrap_or(&text))
}

/// A path as messages name it: on one line, whatever it holds; in full, so that it can be found.
pub(super) fn display(path: &std::path::Path) -> String {
    path.display().to_string().chars().flat_map(escaped).collect()
}

/// Another reader's message about a file, which may quote the file: on one line, the middle of a
/// long one left out.
pub(super) fn one_line(text: &impl fmt::Display) -> String {
    let text = text.to_string();
    let (begin, end) = (text.char_indices().nth(SAID[0]), text.char_indices().nth_back(SAID[1]));
    match (begin, end) {
        (Some((begin, _)), Some((end, _))) if begin < end => {
            let parts = [&text[..begin], "...", &text[end..]];
            parts.iter().flat_map(|part| part.chars()).flat_map(escaped).collect()
        }
        _ => text.chars().flat_map(escaped).collect(),
    }
}

fn escaped(c: char) -> impl Iterator<Item = char> {
    let (kept, escape) =
        if c.is_control() { (None, Some(c.escape_default())) } else { (Some(c), None) };
    kept.into_iter().chain(escape.into_iter().flatten())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_long_is_cut() {
        for name in ["", "a", "\u{e9}\"\n", &"\u{e9}".repeat(MOST)] {
            assert_eq!(Quoted(name).to_string(), format!("{name:?}"));
        }
        let cut = Quoted(&"\u{e9}".repeat(MOST + 1)).to_string();
        assert_eq!(cut, format!("\"{}...\"", "\u{e9}".repeat(MOST)));
    }

    #[test]
    fn of_long_sentences_both_ends_are_kept() {
        let sentence = |n| format!("unknown `{}`\nat line 1, column 7", "\u{e9}".repeat(n));
        assert_eq!(one_line(&sentence(200)), sentence(200).replace('\n', "\\n"));
        for n in [300, 10_000_000] {
            let line = one_line(&sentence(n));
            assert!(
                line.starts_with("unknown `\u{e9}") && line.ends_with("`\\nat line 1, column 7")
            );
            assert!(line.chars().count() < 320 && line.contains("\u{e9}...\u{e9}"), "{line}");
        }
    }
}
