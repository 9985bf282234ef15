//! Promise: noise is standard normal, independent, and the documented function of seed, generation,
//! member and parameter, with the same bits on every backend, level and number of threads, in lanes and
//! one by one; `perturb` adds it to the centre, `recombine` sums it by weights, both without reading
//! anything else; refused calls change nothing.

mod common;

use common::{BACKENDS, On, Setup, bits};
use shallownet::evolution::{Noise, centred_ranks};
use shallownet::{
    Activation, Error, Gradients, Network, Optimizer, OptimizerState, Parallelism, Population,
    PopulationWorkspace, Scalar,
};

/// Units of each layer: one parameter more than quadruples, a few, as many as go in lanes at most in
/// one layer, and more.
const SHAPES: [&[usize]; 5] = [&[1, 1], &[4, 8, 1], &[3, 5, 7], &[64, 24, 8], &[70, 40, 9]];

fn network<T: Scalar>(units: &[usize], setup: Setup, who: Parallelism) -> Network<T> {
    let layers = units[1..].iter().map(|&n| (n, Activation::Tanh));
    let builder = Network::builder(units[0]).layers(layers).parallelism(who).on(setup);
    let net = builder.build().unwrap();
    setup.assert_is(&net);
    net
}

fn parameters<T: Scalar>(net: &Network<T>) -> Vec<T> {
    let mut values = vec![T::ZERO; net.parameter_count()];
    net.parameters_into(&mut values).unwrap();
    values
}

fn values<T: Scalar>(noise: Noise, member: usize, count: usize) -> Vec<T> {
    let mut values = vec![T::ZERO; count];
    noise.values_into(member, &mut values).unwrap();
    values
}

fn on_threads<R: Send>(threads: usize, f: impl FnOnce() -> R + Send) -> R {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(f)
}

fn perturbed<T: Scalar>(centre: &Network<T>, members: usize, sigma: T, noise: Noise) -> Vec<T> {
    let mut population = Population::from_copies(centre, members).unwrap();
    let mut workspace = PopulationWorkspace::new(&population, 1).unwrap();
    population.perturb(centre, sigma, noise, &mut workspace).unwrap();
    let mut all = vec![T::ZERO; members * centre.parameter_count()];
    population.all_parameters_into(&mut all).unwrap();
    all
}

