//! Promises: a training goes on for more epochs with the bits of one that was asked for so many at
//! first; it knows its data, in a checkpoint too; checkpoints of version 0.1 still load.

use std::ops::ControlFlow;

use shallownet::io::checkpoint::{self, Checkpoint};
use shallownet::{
    Activation, Columns, DataSet, EarlyStopping, Error, Fingerprint, Init, Network, Optimizer,
    Schedule, Stop, Trainer, Training, TrainingState,
};

const X: [f64; 12] = [0.5, -1.0, 2.0, 0.25, -0.5, 1.5, 1.0, 1.0, -2.0, 0.0, 0.125, -0.75];
const Y: [f64; 6] = [1.0, 0.0, 1.0, 1.0, 0.0, 0.0];

fn data() -> DataSet<'static, f64> {
    DataSet::new(Columns::new(&X, 2).unwrap(), Columns::new(&Y, 1).unwrap())
}

fn network() -> Network<f64> {
    let net = Network::builder(2).layer(3, Activation::Tanh).layer(1, Activation::Sigmoid);
    net.init(Init::XavierNormal, 1).build().unwrap()
}

/// Trains to the end; the state, and the parameters in a file's bytes.
fn trained(
    training: Training,
    data: DataSet<'_, f64>,
) -> (Network<f64>, TrainingState<f64>, shallownet::TrainingReport) {
    let mut net = network();
    let mut trainer = Trainer::new(&net, training, data).unwrap();
    let report = trainer.run(&mut net, data, |_| ControlFlow::Continue(())).unwrap();
    (net, trainer.into_state(), report)
}

/// The same from a file, until there are so many epochs.
fn longer(net: &Network<f64>, state: &TrainingState<f64>, epochs: usize) -> Vec<u8> {
    let bytes = checkpoint::encode(net, state).unwrap();
    let Checkpoint { mut network, state } = checkpoint::decode::<f64>(&bytes, |b| b).unwrap();
    let mut trainer = Trainer::resume(&network, state.until(epochs).unwrap(), data()).unwrap();
    let report = trainer.run(&mut network, data(), |_| ControlFlow::Continue(())).unwrap();
    assert_eq!((report.epochs, report.stop), (epochs, Stop::Finished));
    checkpoint::encode(&network, trainer.state()).unwrap()
}

#[test]
fn more_epochs_give_the_bits_of_as_many_at_first() {
    let constant = Training::new(4, 4).optimizer(Optimizer::adam()).learning_rate(0.05).seed(3);
    let steps = constant.schedule(Schedule::step(3, 0.5)).l2(1e-3).clip_norm(1.0);
    for training in [constant, steps.optimizer(Optimizer::Nesterov { beta: 0.9 })] {
        let (net, state, _) = trained(training, data());
        let (whole, whole_state, _) = {
            let mut net = network();
            let state = Trainer::new(&net, training, data()).unwrap().into_state();
            let mut trainer = Trainer::resume(&net, state.until(9).unwrap(), data()).unwrap();
            let report = trainer.run(&mut net, data(), |_| ControlFlow::Continue(())).unwrap();
            (net, trainer.into_state(), report)
        };
        let expected = checkpoint::encode(&whole, &whole_state).unwrap();
        assert!(longer(&net, &state, 9) == expected);
        for epochs in [0, 3, 4] {
            let (_, state, _) = trained(training, data());
            let refused = state.until(epochs).unwrap_err();
            assert!(matches!(refused, Error::Range { argument: "number of epochs in all", .. }));
        }
    }
}

#[test]
fn a_cosine_that_ended_with_the_training_ends_with_the_longer_one() {
    let of = |schedule| {
        let (_, state, _) = trained(Training::new(4, 4).schedule(schedule), data());
        state.until(10).unwrap().training()
    };
    let cosine = Schedule::cosine(3, 0.1).after_warm_up(0.5);
    let longer = Schedule::cosine(9, 0.1).after_warm_up(0.5);
    assert_eq!(of(cosine), Training::new(10, 4).schedule(longer));
    // One of another length was meant so.
    for schedule in [Schedule::cosine(3, 0.1), Schedule::cosine(8, 0.0), Schedule::step(2, 0.5)] {
        assert_eq!(of(schedule), Training::new(10, 4).schedule(schedule));
    }
}

