//! The learning rate's course.

use crate::error::{Error, Result};
use crate::train::power::power;

/// What the learning rate is multiplied by at each step: a pure function of the step, so that it
/// needs no state.
///
/// Times are in epochs. With n steps an epoch, at step s from 0:
///
/// | schedule | factor |
/// | --- | --- |
/// | constant | 1 |
/// | step | factor^k, k = the number of whole periods of `every` epochs before s |
/// | cosine | floor + (1 - floor) (1 + cos(pi s / (n epochs))) / 2, and floor from there on |
/// | warm-up of w epochs | (s + 1) / (n w) up to 1, over the first n w steps (rounded up); the schedule after it begins at its own step 0 then |
///
/// Cosine: Loshchilov and Hutter, *SGDR*, ICLR 2017, without restarts. Warm-up: Goyal and others,
/// *Accurate, large minibatch SGD*, 2017. [`TrainingState::until`](crate::TrainingState::until)
/// says what happens to a schedule when more epochs are asked for. (cos is the platform's: its last
/// bit may differ on other platforms.)
///
/// ```
/// use shallownet::Schedule;
///
/// let schedule = Schedule::step(10, 0.1);
/// assert_eq!(schedule.factor(9, 1), 1.0);
/// assert_eq!(schedule.factor(10, 1), 0.1);
/// // 100 steps an epoch; the second epoch's first step is at full rate.
/// let schedule = Schedule::cosine(20, 0.0).after_warm_up(1.0);
/// assert_eq!(schedule.factor(0, 100), 0.01);
/// assert_eq!(schedule.factor(100, 100), 1.0);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Schedule {
    pub(crate) warm_up: f64,
    pub(crate) decay: Decay,
}

/// How the learning rate falls after the warm-up: see [`Schedule`].
///
/// ```
/// use shallownet::{Decay, Schedule};
///
/// assert_eq!(Schedule::step(10, 0.5).decay(), Decay::Step { every: 10, factor: 0.5 });
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub enum Decay {
    /// Not at all.
    #[default]
    Constant,
    /// By a factor, at regular intervals.
    Step {
        /// Epochs between two falls, at least 1.
        every: usize,
        /// What the rate is multiplied by, more than 0 and at most 1.
        factor: f64,
    },
    /// Along half a cosine.
    Cosine {
        /// Epochs until it reaches its floor, at least 1.
        epochs: usize,
        /// The factor that it ends with, 0 to 1.
        floor: f64,
    },
}

impl Schedule {
    /// The learning rate as it is.
    ///
    /// ```
    /// # use shallownet::Schedule;
    /// assert_eq!(Schedule::constant().factor(12345, 10), 1.0);
    /// ```
    pub fn constant() -> Self {
        Self::default()
    }

    /// Multiplied by `factor` (more than 0, at most 1) after every `every` epochs (at least 1).
    ///
    /// ```
    /// # use shallownet::Schedule;
    /// assert_eq!(Schedule::step(2, 0.5).factor(4, 1), 0.25);
    /// ```
    pub fn step(every: usize, factor: f64) -> Self {
        Self { warm_up: 0.0, decay: Decay::Step { every, factor } }
    }

    /// Half a cosine from 1 down to `floor` (0 to 1) over `epochs` epochs (at least 1).
    ///
    /// ```
    /// # use shallownet::Schedule;
    /// assert_eq!(Schedule::cosine(8, 0.1).factor(8, 1), 0.1);
    /// ```
    pub fn cosine(epochs: usize, floor: f64) -> Self {
        Self { warm_up: 0.0, decay: Decay::Cosine { epochs, floor } }
    }

    /// The same after a linear warm-up of `epochs` epochs, which may be a fraction.
    ///
    /// ```
    /// # use shallownet::Schedule;
    /// assert_eq!(Schedule::constant().after_warm_up(0.5).factor(0, 8), 0.25);
    /// ```
    pub fn after_warm_up(mut self, epochs: f64) -> Self {
        self.warm_up = epochs;
        self
    }

    /// Epochs of warm-up; 0 is none.
    ///
    /// ```
    /// # use shallownet::Schedule;
    /// assert_eq!(Schedule::constant().after_warm_up(0.5).warm_up(), 0.5);
    /// ```
    pub fn warm_up(&self) -> f64 {
        self.warm_up
    }

    /// What follows the warm-up.
    ///
    /// ```
    /// # use shallownet::{Decay, Schedule};
    /// assert_eq!(Schedule::constant().after_warm_up(0.5).decay(), Decay::Constant);
    /// ```
    pub fn decay(&self) -> Decay {
        self.decay
    }

    /// The factor at `step` (from 0) of a training of `steps_an_epoch` (at least 1; 0 counts as 1).
    ///
    /// ```
    /// # use shallownet::Schedule;
    /// // Half way.
    /// assert!((Schedule::cosine(10, 0.0).factor(50, 10) - 0.5).abs() < 1e-15);
    /// ```
    pub fn factor(&self, step: u64, steps_an_epoch: usize) -> f64 {
        let n = steps_an_epoch.max(1);
        let warm_up = self.warm_up * n as f64;
        if (step as f64) < warm_up {
            return ((step as f64 + 1.0) / warm_up).min(1.0);
        }
        // A float above 2^64, below 0 or NaN becomes the nearest u64.
        let step = step.saturating_sub(warm_up.ceil() as u64);
        match self.decay {
            Decay::Constant => 1.0,
            Decay::Step { every, factor } => {
                let period = (n as u64).saturating_mul(every.max(1) as u64);
                power(factor, step / period)
            }
            Decay::Cosine { epochs, floor } => {
                let end = (n as u64).saturating_mul(epochs.max(1) as u64);
                if step >= end {
                    return floor;
                }
                let cosine = (core::f64::consts::PI * (step as f64 / end as f64)).cos();
                floor + (1.0 - floor) * (0.5 + 0.5 * cosine)
            }
        }
    }

