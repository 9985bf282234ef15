//! What `train` can be told about the network, and the reading of it.

use shallownet::solvers::Method;
use shallownet::{Activation, Backend, Init, Loss, Optimizer, Schedule, UnknownName};

/// The first of some options that was given.
pub(crate) fn given<'a>(options: &[(bool, &'a str)]) -> Option<&'a str> {
    options.iter().find(|(is_given, _)| *is_given).map(|(_, option)| *option)
}

/// The sizes of the hidden layers: `16,8`, or `none`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hidden(pub(crate) Vec<usize>);

pub(crate) fn hidden(text: &str) -> Result<Hidden, String> {
    if text == "none" {
        return Ok(Hidden(Vec::new()));
    }
    let size = |part: &str| part.trim().parse().ok().filter(|&n: &usize| n > 0);
    let sizes: Option<Vec<usize>> = text.split(',').map(size).collect();
    sizes.map(Hidden).ok_or("expected sizes such as 16,8, each at least 1, or none".to_owned())
}

/// The hidden layers of one candidate: `16-8`, or `none`.
pub(crate) fn layers(text: &str) -> Result<Hidden, String> {
    hidden(&text.replace('-', ",")).map_err(|_| "expected sizes such as 4,16,16-8".to_owned())
}

/// The activations of the hidden layers: one for all, or one each.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct HiddenActivations(Vec<Activation>);

pub(crate) fn activations(text: &str) -> Result<HiddenActivations, String> {
    text.split(',').map(hidden_activation).collect::<Result<_, _>>().map(HiddenActivations)
}

const HIDDEN: &str = "tanh, sigmoid, relu, leaky_relu, elu, softplus, silu, gelu, gelu_tanh, sin, \
                      identity";

/// Softmax and the exponential are for outputs.
pub(crate) fn hidden_activation(name: &str) -> Result<Activation, String> {
    Activation::from_name(name.trim())
        .filter(|g| g.is_for_hidden_layers())
        .ok_or_else(|| format!("{name:?} is none of {HIDDEN}"))
}

impl HiddenActivations {
    /// One activation a layer, or why there is none.
    pub(crate) fn of_layers(&self, layers: usize) -> Result<Vec<Activation>, String> {
        match self.0[..] {
            [g] => Ok(vec![g; layers]),
            _ if self.0.len() == layers => Ok(self.0.clone()),
            _ => Err(format!(
                "--activation names {} activations: expected 1, or {layers}, one a hidden layer",
                self.0.len()
            )),
        }
    }
}

pub(crate) fn activation(name: &str) -> Result<Activation, String> {
    Activation::from_name(name).ok_or_else(|| format!("expected one of {HIDDEN}, softmax, exp"))
}

/// A loss's name; Huber's with its delta and the quantile loss with its tau behind a colon.
pub(crate) fn loss(text: &str) -> Result<Loss, String> {
    let loss = match text.split_once(':') {
        None => Loss::from_name(text),
        Some((name, number)) => {
            let loss = Loss::from_name(name).filter(|loss| loss.parameter().is_some());
            loss.zip(number.parse().ok()).map(|(loss, number)| loss.with_parameter(number))
        }
    };
    match loss {
        Some(Loss::Huber { delta }) if !(delta.is_finite() && delta > 0.0) => {
            Err("expected huber:DELTA with a finite number above 0".to_owned())
        }
        Some(Loss::Quantile { tau }) if !(tau > 0.0 && tau < 1.0) => {
            Err("expected quantile:TAU with a number between 0 and 1, such as 0.9".to_owned())
        }
        Some(loss) => Ok(loss),
        None => {
            let expected = "expected binary_cross_entropy, categorical_cross_entropy, squared_error, \
                            huber, huber:DELTA, absolute, quantile:TAU, poisson or gaussian_nll";
            Err(expected.to_owned())
        }
    }
}

/// As [`loss`] reads it.
pub(crate) fn name_of_loss(loss: Loss) -> String {
    match loss.parameter() {
        None => loss.name().to_owned(),
        Some((_, number)) => format!("{}:{number}", loss.name()),
    }
}

