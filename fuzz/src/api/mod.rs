//! Any sequence of public calls: each gives an answer or an error, and none panics.
//!
//! A sequence of up to 32 calls (`call.rs`) builds a network, and works on it, on further ones, on
//! workspaces, tapes, optimiser states, trainers and training states, which fit each other or not;
//! sizes are small, or such as no machine has; values are ordinary, or anything. Asserted is
//! besides:
//!
//! * an error is one line of text;
//! * a refused call on a network (and a step that diverges) leaves every parameter as it was;
//! * `Fit` and `Trainer` leave finite parameters where they find finite ones, unless a step itself
//!   (not a run) was asked for; a `Fit` that diverges leaves what it found, or parameters with a
//!   finite cost;
//! * `workspace_bytes` is what a workspace then holds, at least for what is built here;
//! * what `checkpoint::encode` and `model::encode` write, `decode` reads, with the same bytes when
//!   written again.

mod call;
mod derivatives;
mod files;
mod networks;
mod tools;
mod trainings;
mod world;

use arbitrary::{Arbitrary, Result, Unstructured};
use shallownet::Scalar;

use call::Call;
use world::World;

/// A sequence of calls on networks of f64, or else f32.
#[derive(Debug, Clone)]
pub struct Input {
    is_double: bool,
    calls: Vec<Call>,
}

const MOST_CALLS: usize = 32;

impl<'a> Arbitrary<'a> for Input {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let is_double = u.arbitrary()?;
        // Without these there is little to call.
        let mut calls = vec![Call::Build(u.arbitrary()?), Call::Data(u.arbitrary()?)];
        while calls.len() < MOST_CALLS && !u.is_empty() {
            calls.push(u.arbitrary()?);
        }
        Ok(Self { is_double, calls })
    }
}

/// The target.
pub fn run(input: &Input) {
    if input.is_double { all::<f64>(&input.calls) } else { all::<f32>(&input.calls) }
}

fn all<T: Scalar>(calls: &[Call]) {
    let mut world = World::<T>::new();
    for call in calls {
        // A part of a sequence that has nothing to work on ends early, as `None`.
        let _ = one(&mut world, call);
    }
}

fn one<T: Scalar>(world: &mut World<T>, call: &Call) -> Option<()> {
    match call {
        Call::Build(build) => world.build(build),
        Call::Copy { net } => world.copy(*net),
        Call::Data(data) => world.put_data(data),
        Call::Parameters { net, layer, is_bias, values } => {
            world.parameters(*net, (*layer).into(), *is_bias, values)
        }
        Call::Read { net, layer, batch } => world.read(*net, (*layer).into(), batch.0),
        Call::Workspace { net, capacity, is_for_training } => {
            world.workspace(*net, capacity.0, *is_for_training)
        }
        Call::Pass { net, workspace, data, pass } => world.pass(*net, *workspace, *data, *pass),
        Call::Descend { net, from, is_tape, rate } => world.descend(*net, *from, *is_tape, *rate),
        Call::Update { net, from, optimizer, rate } => world.update(*net, *from, *optimizer, *rate),
        Call::Optimizer { net, optimizer, l2, clip_norm } => {
            world.optimizer(*net, optimizer.0, *l2, *clip_norm)
        }
        Call::Tape { net, capacity } => world.tape(*net, capacity.0),
        Call::Forward { net, tape, data } => world.forward(*net, *tape, *data),
        Call::BackwardFrom { net, tape, data, is_da, dx } => {
            world.backward_from((*net, *tape, *data), *is_da, *dx)
        }
        Call::Diagnostics { tape, workspace, layer } => {
            world.diagnostics(*tape, *workspace, (*layer).into())
        }
        Call::Trainer { net, training, data } => world.trainer(*net, training.0, *data),
        Call::Run { net, trainer, data, epochs } => world.run(*net, *trainer, *data, *epochs),
        Call::PutAway { trainer } => world.put_away(*trainer),
        Call::Resume { net, state, data } => world.resume(*net, *state, *data),
        Call::Checkpoint { net, state, backend } => world.checkpoint(*net, *state, backend.0),
        Call::Model { net, features, classes, standardization } => {
            world.model(*net, features.as_ref(), classes, *standardization)
        }
        Call::Metrics { data, classes, threshold } => world.metrics(*data, classes.0, *threshold),
        Call::Select { data, folds, iterations, is_stratified, rate } => {
            world.select(*data, folds.0, *iterations, *is_stratified, *rate)
        }
        Call::GradientCheck { net, data, per_layer } => {
            world.gradient_check(*net, *data, (*per_layer).into())
        }
        Call::Schedule { schedule, step, steps_an_epoch } => {
            tools::schedule(schedule.0, *step, steps_an_epoch.0)
        }
        Call::Vector { level, values, function } => tools::vector::<T>(*level, values, *function),
        Call::Standardize { data, features } => world.standardize(*data, features.0),
        Call::Arrays { net, workspace, data, is_matrix } => {
            world.arrays(*net, *workspace, *data, *is_matrix)
        }
        Call::Columns { data, features, start, end } => {
            world.columns(*data, features.0, start.0..end.0)
        }
        Call::Names(name) => tools::names(name),
        Call::Derivatives { net, other, data, capacity, spare } => {
            world.derivatives((*net, *other), *data, capacity.0, *spare)
        }
    }
}
