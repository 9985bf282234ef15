//! Panels of W to panels of W^T, so that the backward product reads weights as the forward one.

/// `w` is [units / panel][inputs][panel]; `into` becomes [inputs / panel][units][panel], its last
/// panel padded with zeros. O(weights), against the 4 m FLOPs a weight of a step.
pub(crate) fn panels<T: Copy + Default>(
    w: &[T],
    inputs: usize,
    units: usize,
    panel: usize,
    into: &mut [T],
) {
    for (p, target) in into.chunks_exact_mut(units * panel).enumerate() {
        let first = p * panel;
        let present = panel.min(inputs - first);
        for (source, target) in w.chunks_exact(inputs * panel).zip(target.chunks_mut(panel * panel))
        {
            let source = &source[first * panel..(first + present) * panel];
            for (unit, target) in target.chunks_exact_mut(panel).enumerate() {
                for (lane, target) in target.iter_mut().enumerate() {
                    *target = source.get(lane * panel + unit).copied().unwrap_or_default();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_weight_finds_its_transposed_place() {
        for (units, inputs, panel) in [(1, 1, 4), (5, 7, 4), (8, 4, 4), (3, 17, 8)] {
            let (padded_units, padded_inputs) =
                (usize::next_multiple_of(units, panel), usize::next_multiple_of(inputs, panel));
            let mut w = vec![0; padded_units * inputs];
            for j in 0..units {
                for i in 0..inputs {
                    w[(j / panel * inputs + i) * panel + j % panel] = 1 + j * 1000 + i;
                }
            }
            let mut into = vec![9; padded_inputs * units];
            super::panels(&w, inputs, units, panel, &mut into);
            for j in 0..units {
                for i in 0..padded_inputs {
                    let found = into[(i / panel * units + j) * panel + i % panel];
                    assert_eq!(found, if i < inputs { 1 + j * 1000 + i } else { 0 });
                }
            }
        }
    }
}
