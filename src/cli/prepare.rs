//! What is done to samples before the network: by options, by what the training samples are.

use shallownet::io::Quoted;
use shallownet::pipeline::{
    Column, Missing, NotTransformable, Pipeline, Preparation, RawColumn, TargetTransform,
    Unprepared,
};
use shallownet::{Activation, Columns, Moments, Standardization};

use crate::choices::given;
use crate::data::{Data, Prepared, Targets, with_room};
use crate::failure::Failure;
use crate::say::{Say, listed};

/// At how many deviations inputs are clipped by default.
const CLIP: f64 = 4.0;

#[derive(Debug, clap::Args)]
pub(crate) struct PreparationArgs {
    /// Give every feature mean 0 and standard deviation 1 (but for features of 0 and 1); the model
    /// remembers how [default: yes, and clipped at 4 deviations; no for IDX bytes, and with --plain]
    #[arg(
        long, value_name = "BOOL", num_args = 0..=1, require_equals = true,
        default_missing_value = "true"
    )]
    pub(crate) standardize: Option<bool>,
    /// What is done to the numbers to be predicted; the model remembers it, and predictions are
    /// turned back. Costs are those of what was learned [default: standardize, unless the output
    /// can't take any value]
    #[arg(long, value_name = "NAME", requires = "regression")]
    pub(crate) target_transform: Option<TargetChoice>,
    /// Where a value is missing (an empty cell, NA, NaN, ?, null): fill it with the median or the
    /// most frequent category of the training samples, or refuse the file
    #[arg(long, value_name = "WHAT", default_value = "fill")]
    pub(crate) missing: MissingChoice,
    /// Categories of fewer training samples than this share one input
    #[arg(long, value_name = "SAMPLES", default_value = "2")]
    pub(crate) rare: usize,
    /// Nothing is chosen by what the data is: features as they are, and the defaults of a first
    /// lecture for all other options
    #[arg(long)]
    pub(crate) plain: bool,
}

#[derive(
    Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MissingChoice {
    Fill,
    Refuse,
}

#[derive(
    Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TargetChoice {
    /// Learn the numbers as they are
    None,
    /// Give them mean 0 and standard deviation 1, and turn predictions back
    Standardize,
    /// The same with their natural logarithms: for numbers above 0 with a long tail
    Log,
}

impl PreparationArgs {
    /// The options that scale features and targets, as far as they are off; `has_data` unless it is
    /// the built-in set.
    pub(crate) fn against_scales(&self, has_data: bool) -> Vec<String> {
        let is_scaled = self.standardize.unwrap_or(has_data && !self.plain);
        let is_raw = self.target_transform == Some(TargetChoice::None);
        let features = (!is_scaled).then_some("--standardize");
        let targets = is_raw.then_some("--target-transform standardize");
        features.into_iter().chain(targets).map(str::to_owned).collect()
    }

