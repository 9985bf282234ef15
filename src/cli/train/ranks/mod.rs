//! `shallownet train` under a launcher such as `mpirun`: one network, trained by all ranks together,
//! each with its own samples.
//!
//! What one rank can't do ends all: every step that may fail is followed by [`Job::agreed`], so that no
//! rank waits for one that has stopped.
//!
//! [`Job::agreed`]: crate::job::Job::agreed

mod alike;
mod calibrate;
mod columns;
mod course;
mod courses;
mod ensemble;
mod epochs;
mod finish;
mod measure;
mod medians;
mod prepare;
mod refused;
mod share;
mod solve;

pub(crate) use course::run;
