//! A network of one element type with the memory of its passes: what a Python object holds.

use std::sync::Mutex;

use pyo3::prelude::*;
use shallownet::{Network, PredictionWorkspace, TrainingWorkspace};

use crate::either::{Either, Float};
use crate::failure::{refused, value};

/// The memory of an epoch: a batch, gathered.
#[derive(Debug, Default)]
pub(crate) struct Room<T> {
    pub(crate) x: Vec<T>,
    pub(crate) y: Vec<T>,
    pub(crate) weights: Vec<T>,
}

/// A network with the memory of its passes, which is made when it is first needed.
#[derive(Debug)]
pub(crate) struct Inner<T: Float> {
    pub(crate) net: Network<T>,
    /// A pass takes it out and puts it back, so that several threads can predict at once.
    pub(crate) prediction: Mutex<Option<PredictionWorkspace<T>>>,
    pub(crate) training: Option<TrainingWorkspace<T>>,
    pub(crate) room: Room<T>,
}

impl<T: Float> From<Network<T>> for Inner<T> {
    fn from(net: Network<T>) -> Self {
        Self { net, prediction: Mutex::new(None), training: None, room: Room::default() }
    }
}

impl<T: Float> Inner<T> {
    /// The network, and a workspace for so many samples.
    pub(crate) fn trained(
        &mut self,
        samples: usize,
    ) -> PyResult<(&mut Network<T>, &mut TrainingWorkspace<T>)> {
        if self.training.as_ref().is_none_or(|workspace| workspace.capacity() < samples) {
            self.training = Some(TrainingWorkspace::new(&self.net, samples).map_err(refused)?);
        }
        match &mut self.training {
            Some(workspace) => Ok((&mut self.net, workspace)),
            None => Err(value("no workspace")),
        }
    }
}

/// A network of either element type.
pub(crate) type Net = Either<Box<Inner<f32>>, Box<Inner<f64>>>;
