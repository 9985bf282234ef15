//! shallownet in the loop that times the peers: a check on its own `bench` command.

use std::hint::black_box;

use shallownet::{
    Activation, Columns, Network, Optimizer, OptimizerState, PredictionWorkspace, Result, Scalar,
    TrainingWorkspace,
};

use crate::case::{Case, Hidden, Output};
use crate::peer::Peer;

pub struct Own<T> {
    net: Network<T>,
    training: TrainingWorkspace<T>,
    prediction: PredictionWorkspace<T>,
    one: PredictionWorkspace<T>,
    x: Vec<T>,
    y: Vec<T>,
    out: Vec<T>,
    rate: T,
    adam: OptimizerState<T>,
    adam_rate: T,
}

impl<T: Scalar> Own<T> {
    pub fn new(case: &Case) -> Result<Self> {
        let data = case.data(T::from_f64);
        let hidden = match case.hidden {
            Hidden::Relu => Activation::Relu,
            Hidden::Tanh => Activation::Tanh,
        };
        let output = match case.output {
            Output::Identity => Activation::Identity,
            Output::Sigmoid => Activation::Sigmoid,
            Output::Softmax => Activation::Softmax,
        };
        let last = data.weights.len() - 1;
        let mut builder = Network::builder(case.inputs());
        for (layer, (_, units)) in case.layers().enumerate() {
            builder = builder.layer(units, if layer < last { hidden } else { output });
        }
        let mut net = builder.build()?;
        for (layer, (w, b)) in data.weights.iter().zip(&data.biases).enumerate() {
            net.set_weights(layer, w)?;
            net.set_bias(layer, b)?;
        }
        Ok(Self {
            training: TrainingWorkspace::new(&net, case.m)?,
            prediction: PredictionWorkspace::new(&net, case.m)?,
            one: PredictionWorkspace::new(&net, 1)?,
            out: vec![T::from_f64(0.0); case.m * case.outputs()],
            rate: T::from_f64(case.rate),
            adam: OptimizerState::new(&net, Optimizer::adam())?,
            adam_rate: T::from_f64(case.adam_rate),
            x: data.x,
            y: data.y,
            net,
        })
    }
}

fn columns<T>(data: &[T], features: usize) -> Columns<'_, T> {
    Columns::new(data, features).expect("whole samples")
}

impl<T: Scalar> Peer for Own<T> {
    fn step(&mut self) {
        let x = columns(&self.x, self.net.inputs());
        let y = columns(&self.y, self.net.outputs());
        black_box(self.net.step(x, y, self.rate, &mut self.training).expect("a step"));
    }

    fn adam(&mut self) {
        let x = columns(&self.x, self.net.inputs());
        let y = columns(&self.y, self.net.outputs());
        let (state, rate) = (&mut self.adam, self.adam_rate);
        let cost = self.net.step_with(x, y, state, rate, &mut self.training);
        black_box(cost.expect("a step"));
    }

    fn forward(&mut self) {
        let x = columns(&self.x, self.net.inputs());
        self.net.predict(x, &mut self.out, &mut self.prediction).expect("a prediction");
        black_box(&mut self.out);
    }

    fn predict(&mut self) {
        let (n_x, n_y) = (self.net.inputs(), self.net.outputs());
        let x = columns(&self.x[..n_x], n_x);
        self.net.predict(x, &mut self.out[..n_y], &mut self.one).expect("a prediction");
        black_box(&mut self.out);
    }

    fn one(&mut self) -> Vec<f64> {
        self.predict();
        self.out[..self.net.outputs()].iter().map(|a| a.to_f64()).collect()
    }

    fn cost(&mut self) -> f64 {
        let x = columns(&self.x, self.net.inputs());
        let y = columns(&self.y, self.net.outputs());
        self.net.cost(x, y, &mut self.training).expect("a cost")
    }

    fn gradient(&mut self) -> f64 {
        let x = columns(&self.x, self.net.inputs());
        let y = columns(&self.y, self.net.outputs());
        self.net.backward(x, y, &mut self.training).expect("gradients")
    }
}
