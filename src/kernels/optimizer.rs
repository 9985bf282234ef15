//! One step of an optimiser: parameters, gradient and moments in one pass, elementwise.
//!
//! ```text
//! for each register
//!   g = clip dw + l2 w                  (a factor of 1 and a penalty of 0 leave dw as it is)
//!   d = the rule's direction, from g and the moments, which move
//!   w = (w - decay w) - rate d
//! ```
//!
//! 1. What depends on the step's number alone (Adam's bias corrections) comes as a number, computed
//!    once a step.
//! 2. What decays becomes 0 before it is subnormal (`flush`): moments, parameters, and a gradient
//!    whose square would be.
//! 3. Padding stays 0: with g = 0, w = 0 and moments of 0 every rule gives w = 0, since epsilon is
//!    more than 0.
//!
//! Every operation is exactly rounded, so levels that agree on FMA give the same bits.

use super::flush;
use super::lanes::Lanes;
use crate::element::Element;

/// How the direction of a step follows from gradient and moments; the published formulas stand at
/// [`Optimizer`](crate::Optimizer).
#[derive(Debug, Clone, Copy)]
pub(crate) enum Rule<T> {
    /// d = g.
    Sgd,
    /// m = beta m + g, d = m.
    Momentum { beta: T },
    /// m = beta m + g, d = g + beta m.
    Nesterov { beta: T },
    /// v = rho v + rest g^2, d = g / (sqrt(v) + epsilon). `least` is [`least_gradient`].
    RmsProp { rho: T, rest: T, epsilon: T, least: T },
    /// m = beta1 m + rest1 g, v = beta2 v + rest2 g^2, d = m / (scale sqrt(v) + epsilon), with
    /// scale = 1 / sqrt(1 - beta2^t). (The rate carries the other correction, 1 / (1 - beta1^t).)
    Adam { beta1: T, rest1: T, beta2: T, rest2: T, scale: T, epsilon: T, least: T },
}

/// What every rule has besides.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terms<T> {
    /// The learning rate, Adam's correction of m included.
    pub(crate) rate: T,
    /// The factor that brings the gradient's norm down to its limit, or 1.
    pub(crate) clip: T,
    /// Coupled: added to the gradient, times w.
    pub(crate) l2: T,
    /// Decoupled: learning rate times weight decay.
    pub(crate) decay: T,
}

impl<T: Element> Rule<T> {
    /// The same numbers in every lane.
    #[inline(always)]
    pub(crate) fn splat<V: Lanes<Elem = T>>(self, t: V::Token) -> Rule<V> {
        match self {
            Self::Sgd => Rule::Sgd,
            Self::Momentum { beta } => Rule::Momentum { beta: V::splat(t, beta) },
            Self::Nesterov { beta } => Rule::Nesterov { beta: V::splat(t, beta) },
            Self::RmsProp { rho, rest, epsilon, least } => Rule::RmsProp {
                rho: V::splat(t, rho),
                rest: V::splat(t, rest),
                epsilon: V::splat(t, epsilon),
                least: V::splat(t, least),
            },
            Self::Adam { beta1, rest1, beta2, rest2, scale, epsilon, least } => Rule::Adam {
                beta1: V::splat(t, beta1),
                rest1: V::splat(t, rest1),
                beta2: V::splat(t, beta2),
                rest2: V::splat(t, rest2),
                scale: V::splat(t, scale),
                epsilon: V::splat(t, epsilon),
                least: V::splat(t, least),
            },
        }
    }
}

impl<T: Element> Terms<T> {
    /// The same numbers in every lane.
    #[inline(always)]
    fn splat<V: Lanes<Elem = T>>(self, t: V::Token) -> Terms<V> {
        Terms {
            rate: V::splat(t, self.rate),
            clip: V::splat(t, self.clip),
            l2: V::splat(t, self.l2),
            decay: V::splat(t, self.decay),
        }
    }
}

/// All slices are of one length, a whole number of panels (64 bytes); a moment that the rule does
/// not have is empty. Of each panel, only a register's first lanes are computed: what lies behind
/// half a panel's must be padding.
#[inline(always)]
pub(crate) fn update<V>(
    t: V::Token,
    rule: &Rule<V::Elem>,
    terms: Terms<V::Elem>,
    w: &mut [V::Elem],
    dw: &[V::Elem],
    moments: [&mut [V::Elem]; 2],
) where
    V: Lanes,
{
    update_rows::<V>(t, &rule.splat(t), terms.splat(t), V::Elem::PANEL, w, dw, moments);
}

