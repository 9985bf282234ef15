//! What a pipeline learns from the training samples.

use super::coding::{EXPECTED_CODE, index};
use super::{Column, Missing, Pipeline, UNSEEN};
use crate::data::columns::Columns;
use crate::data::moments::Moments;
use crate::data::standardization::Standardization;
use crate::error::{Error, Result};

/// What a raw column of a table holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RawColumn {
    /// Numbers, NaN where one is missing.
    Number,
    /// Codes: indices into this list of texts; NaN where one is missing, -1 for any other text.
    Category(Vec<String>),
}

/// How raw columns are to be prepared for a network: what a [`Pipeline`] is learned by.
///
/// ```
/// use shallownet::Columns;
/// use shallownet::pipeline::{Preparation, RawColumn};
///
/// let raw = [1.0, 2.0, 3.0, 1000.0];
/// let pipeline = Preparation::new().fit(Columns::new(&raw, 1)?, &[RawColumn::Number])?;
/// assert_eq!(pipeline.standardization.unwrap().means, [251.5]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Preparation {
    standardize: bool,
    clip: Option<f64>,
    refuse_missing: bool,
    rare_below: usize,
    parts: usize,
}

/// Up to this many categories keep their inputs though all are rare.
const FEW: usize = 10;

/// Why columns could not be prepared.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Unprepared {
    /// A value is missing, and that is refused.
    #[error("sample {sample}, column {column}: the value is missing")]
    Missing {
        /// The sample, from 0.
        sample: usize,
        /// The raw column, from 0.
        column: usize,
    },
    /// A column without a single value.
    #[error("column {column}: every value is missing")]
    Empty {
        /// The raw column, from 0.
        column: usize,
    },
    /// A column without a finite mean and standard deviation.
    #[error("column {column}: its values are too large to be standardized, or not finite")]
    NotStandardizable {
        /// The raw column, from 0.
        column: usize,
    },
    /// Samples that do not fit the columns, or hold no code where one should be.
    #[error(transparent)]
    Refused(#[from] Error),
}

impl Default for Preparation {
    fn default() -> Self {
        Self::new()
    }
}

impl Preparation {
    /// Standardized inputs, clipped at 4 deviations, but for those that are 0 and 1; missing values
    /// filled; categories of fewer than 2 training samples are rare.
    pub fn new() -> Self {
        Self { standardize: true, clip: Some(4.0), refuse_missing: false, rare_below: 2, parts: 1 }
    }

    /// Nothing but what must be: categories become inputs, missing values are filled.
    pub fn plain() -> Self {
        Self { standardize: false, clip: None, ..Self::new() }
    }

    /// Whether inputs get mean 0 and standard deviation 1.
    pub fn standardize(self, standardize: bool) -> Self {
        Self { standardize, ..self }
    }

    /// At how many standard deviations inputs are clipped; `None`: nowhere.
    pub fn clip(self, clip: Option<f64>) -> Self {
        Self { clip, ..self }
    }

    /// Whether missing values are an error.
    pub fn refuse_missing(self, refuse: bool) -> Self {
        Self { refuse_missing: refuse, ..self }
    }

    /// Categories of fewer training samples than this share one input (unless all are rare, and ten
    /// or less). 0 and 1: none does.
    pub fn rare_below(self, samples: usize) -> Self {
        Self { rare_below: samples, ..self }
    }

    /// Into how many stretches the samples are cut, as long as each other or one longer, whose
    /// [`Moments`] are added up: as many as shards, and means and deviations have the bits that ranks
    /// come to, each with its own samples. 0 and 1: all samples are one.
    pub fn parts(self, parts: usize) -> Self {
        Self { parts: parts.max(1), ..self }
    }

    /// Learns from the training samples, one row of raw columns each, already divided if they are
    /// to be: medians and means of numbers, the categories that occur and which is the most
    /// frequent. Another input tells where a value was missing, if any was. O(values log values).
    ///
    /// An input whose values are 0 and 1 alone is not standardized: it has a size that suits a
    /// network, and a rare 1 would become large.
    ///
    /// The codes of the pipeline are other ones than those of `kinds`: [`Pipeline::coding`].
    ///
    /// # Errors
    /// [`Unprepared`].
    pub fn fit(
        &self,
        raw: Columns<'_, f64>,
        kinds: &[RawColumn],
    ) -> std::result::Result<Pipeline, Unprepared> {
        let (expected, given) = (kinds.len(), raw.features());
        if expected != given {
            return Err(Error::Features { argument: "raw", expected, given }.into());
        }
        if raw.samples() == 0 {
            return Err(Error::EmptyBatch { argument: "raw" }.into());
        }
        let mut pipeline = Pipeline::default();
        // Plain numbers need no columns. One pass in the order of memory finds them.
        let are_plain = self.refuse_missing
            && kinds.iter().all(|kind| *kind == RawColumn::Number)
            && raw.as_slice().iter().all(|v| v.is_finite());
        if !are_plain {
            for (k, kind) in kinds.iter().enumerate() {
                pipeline.columns.push(self.column(raw, k, kind)?);
            }
        }
        if self.standardize {
            pipeline.standardization = Some(standardization(raw, kinds, (&pipeline, self.parts))?);
            pipeline.clip = self.clip;
        }
        Ok(pipeline)
    }

