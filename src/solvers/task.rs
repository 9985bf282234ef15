//! What the methods share: the problem, and how an iteration ends.

use super::standing::Standing;
use super::state::SolverState;
use crate::data::columns::Columns;
use crate::data::targets::Targets;
use crate::error::{Error, Result};
use crate::network::parameters::Network;
use crate::ranks::Communicator;
use crate::scalar::Scalar;
use crate::train::shards::on_any;
use crate::words::layer::Layer;

/// The problem, and how far its solution has come. Everything has been checked.
pub(super) struct Task<'a, T> {
    pub(super) net: &'a mut Network<T>,
    pub(super) x: Columns<'a, T>,
    pub(super) y: Targets<'a, T>,
    pub(super) state: &'a mut SolverState,
    /// Parameters or gradients of the network's type, on their way in and out.
    pub(super) flat: &'a mut [T],
    /// Those that solve it together, each with a part of the samples.
    pub(super) ranks: &'a mut dyn Communicator,
}

impl<T: Scalar> Task<'_, T> {
    /// The network's parameters, into the state.
    pub(super) fn take_parameters(&mut self) {
        self.net.gather(self.flat);
        for (w, flat) in self.state.parameters.iter_mut().zip(&*self.flat) {
            *w = flat.to_f64();
        }
    }

    /// Is it so on any rank?
    pub(super) fn on_any(&mut self, here: bool) -> bool {
        if self.ranks.ranks() == 1 { here } else { on_any(self.ranks, here) }
    }

    /// The state's best parameters, into the network.
    pub(super) fn give_best(&mut self) {
        for (flat, w) in self.flat.iter_mut().zip(self.state.best()) {
            *flat = T::from_f64(*w);
        }
        self.net.assign(self.flat);
    }
}

/// Refuses all but `samples` of one rank that fit the network.
pub(super) fn whole<T: Scalar>(
    net: &Network<T>,
    (x, y, samples): (Columns<'_, T>, Targets<'_, T>, usize),
    ranks: &dyn Communicator,
) -> Result<()> {
    if ranks.ranks() != 1 {
        let (argument, expected) = ("ranks", "1, or a solver that was made among them");
        return Err(Error::Range { argument, expected, given: ranks.ranks() as f64 });
    }
    net.check_samples(x, y)?;
    match x.samples() {
        given if given == samples => Ok(()),
        given => Err(Error::Samples { argument: "x", expected: samples, given }),
    }
}

/// How an iteration ended.
pub(super) enum Moved {
    To(Standing),
    /// No step lowers the objective.
    Nowhere,
    /// At this cost. The state's parameters are good ones.
    Diverged(f64),
}

/// A method at work. `begin` evaluates the state's parameters; each `advance` is an iteration.
pub(super) trait Algorithm<T> {
    fn begin(&mut self, task: &mut Task<'_, T>) -> Standing;
    fn advance(&mut self, task: &mut Task<'_, T>, from: &Standing) -> Moved;
}

/// 1/2 sum of the squares of the weights and of the biases, each.
pub(super) fn half_squares(layers: &[Layer], parameters: &[f64]) -> (f64, f64) {
    let (mut of_weights, mut of_biases, mut rest) = (0.0, 0.0, parameters);
    for layer in layers {
        let (of_layer, after) = rest.split_at(layer.parameters());
        let (weights, biases) = of_layer.split_at(layer.inputs * layer.units);
        let square = |values: &[f64]| values.iter().map(|w| w * w).sum::<f64>();
        of_weights += square(weights);
        of_biases += square(biases);
        rest = after;
    }
    (of_weights / 2.0, of_biases / 2.0)
}

pub(super) fn norm(values: &[f64]) -> f64 {
    values.iter().map(|v| v * v).sum::<f64>().sqrt()
}
