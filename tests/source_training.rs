//! Promise: a training on samples that are read from a source goes as one on samples in memory, to the
//! bit where their order is the same; its bits do not depend on threads, the source's speed, or breaks;
//! what the source can't read comes through, and leaves parameters that are good.

use std::collections::HashMap;
use std::fmt;
use std::ops::{ControlFlow, Range};
use std::time::Duration;

use shallownet::source::{InMemory, Source, SourceData, SourceError, SourceTrainer};
use shallownet::{
    Activation, Columns, DataSet, EarlyStopping, Error, Init, Loss, Network, Optimizer, Schedule,
    Stop, Targets, Trainer, Training, TrainingReport,
};

const INPUTS: usize = 5;
const OUTPUTS: usize = 2;

struct Data {
    x: Vec<f32>,
    y: Vec<f32>,
}

impl Data {
    fn new(samples: usize) -> Self {
        let number = |i: usize| ((i * 7919 + 13) % 1009) as f32 / 504.5 - 1.0;
        let x: Vec<f32> = (0..INPUTS * samples).map(number).collect();
        let target = |x: &[f32]| [x[0] * x[1] - x[4], (x[2] + 2.0 * x[3]).sin()];
        let y = x.chunks(INPUTS).flat_map(target).collect();
        Self { x, y }
    }

    fn columns(&self) -> (Columns<'_, f32>, Columns<'_, f32>) {
        (Columns::new(&self.x, INPUTS).unwrap(), Columns::new(&self.y, OUTPUTS).unwrap())
    }

    fn part(&self, range: Range<usize>) -> (Columns<'_, f32>, Columns<'_, f32>) {
        let (x, y) = self.columns();
        (x.range(range.clone()).unwrap(), y.range(range).unwrap())
    }

    fn source(&self) -> InMemory<'_, f32> {
        let (x, y) = self.columns();
        InMemory::new(x, y).unwrap()
    }
}

fn net(hidden: usize) -> Network<f32> {
    Network::builder(INPUTS)
        .layer(hidden, Activation::Tanh)
        .layer(OUTPUTS, Activation::Identity)
        .init(Init::XavierNormal, 3)
        .build()
        .unwrap()
}

fn bits(net: &Network<f32>) -> Vec<u32> {
    let layers = 0..net.layers().len();
    let values =
        layers.flat_map(|l| [net.weights(l).unwrap(), net.bias(l).unwrap().to_vec()].concat());
    values.map(f32::to_bits).collect()
}

type Watched = Vec<(u64, Option<u64>)>;

/// Trains on all samples but the last `held`: the costs, and the report.
fn train<S: Source<f32>>(
    net: &mut Network<f32>,
    training: Training,
    source: &mut S,
    held: usize,
) -> (Watched, TrainingReport)
where
    S::Error: fmt::Debug,
{
    let (m, mut costs) = (source.samples(), Vec::new());
    let mut data = SourceData::new(source).samples(0..m - held);
    if held > 0 {
        data = data.hold_out(m - held..m);
    }
    let mut trainer = SourceTrainer::new(net, training, &data).unwrap();
    let report = trainer.run(net, &mut data, |epoch| {
        costs.push((epoch.training_cost.to_bits(), epoch.validation_cost.map(f64::to_bits)));
        ControlFlow::Continue(())
    });
    (costs, report.unwrap())
}

/// The same in memory.
fn train_in_memory(
    net: &mut Network<f32>,
    training: Training,
    data: &Data,
    held: usize,
) -> (Watched, TrainingReport) {
    let (m, mut costs) = (data.columns().0.samples(), Vec::new());
    let (x, y) = data.part(0..m - held);
    let mut set = DataSet::new(x, y);
    if held > 0 {
        let (x, y) = data.part(m - held..m);
        set = set.validation(x, y);
    }
    let report = training.run(net, set, |epoch| {
        costs.push((epoch.training_cost.to_bits(), epoch.validation_cost.map(f64::to_bits)));
        ControlFlow::Continue(())
    });
    (costs, report.unwrap())
}

