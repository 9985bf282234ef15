//! Promise: a population computes for each member what the reference computes, up to rounding, and
//! for one sample what a network computes, to the bit; a member's result depends on nothing but the
//! member: not on the others, their number, its place, the threads, or the level (with FMA).

mod common;

use common::bounds::{Approx, Rounding};
use common::cases::{Case, any_case, elementwise, output_and_loss};
use common::compare::within;
use common::expected::Expected;
use common::{BACKENDS, Setup, bits};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use shallownet::{
    Activation, Columns, Loss, Network, OfMembers, Parallelism, Population, PopulationGradients,
    PopulationTargets, PopulationWorkspace, Samples, Scalar, Targets, TrainingWorkspace, reference,
};

/// Members of one shape with batches of their own, each drawn from its own seed.
struct Drawn<T> {
    networks: Vec<Network<T>>,
    x: Vec<T>,
    y: Vec<T>,
    weights: Vec<T>,
    rates: Vec<T>,
    samples: usize,
}

impl<T: Scalar> Drawn<T> {
    fn of(case: &Case, setup: Setup, who: Parallelism, members: usize) -> Self {
        let samples = case.batches[0];
        let mut drawn = Self {
            networks: Vec::new(),
            x: Vec::new(),
            y: Vec::new(),
            weights: Vec::new(),
            rates: Vec::new(),
            samples,
        };
        for member in 0..members {
            let case = Case { seed: case.seed.wrapping_add(member as u64), ..case.clone() };
            let batch = case.batch::<T>(0);
            drawn.networks.push(case.network(setup, who));
            drawn.x.extend(batch.x);
            drawn.y.extend(batch.y);
            let weight = |s| T::from_f64([1.0, 0.5, 2.0, 0.0, 3.0][(member + s) % 5]);
            drawn.weights.extend((0..samples).map(weight));
            drawn.rates.push(T::from_f64(f64::from(case.learning_rate) / (1 + member % 3) as f64));
        }
        drawn
    }

    fn population(&self) -> Population<T> {
        Population::from_networks(self.networks.iter().cloned()).unwrap()
    }

    /// The batch of one member: x, y, weights.
    fn batch(&self, member: usize) -> (Columns<'_, T>, Columns<'_, T>, &[T]) {
        let (n_x, n_y) = (self.networks[0].inputs(), self.networks[0].targets());
        fn of<T>(values: &[T], member: usize, length: usize) -> &[T] {
            &values[member * length..(member + 1) * length]
        }
        let m = self.samples;
        (
            Columns::new(of(&self.x, member, m * n_x), n_x).unwrap(),
            Columns::new(of(&self.y, member, m * n_y), n_y).unwrap(),
            of(&self.weights, member, m),
        )
    }

    fn samples(&self) -> (Samples<'_, T>, Samples<'_, T>, Samples<'_, T>) {
        let (n_x, n_y) = (self.networks[0].inputs(), self.networks[0].targets());
        let each = |values, n| Samples::each(Columns::new(values, n).unwrap());
        (each(&self.x, n_x), each(&self.y, n_y), each(&self.weights, 1))
    }
}

/// All that a population says of its members.
#[derive(Debug, Clone, PartialEq)]
struct Said<T> {
    predictions: Vec<T>,
    costs: Vec<f64>,
    gradients: Vec<Vec<T>>,
    step_costs: Vec<f64>,
    stepped: Vec<Vec<T>>,
}

impl<T: Scalar> Said<T> {
    fn of(drawn: &Drawn<T>, is_weighted: bool) -> Self {
        let (x, y, weights) = drawn.samples();
        let targets = if is_weighted { PopulationTargets::weighted(y, weights) } else { y.into() };
        Self::seen_by(&mut drawn.population(), x, targets, (drawn.samples, &drawn.rates))
    }

