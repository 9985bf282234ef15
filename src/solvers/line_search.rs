//! A step length for the strong Wolfe conditions (Nocedal and Wright 2006, algorithms 3.5 and 3.6).

use super::descent::{Descent, Value, dot, sum};
use super::task::Task;
use crate::scalar::Scalar;

/// Lengths that are tried until one is found, and then between two.
const LENGTHS: usize = 25;
const BETWEEN: usize = 30;

/// What is searched: phi(t) = the objective at t times the direction, from phi(0) and phi'(0) on.
pub(super) struct Search {
    pub(super) c1: f64,
    pub(super) c2: f64,
    pub(super) objective: f64,
    pub(super) slope: f64,
}

/// A length that has been tried.
#[derive(Clone, Copy)]
struct Point {
    t: f64,
    value: Value,
    slope: f64,
}

impl Search {
    fn is_too_high(&self, at: &Point) -> bool {
        // A cost that is not finite is too high, too.
        let limit = self.objective + self.c1 * at.t * self.slope;
        at.value.objective.is_nan() || at.value.objective > limit
    }

    fn is_flat(&self, at: &Point) -> bool {
        at.slope.abs() <= -self.c2 * self.slope
    }
}

/// The length, with the trial's parameters, value and gradient; `None` if none lowers the objective.
pub(super) fn find<T: Scalar>(
    descent: &mut Descent<T>,
    task: &mut Task<'_, T>,
    search: &Search,
    first: f64,
) -> Option<(f64, Value)> {
    let value = Value { cost: f64::NAN, objective: search.objective };
    let mut last = Point { t: 0.0, value, slope: search.slope };
    let mut t = first;
    for index in 0..LENGTHS {
        let at = try_at(descent, task, t);
        let rises = index > 0 && at.value.objective >= last.value.objective;
        if search.is_too_high(&at) || rises {
            return between(descent, task, search, (last, at));
        }
        if search.is_flat(&at) {
            return Some((t, at.value));
        }
        if at.slope >= 0.0 {
            return between(descent, task, search, (at, last));
        }
        (last, t) = (at, 2.0 * t);
    }
    // It falls and falls: the last length is a good one.
    let at = try_at(descent, task, last.t);
    (at.value.objective < search.objective).then_some((at.t, at.value))
}

/// Algorithm 3.6: `low` satisfies the first condition, and has the lowest objective so far.
fn between<T: Scalar>(
    descent: &mut Descent<T>,
    task: &mut Task<'_, T>,
    search: &Search,
    (mut low, mut high): (Point, Point),
) -> Option<(f64, Value)> {
    for _ in 0..BETWEEN {
        let t = middle(&low, &high);
        if t == low.t || t == high.t {
            break;
        }
        let at = try_at(descent, task, t);
        if search.is_too_high(&at) || at.value.objective >= low.value.objective {
            high = at;
            continue;
        }
        if search.is_flat(&at) {
            return Some((t, at.value));
        }
        if at.slope * (high.t - low.t) >= 0.0 {
            high = low;
        }
        low = at;
    }
    // The low end's objective is never NaN.
    if low.t == 0.0 || low.value.objective >= search.objective {
        return None;
    }
    let at = try_at(descent, task, low.t);
    Some((at.t, at.value))
}

/// The minimum of the cubic through both (equation 3.59), kept away from the ends; the middle where
/// there is no such cubic.
fn middle(low: &Point, high: &Point) -> f64 {
    let width = high.t - low.t;
    let (f_low, f_high) = (low.value.objective, high.value.objective);
    let d1 = low.slope + high.slope - 3.0 * (f_low - f_high) / (low.t - high.t);
    let square = d1 * d1 - low.slope * high.slope;
    let d2 = square.sqrt() * width.signum();
    let t = high.t - width * (high.slope + d2 - d1) / (high.slope - low.slope + 2.0 * d2);
    let share = (t - low.t) / width;
    let share = if share.is_finite() { share.clamp(0.1, 0.9) } else { 0.5 };
    low.t + share * width
}

fn try_at<T: Scalar>(descent: &mut Descent<T>, task: &mut Task<'_, T>, t: f64) -> Point {
    let vectors = &mut descent.vectors;
    sum(task.net, &task.state.parameters, t, &vectors.direction, &mut vectors.trial);
    let value = descent.evaluate(task);
    let vectors = &descent.vectors;
    Point { t, value, slope: dot(task.net, &vectors.direction, &vectors.trial_gradient) }
}
