//! The domains of words: which slopes, scales, outputs and targets there can be.

use super::checks;
use super::columns::Columns;
use crate::element::Element;
use crate::error::{Error, Result};
use crate::words::activation::Activation;
use crate::words::init::Init;
use crate::words::loss::Loss;
use crate::words::optimizer::Optimizer;

/// How far a target column's sum may be from 1: distributions written with a few decimals pass, a
/// column that is no distribution does not.
const SUM_TOLERANCE: f64 = 1e-3;

/// Below it, an f32's square can vanish while the number itself does not, and their quotient would
/// have no bound.
const LEAST_EPSILON: f64 = 1e-18;

/// A larger alpha is no activation that anybody trains with, and leaves f32 no room for sums.
const MOST_ALPHA: f64 = 1e6;

/// Refuses a slope outside (0, 1): max(slope z, z) would be another function; and an alpha that is no
/// finite number above 0.
pub(crate) fn activation(g: Activation) -> Result<()> {
    match g {
        Activation::LeakyRelu { slope } if !(slope > 0.0 && slope < 1.0) => Err(Error::Range {
            argument: "leaky ReLU slope",
            expected: "more than 0 and less than 1",
            given: slope,
        }),
        Activation::Elu { alpha } if !(alpha > 0.0 && alpha <= MOST_ALPHA) => Err(Error::Range {
            argument: "ELU's alpha",
            expected: "more than 0, at most 1e6",
            given: alpha,
        }),
        _ => Ok(()),
    }
}

/// Refuses an activation that a hidden layer may not have.
pub(crate) fn output_only(g: Activation, layer: usize) -> Result<()> {
    match g {
        Activation::Softmax => Err(Error::HiddenSoftmax { layer }),
        Activation::Exp => Err(Error::HiddenExp { layer }),
        _ => Ok(()),
    }
}

/// Refuses an output activation, or a number of units, that the loss is not defined for.
pub(crate) fn output(loss: Loss, (units, given): (usize, Activation)) -> Result<()> {
    match loss.output() {
        Some(expected) if given != expected => Err(Error::LossActivation { loss, expected, given }),
        _ if loss == Loss::GaussianNll && units % 2 == 1 => {
            Err(Error::OddOutputs { loss, given: units })
        }
        _ => Ok(()),
    }
}

/// Refuses a loss's number outside of its range, also once it is rounded to T.
pub(crate) fn loss<T: Element>(loss: Loss) -> Result<()> {
    let (argument, given, expected, fits) = match loss {
        Loss::Huber { delta } => {
            let fits = delta.is_finite() && delta > 0.0;
            ("delta of the Huber loss", delta, "finite and more than 0", fits)
        }
        Loss::Quantile { tau } => {
            let fits = tau > 0.0 && tau < 1.0;
            ("tau of the quantile loss", tau, "more than 0 and less than 1", fits)
        }
        _ => return Ok(()),
    };
    if !fits {
        return Err(Error::Range { argument, expected, given });
    }
    checks::finite_as::<T>(argument, given)?;
    checks::least_as::<T>(argument, given)
}

/// Refuses targets outside the loss's domain.
pub(crate) fn targets<T: Element>(loss: Loss, y: Columns<'_, T>) -> Result<()> {
    // Each range has a loop of its own, in which it is known. NaN is in none.
    match loss {
        Loss::BinaryCrossEntropy | Loss::CategoricalCrossEntropy => {
            let inside = |v: &T| *v >= T::ZERO && *v <= T::ONE;
            all_inside(loss, y, "a value in [0, 1]", inside)?;
        }
        Loss::Poisson => {
            let inside = |v: &T| *v >= T::ZERO && v.is_finite();
            all_inside(loss, y, "a finite value that is not negative", inside)?;
        }
        _ => return checks::finite("y", y.as_slice()),
    }
    if loss == Loss::CategoricalCrossEntropy {
        for (sample, column) in y.as_slice().chunks_exact(y.features()).enumerate() {
            let sum: f64 = column.iter().map(|v| v.to_f64()).sum();
            if (sum - 1.0).abs() > SUM_TOLERANCE {
                let (output, expected) = (0, "a column that sums to 1");
                return Err(Error::Target { loss, sample, output, value: sum, expected });
            }
        }
    }
    Ok(())
}

