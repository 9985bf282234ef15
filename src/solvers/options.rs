//! What is wanted of a solver: which method, from when on it is enough, which penalty.

use super::method::Method;
use super::stop::StopAt;
use crate::data::domains;
use crate::error::{Error, Result};

/// A method, its options, when to stop, and an L2 penalty.
///
/// Defaults: [`StopAt::default`], no penalty, one shard.
///
/// ```
/// use std::ops::ControlFlow;
/// use shallownet::solvers::{LevenbergMarquardt, Solving, StopAt};
/// use shallownet::{Activation, Columns, Init, Network};
///
/// // sin(pi x) on [-1, 1].
/// let x: Vec<f64> = (0..41).map(|i| f64::from(i) / 20.0 - 1.0).collect();
/// let y: Vec<f64> = x.iter().map(|x| (std::f64::consts::PI * x).sin()).collect();
/// let mut net = Network::builder(1)
///     .layer(5, Activation::Tanh)
///     .layer(1, Activation::Identity)
///     .init(Init::NguyenWidrow, 1)
///     .build()?;
/// let solving = Solving::new(LevenbergMarquardt::new()).stop_at(StopAt::iterations(100).cost(1e-4));
/// let report = solving.run(&mut net, Columns::new(&x, 1)?, Columns::new(&y, 1)?, |iteration| {
///     println!("{} {:.2e}", iteration.iteration, iteration.cost);
///     ControlFlow::Continue(())
/// })?;
/// assert!(report.cost <= 1e-4);
/// # Ok::<(), shallownet::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Solving {
    pub(crate) method: Method,
    pub(crate) stop: StopAt,
    pub(crate) l2: f64,
    pub(crate) shards: usize,
}

impl Solving {
    /// By this method: a [`Method`], or the options of one.
    pub fn new(method: impl Into<Method>) -> Self {
        Self { method: method.into(), stop: StopAt::default(), l2: 0.0, shards: 1 }
    }

    /// When to stop.
    pub fn stop_at(mut self, stop: StopAt) -> Self {
        self.stop = stop;
        self
    }

    /// An L2 penalty of `l2` / 2 times the sum of the squared weights (not biases), as
    /// [`Training::l2`](crate::Training::l2): it is minimised with the cost, and not part of the costs
    /// that are reported. Finite and not negative; 0 is none.
    pub fn l2(mut self, l2: f64) -> Self {
        self.l2 = l2;
        self
    }

    /// The samples are cut into so many shards, whose gradients are summed one by one and added as a
    /// tree: as [`Training::shards`](crate::Training::shards), with the same bits on any number of
    /// [ranks](super::Solver::among) up to the shards. At least 1, which has the order of sums of a
    /// network's own gradient, and no more than samples; Levenberg-Marquardt has 1.
    pub fn shards(mut self, shards: usize) -> Self {
        self.shards = shards;
        self
    }

    /// The method.
    pub fn get_method(&self) -> Method {
        self.method
    }

    /// When to stop.
    pub fn get_stop(&self) -> StopAt {
        self.stop
    }

    /// The L2 penalty's factor.
    pub fn get_l2(&self) -> f64 {
        self.l2
    }

    /// Into how many shards the samples are cut.
    pub fn get_shards(&self) -> usize {
        self.shards
    }

    pub(super) fn check(&self) -> Result<()> {
        if self.shards == 0 {
            return Err(Error::Zero { argument: "shards" });
        }
        if self.shards > 1 && matches!(self.method, Method::LevenbergMarquardt(_)) {
            let (argument, expected) = ("shards", "1 with Levenberg-Marquardt");
            return Err(Error::Range { argument, expected, given: self.shards as f64 });
        }
        self.method.check()?;
        self.stop.check()?;
        domains::l2(self.l2)
    }
}
