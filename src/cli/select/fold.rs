//! One candidate on one fold; and notes on the folds.

use std::ops::ControlFlow;

use shallownet::select::{Candidate, Folds, Split};
use shallownet::{
    Activation, Columns, DataSet, Error, Network, Parallelism, PredictionWorkspace, Scalar,
    Training, metrics,
};
use shallownet::{NotStandardizable, Standardization};

use super::args::{Args, ScoreName};
use crate::batch::{note_constants, turned_back};
use crate::data::Data;
use crate::failure::Failure;
use crate::say::{Say, listed};
use crate::split::{class_sizes, described};

/// How candidates are trained and scored.
pub(super) struct Fold<'a> {
    pub(super) args: &'a Args,
    pub(super) output: Activation,
    pub(super) score: ScoreName,
    /// The targets are, if they are values.
    pub(super) is_standardized: bool,
}

/// Samples to train on and samples held out.
type Parts<T> = [Vec<T>; 2];

impl Fold<'_> {
    /// Trains and scores; NaN if it diverges.
    pub(super) fn train<T: Scalar>(
        &self,
        candidate: &Candidate,
        split: &Split<f64>,
    ) -> Result<f64, Failure> {
        let args = self.args;
        let (x, held_x) = (split.train_x(), split.validation_x());
        let (y, held_y) = (split.train_y(), split.validation_y());
        let (n_x, n_y) = (x.features(), y.features());
        let are_values = args.regression && self.is_standardized;
        let ([x, held_x], _) = parts::<T>(x, held_x, args.standardize, "--standardize")?;
        let ([y, own_y], of_targets) =
            parts::<T>(y, held_y, are_values, "--target-transform standardize")?;
        let (x, held_x) = (Columns::new(&x, n_x)?, Columns::new(&held_x, n_x)?);
        let (y, own_y) = (Columns::new(&y, n_y)?, Columns::new(&own_y, n_y)?);
        let builder = candidate.network::<T>(n_x, (n_y, self.output), args.seed);
        let mut net: Network<T> =
            args.machine.configure(builder).parallelism(Parallelism::Serial).build()?;
        let training = Training::new(args.epochs.get(), args.batch.get())
            .optimizer(args.optimizer)
            .learning_rate(candidate.learning_rate)
            .seed(args.seed);
        match training.run(&mut net, DataSet::new(x, y), |_| ControlFlow::Continue(())) {
            Err(Error::Diverged { .. }) => return Ok(f64::NAN),
            other => other?,
        };
        let mut workspace = PredictionWorkspace::new(&net, held_x.samples())?;
        if self.score == ScoreName::Cost {
            return Ok(net.cost(held_x, own_y, &mut workspace)?);
        }
        let mut a = vec![T::ZERO; own_y.as_slice().len()];
        net.predict(held_x, &mut a, &mut workspace)?;
        if self.score == ScoreName::Accuracy {
            return Ok(metrics::accuracy(Columns::new(&a, n_y)?, own_y)?);
        }
        let a = turned_back(&a, of_targets.as_ref());
        Ok(metrics::mean_squared_error(Columns::new(&a, n_y)?, held_y)?)
    }
}

/// Nothing may be learned from the samples held out, not even their means.
fn parts<T: Scalar>(
    train: Columns<'_, f64>,
    held: Columns<'_, f64>,
    is_standardized: bool,
    option: &str,
) -> Result<(Parts<T>, Option<Standardization>), Failure> {
    let mut parts = [train.as_slice().to_vec(), held.as_slice().to_vec()];
    let mut standardization = None;
    if is_standardized {
        let features = train.features();
        let found = Standardization::of(&parts[0], features);
        let found = found.map_err(|NotStandardizable { feature }| {
            let k = feature + 1;
            Failure::Arguments(format!(
                "{option}: column {k} of {features} has values that are too large"
            ))
        })?;
        parts.iter_mut().for_each(|part| found.apply(part));
        standardization = Some(found);
    }
    let narrow = |part: Vec<f64>| part.into_iter().map(T::from_f64).collect();
    Ok((parts.map(narrow), standardization))
}

/// Notes classes that some folds are without, and features that are constant where they are
/// standardized.
pub(super) fn note(args: &Args, data: &Data, folds: &Folds, say: &Say) -> Result<(), Failure> {
    let rows: Vec<usize> = (0..data.len()).collect();
    if !args.regression {
        let sizes = class_sizes(data, &rows).into_iter().enumerate();
        let small: Vec<String> = sizes
            .filter(|&(_, size)| size < folds.count())
            .map(|(class, size)| described(data, class, size))
            .collect();
        if !small.is_empty() {
            let classes = if small.len() == 1 { "class" } else { "classes" };
            say.note(format_args!(
                "fewer samples than the {} folds, some of which are without: {classes} {}",
                folds.count(),
                listed(&small)
            ));
        }
    }
    if !args.standardize {
        return Ok(());
    }
    let always = Standardization::constants(&data.gather(&rows)?, data.n_x);
    note_constants(data, &always, "", say);
    for fold in 0..folds.count() {
        let train: Vec<usize> = folds.train(fold).collect();
        let mut constants = Standardization::constants(&data.gather(&train)?, data.n_x);
        constants.retain(|feature| !always.contains(feature));
        let of = format!(" in the samples to train on without fold {}", fold + 1);
        note_constants(data, &constants, &of, say);
    }
    Ok(())
}