fn all_inside<T: Element>(
    loss: Loss,
    y: Columns<'_, T>,
    expected: &'static str,
    inside: impl Fn(&T) -> bool,
) -> Result<()> {
    if checks::all(y.as_slice(), &inside) {
        return Ok(());
    }
    let at = y.as_slice().iter().position(|v| !inside(v)).unwrap_or(0);
    let (sample, output) = (at / y.features(), at % y.features());
    let value = y.as_slice()[at].to_f64();
    Err(Error::Target { loss, sample, output, value, expected })
}

/// Refuses a scale that is negative or not finite, or that becomes infinite, subnormal or 0 in T:
/// only a scale of 0 asks for weights of 0.
pub(crate) fn scale<T: Element>(init: Init) -> Result<()> {
    const ARGUMENT: &str = "initialisation scale";
    let (Init::Uniform { scale } | Init::Normal { scale }) = init else { return Ok(()) };
    if !(scale.is_finite() && scale >= 0.0) {
        let expected = "finite and not negative";
        return Err(Error::Range { argument: ARGUMENT, expected, given: scale });
    }
    checks::finite_as::<T>(ARGUMENT, scale)?;
    if scale == 0.0 { Ok(()) } else { checks::least_as::<T>(ARGUMENT, scale) }
}

/// Refuses an optimiser's constants outside their ranges.
pub(crate) fn constants(optimizer: Optimizer) -> Result<()> {
    for (argument, given) in optimizer.constants() {
        let (fits, expected) = match argument {
            "epsilon" => (given.is_finite() && given >= LEAST_EPSILON, "finite and at least 1e-18"),
            "weight_decay" => (given.is_finite() && given >= 0.0, "finite and not negative"),
            _ => ((0.0..1.0).contains(&given), "at least 0 and less than 1"),
        };
        if !fits {
            return Err(Error::Range { argument, expected, given });
        }
    }
    Ok(())
}

/// Refuses constants that are outside their ranges once they are rounded to T.
pub(crate) fn constants_as<T: Element>(optimizer: Optimizer) -> Result<()> {
    optimizer.constants().try_for_each(|(argument, given)| match argument {
        "epsilon" | "weight_decay" => checks::finite_as::<T>(argument, given),
        // The kept share of a moment must not be rounded to 1.
        _ if T::from_f64(given) >= T::ONE => {
            let expected = match T::NAME {
                "f32" => "less than 1 when it is rounded to f32",
                _ => "less than 1",
            };
            Err(Error::Range { argument, expected, given })
        }
        _ => Ok(()),
    })
}

/// Refuses an L2 penalty that is negative or not finite.
pub(crate) fn l2(given: f64) -> Result<()> {
    if given.is_finite() && given >= 0.0 {
        return Ok(());
    }
    Err(Error::Range { argument: "l2", expected: "finite and not negative", given })
}

/// Refuses a rate of dropout that is no probability below 1.
pub(crate) fn dropout(given: f64) -> Result<()> {
    if (0.0..1.0).contains(&given) {
        return Ok(());
    }
    Err(Error::Range { argument: "dropout", expected: "from 0 to less than 1", given })
}

/// Refuses a limit for the gradient's norm that is not finite and above 0.
pub(crate) fn clip_norm(given: f64) -> Result<()> {
    if given.is_finite() && given > 0.0 {
        return Ok(());
    }
    Err(Error::Range { argument: "clip norm", expected: "finite and more than 0", given })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_outside_their_ranges_are_named() {
        let refused = [
            (Optimizer::Momentum { beta: 1.0 }, "beta is 1: expected at least 0 and less than 1"),
            (Optimizer::Nesterov { beta: -0.1 }, "beta is -0.1: expected"),
            (Optimizer::RmsProp { rho: f64::NAN, epsilon: 1.0 }, "rho is NaN: expected"),
            (Optimizer::RmsProp { rho: 0.9, epsilon: 1e-19 }, "epsilon is 1e-19: expected"),
            (Optimizer::Adam { beta1: 0.9, beta2: 1.5, epsilon: 1.0 }, "beta2 is 1.5"),
            (Optimizer::Adam { beta1: 0.9, beta2: 0.9, epsilon: f64::INFINITY }, "epsilon is inf"),
            (
                Optimizer::AdamW { beta1: 0.0, beta2: 0.0, epsilon: 1.0, weight_decay: -1.0 },
                "weight_decay is -1: expected finite and not negative",
            ),
        ];
        for (optimizer, message) in refused {
            let given = constants(optimizer).unwrap_err().to_string();
            assert!(given.starts_with(message), "{given}");
        }
        for optimizer in Optimizer::all() {
            assert_eq!(constants(optimizer), Ok(()));
            assert_eq!(Optimizer::from_name(optimizer.name()), Some(optimizer));
        }
    }
}