    /// The first of these options that was given.
    pub(crate) fn given(&self) -> Option<&'static str> {
        given(&[
            (self.standardize.is_some(), "--standardize"),
            (self.target_transform.is_some(), "--target-transform"),
            (self.missing == MissingChoice::Refuse, "--missing"),
            (self.plain, "--plain"),
        ])
    }

    /// Are the features standardized? Those of the built-in set, and brightness divided by 255, have
    /// a size that suits a network.
    pub(crate) fn is_standardized(&self, data: &Data) -> bool {
        let suits = data.is_divided() || data.is_built_in();
        self.standardize.unwrap_or(!self.plain && !suits)
    }

    /// At how many deviations inputs are clipped.
    pub(crate) fn clip(&self, data: &Data) -> Option<f64> {
        (self.is_standardized(data) && !self.plain).then_some(CLIP)
    }

    pub(crate) fn preparation(&self, data: &Data) -> Preparation {
        let is_standardized = self.is_standardized(data);
        Preparation::plain()
            .standardize(is_standardized)
            .clip(self.clip(data))
            .refuse_missing(self.missing == MissingChoice::Refuse || !data.may_lack_values())
            .rare_below(self.rare)
    }

    /// Is a value put in the place of one that is missing?
    #[cfg(feature = "mpi")]
    pub(crate) fn fills(&self, data: &Data) -> bool {
        self.missing == MissingChoice::Fill && data.may_lack_values()
    }

    /// What is done to the targets: as asked for or, if nothing was, standardization wherever the
    /// output can take any value. `None`: nothing.
    pub(crate) fn of_targets(&self, output: Activation) -> Result<TargetChoice, Failure> {
        let takes_any = matches!(output, Activation::Identity | Activation::LeakyRelu { .. });
        match self.target_transform {
            Some(TargetChoice::None) => Ok(TargetChoice::None),
            Some(asked) if !takes_any => {
                let name = if asked == TargetChoice::Log { "log" } else { "standardize" };
                Err(Failure::Arguments(format!(
                    "--target-transform {name}: standardized targets are of either sign and any \
                     size, and the output {} is not: expected --output identity or \
                     --target-transform none",
                    output.name()
                )))
            }
            Some(asked) => Ok(asked),
            None if takes_any => Ok(TargetChoice::Standardize),
            None => Ok(TargetChoice::None),
        }
    }

    /// Learns from the samples in `rows`, and says what should be known of them.
    pub(crate) fn fit(
        &self,
        data: &Data,
        rows: &[usize],
        targets: TargetChoice,
        say: Option<&Say>,
    ) -> Result<Prepared, Failure> {
        self.fit_in_parts(data, (rows, 1), targets, say)
    }

    /// The same, of samples in so many shards.
    pub(crate) fn fit_in_parts(
        &self,
        data: &Data,
        (rows, parts): (&[usize], usize),
        targets: TargetChoice,
        say: Option<&Say>,
    ) -> Result<Prepared, Failure> {
        let raw = data.gather(rows)?;
        let columns = Columns::new(&raw, data.width)?;
        let fitted = self.preparation(data).parts(parts).fit(columns, &data.kinds);
        let mut pipeline = fitted.map_err(|why| refused(data, rows, why))?;
        pipeline.targets = of_targets(data, rows, targets, say)?;
        if let Some(say) = say {
            // Not for images, which have many and are not told of them.
            if data.image.is_none() {
                let constants = Standardization::constants(&raw, data.width);
                note_constants(data, &constants, "", say);
            }
            note_held_out(data, &pipeline, say);
        }
        Ok(Prepared::new(pipeline, &data.kinds))
    }
}

/// Of features whose moments are known, as a preparation learns it from samples.
pub(crate) fn standardization_of(features: &[Moments]) -> Result<Standardization, Unprepared> {
    let mut standardization = Standardization { means: Vec::new(), stds: Vec::new() };
    for (column, moments) in features.iter().enumerate() {
        // Features of 0 and 1 have a size that suits a network.
        let (mean, std) = match moments.is_binary() {
            true => (0.0, 1.0),
            false => moments.mean_and_std().ok_or(Unprepared::NotStandardizable { column })?,
        };
        standardization.means.push(mean);
        standardization.stds.push(std);
    }
    Ok(standardization)
}

/// Notes categories that only samples held out have.
pub(crate) fn note_unseen(data: &Data, (k, column): (usize, &Column), say: &Say) {
    let Some(RawColumn::Category(texts)) = data.kinds.get(k) else { return };
    let known = |text: &&String| column.texts().any(|known| known == **text);
    let unseen: Vec<String> =
        texts.iter().filter(|text| !known(text)).map(|text| Quoted(text).to_string()).collect();
    if unseen.is_empty() {
        return;
    }
    let has_rare = matches!(column, Column::Category { rare, .. } if !rare.is_empty());
    let taken = if has_rare { "rare" } else { "none of the others" };
    say.note(format_args!(
        "{}: no sample trained on is {}: held-out ones count as {taken}",
        data.feature(k),
        listed(&unseen)
    ));
}

