//! burn on its CPU backend flex, with its autodiff and its Adam; plain descent's update by hand, on
//! plain tensors.

use burn::optim::{Adam, AdamConfig, AdamState, Optimizer};
use burn::tensor::module::linear;
use burn::tensor::{DType, Device, Tensor, TensorData, activation};

use crate::adam::{BETA1, BETA2, EPSILON};
use crate::case::{Case, Hidden, Output, Type};
use crate::peer::Peer;

pub struct Burn {
    hidden: Hidden,
    output: Output,
    m: f64,
    rate: f64,
    /// (n_{l-1}, n_l), as burn has them.
    w: Vec<Tensor<2>>,
    b: Vec<Tensor<1>>,
    x: Tensor<2>,
    y: Tensor<2>,
    one: Tensor<2>,
    tracked_x: Tensor<2>,
    tracked_y: Tensor<2>,
    adam: Adam,
    adam_rate: f64,
    /// Of W and b, layer after layer; `None` before the first step.
    states_w: Vec<Option<AdamState<2>>>,
    states_b: Vec<Option<AdamState<1>>>,
}

impl Burn {
    pub fn new(case: &Case) -> Self {
        let data = case.data(|value| value);
        let device = Device::flex();
        let dtype = if case.element == Type::F64 { DType::F64 } else { DType::F32 };
        let matrix = |values: Vec<f64>, rows: usize, columns: usize| {
            Tensor::<2>::from_data(TensorData::new(values, [rows, columns]), (&device, dtype))
        };
        let vector = |values: Vec<f64>| {
            let length = values.len();
            Tensor::<1>::from_data(TensorData::new(values, [length]), (&device, dtype))
        };
        let transposed = |values: &[f64], n_in: usize| -> Vec<f64> {
            (0..n_in).flat_map(|i| values.iter().skip(i).step_by(n_in).copied()).collect()
        };
        let w = case
            .layers()
            .zip(&data.weights)
            .map(|((n_in, n_out), w)| matrix(transposed(w, n_in), n_in, n_out))
            .collect();
        let adam = AdamConfig::new()
            .with_beta_1(BETA1 as f32)
            .with_beta_2(BETA2 as f32)
            .with_epsilon(EPSILON as f32);
        let one = matrix(data.x[..case.inputs()].to_vec(), 1, case.inputs());
        let x = matrix(data.x, case.m, case.inputs());
        let y = matrix(data.y, case.m, case.outputs());
        Self {
            hidden: case.hidden,
            output: case.output,
            m: case.m as f64,
            rate: case.rate,
            adam: adam.build(),
            adam_rate: case.adam_rate,
            states_w: case.layers().map(|_| None).collect(),
            states_b: case.layers().map(|_| None).collect(),
            w,
            b: data.biases.into_iter().map(vector).collect(),
            tracked_x: x.clone().autodiff(),
            tracked_y: y.clone().autodiff(),
            x,
            y,
            one,
        }
    }

    fn logits(&self, w: &[Tensor<2>], b: &[Tensor<1>], x: &Tensor<2>) -> Tensor<2> {
        let last = w.len() - 1;
        let mut a = x.clone();
        for (layer, (w, b)) in w.iter().zip(b).enumerate() {
            a = linear(a, w.clone(), Some(b.clone()));
            if layer < last {
                a = match self.hidden {
                    Hidden::Relu => activation::relu(a),
                    Hidden::Tanh => activation::tanh(a),
                };
            }
        }
        a
    }

    fn outputs(&self, x: &Tensor<2>) -> Tensor<2> {
        let z = self.logits(&self.w, &self.b, x);
        match self.output {
            Output::Identity => z,
            Output::Sigmoid => activation::sigmoid(z),
            Output::Softmax => activation::softmax(z, 1),
        }
    }

    fn loss(&self, z: Tensor<2>, y: &Tensor<2>) -> Tensor<1> {
        let y = y.clone();
        match self.output {
            Output::Identity => (z - y).square().sum() * (0.5 / self.m),
            Output::Sigmoid => {
                let tail = (-z.clone().abs()).exp().log1p();
                (activation::relu(z.clone()) - z * y + tail).sum() / self.m
            }
            Output::Softmax => (activation::log_softmax(z, 1) * y).sum() * (-1.0 / self.m),
        }
    }

    /// The loss and the gradients of W and b, in that order.
    fn backward(&self) -> (Tensor<1>, Vec<Tensor<2>>, Vec<Tensor<1>>) {
        let w: Vec<_> = self.w.iter().map(|w| w.clone().autodiff().require_grad()).collect();
        let b: Vec<_> = self.b.iter().map(|b| b.clone().autodiff().require_grad()).collect();
        let loss = self.loss(self.logits(&w, &b, &self.tracked_x), &self.tracked_y);
        let mut gradients = loss.backward();
        let dw = w.iter().map(|w| w.grad_remove(&mut gradients).expect("dW")).collect();
        let db = b.iter().map(|b| b.grad_remove(&mut gradients).expect("db")).collect();
        (loss, dw, db)
    }
}

fn value(loss: Tensor<1>) -> f64 {
    loss.inner().into_scalar::<f64>()
}

impl Peer for Burn {
    fn step(&mut self) {
        // The gradient first: its memory, which nobody else holds, takes the result.
        let (_, dw, db) = self.backward();
        for (w, dw) in self.w.iter_mut().zip(dw) {
            *w = dw * -self.rate + w.clone();
        }
        for (b, db) in self.b.iter_mut().zip(db) {
            *b = db * -self.rate + b.clone();
        }
    }

    fn adam(&mut self) {
        let (_, dw, db) = self.backward();
        let states = self.states_w.iter_mut().zip(&mut self.w).zip(dw);
        for ((state, w), dw) in states {
            (*w, *state) = self.adam.step(self.adam_rate, w.clone(), dw, state.take());
        }
        let states = self.states_b.iter_mut().zip(&mut self.b).zip(db);
        for ((state, b), db) in states {
            (*b, *state) = self.adam.step(self.adam_rate, b.clone(), db, state.take());
        }
    }

    fn forward(&mut self) {
        drop(std::hint::black_box(self.outputs(&self.x)));
    }

    fn predict(&mut self) {
        drop(std::hint::black_box(self.outputs(&self.one)));
    }

    fn one(&mut self) -> Vec<f64> {
        self.outputs(&self.one).into_data().iter::<f64>().collect()
    }

    fn cost(&mut self) -> f64 {
        value(self.loss(self.logits(&self.w, &self.b, &self.x), &self.y))
    }

    fn gradient(&mut self) -> f64 {
        let (loss, dw, db) = self.backward();
        drop(std::hint::black_box((dw, db)));
        value(loss)
    }
}
