//! A finding written out: as Rust, JSON and NumPy, with which it is replayed elsewhere.

use std::fmt::Write;

use serde_json::{Value, json};

use super::run::Finding;
use crate::testing::bounds::Disagreement;
use crate::testing::cases::{Dense, Problem};
use crate::{Activation, Scalar};

impl<T: Scalar> Problem<T> {
    /// The problem as JSON: `element`, `loss`, `layers` (each with `activation`, `w` as a list of
    /// units, and `b`), `x` and `y` as lists of samples, `learning_rate`. Numbers are exact.
    ///
    /// ```
    /// use shallownet::testing::cases::{Case, Problem};
    /// use shallownet::Activation;
    ///
    /// let problem: Problem<f32> = Case::new(2, &[(3, Activation::Tanh)], 5).problem(0);
    /// assert_eq!(Problem::from_json(&problem.to_json()), Ok(problem));
    /// ```
    pub fn to_json(&self) -> Value {
        let layer = |layer: &Dense<T>| {
            json!({
                "activation": layer.activation,
                "w": rows(&layer.w, layer.inputs),
                "b": wide(&layer.b),
            })
        };
        json!({
            "element": T::NAME,
            "loss": self.loss,
            "layers": self.layers.iter().map(layer).collect::<Vec<_>>(),
            "x": rows(&self.x, self.inputs()),
            "y": rows(&self.y, self.targets()),
            "learning_rate": self.learning_rate.to_f64(),
        })
    }

    /// What [`to_json`](Self::to_json) has written, or somebody by hand. Numbers are rounded to the
    /// type.
    ///
    /// # Errors
    /// What is missing or does not fit.
    pub fn from_json(json: &Value) -> Result<Self, String> {
        let word = |name: &str| json.get(name).cloned().ok_or(format!("{name} is missing"));
        let flat = |rows: Vec<Vec<f64>>| -> Vec<T> {
            rows.into_iter().flatten().map(T::from_f64).collect()
        };
        let read = |name: &str| -> Result<Vec<Vec<f64>>, String> {
            serde_json::from_value(word(name)?).map_err(|error| format!("{name}: {error}"))
        };
        let mut layers = Vec::new();
        for layer in word("layers")?.as_array().ok_or("layers are no list")? {
            let part = |name: &str| layer.get(name).cloned().unwrap_or_default();
            let say = |error: serde_json::Error| format!("layers: {error}");
            let w: Vec<Vec<f64>> = serde_json::from_value(part("w")).map_err(say)?;
            let b: Vec<f64> = serde_json::from_value(part("b")).map_err(say)?;
            let inputs = w.first().map_or(0, Vec::len);
            if inputs == 0 || w.len() != b.len() || w.iter().any(|row| row.len() != inputs) {
                return Err("layers: w has other rows than units and inputs".to_owned());
            }
            layers.push(Dense {
                inputs,
                w: flat(w),
                b: flat(vec![b]),
                activation: serde_json::from_value(part("activation")).map_err(say)?,
            });
        }
        let (x, y) = (read("x")?, read("y")?);
        let rate = word("learning_rate")?.as_f64().ok_or("learning_rate is no number")?;
        let loss =
            serde_json::from_value(word("loss")?).map_err(|error| format!("loss: {error}"))?;
        let samples = x.len();
        let (flat_x, flat_y) = (flat(x.clone()), flat(y.clone()));
        let learning_rate = T::from_f64(rate);
        let problem = Self { layers, loss, samples, x: flat_x, y: flat_y, learning_rate };
        match problem.reference().check_samples(&x, &y) {
            Ok(()) => Ok(problem),
            Err(error) => Err(error.to_string()),
        }
    }
}

impl<T: Scalar> Finding<T> {
    /// The problem as JSON, and what is wrong: `what`, `index`, `given`, `expected`, `bound` of the
    /// value, and a `message`.
    pub fn to_json(&self) -> Value {
        let mut json = self.problem.to_json();
        json["what"] = json!(self.disagreement.what());
        json["message"] = json!(self.disagreement.to_string());
        if let Disagreement::Value { index, given, expected, .. } = &self.disagreement {
            json["index"] = json!(index);
            // JSON has no infinity and no NaN.
            json["given"] = if given.is_finite() { json!(given) } else { json!(given.to_string()) };
            json["expected"] = json!(expected.value);
            json["bound"] = json!(expected.error);
        }
        json
    }

