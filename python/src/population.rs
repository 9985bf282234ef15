//! `Population`: many networks of one shape in one call.

use numpy::PyArrayMethods;
use pyo3::prelude::*;
use shallownet::{
    Columns, Network, OfMembers, Population, PopulationTargets, PopulationWorkspace, Samples,
};

use crate::arrays::{Given, array, zeros};
use crate::either::{Either, Float, either, element, map_either};
use crate::failure::{refused, value};
use crate::network::{Layers, Plan, PyNetwork, of_f32, of_f64};
use crate::threads;

#[derive(Debug)]
pub(crate) struct Many<T: Float> {
    pub(crate) population: Population<T>,
    workspace: Option<PopulationWorkspace<T>>,
}

pub(crate) type Members = Either<Box<Many<f32>>, Box<Many<f64>>>;

impl<T: Float> From<Population<T>> for Many<T> {
    fn from(population: Population<T>) -> Self {
        Self { population, workspace: None }
    }
}

/// Rows as samples for all members, or of three dimensions: for each its own.
pub(crate) fn samples<'a, T: Float>(
    given: &'a Given<'_, T>,
    name: &str,
    (members, of_one): (usize, bool),
) -> PyResult<Samples<'a, T>> {
    let [own, _, features] = *given.shape() else { return Ok(given.columns(of_one)?.into()) };
    if own != members {
        return Err(value(format!("{name} is of {own} members: expected {members}")));
    }
    Ok(Samples::each(Columns::new(given.slice()?, features).map_err(refused)?))
}

/// Targets of all members or of each, weighted if there are weights of shape (m,) or (members, m).
pub(crate) fn targets<'a, T: Float>(
    y: &'a Given<'_, T>,
    weights: Option<&'a Given<'_, T>>,
    (members, of_one): (usize, bool),
) -> PyResult<PopulationTargets<'a, T>> {
    let y = samples(y, "y", (members, of_one))?;
    let Some(weights) = weights else { return Ok(y.into()) };
    let columns = Columns::new(weights.slice()?, 1).map_err(refused)?;
    Ok(match weights.shape() {
        [_] => PopulationTargets::weighted(y, columns),
        [own, _] if *own == members => PopulationTargets::weighted(y, Samples::each(columns)),
        shape => {
            let sentence =
                format!("weights has the shape {shape:?}: expected (m,) or (members, m)");
            return Err(value(sentence));
        }
    })
}

impl<T: Float> Many<T> {
    fn room(
        &mut self,
        samples: usize,
    ) -> PyResult<(&mut Population<T>, &mut PopulationWorkspace<T>)> {
        if self.workspace.as_ref().is_none_or(|workspace| workspace.capacity() < samples) {
            let workspace = PopulationWorkspace::new(&self.population, samples.max(1));
            self.workspace = Some(workspace.map_err(refused)?);
        }
        match &mut self.workspace {
            Some(workspace) => Ok((&mut self.population, workspace)),
            None => Err(value("no workspace")),
        }
    }

    /// Members, and whether a sample has one target.
    fn kind(&self) -> (usize, bool) {
        (self.population.members(), self.population.targets() == 1)
    }

