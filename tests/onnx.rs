//! Promise: an exported network is valid ONNX, and onnxruntime computes what we predict.
//!
//! Needs a Python with onnx, onnxruntime and numpy, named by `SHALLOWNET_PYTHON`; without it the
//! networks are exported and not checked. How they are compared: tools/check_onnx.py.

use std::path::Path;
use std::process::Command;

use shallownet::Standardization;
use shallownet::io::onnx;
use shallownet::{Activation, Columns, Init, Network, PredictionWorkspace, Scalar};

const SAMPLES: usize = 33;

fn export<T: Scalar>(
    folder: &Path,
    name: &str,
    n_x: usize,
    layers: &[(usize, Activation)],
    (standardization, of_targets): (Option<&Standardization>, Option<&Standardization>),
) {
    let mut builder = Network::<T>::builder(n_x).init(Init::XavierNormal, 3);
    for &(units, activation) in layers {
        builder = builder.layer(units, activation);
    }
    let mut net = builder.build().unwrap();
    for (l, layer) in layers.iter().enumerate() {
        let bias: Vec<T> = (0..layer.0).map(|j| T::from_f64((j as f64).sin() / 4.0)).collect();
        net.set_bias(l, &bias).unwrap();
    }
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
    export::<T>(folder, &name("standardized"), 3, &[(8, Relu), (3, Softmax)], (Some(&far), None));
    // Prices: far from 0, and f32 would round them if it were not the last thing done.
    let prices = Standardization { means: vec![2.5e5, -7.0], stds: vec![8e4, 0.03] };
    let layers = [(8, Tanh), (2, Identity)];
    export::<T>(folder, &name("values"), 3, &layers, (Some(&far), Some(&prices)));
}

#[test]
fn onnxruntime_computes_what_we_predict() {
    let folder = tempfile::tempdir().unwrap();
    export_all::<f32>(folder.path());
    export_all::<f64>(folder.path());
    let Some(python) = std::env::var_os("SHALLOWNET_PYTHON").filter(|path| !path.is_empty()) else {
        eprintln!("SHALLOWNET_PYTHON names no Python with onnxruntime: exported, not checked");
        return;
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tools/check_onnx.py");
    let output = Command::new(python).arg(script).arg(folder.path()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    println!("{said}");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(said.matches("within the bound").count(), 12);
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
