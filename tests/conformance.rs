//! Promise: `testing::conformance` finds what is wrong with an implementation, and raises no false
//! alarm.

use serde_json::Value;
use shallownet::testing::backends::{BACKENDS, Setup};
use shallownet::testing::bounds::Functions;
use shallownet::testing::cases::{Dense, Parameters, Problem};
use shallownet::testing::conformance::{Finding, Implementation, Own, Run, Verdict, check, judge};
use shallownet::{Activation, Parallelism, Scalar};

/// Plain loops in f32, right but for one deliberate error.
struct Loops {
    mistake: Option<Mistake>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Mistake {
    /// The last product of a sum of more than one is left out.
    MissingTerm,
    /// The first product of a sum is added twice.
    SummandTwice,
    /// tanh is 3 ULP too large.
    TanhUlps,
    /// W is read as (inputs, units).
    TransposedWeight,
    /// Sums go four at a time, and the rest begins one too late.
    Remainder,
    /// The bias of a layer's last unit is left out.
    MissingBias,
    /// Softmax takes the exponentials of the logits themselves.
    Overflow,
    /// The mean over the samples divides by one less.
    Mean,
    /// g' of a ReLU is 0 at 0.
    Kink,
    /// dZ of a hidden layer reads the transposed weights of a square layer.
    TransposedBackward,
    /// A step goes uphill.
    Uphill,
}

use Mistake::{
    Kink, Mean, MissingBias, MissingTerm, Overflow, Remainder, SummandTwice, TanhUlps,
    TransposedBackward, TransposedWeight, Uphill,
};

const MISTAKES: [Mistake; 11] = [
    MissingTerm,
    SummandTwice,
    TanhUlps,
    TransposedWeight,
    Remainder,
    MissingBias,
    Overflow,
    Mean,
    Kink,
    TransposedBackward,
    Uphill,
];

impl Loops {
    fn has(&self, mistake: Mistake) -> bool {
        self.mistake == Some(mistake)
    }

    fn logit(&self, layer: &Dense<f32>, j: usize, x: &[f32]) -> f32 {
        let (n, units) = (layer.inputs, layer.b.len());
        let w = |i: usize| match self.has(TransposedWeight) {
            true => layer.w[i * units + j],
            false => layer.w[j * n + i],
        };
        let mut sum = if self.has(MissingBias) && j + 1 == units { 0.0 } else { layer.b[j] };
        for (i, &x) in x.iter().enumerate() {
            let is_missing = (self.has(MissingTerm) && n > 1 && i + 1 == n)
                || (self.has(Remainder) && n % 4 != 0 && i == n / 4 * 4);
            if !is_missing {
                sum += w(i) * x;
            }
            if self.has(SummandTwice) && i == 0 {
                sum += w(i) * x;
            }
        }
        sum
    }

    fn activate(&self, g: Activation, z: &[f32]) -> Vec<f32> {
        if g == Activation::Softmax {
            let max = z.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let max = if self.has(Overflow) { 0.0 } else { max };
            let e: Vec<f32> = z.iter().map(|z| (z - max).exp()).collect();
            let sum: f32 = e.iter().sum();
            return e.iter().map(|e| e / sum).collect();
        }
        let value = |&z: &f32| {
            let a = g.value(z.into()) as f32;
            let is_off = self.has(TanhUlps) && g == Activation::Tanh;
            if is_off { f32::from_bits(a.to_bits() + 3) } else { a }
        };
        z.iter().map(value).collect()
    }

    /// Z and A of every layer, for one sample.
    fn forward(&self, problem: &Problem<f32>, x: &[f32]) -> (Vec<Vec<f32>>, Vec<Vec<f32>>) {
        let (mut zs, mut activations) = (Vec::new(), vec![x.to_vec()]);
        for layer in &problem.layers {
            let x = &activations[activations.len() - 1];
            let z: Vec<f32> = (0..layer.b.len()).map(|j| self.logit(layer, j, x)).collect();
            activations.push(self.activate(layer.activation, &z));
            zs.push(z);
        }
        (zs, activations)
    }

    fn slope(&self, g: Activation, z: f32) -> f32 {
        let is_off = self.has(Kink) && g == Activation::Relu && z == 0.0;
        if is_off { 0.0 } else { g.derivative(z.into()) as f32 }
    }
}

impl Implementation<f32> for Loops {
    fn functions(&self) -> Functions {
        // Rounded from f64.
        Functions { sigmoid: 1, tanh: 1, sin: 1, ..Functions::DOCUMENTED }
    }

