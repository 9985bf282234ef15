//! What `train` leaves behind: the model and the pictures.

use std::path::{Path, PathBuf};

use shallownet::io::model::{self, Model};
use shallownet::io::population::{self, Ensemble};
use shallownet::metrics::Confusion;
use shallownet::{Population, Scalar};

use super::files::{ENSEMBLE, MODEL};
use super::sets::Sets;
use super::trained::Trained;
use crate::data::Data;
use crate::failure::Failure;
use crate::pictures::{self, Picture, curve, weights};
use crate::rescue;
use crate::results::{Course, Point};
use crate::say::Say;
use crate::scores;

/// Saves the model. If it can't be saved to its place, saves it elsewhere and returns an error.
pub(super) fn save<T: Scalar>(out: &Path, model: &Model<T>, say: &Say) -> Result<PathBuf, Failure> {
    let path = out.join(MODEL);
    let write = |path: &Path| model::save(path, model);
    if let Err(failure) = rescue::write(&path, write) {
        rescue::elsewhere(&path, write, say);
        return Err(failure);
    }
    Ok(path)
}

/// Saves the networks of an ensemble likewise.
pub(super) fn save_ensemble<T: Scalar>(
    out: &Path,
    ensemble: &Ensemble<T>,
    say: &Say,
) -> Result<PathBuf, Failure> {
    let path = out.join(ENSEMBLE);
    let write = |path: &Path| population::save(path, ensemble);
    if let Err(failure) = rescue::write(&path, write) {
        rescue::elsewhere(&path, write, say);
        return Err(failure);
    }
    Ok(path)
}

/// Saves an ensemble whose mean could not be made: hours of training must not be lost with it.
pub(super) fn without_mean<T: Scalar>(
    out: &Path,
    ensemble: &Ensemble<T>,
    problem: Failure,
    say: &Say,
) -> Failure {
    match save_ensemble(out, ensemble, say) {
        Ok(path) => {
            let (model, problem) = (path.display().to_string(), Box::new(problem));
            Failure::AfterModel { model, problem }
        }
        Err(failure) => failure,
    }
}

/// Networks of which all that is known is known of the model, which is their mean or one of them.
pub(super) fn ensemble_of<T: Scalar>(model: &Model<T>, population: Population<T>) -> Ensemble<T> {
    let mut ensemble = Ensemble::new(population);
    ensemble.pipeline.clone_from(&model.pipeline);
    ensemble.classes.clone_from(&model.classes);
    ensemble.label.clone_from(&model.label);
    ensemble.training = model.training;
    ensemble
}

/// Draws and writes each picture that there is data for. One that fails is only a note, since the
/// model is saved.
pub(super) fn pictures<T: Scalar>(
    out: &Path,
    model: &Model<T>,
    data: &Data,
    sets: &Sets<T>,
    trained: &Trained,
    say: &Say,
) -> Vec<PathBuf> {
    let is_descent = matches!(trained.course, Course::Iterations { .. });
    let image = image_of(model, data);
    draw_all(
        out,
        [
            ("accuracy", &|| accuracies(&trained.points)),
            ("boundary", &|| pictures::boundary::draw(model, data, &sets.rows.train)),
            ("confusion", &|| if is_descent { Ok(None) } else { confusion(model, sets) }),
            ("cost", &|| costs(trained)),
            ("weights", &|| image.map(|size| weights::draw(&model.network, size)).transpose()),
        ],
        say,
    )
}

/// Width and height of the samples, if they are images that the network sees whole.
pub(super) fn image_of<T: Scalar>(model: &Model<T>, data: &Data) -> Option<(usize, usize)> {
    data.image.filter(|&(width, height)| width * height == model.network.inputs())
}

/// The cost after each epoch or iteration.
pub(super) fn costs(trained: &Trained) -> Result<Option<Picture>, Failure> {
    match &trained.costs[..] {
        [] => epochs(&trained.points),
        costs => curve::cost(costs).map(Some),
    }
}

/// Draws a picture, if there is anything to draw.
pub(super) type Draw<'a> = &'a dyn Fn() -> Result<Option<Picture>, Failure>;

/// Draws and writes pictures by their names.
pub(super) fn draw_all(
    out: &Path,
    drawings: [(&'static str, Draw<'_>); 5],
    say: &Say,
) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for (name, draw) in drawings {
        let drawn = pictures::attempt(name, draw);
        if !matches!(drawn, Ok(Some(_))) {
            // Pictures of an earlier run show another network.
            Picture::remove(out, name);
        }
        let written = drawn.and_then(|drawn| drawn.map(|p| p.save(out, name)).transpose());
        match written {
            Ok(written) => files.extend(written.into_iter().flatten()),
            Err(failure) => say.note(format_args!("no new picture {name}: {failure}")),
        }
    }
    files
}

/// Drawn for the set that training used least.
fn confusion<T: Scalar>(model: &Model<T>, sets: &Sets<T>) -> Result<Option<Picture>, Failure> {
    let held =
        [(&sets.test, "test"), (&sets.holdout, "held-out"), (&sets.validation, "validation")];
    let (batch, name) = held
        .into_iter()
        .find_map(|(batch, name)| batch.as_ref().map(|batch| (batch, name)))
        .unwrap_or((&sets.train, "training"));
    if batch.classes.is_empty() {
        return Ok(None);
    }
    let predicted = scores::classes(&model.network, batch.x()?.as_slice())?;
    let counts = Confusion::from_classes(&predicted, &batch.classes, model.classes.len())?;
    pictures::confusion::draw(&model.classes, &counts, name).map(Some)
}

pub(super) fn epochs(points: &[Point]) -> Result<Option<Picture>, Failure> {
    let cost = |p: &Point| Some(p.training_cost);
    curve::epochs("Cost while training", "cost J", points, (&cost, &|p| p.validation_cost))
}

pub(super) fn accuracies(points: &[Point]) -> Result<Option<Picture>, Failure> {
    let percent = |v: Option<f64>| v.map(|v| 100.0 * v);
    curve::epochs(
        "Accuracy while training",
        "accuracy in %",
        points,
        (&|p| percent(p.training_accuracy), &|p| percent(p.validation_accuracy)),
    )
}
