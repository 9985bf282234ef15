//! The scores of a cross-validation.

use core::fmt;

/// The scores of all candidates, in the order in which these were given.
///
/// It prints as a table of means, standard deviations and candidates, one a line.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Table<'c, C> {
    /// One row a candidate.
    pub rows: Vec<Row<'c, C>>,
}

/// A candidate's scores.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Row<'c, C> {
    /// The candidate.
    pub candidate: &'c C,
    /// The score on each fold, first to last.
    pub scores: Vec<f64>,
    /// Their mean.
    pub mean: f64,
    /// Their standard deviation, that of a sample: divided by one less than there are folds.
    pub standard_deviation: f64,
}

/// Which of two scores is the better one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Better {
    /// The higher: accuracies.
    Higher,
    /// The lower: costs.
    Lower,
}

impl<'c, C> Row<'c, C> {
    /// The row of a candidate whose scores, first fold to last, are known: of trainings that
    /// another loop or another process has run. One score alone has no deviation: NaN.
    ///
    /// ```
    /// use shallownet::select::Row;
    ///
    /// let row = Row::new(&"tanh", vec![1.0, 2.0, 6.0]);
    /// assert_eq!((row.mean, row.standard_deviation), (3.0, 7.0_f64.sqrt()));
    /// ```
    pub fn new(candidate: &'c C, scores: Vec<f64>) -> Self {
        let k = scores.len() as f64;
        let mean = scores.iter().sum::<f64>() / k;
        let squares: f64 = scores.iter().map(|s| (s - mean).powi(2)).sum();
        Self { candidate, scores, mean, standard_deviation: (squares / (k - 1.0)).sqrt() }
    }
}

impl<'c, C> Table<'c, C> {
    /// The row with the best mean; of equals, the first. Rows whose mean is not finite (a training
    /// failed) don't count: `None` if no row is left.
    pub fn best(&self, better: Better) -> Option<&Row<'c, C>> {
        let rows = self.rows.iter().filter(|row| row.mean.is_finite());
        rows.reduce(|best, row| {
            let is_better = match better {
                Better::Higher => row.mean > best.mean,
                Better::Lower => row.mean < best.mean,
            };
            if is_better { row } else { best }
        })
    }
}

impl<C: fmt::Display> fmt::Display for Table<'_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:>9}  {:>9}  candidate", "mean", "sd")?;
        for Row { candidate, mean, standard_deviation, .. } in &self.rows {
            writeln!(f, "{mean:>9.4}  {standard_deviation:>9.4}  {candidate}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(scores: &[[f64; 3]]) -> Table<'static, &'static str> {
        let rows = scores.iter().map(|s| Row::new(&"net", s.to_vec()));
        Table { rows: rows.collect() }
    }

    #[test]
    fn rows_have_the_mean_and_the_deviation_of_a_sample() {
        let table = table(&[[1.0, 2.0, 6.0]]);
        assert_eq!((table.rows[0].mean, table.rows[0].standard_deviation), (3.0, 7.0_f64.sqrt()));
        assert_eq!(
            table.to_string(),
            "     mean         sd  candidate\n   3.0000     2.6458  net\n"
        );
    }

    #[test]
    fn the_best_is_the_first_of_equals_and_never_a_failure() {
        let table = table(&[[f64::NAN, 9.0, 9.0], [2.0; 3], [3.0; 3], [3.0; 3], [2.0; 3]]);
        let at = |better| {
            table
                .best(better)
                .map(|best| table.rows.iter().position(|row| std::ptr::eq(row, best)).unwrap())
        };
        assert_eq!((at(Better::Higher), at(Better::Lower)), (Some(2), Some(1)));
        let failed = Table { rows: vec![Row::new(&"net", vec![f64::INFINITY, 0.0])] };
        assert!(failed.best(Better::Higher).is_none());
    }
}
