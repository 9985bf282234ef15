//! Promise: an exported network is valid ONNX, and onnxruntime computes what we predict: from the
//! network's inputs, or of a model from raw rows, with missing values, categories and targets.
//!
//! Needs a Python with onnx, onnxruntime and numpy, named by `SHALLOWNET_PYTHON`; without it the
//! networks are exported and not checked. How they are compared: tools/check_onnx.py.

use std::path::Path;
use std::process::Command;

use shallownet::Standardization;
use shallownet::io::model::Model;
use shallownet::io::onnx;
use shallownet::pipeline::{Column, InputKind, Inputs, Missing, Pipeline, TargetTransform};
use shallownet::{Activation, Columns, Init, Loss, Network, PredictionWorkspace, Scalar};

const SAMPLES: usize = 33;

fn network<T: Scalar>(n_x: usize, layers: &[(usize, Activation)]) -> Network<T> {
    let mut builder = Network::<T>::builder(n_x).init(Init::XavierNormal, 3);
    for &(units, activation) in layers {
        builder = builder.layer(units, activation);
    }
    let mut net = builder.build().unwrap();
    for (l, layer) in layers.iter().enumerate() {
        let bias: Vec<T> = (0..layer.0).map(|j| T::from_f64((j as f64).sin() / 4.0)).collect();
        net.set_bias(l, &bias).unwrap();
    }
    net
}

fn export<T: Scalar>(
    folder: &Path,
    name: &str,
    n_x: usize,
    layers: &[(usize, Activation)],
    (standardization, of_targets): (Option<&Standardization>, Option<&Standardization>),
) {
    let net = network::<T>(n_x, layers);
    let value = |i: usize| T::from_f64(3.0 * ((i * i) as f64 * 0.7).sin());
    let x: Vec<T> = (0..SAMPLES * n_x).map(value).collect();
    let mut standardized: Vec<f64> = x.iter().map(|v| v.to_f64()).collect();
    if let Some(standardization) = standardization {
        standardization.apply(&mut standardized);
    }
    let standardized: Vec<T> = standardized.into_iter().map(T::from_f64).collect();
    let mut a = vec![T::ZERO; SAMPLES * net.outputs()];
    let mut workspace = PredictionWorkspace::new(&net, SAMPLES).unwrap();
    net.predict(Columns::new(&standardized, n_x).unwrap(), &mut a, &mut workspace).unwrap();

    if let Some(of_targets) = of_targets {
        let mut values: Vec<f64> = a.iter().map(|v| v.to_f64()).collect();
        of_targets.undo(&mut values);
        a = values.into_iter().map(T::from_f64).collect();
    }

    let path = folder.join(format!("{name}.onnx"));
    onnx::save(&path, &net, standardization, of_targets).unwrap();
    let rows = |v: &[T], n: usize| -> Vec<Vec<f64>> {
        v.chunks(n).map(|row| row.iter().map(|v| v.to_f64()).collect()).collect()
    };
    let case = serde_json::json!({ "x": rows(&x, n_x), "a": rows(&a, net.outputs()) });
    std::fs::write(folder.join(format!("{name}.json")), case.to_string()).unwrap();
}

fn export_all<T: Scalar>(folder: &Path) {
    use Activation::{Identity, Relu, Sigmoid, Softmax, Tanh};
    let name = |what: &str| format!("{what}_{}", T::NAME);
    let far = Standardization { means: vec![1e6, -0.3, 0.0], stds: vec![1e6, 0.01, 2.5] };
    export::<T>(folder, &name("planar"), 2, &[(4, Tanh), (1, Sigmoid)], (None, None));
    export::<T>(folder, &name("digits"), 64, &[(32, Relu), (10, Softmax)], (None, None));
    export::<T>(folder, &name("deep"), 5, &[(7, Sigmoid), (6, Tanh), (3, Identity)], (None, None));
    let leaky = Activation::LeakyRelu { slope: 0.2 };
    export::<T>(folder, &name("leaky"), 3, &[(9, leaky), (2, leaky)], (None, None));
    use Activation::{Exp, Gelu, GeluTanh, Silu, Sin, Softplus};
    let elu = Activation::Elu { alpha: 0.7 };
    let curves = [(9, Silu), (8, GeluTanh), (7, Sin), (6, Softplus), (5, elu), (2, Exp)];
    export::<T>(folder, &name("curves"), 3, &curves, (None, None));
    if T::NAME == "f32" {
        // onnxruntime has no Erf for f64.
        export::<T>(folder, &name("gelu"), 3, &[(9, Gelu), (2, Gelu)], (None, None));
    }
    export::<T>(folder, &name("standardized"), 3, &[(8, Relu), (3, Softmax)], (Some(&far), None));
    // Prices: far from 0, and f32 would round them if it were not the last thing done.
    let prices = Standardization { means: vec![2.5e5, -7.0], stds: vec![8e4, 0.03] };
    let layers = [(8, Tanh), (2, Identity)];
    export::<T>(folder, &name("values"), 3, &layers, (Some(&far), Some(&prices)));
}

