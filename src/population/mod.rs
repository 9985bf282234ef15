//! Thousands of networks of one shape in one call.

mod building;
mod checking;
mod gradients;
mod in_lanes;
mod lane_orders;
mod lane_step;
mod lanes_optimizer;
mod lanes_training;
mod members;
mod one_by_one;
mod optimizer;
mod passes;
mod plan;
mod samples;
mod store;
mod training;
mod training_options;
mod walk;
mod workspace;

pub use building::Population;
pub use gradients::PopulationGradients;
pub use optimizer::PopulationOptimizer;
pub use samples::{OfMembers, PopulationTargets, Samples};
pub use training_options::{MemberEpoch, PopulationData, PopulationTraining};
pub use workspace::PopulationWorkspace;