pub(crate) fn optimizer(name: &str) -> Result<Optimizer, String> {
    Optimizer::from_name(name).ok_or_else(|| {
        let names: Vec<&str> = Optimizer::all().map(Optimizer::name).to_vec();
        format!("expected one of {}", names.join(", "))
    })
}

/// How the learning rate goes, before the number of epochs is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Course {
    Constant,
    Cosine { floor: f64 },
    Step { every: usize, factor: f64 },
}

/// `constant`, `cosine`, `cosine:FLOOR` or `step:EPOCHS:FACTOR`.
pub(crate) fn course(text: &str) -> Result<Course, String> {
    let parts: Vec<&str> = text.split(':').collect();
    let course = match parts[..] {
        ["constant"] => Some(Course::Constant),
        ["cosine"] => Some(Course::Cosine { floor: 0.0 }),
        ["cosine", floor] => floor.parse().ok().map(|floor| Course::Cosine { floor }),
        ["step", every, factor] => {
            let (every, factor) = (every.parse().ok(), factor.parse().ok());
            every.zip(factor).map(|(every, factor)| Course::Step { every, factor })
        }
        _ => None,
    };
    course.ok_or_else(|| "expected constant, cosine, cosine:FLOOR or step:EPOCHS:FACTOR".to_owned())
}

impl Course {
    pub(crate) fn schedule(self, epochs: usize, warm_up: f64) -> Schedule {
        let schedule = match self {
            Self::Constant => Schedule::constant(),
            Self::Step { every, factor } => Schedule::step(every, factor),
            Self::Cosine { floor } => {
                Schedule::cosine(epochs.saturating_sub(warm_up.ceil() as usize).max(1), floor)
            }
        };
        schedule.after_warm_up(warm_up)
    }
}

/// Width and height in pixels: `28x28`.
pub(crate) fn image(text: &str) -> Result<(usize, usize), String> {
    let size = |part: &str| part.parse().ok().filter(|&n: &usize| n > 0);
    let both = text.split_once('x').and_then(|(w, h)| size(w).zip(size(h)));
    both.ok_or_else(|| "expected width and height such as 28x28".to_owned())
}

pub(crate) fn solver(name: &str) -> Result<Method, String> {
    name.parse().map_err(|error: UnknownName| error.to_string())
}

pub(crate) fn backend(name: &str) -> Result<Backend, String> {
    Backend::from_name(name).ok_or_else(|| "not a backend of this program".to_owned())
}

/// How weights begin, before `--scale` is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum InitName {
    /// Each layer by its activation: he_normal for the ReLUs, xavier_normal for all others
    Auto,
    Zeros,
    Uniform,
    Normal,
    XavierUniform,
    XavierNormal,
    HeUniform,
    HeNormal,
    /// Nguyen and Widrow's, for tanh and sigmoid; inputs in [-1, 1]
    NguyenWidrow,
}

impl InitName {
    /// As it is given on the command line.
    pub(crate) fn name_of(init: Init) -> String {
        let name = match init {
            Init::Auto => "auto",
            Init::Zeros => "zeros",
            Init::Uniform { .. } => "uniform",
            Init::Normal { .. } => "normal",
            Init::XavierUniform => "xavier_uniform",
            Init::XavierNormal => "xavier_normal",
            Init::HeUniform => "he_uniform",
            Init::HeNormal => "he_normal",
            Init::NguyenWidrow => "nguyen_widrow",
            _ => "another",
        };
        name.to_owned()
    }

