//! What ranks tell each other besides sums: whether all may go on.

use crate::error::{Error, Result};
use crate::ranks::Communicator;

/// Is it so on any rank?
pub(crate) fn on_any(ranks: &mut dyn Communicator, here: bool) -> bool {
    let mut all = vec![0; ranks.ranks()];
    let counts = vec![1; all.len()];
    ranks.gather(&[u8::from(here)], &mut all, &counts);
    all.contains(&1)
}

/// A result that is an error on every rank if it is one on any.
pub(crate) fn agreed<R>(result: Result<R>, ranks: &mut dyn Communicator) -> Result<R> {
    if ranks.ranks() == 1 {
        return result;
    }
    let failed = gathered(ranks, [u64::from(result.is_err())]);
    match failed.iter().position(|&[failed]| failed != 0) {
        Some(rank) if result.is_ok() => Err(Error::OtherRank { rank }),
        _ => result,
    }
}

/// Some words of every rank.
pub(super) fn gathered<const N: usize>(
    ranks: &mut dyn Communicator,
    own: [u64; N],
) -> Vec<[u64; N]> {
    let mut all = vec![[0; N]; ranks.ranks()];
    let counts = vec![8 * N; all.len()];
    let into = bytemuck::cast_slice_mut(all.as_flattened_mut());
    ranks.gather(bytemuck::cast_slice(&own), into, &counts);
    all
}