    /// A Rust program's body that computes the reference's answers; the comment says what the tested
    /// implementation gave.
    pub fn to_rust(&self) -> String {
        let mut text = format!("// {}\n", self.disagreement);
        text.push_str("use shallownet::{Activation, Loss, reference::{Layer, Network}};\n\n");
        let problem = &self.problem;
        text.push_str("let layers = vec![\n");
        for layer in &problem.layers {
            let (w, b) = (rows(&layer.w, layer.inputs), wide(&layer.b));
            let g = layer.activation;
            let w: Vec<String> = w.iter().map(|row| format!("vec!{row:?}")).collect();
            let w = w.join(", ");
            let _ = writeln!(
                text,
                "    Layer {{ w: vec![{w}], b: vec!{b:?}, activation: Activation::{g:?} }},"
            );
        }
        let _ = writeln!(text, "];");
        let _ = writeln!(text, "let net = Network {{ layers, loss: Loss::{:?} }};", problem.loss);
        for (name, values) in
            [("x", rows(&problem.x, problem.inputs())), ("y", rows(&problem.y, problem.targets()))]
        {
            let rows: Vec<String> = values.iter().map(|row| format!("vec!{row:?}")).collect();
            let _ = writeln!(text, "let {name} = [{}];", rows.join(", "));
        }
        text.push_str("println!(\"{:?}\", net.predict(&x[0]));\n");
        text.push_str("println!(\"{:e}\", net.cost(&x, &y));\n");
        text.push_str("println!(\"{:?}\", net.gradients(&x, &y));\n");
        text
    }

    /// A Python program that predicts with NumPy, in the type of the problem and in float64; the
    /// comment says what the tested implementation gave.
    pub fn to_numpy(&self) -> String {
        let kind = if T::NAME == "f32" { "float32" } else { "float64" };
        let mut text = format!("# {}\nimport numpy as np\n\n", self.disagreement);
        let problem = &self.problem;
        text.push_str("layers = [\n");
        for layer in &problem.layers {
            let (w, b) = (rows(&layer.w, layer.inputs), wide(&layer.b));
            let _ = writeln!(text, "    ({w:?}, {b:?}, {}),", numpy(layer.activation));
        }
        let _ = writeln!(text, "]\nx = {:?}", rows(&problem.x, problem.inputs()));
        let _ = writeln!(text, "y = {:?}  # loss: {}", rows(&problem.y, problem.targets()), {
            problem.loss.name()
        });
        let _ = write!(
            text,
            "\nfor kind in (np.{kind}, np.float64):\n    a = np.array(x, kind)\n    \
             for w, b, g in layers:\n        a = g(a @ np.array(w, kind).T + np.array(b, kind))\n    \
             print(kind.__name__, a)\n"
        );
        text
    }
}

fn wide<T: Scalar>(values: &[T]) -> Vec<f64> {
    values.iter().map(|v| v.to_f64()).collect()
}

fn rows<T: Scalar>(values: &[T], n: usize) -> Vec<Vec<f64>> {
    values.chunks(n).map(wide).collect()
}

/// g of NumPy's arrays.
fn numpy(g: Activation) -> String {
    let body = match g {
        Activation::Identity => "z".to_owned(),
        Activation::Sigmoid => "1 / (1 + np.exp(-z))".to_owned(),
        Activation::Tanh => "np.tanh(z)".to_owned(),
        Activation::Relu => "np.maximum(z, 0)".to_owned(),
        Activation::LeakyRelu { slope } => format!("np.where(z >= 0, z, {slope:?} * z)"),
        Activation::Elu { alpha } => {
            format!("np.where(z >= 0, z, {alpha:?} * np.expm1(np.minimum(z, 0)))")
        }
        Activation::Softplus => "np.logaddexp(z, 0)".to_owned(),
        Activation::Silu => "z / (1 + np.exp(-z))".to_owned(),
        Activation::Gelu => {
            "z * np.vectorize(__import__('math').erfc)(-z / 2**0.5).astype(z.dtype) / 2".to_owned()
        }
        Activation::GeluTanh => {
            "z * (1 + np.tanh((2 / np.pi) ** 0.5 * (z + 0.044715 * z**3))) / 2".to_owned()
        }
        Activation::Sin => "np.sin(z)".to_owned(),
        Activation::Softmax => {
            "(e := np.exp(z - z.max(1, keepdims=True))) / e.sum(1, keepdims=True)".to_owned()
        }
        // The exponential.
        _ => "np.exp(z)".to_owned(),
    };
    format!("lambda z: {body}")
}