/// Notes what is in samples held out alone: categories, and columns that lack values.
fn note_held_out(data: &Data, pipeline: &Pipeline, say: &Say) {
    for (k, column) in pipeline.columns.iter().enumerate() {
        note_unseen(data, (k, column), say);
        let lacks = || (0..data.len()).filter(|&row| data.row(row)[k].is_nan()).count();
        if let Missing::Filled { has_input: false, .. } = column.missing()
            && lacks() > 0
        {
            say.note(format_args!(
                "{}: values are missing in held-out samples alone ({})",
                data.feature(k),
                lacks()
            ));
        }
    }
}

pub(crate) fn refused(data: &Data, rows: &[usize], why: Unprepared) -> Failure {
    let at = |row: usize, column: usize, problem: &str| Failure::Cell {
        place: data.place(row, column),
        problem: problem.to_owned(),
    };
    match why {
        Unprepared::Missing { sample, column } => {
            at(rows[sample], column, "the value is missing, and --missing refuse wants none")
        }
        Unprepared::Empty { column } => {
            at(rows[0], column, "every value of this column is missing: --ignore leaves it out")
        }
        Unprepared::NotStandardizable { column } => {
            at(rows[0], column, "the values of this column are too large to be standardized")
        }
        other => Failure::Arguments(other.to_string()),
    }
}

/// What the targets of the rows to learn from become; nothing for classes.
pub(crate) fn of_targets(
    data: &Data,
    rows: &[usize],
    choice: TargetChoice,
    say: Option<&Say>,
) -> Result<TargetTransform, Failure> {
    let Targets::Values { y, n_y } = &data.targets else {
        return Ok(TargetTransform::default());
    };
    if choice == TargetChoice::None {
        return Ok(TargetTransform::default());
    }
    let row = |row: &usize| &y[row * n_y..(row + 1) * n_y];
    let mut of_rows = with_room(rows.len().saturating_mul(*n_y))?;
    rows.iter().for_each(|at| of_rows.extend_from_slice(row(at)));
    let log = choice == TargetChoice::Log;
    let transform = TargetTransform::fit(&of_rows, *n_y, log).map_err(|refused| {
        let (row, problem) = match refused {
            NotTransformable::NotPositive { index, value } => (
                rows[index / n_y],
                format!("{value} has no logarithm, as --target-transform log needs it"),
            ),
            NotTransformable::NotStandardizable { .. } => (
                rows[0],
                "the targets are too large to be standardized (--target-transform none)".to_owned(),
            ),
            other => (rows[0], other.to_string()),
        };
        Failure::Cell { place: data.label_place(row), problem }
    })?;
    for k in Standardization::constants(&of_rows, *n_y) {
        let Some(say) = say else { break };
        let target = match (&data.label_name, n_y) {
            (Some(name), _) => format!("target {name:?}"),
            (None, 1) => "target".to_owned(),
            (None, _) => format!("target {}", k + 1),
        };
        let value = of_rows[k];
        say.note(format_args!("the {target} is {value} in every sample trained on"));
    }
    Ok(transform)
}

/// The raw columns that are the same in all rows, none of them missing.
pub(crate) fn constants(data: &Data, rows: &[usize]) -> Result<Vec<usize>, Failure> {
    Ok(Standardization::constants(&data.gather(rows)?, data.width))
}

/// In images constant features, such as dark corners, are common and not noted.
pub(crate) fn note_constants(data: &Data, constants: &[usize], of: &str, say: &Say) {
    if constants.is_empty() || data.image.is_some() {
        return;
    }
    let names: Vec<String> = constants.iter().map(|&k| data.feature(k)).collect();
    let are = if names.len() == 1 { "is" } else { "are" };
    say.note(format_args!("{} {are} constant{of}: nothing can be learned from it", listed(&names)));
}
