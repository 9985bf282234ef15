//! Names and reasons as messages have them: on one line.

/// What the operating system said, without its number, to stand at the end of a line.
pub(super) fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_owned()
}

/// A path as messages name it: on one line, whatever it holds.
pub(super) fn display(path: &std::path::Path) -> String {
    path.display().to_string().chars().flat_map(one_line).collect()
}

fn one_line(c: char) -> impl Iterator<Item = char> {
    let (kept, escaped) =
        if c.is_control() { (None, Some(c.escape_default())) } else { (Some(c), None) };
    kept.into_iter().chain(escaped.into_iter().flatten())
}
