//! The targets in a table: numbers of its columns, or its labels as numbers.

use std::io::Read;

use super::{Error, Labels, Samples, Table};
use crate::{Element, OwnedColumns};

impl<R: Read> Table<R> {
    /// Reads every row for a regression: the columns `features` and the columns `targets` (both
    /// from 0), each as finite numbers and in that order.
    ///
    /// ```
    /// use shallownet::OwnedColumns;
    /// use shallownet::io::table::{Header, Table};
    ///
    /// let text = "rooms,price,year\n3,200000,1990\n4,250000,2001\n".as_bytes();
    /// let table = Table::new("houses.csv", text, Header::Present)?;
    /// let price = table.column("price")?;
    /// let samples = table.regression(&[0, 2], &[price])?;
    /// assert_eq!(samples.x, [3.0, 1990.0, 4.0, 2001.0]);
    /// assert_eq!(samples.y, [200_000.0, 250_000.0]);
    ///
    /// let (x, y) = (OwnedColumns::new(samples.x, 2)?, OwnedColumns::new(samples.y, 1)?);
    /// assert_eq!(x.samples(), y.samples());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`samples`](Self::samples).
    pub fn regression(self, features: &[usize], targets: &[usize]) -> Result<Samples, Error> {
        let wanted = [features, targets].concat();
        let mut samples = self.samples(&wanted, None)?;
        let (n_x, width) = (features.len(), wanted.len().max(1));
        let rows = samples.lines.len();
        if samples.y.try_reserve_exact(rows.saturating_mul(targets.len())).is_err() {
            let last = samples.place(rows - 1, targets.first().copied().unwrap_or(0));
            let problem = super::Problem::OutOfMemory;
            return Err(Error::Cell { place: last, problem });
        }
        samples.y.extend(samples.x.chunks(width).flat_map(|row| &row[n_x..]));
        // The remaining values move together, in place.
        let mut at = 0..;
        samples.x.retain(|_| at.next().is_some_and(|at| at % width < n_x));
        Ok(samples)
    }
}

impl Labels {
    /// The labels as targets of a classification: of two classes one row, 1 for the second, as one
    /// sigmoid output predicts it; of others a row a class, 1 for the sample's, as softmax does.
    ///
    /// ```
    /// use shallownet::io::table::{Header, Table};
    ///
    /// let text = "1,rose\n2,lily\n3,iris\n".as_bytes();
    /// let samples = Table::new("t.csv", text, Header::Absent)?.samples(&[0], Some(1))?;
    /// let labels = samples.labels.unwrap();
    /// assert_eq!(labels.classes, ["iris", "lily", "rose"]);
    /// let y = labels.targets::<f32>()?;
    /// assert_eq!(y.columns().as_slice(), [0.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Zero`](crate::Error::Zero) without classes;
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory), since they grow with samples times
    /// classes.
    pub fn targets<T: Element>(&self) -> crate::Result<OwnedColumns<T>> {
        let n_y = if self.classes.len() == 2 { 1 } else { self.classes.len() };
        let mut y = Vec::new();
        let len = self.of_row.len().saturating_mul(n_y);
        let bytes = len.saturating_mul(size_of::<T>());
        let no_room = |_| crate::Error::OutOfMemory { what: "the targets", bytes };
        y.try_reserve_exact(len).map_err(no_room)?;
        for &class in &self.of_row {
            // One output is the probability of the second class, of two.
            let first = usize::from(self.classes.len() == 2);
            let is_it = |k| if k + first == class { T::ONE } else { T::ZERO };
            y.extend((0..n_y).map(is_it));
        }
        OwnedColumns::new(y, n_y)
    }
}
