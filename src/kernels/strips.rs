//! What a layer reads, packed for its weight gradient.
//!
//! The gradient takes six inputs of each column at a time: 24 bytes here, 24 bytes a column further,
//! so that each line is fetched several times, from as many pages as there are columns. Packed, the
//! same values lie side by side:
//!
//! ```text
//! strip k: [column][WIDTH], the inputs k WIDTH .. (k + 1) WIDTH
//! ```
//!
//! Packing reads whole lines once, a value in 1 to 2 % of the time of its products where hundreds of
//! units read it. It changes no bit.

use crate::element::Element;
use crate::kernels::block::Pass;

/// Inputs a strip: as many as the gradient's kernel takes at once.
pub(crate) const WIDTH: usize = 6;

/// Strips that are packed at once.
pub(crate) const COUNT: usize = 8;

/// Inputs that are packed at once: three lines of `f32`, six of `f64`.
pub(crate) const INPUTS: usize = COUNT * WIDTH;

/// A column's values are written by eights, for whole registers: two more than a strip is wide,
/// which the next column overwrites.
const WRITTEN: usize = 8;

/// The most columns that there is room for.
pub(crate) const COLUMNS: usize = 144;

/// Room for a strip, and for what its last column writes behind it.
const LEN: usize = COLUMNS * WIDTH + WRITTEN - WIDTH;

/// Units of a layer from which packing pays, with registers of 32 and 64 bytes: the wider they are,
/// the less time the products of a value take, which have to pay for its packing.
const UNITS: (usize, usize) = (96, 512);

/// Inputs of a layer from which packing pays: with fewer, the columns of a turn stay in L2, and
/// often in L1.
const MIN_INPUTS: usize = 384;

/// Does packing pay for so many inputs and units, where a panel takes `registers` registers, and is
/// there room for the columns?
pub(crate) fn pays(registers: usize, inputs: usize, units: usize, columns: usize) -> bool {
    let least = if registers == 1 { UNITS.1 } else { UNITS.0 };
    inputs >= MIN_INPUTS && units >= least && columns <= COLUMNS
}

/// Strips of a turn.
pub(crate) struct Strips<T> {
    values: [[T; LEN]; COUNT],
}

impl<T: Element> Strips<T> {
    #[inline(always)]
    pub(crate) fn new() -> Self {
        Self { values: [[T::ZERO; LEN]; COUNT] }
    }

    /// Packs the inputs from `input` on; returns the number of columns.
    #[inline(always)]
    pub(crate) fn pack(&mut self, tiles: &[Pass<'_, T>], input: usize) -> usize {
        let mut at = 0;
        for (_, a) in tiles {
            for column in a.data.chunks_exact(a.stride) {
                let column = &column[input..input + INPUTS];
                // Behind the last strip's six, the column may have no more values.
                for k in 0..COUNT - 1 {
                    self.values[k][at..at + WRITTEN]
                        .copy_from_slice(&column[k * WIDTH..k * WIDTH + WRITTEN]);
                }
                self.values[COUNT - 1][at..at + WIDTH].copy_from_slice(&column[INPUTS - WIDTH..]);
                at += WIDTH;
            }
        }
        at / WIDTH
    }

    /// A strip's values.
    #[inline(always)]
    pub(crate) fn strip(&self, k: usize, columns: usize) -> &[T] {
        &self.values[k][..columns * WIDTH]
    }
}
