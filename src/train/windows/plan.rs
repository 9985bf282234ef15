//! Blocks and windows: which samples are read together, and in which order.

use core::ops::Range;

use crate::train::order::shuffle;
use crate::train::validation;
use crate::train::window::Window;

/// The cut of the samples into blocks, and of the blocks into windows.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Plan {
    /// Those of the source that are trained on.
    samples: Range<usize>,
    /// Those that are held out; none is an empty range.
    held: Range<usize>,
    window: Window,
    seed: u64,
}

/// What is read at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// A window of an epoch.
    Window { epoch: u64, index: usize },
    /// Some of the samples held out, after an epoch.
    Held { epoch: u64, index: usize },
}

impl Plan {
    /// Of at least one sample; a window larger than all samples is cut down to them.
    pub(super) fn new(
        samples: Range<usize>,
        held: Option<Range<usize>>,
        window: Window,
        seed: u64,
    ) -> Self {
        let block = window.block.min(samples.len()).max(1);
        let blocks = window.blocks.min(samples.len().div_ceil(block)).max(1);
        let held = held.unwrap_or(0..0);
        Self { samples, held, window: Window { block, blocks }, seed }
    }

    /// How many blocks there are in all.
    pub(super) fn blocks(&self) -> usize {
        self.samples.len().div_ceil(self.window.block)
    }

    pub(super) fn window(&self) -> Window {
        self.window
    }

    fn windows(&self) -> usize {
        self.blocks().div_ceil(self.window.blocks)
    }

    fn holds_all(&self) -> bool {
        self.window.blocks >= self.blocks()
    }

    /// The most samples that a window has.
    pub(super) fn longest(&self) -> usize {
        self.samples.len().min(self.window.block.saturating_mul(self.window.blocks))
    }

    /// The most samples that are read at once, those held out included.
    pub(super) fn capacity(&self) -> usize {
        self.longest().max(self.held.len().min(validation::SAMPLES))
    }

    /// Samples held out that are read at once: whole groups of those that go through the network at
    /// once, so that the sum of their costs does not depend on the window.
    fn held_at_once(&self) -> usize {
        (self.capacity() / validation::SAMPLES).max(1) * validation::SAMPLES
    }

    /// The first part of an epoch.
    pub(super) fn first(epoch: u64) -> Part {
        Part::Window { epoch, index: 0 }
    }

    /// The part of the same epoch that follows, if there is one.
    pub(super) fn following(&self, part: Part) -> Option<Part> {
        let held = self.held.len().div_ceil(self.held_at_once());
        match part {
            Part::Window { epoch, index } if index + 1 < self.windows() => {
                Some(Part::Window { epoch, index: index + 1 })
            }
            Part::Window { epoch, .. } if held > 0 => Some(Part::Held { epoch, index: 0 }),
            Part::Held { epoch, index } if index + 1 < held => {
                Some(Part::Held { epoch, index: index + 1 })
            }
            _ => None,
        }
    }

    /// The order of the blocks in an epoch.
    pub(super) fn order_blocks(&self, order: &mut [usize], epoch: u64) {
        if self.holds_all() {
            order.iter_mut().enumerate().for_each(|(i, block)| *block = i);
        } else {
            shuffle(order, self.seed, epoch);
        }
    }

    /// The order of the samples of window `index`, counted from its first.
    pub(super) fn order_samples(&self, order: &mut [usize], epoch: u64, index: usize) {
        if self.holds_all() {
            shuffle(order, self.seed, epoch);
        } else if self.window.block == 1 {
            order.iter_mut().enumerate().for_each(|(i, sample)| *sample = i);
        } else {
            shuffle(order, self.seed, (index as u64 + 1) << 40 ^ epoch);
        }
    }

