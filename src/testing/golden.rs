//! Golden vectors: cases with their answers and bounds in a file, for implementations in other
//! languages.
//!
//! A set is two files: a safetensors file with all numbers, and a JSON file that says which network
//! each case is. The tensors of case i, "i." before each name:
//!
//! | tensor | shape | type |
//! | --- | --- | --- |
//! | `x`, `y` | (samples, inputs), (samples, targets) | `element` |
//! | `w.l`, `b.l` | (units, inputs), (units) of layer l, from 0 | `element` |
//! | `a` | (samples, outputs): the predictions | f64 |
//! | `cost` | (1): J, the mean over the samples | f64 |
//! | `dw.l`, `db.l` | as `w.l`, `b.l`: the gradient of J | f64 |
//! | `new_w.l`, `new_b.l` | the same: the parameters after a step of plain descent | f64 |
//!
//! Beside each of the last four rows stands a tensor of the same shape with `.bound` behind its name:
//! how far a correct implementation in `element` may be from it ([`bounds`](super::bounds)).
//! `tools/judge_golden.py` is a judge of one page.
//!
//! ```json
//! {"version": 1, "element": "f32", "cases": [
//!   {"activations": ["tanh", "sigmoid"], "loss": "binary_cross_entropy", "learning_rate": 0.5}]}
//! ```

use std::collections::HashMap;

use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};
use serde_json::{Value, json};

use super::bounds::{Approx, Rounding};
use super::cases::{Dense, Problem};
use super::conformance::Wanted;
use crate::Scalar;

/// Of the form above. A file of another version is refused.
pub const VERSION: u64 = 1;

/// A set, as the bytes of its two files.
#[derive(Debug, Clone, PartialEq)]
pub struct Golden {
    /// The safetensors file.
    pub tensors: Vec<u8>,
    /// The JSON file.
    pub description: String,
}

