//! Metrics, selection, gradient checks, and what needs no network.

use shallownet::io::table;
use shallownet::metrics::{self, Confusion};
use shallownet::select::{Better, ByFit, Folds, Grid, Holdout, Score, cross_validate};
use shallownet::testing::cases::bytes::{Rate, Wild};
use shallownet::{
    Activation, Backend, Columns, GradientCheck, Level, Loss, Network, Optimizer, Scalar, Schedule,
    gradient_check, vector,
};
use shallownet::{NotStandardizable, Standardization};

use super::call::Values;
use super::networks::oracle;
use super::world::{World, said};
use crate::bits::bits;

impl<T: Scalar> World<T> {
    pub(super) fn metrics(&mut self, data: u8, classes: usize, threshold: Wild) -> Option<()> {
        let net = self.nets.get(0)?;
        let samples = self.data.get(data)?.of(net);
        let y = samples.y();
        let shifted: Vec<T> = y.as_slice().iter().rev().copied().collect();
        let a = said(Columns::new(&shifted, y.features()))?;
        let _ = (said(metrics::accuracy(a, y)), said(metrics::mean_squared_error(a, y)));
        let _ = (said(metrics::r_squared(a, samples.x())), said(metrics::r_squared(a, y)));
        let _ = said(metrics::roc_auc(a.as_slice(), y.as_slice()));
        let _ = said(Confusion::binary(a.as_slice(), y.as_slice(), threshold.to()));
        let (p, l) = (said(metrics::classes(a))?, said(metrics::classes(y))?);
        let confusion = said(Confusion::of(a, y));
        for confusion in [confusion, said(Confusion::from_classes(&p, &l, classes))] {
            let Some(confusion) = confusion else { continue };
            assert_eq!(confusion.samples(), p.len() as u64);
            let class = classes.wrapping_sub(1);
            let scores = [confusion.scores(class), confusion.scores(0), confusion.macro_scores()];
            for scores in scores {
                let all = [scores.precision, scores.recall, scores.f1, confusion.accuracy()];
                assert!(all.iter().all(|s| (0.0..=1.0).contains(s)), "{scores:?}");
            }
            let _ = (confusion.count(class, 0), confusion.to_string());
        }
        Some(())
    }

    pub(super) fn select(
        &mut self,
        data: u8,
        folds: usize,
        iterations: u8,
        is_stratified: bool,
        rate: Rate,
    ) -> Option<()> {
        let net = self.nets.get(0)?;
        let samples = self.data.get(data)?.of(net);
        let (x, y) = (samples.x(), samples.y());
        let folds = if is_stratified {
            said(Folds::stratified(&said(metrics::classes(y))?, folds, iterations.into()))?
        } else {
            said(Folds::new(x.samples(), folds, iterations.into()))?
        };
        let all = (0..folds.count()).flat_map(|fold| folds.validation(fold)).count();
        assert_eq!((all, folds.validation(folds.count()).count()), (folds.samples(), 0));
        let fraction = f64::from(iterations) / 128.0;
        let split = if is_stratified {
            said(Holdout::stratified(&said(metrics::classes(y))?, fraction, 7))
        } else {
            said(Holdout::new(x.samples(), fraction, 7))
        };
        if let Some(split) = split {
            let samples = if is_stratified { y.samples() } else { x.samples() };
            assert_eq!(split.training().len() + split.held_out().len(), samples);
        }
        let grid = Grid::default()
            .activations([Activation::Tanh, Activation::Relu])
            .hidden([vec![], vec![usize::from(iterations % 5)]])
            .learning_rates([rate.0]);
        let candidates = grid.candidates();
        let score = if is_stratified { Score::Accuracy } else { Score::Cost };
        let output = net.layers().last()?.activation;
        let fit = ByFit::new((iterations % 4).into(), output).seed(1).score(score);
        let table =
            said(cross_validate(&candidates, x, y, &folds, |c, split| fit.train(c, split)))?;
        let best = table.best(score.better());
        assert!(best.is_none_or(|row| row.mean.is_finite()));
        let _ = (table.to_string(), table.best(Better::Lower).is_some());
        Some(())
    }

