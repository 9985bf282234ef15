//! The calls that a sequence is made of. Networks, workspaces and the rest are named by a number,
//! taken modulo how many there are; a call on what there is none of is left out.

use arbitrary::{Arbitrary, Result, Unstructured};
use shallownet::testing::backends::{BACKENDS, Setup};
use shallownet::testing::cases::bytes::{
    AnyOptimizer, AnySchedule, AnyTraining, Rate, Size, Wild, activation, elementwise, init, loss,
    output, pick, rarely,
};
use shallownet::{Activation, Backend, Checks, Init, Level, Loss, Parallelism};

#[derive(Debug, Clone, Arbitrary)]
pub(super) enum Call {
    Build(Build),
    Copy {
        net: u8,
    },
    /// The samples that later calls are given.
    Data(Data),
    Parameters {
        net: u8,
        layer: u8,
        is_bias: bool,
        values: Values,
    },
    Read {
        net: u8,
        layer: u8,
        batch: Size,
    },
    Workspace {
        net: u8,
        capacity: Size,
        is_for_training: bool,
    },
    Pass {
        net: u8,
        workspace: u8,
        data: u8,
        pass: Pass,
    },
    Descend {
        net: u8,
        from: u8,
        is_tape: bool,
        rate: Rate,
    },
    Update {
        net: u8,
        from: u8,
        optimizer: u8,
        rate: Rate,
    },
    Optimizer {
        net: u8,
        optimizer: AnyOptimizer,
        l2: Option<Wild>,
        clip_norm: Option<Wild>,
    },
    Tape {
        net: u8,
        capacity: Size,
    },
    Forward {
        net: u8,
        tape: u8,
        data: u8,
    },
    BackwardFrom {
        net: u8,
        tape: u8,
        data: u8,
        is_da: bool,
        dx: Option<i8>,
    },
    Diagnostics {
        tape: u8,
        workspace: u8,
        layer: u8,
    },
    Trainer {
        net: u8,
        training: AnyTraining,
        data: u8,
    },
    Run {
        net: u8,
        trainer: u8,
        data: u8,
        epochs: u8,
    },
    /// The state out of a trainer, and a trainer out of a state.
    PutAway {
        trainer: u8,
    },
    Resume {
        net: u8,
        state: u8,
        data: u8,
    },
    Checkpoint {
        net: u8,
        state: u8,
        backend: On,
    },
    Model {
        net: u8,
        features: Option<Vec<String>>,
        classes: Vec<String>,
        standardization: u8,
    },
    Metrics {
        data: u8,
        classes: Size,
        threshold: Wild,
    },
    Select {
        data: u8,
        folds: Size,
        iterations: u8,
        is_stratified: bool,
        rate: Rate,
    },
    GradientCheck {
        net: u8,
        data: u8,
        per_layer: u8,
    },
    Schedule {
        schedule: AnySchedule,
        step: u64,
        steps_an_epoch: Size,
    },
    Vector {
        level: u8,
        values: Values,
        function: u8,
    },
    Standardize {
        data: u8,
        features: Size,
    },
    Arrays {
        net: u8,
        workspace: u8,
        data: u8,
        is_matrix: bool,
    },
    Columns {
        data: u8,
        features: Size,
        start: Size,
        end: Size,
    },
    Names(String),
    /// Workspaces of one network, for another perhaps.
    Derivatives {
        net: u8,
        other: u8,
        data: u8,
        capacity: Size,
        spare: bool,
    },
}

/// What is computed of a batch.
#[derive(Debug, Clone, Copy, Arbitrary)]
pub(super) enum Pass {
    /// Into a slice that is so much longer than it should be.
    Predict(i8),
    Cost,
    Backward,
    Step(Rate),
    StepWith {
        optimizer: u8,
        rate: Rate,
    },
    Fit {
        iterations: u8,
        rate: Rate,
        stop: Option<u8>,
    },
}

/// A network to be built.
#[derive(Debug, Clone)]
pub(super) struct Build {
    pub(super) n_x: Size,
    pub(super) layers: Vec<(Size, Activation)>,
    pub(super) loss: Option<Loss>,
    pub(super) init: Init,
    pub(super) seed: u8,
    pub(super) on: On,
    pub(super) parallelism: Parallelism,
    pub(super) checks: Checks,
}

/// A backend and a level, or such as can't be.
#[derive(Debug, Clone, Copy)]
pub(super) struct On(pub(super) Setup);

impl<'a> Arbitrary<'a> for On {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        if !rarely(u, 8)? {
            return Ok(Self(pick(u, &BACKENDS)?));
        }
        let backend = pick(u, &[Backend::Auto, Backend::Fused, Backend::Portable, Backend::Cblas])?;
        let level = pick(u, &[None, Some(Level::Wasm), Some(Level::Neon), Some(Level::Sse2)])?;
        Ok(Self(Setup { backend, level }))
    }
}

impl<'a> Arbitrary<'a> for Build {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let on = u.arbitrary()?;
        let n_x = u.arbitrary()?;
        let is_sound = !rarely(u, 8)?;
        let mut layers = Vec::new();
        for _ in 0..u.arbitrary::<u8>()? % 4 {
            let g = if is_sound { elementwise(u)? } else { activation(u)? };
            layers.push((u.arbitrary()?, g));
        }
        let (last, its_loss) = output(u)?;
        let mut chosen = None;
        if is_sound {
            layers.push((u.arbitrary()?, last));
            chosen = u.arbitrary::<bool>()?.then_some(its_loss);
        } else if u.arbitrary()? {
            chosen = Some(loss(u)?);
        }
        let parallelism = pick(u, &[Parallelism::Serial, Parallelism::Rayon])?;
        let checks = pick(u, &[Checks::Full, Checks::ShapesOnly])?;
        let (init, seed) = (init(u)?, u.arbitrary()?);
        Ok(Self { n_x, layers, loss: chosen, init, seed, on, parallelism, checks })
    }
}

/// Samples for whatever network takes them, unless it should not fit.
#[derive(Debug, Clone, Default, Arbitrary)]
pub(super) struct Data {
    pub(super) seed: u8,
    /// Modulo 50.
    pub(super) samples: u8,
    /// Of x and y, modulo 9, where they should not fit; and how many samples more y has.
    pub(super) misfit: Option<(u8, u8, u8)>,
    /// Targets in the loss's domain, or any.
    pub(super) bad_targets: bool,
    /// The last so many samples are for validation.
    pub(super) validation: Option<u8>,
    /// A weight a sample: so many more than there should be.
    pub(super) weights: Option<(u8, Wild)>,
    /// Put somewhere in x.
    pub(super) spot: Option<(u16, Wild)>,
}

/// Some values.
#[derive(Debug, Clone, Arbitrary)]
pub(super) struct Values {
    pub(super) seed: u8,
    /// How many more than there should be.
    pub(super) more: u8,
    pub(super) spots: Vec<(u16, Wild)>,
}
