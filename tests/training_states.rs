//! Promise: whatever a training does, its state can be saved, loaded and gone on with; and after
//! divergence it is the state of the last epoch whose next step was possible, the best epoch
//! included.

mod common;

use std::ops::ControlFlow;

use common::cases::Numbers;
use common::{BACKENDS, On, Setup};
use proptest::prelude::*;
use shallownet::io::checkpoint::{self, Checkpoint};
use shallownet::{
    Activation, Columns, DataSet, EarlyStopping, Error, Init, Loss, Network, Optimizer, Result,
    Scalar, Schedule, Stop, Trainer, Training, TrainingReport,
};

#[derive(Debug, Clone)]
struct Plan {
    training: Training,
    /// Where an epoch's samples become huge, so that a step of it diverges: which sample, which
    /// epoch.
    explosion: Option<(usize, usize)>,
    /// After which epochs the callback stops the run.
    breaks: Vec<usize>,
    /// Is the validation set all zeros, whose cost stays finite whatever the weights are?
    calm: bool,
    /// Do the weights begin at 0, and is the huge sample there from the first epoch? Then a cost
    /// may be finite, and that of the next step not.
    from_zero: bool,
    seed: u64,
}

const SAMPLES: usize = 12;
/// In place of a batch size: full batches.
const FULL: usize = 0;

fn plan() -> impl Strategy<Value = Plan> {
    let optimizer = prop::sample::select(Optimizer::all().to_vec());
    let rate = prop::sample::select(vec![0.01, 0.1, 10.0, 1e3, 1e10, 1e25, 1e36]);
    let schedule = prop::sample::select(vec![
        Schedule::constant(),
        Schedule::step(2, 1e-3),
        Schedule::cosine(4, 0.0),
        Schedule::constant().after_warm_up(2.5),
    ]);
    let stopping = (1_usize..4, prop::sample::select(vec![0.0, 1e-3, 1e30]), any::<bool>());
    let stopping = stopping.prop_map(|(patience, min_delta, restore_best)| {
        EarlyStopping::new(patience).min_delta(min_delta).restore_best(restore_best)
    });
    let options = (
        prop::sample::select(vec![0.0, 1e-3]),
        prop::option::of(prop::sample::select(vec![1e-3, 1.0, 1e30])),
        prop::option::weighted(0.8, stopping),
    );
    let course = (
        prop::option::of((0..SAMPLES, 0_usize..6)),
        prop::collection::vec(0_usize..6, 0..3),
        any::<bool>(),
        any::<bool>(),
    );
    let sizes = (1_usize..7, prop::sample::select(vec![FULL, 1, 5, SAMPLES, 100]), any::<u8>());
    (optimizer, rate, schedule, options, course, sizes).prop_map(
        |(
            optimizer,
            rate,
            schedule,
            (l2, clip, stopping),
            (explosion, breaks, calm, from_zero),
            sizes,
        )| {
            let (epochs, batch, seed) = sizes;
            let kind = match batch {
                FULL => Training::full_batch(epochs),
                size => Training::new(epochs, size),
            };
            let mut training = kind
                .optimizer(optimizer)
                .learning_rate(rate)
                .schedule(schedule)
                .l2(l2)
                .seed(seed.into());
            if let Some(norm) = clip {
                training = training.clip_norm(norm);
            }
            if let Some(stopping) = stopping {
                training = training.early_stopping(stopping);
            }
            Plan { training, explosion, breaks, calm, from_zero, seed: seed.into() }
        },
    )
}

fn network<T: Scalar>(setup: Setup, plan: &Plan) -> Network<T> {
    let init = if plan.from_zero { Init::Zeros } else { Init::HeNormal };
    let mut builder = Network::builder(2).init(init, plan.seed).on(setup);
    if !plan.from_zero {
        builder = builder.layer(4, Activation::Relu);
    }
    builder.layer(1, Activation::Identity).loss(Loss::SquaredError).build().unwrap()
}

/// Samples, targets, and as many for validation. With an explosion, the sample is T's largest.
struct Data<T> {
    x: Vec<T>,
    y: Vec<T>,
    validation: Vec<T>,
}