    pub(super) fn gradient_check(&mut self, net: u8, data: u8, per_layer: usize) -> Option<()> {
        let net = self.nets.get(net)?;
        let samples = self.data.get(data)?.of(net);
        oracle(net, &samples);
        // Each parameter takes as long as two passes of the reference.
        let part = |of: Columns<'_, T>| of.samples().min(4);
        let x = samples.x().range(0..part(samples.x()))?;
        let y = samples.y().range(0..part(samples.y()))?;
        let check = GradientCheck::default().per_layer(per_layer % 8).seed(per_layer as u64);
        let report = said(check.run(net, x, y))?;
        assert!(report.checked + report.skipped <= net.parameter_count());
        let _ = report.to_string();
        if net.parameter_count() < 40 {
            let _ = said(gradient_check(net, x, y));
        }
        Some(())
    }

    pub(super) fn standardize(&mut self, data: u8, features: usize) -> Option<()> {
        let net = self.nets.get(0)?;
        let samples = self.data.get(data)?.of(net);
        let mut x: Vec<f64> = samples.x.iter().map(|v| v.to_f64()).collect();
        // No data: a feature that is asked for is refused; many must not take long.
        let features = features.min(1 << 10);
        let found: Result<Standardization, NotStandardizable> = Standardization::of(&x, features);
        let found = said(found)?;
        assert!(found.stds.iter().all(|std| *std > 0.0));
        let constants = Standardization::constants(&x, features);
        assert!(constants.iter().all(|&feature| found.stds[feature] == 1.0));
        let before = x.clone();
        found.apply(&mut x);
        found.undo(&mut x);
        let rest = if features == 0 { 0 } else { x.len() / features * features };
        assert_eq!(bits(&x[rest..]), bits(&before[rest..]));
        Some(())
    }

    pub(super) fn columns(
        &mut self,
        data: u8,
        features: usize,
        range: std::ops::Range<usize>,
    ) -> Option<()> {
        let net: &mut Network<T> = self.nets.get(0)?;
        let samples = self.data.get(data)?.of(net);
        let columns = said(Columns::new(&samples.x, features))?;
        let _ = (columns.column(range.start), columns.column(range.end));
        let part = columns.range(range.clone())?;
        assert_eq!(part.samples(), range.len());
        Some(())
    }
}

pub(super) fn schedule(schedule: Schedule, step: u64, steps_an_epoch: usize) -> Option<()> {
    let _ = schedule.factor(step, steps_an_epoch);
    Some(())
}

/// Levels with FMA give the same bits.
pub(super) fn vector<T: Scalar>(level: u8, values: &Values, function: u8) -> Option<()> {
    const LEVELS: [Level; 6] =
        [Level::Fallback, Level::Sse2, Level::Avx2, Level::Avx512, Level::Neon, Level::Wasm];
    let level = LEVELS[usize::from(level) % LEVELS.len()];
    let function = [vector::exp, vector::tanh, vector::sigmoid][usize::from(function) % 3];
    let values = values.of::<T>(usize::from(values.seed % 40));
    let at = |level| {
        let mut values = values.clone();
        said(function(level, &mut values)).map(|()| bits(&values))
    };
    let (here, best) = (at(level)?, at(Level::detect())?);
    assert!(!level.has_fma() || !Level::detect().has_fma() || here == best, "{level:?}");
    Some(())
}

pub(super) fn names(name: &str) -> Option<()> {
    let same = |found: Option<&str>| assert!(found.is_none_or(|found| found == name));
    same(Activation::from_name(name).map(Activation::name));
    same(Loss::from_name(name).map(Loss::name));
    same(Backend::from_name(name).map(Backend::name));
    same(Level::from_name(name).map(Level::name));
    same(Optimizer::from_name(name).map(Optimizer::name));
    assert!(table::same_class(name, name));
    Some(())
}
