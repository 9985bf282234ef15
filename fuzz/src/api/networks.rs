//! Networks, passes, tapes.

use std::ops::ControlFlow;

use shallownet::testing::cases::bytes::{Rate, Wild};
use shallownet::{
    Error, Fit, Network, Optimizer, OptimizerState, OutputGradient, PredictionWorkspace, Scalar,
    Tape, TrainingWorkspace, Workspace, reference,
};

use super::call::{Build, Data, Pass, Values};
use super::world::{Samples, Shelf, World, said, unchanged};
use crate::bits;

impl<T: Scalar> World<T> {
    pub(super) fn build(&mut self, build: &Build) -> Option<()> {
        let mut builder = Network::<T>::builder(build.n_x.0)
            .init(build.init, build.seed.into())
            .parallelism(build.parallelism)
            .checks(build.checks);
        builder = build.on.0.choose(builder);
        for (units, activation) in &build.layers {
            builder = builder.layer(units.0, *activation);
        }
        if let Some(loss) = build.loss {
            builder = builder.loss(loss);
        }
        self.nets.put(said(builder.build())?);
        Some(())
    }

    pub(super) fn put_data(&mut self, data: &Data) -> Option<()> {
        self.data.put(data.clone());
        Some(())
    }

    pub(super) fn copy(&mut self, net: u8) -> Option<()> {
        let net = self.nets.get(net)?;
        let mut copy = said(net.try_clone())?;
        for tau in [0.0, 1.0] {
            said(copy.blend(net, tau));
            assert_eq!(bits::parameters(&copy), bits::parameters(net));
        }
        // Half way to itself: what is small becomes 0.
        said(copy.blend(net, 0.5));
        self.nets.put(copy);
        Some(())
    }

    pub(super) fn parameters(
        &mut self,
        net: u8,
        layer: usize,
        is_bias: bool,
        values: &Values,
    ) -> Option<()> {
        let net = self.nets.get(net)?;
        let size = net.layers()[layer % net.layers().len()];
        // A layer past the last, now and then.
        let layer = if layer < 200 { layer % net.layers().len() } else { layer };
        let count = if is_bias { size.units } else { size.parameters() - size.units };
        let values = values.of::<T>(count);
        unchanged(net, |net| {
            if is_bias { net.set_bias(layer, &values) } else { net.set_weights(layer, &values) }
        })
    }

    pub(super) fn read(&mut self, net: u8, layer: usize, batch: usize) -> Option<()> {
        let net = self.nets.get(net)?;
        let count: usize = net.layers().iter().map(|layer| layer.parameters()).sum();
        assert_eq!((count, net.layers().last()?.units), (net.parameter_count(), net.outputs()));
        let _ = (net.loss(), net.backend(), net.level(), format!("{:?}", net.layers()));
        let _ = (said(net.weights(layer)), said(net.bias(layer)));
        let mut flat = vec![T::ZERO; count];
        net.parameters_into(&mut flat).unwrap();
        if said(net.set_parameters(&flat)).is_some() {
            let mut again = vec![T::ZERO; count];
            net.parameters_into(&mut again).unwrap();
            assert!(flat.iter().zip(&again).all(|(a, b)| a == b || !a.is_finite()));
        }
        said(net.workspace_bytes(batch)).map(drop)
    }

    pub(super) fn workspace(&mut self, net: u8, capacity: usize, training: bool) -> Option<()> {
        let net = self.nets.get(net)?;
        if training {
            let workspace = said(TrainingWorkspace::new(net, capacity))?;
            assert_eq!(workspace.capacity(), capacity);
            assert_eq!(net.workspace_bytes(capacity), Ok(workspace.bytes()));
            self.workspaces.put(workspace);
        } else {
            let workspace = said(PredictionWorkspace::new(net, capacity))?;
            assert_eq!(workspace.capacity(), capacity);
            self.predictors.put(workspace);
        }
        Some(())
    }

