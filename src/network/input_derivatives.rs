//! Derivatives of the outputs by the inputs: Jacobians, their products, and Hessians.

use super::checking::features;
use super::derivative_workspaces::{InputHessianWorkspace, InputRoom, JacobianWorkspace};
use super::parameters::Network;
use crate::data::checks;
use crate::data::columns::Columns;
use crate::engine::derivatives::inputs::{InputDerivatives, Wanted};
use crate::error::{Error, Result};
use crate::scalar::Scalar;

impl<T: Scalar> Network<T> {
    /// The Jacobian of every sample of `x`, into `out` (n_y * n_x * m values): for each sample n_y
    /// rows of n_x values, da_k/dx_i in row k. O(m * weights * min(n_x, n_y)): the columns go
    /// forward, or the rows back, whichever are fewer. Allocates nothing on the fused backend; the
    /// same bits on any number of threads.
    ///
    /// At the kink of a ReLU the derivative is that of z >= 0, as everywhere.
    ///
    /// ```
    /// use shallownet::{Activation, Columns, JacobianWorkspace, Network};
    ///
    /// let mut net = Network::<f64>::builder(2).layer(1, Activation::Tanh).build()?;
    /// net.set_parameters(&[1.0, 2.0, 0.0])?;
    /// let mut workspace = JacobianWorkspace::new(&net)?;
    /// let mut jacobian = [0.0; 2];
    /// net.jacobian(Columns::new(&[0.5, 0.0], 2)?, &mut jacobian, &mut workspace)?;
    /// // (1 - a^2) w
    /// let slope = 1.0 - 0.5_f64.tanh().powi(2);
    /// assert!((jacobian[0] - slope).abs() < 1e-15 && (jacobian[1] - 2.0 * slope).abs() < 1e-15);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Features`], [`Error::EmptyBatch`], [`Error::Length`] of `out`, [`Error::Mismatch`];
    /// [`Error::NotFinite`] in `x` under [`Checks::Full`](crate::Checks::Full).
    pub fn jacobian(
        &self,
        x: Columns<'_, T>,
        out: &mut [T],
        workspace: &mut JacobianWorkspace<T>,
    ) -> Result<()> {
        let width = self.outputs().saturating_mul(self.inputs());
        self.input_derivatives(x, Wanted::Jacobian, (out, width), &mut workspace.0)
    }

    /// Forward mode: each sample's Jacobian times its column of `dx` (n_x, m), into `out` (n_y * m
    /// values): how the outputs change as the inputs move that way. (Backward mode, the Jacobian's
    /// transpose times a column, is [`ForwardPass::backward`](crate::ForwardPass::backward) with
    /// [`OutputGradient::Da`](crate::OutputGradient::Da).) O(m * weights); allocates nothing on the
    /// fused backend; the same bits on any number of threads.
    ///
    /// ```
    /// use shallownet::{Activation, Columns, JacobianWorkspace, Network};
    ///
    /// let mut net = Network::<f64>::builder(2).layer(1, Activation::Identity).build()?;
    /// net.set_parameters(&[1.0, 2.0, 5.0])?;
    /// let mut workspace = JacobianWorkspace::new(&net)?;
    /// let (x, dx) = (Columns::new(&[0.5, 0.0], 2)?, Columns::new(&[3.0, 1.0], 2)?);
    /// let mut da = [0.0];
    /// net.jacobian_vector(x, dx, &mut da, &mut workspace)?;
    /// assert_eq!(da, [5.0]);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Features`] and [`Error::Samples`], [`Error::EmptyBatch`], [`Error::Length`] of
    /// `out`, [`Error::Mismatch`]; [`Error::NotFinite`] in `x` or `dx` under
    /// [`Checks::Full`](crate::Checks::Full).
    pub fn jacobian_vector(
        &self,
        x: Columns<'_, T>,
        dx: Columns<'_, T>,
        out: &mut [T],
        workspace: &mut JacobianWorkspace<T>,
    ) -> Result<()> {
        self.check_dx(x, dx)?;
        let wanted = Wanted::Tangents(dx.as_slice());
        self.input_derivatives(x, wanted, (out, self.outputs()), &mut workspace.0)
    }