    fn seen_by(
        population: &mut Population<T>,
        x: Samples<'_, T>,
        y: PopulationTargets<'_, T>,
        (samples, rates): (usize, &[T]),
    ) -> Self {
        let members = population.members();
        let mut workspace = PopulationWorkspace::new(population, samples).unwrap();
        let mut gradients = PopulationGradients::zeros(population).unwrap();
        let mut costs = vec![f64::NAN; members];
        let mut predictions = vec![T::ZERO; members * samples * population.outputs()];
        population.predict(x, &mut predictions, &mut workspace).unwrap();
        population.backward(x, y, &mut gradients, &mut costs, &mut workspace).unwrap();
        let backward_costs = costs.clone();
        population.cost(x, y, &mut costs, &mut workspace).unwrap();
        assert_eq!(bits(&costs), bits(&backward_costs), "cost and backward");
        let mut step_costs = vec![f64::NAN; members];
        population.step(x, y, rates, &mut step_costs, &mut workspace).unwrap();
        let count = population.parameter_count();
        let each = |f: &dyn Fn(usize, &mut [T])| {
            let of = |member| {
                let mut values = vec![T::ZERO; count];
                f(member, &mut values);
                values
            };
            (0..members).map(of).collect()
        };
        Self {
            predictions,
            costs,
            gradients: each(&|member, into| gradients.values_into(member, into).unwrap()),
            step_costs,
            stepped: each(&|member, into| population.parameters_into(member, into).unwrap()),
        }
    }

    fn bits(&self) -> Vec<u64> {
        let mut all = [bits(&self.predictions), bits(&self.costs), bits(&self.step_costs)].concat();
        for values in self.gradients.iter().chain(&self.stepped) {
            all.extend(bits(values));
        }
        all
    }

    /// Those of one member.
    fn of_member(&self, member: usize) -> Self {
        let length = self.predictions.len() / self.costs.len();
        Self {
            predictions: self.predictions[member * length..(member + 1) * length].to_vec(),
            costs: vec![self.costs[member]],
            gradients: vec![self.gradients[member].clone()],
            step_costs: vec![self.step_costs[member]],
            stepped: vec![self.stepped[member].clone()],
        }
    }
}

/// Every member beside the reference.
fn with_reference<T: Scalar>(drawn: &Drawn<T>, is_weighted: bool) -> Result<(), TestCaseError> {
    let said = Said::of(drawn, is_weighted);
    let r = Rounding::of::<T>();
    for (member, net) in drawn.networks.iter().enumerate() {
        let (x, y, weights) = drawn.batch(member);
        let oracle = reference::Network::from(net);
        let nested =
            |columns: Columns<'_, T>| common::cases::nested(columns.as_slice(), columns.features());
        let (x, y) = (nested(x), nested(y));
        let expected = if is_weighted {
            let weights: Vec<f64> = weights.iter().map(|w| w.to_f64()).collect();
            Expected::weighted(r, &oracle, (&x, &y), &weights)
        } else {
            Expected::of(r, &oracle, &x, &y)
        };
        let said = said.of_member(member);
        within("predictions", &expected.predictions.concat(), &said.predictions)?;
        within("cost", &[expected.cost], &said.costs)?;
        within("the step's cost", &[expected.cost], &said.step_costs)?;
        let (mut gradients, mut stepped): (Vec<Approx>, Vec<Approx>) = (Vec::new(), Vec::new());
        for (l, layer) in oracle.layers.iter().enumerate() {
            gradients.extend(expected.dw[l].iter().chain(&expected.db[l]));
            let (w, b) = expected.stepped(r, l, layer, drawn.rates[member].to_f64());
            stepped.extend(w.into_iter().chain(b));
        }
        within("gradient", &gradients, &said.gradients[0])?;
        within("parameters after a step", &stepped, &said.stepped[0])?;
    }
    Ok(())
}

/// Every member beside the network that it is made of.
fn with_networks<T: Scalar>(drawn: &Drawn<T>, is_weighted: bool) {
    beside_networks(drawn, is_weighted, &Said::of(drawn, is_weighted));
}

