//! Thousands of networks of one shape in one call.

mod building;
mod checking;
mod gradients;
mod in_lanes;
mod members;
mod one_by_one;
mod passes;
mod plan;
mod samples;
mod store;
mod walk;
mod workspace;

pub use building::Population;
pub use gradients::PopulationGradients;
pub use samples::{OfMembers, PopulationTargets, Samples};
pub use workspace::PopulationWorkspace;
