//! Promises: a full batch goes into the step as it is, so a run is so many steps on it, bit for
//! bit; `Fit` is the short form of that; what explodes ends at the last parameters with a finite
//! cost.

mod common;

use std::ops::ControlFlow;

use common::cases::{Batch, Case};
use common::{BACKENDS, Setup, parameter_bits};
use shallownet::{
    Activation, Columns, DataSet, EarlyStopping, Epoch, Error, Fit, Loss, Network, Optimizer,
    OptimizerState, Parallelism, PredictionWorkspace, Scalar, Schedule, Stop, Targets, Trainer,
    Training, TrainingWorkspace,
};

fn go_on<T>(_: &Epoch<'_, T>) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn case() -> Case {
    Case::new(5, &[(9, Activation::Tanh), (3, Activation::Softmax)], 23)
}

/// 0, 1/4, ..., 7/4.
fn weights<T: Scalar>(m: usize) -> Vec<T> {
    (0..m).map(|i| T::from_f64((i * 5 % 8) as f64 / 4.0)).collect()
}

fn is_so_many_steps<T: Scalar>(setup: Setup, optimizer: Optimizer) {
    const EPOCHS: usize = 9;
    let (rate, schedule) = (0.05, Schedule::step(2, 0.5).after_warm_up(2.0));
    let (batch, w) = (case().batch::<T>(0), weights::<T>(23));
    let (x, y) = batch.columns();
    let training = Training::full_batch(EPOCHS)
        .optimizer(optimizer)
        .learning_rate(rate)
        .schedule(schedule)
        .l2(1e-3)
        .clip_norm(0.2);
    for (data, targets) in [
        (DataSet::new(x, y), Targets::from(y)),
        (DataSet::new(x, y).weights(&w), Targets::weighted(y, &w)),
    ] {
        let mut stepped = case().network::<T>(setup, Parallelism::Serial);
        let (mut trained, mut seeded) =
            (stepped.try_clone().unwrap(), stepped.try_clone().unwrap());
        let state = OptimizerState::new(&stepped, optimizer).unwrap();
        let mut state = state.l2(1e-3).unwrap().clip_norm(0.2).unwrap();
        let mut workspace = TrainingWorkspace::new(&stepped, 23).unwrap();
        let mut costs = Vec::new();
        for epoch in 0..EPOCHS as u64 {
            let rate = T::from_f64(rate * schedule.factor(epoch, 1));
            costs.push(stepped.step_with(x, targets, &mut state, rate, &mut workspace).unwrap());
        }
        let mut seen = Vec::new();
        let report = training.run(&mut trained, data, |epoch| {
            assert_eq!((epoch.epoch, epoch.state.steps()), (seen.len(), seen.len() as u64 + 1));
            seen.push(epoch.training_cost);
            ControlFlow::Continue(())
        });
        assert_eq!(seen, costs, "{setup:?} {optimizer:?}");
        assert_eq!(parameter_bits(&trained), parameter_bits(&stepped), "{setup:?} {optimizer:?}");
        let report = report.unwrap();
        assert_eq!(report.cost, Some(stepped.cost(x, targets, &mut workspace).unwrap()));
        assert_eq!((report.steps, report.training_cost), (9, costs.last().copied()));
        // No order, so nothing to seed.
        training.seed(77).run(&mut seeded, data, go_on).unwrap();
        assert_eq!(parameter_bits(&seeded), parameter_bits(&stepped), "{setup:?} {optimizer:?}");
    }
}

#[test]
fn a_run_is_so_many_steps_on_the_whole_batch() {
    for &setup in BACKENDS.iter() {
        for optimizer in Optimizer::all() {
            is_so_many_steps::<f32>(setup, optimizer);
            is_so_many_steps::<f64>(setup, optimizer);
        }
    }
}

/// A batch size that covers all samples is still shuffled: other bits, and no cost after the last.
#[test]
fn a_batch_size_that_covers_all_samples_is_mini_batches() {
    let batch = case().batch::<f32>(0);
    let (x, y) = batch.columns();
    let run = |training: Training| {
        let mut net = case().network::<f32>(BACKENDS[0], Parallelism::Serial);
        let report = training.learning_rate(0.5).run(&mut net, DataSet::new(x, y), go_on).unwrap();
        assert_eq!((report.epochs, report.steps), (20, 20));
        (parameter_bits(&net), report.cost.is_some())
    };
    let (full, mini) = (run(Training::full_batch(20)), run(Training::new(20, 1000)));
    assert_eq!((full.1, mini.1), (true, false));
    assert_ne!(full.0, mini.0);
    // Its bits are those of the order that the seed names.
    assert_ne!(run(Training::new(20, 23).seed(1)).0, mini.0);
    assert_eq!(run(Training::new(20, 23)).0, mini.0);
}

