//! Samples that are somewhere else: read in stretches, and never all in memory.
//!
//! | file | what it is |
//! | --- | --- |
//! | `error.rs` | [`SourceError`]: the source's own error, or the library's |
//! | `in_memory.rs` | [`InMemory`]: columns as a source |
//! | `standardized.rs` | [`Standardized`]: a source whose values are standardized as they are read |
//! | `moments.rs` | [`SourceMoments`]: means and deviations of a source, in one pass |

mod error;
mod in_memory;
mod moments;
mod standardized;

use core::ops::Range;

pub use error::SourceError;
pub use in_memory::InMemory;
pub use moments::SourceMoments;
pub use standardized::Standardized;

/// Samples with their targets that are read where they are needed: from files, a database, a generator.
///
/// `io::source` has those of `.npy` and IDX files; a source of your own says how many samples there are,
/// and reads some of them:
///
/// ```
/// use std::convert::Infallible;
/// use std::ops::Range;
/// use shallownet::source::Source;
///
/// /// The squares of 0 to 1, computed as they are asked for.
/// struct Squares(usize);
///
/// impl Source<f32> for Squares {
///     type Error = Infallible;
///
///     fn samples(&self) -> usize {
///         self.0
///     }
///
///     fn features(&self) -> usize {
///         1
///     }
///
///     fn targets(&self) -> usize {
///         1
///     }
///
///     fn read(
///         &mut self,
///         samples: Range<usize>,
///         x: &mut [f32],
///         y: &mut [f32],
///     ) -> Result<(), Infallible> {
///         for (i, (x, y)) in samples.zip(x.iter_mut().zip(y)) {
///             *x = i as f32 / self.0 as f32;
///             *y = *x * *x;
///         }
///         Ok(())
///     }
/// }
///
/// let (mut x, mut y) = ([0.0; 2], [0.0; 2]);
/// Squares(4).read(2..4, &mut x, &mut y)?;
/// assert_eq!((x, y), ([0.5, 0.75], [0.25, 0.5625]));
/// # Ok::<(), Infallible>(())
/// ```
pub trait Source<T>: Send {
    /// Why samples could not be read. It comes through to whoever trains, as
    /// [`SourceError::Source`].
    type Error: core::error::Error + Send + 'static;

    /// How many samples there are.
    fn samples(&self) -> usize;

    /// Values a sample (n_x).
    fn features(&self) -> usize;

    /// Target values a sample (n_y).
    fn targets(&self) -> usize;

    /// Reads samples (from 0) that follow one another, no more than there are: their values to `x` and
    /// their targets to `y`, sample after sample, as long as these samples need. The same samples have
    /// the same values whenever they are read.
    ///
    /// # Errors
    /// Those of the source. What `x` and `y` hold after an error is not looked at.
    fn read(&mut self, samples: Range<usize>, x: &mut [T], y: &mut [T]) -> Result<(), Self::Error>;

    /// The memory that it holds itself, in bytes: its buffers.
    fn bytes(&self) -> usize {
        0
    }
}
