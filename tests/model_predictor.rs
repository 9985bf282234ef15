//! Promise: a loaded model predicts from a file's own numbers what its parts do one by one:
//! divided, standardized, through the network, turned back, named.

use shallownet::io::model::{Model, Problem, decode, encode};
use shallownet::io::{InputKind, Inputs};
use shallownet::pipeline::Unsound;
use shallownet::{
    Activation, Columns, Error, Init, Loss, Network, PredictionWorkspace, Scalar, Standardization,
};

fn network<T: Scalar>(n_x: usize, n_y: usize, g: Activation) -> Network<T> {
    let builder = Network::builder(n_x).layer(5, Activation::Tanh).layer(n_y, g);
    builder.init(Init::XavierNormal, 3).build().unwrap()
}

/// A model that has everything, through its file.
fn model<T: Scalar>() -> Model<T> {
    let mut model = Model::new(network::<T>(2, 2, Activation::Identity));
    model.pipeline.inputs =
        Some(Inputs { from: InputKind::Bytes, lowest: 0.0, highest: 255.0, divided_by: 255.0 });
    model.pipeline.standardization =
        Some(Standardization { means: vec![0.4, 0.6], stds: vec![0.2, 0.3] });
    model.pipeline.targets.standardization =
        Some(Standardization { means: vec![2e5, -1.0], stds: vec![5e4, 0.01] });
    decode(&encode(&model).unwrap()).unwrap()
}

fn values_are_turned_back<T: Scalar>() {
    let model = model::<T>();
    let raw: Vec<f64> = (0..20).map(|i| f64::from(i * 37 % 256)).collect();
    let mut x = raw.clone();
    model.pipeline.inputs.unwrap().apply(&mut x);
    model.pipeline.standardization.as_ref().unwrap().apply(&mut x);
    let x: Vec<T> = x.into_iter().map(T::from_f64).collect();
    let mut a = vec![T::ZERO; 20];
    let mut workspace = PredictionWorkspace::new(&model.network, 10).unwrap();
    model.network.predict(Columns::new(&x, 2).unwrap(), &mut a, &mut workspace).unwrap();
    let mut expected: Vec<f64> = a.into_iter().map(T::to_f64).collect();
    model.pipeline.targets.standardization.as_ref().unwrap().undo(&mut expected);

    let mut predictor = model.predictor(10).unwrap();
    for _ in 0..2 {
        let predictions = predictor.predict(&raw).unwrap();
        assert_eq!(predictions.values(), Columns::new(&expected, 2).unwrap());
        assert_eq!(predictions.classes().count(), 0);
    }
}

#[test]
fn values_come_in_the_targets_units() {
    values_are_turned_back::<f32>();
    values_are_turned_back::<f64>();
}

#[test]
fn classes_come_by_name() {
    // One output is the probability of the second class.
    let mut net = Network::<f32>::builder(1).layer(1, Activation::Sigmoid).build().unwrap();
    net.set_parameters(&[1.0, 0.0]).unwrap();
    let mut model = Model::new(net);
    model.classes = ["no", "yes"].map(str::to_owned).to_vec();
    let mut predictor = model.predictor(3).unwrap();
    let predictions = predictor.predict(&[-1.0, 0.0, 1.0]).unwrap();
    assert_eq!(predictions.classes().collect::<Vec<_>>(), ["no", "no", "yes"]);
    assert_eq!(predictions.values().as_slice()[1], 0.5);

    let mut net = Network::<f64>::builder(1).layer(3, Activation::Softmax).build().unwrap();
    net.set_parameters(&[-1.0, 0.0, 1.0, 0.0, 0.5, 0.0]).unwrap();
    let mut model = Model::new(net);
    model.classes = ["a", "b", "c"].map(str::to_owned).to_vec();
    let mut predictor = model.predictor(3).unwrap();
    let predictions = predictor.predict(&[-9.0, 0.0, 9.0]).unwrap();
    assert_eq!(predictions.classes().collect::<Vec<_>>(), ["a", "b", "c"]);
    assert_eq!((predictions.values().features(), predictions.values().samples()), (3, 3));
}

#[test]
fn what_does_not_fit_is_refused() {
    let model = model::<f32>();
    assert!(matches!(model.predictor(0), Err(Problem::Network(Error::Zero { .. }))));
    assert!(matches!(model.predictor(usize::MAX), Err(Problem::Network(_))));
    let mut predictor = model.predictor(2).unwrap();
    let mut refused = |raw: &[f64]| predictor.predict(raw).unwrap_err();
    assert!(matches!(refused(&[1.0; 3]), Error::NotWholeColumns { .. }));
    assert!(matches!(refused(&[]), Error::EmptyBatch { .. }));
    assert_eq!(refused(&[1.0; 6]), Error::Capacity { capacity: 2, given: 3 });
    assert!(matches!(refused(&[1.0, 1.0, f64::NAN, 1.0]), Error::NotFinite { index: 2, .. }));
    // Finite in the file, and not in f32: named as it stands there.
    let expected = Error::NotFinite { argument: "x", index: 1, value: 1e42 };
    assert_eq!(refused(&[1.0, 1e42]), expected);

    let mut wrong = Model::new(network::<f32>(2, 2, Activation::Identity));
    wrong.pipeline.standardization = Some(Standardization { means: vec![0.0], stds: vec![1.0] });
    assert!(matches!(
        wrong.predictor(1),
        Err(Problem::Pipeline(Unsound::Count { what: "means", .. }))
    ));
    wrong.pipeline.standardization = None;
    wrong.classes = vec!["one".to_owned()];
    assert!(matches!(wrong.predictor(1), Err(Problem::Count { what: "class names", .. })));
}

#[test]
fn variances_come_in_the_squares_of_the_targets_units() {
    let network = Network::<f64>::builder(1).layer(4, Activation::Identity).loss(Loss::GaussianNll);
    let mut model = Model::new(network.build().unwrap());
    // Means x and 2 x, logarithms of variances 0 and x.
    model.network.set_parameters(&[1.0, 2.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0]).unwrap();
    model.pipeline.targets.standardization =
        Some(Standardization { means: vec![100.0, -1.0], stds: vec![10.0, 0.5] });
    let mut model: Model<f64> = decode(&encode(&model).unwrap()).unwrap();
    let mut predictor = model.predictor(2).unwrap();
    let predictions = predictor.predict(&[1.0, 3.0]).unwrap();
    let [of_first, of_second] = [2.0 * 10.0_f64.ln(), 2.0 * 0.5_f64.ln()];
    let expected = [110.0, 0.0, of_first, 1.0 + of_second, 130.0, 2.0, of_first, 3.0 + of_second];
    assert_eq!(predictions.values().as_slice(), expected);

    // A standardization of four targets is that of another network; logarithms have no variance.
    let four = Standardization { means: vec![0.0; 4], stds: vec![1.0; 4] };
    model.pipeline.targets.standardization = Some(four);
    let refused = encode(&model);
    assert!(matches!(refused, Err(Problem::Pipeline(Unsound::Count { expected: 2, .. }))));
    model.pipeline.targets.standardization = None;
    model.pipeline.targets.log = true;
    assert!(matches!(encode(&model), Err(Problem::VarianceOfLogarithms)));
}
