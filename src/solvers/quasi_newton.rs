//! L-BFGS at work.

use super::descent::{Descent, dot, sum};
use super::lbfgs::Lbfgs;
use super::line_search::{self, Search};
use super::standing::Standing;
use super::state::{History, Memory};
use super::task::{Moved, Task};
use crate::network::parameters::Network;
use crate::scalar::Scalar;

pub(super) fn advance<T: Scalar>(
    descent: &mut Descent<T>,
    task: &mut Task<'_, T>,
    options: &Lbfgs,
    from: &Standing,
) -> Moved {
    loop {
        let Memory::Lbfgs(memory) = &mut task.state.memory else { return Moved::Nowhere };
        let first = memory.pairs == 0;
        direction(task.net, memory, descent);
        let vectors = &descent.vectors;
        let slope = dot(task.net, &vectors.gradient, &vectors.direction);
        // Without curvature, a step of length 1 at most.
        let step = if first { (1.0 / from.gradient_norm).min(1.0) } else { 1.0 };
        let search = Search { c1: options.c1, c2: options.c2, objective: from.objective, slope };
        let found =
            if slope < 0.0 { line_search::find(descent, task, &search, step) } else { None };
        let Memory::Lbfgs(memory) = &mut task.state.memory else { return Moved::Nowhere };
        if let Some((length, value)) = found {
            memory.step_length = length;
            let vectors = &mut descent.vectors;
            task.state.step_norm =
                length * dot(task.net, &vectors.direction, &vectors.direction).sqrt();
            remember(task, descent);
            return Moved::To(descent.take_trial(task, value));
        }
        if first {
            return Moved::Nowhere;
        }
        // The pairs mislead: once more, along the gradient.
        (memory.pairs, memory.next) = (0, 0);
    }
}

/// -H g, by the two-loop recursion.
fn direction<T: Scalar>(net: &Network<T>, memory: &History, descent: &mut Descent<T>) {
    let vectors = &mut descent.vectors;
    let (p, most) = (vectors.gradient.len(), memory.rho.len());
    let pair = |at: usize| (&memory.s[at * p..(at + 1) * p], &memory.y[at * p..(at + 1) * p]);
    let q = &mut vectors.direction;
    q.copy_from_slice(&vectors.gradient);
    // Newest first.
    let place = |age: usize| (memory.next + most - 1 - age) % most;
    for age in 0..memory.pairs {
        let (s, y) = pair(place(age));
        let alpha = memory.rho[place(age)] * dot(net, s, q);
        vectors.alpha[age] = alpha;
        add(net, -alpha, y, q);
    }
    if memory.pairs > 0 {
        let at = place(0);
        let (_, y) = pair(at);
        let gamma = 1.0 / (memory.rho[at] * dot(net, y, y));
        q.iter_mut().for_each(|q| *q *= gamma);
    }
    for age in (0..memory.pairs).rev() {
        let (s, y) = pair(place(age));
        let beta = memory.rho[place(age)] * dot(net, y, q);
        add(net, vectors.alpha[age] - beta, s, q);
    }
    q.iter_mut().for_each(|q| *q = -*q);
}

/// into += factor x
fn add<T: Scalar>(net: &Network<T>, factor: f64, x: &[f64], into: &mut [f64]) {
    net.engine.flat(crate::engine::flat::Job::Add { factor, x, into });
}

/// Keeps s and y of the step to the trial, if s^T y > 0.
fn remember<T: Scalar>(task: &mut Task<'_, T>, descent: &mut Descent<T>) {
    let Memory::Lbfgs(memory) = &mut task.state.memory else { return };
    let vectors = &descent.vectors;
    let p = vectors.gradient.len();
    let range = memory.next * p..(memory.next + 1) * p;
    let (s, y) = (&mut memory.s[range.clone()], &mut memory.y[range]);
    sum(task.net, &vectors.trial, -1.0, &task.state.parameters, s);
    sum(task.net, &vectors.trial_gradient, -1.0, &vectors.gradient, y);
    let product = dot(task.net, s, y);
    let rho = 1.0 / product;
    if product > 0.0 && rho.is_finite() {
        memory.rho[memory.next] = rho;
        memory.next = (memory.next + 1) % memory.rho.len();
        memory.pairs = (memory.pairs + 1).min(memory.rho.len());
    }
}
