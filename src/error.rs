//! Every way a call can be refused: which argument, what was expected, what was given.

use crate::words::activation::Activation;
use crate::words::choices::Backend;
use crate::words::fingerprint::Fingerprint;
use crate::words::level::Level;
use crate::words::loss::Loss;

/// Why a call was refused.
///
/// No public function of this crate panics on bad data: it returns one of these, and what the
/// caller handed in (parameters included) is as it was before the call.
///
/// ```
/// use shallownet::{Columns, Error};
///
/// let error = Columns::new(&[1.0_f32, 2.0, 3.0], 2).unwrap_err();
/// assert!(matches!(error, Error::NotWholeColumns { len: 3, features: 2 }));
/// assert_eq!(error.to_string(), "3 values are no whole number of columns of 2 features");
/// ```
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A size that must be at least 1 is 0.
    #[error("{argument} is 0: expected at least 1")]
    Zero {
        /// The argument that is zero.
        argument: &'static str,
    },
    /// A network without layers.
    #[error("the network has no layers: expected at least one")]
    NoLayers,
    /// A slice whose length does not fit.
    #[error("{argument} has {given} values: expected {expected}")]
    Length {
        /// The argument whose length is wrong.
        argument: &'static str,
        /// The length that was expected.
        expected: usize,
        /// The length that was given.
        given: usize,
    },
    /// A slice that can't be cut into columns.
    #[error("{len} values are no whole number of columns of {features} features")]
    NotWholeColumns {
        /// The number of values given.
        len: usize,
        /// The number of features a column has.
        features: usize,
    },
    /// Columns of the wrong height.
    #[error("{argument} has {given} features a column: expected {expected}")]
    Features {
        /// The argument whose columns have the wrong height.
        argument: &'static str,
        /// The height that was expected.
        expected: usize,
        /// The height that was given.
        given: usize,
    },
    /// Two batches that should hold the same samples hold different numbers of them.
    #[error("{argument} has {given} samples: expected {expected}")]
    Samples {
        /// The argument with the wrong number of samples.
        argument: &'static str,
        /// The number that was expected.
        expected: usize,
        /// The number that was given.
        given: usize,
    },
    /// A batch with no samples.
    #[error("{argument} has no samples: expected at least one")]
    EmptyBatch {
        /// The empty argument.
        argument: &'static str,
    },
    /// A batch larger than the workspace was sized for.
    #[error("a batch of {given} samples: the workspace was sized for {capacity}")]
    Capacity {
        /// The number of samples the workspace holds.
        capacity: usize,
        /// The number of samples given.
        given: usize,
    },
    /// A size product that does not fit the machine's address space.
    #[error("{what} is too large for this machine's address space")]
    TooLarge {
        /// The thing that would be too large.
        what: &'static str,
    },
    /// The allocator refused.
    #[error("could not allocate {bytes} bytes for {what}")]
    OutOfMemory {
        /// What the memory was for.
        what: &'static str,
        /// How much was asked for.
        bytes: usize,
    },
    /// NaN or an infinity where finite values are required.
    #[error("{argument} holds {value} at index {index}: expected finite values")]
    NotFinite {
        /// The argument that holds the value.
        argument: &'static str,
        /// Its index in that argument's slice.
        index: usize,
        /// The value.
        value: f64,
    },
    /// A target outside the loss's domain.
    #[error("{loss}: target {value} of output {output} in sample {sample}: expected {expected}")]
    Target {
        /// The loss that refuses it.
        loss: Loss,
        /// The sample (column).
        sample: usize,
        /// The output unit (row), or the first of the column if the whole column is at fault.
        output: usize,
        /// The value given (or the column's sum).
        value: f64,
        /// What the loss expects.
        expected: &'static str,
    },
    /// An output activation that the loss is not defined for.
    #[error("{loss} needs {expected} at the output: the last layer has {given}")]
    LossActivation {
        /// The loss.
        loss: Loss,
        /// The output activation it needs.
        expected: Activation,
        /// The output activation given.
        given: Activation,
    },
    /// An odd number of outputs for a loss of means and variances.
    #[error("{loss} needs a mean and a variance for each target: the last layer has {given} units")]
    OddOutputs {
        /// The loss.
        loss: Loss,
        /// The units of the last layer.
        given: usize,
    },
    /// An output activation that does not allow folding a standardization into the last layer.
    #[error("the last layer has {given}: expected {expected}, which can be scaled by its weights")]
    OutputActivation {
        /// The output activation it needs.
        expected: Activation,
        /// The output activation given.
        given: Activation,
    },
    /// Softmax anywhere but at the output.
    #[error("layer {layer} has softmax: it is for the output layer only")]
    HiddenSoftmax {
        /// The layer's index, from 0.
        layer: usize,
    },
    /// The exponential anywhere but at the output.
    #[error("layer {layer} has exp: it is for the output layer only")]
    HiddenExp {
        /// The layer's index, from 0.
        layer: usize,
    },
    /// Softmax over one unit, which is 1 whatever comes in: nothing could be learned.
    #[error("softmax over one unit is always 1: expected two units or more, or sigmoid")]
    OneUnitSoftmax,
    /// A number outside its range: learning rate, slope, scale.
    #[error("{argument} is {}: expected {expected}", Short(*given))]
    Range {
        /// The argument.
        argument: &'static str,
        /// Its range, in words.
        expected: &'static str,
        /// What was given.
        given: f64,
    },
    /// A layer index past the last layer.
    #[error("layer {given}: the network has layers 0 to {last}")]
    Layer {
        /// The last valid index.
        last: usize,
        /// The index given.
        given: usize,
    },
    /// A network with another loss than those beside it.
    #[error("the other network has {given}: expected {expected}")]
    OtherLoss {
        /// The loss that was expected.
        expected: Loss,
        /// The loss given.
        given: Loss,
    },
    /// A member past the last one of a population.
    #[error("member {given}: the population has members 0 to {last}")]
    Member {
        /// The last valid index.
        last: usize,
        /// The index given.
        given: usize,
    },
    /// A workspace, tape, gradients or an optimiser's state made for a network of other sizes, or
    /// for a backend with another layout of parameters. (Activations and loss may differ.)
    #[error("{argument} was made for a network of another shape or backend")]
    Mismatch {
        /// The argument that does not belong to the network.
        argument: &'static str,
    },
    /// A network whose layers are not those of the one that takes its parameters.
    #[error(
        "layer {layer}: the other network has {}: expected {}",
        LayerSize(*given),
        LayerSize(*expected)
    )]
    OtherSizes {
        /// The first layer that differs, from 0.
        layer: usize,
        /// Its inputs and units in the one network, if that has the layer.
        expected: Option<(usize, usize)>,
        /// The same in the other network.
        given: Option<(usize, usize)>,
    },
    /// The cost became NaN or infinite; the parameters are those before the fatal update.
    #[error(
        "the cost is {cost} at step {step}: training stopped; the parameters before it are kept"
    )]
    Diverged {
        /// The step at which it was found, from 0; 0 for calls that are one step.
        step: u64,
        /// The cost.
        cost: f64,
    },
    /// Members of a population whose cost became NaN or infinite. Their parameters are those from
    /// before the call; all other members have been updated.
    #[error("the cost of member {member} is {cost}{}: {}", Others(*others), Kept(*others))]
    MembersDiverged {
        /// The first of them.
        member: usize,
        /// Its cost.
        cost: f64,
        /// How many others there are.
        others: usize,
    },
    /// Data that a training did not begin with.
    #[error("the training began with other data: its fingerprint was {expected} and is {given}")]
    OtherData {
        /// The fingerprint that the training remembers.
        expected: Fingerprint,
        /// That of the data given.
        given: Fingerprint,
    },
    /// What another rank of the training refused: it says why.
    #[error("rank {rank} of the training failed: its own message says why")]
    OtherRank {
        /// The first of the ranks that failed.
        rank: usize,
    },
    /// Early stopping without a validation set to judge by.
    #[error("early stopping needs a validation set: the data has none")]
    NoValidation,
    /// A SIMD level that this machine does not have.
    #[error("this machine does not have the SIMD level {level}")]
    Level {
        /// The level.
        level: Level,
    },
    /// A SIMD level for a backend that picks its own.
    #[error("a SIMD level can be forced for the fused backend only: the backend is {backend}")]
    LevelBackend {
        /// The backend.
        backend: Backend,
    },
    /// A class label that is not among the classes.
    #[error("{argument} holds {value} at index {index}: expected {expected}")]
    Label {
        /// The argument that holds the label.
        argument: &'static str,
        /// Its index in that argument.
        index: usize,
        /// The label.
        value: f64,
        /// What labels there are.
        expected: &'static str,
    },
    /// Labels all of one class, where both are needed.
    #[error("all labels are {label}: expected samples of both classes")]
    OneClass {
        /// The one label that there is.
        label: u8,
    },
    /// A solver that can't minimise the network's loss.
    #[error("the solver {solver} needs {expected}: the network's loss is {given}")]
    SolverLoss {
        /// The solver's name.
        solver: &'static str,
        /// The loss it needs.
        expected: Loss,
        /// The network's.
        given: Loss,
    },
    /// More memory than an option allows.
    #[error("{what} takes {bytes} bytes: the limit is {limit}")]
    Memory {
        /// What takes it.
        what: &'static str,
        /// How much it takes.
        bytes: usize,
        /// How much it may take.
        limit: usize,
    },
    /// A backend that this build or this machine does not have.
    #[error("backend {backend} is not available: {reason}")]
    Backend {
        /// The backend.
        backend: Backend,
        /// Why it can't be used.
        reason: &'static str,
    },
}