    pub(super) fn pass(&mut self, net: u8, workspace: u8, data: u8, pass: Pass) -> Option<()> {
        let (net, data) = (self.nets.get(net)?, self.data.get(data)?);
        let samples = data.of(net);
        let (x, y) = (samples.x(), samples.targets());
        match pass {
            Pass::Predict(more) => {
                let length = net.outputs() * x.samples();
                let more = if more.unsigned_abs() > 120 { more.signum() } else { 0 };
                let mut out = vec![T::ZERO; length.saturating_add_signed(more.into())];
                let workspace = any(&mut self.predictors, &mut self.workspaces, workspace)?;
                said(net.predict(x, &mut out, workspace))
            }
            Pass::Cost => {
                let workspace = any(&mut self.predictors, &mut self.workspaces, workspace)?;
                said(net.cost(x, y, workspace)).map(drop)
            }
            Pass::Backward => {
                let workspace = self.workspaces.get(workspace)?;
                let own = |_: usize, a: &[T], d: &mut [T]| {
                    d.copy_from_slice(a);
                    a.iter().map(|a| a.to_f64()).sum()
                };
                said(net.backward_with_da(x, workspace, own));
                said(net.backward_with_dz(x, workspace, own));
                said(net.backward(x, y, workspace)).map(drop)
            }
            Pass::Step(rate) => {
                let workspace = self.workspaces.get(workspace)?;
                unchanged(net, |net| net.step(x, y, T::from_f64(rate.0), workspace)).map(drop)
            }
            Pass::StepWith { optimizer, rate } => {
                let workspace = self.workspaces.get(workspace)?;
                let state = self.optimizers.get(optimizer)?;
                let steps = state.steps();
                let rate = T::from_f64(rate.0);
                let cost = unchanged(net, |net| net.step_with(x, y, state, rate, workspace));
                assert_eq!(state.steps(), steps + u64::from(cost.is_some()));
                cost.map(drop)
            }
            Pass::Fit { iterations, rate, stop } => {
                let workspace = self.workspaces.get(workspace)?;
                let fit = Fit::new((iterations % 8).into(), rate.0);
                run_fit(net, fit, &samples, workspace, stop)
            }
        }
    }

    pub(super) fn descend(&mut self, net: u8, from: u8, tape: bool, rate: Rate) -> Option<()> {
        let (net, rate) = (self.nets.get(net)?, T::from_f64(rate.0));
        let gradients = if tape {
            self.tapes.get(from)?.gradients()
        } else {
            self.workspaces.get(from)?.gradients()
        };
        unchanged(net, |net| net.descend(gradients, rate))
    }

    pub(super) fn update(&mut self, net: u8, from: u8, state: u8, rate: Rate) -> Option<()> {
        let (net, state) = (self.nets.get(net)?, self.optimizers.get(state)?);
        let gradients = self.workspaces.get(from)?.gradients();
        unchanged(net, |net| net.update(state, gradients, T::from_f64(rate.0)))
    }

    pub(super) fn optimizer(
        &mut self,
        net: u8,
        optimizer: Optimizer,
        l2: Option<Wild>,
        clip_norm: Option<Wild>,
    ) -> Option<()> {
        let mut state = said(OptimizerState::new(self.nets.get(net)?, optimizer))?;
        if let Some(l2) = l2 {
            state = said(state.l2(l2.0))?;
        }
        if let Some(norm) = clip_norm {
            state = said(state.clip_norm(norm.0))?;
        }
        assert_eq!((state.optimizer(), state.steps()), (optimizer, 0));
        self.optimizers.put(state);
        Some(())
    }

    pub(super) fn tape(&mut self, net: u8, capacity: usize) -> Option<()> {
        let tape = said(Tape::new(self.nets.get(net)?, capacity))?;
        assert_eq!(tape.capacity(), capacity);
        self.tapes.put(tape);
        Some(())
    }

    pub(super) fn forward(&mut self, net: u8, tape: u8, data: u8) -> Option<()> {
        let (net, tape) = (self.nets.get(net)?, self.tapes.get(tape)?);
        let samples = self.data.get(data)?.of(net);
        let pass = said(net.forward(samples.x(), tape))?;
        assert_eq!(pass.output().samples(), pass.samples());
        for layer in 0..=net.layers().len() {
            let columns = said(pass.activations(layer)).map_or(0, |a| a.samples());
            let expected = if layer < net.layers().len() { pass.samples() } else { 0 };
            assert_eq!(columns, expected);
        }
        assert_eq!(pass.layer_statistics().len(), net.layers().len());
        Some(())
    }

