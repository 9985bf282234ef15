//! Thousands of networks of one shape in one call.
//!
//! | file | what it is |
//! | --- | --- |
//! | `samples.rs` | what members are given: one for all, or one each |
//! | `given.rs` | a batch for each member, after its checks |
//! | `store.rs` | how values of members lie in groups |
//! | `walk.rs` | groups or networks shared by threads |
//! | `plan.rs` | in lanes, or one by one; how many threads |
//! | `in_lanes.rs`, `one_by_one.rs` | the passes of either way |
//! | `building.rs` | [`Population`] |
//! | `workspace.rs`, `gradients.rs` | memory |
//! | `checking.rs` | the checks of a call |
//! | `members.rs` | single members, and all as one slice |
//! | `passes.rs` | predict, cost, backward, step |
//! | `optimizer.rs`, `lane_step.rs`, `lanes_optimizer.rs` | a step with an optimiser |
//! | `training_options.rs`, `lane_orders.rs`, `lanes_training.rs`, `training.rs` | whole trainings |
//! | `noise.rs`, `ranks.rs`, `evolution.rs` | members around a centre, and the way that their fitness points |
//!
//! A file imports only what stands above it.

mod building;
mod checking;
mod evolution;
mod given;
mod gradients;
mod in_lanes;
mod lane_orders;
mod lane_step;
mod lanes_optimizer;
mod lanes_training;
mod members;
mod noise;
mod one_by_one;
mod optimizer;
mod passes;
mod plan;
mod ranks;
mod samples;
mod store;
mod training;
mod training_options;
mod walk;
mod workspace;

pub use building::Population;
pub use gradients::PopulationGradients;
pub use noise::Noise;
pub use optimizer::PopulationOptimizer;
pub use ranks::centred_ranks;
pub use samples::{OfMembers, PopulationTargets, Samples};
pub use training_options::{MemberEpoch, PopulationData, PopulationTraining};
pub use workspace::PopulationWorkspace;
