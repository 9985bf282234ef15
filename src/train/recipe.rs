//! Options for samples of which nothing but their number is known.

use crate::train::options::Training;
use crate::train::schedule::Schedule;
use crate::words::optimizer::Optimizer;

impl Training {
    /// Options that do well on tables of `samples` rows, with a hidden layer of 100 ReLU units,
    /// standardized inputs and, of a regression, standardized targets
    /// ([`Preparation`](crate::pipeline::Preparation)): Adam at a learning rate of 0.003 that falls
    /// along a cosine, an l2 penalty of 3 / samples, batches of the power of two next below samples
    /// / 32 (from 8 to 64), and about 3,000 steps, in 60 to 1,000 epochs. No early stopping: it
    /// takes samples away, and costs more than it gains.
    ///
    /// They are the best of many tried on 43 tables; `benches/tables` in the repository compares
    /// them with what scikit-learn has.
    ///
    /// ```
    /// use shallownet::{Optimizer, Training};
    ///
    /// let training = Training::for_samples(1000);
    /// assert_eq!((training.get_epochs(), training.get_batch_size()), (60, Some(16)));
    /// assert_eq!(training.get_optimizer(), Optimizer::adam());
    /// assert_eq!((training.get_learning_rate(), training.get_l2()), (0.003, 0.003));
    /// assert_eq!(Training::for_samples(100).get_epochs(), 240);
    /// ```
    pub fn for_samples(samples: usize) -> Self {
        const STEPS: usize = 3000;
        let samples = samples.max(1);
        // The power of two at or below it; of 0, the lowest.
        let batch_size = (1_usize << (samples / 32).max(1).ilog2()).clamp(8, 64);
        let epochs = (STEPS * batch_size).div_ceil(samples).clamp(60, 1000);
        Self::new(epochs, batch_size)
            .optimizer(Optimizer::adam())
            .learning_rate(0.003)
            .schedule(Schedule::cosine(epochs, 0.0))
            .l2(3.0 / samples as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::Training;

    #[test]
    fn batches_and_epochs_stay_within_their_bounds() {
        let cases = [
            (0, 8, 1000),
            (1, 8, 1000),
            (24, 8, 1000),
            (100, 8, 240),
            (256, 8, 94),
            (511, 8, 60),
            (512, 16, 94),
            (1024, 32, 94),
            (2048, 64, 94),
            (1_000_000, 64, 60),
            (usize::MAX, 64, 60),
        ];
        for (samples, batch_size, epochs) in cases {
            let training = Training::for_samples(samples);
            let given = (training.get_batch_size(), training.get_epochs());
            assert_eq!(given, (Some(batch_size), epochs), "{samples}");
        }
    }
}
