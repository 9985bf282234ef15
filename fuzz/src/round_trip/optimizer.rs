//! `optimizer_round_trip`: a training is put away in the middle, and goes on.
//!
//! Any small network on any backend, any data, any training with constants in their ranges; some
//! epochs, a checkpoint to bytes and to a file, and the rest. Asserted:
//!
//! * constants in their ranges are refused only where f32, or f64, has no normal number for them;
//! * the checkpoint reads back with the same parameters and counts, and written again it has the
//!   same bytes, after divergence, too;
//! * three ways to the end have the same bits: without a stop, stopped and gone on with by the same
//!   trainer, and taken up from the file. Epochs, steps, why it ended, costs and the best epoch are
//!   the same as well;
//! * a training that diverges does so at the same step on all three, with the same cost. (What it
//!   goes back to may be another epoch: a run that begins there has none before it.)

use std::ops::ControlFlow;

use arbitrary::{Arbitrary, Result, Unstructured};
use shallownet::io::checkpoint::{self, Checkpoint};
use shallownet::testing::cases::Numbers;
use shallownet::testing::cases::bytes::{Constants, Wild, within};
use shallownet::{
    Columns, DataSet, Error, Init, Loss, Network, Scalar, Trainer, Training, TrainingReport,
};

use super::{Shape, set};
use crate::bits::{self, canonical};
use crate::loaders::path;

/// A training, and where it is interrupted.
#[derive(Debug, Clone)]
pub struct Input {
    is_double: bool,
    shape: Shape,
    training: Training,
    samples: usize,
    validation: usize,
    is_weighted: bool,
    seed: u8,
    spots: Vec<(u16, Wild)>,
    /// Epochs before the interruption.
    stop: usize,
}

impl<'a> Arbitrary<'a> for Input {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let (is_double, is_weighted, seed) = (u.arbitrary()?, u.arbitrary()?, u.arbitrary()?);
        let shape = Shape::draw(u, 9)?;
        let epochs = within(u, 0, 6)?;
        let training = Constants::Valid.training(u, epochs)?;
        let (samples, validation) = (within(u, 1, 24)?, within(u, 1, 9)?);
        let stop = within(u, 0, epochs)?;
        let mut spots = Vec::new();
        for _ in 0..u.arbitrary::<u8>()? % 4 {
            let value = u.arbitrary::<Wild>()?;
            // The network refuses others.
            if value.0.is_finite() && value.to::<f32>().is_finite() {
                spots.push((u.arbitrary()?, value));
            }
        }
        Ok(Self { is_double, shape, training, samples, validation, is_weighted, seed, spots, stop })
    }
}

/// The target.
pub fn run(input: &Input) {
    if input.is_double { check::<f64>(input) } else { check::<f32>(input) }
}

/// x, y and weights of the training samples, then of the validation samples.
struct Data<T> {
    x: Vec<T>,
    y: Vec<T>,
    weights: Vec<T>,
}

impl<T: Scalar> Data<T> {
    fn of(input: &Input, net: &Network<T>) -> Self {
        let mut numbers = Numbers(input.seed.into());
        let m = input.samples + input.validation;
        let x = (0..m * net.inputs()).map(|_| numbers.ordinary(2.0)).collect();
        let mut y = Vec::new();
        for _ in 0..m {
            let class = numbers.below(net.targets() as u64) as usize;
            y.extend((0..net.targets()).map(|k| match net.loss() {
                Loss::BinaryCrossEntropy => T::from_f64(numbers.below(2) as f64),
                Loss::CategoricalCrossEntropy => T::from_f64(f64::from(u8::from(k == class))),
                Loss::Poisson => T::from_f64(numbers.below(4) as f64),
                _ => numbers.ordinary(1.0),
            }));
        }
        let weight = |_| T::from_f64(numbers.below(8) as f64 / 4.0);
        let weights = (0..input.samples).map(weight).collect();
        Self { x, y, weights }
    }

    fn set(&self, input: &Input, net: (usize, usize)) -> DataSet<'_, T> {
        let part = |of, features| {
            let all = Columns::new(of, features).expect("whole columns");
            let cut = input.samples;
            (all.range(0..cut).expect("some"), all.range(cut..all.samples()).expect("the rest"))
        };
        let ((x, held_x), (y, held_y)) = (part(&self.x, net.0), part(&self.y, net.1));
        let data = DataSet::new(x, y).validation(held_x, held_y);
        if input.is_weighted { data.weights(&self.weights) } else { data }
    }
}

