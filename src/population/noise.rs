//! Noise that is not stored: a function of where it goes.

use crate::data::checks;
use crate::engine::noise::Job;
use crate::error::{Error, Result};
use crate::kernels::noise::{FOUR, Source};
use crate::kernels::normal::NormalElement;
use crate::scalar::Scalar;
use crate::words::level::Level;

/// Standard normal noise for the parameters of a population's members: e(member, parameter), a
/// function of a seed, a generation, the member and the parameter's index in the textbook's order.
/// Nothing of it is kept: [`perturb`](crate::Population::perturb) adds it, and
/// [`recombine`](crate::Population::recombine) computes it once more.
///
/// Its bits depend on nothing else: not on threads, the number of members, the way that they lie, the
/// backend, the level (with FMA or without) or the machine. So workers that know the centre and the
/// seed have to tell each other the fitness of their members alone (Salimans et al. 2017). Noise of
/// `f32` and of `f64` are other numbers.
///
/// **Formula.** Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011),
/// a function of a counter of four words of 32 bits and a key of two, to four words; then the transform
/// of Box and Muller (1958). For four parameters p = 4 j, ..., 4 j + 3 in `f32`:
///
/// ```text
/// (w0, w1, w2, w3) = Philox((j, stream, low word of generation, high word), (low word of seed, high word))
/// u = (floor(w0 / 2) + 1/2) / 2^31,  theta = 2 pi w1 / 2^32,  r = sqrt(-2 ln u)
/// e(4 j), e(4 j + 1) = r cos theta, r sin theta;  the other two likewise of w2 and w3
/// ```
///
/// In `f64` each pair has a block of its own, counted by 2 j and 2 j + 1, with u of the upper 52 bits
/// of (w1, w0) and theta of those of (w3, w2). The stream is the member; or, for antithetic pairs,
/// half of it.
///
/// ```
/// use shallownet::evolution::Noise;
///
/// let (mut first, mut second) = ([0.0_f32; 5], [0.0_f32; 5]);
/// let noise = Noise::antithetic(7, 0);
/// noise.values_into(0, &mut first)?;
/// noise.values_into(1, &mut second)?;
/// assert_eq!(first.map(|e| -e), second);
/// # Ok::<(), shallownet::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Noise {
    seed: u64,
    generation: u64,
    is_antithetic: bool,
}

impl Noise {
    /// Noise of its own for each member.
    ///
    /// ```
    /// # use shallownet::evolution::Noise;
    /// let mut e = [[0.0_f64; 2]; 3];
    /// Noise::new(7, 0).values_into(0, &mut e[0])?;
    /// Noise::new(7, 0).values_into(1, &mut e[1])?;
    /// Noise::new(7, 1).values_into(0, &mut e[2])?;
    /// assert!(e[0] != e[1] && e[0] != e[2]);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    pub fn new(seed: u64, generation: u64) -> Self {
        Self { seed, generation, is_antithetic: false }
    }

    /// Antithetic pairs: members 2 k and 2 k + 1 have the same noise with opposite signs, and a
    /// [`recombine`](crate::Population::recombine) draws half as much. Where the members' number is odd,
    /// the last has no partner.
    pub fn antithetic(seed: u64, generation: u64) -> Self {
        Self { seed, generation, is_antithetic: true }
    }

    /// Writes a member's noise: any number of values, in the textbook's order of parameters. O(their
    /// number); allocates nothing.
    ///
    /// # Errors
    /// [`Error::TooLarge`] for member 2^32 and above, or as many values as
    /// would need more counters.
    pub fn values_into<T: Scalar>(&self, member: usize, into: &mut [T]) -> Result<()> {
        check_counters::<T>(member, into.len())?;
        let functions = T::elementwise(Level::detect())?;
        into.fill(T::ZERO);
        functions.noise(self.source(), Job::Shift { member, sigma: T::ONE, values: into });
        into.iter_mut().for_each(|e| *e = checks::normal(*e));
        Ok(())
    }

    pub(super) fn source(self) -> Source {
        let Self { seed, generation, is_antithetic } = self;
        Source { seed, generation, antithetic: is_antithetic }
    }
}

/// Refuses members and parameters that the counters' words of 32 bits can't tell apart.
pub(super) fn check_counters<T: NormalElement>(last: usize, parameters: usize) -> Result<()> {
    let blocks = parameters.div_ceil(FOUR).checked_mul(T::BLOCKS);
    let fits = |count: usize| u32::try_from(count).is_ok();
    if fits(last) && blocks.is_some_and(fits) {
        return Ok(());
    }
    Err(Error::TooLarge { what: "the population" })
}
