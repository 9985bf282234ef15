//! What a model's file holds: one network, or several.

use std::path::Path;

use shallownet::Scalar;
use shallownet::io::model::{self, AnyModel, Model, Problem};
use shallownet::io::population::{self, AnyEnsemble, Ensemble};

use crate::failure::Failure;

/// One network or several, of either element type.
#[derive(Debug)]
pub(crate) enum ModelFile {
    F32(Held<f32>),
    F64(Held<f64>),
}

/// What a command works with.
#[derive(Debug)]
pub(crate) struct Held<T> {
    /// The one; of an ensemble its first, which stands for what all have in common.
    pub(crate) model: Model<T>,
    pub(crate) ensemble: Option<Ensemble<T>>,
}

impl<T: Scalar> Held<T> {
    fn of(ensemble: Ensemble<T>) -> Result<Self, Failure> {
        Ok(Self { model: ensemble.member(0)?, ensemble: Some(ensemble) })
    }
}

/// A model, or an ensemble.
pub(crate) fn load(path: &Path) -> Result<ModelFile, Failure> {
    Ok(match model::load_any(path) {
        Ok(AnyModel::F32(model)) => ModelFile::F32(Held { model, ensemble: None }),
        Ok(AnyModel::F64(model)) => ModelFile::F64(Held { model, ensemble: None }),
        Err(error) if matches!(error.problem, Problem::Ensemble { .. }) => {
            match population::load_any(path)? {
                AnyEnsemble::F32(ensemble) => ModelFile::F32(Held::of(ensemble)?),
                AnyEnsemble::F64(ensemble) => ModelFile::F64(Held::of(ensemble)?),
            }
        }
        Err(error) => return Err(error.into()),
    })
}

/// A model, for `what` takes a single network.
pub(crate) fn load_one(path: &Path, what: &str) -> Result<AnyModel, Failure> {
    model::load_any(path).map_err(|error| match error.problem {
        Problem::Ensemble { members } => one_alone(path, members, what),
        _ => error.into(),
    })
}

/// The error of what takes a single network.
pub(crate) fn one_alone(path: &Path, members: usize, what: &str) -> Failure {
    let beside = path.with_file_name("model.safetensors");
    let problem = format!(
        "an ensemble of {members} networks: {what} takes a single network, as the mean is that \
         train saves beside it: {}",
        beside.display()
    );
    Failure::File { file: path.display().to_string(), problem }
}
