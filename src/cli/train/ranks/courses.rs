//! The networks that ranks have trained, and their courses, on every rank.

use shallownet::{Network, Scalar};

use crate::failure::Failure;
use crate::job::Job;
use crate::train::members::{Costs, Course, Courses, Done, Outcome};

/// Those of all ranks, in their order; `like` is a network of their shape. They took as long as the rank
/// that took longest.
pub(super) fn gathered<T: Scalar>(
    own: Courses<T>,
    like: &Network<T>,
    job: &Job<'_>,
) -> Result<Courses<T>, Failure> {
    let mut numbers = Vec::new();
    own.each.iter().for_each(|course| write(course, &mut numbers));
    let all = job.values(&numbers)?;
    let seconds = job.values(&[own.seconds])?.into_iter().fold(0.0, f64::max);
    let (mut each, mut rest) = (Vec::new(), all.into_iter());
    let mut read = || {
        while let Some(first) = rest.next() {
            each.push(read(first, &mut rest, like)?);
        }
        Ok::<_, Failure>(())
    };
    job.agreed(read())?;
    Ok(Courses { each, seconds })
}

/// Numbers that every f64 holds exactly: epochs and steps are counts.
fn write<T: Scalar>(course: &Course<T>, into: &mut Vec<f64>) {
    match course.outcome {
        Outcome::Diverged { step, cost } => into.extend([1.0, step as f64, cost]),
        Outcome::Done(done) => {
            let (epoch, best) = done.best.map_or((0, None), |(epoch, cost)| (epoch, Some(cost)));
            let was_stopped = f64::from(u8::from(done.was_stopped));
            into.extend([0.0, done.epochs as f64, done.steps as f64, was_stopped, epoch as f64]);
            for cost in [done.training_cost, done.validation_cost, best] {
                write_cost(cost, into);
            }
        }
    }
    into.push(course.costs.len() as f64);
    for &(training, validation) in &course.costs {
        into.push(training);
        write_cost(validation, into);
    }
    let mut parameters = vec![T::ZERO; course.network.parameter_count()];
    // Of a length that fits.
    let _ = course.network.parameters_into(&mut parameters);
    into.extend(parameters.iter().map(|w| w.to_f64()));
}

fn write_cost(cost: Option<f64>, into: &mut Vec<f64>) {
    into.extend([f64::from(u8::from(cost.is_some())), cost.unwrap_or(0.0)]);
}

fn read<T: Scalar>(
    first: f64,
    rest: &mut impl Iterator<Item = f64>,
    like: &Network<T>,
) -> Result<Course<T>, Failure> {
    let mut next = || rest.next().unwrap_or(f64::NAN);
    let cost = |next: &mut dyn FnMut() -> f64| {
        let is_some = next() == 1.0;
        Some(next()).filter(|_| is_some)
    };
    let outcome = if first == 1.0 {
        Outcome::Diverged { step: next() as u64, cost: next() }
    } else {
        let [epochs, steps, was_stopped, epoch] = [next(), next(), next(), next()];
        let [training_cost, validation_cost, best] =
            [cost(&mut next), cost(&mut next), cost(&mut next)];
        Outcome::Done(Done {
            epochs: epochs as usize,
            steps: steps as u64,
            was_stopped: was_stopped == 1.0,
            training_cost,
            validation_cost,
            best: best.map(|cost| (epoch as usize, cost)),
        })
    };
    let epochs = next() as usize;
    let costs: Costs = (0..epochs).map(|_| (next(), cost(&mut next))).collect();
    let parameters: Vec<T> = (0..like.parameter_count()).map(|_| T::from_f64(next())).collect();
    let mut network = like.try_clone()?;
    network.set_parameters(&parameters)?;
    Ok(Course { outcome, costs, network })
}

#[cfg(test)]
mod tests {
    use shallownet::{Activation, Init, Network};

    use super::*;
    use crate::job::thread_ranks::on_ranks;

    fn network(seed: u64) -> Network<f32> {
        Network::builder(3).layer(2, Activation::Tanh).init(Init::Auto, seed).build().unwrap()
    }

    #[test]
    fn courses_come_in_the_order_of_ranks() {
        let done = Done {
            epochs: 2,
            steps: 1 << 40,
            was_stopped: true,
            training_cost: Some(0.25),
            validation_cost: None,
            best: Some((1, f64::MIN_POSITIVE)),
        };
        let course = |seed| match seed {
            0 => (Outcome::Done(done), vec![(0.5, None), (0.25, Some(0.125))]),
            1 => (Outcome::Done(Done { best: None, was_stopped: false, ..done }), Vec::new()),
            _ => (Outcome::Diverged { step: 7, cost: f64::INFINITY }, vec![(1.0, None)]),
        };
        let numbers = |network: &Network<f32>| {
            let mut parameters = [0.0; 8];
            network.parameters_into(&mut parameters).unwrap();
            parameters
        };
        // The second rank has none.
        for all in on_ranks(3, |rank| {
            let job = Job::new(rank);
            let of = [0..2, 2..2, 2..3][job.rank()].clone();
            let each = of.map(|seed| {
                let (outcome, costs) = course(seed);
                Course { outcome, costs, network: network(seed) }
            });
            let own = Courses { each: each.collect(), seconds: job.rank() as f64 };
            gathered(own, &network(9), &job).unwrap()
        }) {
            assert_eq!((all.each.len(), all.seconds), (3, 2.0));
            for (seed, there) in all.each.iter().enumerate() {
                let seed = seed as u64;
                assert_eq!((there.outcome, there.costs.clone()), course(seed));
                assert_eq!(numbers(&there.network), numbers(&network(seed)));
            }
        }
    }
}
