//! What is asked of the engine for a group: the job, and the door at a level.

use core::fmt::Debug;
use core::panic::{RefUnwindSafe, UnwindSafe};

use super::batch::Batch;
use super::room::Room;
use crate::element::Element;
use crate::engine::shape::Shape;
use crate::kernels::group::GROUP_LANES;
use crate::kernels::head::OutputHead;
use crate::kernels::optimizer::Rule;
use crate::words::layer::Layer;

/// A group's networks, but for their parameters.
#[derive(Debug, Clone, Copy)]
pub struct Net<'a> {
    pub(crate) shape: &'a Shape,
    pub(crate) head: OutputHead,
}

/// What is to be done with a group: `[parameter][lane]` is how parameters and gradients lie.
#[derive(Debug)]
pub enum Job<'a, T> {
    /// Predictions, network by network, to `out`.
    Predict { parameters: &'a [T], out: &'a mut [T] },
    /// The sums of the losses alone.
    Cost { parameters: &'a [T] },
    /// The sums of the gradients, times a factor for each lane.
    Gradient { parameters: &'a [T], factors: &'a [T], into: &'a mut [T] },
    /// The same added to the parameters; those of lanes whose loss is not finite stay as they are.
    Step { parameters: &'a mut [T], factors: &'a [T] },
    /// A step of an optimiser, from the gradients. Lanes whose loss is not finite, and those that are
    /// still, stay as they are, with their moments.
    Optimize { parameters: &'a mut [T], factors: &'a [T], moments: [&'a mut [T]; 2], by: By<'a, T> },
}

/// How an optimiser moves the lanes of a group.
#[derive(Debug, Clone, Copy)]
pub struct By<'a, T> {
    pub(crate) rule: &'a Rule<T>,
    pub(crate) clip_norm: Option<f64>,
    pub(crate) lanes: &'a OfLanes<T>,
}

/// The numbers of a step that each lane has of its own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OfLanes<T> {
    /// In place of the rule's.
    pub(crate) scales: [T; GROUP_LANES],
    /// At 0 the moments move alone.
    pub(crate) rates: [T; GROUP_LANES],
    pub(crate) l2: [T; GROUP_LANES],
    pub(crate) decays: [T; GROUP_LANES],
    pub(crate) still: [bool; GROUP_LANES],
}

impl<T: Element> OfLanes<T> {
    /// Of lanes that no step moves.
    pub(crate) fn still() -> Self {
        Self {
            scales: [T::ONE; GROUP_LANES],
            rates: [T::ZERO; GROUP_LANES],
            l2: [T::ZERO; GROUP_LANES],
            decays: [T::ZERO; GROUP_LANES],
            still: [true; GROUP_LANES],
        }
    }
}

/// The passes of groups, at a level.
pub trait Groups<T>: Debug + Send + Sync + UnwindSafe + RefUnwindSafe {
    /// Networks a group.
    fn lanes(&self) -> usize;

    /// Does the job for a group's first `present` networks, of shapes that are checked. Returns the
    /// sum of L over each network's samples; of predictions, nothing.
    fn run(
        &self,
        net: Net<'_>,
        batch: &Batch<'_, T>,
        job: Job<'_, T>,
        present: usize,
        room: &mut Room<T>,
    ) -> [f64; GROUP_LANES];
}

impl Net<'_> {
    /// Parameters of a network.
    #[inline(always)]
    pub(crate) fn parameters(self) -> usize {
        self.shape.layers.iter().map(Layer::parameters).sum()
    }
}

impl<T> Job<'_, T> {
    /// What the passes do of the job, from a lane on, of which each predicts `outputs` values: an
    /// optimiser's step begins with the gradients.
    pub(super) fn of_pass<'b>(
        &'b mut self,
        lane: usize,
        outputs: usize,
        gradients: &'b mut [T],
    ) -> Job<'b, T> {
        match self {
            Job::Predict { parameters, out } => {
                Job::Predict { parameters: &parameters[lane..], out: &mut out[lane * outputs..] }
            }
            Job::Cost { parameters } => Job::Cost { parameters: &parameters[lane..] },
            Job::Gradient { parameters, factors, into } => Job::Gradient {
                parameters: &parameters[lane..],
                factors: &factors[lane..],
                into: &mut into[lane..],
            },
            Job::Step { parameters, factors } => {
                Job::Step { parameters: &mut parameters[lane..], factors: &factors[lane..] }
            }
            Job::Optimize { parameters, factors, .. } => Job::Gradient {
                parameters: &parameters[lane..],
                factors: &factors[lane..],
                into: &mut gradients[lane..],
            },
        }
    }
}
