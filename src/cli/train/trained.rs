//! The results of a training besides the network.

use crate::failure::Failure;
use crate::results::{Course, Point, Speed};

/// The results of a training besides the parameters.
#[derive(Debug)]
pub(crate) struct Trained {
    pub(crate) learning_rate: f64,
    pub(crate) course: Course,
    pub(crate) speed: Speed,
    /// Full batches: (iteration, cost before it), and at the end the cost after the last.
    pub(crate) costs: Vec<(usize, f64)>,
    /// Mini-batches: each epoch.
    pub(crate) points: Vec<Point>,
    /// Why the last checkpoint could not be saved.
    pub(crate) unsaved: Option<Failure>,
}
