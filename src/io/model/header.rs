//! What is asked of a safetensors header before the `safetensors` crate parses it: that it lies
//! within the file, and that no name stands twice in it (a JSON parser would keep the last).

use core::fmt;
use std::collections::HashSet;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::error::Problem;
use crate::io::one_line;

/// A file begins with the length of its header, a little-endian u64.
pub(super) const LENGTH_BYTES: usize = 8;

/// Checks the stated header length, in the first bytes of a file, against the file's length.
pub(super) fn check_length(start: &[u8], file_length: u64) -> Result<(), Problem> {
    let Some(length) = start.first_chunk::<LENGTH_BYTES>() else {
        return Err(Problem::TooShort { given: start.len() });
    };
    let header = u64::from_le_bytes(*length);
    let left = file_length.saturating_sub(LENGTH_BYTES as u64);
    if header > left {
        return Err(Problem::HeaderLength { header, left });
    }
    Ok(())
}

/// Refuses headers in which a name stands twice.
pub(in crate::io) fn check_names(file: &[u8]) -> Result<(), Problem> {
    check_length(file, file.len() as u64)?;
    let (length, rest) = file.split_at(LENGTH_BYTES);
    let length = length.iter().rev().fold(0_usize, |n, &byte| (n << 8) | usize::from(byte));
    let header = rest.get(..length).unwrap_or(rest);
    serde_json::from_slice::<UniqueNames>(header)
        .map(|_| ())
        .map_err(|error| Problem::Header(one_line(&error)))
}

/// Any JSON in which no object has a name twice; nothing of it is kept.
struct UniqueNames;

impl<'de> Deserialize<'de> for UniqueNames {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        json.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for UniqueNames {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self, A::Error> {
        let mut names = HashSet::new();
        while let Some(name) = map.next_key::<String>()? {
            if names.contains(&name) {
                return Err(A::Error::custom(format_args!("the name {name:?} stands twice")));
            }
            names.insert(name);
            map.next_value::<Self>()?;
        }
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Self, A::Error> {
        while values.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }
}
