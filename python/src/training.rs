//! `Network.fit`: the library's own training.

use pyo3::prelude::*;
use pyo3::types::PyDict;
use shallownet::{DataSet, EarlyStopping, Targets, Training, TrainingReport};

use crate::arrays::Given;
use crate::either::{Float, either};
use crate::failure::refused;
use crate::inner::Inner;
use crate::network::PyNetwork;
use crate::passes::targets;
use crate::threads;
use crate::watching::Watch;
use crate::words::{self, Options};

/// What a training did.
#[pyclass(module = "shallownet", frozen, get_all)]
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// Epochs done.
    epochs: usize,
    /// Steps done.
    steps: u64,
    /// Why it ended: "finished", "patience" or "callback".
    stop: String,
    /// With full batches, the cost of the training samples at the parameters that it left.
    cost: Option<f64>,
    /// The cost of each epoch: the mean of what each sample had before its batch's step.
    training_costs: Vec<f64>,
    /// The cost of the validation samples after each epoch, if there are any.
    validation_costs: Vec<f64>,
    /// The best epoch (from 0), with early stopping.
    best_epoch: Option<usize>,
    /// Its validation cost.
    best_cost: Option<f64>,
}

#[pymethods]
impl Report {
    fn __repr__(&self) -> String {
        let Self { epochs, stop, training_costs, .. } = self;
        let cost = training_costs.last().map_or("None".to_owned(), f64::to_string);
        format!("Report(epochs={epochs}, stop='{stop}', training_cost={cost})")
    }
}

impl Report {
    pub(crate) fn new(report: &TrainingReport, costs: [Vec<f64>; 2]) -> Self {
        let [training_costs, validation_costs] = costs;
        Self {
            epochs: report.epochs,
            steps: report.steps,
            stop: format!("{:?}", report.stop).to_lowercase(),
            cost: report.cost,
            training_costs,
            validation_costs,
            best_epoch: report.best.map(|best| best.epoch),
            best_cost: report.best.map(|best| best.cost),
        }
    }
}

/// The options of a training.
pub(crate) struct Keywords {
    pub(crate) epochs: usize,
    pub(crate) batch_size: Option<usize>,
    pub(crate) optimizer: String,
    pub(crate) learning_rate: f64,
    pub(crate) schedule: String,
    pub(crate) warm_up: f64,
    pub(crate) l2: f64,
    pub(crate) clip_norm: Option<f64>,
    pub(crate) dropout: f64,
    pub(crate) patience: Option<usize>,
    pub(crate) min_delta: f64,
    pub(crate) restore_best: bool,
    pub(crate) seed: u64,
}

impl Keywords {
    pub(crate) fn training(&self, constants: Option<&Bound<'_, PyDict>>) -> PyResult<Training> {
        let training = match self.batch_size {
            Some(size) => Training::new(self.epochs, size),
            None => Training::full_batch(self.epochs),
        };
        let mut training = training
            .optimizer(words::optimizer(&self.optimizer, Options::new(constants)?)?)
            .learning_rate(self.learning_rate)
            .schedule(words::schedule(&self.schedule, self.epochs, self.warm_up)?)
            .l2(self.l2)
            .dropout(self.dropout)
            .seed(self.seed);
        if let Some(norm) = self.clip_norm {
            training = training.clip_norm(norm);
        }
        if let Some(patience) = self.patience {
            let stopping = EarlyStopping::new(patience).min_delta(self.min_delta);
            training = training.early_stopping(stopping.restore_best(self.restore_best));
        }
        Ok(training)
    }
}

/// Validation samples: x, y, and weights if there are any.
pub(crate) type Held<'py> = (Bound<'py, PyAny>, Bound<'py, PyAny>, Option<Bound<'py, PyAny>>);

