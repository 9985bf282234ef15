//! What `train` leaves behind: the model and the pictures.

use std::path::{Path, PathBuf};

use shallownet::Scalar;
use shallownet::io::atomic;
use shallownet::io::model::{self, Model};

use super::Sets;
use super::epochs::Point;
use crate::data::Data;
use crate::failure::Failure;
use crate::pictures::{self, Picture, curve, weights};
use crate::results::{Course, Speed};
use crate::scores;

/// What training left besides the parameters.
#[derive(Debug)]
pub(crate) struct Trained {
    pub(crate) learning_rate: f64,
    pub(crate) course: Course,
    pub(crate) speed: Speed,
    /// Full batches: (iteration, cost before it), and at the end the cost after the last.
    pub(crate) costs: Vec<(usize, f64)>,
    /// Mini-batches: each epoch.
    pub(crate) points: Vec<Point>,
}

/// Draws everything, then writes everything.
pub(super) fn write<T: Scalar>(
    out: &Path,
    model: &Model<T>,
    data: &Data,
    sets: &Sets<T>,
    trained: &Trained,
) -> Result<Vec<PathBuf>, Failure> {
    let is_by_epochs = trained.costs.is_empty();
    let confusion = if is_by_epochs { confusion(model, sets)? } else { None };
    let cost = if is_by_epochs {
        epochs(&trained.points)?
    } else {
        curve::cost(&trained.costs).map(Some)?
    };
    let weights = match data.image {
        Some(size) => Some(weights::draw(&model.network, size)?),
        None => None,
    };
    let pictures = [
        ("accuracy", accuracies(&trained.points)?),
        ("boundary", pictures::boundary::draw(model, data, &sets.rows)?),
        ("confusion", confusion),
        ("cost", cost),
        ("weights", weights),
    ];
    std::fs::create_dir_all(out)
        .map_err(|source| atomic::WriteError { file: out.display().to_string(), source })?;
    let path = out.join("model.safetensors");
    model::save(&path, model)?;
    let mut files = vec![path];
    for (name, picture) in &pictures {
        match picture {
            Some(picture) => files.extend(picture.save(out, name)?),
            // An earlier run's would be of another network.
            None => Picture::remove(out, name),
        }
    }
    Ok(files)
}

/// Of the samples that were trained on least.
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
    let a = scores::outputs(&model.network, batch.x()?.as_slice())?;
    let counts = scores::counts(&model.network, batch, model.classes.len(), &a)?;
    pictures::confusion::draw(&model.classes, &scores::rows(&counts), name).map(Some)
}

fn epochs(points: &[Point]) -> Result<Option<Picture>, Failure> {
    let cost = |p: &Point| Some(p.training_cost);
    curve::epochs("Cost while training", "cost J", points, (&cost, &|p| p.validation_cost))
}

fn accuracies(points: &[Point]) -> Result<Option<Picture>, Failure> {
    let percent = |v: Option<f64>| v.map(|v| 100.0 * v);
    curve::epochs(
        "Accuracy while training",
        "accuracy in %",
        points,
        (&|p| percent(p.training_accuracy), &|p| percent(p.validation_accuracy)),
    )
}
