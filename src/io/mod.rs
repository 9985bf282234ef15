//! Files in and out: labelled samples from CSV, models to and from safetensors.
//!
//! Nothing in the rest of the crate knows about files; these rooms know the public types of the
//! crate and nothing of its inside. Each is behind a feature and costs nothing when it is off:
//!
//! | room | feature | what for |
//! | --- | --- | --- |
//! | `table` | `csv` | labelled samples from a CSV file, each mistake named by line and column |
//! | `model` | `safetensors` | a network with its feature and class names, in one file |
//! | `checkpoint` | `safetensors` | a training in the middle: network, optimiser, best parameters |
//! | `atomic` | `safetensors` | a file that is there in whole or not at all |
//! | [`Standardization`] | either | mean 0 and standard deviation 1, feature by feature |

#[cfg(feature = "safetensors")]
pub mod atomic;
#[cfg(feature = "safetensors")]
pub mod checkpoint;
#[cfg(feature = "safetensors")]
pub mod model;
mod standardization;
#[cfg(feature = "csv")]
pub mod table;

pub use standardization::{NotStandardizable, Standardization};

/// What the operating system said, without its number, to stand at the end of a line.
fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_owned()
}

/// A path as messages name it: on one line, whatever it holds.
fn display(path: &std::path::Path) -> String {
    path.display().to_string().chars().flat_map(one_line).collect()
}

fn one_line(c: char) -> impl Iterator<Item = char> {
    let (kept, escaped) =
        if c.is_control() { (None, Some(c.escape_default())) } else { (Some(c), None) };
    kept.into_iter().chain(escaped.into_iter().flatten())
}
