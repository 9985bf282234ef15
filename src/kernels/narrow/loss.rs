//! The end of a network with samples in lanes: predictions, loss and dZ from logits.

use crate::element::Element;
use crate::kernels::constants::ExpElement;
use crate::kernels::epilogue::{self, MAX_LANES};
use crate::kernels::exp::exp_neg_abs;
use crate::kernels::flush;
use crate::kernels::head::OutputHead;
use crate::kernels::head::{lane_sum, logit_loss, usual_g};
use crate::kernels::lanes::Lanes;
use crate::kernels::losses::{ByDifference, exp_from, gaussian, poisson};
use crate::kernels::narrow::Rows;
use crate::words::activation::Activation;
use crate::words::loss::Loss;

/// Sums of L over samples, lane by lane; the logarithms of categorical cross-entropy are taken of
/// products, a few samples at a time.
pub(crate) struct LossSum<V> {
    sums: V,
    product: V,
    factors: usize,
    total: f64,
}

/// A softmax's denominator is at most n_y <= 2^bits: this many of them multiply without overflow.
pub(in crate::kernels) fn factors_a_logarithm(n_y: usize) -> usize {
    120 / (n_y.next_power_of_two().trailing_zeros() as usize + 1)
}

impl<V> LossSum<V>
where
    V: Lanes,
{
    #[inline(always)]
    pub(crate) fn new(t: V::Token) -> Self {
        let (zero, one) = (V::splat(t, V::Elem::ZERO), V::splat(t, <V::Elem as Element>::ONE));
        Self { sums: zero, product: one, factors: 0, total: 0.0 }
    }

    /// Adds the loss of a block and writes its dZ, 0 past the samples in a register. The block's
    /// rows are `stride` apart, and its first `valid` lanes are samples.
    #[inline(always)]
    pub(crate) fn block(
        &mut self,
        t: V::Token,
        head: OutputHead,
        (valid, row): (usize, usize),
        z: &mut [V::Elem],
        (y, weights): (&[V::Elem], Option<&[V::Elem]>),
        dz: &mut [V::Elem],
    ) {
        let mut step = 0;
        while step < valid {
            let (z, y, dz) = (&mut z[step..], &y[step..], &mut dz[step..]);
            let lanes = (valid - step).min(V::LEN);
            let weights = weights.map(
                #[inline(always)]
                |w| in_lanes::<V>(t, &w[step..step + lanes]),
            );
            let loss = match head.loss {
                Loss::CategoricalCrossEntropy => {
                    self.categorical(t, (head.n_y, row), (lanes, weights), z, y, dz)
                }
                _ => each_by_itself(t, head, row, z, y, dz),
            };
            let loss = match weights {
                None => loss,
                Some(weights) => {
                    for k in 0..head.n_y {
                        let dz = &mut dz[k * row..];
                        (V::load(t, dz) * weights).store(dz);
                    }
                    loss * weights
                }
            };
            if lanes == V::LEN {
                self.sums = self.sums + loss;
            } else {
                self.total += lane_sum(loss, lanes);
                for k in 0..head.n_y {
                    dz[k * row + lanes..k * row + V::LEN].fill(V::Elem::ZERO);
                }
            }
            step += V::LEN;
        }
    }

    /// -sum_k y_k (z_k - max z), the logarithm of the denominator left to `product`.
    #[inline(always)]
    fn categorical(
        &mut self,
        t: V::Token,
        (n_y, row): (usize, usize),
        (lanes, weights): (usize, Option<V>),
        z: &[V::Elem],
        y: &[V::Elem],
        dz: &mut [V::Elem],
    ) -> V {
        let (max, sum) = exponentials(t, (n_y, row), z, dz);
        let one = V::splat(t, <V::Elem as Element>::ONE);
        let share = one / sum;
        let mut loss = V::splat(t, V::Elem::ZERO);
        for k in 0..n_y {
            let y = V::load(t, &y[k * row..]);
            loss = (V::load(t, &z[k * row..]) - max).neg_mul_add(y, loss);
            let e = V::load(t, &dz[k * row..]);
            (e * share - y).store(&mut dz[k * row..]);
        }
        if let Some(weights) = weights {
            let (mut sums, mut shares) = ([V::Elem::ZERO; MAX_LANES], [V::Elem::ZERO; MAX_LANES]);
            sum.store(&mut sums);
            weights.store(&mut shares);
            for (sum, share) in sums.iter().zip(&shares).take(lanes) {
                self.total += share.to_f64() * sum.to_f64().ln();
            }
        } else if lanes == V::LEN {
            self.product = self.product * sum;
            self.factors += 1;
            if self.factors >= factors_a_logarithm(n_y) {
                self.take_logarithms(t);
            }
        } else {
            let mut values = [V::Elem::ZERO; MAX_LANES];
            sum.store(&mut values);
            self.total += values[..lanes].iter().map(|s| s.to_f64().ln()).sum::<f64>();
        }
        loss
    }

    #[inline(always)]
    fn take_logarithms(&mut self, t: V::Token) {
        let mut values = [V::Elem::ZERO; MAX_LANES];
        self.product.store(&mut values);
        self.total += values[..V::LEN].iter().map(|p| p.to_f64().ln()).sum::<f64>();
        self.product = V::splat(t, <V::Elem as Element>::ONE);
        self.factors = 0;
    }

    /// The sum of L over everything added.
    #[inline(always)]
    pub(crate) fn total(mut self, t: V::Token) -> f64 {
        if self.factors > 0 {
            self.take_logarithms(t);
        }
        self.total + lane_sum(self.sums, V::LEN)
    }
}

