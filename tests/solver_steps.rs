//! Promise: each step of a solver is the one that its published formula says, within bounds from an
//! error analysis: Levenberg-Marquardt's solves the reference's normal equations, L-BFGS's goes along
//! the two-loop recursion's direction to a place that satisfies the strong Wolfe conditions, RPROP's
//! are exact, and scaled conjugate gradients' have the length and the lambda of the paper.

mod common;

use std::ops::ControlFlow;

use common::bounds::{Approx, Rounding};
use common::cases::{Case, elementwise};
use common::equations::Equations;
use common::expected::Expected;
use common::running::Running;
use common::{BACKENDS, Setup};
use proptest::prelude::*;
use shallownet::reference::{self, solvers};
use shallownet::solvers::{
    Lbfgs, LevenbergMarquardt, Rprop, ScaledConjugateGradients, SolverStop, Solving, StopAt,
};
use shallownet::{Activation, Loss, Network, Parallelism, Targets};

/// Small networks and batches: the reference's equations take the cube of the parameters.
fn small_case() -> impl Strategy<Value = Case> {
    let hidden = prop::collection::vec((1_usize..=6, elementwise()), 0..=2);
    let output = prop_oneof![3 => elementwise(), 1 => Just(Activation::Softmax)];
    let sizes = (1_usize..=4, 1_usize..=3, 1_usize..=20);
    (hidden, output, sizes, any::<u64>()).prop_map(|(mut layers, g, (n_x, n_y, m), seed)| {
        layers.push((if g == Activation::Softmax { n_y.max(2) } else { n_y }, g));
        Case { loss: Loss::SquaredError, seed, ..Case::new(n_x, &layers, m) }
    })
}

/// The parameters of a run, the first included, with each standing's damping and step length.
struct Run {
    parameters: Vec<Vec<f64>>,
    damping: Vec<f64>,
    length: Vec<f64>,
}

fn run(
    net: &Network<f64>,
    case: &Case,
    solving: Solving,
    weights: Option<&[f64]>,
) -> (Run, SolverStop) {
    let batch = case.batch::<f64>(0);
    let (x, y) = batch.columns();
    let mut flat = vec![0.0; net.parameter_count()];
    net.parameters_into(&mut flat).unwrap();
    let mut run = Run { parameters: vec![flat], damping: vec![], length: vec![] };
    let targets = match weights {
        Some(weights) => Targets::weighted(y, weights),
        None => y.into(),
    };
    let report = solving.run(&mut net.clone(), x, targets, |at| {
        run.parameters.push(at.state.parameters().to_vec());
        run.damping.push(at.standing.damping.unwrap_or(0.0));
        run.length.push(at.standing.step_length.unwrap_or(0.0));
        ControlFlow::Continue(())
    });
    (run, report.unwrap().stop)
}

