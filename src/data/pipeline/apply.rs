//! Rows to inputs.

use super::coding::{EXPECTED_CODE, UNSEEN, index};
use super::{Column, Missing, Pipeline};
use crate::error::{Error, Result};

impl Pipeline {
    /// Turns samples (one row of raw columns after another) into inputs (n_x of each, in the same
    /// order). In f64; O(n_x) a sample; allocates nothing.
    ///
    /// ```
    /// use shallownet::Standardization;
    /// use shallownet::pipeline::Pipeline;
    ///
    /// let standardization = Standardization { means: vec![170.0], stds: vec![10.0] };
    /// let pipeline =
    ///     Pipeline { standardization: Some(standardization), clip: Some(4.0), ..Pipeline::default() };
    /// let mut inputs = [0.0; 2];
    /// pipeline.apply(&[165.0, 230.0], &mut inputs)?;
    /// assert_eq!(inputs, [-0.5, 4.0]);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Length`] if the inputs are not those of the samples; [`Error::NotFinite`] for an
    /// infinity, and for NaN where a missing value is refused; [`Error::Range`] for a code that is
    /// none. What was written before the error stays written.
    pub fn apply(&self, raw: &[f64], inputs: &mut [f64]) -> Result<()> {
        if self.columns.is_empty() {
            self.copy(raw, inputs)?;
        } else {
            self.encode(raw, inputs)?;
        }
        if let Some(standardization) = &self.standardization {
            standardization.apply(inputs);
        }
        if let Some(clip) = self.clip {
            inputs.iter_mut().for_each(|v| *v = v.clamp(-clip, clip));
        }
        Ok(())
    }

    /// Numbers alone.
    fn copy(&self, raw: &[f64], inputs: &mut [f64]) -> Result<()> {
        check_length(raw.len(), inputs.len())?;
        if let Some(at) = raw.iter().position(|v| !v.is_finite()) {
            return Err(not_finite(at, raw[at]));
        }
        inputs.copy_from_slice(raw);
        if let Some(kind) = &self.inputs {
            kind.apply(inputs);
        }
        Ok(())
    }

    fn encode(&self, raw: &[f64], inputs: &mut [f64]) -> Result<()> {
        let (width, n_x) = (self.columns.len(), self.columns.iter().map(Column::inputs).sum());
        let samples = raw.len() / width;
        if samples * width != raw.len() {
            return Err(Error::NotWholeColumns { len: raw.len(), features: width });
        }
        check_length(samples.saturating_mul(n_x), inputs.len())?;
        let divided_by = self.inputs.map_or(1.0, |inputs| inputs.divided_by);
        let rows = raw.chunks_exact(width).zip(inputs.chunks_exact_mut(n_x.max(1)));
        for (sample, (row, mut rest)) in rows.enumerate() {
            for (k, (column, &value)) in self.columns.iter().zip(row).enumerate() {
                let (into, after) = rest.split_at_mut(column.inputs());
                column.encode(value, divided_by, into).map_err(|problem| match problem {
                    Problem::NotFinite => not_finite(sample * width + k, value),
                    Problem::NoCode => Error::Range {
                        argument: "the code of a category",
                        expected: EXPECTED_CODE,
                        given: value,
                    },
                })?;
                rest = after;
            }
        }
        Ok(())
    }
}

enum Problem {
    NotFinite,
    NoCode,
}

impl Column {
    /// Writes the inputs of one value.
    fn encode(
        &self,
        value: f64,
        divided_by: f64,
        into: &mut [f64],
    ) -> core::result::Result<(), Problem> {
        let is_missing = value.is_nan();
        let filled = match self.missing() {
            Missing::Filled { with, .. } if is_missing => with,
            _ if is_missing => return Err(Problem::NotFinite),
            _ => value,
        };
        let of_value = into.len() - usize::from(self.missing().has_input());
        let (into, told) = into.split_at_mut(of_value);
        told.fill(f64::from(u8::from(is_missing)));
        into.fill(0.0);
        match self {
            Self::Number { .. } => {
                if filled.is_infinite() {
                    return Err(Problem::NotFinite);
                }
                // What takes a missing value's place was learned from divided values.
                into[0] = if is_missing { filled } else { filled / divided_by };
            }
            Self::Category { categories, rare, .. } => {
                let known = categories.len() + rare.len();
                let code = code(filled, known).ok_or(Problem::NoCode)?;
                let (is_binary, is_rare) =
                    (self.is_binary(), code.is_none_or(|c| c >= categories.len()));
                match code {
                    Some(code) if is_binary => into[0] = code as f64,
                    Some(code) if !is_rare => into[code] = 1.0,
                    _ if !rare.is_empty() => into[categories.len()] = 1.0,
                    _ => {}
                }
            }
        }
        Ok(())
    }
}

/// The index that a code is, or none if it is that of an unknown text; `None` if it is no code.
fn code(value: f64, known: usize) -> Option<Option<usize>> {
    if value == UNSEEN {
        return Some(None);
    }
    index(value, known).map(Some)
}

fn check_length(expected: usize, given: usize) -> Result<()> {
    if expected == given {
        return Ok(());
    }
    Err(Error::Length { argument: "inputs", expected, given })
}

fn not_finite(index: usize, value: f64) -> Error {
    Error::NotFinite { argument: "raw", index, value }
}