    /// The Hessian by the inputs of s = sum_k u_k a_k for every sample of `x`, into `out`
    /// (n_x * n_x * m values, a symmetric matrix a sample). `u` has n_y values; of a network of one
    /// output, u = \[1\] gives the output's own. Its trace is the Laplacian of physics-informed
    /// networks. O(m * (weights * n_x + units * n_x^2)); allocates nothing on the fused backend; the
    /// same bits on any number of threads.
    ///
    /// For all unit directions at once, and so for a few inputs; for many of them see
    /// [`input_hessian_vector`](Self::input_hessian_vector). The second derivative of a ReLU is 0, at
    /// its kink, too.
    ///
    /// ```
    /// use shallownet::{Activation, Columns, InputHessianWorkspace, Network};
    ///
    /// // tanh(x_1 + 2 x_2): the Hessian is g'' w w^T.
    /// let mut net = Network::<f64>::builder(2).layer(1, Activation::Tanh).build()?;
    /// net.set_parameters(&[1.0, 2.0, 0.0])?;
    /// let mut workspace = InputHessianWorkspace::new(&net)?;
    /// let mut h = [0.0; 4];
    /// net.input_hessian(Columns::new(&[0.5, 0.0], 2)?, &[1.0], &mut h, &mut workspace)?;
    /// let a = 0.5_f64.tanh();
    /// let bend = -2.0 * a * (1.0 - a * a);
    /// assert!((h[0] - bend).abs() < 1e-15 && (h[3] - 4.0 * bend).abs() < 1e-15);
    /// assert_eq!(h[1], h[2]);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Features`], [`Error::EmptyBatch`], [`Error::Length`] of `u` and `out`,
    /// [`Error::Mismatch`]; [`Error::NotFinite`] in `x` or `u` under
    /// [`Checks::Full`](crate::Checks::Full).
    pub fn input_hessian(
        &self,
        x: Columns<'_, T>,
        u: &[T],
        out: &mut [T],
        workspace: &mut InputHessianWorkspace<T>,
    ) -> Result<()> {
        self.check_u(u)?;
        let width = self.inputs().saturating_mul(self.inputs());
        self.input_derivatives(x, Wanted::Hessian(u), (out, width), &mut workspace.0)
    }

    fn input_derivatives(
        &self,
        x: Columns<'_, T>,
        wanted: Wanted<'_, T>,
        (out, width): (&mut [T], usize),
        room: &mut InputRoom<T>,
    ) -> Result<()> {
        self.check_x(x)?;
        checks::length("out", width.saturating_mul(x.samples()), out.len())?;
        room.check(self.shape())?;
        let InputRoom { linear, tile, w, tiles } = room;
        self.engine.input_derivatives(InputDerivatives {
            model: self.model(),
            places: tile,
            transposed_places: &linear.places,
            transposed: linear.transposed.as_mut_slice(),
            zeros: linear.zeros.as_slice(),
            w: w.as_mut_slice(),
            tiles: tiles.as_mut_slice(),
            x: x.as_slice(),
            wanted,
            out,
        });
        Ok(())
    }

    /// One direction a sample.
    pub(super) fn check_dx(&self, x: Columns<'_, T>, dx: Columns<'_, T>) -> Result<()> {
        features("dx", self.inputs(), dx.features())?;
        let (expected, given) = (x.samples(), dx.samples());
        if expected != given {
            return Err(Error::Samples { argument: "dx", expected, given });
        }
        self.check_finite("dx", dx.as_slice())
    }

    /// Weights of the outputs.
    pub(super) fn check_u(&self, u: &[T]) -> Result<()> {
        checks::length("u", self.outputs(), u.len())?;
        self.check_finite("u", u)
    }
}
