//! A network in training: its samples as it sees them, its optimiser, its cost curve.

use shallownet::pipeline::Pipeline;
use shallownet::{
    Activation, Backend, Builder, Columns, Init, Network, Optimizer, OptimizerState, Parallelism,
    Standardization, Tape, TrainingWorkspace, metrics,
};

use crate::curve::Curve;
use crate::samples::Samples;

/// What may be asked for without the page standing still.
const MOST_UNITS: usize = 256;
const MOST_LAYERS: usize = 4;

/// A network with everything that a step needs.
#[derive(Debug)]
pub(crate) struct Trained {
    pub(crate) network: Network<f32>,
    pub(crate) pipeline: Pipeline,
    pub(crate) curve: Curve,
    pub(crate) steps: u64,
    /// Scaled as the pipeline says, one sample after another.
    x: Vec<f32>,
    y: Vec<f32>,
    optimizer: OptimizerState<f32>,
    workspace: TrainingWorkspace<f32>,
    tape: Tape<f32>,
}

/// The kernels of 128-bit SIMD, on the worker's one thread: by itself the library would take other
/// kernels where a multiplication with addition is not one instruction.
pub(crate) fn at_its_fastest(builder: Builder<f32>) -> Builder<f32> {
    let backend = if cfg!(target_arch = "wasm32") { Backend::Fused } else { Backend::Auto };
    builder.backend(backend).parallelism(Parallelism::Serial)
}

/// A network for these samples: `hidden` units in each hidden layer, weights from a normal
/// distribution of that `scale`, or as suits the activation if it is `None`.
pub(crate) fn fresh(
    samples: &Samples,
    (hidden, activation): (&[usize], Activation),
    (scale, seed): (Option<f64>, u64),
) -> Result<Network<f32>, String> {
    if hidden.len() > MOST_LAYERS {
        return Err(format!("{} hidden layers: expected at most {MOST_LAYERS}", hidden.len()));
    }
    if let Some(units) = hidden.iter().find(|units| !(1..=MOST_UNITS).contains(*units)) {
        return Err(format!("{units} hidden units: expected 1 to {MOST_UNITS}"));
    }
    let init = match scale {
        None => Init::Auto,
        Some(0.0) => Init::Zeros,
        Some(scale) => Init::Normal { scale },
    };
    let builder = Network::builder(samples.width())
        .layers(hidden.iter().map(|&units| (units, activation)))
        .layer(outputs(samples), output(samples))
        .init(init, seed);
    at_its_fastest(builder).build().map_err(|error| error.to_string())
}

/// One sigmoid for two classes, a softmax for more.
fn outputs(samples: &Samples) -> usize {
    if samples.classes.len() == 2 { 1 } else { samples.classes.len() }
}

fn output(samples: &Samples) -> Activation {
    if samples.classes.len() == 2 { Activation::Sigmoid } else { Activation::Softmax }
}

/// What is done to the samples of a table; nothing to others.
pub(crate) fn pipeline(samples: &Samples) -> Result<Pipeline, String> {
    let features = Some(samples.features.clone());
    if !samples.is_table {
        return Ok(Pipeline { features, ..Pipeline::default() });
    }
    let standardization =
        Standardization::of(&samples.x, samples.width()).map_err(|error| error.to_string())?;
    Ok(Pipeline { features, standardization: Some(standardization), ..Pipeline::default() })
}

impl Trained {
    /// At step 0, whatever the network has learned before.
    pub(crate) fn new(
        network: Network<f32>,
        pipeline: Pipeline,
        samples: &Samples,
        optimizer: Optimizer,
    ) -> Result<Self, String> {
        let mut scaled = vec![0.0; samples.len() * network.inputs()];
        pipeline.apply(&samples.x, &mut scaled).map_err(text)?;
        let mut y = vec![0.0; samples.len() * network.outputs()];
        for (target, &class) in y.chunks_exact_mut(network.outputs()).zip(&samples.y) {
            match target {
                [target] => *target = class as f32,
                targets => targets[class] = 1.0,
            }
        }
        Ok(Self {
            pipeline,
            curve: Curve::default(),
            steps: 0,
            x: scaled.iter().map(|&v| v as f32).collect(),
            y,
            optimizer: OptimizerState::new(&network, optimizer).map_err(text)?,
            workspace: TrainingWorkspace::new(&network, samples.len()).map_err(text)?,
            tape: Tape::new(&network, samples.len()).map_err(text)?,
            network,
        })
    }

