//! The grid that the lecture advises to search, and its training by full batches.

use core::fmt;
use core::ops::ControlFlow;

use super::split::Split;
use super::table::Better;
use crate::error::{Error, Result};
use crate::metrics;
use crate::network::builder::Builder;
use crate::network::parameters::Network;
use crate::network::workspace::TrainingWorkspace;
use crate::scalar::Scalar;
use crate::train::fit::Fit;
use crate::words::activation::Activation;
use crate::words::choices::Parallelism;
use crate::words::init::Init;

/// Values to try of each choice; [`candidates`](Self::candidates) are all combinations.
///
/// ```
/// use shallownet::select::Grid;
/// use shallownet::{Activation, Init};
///
/// let grid = Grid::default()
///     .activations([Activation::Tanh, Activation::Relu])
///     .hidden([vec![4], vec![16], vec![16, 8]])
///     .learning_rates([0.1, 1.0])
///     .inits([Init::HeNormal]);
/// let candidates = grid.candidates();
/// assert_eq!(candidates.len(), 12);
/// assert_eq!(candidates[0].to_string(), "tanh, hidden 4, learning rate 0.1, init HeNormal");
/// assert_eq!(candidates[11].hidden, [16, 8]);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Grid {
    /// The hidden layers' activation. Default: tanh.
    pub activations: Vec<Activation>,
    /// Units of the hidden layers, first to last. Default: one layer of 4.
    pub hidden: Vec<Vec<usize>>,
    /// Learning rates. Default: 1.
    pub learning_rates: Vec<f64>,
    /// How the weights begin. Default: [`Init::Auto`].
    pub inits: Vec<Init>,
}

impl Default for Grid {
    fn default() -> Self {
        Self {
            activations: vec![Activation::Tanh],
            hidden: vec![vec![4]],
            learning_rates: vec![1.0],
            inits: vec![Init::Auto],
        }
    }
}

impl Grid {
    /// The hidden layers' activations to try.
    pub fn activations(mut self, activations: impl IntoIterator<Item = Activation>) -> Self {
        self.activations = activations.into_iter().collect();
        self
    }

    /// The hidden layers to try: units of each layer, first to last.
    pub fn hidden(mut self, hidden: impl IntoIterator<Item = Vec<usize>>) -> Self {
        self.hidden = hidden.into_iter().collect();
        self
    }

    /// The learning rates to try.
    pub fn learning_rates(mut self, rates: impl IntoIterator<Item = f64>) -> Self {
        self.learning_rates = rates.into_iter().collect();
        self
    }

    /// The initialisations to try.
    pub fn inits(mut self, inits: impl IntoIterator<Item = Init>) -> Self {
        self.inits = inits.into_iter().collect();
        self
    }

    /// All combinations: activations change slowest, then the hidden layers, then the
    /// initialisations; learning rates change fastest.
    pub fn candidates(&self) -> Vec<Candidate> {
        let mut candidates = Vec::new();
        for &activation in &self.activations {
            for hidden in &self.hidden {
                for &init in &self.inits {
                    candidates.extend(self.learning_rates.iter().map(|&learning_rate| Candidate {
                        activation,
                        hidden: hidden.clone(),
                        learning_rate,
                        init,
                    }));
                }
            }
        }
        candidates
    }
}

/// One combination of a [`Grid`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Candidate {
    /// The hidden layers' activation.
    pub activation: Activation,
    /// Units of the hidden layers, first to last.
    pub hidden: Vec<usize>,
    /// The learning rate.
    pub learning_rate: f64,
    /// How the weights begin.
    pub init: Init,
}