/// A model and its predictions of raw rows, by its own predictor.
fn export_model<T: Scalar>(folder: &Path, name: &str, model: &Model<T>, raw: &[f64]) {
    let width = model.pipeline.raw_columns(model.network.inputs());
    let samples = raw.len() / width;
    let mut predictor = model.predictor(samples).unwrap();
    let a = predictor.predict(raw).unwrap().values();
    let name = format!("model_{name}_{}", T::NAME);
    let path = folder.join(format!("{name}.onnx"));
    onnx::save_model(&path, model).unwrap();
    // NaN becomes null, which Python's reader makes NaN again.
    let rows = |v: &[f64], n: usize| v.chunks(n).map(<[f64]>::to_vec).collect::<Vec<_>>();
    let categories = |column: &Column| column.texts().map(str::to_owned).collect::<Vec<_>>();
    let case = serde_json::json!({
        "x": rows(raw, width),
        "a": rows(a.as_slice(), a.features()),
        "features": model.pipeline.features,
        "classes": model.classes,
        "texts": model.pipeline.columns.iter().map(categories).collect::<Vec<_>>(),
    });
    std::fs::write(folder.join(format!("{name}.json")), case.to_string()).unwrap();
}

fn category(categories: &[&str], rare: &[&str], missing: Missing) -> Column {
    let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
    Column::Category { categories: owned(categories), rare: owned(rare), missing }
}

/// Numbers and texts, present, missing, unknown: every way in which a column becomes inputs.
fn table() -> Vec<Column> {
    let filled = |with, has_input| Missing::Filled { with, has_input };
    vec![
        Column::Number { missing: Missing::Refused },
        Column::Number { missing: filled(0.375, true) },
        category(&["Oslo", "Paris", "Rome"], &["Bern", "Riga"], filled(1.0, true)),
        category(&["no", "yes"], &[], filled(1.0, false)),
        Column::Number { missing: filled(-2.0, false) },
        category(&["red", "green", "blue"], &[], Missing::Refused),
        category(&["one"], &["two"], filled(1.0, true)),
    ]
}

/// Rows of such columns: all codes, each with each of some other columns'.
fn rows(columns: &[Column]) -> Vec<f64> {
    let mut raw = Vec::new();
    for i in 0..60 {
        for (k, column) in columns.iter().enumerate() {
            let is_filled = matches!(column.missing(), Missing::Filled { .. });
            let texts = column.texts().count() as i64;
            raw.push(match column {
                _ if is_filled && (i + k) % 4 == 0 => f64::NAN,
                Column::Number { .. } => 4.0 * ((i * i + 3 * k) as f64 * 0.7).sin(),
                // -1 and every code.
                _ => ((i + i / 7) as i64 % (texts + 1) - 1) as f64,
            });
        }
    }
    raw
}

