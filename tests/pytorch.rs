//! Promise: networks saved by PyTorch load, and predict what PyTorch does.
//!
//! The fixtures are PyTorch's own (tools/pytorch_fixture.py). Both programs are judged by the
//! reference's predictions from the same weights, within docs/bounds.md: PyTorch's outputs
//! as f64 arithmetic, ours as that of the element type.

mod common;

use std::path::{Path, PathBuf};

use common::bounds::Rounding;
use common::cases::nested;
use common::compare::within;
use common::expected::Expected;
use safetensors::SafeTensors;
use safetensors::tensor::{TensorView, serialize};
use shallownet::io::model::Problem;
use shallownet::io::pytorch::{self, Loader};
use shallownet::{Activation, Columns, Network, PredictionWorkspace, Scalar, reference};

struct Fixture {
    activations: Vec<Activation>,
    x: Vec<Vec<f64>>,
    a: Vec<Vec<f64>>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

fn path(name: &str) -> PathBuf {
    folder().join(format!("pytorch_{name}.safetensors"))
}

fn fixture(name: &str) -> Fixture {
    let text = std::fs::read_to_string(folder().join("pytorch.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let case = &json["cases"][name];
    let rows = |value: &serde_json::Value| -> Vec<Vec<f64>> {
        let row = |row: &serde_json::Value| {
            row.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
        };
        value.as_array().unwrap().iter().map(row).collect()
    };
    let names = case["activations"].as_array().unwrap().iter();
    let activations = names.map(|g| Activation::from_name(g.as_str().unwrap()).unwrap()).collect();
    Fixture { activations, x: rows(&case["x"]), a: rows(&case["a"]) }
}

fn agrees<T: Scalar>(name: &str, net: &Network<T>, fixture: &Fixture) {
    let x: Vec<T> = fixture.x.concat().into_iter().map(T::from_f64).collect();
    let mut a = vec![T::ZERO; fixture.x.len() * net.outputs()];
    let mut workspace = PredictionWorkspace::new(net, fixture.x.len()).unwrap();
    net.predict(Columns::new(&x, net.inputs()).unwrap(), &mut a, &mut workspace).unwrap();

    let oracle = reference::Network::from(net);
    let y = vec![one_hot(net.outputs()); fixture.x.len()];
    let of_torch = Expected::of(Rounding::of::<f64>(), &oracle, &fixture.x, &y).predictions;
    let of_ours = Expected::of(Rounding::of::<T>(), &oracle, &fixture.x, &y).predictions;
    let given = nested(&a, net.outputs());
    for (i, ((torch, ours), a)) in of_torch.iter().zip(&of_ours).zip(&given).enumerate() {
        within(&format!("{name}, PyTorch, sample {i}"), torch, &fixture.a[i]).unwrap();
        within(&format!("{name}, ours, sample {i}"), ours, a).unwrap();
    }
}

fn one_hot(n: usize) -> Vec<f64> {
    let mut y = vec![0.0; n];
    y[0] = 1.0;
    y
}

#[test]
fn every_element_type_predicts_as_pytorch_does() {
    for name in ["f32", "f64", "f16", "bf16"] {
        let fixture = fixture(name);
        let net = pytorch::load::<f64>(&path(name), &fixture.activations).unwrap();
        agrees(name, &net, &fixture);
        match pytorch::load::<f32>(&path(name), &fixture.activations) {
            Ok(net) => agrees(name, &net, &fixture),
            Err(error) => {
                assert_eq!(name, "f64");
                assert!(error.to_string().contains("is of type F64: expected F16, BF16 or F32"));
            }
        }
    }
}

#[test]
fn one_of_several_networks_is_chosen_by_its_prefix() {
    let (path, fixture) = (path("prefixes"), fixture("prefixes"));
    let loader = Loader::new(&fixture.activations);
    let net = loader.under("actor.").without_biases().load::<f32>(&path).unwrap();
    assert_eq!(net.bias(0).unwrap(), [0.0; 3]);
    agrees("prefixes", &net, &fixture);
    let critic = Loader::new(&[Activation::Identity]).under("critic.").load::<f32>(&path).unwrap();
    assert_eq!((critic.inputs(), critic.outputs()), (2, 1));

    let message = pytorch::load::<f32>(&path, &fixture.activations).unwrap_err().to_string();
    assert!(message.ends_with(
        r#"layers under several prefixes: "actor.", "critic.": expected one, or one to be named"#
    ));
    let bytes = std::fs::read(&path).unwrap();
    let none = loader.under("policy.").decode::<f32>(&bytes);
    assert!(matches!(none, Err(Problem::NoLinear(prefix)) if prefix == "policy."));
}

/// A file with the tensors of a fixture under other names.
fn renamed(name: &str, names: &[(&str, &str)]) -> Vec<u8> {
    let bytes = std::fs::read(path(name)).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let renamed = tensors.iter().map(|(name, tensor)| {
        let (layer, kind) = name.rsplit_once('.').unwrap();
        let (_, new) = names.iter().find(|(old, _)| *old == layer).unwrap();
        (format!("{new}.{kind}"), tensor)
    });
    serialize(renamed.collect::<Vec<(String, TensorView<'_>)>>(), None).unwrap()
}

fn parameters(net: &Network<f64>) -> Vec<f64> {
    (0..net.layers().len())
        .flat_map(|l| [net.weights(l).unwrap().to_vec(), net.bias(l).unwrap().to_vec()].concat())
        .collect()
}

#[test]
fn layers_with_names_are_taken_in_the_order_that_is_given() {
    let fixture = fixture("f64");
    let expected = pytorch::load::<f64>(&path("f64"), &fixture.activations).unwrap();
    let loader = Loader::new(&fixture.activations);
    // Neither the alphabet nor the numbers give the order.
    let file = renamed("f64", &[("0", "fc2"), ("2", "block.10"), ("4", "a_head")]);
    let named = loader.layers(&["fc2", "block.10", "a_head"]);
    let net = named.decode::<f64>(&file).unwrap();
    assert_eq!(parameters(&net), parameters(&expected));
    agrees("named", &net, &fixture);
    // Behind a prefix, too, and an nn.Sequential's numbers are names like others.
    let file = renamed("f64", &[("0", "net.fc2"), ("2", "net.block.10"), ("4", "net.a_head")]);
    let net = named.under("net.").decode::<f64>(&file).unwrap();
    assert_eq!(parameters(&net), parameters(&expected));
    let net = loader.layers(&["0", "2", "4"]).load::<f64>(&path("f64")).unwrap();
    assert_eq!(parameters(&net), parameters(&expected));
    let both = loader.under("actor.").without_biases();
    assert!(both.layers(&["0", "2"]).load::<f32>(&path("prefixes")).is_err());
    let tanh = Loader::new(&[Activation::Tanh, Activation::Identity]).under("actor.");
    tanh.without_biases().layers(&["0", "2"]).load::<f32>(&path("prefixes")).unwrap();
}

#[test]
fn layers_whose_names_do_not_fit_the_file_are_refused() {
    let file = renamed("f64", &[("0", "net.fc1"), ("2", "net.fc2"), ("4", "net.head")]);
    let refused = |prefix: &str, names: &[&str]| {
        let activations = vec![Activation::Tanh; names.len()];
        let loader = Loader::new(&activations).under(prefix).layers(names);
        loader.decode::<f64>(&file).unwrap_err().to_string()
    };
    let cases = [
        (
            "net.",
            &["fc1", "fc3", "head"][..],
            "no tensor is named \"net.fc3.weight\": there are weights of fc1, fc2, head",
        ),
        (
            "",
            &["fc1"],
            "no tensor is named \"fc1.weight\": there are weights of net.fc1, net.fc2, net.head",
        ),
        ("old.", &["fc1"], "no tensor is named \"old.fc1.weight\": there are weights of none"),
        (
            "net.",
            &["fc1", "head", "fc2"],
            "tensor \"net.head.weight\" has shape [1, 3]: expected (units, 6), as the layer before \
             has 6 units",
        ),
        ("net.", &[], "belongs to no layer: the network has 0 layers"),
    ];
    for (prefix, names, expected) in cases {
        let message = refused(prefix, names);
        assert!(message.contains(expected), "{message}\n  expected: {expected}");
    }
    let message = refused("net.", &["fc1", "fc2"]);
    assert!(message.starts_with("tensor \"net.head."), "{message}");
    assert!(message.ends_with("belongs to no layer: the network has 2 layers"), "{message}");
    // Of other networks in the file nothing is said: they lie beyond the prefix.
    let one = [Activation::Identity];
    let loader = Loader::new(&one).under("critic.").layers(&["0"]);
    assert_eq!(loader.load::<f32>(&path("prefixes")).unwrap().inputs(), 2);
    let loader = Loader::new(&one).layers(&["critic.0"]);
    let refused = loader.load::<f32>(&path("prefixes"));
    assert!(matches!(refused.unwrap_err().problem, Problem::Unexpected(name, 1) if
        name.starts_with("actor.")));
    let two = Loader::new(&one).layers(&["fc1", "fc2", "head"]).under("net.");
    assert_eq!(two.decode::<f64>(&file).unwrap_err().to_string(), "1 activations: expected 3");
}
