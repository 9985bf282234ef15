//! What the members of a population are given: one for all, or one each.

use crate::data::checks;
use crate::data::columns::Columns;
use crate::element::Element;
use crate::error::{Error, Result};
use crate::kernels::group::blocks::Places;

/// Samples of a [`Population`](crate::Population): one batch that all its members see, or a batch
/// for each.
///
/// Batches of their own lie one behind the other: all columns of member 0, then all of member 1.
/// [`Columns`] alone are a batch for all.
///
/// ```
/// use shallownet::{Columns, Samples};
///
/// let values = [1.0_f32, 2.0, 3.0, 4.0];
/// // Two samples that all members see; or one sample for each of two members.
/// let shared = Samples::from(Columns::new(&values, 2)?);
/// let each = Samples::each(Columns::new(&values, 2)?);
/// assert_ne!(shared, each);
/// # Ok::<(), shallownet::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Samples<'a, T> {
    pub(super) columns: Columns<'a, T>,
    pub(super) each: bool,
}

impl<'a, T> From<Columns<'a, T>> for Samples<'a, T> {
    fn from(columns: Columns<'a, T>) -> Self {
        Self { columns, each: false }
    }
}

impl<'a, T: Element> Samples<'a, T> {
    /// A batch for each member: as many samples for each, member by member.
    ///
    /// ```
    /// # use shallownet::{Columns, Samples};
    /// let x = [0.0_f64; 3 * 5 * 2];
    /// // Three members, five samples each, of two features.
    /// let x = Samples::each(Columns::new(&x, 2)?);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    pub fn each(columns: Columns<'a, T>) -> Self {
        Self { columns, each: true }
    }

    /// Samples of a member's batch.
    pub(super) fn of_a_member(&self, argument: &'static str, members: usize) -> Result<usize> {
        let samples = self.columns.samples();
        if !self.each {
            return Ok(samples);
        }
        if samples.is_multiple_of(members) {
            return Ok(samples / members);
        }
        let expected = samples.next_multiple_of(members);
        Err(Error::Samples { argument, expected, given: samples })
    }

    /// Where the samples of the members from `first` on are, which are `present`.
    pub(super) fn places(&self, samples: usize, first: usize, present: usize) -> Places<'static> {
        match self.each {
            true => Places::Own { samples, first, present },
            false => Places::Shared,
        }
    }

    /// The batch of one member.
    pub(super) fn of(&self, member: usize, samples: usize) -> Columns<'a, T> {
        if !self.each {
            return self.columns;
        }
        let n = self.columns.features();
        let values = &self.columns.as_slice()[member * samples * n..(member + 1) * samples * n];
        Columns::checked(values, n)
    }
}

/// The targets of a [`Population`](crate::Population), and how much each sample counts: either of
/// them one for all members, or one each.
///
/// ```
/// use shallownet::{Columns, PopulationTargets, Samples};
///
/// // The same four targets for all of three members, and weights of their own.
/// let (y, weights) = ([0.0_f32, 1.0, 1.0, 0.0], [1.0; 12]);
/// let y = Columns::new(&y, 1)?;
/// let targets = PopulationTargets::weighted(y, Samples::each(Columns::new(&weights, 1)?));
/// # Ok::<(), shallownet::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PopulationTargets<'a, T> {
    pub(super) y: Samples<'a, T>,
    pub(super) weights: Option<Samples<'a, T>>,
}

impl<'a, T> From<Samples<'a, T>> for PopulationTargets<'a, T> {
    fn from(y: Samples<'a, T>) -> Self {
        Self { y, weights: None }
    }
}

impl<'a, T> From<Columns<'a, T>> for PopulationTargets<'a, T> {
    fn from(y: Columns<'a, T>) -> Self {
        Samples::from(y).into()
    }
}

impl<'a, T: Element> PopulationTargets<'a, T> {
    /// Targets whose samples count differently: see [`Targets::weighted`](crate::Targets::weighted).
    /// The weights are columns of one value.
    pub fn weighted(y: impl Into<Samples<'a, T>>, weights: impl Into<Samples<'a, T>>) -> Self {
        Self { y: y.into(), weights: Some(weights.into()) }
    }
}

/// A number for all members of a [`Population`](crate::Population), or one for each, in their
/// order.
///
/// ```
/// use shallownet::OfMembers;
///
/// // A sweep over learning rates is one call.
/// let rates = [0.1_f32, 0.03, 0.01];
/// assert_eq!(OfMembers::from(&rates[..]), OfMembers::Each(&rates));
/// assert_eq!(OfMembers::from(0.1_f32), OfMembers::All(0.1));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum OfMembers<'a, T> {
    /// The same for all.
    All(T),
    /// One for each.
    Each(&'a [T]),
}

impl<T: Element> From<T> for OfMembers<'_, T> {
    fn from(value: T) -> Self {
        Self::All(value)
    }
}

impl<'a, T: Element> From<&'a [T]> for OfMembers<'a, T> {
    fn from(values: &'a [T]) -> Self {
        Self::Each(values)
    }
}

impl<T: Element> OfMembers<'_, T> {
    /// The number of a member.
    pub(super) fn of(&self, member: usize) -> T {
        match self {
            Self::All(value) => *value,
            Self::Each(values) => values[member],
        }
    }

    /// Checks that there are as many as members, and each of them.
    pub(super) fn check(
        &self,
        argument: &'static str,
        members: usize,
        check: impl Fn(T) -> Result<()>,
    ) -> Result<()> {
        match self {
            Self::All(value) => check(*value),
            Self::Each(values) => {
                checks::length(argument, members, values.len())?;
                values.iter().try_for_each(|&value| check(value))
            }
        }
    }
}
