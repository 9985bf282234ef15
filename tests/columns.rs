//! Promise: columns have a feature at the least, whatever they are made of, so that nothing is
//! divided by zero; a view of nothing is refused where samples are needed.

mod common;

use common::BACKENDS;
use common::On;
use shallownet::select::{Folds, Parts, Split};
use shallownet::{
    Activation, Columns, DataSet, Error, Network, OwnedColumns, Tape, Targets, Trainer, Training,
    TrainingWorkspace, metrics,
};

#[test]
fn one_sample_is_what_it_is() {
    let values = [1.0, 2.0, 3.0];
    assert_eq!(Columns::one(&values), Columns::new(&values, 3).unwrap());
    assert_eq!(Columns::one(&values[..1]).column(0), Some(&[1.0][..]));
    let nothing = Columns::<f64>::one(&[]);
    assert_eq!((nothing.features(), nothing.samples()), (1, 0));
    assert_eq!((nothing.column(0), nothing.range(0..1)), (None, None));
    assert_eq!(nothing, Columns::new(&[], 1).unwrap());
}

/// Every call that takes columns, given nothing: an answer, and for all but the tools an error.
#[test]
fn nothing_is_refused_everywhere() {
    let nothing = Columns::<f64>::one(&[]);
    for &setup in BACKENDS.iter() {
        for inputs in [1, 2] {
            let builder = Network::<f64>::builder(inputs).layer(1, Activation::Sigmoid);
            let mut net = builder.on(setup).build().unwrap();
            let mut workspace = TrainingWorkspace::new(&net, 4).unwrap();
            let mut tape = Tape::new(&net, 4).unwrap();
            let x = [0.5; 2];
            let x = Columns::one(&x[..inputs]);
            assert!(net.predict(nothing, &mut [], &mut workspace).is_err());
            assert!(net.predict(nothing, &mut [0.0], &mut workspace).is_err());
            assert!(net.cost(nothing, nothing, &mut workspace).is_err());
            assert!(net.cost(x, nothing, &mut workspace).is_err());
            assert!(net.cost(x, Targets::weighted(nothing, &[]), &mut workspace).is_err());
            assert!(net.backward(nothing, x, &mut workspace).is_err());
            assert!(net.step(nothing, nothing, 0.1, &mut workspace).is_err());
            assert!(net.step(x, nothing, 0.1, &mut workspace).is_err());
            assert!(net.forward(nothing, &mut tape).is_err());
            let loss = |_: usize, _: &[f64], _: &mut [f64]| 0.0;
            assert!(net.backward_with_da(nothing, &mut workspace, loss).is_err());
            let data = DataSet::new(nothing, nothing);
            assert!(Trainer::new(&net, Training::new(1, 1), data).is_err());
        }
    }
    assert!(metrics::accuracy(nothing, nothing).is_err());
    assert_eq!(metrics::classes(nothing), Ok(Vec::new()));
    assert!(Split::new(nothing, nothing, &Folds::new(2, 2, 1).unwrap(), 0).is_err());
    let parts = Parts::stratified(nothing, nothing, 0.2, 0.2, 1).unwrap();
    assert_eq!(parts.training.samples(), 0);
}

#[test]
fn owned_columns_are_gathered_and_grow() {
    let points = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]];
    let all = OwnedColumns::from_samples(points).unwrap();
    assert_eq!(all, OwnedColumns::from_samples(points.map(|p| p.to_vec())).unwrap());
    assert_eq!(all, OwnedColumns::from(all.columns()));
    let some = OwnedColumns::gathered(all.columns(), &[2, 2, 0]).unwrap();
    assert_eq!(some.columns().as_slice(), [5.0, 6.0, 5.0, 6.0, 1.0, 2.0]);
    let refused = OwnedColumns::gathered(all.columns(), &[0, 3]);
    assert!(matches!(refused, Err(Error::Range { given: 3.0, .. })));

    let mut grown = OwnedColumns::new(Vec::new(), 2).unwrap();
    assert_eq!(grown.samples(), 0);
    points.iter().for_each(|point| grown.push(point).unwrap());
    assert_eq!(grown, all);
    assert!(matches!(grown.push(&[1.0]), Err(Error::Features { expected: 2, given: 1, .. })));
    assert_eq!(grown, all);
    grown.clear();
    assert_eq!((grown.samples(), grown.features()), (0, 2));

    let none: [[f64; 2]; 0] = [];
    assert!(matches!(OwnedColumns::from_samples(none), Err(Error::EmptyBatch { .. })));
    let empty: [[f64; 0]; 2] = [[], []];
    assert!(matches!(OwnedColumns::from_samples(empty), Err(Error::Zero { .. })));
    let ragged = OwnedColumns::from_samples([vec![1.0], vec![]]);
    assert!(matches!(ragged, Err(Error::Features { expected: 1, given: 0, .. })));
}
