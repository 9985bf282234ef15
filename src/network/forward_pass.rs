//! A forward pass that is kept, and backward from the caller's own output gradient.

use super::checking::features;
use crate::data::checks;
use crate::data::columns::Columns;
use crate::data::owned::OwnedColumns;
use crate::engine::custom::{Backward, Forward, Start, Transposed};
use crate::engine::kept::Kept;
use crate::engine::layout;
use crate::error::{Error, Result};
use crate::network::gradients::Gradients;
use crate::network::parameters::Network;
use crate::network::tape::Tape;
use crate::scalar::Scalar;
use crate::words::layer::Layer;

/// What [`Network::forward`] has computed: it borrows network, samples and tape, so that
/// [`backward`](Self::backward) can't be given others.
///
/// Once it is dropped (that is, after its last use), the network can be changed again: the
/// gradients stay in the [`Tape`].
///
/// ```
/// use shallownet::{Activation, Columns, Network, OutputGradient, Tape};
///
/// // The loss is 1/2 sum a^2, so dA = A.
/// let mut net = Network::<f64>::builder(2).layer(3, Activation::Identity).build()?;
/// let mut tape = Tape::new(&net, 1)?;
/// let x = Columns::new(&[1.0, -1.0], 2)?;
/// let mut pass = net.forward(x, &mut tape)?;
/// let a = pass.output().as_slice().to_vec();
/// assert_eq!(pass.backward(OutputGradient::Da(Columns::new(&a, 3)?), None)?.bias(0)?, a);
///
/// net.descend(tape.gradients(), 0.1)?;
/// let smaller = net.forward(x, &mut tape)?;
/// assert!(smaller.output().as_slice()[0].abs() < a[0].abs());
/// # Ok::<(), shallownet::Error>(())
/// ```
#[derive(Debug)]
pub struct ForwardPass<'a, T> {
    net: &'a Network<T>,
    x: Columns<'a, T>,
    tape: &'a mut Tape<T>,
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
#[non_exhaustive]
pub enum OutputGradient<'a, T> {
    /// dZ: by the logits, (n_y, m). Taken as it is.
    Dz(Columns<'a, T>),
    /// dA: by the activations, (n_y, m). Becomes dZ = dA * g'(Z); for softmax, whose outputs depend
    /// on all logits of their column, dz_k = a_k (da_k - sum_j a_j da_j).
    Da(Columns<'a, T>),
}

impl<T: Scalar> Network<T> {
    /// Forward propagation that keeps every layer's activations, for your own loss: look at the
    /// [`output`](ForwardPass::output), then call [`ForwardPass::backward`]. O(m * weights);
    /// allocates nothing on the fused backend.
    ///
    /// ```
    /// # use shallownet::{Activation, Columns, Error, Init, Network, Tape};
    /// # let net = Network::<f64>::builder(2).layer(1, Activation::Sigmoid).init(Init::Zeros, 0).build()?;
    /// let mut tape = Tape::new(&net, 32)?;
    /// let pass = net.forward(Columns::new(&[1.0, 2.0], 2)?, &mut tape)?;
    /// assert_eq!(pass.output().as_slice(), [0.5]);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Features`], [`Error::EmptyBatch`], [`Error::Capacity`], [`Error::Mismatch`];
    /// [`Error::NotFinite`] in `x` under [`Checks::Full`](crate::Checks::Full).
    pub fn forward<'a>(
        &'a self,
        x: Columns<'a, T>,
        tape: &'a mut Tape<T>,
    ) -> Result<ForwardPass<'a, T>> {
        self.check_x(x)?;
        tape.check(self.shape(), x.samples())?;
        let task = Forward {
            model: self.model(),
            regions: &tape.regions,
            x: x.as_slice(),
            tiles: tape.tiles.as_mut_slice(),
            out: &mut tape.out.as_mut_slice()[..self.outputs() * x.samples()],
        };
        self.engine.forward(task);
        Ok(ForwardPass { net: self, x, tape })
    }
}

