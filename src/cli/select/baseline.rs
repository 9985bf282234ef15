//! The score, on the same folds, of a constant answer that ignores the features.

use shallownet::select::Folds;

use super::args::ScoreName;
use crate::data::{Data, Targets};
use crate::say::Say;
use crate::scores::decimals;
use crate::verdict;

/// Notes a best candidate that is no better than the most frequent class, or the mean, of the
/// samples that it was trained on.
pub(super) fn judge((best, score): (f64, ScoreName), folds: &Folds, data: &Data, say: &Say) {
    const TRY: &str = "try other candidates, more --epochs, other features";
    match score {
        ScoreName::Accuracy => {
            let (classes, of_row) = (&data.labels().classes, &data.labels().of_row);
            let right = mean(folds, |train, held| {
                let of_train: Vec<usize> = train.iter().map(|&row| of_row[row]).collect();
                let (class, _) = verdict::most_frequent(&of_train, classes.len())?;
                let right = held.iter().filter(|&&row| of_row[row] == class).count();
                Some(right as f64 / held.len() as f64)
            });
            if let Some(right) = right
                .filter(|&right| right < 1.0 && best - right < verdict::LITTLE_MORE * (1.0 - right))
            {
                let how = verdict::how(best - right);
                say.note(format_args!(
                    "the best candidate's accuracy of {best:.4} is {how} better than always \
                     answering the most frequent class: {right:.4}; {TRY}"
                ));
            }
        }
        ScoreName::MeanSquaredError => {
            let Targets::Values { y, n_y } = &data.targets else { return };
            let error = mean(folds, |train, held| Some(of_mean((y, *n_y), train, held)));
            if let Some(error) =
                error.filter(|&error| error > 0.0 && 1.0 - best / error < verdict::LITTLE_VARIANCE)
            {
                let how = verdict::how(error - best);
                say.note(format_args!(
                    "the best candidate's mean squared error of {} is {how} better than always \
                     answering the mean: {}; {TRY}",
                    decimals(best, 6),
                    decimals(error, 6)
                ));
            }
        }
        // A constant answer has no cost to compare with.
        ScoreName::Cost => {}
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
