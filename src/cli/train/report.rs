//! What is said and drawn of a trained network whose samples are not all in memory.

use std::path::PathBuf;

use shallownet::Scalar;
use shallownet::io::model::Model;

use super::Args;
use super::measured::Measured;
use super::output::{accuracies, costs, draw_all, image_of};
use super::run::NOTHING_CARRIED;
use super::trained::Trained;
use crate::batch::Batch;
use crate::data::Data;
use crate::failure::Failure;
use crate::pictures::{self, Picture, weights};
use crate::results::{NetworkFacts, Results};
use crate::say::Say;
use crate::scores::Score;
use crate::verdict;

/// What was measured of a network.
pub(super) struct Report<'a, T> {
    pub(super) model: Model<T>,
    pub(super) trained: Trained,
    /// The model's file.
    pub(super) file: PathBuf,
    pub(super) train: Measured,
    pub(super) validation: Option<Measured>,
    pub(super) holdout: Option<Measured>,
    pub(super) test: Option<Score>,
    /// Some samples that were trained on, to see what units do.
    pub(super) some: &'a Batch<T>,
}

impl<T: Scalar> Report<'_, T> {
    /// Draws, judges and says it. `boundary` draws the boundary of two features, if it can.
    pub(super) fn tell(
        self,
        args: &Args,
        data: &Data,
        boundary: impl Fn(&Model<T>) -> Result<Option<Picture>, Failure>,
        say: &Say,
    ) -> Result<(), Failure> {
        let mut files = vec![self.file.clone()];
        files.extend(self.pictures(args, data, &|| boundary(&self.model), say));
        self.judge(args, say);
        let net = &self.model.network;
        if !self.train.score.is_good()
            && let Some(note) = verdict::saturated(net, self.some)?
        {
            say.note(format_args!("{note}; try {}", args.against_saturation()));
        }
        let Self { model, trained, train, validation, holdout, test, .. } = self;
        let score = |of: Option<Measured>| of.map(|of| of.score);
        let results = Results {
            data: data.file(),
            network: NetworkFacts::of(&model.network),
            classes: model.classes,
            learning_rate: trained.learning_rate,
            course: trained.course,
            log_targets: model.pipeline.targets.log,
            target_standardization: model.pipeline.targets.standardization,
            train: train.score,
            validation: score(validation),
            holdout: score(holdout),
            test,
            speed: trained.speed,
            files,
        };
        results.say(say);
        Ok(())
    }

    fn pictures(
        &self,
        args: &Args,
        data: &Data,
        boundary: &dyn Fn() -> Result<Option<Picture>, Failure>,
        say: &Say,
    ) -> Vec<PathBuf> {
        let Self { model, trained, .. } = self;
        let image = image_of(model, data);
        let (least_used, set) = match (&self.holdout, &self.validation) {
            (Some(holdout), _) => (holdout, "held-out"),
            (None, Some(validation)) => (validation, "validation"),
            (None, None) => (&self.train, "training"),
        };
        let confusion = || {
            let counts = least_used.confusion(model.classes.len())?;
            counts.map(|counts| pictures::confusion::draw(&model.classes, &counts, set)).transpose()
        };
        draw_all(
            &args.out,
            [
                ("accuracy", &|| accuracies(&trained.points)),
                ("boundary", boundary),
                ("confusion", &confusion),
                ("cost", &|| costs(trained)),
                ("weights", &|| image.map(|size| weights::draw(&model.network, size)).transpose()),
            ],
            say,
        )
    }

    /// Notes what a constant answer does as well, as one process with all samples does.
    fn judge(&self, args: &Args, say: &Say) {
        let classes = &self.model.classes;
        let worse = |of: &Measured, name| verdict::no_better(&of.score, of.actual(), name, classes);
        if let Some(note) = worse(&self.train, "the training samples") {
            return say.note(format_args!("{note}; try {}", args.against_nothing_learned()));
        }
        let (validation, holdout) = (self.validation.as_ref(), self.holdout.as_ref());
        let held = [(validation, "the validation samples"), (holdout, "the samples held out")];
        for (measured, name) in held {
            if let Some(note) = measured.and_then(|measured| worse(measured, name)) {
                say.note(format_args!("{note}: {NOTHING_CARRIED}"));
            }
        }
    }
}
