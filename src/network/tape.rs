//! For embedders whose loss is their own: forward, then backward from an output gradient.

use std::sync::Arc;

use super::checking::features;
use crate::data::buffer::AlignedBuffer;
use crate::data::checks;
use crate::data::columns::Columns;
use crate::engine::custom::{self, Backward, Forward, Start, Transposed};
use crate::engine::layout;
use crate::engine::plan::{self, Purpose, Regions};
use crate::engine::shape::Shape;
use crate::engine::stretches;
use crate::error::{Error, Result};
use crate::network::gradients::Gradients;
use crate::network::parameters::Network;
use crate::scalar::Scalar;
use crate::words::layer::Layer;

/// What [`Network::forward`] keeps of a batch, and what [`Network::backward_from`] leaves: the
/// activations of every layer, and the gradients. Sized once, for the largest batch.
///
/// It is a [`Workspace`](crate::Workspace) for losses that this crate doesn't know (policy
/// gradients, a block inside a larger model), and is kept apart from it so that no other call can
/// overwrite what the backward pass still needs. It also has room for the first layer's transposed
/// weights, which dX needs and training does not.
///
/// For layers at least as wide as a vector, a pass takes about as long as
/// [`Network::backward`]. Networks of a few units, which training runs with samples in lanes, have
/// no such path here: there it takes some ten times as long.
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
/// let before = policy.forward(states, &mut tape)?.as_slice().to_vec();
/// // dL/dz_k = advantage (a_k - 1[k = action])
/// let mut dz = before.clone();
/// for (i, dz) in dz.chunks_exact_mut(2).enumerate() {
///     dz[actions[i]] -= 1.0;
///     dz.iter_mut().for_each(|d| *d *= advantages[i]);
/// }
/// policy.backward_from(OutputGradient::Dz(Columns::new(&dz, 2)?), states, &mut tape, None)?;
/// policy.descend(tape.gradients(), 0.1)?;
///
/// let after = policy.forward(states, &mut tape)?;
/// assert!(after.as_slice()[0] > before[0]); // rewarded: more probable
/// assert!(after.as_slice()[3] < before[3]); // punished: less
/// # Ok::<(), shallownet::Error>(())
/// ```
#[derive(Debug)]
pub struct Tape<T> {
    shape: Arc<Shape>,
    regions: Regions,
    capacity: usize,
    /// Samples of the last forward pass; 0 before the first.
    samples: usize,
    tiles: AlignedBuffer<T>,
    out: AlignedBuffer<T>,
    /// W^T of the layers after the first, then of the first.
    transposed: AlignedBuffer<T>,
    /// Columns of dX, where they need padding.
    padded: AlignedBuffer<T>,
    gradients: Gradients<T>,
    /// The gradients of a stretch of a large batch.
    stretch: AlignedBuffer<T>,
}