impl Candidate {
    /// The candidate's network, from `n_x` inputs to `n_y` outputs, ready to
    /// [`build`](Builder::build).
    ///
    /// ```
    /// use shallownet::Activation;
    /// use shallownet::select::Grid;
    ///
    /// let candidate = &Grid::default().candidates()[0];
    /// let net = candidate.network::<f32>(2, (1, Activation::Sigmoid), 7).build()?;
    /// assert_eq!(net.layers().len(), 2);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    pub fn network<T: Scalar>(
        &self,
        n_x: usize,
        (n_y, output): (usize, Activation),
        seed: u64,
    ) -> Builder<T> {
        let mut builder = Network::builder(n_x).init(self.init, seed);
        for &units in &self.hidden {
            builder = builder.layer(units, self.activation);
        }
        builder.layer(n_y, output)
    }
}

impl fmt::Display for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, hidden ", self.activation.name())?;
        for (index, units) in self.hidden.iter().enumerate() {
            write!(f, "{}{units}", if index == 0 { "" } else { "-" })?;
        }
        if self.hidden.is_empty() {
            write!(f, "none")?;
        }
        write!(f, ", learning rate {}, init {:?}", self.learning_rate, self.init)
    }
}

/// What a candidate is judged by, on the samples held out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Score {
    /// [`metrics::accuracy`].
    Accuracy,
    /// [`Network::cost`].
    Cost,
}

impl Score {
    /// Whether the higher or the lower score is the better one.
    ///
    /// ```
    /// # use shallownet::select::{Better, Score};
    /// assert_eq!(Score::Cost.better(), Better::Lower);
    /// ```
    pub fn better(self) -> Better {
        match self {
            Self::Accuracy => Better::Higher,
            Self::Cost => Better::Lower,
        }
    }
}

/// Trains a [`Candidate`] by full-batch gradient descent ([`Fit`]): a training function for
/// [`cross_validate`](super::cross_validate).
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct ByFit {
    /// Iterations of gradient descent.
    pub iterations: usize,
    /// The output activation; the loss is its default.
    pub output: Activation,
    /// The seed of the weights: the same for each candidate and fold.
    pub seed: u64,
    /// The score that is returned.
    pub score: Score,
}

impl ByFit {
    /// This many iterations; judged by the cost, with seed 0.
    ///
    /// ```
    /// use shallownet::Activation;
    /// use shallownet::select::{ByFit, Score};
    ///
    /// let fit = ByFit::new(200, Activation::Sigmoid).seed(1).score(Score::Accuracy);
    /// assert_eq!((fit.iterations, fit.seed), (200, 1));
    /// ```
    pub fn new(iterations: usize, output: Activation) -> Self {
        Self { iterations, output, seed: 0, score: Score::Cost }
    }

    /// The seed of the weights. Default 0.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// What a candidate is judged by. Default: [`Score::Cost`].
    pub fn score(mut self, score: Score) -> Self {
        self.score = score;
        self
    }

    /// Trains on the split's training samples and scores on the others. The score of a training
    /// that diverges is NaN, so that the search goes on without it.
    ///
    /// # Errors
    /// As [`Builder::build`] and [`Fit::run`], but for [`Error::Diverged`].
    pub fn train<T: Scalar>(&self, candidate: &Candidate, split: &Split<T>) -> Result<f64> {
        let (x, y) = (split.train_x(), split.train_y());
        // Threads share the candidates, so each network stays on one.
        let mut net = candidate
            .network(x.features(), (y.features(), self.output), self.seed)
            .parallelism(Parallelism::Serial)
            .build()?;
        let (held_x, held_y) = (split.validation_x(), split.validation_y());
        let mut workspace = TrainingWorkspace::new(&net, x.samples().max(held_x.samples()))?;
        let fit = Fit::new(self.iterations, candidate.learning_rate);
        match fit.run(&mut net, x, y, &mut workspace, |_| ControlFlow::Continue(())) {
            Err(Error::Diverged { .. }) => return Ok(f64::NAN),
            other => other?,
        };
        match self.score {
            Score::Cost => net.cost(held_x, held_y, &mut workspace),
            Score::Accuracy => {
                let mut a = vec![T::ZERO; held_y.as_slice().len()];
                net.predict(held_x, &mut a, &mut workspace)?;
                metrics::accuracy(crate::Columns::new(&a, held_y.features())?, held_y)
            }
        }
    }
}
