//! The border: what JavaScript calls.

use shallownet::{Activation, Optimizer, SATURATION};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::network::{self, Trained};
use crate::samples::Samples;
use crate::views::{Grid, Window};
use crate::{model, table};

/// Samples, a network and its training. Everything that can be refused throws a string that says why,
/// and changes nothing.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Lesson {
    samples: Samples,
    /// Samples that the next network is built for.
    next: Option<Samples>,
    trained: Trained,
    optimizer: Optimizer,
    learning_rate: f64,
    /// Of the boundary, and of the hidden units.
    grids: [Option<Grid>; 2],
}

#[wasm_bindgen]
impl Lesson {
    /// The lecture's: the flower, four tanh units, gradient descent at 1.2.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Result<Lesson, String> {
        let samples = Samples::made("flower", 400, 1.0, 1)?;
        let (optimizer, learning_rate) = (Optimizer::Sgd, 1.2);
        let built = network::fresh(&samples, (&[4], Activation::Tanh), (Some(0.01), 1))?;
        let trained = Trained::new(built, network::pipeline(&samples)?, &samples, optimizer)?;
        Ok(Self { samples, next: None, trained, optimizer, learning_rate, grids: [None, None] })
    }

    /// Takes a set that is made from a seed: `flower`, `circles`, `moons`, `spiral`, `gauss`, `xor`.
    /// They are there from the next [`build`](Self::build) on.
    pub fn make(&mut self, name: &str, count: u32, noise: f64, seed: u32) -> Result<(), String> {
        self.next = Some(Samples::made(name, count as usize, noise, u64::from(seed))?);
        Ok(())
    }

    /// Takes points drawn by hand: x1, x2, class (0 or 1) of each. As [`make`](Self::make).
    pub fn draw(&mut self, points: &[f64]) -> Result<(), String> {
        self.next = Some(Samples::drawn(points)?);
        Ok(())
    }

    /// Takes a CSV file, and says what it took for what. As [`make`](Self::make).
    pub fn read(&mut self, name: &str, text: &[u8], label: &str) -> Result<String, String> {
        let (samples, note) = table::read(name, text, label)?;
        self.next = Some(samples);
        Ok(note)
    }

    /// A new network: units of each hidden layer, the hidden activation's name, the standard deviation
    /// of its first weights (NaN for the one that suits the activation).
    pub fn build(
        &mut self,
        hidden: &[u32],
        activation: &str,
        scale: f64,
        seed: u32,
    ) -> Result<(), String> {
        let hidden: Vec<usize> = hidden.iter().map(|&units| units as usize).collect();
        let activation = activation.parse::<Activation>().map_err(|unknown| unknown.to_string())?;
        let scale = (!scale.is_nan()).then_some(scale);
        let next = self.next.take();
        let samples = next.as_ref().unwrap_or(&self.samples);
        let built = network::fresh(samples, (&hidden, activation), (scale, u64::from(seed)))?;
        let pipeline = network::pipeline(samples)?;
        self.trained = Trained::new(built, pipeline, samples, self.optimizer)?;
        self.samples = next.unwrap_or_else(|| core::mem::take(&mut self.samples));
        self.grids = [None, None];
        Ok(())
    }

    /// The optimiser (its name, with its usual constants) and learning rate of the steps to come.
    pub fn tune(&mut self, optimizer: &str, learning_rate: f64) -> Result<(), String> {
        let optimizer: Optimizer = optimizer.parse().map_err(|e| format!("{e}"))?;
        if !(learning_rate.is_finite() && learning_rate >= 0.0) {
            return Err(format!(
                "the learning rate is {learning_rate}: expected a number of at least 0"
            ));
        }
        self.trained.set_optimizer(optimizer)?;
        (self.optimizer, self.learning_rate) = (optimizer, learning_rate);
        Ok(())
    }

    /// Full-batch steps.
    pub fn train(&mut self, steps: u32) -> Result<(), String> {
        self.trained.train(steps, self.learning_rate)
    }

    /// Steps so far.
    #[wasm_bindgen(getter)]
    pub fn steps(&self) -> f64 {
        self.trained.steps as f64
    }

    /// The cost of all samples now.
    pub fn cost(&mut self) -> Result<f64, String> {
        self.trained.cost()
    }

    /// The share of samples whose predicted class is theirs.
    pub fn accuracy(&mut self) -> Result<f64, String> {
        self.trained.accuracy(&self.samples.y)
    }

    /// The cost curve: [`curve_stride`](Self::curve_stride) steps from one cost to the next.
    pub fn curve(&self) -> Vec<f32> {
        self.trained.curve.costs().to_vec()
    }

    /// See [`curve`](Self::curve).
    #[wasm_bindgen(getter)]
    pub fn curve_stride(&self) -> f64 {
        self.trained.curve.stride() as f64
    }

    /// Nine numbers a layer: units; mean and deviation of a; share saturated, share of units dead (NaN
    /// where there is no such thing); norms of W, b, dW, db.
    pub fn layers(&mut self) -> Result<Vec<f64>, String> {
        self.trained.layers()
    }

    /// Counts of a hidden layer's activations in `bins` bins of `[low, high]`.
    pub fn histogram(
        &mut self,
        layer: usize,
        bins: usize,
        low: f32,
        high: f32,
    ) -> Result<Vec<u32>, String> {
        if bins == 0 {
            return Err("0 bins: expected at least 1".to_owned());
        }
        self.trained.histogram(layer, bins, (low, high))
    }

    /// The network's outputs over the plane of two features, `size` times `size` cells from the top
    /// left; `ranges` are left, right, bottom, top.
    pub fn boundary(
        &mut self,
        axes: &[u32],
        ranges: &[f64],
        size: usize,
    ) -> Result<Vec<f32>, String> {
        let window = window(axes, ranges)?;
        self.grid(0, (window, size))?;
        let [grid, _] = &mut self.grids;
        grid.as_mut().map_or(Ok(Vec::new()), |grid| grid.outputs(&self.trained.network))
    }

    /// What the first `most` units of each hidden layer make of the same plane, one picture each.
    pub fn units(
        &mut self,
        axes: &[u32],
        ranges: &[f64],
        size: usize,
        most: usize,
    ) -> Result<Vec<f32>, String> {
        let window = window(axes, ranges)?;
        self.grid(1, (window, size))?;
        let [_, grid] = &mut self.grids;
        grid.as_mut().map_or(Ok(Vec::new()), |grid| grid.units(&self.trained.network, most))
    }

    /// The features of all samples as they stand in the data, one sample after another.
    pub fn points(&self) -> Vec<f64> {
        self.samples.x.clone()
    }

    /// The class of every sample.
    pub fn labels(&self) -> Vec<u32> {
        self.samples.y.iter().map(|&class| class as u32).collect()
    }

    /// The names of the features.
    pub fn features(&self) -> Vec<String> {
        self.samples.features.clone()
    }

    /// The names of the classes.
    pub fn classes(&self) -> Vec<String> {
        self.samples.classes.clone()
    }

    /// The activation of each layer by name, the output's last.
    pub fn activations(&self) -> Vec<String> {
        let layers = self.trained.network.layers().iter();
        layers.map(|layer| layer.activation.name().to_owned()).collect()
    }

    /// The name of the loss.
    pub fn loss(&self) -> String {
        self.trained.network.loss().name().to_owned()
    }

    /// The level of the kernels that compute: `wasm`.
    pub fn level(&self) -> String {
        self.trained.network.level().map_or("portable", |level| level.name()).to_owned()
    }

    /// A layer's weights, row by row, and its biases behind them.
    pub fn parameters(&self, layer: usize) -> Result<Vec<f32>, String> {
        let mut all = self.trained.network.weights(layer).map_err(network::text)?;
        all.extend_from_slice(self.trained.network.bias(layer).map_err(network::text)?);
        Ok(all)
    }

    /// The model as a file's bytes, for the command line as for [`open`](Self::open).
    pub fn save(&self) -> Result<Vec<u8>, String> {
        model::save(&self.trained, &self.samples, (self.optimizer, self.learning_rate))
    }

    /// Goes on with the network of a model file, which must fit the samples.
    pub fn open(&mut self, name: &str, bytes: &[u8]) -> Result<(), String> {
        self.trained = model::open((name, bytes), &self.samples, self.optimizer)?;
        self.grids = [None, None];
        Ok(())
    }
}

/// How near to an end of its range an activation counts as saturated, as a share of the range.
#[wasm_bindgen]
pub fn saturation() -> f64 {
    SATURATION
}

impl Lesson {
    /// Makes the grid of that purpose anew where it is another one.
    fn grid(&mut self, which: usize, (window, size): (Window, usize)) -> Result<(), String> {
        if !self.grids[which].as_ref().is_some_and(|grid| grid.is_of(window, size)) {
            let of = (&self.samples, &self.trained.pipeline);
            self.grids[which] = Some(Grid::new((window, size), of, &self.trained.network)?);
        }
        Ok(())
    }
}

fn window(axes: &[u32], ranges: &[f64]) -> Result<Window, String> {
    match (axes, ranges) {
        (&[across, up], &[left, right, bottom, top]) if left < right && bottom < top => {
            Ok(Window { axes: [across as usize, up as usize], ranges: [left, right, bottom, top] })
        }
        _ => Err(format!("axes {axes:?} and ranges {ranges:?} span no plane")),
    }
}
