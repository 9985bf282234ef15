//! Samples in three parts in one call: to train on, to validate with, to test on.

use super::holdout::Holdout;
use crate::data::columns::Columns;
use crate::data::data_set::DataSet;
use crate::data::owned::OwnedColumns;
use crate::element::Element;
use crate::error::{Error, Result};
use crate::metrics;

/// Copies of samples in three parts, drawn at random: training, validation and test.
///
/// ```
/// use shallownet::select::Parts;
/// use shallownet::{Activation, Columns, Network, Trainer, Training, PredictionWorkspace};
///
/// // Is a point above the parabola?
/// let points: Vec<[f32; 2]> =
///     (0..400).map(|i| [(i % 20) as f32 / 9.5 - 1.0, (i / 20) as f32 / 9.5 - 1.0]).collect();
/// let labels: Vec<f32> = points.iter().map(|p| f32::from(u8::from(p[1] > p[0] * p[0]))).collect();
/// let (x, y) = (Columns::new(points.as_flattened(), 2)?, Columns::new(&labels, 1)?);
///
/// // A fifth to validate with, a tenth to test on, the shares of the classes in each, seed 1.
/// let parts = Parts::stratified(x, y, 0.2, 0.1, 1)?;
/// let sizes = [&parts.training, &parts.validation, &parts.test].map(|part| part.samples());
/// assert_eq!(sizes, [280, 80, 40]);
///
/// let mut net = Network::builder(2)
///     .layer(8, Activation::Tanh)
///     .layer(1, Activation::Sigmoid)
///     .build()?;
/// let data = parts.data_set();
/// let mut trainer = Trainer::new(&net, Training::new(5, 32).learning_rate(0.1), data)?;
/// trainer.run(&mut net, data, |_| std::ops::ControlFlow::Continue(()))?;
/// let mut workspace = PredictionWorkspace::new(&net, 40)?;
/// let cost = net.cost(parts.test.x(), parts.test.y(), &mut workspace)?;
/// # assert!(cost.is_finite());
/// # Ok::<(), shallownet::Error>(())
/// ```
///
/// The test samples are a [`Holdout`] of all, and the validation samples one of the rest: so the
/// same seed gives the same parts on every machine, and with classes its rules hold for each of the
/// two. Within a part the samples are in their original order. Either fraction may be 0, for an
/// empty part.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Parts<T> {
    /// The samples to train on.
    pub training: Part<T>,
    /// The samples to stop early by, or to choose a network by.
    pub validation: Part<T>,
    /// The samples that say at the end how good the network is.
    pub test: Part<T>,
}

/// Copies of some samples, with their targets.
#[derive(Debug, Clone, PartialEq)]
pub struct Part<T> {
    x: OwnedColumns<T>,
    y: OwnedColumns<T>,
    samples: Vec<usize>,
}