impl<T: Scalar> ForwardPass<'_, T> {
    /// A of the output, (n_y, m).
    pub fn output(&self) -> Columns<'_, T> {
        let n_y = self.net.outputs();
        Columns::checked(&self.tape.out.as_slice()[..n_y * self.samples()], n_y)
    }

    /// Samples of the batch, m.
    pub fn samples(&self) -> usize {
        self.x.samples()
    }

    /// A of `layer` (from 0), (n_l, m). A copy: some networks keep their activations in another
    /// order. Allocates; [`activations_into`](Self::activations_into) does not.
    ///
    /// ```
    /// # use shallownet::{Activation, Columns, Error, Init, Network, Tape};
    /// let net = Network::<f64>::builder(2)
    ///     .layer(3, Activation::Sigmoid)
    ///     .layer(1, Activation::Identity)
    ///     .init(Init::Zeros, 0)
    ///     .build()?;
    /// let mut tape = Tape::new(&net, 32)?;
    /// let pass = net.forward(Columns::new(&[1.0, 2.0, 3.0, 4.0], 2)?, &mut tape)?;
    /// let hidden = pass.activations(0)?;
    /// assert_eq!((hidden.features(), hidden.samples()), (3, 2));
    /// assert_eq!(hidden.columns().as_slice(), [0.5; 6]);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Layer`] past the last layer.
    pub fn activations(&self, layer: usize) -> Result<OwnedColumns<T>> {
        layout::check_layer(&self.net.shape, layer)?;
        let units = self.layers()[layer].units;
        let mut a = vec![T::ZERO; units * self.samples()];
        self.copy_activations(layer, &mut a);
        OwnedColumns::new(a, units)
    }

    /// [`activations`](Self::activations) of `layer` (from 0) into a slice of n_l * m values, sample
    /// after sample. O(its length); allocates nothing.
    ///
    /// ```
    /// # use shallownet::{Activation, Columns, Error, Init, Network, Tape};
    /// # let net = Network::<f64>::builder(2).layer(3, Activation::Sigmoid).init(Init::Zeros, 0).build()?;
    /// # let mut tape = Tape::new(&net, 32)?;
    /// let pass = net.forward(Columns::new(&[1.0, 2.0], 2)?, &mut tape)?;
    /// let mut a = [0.0; 3];
    /// pass.activations_into(0, &mut a)?;
    /// assert_eq!(a, [0.5; 3]);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Layer`] past the last layer, [`Error::Length`].
    pub fn activations_into(&self, layer: usize, into: &mut [T]) -> Result<()> {
        layout::check_layer(&self.net.shape, layer)?;
        checks::length("into", self.layers()[layer].units * self.samples(), into.len())?;
        self.copy_activations(layer, into);
        Ok(())
    }

    /// Of a layer that exists, into a slice of the right length.
    fn copy_activations(&self, layer: usize, into: &mut [T]) {
        let (kept, units) = (self.kept(), self.layers()[layer].units);
        for (sample, into) in into.chunks_exact_mut(units).enumerate() {
            kept.column(layer, sample, into);
        }
    }

    /// The activations of every layer.
    pub(super) fn kept(&self) -> Kept<'_, T> {
        Kept {
            shape: &self.net.shape,
            regions: &self.tape.regions,
            samples: self.samples(),
            tiles: self.tape.tiles.as_slice(),
            out: self.tape.out.as_slice(),
        }
    }

    pub(super) fn layers(&self) -> &[Layer] {
        self.net.layers()
    }

    /// Backward propagation from your own output gradient. Returns every dW and db, which stay in
    /// [`Tape::gradients`]; if `dx` is given (n_x * m values), dX goes there, column after column.
    /// May be called again, with other gradients. O(m * weights); allocates nothing on the fused
    /// backend.
    ///
    /// The output gradient is of each sample's own loss L_i; as everywhere in this crate the cost
    /// is their mean, so dW = (1/m) sum_i dZ_i A_i^T, while dX_i = dL_i/dx_i is not divided by m:
    /// it is the [`OutputGradient::Da`] of the block before. To weigh samples, weigh their columns.
    ///
    /// ```
    /// use shallownet::{Activation, Columns, Network, OutputGradient, Tape};
    ///
    /// // Two blocks in a row; the loss is 1/2 sum a^2, so dA = A.
    /// let first = Network::<f64>::builder(3).layer(4, Activation::Tanh).build()?;
    /// let second = Network::<f64>::builder(4).layer(2, Activation::Identity).build()?;
    /// let (mut tape_1, mut tape_2) = (Tape::new(&first, 1)?, Tape::new(&second, 1)?);
    ///
    /// let mut pass_1 = first.forward(Columns::new(&[1.0, -1.0, 0.5], 3)?, &mut tape_1)?;
    /// let mut pass_2 = second.forward(pass_1.output(), &mut tape_2)?;
    /// let da = pass_2.output().as_slice().to_vec();
    ///
    /// let mut d_between = [0.0; 4];
    /// pass_2.backward(OutputGradient::Da(Columns::new(&da, 2)?), Some(&mut d_between))?;
    /// pass_1.backward(OutputGradient::Da(Columns::new(&d_between, 4)?), None)?;
    /// assert!(tape_1.gradients().bias(0)?.iter().any(|&db| db != 0.0));
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Features`] and [`Error::Samples`] of the gradient, [`Error::Length`] of `dx`;
    /// [`Error::NotFinite`] in the gradient under [`Checks::Full`](crate::Checks::Full).
    pub fn backward(
        &mut self,
        gradient: OutputGradient<'_, T>,
        dx: Option<&mut [T]>,
    ) -> Result<&Gradients<T>> {
        let Self { net, x, tape } = self;
        let (argument, given) = match gradient {
            OutputGradient::Dz(dz) => ("dz", dz),
            OutputGradient::Da(da) => ("da", da),
        };
        features(argument, net.outputs(), given.features())?;
        if given.samples() != x.samples() {
            let (expected, given) = (x.samples(), given.samples());
            return Err(Error::Samples { argument, expected, given });
        }
        net.check_finite(argument, given.as_slice())?;
        if let Some(dx) = &dx {
            checks::length("dx", net.inputs() * x.samples(), dx.len())?;
        }
        let others = tape.regions.transposed(net.shape.layers.len() - 1).end;
        let transposed = tape.transposed.as_mut_slice();
        let task = Backward {
            model: net.model(),
            regions: &tape.regions,
            x: x.as_slice(),
            tiles: tape.tiles.as_mut_slice(),
            out: &tape.out.as_slice()[..net.outputs() * x.samples()],
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
        net.engine.backward_from(task);
        Ok(&self.tape.gradients)
    }
}
