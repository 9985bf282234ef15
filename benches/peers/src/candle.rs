//! candle on its CPU device, with its autodiff, plain gradient descent, and AdamW without decay.

use candle_core::{DType, Device, Result, Tensor, Var};
use candle_nn::{AdamW, Linear, Module, Optimizer, ParamsAdamW, SGD, ops};

use crate::adam::{BETA1, BETA2, EPSILON};
use crate::case::{Case, Hidden, Output, Type};
use crate::peer::Peer;

pub struct Candle {
    hidden: Hidden,
    output: Output,
    m: f64,
    layers: Vec<Linear>,
    x: Tensor,
    y: Tensor,
    one: Tensor,
    descent: SGD,
    adam: AdamW,
}

impl Candle {
    pub fn new(case: &Case) -> Result<Self> {
        let data = case.data(|value| value);
        let dtype = if case.element == Type::F64 { DType::F64 } else { DType::F32 };
        let tensor = |values: Vec<f64>, rows: usize| {
            let columns = values.len() / rows;
            Tensor::from_vec(values, (rows, columns), &Device::Cpu)?.to_dtype(dtype)
        };
        let (mut layers, mut parameters) = (Vec::new(), Vec::new());
        for ((_, n_out), (w, b)) in case.layers().zip(data.weights.into_iter().zip(data.biases)) {
            let w = Var::from_tensor(&tensor(w, n_out)?)?;
            let b = Var::from_tensor(&tensor(b, 1)?.flatten_all()?)?;
            layers.push(Linear::new(w.as_tensor().clone(), Some(b.as_tensor().clone())));
            parameters.extend([w, b]);
        }
        let x = tensor(data.x, case.m)?;
        let (beta1, beta2, eps) = (BETA1, BETA2, EPSILON);
        let adam = ParamsAdamW { lr: case.adam_rate, beta1, beta2, eps, weight_decay: 0.0 };
        Ok(Self {
            hidden: case.hidden,
            output: case.output,
            m: case.m as f64,
            layers,
            one: x.narrow(0, 0, 1)?.copy()?,
            x,
            y: tensor(data.y, case.m)?,
            adam: AdamW::new(parameters.clone(), adam)?,
            descent: SGD::new(parameters, case.rate)?,
        })
    }

    fn logits(&self, x: &Tensor) -> Result<Tensor> {
        let (last, hidden) = self.layers.split_last().expect("a layer");
        let mut a = x.clone();
        for layer in hidden {
            let z = layer.forward(&a)?;
            a = match self.hidden {
                Hidden::Relu => z.relu()?,
                Hidden::Tanh => z.tanh()?,
            };
        }
        last.forward(&a)
    }

    fn outputs(&self, x: &Tensor) -> Result<Tensor> {
        let z = self.logits(x)?;
        match self.output {
            Output::Identity => Ok(z),
            Output::Sigmoid => ops::sigmoid(&z),
            Output::Softmax => ops::softmax_last_dim(&z),
        }
    }

    fn loss(&self) -> Result<Tensor> {
        let (z, y) = (self.logits(&self.x)?, &self.y);
        match self.output {
            Output::Identity => (z - y)?.sqr()?.sum_all()? * (0.5 / self.m),
            Output::Sigmoid => {
                let tail = (z.abs()?.neg()?.exp()? + 1.0)?.log()?;
                ((z.relu()? - (&z * y)?)? + tail)?.sum_all()? / self.m
            }
            Output::Softmax => (ops::log_softmax(&z, 1)? * y)?.sum_all()? * (-1.0 / self.m),
        }
    }

    fn value(loss: &Tensor) -> f64 {
        loss.to_dtype(DType::F64).and_then(|loss| loss.to_scalar()).expect("a number")
    }
}

impl Peer for Candle {
    fn step(&mut self) {
        let loss = self.loss().expect("a loss");
        self.descent.backward_step(&loss).expect("a step");
    }

    fn adam(&mut self) {
        let loss = self.loss().expect("a loss");
        self.adam.backward_step(&loss).expect("a step");
    }

    fn forward(&mut self) {
        drop(std::hint::black_box(self.outputs(&self.x).expect("outputs")));
    }

    fn predict(&mut self) {
        drop(std::hint::black_box(self.outputs(&self.one).expect("outputs")));
    }

    fn one(&mut self) -> Vec<f64> {
        let a = self.outputs(&self.one).and_then(|a| a.flatten_all()?.to_dtype(DType::F64));
        a.and_then(|a| a.to_vec1()).expect("outputs")
    }

    fn cost(&mut self) -> f64 {
        Self::value(&self.loss().expect("a loss"))
    }

    fn gradient(&mut self) -> f64 {
        let loss = self.loss().expect("a loss");
        drop(std::hint::black_box(loss.backward().expect("gradients")));
        Self::value(&loss)
    }
}