    /// The column that [`fit`](Self::fit) makes of a column of categories: `counts` says how many
    /// training samples have each of `texts` (a count that is lacking is 0), and whether any of them lacks
    /// a value. `None` if no sample has any. For samples that lie in several places.
    ///
    /// ```
    /// use shallownet::pipeline::{Column, Preparation};
    ///
    /// let texts = ["blue", "green", "red"].map(str::to_owned);
    /// let column = Preparation::new().rare_below(2).fit_category(&texts, &[3, 0, 5], false).unwrap();
    /// let Column::Category { categories, .. } = column else { panic!() };
    /// assert_eq!(categories, ["blue", "red"]);
    /// ```
    pub fn fit_category(&self, texts: &[String], counts: &[usize], lacks: bool) -> Option<Column> {
        let count = |code: usize| counts.get(code).copied().unwrap_or(0);
        let occur = || (0..texts.len()).filter(|&code| count(code) > 0);
        let (mut rare, mut order): (Vec<_>, Vec<_>) =
            occur().partition(|&code| count(code) < self.rare_below);
        if order.is_empty() && rare.len() <= FEW {
            // In so few samples nothing is frequent.
            order = std::mem::take(&mut rare);
        }
        if order.is_empty() && rare.is_empty() {
            return None;
        }
        // The first of equals.
        let most = (0..order.len()).rev().max_by_key(|&at| count(order[at])).unwrap_or(0);
        let missing = match self.refuse_missing {
            true => Missing::Refused,
            false => Missing::Filled { with: most as f64, has_input: lacks },
        };
        let named = |codes: Vec<usize>| codes.into_iter().map(|c| texts[c].clone()).collect();
        Some(Column::Category { categories: named(order), rare: named(rare), missing })
    }

    fn column(
        &self,
        raw: Columns<'_, f64>,
        k: usize,
        kind: &RawColumn,
    ) -> std::result::Result<Column, Unprepared> {
        let mut values = room(raw.samples())?;
        values.extend(column(raw, k));
        let first_missing = values.iter().position(|v| v.is_nan());
        if let (true, Some(sample)) = (self.refuse_missing, first_missing) {
            return Err(Unprepared::Missing { sample, column: k });
        }
        values.retain(|v| !v.is_nan());
        if values.is_empty() {
            return Err(Unprepared::Empty { column: k });
        }
        let has_input = first_missing.is_some();
        let missing = |with| {
            if self.refuse_missing { Missing::Refused } else { Missing::Filled { with, has_input } }
        };
        match kind {
            RawColumn::Number => {
                if values.iter().any(|v| v.is_infinite()) {
                    return Err(Unprepared::NotStandardizable { column: k });
                }
                Ok(Column::Number { missing: missing(median(&mut values)) })
            }
            RawColumn::Category(texts) => {
                let counts = counts(&values, texts.len())?;
                self.fit_category(texts, &counts, has_input).ok_or(Unprepared::Empty { column: k })
            }
        }
    }
}

fn column(raw: Columns<'_, f64>, k: usize) -> impl Iterator<Item = f64> {
    raw.as_slice().iter().skip(k).step_by(raw.features()).copied()
}

/// An empty vector for so many values.
fn room(values: usize) -> Result<Vec<f64>> {
    let (mut room, what) = (Vec::new(), "a column of the samples");
    let bytes = values.saturating_mul(size_of::<f64>());
    room.try_reserve_exact(values).map_err(|_| Error::OutOfMemory { what, bytes })?;
    Ok(room)
}

/// The middle number, or the mean of the two in the middle.
fn median(values: &mut [f64]) -> f64 {
    let is_odd = values.len() % 2 == 1;
    let (below, &mut high, _) = values.select_nth_unstable_by(values.len() / 2, f64::total_cmp);
    let below = below.iter().copied().max_by(f64::total_cmp);
    let low = below.filter(|_| !is_odd).unwrap_or(high);
    // Not half their sum, which could overflow.
    if low == high { low } else { low / 2.0 + high / 2.0 }
}

/// How many samples have each code.
fn counts(values: &[f64], texts: usize) -> Result<Vec<usize>> {
    let mut counts = vec![0; texts];
    for &value in values.iter().filter(|v| **v != UNSEEN) {
        let Some(at) = index(value, texts) else {
            return Err(Error::Range {
                argument: "the code of a category",
                expected: EXPECTED_CODE,
                given: value,
            });
        };
        counts[at] += 1;
    }
    Ok(counts)
}

/// Means and deviations of the inputs, but for those that are 0 and 1.
fn standardization(
    raw: Columns<'_, f64>,
    kinds: &[RawColumn],
    (pipeline, parts): (&Pipeline, usize),
) -> std::result::Result<Standardization, Unprepared> {
    let n_x = pipeline.inputs_of(kinds.len()).start;
    let mut standardization = Standardization { means: vec![0.0; n_x], stds: vec![1.0; n_x] };
    let mut values = room(raw.samples())?;
    for k in (0..kinds.len()).filter(|&k| kinds[k] == RawColumn::Number) {
        let input = pipeline.inputs_of(k).start;
        let fill = match pipeline.columns.get(k).map(Column::missing) {
            Some(Missing::Filled { with, .. }) => with,
            _ => f64::NAN,
        };
        values.clear();
        values.extend(column(raw, k).map(|v| if v.is_nan() { fill } else { v }));
        let border = |part: usize| (values.len() as u128 * part as u128 / parts as u128) as usize;
        let of = |k: usize| Moments::of_column(values[border(k)..border(k + 1)].iter().copied());
        let moments = match parts {
            1 => of(0),
            _ => Moments::together(&(0..parts).map(of).collect::<Vec<_>>()),
        };
        if moments.is_binary() {
            continue;
        }
        let found = moments.mean_and_std().ok_or(Unprepared::NotStandardizable { column: k })?;
        (standardization.means[input], standardization.stds[input]) = found;
    }
    Ok(standardization)
}
