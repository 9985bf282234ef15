//! Dropout in a tile: units of a hidden layer become 0, the others are scaled, and g' with them. The
//! formula is that of [`Dropout`].

use super::block::BlockMut;
use super::epilogue;
use super::lanes::Lanes;
use super::philox;
use crate::element::Element;
use crate::words::activation::Activation;
use crate::words::dropout::Dropout;

/// Which units are dropped of what.
#[derive(Debug)]
pub(crate) struct Drop<'a, T> {
    pub(crate) dropout: Dropout,
    pub(crate) layer: usize,
    /// Of the tile, in the batch.
    pub(crate) first_sample: usize,
    /// The activation whose g' is to be read off A first; otherwise it is there.
    pub(crate) g: Option<Activation>,
    pub(crate) a: BlockMut<'a, T>,
    /// g', in columns as those of A.
    pub(crate) slopes: &'a mut [T],
}

/// Words at once: their loop is long enough to become vectors.
const BLOCKS: usize = 32;

#[inline(always)]
pub(crate) fn run<V: Lanes>(t: V::Token, job: Drop<'_, V::Elem>) {
    let Drop { dropout, layer, first_sample, g, a, slopes } = job;
    if let Some(g) = g {
        slopes.fill(<V::Elem as Element>::ONE);
        epilogue::times_derivative::<V>(t, g, a.data, slopes);
    }
    let (limit, scale) = (dropout.limit(), V::Elem::from_f64(dropout.scale()));
    let [low, high] = dropout.counter(layer).map(u64::from);
    let blocks = a.rows.div_ceil(4);
    let (mut block, mut column) = (0, 0);
    while column < a.columns {
        let mut places = [(0, 0); BLOCKS];
        let mut counters = [[0_u64; BLOCKS]; 2];
        for i in 0..BLOCKS {
            places[i] = (column, block);
            (counters[0][i], counters[1][i]) = (block as u64, (first_sample + column) as u64);
            block += 1;
            if block == blocks {
                (block, column) = (0, column + 1);
            }
        }
        let mut words = [[0; BLOCKS]; 4];
        for i in 0..BLOCKS {
            let four = philox::block([counters[0][i], counters[1][i], low, high], dropout.seed);
            for k in 0..4 {
                words[k][i] = four[k];
            }
        }
        for (i, (column, block)) in places.into_iter().enumerate() {
            if column >= a.columns {
                break;
            }
            let start = column * a.stride + 4 * block;
            let units = 4.min(a.rows - 4 * block);
            let values = a.data[start..start + units].iter_mut();
            for (k, (a, slope)) in values.zip(&mut slopes[start..start + units]).enumerate() {
                let factor = if words[k][i] < limit { V::Elem::ZERO } else { scale };
                *a *= factor;
                *slope *= factor;
            }
        }
    }
}
