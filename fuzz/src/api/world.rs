//! What a sequence of calls has made so far, and the samples it is given.

use shallownet::testing::cases::Numbers;
use shallownet::{
    Columns, DataSet, Loss, Network, OptimizerState, PredictionWorkspace, Scalar, Tape, Targets,
    Trainer, TrainingState, TrainingWorkspace,
};

use super::call::{Data, Values};
use crate::bits;

/// At most so many of each.
const ROOM: usize = 3;

/// Everything that there is.
pub(super) struct World<T> {
    pub(super) nets: Shelf<Network<T>>,
    pub(super) workspaces: Shelf<TrainingWorkspace<T>>,
    pub(super) predictors: Shelf<PredictionWorkspace<T>>,
    pub(super) optimizers: Shelf<OptimizerState<T>>,
    pub(super) tapes: Shelf<Tape<T>>,
    pub(super) trainers: Shelf<Trainer<T>>,
    pub(super) states: Shelf<TrainingState<T>>,
    pub(super) data: Shelf<Data>,
}

impl<T> World<T> {
    pub(super) fn new() -> Self {
        Self {
            nets: Shelf::new(),
            workspaces: Shelf::new(),
            predictors: Shelf::new(),
            optimizers: Shelf::new(),
            tapes: Shelf::new(),
            trainers: Shelf::new(),
            states: Shelf::new(),
            data: Shelf::new(),
        }
    }
}

/// A few things of one kind; a new one takes the oldest one's place.
pub(super) struct Shelf<X> {
    things: Vec<X>,
    next: usize,
}

impl<X> Shelf<X> {
    fn new() -> Self {
        Self { things: Vec::new(), next: 0 }
    }

    pub(super) fn put(&mut self, thing: X) {
        if self.things.len() < ROOM {
            self.things.push(thing);
        } else {
            self.things[self.next % ROOM] = thing;
            self.next += 1;
        }
    }

    pub(super) fn get(&mut self, index: u8) -> Option<&mut X> {
        let count = self.things.len();
        self.things.get_mut(usize::from(index).checked_rem(count)?)
    }

    pub(super) fn take(&mut self, index: u8) -> Option<X> {
        let index = usize::from(index).checked_rem(self.things.len())?;
        Some(self.things.swap_remove(index))
    }
}

/// Samples as a network takes them, or not.
#[derive(Debug)]
pub(super) struct Samples<T> {
    pub(super) x: Vec<T>,
    pub(super) y: Vec<T>,
    weights: Option<Vec<T>>,
    features: (usize, usize),
    /// The first sample of the validation set.
    validation: Option<usize>,
}

impl Data {
    pub(super) fn of<T: Scalar>(&self, net: &Network<T>) -> Samples<T> {
        let mut numbers = Numbers(self.seed.into());
        let mut m = usize::from(self.samples % 50);
        let (mut n_x, mut n_y, mut more) = (net.inputs(), net.targets(), 0);
        if let Some((x, y, samples)) = self.misfit {
            (n_x, n_y, more) =
                (1 + usize::from(x % 9), 1 + usize::from(y % 9), usize::from(samples % 3));
        }
        m += usize::from(self.misfit.is_none() && m == 0 && self.seed < 250);
        let mut x: Vec<T> = (0..m * n_x).map(|_| numbers.ordinary(2.0)).collect();
        if let Some((at, value)) = self.spot.filter(|_| !x.is_empty()) {
            let at = usize::from(at) % x.len();
            x[at] = value.to();
        }
        let y = (0..m + more).flat_map(|_| self.target(&mut numbers, net.loss(), n_y)).collect();
        let validation = self.validation.map(|count| m - m.min(usize::from(count % 8)));
        let weights = self.weights.map(|(more, value)| {
            let m = validation.unwrap_or(m) + usize::from(more / 200);
            let mut weights: Vec<T> =
                (0..m).map(|_| T::from_f64(numbers.below(4) as f64)).collect();
            if let Some(first) = weights.first_mut().filter(|_| more % 2 == 1) {
                *first = value.to();
            }
            weights
        });
        Samples { x, y, weights, features: (n_x, n_y), validation }
    }

    fn target<T: Scalar>(&self, numbers: &mut Numbers, loss: Loss, n_y: usize) -> Vec<T> {
        let class = numbers.below(n_y as u64) as usize;
        let value = |k: usize| match loss {
            _ if self.bad_targets => numbers.ordinary(2.0),
            Loss::BinaryCrossEntropy => T::from_f64(numbers.below(2) as f64),
            Loss::CategoricalCrossEntropy => T::from_f64(f64::from(u8::from(k == class))),
            Loss::Poisson => T::from_f64(numbers.below(4) as f64),
            _ => numbers.ordinary(1.0),
        };
        (0..n_y).map(value).collect()
    }
}

impl<T: Scalar> Samples<T> {
    pub(super) fn x(&self) -> Columns<'_, T> {
        Columns::new(&self.x, self.features.0).expect("whole columns")
    }

    pub(super) fn y(&self) -> Columns<'_, T> {
        Columns::new(&self.y, self.features.1).expect("whole columns")
    }

    pub(super) fn targets(&self) -> Targets<'_, T> {
        match &self.weights {
            Some(weights) => Targets::weighted(self.y(), weights),
            None => self.y().into(),
        }
    }

    pub(super) fn set(&self) -> DataSet<'_, T> {
        let (x, y) = (self.x(), self.y());
        let mut set = match self.validation {
            None => DataSet::new(x, y),
            Some(cut) => {
                let ((x, held_x), (y, held_y)) = (cut_at(x, cut), cut_at(y, cut));
                DataSet::new(x, y).validation(held_x, held_y)
            }
        };
        if let Some(weights) = &self.weights {
            set = set.weights(weights);
        }
        set
    }
}

fn cut_at<T>(of: Columns<'_, T>, cut: usize) -> (Columns<'_, T>, Columns<'_, T>) {
    let part = |range| of.range(range).expect("a part");
    (part(0..cut), part(cut..of.samples()))
}

impl Values {
    /// For so many places, more or less.
    pub(super) fn of<T: Scalar>(&self, count: usize) -> Vec<T> {
        let mut numbers = Numbers(self.seed.into());
        let count = count + usize::from(self.more / 250);
        let mut values: Vec<T> = (0..count).map(|_| numbers.ordinary(2.0)).collect();
        for (at, value) in self.spots.iter().filter(|_| count > 0) {
            values[usize::from(*at) % count] = value.to();
        }
        values
    }
}

/// Makes a call that must change nothing if it is refused; the error is one line.
pub(super) fn unchanged<T: Scalar, R>(
    net: &mut Network<T>,
    call: impl FnOnce(&mut Network<T>) -> shallownet::Result<R>,
) -> Option<R> {
    let before = bits::parameters(net);
    let answer = call(net);
    if let Err(error) = &answer {
        assert_eq!(bits::parameters(net), before, "a refused call changed parameters: {error}");
    }
    said(answer)
}

/// The answer, if there is one; or else an error that can be read.
pub(super) fn said<R, E: std::error::Error>(answer: Result<R, E>) -> Option<R> {
    match answer {
        Ok(answer) => Some(answer),
        Err(error) => {
            let text = error.to_string();
            assert!(!text.is_empty() && !text.contains('\n'), "{text:?} is no line");
            None
        }
    }
}
