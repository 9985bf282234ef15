//! The training, watched epoch by epoch.

use shallownet::source::{SourceData, SourceError, SourceTrainer};
use shallownet::{Error, Network, Scalar};

use super::samples::Samples;
use crate::failure::Failure;
use crate::progress;
use crate::say::Say;
use crate::train::epochs::of_resuming;
use crate::train::trained::Trained;
use crate::train::watch::Watch;

/// Trains to the end. Accuracies would take a pass over the samples each: costs are told, which the
/// training has.
pub(super) fn run<T: Scalar>(
    net: &mut Network<T>,
    mut trainer: SourceTrainer<T>,
    samples: &mut Samples<'_>,
    say: &Say,
) -> Result<Trained, Failure> {
    let (args, outline, trained) = (samples.args, samples.outline, samples.train.len());
    let mut watch = Watch::new(trainer.state(), true, args, say);
    let report = trainer.run(net, &mut data(samples), |epoch| {
        let seconds = watch.lap();
        watch.see(epoch, seconds, [None, None]);
        watch.keep(epoch, progress::is_interrupted() && !epoch.state.is_finished())
    });
    watch.end()?;
    let report = report.map_err(|error| match error {
        SourceError::Source(failure) => failure,
        SourceError::Refused(error @ Error::OtherData { .. }) => of_resuming(error, args, outline),
        SourceError::Refused(error) => watch.failure(error),
    })?;
    Ok(watch.trained(&report, trained))
}

/// What is trained on, and what a training is judged by.
pub(super) fn data<'d, 'a, T: Scalar>(
    samples: &'d mut Samples<'a>,
) -> SourceData<'d, T, Samples<'a>> {
    let (trained, held) = (samples.train.len(), samples.validation.len());
    let data = SourceData::new(samples).samples(0..trained);
    if held > 0 { data.hold_out(trained..trained + held) } else { data }
}
