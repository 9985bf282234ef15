//! A problem as `benches/solvers/problems.py` writes it.

use std::error::Error;
use std::fs;
use std::path::Path;

use shallownet::{Activation, Loss, Network, Parallelism};

/// A network's shape, its samples, the cost to be reached, and where to start.
pub(crate) struct Problem {
    pub(crate) name: String,
    /// Inputs, then units and activation of every layer.
    inputs: usize,
    layers: Vec<(usize, Activation)>,
    pub(crate) loss: Loss,
    pub(crate) target: f64,
    pub(crate) iterations: usize,
    pub(crate) x: Vec<f64>,
    pub(crate) y: Vec<f64>,
    pub(crate) starts: Vec<Vec<f64>>,
}

impl Problem {
    /// Lines `key<TAB>values`: of `x`, `y` and `start` as many as there are samples and starts.
    pub(crate) fn read(path: &Path) -> Result<Self, Box<dyn Error>> {
        let mut problem = Self {
            name: path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
            inputs: 0,
            layers: Vec::new(),
            loss: Loss::SquaredError,
            target: 0.0,
            iterations: 0,
            x: Vec::new(),
            y: Vec::new(),
            starts: Vec::new(),
        };
        for line in fs::read_to_string(path)?.lines() {
            let (key, rest) = line.split_once('\t').ok_or("a line without a key")?;
            let numbers = || rest.split('\t').map(str::parse).collect::<Result<Vec<f64>, _>>();
            match key {
                "inputs" => problem.inputs = rest.parse()?,
                "layer" => {
                    let (units, g) = rest.split_once('\t').ok_or("a layer without activation")?;
                    problem.layers.push((
                        units.parse()?,
                        Activation::from_name(g).ok_or("unknown activation")?,
                    ));
                }
                "loss" => problem.loss = Loss::from_name(rest).ok_or("unknown loss")?,
                "target" => problem.target = rest.parse()?,
                "iterations" => problem.iterations = rest.parse()?,
                "x" => problem.x.extend(numbers()?),
                "y" => problem.y.extend(numbers()?),
                "start" => problem.starts.push(numbers()?),
                _ => return Err(format!("unknown key {key}").into()),
            }
        }
        Ok(problem)
    }

    pub(crate) fn network(&self) -> shallownet::Result<Network<f64>> {
        let mut builder = Network::builder(self.inputs);
        for &(units, g) in &self.layers {
            builder = builder.layer(units, g);
        }
        builder.loss(self.loss).parallelism(Parallelism::Serial).build()
    }
}