fn check<T: Scalar>(input: &Input) {
    let builder = input.shape.builder::<T>().init(Init::XavierNormal, input.seed.into());
    let mut start = builder.build().expect("a sound shape");
    set(&mut start, &input.spots);
    let data = Data::of(input, &start);
    let data = data.set(input, (start.inputs(), start.targets()));

    let mut whole = start.try_clone().expect("a small network");
    let mut trainer = match Trainer::new(&whole, input.training, data) {
        Ok(trainer) => trainer,
        Err(Error::Range { given, .. }) => {
            let typed = T::from_f64(given);
            let normal = T::MIN_POSITIVE.to_f64()..1.0;
            assert!(!typed.is_finite() || !normal.contains(&typed.to_f64()), "{input:?}");
            return;
        }
        Err(other) => panic!("{other}: {input:?}"),
    };
    let expected = to_the_end(&mut trainer, &mut whole, data);
    through_a_file(input, &whole, &trainer);

    let mut net = start;
    let mut trainer = Trainer::new(&net, input.training, data).expect("a sound training");
    if input.stop > 0 {
        let stopped = trainer.run(&mut net, data, |epoch| {
            if epoch.epoch + 1 >= input.stop {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        });
        if stopped.is_err() {
            // It diverged before: as it did without a stop.
            through_a_file(input, &net, &trainer);
            return same_end(input, (&whole, &expected), (&net, &stopped));
        }
    }
    let Checkpoint { mut network, state } = through_a_file(input, &net, &trainer);
    let went_on = to_the_end(&mut trainer, &mut net, data);
    same_end(input, (&whole, &expected), (&net, &went_on));
    let mut trainer = Trainer::resume(&network, state, data).expect("the same data");
    let resumed = to_the_end(&mut trainer, &mut network, data);
    same_end(input, (&whole, &expected), (&network, &resumed));
}

type Answer = shallownet::Result<TrainingReport>;

fn to_the_end<T: Scalar>(
    trainer: &mut Trainer<T>,
    net: &mut Network<T>,
    data: DataSet<'_, T>,
) -> Answer {
    trainer.run(net, data, |_| ControlFlow::Continue(()))
}

fn same_end<T: Scalar>(
    input: &Input,
    (whole, expected): (&Network<T>, &Answer),
    (net, given): (&Network<T>, &Answer),
) {
    match (expected, given) {
        (Ok(expected), Ok(given)) => {
            assert_eq!(bits::parameters(net), bits::parameters(whole), "{input:?}");
            let counts = |r: &TrainingReport| (r.epochs, r.steps, r.stop, r.best);
            assert_eq!(counts(given), counts(expected), "{input:?}");
            // A run that finds nothing left to do has no costs.
            if given.training_cost.is_some() {
                let costs = |r: &TrainingReport| {
                    [r.training_cost, r.validation_cost].map(|c| c.map(canonical))
                };
                assert_eq!(costs(given), costs(expected), "{input:?}");
            }
        }
        (
            Err(Error::Diverged { step, cost }),
            Err(Error::Diverged { step: its_step, cost: its_cost }),
        ) => {
            let (there, here) = ((step, canonical(*cost)), (its_step, canonical(*its_cost)));
            assert_eq!(there, here, "{input:?}");
        }
        _ => panic!("{expected:?} without a stop, {given:?} with one: {input:?}"),
    }
}

fn through_a_file<T: Scalar>(
    input: &Input,
    net: &Network<T>,
    trainer: &Trainer<T>,
) -> Checkpoint<T> {
    let state = trainer.state();
    let bytes = checkpoint::encode(net, state).expect("finite numbers");
    let path = path("checkpoint.safetensors");
    checkpoint::save(&path, net, state).expect("a checkpoint that can be written");
    assert_eq!(std::fs::read(&path).expect("the file"), bytes);
    let on = |builder: shallownet::Builder<T>| input.shape.setup.choose(builder);
    let copy = checkpoint::load_with::<T>(&path, on).expect("what was written");
    assert_eq!(bits::parameters(&copy.network), bits::parameters(net), "{input:?}");
    let counts = |s: &shallownet::TrainingState<T>| (s.training(), s.epochs(), s.steps(), s.best());
    assert_eq!(counts(&copy.state), counts(state), "{input:?}");
    let again = checkpoint::encode(&copy.network, &copy.state).expect("what was read");
    assert_eq!(again, bytes, "{input:?}");
    copy
}