fn beside_networks<T: Scalar>(drawn: &Drawn<T>, is_weighted: bool, said: &Said<T>) {
    for (member, net) in drawn.networks.iter().enumerate() {
        let (x, y, weights) = drawn.batch(member);
        let targets = if is_weighted { Targets::weighted(y, weights) } else { y.into() };
        let mut workspace = TrainingWorkspace::new(net, drawn.samples).unwrap();
        let mut predictions = vec![T::ZERO; drawn.samples * net.outputs()];
        net.predict(x, &mut predictions, &mut workspace).unwrap();
        let cost = net.backward(x, targets, &mut workspace).unwrap();
        let mut gradients = vec![T::ZERO; net.parameter_count()];
        workspace.gradients().values_into(&mut gradients).unwrap();
        let mut net = net.clone();
        let step_cost = net.step(x, targets, drawn.rates[member], &mut workspace).unwrap();
        let mut stepped = vec![T::ZERO; net.parameter_count()];
        net.parameters_into(&mut stepped).unwrap();
        let expected = Said {
            predictions,
            costs: vec![cost],
            gradients: vec![gradients],
            step_costs: vec![step_cost],
            stepped: vec![stepped],
        };
        let said = said.of_member(member);
        assert_eq!(said.bits(), expected.bits(), "member {member}:\n{said:?}\n{expected:?}");
    }
}

/// Shapes on both sides of what lies in lanes; few of them large.
fn any_shape() -> impl Strategy<Value = Case> {
    let units = || prop_oneof![3 => 1_usize..=5, 3 => 1_usize..=18, 1 => 1_usize..=40];
    let n_x = prop_oneof![4 => 1_usize..=9, 1 => 1_usize..=60, 1 => 250_usize..=260];
    let hidden = prop::collection::vec((units(), elementwise()), 0..=3);
    let output = prop_oneof![1 => Just(Activation::Softmax), 3 => elementwise()];
    let output = prop_oneof![
        1 => output.prop_map(|g| (g, Loss::default_for(g))),
        1 => output_and_loss(),
    ];
    let kinds = (any::<bool>(), prop_oneof![Just(1.0_f32), Just(30.0)]);
    (n_x, hidden, (units(), output), kinds, any::<u64>()).prop_map(
        |(n_x, mut layers, (units, (g, loss)), (soft, gain), seed)| {
            layers.push((if g == Activation::Softmax { units.max(2) } else { units }, g));
            Case { loss, seed, soft, gain, ..Case::new(n_x, &layers, 1) }.tame()
        },
    )
}

fn members() -> impl Strategy<Value = usize> {
    prop_oneof![1_usize..=5, 1_usize..=70]
}

fn is_finite<T: Scalar>(drawn: &Drawn<T>) -> bool {
    Said::of(drawn, false).stepped.iter().flatten().all(|w| w.is_finite())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn f32_members_agree_with_the_reference(
        case in any_case(), members in members(), is_weighted: bool,
    ) {
        for &setup in BACKENDS.iter() {
            let drawn = Drawn::<f32>::of(&case, setup, Parallelism::Rayon, members);
            with_reference(&drawn, is_weighted)
                .map_err(|e| TestCaseError::fail(format!("{setup:?}: {e}")))?;
        }
    }

    #[test]
    fn f64_members_agree_with_the_reference(
        case in any_case(), members in members(), is_weighted: bool,
    ) {
        for &setup in BACKENDS.iter() {
            let drawn = Drawn::<f64>::of(&case, setup, Parallelism::Rayon, members);
            with_reference(&drawn, is_weighted)
                .map_err(|e| TestCaseError::fail(format!("{setup:?}: {e}")))?;
        }
    }

    #[test]
    fn one_sample_has_the_bits_of_a_network(
        case in any_shape(), members in members(), is_weighted: bool,
    ) {
        for &setup in BACKENDS.iter() {
            let drawn = Drawn::<f32>::of(&case, setup, Parallelism::Serial, members);
            prop_assume!(is_finite(&drawn));
            with_networks(&drawn, is_weighted);
            let drawn = Drawn::<f64>::of(&case, setup, Parallelism::Serial, members);
            prop_assume!(is_finite(&drawn));
            with_networks(&drawn, is_weighted);
        }
    }

    /// Alone, elsewhere, beside others, with other threads, at other levels.
    #[test]
    fn a_member_depends_on_itself_alone(
        case in any_shape(), members in 2_usize..=70, samples in 1_usize..=150, threads in 1_usize..=3,
        is_weighted: bool,
    ) {
        let case = Case { batches: vec![samples], ..case };
        let mut of_levels = Vec::new();
        for &setup in BACKENDS.iter() {
            let drawn = Drawn::<f32>::of(&case, setup, Parallelism::Rayon, members);
            prop_assume!(is_finite(&drawn));
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let said = pool.install(|| Said::of(&drawn, is_weighted));
            prop_assert_eq!(said.bits(), Said::of(&drawn, is_weighted).bits(), "threads");
            let chosen = case.seed as usize % members;
            let alone = Drawn::<f32>::of(
                &Case { seed: case.seed.wrapping_add(chosen as u64), ..case.clone() },
                setup,
                Parallelism::Serial,
                1,
            );
            // Its rate and weights follow from its number.
            let n_y = alone.networks[0].outputs();
            let (x, y, weights) = drawn.batch(chosen);
            let y: Samples<'_, f32> = y.into();
            let targets = if is_weighted {
                PopulationTargets::weighted(y, Columns::new(weights, 1).unwrap())
            } else {
                y.into()
            };
            let rates = &drawn.rates[chosen..=chosen];
            let alone = Said::seen_by(&mut alone.population(), x.into(), targets, (samples, rates));
            prop_assert_eq!(alone.bits(), said.of_member(chosen).bits(), "{}", n_y);
            if setup.level.is_some_and(|level| level.has_fma()) {
                of_levels.push(said.bits());
            }
        }
        prop_assert!(of_levels.windows(2).all(|pair| pair[0] == pair[1]), "levels");
    }
}