/// Every option; windows that a batch is longer than, that it divides, that hold all.
#[test]
fn orders_that_are_a_trainers_have_its_bits() {
    let data = Data::new(3500);
    let plain = Training::new(4, 32).seed(9).learning_rate(0.05);
    let all = plain
        .optimizer(Optimizer::adam())
        .learning_rate(0.01)
        .schedule(Schedule::cosine(4, 0.1).after_warm_up(0.5))
        .l2(1e-4)
        .clip_norm(0.5)
        .dropout(0.2)
        .early_stopping(EarlyStopping::new(2));
    let others = [Optimizer::momentum(), Optimizer::adam_w()].map(|o| plain.optimizer(o));
    // Of 2,500 samples held out, the third part is shorter.
    for (training, held) in [(plain, 0), (all, 2500), (all, 7), (others[0], 0), (others[1], 1024)] {
        let mut expected = net(9);
        let (costs, report) = train_in_memory(&mut expected, training, &data, held);
        let m = 3500 - held;
        for window in [(1, 1), (1, 30), (1, 64), (1, m), (100, 35), (m, 1), (m + 9, 5)] {
            let mut given = net(9);
            let training = training.window(window.0, window.1);
            let (given_costs, given_report) = train(&mut given, training, &mut data.source(), held);
            assert_eq!(given_costs, costs, "{window:?} {held}");
            assert_eq!(
                (given_report, bits(&given)),
                (report, bits(&expected)),
                "{window:?} {held}"
            );
        }
        // Another order is another training, and learns as well.
        let mut other = net(9);
        let (_, given) = train(&mut other, training.window(100, 4), &mut data.source(), held);
        assert_ne!(bits(&other), bits(&expected));
        let costs = [given, report].map(|report| report.training_cost.unwrap());
        assert!(costs[0] < 4.0 * costs[1] && costs[1] < 4.0 * costs[0], "{costs:?}");
    }
}

/// Takes its time, now and then.
struct Slow<'a>(InMemory<'a, f32>, u64);

impl Source<f32> for Slow<'_> {
    type Error = Error;

    fn samples(&self) -> usize {
        self.0.samples()
    }

    fn features(&self) -> usize {
        self.0.features()
    }

    fn targets(&self) -> usize {
        self.0.targets()
    }

    fn read(&mut self, range: Range<usize>, x: &mut [f32], y: &mut [f32]) -> Result<(), Error> {
        std::thread::sleep(Duration::from_micros(300 * ((range.start as u64 * self.1) % 3)));
        self.0.read(range, x, y)
    }
}

#[test]
fn threads_and_the_sources_speed_change_no_bit() {
    let data = Data::new(6000);
    let training = Training::new(3, 1000).optimizer(Optimizer::adam()).window(70, 11);
    let mut expected = net(300);
    let before = bits(&expected);
    let costs = train(&mut expected, training, &mut data.source(), 500);
    assert_ne!(bits(&expected), before);
    for threads in [1, 2, 3, 7] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        for speed in [0, 1, 7] {
            let mut given = net(300);
            let mut source = Slow(data.source(), speed);
            let found = pool.install(|| train(&mut given, training, &mut source, 500));
            assert_eq!(
                (found, bits(&given)),
                (costs.clone(), bits(&expected)),
                "{threads} {speed}"
            );
        }
    }
}

/// Counts how often each sample is read; fails, panics or changes at its n-th read.
struct Watcher<'a> {
    source: InMemory<'a, f32>,
    reads: usize,
    seen: HashMap<usize, usize>,
    fails_at: Option<usize>,
    panics_at: Option<usize>,
    /// A value that is put in a sample's place.
    changed: Option<(usize, f32, bool)>,
}

#[derive(Debug, PartialEq, thiserror::Error)]
#[error("tape 7 is torn at sample {0}")]
struct Torn(usize);

