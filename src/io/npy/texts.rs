//! Texts of a fixed width: each label is as long as the longest, the others end in zeros.

use super::header::{Texts, Unit};
use crate::io::Quoted;

/// The text of one element, or why it is none: what is there, and what was expected.
pub(super) fn text(texts: Texts, element: &[u8]) -> Result<String, (String, &'static str)> {
    let text = match texts.unit {
        Unit::Byte => utf8(element)?,
        Unit::Utf32 { big_endian } => utf32(element, big_endian)?,
    };
    if text.is_empty() {
        return Err(("an empty text".to_owned(), "a label"));
    }
    Ok(text)
}

/// The element without the zeros at its end, which NumPy does not count.
pub(super) fn trimmed(texts: Texts, element: &[u8]) -> &[u8] {
    let used = element.len() - element.iter().rev().take_while(|&&b| b == 0).count();
    &element[..used.next_multiple_of(texts.unit.bytes()).min(element.len())]
}

fn utf8(bytes: &[u8]) -> Result<String, (String, &'static str)> {
    match str::from_utf8(bytes) {
        Ok(text) => Ok(text.to_owned()),
        Err(_) => Err((Quoted(&bytes.escape_ascii().to_string()).to_string(), "a text in UTF-8")),
    }
}

fn utf32(bytes: &[u8], big_endian: bool) -> Result<String, (String, &'static str)> {
    let number = |&b: &[u8; 4]| match big_endian {
        true => u32::from_be_bytes(b),
        false => u32::from_le_bytes(b),
    };
    let character = |b: &[u8; 4]| {
        let number = number(b);
        let given = || format!("a text with {number:#x} in place of a character");
        char::from_u32(number).ok_or_else(|| (given(), "characters of Unicode"))
    };
    bytes.as_chunks::<4>().0.iter().map(character).collect()
}
