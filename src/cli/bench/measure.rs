//! One shape: its answers checked, then every kind of call timed, and the naive loops beside it.

use std::hint::black_box;
use std::ops::ControlFlow;

use shallownet::testing::measure::{self, Batch, Kind, Shape, Steps};
use shallownet::{Columns, Fit, Network, Optimizer, OptimizerState, TrainingWorkspace};

use super::agreement;
use super::naive::{Moments, Naive, Real};
use super::row::Row;
use super::setting::Setting;
use crate::failure::Failure;

/// Small enough that no shape diverges or dies, and each step does the same work.
const LEARNING_RATE: f64 = 1e-4;
/// Steps of one `Fit::run`.
const FIT_STEPS: usize = 1000;

/// A shape in one element type, and what its calls need.
struct Bench<'a, T> {
    shape: &'static Shape,
    batch: &'a Batch<T>,
    net: Network<T>,
    workspace: TrainingWorkspace<T>,
    adam: OptimizerState<T>,
    out: Vec<T>,
}

/// Says a row for each kind.
pub(crate) fn shape<T: Real>(
    shape: &'static Shape,
    setting: &Setting,
    peak: f64,
    mut say: impl FnMut(&Row) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let net = setting.network::<T>(shape)?;
    let batch = shape.batch();
    if let Some(problem) = agreement::disagreement(shape, &net, &batch)? {
        return Err(Failure::WrongAnswer { shape: shape.name, problem });
    }
    let workspace = TrainingWorkspace::new(&net, shape.m)?;
    let out = vec![T::ZERO; net.outputs() * shape.m];
    let adam = OptimizerState::new(&net, Optimizer::adam())?;
    let mut bench = Bench { shape, batch: &batch, net, workspace, adam, out };
    for &kind in shape.kinds() {
        let median_ns = match (kind, shape.steps) {
            (Kind::Step, Steps::InFit) => bench.fit(setting)?,
            _ => {
                let (x, y) = bench.batch.first(shape.samples(kind))?;
                measure::median(setting.effort, || bench.call(kind, &x, &y))?
            }
        };
        let short = shape.samples(kind) == 1;
        let tail = |bench: &mut Bench<'_, T>| {
            let (x, y) = bench.batch.first(shape.samples(kind))?;
            measure::tail(setting.effort, || bench.call(kind, &x, &y))
        };
        let percentiles = match setting.percentiles {
            false => None,
            true => Some(if short { Some(tail(&mut bench)?) } else { None }),
        };
        let gflops = shape.flops(kind) / median_ns;
        say(&Row {
            shape: shape.name,
            kind,
            backend: bench.net.backend().name(),
            threads: setting.threads,
            median_ns,
            gflops,
            fraction_of_peak: gflops / (peak * setting.threads as f64),
            vs_reference: bench.naive(kind, setting)? / median_ns,
            percentiles,
        })?;
    }
    Ok(())
}

impl<T: Real> Bench<'_, T> {
    /// One call of the library.
    fn call(&mut self, kind: Kind, x: &Columns<'_, T>, y: &Columns<'_, T>) -> Result<(), Failure> {
        // `black_box` gets references: it would copy values for each call.
        let (&x, &y) = (black_box(x), black_box(y));
        let Self { net, workspace, adam, out, .. } = self;
        match kind {
            Kind::Step => {
                black_box(net.step(x, y, T::from_f64(LEARNING_RATE), workspace)?);
            }
            Kind::Adam => {
                black_box(net.step_with(x, y, adam, T::from_f64(LEARNING_RATE), workspace)?);
            }
            Kind::Gradient => {
                black_box(net.backward(x, y, workspace)?);
                black_box(workspace.gradients());
            }
            Kind::Forward | Kind::Predict => {
                let out = &mut out[..x.samples() * net.outputs()];
                net.predict(x, black_box(&mut *out), workspace)?;
                black_box(out);
            }
        }
        Ok(())
    }

    /// Nanoseconds of a step among a thousand in one `Fit::run`.
    fn fit(&mut self, setting: &Setting) -> Result<f64, Failure> {
        let (x, y) = self.batch.first(self.shape.m)?;
        let fit = Fit::new(FIT_STEPS, LEARNING_RATE);
        let run = measure::median(setting.effort, || {
            let (x, y) = black_box((x, y));
            let report = fit.run(&mut self.net, x, y, &mut self.workspace, |iteration| {
                black_box(iteration.epoch);
                black_box(iteration.training_cost);
                ControlFlow::Continue(())
            });
            black_box(report?);
            Ok::<(), Failure>(())
        })?;
        Ok(run / FIT_STEPS as f64)
    }

    /// Nanoseconds that the naive loops take. If a batch takes them long, only a part is timed and
    /// scaled up, since each sample takes the same time; the update is counted once.
    fn naive(&mut self, kind: Kind, setting: &Setting) -> Result<f64, Failure> {
        let all = self.shape.samples(kind);
        let part = agreement::naive_samples(self.shape).min(all);
        let (x, y) = self.batch.first(part)?;
        let mut naive = Naive::of(&self.net)?;
        let out = &mut self.out[..part * self.net.outputs()];
        let samples = measure::median(setting.reference, || {
            let (x, y) = black_box((x, y));
            match kind {
                Kind::Step | Kind::Adam | Kind::Gradient => {
                    black_box(naive.gradients(x, y));
                }
                Kind::Forward | Kind::Predict => naive.predict(x, black_box(&mut *out)),
            }
            black_box(&mut naive);
            Ok::<(), Failure>(())
        })?;
        let (mut moments, mut t) = (Moments::of(&naive), 0);
        let rate = T::from_f64(LEARNING_RATE);
        let mut update = || {
            t += 1;
            match kind {
                Kind::Step => black_box(&mut naive).descend(rate),
                _ => black_box(&mut naive).adam(&mut moments, rate, t),
            }
            Ok::<(), Failure>(())
        };
        let update = match kind {
            Kind::Step | Kind::Adam => measure::median(setting.reference, &mut update)?,
            _ => 0.0,
        };
        Ok(samples * all as f64 / part as f64 + update)
    }
}