impl<'a> Watcher<'a> {
    fn of(data: &'a Data) -> Self {
        let source = data.source();
        let (reads, seen) = (0, HashMap::new());
        Self { source, reads, seen, fails_at: None, panics_at: None, changed: None }
    }
}

impl Source<f32> for Watcher<'_> {
    type Error = Torn;

    fn samples(&self) -> usize {
        self.source.samples()
    }

    fn features(&self) -> usize {
        INPUTS
    }

    fn targets(&self) -> usize {
        OUTPUTS
    }

    fn read(&mut self, range: Range<usize>, x: &mut [f32], y: &mut [f32]) -> Result<(), Torn> {
        self.reads += 1;
        if self.fails_at.is_some_and(|at| self.reads >= at) {
            x.fill(f32::NAN);
            return Err(Torn(range.start));
        }
        assert_ne!(self.panics_at, Some(self.reads), "the tape broke");
        range.clone().for_each(|sample| *self.seen.entry(sample).or_default() += 1);
        self.source.read(range.clone(), x, y).unwrap();
        if let Some((sample, value, in_y)) = self.changed.filter(|c| range.contains(&c.0)) {
            let (of, n) = if in_y { (y, OUTPUTS) } else { (x, INPUTS) };
            of[(sample - range.start) * n + 1] = value;
        }
        Ok(())
    }
}

#[test]
fn every_sample_is_read_once_an_epoch() {
    let data = Data::new(1000);
    for (window, held) in [((7, 3), 0), ((1, 10), 10), ((64, 2), 100), ((1000, 1), 0)] {
        let mut source = Watcher::of(&data);
        let training = Training::new(5, 30).window(window.0, window.1);
        train(&mut net(3), training, &mut source, held);
        assert!((0..1000).all(|sample| source.seen[&sample] == 5), "{window:?}");
    }
    // Only those that are asked for.
    let mut source = Watcher::of(&data);
    let mut set = SourceData::new(&mut source).samples(100..200).hold_out(50..60);
    let mut trainer = SourceTrainer::new(&net(3), Training::new(2, 30).window(8, 3), &set).unwrap();
    trainer.run(&mut net(3), &mut set, |_| ControlFlow::Continue(())).unwrap();
    let mut seen: Vec<usize> = source.seen.into_keys().collect();
    seen.sort_unstable();
    assert_eq!(seen, (50..60).chain(100..200).collect::<Vec<_>>());
}