    fn predict(&mut self, problem: &Problem<f32>) -> Result<Vec<f32>, String> {
        let samples = problem.x.chunks(problem.inputs());
        let outputs = samples.map(|x| self.forward(problem, x).1.pop().unwrap_or_default());
        Ok(outputs.flatten().collect())
    }

    /// Of the squared error alone.
    fn gradients(&mut self, problem: &Problem<f32>) -> Result<Option<Parameters<f32>>, String> {
        let layers = &problem.layers;
        let output = layers[layers.len() - 1].activation;
        if problem.loss != shallownet::Loss::SquaredError || output == Activation::Softmax {
            return Ok(None);
        }
        let mut sums: Parameters<f32> =
            layers.iter().map(|l| (vec![0.0; l.w.len()], vec![0.0; l.b.len()])).collect();
        let m = problem.samples as f32 - if self.has(Mean) { 1.0 } else { 0.0 };
        let samples = problem.x.chunks(problem.inputs()).zip(problem.y.chunks(problem.outputs()));
        for (x, y) in samples {
            let (z, a) = self.forward(problem, x);
            let mut da: Vec<f32> = a[layers.len()].iter().zip(y).map(|(a, y)| a - y).collect();
            for (l, layer) in layers.iter().enumerate().rev() {
                let g = layer.activation;
                let dz: Vec<f32> =
                    da.iter().zip(&z[l]).map(|(da, &z)| da * self.slope(g, z)).collect();
                let (n, units) = (layer.inputs, layer.b.len());
                for (j, &dz) in dz.iter().enumerate() {
                    let row = &mut sums[l].0[j * n..][..n];
                    row.iter_mut().zip(&a[l]).for_each(|(sum, a)| *sum += dz * a);
                    sums[l].1[j] += dz;
                }
                let w = |i: usize, j: usize| match self.has(TransposedBackward) && n == units {
                    true => layer.w[i * n + j],
                    false => layer.w[j * n + i],
                };
                da = (0..n).map(|i| (0..units).map(|j| w(i, j) * dz[j]).sum()).collect();
            }
        }
        for (dw, db) in &mut sums {
            dw.iter_mut().chain(db).for_each(|sum| *sum /= m);
        }
        Ok(Some(sums))
    }

