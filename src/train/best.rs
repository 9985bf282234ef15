//! The best epoch so far, by its validation cost.

use crate::error::Result;
use crate::network::parameters::Network;
use crate::scalar::Scalar;

/// Which epoch was the best, by its validation cost.
///
/// ```
/// use std::ops::ControlFlow;
/// use shallownet::{Activation, Columns, DataSet, EarlyStopping, Network, Training};
///
/// let (x, y) = (Columns::new(&[-1.0_f64, 1.0], 1)?, Columns::new(&[0.0, 1.0], 1)?);
/// let mut net = Network::builder(1).layer(1, Activation::Sigmoid).build()?;
/// let data = DataSet::new(x, y).validation(x, y);
/// let training = Training::full_batch(5).early_stopping(EarlyStopping::new(2));
/// let report = training.run(&mut net, data, |_| ControlFlow::Continue(()))?;
/// // The cost falls and falls.
/// assert_eq!(report.best.map(|best| best.epoch), Some(4));
/// # Ok::<(), shallownet::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Best {
    /// The epoch, from 0.
    pub epoch: usize,
    /// Its validation cost.
    pub cost: f64,
}

/// The best epoch and its parameters.
#[derive(Debug)]
pub(crate) struct BestSoFar<T> {
    /// Allocated at the beginning; the starting parameters while no epoch has been judged.
    pub(crate) network: Network<T>,
    pub(crate) judged: Option<Best>,
}

impl<T: Scalar> BestSoFar<T> {
    /// No epoch has been judged yet.
    pub(super) fn of(net: &Network<T>) -> Result<Self> {
        Ok(Self { network: net.try_clone()?, judged: None })
    }

    /// Is this epoch better by more than `min_delta`? Then it is the best.
    pub(super) fn judge(&mut self, net: &Network<T>, given: Best, min_delta: f64) {
        if self.judged.is_none_or(|best| given.cost < best.cost - min_delta) {
            self.judged = Some(given);
            copy_parameters(net, &mut self.network);
        }
    }

    /// Gives `net` the best parameters, if there are any; returns whether there are.
    pub(super) fn restore(&self, net: &mut Network<T>) -> bool {
        if self.judged.is_some() {
            copy_parameters(&self.network, net);
        }
        self.judged.is_some()
    }
}

/// Both networks have one shape.
fn copy_parameters<T: Scalar>(from: &Network<T>, to: &mut Network<T>) {
    let from = from.parameter_buffer().as_slice();
    to.parameter_buffer_mut().as_mut_slice().copy_from_slice(from);
}