#[test]
fn a_training_taken_up_again_has_the_bits_of_one_without_a_break() {
    let data = Data::new(900);
    let training = Training::new(8, 50)
        .optimizer(Optimizer::adam())
        .schedule(Schedule::cosine(8, 0.0))
        .dropout(0.1)
        .early_stopping(EarlyStopping::new(5))
        .window(17, 9);
    let mut expected = net(7);
    let (costs, report) = train(&mut expected, training, &mut data.source(), 100);
    for stop in [0, 3, 6] {
        let (mut given, mut source, mut seen) = (net(7), data.source(), Vec::new());
        let mut set = SourceData::new(&mut source).samples(0..800).hold_out(800..900);
        let mut trainer = SourceTrainer::new(&given, training, &set).unwrap();
        let mut watch = |epoch: &shallownet::Epoch<'_, f32>| {
            seen.push((epoch.training_cost.to_bits(), epoch.validation_cost.map(f64::to_bits)));
            if epoch.epoch == stop { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let first = trainer.run(&mut given, &mut set, &mut watch).unwrap();
        assert_eq!((first.stop, first.epochs), (Stop::Callback, stop + 1));
        if stop == 3 {
            // The same trainer goes on.
            let last = trainer.run(&mut given, &mut set, &mut watch).unwrap();
            assert_eq!(last, report);
        } else {
            let bytes = shallownet::io::checkpoint::encode(&given, trainer.state()).unwrap();
            let loaded = shallownet::io::checkpoint::decode::<f32>(&bytes, |net| net).unwrap();
            given = loaded.network;
            assert_eq!(loaded.state.training().get_window(), Some((17, 9)));
            let mut trainer = SourceTrainer::resume(&given, loaded.state, &set).unwrap();
            let last = trainer.run(&mut given, &mut set, &mut watch).unwrap();
            assert_eq!(last, report);
        }
        assert_eq!((seen, bits(&given)), (costs.clone(), bits(&expected)));
    }
}

/// Wherever it fails: the first read, the middle of an epoch, its first window, the samples held out.
#[test]
fn a_source_that_fails_is_heard_and_leaves_a_good_epoch() {
    let data = Data::new(1000);
    // 25 blocks an epoch, in 9 windows; then one stretch held out. Epochs of 80 steps, and of 9.
    for batch in [10, 100] {
        let training = Training::new(6, batch).optimizer(Optimizer::momentum()).window(32, 3);
        let mut all = net(6);
        let whole = train(&mut all, training, &mut data.source(), 200);
        let after = |epochs: usize| {
            let mut net = net(6);
            let mut source = data.source();
            let mut set = SourceData::new(&mut source).samples(0..800).hold_out(800..1000);
            let mut trainer = SourceTrainer::new(&net, training, &set).unwrap();
            let stop = |epoch: &shallownet::Epoch<'_, f32>| match epoch.epoch + 1 == epochs {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            };
            if epochs > 0 {
                trainer.run(&mut net, &mut set, stop).unwrap();
            }
            bits(&net)
        };
        for fails_at in [1, 2, 20, 26, 27, 28, 40, 79, 120] {
            let mut source = Watcher::of(&data);
            source.fails_at = Some(fails_at);
            let mut given = net(6);
            let mut set = SourceData::new(&mut source).samples(0..800).hold_out(800..1000);
            let mut trainer = SourceTrainer::new(&given, training, &set).unwrap();
            let error = trainer.run(&mut given, &mut set, |_| ControlFlow::Continue(()));
            let error = error.unwrap_err();
            assert!(matches!(error, SourceError::Source(Torn(_))), "{error}");
            assert!(error.to_string().starts_with("tape 7 is torn at sample"), "{error}");
            // 26 reads an epoch.
            let epochs = trainer.state().epochs();
            assert_eq!(epochs, (fails_at - 1) / 26, "{fails_at}");
            assert_eq!(bits(&given), after(epochs), "{fails_at}: {epochs} epochs");
            // The tape is mended: it goes on as if nothing had been.
            set.source_mut().fails_at = None;
            let report = trainer.run(&mut given, &mut set, |_| ControlFlow::Continue(())).unwrap();
            assert_eq!((report, bits(&given)), (whole.1, bits(&all)), "{fails_at}");
        }
    }
}

#[test]
fn a_source_that_panics_is_heard_and_nothing_hangs() {
    let data = Data::new(1000);
    for panics_at in [1, 5, 20, 60] {
        let mut source = Watcher::of(&data);
        source.panics_at = Some(panics_at);
        let mut given = net(4);
        let mut set = SourceData::new(&mut source);
        let training = Training::new(4, 20).window(32, 3);
        let mut trainer = SourceTrainer::new(&given, training, &set).unwrap();
        let mut run = || trainer.run(&mut given, &mut set, |_| ControlFlow::Continue(()));
        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(&mut run)).unwrap_err();
        let message = caught.downcast_ref::<String>().unwrap();
        assert!(message.contains("the tape broke"), "{message}");
        // The trainer has lost its windows with it, and makes others.
        assert!(run().is_ok());
    }
}

