use super::*;
use crate::{Activation, Columns, DataSet, EarlyStopping, Optimizer, Schedule, Trainer, Training};
use std::ops::ControlFlow;

const X: [f64; 12] = [0.5, -1.0, 2.0, 0.25, -0.5, 1.5, 1.0, 1.0, -2.0, 0.0, 0.125, -0.75];
const Y: [f64; 6] = [1.0, 0.0, 1.0, 1.0, 0.0, 0.0];

fn data() -> DataSet<'static, f64> {
    let (x, y) = (Columns::new(&X, 2).unwrap(), Columns::new(&Y, 1).unwrap());
    DataSet::new(x, y).validation(x, y)
}

/// A training in its third epoch.
fn bytes(training: Training) -> Vec<u8> {
    let mut net = Network::<f64>::builder(2)
        .layer(3, Activation::LeakyRelu { slope: 0.2 })
        .layer(1, Activation::Sigmoid)
        .build()
        .unwrap();
    let mut trainer = Trainer::new(&net, training, data()).unwrap();
    let stop = |epoch: &crate::Epoch<'_, f64>| match epoch.epoch {
        2 => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    };
    trainer.run(&mut net, data(), stop).unwrap();
    encode(&net, trainer.state()).unwrap()
}

fn full() -> Training {
    Training::new(9, 4)
        .optimizer(Optimizer::adam_w())
        .learning_rate(0.1)
        .schedule(Schedule::cosine(9, 0.5).after_warm_up(1.5))
        .l2(1e-4)
        .clip_norm(2.0)
        .early_stopping(EarlyStopping::new(4).min_delta(1e-3).restore_best(false))
        .seed(u64::MAX)
}

fn refused(bytes: &[u8]) -> String {
    let message = decode::<f64>(bytes, |b| b).map(|_| ()).unwrap_err().to_string();
    assert!(!message.contains('\n'), "{message}");
    message
}

/// The file with this header in place of the true one.
fn with_header(bytes: &[u8], edits: &[(&str, &str)]) -> Vec<u8> {
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let mut header = String::from_utf8(bytes[8..8 + length].to_vec()).unwrap();
    for (from, to) in edits {
        assert!(header.contains(from), "{from} is not in {header}");
        header = header.replacen(from, to, 1);
    }
    let mut edited = (header.len() as u64).to_le_bytes().to_vec();
    edited.extend(header.as_bytes());
    edited.extend(&bytes[8 + length..]);
    edited
}

fn edited(bytes: &[u8], from: &str, to: &str) -> String {
    refused(&with_header(bytes, &[(from, to)]))
}

#[test]
fn everything_comes_back() {
    for training in [full(), Training::new(5, 2), Training::full_batch(4)] {
        let bytes = bytes(training);
        let Checkpoint { network, state } = decode::<f64>(&bytes, |b| b).unwrap();
        assert_eq!(state.training(), training);
        assert_eq!((state.epochs(), state.steps()), (3, 3 * training.batch_size.steps(6) as u64));
        assert_eq!(state.best().is_some(), training.early_stopping.is_some());
        assert_eq!(encode(&network, &state).unwrap(), bytes);
        // Saving and loading together leave out nothing.
        let names = ["m.layers.1.bias", "v.layers.0.weight", "best.layers.1.weight"];
        let text = String::from_utf8_lossy(&bytes);
        assert!(names.iter().all(|name| text.contains(name) == (training == full())));
    }
}

