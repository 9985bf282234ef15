//! A network, and what a pass leaves, as nested vectors.

use crate::words::activation::Activation;
use crate::words::loss::Loss;

/// One dense layer: a = g(W x + b).
#[derive(Debug, Clone, PartialEq)]
pub struct Layer {
    /// W, one row a unit: `w[j][i]` is the weight from input i to unit j.
    pub w: Vec<Vec<f64>>,
    /// b, one value a unit.
    pub b: Vec<f64>,
    /// g.
    pub activation: Activation,
}

/// A network as nested vectors.
#[derive(Debug, Clone, PartialEq)]
pub struct Network {
    /// The layers, first to last.
    pub layers: Vec<Layer>,
    /// The loss L.
    pub loss: Loss,
}

/// What one sample leaves on its way forward: z and a of every layer.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// Z: `z[l][j]` is the logit of unit j of layer l.
    pub z: Vec<Vec<f64>>,
    /// A: `a[l][j]` = g(z\[l\]\[j\]).
    pub a: Vec<Vec<f64>>,
}

/// dW and db of one layer.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerGradient {
    /// dW, in the order of [`Layer::w`].
    pub dw: Vec<Vec<f64>>,
    /// db.
    pub db: Vec<f64>,
}
