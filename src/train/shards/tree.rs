//! The order in which the sums of shards are added: a binary tree over the shards, which no number of
//! ranks changes.
//!
//! A node stands for the shards lo..hi; its sum is that of lo..mid and that of mid..hi, mid the middle
//! (rounded up). A rank adds up the greatest nodes whose shards are all its own; the others are added
//! where the ranks' sums come together.

use core::ops::Range;

/// Where a node of more than one shard is cut.
pub(super) fn middle(node: &Range<usize>) -> usize {
    node.start + node.len().div_ceil(2)
}

/// The greatest nodes whose shards all lie in `own`, in their order; `shards` in all.
pub(super) fn nodes(shards: usize, own: Range<usize>) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    collect(0..shards, &own, &mut found);
    found
}

fn collect(node: Range<usize>, own: &Range<usize>, found: &mut Vec<Range<usize>>) {
    if node.start >= own.end || node.end <= own.start {
        return;
    }
    if own.start <= node.start && node.end <= own.end {
        return found.push(node);
    }
    let mid = middle(&node);
    collect(node.start..mid, own, found);
    collect(mid..node.end, own, found);
}

/// How many nodes lie one below another, at most.
pub(super) fn depth(shards: usize) -> usize {
    shards.next_power_of_two().trailing_zeros() as usize + 1
}

/// Adds up a node from `given` nodes that cover it, each at its place in the list: `add(a, b)` adds what
/// is at b to what is at a. Returns the place of the sum, and takes the nodes off `given`.
pub(super) fn add_up(
    node: Range<usize>,
    given: &mut core::iter::Peekable<impl Iterator<Item = (usize, Range<usize>)>>,
    add: &mut impl FnMut(usize, usize),
) -> Option<usize> {
    if let Some((place, _)) = given.next_if(|(_, given)| *given == node) {
        return Some(place);
    }
    if node.len() < 2 {
        return None;
    }
    let mid = middle(&node);
    let left = add_up(node.start..mid, given, add)?;
    let right = add_up(mid..node.end, given, add)?;
    add(left, right);
    Some(left)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sum as a text with its brackets.
    fn whole(node: Range<usize>) -> String {
        if node.len() == 1 {
            return node.start.to_string();
        }
        let mid = middle(&node);
        format!("({}+{})", whole(node.start..mid), whole(mid..node.end))
    }

    #[test]
    fn any_ranks_add_up_the_same_tree() {
        assert_eq!(whole(0..5), "(((0+1)+2)+(3+4))");
        for shards in 1..=17 {
            for ranks in 1..=shards {
                let of = |rank| shards * rank / ranks..shards * (rank + 1) / ranks;
                let all: Vec<Range<usize>> =
                    (0..ranks).flat_map(|rank| nodes(shards, of(rank))).collect();
                let mut texts: Vec<String> = all.iter().cloned().map(whole).collect();
                let mut given = all.iter().cloned().enumerate().peekable();
                let root = add_up(0..shards, &mut given, &mut |a, b| {
                    texts[a] = format!("({}+{})", texts[a], texts[b]);
                });
                assert_eq!(texts[root.unwrap()], whole(0..shards), "{ranks} of {shards}");
                assert!(given.next().is_none());
                assert!(all.iter().all(|node| depth(node.len()) <= depth(shards)));
            }
        }
        assert_eq!([1, 2, 3, 4, 5, 8, 9].map(depth), [1, 2, 3, 3, 4, 4, 5]);
    }

    #[test]
    fn nodes_that_do_not_cover_are_no_sum() {
        let mut given = [(0, 0..2)].into_iter().peekable();
        assert_eq!(add_up(0..4, &mut given, &mut |_, _| ()), None);
    }
}
