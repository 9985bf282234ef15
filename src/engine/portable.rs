//! The `portable` and `cblas` backends: a GEMM for the product, `wide` for everything around it.
//!
//! Weights are row-major (units, inputs); batches are column-major. The GEMM is the only
//! difference between the two backends.

use core::fmt::Debug;
use core::marker::PhantomData;
use core::ops::Range;
use core::panic::{RefUnwindSafe, UnwindSafe};

use super::curves;
use super::custom::{self, Backward, Forward};
use super::derivatives::directions::{self, Directions};
use super::derivatives::inputs::{self, InputDerivatives};
use super::dropped;
use super::flat;
use super::float::Float;
use super::levels;
use super::noise;
use super::ops::LayerOps;
use super::optimizer::Update;
use super::own_loss::{self, NotFinite, OwnLoss};
use super::pass::{self, Prediction, Propagation};
use super::passes::{Elementwise, Function, Passes};
use super::squares::{job::Job, room::Room};
use super::sums::{self, Destination, WeightSums};
use crate::ffi::{Product, Strided};
use crate::kernels::block::{Block, BlockMut, GradientRows, LayerParameters, Pass, Turn};
use crate::kernels::curvature::{self, Curvature};
use crate::kernels::curves::Curve;
use crate::kernels::dropout::{self, Drop};
use crate::kernels::head::OutputHead;
use crate::kernels::noise::Source;
use crate::kernels::{epilogue, head, update};
use crate::words::activation::Activation;
use crate::words::choices::Backend;
use crate::words::dropout::Dropout;
use crate::words::level::Level;

/// A way to compute C = alpha A B + beta C.
pub(crate) trait Gemm: Debug + Send + Sync + UnwindSafe + RefUnwindSafe + 'static {
    const BACKEND: Backend;

    fn gemm<T: Float>(product: Product<'_, T>);
}

/// `matrixmultiply`: pure Rust, picks its kernels at run time.
#[derive(Debug)]
pub(crate) struct MatrixMultiply;

impl Gemm for MatrixMultiply {
    const BACKEND: Backend = Backend::Portable;

    fn gemm<T: Float>(product: Product<'_, T>) {
        T::matrixmultiply(product);
    }
}

/// The BLAS that the program was linked with.
#[cfg(feature = "cblas")]
#[derive(Debug)]
pub(crate) struct Cblas;

#[cfg(feature = "cblas")]
impl Gemm for Cblas {
    const BACKEND: Backend = Backend::Cblas;

    fn gemm<T: Float>(product: Product<'_, T>) {
        // Sizes that exceed C's int (no small network's do) are left to `matrixmultiply`.
        if let Err(product) = T::cblas(product) {
            T::matrixmultiply(product);
        }
    }
}

/// The three fused operations over a GEMM.
#[derive(Debug)]
pub(crate) struct GemmOps<G>(pub(crate) PhantomData<G>);

impl<T: Float, G: Gemm> Passes<T> for GemmOps<G> {
    fn backend(&self) -> Backend {
        G::BACKEND
    }

    fn level(&self) -> Option<Level> {
        None
    }

    fn panel(&self) -> usize {
        1
    }

    fn again(&self) -> Box<dyn Passes<T>> {
        Box::new(Self(PhantomData))
    }

    fn predict(&self, task: &mut Prediction<'_, T>) -> bool {
        let Prediction { x, check_x, .. } = *task;
        pass::predict_checked(self, task, &|| !check_x || self.all_finite(x.as_slice()))
    }

    fn propagate(&self, task: &mut Propagation<'_, T>) -> Option<f64> {
        let (x, check_x) = (task.samples.x, task.check_x);
        let (cost, x_is_finite) = pass::propagate(self, task);
        (x_is_finite || !check_x || self.all_finite(x)).then_some(cost)
    }

    fn sum_weights(&self, task: &WeightSums<'_, T>, into: Destination<'_, T>) {
        sums::sum_weights(self, task, into);
    }

    fn forward(&self, task: Forward<'_, T>) {
        custom::forward(self, task);
    }

    fn backward_from(&self, task: Backward<'_, T>) {
        custom::backward(self, task);
    }

    fn backward_with(&self, task: OwnLoss<'_, T>) -> Result<f64, NotFinite> {
        own_loss::backward(self, task)
    }

    fn propagate_dropped(&self, task: &mut Propagation<'_, T>, dropout: Dropout) -> Option<f64> {
        let (x, check_x) = (task.samples.x, task.check_x);
        let (cost, x_is_finite) = dropped::propagate(self, task, dropout);
        (x_is_finite || !check_x || self.all_finite(x)).then_some(cost)
    }

    fn sum_tiles(&self, task: &WeightSums<'_, T>, into: Destination<'_, T>) {
        sums::sum_weights(self, task, into);
    }

    fn input_derivatives(&self, task: InputDerivatives<'_, T>) {
        inputs::run(self, task);
    }

    fn directions(&self, task: Directions<'_, T>) {
        directions::run(self, task);
    }
}

/// Functions of single values at the best level of this machine.
fn best<T: Float>() -> Box<dyn Elementwise<T>> {
    levels::elementwise(fearless_simd::Level::new())
}

impl<T: Float, G: Gemm> Elementwise<T> for GemmOps<G> {
    fn apply(&self, function: Function, values: &mut [T]) {
        best().apply(function, values);
    }

    fn all_finite(&self, values: &[T]) -> bool {
        values.iter().fold(true, |ok, v| ok & v.is_finite())
    }

    fn optimize(&self, update: &mut Update<'_, T>) {
        best().optimize(update);
    }

    fn sum_of_squares(&self, scale: f64, values: &[T]) -> f64 {
        best().sum_of_squares(scale, values)
    }