fn on_fused(case: &Case, setup: Setup) -> Network<f64> {
    case.network(setup, Parallelism::Serial)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn levenberg_marquardt_solves_the_normal_equations(
        case in small_case(),
        l2 in prop::sample::select(&[0.0, 0.01][..]),
        weighted in any::<bool>(),
    ) {
        // Their roots are exact.
        let weights: Vec<f64> = (0..case.batches[0]).map(|s| [1.0, 4.0, 0.25][s % 3]).collect();
        let roots: Vec<f64> =
            weights.iter().map(|w| if weighted { w.sqrt() } else { 1.0 }).collect();
        for &setup in BACKENDS.iter() {
            let net = on_fused(&case, setup);
            let oracle = reference::Network::from(&net);
            // What is reported is the damping of the step that was taken.
            let method = LevenbergMarquardt::new().damping(0.01).increase(4.0).decrease(1.0);
            let solving = Solving::new(method).l2(l2).stop_at(StopAt::iterations(3));
            let (run, _) = run(&net, &case, solving, weighted.then_some(&weights));
            let (x, y) = case.batch::<f64>(0).samples();
            for (k, damping) in run.damping.iter().enumerate() {
                let at = solvers::with_parameters(&oracle, &run.parameters[k]);
                let r = Rounding::of::<f64>();
                let equations = Equations::of(r, &at, (&x, &y), &roots, l2);
                equations.assert_solved(r, *damping, &run.parameters[k], &run.parameters[k + 1]);
            }
        }
    }

    #[test]
    fn lbfgs_goes_along_the_two_loop_recursions_direction(
        case in small_case(),
        l2 in prop::sample::select(&[0.0, 0.01][..]),
    ) {
        for &setup in BACKENDS.iter() {
            let net = on_fused(&case, setup);
            let method = Lbfgs::new().history(2);
            let (run, _) = run(&net, &case, Solving::new(method).l2(l2).stop_at(StopAt::iterations(4)), None);
            let g: Vec<Vec<Running>> =
                run.parameters.iter().map(|w| gradient(&net, &case, w, l2)).collect();
            let mut pairs: Vec<(Vec<Running>, Vec<Running>)> = Vec::new();
            for k in 0..run.length.len() {
                let exact = |w: &[f64]| w.iter().map(|&w| Running::exact(w)).collect::<Vec<_>>();
                let (w, after) = (exact(&run.parameters[k]), exact(&run.parameters[k + 1]));
                let direction = two_loops(&pairs, &g[k]);
                let same = solvers::lbfgs_direction(&values(&pairs), &value(&g[k]));
                for i in 0..w.len() {
                    prop_assert!(direction[i].admits(same[i]), "the reference's direction");
                    let to = w[i] + Running::exact(run.length[k]) * direction[i];
                    prop_assert!(to.admits(run.parameters[k + 1][i]), "step {k}: {to:?}");
                }
                let difference = |a: &[Running], b: &[Running]| -> Vec<Running> {
                    a.iter().zip(b).map(|(a, b)| *a - *b).collect()
                };
                let (s, y) = (difference(&after, &w), difference(&g[k + 1], &g[k]));
                let product = Running::dot(&s, &y);
                // Beyond this the sign of s^T y is not known, or nothing else.
                if product.error >= 1e-3 * product.value {
                    break;
                }
                pairs.push((s, y));
                pairs.drain(..pairs.len().saturating_sub(2));
            }
        }
    }

    #[test]
    fn lbfgs_steps_satisfy_the_strong_wolfe_conditions(case in small_case()) {
        let net = on_fused(&case, BACKENDS[BACKENDS.len() - 1]);
        let (c1, c2) = (1e-3, 0.4);
        let solving = Solving::new(Lbfgs::new().wolfe(c1, c2)).stop_at(StopAt::iterations(6));
        let (run, _) = run(&net, &case, solving, None);
        for k in 0..run.length.len() {
            let (w, after) = (&run.parameters[k], &run.parameters[k + 1]);
            let step: Vec<Running> =
                after.iter().zip(w).map(|(a, b)| Running::exact(*a) - Running::exact(*b)).collect();
            let slope = Running::dot(&step, &gradient(&net, &case, w, 0.0));
            let later = Running::dot(&step, &gradient(&net, &case, after, 0.0));
            let (before, cost) = (cost(&net, &case, w), cost(&net, &case, after));
            let sufficient = before + Running::exact(c1) * slope - cost;
            prop_assert!(sufficient.value >= -sufficient.error, "step {k}: {sufficient:?}");
            let flat = Running::exact(c2) * slope;
            prop_assert!(
                later.value.abs() - later.error <= flat.value.abs() + flat.error || cost.value < before.value,
                "step {k}: {later:?} after {slope:?}"
            );
        }
    }

    #[test]
    fn rprop_is_the_published_rule(case in small_case(), goes_back in any::<bool>()) {
        for &setup in BACKENDS.iter() {
            let net = on_fused(&case, setup);
            let method = if goes_back { Rprop::new() } else { Rprop::minus() };
            let solving = Solving::new(method).stop_at(StopAt::iterations(12));
            let (run, _) = run(&net, &case, solving, None);
            let zeros = vec![0.0; run.parameters[0].len()];
            let mut rule = solvers::Rprop {
                goes_back,
                sizes: vec![0.0125; zeros.len()],
                gradient: zeros.clone(),
                change: zeros,
                limits: (1e-9, 50.0),
            };
            let mut last: Option<Running> = None;
            for k in 0..run.length.len() {
                let g = gradient(&net, &case, &run.parameters[k], 0.0);
                let now = cost(&net, &case, &run.parameters[k]);
                // Signs that rounding decides are not the rule's.
                if g.iter().any(|g| g.value.abs() <= g.error && (g.value, g.error) != (0.0, 0.0)) {
                    break;
                }
                let risen = last.map(|last| now - last);
                if risen.is_some_and(|by| by.value.abs() <= by.error) {
                    break;
                }
                let mut w = run.parameters[k].clone();
                rule.step(&mut w, &value(&g), risen.is_some_and(|by| by.value > 0.0));
                prop_assert_eq!(&w, &run.parameters[k + 1], "step {}", k);
                last = Some(now);
            }
        }
    }

    #[test]
    fn scaled_conjugate_gradients_begin_as_the_paper_says(case in small_case()) {
        for &setup in BACKENDS.iter() {
            let net = on_fused(&case, setup);
            let (sigma, lambda) = (1e-4, 0.05);
            let method = ScaledConjugateGradients::new().sigma(sigma).lambda(lambda);
            let solving = Solving::new(method).stop_at(StopAt::iterations(1));
            let (run, _) = run(&net, &case, solving, None);
            let [w, after] = &run.parameters[..] else { continue };
            let g = gradient(&net, &case, w, 0.0);
            let p: Vec<Running> = g.iter().map(|g| -*g).collect();
            let p2 = Running::dot(&p, &p);
            let short = sigma / p2.value.sqrt();
            let near: Vec<f64> = w.iter().zip(&p).map(|(w, p)| w + short * p.value).collect();
            let there = Running::dot(&p, &gradient(&net, &case, &near, 0.0));
            // Two gradients' difference over sigma: what is lost of it is in the bounds. (That the
            // tested code's sigma and place differ in the last digits moves the gradient by as much
            // as its own rounding at most: the bound counts twice.)
            let twice = |v: Running| Running { error: 2.0 * v.error, ..v };
            let curvature = twice(there + p2) / Running::exact(short);
            let delta = curvature + Running::exact(lambda) * p2;
            if delta.value - delta.error <= 0.0 {
                continue;
            }
            let alpha = p2 / delta;
            let moved: Vec<f64> = w.iter().zip(&p).map(|(w, p)| w + alpha.value * p.value).collect();
            let fall = |_| cost(&net, &case, w).value - cost(&net, &case, &moved).value;
            let step = solvers::scaled_conjugate_step(
                (p2.value, curvature.value, p2.value), lambda, fall);
            // A first try that fails, or almost: another length.
            let Some((length, next)) = step else { continue };
            prop_assert!(alpha.admits(length));
            for i in 0..w.len() {
                let to = Running::exact(w[i]) + alpha * p[i];
                prop_assert!(to.admits(after[i]), "{to:?} is {}", after[i]);
            }
            if next == lambda / 4.0 || next == lambda {
                let quality = 2.0 * delta.value * fall(length) / (p2.value * p2.value);
                // Not at the edge between two rules.
                if (quality - 0.75).abs() > 0.01 && (quality - 0.25).abs() > 0.01 {
                    prop_assert_eq!(run.damping[0], next);
                }
            }
        }
    }
}

