//! Sums of squares of a network's errors, for Levenberg-Marquardt, in f64: samples in lanes.
//!
//! A block is some samples; each of its rows has one value of all of them, a whole number of
//! registers. Forward, the rows of the Jacobian J (a row a parameter) and J J^T are products of
//! rows: nothing is transposed, and lanes are summed once a block.
//!
//! | file | what it is |
//! | --- | --- |
//! | `layers.rs` | forward through a layer; errors |
//! | `rows.rs` | backward from one output; the rows of J |
//! | `products.rs` | J J^T and J r, added to what is there |
//! | `factor.rs` | A = L D L^T, and what is solved with it |

pub(crate) mod factor;
pub(crate) mod layers;
pub(crate) mod products;
pub(crate) mod rows;
