//! The results of a training besides the network.

use shallownet::Training;

use crate::failure::Failure;
use crate::results::{Course, Point, Speed};

/// The results of a training besides the parameters.
#[derive(Debug)]
pub(crate) struct Trained {
    /// Unless it was trained by a solver.
    pub(crate) learning_rate: Option<f64>,
    /// How it was trained, unless by a solver.
    pub(crate) training: Option<Training>,
    pub(crate) course: Course,
    pub(crate) speed: Speed,
    /// Full batches: (iteration, cost before it), and at the end the cost after the last.
    pub(crate) costs: Vec<(usize, f64)>,
    /// Mini-batches: each epoch.
    pub(crate) points: Vec<Point>,
    /// Why the last checkpoint could not be saved.
    pub(crate) unsaved: Option<Failure>,
}

impl Trained {
    /// With the time of another training added: the curves stay those of the first.
    pub(super) fn and(mut self, other: Self) -> Self {
        let samples = |speed: &Speed| speed.samples_per_second * speed.seconds;
        let both = samples(&self.speed) + samples(&other.speed);
        self.speed.seconds += other.speed.seconds;
        self.speed.samples_per_second = both / self.speed.seconds.max(1e-9);
        self
    }
}
