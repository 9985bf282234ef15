//! The arguments that describe a network, and the network they make.

use shallownet::{Activation, Backend, Builder, Init, Loss, Network, Parallelism, Scalar};

use crate::batch::Meaning;
use crate::choices::{self, Hidden, HiddenActivations, InitName, Precision};
use crate::data::{self, Data};
use crate::failure::Failure;
use crate::say::Say;
use crate::threads;

#[derive(Debug, clap::Args)]
pub(crate) struct NetworkArgs {
    /// Sizes of the hidden layers, or none [default: 100; without --data 4, with --plain 16]
    #[arg(long, value_name = "SIZES", value_parser = choices::hidden)]
    pub(crate) hidden: Option<Hidden>,
    /// tanh, sigmoid, relu, leaky_relu or identity: one for all hidden layers, or one each
    /// [default: relu; tanh without --data, and with --plain]
    #[arg(long, value_name = "NAMES", value_parser = choices::activations)]
    pub(crate) activation: Option<HiddenActivations>,
    /// The output's activation, exp among them [default: the one that goes with --loss, if that is
    /// given; else sigmoid for two classes, softmax for more, identity for values]. Two classes have
    /// one output, of softmax two
    #[arg(long, value_name = "NAME", value_parser = choices::activation)]
    pub(crate) output: Option<Activation>,
    /// binary_cross_entropy (of sigmoids), categorical_cross_entropy (of a softmax), squared_error,
    /// huber:DELTA (squared error, but linear from DELTA on, in the units that are learned: standard
    /// deviations, unless targets are not transformed; huber is huber:1), absolute (the median),
    /// quantile:TAU, or poisson (counts, whose rate an exp predicts) [default: the one that goes
    /// with the output]
    #[arg(long, value_name = "NAME", value_parser = choices::loss)]
    pub(crate) loss: Option<Loss>,
    /// How weights begin [default: auto]
    #[arg(long)]
    pub(crate) init: Option<InitName>,
    /// Half the width of --init uniform, or the standard deviation of normal [default: 0.01]
    #[arg(long, requires = "init", value_parser = choices::not_negative)]
    pub(crate) scale: Option<f64>,
    /// Seed of the starting weights, of the samples set aside and of their order [default: 0]
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// Numbers to compute with [default: f32, which is faster; f64 without --data, and with --plain]
    #[arg(long)]
    precision: Option<Precision>,
    #[command(flatten)]
    pub(crate) machine: Machine,
}

/// Where the defaults of a network and its training come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Defaults {
    /// The planar flower's lecture: 2-4-1, from published weights.
    Lecture,
    /// `--plain`: 16 tanh units.
    Plain,
    /// What did best on many tables: 100 ReLU units, and [`Training::for_samples`].
    ///
    /// [`Training::for_samples`]: shallownet::Training::for_samples
    Table,
}

impl Defaults {
    pub(crate) fn of(data: &Data, is_plain: bool) -> Self {
        match (data.is_built_in(), is_plain) {
            (true, _) => Self::Lecture,
            (_, true) => Self::Plain,
            _ => Self::Table,
        }
    }
}

/// What computes.
#[derive(Debug, clap::Args)]
pub(crate) struct Machine {
    /// What computes: auto, fused, portable, cblas
    #[arg(long, default_value = "auto", value_parser = choices::backend)]
    pub(crate) backend: Backend,
    /// Threads to use; 1 computes on the calling thread alone; at most four a core [default: as
    /// many as there are cores]
    #[arg(long, value_name = "N", value_parser = threads::number)]
    pub(crate) threads: Option<std::num::NonZeroUsize>,
}

impl Machine {
    pub(crate) fn configure<T: Scalar>(&self, builder: Builder<T>) -> Builder<T> {
        let is_serial = self.threads.is_some_and(|n| n.get() == 1);
        let parallelism = if is_serial { Parallelism::Serial } else { Parallelism::Rayon };
        builder.backend(self.backend).parallelism(parallelism)
    }

    /// Runs `work` in a pool of its own, if a number of threads was asked for.
    pub(crate) fn run<R: Send>(
        &self,
        say: &Say,
        work: impl FnOnce() -> R + Send,
    ) -> Result<R, Failure> {
        let Some(threads) = self.threads.filter(|n| n.get() > 1) else {
            return Ok(work());
        };
        let threads = threads::within_reason("--threads", threads.get(), say);
        Ok(threads::pool(threads)?.install(work))
    }
}

impl NetworkArgs {
    /// As asked for, or as in the checkpoint that a training goes on from.
    pub(crate) fn precision(
        &self,
        of_checkpoint: Option<Precision>,
        defaults: Defaults,
    ) -> Precision {
        self.precision.or(of_checkpoint).unwrap_or(match defaults {
            Defaults::Table => Precision::F32,
            Defaults::Lecture | Defaults::Plain => Precision::F64,
        })
    }

    pub(crate) fn seed(&self) -> u64 {
        self.seed.unwrap_or(0)
    }

    fn is_given(&self) -> bool {
        self.hidden.is_some()
            || self.activation.is_some()
            || self.output.is_some()
            || self.loss.is_some()
            || self.init.is_some()
    }

    /// An option must not repeat what the file already says.
    pub(crate) fn must_be_absent(&self, because: &str) -> Result<(), Failure> {
        if !self.is_given() && self.seed.is_none() {
            return Ok(());
        }
        Err(Failure::Arguments(format!(
            "{because} brings its network and seed: --hidden, --activation, --output, --loss, \
             --init and --seed don't go with it"
        )))
    }

