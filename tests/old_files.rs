//! Promise: models and checkpoints that were saved before still load, and would be saved today byte
//! for byte as they were. `fixtures/model.safetensors` and `fixtures/checkpoint.safetensors` were
//! written by the program of version 0.1, by
//!
//!     shallownet train --data d.csv --label k --standardize --hidden 2 --activation leaky_relu \
//!         --epochs 4 --batch 4 --schedule cosine:0.1 --warm-up 1 --validation 0.25 \
//!         --early-stopping 3 --optimizer momentum --l2 0.001 --clip-norm 1 --seed 9 \
//!         --checkpoint checkpoint.safetensors

use std::path::Path;

use shallownet::io::{checkpoint, model};
use shallownet::{Activation, Best, EarlyStopping, Loss, Optimizer, Schedule, Training};

fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)).unwrap()
}

/// The metadata entry, as it stands in the file.
fn entry(bytes: &[u8], name: &str) -> String {
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let header: serde_json::Value = serde_json::from_slice(&bytes[8..8 + length]).unwrap();
    header["__metadata__"][name].as_str().unwrap().to_owned()
}

#[test]
fn a_model() {
    let bytes = bytes("model.safetensors");
    let expected = concat!(
        r#"{"version":1,"activations":[{"name":"leaky_relu","slope":0.01},{"name":"sigmoid"}],"#,
        r#""loss":"binary_cross_entropy","features":["a","b"],"inputs":{"from":"whole","#,
        r#""lowest":0.0,"highest":6.0,"divided_by":1.0},"standardization":{"means":"#,
        r#"[1.0833333333333333,2.4166666666666665],"stds":[0.8620067027323833,"#,
        r#"1.9773017529507786]},"classes":["no","yes"],"label":"k"}"#
    );
    assert_eq!(entry(&bytes, "shallownet"), expected);
    let model = model::decode::<f64>(&bytes).unwrap();
    assert_eq!(model.network.layers()[0].activation, Activation::LEAKY_RELU);
    assert_eq!(model.network.loss(), Loss::BinaryCrossEntropy);
    assert_eq!(model.pipeline.standardization.as_ref().unwrap().means[0], 1.0833333333333333);
    assert_eq!(model::encode(&model).unwrap(), bytes);
}

#[test]
fn a_checkpoint() {
    let bytes = bytes("checkpoint.safetensors");
    let expected = concat!(
        r#"{"version":1,"network":{"version":1,"activations":[{"name":"leaky_relu","slope":0.01},"#,
        r#"{"name":"sigmoid"}],"loss":"binary_cross_entropy","features":null,"#,
        r#""standardization":null,"classes":[],"label":null},"done":{"training":{"epochs":4,"#,
        r#""batch_size":4,"optimizer":{"momentum":{"beta":0.9}},"learning_rate":0.05,"#,
        r#""schedule":{"warm_up":1.0,"decay":{"cosine":{"epochs":3,"floor":0.1}}},"l2":0.001,"#,
        r#""clip_norm":1.0,"early_stopping":{"patience":3,"min_delta":0.0,"restore_best":true},"#,
        r#""seed":9},"samples":12,"epochs":4,"steps":12,"best":{"epoch":0,"#,
        r#""cost":0.6909432996510451},"data":"8646e2ee873c80ae"}}"#
    );
    assert_eq!(entry(&bytes, "shallownet_checkpoint"), expected);
    let checkpoint = checkpoint::decode::<f64>(&bytes, |builder| builder).unwrap();
    let training = Training::new(4, 4)
        .optimizer(Optimizer::momentum())
        .learning_rate(0.05)
        .schedule(Schedule::cosine(3, 0.1).after_warm_up(1.0))
        .l2(0.001)
        .clip_norm(1.0)
        .early_stopping(EarlyStopping::new(3))
        .seed(9);
    assert_eq!(checkpoint.state.training(), training);
    assert_eq!((checkpoint.state.epochs(), checkpoint.state.steps()), (4, 12));
    let best: Option<Best> = checkpoint.state.best();
    assert_eq!(best.map(|best| (best.epoch, best.cost)), Some((0, 0.6909432996510451)));
    assert_eq!(checkpoint::encode(&checkpoint.network, &checkpoint.state).unwrap(), bytes);
}
