//! The score, on the same folds, of a constant answer that ignores the features.

use shallownet::select::Folds;

use super::args::ScoreName;
use crate::data::{Data, Targets};
use crate::say::Say;
use crate::scores::decimals;
use crate::verdict;

/// The score of the most frequent class, or of the mean, of the samples to train on; `None` where a
/// constant answer has none to compare with.
pub(super) fn constant(score: ScoreName, folds: &Folds, data: &Data) -> Option<f64> {
    match score {
        ScoreName::Accuracy => {
            let (classes, of_row) = (&data.labels().classes, &data.labels().of_row);
            mean(folds, |train, held| {
                let of_train: Vec<usize> = train.iter().map(|&row| of_row[row]).collect();
                let (class, _) = verdict::most_frequent(&of_train, classes.len())?;
                let right = held.iter().filter(|&&row| of_row[row] == class).count();
                Some(right as f64 / held.len() as f64)
            })
        }
        ScoreName::MeanSquaredError => {
            let Targets::Values { y, n_y } = &data.targets else { return None };
            mean(folds, |train, held| Some(of_mean((y, *n_y), train, held)))
        }
        ScoreName::Cost => None,
    }
}

/// Notes a best candidate that is no better than a constant answer.
pub(super) fn judge((best, score): (f64, ScoreName), constant: Option<f64>, say: &Say) {
    const TRY: &str = "try other candidates, more --epochs, other features";
    let Some(constant) = constant else { return };
    match score {
        ScoreName::Accuracy
            if constant < 1.0 && best - constant < verdict::LITTLE_MORE * (1.0 - constant) =>
        {
            let how = verdict::how(best - constant);
            say.note(format_args!(
                "the best candidate's accuracy of {best:.4} is {how} better than always \
                 answering the most frequent class: {constant:.4}; {TRY}"
            ));
        }
        ScoreName::MeanSquaredError
            if constant > 0.0 && 1.0 - best / constant < verdict::LITTLE_VARIANCE =>
        {
            let how = verdict::how(constant - best);
            say.note(format_args!(
                "the best candidate's mean squared error of {} is {how} better than always \
                 answering the mean: {}; {TRY}",
                decimals(best, 6),
                decimals(constant, 6)
            ));
        }
        _ => {}
    }
}

/// The mean over the folds, of their rows to train on and held out.
fn mean(folds: &Folds, score: impl Fn(&[usize], &[usize]) -> Option<f64>) -> Option<f64> {
    let of_fold = |fold| {
        let (train, held): (Vec<usize>, Vec<usize>) =
            (folds.train(fold).collect(), folds.validation(fold).collect());
        score(&train, &held)
    };
    let scores: Option<Vec<f64>> = (0..folds.count()).map(of_fold).collect();
    scores.map(|scores| scores.iter().sum::<f64>() / scores.len() as f64)
}

/// The mean squared error on the rows held out of the mean of the rows to train on.
fn of_mean((y, n_y): (&[f64], usize), train: &[usize], held: &[usize]) -> f64 {
    let value = |row: usize, k: usize| y[row * n_y + k];
    let of_output = |k: usize| {
        let mean: f64 = train.iter().map(|&row| value(row, k) / train.len() as f64).sum();
        held.iter().map(|&row| (value(row, k) - mean).powi(2)).sum::<f64>() / held.len() as f64
    };
    (0..n_y).map(of_output).sum::<f64>() / n_y as f64
}
