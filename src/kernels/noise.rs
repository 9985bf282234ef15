//! Normal noise that is a function of where it goes, tile by tile.
//!
//! ```text
//! e(stream, p) = deviate p mod 4 of Philox's blocks with the key `seed` and the counters
//!                (BLOCKS floor(p / 4) + 0 .. BLOCKS, stream, generation)
//! ```
//!
//! A tile is [`TILE`] such quadruples: `width` streams, and as many quadruples of parameters as fill
//! it. What is computed of one does not depend on the others.

use super::normal::{NormalElement, pair};
use super::philox;

/// Quadruples at once: their loops are long enough to become vectors, and their words stay in L1.
pub(crate) const TILE: usize = 64;

/// Deviates of a quadruple.
pub(crate) const FOUR: usize = 4;

/// Deviate `k` of the tile's quadruple `i` at `[k][i]`.
pub(crate) type Deviates<T> = [[T; TILE]; FOUR];

/// Where noise comes from.
#[derive(Debug, Clone, Copy)]
pub struct Source {
    pub(crate) seed: u64,
    pub(crate) generation: u64,
    /// Do members 2 k and 2 k + 1 have stream k, the second with the opposite sign? Otherwise each
    /// has its own.
    pub(crate) antithetic: bool,
}

/// The first quadruple and the first stream of a tile.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) quadruple: usize,
    pub(crate) stream: usize,
}

/// Fills a tile with `width` (a power of two, at most [`TILE`]) streams of each quadruple.
#[inline(always)]
pub(crate) fn fill<T: NormalElement>(
    source: Source,
    Place { quadruple, stream }: Place,
    width: usize,
    deviates: &mut Deviates<T>,
) {
    let (shift, mask) = (width.trailing_zeros(), width as u64 - 1);
    let first = (T::BLOCKS * quadruple) as u64;
    for block in 0..T::BLOCKS {
        let mut words = [[0; TILE]; 4];
        for i in 0..TILE {
            let row = (i as u64) >> shift;
            let counter = [
                first + T::BLOCKS as u64 * row + block as u64,
                stream as u64 + (i as u64 & mask),
                source.generation,
                source.generation >> 32,
            ];
            let four = philox::block(counter, source.seed);
            for (words, word) in words.iter_mut().zip(four) {
                words[i] = word;
            }
        }
        for of_block in 0..2 / T::BLOCKS {
            let first = 2 * (block + of_block);
            let [a, b] = &mut deviates[first..first + 2] else { return };
            for i in 0..TILE {
                let block = [words[0][i], words[1][i], words[2][i], words[3][i]];
                (a[i], b[i]) = pair(T::words_of(block, of_block));
            }
        }
    }
}

/// The group `[parameter][lane]` whose first lane is member `first`: centre + sigma e. The centre has
/// a value for each parameter; lanes from `present` on become 0.
#[inline(always)]
pub(crate) fn shift_lanes<T: NormalElement>(
    source: Source,
    (first, present, lanes): (usize, usize, usize),
    (centre, sigma): (&[T], T),
    group: &mut [T],
) {
    let width = if source.antithetic { lanes / 2 } else { lanes };
    let stream = if source.antithetic { first / 2 } else { first };
    let rows = TILE / width;
    let mut deviates = [[T::ZERO; TILE]; FOUR];
    let tiles = centre.chunks(FOUR * rows).zip(group.chunks_mut(FOUR * rows * lanes));
    for (tile, (centre, group)) in tiles.enumerate() {
        fill(source, Place { quadruple: tile * rows, stream }, width, &mut deviates);
        for (p, (&centre, group)) in centre.iter().zip(group.chunks_exact_mut(lanes)).enumerate() {
            let e = &deviates[p % FOUR][p / FOUR * width..][..width];
            if source.antithetic {
                for (pair, &e) in group.as_chunks_mut::<2>().0.iter_mut().zip(e) {
                    *pair = [normal(centre + sigma * e), normal(centre - sigma * e)];
                }
            } else {
                for (value, &e) in group.iter_mut().zip(e) {
                    *value = normal(centre + sigma * e);
                }
            }
            group[present..].fill(T::ZERO);
        }
    }
}

