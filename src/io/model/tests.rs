use super::*;
use crate::data::pipeline::{Column, Missing, TargetTransform, Unsound};
use crate::data::standardization::Standardization;
use crate::{Activation, Init, Loss};

fn model() -> Model<f64> {
    let network = Network::builder(2)
        .layer(3, Activation::LeakyRelu { slope: 0.2 })
        .layer(1, Activation::Sigmoid)
        .init(Init::XavierNormal, 5)
        .build()
        .unwrap();
    Model {
        pipeline: Pipeline {
            features: Some(vec!["a \"quoted\" name".to_owned(), "naïve\n".to_owned()]),
            standardization: Some(Standardization {
                means: vec![0.1, -1e-300],
                stds: vec![1.0, 3.3],
            }),
            ..Pipeline::default()
        },
        classes: vec!["no".to_owned(), "yes".to_owned()],
        label: Some("answer".to_owned()),
        ..Model::new(network)
    }
}

/// A file with this header in place of the true one.
fn with_header(bytes: &[u8], edit: impl Fn(String) -> String) -> Vec<u8> {
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let header = edit(String::from_utf8(bytes[8..8 + length].to_vec()).unwrap());
    let mut edited = (header.len() as u64).to_le_bytes().to_vec();
    edited.extend(header.as_bytes());
    edited.extend(&bytes[8 + length..]);
    edited
}

fn refused(bytes: &[u8]) -> String {
    let message = decode_any(bytes).map(|_| ()).unwrap_err().to_string();
    assert!(!message.contains('\n'), "{message}");
    message
}

#[test]
fn a_model_comes_back_bit_for_bit() {
    let model = model();
    let bytes = encode(&model).unwrap();
    let loaded = decode::<f64>(&bytes).unwrap();
    for l in 0..2 {
        assert_eq!(loaded.network.weights(l).unwrap(), model.network.weights(l).unwrap());
        assert_eq!(loaded.network.bias(l).unwrap(), model.network.bias(l).unwrap());
    }
    assert_eq!(loaded.network.layers(), model.network.layers());
    assert_eq!(loaded.network.loss(), model.network.loss());
    assert_eq!(loaded.pipeline.features, model.pipeline.features);
    assert_eq!(loaded.pipeline.standardization, model.pipeline.standardization);
    assert_eq!((&loaded.classes, &loaded.label), (&model.classes, &model.label));
    assert_eq!(encode(&loaded).unwrap(), bytes);
    let refused = decode::<f32>(&bytes).unwrap_err().to_string();
    assert_eq!(refused, "tensor \"layers.0.weight\" is of type F64: expected F32");
}