    pub(super) fn backward_from(
        &mut self,
        (net, tape, data): (u8, u8, u8),
        is_da: bool,
        dx: Option<i8>,
    ) -> Option<()> {
        let (net, tape) = (self.nets.get(net)?, self.tapes.get(tape)?);
        let samples = self.data.get(data)?.of(net);
        let gradient = samples.y();
        let gradient =
            if is_da { OutputGradient::Da(gradient) } else { OutputGradient::Dz(gradient) };
        let mut dx = dx.map(|more| {
            let more = if more.unsigned_abs() > 120 { more.signum() } else { 0 };
            vec![T::ZERO; samples.x.len().saturating_add_signed(more.into())]
        });
        let mut pass = said(net.forward(samples.x(), tape))?;
        let a = bits::bits(pass.output().as_slice());
        let answer = said(pass.backward(gradient, dx.as_deref_mut()).map(drop));
        assert_eq!(bits::bits(pass.output().as_slice()), a);
        answer
    }

    pub(super) fn diagnostics(&mut self, tape: u8, workspace: u8, layer: usize) -> Option<()> {
        if let Some(gradients) = self.workspaces.get(workspace).map(|w| w.gradients()) {
            let _ = (said(gradients.norms(layer)), said(gradients.weights(layer)));
            let _ = said(gradients.bias(layer));
        }
        let tape = self.tapes.get(tape)?;
        let _ = tape.bytes();
        said(tape.gradients().norms(layer)).map(drop)
    }
}

/// A workspace of either type, for calls that take both.
fn any<'a, T: Scalar>(
    predictors: &'a mut Shelf<PredictionWorkspace<T>>,
    workspaces: &'a mut Shelf<TrainingWorkspace<T>>,
    index: u8,
) -> Option<&'a mut dyn Workspace<T>> {
    match predictors.get(index) {
        Some(predictor) if index >= 128 => Some(predictor),
        _ => workspaces.get(index).map(|workspace| workspace as &mut dyn Workspace<T>),
    }
}

/// Runs it; afterwards parameters are what the documentation of `Fit` says.
fn run_fit<T: Scalar>(
    net: &mut Network<T>,
    fit: Fit,
    samples: &Samples<T>,
    workspace: &mut TrainingWorkspace<T>,
    stop: Option<u8>,
) -> Option<()> {
    let (x, y) = (samples.x(), samples.targets());
    let (before, was_finite) = (bits::parameters(net), is_finite(net));
    let mut seen = 0;
    let answer = fit.run(net, x, y, workspace, |iteration| {
        assert_eq!(iteration.epoch, seen);
        seen += 1;
        if stop == Some(iteration.epoch as u8) {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    let is_same = bits::parameters(net) == before;
    match &answer {
        Ok(report) => {
            assert_eq!(report.epochs, seen);
            assert!(report.cost.is_some_and(f64::is_finite) && is_finite(net), "{report:?}");
        }
        Err(Error::Diverged { .. }) => {
            assert!(is_finite(net) || !was_finite, "divergence left what is not finite");
            let cost = said(net.cost(x, y, workspace));
            assert!(is_same || cost.is_some_and(f64::is_finite), "left at a cost of {cost:?}");
        }
        Err(_) => assert!(is_same, "a refused fit changed parameters"),
    }
    said(answer).map(drop)
}

pub(super) fn is_finite<T: Scalar>(net: &Network<T>) -> bool {
    bits::parameters(net).into_iter().all(|bits| f64::from_bits(bits).is_finite())
}

/// The reference takes what fits, whatever the values are.
pub(super) fn oracle<T: Scalar>(net: &Network<T>, samples: &Samples<T>) {
    let oracle = reference::Network::from(net);
    let wide = |column: &[T]| column.iter().map(|v| v.to_f64()).collect::<Vec<f64>>();
    if let (Some(x), Some(y)) = (samples.x().column(0), samples.y().column(0))
        && (x.len(), y.len()) == (net.inputs(), net.targets())
    {
        let (x, y) = (wide(x), wide(y));
        let _ = (oracle.predict(&x), oracle.gradients(&[x], &[y]));
    }
}
