//! Cases out of a fuzzer's bytes: [`arbitrary`]'s `Arbitrary`, and the draws it is made of.
//!
//! ```
//! use arbitrary::{Arbitrary, Unstructured};
//! use shallownet::testing::cases::Case;
//!
//! // Where the bytes end, the plainest choices follow.
//! let case = Case::arbitrary(&mut Unstructured::new(&[3, 1, 4, 1, 5, 9, 2, 6])).unwrap();
//! assert!(case.n_x >= 1 && !case.batches.is_empty());
//! ```

mod case;
mod trainings;
mod wild;
mod words;

pub use trainings::{AnyOptimizer, AnySchedule, AnyTraining, Constants};
pub use wild::{Rate, Size, Wild, largest, pick, rarely, within};
pub use words::{Shape, activation, elementwise, enough, init, loss, network, output, units};
