//! Promise: once network and workspace are built, `predict`, `cost`, `backward`, `step`, `forward`
//! and the `backward` of its pass, gradients from the caller's own loss, and whole networks in and
//! out of slices and of each other allocate nothing on the fused backend; nor does a run, once its
//! `Trainer` is built; nor do the calls of a population, the runs of a solver, or
//! derivatives beyond the gradient.
//!
//! One test only: the counter sees every thread of the process, so nothing may run beside it.
//!
//! What rayon does is part of the count: the calls are made inside `ThreadPool::install`, from a
//! thread of the pool. A call from a thread outside a pool is handed over through rayon's queue,
//! which takes a new block of memory once in some dozens of calls: that is rayon's memory, and not
//! tested here.
#![allow(unsafe_code, reason = "a global allocator can't be written without")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};

use rayon::ThreadPoolBuilder;
use shallownet::solvers::{LevenbergMarquardt, Method, Solver, Solving, StopAt};
use shallownet::{
    Activation, Backend, Columns, DataSet, EarlyStopping, Fit, Gradients, HessianWorkspace, Init,
    InputHessianWorkspace, JacobianWorkspace, Network, Optimizer, OutputGradient, Parallelism,
    Population, PopulationGradients, PopulationOptimizer, PopulationWorkspace, Predictor, Scalar,
    Tape, Trainer, Training, TrainingWorkspace,
};

/// The system's allocator; while armed, counts what is asked of it, on all threads.
struct Counting;

static ARMED: AtomicBool = AtomicBool::new(false);
static COUNT: AtomicUsize = AtomicUsize::new(0);

impl Counting {
    fn note() {
        if ARMED.load(SeqCst) {
            COUNT.fetch_add(1, SeqCst);
        }
    }
}

