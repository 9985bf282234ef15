//! Names and reasons as messages have them: on one line.

/// What the operating system said, without its number, to stand at the end of a line.
pub(super) fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_owned()
}

/// A path as messages name it: on one line, whatever it holds.
pub(super) fn display(path: &std::path::Path) -> String {
    one_line(&path.display())
}

/// A text as messages have it: what a reader of files says may quote what they hold.
pub(super) fn one_line(text: &impl std::fmt::Display) -> String {
    text.to_string().chars().flat_map(escaped).collect()
}

fn escaped(c: char) -> impl Iterator<Item = char> {
    let (kept, escape) =
        if c.is_control() { (None, Some(c.escape_default())) } else { (Some(c), None) };
    kept.into_iter().chain(escape.into_iter().flatten())
}
