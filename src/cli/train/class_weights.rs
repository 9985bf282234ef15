//! How much the samples of each class count in training.

use shallownet::class_weights;

use crate::data::Data;
use crate::failure::Failure;

/// `--class-weight`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ClassWeights {
    /// Every class counts as much as any other.
    Balanced,
    /// By their names; the others count 1.
    Named(Vec<(String, f64)>),
}

pub(crate) fn parse(text: &str) -> Result<ClassWeights, String> {
    if text == "balanced" {
        return Ok(ClassWeights::Balanced);
    }
    // A class's name may hold an equals sign, a weight does not.
    let pair = |part: &str| {
        let (name, weight) = part.rsplit_once('=')?;
        let weight: f64 = weight.trim().parse().ok()?;
        (weight.is_finite() && weight >= 0.0).then(|| (name.trim().to_owned(), weight))
    };
    let named: Option<Vec<(String, f64)>> = text.split(',').map(pair).collect();
    named.map(ClassWeights::Named).ok_or_else(|| {
        "expected balanced, or names of classes and weights from 0 on, such as yes=3,no=1"
            .to_owned()
    })
}

impl ClassWeights {
    /// The weight of every class, by the samples in `rows`.
    pub(super) fn of_classes(&self, data: &Data, rows: &[usize]) -> Result<Vec<f64>, Failure> {
        let labels = data.labels();
        let mut weights = vec![1.0; labels.classes.len()];
        match self {
            Self::Balanced => {
                let of_rows: Vec<usize> = rows.iter().map(|&row| labels.of_row[row]).collect();
                // Of the last classes there may be none among the rows.
                let balanced = class_weights::balanced(&of_rows)?;
                weights[..balanced.len()].copy_from_slice(&balanced);
            }
            Self::Named(named) => {
                for (name, weight) in named {
                    let class = labels.classes.iter().position(|class| class == name);
                    let Some(class) = class else {
                        let there = labels.classes.join(", ");
                        return Err(Failure::Arguments(format!(
                            "--class-weight: no class is named {name:?} (there are: {there})"
                        )));
                    };
                    weights[class] = *weight;
                }
            }
        }
        Ok(weights)
    }
}

/// What each class counts.
pub(super) fn line(data: &Data, weights: &[f64]) -> String {
    let named = data.labels().classes.iter().zip(weights);
    let named: Vec<String> = named.take(12).map(|(class, w)| format!("{class} {w:.4}")).collect();
    let more = weights.len() - named.len();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("class weights: {}{more}", named.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_named_or_balanced() {
        assert_eq!(parse("balanced"), Ok(ClassWeights::Balanced));
        let named = |all: &[(&str, f64)]| {
            ClassWeights::Named(all.iter().map(|(name, w)| ((*name).to_owned(), *w)).collect())
        };
        assert_eq!(parse("yes=3,no=0.5"), Ok(named(&[("yes", 3.0), ("no", 0.5)])));
        assert_eq!(parse("a=b=2"), Ok(named(&[("a=b", 2.0)])));
        for text in ["", "balance", "yes", "yes=", "yes=-1", "yes=inf", "yes=1,"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
