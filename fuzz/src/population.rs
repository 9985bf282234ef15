//! A population whose members are also computed alone.
//!
//! A case is a network of 1 to 3 layers of 1 to 20 units, up to 80 members whose parameters follow
//! from seeds, batches of 1 to 70 samples (shared, or one each), weights or none, learning rates, an
//! optimiser, f32 or f64, on any backend and level of this machine. *Spots* put any value in the
//! place of single samples, targets, weights and rates. Asserted is:
//!
//! 1. No call panics. What a call refuses, it refuses for the member alone as well, or for another
//!    member; and nothing has changed.
//! 2. A member's predictions, cost, gradient and parameters after a step, plain and of the optimiser,
//!    have the bits that it has alone in a population of one.
//! 3. A member whose cost is not finite keeps its parameters.

use arbitrary::{Arbitrary, Result, Unstructured};
use shallownet::testing::backends::BACKENDS;
use shallownet::testing::cases::bytes::{
    Rate, Wild, elementwise, enough, output, pick, rarely, within,
};
use shallownet::{
    Activation, Checks, Columns, Error, Init, Loss, Network, Optimizer, Parallelism, Population,
    PopulationGradients, PopulationOptimizer, PopulationTargets, PopulationWorkspace, Samples,
    Scalar,
};

use crate::bits::bits;

/// A case.
#[derive(Debug)]
pub struct Input {
    n_x: usize,
    layers: Vec<(usize, Activation)>,
    loss: Loss,
    members: usize,
    samples: usize,
    each: [bool; 3],
    is_weighted: bool,
    seed: u64,
    backend: usize,
    checks: Checks,
    is_double: bool,
    optimizer: Optimizer,
    l2: f64,
    clip: Option<f64>,
    rates: Vec<Rate>,
    spots: Vec<(u16, Wild)>,
}

impl<'a> Arbitrary<'a> for Input {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let (g, loss) = output(u)?;
        let mut layers = Vec::new();
        for _ in 0..within(u, 0, 2)? {
            layers.push((within(u, 1, 20)?, elementwise(u)?));
        }
        layers.push((enough(within(u, 1, 5)?, (g, loss)), g));
        Ok(Self {
            n_x: within(u, 1, 30)?,
            layers,
            loss,
            members: within(u, 1, 80)?,
            samples: within(u, 1, 70)?,
            each: u.arbitrary()?,
            is_weighted: rarely(u, 3)?,
            seed: u.arbitrary::<u32>()?.into(),
            backend: u.arbitrary::<u8>()?.into(),
            checks: pick(u, &[Checks::Full, Checks::ShapesOnly])?,
            is_double: u.arbitrary()?,
            optimizer: pick(u, &Optimizer::all())?,
            l2: if rarely(u, 3)? { u.arbitrary::<Wild>()?.0 } else { 0.0 },
            clip: if rarely(u, 4)? { Some(u.arbitrary::<Wild>()?.0) } else { None },
            rates: (0..within(u, 1, 3)?).map(|_| u.arbitrary()).collect::<Result<_>>()?,
            spots: u.arbitrary::<Vec<(u16, Wild)>>()?.into_iter().take(6).collect(),
        })
    }
}

/// The target.
pub fn run(input: &Input) {
    if input.is_double { check::<f64>(input) } else { check::<f32>(input) }
}

/// What the members see.
struct Given<T> {
    values: [Vec<T>; 3],
    sizes: [usize; 3],
}

impl<T: Scalar> Given<T> {
    fn of(input: &Input) -> Self {
        let n_y = input.layers[input.layers.len() - 1].0;
        let sizes = [input.n_x, input.loss.targets(n_y), 1];
        let mut state = input.seed;
        let mut draw = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 40) as f64 / f64::from(1 << 23) - 1.0
        };
        let values = core::array::from_fn(|which| {
            let batches = if input.each[which] { input.members } else { 1 };
            let columns = input.samples * batches;
            let mut values = Vec::new();
            for column in 0..columns {
                for k in 0..sizes[which] {
                    let value = match (which, input.loss) {
                        (1, Loss::CategoricalCrossEntropy) => f64::from(k == column % n_y),
                        (1, Loss::BinaryCrossEntropy) => f64::from(draw() > 0.0),
                        (1, Loss::Poisson) => draw().abs(),
                        (2, _) => 1.0 + draw().abs(),
                        _ => draw(),
                    };
                    values.push(T::from_f64(value));
                }
            }
            values
        });
        let mut given = Self { values, sizes };
        for (place, wild) in &input.spots {
            let values = &mut given.values[usize::from(place % 3)];
            let at = usize::from(place / 3) % values.len();
            values[at] = wild.to();
        }
        given
    }

    /// All of it, or that of one member.
    fn samples(&self, input: &Input, which: usize, member: Option<usize>) -> Samples<'_, T> {
        let (values, n) = (&self.values[which], self.sizes[which]);
        let columns = Columns::new(values, n).unwrap();
        match (input.each[which], member) {
            (true, None) => Samples::each(columns),
            (true, Some(member)) => {
                let range = member * input.samples..(member + 1) * input.samples;
                columns.range(range).unwrap().into()
            }
            (false, _) => columns.into(),
        }
    }

    fn targets(&self, input: &Input, member: Option<usize>) -> PopulationTargets<'_, T> {
        let y = self.samples(input, 1, member);
        match input.is_weighted {
            true => PopulationTargets::weighted(y, self.samples(input, 2, member)),
            false => y.into(),
        }
    }
}