    fn noise(&self, source: Source, job: noise::Job<'_, T>) {
        best().noise(source, job);
    }

    fn flat(&self, job: flat::Job<'_>) -> f64 {
        best::<T>().flat(job)
    }

    fn squares(&self, room: &mut Room, job: Job<'_>) -> Option<f64> {
        best::<T>().squares(room, job)
    }
}

impl<T> Block<'_, T> {
    fn layout(&self) -> Strided {
        Strided::columns(self.rows, self.columns, self.stride)
    }
}

impl<T> BlockMut<'_, T> {
    fn layout(&self) -> Strided {
        self.as_block().layout()
    }
}

impl<T: Float, G: Gemm> LayerOps<T> for GemmOps<G> {
    /// A GEMM reads W^T out of W.
    fn transpose(&self, _: LayerParameters<'_, T>, _: &mut [T]) {}

    fn forward(
        &self,
        layer: LayerParameters<'_, T>,
        g: Activation,
        x: Block<'_, T>,
        a: BlockMut<'_, T>,
    ) -> bool {
        // Each column starts as the bias, so that the GEMM adds the product to it while it is
        // still in cache, and the activation is one flat run however narrow the layer.
        for column in a.data.chunks_exact_mut(a.stride) {
            column.copy_from_slice(&layer.b[..a.stride]);
        }
        let layout = a.layout();
        G::gemm(Product {
            alpha: T::ONE,
            a: (layer.w, Strided::rows(layer.units, layer.inputs)),
            b: (x.data, x.layout()),
            beta: T::ONE,
            c: (&mut *a.data, layout),
        });
        epilogue::activate::<T::Wide>((), g, a.data);
        // A BLAS may leave out the terms of weights that are 0.
        false
    }

    fn backward_input(
        &self,
        layer: LayerParameters<'_, T>,
        g_prev: Option<Activation>,
        dz: Block<'_, T>,
        a_prev: Block<'_, T>,
        dz_prev: BlockMut<'_, T>,
    ) {
        let layout = dz_prev.layout();
        // The product goes where the derivative is. (A GEMM allocates, too.)
        let kept = g_prev.is_none().then(|| dz_prev.data.to_vec());
        G::gemm(Product {
            alpha: T::ONE,
            a: (layer.w, Strided::rows(layer.units, layer.inputs).transposed()),
            b: (dz.data, dz.layout()),
            beta: T::ZERO,
            c: (&mut *dz_prev.data, layout),
        });
        match (g_prev, kept) {
            (None, Some(kept)) => {
                dz_prev.data.iter_mut().zip(kept).for_each(|(d, kept)| *d *= kept);
            }
            (g, _) => {
                let g = g.unwrap_or(Activation::Identity);
                epilogue::times_derivative::<T::Wide>((), g, a_prev.data, dz_prev.data);
            }
        }
    }

    fn backward_weights(
        &self,
        tiles: &[Pass<'_, T>],
        factor: T,
        into: GradientRows<'_, T>,
        turn: Turn,
    ) {
        let GradientRows { sums: (dw, db), parameters, rows, .. } = into;
        if turn.first {
            db.fill(T::ZERO);
        }
        for (index, (dz, a_prev)) in tiles.iter().enumerate() {
            G::gemm(Product {
                alpha: factor,
                a: (&dz.data[rows.start..], Strided::columns(rows.len(), dz.columns, dz.stride)),
                b: (a_prev.data, a_prev.layout().transposed()),
                beta: if turn.first && index == 0 { T::ZERO } else { T::ONE },
                c: (&mut *dw, Strided::rows(rows.len(), a_prev.rows)),
            });
            add_bias(factor, *dz, rows.clone(), db);
        }
        if let Some((w, b)) = parameters.filter(|_| turn.last) {
            update::add::<T::Wide>((), dw, w);
            update::add::<T::Wide>((), db, b);
        }
    }

    fn curve(&self, g: Activation, curve: Curve<'_, T>) {
        curves::run_wide(g, curve);
    }

    fn drop_units(&self, job: Drop<'_, T>) {
        dropout::run::<T::Wide>((), job);
    }

    fn curvature(&self, job: Curvature<'_, T>) {
        curvature::run::<T::Wide>((), job);
    }

    fn output(&self, head: OutputHead, z: &mut [T]) {
        curves::run_wide(head.g, Curve::Value(&mut *z));
        head::activate_output::<T::Wide>((), head, z);
    }

    fn loss(
        &self,
        head: OutputHead,
        z: BlockMut<'_, T>,
        targets: (&[T], Option<&[T]>),
        dz: BlockMut<'_, T>,
    ) -> f64 {
        curves::run_wide(head.g, Curve::Both(&mut *z.data, &mut *dz.data));
        head::loss::<T::Wide>((), head, z.data, targets, dz.data)
    }
}

/// db += factor sum dz, of one tile. Four sums a unit, so that a column does not wait for the one
/// before; and a tile's sum is complete before it is added to those of others, so that no sum has
/// more terms than a tile has columns, or a stretch tiles.
fn add_bias<T: Float>(factor: T, dz: Block<'_, T>, rows: Range<usize>, db: &mut [T]) {
    const UNITS: usize = 8;
    for (unit, db) in rows.clone().step_by(UNITS).zip(db[..rows.len()].chunks_mut(UNITS)) {
        let mut sums = [[T::ZERO; UNITS]; 4];
        for (index, column) in dz.data.chunks_exact(dz.stride).enumerate() {
            for (sum, &dz) in sums[index % 4].iter_mut().zip(&column[unit..unit + db.len()]) {
                *sum += dz;
            }
        }
        for (k, db) in db.iter_mut().enumerate() {
            *db += factor * ((sums[0][k] + sums[1][k]) + (sums[2][k] + sums[3][k]));
        }
    }
}
