//! A safetensors header, read in one pass: it lies within the file, no name stands twice in it (a
//! JSON parser would keep the last), and nothing is in it that the format does not have.
//!
//! The crate `safetensors` keeps every value of the header a second time while it parses it, and
//! would have to parse it twice for tensors and metadata: of 300,000 tensors that takes seconds.

use core::fmt;
use std::collections::{HashMap, HashSet};

use safetensors::tensor::{Dtype, TensorInfo};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};

use super::error::Problem;
use crate::io::{Quoted, one_line};

/// A file begins with the length of its header, a little-endian u64.
pub(super) const LENGTH_BYTES: usize = 8;

/// The entry that is no tensor.
const METADATA: &str = "__metadata__";

/// Tensors in the header's order, and texts by name.
#[derive(Debug, Default)]
pub(super) struct Header {
    pub(super) tensors: Vec<(String, TensorInfo)>,
    pub(super) metadata: HashMap<String, String>,
}

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

impl Header {
    /// The header of a file, and the bytes behind it.
    pub(super) fn read(file: &[u8]) -> Result<(Self, &[u8]), Problem> {
        check_length(file, file.len() as u64)?;
        let (length, rest) = file.split_at(LENGTH_BYTES);
        let length = length.iter().rev().fold(0_usize, |n, &byte| (n << 8) | usize::from(byte));
        let (header, data) = rest.split_at(length.min(rest.len()));
        let header =
            serde_json::from_slice(header).map_err(|error| Problem::Header(one_line(&error)))?;
        Ok((header, data))
    }
}

impl<'de> Deserialize<'de> for Header {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        json.deserialize_map(Tensors)
    }
}

struct Tensors;

impl<'de> Visitor<'de> for Tensors {
    type Value = Header;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of tensors")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Header, A::Error> {
        let (mut header, mut names) = (Header::default(), HashSet::new());
        while let Some(name) = map.next_key::<String>()? {
            if names.contains(&name) {
                return Err(twice(&name));
            }
            names.insert(name.clone());
            if name == METADATA {
                header.metadata = map.next_value::<Option<Texts>>()?.unwrap_or_default().0;
            } else {
                let Info { dtype, shape, data_offsets } = map.next_value()?;
                header.tensors.push((name, TensorInfo { dtype, shape, data_offsets }));
            }
        }
        Ok(header)
    }
}

/// What the header says of a tensor: each of these once, and no more.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Info {
    dtype: Dtype,
    shape: Vec<usize>,
    data_offsets: (usize, usize),
}

/// The metadata.
#[derive(Default)]
struct Texts(HashMap<String, String>);

impl<'de> Deserialize<'de> for Texts {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        json.deserialize_map(Self::default())
    }
}

impl<'de> Visitor<'de> for Texts {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of texts")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Self, A::Error> {
        while let Some((name, text)) = map.next_entry::<String, String>()? {
            if self.0.contains_key(&name) {
                return Err(twice(&name));
            }
            self.0.insert(name, text);
        }
        Ok(self)
    }
}

fn twice<E: Error>(name: &str) -> E {
    E::custom(format_args!("the name {} stands twice", Quoted(name)))
}
