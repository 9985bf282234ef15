//! What every framework here can do.

/// One framework with one network and one batch.
pub trait Peer {
    /// What it can be asked for: `step` and `adam`, `forward`, `predict`; `gradient` of f64 shapes.
    fn kinds(&self) -> &'static [&'static str] {
        &["step", "forward", "predict", "gradient", "adam"]
    }
    /// Forward, backward, the update of gradient descent.
    fn step(&mut self);
    /// Forward, backward, the update of Adam.
    fn adam(&mut self);
    /// The output activations of the batch.
    fn forward(&mut self);
    /// The output activations of one sample.
    fn predict(&mut self);
    /// Those that `predict` computes.
    fn one(&mut self) -> Vec<f64>;
    fn cost(&mut self) -> f64;
    /// Cost and gradients, no update.
    fn gradient(&mut self) -> f64;
}
