//! Promise: Python reads our models and arrays, and predicts the same with them.
//!
//! Needs a Python with safetensors and numpy, named by `SHALLOWNET_PYTHON`; without it nothing is
//! tested, and said so.

mod common;

use std::path::Path;
use std::process::Command;

use common::bounds::Rounding;
use common::cases::nested;
use common::compare::within;
use common::expected::Expected;
use shallownet::Standardization;
use shallownet::io::model::{self, Model};
use shallownet::io::population::{self, Ensemble};
use shallownet::io::{InputKind, Inputs, npy};
use shallownet::{
    Activation, Columns, Init, Network, Population, PredictionWorkspace, Scalar, reference,
};

/// What Python predicts with a file for the samples of another.
fn predicted(python: &std::ffi::OsStr, files: [&Path; 2]) -> Vec<Vec<f64>> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tools/read_model.py");
    let output = Command::new(python).arg(script).args(files).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Shapes and values of an ensemble's file as `safetensors` gives them, and the mean of its
/// networks' predictions.
fn reads_ensembles<T: Scalar>(python: &std::ffi::OsStr) {
    const SHOW: &str = "import json, sys\n\
        from safetensors.numpy import load_file\n\
        tensors = load_file(sys.argv[1])\n\
        print(json.dumps({n: [t.shape, t.ravel().tolist()] for n, t in tensors.items()}))";
    let folder = tempfile::tempdir().unwrap();
    let (file, data) = (folder.path().join("e.safetensors"), folder.path().join("x.npy"));
    let builder = Network::<T>::builder(3).layer(5, Activation::Tanh).layer(2, Activation::Softmax);
    let ensemble = Ensemble::new(Population::from_seeds(&builder, 0..20).unwrap());
    population::save(&file, &ensemble).unwrap();
    let output = Command::new(python).args(["-c", SHOW]).arg(&file).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let tensors: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let networks: Vec<Network<T>> =
        (0..20).map(|member| ensemble.population.get(member).unwrap()).collect();
    for (l, layer) in ensemble.population.layers().iter().enumerate() {
        let of = |f: &dyn Fn(&Network<T>) -> Vec<T>| -> Vec<f64> {
            networks.iter().flat_map(f).map(|v| v.to_f64()).collect()
        };
        let expected = serde_json::json!([
            [20, layer.units, layer.inputs],
            of(&|net| net.weights(l).unwrap())
        ]);
        assert_eq!(tensors[format!("layers.{l}.weight")], expected);
        let expected =
            serde_json::json!([[20, layer.units], of(&|net| net.bias(l).unwrap().to_vec())]);
        assert_eq!(tensors[format!("layers.{l}.bias")], expected);
    }

    let x: Vec<f64> = (0..30).map(|i| f64::from(i * i % 23) / 8.0 - 1.0).collect();
    npy::save(&data, Columns::new(&x, 3).unwrap()).unwrap();
    let x: Vec<T> = x.iter().map(|&v| T::from_f64(v)).collect();
    let mut means = [0.0; 20];
    for net in &networks {
        let mut a = [T::ZERO; 20];
        let mut workspace = PredictionWorkspace::new(net, 10).unwrap();
        net.predict(Columns::new(&x, 3).unwrap(), &mut a, &mut workspace).unwrap();
        means.iter_mut().zip(a).for_each(|(mean, a)| *mean += a.to_f64() / 20.0);
    }
    let a = predicted(python, [&file, &data]).concat();
    assert_eq!(a.len(), means.len());
    assert!(a.iter().zip(&means).all(|(a, mean)| (a - mean).abs() < 1e-6), "{a:?} {means:?}");
}

fn agrees<T: Scalar>(python: &std::ffi::OsStr) {
    let folder = tempfile::tempdir().unwrap();
    let (model_file, data) = (folder.path().join("m.safetensors"), folder.path().join("x.npy"));
    let network = Network::<T>::builder(3)
        .layer(5, Activation::LeakyRelu { slope: 0.2 })
        .layer(4, Activation::Tanh)
        .layer(3, Activation::Softmax)
        .init(Init::XavierNormal, 4)
        .build()
        .unwrap();
    // Powers of two: standardized without rounding, so that all see the same inputs.
    let standardization =
        Standardization { means: vec![1.0, -2.0, 0.0], stds: vec![2.0, 0.5, 1.0] };
    let mut x: Vec<f64> = (0..30).map(|i| f64::from(i * i % 23) / 8.0 - 1.0).collect();
    npy::save(&data, Columns::new(&x, 3).unwrap()).unwrap();
    let oracle = reference::Network::from(&network);
    let inputs = Inputs::of(InputKind::Whole, &[0.0, 4.0], 4.0);
    let mut saved = Model::new(network);
    saved.pipeline.inputs = inputs;
    saved.pipeline.standardization = Some(standardization.clone());
    // Turned back without rounding: f64 has no digits left for a mean.
    let means = if T::NAME == "f32" { vec![1.0, -2.0, 0.5] } else { vec![0.0; 3] };
    let of_targets = Standardization { means, stds: vec![4.0, 0.5, 2.0] };
    saved.pipeline.targets.standardization = Some(of_targets.clone());
    model::save(&model_file, &saved).unwrap();

    let mut a: Vec<Vec<f64>> = predicted(python, [&model_file, &data]);
    a.iter_mut().for_each(|a| of_targets.apply(a));

    inputs.unwrap().apply(&mut x);
    standardization.apply(&mut x);
    let (x, y) = (nested(&x, 3), vec![vec![1.0, 0.0, 0.0]; 10]);
    let expected = Expected::of(Rounding::of::<T>(), &oracle, &x, &y).predictions;
    assert_eq!(a.len(), expected.len());
    for (expected, a) in expected.iter().zip(&a) {
        within("Python's prediction", expected, a).unwrap();
    }
}

#[test]
fn python_predicts_the_same_from_our_files() {
    let Some(python) = std::env::var_os("SHALLOWNET_PYTHON").filter(|path| !path.is_empty()) else {
        eprintln!("SHALLOWNET_PYTHON names no Python with safetensors and numpy: not tested");
        return;
    };
    agrees::<f32>(&python);
    agrees::<f64>(&python);
    reads_ensembles::<f32>(&python);
    reads_ensembles::<f64>(&python);
}
