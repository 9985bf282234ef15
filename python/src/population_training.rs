//! `Population.fit`: the training of all members.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use pyo3::prelude::*;
use pyo3::types::PyDict;
use shallownet::{Error, MemberEpoch, PopulationData, PopulationTraining};

use crate::arrays::Given;
use crate::either::{Float, either};
use crate::failure::refused;
use crate::population::{Many, PyPopulation, samples, targets};
use crate::threads;
use crate::training::{Held, Keywords, Report};

/// What differs between members.
struct Each {
    learning_rates: Option<Vec<f64>>,
    l2s: Option<Vec<f64>>,
    seeds: Option<Vec<u64>>,
}

impl Each {
    fn of<'a>(&'a self, training: PopulationTraining<'a>) -> PopulationTraining<'a> {
        let mut training = training;
        if let Some(rates) = &self.learning_rates {
            training = training.learning_rates(rates);
        }
        if let Some(l2s) = &self.l2s {
            training = training.l2(l2s);
        }
        match &self.seeds {
            Some(seeds) => training.seeds(seeds),
            None => training,
        }
    }
}

#[pymethods]
impl PyPopulation {
    /// Trains every member, each as if it were alone; Ctrl-C stops all.
    ///
    /// Parameters
    /// ----------
    /// x, y, weights, validation
    ///     As of `cost`; validation is (x, y, weights or None).
    /// learning_rates, l2s, seeds : list of float, float, int, optional
    ///     One a member, in place of `learning_rate`, `l2` and `seed`.
    /// epochs, batch_size, ...
    ///     As of `Network.fit`.
    ///
    /// Returns
    /// -------
    /// list of Report or None
    ///     None for a member whose cost became NaN or infinite: it has its last good parameters.
    #[pyo3(signature = (
        x, y, *, epochs, batch_size=None, optimizer="adam", learning_rate=0.001,
        schedule="constant", warm_up=0.0, l2=0.0, clip_norm=None, weights=None, validation=None,
        patience=None, min_delta=0.0, restore_best=true, seed=0, learning_rates=None, l2s=None,
        seeds=None, **constants
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
        weights: Option<&Bound<'_, PyAny>>,
        validation: Option<Held<'_>>,
        patience: Option<usize>,
        min_delta: f64,
        restore_best: bool,
        seed: u64,
        learning_rates: Option<Vec<f64>>,
        l2s: Option<Vec<f64>>,
        seeds: Option<Vec<u64>>,
        constants: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Vec<Option<Report>>> {
        let keywords = Keywords {
            epochs,
            batch_size,
            optimizer: optimizer.to_owned(),
            learning_rate,
            schedule: schedule.to_owned(),
            warm_up,
            l2,
            clip_norm,
            dropout: 0.0,
            patience,
            min_delta,
            restore_best,
            seed,
        };
        let each = Each { learning_rates, l2s, seeds };
        let training = each.of(PopulationTraining::new(keywords.training(constants)?));
        either!(&mut self.members, many => {
            many.fit(py, (x, y, weights), validation.as_ref(), training)
        })
    }
}

impl<T: Float> Many<T> {
    fn fit(
        &mut self,
        py: Python<'_>,
        (x, y, weights): (&Bound<'_, PyAny>, &Bound<'_, PyAny>, Option<&Bound<'_, PyAny>>),
        validation: Option<&Held<'_>>,
        training: PopulationTraining<'_>,
    ) -> PyResult<Vec<Option<Report>>> {
        let members = self.population.members();
        let kind = (members, self.population.targets() == 1);
        let (x, y) = (Given::<T>::new(x, "x")?, Given::<T>::new(y, "y")?);
        let weights = Given::<T>::maybe(weights, "weights")?;
        let x = samples(&x, "x", (members, false))?;
        let mut data = PopulationData::new(x, targets(&y, weights.as_ref(), kind)?);
        let held = validation
            .map(|(x, y, weights)| -> PyResult<_> {
                let (x, y) = (Given::<T>::new(x, "x")?, Given::<T>::new(y, "y")?);
                Ok((x, y, Given::<T>::maybe(weights.as_ref(), "weights")?))
            })
            .transpose()?;
        if let Some((x, y, weights)) = &held {
            let x = samples(x, "x", (members, false))?;
            data = data.validation(x, targets(y, weights.as_ref(), kind)?);
        }
        // Members tell their epochs from several threads.
        let interrupted = Arc::new(AtomicBool::new(false));
        let told = Mutex::new(vec![[Vec::new(), Vec::new()]; members]);
        let watch = |epoch: &MemberEpoch| {
            let mut costs = told.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some([training, validation]) = costs.get_mut(epoch.member) {
                training.push(epoch.training_cost);
                validation.extend(epoch.validation_cost);
            }
            match interrupted.load(Ordering::Relaxed) {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        };
        let population = &mut self.population;
        let work = || population.train(data, training, watch);
        let reports = threads::on_another(py, &interrupted, work)?;
        let costs = told.into_inner().unwrap_or_else(PoisonError::into_inner);
        let reports = reports.map_err(refused)?.into_iter().zip(costs);
        reports
            .map(|(report, costs)| match report {
                Ok(report) => Ok(Some(Report::new(&report, costs))),
                Err(Error::Diverged { .. }) => Ok(None),
                Err(error) => Err(refused(error)),
            })
            .collect()
    }
}
