//! Evolution strategies on CartPole (Salimans et al. 2017): a policy learns to balance a pole from the
//! lengths of its neighbours' episodes alone. All neighbours act at once: one call a time step.
//!
//! Run with `cargo run --release --example cartpole_evolution`.

use std::time::Instant;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use shallownet::evolution::{Noise, centred_ranks};
use shallownet::{
    Activation, Columns, Gradients, Init, Network, Optimizer, OptimizerState, Population,
    PopulationWorkspace, Result, Samples,
};

/// An episode is won after this many steps.
const MOST_STEPS: usize = 500;
/// Neighbours, and their distance in each parameter: far enough that some do better than to fall at once.
const MEMBERS: usize = 256;
const SIGMA: f32 = 0.5;
const LEARNING_RATE: f32 = 0.1;
/// Episodes that the policy itself is judged by, and the mean steps that are enough.
const EPISODES: usize = 20;
const ENOUGH: f64 = 490.0;

/// Position, speed, angle of the pole, angular speed.
type State = [f32; 4];

/// One step of 20 ms, by the equations of Barto, Sutton and Anderson (1983), without friction.
fn step([x, v, angle, spin]: State, to_the_right: bool) -> State {
    const GRAVITY: f32 = 9.8;
    const POLE_MASS: f32 = 0.1;
    const MASS: f32 = 1.0 + POLE_MASS;
    const HALF_LENGTH: f32 = 0.5;
    const SECONDS: f32 = 0.02;
    let force = if to_the_right { 10.0 } else { -10.0 };
    let (sin, cos) = angle.sin_cos();
    let push = (force + POLE_MASS * HALF_LENGTH * spin * spin * sin) / MASS;
    let inertia = HALF_LENGTH * (4.0 / 3.0 - POLE_MASS * cos * cos / MASS);
    let turning = (GRAVITY * sin - cos * push) / inertia;
    let pushing = push - POLE_MASS * HALF_LENGTH * turning * cos / MASS;
    [x + SECONDS * v, v + SECONDS * pushing, angle + SECONDS * spin, spin + SECONDS * turning]
}

/// The pole is no more than 12 degrees from upright, and the cart 2.4 m from the middle.
fn stands([x, _, angle, _]: State) -> bool {
    x.abs() <= 2.4 && angle.abs() <= 12_f32.to_radians()
}

fn start(rng: &mut ChaCha8Rng) -> State {
    core::array::from_fn(|_| 0.1 * rng.random::<f32>() - 0.05)
}

/// An episode of each member, all at once. `states` are where they begin; `returns` get the steps that
/// their poles stand.
fn play(
    population: &Population<f32>,
    states: &mut [State],
    returns: &mut [f64],
    workspace: &mut PopulationWorkspace<f32>,
) -> Result<()> {
    let mut actions = vec![0.0; states.len()];
    returns.fill(0.0);
    for _ in 0..MOST_STEPS {
        let x = Samples::each(Columns::new(states.as_flattened(), 4)?);
        population.predict(x, &mut actions, workspace)?;
        let mut standing = 0;
        for ((state, &action), steps) in states.iter_mut().zip(&actions).zip(&mut *returns) {
            if stands(*state) {
                *state = step(*state, action > 0.5);
                *steps += f64::from(u8::from(stands(*state)));
                standing += 1;
            }
        }
        if standing == 0 {
            break;
        }
    }
    Ok(())
}

fn main() -> Result<()> {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut policy = Network::<f32>::builder(4)
        .layer(8, Activation::Tanh)
        .layer(1, Activation::Sigmoid)
        .init(Init::XavierNormal, 1)
        .build()?;
    let mut population = Population::from_copies(&policy, MEMBERS)?;
    let mut judges = Population::from_copies(&policy, EPISODES)?;
    let mut workspace = PopulationWorkspace::new(&population, 1)?;
    let mut adam = OptimizerState::new(&policy, Optimizer::adam())?;
    let mut gradients = Gradients::zeros(&policy)?;
    let mut estimate = vec![0.0; policy.parameter_count()];
    let (mut states, mut returns) = (vec![[0.0; 4]; MEMBERS], vec![0.0; MEMBERS]);
    let mut weights = vec![0.0; MEMBERS];

    println!("generation    mean steps of the policy in {EPISODES} episodes");
    let began = Instant::now();
    let (mut generation, mut mean) = (0, 0.0);
    while mean < ENOUGH {
        assert!(generation < 500, "not solved");
        let noise = Noise::antithetic(1, generation);
        population.perturb(&policy, SIGMA, noise, &mut workspace)?;
        // The two of a pair begin alike, so that the noise alone makes the difference.
        for pair in states.chunks_exact_mut(2) {
            pair.fill(start(&mut rng));
        }
        play(&population, &mut states, &mut returns, &mut workspace)?;
        centred_ranks(&returns, &mut weights)?;
        // The gradient of what shall be small: minus the fitness.
        let factor = -1.0 / (MEMBERS as f32 * SIGMA);
        population.recombine(noise, &weights, factor, &mut estimate)?;
        gradients.set_values(&estimate)?;
        policy.update(&mut adam, &gradients, LEARNING_RATE)?;
        generation += 1;

        // Copies of the policy itself, each in an episode of its own.
        judges.perturb(&policy, 0.0, noise, &mut workspace)?;
        let (states, returns) = (&mut states[..EPISODES], &mut returns[..EPISODES]);
        states.fill_with(|| start(&mut rng));
        play(&judges, states, returns, &mut workspace)?;
        mean = returns.iter().sum::<f64>() / EPISODES as f64;
        if generation % 5 == 0 {
            println!("{generation:10}    {mean:.1}");
        }
    }
    let seconds = began.elapsed().as_secs_f64();
    println!(
        "\n{generation} generations of {MEMBERS} members in {seconds:.2} s, {:.0} a second: {mean:.1} of {MOST_STEPS} steps",
        generation as f64 / seconds
    );
    assert!(mean >= ENOUGH, "not solved");
    Ok(())
}
