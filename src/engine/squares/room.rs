//! The memory of Levenberg-Marquardt: the samples in blocks, what a pass leaves, the equations.

use std::sync::Arc;

use super::plan::Plan;
use crate::data::buffer::AlignedBuffer;
use crate::element::Element;
use crate::engine::shape::Shape;
use crate::error::Result;
use crate::kernels::squares::factor::PANEL;

/// Everything that jobs read and write, in f64.
#[derive(Debug)]
pub struct Room {
    pub(crate) shape: Arc<Shape>,
    pub(crate) plan: Plan,
    /// `[block][feature][sample]`, and so are the others that belong to samples.
    pub(super) x: AlignedBuffer<f64>,
    pub(super) y: AlignedBuffer<f64>,
    /// Roots of the samples' weights; 0 where a block has no sample.
    pub(super) roots: AlignedBuffer<f64>,
    /// Activations of all units.
    pub(super) a: AlignedBuffer<f64>,
    /// g' of all units, if there are some that are computed apart from their layer's product.
    pub(super) slopes: AlignedBuffer<f64>,
    /// Errors, times their roots.
    pub(super) r: AlignedBuffer<f64>,
    /// Rows of J of a block.
    pub(super) j: AlignedBuffer<f64>,
    /// dz of two layers of a block.
    pub(super) dz: [AlignedBuffer<f64>; 2],
    /// H, with g as a column.
    pub(super) h: AlignedBuffer<f64>,
    /// One output's part of H, where it has parameters of its own.
    pub(super) own: AlignedBuffer<f64>,
    /// H + damping I, factored.
    pub(super) factored: AlignedBuffer<f64>,
    pub(super) inverse: AlignedBuffer<f64>,
    pub(super) scratch: AlignedBuffer<f64>,
    pub(super) gradient: AlignedBuffer<f64>,
}

impl Room {
    pub(crate) fn new(shape: &Arc<Shape>, samples: usize) -> Result<Self> {
        let plan = Plan::new(shape, samples)?;
        plan.bytes(shape)?;
        let of = |len| AlignedBuffer::zeros(len, "the normal equations");
        let square = Plan::square(plan.n)?;
        Ok(Self {
            shape: Arc::clone(shape),
            x: of(plan.over_blocks(shape.n_x())?)?,
            y: of(plan.over_blocks(shape.n_y())?)?,
            roots: of(plan.over_blocks(1)?)?,
            a: of(plan.over_blocks(plan.units)?)?,
            slopes: of(plan.slopes(shape)?)?,
            r: of(plan.over_blocks(shape.n_y())?)?,
            j: of(plan.jacobian()?)?,
            dz: [of(plan.row * shape.widest)?, of(plan.row * shape.widest)?],
            h: of(square)?,
            own: of(if plan.has_own() { Plan::square(plan.rows)? } else { 0 })?,
            factored: of(square)?,
            inverse: of(plan.n)?,
            scratch: of(plan.n * PANEL)?,
            gradient: of(plan.n)?,
            plan,
        })
    }

    /// Takes the samples in: columns of x and y, and a weight a sample.
    pub(crate) fn fill<T: Element>(&mut self, x: &[T], y: &[T], weights: Option<&[T]>) {
        let Plan { samples, row, .. } = self.plan;
        let (n_x, n_y) = (self.shape.n_x(), self.shape.n_y());
        to_rows(x, (n_x, row), self.x.as_mut_slice());
        to_rows(y, (n_y, row), self.y.as_mut_slice());
        let roots = &mut self.roots.as_mut_slice()[..samples];
        match weights {
            None => roots.fill(1.0),
            Some(weights) => {
                for (root, w) in roots.iter_mut().zip(weights) {
                    *root = w.to_f64().sqrt();
                }
            }
        }
    }

    /// g, as the last equations had it.
    pub(crate) fn gradient(&self) -> &[f64] {
        &self.gradient.as_slice()[..self.plan.parameters]
    }
}

/// Columns of `features` values to blocks of rows of `row` samples.
fn to_rows<T: Element>(columns: &[T], (features, row): (usize, usize), into: &mut [f64]) {
    let blocks = columns.chunks(features * row).zip(into.chunks_exact_mut(features * row));
    for (columns, block) in blocks {
        for (s, column) in columns.chunks_exact(features).enumerate() {
            for (k, value) in column.iter().enumerate() {
                block[k * row + s] = value.to_f64();
            }
        }
    }
}