#[test]
fn a_fit_is_the_same_training() {
    for &setup in BACKENDS.iter() {
        let batch = case().batch::<f32>(0);
        let (x, y) = batch.columns();
        let mut fitted = case().network::<f32>(setup, Parallelism::Serial);
        let mut trained = fitted.try_clone().unwrap();
        let mut workspace = TrainingWorkspace::new(&fitted, 30).unwrap();
        let fit = Fit::new(150, 0.3).run(&mut fitted, x, y, &mut workspace, go_on).unwrap();
        let training = Training::full_batch(150).learning_rate(0.3);
        let report = training.run(&mut trained, DataSet::new(x, y), go_on).unwrap();
        assert_eq!(fit, report);
        assert_eq!(parameter_bits(&fitted), parameter_bits(&trained), "{setup:?}");
    }
}

/// Squared error of a ReLU network at a rate that makes it explode after some steps.
fn exploding<T: Scalar>() -> (Case, Batch<T>) {
    let hidden = &[(6, Activation::Relu), (2, Activation::Identity)];
    let mut case = Case::new(3, hidden, 20);
    case.loss = Loss::SquaredError;
    let batch = case.batch(0);
    (case, batch)
}

fn ends_at_the_last_good_ones<T: Scalar>(setup: Setup, optimizer: Optimizer, rate: f64) -> u64 {
    let (case, batch) = exploding::<T>();
    let (x, y) = batch.columns();
    let data = DataSet::new(x, y).validation(x.range(0..3).unwrap(), y.range(0..3).unwrap());
    let at = format!("{setup:?} {optimizer:?} {} {rate}", T::NAME);
    let start = case.network::<T>(setup, Parallelism::Serial);
    let training = |epochs| {
        let stopping = EarlyStopping::new(usize::MAX).restore_best(false);
        let training = Training::full_batch(epochs).optimizer(optimizer).learning_rate(rate);
        training.early_stopping(stopping)
    };
    let mut net = start.try_clone().unwrap();
    let mut trainer = Trainer::new(&net, training(10_000), data).unwrap();
    let mut bests = vec![None];
    let result = trainer.run(&mut net, data, |epoch| {
        bests.push(epoch.state.best());
        ControlFlow::Continue(())
    });
    let Err(Error::Diverged { step, cost }) = result else { panic!("{at}: {result:?}") };
    assert!(!cost.is_finite(), "{at}: {cost}");
    // Counts, parameters and the best epoch are those after so many epochs.
    let kept = trainer.state().epochs();
    assert_eq!(trainer.state().steps(), kept as u64, "{at}");
    assert!(kept as u64 <= step && step <= kept as u64 + 1, "{at}: {kept} of {step}");
    assert_eq!(trainer.state().best(), bests[kept], "{at}");
    let mut repeated = start.try_clone().unwrap();
    let report = training(kept).run(&mut repeated, data, go_on).unwrap();
    assert_eq!(report.epochs, kept, "{at}");
    assert_eq!(parameter_bits(&net), parameter_bits(&repeated), "{at}");
    // One more is one too many.
    let mut further = start.try_clone().unwrap();
    let result = training(kept + 1).run(&mut further, data, go_on);
    assert!(matches!(result, Err(Error::Diverged { .. })), "{at}: {result:?}");
    assert_eq!(parameter_bits(&further), parameter_bits(&net), "{at}");
    // And from here it comes to the same end.
    let again = trainer.run(&mut net, data, go_on).unwrap_err();
    assert_eq!(format!("{again}"), format!("{}", Error::Diverged { step, cost }), "{at}");
    assert_eq!(parameter_bits(&net), parameter_bits(&repeated), "{at}");
    step
}

#[test]
fn what_explodes_ends_at_the_last_parameters_with_a_finite_cost() {
    for &setup in BACKENDS.iter() {
        let mut steps = Vec::new();
        for (optimizer, rate) in [
            (Optimizer::Sgd, 3.0),
            (Optimizer::Sgd, 1e6),
            (Optimizer::momentum(), 1.0),
            (Optimizer::adam(), 1e30),
        ] {
            steps.push(ends_at_the_last_good_ones::<f32>(setup, optimizer, rate));
        }
        steps.push(ends_at_the_last_good_ones::<f64>(setup, Optimizer::momentum(), 1.0));
        assert!(steps.iter().all(|&step| step > 0), "{steps:?}");
    }
}

