//! `model`: the model files of `io::model`.
//!
//! Besides what holds of every file: a model is loaded as what it is and refused as the other
//! element type; it predicts; written again, it is read again as the same, with the same bytes.

use shallownet::Scalar;
use shallownet::io::model::{self, AnyModel, Model};

use super::safetensors::{MULTIPLE, bytes, predicts};
use super::{BASE, choice, load};
use crate::bits;

/// The target. The first byte: 1 frame it.
pub fn run(input: &[u8]) {
    let (flags, rest) = choice(input);
    let bytes = bytes(flags, rest);
    let most = BASE + MULTIPLE * bytes.len();
    let narrow = load(&bytes, most, model::load::<f32>);
    let wide = load(&bytes, most, model::load::<f64>);
    match load(&bytes, most, model::load_any) {
        Some(AnyModel::F32(model)) => {
            assert!(wide.is_none());
            check(&model, &narrow.expect("of that type"));
        }
        Some(AnyModel::F64(model)) => {
            assert!(narrow.is_none());
            check(&model, &wide.expect("of that type"));
        }
        None => assert!(narrow.is_none() && wide.is_none()),
    }
}

fn check<T: Scalar>(model: &Model<T>, same: &Model<T>) {
    let written = model::encode(model).expect("a model that was loaded");
    assert_eq!(model::encode(same).expect("the same"), written);
    let again = model::decode::<T>(&written).expect("what was written");
    assert_eq!(bits::parameters(&again.network), bits::parameters(&model.network));
    assert_eq!(again.network.layers(), model.network.layers());
    assert_eq!(
        (&again.pipeline.features, &again.classes),
        (&model.pipeline.features, &model.classes)
    );
    assert_eq!(again.pipeline.targets.standardization, model.pipeline.targets.standardization);
    assert_eq!(again.pipeline.inputs, model.pipeline.inputs);
    assert_eq!(model::encode(&again).expect("the same"), written);
    predicts(&model.network);
}
