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
use shallownet::io::{InputKind, Inputs, npy};
use shallownet::{Activation, Columns, Init, Network, Scalar, reference};

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

    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tools/read_model.py");
    let output = Command::new(python).arg(script).args([&model_file, &data]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut a: Vec<Vec<f64>> = serde_json::from_slice(&output.stdout).unwrap();
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
}