/// A number, as in files of version 0.1, or the word for all samples; and nothing else.
#[test]
fn a_batch_size_is_a_number_or_full() {
    let mini = bytes(Training::new(5, 6));
    let full = bytes(Training::full_batch(5));
    let load = |bytes: &[u8]| decode::<f64>(bytes, |b| b).unwrap().state.training();
    let (number, word) = (r#"\"batch_size\":6"#, r#"\"batch_size\":\"full\""#);
    let turned = with_header(&mini, &[(number, word)]);
    assert_eq!(load(&turned), Training::full_batch(5));
    assert_eq!(load(&with_header(&full, &[(word, number)])), Training::new(5, 6));
    for wrong in [r#"\"batch_size\":\"half\""#, r#"\"batch_size\":null"#] {
        let given = edited(&full, word, wrong);
        let expected = "expected a batch size: a number of samples, or \"full\"";
        assert!(given.contains(expected), "{given}");
    }
    let given = edited(&full, &format!("{word},"), "");
    assert!(given.contains("missing field `batch_size`"), "{given}");
}

#[test]
fn every_truncation_and_every_extension_is_refused() {
    let bytes = bytes(full());
    for length in 0..bytes.len() {
        refused(&bytes[..length]);
    }
    let longer = [&bytes[..], &[0]].concat();
    assert!(refused(&longer).starts_with("the header does not fit the data"));
}

#[test]
fn no_changed_byte_makes_it_panic() {
    let bytes = bytes(full());
    for at in 0..bytes.len() {
        for change in [1, 0x80, 0xff] {
            let mut changed = bytes.clone();
            changed[at] ^= change;
            if let Ok(Checkpoint { network, state }) = decode::<f64>(&changed, |b| b) {
                // A state that loads can be used with this data, or is refused with an error.
                let _ = Trainer::resume(&network, state, data());
            }
        }
    }
}

#[test]
fn files_that_lie_are_named() {
    let bytes = bytes(full());
    let cases = [
        (r#"\"version\":1,\"network\""#, r#"\"version\":2,\"network\""#, "format version 2"),
        (r#"\"batch_size\":4"#, r#"\"batch_size\":0"#, "batch size is 0"),
        (
            r#"\"batch_size\":4"#,
            r#"\"batch_size\":2"#,
            "the training state contradicts itself: its steps",
        ),
        (r#"\"steps\":6"#, r#"\"steps\":7"#, "the training state contradicts itself: its steps"),
        (
            r#"\"samples\":6"#,
            r#"\"samples\":0"#,
            "the training state contradicts itself: there are no",
        ),
        (
            r#"\"best\":{\"epoch\":"#,
            r#"\"best\":{\"epoch\":7"#,
            "the training state contradicts itself: its best",
        ),
        (
            r#"\"beta1\":0.9"#,
            r#"\"beta1\":1.9"#,
            "beta1 is 1.9: expected at least 0 and less than 1",
        ),
        (
            r#"\"beta1\":0.9"#,
            r#"\"gamma\":0.9"#,
            "the metadata entry \"shallownet\" can't be read: unknown field",
        ),
        (r#"\"floor\":0.5"#, r#"\"floor\":5"#, "floor of a cosine is 5"),
        (
            r#"\"adam_w\""#,
            r#"\"lion\""#,
            "the metadata entry \"shallownet\" can't be read: unknown variant",
        ),
        (
            r#""m.layers.0.bias""#,
            r#""n.layers.0.bias""#,
            "tensor \"n.layers.0.bias\" belongs to no layer",
        ),
    ];
    for (from, to, expected) in cases {
        let given = edited(&bytes, from, to);
        assert!(given.starts_with(expected), "{given}\n  expected: {expected}");
    }
    let given = edited(&bytes, "\"shallownet_checkpoint\"", "\"shallownet\"");
    assert!(given.starts_with("no metadata entry \"shallownet_checkpoint\""), "{given}");
    // Without early stopping there is no best epoch; without Adam, no m.
    let given =
        edited(&bytes, r#"{\"patience\":4,\"min_delta\":0.001,\"restore_best\":false}"#, "null");
    assert!(given.ends_with("it has a best epoch without early stopping"), "{given}");
    let sgd = self::bytes(Training::new(5, 2));
    let given = edited(&sgd, r#"\"sgd\""#, r#"{\"momentum\":{\"beta\":0.5}}"#);
    assert_eq!(given, "tensor \"m.layers.0.weight\" is missing");
}

/// Counts that would overflow in the next step are refused; with the largest accepted counts
/// training can go on, with every other number as large as its type allows.
#[test]
fn huge_counts_are_refused_or_gone_on_from() {
    let training = Training::new(7, 4).early_stopping(EarlyStopping::new(5)).seed(u64::MAX);
    let bytes = bytes(training);
    let largest = u64::MAX.to_string();
    let with = |epochs: u64, steps: u64| {
        let (epochs, steps) = (epochs.to_string(), steps.to_string());
        let done = format!(r#"\"samples\":6,\"epochs\":{epochs},\"steps\":{steps}"#);
        with_header(
            &bytes,
            &[
                (r#"\"epochs\":7"#, &format!(r#"\"epochs\":{largest}"#)),
                (r#"\"patience\":5"#, &format!(r#"\"patience\":{largest}"#)),
                (r#"\"samples\":6,\"epochs\":3,\"steps\":6"#, &done),
            ],
        )
    };
    for epochs in [(1 << 63) - 1, 1 << 62, (1 << 52) + 1] {
        let message = refused(&with(epochs, 2 * epochs));
        assert!(message.ends_with("it has more steps than any computer has taken"), "{message}");
    }
    let overflowing = refused(&with(1 << 63, 0));
    assert!(overflowing.ends_with("its steps are not those of its epochs"), "{overflowing}");

    let Checkpoint { mut network, state } = decode::<f64>(&with(1 << 52, 1 << 53), |b| b).unwrap();
    let mut trainer = Trainer::resume(&network, state, data()).unwrap();
    let report = trainer.run(&mut network, data(), |_| ControlFlow::Break(())).unwrap();
    assert_eq!((report.epochs, report.steps), ((1 << 52) + 1, (1 << 53) + 2));
}

#[test]
fn values_that_no_training_leaves_are_refused() {
    let bytes = bytes(full());
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let header = std::str::from_utf8(&bytes[8..8 + length]).unwrap();
    let header: serde_json::Value = serde_json::from_str(header).unwrap();
    let with = |name: &str, value: f64| {
        let at = header[name]["data_offsets"][0].as_u64().unwrap() as usize + 8 + length;
        let mut changed = bytes.clone();
        changed[at..at + 8].copy_from_slice(&value.to_le_bytes());
        refused(&changed)
    };
    for name in ["layers.0.weight", "m.layers.1.bias", "v.layers.0.bias", "best.layers.1.weight"] {
        let expected = format!("tensor {name:?} holds inf at index 0: expected finite values");
        assert_eq!(with(name, f64::INFINITY), expected);
    }
    let expected =
        "tensor \"v.layers.0.weight\" holds -1 at index 0: a mean of squares is not negative";
    assert_eq!(with("v.layers.0.weight", -1.0), expected);
}

#[test]
fn a_refused_save_leaves_the_last_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c");
    let good = bytes(full());
    std::fs::write(&path, &good).unwrap();
    let mut loaded = load::<f64>(&path).unwrap();
    // Another network's state, and a parameter that is not finite.
    let other = Network::<f64>::builder(2).layer(1, Activation::Sigmoid).build().unwrap();
    let error = save(&path, &other, &loaded.state).unwrap_err().to_string();
    assert!(
        error.ends_with("optimizer state was made for a network of another shape or backend"),
        "{error}"
    );
    loaded = load_with(&path, |b| b.checks(crate::Checks::ShapesOnly)).unwrap();
    loaded.network.set_bias(0, &[f64::NAN; 3]).unwrap();
    assert!(save(&path, &loaded.network, &loaded.state).is_err());
    assert_eq!(std::fs::read(&path).unwrap(), good);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    // A model's file is no checkpoint, and the other way round.
    crate::io::model::save(&path, &crate::io::model::Model::new(other)).unwrap();
    assert!(
        load::<f64>(&path).unwrap_err().to_string().ends_with("not a checkpoint of a training")
    );
    assert!(crate::io::model::decode::<f64>(&good).is_err());
    assert!(decode::<f32>(&good, |b| b).unwrap_err().to_string().contains("expected F32"));
}