#[test]
fn divergence_leaves_the_parameters_that_a_trainer_leaves() {
    let data = Data::new(700);
    for (rate, batch) in [(30.0, 7), (3.0, 7), (30.0, 100), (1e30, 50)] {
        let training = Training::new(40, batch).learning_rate(rate).window(1, 40);
        let (mut given, mut expected) = (net(6), net(6));
        let (x, y) = data.columns();
        let mut trainer = {
            let training = Training::new(40, batch).learning_rate(rate);
            Trainer::new(&expected, training, DataSet::new(x, y)).unwrap()
        };
        let first = trainer.run(&mut expected, DataSet::new(x, y), |_| ControlFlow::Continue(()));
        let mut source = data.source();
        let mut set = SourceData::new(&mut source);
        let mut from_source = SourceTrainer::new(&given, training, &set).unwrap();
        let second = from_source.run(&mut given, &mut set, |_| ControlFlow::Continue(()));
        assert!(matches!(first, Err(Error::Diverged { .. })), "{rate}: {first:?}");
        let (a, b) = (first.unwrap_err(), second.unwrap_err());
        // Costs that are not a number are not equal to themselves.
        assert_eq!(SourceError::<Error>::Refused(a).to_string(), b.to_string());
        assert_eq!(trainer.state().epochs(), from_source.state().epochs());
        assert_eq!(bits(&given), bits(&expected));
        assert!(bits(&given).iter().all(|&v| f32::from_bits(v).is_finite()));
    }
}

#[test]
fn values_that_no_network_can_take_are_named_by_their_sample() {
    let data = Data::new(500);
    let training = Training::new(3, 20).window(32, 3);
    let run = |changed, loss: Option<Loss>, held: usize| {
        let mut source = Watcher::of(&data);
        source.changed = changed;
        let builder = Network::<f32>::builder(INPUTS);
        let mut net = match loss {
            None => builder.layer(OUTPUTS, Activation::Identity).build(),
            Some(loss) => builder.layer(OUTPUTS, Activation::Softmax).loss(loss).build(),
        }
        .unwrap();
        let before = bits(&net);
        let mut set = SourceData::new(&mut source).samples(0..500 - held);
        if held > 0 {
            set = set.hold_out(500 - held..500);
        }
        let mut trainer = SourceTrainer::new(&net, training, &set).unwrap();
        let result = trainer.run(&mut net, &mut set, |_| ControlFlow::Continue(()));
        assert_eq!(bits(&net), before);
        result.unwrap_err().to_string()
    };
    let x = run(Some((321, f32::INFINITY, false)), None, 0);
    assert_eq!(x, "x holds inf at index 1606: expected finite values");
    let y = run(Some((321, f32::NAN, true)), None, 0);
    assert_eq!(y, "y holds NaN at index 643: expected finite values");
    let held = run(Some((450, f32::NAN, true)), None, 100);
    assert_eq!(held, "y holds NaN at index 901: expected finite values");
    let target = run(None, Some(Loss::CategoricalCrossEntropy), 0);
    assert!(target.contains("in sample"), "{target}");
}