    /// The samples of the source that a part has, stretch after stretch; `blocks` is the epoch's order.
    pub(super) fn stretches<'a>(
        &'a self,
        part: Part,
        blocks: &'a [usize],
    ) -> impl Iterator<Item = Range<usize>> + 'a {
        let (of_window, of_held) = match part {
            Part::Window { index, .. } => {
                let start = index * self.window.blocks;
                (start..blocks.len().min(start + self.window.blocks), 0..0)
            }
            Part::Held { index, .. } => {
                let start = self.held.start + index * self.held_at_once();
                (0..0, start..self.held.end.min(start + self.held_at_once()))
            }
        };
        let of_block = |&block: &usize| {
            let start = self.samples.start + block * self.window.block;
            start..self.samples.end.min(start + self.window.block)
        };
        let end = of_held.end;
        let of_held = of_held.step_by(validation::SAMPLES);
        let of_held = of_held.map(move |start| start..end.min(start + validation::SAMPLES));
        blocks[of_window].iter().map(of_block).chain(of_held)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The samples of an epoch in the order in which they are trained on, and those held out.
    fn epoch(plan: &Plan, epoch: u64) -> (Vec<usize>, Vec<usize>) {
        let mut blocks = vec![0; plan.blocks()];
        plan.order_blocks(&mut blocks, epoch);
        let (mut trained, mut held) = (Vec::new(), Vec::new());
        let mut next = Some(Plan::first(epoch));
        while let Some(part) = next {
            let samples: Vec<usize> = plan.stretches(part, &blocks).flatten().collect();
            assert!(!samples.is_empty() && samples.len() <= plan.capacity());
            match part {
                Part::Window { index, .. } => {
                    let mut order = vec![0; samples.len()];
                    plan.order_samples(&mut order, epoch, index);
                    trained.extend(order.iter().map(|&i| samples[i]));
                }
                Part::Held { .. } => held.extend(samples),
            }
            next = plan.following(part);
        }
        (trained, held)
    }

    fn plan(
        samples: Range<usize>,
        held: Option<Range<usize>>,
        [block, blocks]: [usize; 2],
    ) -> Plan {
        Plan::new(samples, held, Window { block, blocks }, 7)
    }

    #[test]
    fn every_sample_comes_once_an_epoch() {
        for m in [1, 2, 9, 100, 1000] {
            for window in [[1, 1], [1, 7], [3, 1], [3, 4], [10, 10], [64, 2], [5000, 3], [7, 5000]]
            {
                for held in [0, 1, 1024, 5000] {
                    let range = 10 + m..10 + m + held;
                    let plan = plan(10..10 + m, (held > 0).then(|| range.clone()), window);
                    let (first, judged) = epoch(&plan, 0);
                    let mut sorted = first.clone();
                    sorted.sort_unstable();
                    assert_eq!(sorted, (10..10 + m).collect::<Vec<_>>(), "{m} {window:?}");
                    assert_eq!(judged, if held > 0 { range.collect() } else { vec![] });
                    assert_eq!(epoch(&plan, 0).0, first);
                    assert!(m < 9 || window == [3, 1] || epoch(&plan, 1).0 != first);
                }
            }
        }
    }

    /// The order that a trainer has of samples in memory.
    #[test]
    fn blocks_of_one_sample_and_windows_of_all_have_the_order_of_a_trainer() {
        let mut expected = vec![0; 1000];
        for window in [[1, 1], [1, 30], [1, 1000], [30, 34], [1000, 1], [usize::MAX, usize::MAX]] {
            shuffle(&mut expected, 7, 3);
            assert_eq!(epoch(&plan(0..1000, None, window), 3).0, expected, "{window:?}");
        }
        assert_ne!(epoch(&plan(0..1000, None, [30, 33]), 3).0, expected);
    }

    /// How far samples are from where they began, on average over an epoch; a third of all samples if
    /// every order is equally likely.
    #[test]
    fn samples_go_far() {
        let m = 10_000;
        for window in [[100, 10], [10, 10], [1000, 5]] {
            let (order, _) = epoch(&plan(0..m, None, window), 0);
            let far: usize = order.iter().enumerate().map(|(i, &s)| i.abs_diff(s)).sum();
            assert!((0.25..0.42).contains(&(far as f64 / (m * m) as f64)), "{window:?}: {far}");
            // Neighbours are apart, in nearly all cases.
            let apart = order.windows(2).filter(|pair| pair[0].abs_diff(pair[1]) > 1).count();
            assert!(apart as f64 > 0.95 * m as f64, "{window:?}: {apart}");
        }
    }
}
