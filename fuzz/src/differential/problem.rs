//! An input's numbers, as the element type under test.

use shallownet::testing::backends::Setup;
use shallownet::testing::cases::{Numbers, nested};
use shallownet::{
    Checks, Columns, Error, Network, Parallelism, Scalar, Targets, TrainingWorkspace, reference,
};

use super::input::{Input, Place, Weights};
use crate::bits;

/// Parameters and batches, spots included.
pub(super) struct Problem<'a, T> {
    pub(super) input: &'a Input,
    parameters: Vec<(Vec<T>, Vec<T>)>,
    pub(super) batches: Vec<Batch<T>>,
}

/// One batch.
pub(super) struct Batch<T> {
    pub(super) x: Vec<T>,
    pub(super) y: Vec<T>,
    /// As drawn: perhaps refused.
    drawn: Option<Vec<T>>,
    /// What is left of them: 0, and those in the range.
    pub(super) weights: Option<Vec<T>>,
    /// An output gradient.
    pub(super) given: Vec<T>,
    n_x: usize,
    n_y: usize,
    /// Of a sample.
    targets: usize,
}

impl<'a, T: Scalar> Problem<'a, T> {
    pub(super) fn of(input: &'a Input) -> Self {
        let case = &input.case;
        let plain = case.network::<T>(Setup::PORTABLE, Parallelism::Serial);
        let layers = 0..plain.layers().len();
        let mut parameters: Vec<_> =
            layers.map(|l| (plain.weights(l).unwrap(), plain.bias(l).unwrap().to_vec())).collect();
        let mut batches: Vec<_> = (0..case.batches.len()).map(|i| Batch::of(input, i)).collect();
        for spot in &input.spots {
            // The place's first part takes which layer or batch, the rest where in it.
            let (l, b) = (spot.index % parameters.len(), spot.index % batches.len());
            let values = match spot.place {
                Place::Weight => &mut parameters[l].0,
                Place::Bias => &mut parameters[l].1,
                Place::X => &mut batches[b].x,
                Place::Y => &mut batches[b].y,
                Place::SampleWeight => match &mut batches[b].drawn {
                    Some(weights) => weights,
                    None => continue,
                },
            };
            let at = spot.index % values.len();
            values[at] = spot.value.to();
        }
        for batch in &mut batches {
            let good = |w: &T| if is_weight(w) { *w } else { T::from_f64(1.0) };
            batch.weights = batch.drawn.as_ref().map(|weights| weights.iter().map(good).collect());
        }
        Self { input, parameters, batches }
    }

    /// The network, on a backend; `checks` is of the calls that are to come.
    pub(super) fn network(&self, setup: Setup, who: Parallelism, checks: Checks) -> Network<T> {
        let mut net = self.input.case.builder(setup, who).checks(checks).build().unwrap();
        setup.assert_is(&net);
        for (l, (weights, bias)) in self.parameters.iter().enumerate() {
            for (values, answer) in
                [(weights, net.set_weights(l, weights)), (bias, net.set_bias(l, bias))]
            {
                let refused = matches!(answer, Err(Error::NotFinite { .. }));
                let is_bad = checks == Checks::Full && !all_finite(values);
                assert_eq!(refused, is_bad, "{answer:?}");
                assert!(refused || answer.is_ok(), "{answer:?}");
            }
        }
        net
    }

    pub(super) fn oracle(&self) -> reference::Network {
        let serial = Parallelism::Serial;
        reference::Network::from(&self.network(Setup::PORTABLE, serial, Checks::ShapesOnly))
    }

    pub(super) fn parameters_are(&self, test: impl Fn(f64) -> bool) -> bool {
        let mut all = self.parameters.iter().flat_map(|(w, b)| w.iter().chain(b));
        all.all(|v| test(v.to_f64()))
    }

