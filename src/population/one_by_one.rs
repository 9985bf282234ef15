//! The passes of members that are networks of their own, one after the other.

use super::given::Given;
use super::samples::{OfMembers, Samples};
use super::walk::{By, Kept, Unit, share};
use crate::error::Error;
use crate::network::parameters::Network;
use crate::network::workspace::TrainingWorkspace;
use crate::scalar::Scalar;
use crate::train::optimizer_state::OptimizerState;
use crate::words::choices::Checks;

pub(super) fn predict<T: Scalar>(
    networks: &[Network<T>],
    x: Samples<'_, T>,
    samples: usize,
    out: &mut [T],
    rooms: &mut [TrainingWorkspace<T>],
) {
    let out = By::new(out, out.len() / networks.len());
    share(0..networks.len(), rooms, out, &|members, room, mut out| {
        for member in members {
            let done = networks[member].predict(x.of(member, samples), out.next(), room);
            debug_assert_eq!(done, Ok(()), "the arguments are checked");
        }
    });
}

/// Costs; and gradients, in the textbook's order, if there is a place for them.
pub(super) fn backward<T: Scalar>(
    networks: &[Network<T>],
    given: &Given<'_, T>,
    into: Option<&mut [T]>,
    costs: &mut [f64],
    rooms: &mut [TrainingWorkspace<T>],
) {
    let into = into.map(|into| By::new(into, networks[0].parameter_count()));
    run(
        Kept::Read(networks, 1),
        networks.len(),
        (given, OfMembers::All(T::ZERO)),
        into,
        costs,
        rooms,
    );
}

pub(super) fn step<T: Scalar>(
    networks: &mut [Network<T>],
    given: &Given<'_, T>,
    rates: OfMembers<'_, T>,
    costs: &mut [f64],
    rooms: &mut [TrainingWorkspace<T>],
) {
    let members = networks.len();
    run(Kept::Write(By::new(networks, 1)), members, (given, rates), None, costs, rooms);
}

/// A step of an optimiser, whose states are the members'.
pub(super) fn optimize<T: Scalar>(
    networks: &mut [Network<T>],
    given: &Given<'_, T>,
    states: &mut [OptimizerState<T>],
    rates: OfMembers<'_, T>,
    costs: &mut [f64],
    rooms: &mut [TrainingWorkspace<T>],
) {
    let members = networks.len();
    let slices = (By::new(networks, 1), By::new(states, 1), By::new(costs, 1));
    share(0..members, rooms, slices, &|members, room, mut slices| {
        for member in members {
            let (x, y) = given.of(member);
            let ([net], [state]) = (slices.0.next(), slices.1.next()) else {
                unreachable!("a unit is a network")
            };
            let (rate, check) = (rates.of(member).to_f64(), Checks::ShapesOnly);
            let cost = match net.step_with_checked(&x, &y, state, rate, room, check) {
                Err(Error::Diverged { cost, .. }) => cost,
                cost => cost.unwrap_or(f64::NAN),
            };
            slices.2.next().fill(cost);
        }
    });
}

fn run<T: Scalar>(
    networks: Kept<'_, Network<T>>,
    members: usize,
    (given, rates): (&Given<'_, T>, OfMembers<'_, T>),
    into: Option<By<'_, T>>,
    costs: &mut [f64],
    rooms: &mut [TrainingWorkspace<T>],
) {
    let slices = (networks, into, By::new(costs, 1));
    share(0..members, rooms, slices, &|members, room, mut slices| {
        for member in members {
            let (x, y) = given.of(member);
            let (check, rate) = (Checks::ShapesOnly, rates.of(member));
            let into = slices.1.as_mut().map(By::next);
            let cost = match (slices.0.next(), into) {
                (Unit::Write([net]), _) if rate > T::ZERO => {
                    net.step_checked(&x, &y, rate, room, check)
                }
                (Unit::Read([net]), Some(into)) => {
                    let cost = net.backward_checked(&x, &y, room, check);
                    let done = room.gradients().values_into(into);
                    debug_assert_eq!(done, Ok(()), "there is a member's place");
                    cost
                }
                (Unit::Read([net]), None) => net.cost_checked(x, y, &mut room.buffers),
                (Unit::Write([net]), _) => net.cost_checked(x, y, &mut room.buffers),
                _ => unreachable!("a unit is a network"),
            };
            slices.2.next().fill(cost.unwrap_or(f64::NAN));
        }
    });
}