/// The objective's gradient at `w`, from the reference.
fn gradient(net: &Network<f64>, case: &Case, w: &[f64], l2: f64) -> Vec<Running> {
    let at = solvers::with_parameters(&reference::Network::from(net), w);
    let (x, y) = case.batch::<f64>(0).samples();
    let expected = Expected::of(Rounding::of::<f64>(), &at, &x, &y);
    let approx = expected.dw.iter().zip(&expected.db);
    let approx: Vec<Approx> = approx.flat_map(|(dw, db)| dw.iter().chain(db).copied()).collect();
    let penalties = solvers::is_weight(&at).into_iter().zip(w);
    let penalties = penalties.map(|(is, w)| Running::exact(l2 * is) * Running::exact(*w));
    approx
        .into_iter()
        .zip(penalties)
        .map(|(g, p)| if l2 == 0.0 { Running::of(g) } else { Running::of(g) + p })
        .collect()
}

fn cost(net: &Network<f64>, case: &Case, w: &[f64]) -> Running {
    let at = solvers::with_parameters(&reference::Network::from(net), w);
    let (x, y) = case.batch::<f64>(0).samples();
    Running::of(Expected::of(Rounding::of::<f64>(), &at, &x, &y).cost)
}

fn value(v: &[Running]) -> Vec<f64> {
    v.iter().map(|v| v.value).collect()
}

fn values(pairs: &[(Vec<Running>, Vec<Running>)]) -> Vec<(Vec<f64>, Vec<f64>)> {
    pairs.iter().map(|(s, y)| (value(s), value(y))).collect()
}

/// `reference::solvers::lbfgs_direction`, with bounds.
fn two_loops(pairs: &[(Vec<Running>, Vec<Running>)], g: &[Running]) -> Vec<Running> {
    let mut q = g.to_vec();
    let mut alpha = vec![Running::exact(0.0); pairs.len()];
    for (k, (s, y)) in pairs.iter().enumerate().rev() {
        alpha[k] = Running::dot(s, &q) / Running::dot(s, y);
        for (q, y) in q.iter_mut().zip(y) {
            *q = *q - alpha[k] * *y;
        }
    }
    if let Some((s, y)) = pairs.last() {
        let gamma = Running::dot(s, y) / Running::dot(y, y);
        q.iter_mut().for_each(|q| *q = *q * gamma);
    }
    for (k, (s, y)) in pairs.iter().enumerate() {
        let beta = Running::dot(y, &q) / Running::dot(s, y);
        for (q, s) in q.iter_mut().zip(s) {
            *q = *q + (alpha[k] - beta) * *s;
        }
    }
    q.into_iter().map(|q| -q).collect()
}
