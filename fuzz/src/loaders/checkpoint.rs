//! `checkpoint`: trainings in the middle, of `io::checkpoint`.
//!
//! Besides what holds of every file: a checkpoint that is taken is written again and read again as
//! the same, with the same bytes; with data of as many samples (if they are few) the training goes
//! on, for an epoch at least, or refuses.

use std::ops::ControlFlow;

use shallownet::io::checkpoint::{self, Checkpoint};
use shallownet::{Columns, DataSet, Loss, Scalar, Trainer, TrainingState};

use super::safetensors::{MULTIPLE, bytes, predicts};
use super::{BASE, choice, load};
use crate::bits;

/// The target. The first byte: 1 frame it, 2 with a validation set, the rest how many samples.
pub fn run(input: &[u8]) {
    let (flags, rest) = choice(input);
    let bytes = bytes(flags, rest);
    let most = BASE + MULTIPLE * bytes.len();
    if let Some(loaded) = load(&bytes, most, checkpoint::load::<f32>) {
        check(loaded, flags);
    }
    if let Some(loaded) = load(&bytes, most, checkpoint::load::<f64>) {
        check(loaded, flags);
    }
}

fn check<T: Scalar>(loaded: Checkpoint<T>, flags: u8) {
    let Checkpoint { mut network, state } = loaded;
    let written = checkpoint::encode(&network, &state).expect("what was loaded");
    let again = checkpoint::decode::<T>(&written, |builder| builder).expect("what was written");
    assert_eq!(bits::parameters(&again.network), bits::parameters(&network));
    assert_eq!(checkpoint::encode(&again.network, &again.state).expect("the same"), written);
    predicts(&network);

    let (n_x, n_y) = (network.inputs(), network.targets());
    let x: Vec<T> = (0..60 * n_x).map(|i| T::from_f64((i % 7) as f64 / 4.0 - 0.75)).collect();
    let first = |i: usize| if i.is_multiple_of(n_y) { 1.0 } else { 0.0 };
    let y: Vec<T> = match network.loss() {
        Loss::CategoricalCrossEntropy => (0..60 * n_y).map(|i| T::from_f64(first(i))).collect(),
        _ => (0..60 * n_y).map(|i| T::from_f64((i % 2) as f64)).collect(),
    };
    let columns = |values, features| Columns::new(values, features).expect("whole columns");
    let (x, y) = (columns(&x, n_x), columns(&y, n_y));
    let part = |samples| (x.range(0..samples), y.range(0..samples));
    let (Some(x), Some(y)) = part(usize::from(flags / 4)) else { return };
    let mut data = DataSet::new(x, y);
    if let (true, (Some(x), Some(y))) = (flags & 2 != 0, part(5)) {
        data = data.validation(x, y);
    }
    let epochs = state.epochs();
    // A file may know its data: these samples are others.
    let state = state.on_any_data();
    let longer = |state: TrainingState<T>| state.until(epochs.saturating_add(1));
    let state = if epochs.is_multiple_of(2) { Ok(state) } else { longer(state) };
    let Ok(mut trainer) = state.and_then(|state| Trainer::resume(&network, state, data)) else {
        return;
    };
    let answer = trainer.run(&mut network, data, |_| ControlFlow::Break(()));
    if let Ok(report) = answer {
        assert!((epochs..=epochs + 1).contains(&report.epochs));
    }
}