/// The caller's derivative of a sample's loss by the network's output, one column a sample.
///
/// ```
/// use shallownet::{Columns, OutputGradient};
///
/// // Squared error of one output for two samples, by its activation: da = a - y.
/// let (a, y) = ([0.5_f64, 0.25], [1.0, 0.0]);
/// let da: Vec<f64> = a.iter().zip(&y).map(|(a, y)| a - y).collect();
/// let gradient = OutputGradient::Da(Columns::new(&da, 1)?);
/// # Ok::<(), shallownet::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum OutputGradient<'a, T> {
    /// dZ: by the logits, (n_y, m). Taken as it is.
    Dz(Columns<'a, T>),
    /// dA: by the activations, (n_y, m). Becomes dZ = dA * g'(Z); for softmax, whose outputs depend
    /// on all logits of their column, dz_k = a_k (da_k - sum_j a_j da_j).
    Da(Columns<'a, T>),
}

impl<T: Scalar> Tape<T> {
    /// For batches of up to `capacity` samples.
    ///
    /// ```
    /// # use shallownet::{Activation, Error, Network, Tape};
    /// # let net = Network::<f32>::builder(2).layer(1, Activation::Sigmoid).build()?;
    /// let tape = Tape::new(&net, 32)?;
    /// assert_eq!((tape.capacity(), tape.samples()), (32, 0));
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
        let regions = Regions::new(&shape, Purpose::Training, size_of::<T>(), capacity)?;
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
            samples: 0,
        })
    }

    /// The largest batch, in samples.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Samples of the forward pass that it holds; 0 before the first.
    pub fn samples(&self) -> usize {
        self.samples
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

    /// A of the output, (n_y, m), of the last [`forward`](Network::forward): what it returned.
    ///
    /// ```
    /// # use shallownet::{Activation, Columns, Error, Init, Network, Tape};
    /// # let net = Network::<f64>::builder(2).layer(1, Activation::Sigmoid).init(Init::Zeros, 0).build()?;
    /// let mut tape = Tape::new(&net, 32)?;
    /// net.forward(Columns::new(&[1.0, 2.0], 2)?, &mut tape)?;
    /// assert_eq!(tape.output()?.as_slice(), [0.5]);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::NoForward`] before the first forward pass.
    pub fn output(&self) -> Result<Columns<'_, T>> {
        self.check_forward()?;
        let n_y = self.shape.n_y();
        Columns::new(&self.out.as_slice()[..n_y * self.samples], n_y)
    }

    /// A of `layer` (from 0) of the last forward pass, one sample after the other. Where a ReLU's z
    /// was negative its a may be -0.0.
    ///
    /// ```
    /// # use shallownet::{Activation, Columns, Error, Init, Network, Tape};
    /// let net = Network::<f64>::builder(2)
    ///     .layer(3, Activation::Sigmoid)
    ///     .layer(1, Activation::Identity)
    ///     .init(Init::Zeros, 0)
    ///     .build()?;
    /// let mut tape = Tape::new(&net, 32)?;
    /// net.forward(Columns::new(&[1.0, 2.0, 3.0, 4.0], 2)?, &mut tape)?;
    /// let hidden: Vec<&[f64]> = tape.activations(0)?.collect();
    /// assert_eq!(hidden, [[0.5; 3]; 2]);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::NoForward`] before the first forward pass, [`Error::Layer`] past the last layer.
    pub fn activations(&self, layer: usize) -> Result<impl Iterator<Item = &[T]>> {
        layout::check_layer(&self.shape, layer)?;
        let out = self.output()?;
        let (units, samples, regions) =
            (self.shape.layers[layer].units, self.samples, &self.regions);
        let is_output = layer + 1 == self.shape.layers.len();
        // Of the output, the tiles may hold logits.
        let output = out.as_slice().chunks_exact(units).take(if is_output { samples } else { 0 });
        let columns = plan::tile_columns(&self.shape, size_of::<T>(), samples);
        let tiles = self.tiles.as_slice()[..samples * regions.column]
            .chunks(columns * regions.column)
            .take(if is_output { 0 } else { samples.div_ceil(columns) });
        let hidden = tiles.flat_map(move |tile| {
            let columns = tile.len() / regions.column;
            let place = regions.activation(layer, columns);
            tile[place].chunks_exact(regions.stride(layer)).map(move |a| &a[..units])
        });
        Ok(output.chain(hidden))
    }

    /// The gradients of the last [`backward_from`](Network::backward_from); 0 before the first.
    pub fn gradients(&self) -> &Gradients<T> {
        &self.gradients
    }

    pub(crate) fn layers(&self) -> &[Layer] {
        &self.shape.layers
    }

    fn check_forward(&self) -> Result<()> {
        if self.samples == 0 { Err(Error::NoForward) } else { Ok(()) }
    }

    /// Refuses the tape of another network shape.
    fn check(&self, shape: &Arc<Shape>) -> Result<()> {
        if !Arc::ptr_eq(&self.shape, shape) && *self.shape != **shape {
            return Err(Error::Mismatch { argument: "tape" });
        }
        Ok(())
    }
}

impl<T: Scalar> Network<T> {
    /// Forward propagation that keeps what [`backward_from`](Self::backward_from) needs. Returns A
    /// of the output, (n_y, m), which stays in the tape. O(m * weights); allocates nothing on the
    /// fused backend.
    ///
    /// # Errors
    /// [`Error::Features`], [`Error::EmptyBatch`], [`Error::Capacity`], [`Error::Mismatch`];
    /// [`Error::NotFinite`] in `x` under [`Checks::Full`](crate::Checks::Full).
    pub fn forward<'t>(&self, x: Columns<'_, T>, tape: &'t mut Tape<T>) -> Result<Columns<'t, T>> {
        self.check_x(x)?;
        tape.check(self.shape())?;
        if x.samples() > tape.capacity {
            return Err(Error::Capacity { capacity: tape.capacity, given: x.samples() });
        }
        tape.samples = x.samples();
        let task = Forward {
            model: self.model(),
            regions: &tape.regions,
            x: x.as_slice(),
            tiles: tape.tiles.as_mut_slice(),
            out: &mut tape.out.as_mut_slice()[..self.outputs() * x.samples()],
        };
        self.engine.forward(task);
        tape.output()
    }

