//! The normal equations of Levenberg-Marquardt with their bounds, and the bound of their solution's
//! residual.

use shallownet::reference::{Network, solvers};

use super::bounds::{Approx, Rounding};
use super::expected::Pass;

/// H and g of a weighted batch, each value with its bound.
pub(crate) struct Equations {
    pub(crate) h: Vec<Vec<Approx>>,
    pub(crate) g: Vec<Approx>,
}

/// Row s n_y + k of J, and r: times the root of the sample's weight, which must be a power of two, so
/// that nothing is rounded.
fn rows(
    r: Rounding,
    net: &Network,
    (x, y): (&[Vec<f64>], &[Vec<f64>]),
    roots: &[f64],
) -> (Vec<Vec<Approx>>, Vec<Approx>) {
    let (values, value_errors) = solvers::jacobian(net, x, y);
    let (mut rows, mut errors) = (Vec::new(), Vec::new());
    for (s, (x, y)) in x.iter().zip(y).enumerate() {
        let trace = net.forward(x);
        let pass = Pass::forward(r, net, &trace, x);
        let a = pass.a.last().unwrap();
        for k in 0..y.len() {
            let mut da = vec![0.0; y.len()];
            da[k] = 1.0;
            let value = net.logit_delta(&trace, &da);
            let da: Vec<Approx> = da.into_iter().map(Approx::exact).collect();
            let output = r.logit_delta(net, &pass, &da, &value);
            let deltas = pass.deltas(r, net, output, &net.deltas_from(&trace, &value));
            let (at, mut row) = (s * y.len() + k, Vec::new());
            for (l, deltas) in deltas.iter().enumerate() {
                let inputs: Vec<Approx> = match l {
                    0 => x.iter().map(|&x| Approx::exact(x)).collect(),
                    _ => pass.a[l - 1].clone(),
                };
                for &dz in deltas {
                    for &a in &inputs {
                        row.push(r.product(dz, a, values[at][row.len()]));
                    }
                }
                row.extend(deltas);
            }
            let scaled =
                |v: Approx| Approx { value: roots[s] * v.value, error: roots[s] * v.error };
            rows.push(row.into_iter().map(scaled).collect());
            let value = value_errors[at];
            let error = a[k].error + r.gamma(1) * (value.abs() + a[k].error);
            errors.push(scaled(Approx { value, error }));
        }
    }
    (rows, errors)
}

impl Equations {
    /// At the parameters of `net`.
    pub(crate) fn of(
        r: Rounding,
        net: &Network,
        data: (&[Vec<f64>], &[Vec<f64>]),
        roots: &[f64],
        l2: f64,
    ) -> Self {
        let (rows, errors) = rows(r, net, data, roots);
        let total: f64 = roots.iter().map(|root| root * root).sum();
        let (w, is_weight) = (solvers::parameters(net), solvers::is_weight(net));
        // The total is a sum of m terms, and 1 / total, its product with the sum, the penalty and
        // its sum are rounded.
        let extra = roots.len() + 5;
        let mean = |pairs: Vec<(Approx, Approx)>, penalty: f64| {
            let sum: f64 = pairs.iter().map(|(a, b)| a.value * b.value).sum();
            let error = r.dot(0.0, pairs.into_iter(), extra) / total;
            let value = sum / total + penalty;
            Approx { value, error: error + r.gamma(extra) * (penalty.abs() + value.abs()) }
        };
        let column = |i: usize| rows.iter().map(move |row| row[i]);
        let p = w.len();
        let h = (0..p)
            .map(|i| {
                let penalty = |j| if i == j { l2 * is_weight[i] } else { 0.0 };
                (0..p).map(|j| mean(column(i).zip(column(j)).collect(), penalty(j))).collect()
            })
            .collect();
        let g = (0..p)
            .map(|i| {
                mean(column(i).zip(errors.iter().copied()).collect(), l2 * is_weight[i] * w[i])
            })
            .collect();
        Self { h, g }
    }

    /// Fails unless the step from `w` to `after` solves (H + damping I) d = g as well as a backward
    /// stable solver of the tested equations does.
    ///
    /// The computed factors are those of A + dA, and the solution is that of A + dA', with |dA'| <=
    /// gamma_(3n+1) |R^T| |R| (Higham, theorem 10.4), where (|R^T| |R|)_ij <= sqrt(a_ii a_jj), the
    /// norms of R's columns. L D L^T takes two roundings more a term (1/d and the product with it).
    pub(crate) fn assert_solved(&self, r: Rounding, damping: f64, w: &[f64], after: &[f64]) {
        let n = w.len();
        let d: Vec<f64> = w.iter().zip(after).map(|(w, after)| w - after).collect();
        let diagonal = |i: usize| self.h[i][i].size() + damping;
        for i in 0..n {
            let (mut residual, mut bound) = (-self.g[i].value, self.g[i].error);
            let mut size = self.g[i].size();
            for j in 0..n {
                let h = self.h[i][j];
                let shift = if i == j { damping } else { 0.0 };
                residual += (h.value + shift) * d[j];
                let a = h.size() + shift;
                size += a * d[j].abs();
                bound += h.error * d[j].abs();
                bound += r.gamma(5 * n + 40) * (diagonal(i) * diagonal(j)).sqrt() * d[j].abs();
                // w - d was rounded, and so is the difference here.
                bound += a * r.gamma(2) * (w[j].abs() + 2.0 * d[j].abs());
            }
            // The residual's own sum.
            bound += r.gamma(n + 3) * size;
            assert!(residual.abs() <= bound, "equation {i} of {n}: {residual:e}, not {bound:e}");
        }
    }
}