    pub(crate) fn with_scale(self, scale: Option<f64>) -> Result<Init, String> {
        let fixed = |init| match scale {
            None => Ok(init),
            Some(_) => Err("--scale goes with --init uniform and --init normal only".to_owned()),
        };
        let scale = scale.unwrap_or(0.01);
        match self {
            Self::Uniform => Ok(Init::Uniform { scale }),
            Self::Normal => Ok(Init::Normal { scale }),
            Self::Auto => fixed(Init::Auto),
            Self::Zeros => fixed(Init::Zeros),
            Self::XavierUniform => fixed(Init::XavierUniform),
            Self::XavierNormal => fixed(Init::XavierNormal),
            Self::HeUniform => fixed(Init::HeUniform),
            Self::HeNormal => fixed(Init::HeNormal),
            Self::NguyenWidrow => fixed(Init::NguyenWidrow),
        }
    }
}

#[derive(
    Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Precision {
    F32,
    F64,
}

pub(crate) fn positive(text: &str) -> Result<f64, String> {
    number(text, |v| v > 0.0, "expected a finite number above 0")
}

pub(crate) fn not_negative(text: &str) -> Result<f64, String> {
    number(text, |v| v >= 0.0, "expected a finite number, not negative")
}

pub(crate) fn fraction(text: &str) -> Result<f64, String> {
    number(text, |v| v > 0.0 && v < 1.0, "expected a number between 0 and 1, such as 0.2")
}

fn number(text: &str, fits: impl Fn(f64) -> bool, expected: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() && fits(value) => Ok(value),
        _ => Err(expected.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_activations() {
        assert_eq!(hidden("16,8"), Ok(Hidden(vec![16, 8])));
        assert_eq!(hidden("none"), Ok(Hidden(vec![])));
        assert!(["", "0", "4,", "4,-1", "x"].iter().all(|text| hidden(text).is_err()));

        let two = activations("tanh,relu").unwrap();
        assert_eq!(two.of_layers(2).unwrap(), [Activation::Tanh, Activation::Relu]);
        assert!(two.of_layers(3).is_err());
        assert_eq!(activations("tanh").unwrap().of_layers(3).unwrap().len(), 3);
        assert!(["softmax", "exp", "maxout"].iter().all(|text| activations(text).is_err()));
    }

    #[test]
    fn losses_have_their_numbers_behind_a_colon() {
        assert_eq!(loss("squared_error"), Ok(Loss::SquaredError));
        assert_eq!(loss("huber"), Ok(Loss::HUBER));
        assert_eq!(loss("huber:2.5"), Ok(Loss::Huber { delta: 2.5 }));
        assert_eq!(loss("quantile:0.9"), Ok(Loss::Quantile { tau: 0.9 }));
        assert_eq!(loss("poisson"), Ok(Loss::Poisson));
        assert_eq!(name_of_loss(Loss::Huber { delta: 2.5 }), "huber:2.5");
        assert_eq!(name_of_loss(Loss::Absolute), "absolute");
        let wrong =
            ["", "huber:", "huber:0", "huber:inf", "quantile:1", "quantile:NaN", "absolute:1"];
        assert!(wrong.iter().all(|text| loss(text).is_err()));
    }

    #[test]
    fn courses_and_images() {
        assert_eq!(course("cosine:0.1"), Ok(Course::Cosine { floor: 0.1 }));
        assert_eq!(course("step:5:0.5"), Ok(Course::Step { every: 5, factor: 0.5 }));
        assert!(["", "cos", "step:5", "step:x:1"].iter().all(|text| course(text).is_err()));
        let after_warm_up = Course::Cosine { floor: 0.0 }.schedule(10, 1.0);
        assert_eq!(after_warm_up, Schedule::cosine(9, 0.0).after_warm_up(1.0));
        assert_eq!(image("28x14"), Ok((28, 14)));
        assert!(["", "28", "0x3", "x"].iter().all(|text| image(text).is_err()));
    }

    #[test]
    fn scale_goes_with_scaled_initialisations_only() {
        assert_eq!(InitName::Normal.with_scale(None), Ok(Init::Normal { scale: 0.01 }));
        assert_eq!(InitName::Uniform.with_scale(Some(2.0)), Ok(Init::Uniform { scale: 2.0 }));
        assert!(InitName::HeNormal.with_scale(Some(2.0)).is_err());
    }
}
