//! The transform of numbers to be predicted, before a network learns them.

use shallownet::Activation;
use shallownet::{NotStandardizable, Standardization};

use crate::data::{Data, Targets};
use crate::failure::Failure;
use crate::say::Say;

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum TargetTransform {
    /// Learn the numbers as they are
    None,
    /// Give them mean 0 and standard deviation 1, and turn predictions back
    Standardize,
}

/// Whether targets are to be standardized: as asked for or, if nothing was, wherever the output
/// can take any value.
pub(crate) fn is_standardized(
    asked: Option<TargetTransform>,
    output: Activation,
) -> Result<bool, Failure> {
    let takes_any = matches!(output, Activation::Identity | Activation::LeakyRelu { .. });
    match asked {
        Some(TargetTransform::None) => Ok(false),
        Some(TargetTransform::Standardize) if !takes_any => Err(Failure::Arguments(format!(
            "--target-transform standardize: standardized targets are of either sign and any \
             size, and the output {} is not: expected --output identity or --target-transform none",
            output.name()
        ))),
        _ => Ok(takes_any),
    }
}

/// Mean and deviation of the targets of the rows to learn from; `None` of classes.
pub(crate) fn standardization(
    data: &Data,
    rows: &[usize],
    say: &Say,
) -> Result<Option<Standardization>, Failure> {
    let Targets::Values { y, n_y } = &data.targets else {
        return Ok(None);
    };
    let of_rows: Vec<f64> =
        rows.iter().flat_map(|row| &y[row * n_y..(row + 1) * n_y]).copied().collect();
    let standardization =
        Standardization::of(&of_rows, *n_y).map_err(|NotStandardizable { .. }| Failure::Cell {
            place: data.label_place(rows[0]),
            problem: "the targets are too large to be standardized (--target-transform none)"
                .to_owned(),
        })?;
    for k in Standardization::constants(&of_rows, *n_y) {
        let target = match (&data.label_name, n_y) {
            (Some(name), _) => format!("target {name:?}"),
            (None, 1) => "target".to_owned(),
            (None, _) => format!("target {}", k + 1),
        };
        let mean = standardization.means[k];
        say.note(format_args!("the {target} is {mean} in every sample trained on"));
    }
    Ok(Some(standardization))
}