/// Up to LEN weights in lanes, zeros behind them.
#[inline(always)]
fn in_lanes<V>(t: V::Token, weights: &[V::Elem]) -> V
where
    V: Lanes,
{
    let mut lanes = [V::Elem::ZERO; MAX_LANES];
    lanes[..weights.len()].copy_from_slice(weights);
    V::load(t, &lanes)
}

/// Max over the classes and the sum of e^(z - max), which go to `e`; those below the root count
/// as 0.
#[inline(always)]
pub(in crate::kernels) fn exponentials<V>(
    t: V::Token,
    (n_y, row): (usize, usize),
    z: &[V::Elem],
    e: &mut [V::Elem],
) -> (V, V)
where
    V: Lanes,
{
    let mut max = V::load(t, z);
    for k in 1..n_y {
        let z = V::load(t, &z[k * row..]);
        max = V::select(max.lt(z), z, max);
    }
    let mut sum = V::splat(t, V::Elem::ZERO);
    for k in 0..n_y {
        let term = exp_neg_abs(V::load(t, &z[k * row..]) - max, V::Elem::DELTA_LOW);
        term.store(&mut e[k * row..]);
        sum = sum + term;
    }
    (max, sum)
}

/// L and dZ of one register of samples, for every loss but categorical cross-entropy.
#[inline(always)]
pub(in crate::kernels) fn each_by_itself<V>(
    t: V::Token,
    head: OutputHead,
    row: usize,
    z: &mut [V::Elem],
    y: &[V::Elem],
    dz: &mut [V::Elem],
) -> V
where
    V: Lanes,
{
    // The loss is chosen here, and each has a loop of its own.
    match head.loss {
        Loss::BinaryCrossEntropy => by_logit(
            t,
            (head.n_y, row),
            (z, y),
            dz,
            #[inline(always)]
            |z, y| logit_loss(z, y),
        ),
        Loss::SquaredError if !(head.g.is_apart() || head.g == Activation::Exp) => {
            squared_error::<V, true>(t, head, row, z, y, dz)
        }
        _ => V::apart(
            t,
            #[inline(always)]
            move || rarer::<V>(t, head, row, z, y, dz),
        ),
    }
}

/// The losses that are seldom wanted, and squared error of exponentials and of activations that are
/// computed apart.
#[inline(always)]
fn rarer<V>(
    t: V::Token,
    head: OutputHead,
    row: usize,
    z: &mut [V::Elem],
    y: &[V::Elem],
    dz: &mut [V::Elem],
) -> V
where
    V: Lanes,
{
    match head.loss {
        Loss::SquaredError => squared_error::<V, false>(t, head, row, z, y, dz),
        Loss::Poisson => by_logit(
            t,
            (head.n_y, row),
            (z, y),
            dz,
            #[inline(always)]
            |z, y| poisson(z, y),
        ),
        Loss::GaussianNll => {
            let (mut sum, targets) = (V::splat(t, V::Elem::ZERO), head.targets());
            for k in 0..targets {
                let (at, of_s) = (k * row, (targets + k) * row);
                let (mu, s) = (V::load(t, &z[at..]), V::load(t, &z[of_s..]));
                let (loss, dmu, ds) = gaussian(mu, s, V::load(t, &y[at..]));
                dmu.store(&mut dz[at..]);
                ds.store(&mut dz[of_s..]);
                sum = sum + loss;
            }
            sum
        }
        _ => {
            let of = ByDifference::new(t, head.loss);
            activate_register::<V>(t, head, row, z);
            by_difference::<V, false>(
                t,
                head,
                row,
                (z, y),
                dz,
                #[inline(always)]
                |d, loss| {
                    let (own, d) = of.of(d);
                    (loss + own, d)
                },
            )
        }
    }
}

#[inline(always)]
fn squared_error<V, const OF_A: bool>(
    t: V::Token,
    head: OutputHead,
    row: usize,
    z: &mut [V::Elem],
    y: &[V::Elem],
    dz: &mut [V::Elem],
) -> V
where
    V: Lanes,
{
    let half = V::splat(t, V::Elem::from_f64(0.5));
    activate_register::<V>(t, head, row, z);
    by_difference::<V, OF_A>(
        t,
        head,
        row,
        (z, y),
        dz,
        #[inline(always)]
        |d: V, loss| ((d * half).mul_add(d, loss), d),
    )
}