/// A tensor on its way into the file.
struct Tensor {
    name: String,
    kind: Dtype,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl Golden {
    /// These cases, without those in which a number leaves the type's range.
    ///
    /// ```
    /// use shallownet::Activation;
    /// use shallownet::testing::{cases::Case, golden::Golden};
    ///
    /// let problem = Case::new(2, &[(3, Activation::Tanh), (1, Activation::Sigmoid)], 5).problem(0);
    /// let golden = Golden::of::<f32>(&[problem.clone()]).unwrap();
    /// assert!(golden.description.contains(r#""activations":["tanh","sigmoid"]"#));
    /// assert_eq!(golden.problems::<f32>(), Ok(vec![problem]));
    /// ```
    ///
    /// # Errors
    /// What safetensors has against the sizes.
    pub fn of<T: Scalar>(problems: &[Problem<T>]) -> Result<Self, String> {
        let (mut tensors, mut cases) = (Vec::new(), Vec::new());
        for problem in problems {
            let Some(wanted) = Wanted::of(problem, Rounding::of::<T>()) else { continue };
            put(&mut tensors, cases.len(), problem, &wanted);
            let activations: Vec<_> = problem.layers.iter().map(|layer| layer.activation).collect();
            cases.push(json!({
                "activations": activations,
                "loss": problem.loss,
                "learning_rate": problem.learning_rate.to_f64(),
            }));
        }
        let description = json!({ "version": VERSION, "element": T::NAME, "cases": cases });
        let views: Result<Vec<_>, _> = tensors
            .iter()
            .map(|t| Ok((&t.name, TensorView::new(t.kind, t.shape.clone(), &t.bytes)?)))
            .collect();
        let views = views.map_err(|error: safetensors::SafeTensorError| error.to_string())?;
        let about = HashMap::from([("golden".to_owned(), VERSION.to_string())]);
        let tensors =
            safetensors::serialize(views, Some(about)).map_err(|error| error.to_string())?;
        Ok(Self { tensors, description: description.to_string() })
    }

    /// The cases, as they were given.
    ///
    /// # Errors
    /// Another version or element type, or a tensor that is missing or has another shape.
    pub fn problems<T: Scalar>(&self) -> Result<Vec<Problem<T>>, String> {
        let about: Value =
            serde_json::from_str(&self.description).map_err(|error| error.to_string())?;
        for (key, expected) in [("version", json!(VERSION)), ("element", json!(T::NAME))] {
            if about[key] != expected {
                return Err(format!("{key} is {}: expected {expected}", about[key]));
            }
        }
        let tensors = SafeTensors::deserialize(&self.tensors).map_err(|error| error.to_string())?;
        let read = |name: String| -> Result<(Vec<usize>, Vec<T>), String> {
            let tensor = tensors.tensor(&name).map_err(|error| format!("{name}: {error}"))?;
            Ok((tensor.shape().to_vec(), values(tensor.data())))
        };
        let cases = about["cases"].as_array().ok_or("cases are no list")?;
        let problem = |(i, case): (usize, &Value)| -> Result<Problem<T>, String> {
            let word = |error: serde_json::Error| format!("case {i}: {error}");
            let activations: Vec<_> =
                serde_json::from_value(case["activations"].clone()).map_err(word)?;
            let mut layers = Vec::new();
            for (l, activation) in activations.into_iter().enumerate() {
                let ((shape, w), (_, b)) =
                    (read(format!("{i}.w.{l}"))?, read(format!("{i}.b.{l}"))?);
                let inputs = shape.last().copied().unwrap_or(0);
                layers.push(Dense { inputs, w, b, activation });
            }
            let ((shape, x), (_, y)) = (read(format!("{i}.x"))?, read(format!("{i}.y"))?);
            let rate =
                case["learning_rate"].as_f64().ok_or(format!("case {i}: no learning rate"))?;
            Ok(Problem {
                layers,
                loss: serde_json::from_value(case["loss"].clone()).map_err(word)?,
                samples: shape.first().copied().unwrap_or(0),
                x,
                y,
                learning_rate: T::from_f64(rate),
            })
        };
        cases.iter().enumerate().map(problem).collect()
    }
}

impl Golden {
    /// The answer of this name, "0.a" for the predictions of the first case, each value with its bound.
    ///
    /// # Errors
    /// There is no such answer.
    pub fn answer(&self, name: &str) -> Result<Vec<Approx>, String> {
        let tensors = SafeTensors::deserialize(&self.tensors).map_err(|error| error.to_string())?;
        let read = |name: &str| -> Result<Vec<f64>, String> {
            let tensor = tensors.tensor(name).map_err(|error| format!("{name}: {error}"))?;
            Ok(values(tensor.data()))
        };
        let pairs = read(name)?.into_iter().zip(read(&format!("{name}.bound"))?);
        Ok(pairs.map(|(value, error)| Approx { value, error }).collect())
    }
}

fn put<T: Scalar>(tensors: &mut Vec<Tensor>, i: usize, problem: &Problem<T>, wanted: &Wanted) {
    let is_single = T::NAME == "f32";
    let mut given = |name: &str, values: &[T], shape: &[usize]| {
        let bytes = values.iter().flat_map(|v| match is_single {
            true => (v.to_f64() as f32).to_le_bytes().to_vec(),
            false => v.to_f64().to_le_bytes().to_vec(),
        });
        let kind = if is_single { Dtype::F32 } else { Dtype::F64 };
        let (name, bytes) = (format!("{i}.{name}"), bytes.collect());
        tensors.push(Tensor { name, kind, shape: shape.to_vec(), bytes });
    };
    let samples = problem.samples;
    given("x", &problem.x, &[samples, problem.inputs()]);
    given("y", &problem.y, &[samples, problem.targets()]);
    for (l, layer) in problem.layers.iter().enumerate() {
        given(&format!("w.{l}"), &layer.w, &[layer.b.len(), layer.inputs]);
        given(&format!("b.{l}"), &layer.b, &[layer.b.len()]);
    }
    let mut answer = |name: String, values: &[Approx], shape: &[usize]| {
        let mut put = |name: String, part: fn(&Approx) -> f64| {
            let bytes = values.iter().flat_map(|v| part(v).to_le_bytes()).collect();
            tensors.push(Tensor { name, kind: Dtype::F64, shape: shape.to_vec(), bytes });
        };
        put(format!("{i}.{name}"), |v| v.value);
        put(format!("{i}.{name}.bound"), |v| v.error);
    };
    answer("a".to_owned(), &wanted.predictions, &[samples, problem.outputs()]);
    answer("cost".to_owned(), &[wanted.cost], &[1]);
    for (names, parameters) in
        [(["dw", "db"], &wanted.gradients), (["new_w", "new_b"], &wanted.stepped)]
    {
        for (l, ((w, b), layer)) in parameters.iter().zip(&problem.layers).enumerate() {
            answer(format!("{}.{l}", names[0]), w, &[b.len(), layer.inputs]);
            answer(format!("{}.{l}", names[1]), b, &[b.len()]);
        }
    }
}

/// Of the element type, which the description has named.
fn values<T: Scalar>(bytes: &[u8]) -> Vec<T> {
    if T::NAME == "f32" {
        let number = |b: &[u8; 4]| T::from_f64(f64::from(f32::from_le_bytes(*b)));
        return bytes.as_chunks().0.iter().map(number).collect();
    }
    bytes.as_chunks().0.iter().map(|b: &[u8; 8]| T::from_f64(f64::from_le_bytes(*b))).collect()
}