    fn predict<'py>(
        &mut self,
        py: Python<'py>,
        x: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let x = Given::<T>::new(x, "x")?;
        let (members, outputs) = (self.population.members(), self.population.outputs());
        let count = match *x.shape() {
            [_, count, _] | [count, _] => count,
            _ => 1,
        };
        let x = samples(&x, "x", (members, false))?;
        let out = zeros::<T>(py, &[members, count, outputs])?;
        let mut into = out.readwrite();
        let room = into.as_slice_mut().map_err(|_| value("not contiguous"))?;
        let (population, workspace) = self.room(count)?;
        py.detach(|| threads::run(|| population.predict(x, room, workspace))).map_err(refused)?;
        drop(into);
        Ok(out.into_any())
    }

    /// Costs of all members; at a learning rate also a step of each.
    fn costs<'py>(
        &mut self,
        py: Python<'py>,
        (x, y): (&Bound<'py, PyAny>, &Bound<'py, PyAny>),
        weights: Option<&Bound<'py, PyAny>>,
        rates: Option<&Rates>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let kind = self.kind();
        let (x, y) = (Given::<T>::new(x, "x")?, Given::<T>::new(y, "y")?);
        let weights = Given::<T>::maybe(weights, "weights")?;
        let count = match *x.shape() {
            [_, count, _] | [count, _] => count,
            _ => 1,
        };
        let (x, y) = (samples(&x, "x", (kind.0, false))?, targets(&y, weights.as_ref(), kind)?);
        let each: Vec<T> = match rates {
            Some(Rates::Each(rates)) => rates.iter().map(|rate| T::from_f64(*rate)).collect(),
            _ => Vec::new(),
        };
        let rate = rates.map(|rates| match rates {
            Rates::All(rate) => OfMembers::All(T::from_f64(*rate)),
            Rates::Each(_) => OfMembers::Each(&each),
        });
        let mut costs = vec![0.0; kind.0];
        let (population, workspace) = self.room(count)?;
        let done = py.detach(|| {
            threads::run(|| match rate {
                None => population.cost(x, y, &mut costs, workspace),
                Some(rate) => population.step(x, y, rate, &mut costs, workspace),
            })
        });
        done.map_err(refused)?;
        Ok(array(py, costs, &[kind.0])?.into_any())
    }
}

/// One learning rate, or one a member.
#[derive(FromPyObject)]
enum Rates {
    All(f64),
    Each(Vec<f64>),
}

/// Many networks of one shape: every call is for all of them, and small ones are computed together.
///
/// Parameters
/// ----------
/// inputs, layers, loss, init, dtype, parallel, checks, backend
///     As of `Network`.
/// seeds : list of int
///     One a member.
#[pyclass(module = "shallownet", name = "Population", subclass)]
#[derive(Debug)]
pub(crate) struct PyPopulation {
    pub(crate) members: Members,
}

