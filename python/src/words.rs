//! The names of activations, losses, initialisations, optimisers and solvers.
//!
//! A number may follow a name, as on the command line: `leaky_relu:0.2`, `huber:1.5`.

use pyo3::prelude::*;
use pyo3::types::PyDict;
use shallownet::solvers::{Lbfgs, LevenbergMarquardt, Method, Rprop, ScaledConjugateGradients};
use shallownet::{Activation, Init, Loss, Optimizer, Schedule};

use crate::failure::value;

/// A name, and the number after it if there is one.
fn parts(text: &str) -> PyResult<(&str, Option<f64>)> {
    let Some((name, number)) = text.split_once(':') else { return Ok((text, None)) };
    let parsed = number.trim().parse::<f64>();
    let number =
        parsed.map_err(|_| value(format!("{text:?}: expected a number after the colon")))?;
    Ok((name.trim(), Some(number)))
}

fn no_number(text: &str) -> PyErr {
    value(format!("{text:?}: expected no number after the name"))
}

pub(crate) fn activation(text: &str) -> PyResult<Activation> {
    let (name, number) = parts(text)?;
    let word: Activation = name.parse().map_err(value)?;
    match (word, number) {
        (word, None) => Ok(word),
        (Activation::LeakyRelu { .. }, Some(slope)) => Ok(Activation::LeakyRelu { slope }),
        (Activation::Elu { .. }, Some(alpha)) => Ok(Activation::Elu { alpha }),
        _ => Err(no_number(text)),
    }
}

/// As [`activation`] reads it.
pub(crate) fn activation_text(activation: Activation) -> String {
    match activation {
        Activation::LeakyRelu { slope } => format!("leaky_relu:{slope}"),
        Activation::Elu { alpha } => format!("elu:{alpha}"),
        other => other.name().to_owned(),
    }
}

pub(crate) fn loss(text: &str) -> PyResult<Loss> {
    let (name, number) = parts(text)?;
    let word: Loss = name.parse().map_err(value)?;
    match number {
        None => Ok(word),
        Some(number) if word.parameter().is_some() => Ok(word.with_parameter(number)),
        Some(_) => Err(no_number(text)),
    }
}

/// As [`loss`] reads it.
pub(crate) fn loss_text(loss: Loss) -> String {
    match loss.parameter() {
        Some((_, number)) => format!("{}:{number}", loss.name()),
        None => loss.name().to_owned(),
    }
}

pub(crate) fn init(text: &str) -> PyResult<Init> {
    let (name, scale) = parts(text)?;
    Ok(match (name, scale) {
        ("uniform", Some(scale)) => Init::Uniform { scale },
        ("normal", Some(scale)) => Init::Normal { scale },
        (_, Some(_)) => return Err(no_number(text)),
        ("auto", None) => Init::Auto,
        ("zeros", None) => Init::Zeros,
        ("xavier_uniform", None) => Init::XavierUniform,
        ("xavier_normal", None) => Init::XavierNormal,
        ("he_uniform", None) => Init::HeUniform,
        ("he_normal", None) => Init::HeNormal,
        ("nguyen_widrow", None) => Init::NguyenWidrow,
        _ => {
            let expected = "auto, zeros, uniform:SCALE, normal:SCALE, xavier_uniform, \
                            xavier_normal, he_uniform, he_normal, nguyen_widrow";
            return Err(value(format!("no init is called {name:?}: expected {expected}")));
        }
    })
}

/// Keyword arguments that are numbers, each to be taken once.
pub(crate) struct Options(Vec<(String, f64)>);

impl Options {
    pub(crate) fn new(options: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        let Some(options) = options else { return Ok(Self(Vec::new())) };
        options
            .iter()
            .map(|(name, value)| Ok((name.extract()?, value.extract()?)))
            .collect::<PyResult<_>>()
            .map(Self)
    }

    fn take(&mut self, name: &str, usual: f64) -> f64 {
        match self.0.iter().position(|(own, _)| own == name) {
            Some(at) => self.0.swap_remove(at).1,
            None => usual,
        }
    }

