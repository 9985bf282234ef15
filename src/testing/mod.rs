//! The oracle as a tool: is somebody's dense network right, and how fast is it?
//!
//! For who writes kernels, backends, ports or bindings. `conformance` runs an implementation on any
//! number of cases beside the [`reference`](mod@crate::reference), and says where it is off by more
//! than rounding can explain: a small case that can be replayed without this crate. `bounds` says
//! how far rounding can carry a correct implementation, `cases` draws what hurts, `golden` writes
//! cases with their answers to a file for other languages, [`measure`] is the clock.
//! (The command line alone brings `measure`, the feature `testing` all of them.)

#[cfg(feature = "testing")]
pub mod backends;
#[cfg(feature = "testing")]
pub mod bounds;
#[cfg(feature = "testing")]
pub mod cases;
#[cfg(feature = "testing")]
pub mod conformance;
#[cfg(feature = "testing")]
pub mod golden;
pub mod measure;
