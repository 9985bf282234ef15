//! Every way a model file can be wrong.

use crate::io::{FileError, Quoted, dimensions, reason};

/// Why a model could not be loaded or saved: one line that names the file.
pub type Error = FileError<Problem>;

/// What is wrong with a model.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The file can't be read: what the operating system said.
    #[error("{}", reason(.0))]
    Read(#[source] std::io::Error),
    /// The file can't be written: what the operating system said, or a
    /// [`NotReplaceable`](crate::io::atomic::NotReplaceable).
    #[error("could not be written: {}", reason(.0))]
    Write(#[source] std::io::Error),
    /// A folder, a pipe, a device: which of them. It was not waited for.
    #[error("it is {0}: expected a regular file")]
    NotAFile(&'static str),
    /// Too short for even the header's length.
    #[error("not a model: it has {given} bytes, and the header's length alone takes 8")]
    TooShort {
        /// Its length.
        given: usize,
    },
    /// A header said to be longer than the file.
    #[error(
        "not a model, or cut short: it says its header has {header} bytes, and {left} bytes follow"
    )]
    HeaderLength {
        /// The stated length.
        header: u64,
        /// The bytes there are.
        left: u64,
    },
    /// A header that is no JSON object with every name once.
    #[error("not a model: its header can't be read: {0}")]
    Header(String),
    /// Offsets, shapes and bytes that do not agree.
    #[error("the header does not fit the data: {0}")]
    Layout(String),
    /// Safetensors, but not ours.
    #[error("no metadata entry \"shallownet\": a model of another program")]
    NotOurs,
    /// The metadata entry can't be understood.
    #[error("the metadata entry \"shallownet\" can't be read: {0}")]
    Description(String),
    /// A file of a later format.
    #[error("format version {given}: this program reads versions up to {known}")]
    Version {
        /// The file's.
        given: u64,
        /// The latest of ours.
        known: u64,
    },
    /// An ensemble, where one network was expected.
    #[error("an ensemble of {members} networks: expected a model of one")]
    Ensemble {
        /// Its networks.
        members: usize,
    },
    /// One network, where an ensemble was expected.
    #[error("a model of one network: expected an ensemble")]
    NotAnEnsemble,
    /// Targets whose logarithms were learned, with a variance: it would be that of the logarithms.
    #[error("gaussian_nll and logarithms of the targets: expected targets as they are")]
    VarianceOfLogarithms,
    /// A name that is no activation or loss.
    #[error("unknown {what} {}", Quoted(name))]
    Unknown {
        /// What it should name.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// A tensor that should be there.
    #[error("tensor {} is missing", Quoted(.0))]
    Missing(String),
    /// A tensor that should not.
    #[error("tensor {name} belongs to no layer: the network has {1} layers", name = Quoted(.0))]
    Unexpected(String, usize),
    /// A tensor of another shape than its layer needs.
    #[error("tensor {} has shape {}: expected {expected}", Quoted(name), dimensions(given))]
    Shape {
        /// The tensor.
        name: String,
        /// What it should be.
        expected: String,
        /// What it is.
        given: Vec<usize>,
    },
    /// Another element type than asked for, than the first tensor's, or than F32 and F64.
    #[error("tensor {} is of type {given}: expected {expected}", Quoted(name))]
    Element {
        /// The tensor.
        name: String,
        /// What it should be.
        expected: &'static str,
        /// What it is.
        given: String,
    },
    /// NaN or an infinity.
    #[error("tensor {} holds {value} at index {index}: expected finite values", Quoted(name))]
    NotFinite {
        /// The tensor.
        name: String,
        /// Where.
        index: usize,
        /// What.
        value: f64,
    },
    /// A tensor that does not belong to an `nn.Sequential` of `Linear`.
    #[error(
        "tensor {} is no weight or bias of a Linear in an nn.Sequential, as in \"0.weight\": layers of other names are to be named in their order (Loader::layers)",
        Quoted(.0)
    )]
    NotLinear(String),
    /// A weight that may be another module's than a `Linear`'s.
    #[error(
        "tensor {} has no bias beside it: it may be an Embedding's or a normalisation's; if it is a Linear's, ask for layers without biases (Loader::without_biases)",
        Quoted(.0)
    )]
    NoBias(String),
    /// No layer (under the prefix, if one was named).
    #[error("no tensor is named as the layers of an nn.Sequential are, as in \"{0}0.weight\"")]
    NoLinear(String),
    /// No layer of a name that was given.
    #[error("no tensor is named {}: there are weights of {there}", Quoted(&format!("{name}.weight")))]
    NoLayer {
        /// The name, behind its prefix.
        name: String,
        /// The layers there are, without the prefix.
        there: String,
    },
    /// Layers of more than one network.
    #[error("layers under several prefixes: {0}: expected one, or one to be named")]
    Prefixes(String),
    /// Names, or activations, that do not fit the network.
    #[error("{given} {what}: expected {expected}")]
    Count {
        /// Of what.
        what: &'static str,
        /// How many there should be.
        expected: usize,
        /// How many there are.
        given: usize,
    },
    /// A pipeline that does not fit the network.
    #[error(transparent)]
    Pipeline(#[from] crate::data::pipeline::Unsound),
    /// Class names beside a standardization of the targets: classes have no mean.
    #[error("the targets are classes, and standardized: expected one or the other")]
    StandardizedClasses,
    /// Safetensors, but no checkpoint.
    #[error("no metadata entry \"shallownet_checkpoint\": not a checkpoint of a training")]
    NotACheckpoint,
    /// A mean of squares that is less than 0.
    #[error(
        "tensor {} holds {value} at index {index}: a mean of squares is not negative",
        Quoted(name)
    )]
    Negative {
        /// The tensor.
        name: String,
        /// Where.
        index: usize,
        /// What.
        value: f64,
    },
    /// A training state whose parts contradict each other.
    #[error("the training state contradicts itself: {0}")]
    Contradiction(&'static str),
    /// A network that can't be built.
    #[error(transparent)]
    Network(#[from] crate::Error),
}