/// The validation cost only rises: the first epoch stays the best.
#[test]
fn patience_begins_anew() {
    let turned: Vec<f64> = Y.iter().map(|y| 1.0 - y).collect();
    let held = (Columns::new(&X, 2).unwrap(), Columns::new(&turned, 1).unwrap());
    let data = data().validation(held.0, held.1);
    let stopping = EarlyStopping::new(2).restore_best(false);
    let training = Training::new(50, 6).learning_rate(0.5).early_stopping(stopping);
    let (mut net, state, report) = trained(training, data);
    // The best epoch, and two without a better one.
    let (ended, best) = (report.epochs, report.best.unwrap().epoch);
    assert_eq!((report.stop, ended), (Stop::Patience, best + 3));
    assert!(state.is_finished());
    // Two epochs of new patience, of the six that are asked for; in a file as well.
    let bytes = checkpoint::encode(&net, &state.until(ended + 6).unwrap()).unwrap();
    let state = checkpoint::decode::<f64>(&bytes, |b| b).unwrap().state;
    assert!(!state.is_finished());
    let mut trainer = Trainer::resume(&net, state, data).unwrap();
    let report = trainer.run(&mut net, data, |_| ControlFlow::Continue(())).unwrap();
    assert_eq!(
        (report.stop, report.epochs, report.best.unwrap().epoch),
        (Stop::Patience, ended + 2, best)
    );
}

/// The file with another header: `from` replaced by `to`.
fn edited(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let header = std::str::from_utf8(&bytes[8..8 + length]).unwrap();
    assert!(header.contains(from), "{from} is not in {header}");
    let mut header = header.replacen(from, to, 1);
    while !header.len().is_multiple_of(8) {
        header.push(' ');
    }
    let start = (header.len() as u64).to_le_bytes();
    [&start[..], header.as_bytes(), &bytes[8 + length..]].concat()
}

#[test]
fn checkpoints_know_their_data_and_older_ones_load() {
    let (net, state, _) = trained(Training::new(4, 4), data());
    let bytes = checkpoint::encode(&net, &state).unwrap();
    let known = data().fingerprint();
    let load = |bytes: &[u8]| checkpoint::decode::<f64>(bytes, |b| b).unwrap().state;
    assert_eq!(load(&bytes).data(), Some(known));

    let mut x = X;
    x[7] += 1e-9;
    let other = DataSet::new(Columns::new(&x, 2).unwrap(), Columns::new(&Y, 1).unwrap());
    let refused = Trainer::resume(&net, load(&bytes), other).unwrap_err();
    assert_eq!(refused, Error::OtherData { expected: known, given: other.fingerprint() });
    let insisted = Trainer::resume(&net, load(&bytes).on_any_data(), other).unwrap();
    assert_eq!(insisted.state().data(), Some(other.fingerprint()));
    assert!(Trainer::resume(&net, load(&bytes), data()).is_ok());

    // Of version 0.1: no fingerprint.
    let entry = format!(r#",\"data\":\"{known}\""#);
    let old = edited(&bytes, &entry, "");
    assert_eq!(load(&old).data(), None);
    assert!(Trainer::resume(&net, load(&old), other).is_ok());
    // One that is none.
    let broken = edited(&bytes, &known.to_string(), "what?");
    let error = checkpoint::decode::<f64>(&broken, |b| b).unwrap_err().to_string();
    assert!(error.contains("no fingerprint: expected 16 hexadecimal digits"), "{error}");
    assert!("what?".parse::<Fingerprint>().is_err());
    let lies = edited(&bytes, &entry, &format!(r#"{entry},\"patient_from\":5"#));
    let error = checkpoint::decode::<f64>(&lies, |b| b).unwrap_err().to_string();
    assert!(error.ends_with("its patience begins after its last epoch"), "{error}");
}