impl<T: Scalar> Data<T> {
    fn new(plan: &Plan, exploding: bool) -> Self {
        let mut numbers = Numbers(plan.seed);
        let mut draw = |n: usize| -> Vec<T> { (0..n).map(|_| numbers.ordinary(1.0)).collect() };
        let (mut x, y, mut validation) = (draw(2 * SAMPLES), draw(SAMPLES), draw(2 * SAMPLES));
        if plan.calm {
            validation.fill(T::from_f64(0.0));
        }
        if let Some((sample, _)) = plan.explosion.filter(|_| exploding) {
            let largest = if T::NAME == "f32" { f64::from(f32::MAX) } else { f64::MAX };
            x[2 * sample..2 * sample + 2].fill(T::from_f64(largest));
        }
        Self { x, y, validation }
    }

    fn set(&self) -> DataSet<'_, T> {
        let y = Columns::new(&self.y, 1).unwrap();
        DataSet::new(Columns::new(&self.x, 2).unwrap(), y)
            .validation(Columns::new(&self.validation, 2).unwrap(), y)
    }
}

/// A training, and the bytes of its checkpoint after each epoch, the beginning first.
struct Run<T> {
    net: Network<T>,
    trainer: Trainer<T>,
    course: Vec<Vec<u8>>,
}

impl<T: Scalar> Run<T> {
    fn new(setup: Setup, plan: &Plan, data: DataSet<'_, T>) -> Result<Self> {
        let net = network::<T>(setup, plan);
        let trainer = Trainer::new(&net, plan.training, data)?;
        let course = vec![checkpoint::encode(&net, trainer.state()).unwrap()];
        Ok(Self { net, trainer, course })
    }

    /// Until the epoch `until`, or an end of its own.
    fn run(&mut self, data: DataSet<'_, T>, until: Option<usize>) -> Result<TrainingReport> {
        let course = &mut self.course;
        self.trainer.run(&mut self.net, data, |epoch| {
            let bytes = checkpoint::encode(epoch.network, epoch.state).unwrap();
            course.truncate(epoch.epoch + 1);
            course.push(bytes);
            match until {
                Some(until) if epoch.epoch >= until => ControlFlow::Break(()),
                _ => ControlFlow::Continue(()),
            }
        })
    }

    fn bytes(&self) -> Vec<u8> {
        checkpoint::encode(&self.net, self.trainer.state()).unwrap()
    }

    /// The state as a file would have it, in place of the one there is.
    fn reload(&mut self, setup: Setup, data: DataSet<'_, T>) {
        let bytes = self.bytes();
        let Checkpoint { network, state } =
            checkpoint::decode::<T>(&bytes, |builder| builder.on(setup)).unwrap();
        assert_eq!(checkpoint::encode(&network, &state).unwrap(), bytes);
        self.trainer = Trainer::resume(&network, state, data).unwrap();
        self.net = network;
    }
}

