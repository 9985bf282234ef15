//! The codes of categories, and the way from one list of texts to another.

use std::collections::HashMap;

use super::{Pipeline, RawColumn};

/// The code of a text that is none of a column's categories.
pub(super) const UNSEEN: f64 = -1.0;

pub(super) const EXPECTED_CODE: &str =
    "the index of one, -1 if it is unknown, or NaN if it is missing";

/// From the codes of some lists of texts to those of a pipeline.
#[derive(Debug, Clone, PartialEq)]
pub struct Coding {
    /// Of every raw column of categories, the pipeline's code of each text.
    codes: Vec<Option<Vec<f64>>>,
}

impl Pipeline {
    /// How rows whose codes are those of `kinds` become rows of this pipeline's codes.
    ///
    /// ```
    /// use shallownet::Columns;
    /// use shallownet::pipeline::{Preparation, RawColumn};
    ///
    /// let kinds = [RawColumn::Category(["a", "b", "c"].map(str::to_owned).to_vec())];
    /// let raw = [2.0, 1.0, 2.0, 1.0];
    /// let pipeline = Preparation::new().fit(Columns::new(&raw, 1)?, &kinds)?;
    /// let mut row = [2.0];
    /// pipeline.coding(&kinds).apply(&mut row);
    /// // The training samples have no "a".
    /// assert_eq!((row[0], pipeline.code(0, "c"), pipeline.code(0, "a")), (1.0, 1.0, -1.0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn coding(&self, kinds: &[RawColumn]) -> Coding {
        let of = |(k, kind): (usize, &RawColumn)| match kind {
            RawColumn::Number => None,
            RawColumn::Category(texts) => {
                let known: HashMap<&str, usize> =
                    self.columns.get(k)?.texts().enumerate().map(|(code, t)| (t, code)).collect();
                let code = |text: &String| known.get(&text[..]).map_or(UNSEEN, |&c| c as f64);
                Some(texts.iter().map(code).collect())
            }
        };
        Coding { codes: kinds.iter().enumerate().map(of).collect() }
    }
}

impl Coding {
    /// Replaces the codes of a row, in place; a code that is none becomes that of an unknown text.
    pub fn apply(&self, row: &mut [f64]) {
        for (value, codes) in row.iter_mut().zip(&self.codes) {
            if let Some(codes) = codes
                && !value.is_nan()
            {
                *value = index(*value, codes.len()).map_or(UNSEEN, |at| codes[at]);
            }
        }
    }
}

/// The index below `known` that a value is.
pub(super) fn index(value: f64, known: usize) -> Option<usize> {
    let at = value as usize;
    (at as f64 == value && at < known).then_some(at)
}
