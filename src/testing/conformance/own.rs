//! This crate's own networks, judged as anybody's.

use super::implementation::{Answers, Implementation};
use crate::testing::backends::Setup;
use crate::testing::cases::{Parameters, Problem};
use crate::{Columns, Gradients, Init, Network, Parallelism, Result, Scalar, TrainingWorkspace};

/// [`Network`] on one backend, at one level.
#[derive(Debug, Clone, Copy)]
pub struct Own<T> {
    setup: Setup,
    who: Parallelism,
    element: std::marker::PhantomData<T>,
}

impl<T: Scalar> Own<T> {
    /// On this backend, on one thread or several.
    pub fn new(setup: Setup, who: Parallelism) -> Self {
        Self { setup, who, element: std::marker::PhantomData }
    }

    /// The network of a problem.
    ///
    /// # Errors
    /// As of [`Builder::build`](crate::Builder::build).
    pub fn network(&self, problem: &Problem<T>) -> Result<Network<T>> {
        let mut builder = Network::builder(problem.inputs()).loss(problem.loss);
        for layer in &problem.layers {
            builder = builder.layer(layer.b.len(), layer.activation);
        }
        let builder = builder.init(Init::Zeros, 0).parallelism(self.who);
        let mut net = self.setup.choose(builder).build()?;
        self.setup.assert_is(&net);
        for (l, layer) in problem.layers.iter().enumerate() {
            net.set_weights(l, &layer.w)?;
            net.set_bias(l, &layer.b)?;
        }
        Ok(net)
    }

    fn all(&self, problem: &Problem<T>) -> Result<Answers<T>> {
        let mut net = self.network(problem)?;
        let x = Columns::new(&problem.x, problem.inputs())?;
        let y = Columns::new(&problem.y, problem.targets())?;
        let mut workspace = TrainingWorkspace::new(&net, x.samples())?;
        let mut predictions = vec![T::ZERO; x.samples() * net.outputs()];
        net.predict(x, &mut predictions, &mut workspace)?;
        let cost = net.backward(x, y, &mut workspace)?;
        let gradients = of_layers(&net, workspace.gradients())?;
        net.step(x, y, problem.learning_rate, &mut workspace)?;
        let stepped = (0..net.layers().len())
            .map(|l| Ok((net.weights(l)?, net.bias(l)?.to_vec())))
            .collect::<Result<_>>()?;
        Ok(Answers {
            predictions: Ok(predictions),
            cost: Ok(Some(cost)),
            gradients: Ok(Some(gradients)),
            stepped: Ok(Some(stepped)),
        })
    }
}

fn of_layers<T: Scalar>(net: &Network<T>, gradients: &Gradients<T>) -> Result<Parameters<T>> {
    let layer = |l| Ok((gradients.weights(l)?, gradients.bias(l)?.to_vec()));
    (0..net.layers().len()).map(layer).collect()
}

impl<T: Scalar> Implementation<T> for Own<T> {
    fn predict(&mut self, problem: &Problem<T>) -> std::result::Result<Vec<T>, String> {
        self.answers(problem).predictions
    }

    fn answers(&mut self, problem: &Problem<T>) -> Answers<T> {
        self.all(problem).unwrap_or_else(|error| Answers {
            predictions: Err(error.to_string()),
            cost: Ok(None),
            gradients: Ok(None),
            stepped: Ok(None),
        })
    }
}