/// Copies are taken every 64 steps: epochs of one step and of several, on both sides of that.
#[test]
fn a_long_way_to_divergence_is_gone_back_exactly() {
    // A linear model, which grows by a constant factor a step.
    let mut case = Case::new(2, &[(1, Activation::Identity)], 30);
    case.seed = 5;
    case.loss = Loss::SquaredError;
    let batch = case.batch::<f64>(0);
    let (x, y) = batch.columns();
    let data = DataSet::new(x, y);
    let start = case.network::<f64>(BACKENDS[0], Parallelism::Serial);
    for (size, rate) in [(None, 2.0), (Some(10), 3.0), (Some(30), 2.0)] {
        let training = match size {
            None => Training::full_batch(100_000),
            Some(size) => Training::new(100_000, size),
        };
        let training = training.learning_rate(rate);
        let mut course = vec![parameter_bits(&start)];
        let mut net = start.try_clone().unwrap();
        let mut trainer = Trainer::new(&net, training, data).unwrap();
        let result = trainer.run(&mut net, data, |epoch| {
            course.push(parameter_bits(epoch.network));
            ControlFlow::Continue(())
        });
        let Err(Error::Diverged { step, .. }) = result else { panic!("{result:?}") };
        assert!(step > 150, "{step}");
        let kept = trainer.state().epochs();
        assert_eq!(parameter_bits(&net), course[kept], "{size:?}");
        // Of the epoch of the fatal step, or the one before if that was its first.
        let steps = size.map_or(1, |size| 30 / size as u64);
        let expected = if step % steps == 0 { step / steps - 1 } else { step / steps };
        assert_eq!(kept as u64, expected, "{size:?}: step {step}");
    }
}

/// The cost is that of the parameters that the run leaves, whichever these are.
#[test]
fn the_report_has_the_cost_of_what_is_left() {
    let batch = case().batch::<f64>(0);
    let (x, y) = batch.columns();
    // Validation by the wrong classes: it can only get worse.
    let wrong: Vec<f64> = y.as_slice().chunks(3).flat_map(|y| [y[2], y[0], y[1]]).collect();
    let data = DataSet::new(x, y).validation(x, Columns::new(&wrong, 3).unwrap());
    let mut workspace =
        PredictionWorkspace::new(&case().network::<f64>(BACKENDS[0], Parallelism::Serial), 23)
            .unwrap();
    for restore_best in [true, false] {
        let mut net = case().network::<f64>(BACKENDS[0], Parallelism::Serial);
        let training = Training::full_batch(50)
            .learning_rate(0.5)
            .early_stopping(EarlyStopping::new(3).restore_best(restore_best));
        let report = training.run(&mut net, data, go_on).unwrap();
        assert_eq!(report.stop, Stop::Patience);
        assert_eq!(report.cost, Some(net.cost(x, y, &mut workspace).unwrap()));
    }
    // Stopped by the callback, and nothing left to do.
    let mut net = case().network::<f64>(BACKENDS[0], Parallelism::Serial);
    let mut trainer = Trainer::new(&net, Training::full_batch(2), data).unwrap();
    for (stop, training_cost) in
        [(Stop::Callback, true), (Stop::Finished, true), (Stop::Finished, false)]
    {
        let breaks = |_: &Epoch<'_, f64>| match stop {
            Stop::Callback => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        };
        let report = trainer.run(&mut net, data, breaks).unwrap();
        assert_eq!((report.stop, report.training_cost.is_some()), (stop, training_cost));
        assert_eq!(report.cost, Some(net.cost(x, y, &mut workspace).unwrap()));
    }
}

/// Stopped after each epoch and taken up from the state.
#[test]
fn taken_up_again_it_has_the_same_bits() {
    let batch = case().batch::<f32>(0);
    let (x, y) = batch.columns();
    let data = DataSet::new(x, y);
    for optimizer in [Optimizer::Sgd, Optimizer::adam_w()] {
        let training = Training::full_batch(70).optimizer(optimizer).learning_rate(0.02);
        let mut whole = case().network::<f32>(BACKENDS[0], Parallelism::Serial);
        let mut net: Network<f32> = whole.try_clone().unwrap();
        let expected = training.run(&mut whole, data, go_on).unwrap();
        let mut state = Trainer::new(&net, training, data).unwrap().into_state();
        let report = loop {
            let mut trainer = Trainer::resume(&net, state, data).unwrap();
            let report = trainer.run(&mut net, data, |_| ControlFlow::Break(())).unwrap();
            state = trainer.into_state();
            if report.stop != Stop::Callback {
                break report;
            }
        };
        assert_eq!((report.epochs, report.cost), (70, expected.cost));
        assert_eq!(parameter_bits(&net), parameter_bits(&whole), "{optimizer:?}");
    }
}
