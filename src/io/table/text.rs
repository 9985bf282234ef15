//! The text of a table, from a file's bytes: unpacked, with one kind of line end, without the lines
//! before the table, and with its beginning at hand.

use std::io::{self, BufReader, Chain, Cursor, ErrorKind, Read};

use super::newlines::Newlines;
use crate::io::gzip::{Gzip, MAGIC};

/// How much is read ahead to find a dialect.
const BEGINNING: usize = 64 << 10;

/// More bytes than a byte order mark has: see [`Newlines`].
const FEW: usize = 4;

/// The text from where the table begins, with `\n` at the end of every line.
pub(super) type Text<R> = Chain<Cursor<Vec<u8>>, Newlines<Unpacked<R>>>;

/// A file as it is, or unpacked, if it begins as gzip does.
#[derive(Debug)]
pub(super) enum Unpacked<R> {
    Plain(Start<R>),
    Gzip(Box<Gzip<BufReader<Start<R>>>>),
}

/// A file whose first bytes were looked at.
type Start<R> = Chain<Cursor<Vec<u8>>, R>;

/// How a text begins.
pub(super) enum Begun<R> {
    /// After the lines that are no part of it.
    Text(Text<R>),
    /// It has only so many lines, all of which are left out.
    Short(u64),
}

/// Reads what comes before the table, and if it is `wanted`, its beginning: whole rows of 64 KiB, or
/// all of it.
pub(super) fn begin<R: Read>(file: R, skip_rows: u64, wanted: bool) -> io::Result<Begun<R>> {
    let mut text = Newlines::new(Unpacked::new(file)?);
    let (mut beginning, mut left) = (Vec::new(), skip_rows);
    let most = if wanted { BEGINNING } else { FEW };
    let mut piece = [0; 8 << 10];
    while left > 0 || beginning.len() < most {
        let given = read(&mut text, &mut piece)?;
        let mut read = &piece[..given];
        if given == 0 {
            break;
        }
        while left > 0
            && let Some(end) = read.iter().position(|&byte| byte == b'\n')
        {
            (left, read) = (left - 1, &read[end + 1..]);
        }
        if left == 0 {
            beginning.extend_from_slice(read);
        }
    }
    if left > 0 {
        return Ok(Begun::Short(skip_rows - left));
    }
    Ok(Begun::Text(Cursor::new(beginning).chain(text)))
}

impl<R: Read> Unpacked<R> {
    fn new(mut file: R) -> io::Result<Self> {
        let mut start = vec![0; MAGIC.len()];
        let mut given = 0;
        while given < start.len() {
            match read(&mut file, &mut start[given..])? {
                0 => break,
                more => given += more,
            }
        }
        start.truncate(given);
        let is_gzip = start == MAGIC;
        let all = Cursor::new(start).chain(file);
        Ok(if is_gzip {
            Self::Gzip(Box::new(Gzip::new(BufReader::new(all))))
        } else {
            Self::Plain(all)
        })
    }
}

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(file) => file.read(buffer),
            Self::Gzip(file) => file.read(buffer),
        }
    }
}

/// The next bytes, however often a signal comes between.
fn read(file: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match file.read(buffer) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}
