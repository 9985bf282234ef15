//! What an optimiser remembers between steps.

use std::sync::Arc;

use crate::data::checks;
use crate::data::domains;
use crate::engine::optimizer::Update;
use crate::engine::passes::Elementwise;
use crate::engine::shape::Shape;
use crate::error::{Error, Result};
use crate::kernels::optimizer::Terms;
use crate::network::buffers::check_layout;
use crate::network::gradients::Gradients;
use crate::network::parameters::Network;
use crate::scalar::Scalar;
use crate::train::clipping::clip_factor;
use crate::train::factors::{self, Factors};
use crate::words::optimizer::Optimizer;

/// An optimiser's moments for one network, its step count, and the penalty and clipping that
/// gradients get first.
///
/// Memory: as the parameters, once for momentum, Nesterov and RMSProp, twice for Adam and AdamW. It
/// is for training loops of your own; a [`Trainer`](crate::Trainer) has one inside.
///
/// ```
/// use shallownet::{Activation, Columns, Network, Optimizer, OptimizerState, TrainingWorkspace};
///
/// let (x, y) = (Columns::new(&[-1.0_f64, 1.0], 1)?, Columns::new(&[0.0, 1.0], 1)?);
/// let mut net = Network::builder(1).layer(1, Activation::Sigmoid).build()?;
/// let mut workspace = TrainingWorkspace::new(&net, 2)?;
/// let mut state = OptimizerState::new(&net, Optimizer::adam())?.l2(1e-4)?.clip_norm(1.0)?;
/// for _ in 0..100 {
///     net.step_with(x, y, &mut state, 0.05, &mut workspace)?;
/// }
/// assert_eq!(state.steps(), 100);
/// assert!(net.cost(x, y, &mut workspace)? < 0.05);
/// # Ok::<(), shallownet::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct OptimizerState<T> {
    shape: Arc<Shape>,
    optimizer: Optimizer,
    l2: f64,
    clip_norm: Option<f64>,
    steps: u64,
    /// A gradient closer to 0 counts as 0 in v, which would be subnormal.
    least: T,
    /// m and v, where the optimiser has them.
    moments: [Option<Gradients<T>>; 2],
}

