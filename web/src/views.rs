//! The plane as the network and each of its hidden units see it.

use shallownet::pipeline::Pipeline;
use shallownet::{Columns, Network, Tape};

use crate::network::text;
use crate::samples::Samples;

/// A rectangle of the plane that two features span; all other features stay at their mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Window {
    /// The features across and up.
    pub(crate) axes: [usize; 2],
    /// The least and greatest value across, then up.
    pub(crate) ranges: [f64; 4],
}

/// The middles of `size` times `size` cells of a window as a network's inputs, and the memory of a
/// pass over them. Rows from the top, cells from the left.
#[derive(Debug)]
pub(crate) struct Grid {
    key: (Window, usize),
    x: Vec<f32>,
    tape: Tape<f32>,
}

impl Grid {
    pub(crate) fn new(
        (window, size): (Window, usize),
        (samples, pipeline): (&Samples, &Pipeline),
        network: &Network<f32>,
    ) -> Result<Self, String> {
        let width = samples.width();
        if window.axes.iter().any(|&axis| axis >= width) {
            return Err(format!("no axes {:?} among {width} features", window.axes));
        }
        if !(2..=1024).contains(&size) {
            return Err(format!("{size} cells a side: expected 2 to 1024"));
        }
        let mut sample = vec![0.0; width];
        for row in samples.x.chunks_exact(width) {
            sample.iter_mut().zip(row).for_each(|(mean, v)| *mean += v / samples.len() as f64);
        }
        let [left, right, bottom, top] = window.ranges;
        let at = |low: f64, high: f64, index: usize| {
            low + (high - low) * (index as f64 + 0.5) / size as f64
        };
        let mut raw = Vec::with_capacity(size * size * width);
        for row in 0..size {
            for column in 0..size {
                sample[window.axes[0]] = at(left, right, column);
                sample[window.axes[1]] = at(top, bottom, row);
                raw.extend_from_slice(&sample);
            }
        }
        let mut inputs = vec![0.0; size * size * network.inputs()];
        pipeline.apply(&raw, &mut inputs).map_err(text)?;
        Ok(Self {
            key: (window, size),
            x: inputs.iter().map(|&v| v as f32).collect(),
            tape: Tape::new(network, size * size).map_err(text)?,
        })
    }

    /// Is it of that window, at that size?
    pub(crate) fn is_of(&self, window: Window, size: usize) -> bool {
        self.key == (window, size)
    }

    /// The network's outputs, n_y a cell.
    pub(crate) fn outputs(&mut self, network: &Network<f32>) -> Result<Vec<f32>, String> {
        let x = Columns::new(&self.x, network.inputs()).map_err(text)?;
        Ok(network.forward(x, &mut self.tape).map_err(text)?.output().as_slice().to_vec())
    }

    /// The activations of the first `most` units of each hidden layer: one picture after another.
    pub(crate) fn units(
        &mut self,
        network: &Network<f32>,
        most: usize,
    ) -> Result<Vec<f32>, String> {
        let x = Columns::new(&self.x, network.inputs()).map_err(text)?;
        let cells = x.samples();
        let pass = network.forward(x, &mut self.tape).map_err(text)?;
        let layers = network.layers();
        let mut pictures = Vec::new();
        for (layer, size) in layers[..layers.len() - 1].iter().enumerate() {
            let a = pass.activations(layer).map_err(text)?.into_vec();
            for unit in 0..size.units.min(most) {
                pictures.extend((0..cells).map(|cell| a[cell * size.units + unit]));
            }
        }
        Ok(pictures)
    }
}
