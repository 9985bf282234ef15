//! Mathematics over slices and registers: no allocation, no threads, no errors, no I/O.
#![allow(
    clippy::needless_range_loop,
    reason = "loops of fixed length over arrays of registers: indices unroll, iterators may not"
)]

pub(crate) mod block;
pub(crate) mod blocks;
pub(crate) mod column;
pub(crate) mod constants;
pub(crate) mod curvature;
pub(crate) mod curve_constants;
pub(crate) mod curves;
#[cfg(test)]
#[path = "testing/double_double.rs"]
mod double_double;
pub(crate) mod dropout;
pub(crate) mod epilogue;
pub(crate) mod exp;
pub(crate) mod finish;
pub(crate) mod finite;
pub(crate) mod flat;
pub(crate) mod flush;
pub(crate) mod gauss;
pub(crate) mod group;
pub(crate) mod head;
pub(crate) mod lanes;
pub(crate) mod ln_1p;
mod losses;
pub(crate) mod narrow;
pub(crate) mod noise;
pub(crate) mod normal;
pub(crate) mod optimizer;
pub(crate) mod pairs;
pub(crate) mod panel;
pub(crate) mod philox;
#[cfg(test)]
#[path = "testing/products.rs"]
mod products;
pub(crate) mod several;
pub(crate) mod shuffle;
pub(crate) mod sigmoid;
pub(crate) mod sine;
pub(crate) mod single;
#[cfg(test)]
#[path = "testing/slices.rs"]
mod slices;
pub(crate) mod squares;
pub(crate) mod streamed;
pub(crate) mod strips;
pub(crate) mod tanh;
#[cfg(test)]
#[path = "testing/test_support.rs"]
mod test_support;
pub(crate) mod tiny;
pub(crate) mod transpose;
#[cfg(test)]
#[path = "testing/ulp.rs"]
mod ulp;
pub(crate) mod update;
pub(crate) mod weights;
pub(crate) mod wide_lanes;
