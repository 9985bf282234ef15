//! Cells without a value.

/// How the programs that write tables spell a value that is missing; besides, a blank cell is one.
///
/// ```
/// use shallownet::io::table::{MISSING, is_missing};
/// assert!(MISSING.contains(&"NA") && is_missing("NA") && is_missing("") && !is_missing("none"));
/// ```
pub const MISSING: [&str; 11] =
    ["NA", "N/A", "n/a", "#N/A", "NaN", "nan", "NAN", "?", "null", "NULL", "<NA>"];

/// Whether a cell (without spaces around it) has no value: it is blank, or one of [`MISSING`].
#[inline]
pub fn is_missing(cell: &str) -> bool {
    match cell.as_bytes() {
        [] => true,
        // Most cells are numbers, and these begin with nothing else.
        [b'0'..=b'9' | b'-' | b'.', ..] => false,
        _ => MISSING.contains(&cell),
    }
}