#[test]
fn other_data_is_found_at_the_end_of_an_epoch() {
    let data = Data::new(500);
    let training = Training::new(6, 20).window(32, 3);
    for (sample, in_y) in [(17, false), (17, true), (460, false), (499, true)] {
        let mut source = Watcher::of(&data);
        let mut given = net(3);
        let mut set = SourceData::new(&mut source).samples(0..450).hold_out(450..500);
        let mut trainer = SourceTrainer::new(&given, training, &set).unwrap();
        let break_at = |at| {
            move |epoch: &shallownet::Epoch<'_, f32>| match epoch.epoch == at {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        };
        trainer.run(&mut given, &mut set, break_at(2)).unwrap();
        let (before, known) = (bits(&given), trainer.state().data());
        assert!(known.is_some());
        set.source_mut().changed = Some((sample, 0.25, in_y));
        let error = trainer.run(&mut given, &mut set, break_at(9)).unwrap_err();
        assert!(matches!(error, SourceError::Refused(Error::OtherData { .. })), "{error}");
        assert_eq!(trainer.state().data(), known);
        assert_eq!((trainer.state().epochs(), bits(&given)), (3, before));
        let state = trainer.into_state().on_any_data();
        let mut trainer = SourceTrainer::resume(&given, state, &set).unwrap();
        trainer.run(&mut given, &mut set, break_at(9)).unwrap();
    }
}

#[test]
fn what_a_source_has_no_way_for_is_refused() {
    let data = Data::new(100);
    let mut source = data.source();
    let plain = Training::new(3, 20);
    let given = net(3);
    let mut refused = |training: Training, samples: Range<usize>, held: Option<Range<usize>>| {
        let mut set = SourceData::new(&mut source).samples(samples);
        if let Some(held) = held {
            set = set.hold_out(held);
        }
        let error = SourceTrainer::new(&given, training, &set).unwrap_err();
        let bytes = SourceTrainer::bytes_for(&given, training, &set);
        if let Err(other) = bytes {
            assert_eq!(other, error);
        }
        error.to_string()
    };
    let cases = [
        (
            refused(Training::full_batch(3), 0..100, None),
            "batch size is 100: expected mini-batches",
        ),
        (
            refused(plain.shards(2), 0..100, None),
            "shards is 2: expected 1, for samples from a source",
        ),
        (refused(plain.window(0, 1), 0..100, None), "samples of a block is 0"),
        (refused(plain.window(1, 0), 0..100, None), "blocks of a window is 0"),
        (refused(plain, 0..101, None), "samples to be trained on is 101: expected no more than"),
        (refused(plain, 5..5, None), "samples to be trained on has no samples"),
        (
            refused(plain, 0..50, Some(49..60)),
            "samples held out is 49: expected none that is trained",
        ),
        (refused(plain, 0..50, Some(60..200)), "samples held out is 200: expected no more than"),
        (refused(plain, 0..50, Some(60..60)), "samples held out has no samples"),
        (
            refused(plain.early_stopping(EarlyStopping::new(1)), 0..100, None),
            "early stopping needs a validation set",
        ),
        (refused(plain.learning_rate(-1.0), 0..100, None), "learning rate is -1"),
    ];
    for (given, expected) in cases {
        assert!(given.starts_with(expected), "{given}");
    }
    // Another network.
    let wide = Network::<f32>::builder(4).layer(OUTPUTS, Activation::Identity).build().unwrap();
    let set = SourceData::new(&mut source);
    let error = SourceTrainer::new(&wide, plain, &set).unwrap_err();
    let expected = Error::Features { argument: "x of the source", expected: 4, given: INPUTS };
    assert_eq!(error, expected);
    // Samples in memory have no windows.
    let (x, y) = data.columns();
    let error = Trainer::new(&given, plain.window(3, 4), DataSet::new(x, y)).unwrap_err();
    assert!(error.to_string().starts_with("window is 4: expected none"), "{error}");
    // The state of other samples.
    let trainer = SourceTrainer::new(&given, plain, &set).unwrap();
    let fewer = SourceData::new(&mut source).samples(0..99);
    let error = SourceTrainer::resume(&given, trainer.into_state(), &fewer).unwrap_err();
    assert_eq!(error, Error::Samples { argument: "the source", expected: 100, given: 99 });
}

/// Validation samples in memory, weighted, as a trainer has them.
#[test]
fn samples_to_judge_by_may_be_in_memory() {
    let data = Data::new(800);
    let weights: Vec<f32> = (0..300).map(|i| (i % 3) as f32).collect();
    let (x, y) = data.part(500..800);
    let held = Targets::weighted(y, &weights);
    let training = Training::new(9, 10).early_stopping(EarlyStopping::new(2)).learning_rate(0.3);
    let (mut expected, mut given) = (net(5), net(5));
    let (train_x, train_y) = data.part(0..500);
    let set = DataSet::new(train_x, train_y).validation(x, held);
    let report = training.run(&mut expected, set, |_| ControlFlow::Continue(())).unwrap();
    let mut source = data.source();
    let mut set = SourceData::new(&mut source).samples(0..500).validation(x, held);
    let mut trainer = SourceTrainer::new(&given, training.window(1, 30), &set).unwrap();
    let from_source = trainer.run(&mut given, &mut set, |_| ControlFlow::Continue(())).unwrap();
    assert_eq!((from_source, bits(&given)), (report, bits(&expected)));
}
