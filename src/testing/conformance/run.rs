//! The run: cases drawn, judged, and the disagreements made small.

use std::collections::HashSet;
use std::fmt;

use proptest::strategy::{BoxedStrategy, Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::implementation::Implementation;
use super::judge::{Verdict, judge};
use super::shrink::shrink;
use crate::Scalar;
use crate::testing::bounds::Disagreement;
use crate::testing::cases::{Case, Problem, strategies};

/// What is to be run.
#[derive(Debug, Clone)]
pub struct Run {
    /// How many cases.
    pub cases: usize,
    /// Of the cases: the same seed draws the same ones, whatever their number.
    pub seed: u64,
    /// The most kinds of disagreement that are made small; the others are counted.
    pub most: usize,
    /// What is drawn.
    pub strategy: BoxedStrategy<Case>,
}

impl Run {
    /// So many cases of [`small_case`](strategies::small_case), with seed 1.
    pub fn new(cases: usize) -> Self {
        Self { cases, seed: 1, most: 20, strategy: strategies::small_case().boxed() }
    }

    /// Case `index`, from 0: nothing else decides it but the seed.
    pub fn draw(&self, index: usize) -> Case {
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&self.seed.to_le_bytes());
        seed[8..16].copy_from_slice(&(index as u64).to_le_bytes());
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
        let mut runner = TestRunner::new_with_rng(Config::default(), rng);
        // A strategy that rejects what it has drawn is drawn from again.
        loop {
            if let Ok(tree) = self.strategy.new_tree(&mut runner) {
                return tree.current();
            }
        }
    }
}

/// A disagreement, and the smallest problem that was found to show it.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding<T> {
    /// Which case of the run it was.
    pub case: usize,
    /// What is wrong with the smallest problem.
    pub disagreement: Disagreement,
    /// The smallest problem.
    pub problem: Problem<T>,
}

/// The outcome of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Report<T> {
    /// Cases whose answers were compared.
    pub judged: usize,
    /// Cases that the implementation does not support.
    pub not_supported: usize,
    /// Cases in which a number leaves the type's range.
    pub out_of_range: usize,
    /// Cases of those judged in which it disagrees.
    pub disagreeing: usize,
    /// One for each kind of disagreement.
    pub findings: Vec<Finding<T>>,
}

/// Runs `implementation` on the cases of `run`.
pub fn check<T: Scalar, I: Implementation<T> + ?Sized>(
    implementation: &mut I,
    run: &Run,
) -> Report<T> {
    let mut report = Report {
        judged: 0,
        not_supported: 0,
        out_of_range: 0,
        disagreeing: 0,
        findings: Vec::new(),
    };
    let (mut before, mut after) = (HashSet::new(), HashSet::new());
    for case in 0..run.cases {
        let problem = run.draw(case).problem::<T>(0);
        match judge(implementation, &problem) {
            Verdict::NotSupported => report.not_supported += 1,
            Verdict::OutOfRange => report.out_of_range += 1,
            Verdict::Agrees => report.judged += 1,
            Verdict::Disagrees(disagreement) => {
                report.judged += 1;
                report.disagreeing += 1;
                // What looks alike is not made small again.
                if before.len() >= 4 * run.most || !before.insert(kind(&problem, &disagreement)) {
                    continue;
                }
                let (problem, disagreement) = shrink(implementation, problem, disagreement);
                if after.insert(kind(&problem, &disagreement)) && report.findings.len() < run.most {
                    report.findings.push(Finding { case, disagreement, problem });
                }
            }
        }
    }
    report
}

/// What is wrong, in a network of which activations and, where it matters, which loss.
fn kind<T: Scalar>(problem: &Problem<T>, disagreement: &Disagreement) -> String {
    let what = disagreement.quantity();
    let names: Vec<&str> = problem.layers.iter().map(|layer| layer.activation.name()).collect();
    let names = names.join(", ");
    match what {
        "predictions" => format!("{what} of {names}"),
        _ => format!("{what} of {names} with {}", problem.loss.name()),
    }
}

impl<T: Scalar> fmt::Display for Report<T> {
    /// A line of counts, and a line for each finding.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { judged, not_supported, out_of_range, disagreeing, findings } = self;
        write!(
            f,
            "{judged} cases judged, {disagreeing} disagree; {not_supported} not supported, \
             {out_of_range} out of range"
        )?;
        for Finding { case, disagreement, problem } in findings {
            write!(f, "\ncase {case}: {}: {disagreement}", kind(problem, disagreement))?;
        }
        Ok(())
    }
}
