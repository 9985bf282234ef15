//! Which rows of a file are read together.

/// How many of the rows follow one another with no more than `gap` others between two.
pub(super) fn together(rows: &[usize], gap: usize) -> usize {
    let is_apart = |pair: &[usize]| pair[1] - pair[0] > gap + 1;
    rows.windows(2).position(is_apart).map_or(rows.len(), |at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_near_each_other_are_read_together() {
        assert_eq!(together(&[3], 0), 1);
        assert_eq!(together(&[3, 4, 6], 0), 2);
        assert_eq!(together(&[3, 4, 6, 9], 1), 3);
        assert_eq!(together(&[3, 9], 5), 2);
    }
}