/// What calls have said and left, a member at a time.
struct Said {
    refused: Vec<bool>,
    of_members: Vec<Vec<Vec<u64>>>,
}

fn check<T: Scalar>(input: &Input) {
    let setup = BACKENDS[input.backend % BACKENDS.len()];
    let builder = Network::<T>::builder(input.n_x)
        .layers(input.layers.iter().copied())
        .loss(input.loss)
        .checks(input.checks)
        .init(Init::Auto, 0)
        .parallelism(Parallelism::Serial);
    let builder = setup.choose(builder);
    let seeds = (0..input.members as u64).map(|k| input.seed + k);
    let population = Population::from_seeds(&builder, seeds).unwrap();
    let given = Given::<T>::of(input);
    let all = said(input, population.try_clone().unwrap(), &given, None);
    let chosen = [0, input.seed as usize % input.members, input.members - 1];
    for member in chosen {
        let net = population.get(member).unwrap();
        let alone = Population::from_networks([net]).unwrap();
        let alone = said(input, alone, &given, Some(member));
        for (call, refused) in alone.refused.iter().enumerate() {
            // Another member's values may be refused where this one's are not.
            assert!(all.refused[call] || !refused, "call {call} of member {member}: {input:?}");
        }
        if all.refused == alone.refused {
            assert_eq!(all.of_members[member], alone.of_members[0], "member {member}: {input:?}");
        }
    }
}

fn said<T: Scalar>(
    input: &Input,
    mut population: Population<T>,
    given: &Given<T>,
    member: Option<usize>,
) -> Said {
    let members = population.members();
    let (x, y) = (given.samples(input, 0, member), given.targets(input, member));
    let mut workspace = PopulationWorkspace::new(&population, input.samples).unwrap();
    let mut gradients = PopulationGradients::zeros(&population).unwrap();
    let length = input.samples * population.outputs();
    let (mut out, mut costs) = (vec![T::ZERO; length * members], vec![0.0; members]);
    let mut said = Said { refused: Vec::new(), of_members: vec![Vec::new(); members] };
    let rate = |k: usize| T::from_f64(input.rates[k % input.rates.len()].0);
    let rates: Vec<T> = (0..members).map(|k| rate(member.unwrap_or(k))).collect();
    let count = population.parameter_count();
    let parameters = |population: &Population<T>, k: usize| {
        let mut values = vec![T::ZERO; count];
        population.parameters_into(k, &mut values).unwrap();
        bits(&values)
    };

    said.refused.push(population.predict(x, &mut out, &mut workspace).is_err());
    for (k, out) in out.chunks_exact(length).enumerate() {
        said.of_members[k].push(bits(out));
    }
    said.refused
        .push(population.backward(x, y, &mut gradients, &mut costs, &mut workspace).is_err());
    for k in 0..members {
        let mut values = vec![T::ZERO; count];
        gradients.values_into(k, &mut values).unwrap();
        said.of_members[k].push([bits(&values), bits(&costs[k..=k])].concat());
    }
    for step in 0..4 {
        let before: Vec<_> = (0..members).map(|k| parameters(&population, k)).collect();
        costs.fill(0.0);
        let done = match optimizer(&population, input) {
            Ok(mut state) if step % 2 == 1 => {
                population.step_with(x, y, &mut state, &rates[..], &mut costs, &mut workspace)
            }
            _ => population.step(x, y, &rates[..], &mut costs, &mut workspace),
        };
        let has_stepped = matches!(done, Ok(()) | Err(Error::MembersDiverged { .. }));
        said.refused.push(!has_stepped);
        for (k, before) in before.into_iter().enumerate() {
            let after = parameters(&population, k);
            if !has_stepped || !costs[k].is_finite() {
                assert_eq!(after, before, "member {k} has moved: {done:?}, {input:?}");
            }
            said.of_members[k].push([after, bits(&costs[k..=k])].concat());
        }
    }
    said
}

fn optimizer<T: Scalar>(
    population: &Population<T>,
    input: &Input,
) -> shallownet::Result<PopulationOptimizer<T>> {
    let state = PopulationOptimizer::new(population, input.optimizer)?.l2(input.l2)?;
    match input.clip {
        None => Ok(state),
        Some(clip) => state.clip_norm(clip),
    }
}