    /// Backward propagation from your own output gradient: leaves every dW and db in
    /// [`Tape::gradients`], and, if `dx` is given (n_x * m values), dX there, column after column.
    ///
    /// The output gradient is of each sample's own loss L_i; as everywhere in this crate the cost
    /// is their mean, so dW = (1/m) sum_i dZ_i A_i^T, while dX_i = dL_i/dx_i is not divided by m:
    /// it is the [`OutputGradient::Da`] of the block before. To weigh samples, weigh their columns.
    ///
    /// `x` and the parameters must be those of the [`forward`](Self::forward) pass; only the number
    /// of samples is checked. May be called again after one forward pass, with other gradients.
    ///
    /// ```
    /// use shallownet::{Activation, Columns, Network, OutputGradient, Tape};
    ///
    /// // Two blocks in a row; the loss is 1/2 sum a^2, so dA = A.
    /// let first = Network::<f64>::builder(3).layer(4, Activation::Tanh).build()?;
    /// let second = Network::<f64>::builder(4).layer(2, Activation::Identity).build()?;
    /// let (mut tape_1, mut tape_2) = (Tape::new(&first, 1)?, Tape::new(&second, 1)?);
    /// let x = Columns::new(&[1.0, -1.0, 0.5], 3)?;
    ///
    /// let between = first.forward(x, &mut tape_1)?;
    /// let da = second.forward(between, &mut tape_2)?.as_slice().to_vec();
    ///
    /// let mut d_between = [0.0; 4];
    /// let da = OutputGradient::Da(Columns::new(&da, 2)?);
    /// second.backward_from(da, between, &mut tape_2, Some(&mut d_between))?;
    /// let da = OutputGradient::Da(Columns::new(&d_between, 4)?);
    /// first.backward_from(da, x, &mut tape_1, None)?;
    /// assert!(tape_1.gradients().bias(0)?.iter().any(|&db| db != 0.0));
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::NoForward`]; [`Error::Mismatch`] for the tape of another shape; [`Error::Features`]
    /// and [`Error::Samples`] of `x` and the gradient, [`Error::Length`] of `dx`;
    /// [`Error::NotFinite`] in `x` or the gradient under [`Checks::Full`](crate::Checks::Full).
    pub fn backward_from(
        &self,
        gradient: OutputGradient<'_, T>,
        x: Columns<'_, T>,
        tape: &mut Tape<T>,
        dx: Option<&mut [T]>,
    ) -> Result<()> {
        tape.check(self.shape())?;
        tape.check_forward()?;
        self.check_x(x)?;
        samples("x", tape.samples, x.samples())?;
        let (argument, given) = match gradient {
            OutputGradient::Dz(dz) => ("dz", dz),
            OutputGradient::Da(da) => ("da", da),
        };
        features(argument, self.outputs(), given.features())?;
        samples(argument, tape.samples, given.samples())?;
        self.check_finite(argument, given.as_slice())?;
        if let Some(dx) = &dx {
            checks::length("dx", self.inputs() * x.samples(), dx.len())?;
        }
        let others = tape.regions.transposed(self.shape.layers.len() - 1).end;
        let transposed = tape.transposed.as_mut_slice();
        let task = Backward {
            model: self.model(),
            regions: &tape.regions,
            x: x.as_slice(),
            tiles: tape.tiles.as_mut_slice(),
            out: &tape.out.as_slice()[..self.outputs() * x.samples()],
            start: match gradient {
                OutputGradient::Dz(dz) => Start::Dz(dz.as_slice()),
                OutputGradient::Da(da) => Start::Da(da.as_slice()),
            },
            transposed: Transposed { first: others..transposed.len(), buffer: transposed },
            gradients: tape.gradients.buffer.as_mut_slice(),
            stretch: tape.stretch.as_mut_slice(),
            dx,
            padded: tape.padded.as_mut_slice(),
        };
        self.engine.backward_from(task);
        Ok(())
    }
}

fn samples(argument: &'static str, expected: usize, given: usize) -> Result<()> {
    if given == expected { Ok(()) } else { Err(Error::Samples { argument, expected, given }) }
}