    fn step(&mut self, problem: &Problem<f32>) -> Result<Option<Parameters<f32>>, String> {
        let Some(gradients) = self.gradients(problem)? else { return Ok(None) };
        let rate = problem.learning_rate * if self.has(Uphill) { -1.0 } else { 1.0 };
        let stepped = |w: &[f32], dw: &[f32]| -> Vec<f32> {
            w.iter().zip(dw).map(|(w, dw)| w - rate * dw).collect()
        };
        let layers = problem.layers.iter().zip(&gradients);
        Ok(Some(layers.map(|(l, (dw, db))| (stepped(&l.w, dw), stepped(&l.b, db))).collect()))
    }
}

#[test]
fn a_right_implementation_agrees() {
    let report = check(&mut Loops { mistake: None }, &Run::new(3000));
    assert_eq!(report.disagreeing, 0, "{report}");
    assert!(report.judged > 2900, "{report}");
}

#[test]
fn every_deliberate_error_is_found_within_1000_cases_and_made_small() {
    for mistake in MISTAKES {
        let report = check(&mut Loops { mistake: Some(mistake) }, &Run::new(1000));
        assert!(!report.findings.is_empty(), "{mistake:?}: {report}");
        let smallest = report.findings.iter().map(|f| weights(&f.problem)).min();
        assert!(smallest <= Some(9), "{mistake:?}: {report}");
        for finding in &report.findings {
            // What is reported is what is wrong: it is found again, and not without the mistake.
            let again = judge(&mut Loops { mistake: Some(mistake) }, &finding.problem);
            // By its words: NaN is not equal to itself.
            let Verdict::Disagrees(again) = again else { panic!("{mistake:?}: {again:?}") };
            assert_eq!(again.to_string(), finding.disagreement.to_string());
            assert_eq!(judge(&mut Loops { mistake: None }, &finding.problem), Verdict::Agrees);
        }
        println!("{mistake:?}: {} of {} cases", report.disagreeing, report.judged);
    }
}

/// Right in f64, but for weights that have passed through f32.
struct Narrowed(Own<f64>);

impl Implementation<f64> for Narrowed {
    fn predict(&mut self, problem: &Problem<f64>) -> Result<Vec<f64>, String> {
        let mut problem = problem.clone();
        let weights = problem.layers.iter_mut().flat_map(|layer| &mut layer.w);
        weights.for_each(|w| *w = f64::from(*w as f32));
        self.0.predict(&problem)
    }
}

#[test]
fn weights_that_have_passed_through_f32_are_found_in_f64() {
    let own = Own::new(Setup::PORTABLE, Parallelism::Serial);
    let report = check(&mut Narrowed(own), &Run::new(100));
    assert!(report.disagreeing * 2 > report.judged, "{report}");
}

fn weights<T>(problem: &Problem<T>) -> usize {
    problem.layers.iter().map(|layer| layer.w.len()).sum()
}

/// The long run is `examples/false_alarms.rs`.
fn no_false_alarm<T: Scalar>(cases: usize) {
    for (seed, &setup) in (1..).zip(BACKENDS.iter()) {
        let run = Run { seed, ..Run::new(cases) };
        let report = check(&mut Own::<T>::new(setup, Parallelism::Serial), &run);
        assert_eq!(report.disagreeing, 0, "{setup:?}: {report}");
        assert!(report.judged * 10 > cases * 9, "{setup:?}: {report}");
    }
}

#[test]
fn our_own_backends_raise_no_false_alarm() {
    no_false_alarm::<f32>(400);
    no_false_alarm::<f64>(400);
}

/// The same case again, whatever the run's length.
#[test]
fn a_case_is_a_function_of_seed_and_index() {
    let (short, long) = (Run::new(1), Run::new(1000));
    for index in [0, 7, 999] {
        let problem: Problem<f64> = short.draw(index).problem(0);
        assert_eq!(problem, long.draw(index).problem(0));
        assert_eq!(Problem::from_json(&problem.to_json()), Ok(problem));
    }
    assert_ne!(format!("{:?}", long.draw(1)), format!("{:?}", long.draw(2)));
}

#[test]
fn a_problem_that_is_none_is_refused() {
    let problem: Problem<f32> = Run::new(1).draw(0).problem(0);
    let json = problem.to_json();
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut json = json.clone();
        change(&mut json);
        Problem::<f32>::from_json(&json).unwrap_err()
    };
    assert_eq!(
        changed(&|json| json["x"] = Value::Null),
        "x: invalid type: null, expected a sequence"
    );
    let no_bias = changed(&|json| json["layers"][0]["b"] = serde_json::json!([]));
    assert_eq!(no_bias, "layers: w has other rows than units and inputs");
    assert_eq!(
        changed(&|json| json["layers"] = serde_json::json!([])),
        "the network has no layers: expected at least one"
    );
    assert!(changed(&|json| json["loss"] = serde_json::json!("love")).starts_with("loss: "));
}

fn a_finding() -> Finding<f32> {
    let report = check(&mut Loops { mistake: Some(TanhUlps) }, &Run::new(1000));
    report.findings.into_iter().next().unwrap()
}

#[test]
fn a_finding_is_written_out() {
    let finding = a_finding();
    let json = finding.to_json();
    assert_eq!(json["element"], "f32");
    assert!(json["given"].is_number() && json["bound"].is_number(), "{json}");
    let again: Problem<f32> = Problem::from_json(&json).unwrap();
    assert_eq!(again, finding.problem);
    let rust = finding.to_rust();
    assert!(rust.contains("Activation::Tanh") && rust.contains("let net = Network {"), "{rust}");
    let numpy = finding.to_numpy();
    assert!(numpy.contains("lambda z: np.tanh(z)") && numpy.contains("np.float32"), "{numpy}");
}

/// A panic of somebody else's is a finding, not the end.
#[test]
fn a_panic_and_a_wrong_length_are_findings() {
    struct Panics;
    impl Implementation<f32> for Panics {
        fn predict(&mut self, problem: &Problem<f32>) -> Result<Vec<f32>, String> {
            assert!(problem.samples < 3, "too many");
            Ok(vec![0.0; 1 + problem.samples * problem.outputs()])
        }
    }
    let report = check(&mut Panics, &Run { most: 3, ..Run::new(50) });
    assert_eq!(report.disagreeing, report.judged);
    let text = report.to_string();
    assert!(text.contains("answers: it panicked"), "{text}");
    assert!(text.contains("values instead of"), "{text}");
}