    /// Refuses what nobody has asked for.
    fn end(self, of: &str) -> PyResult<()> {
        match self.0.first() {
            None => Ok(()),
            Some((name, _)) => Err(value(format!("{of} has no option {name:?}"))),
        }
    }
}

/// An optimiser by its name, with its constants: `beta`, `rho`, `beta1`, `beta2`, `epsilon`,
/// `weight_decay`.
pub(crate) fn optimizer(name: &str, mut options: Options) -> PyResult<Optimizer> {
    let name = match name {
        "adamw" => "adam_w",
        "rmsprop" => "rms_prop",
        name => name,
    };
    let mut word: Optimizer = name.parse().map_err(value)?;
    match &mut word {
        Optimizer::Momentum { beta } | Optimizer::Nesterov { beta } => {
            *beta = options.take("beta", *beta);
        }
        Optimizer::RmsProp { rho, epsilon } => {
            (*rho, *epsilon) = (options.take("rho", *rho), options.take("epsilon", *epsilon));
        }
        Optimizer::Adam { beta1, beta2, epsilon } => {
            *beta1 = options.take("beta1", *beta1);
            *beta2 = options.take("beta2", *beta2);
            *epsilon = options.take("epsilon", *epsilon);
        }
        Optimizer::AdamW { beta1, beta2, epsilon, weight_decay } => {
            *beta1 = options.take("beta1", *beta1);
            *beta2 = options.take("beta2", *beta2);
            *epsilon = options.take("epsilon", *epsilon);
            *weight_decay = options.take("weight_decay", *weight_decay);
        }
        _ => {}
    }
    options.end(name)?;
    Ok(word)
}

/// A solver by its name, with its options: `history` of L-BFGS, `damping` and `bayesian` of
/// Levenberg-Marquardt.
pub(crate) fn method(name: &str, mut options: Options) -> PyResult<Method> {
    let word: Method = name.parse().map_err(value)?;
    let word = match word {
        Method::Lbfgs(_) => {
            let history = options.take("history", Lbfgs::new().get_history() as f64);
            Lbfgs::new().history(history as usize).into()
        }
        Method::LevenbergMarquardt(_) => {
            let usual = LevenbergMarquardt::new();
            let solver = usual.damping(options.take("damping", usual.get_damping()));
            if options.take("bayesian", 0.0) == 0.0 {
                solver.into()
            } else {
                solver.bayesian().into()
            }
        }
        Method::Rprop(_) => Rprop::new().into(),
        Method::ScaledConjugateGradients(_) => ScaledConjugateGradients::new().into(),
        other => other,
    };
    options.end(name)?;
    Ok(word)
}

/// `constant`, `cosine` or `cosine:FLOOR` over all epochs, `step:EVERY:FACTOR`; with epochs of
/// warm-up.
pub(crate) fn schedule(text: &str, epochs: usize, warm_up: f64) -> PyResult<Schedule> {
    let numbers = |rest: &str| {
        let numbers: Result<Vec<f64>, _> = rest.split(':').map(|n| n.trim().parse()).collect();
        numbers
            .map_err(|_| value(format!("schedule is {text:?}: expected numbers after the colon")))
    };
    // A float that is no number of epochs becomes the nearest one.
    let left = epochs.saturating_sub(warm_up.ceil() as usize).max(1);
    let schedule = match text.split_once(':').unwrap_or((text, "")) {
        ("constant", "") => Schedule::constant(),
        ("cosine", "") => Schedule::cosine(left, 0.0),
        ("cosine", rest) => match numbers(rest)?[..] {
            [floor] => Schedule::cosine(left, floor),
            _ => return Err(value(format!("schedule is {text:?}: expected cosine:FLOOR"))),
        },
        ("step", rest) => match numbers(rest)?[..] {
            [every, factor] => Schedule::step(every as usize, factor),
            _ => return Err(value(format!("schedule is {text:?}: expected step:EVERY:FACTOR"))),
        },
        _ => {
            let expected = "constant, cosine, cosine:FLOOR, step:EVERY:FACTOR";
            return Err(value(format!("no schedule is called {text:?}: expected {expected}")));
        }
    };
    Ok(schedule.after_warm_up(warm_up))
}