#[pymethods]
impl PyNetwork {
    /// Trains the network; Ctrl-C stops it after an epoch, with the parameters that it has by then.
    ///
    /// Parameters
    /// ----------
    /// x : array of shape (m, n_x)
    /// y : array of shape (m, targets), or (m,) of one target
    /// epochs : int
    /// batch_size : int, optional
    ///     By default every step is on all samples.
    /// optimizer : str, default "adam"
    ///     sgd, momentum, nesterov, rms_prop, adam or adam_w.
    /// learning_rate : float, default 0.001
    /// schedule : str, default "constant"
    ///     constant; cosine or cosine:FLOOR over all epochs; step:EVERY:FACTOR.
    /// warm_up : float, default 0
    ///     Epochs in which the learning rate climbs to its value.
    /// l2 : float, default 0
    ///     Half of it times the sum of the squared weights (not biases) is minimised as well.
    /// clip_norm : float, optional
    /// dropout : float, default 0
    /// weights : array of shape (m,), optional
    /// validation : (x, y, weights or None), optional
    /// patience : int, optional
    ///     Stops after so many epochs without a better validation cost.
    /// min_delta : float, default 0
    /// restore_best : bool, default True
    /// seed : int, default 0
    ///     Of the samples' orders and of dropout.
    /// callback : callable, optional
    ///     Called with (epoch, training cost, validation cost) after each epoch; stops it by a true
    ///     value.
    /// **constants : float
    ///     The optimiser's: beta; rho; beta1, beta2; epsilon; weight_decay.
    ///
    /// Returns
    /// -------
    /// Report
    #[pyo3(signature = (
        x, y, *, epochs, batch_size=None, optimizer="adam", learning_rate=0.001,
        schedule="constant", warm_up=0.0, l2=0.0, clip_norm=None, dropout=0.0, weights=None,
        validation=None, patience=None, min_delta=0.0, restore_best=true, seed=0, callback=None,
        **constants
    ))]
    #[expect(clippy::too_many_arguments, reason = "they are keywords of a Python function")]
    fn fit(
        &mut self,
        py: Python<'_>,
        x: &Bound<'_, PyAny>,
        y: &Bound<'_, PyAny>,
        epochs: usize,
        batch_size: Option<usize>,
        optimizer: &str,
        learning_rate: f64,
        schedule: &str,
        warm_up: f64,
        l2: f64,
        clip_norm: Option<f64>,
        dropout: f64,
        weights: Option<&Bound<'_, PyAny>>,
        validation: Option<Held<'_>>,
        patience: Option<usize>,
        min_delta: f64,
        restore_best: bool,
        seed: u64,
        callback: Option<Py<PyAny>>,
        constants: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Report> {
        let keywords = Keywords {
            epochs,
            batch_size,
            optimizer: optimizer.to_owned(),
            learning_rate,
            schedule: schedule.to_owned(),
            warm_up,
            l2,
            clip_norm,
            dropout,
            patience,
            min_delta,
            restore_best,
            seed,
        };
        let training = keywords.training(constants)?;
        let watch = Watch::new(callback);
        either!(&mut self.net, inner => {
            inner.fit(py, (x, y, weights), validation.as_ref(), training, watch)
        })
    }
}

impl<T: Float> Inner<T> {
    fn fit(
        &mut self,
        py: Python<'_>,
        (x, y, weights): (&Bound<'_, PyAny>, &Bound<'_, PyAny>, Option<&Bound<'_, PyAny>>),
        validation: Option<&Held<'_>>,
        training: Training,
        mut watch: Watch,
    ) -> PyResult<Report> {
        let of_one = self.net.targets() == 1;
        let (x, y) = (Given::<T>::new(x, "x")?, Given::<T>::new(y, "y")?);
        let weights = Given::<T>::maybe(weights, "weights")?;
        let mut data = DataSet::new(x.columns(false)?, y.columns(of_one)?);
        if let Some(weights) = &weights {
            data = data.weights(weights.values()?);
        }
        let held = validation
            .map(|(x, y, weights)| -> PyResult<_> {
                let (x, y) = (Given::<T>::new(x, "x")?, Given::<T>::new(y, "y")?);
                Ok((x, y, Given::<T>::maybe(weights.as_ref(), "weights")?))
            })
            .transpose()?;
        if let Some((x, y, weights)) = &held {
            let y: Targets<'_, T> = targets(y, weights.as_ref(), of_one)?;
            data = data.validation(x.columns(false)?, y);
        }
        let mut costs = [Vec::new(), Vec::new()];
        let (net, interrupted) = (&mut self.net, watch.interrupted());
        let work = || {
            training.run(net, data, |epoch| {
                costs[0].push(epoch.training_cost);
                costs[1].extend(epoch.validation_cost);
                let seen = (epoch.epoch, epoch.training_cost, epoch.validation_cost);
                watch.see(|| seen)
            })
        };
        let result = threads::interruptible(py, &interrupted, work)?;
        // A callback that raised is what ended the run.
        watch.end()?;
        Ok(Report::new(&result.map_err(refused)?, costs))
    }
}
