//! A network with all that its predictions need.

use core::borrow::Borrow;

use crate::data::buffer::AlignedBuffer;
use crate::data::columns::Columns;
use crate::error::{Error, Result};
use crate::network::parameters::Network;
use crate::network::workspace::PredictionWorkspace;
use crate::scalar::Scalar;

/// A network with a workspace and room for the outputs: predicts from a slice to a slice, as fast
/// as [`Network::predict`].
///
/// ```
/// use shallownet::{Activation, Network, Predictor};
///
/// let net = Network::<f32>::builder(3).layer(4, Activation::Tanh).layer(2, Activation::Softmax);
/// let mut policy = Predictor::new(net.build()?, 1)?;
/// let a = policy.predict(&[0.1, -0.2, 0.3])?;
/// assert_eq!(a.len(), 2);
/// assert!((a[0] + a[1] - 1.0).abs() < 1e-6);
/// # Ok::<(), shallownet::Error>(())
/// ```
///
/// It owns its network (`Predictor<f32>`), or shares it with others: `N` may be `&Network<T>` or
/// `Arc<Network<T>>`, too.
///
/// ```
/// use std::sync::Arc;
/// use shallownet::{Activation, Network, Predictor};
///
/// let net = Arc::new(Network::<f32>::builder(2).layer(1, Activation::Sigmoid).build()?);
/// let mut predictors = [
///     Predictor::new(Arc::clone(&net), 1)?, // one for each thread
///     Predictor::new(Arc::clone(&net), 1)?,
/// ];
/// let a = predictors[0].predict(&[1.0, 2.0])?[0];
/// assert_eq!(predictors[1].predict(&[1.0, 2.0])?, [a]);
///
/// // A newer model of the same sizes, without an allocation.
/// *predictors[0].network_mut() = net;
/// # Ok::<(), shallownet::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Predictor<T, N = Network<T>> {
    net: N,
    workspace: PredictionWorkspace<T>,
    out: AlignedBuffer<T>,
}

impl<T: Scalar, N: Borrow<Network<T>>> Predictor<T, N> {
    /// For up to `capacity` samples a call.
    ///
    /// # Errors
    /// As [`PredictionWorkspace::new`].
    pub fn new(net: N, capacity: usize) -> Result<Self> {
        const WHAT: &str = "the predictor";
        let network: &Network<T> = net.borrow();
        let workspace = PredictionWorkspace::new(network, capacity)?;
        let outputs = network.outputs().checked_mul(capacity);
        let out = AlignedBuffer::zeros(outputs.ok_or(Error::TooLarge { what: WHAT })?, WHAT)?;
        Ok(Self { net, workspace, out })
    }

    /// The output activations of one sample, or of several that lie one behind the other: n_y
    /// values a sample. O(m * weights); allocates nothing on the fused backend.
    ///
    /// ```
    /// # use shallownet::{Activation, Error, Init, Network, Predictor};
    /// # let net = Network::<f64>::builder(2).layer(1, Activation::Sigmoid).init(Init::Zeros, 0).build()?;
    /// let mut predictor = Predictor::new(net, 2)?;
    /// assert_eq!(predictor.predict(&[1.0, 2.0, 3.0, 4.0])?, [0.5, 0.5]);
    /// assert_eq!(predictor.predict(&[1.0]), Err(Error::NotWholeColumns { len: 1, features: 2 }));
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::NotWholeColumns`], [`Error::EmptyBatch`], [`Error::Capacity`]; [`Error::NotFinite`]
    /// in `x` under [`Checks::Full`](crate::Checks::Full); [`Error::Mismatch`] if
    /// [`network_mut`](Self::network_mut) has put a network of other sizes in its place.
    #[inline]
    pub fn predict(&mut self, x: &[T]) -> Result<&[T]> {
        let net: &Network<T> = self.net.borrow();
        let x = if x.len() == net.inputs() {
            Columns::single(x)
        } else {
            Columns::new(x, net.inputs())?
        };
        let length = x.samples().saturating_mul(net.outputs());
        if length > self.out.as_slice().len() {
            return Err(self.no_room(x.samples()));
        }
        let out = &mut self.out.as_mut_slice()[..length];
        net.predict(x, out, &mut self.workspace)?;
        Ok(out)
    }

    /// The error if there is no room for the outputs.
    #[cold]
    fn no_room(&self, given: usize) -> Error {
        match self.workspace.capacity() {
            capacity if given > capacity => Error::Capacity { capacity, given },
            _ => Error::Mismatch { argument: "workspace" },
        }
    }

    /// The network.
    pub fn network(&self) -> &Network<T> {
        self.net.borrow()
    }

    /// The network that it was made from, to change it: parameters of an owned network can be set,
    /// a shared one can be replaced. A network of other sizes makes [`predict`](Self::predict)
    /// fail.
    ///
    /// ```
    /// # use shallownet::{Activation, Network, Predictor};
    /// # let net = Network::<f64>::builder(2).layer(1, Activation::Identity).build()?;
    /// let mut predictor = Predictor::new(net, 1)?;
    /// predictor.network_mut().set_weights(0, &[1.0, -1.0])?;
    /// assert_eq!(predictor.predict(&[5.0, 2.0])?, [3.0]);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    pub fn network_mut(&mut self) -> &mut N {
        &mut self.net
    }

    /// The network that it was made from; the memory is freed.
    ///
    /// ```
    /// # use shallownet::{Activation, Network, Predictor};
    /// # let net = Network::<f64>::builder(2).layer(1, Activation::Identity).build()?;
    /// let net = Predictor::new(net, 1)?.into_network();
    /// assert_eq!(net.inputs(), 2);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    pub fn into_network(self) -> N {
        self.net
    }

    /// The most samples a call.
    pub fn capacity(&self) -> usize {
        self.workspace.capacity()
    }
}
