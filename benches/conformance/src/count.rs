//! Disagreements counted, and none made small: what a long run does, and every run whose peer is slow for
//! new shapes. Standard error has the first of them, and how far the run is.

use std::collections::BTreeMap;
use std::fmt;

use shallownet::Scalar;
use shallownet::testing::cases::Problem;
use shallownet::testing::conformance::{Implementation, Run, Verdict, judge};

/// What was counted.
#[derive(Default)]
pub struct Counts {
    judged: usize,
    disagreeing: usize,
    not_supported: usize,
    out_of_range: usize,
    /// Of each activation and loss: cases that have it, and those of them that disagree.
    words: BTreeMap<String, (usize, usize)>,
    /// The same of each quantity in which the first disagreement is.
    quantities: BTreeMap<String, usize>,
}

/// The most disagreements that are written out.
const LISTED: usize = 100;

/// Counts so many cases.
pub fn count<T: Scalar>(peer: &mut impl Implementation<T>, run: &Run) -> Counts {
    let mut counts = Counts::default();
    for case in 0..run.cases {
        let problem = run.draw(case).problem::<T>(0);
        match judge(peer, &problem) {
            Verdict::NotSupported => counts.not_supported += 1,
            Verdict::OutOfRange => counts.out_of_range += 1,
            Verdict::Agrees => counts.add(&problem, false),
            Verdict::Disagrees(disagreement) => {
                counts.add(&problem, true);
                *counts.quantities.entry(disagreement.quantity().to_owned()).or_default() += 1;
                if counts.disagreeing <= LISTED {
                    let words: Vec<_> = words(&problem).collect();
                    eprintln!("case {case}: {}: {disagreement}", words.join(", "));
                }
            }
        }
        if (case + 1) % 1_000 == 0 {
            eprintln!("{} cases: {}", case + 1, counts.line());
        }
    }
    counts
}

impl Counts {
    fn line(&self) -> String {
        let Self { judged, disagreeing, not_supported, out_of_range, .. } = self;
        format!(
            "{judged} cases judged, {disagreeing} disagree; {not_supported} not supported, \
             {out_of_range} out of range"
        )
    }

    fn add<T: Scalar>(&mut self, problem: &Problem<T>, disagrees: bool) {
        self.judged += 1;
        self.disagreeing += usize::from(disagrees);
        let mut words: Vec<_> = words(problem).collect();
        words.sort_unstable();
        words.dedup();
        for word in words {
            let (all, disagreeing) = self.words.entry(word.to_owned()).or_default();
            *all += 1;
            *disagreeing += usize::from(disagrees);
        }
    }
}

fn words<T: Scalar>(problem: &Problem<T>) -> impl Iterator<Item = &'static str> {
    let layers = problem.layers.iter().map(|layer| layer.activation.name());
    layers.chain([problem.loss.name()])
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.line())?;
        for (quantity, count) in &self.quantities {
            write!(f, "\n  {count} in {quantity}")?;
        }
        for (word, (all, disagreeing)) in &self.words {
            if *disagreeing > 0 {
                write!(f, "\n  {disagreeing} of {all} with {word}")?;
            }
        }
        Ok(())
    }
}