/// values += sigma e of a member, for values in the textbook's order.
#[inline(always)]
pub(crate) fn shift<T: NormalElement>(source: Source, member: usize, sigma: T, values: &mut [T]) {
    let stream = if source.antithetic { member / 2 } else { member };
    let sigma = if source.antithetic && member % 2 == 1 { -sigma } else { sigma };
    let mut deviates = [[T::ZERO; TILE]; FOUR];
    for (tile, values) in values.chunks_mut(FOUR * TILE).enumerate() {
        fill(source, Place { quadruple: tile * TILE, stream }, 1, &mut deviates);
        let (quadruples, rest) = values.as_chunks_mut::<FOUR>();
        for (i, quadruple) in quadruples.iter_mut().enumerate() {
            for k in 0..FOUR {
                quadruple[k] += sigma * deviates[k][i];
            }
        }
        for (k, value) in rest.iter_mut().enumerate() {
            *value += sigma * deviates[k][quadruples.len()];
        }
    }
}

/// Streams at once in a tile of sums: those of `streams` that are there, at most [`TILE`]. The rest of
/// a tile is filled with quadruples.
pub(crate) fn width_of_sums(streams: usize) -> usize {
    streams.next_power_of_two().min(TILE)
}

/// factor * sum_k weights[k] e(k), for as many quadruples as a tile of sums has, from `quadruple` on.
/// Each of [`width_of_sums`] lanes adds the members that it meets in their order; then halves of the
/// lanes are added up until one is left.
#[inline(always)]
pub(crate) fn sum<T: NormalElement>(
    source: Source,
    quadruple: usize,
    (factor, weights): (T, &[f64]),
    into: &mut [T],
) {
    let members = if source.antithetic { 2 } else { 1 };
    let streams = weights.len().div_ceil(members);
    let mut width = width_of_sums(streams);
    let rows = TILE / width;
    let mut deviates = [[T::ZERO; TILE]; FOUR];
    let mut sums = [[T::ZERO; TILE]; FOUR];
    for (tile, weights) in weights.chunks(width * members).enumerate() {
        let mut of_lanes = [T::ZERO; TILE];
        if source.antithetic {
            let (pairs, last) = weights.as_chunks::<2>();
            for (of_lane, &[plus, minus]) in of_lanes.iter_mut().zip(pairs) {
                *of_lane = T::from_f64(plus - minus);
            }
            if let [last] = last {
                of_lanes[pairs.len()] = T::from_f64(*last);
            }
        } else {
            for (of_lane, &weight) in of_lanes.iter_mut().zip(weights) {
                *of_lane = T::from_f64(weight);
            }
        }
        for row in 1..rows {
            of_lanes.copy_within(..width, row * width);
        }
        fill(source, Place { quadruple, stream: tile * width }, width, &mut deviates);
        for k in 0..FOUR {
            for i in 0..TILE {
                sums[k][i] += of_lanes[i] * deviates[k][i];
            }
        }
    }
    let row = width;
    while width > 1 {
        width /= 2;
        for sums in &mut sums {
            for r in 0..rows {
                let (left, right) = sums[r * row..][..2 * width].split_at_mut(width);
                left.iter_mut().zip(right).for_each(|(left, right)| *left += *right);
            }
        }
    }
    for (p, into) in into.iter_mut().enumerate() {
        *into = factor * sums[p % FOUR][p / FOUR * row];
    }
}

/// The value, or 0 if it is subnormal: the rule for parameters that are set.
#[inline(always)]
fn normal<T: NormalElement>(value: T) -> T {
    let size = if value < T::ZERO { -value } else { value };
    if size < T::MIN_POSITIVE { T::ZERO } else { value }
}
