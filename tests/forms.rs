//! Promise: options, words and configurations are written in the forms that `shallownet::forms`
//! lists, and read from them. A change of these texts is a change of every file that holds them.

use serde::{Serialize, de::DeserializeOwned};
use shallownet::{
    Activation, Backend, Best, Builder, Checks, Columns, Configuration, DataSet, EarlyStopping,
    Fingerprint, Init, Layer, Level, Loss, Network, Optimizer, Parallelism, Schedule,
    Standardization, Training,
};

/// Written as `json`, letter by letter, and read from it.
#[track_caller]
fn is<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(value: T, json: &str) {
    assert_eq!(serde_json::to_string(&value).unwrap(), json);
    assert_eq!(read::<T>(json).unwrap(), value);
}

fn read<T: DeserializeOwned>(json: &str) -> Result<T, String> {
    serde_json::from_str(json).map_err(|error| error.to_string())
}

#[test]
fn words() {
    is(Activation::Identity, r#""identity""#);
    is(Activation::Sigmoid, r#""sigmoid""#);
    is(Activation::Tanh, r#""tanh""#);
    is(Activation::Relu, r#""relu""#);
    is(Activation::LEAKY_RELU, r#"{"leaky_relu":{"slope":0.01}}"#);
    is(Activation::Softmax, r#""softmax""#);
    is(Activation::Exp, r#""exp""#);
    is(Loss::BinaryCrossEntropy, r#""binary_cross_entropy""#);
    is(Loss::CategoricalCrossEntropy, r#""categorical_cross_entropy""#);
    is(Loss::SquaredError, r#""squared_error""#);
    is(Loss::Huber { delta: 1.5 }, r#"{"huber":{"delta":1.5}}"#);
    is(Loss::Absolute, r#""absolute""#);
    is(Loss::Quantile { tau: 0.9 }, r#"{"quantile":{"tau":0.9}}"#);
    is(Loss::Poisson, r#""poisson""#);
    is(Loss::GaussianNll, r#""gaussian_nll""#);
    is(Init::Auto, r#""auto""#);
    is(Init::Zeros, r#""zeros""#);
    is(Init::Uniform { scale: 0.5 }, r#"{"uniform":{"scale":0.5}}"#);
    is(Init::Normal { scale: 0.01 }, r#"{"normal":{"scale":0.01}}"#);
    is(Init::XavierUniform, r#""xavier_uniform""#);
    is(Init::XavierNormal, r#""xavier_normal""#);
    is(Init::HeUniform, r#""he_uniform""#);
    is(Init::HeNormal, r#""he_normal""#);
    is(Init::NguyenWidrow, r#""nguyen_widrow""#);
    for (backend, name) in [
        (Backend::Auto, r#""auto""#),
        (Backend::Fused, r#""fused""#),
        (Backend::Portable, r#""portable""#),
        (Backend::Cblas, r#""cblas""#),
    ] {
        is(backend, name);
    }
    is(Level::Avx512, r#""avx512""#);
    is(Parallelism::Serial, r#""serial""#);
    is(Parallelism::Rayon, r#""rayon""#);
    is(Checks::Full, r#""full""#);
    is(Checks::ShapesOnly, r#""shapes_only""#);
    let net = Network::<f32>::builder(2).layer(4, Activation::Tanh).build().unwrap();
    is::<Layer>(net.layers()[0], r#"{"inputs":2,"units":4,"activation":"tanh"}"#);
}

#[test]
fn optimizers_and_schedules() {
    is(Optimizer::Sgd, r#""sgd""#);
    is(Optimizer::momentum(), r#"{"momentum":{"beta":0.9}}"#);
    is(Optimizer::nesterov(), r#"{"nesterov":{"beta":0.9}}"#);
    is(Optimizer::rms_prop(), r#"{"rms_prop":{"rho":0.9,"epsilon":1e-8}}"#);
    is(Optimizer::adam(), r#"{"adam":{"beta1":0.9,"beta2":0.999,"epsilon":1e-8}}"#);
    let adam_w = r#"{"adam_w":{"beta1":0.9,"beta2":0.999,"epsilon":1e-8,"weight_decay":0.01}}"#;
    is(Optimizer::adam_w(), adam_w);
    is(Schedule::constant(), r#"{"warm_up":0.0,"decay":"constant"}"#);
    let step = r#"{"warm_up":0.5,"decay":{"step":{"every":10,"factor":0.1}}}"#;
    is(Schedule::step(10, 0.1).after_warm_up(0.5), step);
    let cosine = r#"{"warm_up":0.0,"decay":{"cosine":{"epochs":8,"floor":0.25}}}"#;
    is(Schedule::cosine(8, 0.25), cosine);
    assert_eq!(read("{}"), Ok(Schedule::constant()));
}

#[test]
fn trainings() {
    let training = Training::new(30, 32)
        .optimizer(Optimizer::momentum())
        .learning_rate(0.05)
        .schedule(Schedule::constant().after_warm_up(1.0))
        .l2(1e-4)
        .clip_norm(2.0)
        .early_stopping(EarlyStopping::new(5))
        .seed(u64::MAX);
    let json = concat!(
        r#"{"epochs":30,"batch_size":32,"optimizer":{"momentum":{"beta":0.9}},"learning_rate":0.05,"#,
        r#""schedule":{"warm_up":1.0,"decay":"constant"},"l2":0.0001,"clip_norm":2.0,"#,
        r#""early_stopping":{"patience":5,"min_delta":0.0,"restore_best":true},"#,
        r#""seed":18446744073709551615}"#
    );
    is(training, json);
    let json = json.replace(r#""early_stopping"#, r#""dropout":0.25,"early_stopping"#);
    is(training.dropout(0.25), &json);
    assert_eq!(read(r#"{"epochs": 7, "batch_size": "full"}"#), Ok(Training::full_batch(7)));
    assert_eq!(read(r#"{"epochs": 7, "batch_size": 64}"#), Ok(Training::new(7, 64)));
    assert_eq!(read(r#"{"patience": 3}"#), Ok(EarlyStopping::new(3)));
}

#[test]
fn what_became_of_them() {
    let (x, y) = ([-1.0_f32, 1.0], [0.0, 1.0]);
    let data = DataSet::new(Columns::new(&x, 1).unwrap(), Columns::new(&y, 1).unwrap());
    is::<Fingerprint>(data.fingerprint(), r#""ac78694ec88e579c""#);
    let standardization = Standardization { means: vec![2.0, -1.5], stds: vec![0.5, 1.0] };
    is(standardization, r#"{"means":[2.0,-1.5],"stds":[0.5,1.0]}"#);
    assert_eq!(read::<Best>(r#"{"epoch":3,"cost":0.25}"#).unwrap().epoch, 3);
    let best = serde_json::to_string(&read::<Best>(r#"{"cost":0.25,"epoch":3}"#).unwrap());
    assert_eq!(best.unwrap(), r#"{"epoch":3,"cost":0.25}"#);
}

#[test]
fn configurations() {
    let builder = Network::<f64>::builder(2)
        .layer(3, Activation::LEAKY_RELU)
        .layer(1, Activation::Sigmoid)
        .loss(Loss::SquaredError)
        .init(Init::HeNormal, 7)
        .backend(Backend::Fused)
        .level(Level::detect())
        .parallelism(Parallelism::Serial)
        .checks(Checks::ShapesOnly);
    let json = concat!(
        r#"{"inputs":2,"layers":[{"units":3,"activation":{"leaky_relu":{"slope":0.01}}},"#,
        r#"{"units":1,"activation":"sigmoid"}],"loss":"squared_error","init":"he_normal","seed":7,"#,
        r#""backend":"fused","level":"LEVEL","parallelism":"serial","checks":"shapes_only"}"#
    );
    let configuration = builder.configuration();
    is(configuration.clone(), &json.replace("LEVEL", Level::detect().name()));
    let (a, b) = (builder.build().unwrap(), Builder::<f64>::from(configuration).build().unwrap());
    assert_eq!((a.layers(), a.loss()), (b.layers(), b.loss()));
    assert_eq!((a.backend(), a.level()), (b.backend(), b.level()));
    for layer in 0..2 {
        assert_eq!(a.weights(layer).unwrap(), b.weights(layer).unwrap());
    }
    let of_network = concat!(
        r#"{"inputs":2,"layers":[{"units":3,"activation":{"leaky_relu":{"slope":0.01}}},"#,
        r#"{"units":1,"activation":"sigmoid"}],"loss":"squared_error","init":"auto","seed":0,"#,
        r#""backend":"auto","level":null,"parallelism":"serial","checks":"shapes_only"}"#
    );
    is(a.configuration(), of_network);

    // What is left out is as a builder has it that is not told.
    let short = r#"{"inputs": 5, "layers": [{"units": 2, "activation": "softmax"}]}"#;
    let net = Builder::<f32>::from(read::<Configuration>(short).unwrap()).build().unwrap();
    let same = Network::<f32>::builder(5).layer(2, Activation::Softmax).build().unwrap();
    assert_eq!(net.configuration(), same.configuration());
    assert_eq!(net.weights(0).unwrap(), same.weights(0).unwrap());
}

/// A name that is misspelt must not be an option that is not set.
#[test]
fn what_is_not_known_is_refused() {
    let refused = [
        read::<Activation>(r#""swish""#).map(drop),
        read::<Activation>(r#""leaky_relu""#).map(drop),
        read::<Activation>(r#"{"leaky_relu":{"slope":0.1,"bias":1}}"#).map(drop),
        read::<Loss>(r#""hinge""#).map(drop),
        read::<Loss>("1").map(drop),
        read::<Init>(r#"{"normal":{}}"#).map(drop),
        read::<Backend>(r#""gpu""#).map(drop),
        read::<Checks>(r#""none""#).map(drop),
        read::<Optimizer>(r#"{"adam":{"beta1":0.9}}"#).map(drop),
        read::<Schedule>(r#"{"warmup":1.0}"#).map(drop),
        read::<EarlyStopping>("{}").map(drop),
        read::<Training>(r#"{"epochs":1}"#).map(drop),
        read::<Training>(r#"{"epochs":1,"batch_size":"all"}"#).map(drop),
        read::<Training>(r#"{"epochs":1,"batch_size":-1}"#).map(drop),
        read::<Training>(r#"{"epochs":1,"batch_size":1,"rate":0.1}"#).map(drop),
        read::<Fingerprint>(r#""12""#).map(drop),
        read::<Standardization>(r#"{"means":[]}"#).map(drop),
        read::<Configuration>(r#"{"layers":[]}"#).map(drop),
        read::<Configuration>(r#"{"inputs":1,"layers":[{"units":1}]}"#).map(drop),
    ];
    for (k, refused) in refused.into_iter().enumerate() {
        assert!(refused.is_err(), "{k}");
    }
    let error = read::<Loss>(r#""hinge""#).unwrap_err();
    assert!(error.starts_with("unknown variant `hinge`, expected one of `binary_cross"), "{error}");
    // A configuration may be of a network that can't be: the builder says so.
    let empty = read::<Configuration>(r#"{"inputs":1,"layers":[]}"#).unwrap();
    assert_eq!(Builder::<f32>::from(empty).build().unwrap_err(), shallownet::Error::NoLayers);
}

/// What a solver is asked for, with the names of the command line.
#[test]
fn solvers() {
    use shallownet::solvers::{Lbfgs, LevenbergMarquardt, Solving, StopAt};
    is(
        Solving::new(Lbfgs::new()).stop_at(StopAt::iterations(7).cost(0.5)).l2(0.25),
        concat!(
            r#"{"method":{"lbfgs":{"history":10,"c1":0.0001,"c2":0.9}},"#,
            r#""stop":{"iterations":7,"cost":0.5,"gradient_norm":1e-10,"step_norm":0.0,"time":null},"#,
            r#""l2":0.25}"#
        ),
    );
    let shards = Solving::new(Lbfgs::new()).shards(8);
    let json = serde_json::to_string(&shards).unwrap();
    assert!(json.ends_with(r#""l2":0.0,"shards":8}"#), "{json}");
    assert_eq!(read::<Solving>(&json).unwrap(), shards);
    let short =
        r#"{"method":{"lm":{"damping":0.01,"increase":4.0,"decrease":5.0,"most_damping":1e10}}}"#;
    assert_eq!(read::<Solving>(short).unwrap(), Solving::new(LevenbergMarquardt::new()));
    let error = read::<Solving>(r#"{"method":{"newton":{}}}"#).unwrap_err();
    assert!(error.contains("unknown variant `newton`"), "{error}");
}

/// A solver's state goes through a file to the bit, for every method, before the first iteration and
/// after some; a state that does not fit together is refused.
#[test]
fn states_of_solvers() {
    use shallownet::solvers::{LevenbergMarquardt, Method, Solver, SolverState, Solving};
    use std::ops::ControlFlow::{Break, Continue};
    let (x, y) = ([-1.0, -0.3, 0.4, 1.0], [0.5, -0.25, 0.125, 0.7]);
    let (x, y) = (Columns::new(&x, 1).unwrap(), Columns::new(&y, 1).unwrap());
    let bayesian = LevenbergMarquardt::new().bayesian().into();
    for method in Method::all().into_iter().chain([bayesian]) {
        let mut net = Network::<f64>::builder(1)
            .layer(3, Activation::Tanh)
            .layer(1, Activation::Identity)
            .build()
            .unwrap();
        let mut solver = Solver::new(&net, Solving::new(method), 4).unwrap();
        for count in [0, 5] {
            let stop = |at: &shallownet::solvers::SolverIteration<'_>| {
                if at.iteration + 1 == count { Break(()) } else { Continue(()) }
            };
            if count > 0 {
                solver.run(&mut net, x, y, stop).unwrap();
            }
            let json = serde_json::to_string(solver.state()).unwrap();
            let again: SolverState = read(&json).unwrap();
            assert_eq!(&again, solver.state(), "{method} after {count}");
            Solver::resume(&net, again).unwrap();
        }
        let json = serde_json::to_string(solver.state()).unwrap();
        // Another number of parameters than vectors.
        let broken = json.replacen("\"parameters\":[", "\"parameters\":[0.5,", 1);
        assert_ne!(broken, json);
        let refused = Solver::resume(&net, read::<SolverState>(&broken).unwrap());
        assert!(matches!(refused, Err(shallownet::Error::Length { .. })), "{method}");
        // A memory of another method.
        let other = if method.name() == "scg" { Method::all()[2] } else { Method::all()[3] };
        let mut value: serde_json::Value = serde_json::from_str(&json).unwrap();
        let other = Solver::new(&net, Solving::new(other), 4).unwrap();
        let other: serde_json::Value = serde_json::to_value(other.state()).unwrap();
        value["memory"] = other["memory"].clone();
        let refused = Solver::resume(&net, serde_json::from_value::<SolverState>(value).unwrap());
        assert!(refused.is_err(), "{method}");
    }
}
