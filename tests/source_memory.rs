//! Promise: a training from a source takes the memory that was said beforehand, within the limit that it
//! was given, and its steps allocate nothing; when it returns, its thread has ended.
//!
//! Counts what the whole process allocates, so it has no harness.

use std::alloc::{GlobalAlloc, Layout, System};
use std::ops::{ControlFlow, Range};
use std::sync::atomic::{AtomicUsize, Ordering};

use shallownet::source::{Source, SourceData, SourceTrainer};
use shallownet::{
    Activation, EarlyStopping, Element, Error, Network, Optimizer, Parallelism, Scalar, Training,
};

struct Counting;

static HELD: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);
static CALLS: AtomicUsize = AtomicUsize::new(0);

// SAFETY: passes every call on to the system's allocator, and counts it.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        CALLS.fetch_add(1, Ordering::Relaxed);
        let held = HELD.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        PEAK.fetch_max(held, Ordering::Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Computed as they are asked for: of any number of samples, without memory.
struct Computed {
    samples: usize,
    features: usize,
}

impl<T: Element> Source<T> for Computed {
    type Error = Error;

    fn samples(&self) -> usize {
        self.samples
    }

    fn features(&self) -> usize {
        self.features
    }

    fn targets(&self) -> usize {
        2
    }

    fn read(&mut self, samples: Range<usize>, x: &mut [T], y: &mut [T]) -> Result<(), Error> {
        let of = |sample: usize, k: usize| {
            T::from_f64(((sample * 7919 + 31 * k) % 1009) as f64 / 504.5 - 1.0)
        };
        for (i, sample) in samples.enumerate() {
            for k in 0..self.features {
                x[i * self.features + k] = of(sample, k);
            }
            y[2 * i] = of(sample, 1);
            y[2 * i + 1] = of(sample, 2);
        }
        Ok(())
    }
}

fn net<T: Scalar>(features: usize, hidden: usize) -> Network<T> {
    Network::builder(features)
        .layer(hidden, Activation::Relu)
        .layer(2, Activation::Identity)
        .parallelism(Parallelism::Serial)
        .build()
        .unwrap()
}

/// What a training of two epochs takes at most, beside what it said.
fn peak_and_said<T: Scalar>(
    net: &Network<T>,
    training: Training,
    (source, held): (&mut Computed, usize),
    limit: usize,
) -> (usize, usize) {
    let m = source.samples;
    let mut copy = net.clone();
    let mut set = SourceData::new(source).samples(0..m - held);
    if held > 0 {
        set = set.hold_out(m - held..m);
    }
    let before = HELD.load(Ordering::Relaxed);
    PEAK.store(before, Ordering::Relaxed);
    let mut trainer = SourceTrainer::within(net, training, &set, limit).unwrap();
    trainer.run(&mut copy, &mut set, |_| ControlFlow::Continue(())).unwrap();
    let peak = PEAK.load(Ordering::Relaxed) - before;
    let said = SourceTrainer::bytes_for(net, trainer.state().training(), &set).unwrap();
    (peak, said)
}

fn memory_is_what_was_said<T: Scalar>() {
    let plain = Training::new(2, 64);
    let all = plain.optimizer(Optimizer::adam()).early_stopping(EarlyStopping::new(1));
    for (features, hidden, batch) in [(3, 4, 64), (20, 50, 64), (100, 30, 500)] {
        let net = net::<T>(features, hidden);
        for (training, held) in [(plain, 0), (all, 3000)] {
            let training = match training.get_optimizer() {
                Optimizer::Sgd => Training::new(2, batch),
                _ => training,
            };
            let mut source = Computed { samples: 20_000, features };
            let least = least(&net, training, (&mut source, held));
            for limit in [least, 2 * least, 8 * least, 1 << 30] {
                let (peak, said) = peak_and_said(&net, training, (&mut source, held), limit);
                assert!(peak <= said && said <= limit, "{peak} {said} {limit}");
                // It takes what it may, or holds all samples.
                let all = 2 * (20_000 - held) * (features + 2) * size_of::<T>();
                assert!(said > limit / 2 || said > all, "{said} of {limit}");
                assert!(peak + (1 << 14) > said * 3 / 4, "{peak} of {said}");
            }
        }
    }
}

/// The least limit that is not refused.
fn least<T: Scalar>(
    net: &Network<T>,
    training: Training,
    (source, held): (&mut Computed, usize),
) -> usize {
    let m = source.samples;
    let mut set = SourceData::new(source).samples(0..m - held);
    if held > 0 {
        set = set.hold_out(m - held..m);
    }
    let Err(Error::Memory { bytes, limit: 1, .. }) = SourceTrainer::within(net, training, &set, 1)
    else {
        panic!("a byte is no memory to train in");
    };
    let within = |limit| SourceTrainer::within(net, training, &set, limit);
    assert!(within(bytes).is_ok());
    let refused = within(bytes - bytes / 100).map(drop).unwrap_err();
    let message = refused.to_string();
    assert!(message.contains("with a window of a batch"), "{message}");
    bytes
}

/// Of a run with many steps and epochs, and of one with few.
fn steps_allocate_nothing() {
    let calls = |epochs: usize, samples: usize| {
        let mut source = Computed { samples, features: 3 };
        let mut net = net::<f32>(3, 8);
        let training = Training::new(epochs, 10).optimizer(Optimizer::adam()).window(16, 8);
        let mut set = SourceData::new(&mut source).samples(0..samples - 50);
        set = set.hold_out(samples - 50..samples);
        let mut trainer = SourceTrainer::new(&net, training, &set).unwrap();
        let before = CALLS.load(Ordering::Relaxed);
        trainer.run(&mut net, &mut set, |_| ControlFlow::Continue(())).unwrap();
        CALLS.load(Ordering::Relaxed) - before
    };
    calls(1, 1000);
    let (few, many) = (calls(2, 1000), calls(20, 10_000));
    assert!(many <= few + 8, "{few} allocations for 200 steps, {many} for 20,000");
    assert!(few > 0 && few < 60, "{few}");
}

#[cfg(target_os = "linux")]
fn the_thread_has_ended() {
    struct Failing(usize);
    impl Source<f32> for Failing {
        type Error = std::io::Error;
        fn samples(&self) -> usize {
            1000
        }
        fn features(&self) -> usize {
            3
        }
        fn targets(&self) -> usize {
            2
        }
        fn read(
            &mut self,
            _: Range<usize>,
            x: &mut [f32],
            y: &mut [f32],
        ) -> Result<(), std::io::Error> {
            self.0 += 1;
            if self.0 == 30 {
                return Err(std::io::Error::other("the disk is gone"));
            }
            x.fill(0.5);
            y.fill(0.5);
            Ok(())
        }
    }
    let threads = || std::fs::read_dir("/proc/self/task").unwrap().count();
    // The system may take a moment to forget a thread that has ended, an earlier run's as well.
    let moment = || std::thread::sleep(std::time::Duration::from_millis(1));
    let least_of = |moments: usize| (0..moments).map(|_| (moment(), threads()).1).min();
    let before = least_of(300).unwrap();
    let (mut during, mut net) = (0, net::<f32>(3, 4));
    let mut source = Failing(0);
    let mut set = SourceData::new(&mut source);
    let training = Training::new(9, 10).window(100, 2);
    let mut trainer = SourceTrainer::new(&net, training, &set).unwrap();
    let result = trainer.run(&mut net, &mut set, |_| {
        during = threads();
        ControlFlow::Continue(())
    });
    assert_eq!(result.unwrap_err().to_string(), "the disk is gone");
    assert_eq!(during, before + 1);
    let soon = std::time::Instant::now() + std::time::Duration::from_secs(5);
    while threads() > before && std::time::Instant::now() < soon {
        moment();
    }
    assert_eq!(threads(), before);
}

fn main() {
    // The pool, if any, and whatever the first call makes for good.
    steps_allocate_nothing();
    memory_is_what_was_said::<f32>();
    memory_is_what_was_said::<f64>();
    #[cfg(target_os = "linux")]
    the_thread_has_ended();
    println!("memory, allocations and threads are as promised");
}
