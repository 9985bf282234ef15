//! Is an implementation of dense networks right? One call runs it on any number of cases beside the
//! reference, and says where it is off by more than rounding explains.
//!
//! An [`Implementation`] predicts, and if it can says costs, gradients and steps. [`check`] draws
//! cases, judges each answer by [`bounds`](super::bounds), and makes the first case of each kind of
//! disagreement small: see [`Finding`], which can be written out as Rust, JSON or NumPy.
//!
//! ```
//! use shallownet::testing::cases::Problem;
//! use shallownet::testing::conformance::{Implementation, Run, check};
//! use shallownet::{Loss, reference};
//!
//! /// Plain loops in f32, and somebody forgot the last input of each unit.
//! struct Toy;
//!
//! impl Implementation<f32> for Toy {
//!     fn predict(&mut self, problem: &Problem<f32>) -> Result<Vec<f32>, String> {
//!         let mut out = Vec::new();
//!         for x in problem.x.chunks(problem.inputs()) {
//!             let mut a: Vec<f64> = x.iter().map(|&x| x.into()).collect();
//!             for layer in &problem.reference().layers {
//!                 let last = a.len() - 1;
//!                 a[last] = 0.0;
//!                 let layers = vec![layer.clone()];
//!                 let one = reference::Network { layers, loss: Loss::SquaredError };
//!                 a = one.predict(&a);
//!             }
//!             out.extend(a.iter().map(|&a| a as f32));
//!         }
//!         Ok(out)
//!     }
//! }
//!
//! let report = check(&mut Toy, &Run::new(200));
//! assert!(report.disagreeing > 100);
//! // One layer, one sample, one input.
//! let smallest = &report.findings[0].problem;
//! assert_eq!((smallest.layers.len(), smallest.samples, smallest.inputs()), (1, 1, 1));
//! ```

mod implementation;
mod judge;
mod own;
mod replay;
mod run;
mod shrink;
mod wanted;

pub use implementation::{Answers, Implementation};
pub use judge::{Verdict, judge};
pub use own::Own;
pub use run::{Finding, Report, Run, check};
pub use wanted::Wanted;
