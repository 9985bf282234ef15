//! Somebody else's optimiser: L-BFGS of the `argmin` crate, which sees the network as one vector of
//! parameters, its cost and its gradient.
//!
//! Run with `cargo run --release --example lbfgs`.

use std::cell::RefCell;

use argmin::core::{CostFunction, Error, Executor, Gradient, State};
use argmin::solver::linesearch::MoreThuenteLineSearch;
use argmin::solver::quasinewton::LBFGS;
use shallownet::{Activation, Columns, Init, Network, TrainingWorkspace, metrics};

/// The planar flower set: 400 points of the plane in two classes that no straight line divides.
const PLANAR: &str = include_str!("../tests/data/planar.csv");

/// A network and its data, as a function of the parameters.
struct Problem<'a> {
    net: RefCell<(Network<f64>, TrainingWorkspace<f64>)>,
    x: Columns<'a, f64>,
    y: Columns<'a, f64>,
}

impl CostFunction for Problem<'_> {
    type Param = Vec<f64>;
    type Output = f64;

    fn cost(&self, parameters: &Vec<f64>) -> Result<f64, Error> {
        let (net, workspace) = &mut *self.net.borrow_mut();
        net.set_parameters(parameters)?;
        Ok(net.cost(self.x, self.y, workspace)?)
    }
}

impl Gradient for Problem<'_> {
    type Param = Vec<f64>;
    type Gradient = Vec<f64>;

    fn gradient(&self, parameters: &Vec<f64>) -> Result<Vec<f64>, Error> {
        let (net, workspace) = &mut *self.net.borrow_mut();
        net.set_parameters(parameters)?;
        net.backward(self.x, self.y, workspace)?;
        let mut gradient = vec![0.0; parameters.len()];
        workspace.gradients().values_into(&mut gradient)?;
        Ok(gradient)
    }
}

fn main() -> Result<(), Error> {
    let rows = PLANAR.lines().skip(1).map(|line| line.split(',').map(|v| v.parse().unwrap()));
    let rows: Vec<Vec<f64>> = rows.map(|row| row.collect()).collect();
    let points: Vec<f64> = rows.iter().flat_map(|row| &row[..2]).copied().collect();
    let labels: Vec<f64> = rows.iter().map(|row| row[2]).collect();
    let (x, y) = (Columns::new(&points, 2)?, Columns::new(&labels, 1)?);

    let builder = Network::builder(2).layer(8, Activation::Tanh).layer(1, Activation::Sigmoid);
    let mut net = builder.init(Init::XavierNormal, 1).build()?;
    let mut workspace = TrainingWorkspace::new(&net, x.samples())?;
    let mut start = vec![0.0; net.parameter_count()];
    net.parameters_into(&mut start)?;

    // About as many passes over the data as L-BFGS takes, which is two an iteration.
    let mut descending = net.try_clone()?;
    for _ in 0..400 {
        descending.step(x, y, 1.2, &mut workspace)?;
    }
    let descended = descending.cost(x, y, &mut workspace)?;

    let problem = Problem {
        net: RefCell::new((net.try_clone()?, TrainingWorkspace::new(&net, x.samples())?)),
        x,
        y,
    };
    let solver = LBFGS::new(MoreThuenteLineSearch::new(), 10);
    let result = Executor::new(problem, solver)
        .configure(|state| state.param(start).max_iters(200))
        .run()?;
    let state = result.state();
    let best = state.get_best_param().ok_or_else(|| Error::msg("no parameters"))?;
    net.set_parameters(best)?;
    let cost = net.cost(x, y, &mut workspace)?;
    let mut a = vec![0.0; x.samples()];
    net.predict(x, &mut a, &mut workspace)?;
    let accuracy = metrics::accuracy(Columns::new(&a, 1)?, y)?;

    println!("400 steps of gradient descent: cost {descended:.4}");
    println!("{} iterations of L-BFGS: cost {cost:.4}", state.get_iter());
    println!("{:.1} % of the points are told apart", 100.0 * accuracy);
    assert!(cost < descended && accuracy > 0.9, "not learned");
    Ok(())
}
