//! A standardization of features or targets, folded into a network's first or last layer.

use super::parameters::Network;
use crate::data::checks;
use crate::data::standardization::Standardization;
use crate::engine::layout;
use crate::error::{Error, Result};
use crate::scalar::Scalar;
use crate::words::activation::Activation;

impl<T: Scalar> Network<T> {
    /// Folds the standardization of the features into the first layer, so that the network takes
    /// the features as they are: W' = W / std and b' = b - W' mean, column by column, since
    /// W (x - mean) / std + b = W' x + b'.
    ///
    /// Computed in f64, from the rounded W' for b', and rounded once: a logit of the first layer is
    /// off by at most u (sum_i |W'_i| |x_i - mean_i| + |b'|), u half of T's epsilon, plus what the
    /// network rounds anew. This error is large if a mean is many deviations from 0, since b' and
    /// W' x are then large. In f32, fold only features whose means are at most a few deviations;
    /// standardize others in f64. O(weights of the layer); allocates nothing.
    ///
    /// ```
    /// use shallownet::{Activation, Columns, Network, Standardization, PredictionWorkspace};
    ///
    /// let raw = [150.0, 60.0, 170.0, 64.0, 190.0, 98.0];
    /// let standardization = Standardization::of(&raw, 2)?;
    /// let mut standardized = raw;
    /// standardization.apply(&mut standardized);
    ///
    /// let net = Network::<f64>::builder(2).layer(3, Activation::Tanh).build()?;
    /// let mut folded = net.try_clone()?;
    /// folded.fold_inputs(&standardization)?;
    /// let mut workspace = PredictionWorkspace::new(&net, 3)?;
    /// let (mut a, mut b) = ([0.0; 9], [0.0; 9]);
    /// net.predict(Columns::new(&standardized, 2)?, &mut a, &mut workspace)?;
    /// folded.predict(Columns::new(&raw, 2)?, &mut b, &mut workspace)?;
    /// assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-14));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Length`] unless there are as many means and deviations as inputs;
    /// [`Error::NotFinite`] for a mean, [`Error::Range`] for a deviation that is not finite and
    /// more than 0; [`Error::NotFinite`] if a parameter would leave T's range. A refused call
    /// changes nothing.
    pub fn fold_inputs(&mut self, standardization: &Standardization) -> Result<()> {
        check(standardization, self.inputs())?;
        let scales = || standardization.stds.iter().zip(&standardization.means);
        let folded = |w: T, std: f64| checks::normal(T::from_f64(w.to_f64() / std));
        let shape = &self.shape;
        let bias = |row: &mut dyn Iterator<Item = &T>, b: T| {
            let terms = row.zip(scales()).map(|(&w, (&std, mean))| folded(w, std).to_f64() * mean);
            checks::normal(T::from_f64(b.to_f64() - terms.sum::<f64>()))
        };

        let units = shape.layers[0].units;
        let parameters = self.parameters.as_mut_slice();
        for unit in 0..units {
            let b = layout::bias(shape, parameters, 0)[unit];
            for (&w, (&std, _)) in layout::row(shape, parameters, 0, unit).zip(scales()) {
                finite("a folded weight", folded(w, std), unit)?;
            }
            let b = bias(&mut layout::row(shape, parameters, 0, unit), b);
            finite("a folded bias", b, unit)?;
        }
        for unit in 0..units {
            let b = layout::bias(shape, parameters, 0)[unit];
            let b = bias(&mut layout::row(shape, parameters, 0, unit), b);
            parameters[shape.spans[0].bias.start + unit] = b;
            for (w, (&std, _)) in layout::row_mut(shape, parameters, 0, unit).zip(scales()) {
                *w = folded(*w, std);
            }
        }
        Ok(())
    }

    /// Folds the standardization of the targets into the last layer, so that the network predicts
    /// the targets as they were: W' = std W and b' = std b + mean, row by row. The output's
    /// activation must be the identity: a change after any other activation can't be moved before
    /// it.
    ///
    /// Computed in f64 and rounded once: an output is off by at most u (sum_i |W'_i| |a_i| + |b'|),
    /// u half of T's epsilon, plus what the network rounds anew. A mean of many deviations takes
    /// digits that f32 lacks. O(weights of the layer); allocates nothing. From then on, costs are
    /// those of the targets as they were.
    ///
    /// ```
    /// use shallownet::{Activation, Network, Standardization};
    ///
    /// let mut net = Network::<f32>::builder(1).layer(1, Activation::Identity).build()?;
    /// net.set_parameters(&[2.0, 0.5])?;
    /// net.fold_targets(&Standardization { means: vec![100.0], stds: vec![10.0] })?;
    /// assert_eq!((net.weights(0)?, net.bias(0)?), (vec![20.0], &[105.0][..]));
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::OutputActivation`]; and as [`fold_inputs`](Self::fold_inputs), for outputs.
    pub fn fold_targets(&mut self, standardization: &Standardization) -> Result<()> {
        let given = self.shape.output().activation;
        if given != Activation::Identity {
            return Err(Error::OutputActivation { expected: Activation::Identity, given });
        }
        check(standardization, self.outputs())?;
        let Standardization { means, stds } = standardization;
        self.scale_last(|unit| (stds[unit], means[unit]))
    }

    /// W' = std W and b' = std b + mean of each unit of the last layer, or nothing if one of them
    /// is not finite.
    pub(super) fn scale_last(&mut self, of: impl Fn(usize) -> (f64, f64)) -> Result<()> {
        let last = self.shape.layers.len() - 1;
        let scaled =
            |v: T, std: f64, mean: f64| checks::normal(T::from_f64(v.to_f64() * std + mean));
        let (shape, parameters) = (&self.shape, self.parameters.as_mut_slice());
        let units = shape.layers[last].units;
        for unit in 0..units {
            let (std, mean) = of(unit);
            for &w in layout::row(shape, parameters, last, unit) {
                finite("a folded weight", scaled(w, std, 0.0), unit)?;
            }
            let b = layout::bias(shape, parameters, last)[unit];
            finite("a folded bias", scaled(b, std, mean), unit)?;
        }
        for unit in 0..units {
            let (std, mean) = of(unit);
            for w in layout::row_mut(shape, parameters, last, unit) {
                *w = scaled(*w, std, 0.0);
            }
            let b = &mut parameters[shape.spans[last].bias.start + unit];
            *b = scaled(*b, std, mean);
        }
        Ok(())
    }
}

/// Refuses another number of means and deviations, values that are not finite, and deviations that
/// are not above 0.
fn check(standardization: &Standardization, expected: usize) -> Result<()> {
    let Standardization { means, stds } = standardization;
    checks::length("means", expected, means.len())?;
    checks::length("standard deviations", expected, stds.len())?;
    checks::finite("means", means)?;
    match stds.iter().find(|std| !(std.is_finite() && **std > 0.0)) {
        None => Ok(()),
        Some(&given) => Err(Error::Range {
            argument: "a standard deviation",
            expected: "finite and more than 0",
            given,
        }),
    }
}

fn finite<T: Scalar>(argument: &'static str, value: T, index: usize) -> Result<()> {
    if value.is_finite() {
        return Ok(());
    }
    Err(Error::NotFinite { argument, index, value: value.to_f64() })
}