impl<T: Element> Parts<T> {
    /// Shuffles samples without classes: for regression. `validation` and `test` are fractions of
    /// all samples. O(samples log samples), and a copy of each.
    ///
    /// ```
    /// use shallownet::Columns;
    /// use shallownet::select::Parts;
    ///
    /// let x: Vec<f64> = (0..10).map(f64::from).collect();
    /// let x = Columns::new(&x, 1)?;
    /// let parts = Parts::shuffled(x, x, 0.0, 0.3, 1)?;
    /// assert_eq!((parts.training.samples(), parts.validation.samples()), (7, 0));
    /// // Which they were, for what else there is a sample.
    /// let numbers = parts.test.numbers().iter().map(|i| *i as f64);
    /// assert!(numbers.eq(parts.test.x().as_slice().iter().copied()));
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Samples`] if x and y have different numbers of them; [`Error::Range`] for a
    /// fraction that is not at least 0 and less than 1, or if both leave no sample to train on;
    /// [`Error::OutOfMemory`]. A part may be empty: a tenth of four samples is none.
    pub fn shuffled(
        x: Columns<'_, T>,
        y: Columns<'_, T>,
        validation: f64,
        test: f64,
        seed: u64,
    ) -> Result<Self> {
        Self::of(x, y, (validation, test), |samples, fraction| {
            Holdout::new(samples.len(), fraction, seed)
        })
    }

    /// The same with the shares of the classes kept in each part: y is one row of 0 and 1, or
    /// one-hot columns (see [`metrics::classes`]).
    ///
    /// # Errors
    /// As [`shuffled`](Self::shuffled), and [`Error::NotFinite`] in y.
    pub fn stratified(
        x: Columns<'_, T>,
        y: Columns<'_, T>,
        validation: f64,
        test: f64,
        seed: u64,
    ) -> Result<Self> {
        let classes = metrics::classes(y)?;
        Self::of(x, y, (validation, test), |samples, fraction| {
            let classes: Vec<usize> = samples.iter().map(|&sample| classes[sample]).collect();
            Holdout::stratified(&classes, fraction, seed)
        })
    }

    /// Training and validation samples as a training takes them; without validation samples, if
    /// there are none.
    pub fn data_set(&self) -> DataSet<'_, T> {
        let data = DataSet::new(self.training.x(), self.training.y());
        if self.validation.samples() == 0 {
            return data;
        }
        data.validation(self.validation.x(), self.validation.y())
    }

    /// `holdout` holds out a fraction of these samples, by their positions among them.
    fn of(
        x: Columns<'_, T>,
        y: Columns<'_, T>,
        (validation, test): (f64, f64),
        holdout: impl Fn(&[usize], f64) -> Result<Holdout>,
    ) -> Result<Self> {
        if y.samples() != x.samples() {
            let (expected, given) = (x.samples(), y.samples());
            return Err(Error::Samples { argument: "y", expected, given });
        }
        for (argument, given) in [("validation", validation), ("test", test)] {
            if !(0.0..1.0).contains(&given) {
                let expected = "at least 0 and less than 1";
                return Err(Error::Range { argument, expected, given });
            }
        }
        // The fraction of the samples that the test leaves.
        let of_rest = validation / (1.0 - test);
        if of_rest >= 1.0 {
            return Err(Error::Range {
                argument: "validation and test together",
                expected: "less than 1",
                given: validation + test,
            });
        }
        let split = |samples: Vec<usize>, fraction: f64| {
            if fraction == 0.0 {
                return Ok((samples, Vec::new()));
            }
            let split = holdout(&samples, fraction)?;
            let named = |places: &[usize]| places.iter().map(|&place| samples[place]).collect();
            Ok::<(Vec<usize>, Vec<usize>), Error>((
                named(split.training()),
                named(split.held_out()),
            ))
        };
        let (rest, test) = split((0..x.samples()).collect(), test)?;
        let (training, validation) = split(rest, of_rest)?;
        let part = |samples: Vec<usize>| {
            let (x, y) =
                (OwnedColumns::gathered(x, &samples)?, OwnedColumns::gathered(y, &samples)?);
            Ok::<Part<T>, Error>(Part { x, y, samples })
        };
        Ok(Self { training: part(training)?, validation: part(validation)?, test: part(test)? })
    }
}

impl<T> Part<T> {
    /// The inputs, (n_x, m).
    pub fn x(&self) -> Columns<'_, T> {
        self.x.columns()
    }

    /// The targets, (n_y, m).
    pub fn y(&self) -> Columns<'_, T> {
        self.y.columns()
    }

    /// The inputs, writable: to be standardized.
    pub fn x_mut(&mut self) -> &mut [T] {
        self.x.values_mut()
    }

    /// The targets, writable.
    pub fn y_mut(&mut self) -> &mut [T] {
        self.y.values_mut()
    }

    /// How many there are (m).
    pub fn samples(&self) -> usize {
        self.samples.len()
    }

    /// Their indices among all samples, from 0, ascending.
    pub fn numbers(&self) -> &[usize] {
        &self.samples
    }
}
