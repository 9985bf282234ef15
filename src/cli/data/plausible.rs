//! Are the labels what they are taken for?

use shallownet::Loss;
use shallownet::io::{DataError, DataProblem};

use super::samples::{Data, Targets};
use crate::failure::Failure;

/// From this many different numbers on, labels may be values to predict; with fewer samples for
/// each number than these they are taken for values. Digits, ratings and a hundred classes of some
/// samples each pass.
const MANY: usize = 50;
const SAMPLES_EACH: usize = 5;
/// The same for numbers with fractions, which are classes less often.
const MANY_FRACTIONS: usize = 10;
const SAMPLES_EACH_FRACTION: usize = 10;
/// This many fractions, all different, are no classes even in the smallest file.
const FEW_FRACTIONS: usize = 5;

impl Data {
    /// Refuses numbers that look like values to predict, not like classes, unless the user insists.
    pub(crate) fn into_classes(self, insisted: bool) -> Result<Self, Failure> {
        let labels = self.labels();
        let (classes, rows) = (labels.classes.len(), labels.of_row.len());
        if insisted || !are_values(&labels.classes, rows) {
            return Ok(self);
        }
        let problem = format!(
            "the labels are {classes} different numbers in {rows} samples: --regression predicts \
             numbers, --classification takes each for a class"
        );
        Err(Failure::Cell { place: self.label_place(0), problem })
    }

    /// Refuses values that the loss is not defined for.
    pub(crate) fn check_values(&self, loss: Loss) -> Result<(), Failure> {
        let Targets::Values { y, n_y } = &self.targets else { return Ok(()) };
        let (most, wanted) = match loss {
            Loss::BinaryCrossEntropy | Loss::CategoricalCrossEntropy => (1.0, "not from 0 to 1"),
            Loss::Poisson => (f64::INFINITY, "not from 0 on"),
            _ => return Ok(()),
        };
        match y.iter().position(|v| !(0.0..=most).contains(v)) {
            Some(at) => {
                let problem = format!("{} is {wanted}, as {} has it", y[at], loss.name());
                Err(Failure::Cell { place: self.label_place(at / n_y), problem })
            }
            None => Ok(()),
        }
    }
}

/// Labels that are no whole numbers, where classes are wanted, may be meant as values.
pub(super) fn or_values(failure: Failure) -> Failure {
    match failure {
        Failure::Data(DataError { file, problem }) if matches!(problem, DataProblem::Label { expected, .. } if expected.ends_with("labels")) =>
        {
            let problem = format!("{problem}; --regression predicts numbers");
            Failure::File { file, problem }
        }
        other => other,
    }
}

/// Do these labels of `rows` samples look like values?
fn are_values(classes: &[String], rows: usize) -> bool {
    let number = |class: &String| class.parse::<f64>().ok().filter(|v| v.is_finite());
    let Some(numbers) = classes.iter().map(number).collect::<Option<Vec<f64>>>() else {
        return false;
    };
    let count = numbers.len();
    let are_rare = |each: usize| count.saturating_mul(each) > rows;
    if numbers.iter().any(|v| v.fract() != 0.0) {
        count > MANY_FRACTIONS && are_rare(SAMPLES_EACH_FRACTION)
            || count > FEW_FRACTIONS && count == rows
    } else {
        count > MANY && are_rare(SAMPLES_EACH)
    }
}

#[cfg(test)]
mod tests {
    use super::are_values;

    #[test]
    fn digits_and_classes_pass_and_continuous_targets_do_not() {
        let of = |count: usize, rows: usize, text: &dyn Fn(usize) -> String| {
            are_values(&(0..count).map(text).collect::<Vec<_>>(), rows)
        };
        let (whole, half) = (|k: usize| k.to_string(), |k: usize| format!("{}", k as f64 / 2.0));
        assert!(!of(10, 10, &whole) && !of(50, 50, &whole) && !of(100, 500, &whole));
        assert!(of(51, 60, &whole) && of(100, 499, &whole) && of(4000, 4000, &whole));
        assert!(!of(5, 5, &half) && !of(10, 11, &half) && !of(20, 200, &half));
        assert!(of(6, 6, &half) && of(11, 60, &half) && of(4000, 4000, &half));
        let word = |k: usize| format!("n{k}");
        assert!(!of(4000, 4000, &word));
        let one_word = |k: usize| if k == 0 { "none".to_owned() } else { k.to_string() };
        assert!(!of(4000, 4000, &one_word));
    }
}
