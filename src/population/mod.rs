//! Thousands of networks of one shape in one call.

mod building;
mod checking;
mod evolution;
mod gradients;
mod in_lanes;
mod members;
mod noise;
mod one_by_one;
mod passes;
mod plan;
mod ranks;
mod samples;
mod store;
mod walk;
mod workspace;

pub use building::Population;
pub use gradients::PopulationGradients;
pub use noise::Noise;
pub use ranks::centred_ranks;
pub use samples::{OfMembers, PopulationTargets, Samples};
pub use workspace::PopulationWorkspace;
