//! The header of a `.npy` file: `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }`.
//!
//! The grammar is that small, and read here without recursion. The crate tried for this format
//! (npyz) takes it for any Python literal and parses it with backtracking: twenty opening
//! brackets in a header kept it busy for seconds, each further one twice as long.

use std::io::Read;

use crate::io::bytes::Bytes;
use crate::io::element::{Element, Kind};
use crate::io::fault::DataProblem;

/// Longer headers are for structured types; ours take about a hundred bytes.
const LONGEST: usize = 1 << 16;

const MAGIC: &[u8; 6] = b"\x93NUMPY";

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Header {
    pub(super) values: Values,
    pub(super) fortran_order: bool,
    pub(super) shape: Vec<u64>,
}

/// What an array's elements are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Values {
    Numbers(Element),
    Texts(Texts),
}

/// Texts of a fixed width, as `<U5` and `|S5` are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Texts {
    pub(super) unit: Unit,
    /// How many units each has: at least one.
    width: u32,
}

/// What a text is made of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Unit {
    Byte,
    Utf32 { big_endian: bool },
}

impl Unit {
    pub(super) fn bytes(self) -> usize {
        if self == Self::Byte { 1 } else { 4 }
    }
}

impl Texts {
    /// Bytes an element.
    pub(super) fn bytes(self) -> usize {
        (self.width as usize).saturating_mul(self.unit.bytes())
    }

    /// As NumPy calls the type.
    pub(super) fn descr(self) -> String {
        match self.unit {
            Unit::Byte => format!("'|S{}'", self.width),
            Unit::Utf32 { big_endian: false } => format!("'<U{}'", self.width),
            Unit::Utf32 { big_endian: true } => format!("'>U{}'", self.width),
        }
    }

    fn parse(order: u8, kind: &[u8]) -> Option<Self> {
        let (&letter, digits) = kind.split_first()?;
        let unit = match (letter, order) {
            (b'S', b'|') => Unit::Byte,
            (b'U', b'<' | b'>') => Unit::Utf32 { big_endian: order == b'>' },
            _ => return None,
        };
        let are_digits = digits.iter().all(u8::is_ascii_digit);
        let width = str::from_utf8(digits).ok().filter(|_| are_digits)?.parse().ok()?;
        (width > 0).then_some(Self { unit, width })
    }
}

/// The types that are read.
pub(super) const NUMBERS: &str = "a float of 2, 4 or 8 bytes or an integer, as in '<f4'";

impl Header {
    pub(super) fn read<R: Read>(bytes: &mut Bytes<R>) -> Result<Self, DataProblem> {
        let magic: [u8; 6] = bytes.array("the header")?;
        if magic != *MAGIC {
            let given = format!("\"{}\"", magic.escape_ascii());
            let expected = "\"\\x93NUMPY\", which begins a .npy file";
            return Err(DataProblem::Format { at: 0, given, expected });
        }
        let [major, minor] = bytes.array("the header")?;
        let length = match (major, minor) {
            (1, 0) => usize::from(u16::from_le_bytes(bytes.array("the header")?)),
            (2 | 3, 0) => {
                let length = u32::from_le_bytes(bytes.array("the header")?);
                usize::try_from(length).unwrap_or(usize::MAX)
            }
            _ => {
                let given = format!("version {major}.{minor}");
                let expected = "1.0, 2.0 or 3.0";
                return Err(DataProblem::Format { at: 6, given, expected });
            }
        };
        let left = bytes.length.bytes().saturating_sub(bytes.at);
        if length > LONGEST || length as u64 > left {
            let given = format!("a header of {length} bytes");
            let expected = "at most 65536, and no more than the file has";
            return Err(DataProblem::Format { at: 8, given, expected });
        }
        let start = bytes.at;
        let mut text = vec![0; length];
        bytes.fill(&mut text, "the header")?;
        Text { text: &text, at: 0, start }.header()
    }

    /// The first bytes of a file of this shape in C order, little-endian.
    pub(super) fn bytes(descr: &str, shape: &[usize]) -> Vec<u8> {
        let mut numbers: Vec<String> = shape.iter().map(usize::to_string).collect();
        if numbers.len() == 1 {
            numbers.push(String::new());
        }
        let shape = numbers.join(", ");
        let shape = shape.trim_end_matches(' ');
        let text = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({shape}), }}");
        // Padded so that the data begins at a multiple of 64, as NumPy does it.
        let total = (10 + text.len() + 1).next_multiple_of(64);
        let mut bytes = [&MAGIC[..], &[1, 0]].concat();
        bytes.extend(((total - 10) as u16).to_le_bytes());
        bytes.extend(text.as_bytes());
        bytes.resize(total - 1, b' ');
        bytes.push(b'\n');
        bytes
    }
}

/// The text between the fixed bytes and the data.
struct Text<'a> {
    text: &'a [u8],
    at: usize,
    /// Where in the file it begins.
    start: u64,
}

