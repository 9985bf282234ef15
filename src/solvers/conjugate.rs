//! Scaled conjugate gradients at work. The letters are Moller's: r = -g, p the direction.

use super::descent::{Descent, dot, scale_add, sum};
use super::scaled_conjugate_gradients::ScaledConjugateGradients;
use super::standing::Standing;
use super::state::Memory;
use super::task::{Moved, Task};
use crate::scalar::Scalar;

/// Steps that may fail one after the other: each makes lambda at least four times as large, as a
/// rule.
const FAILURES: usize = 100;

pub(super) fn advance<T: Scalar>(
    descent: &mut Descent<T>,
    task: &mut Task<'_, T>,
    options: &ScaledConjugateGradients,
    from: &Standing,
) -> Moved {
    let restart_every = task.state.parameters.len();
    let Memory::ScaledConjugateGradients(memory) = &mut task.state.memory else {
        return Moved::Nowhere;
    };
    let (mut lambda, mut since) = (memory.lambda, memory.since);
    // The direction is in the state; it is worked on in the descent's place.
    descent.vectors.direction.copy_from_slice(&memory.direction);
    let vectors = &mut descent.vectors;
    let mut mu = -dot(task.net, &vectors.direction, &vectors.gradient);
    if since == 0 || mu.is_nan() || mu <= 0.0 {
        vectors.direction.copy_from_slice(&vectors.gradient);
        vectors.direction.iter_mut().for_each(|p| *p = -*p);
        (mu, since) = (dot(task.net, &vectors.gradient, &vectors.gradient), 0);
    }
    let p2 = dot(task.net, &vectors.direction, &vectors.direction);
    if p2.is_nan() || p2 <= 0.0 {
        return Moved::Nowhere;
    }
    // 2. The curvature along p.
    let sigma = options.sigma / p2.sqrt();
    sum(task.net, &task.state.parameters, sigma, &vectors.direction, &mut vectors.trial);
    descent.evaluate(task);
    let vectors = &mut descent.vectors;
    let there = dot(task.net, &vectors.direction, &vectors.trial_gradient);
    let mut delta = (there + mu) / sigma;
    let mut lambda_bar = 0.0;
    for _ in 0..FAILURES {
        // 3. and 4. Scaled, and made positive.
        delta += (lambda - lambda_bar) * p2;
        if delta <= 0.0 {
            lambda_bar = 2.0 * (lambda - delta / p2);
            delta = -delta + lambda * p2;
            lambda = lambda_bar;
        }
        // 5. and 6. The step, and how good the quadratic model was.
        let vectors = &mut descent.vectors;
        let alpha = mu / delta;
        sum(task.net, &task.state.parameters, alpha, &vectors.direction, &mut vectors.trial);
        let value = descent.evaluate(task);
        let quality = 2.0 * delta * (from.objective - value.objective) / (mu * mu);
        let better = value.objective < from.objective;
        if quality >= 0.75 {
            lambda /= 4.0;
        } else if !quality.is_finite() {
            // The cost overflows there: nearer.
            (lambda_bar, lambda) = (lambda, 4.0 * (lambda + delta / p2));
            continue;
        }
        lambda_bar = if better { 0.0 } else { lambda };
        if quality < 0.25 {
            lambda += delta * (1.0 - quality) / p2;
        }
        if !better {
            continue;
        }
        // 7. The next direction.
        let vectors = &mut descent.vectors;
        let old_new = dot(task.net, &vectors.gradient, &vectors.trial_gradient);
        let new_new = dot(task.net, &vectors.trial_gradient, &vectors.trial_gradient);
        since = (since + 1) % restart_every;
        if since > 0 {
            // p = r + beta p: with the sign of g, turned at the end.
            let beta = (new_new - old_new) / mu;
            vectors.direction.iter_mut().for_each(|p| *p = -*p);
            scale_add(task.net, beta, &vectors.trial_gradient, &mut vectors.direction);
            vectors.direction.iter_mut().for_each(|p| *p = -*p);
        }
        task.state.step_norm = alpha * p2.sqrt();
        if let Memory::ScaledConjugateGradients(memory) = &mut task.state.memory {
            memory.direction.copy_from_slice(&vectors.direction);
            (memory.lambda, memory.since) = (lambda, since);
        }
        return Moved::To(descent.take_trial(task, value));
    }
    Moved::Nowhere
}
