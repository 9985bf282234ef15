//! A number that tells samples from other samples.

use std::borrow::Cow;

use shallownet::{Columns, DataSet, Error, Fingerprint};

use super::room::with_room;
use super::samples::{Data, Targets};

impl Data {
    /// It follows from all that a network learns from, as it was read: values, targets, weights,
    /// texts and names; not from where the file lies. The same within a version of the program.
    pub(crate) fn fingerprint(&self) -> Result<Fingerprint, Error> {
        let (y, n_y): (Cow<'_, [f64]>, usize) = match &self.targets {
            Targets::Values { y, n_y } => (y.into(), *n_y),
            _ => {
                let of_row = &self.labels().of_row;
                let mut y = with_room(of_row.len())?;
                y.extend(of_row.iter().map(|&class| class as f64));
                (y.into(), 1)
            }
        };
        let classes = &self.labels().classes;
        let names = format!("{:?}", (&self.feature_names, &self.label_name, &self.kinds, classes));
        let mut texts = with_room(names.len())?;
        texts.extend(names.bytes().map(f64::from));
        let texts = Columns::new(&texts, 1)?;
        // A fingerprint is of any columns: in the place of validation samples are the texts.
        let set = DataSet::new(Columns::new(&self.raw, self.width)?, Columns::new(&y, n_y)?);
        let set = if self.weights.is_empty() { set } else { set.weights(&self.weights) };
        Ok(set.validation(texts, texts).fingerprint())
    }
}
