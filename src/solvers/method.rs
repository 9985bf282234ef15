//! The methods, as one word.

use super::lbfgs::Lbfgs;
use super::levenberg_marquardt::LevenbergMarquardt;
use super::rprop::Rprop;
use super::scaled_conjugate_gradients::ScaledConjugateGradients;
use crate::error::Result;
use crate::words::names::names;

/// A method, with its options.
///
/// | name | method | loss | memory, in numbers, for p parameters |
/// | --- | --- | --- | --- |
/// | `lm` | [`LevenbergMarquardt`] | squared error | 2 p^2, and the activations of all samples |
/// | `lbfgs` | [`Lbfgs`] | any | (2 history + 6) p |
/// | `rprop` | [`Rprop`] | any | 6 p |
/// | `scg` | [`ScaledConjugateGradients`] | any | 5 p |
///
/// ```
/// use shallownet::solvers::{Lbfgs, Method};
///
/// assert_eq!(Method::from_name("lbfgs"), Some(Method::Lbfgs(Lbfgs::new())));
/// assert_eq!(Method::from(Lbfgs::new()).name(), "lbfgs");
/// assert!("newton".parse::<Method>().is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Method {
    /// Levenberg-Marquardt.
    LevenbergMarquardt(LevenbergMarquardt),
    /// L-BFGS.
    Lbfgs(Lbfgs),
    /// RPROP.
    Rprop(Rprop),
    /// Scaled conjugate gradients.
    ScaledConjugateGradients(ScaledConjugateGradients),
}

impl Method {
    /// The name, as the command line writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::LevenbergMarquardt(_) => "lm",
            Self::Lbfgs(_) => "lbfgs",
            Self::Rprop(_) => "rprop",
            Self::ScaledConjugateGradients(_) => "scg",
        }
    }

    /// The method of that name, with its default options, or `None`.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::all().into_iter().find(|method| method.name() == name)
    }

    /// Each once, with default options.
    ///
    /// ```
    /// # use shallownet::solvers::Method;
    /// assert_eq!(Method::all().map(Method::name), ["lm", "lbfgs", "rprop", "scg"]);
    /// ```
    pub fn all() -> [Self; 4] {
        [
            Self::LevenbergMarquardt(LevenbergMarquardt::new()),
            Self::Lbfgs(Lbfgs::new()),
            Self::Rprop(Rprop::new()),
            Self::ScaledConjugateGradients(ScaledConjugateGradients::new()),
        ]
    }

    pub(super) fn check(&self) -> Result<()> {
        match self {
            Self::LevenbergMarquardt(options) => options.check(),
            Self::Lbfgs(options) => options.check(),
            Self::Rprop(options) => options.check(),
            Self::ScaledConjugateGradients(options) => options.check(),
        }
    }
}

names!(Method, "solver", Self::all());

macro_rules! from_options {
    ($($options:ident),*) => {$(
        impl From<$options> for Method {
            fn from(options: $options) -> Self {
                Self::$options(options)
            }
        }
    )*};
}
from_options!(LevenbergMarquardt, Lbfgs, Rprop, ScaledConjugateGradients);
