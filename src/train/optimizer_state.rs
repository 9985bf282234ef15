//! What an optimiser remembers between steps, and how a step's number becomes its factors.

use std::sync::Arc;

use crate::data::checks;
use crate::data::domains;
use crate::engine::optimizer::Update;
use crate::engine::passes::Elementwise;
use crate::engine::shape::Shape;
use crate::error::{Error, Result};
use crate::kernels::optimizer::{Rule, Terms};
use crate::network::gradients::Gradients;
use crate::network::parameters::Network;
use crate::scalar::Scalar;
use crate::words::optimizer::Optimizer;

/// An optimiser's moments for one network, its step count, and what is done to gradients first.
///
/// Memory: as the parameters, once for momentum, Nesterov and RMSProp, twice for Adam and AdamW.
/// For loops of your own; [`Trainer`](crate::Trainer) has one inside.
///
/// ```
/// use shallownet::{Activation, Columns, Network, Optimizer, OptimizerState, Workspace};
///
/// let (x, y) = (Columns::new(&[-1.0_f64, 1.0], 1)?, Columns::new(&[0.0, 1.0], 1)?);
/// let mut net = Network::builder(1).layer(1, Activation::Sigmoid).build()?;
/// let mut workspace = Workspace::training(&net, 2)?;
/// let mut state = OptimizerState::new(&net, Optimizer::adam())?.l2(1e-4)?.clip_norm(1.0)?;
/// for _ in 0..100 {
///     net.step_with(x, y, &mut state, 0.05, &mut workspace)?;
/// }
/// assert_eq!(state.steps(), 100);
/// assert!(net.cost(x, y, &mut workspace)? < 0.05);
/// # Ok::<(), shallownet::Error>(())
/// ```
#[derive(Debug)]
pub struct OptimizerState<T> {
    shape: Arc<Shape>,
    optimizer: Optimizer,
    l2: f64,
    clip_norm: Option<f64>,
    steps: u64,
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
        Ok(Self { shape, optimizer, l2: 0.0, clip_norm: None, steps: 0, moments })
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
        check_l2(l2)?;
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
        check_clip_norm(norm)?;
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

    pub(crate) fn count(&mut self) {
        // A count that a file states is checked there; here nothing may overflow, whoever set it.
        self.steps = self.steps.saturating_add(1);
    }

    pub(crate) fn set_steps(&mut self, steps: u64) {
        self.steps = steps;
    }

    pub(crate) fn moments(&self) -> &[Option<Gradients<T>>; 2] {
        &self.moments
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
        if Arc::ptr_eq(&self.shape, shape) || *self.shape == **shape {
            return Ok(());
        }
        Err(Error::Mismatch { argument: "optimizer state" })
    }