/// Programs that know version 2 alone would feed the network with something else.
#[test]
fn columns_clips_and_logarithms_are_remembered_in_a_file_of_version_3() {
    let filled = |with| Missing::Filled { with, has_input: true };
    let network = Network::builder(6).layer(1, Activation::Identity).build().unwrap();
    let mut model = Model::<f32>::new(network);
    model.pipeline.columns = vec![
        Column::Number { missing: filled(0.1) },
        Column::Category {
            categories: vec!["naïve\n".to_owned(), String::new(), "c".to_owned()],
            rare: vec!["d".to_owned()],
            missing: Missing::Refused,
        },
    ];
    let files = [
        (Pipeline { ..model.pipeline.clone() }, true),
        (Pipeline { clip: Some(4.0), ..Pipeline::default() }, true),
        (
            Pipeline {
                targets: TargetTransform { log: true, standardization: None },
                ..Pipeline::default()
            },
            true,
        ),
        (Pipeline::default(), false),
    ];
    for (pipeline, is_of_version_3) in files {
        model.pipeline = pipeline.clone();
        let bytes = encode(&model).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        assert_eq!(text.contains(r#"\"version\":3"#), is_of_version_3, "{text}");
        let loaded = decode::<f32>(&bytes).unwrap();
        assert_eq!(loaded.pipeline, pipeline);
        assert_eq!(encode(&loaded).unwrap(), bytes);
    }
    model.pipeline.columns = vec![Column::Number { missing: filled(f64::NAN) }];
    let message = encode(&model).unwrap_err().to_string();
    assert_eq!(message, "column 1: what takes a missing number's place is not finite");
    model.pipeline.columns = vec![Column::Number { missing: Missing::Refused }];
    assert_eq!(encode(&model).unwrap_err().to_string(), "1 inputs of the columns: expected 6");
}

/// Programs that know version 1 alone would not turn predictions back: they must refuse the file.
#[test]
fn standardized_targets_are_remembered_in_a_file_of_version_2() {
    let version = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        [1, 2].map(|version| text.contains(&format!(r#"\"version\":{version}"#)))
    };
    let mut model = model();
    assert_eq!(version(&encode(&model).unwrap()), [true, false]);
    model.classes.clear();
    let prices = Standardization { means: vec![2.5e5], stds: vec![8e4] };
    model.pipeline.targets.standardization = Some(prices.clone());
    let bytes = encode(&model).unwrap();
    assert_eq!(version(&bytes), [false, true]);
    let loaded = decode::<f64>(&bytes).unwrap();
    assert_eq!(loaded.pipeline.targets.standardization, Some(prices));
    assert_eq!(encode(&loaded).unwrap(), bytes);

    model.pipeline.targets.standardization =
        Some(Standardization { means: vec![0.0], stds: vec![0.0] });
    assert!(matches!(encode(&model), Err(Problem::Pipeline(Unsound::Standardization))));
    model.pipeline.targets.standardization =
        Some(Standardization { means: vec![0.0; 2], stds: vec![1.0; 2] });
    assert_eq!(encode(&model).unwrap_err().to_string(), "2 means: expected 1");
    model.pipeline.targets.standardization =
        Some(Standardization { means: vec![0.0], stds: vec![1.0] });
    model.classes = vec!["no".to_owned(), "yes".to_owned()];
    assert!(matches!(encode(&model), Err(Problem::StandardizedClasses)));
}

#[test]
fn every_truncation_and_every_extension_is_refused() {
    let bytes = encode(&model()).unwrap();
    for length in 0..bytes.len() {
        refused(&bytes[..length]);
    }
    let longer = [&bytes[..], &[0]].concat();
    assert!(refused(&longer).starts_with("the header does not fit the data"));
}

#[test]
fn no_changed_byte_makes_it_panic() {
    let bytes = encode(&model()).unwrap();
    for at in 0..bytes.len() {
        for change in [1, 0x80, 0xff] {
            let mut changed = bytes.clone();
            changed[at] ^= change;
            if let Ok(AnyModel::F64(model)) = decode_any(&changed) {
                assert!(model.network.weights(0).unwrap().iter().all(|w| w.is_finite()));
            }
        }
    }
}

#[test]
fn headers_that_lie_are_named() {
    let bytes = encode(&model()).unwrap();
    let edit = |from: &str, to: &str| {
        let edited = with_header(&bytes, |header| {
            assert!(header.contains(from), "{from} is not in {header}");
            header.replacen(from, to, 1)
        });
        refused(&edited)
    };
    let quoted = |name: &str| format!("\"{name}\"");
    let bias = r#""layers.1.bias":{"dtype":"F64","shape":[1],"data_offsets""#;
    let cases = [
        edit(r#""shape":[3,2]"#, r#""shape":[2,3]"#),
        edit(r#""shape":[3,2]"#, r#""shape":[6]"#),
        edit(r#""shape":[3,2]"#, r#""shape":[18446744073709551615,2]"#),
        edit(r#""shape":[3,2]"#, r#""shape":[3,3]"#),
        edit(bias, &bias.replace("F64", "I64")),
        edit(&quoted("layers.0.bias"), &quoted("layers.2.bias")),
        edit(&quoted("layers.0.bias"), &quoted("layers.1.bias")),
        edit(&quoted("shallownet"), &quoted("format")),
        edit(r#"\"version\":1"#, r#"\"version\":5"#),
        edit(r#"\"version\":1"#, r#"\"version\":4"#),
        edit(r#"\"version\":1"#, r#"\"version\":1,\"members\":2"#),
        edit(r#"\"leaky_relu\""#, r#"\"maxout\""#),
        edit(r#"\"leaky_relu\""#, r#"\"tanh\""#),
        edit(r#"\"slope\":0.2"#, r#"\"slope\":2"#),
        edit("binary_cross_entropy", "hinge"),
        edit("binary_cross_entropy", "categorical_cross_entropy"),
        edit(r#"[\"no\",\"yes\"]"#, r#"[\"no\"]"#),
        edit(r#"\"stds\":[1.0,"#, r#"\"stds\":[0.0,"#),
        edit(r#"\"means\":[0.1,"#, r#"\"means\":[1e999,"#),
        edit(r#"\"means\":[0.1,"#, r#"\"means\":["#),
    ];
    let expected = [
        "tensor \"layers.0.bias\" has shape [3]: expected [2]",
        "tensor \"layers.0.weight\" has shape [6]: expected (units, inputs)",
        "the header does not fit the data: ",
        "the header does not fit the data: ",
        "tensor \"layers.1.bias\" is of type I64: expected F64",
        "tensor \"layers.2.bias\" belongs to no layer: the network has 2 layers",
        "not a model: its header can't be read: the name \"layers.1.bias\" stands twice",
        "no metadata entry \"shallownet\": a model of another program",
        "format version 5: this program reads versions up to 4",
        "the metadata entry \"shallownet\" can't be read: version 4 lacks the number of networks",
        "the metadata entry \"shallownet\" can't be read: an ensemble of a version before 4",
        "unknown activation \"maxout\"",
        "the metadata entry \"shallownet\" can't be read: activation \"tanh\" has a slope",
        "leaky ReLU slope is 2: expected",
        "unknown loss \"hinge\"",
        "categorical_cross_entropy needs softmax at the output: the last layer has sigmoid",
        "1 class names: expected 2",
        "the standardization is not of finite means and positive standard deviations",
        "the metadata entry \"shallownet\" can't be read: number out of range",
        "1 means: expected 2",
    ];
    for (given, expected) in cases.iter().zip(expected) {
        assert!(given.starts_with(expected), "{given}\n  expected: {expected}");
    }
}

#[test]
fn losses_come_back_with_their_numbers() {
    let losses = [
        (Activation::Identity, Loss::Huber { delta: 2.5 }),
        (Activation::Identity, Loss::Absolute),
        (Activation::Tanh, Loss::Quantile { tau: 0.1 }),
        (Activation::Exp, Loss::Poisson),
        (Activation::Identity, Loss::GaussianNll),
    ];
    let file = |g, loss| {
        let network = Network::<f64>::builder(3).layer(2, g).loss(loss).build().unwrap();
        encode(&Model::new(network)).unwrap()
    };
    for (g, loss) in losses {
        assert_eq!(decode::<f64>(&file(g, loss)).unwrap().network.loss(), loss);
    }
    // The metadata is JSON within JSON.
    let edited = |from: &str, to: &str| {
        let bytes = file(Activation::Identity, Loss::Huber { delta: 2.5 });
        refused(&with_header(&bytes, |header| {
            assert!(header.contains(from), "{header}");
            header.replace(from, to)
        }))
    };
    let number = r#",\"loss_parameter\":2.5"#;
    assert!(edited(number, "").ends_with("loss \"huber\" lacks a parameter"));
    let absolute = edited(r#"\"loss\":\"huber\""#, r#"\"loss\":\"absolute\""#);
    assert!(absolute.ends_with("loss \"absolute\" has a parameter"), "{absolute}");
    let negative = edited("2.5", "-2.5");
    assert!(negative.starts_with("delta of the Huber loss is -2.5: expected"), "{negative}");
}

#[test]
fn the_second_layer_must_fit_the_first() {
    let bytes = encode(&model()).unwrap();
    let edited = with_header(&bytes, |header| {
        header
            .replace(r#""shape":[1,3]"#, r#""shape":[3,1]"#)
            .replace(r#""shape":[1,2]"#, r#""shape":[2,1]"#)
    });
    let expected = "tensor \"layers.1.weight\" has shape [3, 1]: \
                    expected (units, 3), as the layer before has 3 units";
    assert_eq!(refused(&edited), expected);
}

#[test]
fn a_missing_tensor_and_an_empty_network_are_named() {
    let view = |shape: &[usize]| {
        let data: &[u8] = &[0; 16][..shape.iter().product::<usize>() * 8];
        safetensors::tensor::TensorView::new(safetensors::Dtype::F64, shape.to_vec(), data).unwrap()
    };
    let file = |tensors: Vec<(&str, _)>, activations: &str| {
        let entry = format!(
            r#"{{"version":1,"activations":{activations},"loss":"squared_error","classes":[]}}"#
        );
        let metadata = [("shallownet".to_owned(), entry)].into();
        safetensors::serialize(tensors, Some(metadata)).unwrap()
    };
    let tanh = r#"[{"name":"tanh"}]"#;
    let weight = file(vec![("layers.0.weight", view(&[1, 2]))], tanh);
    assert_eq!(refused(&weight), "tensor \"layers.0.bias\" is missing");
    assert_eq!(refused(&file(vec![], tanh)), "tensor \"layers.0.weight\" is missing");
    assert!(matches!(
        decode::<f64>(&file(vec![], "[]")),
        Err(Problem::Network(crate::Error::NoLayers))
    ));
    // No bytes, and so no way to check such a size against the file.
    let hollow =
        file(vec![("layers.0.weight", view(&[0, 1 << 60])), ("layers.0.bias", view(&[0]))], tanh);
    assert!(refused(&hollow).starts_with("tensor \"layers.0.weight\" has shape [0, "));
}

#[test]
fn parameters_that_are_not_finite_are_refused_both_ways() {
    let mut bytes = encode(&model()).unwrap();
    let end = bytes.len();
    bytes[end - 8..].copy_from_slice(&f64::INFINITY.to_le_bytes());
    let expected = "tensor \"layers.1.weight\" holds inf at index 2: expected finite values";
    assert_eq!(refused(&bytes), expected);

    let trusting =
        Network::<f32>::builder(1).layer(1, Activation::Tanh).checks(crate::Checks::ShapesOnly);
    let mut network = trusting.build().unwrap();
    network.set_bias(0, &[f32::NAN]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("nan.safetensors");
    let message = save(&path, &Model::new(network)).unwrap_err().to_string();
    assert!(
        message.ends_with("tensor \"layers.0.bias\" holds NaN at index 0: expected finite values")
    );
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn files_that_are_no_model_are_turned_away() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m");
    let load = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        let message = load_any(&path).unwrap_err().to_string();
        message.strip_prefix(&format!("{}: ", path.display())).unwrap().to_owned()
    };
    assert_eq!(load(b""), "not a model: it has 0 bytes, and the header's length alone takes 8");
    assert_eq!(
        load(b"a,b,label\n1,2,x\n"),
        "not a model, or cut short: it says its header has 7305508662777359457 bytes, and 8 bytes follow"
    );
    assert!(load(&[0; 64]).starts_with("not a model: its header can't be read: "));
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(1 << 16), "]".repeat(1 << 16));
    let deep = [&(deep.len() as u64).to_le_bytes(), deep.as_bytes()].concat();
    let message = load(&deep);
    assert!(message.starts_with("not a model: its header can't be read: "), "{message}");
    let message = load_any(folder.path()).unwrap_err().to_string();
    assert!(message.ends_with("it is a folder: expected a regular file"), "{message}");
}

#[test]
fn what_a_file_holds_is_quoted_on_one_line() {
    let bytes = encode(&model()).unwrap();
    let edits = [
        (r#""F64""#, r#""F\n64""#, "unknown variant `F\\n64`"),
        (r#"\"version\":1"#, r#"\"version\":\"\\n\""#, "invalid type: string"),
        (r#""dtype":"#, r#""a\r\nb":1,"a\r\nb":"#, "a\\r\\nb"),
    ];
    for (there, other, said) in edits {
        let edited = with_header(&bytes, |header| header.replacen(there, other, 1));
        let message = refused(&edited);
        assert!(message.contains(said) && !message.contains(char::is_control), "{message}");
    }
}
