//! The program and models of other programs: PyTorch's networks come in, models go out as ONNX.

#[path = "common/place.rs"]
mod place;

use std::path::Path;

use place::Place;
use shallownet::Standardization;
use shallownet::io::model::{self, Model};
use shallownet::io::onnx;
use shallownet::pipeline::{Column, Missing};
use shallownet::{Activation, Init, Network};

fn fixture(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    folder.join(format!("pytorch_{name}.safetensors")).display().to_string()
}

#[test]
fn a_network_of_pytorch_predicts_what_pytorch_does() {
    let text = std::fs::read_to_string(fixture("").replace("_.safetensors", ".json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let place = Place::new();
    let rows: Vec<String> = json["cases"]["f32"]["x"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row.to_string().trim_matches(['[', ']']).to_owned())
        .collect();
    place.file("d.csv", format!("a,b,c\n{}\n", rows.join("\n")));
    let names = "--classes no,yes --features a,b,c --out m.safetensors";
    let file = fixture("f32");
    let (said, notes) = place.done(&format!("import {file} --activation tanh,softmax {names}"));
    assert!(said.starts_with("3-5-2 (tanh, softmax), 32 parameters, f32, "), "{said}");
    assert!(said.ends_with("\n\nm.safetensors\n"), "{said}");
    assert!(notes.is_empty());
    let csv = place.done("predict --model m.safetensors --data d.csv --proba").0;
    let mut lines = csv.lines();
    assert_eq!(lines.next(), Some("prediction,probability,probability_no,probability_yes"));
    let expected = json["cases"]["f32"]["a"].as_array().unwrap();
    assert_eq!(lines.clone().count(), expected.len());
    for (line, a) in lines.zip(expected) {
        let cells: Vec<&str> = line.split(',').collect();
        let [no, yes] = [0, 1].map(|k| a[k].as_f64().unwrap());
        assert_eq!(cells[0], if yes > no { "yes" } else { "no" });
        for (cell, a) in [(cells[2], no), (cells[3], yes)] {
            assert!((cell.parse::<f64>().unwrap() - a).abs() < 1e-6, "{line}: {a}");
        }
    }

    // Of f64 where the file is; a Linear's name and its prefix; without biases.
    let file = fixture("f64");
    let layers = "--activation relu,leaky_relu,sigmoid --layers 0,2,4 --out w.safetensors";
    let (said, _) = place.done(&format!("import {file} {layers}"));
    assert!(
        said.starts_with("4-6-3-1 (relu, leaky_relu, sigmoid), 55 parameters, f64, "),
        "{said}"
    );
    let file = fixture("prefixes");
    let actor = "--activation tanh,identity --prefix actor. --without-biases --out a.safetensors";
    let (said, _) = place.done(&format!("import {file} {actor}"));
    assert!(said.starts_with("2-3-1 (tanh, identity), 13 parameters, f32, "), "{said}");
}

#[test]
fn what_can_not_be_imported_is_refused_with_the_option_that_helps() {
    let place = Place::new();
    let (f32, f64, both) = (fixture("f32"), fixture("f64"), fixture("prefixes"));
    place.file("t.csv", "a,b\n1,2\n");
    std::fs::create_dir(place.path("folder")).unwrap();
    let refused = [
        (2, format!("import {f32} --activation tanh --out m"), "--activation names 1 activations"),
        (2, format!("import {f32} --activation softmax,tanh --out m"), "softmax"),
        (
            2,
            format!("import {f32} --activation maxout,tanh --out m"),
            "expected one of tanh, sigmoid",
        ),
        (2, format!("import {f32} --activation tanh,tanh --layers 0,1 --out m"), "weights of 0, 2"),
        (2, format!("import {f32} --activation tanh --layers 0 --out m"), "that --layers names"),
        (2, format!("import {f64} --activation tanh --out m"), "it has 3 layers"),
        (2, format!("import {both} --activation tanh --out m"), "expected one of them as --prefix"),
        (
            2,
            format!("import {both} --activation tanh,tanh --prefix actor. --out m"),
            "--without-biases takes it",
        ),
        (
            2,
            format!("import {f32} --activation tanh,softmax --classes a,b,c --out m"),
            "m: 3 class names: expected 2",
        ),
        (
            2,
            format!("import {f32} --activation tanh,softmax --features a --out m"),
            "m: 1 feature names: expected 3",
        ),
        (2, "import t.csv --activation tanh --out m".to_owned(), "t.csv: not a model"),
        (2, "import none --activation tanh --out m".to_owned(), "none: No such file"),
        (1, format!("import {f32} --activation tanh,softmax --out folder"), "folder: could not be"),
        (2, format!("import {f32} --out m"), "--activation"),
    ];
    for (code, arguments, expected) in refused {
        let line = place.refused(code, &arguments);
        assert!(line.contains(expected), "{arguments}: {line}");
    }
    assert!(!place.path("m").exists());
    // The state_dict itself is not overwritten.
    std::fs::copy(&f32, place.path("n")).unwrap();
    let line = place.refused(2, "import n --activation tanh,softmax --out ./n");
    assert_eq!(line, "--out ./n is the file that is read");
    assert_eq!(place.read("n"), std::fs::read(&f32).unwrap());
}

#[test]
fn a_model_is_exported_with_its_pipeline() {
    let network = Network::<f32>::builder(5)
        .layer(4, Activation::Tanh)
        .layer(1, Activation::Sigmoid)
        .init(Init::XavierNormal, 1)
        .build()
        .unwrap();
    let mut model = Model::new(network);
    model.classes = ["no", "yes"].map(str::to_owned).to_vec();
    model.pipeline.columns = vec![
        Column::Number { missing: Missing::Filled { with: 40.0, has_input: true } },
        Column::Category {
            categories: ["Oslo", "Paris", "Rome"].map(str::to_owned).to_vec(),
            rare: Vec::new(),
            missing: Missing::Refused,
        },
    ];
    let (means, stds) = (vec![40.0, 0.0, 0.0, 0.0, 0.0], vec![10.0, 1.0, 1.0, 1.0, 1.0]);
    model.pipeline.standardization = Some(Standardization { means, stds });
    let place = Place::new();
    model::save(&place.path("m.safetensors"), &model).unwrap();
    let (said, notes) = place.done("export --onnx m.onnx --model m.safetensors");
    assert_eq!(place.read("m.onnx"), onnx::encode_model(&model).unwrap());
    let expected = "input x: float64 (batch, 2), rows as the model's data has them, NaN where a value \
                    is missing\n";
    assert!(said.starts_with(expected), "{said}");
    assert!(said.contains("1 column is of texts") && said.ends_with("\n\nm.onnx\n"), "{said}");
    assert!(notes.is_empty());

    let line = place.refused(2, "export --onnx n.onnx --model m.onnx");
    assert!(line.starts_with("m.onnx: not a model"), "{line}");
    std::fs::create_dir(place.path("folder")).unwrap();
    let line = place.refused(1, "export --onnx folder --model m.safetensors");
    assert!(line.starts_with("folder: could not be written"), "{line}");
    let line = place.refused(2, "export --model m.safetensors");
    assert!(line.contains("--onnx"), "{line}");
}