    /// Refuses a learning rate that is no finite T once the optimiser has had its way with it. (Smaller
    /// rates, as schedules have them, are then taken, too.)
    pub(crate) fn check_rate(&self, given: f64) -> Result<()> {
        let fits = |rate: f64| T::from_f64(rate).is_finite();
        let (corrected, decay) = match self.optimizer {
            // Of all steps, the first has the largest correction.
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

    /// Counts the step and moves parameters and moments; everything has been checked.
    pub(crate) fn step(
        &mut self,
        functions: &dyn Elementwise<T>,
        gradients: &[T],
        parameters: &mut [T],
        learning_rate: f64,
    ) {
        self.count();
        let clip = match self.clip_norm {
            None => 1.0,
            Some(limit) => clip_factor(limit, norm(functions, gradients)),
        };
        let (rule, rate, decay) = self.factors(learning_rate);
        let t = T::from_f64;
        let terms = Terms { rate: t(rate), clip: t(clip), l2: t(self.l2), decay: t(decay) };
        let moments = self.moments.each_mut().map(|moment| match moment {
            Some(moment) => moment.buffer.as_mut_slice(),
            None => &mut [],
        });
        let shape = &*self.shape;
        functions.optimize(Update { shape, rule, terms, parameters, gradients, moments });
    }

    /// The kernel's rule, rate and decay at the step that has just been counted.
    fn factors(&self, learning_rate: f64) -> (Rule<T>, f64, f64) {
        let t = T::from_f64;
        match self.optimizer {
            Optimizer::Sgd => (Rule::Sgd, learning_rate, 0.0),
            Optimizer::Momentum { beta } => (Rule::Momentum { beta: t(beta) }, learning_rate, 0.0),
            Optimizer::Nesterov { beta } => (Rule::Nesterov { beta: t(beta) }, learning_rate, 0.0),
            Optimizer::RmsProp { rho, epsilon } => {
                let rule = Rule::RmsProp { rho: t(rho), rest: t(1.0 - rho), epsilon: t(epsilon) };
                (rule, learning_rate, 0.0)
            }
            Optimizer::Adam { beta1, beta2, epsilon } => {
                let (rule, correction) = self.adam(beta1, beta2, epsilon);
                (rule, learning_rate / correction, 0.0)
            }
            Optimizer::AdamW { beta1, beta2, epsilon, weight_decay } => {
                let (rule, correction) = self.adam(beta1, beta2, epsilon);
                (rule, learning_rate / correction, learning_rate * weight_decay)
            }
        }
    }

    /// The rule, and 1 - beta1^t.
    fn adam(&self, beta1: f64, beta2: f64, epsilon: f64) -> (Rule<T>, f64) {
        let t = T::from_f64;
        // beta^t <= e^(-t (1 - beta)): beyond 40 it is less than half of f64's epsilon, and 1 minus
        // it is 1, which is known without the multiplications.
        let correction = |beta: f64| match self.steps {
            t if t as f64 * (1.0 - beta) > 40.0 => 1.0,
            t => 1.0 - power(beta, t),
        };
        let rule = Rule::Adam {
            beta1: t(beta1),
            rest1: t(1.0 - beta1),
            beta2: t(beta2),
            rest2: t(1.0 - beta2),
            scale: t(1.0 / correction(beta2).sqrt()),
            epsilon: t(epsilon),
        };
        (rule, correction(beta1))
    }
}

pub(super) fn check_l2(given: f64) -> Result<()> {
    if given.is_finite() && given >= 0.0 {
        return Ok(());
    }
    Err(Error::Range { argument: "l2", expected: "finite and not negative", given })
}

pub(super) fn check_clip_norm(given: f64) -> Result<()> {
    if given.is_finite() && given > 0.0 {
        return Ok(());
    }
    Err(Error::Range { argument: "clip norm", expected: "finite and more than 0", given })
}

/// base^exponent by squaring: the same bits everywhere, which `powi` and `pow` do not promise.
pub(super) fn power(mut base: f64, mut exponent: u64) -> f64 {
    let mut result = 1.0;
    while exponent > 0 {
        if exponent & 1 == 1 {
            result *= base;
        }
        base *= base;
        exponent >>= 1;
    }
    result
}

/// At most 1; NaN for a norm that is NaN.
fn clip_factor(limit: f64, norm: f64) -> f64 {
    if norm <= limit { 1.0 } else { limit / norm }
}

/// The Euclidean norm. Squares outside f64's range (of f64 gradients beyond 1e+-140 only) are
/// summed again, scaled by a power of two, which is exact.
fn norm<T: Scalar>(functions: &dyn Elementwise<T>, values: &[T]) -> f64 {
    const SCALE: f64 = f64::from_bits((1023 + 600) << 52);
    let scaled = |scale: f64| functions.sum_of_squares(scale, values).sqrt() / scale;
    match functions.sum_of_squares(1.0, values) {
        sum if sum > 1e280 => scaled(1.0 / SCALE),
        sum if sum < 1e-280 => scaled(SCALE),
        sum => sum.sqrt(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Activation, Backend, Level};

    #[test]
    fn powers_are_those_of_repeated_products() {
        for base in [0.0, 0.5, 0.9, 0.999] {
            let mut product = 1.0_f64;
            for n in 0..2000 {
                // t multiplications in any order: t roundings each side.
                let off = (power(base, n) - product).abs();
                assert!(off <= 2.0 * n as f64 * f64::EPSILON * product, "{base}^{n}: off by {off}");
                product *= base;
            }
        }
        assert_eq!(power(0.999, u64::MAX), 0.0);
        // What Adam's corrections leave out would not have changed them.
        for beta in [0.0, 0.9, 0.999, 0.9999] {
            assert_eq!(1.0 - power(beta, (40.0 / (1.0 - beta)) as u64 + 1), 1.0);
        }
    }

    fn check_norm<T: Scalar>(values: &[f64], expected: f64) {
        let typed: Vec<T> = values.iter().map(|&v| T::from_f64(v)).collect();
        let levels: Vec<f64> = Level::available()
            .into_iter()
            .map(|level| norm(&*T::elementwise(level).unwrap(), &typed))
            .collect();
        for &given in &levels {
            assert_eq!(given.to_bits(), levels[0].to_bits(), "{values:?}");
            // n terms of 2 roundings each and their sum, in f64; twice for the square root's half.
            let bound = (values.len() as f64 + 4.0) * f64::EPSILON * expected;
            assert!((given - expected).abs() <= bound, "{given:e}, not {expected:e}");
        }
    }

    #[test]
    fn norms_are_right_at_any_size_and_the_same_at_all_levels() {
        for count in [1_usize, 15, 16, 17, 100, 5000] {
            // Equal values: the norm is |x| sqrt(n).
            for size in [1.0, 2.0_f64.powi(60), 2.0_f64.powi(-100)] {
                check_norm::<f32>(&vec![-size; count], size * (count as f64).sqrt());
            }
            for size in [1.0, 2.0_f64.powi(900), 2.0_f64.powi(-1000), 2.0_f64.powi(-1074)] {
                check_norm::<f64>(&vec![size; count], size * (count as f64).sqrt());
            }
        }
        check_norm::<f64>(&[3.0, 0.0, 4.0], 5.0);
        check_norm::<f32>(&[0.0; 40], 0.0);
        let level = Level::detect();
        assert!(norm(&*f64::elementwise(level).unwrap(), &[1.0, f64::NAN]).is_nan());
        assert_eq!(norm(&*f32::elementwise(level).unwrap(), &[f32::INFINITY, 1.0]), f64::INFINITY);
        assert!(clip_factor(1.0, f64::NAN).is_nan());
    }

    /// Every element of the buffers that belongs to no parameter is still 0.
    fn padding_stays_zero<T: Scalar>(backend: Backend, optimizer: Optimizer) {
        use crate::{Columns, Workspace};
        let net = Network::<T>::builder(3).layer(5, Activation::Tanh).layer(2, Activation::Softmax);
        let mut net = net.backend(backend).build().unwrap();
        let x: Vec<T> = (0..60).map(|i| T::from_f64(f64::from(i % 7) - 3.0)).collect();
        let y: Vec<T> = (0..40).map(|i| T::from_f64(f64::from(i % 2))).collect();
        let (x, y) = (Columns::new(&x, 3).unwrap(), Columns::new(&y, 2).unwrap());
        let mut workspace = Workspace::training(&net, 20).unwrap();
        let state = OptimizerState::new(&net, optimizer).unwrap();
        let mut state = state.l2(0.01).unwrap().clip_norm(0.1).unwrap();
        for _ in 0..20 {
            net.step_with(x, y, &mut state, T::from_f64(0.1), &mut workspace).unwrap();
        }
        let shape = &*net.shape;
        let mut free = vec![true; shape.len];
        for (l, layer) in shape.layers.iter().enumerate() {
            for j in 0..layer.units {
                free[shape.spans[l].bias.start + j] = false;
                for i in 0..layer.inputs {
                    free[shape.weight_index(l, j, i)] = false;
                }
            }
        }
        assert!(free.iter().any(|&f| f));
        let moments = state.moments.iter().flatten().map(|m| m.buffer.as_slice());
        for buffer in moments.chain([net.parameters.as_slice()]) {
            assert_ne!(buffer[shape.weight_index(0, 4, 2)], T::ZERO);
            for (at, &value) in buffer.iter().enumerate() {
                assert!(!free[at] || value == T::ZERO, "{optimizer:?} {backend:?} {at}: {value}");
            }
        }
    }

    #[test]
    fn padding_stays_zero_under_every_optimizer() {
        for optimizer in Optimizer::all() {
            for backend in [Backend::Fused, Backend::Portable] {
                padding_stays_zero::<f32>(backend, optimizer);
                padding_stays_zero::<f64>(backend, optimizer);
            }
        }
    }
}
