//! The different texts of a column.

use std::collections::{HashMap, TryReserveError};

use super::labels::copy;
use crate::io::order;

/// Texts, numbered as they were met; for each, its number, if it is one.
#[derive(Debug, Default)]
pub(super) struct Spellings {
    index: HashMap<String, usize>,
    texts: Vec<String>,
    values: Vec<Option<f64>>,
}

impl Spellings {
    pub(super) fn len(&self) -> usize {
        self.texts.len()
    }

    #[inline]
    pub(super) fn find(&self, text: &str) -> Option<usize> {
        self.index.get(text).copied()
    }

    /// The number that this text is.
    #[inline]
    pub(super) fn value(&self, text: usize) -> Option<f64> {
        self.values[text]
    }

    /// Takes up a text that was not met before.
    pub(super) fn meet(
        &mut self,
        text: &str,
        value: Option<f64>,
    ) -> Result<usize, TryReserveError> {
        let number = self.texts.len();
        self.index.try_reserve(1)?;
        self.texts.try_reserve(1)?;
        self.values.try_reserve(1)?;
        self.texts.push(copy(text)?);
        self.values.push(value);
        self.index.insert(copy(text)?, number);
        Ok(number)
    }

    /// The texts in the order of classes, and for each number of a text its place there.
    pub(super) fn in_order(&mut self) -> Result<(Vec<String>, Vec<usize>), TryReserveError> {
        self.index = HashMap::new();
        let order = order::of(&self.texts)?;
        let (mut texts, mut rank) = (Vec::new(), Vec::new());
        texts.try_reserve_exact(order.len())?;
        rank.try_reserve_exact(order.len())?;
        rank.resize(order.len(), 0);
        for (new, &old) in order.iter().enumerate() {
            rank[old] = new;
            texts.push(std::mem::take(&mut self.texts[old]));
        }
        Ok((texts, rank))
    }
}
