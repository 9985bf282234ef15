//! Optimisers, schedules and trainings out of a fuzzer's bytes.

use crate::{EarlyStopping, Optimizer, Schedule, Training};
use arbitrary::{Arbitrary, Result, Unstructured};

use super::wild::{Rate, Size, Wild, pick, rarely};

/// What constants may be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Constants {
    /// In their ranges.
    Valid,
    /// Now and then anything.
    Any,
}

impl Constants {
    fn wild(self, u: &mut Unstructured<'_>) -> Result<bool> {
        Ok(rarely(u, 8)? && self == Self::Any)
    }

    /// 0 to 1, without 1.
    fn share(self, u: &mut Unstructured<'_>) -> Result<f64> {
        let usual = [0.9, 0.0, 0.5, 0.999, 1.0 - f64::EPSILON, f64::MIN_POSITIVE];
        match u.arbitrary::<u8>()? % 8 {
            _ if self.wild(u)? => Ok(u.arbitrary::<Wild>()?.0),
            7 => Ok(f64::from(u.arbitrary::<u16>()?) / 65536.0),
            index => Ok(usual[usize::from(index) % usual.len()]),
        }
    }

    fn epsilon(self, u: &mut Unstructured<'_>) -> Result<f64> {
        let usual = [1e-8, 1e-18, 1.0, 1e30, f64::MAX];
        if self.wild(u)? { Ok(u.arbitrary::<Wild>()?.0) } else { pick(u, &usual) }
    }

    /// 0 or more.
    fn penalty(self, u: &mut Unstructured<'_>) -> Result<f64> {
        let usual = [0.0, 1e-4, 1.0, 1e-30, f64::MIN_POSITIVE];
        if self.wild(u)? { Ok(u.arbitrary::<Wild>()?.0) } else { pick(u, &usual) }
    }

    fn size(self, u: &mut Unstructured<'_>) -> Result<usize> {
        let size = u.arbitrary::<Size>()?.0;
        Ok(if self == Self::Valid { size.max(1) } else { size })
    }

    /// An optimiser.
    ///
    /// # Errors
    /// Those of the bytes.
    pub fn optimizer(self, u: &mut Unstructured<'_>) -> Result<Optimizer> {
        let usual = pick(u, &Optimizer::all())?;
        if u.arbitrary::<u8>()? % 4 == 0 {
            return Ok(usual);
        }
        Ok(match usual {
            Optimizer::Momentum { .. } => Optimizer::Momentum { beta: self.share(u)? },
            Optimizer::Nesterov { .. } => Optimizer::Nesterov { beta: self.share(u)? },
            Optimizer::RmsProp { .. } => {
                Optimizer::RmsProp { rho: self.share(u)?, epsilon: self.epsilon(u)? }
            }
            Optimizer::Adam { .. } => {
                let (beta1, beta2) = (self.share(u)?, self.share(u)?);
                Optimizer::Adam { beta1, beta2, epsilon: self.epsilon(u)? }
            }
            Optimizer::AdamW { .. } => {
                let (beta1, beta2, epsilon) = (self.share(u)?, self.share(u)?, self.epsilon(u)?);
                Optimizer::AdamW { beta1, beta2, epsilon, weight_decay: self.penalty(u)? }
            }
            _ => Optimizer::Sgd,
        })
    }

    /// A schedule.
    ///
    /// # Errors
    /// Those of the bytes.
    pub fn schedule(self, u: &mut Unstructured<'_>) -> Result<Schedule> {
        let schedule = match u.arbitrary::<u8>()? % 3 {
            0 => Schedule::constant(),
            1 => {
                let factor = 1.0 - self.share(u)?;
                Schedule::step(self.size(u)?, factor)
            }
            _ => Schedule::cosine(self.size(u)?, self.share(u)?),
        };
        let warm_up = match u.arbitrary::<u8>()? {
            0..=127 => return Ok(schedule),
            _ if self.wild(u)? => u.arbitrary::<Wild>()?.0,
            epochs => f64::from(epochs - 128) / 32.0,
        };
        Ok(schedule.after_warm_up(warm_up))
    }

    /// A training in which `epochs` are asked for.
    ///
    /// # Errors
    /// Those of the bytes.
    pub fn training(self, u: &mut Unstructured<'_>, epochs: usize) -> Result<Training> {
        let rate = if self == Self::Any { u.arbitrary::<Rate>()?.0 } else { valid_rate(u)? };
        let kind = match u.arbitrary::<u8>()? {
            0..=191 => Training::new(epochs, self.size(u)?),
            _ => Training::full_batch(epochs),
        };
        let mut training = kind
            .optimizer(self.optimizer(u)?)
            .learning_rate(rate)
            .schedule(self.schedule(u)?)
            .l2(self.penalty(u)?)
            .seed(u.arbitrary::<u8>()?.into());
        if u.arbitrary()? {
            let usual = [1.0, 1e-3, 1e30, f64::MIN_POSITIVE];
            let wild = self.wild(u)?;
            training =
                training.clip_norm(if wild { u.arbitrary::<Wild>()?.0 } else { pick(u, &usual)? });
        }
        if u.arbitrary()? {
            training = training.dropout(self.share(u)?);
        }
        if u.arbitrary()? {
            let (patience, min_delta) = (self.size(u)?, self.penalty(u)?);
            let restore_best = u.arbitrary()?;
            training = training.early_stopping(
                EarlyStopping::new(patience).min_delta(min_delta).restore_best(restore_best),
            );
        }
        Ok(training)
    }
}

fn valid_rate(u: &mut Unstructured<'_>) -> Result<f64> {
    let usual = [0.1, 0.01, 1.0, 10.0, 1e-30, 1e3, 0.0];
    pick(u, &usual)
}

/// Constants of any kind, for a derived `Arbitrary`.
macro_rules! any {
    ($name:ident, $of:ty, $draw:ident) => {
        /// One whose constants may be anything.
        #[derive(Debug, Clone, Copy, PartialEq)]
        pub struct $name(pub $of);

        impl<'a> Arbitrary<'a> for $name {
            fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
                Constants::Any.$draw(u).map(Self)
            }
        }
    };
}
any!(AnyOptimizer, Optimizer, optimizer);
any!(AnySchedule, Schedule, schedule);

/// A training of so many epochs, or an absurd number of them: who runs it must stop it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AnyTraining(pub Training);

impl<'a> Arbitrary<'a> for AnyTraining {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let epochs = u.arbitrary::<Size>()?.0;
        Constants::Any.training(u, epochs).map(Self)
    }
}
