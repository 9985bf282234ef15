//! The tensors of a safetensors file whose header agrees with the bytes behind it.

use std::collections::HashMap;

use safetensors::SafeTensorError;
use safetensors::tensor::{Metadata, TensorView};

use super::error::Problem;
use super::header::Header;
use crate::io::one_line;

/// Longer headers are refused, as by the format's own crate.
const LONGEST_HEADER: usize = 100_000_000;

/// Tensors by their names.
pub(in crate::io) struct Tensors<'a> {
    /// Sizes and offsets checked: one tensor behind the other, up to the end.
    about: Metadata,
    names: Vec<String>,
    data: &'a [u8],
}

impl<'a> Tensors<'a> {
    /// And the metadata.
    pub(in crate::io) fn parse(
        bytes: &'a [u8],
    ) -> Result<(Self, HashMap<String, String>), Problem> {
        let (Header { mut tensors, metadata }, data) = Header::read(bytes)?;
        if bytes.len() - data.len() > LONGEST_HEADER {
            return Err(layout(SafeTensorError::HeaderTooLarge));
        }
        tensors.sort_by_key(|(_, info)| info.data_offsets);
        let names = tensors.iter().map(|(name, _)| name.clone()).collect();
        let about = Metadata::new(None, tensors).map_err(layout)?;
        if about.data_len() != data.len() {
            return Err(layout(SafeTensorError::MetadataIncompleteBuffer));
        }
        Ok((Self { about, names, data }, metadata))
    }

    /// All names, in the order of their data.
    pub(in crate::io) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// The tensor of that name, if there is one.
    pub(in crate::io) fn find(&self, name: &str) -> Result<Option<TensorView<'a>>, Problem> {
        let Some(info) = self.about.info(name) else { return Ok(None) };
        let (start, end) = info.data_offsets;
        let data = self.data.get(start..end).unwrap_or_default();
        TensorView::new(info.dtype, info.shape.clone(), data).map(Some).map_err(layout)
    }

    /// The tensor of that name, which must be there.
    pub(in crate::io) fn tensor(&self, name: &str) -> Result<TensorView<'a>, Problem> {
        self.find(name)?.ok_or_else(|| Problem::Missing(name.to_owned()))
    }
}

fn layout(error: SafeTensorError) -> Problem {
    Problem::Layout(one_line(&error))
}
