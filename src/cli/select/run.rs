//! The course of the command: the candidates, their trainings, and where the scores go.

use shallownet::select::{Candidate, Folds, Grid};
use shallownet::{Init, Scalar};

use super::args::{Args, ScoreName};
use super::fold::{self, Fold};
use super::merge;
use super::part::{self, Part};
use super::selection::{About, Grounds, Selection};
use super::shard::Shard;
use super::table;
use crate::batch::Meaning;
use crate::choices::Precision;
use crate::data::Data;
use crate::failure::Failure;
use crate::network;
use crate::say::Say;

pub(crate) fn run(args: &Args, say: &Say) -> Result<(), Failure> {
    if !args.merge.is_empty() {
        return merge::run(args, say);
    }
    // Not after hours of training.
    let path = args.shard.zip(args.out.as_deref()).map(|(shard, out)| part::path(out, shard));
    path.as_deref().map(shallownet::io::atomic::check).transpose()?;
    let noted = say.noted().len();
    let data = args.source.training(&args.learning, say)?;
    match args.precision {
        Precision::F32 => select::<f32>(args, &data, noted, say),
        Precision::F64 => select::<f64>(args, &data, noted, say),
    }
}

/// `noted` notes are of the machine, and not of the samples.
fn select<T: Scalar>(args: &Args, data: &Data, noted: usize, say: &Say) -> Result<(), Failure> {
    let course = Course::new(args, data, noted, say)?;
    let Some((shard, out)) = args.shard.zip(args.out.as_deref()) else {
        let scores = course.scores::<T>(Shard::WHOLE, say)?;
        let (selection, about) = (&course.selection, &course.about);
        return table::tell((selection, about), &scores, args.out.as_deref(), say);
    };
    let grounds = course.grounds::<T>()?;
    part::make_folder(out)?;
    let scores = course.scores::<T>(shard, say)?;
    let Course { selection, about, .. } = course;
    Part::new(shard, about, (selection, grounds), &scores).save(out, say)
}

/// A selection, ready for its trainings.
pub(super) struct Course<'a> {
    pub(super) selection: Selection,
    pub(super) about: About,
    candidates: Vec<Candidate>,
    folds: Folds,
    how: Fold<'a>,
}

impl<'a> Course<'a> {
    /// `noted` notes are of the machine, and not of the samples.
    pub(super) fn new(
        args: &'a Args,
        data: &'a Data,
        noted: usize,
        say: &Say,
    ) -> Result<Self, Failure> {
        let score = ScoreName::of(args)?;
        args.source.suspect(data, say);
        let inits: Result<Vec<Init>, String> =
            args.init.iter().map(|i| i.with_scale(None)).collect();
        let grid = Grid::default()
            .activations(args.activation.iter().copied())
            .hidden(args.hidden.iter().map(|hidden| hidden.0.clone()))
            .learning_rates(args.learning_rate.iter().copied())
            .inits(inits.map_err(Failure::Arguments)?);
        let candidates = grid.candidates();
        let meaning = Meaning::of(data);
        let folds = match meaning {
            Meaning::Values { .. } => Folds::new(data.len(), args.folds, args.seed)?,
            Meaning::Classes { of_row, .. } => Folds::stratified(of_row, args.folds, args.seed)?,
        };
        args.shard.map_or(Ok(()), |shard| shard.check(candidates.len(), folds.count()))?;
        fold::note(args, data, &folds, say)?;
        let selection = Selection::new(score, &folds, &candidates);
        let about = About::new(args, data, (score, &folds), say.noted().split_off(noted));
        selection.say_size(&about.data, say);
        let output = network::output(meaning);
        let of_targets = args.preparation.of_targets(output)?;
        let how = Fold { args, data, meaning, output, score, of_targets };
        Ok(Self { selection, about, candidates, folds, how })
    }

    /// What the bits of scores follow from.
    pub(super) fn grounds<T: Scalar>(&self) -> Result<Grounds, Failure> {
        let Fold { args, data, output, of_targets, .. } = self.how;
        Grounds::new::<T>(args, data, &self.folds, (output, of_targets))
    }

    /// The scores of a part's trainings.
    pub(super) fn scores<T: Scalar>(&self, shard: Shard, say: &Say) -> Result<Vec<f64>, Failure> {
        let trainings: Vec<usize> = shard.trainings(self.selection.trainings()).collect();
        self.how.scores::<T>(&self.candidates, &self.folds, &trainings, say)
    }
}
