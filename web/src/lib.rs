//! The lecture, live: what the page asks of the library. A [`Lesson`] holds the samples, the network in
//! training and its cost curve; a worker calls it, and posts what is to be drawn to the page.
//!
//! Refusals are the library's own sentences, and come to JavaScript as strings that are thrown.

mod curve;
mod lesson;
mod model;
mod network;
mod samples;
mod table;
mod views;

pub use lesson::{Lesson, saturation};
