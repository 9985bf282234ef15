//! Everything that a network computes for a problem.

use shallownet::testing::backends::Setup;
use shallownet::{
    Checks, Error, Network, OutputGradient, Parallelism, PredictionWorkspace, Scalar, Tape,
    TrainingWorkspace, Workspace,
};

use super::problem::{Batch, Problem};
use crate::bits::{self, bits, canonical};

/// What comes of one batch.
#[derive(Debug)]
pub(super) struct Results<T> {
    /// By a workspace for prediction, and by one for training.
    pub(super) predictions: [Vec<T>; 2],
    /// `cost`, by both; what `backward` returns.
    pub(super) costs: [f64; 3],
    /// dW and db of every layer, by `backward`.
    pub(super) gradients: Vec<(Vec<T>, Vec<T>)>,
    /// The cost that a step returns, or that it refuses to go on from.
    pub(super) step: Result<f64, f64>,
    /// W and b of every layer after it.
    pub(super) stepped: Vec<(Vec<T>, Vec<T>)>,
    /// By a tape: A, dW and db, dX.
    pub(super) forward: Vec<T>,
    pub(super) from: Vec<(Vec<T>, Vec<T>)>,
    pub(super) dx: Vec<T>,
}

impl<T: Scalar> Results<T> {
    /// All batches, one after the other through the same memory.
    pub(super) fn of(problem: &Problem<'_, T>, setup: Setup, who: Parallelism) -> Vec<Self> {
        let net = problem.network(setup, who, Checks::ShapesOnly);
        let capacity = problem.input.case.capacity();
        let mut memory = Memory {
            predictor: PredictionWorkspace::new(&net, capacity).unwrap(),
            workspace: TrainingWorkspace::new(&net, capacity).unwrap(),
            tape: Tape::new(&net, capacity).unwrap(),
        };
        let rate = T::from_f64(problem.input.case.learning_rate.into());
        let is_da = problem.input.is_da;
        problem.batches.iter().map(|batch| memory.run(&net, batch, rate, is_da)).collect()
    }

    /// All of it as bits, each part with its name.
    pub(super) fn bits(&self) -> Vec<(&'static str, Vec<u64>)> {
        let layers = |layers: &[(Vec<T>, Vec<T>)]| -> Vec<u64> {
            layers.iter().flat_map(|(w, b)| [bits(w), bits(b)].concat()).collect()
        };
        let cost = self.step.unwrap_or_else(|cost| cost);
        vec![
            ("predictions", bits(&self.predictions[0])),
            ("predictions of a training workspace", bits(&self.predictions[1])),
            ("costs", self.costs.map(canonical).to_vec()),
            ("gradients", layers(&self.gradients)),
            ("cost of a step", vec![canonical(cost), self.step.is_ok().into()]),
            ("parameters after a step", layers(&self.stepped)),
            ("A of a tape", bits(&self.forward)),
            ("gradients of a tape", layers(&self.from)),
            ("dX", bits(&self.dx)),
        ]
    }
}

struct Memory<T> {
    predictor: PredictionWorkspace<T>,
    workspace: TrainingWorkspace<T>,
    tape: Tape<T>,
}

impl<T: Scalar> Memory<T> {
    fn run(&mut self, net: &Network<T>, batch: &Batch<T>, rate: T, is_da: bool) -> Results<T> {
        let Self { predictor, workspace, tape } = self;
        let (x, y) = (batch.x(), batch.targets());
        let nan = T::from_f64(f64::NAN);
        let predict = |workspace: &mut dyn Workspace<T>| {
            let mut out = vec![nan; net.outputs() * x.samples()];
            net.predict(x, &mut out, workspace).unwrap();
            out
        };
        let predictions = [predict(predictor), predict(workspace)];
        let costs = [
            net.cost(x, y, predictor).unwrap(),
            net.cost(x, y, workspace).unwrap(),
            net.backward(x, y, workspace).unwrap(),
        ];
        let of_layers =
            |f: &dyn Fn(usize) -> (Vec<T>, Vec<T>)| (0..net.layers().len()).map(f).collect();
        let sums = workspace.gradients();
        let gradients = of_layers(&|l| (sums.weights(l).unwrap(), sums.bias(l).unwrap().to_vec()));

        let mut moved = net.try_clone().unwrap();
        let step = match moved.step(x, y, rate, workspace) {
            Ok(cost) => Ok(cost),
            Err(Error::Diverged { step: 0, cost }) => Err(cost),
            Err(other) => panic!("{other}"),
        };
        let cost = step.unwrap_or_else(|cost| cost);
        assert_eq!(step.is_ok(), cost.is_finite(), "a step from a cost of {cost}");
        if step.is_err() {
            assert_eq!(bits::parameters(&moved), bits::parameters(net), "moved from {cost}");
        }
        let stepped = of_layers(&|l| (moved.weights(l).unwrap(), moved.bias(l).unwrap().to_vec()));

        let mut pass = net.forward(x, tape).unwrap();
        let forward = pass.output().as_slice().to_vec();
        let given = batch.given();
        let start = if is_da { OutputGradient::Da(given) } else { OutputGradient::Dz(given) };
        let mut dx = vec![nan; batch.x.len()];
        let sums = pass.backward(start, Some(&mut dx)).unwrap();
        let from = of_layers(&|l| (sums.weights(l).unwrap(), sums.bias(l).unwrap().to_vec()));
        Results { predictions, costs, gradients, step, stepped, forward, from, dx }
    }
}
