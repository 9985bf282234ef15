//! How fast is it? What `shallownet bench` and the benchmarks beside it measure with.
//!
//! [`peak`] is what a core can do at best, [`median`] and [`tail`] the clock of one call, [`turns`]
//! that of several calls that are to be compared, [`SHAPES`] the thirteen networks.

mod peak;
mod shapes;
mod timing;
mod turns;

pub use peak::{Peak, peak};
pub use shapes::{Batch, Element, Kind, SHAPES, Shape, Steps};
pub use timing::{Effort, median, percentile, tail};
pub use turns::{Timed, turns};