/// The same by rows of any length, of which a register's first lanes are computed, each with
/// numbers of its own.
#[inline(always)]
pub(crate) fn update_rows<V>(
    t: V::Token,
    rule: &Rule<V>,
    terms: Terms<V>,
    row: usize,
    w: &mut [V::Elem],
    dw: &[V::Elem],
    [m, v]: [&mut [V::Elem]; 2],
) where
    V: Lanes,
{
    match *rule {
        Rule::Sgd => {
            for (w, dw) in w.chunks_exact_mut(row).zip(dw.chunks_exact(row)) {
                let (w0, g) = terms.gradient(t, w, dw);
                terms.take(t, w0, g).store(w);
            }
        }
        Rule::Momentum { beta } => one::<V>(
            (t, terms, row),
            (w, dw, m),
            #[inline(always)]
            |g, m| {
                let m = flush::subnormal(t, m.mul_add(beta, g));
                (m, m)
            },
        ),
        Rule::Nesterov { beta } => one::<V>(
            (t, terms, row),
            (w, dw, m),
            #[inline(always)]
            |g, m| {
                let m = flush::subnormal(t, m.mul_add(beta, g));
                (m, m.mul_add(beta, g))
            },
        ),
        Rule::RmsProp { rho, rest, epsilon, least } => one::<V>(
            (t, terms, row),
            (w, dw, v),
            #[inline(always)]
            |g, v| {
                let g = flush::below(t, least, g);
                let v = flush::subnormal(t, v.mul_add(rho, (g * rest) * g));
                (v, g / (v.sqrt() + epsilon))
            },
        ),
        Rule::Adam { beta1, rest1, beta2, rest2, scale, epsilon, least } => {
            let parameters = w.chunks_exact_mut(row).zip(dw.chunks_exact(row));
            let moments = m.chunks_exact_mut(row).zip(v.chunks_exact_mut(row));
            for ((w, dw), (m, v)) in parameters.zip(moments) {
                let (w0, g) = terms.gradient(t, w, dw);
                let g = flush::below(t, least, g);
                let m1 = flush::subnormal(t, V::load(t, m).mul_add(beta1, g * rest1));
                let v1 = flush::subnormal(t, V::load(t, v).mul_add(beta2, (g * rest2) * g));
                m1.store(m);
                v1.store(v);
                terms.take(t, w0, m1 / v1.sqrt().mul_add(scale, epsilon)).store(w);
            }
        }
    }
}

impl<V> Terms<V>
where
    V: Lanes,
{
    /// w, and clip dw + l2 w.
    #[inline(always)]
    fn gradient(&self, t: V::Token, w: &[V::Elem], dw: &[V::Elem]) -> (V, V) {
        let w = V::load(t, w);
        (w, V::load(t, dw).mul_add(self.clip, w * self.l2))
    }

    /// (w - decay w) - rate d.
    #[inline(always)]
    fn take(&self, t: V::Token, w: V, d: V) -> V {
        flush::parameter(t, d.neg_mul_add(self.rate, w.neg_mul_add(self.decay, w)))
    }
}

/// The least |g| for which rest g^2 is a normal number.
pub(crate) fn least_gradient<T: Element>(rest: T) -> T {
    T::from_f64(flush::root::<T>() / rest.to_f64().sqrt())
}

/// w, dw and a moment.
type Operands<'a, T> = (&'a mut [T], &'a [T], &'a mut [T]);

/// The loop of a rule with one moment; `f` has the moment's next value and the direction.
#[inline(always)]
fn one<V>(
    (t, terms, row): (V::Token, Terms<V>, usize),
    (w, dw, moment): Operands<'_, V::Elem>,
    f: impl Fn(V, V) -> (V, V),
) where
    V: Lanes,
{
    let parameters = w.chunks_exact_mut(row).zip(dw.chunks_exact(row));
    for ((w, dw), moment) in parameters.zip(moment.chunks_exact_mut(row)) {
        let (w0, g) = terms.gradient(t, w, dw);
        let (next, d) = f(g, V::load(t, moment));
        next.store(moment);
        terms.take(t, w0, d).store(w);
    }
}

/// Sums that [`sum_of_squares`] keeps side by side: two registers of f64 with AVX-512.
const SUMS: usize = 16;

/// sum (scale x)^2 in f64. The order follows from the length alone: sixteen sums side by side, each
/// over every sixteenth value, added up in order. No FMA: the same bits at every level. (The square
/// of an f32 is exact in f64; a sum of n terms is off by at most n 2^-53 of itself.)
#[inline(always)]
pub(crate) fn sum_of_squares<T: Element>(scale: f64, values: &[T]) -> f64 {
    let mut sums = [0.0; SUMS];
    let mut chunks = values.chunks_exact(SUMS);
    for chunk in &mut chunks {
        for i in 0..SUMS {
            let x = scale * chunk[i].to_f64();
            sums[i] += x * x;
        }
    }
    for (sum, x) in sums.iter_mut().zip(chunks.remainder()) {
        let x = scale * x.to_f64();
        *sum += x * x;
    }
    let mut total = 0.0;
    for sum in sums {
        total += sum;
    }
    total
}
