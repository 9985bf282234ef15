//! Products with Hessians that are never formed: of the cost by the parameters, of a sum of outputs by
//! the inputs.

use super::derivative_workspaces::{DirectionRoom, HessianWorkspace};
use super::parameters::Network;
use crate::data::checks;
use crate::data::columns::Columns;
use crate::engine::derivatives::directions::{Along, Directions};
use crate::engine::layout;
#[cfg(doc)]
use crate::error::Error;
use crate::error::Result;
use crate::scalar::Scalar;

impl<T: Scalar> Network<T> {
    /// The Hessian of the cost J by the parameters times `v`, into `out`: both are of
    /// [`parameter_count`](Self::parameter_count) values in the order of
    /// [`parameters_into`](Self::parameters_into). Exact, without differences: how the gradient
    /// changes as the parameters move along v (Pearlmutter, "Fast exact multiplication by the
    /// Hessian", 1994). For Newton and conjugate-gradient methods, and for the curvature along a
    /// step. O(m * weights), about the time of three gradients; allocates nothing on the fused
    /// backend; the same bits on any number of threads.
    ///
    /// For the cross-entropies it is the derivative of dZ = a - y; where a loss or an activation has a
    /// kink, the curvature there is 0.
    ///
    /// ```
    /// use shallownet::{Activation, Columns, HessianWorkspace, Network};
    ///
    /// // Squared error of w x + b: the Hessian is that of x^2, x and 1 in the mean.
    /// let net = Network::<f64>::builder(1).layer(1, Activation::Identity).build()?;
    /// let mut workspace = HessianWorkspace::new(&net, 2)?;
    /// let (x, y) = (Columns::new(&[1.0, 3.0], 1)?, Columns::new(&[0.0, 0.0], 1)?);
    /// let mut product = [0.0; 2];
    /// net.hessian_vector(x, y, &[1.0, 0.0], &mut product, &mut workspace)?;
    /// assert_eq!(product, [5.0, 2.0]);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`backward`](Self::backward); [`Error::Length`] of `v` and `out`; [`Error::NotFinite`] in
    /// `v` under [`Checks::Full`](crate::Checks::Full).
    pub fn hessian_vector(
        &self,
        x: Columns<'_, T>,
        y: Columns<'_, T>,
        v: &[T],
        out: &mut [T],
        workspace: &mut HessianWorkspace<T>,
    ) -> Result<()> {
        self.check_samples(x, y.into())?;
        checks::length("v", self.parameter_count(), v.len())?;
        checks::length("out", self.parameter_count(), out.len())?;
        self.check_finite("v", v)?;
        workspace.check(self.shape(), x.samples())?;
        layout::scatter(self.shape(), workspace.v.as_mut_slice(), v, |v| v);
        let along = Along::Parameters {
            v: workspace.v.as_slice(),
            v_transposed: workspace.v_transposed.as_mut_slice(),
            y: y.as_slice(),
            still: workspace.still.as_slice(),
            sums: workspace.sums.as_mut_slice(),
            others: workspace.others.as_mut_slice(),
            stretch: workspace.stretch.as_mut_slice(),
        };
        self.directions(x, along, &mut workspace.room);
        layout::gather(self.shape(), workspace.sums.as_slice(), out);
        Ok(())
    }

    /// The Hessian by the inputs of s = sum_k u_k a_k, times a column of `dx` (n_x, m) for every
    /// sample of `x`, into `out` (n_x * m values). O(m * weights), whatever n_x; allocates nothing on
    /// the fused backend; the same bits on any number of threads.
    ///
    /// ```
    /// use shallownet::{Activation, Columns, HessianWorkspace, Network};
    ///
    /// // tanh(x_1 + 2 x_2): the Hessian is g'' w w^T.
    /// let mut net = Network::<f64>::builder(2).layer(1, Activation::Tanh).build()?;
    /// net.set_parameters(&[1.0, 2.0, 0.0])?;
    /// let mut workspace = HessianWorkspace::new(&net, 1)?;
    /// let (x, dx) = (Columns::new(&[0.5, 0.0], 2)?, Columns::new(&[1.0, 1.0], 2)?);
    /// let mut product = [0.0; 2];
    /// net.input_hessian_vector(x, &[1.0], dx, &mut product, &mut workspace)?;
    /// let a = 0.5_f64.tanh();
    /// let bend = -2.0 * a * (1.0 - a * a);
    /// assert!((product[0] - 3.0 * bend).abs() < 1e-14 && (product[1] - 6.0 * bend).abs() < 1e-14);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Features`] and [`Error::Samples`], [`Error::EmptyBatch`], [`Error::Length`] of `u`
    /// and `out`, [`Error::Capacity`], [`Error::Mismatch`]; [`Error::NotFinite`] in `x`, `u` or `dx`
    /// under [`Checks::Full`](crate::Checks::Full).
    pub fn input_hessian_vector(
        &self,
        x: Columns<'_, T>,
        u: &[T],
        dx: Columns<'_, T>,
        out: &mut [T],
        workspace: &mut HessianWorkspace<T>,
    ) -> Result<()> {
        self.check_x(x)?;
        self.check_u(u)?;
        self.check_dx(x, dx)?;
        checks::length("out", self.inputs().saturating_mul(x.samples()), out.len())?;
        workspace.check(self.shape(), x.samples())?;
        self.directions(x, Along::Inputs { dx: dx.as_slice(), u, out }, &mut workspace.room);
        Ok(())
    }

    fn directions(&self, x: Columns<'_, T>, along: Along<'_, T>, room: &mut DirectionRoom<T>) {
        let DirectionRoom { linear, tile, tiles } = room;
        self.engine.directions(Directions {
            model: self.model(),
            places: tile,
            transposed_places: &linear.places,
            transposed: linear.transposed.as_mut_slice(),
            zeros: linear.zeros.as_slice(),
            tiles: tiles.as_mut_slice(),
            x: x.as_slice(),
            along,
        });
    }
}
