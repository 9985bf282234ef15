//! Samples as a network takes them: X and Y, and the class of each.

use shallownet::pipeline::TargetTransform;
use shallownet::{Activation, Columns, DataSet, Loss, Result, Scalar, Targets, label_smoothing};

use crate::data::{self, Data, Prepared, with_room};
use crate::failure::Failure;

/// X, Y and the classes of some rows.
#[derive(Debug)]
pub(crate) struct Batch<T> {
    x: Vec<T>,
    y: Vec<T>,
    n_x: usize,
    n_y: usize,
    /// Empty if values are predicted, not classes.
    pub(crate) classes: Vec<usize>,
    /// The values as the data has them; empty if classes are predicted.
    pub(crate) values: Vec<f64>,
    of_targets: TargetTransform,
    /// How much each sample counts; empty if all count the same.
    weights: Vec<T>,
}

/// What each row of the data stands for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Meaning<'a> {
    /// The class of every row, to be encoded in `n_y` outputs.
    Classes { of_row: &'a [usize], count: usize, n_y: usize },
    /// `n_y` numbers a row.
    Values { y: &'a [f64], n_y: usize },
}

impl<'a> Meaning<'a> {
    pub(crate) fn of(data: &'a Data) -> Self {
        match &data.targets {
            data::Targets::Values { y, n_y } => Self::Values { y, n_y: *n_y },
            _ => {
                let labels = data.labels();
                Self::classes(&labels.of_row, labels.classes.len())
            }
        }
    }

    /// One output a class; for two classes one alone.
    fn classes(of_row: &'a [usize], count: usize) -> Self {
        Self::Classes { of_row, count, n_y: if count == 2 { 1 } else { count } }
    }

    /// The same with the classes of a model, of which `of_row` holds those of the rows.
    pub(crate) fn among(self, of_row: &'a [usize], count: usize) -> Self {
        if let Self::Classes { .. } = self { Self::classes(of_row, count) } else { self }
    }

    /// The same for a network with `outputs` outputs: two classes may have two.
    pub(crate) fn for_outputs(self, outputs: usize) -> Self {
        match self {
            Self::Classes { of_row, count: 2, .. } if outputs == 2 => {
                Self::Classes { of_row, count: 2, n_y: 2 }
            }
            other => other,
        }
    }

    /// Outputs of the network.
    pub(crate) fn outputs(self) -> usize {
        let (Self::Classes { n_y, .. } | Self::Values { n_y, .. }) = self;
        n_y
    }
}

impl<T: Scalar> Batch<T> {
    /// The rows of `data` and what they stand for.
    pub(crate) fn new(
        data: &Data,
        rows: &[usize],
        prepared: &Prepared,
        meaning: Meaning<'_>,
    ) -> std::result::Result<Self, Failure> {
        let n_y = meaning.outputs();
        let mut y = room(rows.len(), n_y)?;
        let (of_classes, of_values) = match meaning {
            Meaning::Classes { .. } => (rows.len(), 0),
            Meaning::Values { n_y, .. } => (0, rows.len().saturating_mul(n_y)),
        };
        let (mut classes, mut values) = (with_room(of_classes)?, with_room(of_values)?);
        let mut sample = vec![0.0; n_y];
        for &row in rows {
            match meaning {
                Meaning::Classes { of_row, .. } => {
                    let class = of_row[row];
                    classes.push(class);
                    // One sigmoid output is the probability of the second class.
                    let is_it = |k| if n_y == 1 { class == 1 } else { class == k };
                    y.extend((0..n_y).map(|k| T::from_f64(if is_it(k) { 1.0 } else { 0.0 })));
                }
                Meaning::Values { y: all, n_y } => {
                    sample.copy_from_slice(&all[row * n_y..(row + 1) * n_y]);
                    values.extend_from_slice(&sample);
                    prepared.pipeline.targets.apply(&mut sample);
                    if let Some(at) = sample.iter().position(|v| !v.is_finite()) {
                        // Of samples that the transform was not learned from.
                        let value = all[row * n_y + at];
                        let problem =
                            format!("{value} has no logarithm, as the model learned them");
                        return Err(Failure::Cell { place: data.label_place(row), problem });
                    }
                    y.extend(sample.iter().map(|&v| T::from_f64(v)));
                }
            }
        }
        let n_x = prepared.inputs(data.width);
        let x = data.inputs(rows, prepared, n_x)?;
        let of_targets = prepared.pipeline.targets.clone();
        let weights = match data.weights.is_empty() {
            true => Vec::new(),
            false => {
                let mut weights = with_room(rows.len())?;
                weights.extend(rows.iter().map(|&row| T::from_f64(data.weights[row])));
                weights
            }
        };
        Ok(Self { x, y, n_x, n_y, classes, values, of_targets, weights })
    }

    /// The same where each sample counts as much more as its class does.
    pub(crate) fn weighted_by_class(mut self, of_class: &[f64]) -> Self {
        if self.weights.is_empty() {
            self.weights = vec![T::from_f64(1.0); self.classes.len()];
        }
        for (weight, &class) in self.weights.iter_mut().zip(&self.classes) {
            *weight = T::from_f64(weight.to_f64() * of_class[class]);
        }
        self
    }

    /// Makes the targets of classes less than sure.
    pub(crate) fn smooth(&mut self, output: Activation, smoothing: f64) -> Result<()> {
        let classes = if output == Activation::Softmax { self.n_y } else { 2 };
        label_smoothing::smooth(&mut self.y, classes, smoothing)
    }

    /// Y, with the weights if there are any, as training takes it.
    pub(crate) fn targets(&self) -> Result<Targets<'_, T>> {
        let y = self.y()?;
        Ok(if self.weights.is_empty() { y.into() } else { Targets::weighted(y, &self.weights) })
    }

    /// What a training learns from, with the weights if there are any.
    pub(crate) fn data_set(&self) -> Result<DataSet<'_, T>> {
        let data = DataSet::new(self.x()?, self.y()?);
        Ok(self.weights().map_or(data, |weights| data.weights(weights)))
    }

    /// The weights, if there are any.
    pub(crate) fn weights(&self) -> Option<&[T]> {
        (!self.weights.is_empty()).then_some(&self.weights[..])
    }

    /// Output activations as values of the data's own size; of outputs with a variance, these too.
    pub(crate) fn turned_back(&self, a: &[T], loss: Loss) -> Vec<f64> {
        turned_back(a, &self.of_targets.of_outputs(loss))
    }

    /// What is predicted of outputs that were turned back: the values, without their variances.
    pub(crate) fn predicted(&self, mut outputs: Vec<f64>, loss: Loss) -> Vec<f64> {
        let each = outputs.len() / self.len().max(1);
        let n_y = loss.targets(each);
        if n_y < each {
            let mut at = 0;
            outputs.retain(|_| {
                at += 1;
                (at - 1) % each < n_y
            });
        }
        outputs
    }

    /// The first `samples` samples, or all.
    pub(crate) fn head(&self, samples: usize) -> Result<(Columns<'_, T>, Columns<'_, T>)> {
        let m = samples.min(self.len());
        let x = Columns::new(&self.x[..m * self.n_x], self.n_x)?;
        Ok((x, Columns::new(&self.y[..m * self.n_y], self.n_y)?))
    }

    pub(crate) fn x(&self) -> Result<Columns<'_, T>> {
        Columns::new(&self.x, self.n_x)
    }

    pub(crate) fn y(&self) -> Result<Columns<'_, T>> {
        Columns::new(&self.y, self.n_y)
    }

    /// The values to be predicted, in their own units.
    pub(crate) fn values(&self) -> Result<Columns<'_, f64>> {
        Columns::new(&self.values, self.n_y)
    }

    pub(crate) fn outputs(&self) -> usize {
        self.n_y
    }

    pub(crate) fn len(&self) -> usize {
        self.x.len() / self.n_x
    }
}

/// Output activations with the transform of the targets undone.
pub(crate) fn turned_back<T: Scalar>(a: &[T], of_targets: &TargetTransform) -> Vec<f64> {
    let mut values: Vec<f64> = a.iter().map(|v| v.to_f64()).collect();
    of_targets.undo(&mut values);
    values
}

/// Targets of more bytes than this are not made: one-hot targets grow with samples times classes.
const MOST_TARGETS: usize = 4 << 30;

/// Memory for the targets of `samples` samples, unless it is too much.
fn room<T>(samples: usize, n_y: usize) -> std::result::Result<Vec<T>, Failure> {
    let bytes = samples.saturating_mul(n_y).saturating_mul(size_of::<T>());
    let mut y = Vec::new();
    if bytes > MOST_TARGETS || y.try_reserve_exact(samples * n_y).is_err() {
        return Err(Failure::Targets { samples, n_y, gigabytes: bytes as f64 / 1e9 });
    }
    Ok(y)
}