impl<'a> Text<'a> {
    fn header(mut self) -> Result<Header, DataProblem> {
        let (mut values, mut fortran_order, mut shape) = (None, None, None);
        self.mark(b'{', "'{', which begins the header")?;
        loop {
            self.spaces();
            if self.take(b'}') {
                break;
            }
            let (at, key) = (self.at, self.string("a key, or '}'")?);
            self.mark(b':', "':' after a key")?;
            let is_new = match key {
                b"descr" => values.replace(self.values()?).is_none(),
                b"fortran_order" => fortran_order.replace(self.boolean()?).is_none(),
                b"shape" => shape.replace(self.shape()?).is_none(),
                _ => {
                    self.at = at;
                    return Err(self.refuse("one of 'descr', 'fortran_order', 'shape'"));
                }
            };
            if !is_new {
                self.at = at;
                return Err(self.refuse("each key once"));
            }
            self.spaces();
            if !self.take(b',') {
                self.mark(b'}', "',' or '}' after a value")?;
                break;
            }
        }
        self.spaces();
        if self.at < self.text.len() {
            return Err(self.refuse("spaces up to the data"));
        }
        let missing = "all of 'descr', 'fortran_order', 'shape'";
        match (values, fortran_order, shape) {
            (Some(values), Some(fortran_order), Some(shape)) => {
                Ok(Header { values, fortran_order, shape })
            }
            _ => Err(self.refuse(missing)),
        }
    }

    fn values(&mut self) -> Result<Values, DataProblem> {
        let expected = NUMBERS;
        self.spaces();
        if self.text.get(self.at) == Some(&b'[') {
            let given = "a structured type".to_owned();
            return Err(DataProblem::Element { given, expected });
        }
        let descr = self.string("a type in quotes")?;
        let refused = || {
            let given = format!("'{}'", descr.escape_ascii());
            DataProblem::Element { given, expected }
        };
        let (&order, kind) = descr.split_first().ok_or_else(refused)?;
        if let Some(texts) = Texts::parse(order, kind) {
            return Ok(Values::Texts(texts));
        }
        let kind = match kind {
            b"b1" => Kind::Bool,
            b"u1" => Kind::U8,
            b"i1" => Kind::I8,
            b"u2" => Kind::U16,
            b"i2" => Kind::I16,
            b"u4" => Kind::U32,
            b"i4" => Kind::I32,
            b"u8" => Kind::U64,
            b"i8" => Kind::I64,
            b"f2" => Kind::F16,
            b"f4" => Kind::F32,
            b"f8" => Kind::F64,
            _ => return Err(refused()),
        };
        let big_endian = match order {
            b'<' => false,
            b'>' => true,
            b'|' if kind.bytes() == 1 => false,
            _ => return Err(refused()),
        };
        Ok(Values::Numbers(Element { kind, big_endian }))
    }

    fn boolean(&mut self) -> Result<bool, DataProblem> {
        self.spaces();
        for (word, value) in [(&b"True"[..], true), (b"False", false)] {
            if self.text[self.at..].starts_with(word) {
                self.at += word.len();
                return Ok(value);
            }
        }
        Err(self.refuse("True or False"))
    }

    fn shape(&mut self) -> Result<Vec<u64>, DataProblem> {
        self.mark(b'(', "'(' before the shape")?;
        let mut shape = Vec::new();
        loop {
            self.spaces();
            if self.take(b')') {
                return Ok(shape);
            }
            let digits = self.text[self.at..].iter().take_while(|b| b.is_ascii_digit()).count();
            let number = str::from_utf8(&self.text[self.at..self.at + digits]);
            let Ok(number) = number.unwrap_or_default().parse() else {
                return Err(self.refuse("a size from 0 to 2^64 - 1, or ')'"));
            };
            shape.push(number);
            self.at += digits;
            // Written by Python 2, as in `3L`.
            self.take(b'L');
            self.spaces();
            if !self.take(b',') {
                self.mark(b')', "',' or ')' after a size")?;
                return Ok(shape);
            }
        }
    }

    fn string(&mut self, expected: &'static str) -> Result<&'a [u8], DataProblem> {
        self.spaces();
        let rest = &self.text[self.at..];
        let quote = rest.first().copied().filter(|b| matches!(b, b'\'' | b'"'));
        let end = quote.and_then(|quote| rest[1..].iter().position(|&b| b == quote));
        let Some(end) = end else { return Err(self.refuse(expected)) };
        self.at += end + 2;
        Ok(&rest[1..=end])
    }

    fn mark(&mut self, mark: u8, expected: &'static str) -> Result<(), DataProblem> {
        self.spaces();
        if self.take(mark) { Ok(()) } else { Err(self.refuse(expected)) }
    }

    fn spaces(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.iter().take_while(|b| b.is_ascii_whitespace()).count();
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.text.get(self.at) == Some(&byte);
        self.at += usize::from(found);
        found
    }

    fn refuse(&self, expected: &'static str) -> DataProblem {
        let rest = &self.text[self.at..];
        let given = match rest {
            [] => "the header ends".to_owned(),
            _ => format!("\"{}\"", rest[..rest.len().min(24)].escape_ascii()),
        };
        DataProblem::Format { at: self.start + self.at as u64, given, expected }
    }
}
