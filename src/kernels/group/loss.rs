//! The end of a register of networks: L of each over a batch, and dZ. The rows of a block are the
//! outputs: `[output][sample]`. (Of a single sample: `one_loss`.)

use super::at;
use crate::element::Element;
use crate::kernels::epilogue::MAX_LANES;
use crate::kernels::head::OutputHead;
use crate::kernels::lanes::Lanes;
use crate::kernels::narrow::loss::{each_by_itself, exponentials, factors_a_logarithm};
use crate::words::loss::Loss;

/// The sums of L over a batch, a network a lane: in the element type over a stretch of samples, in
/// f64 from stretch to stretch. The logarithms of categorical cross-entropy are taken of products.
pub(crate) struct LossSums<V> {
    sum: V,
    product: V,
    factors: usize,
    totals: [f64; MAX_LANES],
}

impl<V> LossSums<V>
where
    V: Lanes,
{
    #[inline(always)]
    pub(crate) fn new(t: V::Token) -> Self {
        Self {
            sum: V::splat(t, V::Elem::ZERO),
            product: V::splat(t, <V::Elem as Element>::ONE),
            factors: 0,
            totals: [0.0; MAX_LANES],
        }
    }

    /// Adds the losses of the first `valid` of C samples; their dZ goes to `dz`, and that of the others is
    /// 0. May overwrite `z`. With weights, L and dZ of each sample are multiplied by its own.
    #[inline(always)]
    pub(crate) fn block<const C: usize>(
        &mut self,
        t: V::Token,
        (head, valid): (OutputHead, usize),
        z: &mut [V::Elem],
        (y, weights): (&[V::Elem], Option<&[V::Elem]>),
        dz: &mut [V::Elem],
    ) {
        let row = C * V::LEN;
        if valid < C {
            dz[..head.n_y * row].fill(V::Elem::ZERO);
        }
        for s in 0..valid {
            let (z, y, dz) = (&mut z[s * V::LEN..], &y[s * V::LEN..], &mut dz[s * V::LEN..]);
            let weight = weights.map(
                #[inline(always)]
                |weights| at::<V>(t, weights, s, V::LEN),
            );
            let mut loss = match head.loss {
                Loss::CategoricalCrossEntropy => {
                    self.categorical(t, (head.n_y, row), weight, z, y, dz)
                }
                _ => each_by_itself(t, head, row, z, y, dz),
            };
            if let Some(weight) = weight {
                for k in 0..head.n_y {
                    let dz = &mut dz[k * row..];
                    (V::load(t, dz) * weight).store(dz);
                }
                loss = loss * weight;
            }
            self.sum = self.sum + loss;
        }
    }

    /// -sum_k y_k (z_k - max z); the logarithm of the denominator is left to `product`, or taken at
    /// once where it has a weight.
    #[inline(always)]
    fn categorical(
        &mut self,
        t: V::Token,
        (n_y, row): (usize, usize),
        weight: Option<V>,
        z: &[V::Elem],
        y: &[V::Elem],
        dz: &mut [V::Elem],
    ) -> V {
        let (max, sum) = exponentials(t, (n_y, row), z, dz);
        let share = V::splat(t, <V::Elem as Element>::ONE) / sum;
        let mut loss = V::splat(t, V::Elem::ZERO);
        for k in 0..n_y {
            let y = V::load(t, &y[k * row..]);
            loss = (V::load(t, &z[k * row..]) - max).neg_mul_add(y, loss);
            let dz = &mut dz[k * row..];
            (V::load(t, dz) * share - y).store(dz);
        }
        match weight {
            Some(weight) => {
                let (sums, weights) = (lanes_of(sum), lanes_of(weight));
                for lane in 0..V::LEN {
                    self.totals[lane] += weights[lane].to_f64() * sums[lane].to_f64().ln();
                }
            }
            None => {
                self.product = self.product * sum;
                self.factors += 1;
                if self.factors >= factors_a_logarithm(n_y) {
                    self.take_logarithms(t);
                }
            }
        }
        loss
    }

    #[inline(always)]
    fn take_logarithms(&mut self, t: V::Token) {
        let products = lanes_of(self.product);
        for lane in 0..V::LEN {
            self.totals[lane] += products[lane].to_f64().ln();
        }
        self.product = V::splat(t, <V::Elem as Element>::ONE);
        self.factors = 0;
    }

    /// Ends a stretch of samples.
    #[inline(always)]
    pub(crate) fn end_stretch(&mut self, t: V::Token) {
        let sums = lanes_of(self.sum);
        for lane in 0..V::LEN {
            self.totals[lane] += sums[lane].to_f64();
        }
        self.sum = V::splat(t, V::Elem::ZERO);
    }

    /// The sum of L over everything added, of each network.
    #[inline(always)]
    pub(crate) fn totals(mut self, t: V::Token) -> [f64; MAX_LANES] {
        self.end_stretch(t);
        if self.factors > 0 {
            self.take_logarithms(t);
        }
        self.totals
    }
}

/// A register's lanes.
#[inline(always)]
fn lanes_of<V: Lanes>(v: V) -> [V::Elem; MAX_LANES] {
    let mut lanes = [V::Elem::ZERO; MAX_LANES];
    v.store(&mut lanes);
    lanes
}