/// A number in few characters, whatever its size: 1e-19, not 0.0000000000000000001.
struct Short(f64);

impl core::fmt::Display for Short {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let size = self.0.abs();
        if size.is_finite() && size != 0.0 && !(1e-5..1e16).contains(&size) {
            return write!(f, "{:e}", self.0);
        }
        write!(f, "{}", self.0)
    }
}

/// Members besides the one that is named.
struct Others(usize);

impl core::fmt::Display for Others {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self.0 {
            0 => Ok(()),
            1 => f.write_str(" (and that of another is not finite)"),
            n => write!(f, " (and those of {n} others are not finite)"),
        }
    }
}

/// Whose parameters are kept.
struct Kept(usize);

impl core::fmt::Display for Kept {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self.0 {
            0 => "its parameters are kept; the other members are updated",
            _ => "their parameters are kept; the other members are updated",
        })
    }
}

/// Inputs and units of a layer that may be missing.
struct LayerSize(Option<(usize, usize)>);

impl core::fmt::Display for LayerSize {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self.0 {
            Some((inputs, units)) => write!(f, "{inputs} inputs and {units} units"),
            None => f.write_str("no such layer"),
        }
    }
}

/// What fallible calls of this crate return.
pub type Result<T, E = Error> = core::result::Result<T, E>;
