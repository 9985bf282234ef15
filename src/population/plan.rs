//! Which way a population goes: a network a lane, or one network after the other.

use crate::element::Element;
use crate::engine::shape::Shape;
use crate::words::layer::Layer;

/// Parameters of a network up to which lanes are faster, whatever the batch: a group of sixteen of
/// them, with its gradients, then stays in the second-level cache.
const LANE_PARAMETERS: usize = 2048;
/// Inputs of a layer up to which one sample's sums have one order in both ways.
const LANE_INPUTS: usize = 256;

/// Do networks of this shape lie in lanes?
///
/// Not where an activation is computed apart from its layer's product: such networks go one by one.
///
/// The shape and the activations alone decide: if samples or members did, a member's bits would depend on them.
pub(super) fn in_lanes<T: Element>(shape: &Shape) -> bool {
    let parameters: usize = shape.layers.iter().map(Layer::parameters).sum();
    let apart = shape.layers.iter().any(|layer| layer.activation.is_apart());
    !apart
        && parameters <= LANE_PARAMETERS
        && shape.layers.iter().all(|layer| layer.inputs <= LANE_INPUTS)
        && shape.n_y() <= T::PANEL
}

/// Operations that are worth a thread of its own: about 100 us in lanes, as long as it takes some
/// systems to wake one.
const THREAD_WORK: f64 = 8e6;

/// The parts that work is cut into: no more than `most`, and none smaller than is worth a thread.
pub(super) fn parts(shape: &Shape, samples: usize, members: usize, most: usize) -> usize {
    // Each weight is multiplied three times a step; an activation and its derivative are some thirty
    // operations.
    let of_layer = |layer: &Layer| 6 * layer.parameters() + 60 * layer.units;
    let of_sample: usize = shape.layers.iter().map(of_layer).sum();
    let work = of_sample as f64 * samples as f64 * members as f64;
    most.min((work / THREAD_WORK) as usize).max(1)
}
