//! Promise: what a small or strange file asks for has its limit: time by its length, and no more;
//! numbers that no network has are refused, on the way in and on the way out.

use std::time::{Duration, Instant};

use shallownet::Standardization;
use shallownet::io::model::{self, Model, Problem};
use shallownet::io::pytorch::Loader;
use shallownet::io::{InputKind, Inputs, onnx};
use shallownet::pipeline::{Pipeline, Unsound};
use shallownet::{Activation, Checks, Network};

/// A safetensors file of this header, and so many bytes of zeros.
fn framed(header: &str, data: usize) -> Vec<u8> {
    let length = (header.len() as u64).to_le_bytes();
    [&length[..], header.as_bytes(), &vec![0; data]].concat()
}

/// A safetensors file of so many tensors of one value.
fn tensors(count: usize, name: impl Fn(usize) -> String) -> Vec<u8> {
    let mut header = r#"{"__metadata__":{"shallownet":"{\"version\":1}"}"#.to_owned();
    for i in 0..count {
        let (name, start, end) = (name(i), 4 * i, 4 * i + 4);
        header +=
            &format!(r#","{name}":{{"dtype":"F32","shape":[1,1],"data_offsets":[{start},{end}]}}"#);
    }
    framed(&(header + "}"), 4 * count)
}

/// The shortest of three.
fn time<R>(mut call: impl FnMut() -> R) -> Duration {
    let one = |_| {
        let begun = Instant::now();
        let _ = std::hint::black_box(call());
        begun.elapsed()
    };
    (0..3).map(one).min().unwrap()
}

/// A model with this pipeline, as a file.
fn saved(pipeline: Pipeline) -> Result<Vec<u8>, Problem> {
    model::encode(&Model { pipeline, ..Model::new(network()) })
}

/// A header of 300,000 tensors is read in the time that it takes to read it as JSON: it was once
/// read three times, each time by way of a copy.
#[test]
fn a_file_of_very_many_tensors_is_read_once() {
    let models = tensors(300_000, |i| format!("layers.{i}.weight"));
    let header = 8 + u64::from_le_bytes(models[..8].try_into().unwrap()) as usize;
    let json = time(|| serde_json::from_slice::<serde_json::Value>(&models[8..header]).unwrap());
    let model = time(|| model::decode::<f32>(&models).map(drop).unwrap_err());
    let torch = tensors(300_000, |i| format!("{i}.weight"));
    let one = Loader::new(&[Activation::Tanh]);
    let pytorch = time(|| one.decode::<f32>(&torch).map(drop).unwrap_err());
    println!("JSON {json:?}, model {model:?}, PyTorch {pytorch:?}");
    // Names are put in order besides.
    assert!(model < 2 * json, "{model:?}: JSON takes {json:?}");
    assert!(pytorch < 3 * json, "{pytorch:?}: JSON takes {json:?}");
}

/// Whatever the length of what they quote.
#[test]
fn messages_stay_short() {
    let long = "n".repeat(20_000_000);
    let activation = {
        let model = model::encode(&Model::new(network())).unwrap();
        let header = u64::from_le_bytes(model[..8].try_into().unwrap()) as usize;
        let (header, data) = model[8..].split_at(header);
        framed(&std::str::from_utf8(header).unwrap().replacen("tanh", &long, 1), data.len())
    };
    let ones = "1,".repeat(1 << 20);
    let dimensions = framed(
        &format!(r#"{{"0.weight":{{"dtype":"F32","shape":[{ones}1],"data_offsets":[0,4]}}}}"#),
        4,
    );
    let one = Loader::new(&[Activation::Tanh]);
    let torch = |bytes: &[u8]| one.decode::<f32>(bytes).map(drop).unwrap_err();
    let cases = [
        (model::decode::<f32>(&activation).map(drop).unwrap_err(), "nnn...\""),
        (torch(&tensors(1, |_| long.clone())), "nnn...\" is no weight"),
        (torch(&tensors(1, |_| format!("{long}.0.weight"))), "nnn...\" has no bias"),
        (torch(&tensors(2, |_| long.clone())), "nnn...\" stands twice"),
        (torch(&framed(&format!("{{\"a\":{{\"{long}\":1}}}}"), 0)), "unknown field `nnn"),
        (torch(&dimensions), "1, 1]... (1048577 dimensions): expected"),
    ];
    for (problem, expected) in cases {
        let message = problem.to_string();
        assert!(message.len() < 1000, "{} bytes: {}", message.len(), &message[..1000]);
        assert!(message.contains(expected), "{message}\n  expected: {expected}");
    }
}

fn network() -> Network<f32> {
    Network::<f32>::builder(2).layer(1, Activation::Tanh).build().unwrap()
}

/// A change of means and standard deviations.
type Edit = fn(&mut Vec<f64>, &mut Vec<f64>);

#[test]
fn standardizations_that_are_none_are_refused_wherever_they_are_written() {
    let sound = ([0.5, -1.0].to_vec(), [1.0, 2.0].to_vec());
    let with = |edit: fn(&mut Vec<f64>, &mut Vec<f64>)| {
        let (mut means, mut stds) = sound.clone();
        edit(&mut means, &mut stds);
        let standardization = Standardization { means, stds };
        let exported = onnx::encode(&network(), Some(&standardization), None).map(drop);
        let standardization = Some(standardization);
        let saved = saved(Pipeline { standardization, ..Pipeline::default() });
        (exported, saved.map(drop))
    };
    assert!(matches!(with(|_, _| ()), (Ok(()), Ok(()))));
    let values: [Edit; 7] = [
        |_, stds| stds[0] = 0.0,
        |_, stds| stds[1] = -0.0,
        |_, stds| stds[1] = -1.0,
        |_, stds| stds[0] = f64::NAN,
        |_, stds| stds[0] = f64::INFINITY,
        |means, _| means[1] = f64::NAN,
        |means, _| means[0] = f64::NEG_INFINITY,
    ];
    for edit in values {
        let answers = with(edit);
        let are_refused = matches!(
            answers,
            (Err(onnx::Problem::Standardization), Err(Problem::Pipeline(Unsound::Standardization)))
        );
        assert!(are_refused, "{answers:?}");
    }
    let lengths: [Edit; 3] = [
        |means, _| means.push(0.0),
        |_, stds| stds.truncate(1),
        |means, stds| {
            means.clear();
            stds.clear();
        },
    ];
    for edit in lengths {
        let answers = with(edit);
        let are_refused = matches!(
            answers,
            (Err(onnx::Problem::Count { .. }), Err(Problem::Pipeline(Unsound::Count { .. })))
        );
        assert!(are_refused, "{answers:?}");
    }
}

#[test]
fn a_network_of_nan_is_not_exported() {
    let trusting = Network::<f64>::builder(1).layer(2, Activation::Tanh);
    let mut net = trusting.checks(Checks::ShapesOnly).build().unwrap();
    net.set_bias(0, &[0.0, f64::NAN]).unwrap();
    let message = onnx::encode(&net, None, None).unwrap_err().to_string();
    assert_eq!(message, "the network's parameter b0 holds NaN at index 1: expected finite values");
}

#[test]
fn what_inputs_were_is_kept_and_checked() {
    let inputs = Inputs::of(InputKind::Bytes, &[0.0, 7.0, 255.0], Inputs::BYTE).unwrap();
    let with = |inputs: Inputs| saved(Pipeline { inputs: Some(inputs), ..Pipeline::default() });
    let bytes = with(inputs).unwrap();
    assert_eq!(model::decode::<f32>(&bytes).unwrap().pipeline.inputs, Some(inputs));
    let unsound = [
        Inputs { divided_by: 0.0, ..inputs },
        Inputs { divided_by: -1.0, ..inputs },
        Inputs { divided_by: f64::NAN, ..inputs },
        Inputs { divided_by: f64::INFINITY, ..inputs },
        Inputs { lowest: f64::NAN, ..inputs },
        Inputs { highest: f64::INFINITY, ..inputs },
        Inputs { lowest: 256.0, ..inputs },
    ];
    for inputs in unsound {
        assert!(matches!(with(inputs), Err(Problem::Pipeline(Unsound::Inputs))), "{inputs:?}");
    }
    assert_eq!(Inputs::of(InputKind::Real, &[], 1.0), None);
    assert_eq!(Inputs::of(InputKind::Real, &[0.0, f64::NAN], 1.0), None);

    // A step that this version does not know is not left out.
    let (known, unknown) = (br#"\"divided_by\":255.0"#, br#"\"clipped_at\":255.0"#);
    let at = bytes.windows(known.len()).position(|part| part == known).unwrap();
    let mut edited = bytes.clone();
    edited[at..at + known.len()].copy_from_slice(unknown);
    let message = model::decode::<f32>(&edited).unwrap_err().to_string();
    assert!(message.contains("unknown field `clipped_at`"), "{message}");

    // As version 0.1 wrote them, models have none, and are written without again.
    let old = model::encode(&Model::new(network())).unwrap();
    assert!(!String::from_utf8_lossy(&old).contains("inputs"));
    assert_eq!(model::decode::<f32>(&old).unwrap().pipeline.inputs, None);
}