#[pymethods]
impl PyPopulation {
    #[new]
    #[pyo3(signature = (
        inputs, layers, *, seeds, loss=None, init="auto", dtype="float32", parallel=true,
        checks=true, backend="auto"
    ))]
    #[expect(clippy::too_many_arguments, reason = "they are keywords of a Python function")]
    fn new(
        inputs: usize,
        layers: Layers,
        seeds: Vec<u64>,
        loss: Option<&str>,
        init: &str,
        dtype: &str,
        parallel: bool,
        checks: bool,
        backend: &str,
    ) -> PyResult<Self> {
        let (layers, init) = (&layers, (init, 0));
        let plan = Plan { inputs, layers, loss, init, parallel, checks, backend };
        let members = match element(dtype)? {
            Either::F32(()) => Either::F32(Box::new(seeded(&plan, seeds)?)),
            Either::F64(()) => Either::F64(Box::new(seeded(&plan, seeds)?)),
        };
        Ok(Self { members })
    }

    /// How many networks.
    #[getter]
    fn members(&self) -> usize {
        either!(&self.members, many => many.population.members())
    }

    /// Features of a sample, n_x.
    #[getter]
    fn inputs(&self) -> usize {
        either!(&self.members, many => many.population.inputs())
    }

    /// Values of a prediction, n_y.
    #[getter]
    fn outputs(&self) -> usize {
        either!(&self.members, many => many.population.outputs())
    }

    /// Parameters of one network.
    #[getter]
    fn parameter_count(&self) -> usize {
        either!(&self.members, many => many.population.parameter_count())
    }

    /// Do small networks lie side by side in registers?
    #[getter]
    fn is_in_lanes(&self) -> bool {
        either!(&self.members, many => many.population.is_in_lanes())
    }

    /// A copy of one member as a network of its own.
    fn network(&self, member: usize) -> PyResult<PyNetwork> {
        match &self.members {
            Either::F32(many) => Ok(of_f32(many.population.get(member).map_err(refused)?)),
            Either::F64(many) => Ok(of_f64(many.population.get(member).map_err(refused)?)),
        }
    }

    /// All parameters, a copy of shape (members, parameter_count).
    #[getter]
    fn parameters<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        either!(&self.members, many => {
            let shape = [many.population.members(), many.population.parameter_count()];
            let mut values = vec![Default::default(); shape[0] * shape[1]];
            many.population.all_parameters_into(&mut values).map_err(refused)?;
            Ok(array(py, values, &shape)?.into_any())
        })
    }

    #[setter]
    fn set_parameters(&mut self, values: &Bound<'_, PyAny>) -> PyResult<()> {
        either!(&mut self.members, many => {
            let values = Given::new(values, "parameters")?;
            many.population.set_all_parameters(values.slice()?).map_err(refused)
        })
    }

    /// The outputs of every member, shape (members, m, n_y).
    ///
    /// Parameters
    /// ----------
    /// x : array of shape (m, n_x) for all members, or (members, m, n_x)
    fn predict<'py>(
        &mut self,
        py: Python<'py>,
        x: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        either!(&mut self.members, many => many.predict(py, x))
    }

    /// The cost of every member, shape (members,).
    ///
    /// Parameters
    /// ----------
    /// x : array of shape (m, n_x) for all members, or (members, m, n_x)
    /// y : array of shape (m, targets) for all members, or (members, m, targets)
    /// weights : array of shape (m,) or (members, m), optional
    #[pyo3(signature = (x, y, weights=None))]
    fn cost<'py>(
        &mut self,
        py: Python<'py>,
        x: &Bound<'py, PyAny>,
        y: &Bound<'py, PyAny>,
        weights: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        either!(&mut self.members, many => many.costs(py, (x, y), weights, None))
    }

    /// One step of gradient descent of every member; returns the costs before it, shape (members,).
    ///
    /// Parameters
    /// ----------
    /// x, y, weights
    ///     As of `cost`.
    /// learning_rate : float, or one a member
    #[pyo3(signature = (x, y, learning_rate, weights=None))]
    fn step<'py>(
        &mut self,
        py: Python<'py>,
        x: &Bound<'py, PyAny>,
        y: &Bound<'py, PyAny>,
        learning_rate: Rates,
        weights: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let rates = Some(&learning_rate);
        either!(&mut self.members, many => many.costs(py, (x, y), weights, rates))
    }

    fn __len__(&self) -> usize {
        self.members()
    }

    fn __copy__(&self) -> PyResult<Self> {
        let members = map_either!(&self.members, many => {
            Box::new(many.population.try_clone().map_err(refused)?.into())
        });
        Ok(Self { members })
    }

    fn __deepcopy__(&self, _memo: &Bound<'_, PyAny>) -> PyResult<Self> {
        self.__copy__()
    }

    fn __repr__(&self) -> String {
        format!(
            "Population of {} networks like {}",
            self.members(),
            match self.network(0) {
                Ok(network) => network.__repr__(),
                Err(error) => error.to_string(),
            }
        )
    }
}

fn seeded<T: Float>(plan: &Plan<'_>, seeds: Vec<u64>) -> PyResult<Many<T>> {
    let population: Population<T> =
        Population::from_seeds(&plan.builder::<T>()?, seeds).map_err(refused)?;
    Ok(population.into())
}

/// Networks of one dtype, copied.
fn of_networks<T: Float>(networks: Vec<Network<T>>) -> PyResult<Many<T>> {
    Ok(Population::from_networks(networks).map_err(refused)?.into())
}

#[pymethods]
impl PyPopulation {
    /// A population of copies of these networks, which have one shape and dtype.
    #[staticmethod]
    fn of(networks: Vec<PyRef<'_, PyNetwork>>) -> PyResult<Self> {
        let (mut of_32, mut of_64) = (Vec::new(), Vec::new());
        for network in &networks {
            match &network.net {
                Either::F32(inner) => of_32.push(inner.net.try_clone().map_err(refused)?),
                Either::F64(inner) => of_64.push(inner.net.try_clone().map_err(refused)?),
            }
        }
        let members = match (of_32.is_empty(), of_64.is_empty()) {
            (false, false) => {
                return Err(value("networks are of float32 and of float64: expected one dtype"));
            }
            (_, true) => Either::F32(Box::new(of_networks(of_32)?)),
            (true, false) => Either::F64(Box::new(of_networks(of_64)?)),
        };
        Ok(Self { members })
    }
}