    /// The targets of the rows, in the outputs that were asked for.
    pub(crate) fn meaning<'a>(&self, meaning: Meaning<'a>) -> Meaning<'a> {
        let is_softmax = self.output(meaning) == Activation::Softmax;
        if is_softmax { meaning.for_outputs(2) } else { meaning }
    }

    /// The output's activation: as asked for, or what goes with the loss, or with the data.
    pub(crate) fn output(&self, meaning: Meaning<'_>) -> Activation {
        let of_loss = self.loss.and_then(Loss::output);
        self.output.or(of_loss).unwrap_or_else(|| output(meaning))
    }

    /// The output's activation and the loss, if they can work together on what is to be learned.
    fn head(&self, meaning: Meaning<'_>) -> Result<(Activation, Loss), Failure> {
        let output = self.output(meaning);
        let loss = self.loss.unwrap_or(Loss::default_for(output));
        let refused = |why: String| Err(Failure::Arguments(why));
        if let Some(only) = loss.output().filter(|only| *only != output) {
            let (loss, only, output) = (loss.name(), only.name(), output.name());
            return refused(format!("--loss {loss} goes with --output {only}, not {output}"));
        }
        match meaning {
            Meaning::Values { n_y: 1, .. } if output == Activation::Softmax => refused(
                "--output softmax of one value is always 1: expected identity, or another"
                    .to_owned(),
            ),
            Meaning::Classes { .. } if loss == Loss::GaussianNll => refused(
                "--loss gaussian_nll predicts numbers and how sure they are, not classes"
                    .to_owned(),
            ),
            _ => Ok((output, loss)),
        }
    }

    /// How the weights begin.
    pub(crate) fn initialisation(&self) -> Result<Init, Failure> {
        self.init
            .map_or(Ok(Init::Auto), |init| init.with_scale(self.scale))
            .map_err(Failure::Arguments)
    }

    /// A network of `n_x` inputs for what is to be learned.
    pub(crate) fn build<T: Scalar>(
        &self,
        n_x: usize,
        meaning: Meaning<'_>,
        (defaults, seed): (Defaults, u64),
    ) -> Result<Network<T>, Failure> {
        let (units, g) = match defaults {
            Defaults::Lecture => (4, Activation::Tanh),
            Defaults::Plain => (16, Activation::Tanh),
            Defaults::Table => (100, Activation::Relu),
        };
        let hidden = self.hidden.clone().unwrap_or(Hidden(vec![units])).0;
        let activations = match &self.activation {
            Some(names) => names.of_layers(hidden.len()).map_err(Failure::Arguments)?,
            None => vec![g; hidden.len()],
        };
        let init = self.initialisation()?;
        let (output, loss) = self.head(meaning)?;
        let meaning = self.meaning(meaning);
        let mut builder = Network::builder(n_x);
        for (&units, activation) in hidden.iter().zip(activations) {
            builder = builder.layer(units, activation);
        }
        // A mean and a variance for every number.
        let each = if loss == Loss::GaussianNll { 2 } else { 1 };
        builder = builder.layer(each * meaning.outputs(), output).loss(loss).init(init, seed);
        let mut network = self.machine.configure(builder).build()?;
        let is_own_start =
            defaults != Defaults::Lecture || self.seed.is_some() || self.init.is_some();
        if !is_own_start && hidden == [4] {
            for (layer, weights) in data::planar_weights()?.iter().enumerate() {
                let weights: Vec<T> = weights.iter().map(|&w| T::from_f64(w)).collect();
                network.set_weights(layer, &weights)?;
            }
        }
        Ok(network)
    }
}

/// The output that goes with what is predicted.
pub(crate) fn output(meaning: Meaning<'_>) -> Activation {
    match meaning {
        Meaning::Classes { count: 2, .. } => Activation::Sigmoid,
        Meaning::Classes { .. } => Activation::Softmax,
        Meaning::Values { .. } => Activation::Identity,
    }
}

/// Notes targets outside the range of the output.
pub(crate) fn note_reach<T: Scalar>(network: &Network<T>, y: &[T], say: &Say) {
    note_outside(network, outside(network, y), y.len(), say);
}

/// How many of the values lie outside the range of the output.
pub(crate) fn outside<T: Scalar>(network: &Network<T>, y: &[T]) -> usize {
    let (_, least, most) = reach(network);
    y.iter().filter(|v| !(least..=most).contains(&v.to_f64())).count()
}

/// Notes that so many of all values do.
pub(crate) fn note_outside<T: Scalar>(network: &Network<T>, outside: usize, all: usize, say: &Say) {
    let (name, least, most) = reach(network);
    if outside > 0 {
        say.note(format_args!(
            "{outside} of {all} values to learn lie outside {least} to {most}, where {name} outputs \
             are"
        ));
    }
}

/// The output's activation, and between which values its outputs are.
fn reach<T: Scalar>(network: &Network<T>) -> (&'static str, f64, f64) {
    const ANY: (&str, f64, f64) = ("", f64::NEG_INFINITY, f64::INFINITY);
    let Some(g) = network.layers().last().map(|layer| layer.activation) else { return ANY };
    let (least, most) = match g {
        Activation::Sigmoid | Activation::Softmax => (0.0, 1.0),
        Activation::Tanh | Activation::Sin => (-1.0, 1.0),
        Activation::Relu | Activation::Softplus | Activation::Exp => (0.0, f64::INFINITY),
        Activation::Elu { alpha } => (-alpha, f64::INFINITY),
        // Their least values, rounded down.
        Activation::Silu => (-0.2785, f64::INFINITY),
        Activation::Gelu | Activation::GeluTanh => (-0.1701, f64::INFINITY),
        _ => return ANY,
    };
    (g.name(), least, most)
}
