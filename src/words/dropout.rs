//! Dropout: which units of the hidden layers a step leaves out.

/// Dropout: in every step of a training, each unit of the hidden layers is left out with probability
/// `rate`, for each sample by itself; what is kept is multiplied by 1 / (1 - rate), so that a
/// prediction, which leaves nothing out, needs no other scale. N. Srivastava et al., "Dropout: a
/// simple way to prevent neural networks from overfitting", JMLR 15 (2014).
///
/// Which units these are is a function of where they are, and nothing is drawn or kept: unit j of
/// hidden layer l (from 0) of sample i of the batch is left out at step t if
///
/// ```text
/// word j mod 4 of Philox4x32-10 (key `seed`, counter (floor(j / 4), i, t mod 2^32, 2^16 l + floor(t / 2^32)))
/// ```
///
/// is less than floor(2^32 rate). So a step has the same bits on any number of threads and at all
/// levels with FMA, and a training that is taken up again goes on with the masks it would have had.
///
/// ```
/// use shallownet::{Activation, Columns, Dropout, Network, TrainingWorkspace};
///
/// let mut net = Network::<f32>::builder(1)
///     .layer(20, Activation::Relu)
///     .layer(1, Activation::Identity)
///     .build()?;
/// let mut workspace = TrainingWorkspace::new(&net, 4)?;
/// let (x, y) = (Columns::new(&[0.0, 1.0, 2.0, 3.0], 1)?, Columns::new(&[0.0, 1.0, 4.0, 9.0], 1)?);
/// for step in 0..100 {
///     let dropout = Dropout::new(0.2).seed(7).step(step);
///     net.backward_with_dropout(x, y, dropout, &mut workspace)?;
///     net.descend(workspace.gradients(), 0.01)?;
/// }
/// # Ok::<(), shallownet::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dropout {
    pub(crate) rate: f64,
    pub(crate) seed: u64,
    pub(crate) step: u64,
    /// The place of the samples' first among those that masks are counted by.
    pub(crate) first_sample: usize,
}

impl Dropout {
    /// With this rate (from 0, where nothing is left out, to less than 1), seed 0, step 0.
    pub fn new(rate: f64) -> Self {
        Self { rate, seed: 0, step: 0, first_sample: 0 }
    }

    /// Other masks.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Those of another step; steps count modulo 2^48.
    pub fn step(mut self, step: u64) -> Self {
        self.step = step;
        self
    }

    /// The rate.
    pub fn get_rate(&self) -> f64 {
        self.rate
    }

    /// Words of a mask below this leave their unit out.
    pub(crate) fn limit(self) -> u32 {
        (self.rate * 4_294_967_296.0) as u32
    }

    /// What a unit that is kept is multiplied by.
    pub(crate) fn scale(self) -> f64 {
        1.0 / (1.0 - self.rate)
    }

    /// The counter's last two words, the same for all samples and units of a layer.
    pub(crate) fn counter(self, layer: usize) -> [u32; 2] {
        [self.step as u32, (layer as u32) << 16 | (self.step >> 32) as u32 & 0xFFFF]
    }
}
