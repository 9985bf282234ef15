//! Full-batch solvers for small networks: methods that see all samples at every step, and use more
//! of the cost than its gradient.
//!
//! Where parameters are some hundreds and samples some thousands, they end where gradient descent
//! takes hundreds of times as many passes, or never comes to: [`LevenbergMarquardt`] for squared
//! errors, [`Lbfgs`], [`Rprop`] and [`ScaledConjugateGradients`] for any loss. [`Solving`] says what is
//! wanted; a [`Solver`] has the memory; a [`Multistart`] takes the best of many starts.
//!
//! | file | what it is |
//! | --- | --- |
//! | `stop.rs` | [`StopAt`] and [`SolverStop`] |
//! | `levenberg_marquardt.rs`, `lbfgs.rs`, `rprop.rs`, `scaled_conjugate_gradients.rs` | the methods' options |
//! | `method.rs` | [`Method`]: one of them |
//! | `options.rs` | [`Solving`]: method, stop, penalty |
//! | `standing.rs` | [`Standing`]: cost, gradient norm and the rest, after an iteration |
//! | `state.rs` | [`SolverState`] |
//! | `report.rs` | [`SolverIteration`] and [`SolverReport`] |
//! | `task.rs` | what the methods share |
//! | `damped.rs` | Levenberg-Marquardt at work |
//! | `descent.rs` | cost and gradient as flat vectors |
//! | `line_search.rs`, `quasi_newton.rs`, `resilient.rs`, `conjugate.rs` | the others at work |
//! | `along_gradients.rs` | these, behind one shape |
//! | `solver.rs` | [`Solver`]: the loop over iterations |
//! | `multistart.rs` | [`Multistart`] |

mod along_gradients;
mod conjugate;
mod damped;
mod descent;
mod lbfgs;
mod levenberg_marquardt;
mod line_search;
mod method;
mod multistart;
mod options;
mod quasi_newton;
mod report;
mod resilient;
mod rprop;
mod scaled_conjugate_gradients;
mod solver;
mod standing;
pub(crate) mod state;
mod stop;
mod task;

pub use lbfgs::Lbfgs;
pub use levenberg_marquardt::LevenbergMarquardt;
pub use method::Method;
pub use multistart::{Multistart, Start, Starts};
pub use options::Solving;
pub use report::{SolverIteration, SolverReport};
pub use rprop::Rprop;
pub use scaled_conjugate_gradients::ScaledConjugateGradients;
pub use solver::Solver;
pub use standing::Standing;
pub use state::SolverState;
pub use stop::{SolverStop, StopAt};