    /// For a training of `new` epochs instead of `old`: a cosine that would have ended with it
    /// still does.
    pub(crate) fn end_moves(&mut self, old: usize, new: usize) {
        // A float that is no number of epochs becomes the nearest one.
        let warm_up = self.warm_up.ceil() as usize;
        if let Decay::Cosine { epochs, .. } = &mut self.decay
            && warm_up.saturating_add(*epochs) == old
        {
            *epochs = new.saturating_sub(warm_up).max(1);
        }
    }

    /// Refuses periods of 0 and factors outside their ranges.
    pub(crate) fn check(&self) -> Result<()> {
        let range = |argument, fits: bool, expected, given| {
            if fits { Ok(()) } else { Err(Error::Range { argument, expected, given }) }
        };
        let warm_up = self.warm_up;
        let fits = (0.0..=1e9).contains(&warm_up);
        range("warm-up", fits, "0 to 1e9 epochs", warm_up)?;
        match self.decay {
            Decay::Constant => Ok(()),
            Decay::Step { every: 0, .. } => Err(Error::Zero { argument: "epochs of a step" }),
            Decay::Step { factor, .. } => {
                let fits = factor > 0.0 && factor <= 1.0;
                range("factor of a step", fits, "more than 0 and at most 1", factor)
            }
            Decay::Cosine { epochs: 0, .. } => Err(Error::Zero { argument: "epochs of a cosine" }),
            Decay::Cosine { floor, .. } => {
                range("floor of a cosine", (0.0..=1.0).contains(&floor), "0 to 1", floor)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_fall_at_the_seams() {
        let schedule = Schedule::step(3, 0.5);
        let factors: Vec<f64> = [0, 1, 29, 30, 59, 60, 61].map(|s| schedule.factor(s, 10)).into();
        assert_eq!(factors, [1.0, 1.0, 1.0, 0.5, 0.5, 0.25, 0.25]);
        // After this many halvings the factor is 0.
        assert_eq!(schedule.factor(u64::MAX, 1), 0.0);
        assert_eq!(Schedule::step(1, 1.0).factor(u64::MAX, 1), 1.0);
    }

    #[test]
    fn a_cosine_goes_from_one_to_its_floor_and_stays() {
        for floor in [0.0, 0.1, 1.0] {
            let schedule = Schedule::cosine(4, floor);
            let factors: Vec<f64> = (0..50).map(|s| schedule.factor(s, 10)).collect();
            assert_eq!(factors[0], 1.0);
            assert!((factors[20] - (1.0 + floor) / 2.0).abs() < 1e-15);
            assert!(factors[..41].windows(2).all(|w| w[1] <= w[0]), "{factors:?}");
            assert!(factors[39] >= floor && factors[40..].iter().all(|&f| f == floor));
            // A quarter of the way: cos(pi / 4).
            let quarter = floor + (1.0 - floor) * (0.5 + 0.5 * 0.5_f64.sqrt());
            assert!((factors[10] - quarter).abs() < 1e-15);
        }
    }

    #[test]
    fn a_warm_up_climbs_to_one_and_hands_over() {
        let schedule = Schedule::step(1, 0.1).after_warm_up(2.0);
        assert_eq!(schedule.factor(0, 4), 0.125);
        assert_eq!(schedule.factor(3, 4), 0.5);
        assert_eq!(schedule.factor(7, 4), 1.0);
        // The schedule's own first epoch.
        assert_eq!([8, 11, 12].map(|s| schedule.factor(s, 4)), [1.0, 1.0, 0.1]);
        // 2.5 steps are three: 0.4, 0.8, and full.
        let part = Schedule::constant().after_warm_up(0.25);
        assert_eq!([0, 1, 2, 3].map(|s| part.factor(s, 10)), [0.4, 0.8, 1.0, 1.0]);
        assert_eq!(Schedule::constant().factor(0, 0), 1.0);
    }

    #[test]
    fn nonsense_is_refused_and_does_not_panic() {
        let refused = [
            Schedule::step(0, 0.5),
            Schedule::step(1, 0.0),
            Schedule::step(1, 1.1),
            Schedule::step(1, f64::NAN),
            Schedule::cosine(0, 0.5),
            Schedule::cosine(1, -0.1),
            Schedule::constant().after_warm_up(-1.0),
            Schedule::constant().after_warm_up(f64::INFINITY),
            Schedule::constant().after_warm_up(f64::NAN),
        ];
        for schedule in refused {
            assert!(schedule.check().is_err(), "{schedule:?}");
            for step in [0, 1, u64::MAX] {
                let _ = schedule.factor(step, usize::MAX);
            }
        }
        assert_eq!(Schedule::cosine(1, 0.0).after_warm_up(0.5).check(), Ok(()));
    }
}
