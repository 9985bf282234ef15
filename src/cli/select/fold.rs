//! Candidates on folds; and notes on the folds.

use std::ops::ControlFlow;

use rayon::prelude::*;
use shallownet::select::{Candidate, Folds};
use shallownet::{
    Activation, Columns, Error, Network, Parallelism, PredictionWorkspace, Scalar, metrics,
};

use super::args::{Args, ScoreName};
use crate::batch::{Batch, Meaning};
use crate::data::Data;
use crate::failure::Failure;
use crate::network::Defaults;
use crate::prepare::{TargetChoice, constants, note_constants};
use crate::progress;
use crate::say::{Say, listed};
use crate::split::{class_sizes, described};

/// How candidates are trained and scored.
pub(super) struct Fold<'a> {
    pub(super) args: &'a Args,
    pub(super) data: &'a Data,
    pub(super) meaning: Meaning<'a>,
    pub(super) output: Activation,
    pub(super) score: ScoreName,
    pub(super) of_targets: TargetChoice,
}

impl Fold<'_> {
    /// The scores of some trainings, which are numbered candidate after candidate, and for each
    /// candidate fold after fold. None depends on the others, nor on the number of threads; if
    /// several fail, the error is that of the first.
    pub(super) fn scores<T: Scalar>(
        &self,
        candidates: &[Candidate],
        folds: &Folds,
        trainings: &[usize],
        say: &Say,
    ) -> Result<Vec<f64>, Failure> {
        let bar = progress::bar(trainings.len(), "trainings");
        let scores: Vec<Result<f64, Failure>> = self.args.machine.run(say, || {
            let score = |&training: &usize| {
                let (candidate, fold) = (training / folds.count(), training % folds.count());
                let rows: Vec<usize> = folds.train(fold).collect();
                let held: Vec<usize> = folds.validation(fold).collect();
                let score = self.train::<T>(&candidates[candidate], (&rows, &held));
                bar.inc(1);
                score
            };
            trainings.par_iter().map(score).collect()
        })?;
        bar.finish_and_clear();
        scores.into_iter().collect()
    }

    /// Trains on some rows and scores on others; NaN if it diverges. Nothing is learned from the
    /// samples held out, not even their means.
    fn train<T: Scalar>(
        &self,
        candidate: &Candidate,
        (rows, held): (&[usize], &[usize]),
    ) -> Result<f64, Failure> {
        let (args, data) = (self.args, self.data);
        let prepared = args.preparation.fit(data, rows, self.of_targets, None)?;
        let batch = |rows: &[usize]| Batch::<T>::new(data, rows, &prepared, self.meaning);
        let (train, held) = (batch(rows)?, batch(held)?);
        let n_x = prepared.inputs(data.width);
        let builder = candidate.network::<T>(n_x, (self.meaning.outputs(), self.output), args.seed);
        let mut net: Network<T> =
            args.machine.configure(builder).parallelism(Parallelism::Serial).build()?;
        let defaults = Defaults::of(data, args.preparation.plain);
        let training = args.training(defaults, rows.len()).learning_rate(candidate.learning_rate);
        match training.run(&mut net, train.data_set()?, |_| ControlFlow::Continue(())) {
            Err(Error::Diverged { .. }) => return Ok(f64::NAN),
            other => other?,
        };
        let (x, y) = (held.x()?, held.y()?);
        let mut workspace = PredictionWorkspace::new(&net, x.samples())?;
        if self.score == ScoreName::Cost {
            return Ok(net.cost(x, y, &mut workspace)?);
        }
        let mut a = vec![T::ZERO; y.as_slice().len()];
        net.predict(x, &mut a, &mut workspace)?;
        let a = Columns::new(&a, net.outputs())?;
        if self.score == ScoreName::Accuracy {
            return Ok(metrics::accuracy(a, y)?);
        }
        let values = held.turned_back(a.as_slice(), net.loss());
        let values = Columns::new(&values, net.outputs())?;
        Ok(metrics::mean_squared_error(values, held.values()?)?)
    }
}

/// Notes classes that some folds are without, and features that are constant.
pub(super) fn note(args: &Args, data: &Data, folds: &Folds, say: &Say) -> Result<(), Failure> {
    let rows: Vec<usize> = (0..data.len()).collect();
    if !args.learning.regression {
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
    let always = constants(data, &rows)?;
    note_constants(data, &always, "", say);
    for fold in 0..folds.count() {
        let train: Vec<usize> = folds.train(fold).collect();
        let mut constants = constants(data, &train)?;
        constants.retain(|feature| !always.contains(feature));
        let of = format!(" in the samples to train on without fold {}", fold + 1);
        note_constants(data, &constants, &of, say);
    }
    Ok(())
}
