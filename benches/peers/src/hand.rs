//! By hand on ndarray's arrays, with the products and exponentials of whoever brings them: buffers
//! allocated once, samples in rows, plain descent's update of W inside the product that makes dW.

use ndarray::{Array1, Array2, Axis, NdFloat, Zip};

use crate::adam::Adam;
use crate::case::{Case, Hidden, Output};
use crate::peer::Peer;
use crate::products::Products;

pub struct Hand<T, P> {
    products: P,
    adam: Adam<T>,
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

impl<T: NdFloat, P: Products<T>> Hand<T, P> {
    pub fn new(case: &Case, products: P) -> Self {
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
            products,
            adam: Adam::new(case.adam_rate),
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

    /// Adds b to every sample's z, and makes hidden activations of it in place.
    fn hidden(&self, z: &mut [T], b: &[T], is_output: bool) {
        let is_relu = !is_output && self.hidden == Hidden::Relu;
        for row in z.chunks_exact_mut(b.len()) {
            for (z, &b) in row.iter_mut().zip(b) {
                let sum = *z + b;
                *z = if is_relu && sum < T::zero() { T::zero() } else { sum };
            }
        }
        if !is_output && self.hidden == Hidden::Tanh {
            self.products.tanh(z);
        }
    }

    /// Output activations of every sample's logits, in place.
    fn outputs(&self, z: &mut [T]) {
        let n_y = self.y.ncols();
        match self.output {
            Output::Identity => {}
            Output::Sigmoid => {
                z.iter_mut().for_each(|z| *z = -*z);
                self.products.exp(z);
                z.iter_mut().for_each(|z| *z = T::one() / (T::one() + *z));
            }
            Output::Softmax => {
                for row in z.chunks_exact_mut(n_y) {
                    let max = row.iter().fold(T::neg_infinity(), |max, &z| max.max(z));
                    row.iter_mut().for_each(|z| *z -= max);
                }
                self.products.exp(z);
                for row in z.chunks_exact_mut(n_y) {
                    let sum = row.iter().fold(T::zero(), |sum, &e| sum + e);
                    row.iter_mut().for_each(|e| *e /= sum);
                }
            }
        }
    }

    fn logits(&mut self) {
        let last = self.w.len() - 1;
        let mut all = std::mem::take(&mut self.a);
        for (layer, (w, b)) in self.w.iter().zip(&self.b).enumerate() {
            let (below, above) = all.split_at_mut(layer + 1);
            let z = &mut above[0];
            self.products.multiply(T::one(), (&below[layer], false), (w, true), T::zero(), z);
            self.hidden(values(z), b.as_slice().expect("b in one piece"), layer == last);
        }
        self.a = all;
    }

    fn activate(&mut self) {
        let mut outputs = self.a.pop().expect("the outputs");
        self.outputs(values(&mut outputs));
        self.a.push(outputs);
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
                let w = (&self.w[layer], false);
                self.products.multiply(T::one(), (dz, false), w, T::zero(), da);
                match self.hidden {
                    Hidden::Tanh => Zip::from(da).and(a).for_each(|d, &a| *d *= T::one() - a * a),
                    Hidden::Relu => Zip::from(da).and(a).for_each(|d, &a| {
                        *d = if a > T::zero() { *d } else { T::zero() };
                    }),
                }
            }
            if update {
                let w = &mut self.w[layer];
                self.products.multiply(-self.rate, (dz, true), (a, false), T::one(), w);
                self.b[layer].scaled_add(-self.rate, &dz.sum_axis(Axis(0)));
            } else {
                let dw = &mut self.dw[layer];
                self.products.multiply(T::one(), (dz, true), (a, false), T::zero(), dw);
                self.db[layer] = dz.sum_axis(Axis(0));
            }
        }
    }
}

/// All values of an array that this file made, which lie in one piece.
fn values<T>(array: &mut Array2<T>) -> &mut [T] {
    array.as_slice_mut().expect("an array in one piece")
}

impl<T: NdFloat, P: Products<T>> Peer for Hand<T, P> {
    fn step(&mut self) {
        self.forward();
        self.backward(true);
    }

    fn adam(&mut self) {
        self.forward();
        self.backward(false);
        let w = self.w.iter_mut().zip(&self.dw).map(|(w, dw)| (w.as_slice_mut(), dw.as_slice()));
        let b = self.b.iter_mut().zip(&self.db).map(|(b, db)| (b.as_slice_mut(), db.as_slice()));
        let piece = |(p, d): (Option<_>, Option<_>)| p.zip(d).expect("arrays in one piece");
        self.adam.step(w.chain(b).map(piece));
    }

    fn forward(&mut self) {
        self.logits();
        self.activate();
    }

    fn predict(&mut self) {
        let last = self.w.len() - 1;
        let mut all = std::mem::take(&mut self.one);
        for (layer, (w, b)) in self.w.iter().zip(&self.b).enumerate() {
            let (below, above) = all.split_at_mut(layer + 1);
            let z = &mut above[0];
            z.fill(T::zero());
            self.products.multiply_vector(w, &below[layer], z);
            let z = z.as_slice_mut().expect("z in one piece");
            self.hidden(z, b.as_slice().expect("b in one piece"), layer == last);
            if layer == last {
                self.outputs(z);
            }
        }
        self.one = all;
    }

    fn one(&mut self) -> Vec<f64> {
        self.predict();
        self.one.last().expect("outputs").iter().map(|a| a.to_f64().expect("a number")).collect()
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