    /// Under full checks, bad values are refused by every call, and change nothing.
    pub(super) fn bad_values_are_refused(&self, setup: Setup) {
        let mut net = self.network(setup, Parallelism::Serial, Checks::Full);
        let before = bits::parameters(&net);
        let mut workspace = TrainingWorkspace::new(&net, self.input.case.capacity()).unwrap();
        for batch in &self.batches {
            let bad_x = !all_finite(&batch.x);
            let bad_y = !self.targets_are_good(batch);
            let bad_weights = batch.drawn.iter().flatten().any(|w| !is_weight(w));
            let mut out = vec![T::ZERO; batch.given.len()];
            let answer = net.predict(batch.x(), &mut out, &mut workspace);
            assert_eq!(matches!(answer, Err(Error::NotFinite { argument: "x", .. })), bad_x);
            assert!(!bad_x || out.iter().all(|a| *a == T::ZERO), "a refused predict wrote");
            if !(bad_x || bad_y || bad_weights) {
                continue;
            }
            let y = batch.y();
            let targets = batch.drawn.as_ref().map_or(y.into(), |w| Targets::weighted(y, w));
            let rate = T::from_f64(0.5);
            let is_refusal = |error| {
                use Error::{NotFinite, Range, Target};
                matches!(error, NotFinite { .. } | Range { .. } | Target { .. })
            };
            let answers = [
                net.cost(batch.x(), targets, &mut workspace),
                net.backward(batch.x(), targets, &mut workspace),
                net.step(batch.x(), targets, rate, &mut workspace),
            ];
            for answer in answers {
                let error = answer.expect_err("bad values went through");
                assert!(is_refusal(error.clone()), "{error}");
            }
            assert_eq!(bits::parameters(&net), before, "a refused call changed parameters");
        }
    }

    /// As Loss's documentation says it.
    fn targets_are_good(&self, batch: &Batch<T>) -> bool {
        use shallownet::Loss::CategoricalCrossEntropy;
        let sums_to_1 = |column: &[T]| {
            let sum: f64 = column.iter().map(|v| v.to_f64()).sum();
            (sum - 1.0).abs() <= 1e-3
        };
        let Some(most) = self.input.domain() else { return all_finite(&batch.y) };
        let inside = |v: &T| (0.0..=most).contains(&v.to_f64());
        let distributions = self.input.case.loss == CategoricalCrossEntropy;
        batch.y.iter().all(inside)
            && (!distributions || batch.y.chunks(batch.targets).all(sums_to_1))
    }
}

impl<T: Scalar> Batch<T> {
    fn of(input: &Input, index: usize) -> Self {
        let case = &input.case;
        let drawn = case.batch::<T>(index);
        let mut numbers = Numbers(case.seed ^ (index as u64 + 7) << 40);
        let mut weight = |of: Weights| match of {
            Weights::Zeros => 0.0,
            Weights::Quarters => numbers.below(8) as f64 / 4.0,
            Weights::Powers(k) => {
                let most = if T::NAME == "f32" { 29 } else { 249 };
                let k = i32::from(k) % (most + 1);
                2.0_f64.powi(numbers.below(2 * k as u64 + 1) as i32 - k)
            }
        };
        let m = case.batches[index];
        let weights = |of| (0..m).map(|_| T::from_f64(weight(of))).collect();
        let weights = input.weights.map(weights);
        let (n_x, n_y) = (case.n_x, case.layers[case.layers.len() - 1].0);
        let given = (0..m * n_y).map(|_| numbers.ordinary(2.0)).collect();
        let targets = case.loss.targets(n_y);
        Self { x: drawn.x, y: drawn.y, drawn: weights, weights: None, given, n_x, n_y, targets }
    }

    pub(super) fn x(&self) -> Columns<'_, T> {
        Columns::new(&self.x, self.n_x).unwrap()
    }

    pub(super) fn y(&self) -> Columns<'_, T> {
        Columns::new(&self.y, self.targets).unwrap()
    }

    pub(super) fn given(&self) -> Columns<'_, T> {
        Columns::new(&self.given, self.n_y).unwrap()
    }

    pub(super) fn targets(&self) -> Targets<'_, T> {
        match &self.weights {
            Some(weights) => Targets::weighted(self.y(), weights),
            None => self.y().into(),
        }
    }

    /// x and y as the reference takes them.
    pub(super) fn samples(&self) -> (Vec<Vec<f64>>, Vec<Vec<f64>>) {
        (nested(&self.x, self.n_x), nested(&self.y, self.targets))
    }

    pub(super) fn wide_weights(&self) -> Option<Vec<f64>> {
        self.weights.as_ref().map(|w| w.iter().map(|w| w.to_f64()).collect())
    }
}

/// As the documentation of Targets says it.
fn is_weight<T: Scalar>(w: &T) -> bool {
    let (least, greatest) = if T::NAME == "f32" { (1e-9, 1e9) } else { (1e-75, 1e75) };
    *w == T::ZERO || (T::from_f64(least)..=T::from_f64(greatest)).contains(w)
}

pub(super) fn all_finite<T: Scalar>(values: &[T]) -> bool {
    values.iter().all(|v| v.is_finite())
}
