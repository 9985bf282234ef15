//! How a table is written: what stands between cells, and how its numbers look.

use core::fmt;

/// How a table is written. What is `None` is found in the table itself, where that is possible.
///
/// *Delimiter*: the candidate that cuts the most of the first rows (up to 64 KiB are read ahead)
/// into as many cells as the first one, two or more of them; the comma if that is no one's.
///
/// *Decimals* and *thousands*: see [`Decimal`] and [`Thousands`]. A comma between cells goes with
/// decimal points. With another delimiter, the numbers tell: `2,5` has a decimal comma, `2.5` a
/// decimal point, and `1,234` could be two numbers. It is refused, unless other numbers (or the
/// caller) say what it is.
///
/// ```
/// use shallownet::io::table::{Decimal, Delimiter, Dialect, Header, Limits, Table};
///
/// let text = "rooms;price\n3;1.234,5\n4;2,75\n";
/// let table = Table::new("t.csv", text.as_bytes(), Header::Present)?;
/// let found = table.dialect();
/// assert_eq!((found.delimiter, found.decimal), (Some(Delimiter::Semicolon), Some(Decimal::Comma)));
/// assert_eq!(
///     found.to_string(),
///     "semicolons between cells, decimal commas, points for thousands"
/// );
/// assert_eq!(table.samples(&[1], None)?.x, [1234.5, 2.75]);
///
/// let given = Dialect { delimiter: Some(Delimiter::Comma), ..Dialect::default() };
/// let limits = Limits::default();
/// let table = Table::with_dialect("t.csv", text.as_bytes(), Header::Present, &given, limits)?;
/// assert_eq!(table.names().unwrap(), ["rooms;price"]);
/// # Ok::<(), shallownet::io::table::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Dialect {
    /// What stands between two cells of a row.
    pub delimiter: Option<Delimiter>,
    /// What stands before the fraction of a number.
    pub decimal: Option<Decimal>,
    /// What stands between the thousands of a number.
    pub thousands: Option<Thousands>,
    /// Lines before the header (or before the first sample) that are no part of the table. They
    /// still count in the numbers of lines.
    pub skip_rows: u64,
}

/// What stands between two cells of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Delimiter {
    /// `,`
    Comma,
    /// `;`
    Semicolon,
    /// A tab.
    Tab,
    /// `|`
    Pipe,
}

/// What stands before the fraction of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Decimal {
    /// `2.5`
    Point,
    /// `2,5`
    Comma,
}

/// What stands between the thousands of a number: between groups of exactly three digits, of which
/// the first may be shorter and does not begin with a zero.
///
/// Where it is not given, it is taken from numbers that leave no doubt: `1.234,5`, `1 234,5`,
/// `1,234.5`, `1,234,567`, and between commas `"1,234"` in quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Thousands {
    /// Nothing: a number with such marks is none.
    None,
    /// `1,234,567`
    Comma,
    /// `1.234.567`
    Point,
    /// `1 234 567`, with spaces of any kind that do not break a line.
    Space,
}

impl Delimiter {
    /// All of them, in the order in which they are tried.
    ///
    /// ```
    /// use shallownet::io::table::Delimiter;
    /// assert_eq!(Delimiter::ALL.map(Delimiter::byte), *b",;\t|");
    /// ```
    pub const ALL: [Self; 4] = [Self::Comma, Self::Semicolon, Self::Tab, Self::Pipe];

    /// The character.
    pub fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Semicolon => b';',
            Self::Tab => b'\t',
            Self::Pipe => b'|',
        }
    }

    /// Its word.
    ///
    /// ```
    /// use shallownet::io::table::Delimiter;
    /// assert_eq!(Delimiter::ALL.map(Delimiter::name), ["comma", "semicolon", "tab", "pipe"]);
    /// ```
    pub fn name(self) -> &'static str {
        match self {
            Self::Comma => "comma",
            Self::Semicolon => "semicolon",
            Self::Tab => "tab",
            Self::Pipe => "pipe",
        }
    }

    /// The delimiter of that word or character.
    ///
    /// ```
    /// use shallownet::io::table::Delimiter;
    /// assert_eq!(Delimiter::from_name("pipe"), Some(Delimiter::Pipe));
    /// assert_eq!(Delimiter::from_name(";"), Some(Delimiter::Semicolon));
    /// assert_eq!(Delimiter::from_name("dash"), None);
    /// ```
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|d| name == d.name() || name.as_bytes() == [d.byte()])
    }

    /// As the program's option wants it, safe from a shell.
    pub(super) fn option(self) -> &'static str {
        match self {
            Self::Comma => "--delimiter ','",
            Self::Semicolon => "--delimiter ';'",
            Self::Tab => "--delimiter tab",
            Self::Pipe => "--delimiter '|'",
        }
    }

    /// The one that a text has most often, if it has any.
    pub(super) fn most_in(text: &str) -> Option<Self> {
        let count = |d: &Self| text.bytes().filter(|&byte| byte == d.byte()).count();
        // Of equally frequent ones the last is taken: a comma is the likeliest part of a name.
        Self::ALL.into_iter().filter(|d| count(d) > 0).max_by_key(count)
    }
}

impl Dialect {
    /// Commas between cells and plain numbers with decimal points, as most programs write tables.
    ///
    /// ```
    /// use shallownet::io::table::{Header, Table};
    /// let plain = |text: &str| {
    ///     let table = Table::new("t.csv", text.as_bytes(), Header::Present)?;
    ///     Ok::<bool, shallownet::io::table::Error>(table.dialect().is_plain())
    /// };
    /// assert!(plain("a,b\n1,2.5\n")? && !plain("a|b\n1|2.5\n")? && !plain("a,b\n1,\"2,500\"\n")?);
    /// # Ok::<(), shallownet::io::table::Error>(())
    /// ```
    pub fn is_plain(&self) -> bool {
        matches!(self.delimiter, None | Some(Delimiter::Comma))
            && matches!(self.decimal, None | Some(Decimal::Point))
            && matches!(self.thousands, None | Some(Thousands::None))
    }
}

/// In words: what is between cells, and of numbers what was found or given.
impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.delimiter {
            None => "any delimiter",
            Some(Delimiter::Comma) => "commas between cells",
            Some(Delimiter::Semicolon) => "semicolons between cells",
            Some(Delimiter::Tab) => "tabs between cells",
            Some(Delimiter::Pipe) => "pipes between cells",
        })?;
        f.write_str(match self.decimal {
            None => "",
            Some(Decimal::Point) => ", decimal points",
            Some(Decimal::Comma) => ", decimal commas",
        })?;
        f.write_str(match self.thousands {
            None | Some(Thousands::None) => "",
            Some(Thousands::Comma) => ", commas for thousands",
            Some(Thousands::Point) => ", points for thousands",
            Some(Thousands::Space) => ", spaces for thousands",
        })
    }
}
