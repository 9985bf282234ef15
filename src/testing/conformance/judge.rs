//! One problem's answers beside the reference's.

use std::panic::AssertUnwindSafe;

use super::implementation::{Answers, Implementation};
use super::wanted::Wanted;
use crate::Scalar;
use crate::testing::bounds::{Approx, Disagreement, Rounding, within};
use crate::testing::cases::{Parameters, Problem};

/// What is to be said of an implementation and a problem.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// Rounding explains every difference.
    Agrees,
    /// It does not.
    Disagrees(Disagreement),
    /// The implementation has not what the problem asks for.
    NotSupported,
    /// The reference has no answer, or no bound: a number leaves the type's range.
    OutOfRange,
}

/// Asks `implementation`, and compares its answers with the reference's. A panic is a refusal.
///
/// ```
/// use shallownet::testing::{backends::Setup, cases::Case};
/// use shallownet::testing::conformance::{Own, Verdict, judge};
/// use shallownet::{Activation, Parallelism};
///
/// let problem = Case::new(2, &[(3, Activation::Tanh), (1, Activation::Sigmoid)], 5).problem(0);
/// let mut own = Own::<f32>::new(Setup::PORTABLE, Parallelism::Serial);
/// assert_eq!(judge(&mut own, &problem), Verdict::Agrees);
/// ```
pub fn judge<T: Scalar, I: Implementation<T> + ?Sized>(
    implementation: &mut I,
    problem: &Problem<T>,
) -> Verdict {
    if !implementation.supports(problem) {
        return Verdict::NotSupported;
    }
    let mut rounding = Rounding::of::<T>().functions(implementation.functions());
    if implementation.flushes() {
        rounding = rounding.flushing();
    }
    let Some(wanted) = Wanted::of(problem, rounding) else { return Verdict::OutOfRange };
    let asked = AssertUnwindSafe(|| implementation.answers(problem));
    let Ok(answers) = std::panic::catch_unwind(asked) else {
        let (what, message) = ("answers".to_owned(), "it panicked".to_owned());
        return Verdict::Disagrees(Disagreement::Refused { what, message });
    };
    match compare(&wanted, answers) {
        Ok(()) => Verdict::Agrees,
        Err(disagreement) => Verdict::Disagrees(disagreement),
    }
}

fn compare<T: Scalar>(wanted: &Wanted, answers: Answers<T>) -> Result<(), Disagreement> {
    within("predictions", &wanted.predictions, &given("predictions", answers.predictions)?)?;
    if let Some(cost) = given("cost", answers.cost)? {
        within("cost", &[wanted.cost], &[cost])?;
    }
    each(["dW", "db"], &wanted.gradients, given("gradients", answers.gradients)?)?;
    let names = ["W after a step", "b after a step"];
    each(names, &wanted.stepped, given("step", answers.stepped)?)
}

fn given<A>(what: &str, answer: Result<A, String>) -> Result<A, Disagreement> {
    answer.map_err(|message| Disagreement::Refused { what: what.to_owned(), message })
}

/// Of every layer, W's and b's.
fn each<T: Scalar>(
    [of_w, of_b]: [&str; 2],
    expected: &[(Vec<Approx>, Vec<Approx>)],
    given: Option<Parameters<T>>,
) -> Result<(), Disagreement> {
    let Some(given) = given else { return Ok(()) };
    if given.len() != expected.len() {
        let (what, expected, given) = (format!("layers of {of_w}"), expected.len(), given.len());
        return Err(Disagreement::Length { what, expected, given });
    }
    for (l, ((w, b), (given_w, given_b))) in expected.iter().zip(&given).enumerate() {
        within(&format!("{of_w}[{l}]"), w, given_w)?;
        within(&format!("{of_b}[{l}]"), b, given_b)?;
    }
    Ok(())
}