/// Returns whether the best epoch was gone back on.
fn check<T: Scalar>(setup: Setup, plan: &Plan) -> bool {
    let calm = Data::<T>::new(plan, false);
    let wild = Data::<T>::new(plan, true);
    // What one type takes is too much for the other.
    let Ok(mut run) = Run::<T>::new(setup, plan, calm.set()) else { return false };
    let mut stops: Vec<(usize, bool)> = plan.breaks.iter().map(|&e| (e, false)).collect();
    if let Some((_, epoch)) = plan.explosion.filter(|_| !plan.from_zero) {
        stops.push((epoch, true));
    }
    stops.sort_unstable();
    stops.push((usize::MAX, false));
    let (mut went_back, mut is_wild) = (false, plan.from_zero);
    for (until, explodes) in stops {
        let data = if is_wild { &wild } else { &calm };
        // At its end the network may have been given the parameters of another epoch.
        let end = run.trainer.state().is_finished().then(|| run.bytes());
        let result = run.run(data.set(), (until != usize::MAX).then_some(until));
        let epochs = run.trainer.state().epochs();
        match result {
            Err(Error::Diverged { .. }) => {
                // Exactly what it was after that epoch, whatever has been judged since.
                let expected = end.as_ref().unwrap_or(&run.course[epochs]);
                assert!(run.bytes() == *expected, "{plan:?} {setup:?}");
                assert!(epochs + 2 >= run.course.len(), "{plan:?} {setup:?}");
                went_back |= epochs + 1 < run.course.len();
                run.reload(setup, calm.set());
                // The same again, from the file, comes to the same end.
                let again = run.run(data.set(), None);
                assert!(matches!(again, Err(Error::Diverged { .. })), "{plan:?} {setup:?}");
                let kept = run.trainer.state().epochs();
                assert!(run.bytes() == *end.as_ref().unwrap_or(&run.course[kept]));
                run.course.truncate(run.trainer.state().epochs() + 1);
                is_wild = false;
            }
            Ok(report) => {
                if report.stop == Stop::Callback {
                    assert_eq!(run.bytes(), run.course[epochs], "{plan:?} {setup:?}");
                }
                is_wild = explodes;
            }
            Err(other) => panic!("{other}: {plan:?} {setup:?}"),
        }
        run.reload(setup, calm.set());
    }
    went_back
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn every_state_can_be_saved_loaded_and_gone_on_with(plan in plan()) {
        for &setup in BACKENDS.iter() {
            check::<f32>(setup, &plan);
            check::<f64>(setup, &plan);
        }
    }
}

/// Early stopping judges an epoch the best; the first step of the next finds an infinite cost.
#[test]
fn a_best_epoch_that_is_gone_back_on_is_no_longer_the_best() {
    for &setup in BACKENDS.iter() {
        for optimizer in [Optimizer::Sgd, Optimizer::adam()] {
            let training = Training::new(6, SAMPLES)
                .optimizer(optimizer)
                .learning_rate(0.01)
                .early_stopping(EarlyStopping::new(3));
            // One step an epoch; the samples explode after the third.
            let (explosion, seed) = (Some((4, 2)), 3);
            let plan =
                Plan { training, explosion, breaks: vec![], calm: false, from_zero: false, seed };
            let (calm, wild) = (Data::<f32>::new(&plan, false), Data::<f32>::new(&plan, true));
            let mut run = Run::<f32>::new(setup, &plan, calm.set()).unwrap();
            run.run(calm.set(), Some(2)).unwrap();
            let best = run.trainer.state().best().unwrap();
            assert_eq!((best.epoch, run.trainer.state().epochs()), (2, 3));
            let before = run.bytes();
            // A new run begins with what there is: nothing to go back on.
            let result = run.run(wild.set(), None);
            assert!(matches!(result, Err(Error::Diverged { step: 3, .. })), "{result:?}");
            assert_eq!((run.bytes(), run.trainer.state().best()), (before, Some(best)));
        }
        // Within a run: the first step makes the weights huge, which validation at x = 0 does not
        // see.
        let training = Training::new(6, SAMPLES).early_stopping(EarlyStopping::new(5));
        let plan = Plan {
            training,
            explosion: Some((4, 0)),
            breaks: vec![],
            calm: true,
            from_zero: true,
            seed: 3,
        };
        assert!(check::<f32>(setup, &plan) && check::<f64>(setup, &plan), "{setup:?}");
    }
}

/// The callback stops a run whose last step has left an infinite weight: an error, not a report.
#[test]
fn parameters_that_are_not_finite_never_reach_a_callback() {
    for &setup in BACKENDS.iter() {
        let training = Training::new(3, SAMPLES).learning_rate(1e38);
        let plan = Plan {
            training,
            explosion: None,
            breaks: vec![],
            calm: true,
            from_zero: false,
            seed: 3,
        };
        let mut data = Data::<f32>::new(&plan, false);
        data.y.fill(1e3);
        let mut run = Run::<f32>::new(setup, &plan, data.set()).unwrap();
        let result = run.run(data.set(), Some(0));
        assert!(matches!(result, Err(Error::Diverged { .. })), "{result:?}");
        assert_eq!(run.bytes(), run.course[0]);
    }
}
