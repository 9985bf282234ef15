//! A model's predictions: from the numbers of a file to classes or values.

use super::Model;
use super::error::Problem;
use crate::pipeline::TargetTransform;
use crate::{Columns, Error, PredictionWorkspace, Result, Scalar, metrics};

/// Predicts with a model: samples are as they stand in a file, predictions are in the units of the
/// targets, or names of classes. Holds all memory that a prediction needs; each thread needs its
/// own.
///
/// ```
/// use shallownet::io::model::Model;
/// use shallownet::{Activation, Network, Standardization};
///
/// let mut network = Network::<f32>::builder(2).layer(1, Activation::Sigmoid).build()?;
/// network.set_parameters(&[1.0, 1.0, 0.0])?;
/// let mut model = Model::new(network);
/// let standardization = Standardization { means: vec![170.0, 70.0], stds: vec![10.0, 15.0] };
/// model.pipeline.standardization = Some(standardization);
/// model.classes = vec!["small".to_owned(), "large".to_owned()];
///
/// let mut predictor = model.predictor(100)?;
/// let predictions = predictor.predict(&[150.0, 50.0, 190.0, 95.0])?;
/// assert_eq!(predictions.classes().collect::<Vec<_>>(), ["small", "large"]);
/// assert!(predictions.values().as_slice()[1] > 0.9); // the probability of "large"
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Predictor<'m, T> {
    model: &'m Model<T>,
    workspace: PredictionWorkspace<T>,
    /// One sample on its way to the network.
    sample: Vec<f64>,
    x: Vec<T>,
    a: Vec<T>,
    values: Vec<f64>,
    of_outputs: TargetTransform,
}

/// The predictions of a [`Predictor`] for some samples.
#[derive(Debug, Clone, Copy)]
pub struct Predictions<'a> {
    values: Columns<'a, f64>,
    classes: &'a [String],
}

impl<T: Scalar> Model<T> {
    /// For predictions of up to `capacity` samples at a time.
    ///
    /// ```
    /// use shallownet::io::model::{self, Model};
    /// # use shallownet::{Activation, Network};
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("model.safetensors");
    /// # let network = Network::<f32>::builder(2).layer(1, Activation::Identity).build()?;
    /// # model::save(&path, &Model::new(network))?;
    /// let model = model::load::<f32>(&path)?;
    /// let mut predictor = model.predictor(1)?;
    /// let price = predictor.predict(&[3.0, 1990.0])?.values().as_slice()[0];
    /// # assert!(price.is_finite());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Problem`]: names or numbers of the model that do not fit its network (never of one that
    /// was loaded), [`Error::Zero`] for a capacity of 0, [`Error::TooLarge`],
    /// [`Error::OutOfMemory`].
    pub fn predictor(&self, capacity: usize) -> std::result::Result<Predictor<'_, T>, Problem> {
        self.check()?;
        let workspace = PredictionWorkspace::new(&self.network, capacity)?;
        let (n_x, n_y) = (self.network.inputs(), self.network.outputs());
        Ok(Predictor {
            model: self,
            workspace,
            sample: zeros(1, n_x, 0.0)?,
            x: zeros(capacity, n_x, T::ZERO)?,
            a: zeros(capacity, n_y, T::ZERO)?,
            values: zeros(capacity, n_y, 0.0)?,
            of_outputs: self.pipeline.targets.of_outputs(self.network.loss()),
        })
    }
}

impl<T: Scalar> Predictor<'_, T> {
    /// Predicts samples, a row of raw columns each, one after another, as the file that the model
    /// learned from has them (of categories their [codes](crate::pipeline::Pipeline::code)): the
    /// model's pipeline makes inputs of them, in f64. O(m * weights); allocates nothing on the
    /// fused backend.
    ///
    /// # Errors
    /// [`Error::NotWholeColumns`], [`Error::EmptyBatch`], [`Error::Capacity`]; those of
    /// [`Pipeline::apply`](crate::pipeline::Pipeline::apply); [`Error::NotFinite`] for an input that
    /// is not finite when it is rounded to T.
    pub fn predict(&mut self, x: &[f64]) -> Result<Predictions<'_>> {
        let network = &self.model.network;
        let (n_x, n_y) = (network.inputs(), network.outputs());
        let width = self.model.pipeline.raw_columns(n_x);
        let raw = Columns::new(x, width)?;
        let (samples, capacity) = (raw.samples(), self.workspace.capacity());
        if samples > capacity {
            return Err(Error::Capacity { capacity, given: samples });
        }
        let in_batch = |sample: usize, error| match error {
            // Counted in the batch, not in the sample.
            Error::NotFinite { index, value, .. } => {
                Error::NotFinite { argument: "x", index: sample * width + index, value }
            }
            other => other,
        };
        let rows = raw.as_slice().chunks_exact(width).zip(self.x.chunks_exact_mut(n_x));
        for (sample, (raw, into)) in rows.enumerate() {
            let applied = self.model.pipeline.apply(raw, &mut self.sample);
            applied.map_err(|error| in_batch(sample, error))?;
            for (at, (into, value)) in into.iter_mut().zip(&self.sample).enumerate() {
                *into = T::from_f64(*value);
                if !into.is_finite() {
                    let index = self.model.pipeline.raw_column_of(at);
                    let value = raw[index];
                    let argument = "x";
                    return Err(in_batch(sample, Error::NotFinite { argument, index, value }));
                }
            }
        }
        let (x, a) = (&self.x[..samples * n_x], &mut self.a[..samples * n_y]);
        network.predict(Columns::new(x, n_x)?, a, &mut self.workspace)?;
        let values = &mut self.values[..samples * n_y];
        values.iter_mut().zip(&*a).for_each(|(value, a)| *value = a.to_f64());
        // In f64: a mean far from 0 takes digits that f32 lacks.
        self.of_outputs.undo(values);
        let values = Columns::new(&*values, n_y)?;
        Ok(Predictions { values, classes: &self.model.classes })
    }
}

impl<'a> Predictions<'a> {
    /// The outputs of the network, n_y a sample: values in the units of the targets, or, of a
    /// sigmoid or softmax, probabilities; with [`Loss::GaussianNll`](crate::Loss::GaussianNll) means,
    /// and then the logarithms of variances, both in these units.
    pub fn values(&self) -> Columns<'a, f64> {
        self.values
    }

    /// The name of each sample's predicted class; `None` for a model without classes.
    pub fn classes(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let (values, classes) = (self.values, self.classes);
        let samples = if classes.is_empty() { 0 } else { values.samples() };
        let outputs = values.as_slice().chunks_exact(values.features()).take(samples);
        outputs.map(move |a| classes[metrics::class(a)].as_str())
    }
}

/// Zeros: a number of values for each of some samples.
fn zeros<V: Copy>(samples: usize, each: usize, zero: V) -> Result<Vec<V>> {
    let len = samples.saturating_mul(each);
    let (what, bytes) = ("the predictor", len.saturating_mul(size_of::<V>()));
    let mut values = Vec::new();
    values.try_reserve_exact(len).map_err(|_| Error::OutOfMemory { what, bytes })?;
    values.resize(len, zero);
    Ok(values)
}
