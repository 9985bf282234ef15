//! What is to be learned, and from what seed: by the arguments, the data, and the checkpoint if there is
//! one.

use shallownet::io::checkpoint::Checkpoint;
use shallownet::{Activation, Loss, Scalar};

use super::args::Args;
use crate::batch::Meaning;
use crate::data::Data;
use crate::failure::Failure;
use crate::prepare::TargetChoice;

/// What the samples are split and prepared by.
#[derive(Debug)]
pub(super) struct Intent {
    pub(super) seed: u64,
    pub(super) output: Activation,
    pub(super) of_targets: TargetChoice,
    pub(super) shards: usize,
}

impl Intent {
    pub(super) fn of<T: Scalar>(
        args: &Args,
        data: &Data,
        resumed: Option<&Checkpoint<T>>,
    ) -> Result<Self, Failure> {
        let training = resumed.map(|checkpoint| checkpoint.state.training());
        let of_checkpoint = resumed.and_then(|checkpoint| checkpoint.network.layers().last());
        let output = match of_checkpoint {
            Some(layer) => layer.activation,
            None => args.network.output(meaning(args, data, resumed)),
        };
        if args.calibrate {
            check_probabilities(output)?;
        }
        let of_targets = args.preparation.of_targets(output)?;
        let loss = resumed.map_or(args.network.loss, |c| Some(c.network.loss()));
        if loss == Some(Loss::GaussianNll) && of_targets == TargetChoice::Log {
            let problem = "--target-transform log: the variance of --loss gaussian_nll would be that \
                           of logarithms; expected standardize or none";
            return Err(Failure::Arguments(problem.to_owned()));
        }
        let asked = args.shards();
        Ok(Self {
            seed: training.map_or(args.network.seed(), |training| training.get_seed()),
            output,
            of_targets,
            shards: training.map_or(asked, |training| training.get_shards()),
        })
    }
}

/// What each row stands for.
pub(super) fn meaning<'a, T: Scalar>(
    args: &Args,
    data: &'a Data,
    resumed: Option<&Checkpoint<T>>,
) -> Meaning<'a> {
    match resumed {
        Some(checkpoint) => Meaning::of(data).for_outputs(checkpoint.network.outputs()),
        None => args.network.meaning(Meaning::of(data)),
    }
}

/// Are the outputs probabilities, as --calibrate takes them?
fn check_probabilities(output: Activation) -> Result<(), Failure> {
    if matches!(output, Activation::Sigmoid | Activation::Softmax) {
        return Ok(());
    }
    let problem = "--calibrate is for probabilities: expected --output sigmoid or softmax";
    Err(Failure::Arguments(problem.to_owned()))
}
