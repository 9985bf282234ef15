use super::*;
use crate::data::pipeline::TargetTransform;
use crate::data::standardization::Standardization;
use crate::{Activation, Checks, Network};

fn ensemble(members: u64) -> Ensemble<f64> {
    let builder = Network::builder(2)
        .layer(3, Activation::LeakyRelu { slope: 0.2 })
        .layer(1, Activation::Sigmoid);
    Ensemble {
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
        training: Some(Training::new(3, 2)),
        ..Ensemble::new(Population::from_seeds(&builder, 0..members).unwrap())
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

fn parameters<T: Scalar>(population: &Population<T>) -> Vec<T> {
    let mut all = vec![T::ZERO; population.members() * population.parameter_count()];
    population.all_parameters_into(&mut all).unwrap();
    all
}

#[test]
fn an_ensemble_comes_back_bit_for_bit() {
    for members in [1, 2, 17] {
        let ensemble = ensemble(members);
        let bytes = encode(&ensemble).unwrap();
        let loaded = decode::<f64>(&bytes).unwrap();
        assert_eq!(parameters(&loaded.population), parameters(&ensemble.population));
        assert_eq!(loaded.population.layers(), ensemble.population.layers());
        assert_eq!(loaded.population.loss(), ensemble.population.loss());
        assert_eq!(loaded.pipeline, ensemble.pipeline);
        assert_eq!((&loaded.classes, &loaded.label), (&ensemble.classes, &ensemble.label));
        assert_eq!(loaded.training, ensemble.training);
        assert_eq!(encode(&loaded).unwrap(), bytes);
        let refused = decode::<f32>(&bytes).unwrap_err().to_string();
        assert_eq!(refused, "tensor \"layers.0.weight\" is of type F64: expected F32");
    }
}

/// Networks too large for lanes, and with other numbers.
#[test]
fn large_networks_come_back_too() {
    let builder = Network::<f32>::builder(300).layer(9, Activation::Relu);
    let mut ensemble = Ensemble::new(Population::from_seeds(&builder, 5..8).unwrap());
    assert!(!ensemble.population.is_in_lanes());
    let standardization = Standardization { means: vec![2.0; 9], stds: vec![8e4; 9] };
    let targets = TargetTransform { log: true, standardization: Some(standardization) };
    ensemble.pipeline.targets = targets;
    let bytes = encode(&ensemble).unwrap();
    let loaded = decode::<f32>(&bytes).unwrap();
    assert_eq!(parameters(&loaded.population), parameters(&ensemble.population));
    assert_eq!(loaded.pipeline, ensemble.pipeline);
    assert_eq!(encode(&loaded).unwrap(), bytes);
}

/// What a Python program reads is where it looks for it.
#[test]
fn members_are_the_first_dimension() {
    let ensemble = ensemble(3);
    let bytes = encode(&ensemble).unwrap();
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    assert_eq!(file.tensor("layers.0.weight").unwrap().shape(), [3, 3, 2]);
    let (weight, bias) =
        (file.tensor("layers.1.weight").unwrap(), file.tensor("layers.1.bias").unwrap());
    assert_eq!((weight.shape(), bias.shape()), (&[3, 1, 3][..], &[3, 1][..]));
    let values: Vec<f64> =
        weight.data().as_chunks::<8>().0.iter().map(|b| f64::from_le_bytes(*b)).collect();
    for (member, w) in values.chunks(3).enumerate() {
        assert_eq!(ensemble.member(member).unwrap().network.weights(1).unwrap(), w);
    }
}

#[test]
fn every_truncation_and_every_extension_is_refused() {
    let bytes = encode(&ensemble(2)).unwrap();
    for length in 0..bytes.len() {
        refused(&bytes[..length]);
    }
    let longer = [&bytes[..], &[0]].concat();
    assert!(refused(&longer).starts_with("the header does not fit the data"));
}

#[test]
fn no_changed_byte_makes_it_panic() {
    let bytes = encode(&ensemble(2)).unwrap();
    for at in 0..bytes.len() {
        for change in [1, 0x80, 0xff] {
            let mut changed = bytes.clone();
            changed[at] ^= change;
            if let Ok(AnyEnsemble::F64(ensemble)) = decode_any(&changed) {
                assert!(parameters(&ensemble.population).iter().all(|w| w.is_finite()));
            }
        }
    }
}

#[test]
fn headers_that_lie_are_named() {
    let bytes = encode(&ensemble(2)).unwrap();
    let edit = |edits: &[(&str, &str)]| {
        let edited = with_header(&bytes, |header| {
            edits.iter().fold(header, |header, (from, to)| {
                assert!(header.contains(from), "{from} is not in {header}");
                header.replacen(from, to, 1)
            })
        });
        refused(&edited)
    };
    let (members, version) = (r#"\"members\":2"#, r#"\"version\":4"#);
    let and_members = format!(",{members}");
    let (weight, bias, next) =
        (r#""shape":[2,3,2]"#, r#""shape":[2,3]"#, r#""dtype":"F64","shape":[2,1]"#);
    let cases = [
        edit(&[(members, r#"\"members\":3"#)]),
        edit(&[(weight, r#""shape":[1,6,2]"#)]),
        edit(&[(weight, r#""shape":[6,2]"#)]),
        edit(&[(weight, r#""shape":[2,9223372036854775807,2]"#)]),
        edit(&[(bias, r#""shape":[6]"#)]),
        edit(&[(bias, r#""shape":[3,2]"#)]),
        edit(&[(r#""shape":[2,1,3]"#, r#""shape":[2,3,1]"#)]),
        edit(&[(next, &next.replace("F64", "I64"))]),
        edit(&[(r#""layers.0.bias""#, r#""layers.2.bias""#)]),
        edit(&[(version, r#"\"version\":5"#)]),
        edit(&[(version, r#"\"version\":1"#), (&and_members, "")]),
        edit(&[(r#"[\"no\",\"yes\"]"#, r#"[\"no\"]"#)]),
    ];
    let expected = [
        "tensor \"layers.0.weight\" has shape [2, 3, 2]: expected (3, units, inputs)",
        "tensor \"layers.0.weight\" has shape [1, 6, 2]: expected (2, units, inputs)",
        "tensor \"layers.0.weight\" has shape [6, 2]: expected (2, units, inputs)",
        "the header does not fit the data: ",
        "tensor \"layers.0.bias\" has shape [6]: expected [2, 3]",
        "tensor \"layers.0.bias\" has shape [3, 2]: expected [2, 3]",
        "tensor \"layers.1.weight\" has shape [2, 3, 1]: \
         expected (2, units, 3), as the layer before has 3 units",
        "tensor \"layers.1.bias\" is of type I64: expected F64",
        "tensor \"layers.2.bias\" belongs to no layer: the network has 2 layers",
        "format version 5: this program reads versions up to 4",
        "a model of one network: expected an ensemble",
        "1 class names: expected 2",
    ];
    for (given, expected) in cases.iter().zip(expected) {
        assert!(given.starts_with(expected), "{given}\n  expected: {expected}");
    }
    let unreadable = [
        (edit(&[(members, r#"\"members\":0"#)]), "an ensemble of no networks"),
        (edit(&[(members, r#"\"members\":-1"#)]), "invalid value"),
        (edit(&[(&and_members, "")]), "version 4 lacks the number of networks"),
        (edit(&[(version, r#"\"version\":3"#)]), "an ensemble of a version before 4"),
    ];
    for (given, why) in unreadable {
        let expected = format!("the metadata entry \"shallownet\" can't be read: {why}");
        assert!(given.starts_with(&expected), "{given}\n  expected: {expected}");
    }
}

/// Each kind of file says what it is to a loader of the other.
#[test]
fn models_and_ensembles_are_told_apart() {
    let bytes = encode(&ensemble(2)).unwrap();
    let expected = "an ensemble of 2 networks: expected a model of one";
    assert_eq!(model::decode::<f64>(&bytes).unwrap_err().to_string(), expected);
    assert_eq!(model::decode_any(&bytes).unwrap_err().to_string(), expected);
    let bytes = model::encode(&ensemble(2).member(1).unwrap()).unwrap();
    assert!(matches!(decode::<f64>(&bytes), Err(Problem::NotAnEnsemble)));
    assert_eq!(refused(&bytes), "a model of one network: expected an ensemble");
}

#[test]
fn parameters_that_are_not_finite_are_refused_both_ways() {
    let mut bytes = encode(&ensemble(2)).unwrap();
    let end = bytes.len();
    bytes[end - 8..].copy_from_slice(&f64::INFINITY.to_le_bytes());
    let expected = "tensor \"layers.1.weight\" holds inf at index 5: expected finite values";
    assert_eq!(refused(&bytes), expected);

    let trusting = Network::<f32>::builder(1).layer(1, Activation::Tanh).checks(Checks::ShapesOnly);
    let mut population = Population::from_seeds(&trusting, 0..3).unwrap();
    population.set_parameters(2, &[1.0, f32::NAN]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("nan.safetensors");
    let message = save(&path, &Ensemble::new(population)).unwrap_err().to_string();
    let expected = "tensor \"layers.0.bias\" holds NaN at index 2: expected finite values";
    assert!(message.ends_with(expected), "{message}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