    /// Goes on with another optimiser, from moments of 0.
    pub(crate) fn set_optimizer(&mut self, optimizer: Optimizer) -> Result<(), String> {
        if self.optimizer.optimizer() != optimizer {
            self.optimizer = OptimizerState::new(&self.network, optimizer).map_err(text)?;
        }
        Ok(())
    }

    /// `steps` steps on all samples. A cost that is not finite ends them, with the parameters before.
    pub(crate) fn train(&mut self, steps: u32, learning_rate: f64) -> Result<(), String> {
        let Self { network, optimizer, workspace, x, y, .. } = self;
        let x = Columns::new(x, network.inputs()).map_err(text)?;
        let y = Columns::new(y, network.outputs()).map_err(text)?;
        for _ in 0..steps {
            let cost = network
                .step_with(x, y, optimizer, learning_rate as f32, workspace)
                .map_err(text)?;
            self.curve.push(self.steps, cost);
            self.steps += 1;
        }
        Ok(())
    }

    /// The cost of all samples now.
    pub(crate) fn cost(&mut self) -> Result<f64, String> {
        let Self { network, workspace, x, y, .. } = self;
        let x = Columns::new(x, network.inputs()).map_err(text)?;
        let y = Columns::new(y, network.outputs()).map_err(text)?;
        network.cost(x, y, workspace).map_err(text)
    }

    /// The share of samples whose predicted class is theirs.
    pub(crate) fn accuracy(&mut self, classes: &[usize]) -> Result<f64, String> {
        let x = Columns::new(&self.x, self.network.inputs()).map_err(text)?;
        let pass = self.network.forward(x, &mut self.tape).map_err(text)?;
        let outputs = pass.output();
        let columns = outputs.as_slice().chunks_exact(outputs.features());
        let right = columns.zip(classes).filter(|(a, class)| metrics::class(a) == **class).count();
        Ok(right as f64 / classes.len() as f64)
    }

    /// Of each layer: units, mean and deviation of its activations, the share saturated, the share of
    /// units that are dead (NaN where the activation has no such thing), and the norms of W, b, dW, db.
    pub(crate) fn layers(&mut self) -> Result<Vec<f64>, String> {
        let Self { network, workspace, tape, x, y, .. } = self;
        let x = Columns::new(x, network.inputs()).map_err(text)?;
        let y = Columns::new(y, network.outputs()).map_err(text)?;
        network.backward(x, y, workspace).map_err(text)?;
        let statistics = network.forward(x, tape).map_err(text)?.layer_statistics();
        let mut all = Vec::new();
        for (layer, of) in statistics.iter().enumerate() {
            let gradient = workspace.gradients().norms(layer).map_err(text)?;
            let (w, b) =
                (network.weights(layer).map_err(text)?, network.bias(layer).map_err(text)?);
            all.extend([
                b.len() as f64,
                of.mean,
                of.standard_deviation,
                of.saturated.unwrap_or(f64::NAN),
                of.dead.unwrap_or(f64::NAN),
                norm(&w),
                norm(b),
                gradient.weights,
                gradient.bias,
            ]);
        }
        Ok(all)
    }

    /// The activations of a layer on all samples: `bins` counts over `[low, high]`; what lies beyond an
    /// end is counted in the bin at it.
    pub(crate) fn histogram(
        &mut self,
        layer: usize,
        bins: usize,
        (low, high): (f32, f32),
    ) -> Result<Vec<u32>, String> {
        let x = Columns::new(&self.x, self.network.inputs()).map_err(text)?;
        let pass = self.network.forward(x, &mut self.tape).map_err(text)?;
        let a = pass.activations(layer).map_err(text)?.into_vec();
        let mut counts = vec![0; bins];
        for a in a {
            let at = (a - low) / (high - low) * bins as f32;
            // A cast from f32 ends at the type's ends.
            counts[(at as usize).min(bins - 1)] += 1;
        }
        Ok(counts)
    }
}

fn norm(values: &[f32]) -> f64 {
    values.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>().sqrt()
}

/// The library's sentence.
pub(crate) fn text(error: shallownet::Error) -> String {
    error.to_string()
}