/// The sums of L and dZ, of a loss whose (L, dz) is `f` of z and y.
#[inline(always)]
fn by_logit<V>(
    t: V::Token,
    (n_y, row): (usize, usize),
    (z, y): (&[V::Elem], &[V::Elem]),
    dz: &mut [V::Elem],
    f: impl Fn(V, V) -> (V, V),
) -> V
where
    V: Lanes,
{
    let mut sum = V::splat(t, V::Elem::ZERO);
    for k in 0..n_y {
        let at = k * row;
        let (loss, d) = f(V::load(t, &z[at..]), V::load(t, &y[at..]));
        d.store(&mut dz[at..]);
        sum = sum + loss;
    }
    sum
}

/// The sums of L, and dZ = dL/da g'(z), from A in place of Z. `f` adds L of a difference d = a - y to
/// a sum, and gives dL/da. With `OF_A` g' is read off a.
#[inline(always)]
fn by_difference<V, const OF_A: bool>(
    t: V::Token,
    head: OutputHead,
    row: usize,
    (z, y): (&[V::Elem], &[V::Elem]),
    dz: &mut [V::Elem],
    f: impl Fn(V, V) -> (V, V),
) -> V
where
    V: Lanes,
{
    let (mut loss, mut mean) = (V::splat(t, V::Elem::ZERO), V::splat(t, V::Elem::ZERO));
    for k in 0..head.n_y {
        let a = V::load(t, &z[k * row..]);
        let d;
        (loss, d) = f(a - V::load(t, &y[k * row..]), loss);
        mean = d.mul_add(a, mean);
        let d = if OF_A {
            epilogue::times_g_prime_of_a(t, head.g, a, d)
        } else {
            let known = if head.g.is_apart() { V::load(t, &dz[k * row..]) } else { a };
            epilogue::times_g_prime(t, head.g, known, d)
        };
        flush::subnormal(t, d).store(&mut dz[k * row..]);
    }
    if head.g == Activation::Softmax {
        // dz_k = a_k (d_k - sum_j a_j d_j)
        for k in 0..head.n_y {
            let d = V::load(t, &dz[k * row..]);
            let d = V::load(t, &z[k * row..]) * (d - mean);
            flush::subnormal(t, d).store(&mut dz[k * row..]);
        }
    }
    loss
}

/// a = g(z) over all outputs of one register of samples, in place.
#[inline(always)]
pub(in crate::kernels) fn activate_register<V>(
    t: V::Token,
    head: OutputHead,
    row: usize,
    z: &mut [V::Elem],
) where
    V: Lanes,
{
    if head.g == Activation::Softmax {
        let mut max = V::load(t, z);
        for k in 1..head.n_y {
            let z = V::load(t, &z[k * row..]);
            max = V::select(max.lt(z), z, max);
        }
        let mut sum = V::splat(t, V::Elem::ZERO);
        for k in 0..head.n_y {
            let e = exp_neg_abs(V::load(t, &z[k * row..]) - max, V::Elem::NORMAL_LOW);
            e.store(&mut z[k * row..]);
            sum = sum + e;
        }
        let share = V::splat(t, <V::Elem as Element>::ONE) / sum;
        for k in 0..head.n_y {
            let a = flush::subnormal(t, V::load(t, &z[k * row..]) * share);
            a.store(&mut z[k * row..]);
        }
        return;
    }
    if head.g == Activation::Exp {
        return V::apart(
            t,
            #[inline(always)]
            move || {
                for k in 0..head.n_y {
                    let z = &mut z[k * row..];
                    exp_from(V::load(t, z), V::Elem::NORMAL_LOW).store(z);
                }
            },
        );
    }
    for k in 0..head.n_y {
        usual_g(t, head.g, V::load(t, &z[k * row..])).store(&mut z[k * row..]);
    }
}

/// a = g(z) of all outputs of a block, in place; the ReLUs leave their marks.
#[inline(always)]
pub(crate) fn activate<V>(t: V::Token, head: OutputHead, rows: Rows, z: &mut [V::Elem])
where
    V: Lanes,
{
    for step in 0..rows.steps {
        activate_register::<V>(t, head, rows.stride, &mut z[step * V::LEN..]);
    }
}

/// Predictions from logits, in place; the ReLUs' marked zeros become +0.0.
#[inline(always)]
pub(crate) fn output<V>(t: V::Token, head: OutputHead, rows: Rows, z: &mut [V::Elem])
where
    V: Lanes,
{
    let zero = V::splat(t, V::Elem::ZERO);
    for step in 0..rows.steps {
        let z = &mut z[step * V::LEN..];
        activate_register::<V>(t, head, rows.stride, z);
        if head.g.is_relu() {
            for k in 0..head.n_y {
                let at = k * rows.stride;
                (V::load(t, &z[at..]) + zero).store(&mut z[at..]);
            }
        }
    }
}
