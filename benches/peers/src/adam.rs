//! Adam (Kingma and Ba 2015) by hand, for the peers that bring no optimiser.

use ndarray::NdFloat;

pub const BETA1: f64 = 0.9;
pub const BETA2: f64 = 0.999;
pub const EPSILON: f64 = 1e-8;

/// The moments of parameters that lie in several pieces of memory.
pub struct Adam<T> {
    rate: f64,
    t: i32,
    moments: Vec<(Vec<T>, Vec<T>)>,
}

impl<T: NdFloat> Adam<T> {
    pub fn new(rate: f64) -> Self {
        Self { rate, t: 0, moments: Vec::new() }
    }

    /// One step; the pieces come in the same order each time.
    pub fn step<'a>(&mut self, pieces: impl Iterator<Item = (&'a mut [T], &'a [T])>) {
        let number = |value: f64| T::from(value).expect("a finite number");
        self.t += 1;
        let (beta1, beta2) = (number(BETA1), number(BETA2));
        let (new1, new2) = (number(1.0 - BETA1), number(1.0 - BETA2));
        // rate m' / (sqrt(v') + epsilon), with both corrections outside the loop.
        let root = (1.0 - BETA2.powi(self.t)).sqrt();
        let rate = number(self.rate * root / (1.0 - BETA1.powi(self.t)));
        let epsilon = number(EPSILON * root);
        for (i, (w, dw)) in pieces.enumerate() {
            if i == self.moments.len() {
                self.moments.push((vec![T::zero(); w.len()], vec![T::zero(); w.len()]));
            }
            let (m, v) = &mut self.moments[i];
            for (((w, &g), m), v) in w.iter_mut().zip(dw).zip(m).zip(v) {
                *m = beta1 * *m + new1 * g;
                *v = beta2 * *v + new2 * g * g;
                *w -= rate * *m / (v.sqrt() + epsilon);
            }
        }
    }
}