fn export_models<T: Scalar>(folder: &Path) {
    use Activation::{Identity, Relu, Softmax, Tanh};
    let classes = |n: usize| (0..n).map(|k| format!("class {k}")).collect::<Vec<_>>();
    let numbers = |n: usize| -> Vec<f64> {
        (0..33 * n).map(|i| 3.0 * ((i * i) as f64 * 0.7).sin()).collect()
    };
    let mut plain = Model::new(network::<T>(4, &[(8, Tanh), (3, Softmax)]));
    plain.classes = classes(3);
    export_model(folder, "plain", &plain, &numbers(4));

    // Brightness, far from what the network takes.
    let mut bytes = Model::new(network::<T>(3, &[(8, Relu), (3, Softmax)]));
    let pixels: Vec<f64> = (0..33 * 3).map(|i| f64::from(i * i % 256)).collect();
    bytes.pipeline.inputs = Inputs::of(InputKind::Bytes, &pixels, 255.0);
    let standardization = Standardization { means: vec![0.5, 0.1, 0.2], stds: vec![0.3, 0.4, 0.1] };
    bytes.pipeline.standardization = Some(standardization);
    bytes.pipeline.clip = Some(1.5);
    export_model(folder, "bytes", &bytes, &pixels);

    // Means and logarithms of variances, of standardized targets.
    let builder = Network::builder(2).layer(5, Tanh).layer(4, Identity).loss(Loss::GaussianNll);
    let mut variances = Model::new(builder.init(Init::XavierNormal, 4).build().unwrap());
    let of_targets = Standardization { means: vec![20.0, -3.0], stds: vec![8.0, 0.25] };
    variances.pipeline.targets.standardization = Some(of_targets);
    export_model::<T>(folder, "variances", &variances, &numbers(2));

    // Prices whose logarithms were learned, from numbers and texts.
    let columns = table();
    let n_x: usize = columns.iter().map(Column::inputs).sum();
    let raw = rows(&columns);
    let mut table = Model::new(network::<T>(n_x, &[(8, Tanh), (2, Identity)]));
    let standardization = Standardization {
        means: (0..n_x).map(|k| 0.1 * k as f64 - 0.5).collect(),
        stds: (0..n_x).map(|k| 0.5 + 0.1 * k as f64).collect(),
    };
    let of_logs = Standardization { means: vec![11.0, -2.0], stds: vec![0.5, 0.25] };
    table.pipeline = Pipeline {
        features: Some((0..columns.len()).map(|k| format!("column {k}")).collect()),
        inputs: Inputs::of(InputKind::Real, &[-4.0, 4.0], 8.0),
        columns: columns.clone(),
        standardization: Some(standardization),
        clip: Some(2.0),
        targets: TargetTransform { log: true, standardization: Some(of_logs) },
    };
    export_model(folder, "table", &table, &raw);
    // And the logarithms alone; columns of one kind alone.
    table.pipeline.targets.standardization = None;
    (table.pipeline.standardization, table.pipeline.clip) = (None, None);
    export_model(folder, "logarithms", &table, &raw);
    for (k, column) in columns.into_iter().enumerate() {
        let n_x = column.inputs();
        let mut model = Model::new(network::<T>(n_x, &[(3, Tanh), (2, Softmax)]));
        model.pipeline.columns = vec![column];
        model.classes = classes(2);
        let raw = rows(&model.pipeline.columns);
        export_model(folder, &format!("column_{k}"), &model, &raw);
    }
}

#[test]
fn onnxruntime_computes_what_we_predict() {
    let folder = tempfile::tempdir().unwrap();
    export_all::<f32>(folder.path());
    export_all::<f64>(folder.path());
    export_models::<f32>(folder.path());
    export_models::<f64>(folder.path());
    let Some(python) = std::env::var_os("SHALLOWNET_PYTHON").filter(|path| !path.is_empty()) else {
        eprintln!("SHALLOWNET_PYTHON names no Python with onnxruntime: exported, not checked");
        return;
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tools/check_onnx.py");
    let output = Command::new(python).arg(script).arg(folder.path()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    println!("{said}");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(said.matches("within the bound").count(), 15 + 24);
}

#[test]
fn standardizations_of_other_samples_are_refused() {
    let net = Network::<f32>::builder(2).layer(1, Activation::Tanh).build().unwrap();
    let odd = Standardization { means: vec![0.0; 2], stds: vec![1.0; 3] };
    let refused = onnx::encode(&net, Some(&odd), None).unwrap_err().to_string();
    assert_eq!(refused, "3 standard deviations: expected 2");
    let refused = onnx::encode(&net, None, Some(&odd)).unwrap_err().to_string();
    assert_eq!(refused, "2 means: expected 1");
    let flat = Standardization { means: vec![0.0], stds: vec![0.0] };
    let refused = onnx::encode(&net, None, Some(&flat));
    assert!(matches!(refused, Err(onnx::Problem::Standardization)));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("net.onnx");
    let refused = onnx::save(&path, &net, Some(&odd), None).unwrap_err().to_string();
    assert!(refused.contains("net.onnx: 3 standard deviations") && !path.exists());
}

#[test]
fn models_that_do_not_fit_are_refused_and_names_are_kept() {
    let mut model = Model::new(network::<f32>(2, &[(2, Activation::Softmax)]));
    model.classes = vec!["lily".to_owned(), "Zoë \"🌷\"".to_owned()];
    let bytes = onnx::encode_model(&model).unwrap();
    assert_eq!(bytes, onnx::encode_model(&model).unwrap());
    let names = r#""classes":["lily","Zoë \"🌷\""]"#.as_bytes();
    assert!(bytes.windows(names.len()).any(|part| part == names));

    model.classes.pop();
    let refused = onnx::encode_model(&model).unwrap_err().to_string();
    assert_eq!(refused, "1 class names: expected 2");
    model.classes.clear();
    model.pipeline.clip = Some(f64::NAN);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("net.onnx");
    let refused = onnx::save_model(&path, &model).unwrap_err().to_string();
    assert!(refused.contains("net.onnx: inputs are clipped at NaN") && !path.exists(), "{refused}");
}
