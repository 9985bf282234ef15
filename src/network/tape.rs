//! Memory for a forward pass whose backward pass begins with the caller's own gradient.

use std::sync::Arc;

use crate::data::buffer::AlignedBuffer;
use crate::engine::custom;
use crate::engine::plan::{self, Regions};
use crate::engine::purpose::Purpose;
use crate::engine::shape::Shape;
use crate::engine::stretches;
use crate::error::{Error, Result};
use crate::network::buffers::check_layout;
use crate::network::gradients::Gradients;
use crate::network::parameters::Network;
use crate::scalar::Scalar;

/// Memory for [`Network::forward`] and for the backward pass that follows it: the activations of
/// every layer, and the gradients. Sized once, for the largest batch.
///
/// It is a [`TrainingWorkspace`](crate::TrainingWorkspace) for losses that this crate doesn't know
/// (policy gradients, a block inside a larger model). It also has room for the first layer's
/// transposed weights, which dX needs and training does not.
///
/// Forward and backward together take about as long as [`Network::backward`], also for networks of
/// few units, whose values a tape keeps with samples in lanes; dX comes on top.
///
/// ```
/// use shallownet::{Activation, Columns, Network, OutputGradient, Tape};
///
/// // REINFORCE with two actions: the loss of a sample is -advantage ln a_action.
/// let mut policy = Network::<f32>::builder(3)
///     .layer(8, Activation::Tanh)
///     .layer(2, Activation::Softmax)
///     .build()?;
/// let mut tape = Tape::new(&policy, 2)?;
/// let states = Columns::new(&[0.1, 0.2, 0.3, 0.4, 0.5, 0.6], 3)?;
/// let (actions, advantages) = ([0, 1], [1.0, -0.5]);
///
/// let mut pass = policy.forward(states, &mut tape)?;
/// let before = pass.output().as_slice().to_vec();
/// // dL/dz_k = advantage (a_k - 1[k = action])
/// let mut dz = before.clone();
/// for (i, dz) in dz.chunks_exact_mut(2).enumerate() {
///     dz[actions[i]] -= 1.0;
///     dz.iter_mut().for_each(|d| *d *= advantages[i]);
/// }
/// pass.backward(OutputGradient::Dz(Columns::new(&dz, 2)?), None)?;
/// policy.descend(tape.gradients(), 0.1)?;
///
/// let pass = policy.forward(states, &mut tape)?;
/// let after = pass.output();
/// assert!(after.as_slice()[0] > before[0]); // rewarded: more probable
/// assert!(after.as_slice()[3] < before[3]); // punished: less
/// # Ok::<(), shallownet::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Tape<T> {
    pub(super) shape: Arc<Shape>,
    pub(super) regions: Regions,
    pub(super) capacity: usize,
    pub(super) tiles: AlignedBuffer<T>,
    /// A of the output.
    pub(super) out: AlignedBuffer<T>,
    /// W^T of the layers after the first, then of the first.
    pub(super) transposed: AlignedBuffer<T>,
    /// Columns of dX, where they need padding.
    pub(super) padded: AlignedBuffer<T>,
    pub(super) gradients: Gradients<T>,
    /// The gradients of a stretch of a large batch.
    pub(super) stretch: AlignedBuffer<T>,
}

impl<T: Scalar> Tape<T> {
    /// For batches of up to `capacity` samples.
    ///
    /// ```
    /// # use shallownet::{Activation, Error, Network, Tape};
    /// # let net = Network::<f32>::builder(2).layer(1, Activation::Sigmoid).build()?;
    /// assert_eq!(Tape::new(&net, 32)?.capacity(), 32);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Zero`] for a capacity of 0; [`Error::TooLarge`], [`Error::OutOfMemory`].
    pub fn new(net: &Network<T>, capacity: usize) -> Result<Self> {
        const WHAT: &str = "the tape";
        const TOO_LARGE: Error = Error::TooLarge { what: WHAT };
        if capacity == 0 {
            return Err(Error::Zero { argument: "tape capacity" });
        }
        let shape = Arc::clone(net.shape());
        let regions = Regions::new(&shape, Purpose::Tape, size_of::<T>(), capacity)?;
        let (tiles, _) = plan::room_for(&regions, capacity)?;
        let out = shape.n_y().checked_mul(capacity).ok_or(TOO_LARGE)?;
        let first = custom::first_transposed(shape.n_x(), shape.layers[0].units, shape.panel);
        let others = regions.transposed(shape.layers.len() - 1).end;
        let transposed = first.and_then(|n| n.checked_add(others)).ok_or(TOO_LARGE)?;
        let padded = custom::padded_dx(shape.n_x(), shape.panel);
        let padded = padded.checked_mul(capacity).ok_or(TOO_LARGE)?;
        Ok(Self {
            padded: AlignedBuffer::zeros(padded, WHAT)?,
            tiles: AlignedBuffer::zeros(tiles, WHAT)?,
            out: AlignedBuffer::zeros(out, WHAT)?,
            transposed: AlignedBuffer::zeros(transposed, WHAT)?,
            gradients: Gradients::of_shape(&shape)?,
            stretch: AlignedBuffer::zeros(stretches::room(&shape, size_of::<T>(), capacity), WHAT)?,
            shape,
            regions,
            capacity,
        })
    }

    /// The largest batch, in samples.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// The memory held, in bytes.
    ///
    /// ```
    /// # use shallownet::{Activation, Error, Network, Tape};
    /// # let net = Network::<f32>::builder(2).layer(1, Activation::Sigmoid).build()?;
    /// assert!(Tape::new(&net, 1)?.bytes() < Tape::new(&net, 1000)?.bytes());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn bytes(&self) -> usize {
        let Self { tiles, out, transposed, padded, gradients, stretch, .. } = self;
        let buffers = [tiles, out, transposed, padded, &gradients.buffer, stretch];
        buffers.map(|b| b.as_slice().len()).iter().sum::<usize>() * size_of::<T>()
    }

    /// The gradients of the last [`ForwardPass::backward`](crate::ForwardPass::backward); 0 before
    /// the first.
    pub fn gradients(&self) -> &Gradients<T> {
        &self.gradients
    }

    /// Refuses the tape of another layout, and batches above its capacity.
    pub(super) fn check(&self, shape: &Arc<Shape>, samples: usize) -> Result<()> {
        check_layout("tape", &self.shape, shape)?;
        if samples > self.capacity {
            return Err(Error::Capacity { capacity: self.capacity, given: samples });
        }
        Ok(())
    }
}