fn members_are_centre_and_noise<T: Scalar>() {
    for units in SHAPES {
        for members in [1, 2, 5, 64, 67] {
            for noise in [Noise::new(3, 1 << 40), Noise::antithetic(3, 5)] {
                let sigma = T::from_f64(0.3);
                let portable = network::<T>(units, Setup::PORTABLE, Parallelism::Serial);
                let centre = parameters(&portable);
                let of_member = |member| {
                    let e = values::<T>(noise, member, centre.len());
                    centre.iter().zip(e).map(|(&c, e)| c + sigma * e).collect::<Vec<T>>()
                };
                let expected: Vec<T> = (0..members).flat_map(of_member).collect();
                for &setup in BACKENDS.iter() {
                    for who in [Parallelism::Serial, Parallelism::Rayon] {
                        let net = network::<T>(units, setup, who);
                        assert_eq!(bits(&parameters(&net)), bits(&centre));
                        let found = on_threads(3, || perturbed(&net, members, sigma, noise));
                        assert!(
                            bits(&found) == bits(&expected),
                            "{units:?}, {members} members, {noise:?}, {setup:?}, {who:?}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn members_are_centre_and_noise_in_lanes_and_one_by_one() {
    members_are_centre_and_noise::<f32>();
    members_are_centre_and_noise::<f64>();
    let portable = network::<f32>(SHAPES[1], Setup::PORTABLE, Parallelism::Serial);
    assert!(!Population::from_copies(&portable, 3).unwrap().is_in_lanes());
}

/// A centre of another backend, enough work for threads, and another number of them.
#[test]
fn neither_threads_nor_the_centres_backend_count() {
    for units in [&[4, 8, 1][..], &[70, 40, 9]] {
        let members = 400_000 / (units[0] * units[1]);
        let portable = network::<f32>(units, Setup::PORTABLE, Parallelism::Rayon);
        let net = network::<f32>(units, BACKENDS[BACKENDS.len() - 1], Parallelism::Rayon);
        let weights: Vec<f64> = (0..members).map(|k| (k as f64).sin()).collect();
        let of = |threads, centre: &Network<f32>| {
            on_threads(threads, || {
                let mut population = Population::from_copies(&net, members).unwrap();
                let mut workspace = PopulationWorkspace::new(&population, 1).unwrap();
                let noise = Noise::new(1, 1);
                population.perturb(centre, 0.1, noise, &mut workspace).unwrap();
                let mut all = vec![0.0; members * centre.parameter_count()];
                population.all_parameters_into(&mut all).unwrap();
                let mut sum = vec![0.0; centre.parameter_count()];
                population.recombine(noise, &weights, 0.5, &mut sum).unwrap();
                bits(&[all, sum].concat())
            })
        };
        let one = of(1, &net);
        for threads in [2, 3, 7, 16] {
            assert!(of(threads, &portable) == one, "{units:?}, {threads} threads");
        }
    }
}

fn sums_are_those_of_the_noise<T: Scalar>() {
    for units in SHAPES {
        for members in [1, 2, 3, 10, 64, 65, 300] {
            for noise in [Noise::new(3, 9), Noise::antithetic(u64::MAX, 5)] {
                let weights: Vec<f64> = (0..members).map(|k| (7.0 * k as f64).sin()).collect();
                let net = network::<T>(units, Setup::PORTABLE, Parallelism::Serial);
                let count = net.parameter_count();
                let (mut exact, mut sizes) = (vec![0.0; count], vec![0.0; count]);
                for (member, weight) in weights.iter().enumerate() {
                    for (p, e) in values::<T>(noise, member, count).into_iter().enumerate() {
                        exact[p] += weight * e.to_f64();
                        sizes[p] += (weight * e.to_f64()).abs();
                    }
                }
                let mut same = Vec::new();
                for &setup in BACKENDS.iter() {
                    let net = network::<T>(units, setup, Parallelism::Rayon);
                    let population = Population::from_copies(&net, members).unwrap();
                    let mut sum = vec![T::ZERO; count];
                    let factor = T::from_f64(-0.5);
                    population.recombine(noise, &weights, factor, &mut sum).unwrap();
                    // Roundings of a weight, a product, at most 12 sums, and the factor.
                    let relative = 16.0 * T::EPSILON.to_f64();
                    for p in 0..count {
                        let error = (sum[p].to_f64() + 0.5 * exact[p]).abs();
                        assert!(
                            error <= relative * sizes[p],
                            "{units:?}, {members}, {noise:?}, {p}"
                        );
                    }
                    same.push(bits(&sum));
                }
                same.dedup();
                assert_eq!(same.len(), 1, "{units:?}, {members} members, {noise:?}");
            }
        }
    }
}

#[test]
fn sums_are_those_of_the_noise_whatever_the_members_are() {
    sums_are_those_of_the_noise::<f32>();
    sums_are_those_of_the_noise::<f64>();
}

/// Philox4x32-10 once more, as the paper has it.
fn philox(mut c: [u32; 4], mut k: [u32; 2]) -> [u32; 4] {
    for _ in 0..10 {
        let (p0, p1) = (0xD251_1F53 * u64::from(c[0]), 0xCD9E_8D57 * u64::from(c[2]));
        c = [
            (p1 >> 32) as u32 ^ c[1] ^ k[0],
            p1 as u32,
            (p0 >> 32) as u32 ^ c[3] ^ k[1],
            p0 as u32,
        ];
        k = [k[0].wrapping_add(0x9E37_79B9), k[1].wrapping_add(0xBB67_AE85)];
    }
    c
}

/// r cos theta or r sin theta.
fn deviate(u: f64, turns: f64, second: bool) -> f64 {
    let (r, theta) = ((-2.0 * u.ln()).sqrt(), core::f64::consts::TAU * turns);
    r * if second { theta.sin() } else { theta.cos() }
}

/// The documented formula, by the platform's functions.
#[test]
fn noise_is_the_documented_function() {
    let (seed, generation) = (0x0123_4567_89AB_CDEF_u64, 0xFEDC_BA98_7654_3210_u64);
    let key = [seed as u32, (seed >> 32) as u32];
    let counter = |block: usize, stream: usize| {
        [block as u32, stream as u32, generation as u32, (generation >> 32) as u32]
    };
    for (noise, streams) in
        [(Noise::new(seed, generation), 1), (Noise::antithetic(seed, generation), 2)]
    {
        for member in [0, 1, 2, 1001, u32::MAX as usize] {
            let sign = if streams == 2 && member % 2 == 1 { -1.0 } else { 1.0 };
            let (narrow, wide) =
                (values::<f32>(noise, member, 601), values::<f64>(noise, member, 601));
            for p in 0..601 {
                let w = philox(counter(p / 4, member / streams), key).map(f64::from);
                let (a, b) = if p % 4 < 2 { (w[0], w[1]) } else { (w[2], w[3]) };
                let u = ((a / 2.0).floor() + 0.5) / 2.0_f64.powi(31);
                let e = sign * deviate(u, b / 2.0_f64.powi(32), p % 2 == 1);
                // u is rounded to f32.
                assert!((f64::from(narrow[p]) - e).abs() < 3e-6, "{member} {p}: {} {e}", narrow[p]);
                let [a, b, c, d] = philox(counter(p / 2, member / streams), key).map(u64::from);
                let upper =
                    |low: u64, high: u64| ((high << 32 | low) >> 12) as f64 / 2.0_f64.powi(52);
                let e = sign * deviate(1.0 - upper(a, b), upper(c, d), p % 2 == 1);
                assert!((wide[p] - e).abs() < 1e-14, "{member} {p}: {} {e}", wide[p]);
            }
        }
    }
}

const DRAWS: usize = 1_000_000;

/// A million draws, of a thousand members.
fn draws<T: Scalar>(seed: u64, generation: u64) -> Vec<f64> {
    let count = DRAWS / 1000;
    let of_member = |member| values::<T>(Noise::new(seed, generation), member, count);
    (0..1000).flat_map(of_member).map(T::to_f64).collect()
}

/// The distribution function of the standard normal: G. Marsaglia, "Evaluating the normal
/// distribution", J. Stat. Software 11 (2004).
fn distribution(x: f64) -> f64 {
    let (mut sum, mut term, mut k) = (x, x, 1.0);
    while sum + term != sum {
        k += 2.0;
        term *= x * x / k;
        sum += term;
    }
    0.5 + sum * (-x * x / 2.0).exp() / core::f64::consts::TAU.sqrt()
}

fn is_standard_normal<T: Scalar>(seed: u64) {
    let mut e = draws::<T>(seed, 0);
    let n = DRAWS as f64;
    let moment = |k: i32| e.iter().map(|e| e.powi(k)).sum::<f64>() / n;
    // Moment, what it is expected to be, and the variance of a single term.
    for (k, expected, variance) in
        [(1, 0.0, 1.0), (2, 1.0, 2.0), (3, 0.0, 15.0), (4, 3.0, 96.0), (6, 15.0, 10170.0)]
    {
        let z = (moment(k) - expected) / (variance / n).sqrt();
        assert!(z.abs() < 3.5, "moment {k}: {z} standard deviations off");
    }
    for (beyond, share) in [(2.0, 4.550_026e-2), (3.0, 2.699_796e-3), (4.0, 6.334_248e-5)] {
        for sign in [-1.0, 1.0] {
            let count = e.iter().filter(|&&e| sign * e > beyond).count() as f64;
            let z = (count - n * share / 2.0) / (n * share / 2.0).sqrt();
            assert!(z.abs() < 3.5, "{count} beyond {}: {z} standard deviations off", sign * beyond);
        }
    }
    // Kolmogorov and Smirnov: 1.63 is exceeded once in a hundred.
    e.sort_by(f64::total_cmp);
    let gap = |(i, &e): (usize, &f64)| {
        let f = distribution(e);
        (f - i as f64 / n).max((i + 1) as f64 / n - f)
    };
    let statistic = n.sqrt() * e.iter().enumerate().map(gap).fold(0.0, f64::max);
    assert!(statistic < 1.63, "{statistic}");
    // And not too close either: 0.44 is undercut once in a hundred.
    assert!(statistic > 0.44, "{statistic}");
}

#[test]
fn noise_is_standard_normal() {
    for seed in [0, 1] {
        is_standard_normal::<f32>(seed);
        is_standard_normal::<f64>(seed);
    }
    assert!((distribution(1.96) - 0.975_002_104_851_78).abs() < 1e-13);
}

/// A function of two draws.
type Of = fn(f64, f64) -> f64;

/// Neither values nor their squares (the radius is common to a pair) go together.
fn are_independent(what: &str, a: &[f64], b: &[f64]) {
    let n = a.len().min(b.len()) as f64;
    let mean = |f: Of| a.iter().zip(b).map(|(&a, &b)| f(a, b)).sum::<f64>() / n;
    // Each term has mean 0 and this variance.
    let tests: [(Of, f64); 4] = [
        (|a, b| a * b, 1.0),
        (|a, b| (a * a - 1.0) * (b * b - 1.0), 4.0),
        (|a, b| a * (b * b - 1.0), 2.0),
        (|a, b| (a * a - 1.0) * b, 2.0),
    ];
    for (index, (f, variance)) in tests.into_iter().enumerate() {
        let z = mean(f) / (variance / n).sqrt();
        assert!(z.abs() < 4.0, "{what}, test {index}: {z} standard deviations off");
    }
}

fn neighbours_are_independent<T: Scalar>() {
    let e = draws::<T>(5, 0);
    for lag in [1, 2, 3, 4, 8, 63, 64, 256] {
        are_independent(&format!("parameters {lag} apart"), &e, &e[lag..]);
    }
    for members in [1, 2, 16, 64] {
        are_independent(&format!("members {members} apart"), &e, &e[members * 1000..]);
    }
    for (seed, generation) in [(5, 1), (5, 2), (5, 1 << 32), (6, 0), (5 | 1 << 32, 0)] {
        let what = format!("seed {seed}, generation {generation}");
        are_independent(&what, &e, &draws::<T>(seed, generation));
    }
    let of_pairs = |member| values::<T>(Noise::antithetic(5, 0), member, DRAWS);
    let [a, b, c] =
        [0, 1, 2].map(of_pairs).map(|e| e.into_iter().map(T::to_f64).collect::<Vec<_>>());
    assert!(a.iter().zip(&b).all(|(a, b)| *a == -b));
    are_independent("pairs", &a, &c);
}

#[test]
fn neighbours_of_all_kinds_are_independent() {
    neighbours_are_independent::<f32>();
    neighbours_are_independent::<f64>();
}

#[test]
fn without_noise_members_are_the_centre() {
    for &setup in BACKENDS.iter() {
        let net = network::<f32>(&[4, 8, 1], setup, Parallelism::Serial);
        let found = perturbed(&net, 5, 0.0, Noise::new(1, 1));
        assert_eq!(bits(&found), bits(&parameters(&net).repeat(5)));
    }
}

#[test]
fn refused_calls_change_nothing() {
    for &setup in BACKENDS.iter() {
        let who = Parallelism::Serial;
        let net = network::<f32>(&[4, 8, 1], setup, who);
        let mut population = Population::from_copies(&net, 5).unwrap();
        let mut workspace = PopulationWorkspace::new(&population, 1).unwrap();
        let noise = Noise::new(1, 1);
        for sigma in [-0.1, f32::NAN, f32::INFINITY] {
            let error = population.perturb(&net, sigma, noise, &mut workspace).unwrap_err();
            assert!(matches!(error, Error::Range { argument: "sigma", .. }), "{error}");
        }
        let other = network::<f32>(&[4, 9, 1], setup, who);
        let error = population.perturb(&other, 0.1, noise, &mut workspace).unwrap_err();
        assert!(matches!(error, Error::OtherSizes { layer: 0, .. }), "{error}");
        let mut of_other =
            PopulationWorkspace::new(&Population::from_copies(&other, 5).unwrap(), 1).unwrap();
        let error = population.perturb(&net, 0.1, noise, &mut of_other).unwrap_err();
        assert_eq!(error, Error::Mismatch { argument: "workspace" });
        let mut all = vec![0.0; 5 * net.parameter_count()];
        population.all_parameters_into(&mut all).unwrap();
        assert_eq!(bits(&all), bits(&parameters(&net).repeat(5)));

        let mut sum = vec![7.0; net.parameter_count()];
        let refused = [
            (
                population.recombine(noise, &[1.0; 4], 1.0, &mut sum),
                "weights has 4 values: expected 5",
            ),
            (
                population.recombine(noise, &[1.0; 5], 1.0, &mut [0.0; 48]),
                "into has 48 values: expected 49",
            ),
            (
                population.recombine(noise, &[1.0, 1.0, f64::NAN, 1.0, 1.0], 1.0, &mut sum),
                "weights holds NaN at index 2: expected finite values",
            ),
            (
                population.recombine(noise, &[1.0; 5], f32::INFINITY, &mut sum),
                "factor is inf: expected a finite number",
            ),
        ];
        for (answer, expected) in refused {
            assert_eq!(answer.unwrap_err().to_string(), expected);
        }
        assert_eq!(sum, [7.0; 49]);
    }
    if let Ok(member) = usize::try_from(1_u64 << 32) {
        let error = Noise::new(1, 1).values_into(member, &mut [0.0_f32]).unwrap_err();
        assert!(matches!(error, Error::TooLarge { .. }), "{error}");
    }
}

#[test]
fn ranks_are_centred() {
    let of = |fitness: &[f64]| {
        let mut weights = vec![9.0; fitness.len()];
        centred_ranks(fitness, &mut weights).unwrap();
        weights
    };
    let (inf, nan) = (f64::INFINITY, f64::NAN);
    assert_eq!(of(&[]), [0.0; 0]);
    assert_eq!(of(&[nan]), [0.0]);
    assert_eq!(of(&[2.0, 1.0]), [0.5, -0.5]);
    assert_eq!(of(&[4.0, 4.0, 4.0]), [0.0; 3]);
    assert_eq!(of(&[-inf, inf, nan, 0.0, -0.0]), [-0.25, 0.5, -0.5, 0.125, 0.125]);
    assert_eq!(of(&[nan, 1.0, -nan]), [-0.25, 0.5, -0.25]);
    let fitness: Vec<f64> = (0..1001).map(|k| f64::from(k * k % 313)).collect();
    let weights = of(&fitness);
    assert!(weights.iter().sum::<f64>().abs() < 1e-12);
    assert_eq!(weights, of(&fitness.iter().map(|f| f.exp()).collect::<Vec<_>>()));
    let negated = of(&fitness.iter().map(|f| -f).collect::<Vec<_>>());
    assert!(weights.iter().zip(negated).all(|(w, n)| *w == -n));
    for (a, f) in weights.iter().zip(&fitness) {
        assert!(weights.iter().zip(&fitness).all(|(b, g)| (a < b) == (f < g)));
    }
    let error = centred_ranks(&[1.0, 2.0], &mut [0.0]).unwrap_err();
    assert_eq!(error.to_string(), "weights has 1 values: expected 2");
}

/// The estimate points along the gradient: for a fitness that is linear in the parameters, its mean is
/// their coefficients; and through an optimiser it finds a minimum.
#[test]
fn the_estimate_is_a_gradient() {
    let mut centre = network::<f64>(&[4, 8, 1], BACKENDS[BACKENDS.len() - 1], Parallelism::Serial);
    let (members, count, sigma) = (200, centre.parameter_count(), 0.05);
    let mut population = Population::from_copies(&centre, members).unwrap();
    let mut workspace = PopulationWorkspace::new(&population, 1).unwrap();
    let mut adam = OptimizerState::new(&centre, Optimizer::adam()).unwrap();
    let mut gradients = Gradients::zeros(&centre).unwrap();
    let goal: Vec<f64> = (0..count).map(|p| (p as f64).cos()).collect();
    let cost =
        |values: &[f64]| -> f64 { values.iter().zip(&goal).map(|(v, g)| (v - g).powi(2)).sum() };
    let (mut all, mut estimate) = (vec![0.0; members * count], vec![0.0; count]);
    for generation in 0..300 {
        let noise = Noise::antithetic(2, generation);
        population.perturb(&centre, sigma, noise, &mut workspace).unwrap();
        population.all_parameters_into(&mut all).unwrap();
        let costs: Vec<f64> = all.chunks(count).map(cost).collect();
        population.recombine(noise, &costs, 1.0 / (members as f64 * sigma), &mut estimate).unwrap();
        if generation == 0 {
            let at = parameters(&centre);
            let slope: Vec<f64> = at.iter().zip(&goal).map(|(v, g)| 2.0 * (v - g)).collect();
            let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
            let (along, length) = (dot(&estimate, &slope), dot(&slope, &slope));
            assert!((along / length - 1.0).abs() < 0.3, "{along} of {length}");
        }
        gradients.set_values(&estimate).unwrap();
        centre.update(&mut adam, &gradients, 0.03).unwrap();
    }
    let last = cost(&parameters(&centre));
    assert!(last < 0.01, "{last}");
}
