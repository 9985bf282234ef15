//! Policy gradients on CartPole: a cart learns to balance a pole, by REINFORCE with a mean as the
//! baseline. The loss is the caller's own: `backward_with_dz`.
//!
//! Run with `cargo run --release --example cartpole`.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use shallownet::{
    Activation, Columns, Init, Network, Optimizer, OptimizerState, OwnedColumns,
    PredictionWorkspace, Result, TrainingWorkspace,
};

/// An episode is won after this many steps.
const MOST_STEPS: usize = 500;
const EPISODES: usize = 16;
const DISCOUNT: f32 = 0.99;

/// Position, speed, angle of the pole, angular speed.
type State = [f32; 4];

/// One step of 20 ms, by the equations of Barto, Sutton and Anderson (1983), without friction.
/// `None` once the pole is more than 12 degrees from upright, or the cart 2.4 m from the middle.
fn step([x, v, angle, spin]: State, to_the_right: bool) -> Option<State> {
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
    let next =
        [x + SECONDS * v, v + SECONDS * pushing, angle + SECONDS * spin, spin + SECONDS * turning];
    (next[0].abs() <= 2.4 && next[2].abs() <= 12_f32.to_radians()).then_some(next)
}

fn start(rng: &mut ChaCha8Rng) -> State {
    core::array::from_fn(|_| 0.1 * rng.random::<f32>() - 0.05)
}

/// Steps until the pole falls, always taking the likelier action.
fn steps(
    policy: &Network<f32>,
    workspace: &mut PredictionWorkspace<f32>,
    mut state: State,
) -> Result<usize> {
    let mut a = [0.0; 2];
    for count in 0..MOST_STEPS {
        policy.predict(Columns::one(&state), &mut a, workspace)?;
        match step(state, a[1] > a[0]) {
            Some(next) => state = next,
            None => return Ok(count),
        }
    }
    Ok(MOST_STEPS)
}

fn main() -> Result<()> {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut policy = Network::<f32>::builder(4)
        .layer(16, Activation::Tanh)
        .layer(2, Activation::Softmax)
        .init(Init::XavierNormal, 1)
        .build()?;
    let mut one = PredictionWorkspace::new(&policy, 1)?;
    let mut all = TrainingWorkspace::new(&policy, EPISODES * MOST_STEPS)?;
    let mut adam = OptimizerState::new(&policy, Optimizer::adam())?;
    let mut states = OwnedColumns::new(Vec::new(), 4)?;

    println!("update    mean steps of {EPISODES} episodes");
    for update in 1..=60 {
        states.clear();
        let (mut actions, mut advantages) = (Vec::new(), Vec::new());
        for _ in 0..EPISODES {
            let (mut state, begin) = (Some(start(&mut rng)), states.samples());
            while let Some(now) = state
                && states.samples() - begin < MOST_STEPS
            {
                let mut a = [0.0; 2];
                policy.predict(Columns::one(&now), &mut a, &mut one)?;
                let to_the_right = rng.random::<f32>() < a[1];
                states.push(&now)?;
                actions.push(usize::from(to_the_right));
                state = step(now, to_the_right);
            }
            // Every step that the pole stands is worth 1, now and later on.
            let mut worth = 0.0;
            let mut worths: Vec<f32> = (begin..states.samples())
                .map(|_| {
                    worth = 1.0 + DISCOUNT * worth;
                    worth
                })
                .collect();
            worths.reverse();
            advantages.extend(worths);
        }
        let mean = advantages.iter().sum::<f32>() / advantages.len() as f32;
        let square = advantages.iter().map(|a| (a - mean).powi(2)).sum::<f32>();
        let spread = (square / advantages.len() as f32).sqrt().max(1e-6);
        advantages.iter_mut().for_each(|a| *a = (*a - mean) / spread);

        // L = -advantage ln a_action, dL/dz_k = advantage (a_k - 1[k = action]).
        policy.backward_with_dz(states.columns(), &mut all, |i, a, dz| {
            for (k, dz) in dz.iter_mut().enumerate() {
                *dz = advantages[i] * (a[k] - if k == actions[i] { 1.0 } else { 0.0 });
            }
            f64::from(-advantages[i] * a[actions[i]].ln())
        })?;
        policy.update(&mut adam, all.gradients(), 0.02)?;
        if update % 10 == 0 {
            println!("{update:6}    {:.1}", states.samples() as f64 / EPISODES as f64);
        }
    }

    let mut sum = 0;
    for _ in 0..100 {
        sum += steps(&policy, &mut one, start(&mut rng))?;
    }
    let mean = sum as f64 / 100.0;
    println!("\nWithout chance: {mean:.1} of {MOST_STEPS} steps, the mean of 100 episodes");
    // The task counts as solved from 195 on.
    assert!(mean > 195.0, "not solved");
    Ok(())
}
