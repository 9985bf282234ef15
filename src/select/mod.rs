//! Which network to take: k-fold cross-validation over candidates, in parallel; and samples held
//! out ([`Holdout`]), or in three parts in one call ([`Parts`]); and which columns of the samples a
//! model relies on ([`Importance`]).
//!
//! The lecture's advice is to try out activations, widths, learning rates and initialisations. Each
//! candidate is trained k times, each time without one fold of the samples, and scored on that
//! fold; the mean says how good it is, the standard deviation how far the mean can be trusted.
//!
//! ```
//! use shallownet::select::{Better, ByFit, Folds, Grid, Score, cross_validate};
//! use shallownet::{Activation, Columns, metrics};
//!
//! // Is a point above the parabola?
//! let points: Vec<[f64; 2]> = (0..120).map(|i| [(i % 12) as f64 / 5.5 - 1.0, (i / 12) as f64 / 4.5 - 1.0]).collect();
//! let labels: Vec<f64> = points.iter().map(|p| f64::from(p[1] > p[0] * p[0])).collect();
//! let (x, y) = (Columns::new(points.as_flattened(), 2)?, Columns::new(&labels, 1)?);
//!
//! let grid = Grid::default()
//!     .activations([Activation::Tanh, Activation::Sigmoid])
//!     .hidden([vec![1], vec![8]]);
//! let candidates = grid.candidates();
//! let folds = Folds::stratified(&metrics::classes(y)?, 4, 1)?;
//! let fit = ByFit::new(200, Activation::Sigmoid).seed(1).score(Score::Accuracy);
//! let table = cross_validate(&candidates, x, y, &folds, |c, split| fit.train(c, split))?;
//! println!("{table}");
//! let best = table.best(Better::Higher).expect("some score is finite");
//! assert!(best.mean > 0.8);
//! # Ok::<(), shallownet::Error>(())
//! ```

mod folds;
mod grid;
mod holdout;
mod importance;
mod parts;
mod split;
mod table;

pub use folds::Folds;
pub use grid::{ByFit, Candidate, Grid, Score};
pub use holdout::Holdout;
pub use importance::{ColumnImportance, Importance};
pub use parts::{Part, Parts};
pub use split::Split;
pub use table::{Better, Row, Table};

use rayon::prelude::*;

use crate::data::checks;
use crate::data::columns::Columns;
use crate::error::Error;
use crate::scalar::Scalar;

/// Trains and scores every candidate on every fold: `train` gets a candidate and a [`Split`],
/// trains however it likes, and returns the score on the split's validation samples.
///
/// Candidates times folds are spread over rayon's current pool, one copy of the samples at a time
/// on each thread. If `train` always returns the same for the same arguments, so does this, on any
/// number of threads; if several trainings fail, the error is that of the first candidate and fold.
/// A training that may fail because of its candidate (a learning rate that diverges) should return
/// NaN: such a candidate is never the best.
///
/// ```
/// use shallownet::select::{Better, Folds, cross_validate};
/// use shallownet::{Activation, Columns, Error, Network, TrainingWorkspace};
///
/// // Any training function will do: here five steps, scored by the cost.
/// let (x, y) = (Columns::new(&[-2.0, -1.0, 1.0, 2.0], 1)?, Columns::new(&[0.0, 0.0, 1.0, 1.0], 1)?);
/// let rates = [0.01, 1.0];
/// let table = cross_validate(&rates, x, y, &Folds::new(4, 2, 7)?, |&rate, split| {
///     let mut net = Network::<f64>::builder(1).layer(1, Activation::Sigmoid).build()?;
///     let mut workspace = TrainingWorkspace::new(&net, 4)?;
///     for _ in 0..5 {
///         net.step(split.train_x(), split.train_y(), rate, &mut workspace)?;
///     }
///     net.cost(split.validation_x(), split.validation_y(), &mut workspace)
/// })?;
/// assert_eq!(table.best(Better::Lower).map(|row| row.candidate), Some(&1.0));
/// # Ok::<(), Error>(())
/// ```
///
/// # Errors
/// [`Error::Zero`] candidates; [`Error::Samples`] if `y` or the folds are for another number of
/// samples than `x`; [`Error::OutOfMemory`]; and whatever `train` returns.
pub fn cross_validate<'c, C, T, E>(
    candidates: &'c [C],
    x: Columns<'_, T>,
    y: Columns<'_, T>,
    folds: &Folds,
    train: impl Fn(&C, &Split<T>) -> Result<f64, E> + Sync,
) -> Result<Table<'c, C>, E>
where
    C: Sync,
    T: Scalar,
    E: From<Error> + Send,
{
    if candidates.is_empty() {
        return Err(Error::Zero { argument: "candidates" }.into());
    }
    let expected = x.samples();
    for (argument, given) in [("y", y.samples()), ("folds", folds.samples())] {
        if given != expected {
            return Err(Error::Samples { argument, expected, given }.into());
        }
    }
    checks::finite("x", x.as_slice())?;
    checks::finite("y", y.as_slice())?;
    let jobs = candidates.len().saturating_mul(folds.count());
    let scores: Vec<Result<f64, E>> = (0..jobs)
        .into_par_iter()
        .map(|job| {
            let split = Split::new(x, y, folds, job % folds.count())?;
            train(&candidates[job / folds.count()], &split)
        })
        .collect();
    let scores = scores.into_iter().collect::<Result<Vec<f64>, E>>()?;
    let rows = candidates.iter().zip(scores.chunks_exact(folds.count()));
    Ok(Table { rows: rows.map(|(c, scores)| Row::new(c, scores.to_vec())).collect() })
}
