//! By hand with ndarray, whose products are matrixmultiply's: buffers allocated once, samples in
//! rows, the update of W inside the product that makes dW.

use ndarray::linalg::{general_mat_mul, general_mat_vec_mul};
use ndarray::{Array1, Array2, ArrayViewMut1, Axis, NdFloat, Zip};

use crate::Peer;
use crate::case::{Case, Hidden, Output};

pub struct Hand<T> {
    hidden: Hidden,
    output: Output,
    rate: T,
    m: T,
    w: Vec<Array2<T>>,
    b: Vec<Array1<T>>,
    y: Array2<T>,
    /// Inputs and activations of all layers.
    a: Vec<Array2<T>>,
    dz: Vec<Array2<T>>,
    dw: Vec<Array2<T>>,
    db: Vec<Array1<T>>,
    /// The same for one sample.
    one: Vec<Array1<T>>,
}

impl<T: NdFloat> Hand<T> {
    pub fn new(case: &Case) -> Self {
        let number = |value: f64| T::from(value).expect("a finite number");
        let data = case.data(number);
        let matrix = |rows, columns, values| {
            Array2::from_shape_vec((rows, columns), values).expect("a matrix's values")
        };
        let batch = |n: usize| Array2::zeros((case.m, n));
        let w: Vec<_> = case
            .layers()
            .zip(data.weights)
            .map(|((n_in, n_out), values)| matrix(n_out, n_in, values))
            .collect();
        let b: Vec<_> = data.biases.into_iter().map(Array1::from_vec).collect();
        let x = matrix(case.m, case.inputs(), data.x);
        let mut one = vec![x.row(0).to_owned()];
        one.extend(case.sizes[1..].iter().map(|&n| Array1::zeros(n)));
        let mut a = vec![x];
        a.extend(case.sizes[1..].iter().map(|&n| batch(n)));
        Self {
            hidden: case.hidden,
            output: case.output,
            rate: number(case.rate),
            m: number(case.m as f64),
            dw: w.iter().map(|w| Array2::zeros(w.raw_dim())).collect(),
            db: b.iter().map(|b| Array1::zeros(b.raw_dim())).collect(),
            y: matrix(case.m, case.outputs(), data.y),
            dz: case.sizes[1..].iter().map(|&n| batch(n)).collect(),
            w,
            b,
            a,
            one,
        }
    }

    fn hidden(g: Hidden, a: &mut T) {
        *a = match g {
            Hidden::Tanh => a.tanh(),
            Hidden::Relu => a.max(T::zero()),
        }
    }

    fn output(g: Output, mut a: ArrayViewMut1<'_, T>) {
        match g {
            Output::Identity => {}
            Output::Sigmoid => a.mapv_inplace(|z| T::one() / (T::one() + (-z).exp())),
            Output::Softmax => {
                let max = a.fold(T::neg_infinity(), |max, &z| max.max(z));
                a.mapv_inplace(|z| (z - max).exp());
                let sum = a.sum();
                a /= sum;
            }
        }
    }

    fn logits(&mut self) {
        let last = self.w.len() - 1;
        for (layer, (w, b)) in self.w.iter().zip(&self.b).enumerate() {
            let (below, above) = self.a.split_at_mut(layer + 1);
            let z = &mut above[0];
            general_mat_mul(T::one(), &below[layer], &w.t(), T::zero(), z);
            let g = self.hidden;
            for row in z.rows_mut() {
                Zip::from(row).and(b).for_each(|z, &b| {
                    *z += b;
                    if layer < last {
                        Self::hidden(g, z);
                    }
                });
            }
        }
    }

    fn activate(&mut self) {
        for row in self.a.last_mut().expect("the outputs").rows_mut() {
            Self::output(self.output, row);
        }
    }

    /// Added up in f64: a million f32 terms one by one would lose digits.
    fn cost_of_logits(&self) -> f64 {
        let z = self.a.last().expect("the outputs");
        let wide = |value: T| value.to_f64().expect("a number");
        let mut total = 0.0;
        let half = T::one() / (T::one() + T::one());
        match self.output {
            Output::Identity => Zip::from(z).and(&self.y).for_each(|&z, &y| {
                total += wide(half * (z - y) * (z - y));
            }),
            Output::Sigmoid => Zip::from(z).and(&self.y).for_each(|&z, &y| {
                total += wide(z.max(T::zero()) - z * y + (-z.abs()).exp().ln_1p());
            }),
            Output::Softmax => {
                for (z, y) in z.rows().into_iter().zip(self.y.rows()) {
                    let max = z.fold(T::neg_infinity(), |max, &z| max.max(z));
                    let sum = z.fold(T::zero(), |sum, &z| sum + (z - max).exp());
                    total += wide(sum.ln() + max - z.dot(&y));
                }
            }
        }
        total / wide(self.m)
    }

    /// From the activations; with an update, dW and db are spent on it at once.
    fn backward(&mut self, update: bool) {
        let scale = T::one() / self.m;
        let last = self.w.len() - 1;
        Zip::from(&mut self.dz[last])
            .and(&self.a[last + 1])
            .and(&self.y)
            .for_each(|dz, &a, &y| *dz = (a - y) * scale);
        for layer in (0..=last).rev() {
            let (below, above) = self.dz.split_at_mut(layer);
            let (dz, a) = (&above[0], &self.a[layer]);
            if let Some(da) = below.last_mut() {
                general_mat_mul(T::one(), dz, &self.w[layer], T::zero(), da);
                match self.hidden {
                    Hidden::Tanh => Zip::from(da).and(a).for_each(|d, &a| *d *= T::one() - a * a),
                    Hidden::Relu => Zip::from(da).and(a).for_each(|d, &a| {
                        *d = if a > T::zero() { *d } else { T::zero() };
                    }),
                }
            }
            if update {
                general_mat_mul(-self.rate, &dz.t(), a, T::one(), &mut self.w[layer]);
                self.b[layer].scaled_add(-self.rate, &dz.sum_axis(Axis(0)));
            } else {
                general_mat_mul(T::one(), &dz.t(), a, T::zero(), &mut self.dw[layer]);
                self.db[layer] = dz.sum_axis(Axis(0));
            }
        }
    }
}

impl<T: NdFloat> Peer for Hand<T> {
    fn step(&mut self) {
        self.forward();
        self.backward(true);
    }

    fn forward(&mut self) {
        self.logits();
        self.activate();
    }

    fn predict(&mut self) {
        let last = self.w.len() - 1;
        for (layer, (w, b)) in self.w.iter().zip(&self.b).enumerate() {
            let (below, above) = self.one.split_at_mut(layer + 1);
            let z = &mut above[0];
            z.assign(b);
            general_mat_vec_mul(T::one(), w, &below[layer], T::one(), z);
            if layer < last {
                z.map_inplace(|z| Self::hidden(self.hidden, z));
            } else {
                Self::output(self.output, z.view_mut());
            }
        }
    }

    fn cost(&mut self) -> f64 {
        self.logits();
        self.cost_of_logits()
    }

    fn gradient(&mut self) -> f64 {
        self.logits();
        let cost = self.cost_of_logits();
        self.activate();
        self.backward(false);
        cost
    }
}