// SAFETY: every call goes to `System` with the caller's arguments, unchanged; `note` touches two
// atomics and neither allocates nor unwinds.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        Self::note();
        // SAFETY: the caller's promise is the one that `System` asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        Self::note();
        // SAFETY: as in `alloc`.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        Self::note();
        // SAFETY: as in `alloc`.
        unsafe { System.realloc(block, layout, size) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as in `alloc`.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Allocations on any thread while `work` runs.
fn allocations(work: impl FnOnce()) -> usize {
    COUNT.store(0, SeqCst);
    ARMED.store(true, SeqCst);
    work();
    ARMED.store(false, SeqCst);
    COUNT.load(SeqCst)
}

/// A network with its batch and memory.
struct Ready<T> {
    net: Network<T>,
    workspace: TrainingWorkspace<T>,
    predictor: Predictor<T>,
    tape: Tape<T>,
    x: Vec<T>,
    y: Vec<T>,
    out: Vec<T>,
    dx: Vec<T>,
    /// All parameters, or all gradients.
    flat: Vec<T>,
    gradients: Gradients<T>,
    /// Networks of the same sizes, on the same backend and on another.
    others: [Network<T>; 2],
}

/// Units of every layer, and samples.
type Sizes = (&'static [usize], usize);

impl<T: Scalar> Ready<T> {
    fn new((units, m): Sizes, backend: Backend, who: Parallelism) -> Self {
        let mut builder = Network::builder(units[0]).parallelism(who);
        let (last, hidden) = units[1..].split_last().unwrap();
        for &n in hidden {
            builder = builder.layer(n, Activation::Tanh);
        }
        let g = if *last == 1 { Activation::Sigmoid } else { Activation::Softmax };
        let builder = builder.layer(*last, g);
        let other = builder.clone().backend(Backend::Portable).build().unwrap();
        let net = builder.backend(backend).build().unwrap();
        assert_eq!(net.backend(), backend);
        let x = (0..units[0] * m).map(|i| T::from_f64((i % 17) as f64 / 8.0 - 1.0)).collect();
        // The first class, always: a distribution, and within [0, 1].
        let y = (0..last * m).map(|i| T::from_f64(f64::from(i % last == 0))).collect();
        let workspace = TrainingWorkspace::new(&net, m).unwrap();
        let tape = Tape::new(&net, m).unwrap();
        let (out, dx) = (vec![T::ZERO; last * m], vec![T::ZERO; units[0] * m]);
        let predictor = Predictor::new(net.clone(), m).unwrap();
        let flat = vec![T::ZERO; net.parameter_count()];
        let gradients = Gradients::zeros(&net).unwrap();
        let others = [net.clone(), other];
        Self { net, workspace, predictor, tape, x, y, out, dx, flat, gradients, others }
    }

    fn run(&mut self, repetitions: usize) {
        let Self { net, workspace, predictor, tape, x, y, out, dx, flat, gradients, others } = self;
        let x = Columns::new(x, net.inputs()).unwrap();
        let y = Columns::new(y, net.outputs()).unwrap();
        for _ in 0..repetitions {
            net.predict(x, out, workspace).unwrap();
            predictor.predict(x.as_slice()).unwrap();
            net.cost(x, y, workspace).unwrap();
            net.backward(x, y, workspace).unwrap();
            net.step(x, y, T::from_f64(0.01), workspace).unwrap();
            let mut pass = net.forward(x, tape).unwrap();
            pass.backward(OutputGradient::Da(y), Some(&mut *dx)).unwrap();
            let own = |_: usize, a: &[T], d: &mut [T]| {
                d.copy_from_slice(a);
                0.0
            };
            net.backward_with_da(x, workspace, own).unwrap();
            net.backward_with_dz(x, workspace, own).unwrap();
            net.parameters_into(flat).unwrap();
            net.set_parameters(flat).unwrap();
            workspace.gradients().values_into(flat).unwrap();
            gradients.set_values(flat).unwrap();
            let size = net.layers()[0];
            net.weights_into(0, &mut flat[..size.inputs * size.units]).unwrap();
            for other in &*others {
                net.blend(other, 0.25).unwrap();
                net.copy_from(other).unwrap();
            }
        }
    }
}

const NARROW: Sizes = (&[2, 4, 1], 400);
/// So many samples that even the prediction of so small a network is spread over threads.
const NARROW_LONG: Sizes = (&[2, 4, 1], 200_000);
const WIDE: Sizes = (&[100, 120, 10], 1000);
const SINGLE: Sizes = (&[100, 120, 10], 1);
const SINGLE_NARROW: Sizes = (&[2, 4, 1], 1);
/// Megabytes of weights: in the pool, threads share a layer.
const SINGLE_WIDE: Sizes = (&[1030, 1030, 3], 1);

fn repetitions((_, m): Sizes) -> usize {
    if m > 10_000 { 15 } else { 100 }
}

fn counted<T: Scalar>(sizes: Sizes, backend: Backend, who: Parallelism) -> usize {
    let mut ready = Ready::<T>::new(sizes, backend, who);
    // Whatever is made on first use (thread-locals, detection) is made now.
    ready.run(3);
    allocations(|| ready.run(repetitions(sizes)))
}

/// Three epochs, validation and judgement included.
fn counted_training<T: Scalar>(
    sizes: Sizes,
    (training, optimizer): (Training, Optimizer),
    who: Parallelism,
) -> usize {
    let Ready { mut net, x, y, .. } = Ready::<T>::new(sizes, Backend::Fused, who);
    let x = Columns::new(&x, net.inputs()).unwrap();
    let y = Columns::new(&y, net.outputs()).unwrap();
    let data = DataSet::new(x, y).validation(x, y);
    let training =
        training.optimizer(optimizer).learning_rate(1e-3).early_stopping(EarlyStopping::new(2));
    let mut trainer = Trainer::new(&net, training, data).unwrap();
    trainer.run(&mut net, data, |_| ControlFlow::Break(())).unwrap();
    let count = allocations(|| {
        trainer.run(&mut net, data, |_| ControlFlow::Continue(())).unwrap();
    });
    assert!(trainer.state().epochs() >= 3);
    count
}

/// A fit of so many iterations.
fn counted_fit<T: Scalar>(sizes: Sizes, iterations: usize) -> usize {
    let mut ready = Ready::<T>::new(sizes, Backend::Fused, Parallelism::Serial);
    ready.run(1);
    let Ready { net, workspace, x, y, .. } = &mut ready;
    let x = Columns::new(x, net.inputs()).unwrap();
    let y = Columns::new(y, net.outputs()).unwrap();
    let fit = Fit::new(iterations, 1e-3);
    allocations(|| {
        fit.run(net, x, y, workspace, |_| ControlFlow::Continue(())).unwrap();
    })
}

/// A solver's run, a restart included.
fn counted_solver(method: Method, units: usize, who: Parallelism) -> usize {
    let mut net = Network::<f64>::builder(3)
        .layer(units, Activation::Tanh)
        .layer(2, Activation::Identity)
        .parallelism(who)
        .build()
        .unwrap();
    let x: Vec<f64> = (0..3 * 100).map(|i| f64::from(i % 17) / 8.0 - 1.0).collect();
    let y: Vec<f64> = x.chunks(3).flat_map(|x| [x[0] * x[1], x[2]]).collect();
    let (x, y) = (Columns::new(&x, 3).unwrap(), Columns::new(&y, 2).unwrap());
    let solving = Solving::new(method).l2(1e-4).stop_at(StopAt::iterations(20));
    let mut solver = Solver::new(&net, solving, 100).unwrap();
    solver.run(&mut net, x, y, |_| ControlFlow::Break(())).unwrap();
    allocations(|| {
        solver.run(&mut net, x, y, |_| ControlFlow::Continue(())).unwrap();
        net.initialize(Init::NguyenWidrow, 3).unwrap();
        solver.restart();
        let report = solver.run(&mut net, x, y, |_| ControlFlow::Continue(())).unwrap();
        assert!(report.iterations >= 3);
    })
}

/// Derivatives beyond the gradient.
fn counted_derivatives<T: Scalar>(units: usize, samples: usize, who: Parallelism) -> usize {
    let net = Network::<T>::builder(3)
        .layer(units, Activation::Gelu)
        .layer(2, Activation::Softmax)
        .parallelism(who)
        .build()
        .unwrap();
    let x: Vec<T> = (0..3 * samples).map(|i| T::from_f64((i % 17) as f64 / 8.0 - 1.0)).collect();
    let y: Vec<T> = (0..2 * samples).map(|i| T::from_f64((i % 2) as f64)).collect();
    let (x, y) = (Columns::new(&x, 3).unwrap(), Columns::new(&y, 2).unwrap());
    let (u, v) = ([T::ONE; 2], vec![T::ONE; net.parameter_count()]);
    let [mut jacobians, mut hessians] = [6, 9].map(|width| vec![T::ZERO; width * samples]);
    let mut product = v.clone();
    let mut of_jacobians = JacobianWorkspace::new(&net).unwrap();
    let mut of_hessians = InputHessianWorkspace::new(&net).unwrap();
    let mut of_products = HessianWorkspace::new(&net, samples).unwrap();
    let mut all = || {
        net.jacobian(x, &mut jacobians, &mut of_jacobians).unwrap();
        net.jacobian_vector(x, x, &mut jacobians[..2 * samples], &mut of_jacobians).unwrap();
        net.input_hessian(x, &u, &mut hessians, &mut of_hessians).unwrap();
        let moved = &mut hessians[..3 * samples];
        net.input_hessian_vector(x, &u, x, moved, &mut of_products).unwrap();
        net.hessian_vector(x, y, &v, &mut product, &mut of_products).unwrap();
    };
    all();
    allocations(all)
}

/// The calls of a population, in lanes and one by one.
fn counted_population<T: Scalar>(units: usize, samples: usize, who: Parallelism) -> usize {
    let builder = Network::<T>::builder(3)
        .layer(units, Activation::Tanh)
        .layer(2, Activation::Sigmoid)
        .parallelism(who);
    let members = 5000;
    let mut population = Population::from_seeds(&builder, 0..members as u64).unwrap();
    let mut workspace = PopulationWorkspace::new(&population, samples).unwrap();
    let mut gradients = PopulationGradients::zeros(&population).unwrap();
    let mut adam = PopulationOptimizer::new(&population, Optimizer::adam()).unwrap();
    let (x, y) = (vec![T::ONE; 3 * samples], vec![T::ZERO; 2 * samples]);
    let (x, y) = (Columns::new(&x, 3).unwrap(), Columns::new(&y, 2).unwrap());
    let mut out = vec![T::ZERO; 2 * samples * members];
    let (mut costs, rate) = (vec![0.0; members], T::from_f64(0.01));
    allocations(|| {
        population.predict(x, &mut out, &mut workspace).unwrap();
        population.cost(x, y, &mut costs, &mut workspace).unwrap();
        population.backward(x, y, &mut gradients, &mut costs, &mut workspace).unwrap();
        population.step(x, y, rate, &mut costs, &mut workspace).unwrap();
        population.step_with(x, y, &mut adam, rate, &mut costs, &mut workspace).unwrap();
    })
}

fn nothing_is_allocated_after_construction() {
    // The counter counts.
    assert_eq!(allocations(|| drop(std::hint::black_box(vec![1_u8; 100]))), 1);
    let other = || std::thread::spawn(|| drop(std::hint::black_box(Box::new(7)))).join().unwrap();
    assert!(allocations(other) > 1);

    let pool = ThreadPoolBuilder::new().num_threads(3).build().unwrap();
    // Warm: every thread has run a job, and the queues have their first blocks.
    pool.broadcast(|_| ());

    for sizes in [NARROW, NARROW_LONG, WIDE, SINGLE, SINGLE_NARROW, SINGLE_WIDE] {
        for (name, count) in [("f32", counted::<f32> as fn(_, _, _) -> _), ("f64", counted::<f64>)]
        {
            let serial = count(sizes, Backend::Fused, Parallelism::Serial);
            assert_eq!(serial, 0, "{name} {sizes:?} on one thread");
            let pooled = pool.install(|| count(sizes, Backend::Fused, Parallelism::Rayon));
            assert_eq!(pooled, 0, "{name} {sizes:?} on three threads");
        }
    }

    for optimizer in Optimizer::all() {
        for training in [Training::new(4, 300), Training::full_batch(4)] {
            for sizes in [NARROW, WIDE, SINGLE_NARROW] {
                let how = (training, optimizer);
                let serial = counted_training::<f32>(sizes, how, Parallelism::Serial);
                assert_eq!(serial, 0, "{how:?} {sizes:?} on one thread");
                let train = || counted_training::<f64>(sizes, how, Parallelism::Rayon);
                assert_eq!(pool.install(train), 0, "{how:?} {sizes:?} on three threads");
            }
        }
    }

    for (units, samples) in [(4, 1), (4, 30), (500, 2)] {
        let serial = counted_population::<f32>(units, samples, Parallelism::Serial);
        assert_eq!(serial, 0, "a population of {units} units, {samples} samples, on one thread");
        let run = || counted_population::<f64>(units, samples, Parallelism::Rayon);
        assert_eq!(pool.install(run), 0, "the same on three threads");
    }

    for (units, samples) in [(4, 1), (90, 700)] {
        let serial = counted_derivatives::<f32>(units, samples, Parallelism::Serial);
        assert_eq!(serial, 0, "derivatives of {units} units, {samples} samples, on one thread");
        let run = || counted_derivatives::<f64>(units, samples, Parallelism::Rayon);
        assert_eq!(pool.install(run), 0, "the same on three threads");
    }

    let bayesian = LevenbergMarquardt::new().bayesian().into();
    for method in Method::all().into_iter().chain([bayesian]) {
        for units in [5, 40] {
            let serial = counted_solver(method, units, Parallelism::Serial);
            assert_eq!(serial, 0, "{method} of {units} units on one thread");
            let run = || counted_solver(method, units, Parallelism::Rayon);
            assert_eq!(pool.install(run), 0, "{method} of {units} units on three threads");
        }
    }

    // A fit allocates at its start, whatever is to come.
    for sizes in [NARROW, WIDE, SINGLE_NARROW] {
        let (short, long) = (counted_fit::<f32>(sizes, 1), counted_fit::<f32>(sizes, 300));
        assert!(short > 0 && short == long, "{sizes:?}: {short} and {long}");
    }

    // `portable` allocates in `matrixmultiply`: the counter sees it, on one thread and in the pool.
    let serial = counted::<f32>(WIDE, Backend::Portable, Parallelism::Serial);
    assert!(serial >= repetitions(WIDE), "{serial}");
    let pooled = pool.install(|| counted::<f32>(WIDE, Backend::Portable, Parallelism::Rayon));
    assert!(pooled >= repetitions(WIDE), "{pooled}");
}

/// As the harness would say it; see Cargo.toml for why it does not.
fn main() {
    nothing_is_allocated_after_construction();
    println!("test result: ok. 1 passed: nothing_is_allocated_after_construction");
}