impl<T: Scalar> OptimizerState<T> {
    /// Moments of 0 for the parameters of `net`.
    ///
    /// ```
    /// # use shallownet::{Activation, Error, Network, Optimizer, OptimizerState};
    /// # let net = Network::<f32>::builder(1).layer(1, Activation::Sigmoid).build()?;
    /// assert_eq!(OptimizerState::new(&net, Optimizer::adam())?.steps(), 0);
    /// let refused = OptimizerState::new(&net, Optimizer::Momentum { beta: 1.0 });
    /// assert!(matches!(refused, Err(Error::Range { argument: "beta", .. })));
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Range`] for a constant outside its range, as given or as rounded to T;
    /// [`Error::OutOfMemory`].
    pub fn new(net: &Network<T>, optimizer: Optimizer) -> Result<Self> {
        domains::constants(optimizer)?;
        domains::constants_as::<T>(optimizer)?;
        let shape = Arc::clone(net.shape());
        let zeros = |wanted: bool| wanted.then(|| Gradients::of_shape(&shape)).transpose();
        let [m, v] = optimizer.moments();
        let moments = [zeros(m)?, zeros(v)?];
        let least = factors::least(optimizer);
        Ok(Self { shape, optimizer, l2: 0.0, clip_norm: None, steps: 0, least, moments })
    }

    /// An L2 penalty of `l2` / 2 times the sum of the squared weights (not biases): each step adds
    /// `l2` w to the gradient, after clipping and before the moments. 0 is none. The costs that
    /// steps return do not contain it. (AdamW's decay, [`Optimizer::AdamW`], is another thing.)
    ///
    /// ```
    /// # use shallownet::{Activation, Network, Optimizer, OptimizerState};
    /// # let net = Network::<f32>::builder(1).layer(1, Activation::Sigmoid).build()?;
    /// let state = OptimizerState::new(&net, Optimizer::Sgd)?.l2(1e-4)?;
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Range`] unless it is finite, in T too, and not negative.
    pub fn l2(mut self, l2: f64) -> Result<Self> {
        domains::l2(l2)?;
        checks::finite_as::<T>("l2", l2)?;
        self.l2 = l2;
        Ok(self)
    }

    /// Where the norm of the whole gradient (all layers, weights and biases, L2 not counted) is
    /// more than `norm`, the gradient is scaled down to it. Costs one reading of the gradient a
    /// step. (Pascanu, Mikolov and Bengio, *On the difficulty of training recurrent neural
    /// networks*, ICML 2013.)
    ///
    /// ```
    /// # use shallownet::{Activation, Network, Optimizer, OptimizerState};
    /// # let net = Network::<f32>::builder(1).layer(1, Activation::Sigmoid).build()?;
    /// let state = OptimizerState::new(&net, Optimizer::Sgd)?.clip_norm(5.0)?;
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Range`] unless it is finite, and large enough for a T that is not subnormal.
    pub fn clip_norm(mut self, norm: f64) -> Result<Self> {
        domains::clip_norm(norm)?;
        checks::least_as::<T>("clip norm", norm)?;
        self.clip_norm = Some(norm);
        Ok(self)
    }

    /// The optimiser.
    ///
    /// ```
    /// # use shallownet::{Activation, Network, Optimizer, OptimizerState};
    /// # let net = Network::<f32>::builder(1).layer(1, Activation::Sigmoid).build()?;
    /// assert_eq!(OptimizerState::new(&net, Optimizer::Sgd)?.optimizer(), Optimizer::Sgd);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    pub fn optimizer(&self) -> Optimizer {
        self.optimizer
    }

    /// Steps taken.
    ///
    /// ```
    /// # use shallownet::{Activation, Network, Optimizer, OptimizerState};
    /// # let net = Network::<f32>::builder(1).layer(1, Activation::Sigmoid).build()?;
    /// assert_eq!(OptimizerState::new(&net, Optimizer::Sgd)?.steps(), 0);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// The L2 penalty's factor; 0 is none.
    ///
    /// ```
    /// # use shallownet::{Activation, Network, Optimizer, OptimizerState};
    /// # let net = Network::<f32>::builder(1).layer(1, Activation::Sigmoid).build()?;
    /// assert_eq!(OptimizerState::new(&net, Optimizer::Sgd)?.l2(1e-4)?.get_l2(), 1e-4);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    pub fn get_l2(&self) -> f64 {
        self.l2
    }

    /// The limit of the gradient's norm, if there is one.
    ///
    /// ```
    /// # use shallownet::{Activation, Network, Optimizer, OptimizerState};
    /// # let net = Network::<f32>::builder(1).layer(1, Activation::Sigmoid).build()?;
    /// assert_eq!(OptimizerState::new(&net, Optimizer::Sgd)?.get_clip_norm(), None);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    pub fn get_clip_norm(&self) -> Option<f64> {
        self.clip_norm
    }

    #[inline]
    pub(crate) fn count(&mut self) {
        self.steps = self.next_step();
    }

    pub(crate) fn set_steps(&mut self, steps: u64) {
        self.steps = steps;
    }

    /// The moments m and v, laid out as gradients are; `None` where the optimiser has none. With
    /// [`steps`](Self::steps) they are all that it remembers: [`restore`](Self::restore) takes them
    /// back.
    ///
    /// ```
    /// # use shallownet::{Activation, Network, Optimizer, OptimizerState};
    /// # let net = Network::<f32>::builder(1).layer(1, Activation::Sigmoid).build()?;
    /// let state = OptimizerState::new(&net, Optimizer::momentum())?;
    /// assert!(state.moments()[0].is_some() && state.moments()[1].is_none());
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    pub fn moments(&self) -> &[Option<Gradients<T>>; 2] {
        &self.moments
    }

    /// Goes back to what was saved: the number of steps, and the values of each moment that the
    /// optimiser has, in the order of [`Gradients::values_into`]. O(parameters); allocates nothing.
    ///
    /// ```
    /// use shallownet::{Activation, Network, Optimizer, OptimizerState};
    ///
    /// let net = Network::<f64>::builder(1).layer(1, Activation::Identity).build()?;
    /// let mut state = OptimizerState::new(&net, Optimizer::adam())?;
    /// state.restore(7, [Some(&[0.5, -1.0]), Some(&[0.25, 1.0])])?;
    ///
    /// let mut m = [0.0; 2];
    /// state.moments()[0].as_ref().unwrap().values_into(&mut m)?;
    /// assert_eq!((state.steps(), m), (7, [0.5, -1.0]));
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Mismatch`] for a moment that the optimiser does not have, or lacks;
    /// [`Error::Length`]; [`Error::NotFinite`]; [`Error::Range`] for a v below 0, a mean of squares.
    /// After an error the state is as it was.
    pub fn restore(&mut self, steps: u64, moments: [Option<&[T]>; 2]) -> Result<()> {
        for (index, (own, given)) in self.moments.iter().zip(moments).enumerate() {
            if own.is_some() != given.is_some() {
                return Err(Error::Mismatch { argument: "optimizer state" });
            }
            let (Some(own), Some(given)) = (own, given) else { continue };
            own.check_values("moments", given)?;
            if let Some(v) = given.iter().find(|v| index == 1 && **v < T::ZERO) {
                let (argument, expected) = ("a moment of squares", "not negative");
                return Err(Error::Range { argument, expected, given: v.to_f64() });
            }
        }
        for (own, given) in self.moments.iter_mut().zip(moments) {
            if let (Some(own), Some(given)) = (own, given) {
                own.set_values(given)?;
            }
        }
        self.steps = steps;
        Ok(())
    }

    pub(crate) fn moments_mut(&mut self) -> &mut [Option<Gradients<T>>; 2] {
        &mut self.moments
    }

    /// Is a step nothing but w -= lr dW?
    pub(crate) fn is_plain(&self) -> bool {
        self.optimizer == Optimizer::Sgd && self.l2 == 0.0 && self.clip_norm.is_none()
    }

    /// Refuses the state of another network.
    pub(crate) fn check(&self, shape: &Arc<Shape>) -> Result<()> {
        check_layout("optimizer state", &self.shape, shape)
    }

    /// Refuses a learning rate that is not finite in T after the optimiser's corrections. (If it
    /// passes, so do smaller rates, such as a schedule's.)
    pub(crate) fn check_rate(&self, given: f64) -> Result<()> {
        check_rate::<T>(self.optimizer, given)
    }

    /// Counts the step and moves parameters and moments; at a rate of 0 the moments alone. `factors`
    /// are the step's. Everything has been checked.
    pub(crate) fn step(
        &mut self,
        functions: &dyn Elementwise<T>,
        gradients: &[T],
        parameters: &mut [T],
        factors: &Factors<T>,
    ) {
        self.count();
        let clip = match self.clip_norm {
            None => 1.0,
            Some(limit) => clip_factor(functions, limit, gradients),
        };
        let t = T::from_f64;
        let Factors { rule, rate, decay } = factors;
        let terms = Terms { rate: t(*rate), clip: t(clip), l2: t(self.l2), decay: t(*decay) };
        let moments = self.moments.each_mut().map(|moment| match moment {
            Some(moment) => moment.buffer.as_mut_slice(),
            None => &mut [],
        });
        let shape = &*self.shape;
        functions.optimize(&mut Update { shape, rule, terms, parameters, gradients, moments });
    }

    /// The next step's factors. They do not depend on the gradient: computed before it, they cost a
    /// small network's step no time.
    #[inline(always)]
    pub(crate) fn factors(&self, learning_rate: f64) -> Factors<T> {
        Factors::of(self.optimizer, self.next_step(), learning_rate, self.least)
    }

    /// Steps taken, the next included.
    #[inline]
    fn next_step(&self) -> u64 {
        // A count from a file is checked when it is read; this keeps any count from overflowing.
        self.steps.saturating_add(1)
    }
}

/// Is every number that a step at this learning rate is made with one of the element type's?
pub(crate) fn check_rate<T: Scalar>(optimizer: Optimizer, given: f64) -> Result<()> {
    let fits = |rate: f64| T::from_f64(rate).is_finite();
    let (corrected, decay) = match optimizer {
        // The first step has the largest correction.
        Optimizer::Adam { beta1, .. } => (given / (1.0 - beta1), 0.0),
        Optimizer::AdamW { beta1, weight_decay, .. } => {
            (given / (1.0 - beta1), given * weight_decay)
        }
        _ => (given, 0.0),
    };
    let expected = if !fits(given) {
        checks::largest::<T>()
    } else if !fits(corrected) {
        "so small that its quotient by 1 - beta1 is finite"
    } else if !fits(decay) {
        "so small that its product with weight_decay is finite"
    } else {
        return Ok(());
    };
    Err(Error::Range { argument: "learning rate", expected, given })
}

#[cfg(test)]
mod tests;