/// A batch, rate and weights for all members are the same as a copy for each.
#[test]
fn shared_is_the_same_as_a_copy_each() {
    for samples in [1, 5, 8, 70, 130] {
        for units in [4, 300] {
            let case =
                Case::new(3, &[(units, Activation::Tanh), (2, Activation::Sigmoid)], samples);
            let batch = case.batch::<f32>(0);
            let net = case.network::<f32>(BACKENDS[BACKENDS.len() - 1], Parallelism::Serial);
            let weights: Vec<f32> = (0..samples).map(|s| 0.5 + s as f32).collect();
            let members = 37;
            let mut said = Vec::new();
            for copies in [1, members] {
                let [x, y, weights] =
                    [&batch.x, &batch.y, &weights].map(|values| values.repeat(copies));
                let of = |values, n| {
                    let columns = Columns::new(values, n).unwrap();
                    if copies == 1 { Samples::from(columns) } else { Samples::each(columns) }
                };
                let targets = PopulationTargets::weighted(of(&y, 2), of(&weights, 1));
                let mut population = Population::from_copies(&net, members).unwrap();
                let rates = vec![0.1; members];
                said.push(Said::seen_by(&mut population, of(&x, 3), targets, (samples, &rates)));
            }
            assert_eq!(said[0].bits(), said[1].bits(), "{samples} samples, {units} units");
        }
    }
}

/// One learning rate for all is the same as it for each.
#[test]
fn a_rate_for_all_is_the_same_as_it_for_each() {
    let case = Case::new(3, &[(4, Activation::Tanh), (1, Activation::Sigmoid)], 9);
    let drawn = Drawn::<f64>::of(&case, BACKENDS[BACKENDS.len() - 1], Parallelism::Serial, 21);
    let (x, y, _) = drawn.samples();
    let step = |rates: OfMembers<'_, f64>| {
        let mut population = drawn.population();
        let mut workspace = PopulationWorkspace::new(&population, 9).unwrap();
        population.step(x, y, rates, &mut [0.0; 21], &mut workspace).unwrap();
        let mut all = vec![0.0; 21 * population.parameter_count()];
        population.all_parameters_into(&mut all).unwrap();
        bits(&all)
    };
    assert_eq!(step(0.3.into()), step((&[0.3; 21][..]).into()));
}

/// Computed one by one, every batch has the bits of a network.
#[test]
fn one_by_one_has_the_bits_of_networks() {
    for samples in [1, 7, 100] {
        let case = Case::new(3, &[(4, Activation::Tanh), (2, Activation::Softmax)], samples);
        let setup = BACKENDS[BACKENDS.len() - 1];
        let drawn = Drawn::<f32>::of(&case, setup, Parallelism::Serial, 5);
        let (x, y, _) = drawn.samples();
        let mut population = drawn.population().one_by_one().unwrap();
        let rates = &drawn.rates;
        let said = Said::seen_by(&mut population, x, y.into(), (samples, rates));
        beside_networks(&drawn, false, &said);
    }
}
