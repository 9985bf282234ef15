//! Promise: several networks are trained in one call, kept in one file, and predict together.

#[path = "common/place.rs"]
mod place;

use place::{Place, notes};
use shallownet::io::model::{self, AnyModel};
use shallownet::io::population::{self, AnyEnsemble, Ensemble};
use shallownet::{Columns, PredictionWorkspace, Scalar, metrics};

const TRAIN: &str = "train --data t.csv --label k --ignore v --hidden 5 --epochs 30";
const MODEL: &str = "shallownet-run/model.safetensors";
const ENSEMBLE: &str = "shallownet-run/ensemble.safetensors";

/// Two numbers, a class that a curve parts, and a value.
fn place() -> Place {
    let place = Place::new();
    let mut table = "a,b,k,v\n".to_owned();
    for i in 0_u32..120 {
        let (a, b) = (f64::from(i * i % 37) / 18.0 - 1.0, f64::from(i * 7 % 31) / 15.0 - 1.0);
        let k = if a * a + b > 0.4 { "out" } else { "in" };
        table += &format!("{a},{b},{k},{}\n", 100.0 + 30.0 * a * b + 20.0 * b);
    }
    place.file("t.csv", table);
    place
}

fn ensemble(place: &Place) -> Ensemble<f32> {
    match population::load_any(&place.path(ENSEMBLE)).unwrap() {
        AnyEnsemble::F32(ensemble) => ensemble,
        AnyEnsemble::F64(_) => panic!("tables are learned in f32"),
    }
}

/// The table's columns of inputs, standardized as the ensemble wants them, and each network's
/// outputs.
fn outputs<T: Scalar>(ensemble: &Ensemble<T>, place: &Place) -> Vec<Vec<f64>> {
    let table = String::from_utf8(place.read("t.csv")).unwrap();
    let mut x = Vec::new();
    for line in table.lines().skip(1) {
        let raw: Vec<f64> = line.split(',').take(2).map(|cell| cell.parse().unwrap()).collect();
        let mut inputs = [0.0; 2];
        ensemble.pipeline.apply(&raw, &mut inputs).unwrap();
        x.extend(inputs.map(T::from_f64));
    }
    let x = Columns::new(&x, 2).unwrap();
    let of = |member: usize| {
        let net = ensemble.population.get(member).unwrap();
        let mut a = vec![T::ZERO; x.samples() * net.outputs()];
        net.predict(x, &mut a, &mut PredictionWorkspace::new(&net, x.samples()).unwrap()).unwrap();
        let mut a: Vec<f64> = a.iter().map(|a| a.to_f64()).collect();
        ensemble.pipeline.targets.undo(&mut a);
        a
    };
    (0..ensemble.population.members()).map(of).collect()
}

/// Mean and standard deviation over the networks.
fn average(all: &[Vec<f64>], at: usize) -> (f64, f64) {
    let n = all.len() as f64;
    let mean = all.iter().map(|a| a[at]).sum::<f64>() / n;
    let squares = all.iter().map(|a| (a[at] - mean).powi(2)).sum::<f64>();
    (mean, (squares / n).sqrt())
}

#[test]
fn an_ensemble_is_a_model_and_a_file_of_its_networks() {
    let place = place();
    let results = place.json(&format!("{TRAIN} --ensemble 3 --seed 7 --holdout 0.2"));
    assert_eq!(results["network"]["sizes"][1], 15);
    let files: Vec<_> = results["files"].as_array().unwrap().iter().take(2).collect();
    assert_eq!(files, [MODEL, ENSEMBLE]);
    let members = results["members"].as_array().unwrap();
    for (k, member) in members.iter().enumerate() {
        assert_eq!((&member["seed"], &member["epochs"]), (&(7 + k).into(), &30.into()));
        assert!(member["training_cost"].as_f64().unwrap() < 0.7, "{member}");
        assert!(member["diverged_in_step"].is_null() && member["validation_cost"].is_null());
    }
    assert_eq!((members.len(), &results["epochs"]), (3, &30.into()));
    let history = results["history"].as_array().unwrap();
    assert_eq!((history.len(), &history[29]["epoch"]), (30, &30.into()));
    let mean = members.iter().map(|m| m["training_cost"].as_f64().unwrap()).sum::<f64>() / 3.0;
    assert!((history[29]["training_cost"].as_f64().unwrap() - mean).abs() < 1e-12);

    // The model is the mean of the logits of what the file holds.
    let AnyModel::F32(model) = model::load_any(&place.path(MODEL)).unwrap() else { panic!() };
    let ensemble = ensemble(&place);
    assert_eq!(ensemble.population.members(), 3);
    assert_eq!((&ensemble.classes, &ensemble.pipeline), (&model.classes, &model.pipeline));
    let first = ensemble.population.get(0).unwrap();
    assert_eq!(model.network.weights(0).unwrap()[..10], first.weights(0).unwrap()[..]);
    // Each has a seed of its own.
    assert_ne!(first.weights(0).unwrap(), ensemble.population.get(1).unwrap().weights(0).unwrap());
}

#[test]
fn a_member_does_not_depend_on_the_others() {
    let place = place();
    place.done(&format!("{TRAIN} --ensemble 4 --seed 1"));
    let four = ensemble(&place);
    place.done(&format!("{TRAIN} --ensemble 2 --seed 2 --threads 1"));
    let two = ensemble(&place);
    let weights = |e: &Ensemble<f32>, k| e.population.get(k).unwrap().weights(0).unwrap();
    assert_eq!(weights(&four, 1), weights(&two, 0));
    assert_eq!(weights(&four, 2), weights(&two, 1));
}

#[test]
fn predictions_are_means_with_their_spread() {
    let place = place();
    place.done(&format!("{TRAIN} --ensemble 3"));
    let all = outputs(&ensemble(&place), &place);
    let csv = place.done(&format!("predict --model {ENSEMBLE} --data t.csv --proba")).0;
    let mut lines = csv.lines();
    let heads = "prediction,probability,spread,probability_in,probability_out";
    assert_eq!(lines.next(), Some(heads));
    assert_eq!(lines.clone().count(), 120);
    for (at, line) in lines.enumerate() {
        let (p, spread) = average(&all, at);
        let cells: Vec<&str> = line.split(',').collect();
        let number = |k: usize| cells[k].parse::<f64>().unwrap();
        assert_eq!(cells[0], if p > 0.5 { "out" } else { "in" });
        assert!((number(1) - p.max(1.0 - p)).abs() < 1e-6, "{line}: {p}");
        assert!((number(2) - spread).abs() < 1e-6, "{line}: {spread}");
        assert!((number(4) - p).abs() < 1e-6 && (number(3) + p - 1.0).abs() < 1e-6, "{line}");
    }
    // One network has no such column.
    let csv = place.done(&format!("predict --model {MODEL} --data t.csv")).0;
    assert!(csv.starts_with("prediction,probability\n"));
}

#[test]
fn values_are_averaged_in_their_own_units() {
    let place = place();
    let train = "train --data t.csv --label v --ignore k --regression --hidden 5 --epochs 30";
    for transform in ["standardize", "log", "none"] {
        place.done(&format!("{train} --target-transform {transform} --ensemble 3"));
        let all = outputs(&ensemble(&place), &place);
        let csv = place.done(&format!("predict --model {ENSEMBLE} --data t.csv")).0;
        let mut lines = csv.lines();
        assert_eq!(lines.next(), Some("output_1,spread_1"));
        for (at, line) in lines.enumerate() {
            let (mean, spread) = average(&all, at);
            let (a, s) = line.split_once(',').unwrap();
            let near = |given: &str, expected: f64| {
                (given.parse::<f64>().unwrap() - expected).abs() < 1e-4 * (1.0 + expected.abs())
            };
            assert!(near(a, mean) && near(s, spread), "{line}: {mean}, {spread}");
        }
        let scored = place.json(&format!("eval --model {ENSEMBLE} --data t.csv --label v"));
        let members = &scored["members"];
        let error = |v: &serde_json::Value| v.as_f64().unwrap();
        // A mean of squares about a mean is never less.
        let alone = error(&members["mean_squared_error"]["mean"]);
        assert!(error(&scored["mean_squared_error"]) <= alone * (1.0 + 1e-9), "{scored}");
        assert!(error(&members["r_squared"]["mean"]) <= error(&scored["r_squared"]) + 1e-9);
        assert_eq!(members["count"], 3);
    }
}

#[test]
fn scores_are_of_the_mean_and_of_each() {
    let place = place();
    place.done(&format!("{TRAIN} --ensemble 3"));
    let (ensemble, labels) = (ensemble(&place), String::from_utf8(place.read("t.csv")).unwrap());
    let all = outputs(&ensemble, &place);
    let is_out: Vec<f64> =
        labels.lines().skip(1).map(|line| f64::from(line.contains(",out,"))).collect();
    let accuracy = |a: &[f64]| {
        let (a, y) = (Columns::new(a, 1).unwrap(), Columns::new(&is_out, 1).unwrap());
        metrics::accuracy(a, y).unwrap()
    };
    let means: Vec<f64> = (0..120).map(|at| average(&all, at).0).collect();
    let scored = place.json(&format!("eval --model {ENSEMBLE} --data t.csv --label k"));
    assert_eq!(scored["accuracy"], accuracy(&means));
    let log = |(p, y): (&f64, &f64)| -(y * p.ln() + (1.0 - y) * (1.0 - p).ln());
    let cost = means.iter().zip(&is_out).map(log).sum::<f64>() / 120.0;
    assert!((scored["cost"].as_f64().unwrap() - cost).abs() < 1e-5, "{scored}: {cost}");
    let own: Vec<Vec<f64>> = all.iter().map(|a| vec![accuracy(a)]).collect();
    let (mean, deviation) = average(&own, 0);
    let members = &scored["members"];
    let of = |name: &str| members["accuracy"][name].as_f64().unwrap();
    assert!((of("mean") - mean).abs() < 1e-12, "{scored}");
    assert!((of("standard_deviation") - deviation).abs() < 1e-12, "{scored}");
    // The mean of convex costs is no less than the cost of the mean.
    assert!(members["cost"]["mean"].as_f64().unwrap() >= cost - 1e-6);

    let (said, _) = place.done(&format!("eval --model {ENSEMBLE} --data t.csv --label k"));
    assert!(said.contains("\neach of 3 alone: accuracy "), "{said}");
    let scored = place.json(&format!("eval --model {MODEL} --data t.csv --label k"));
    assert!(scored.get("members").is_none());
}

#[test]
fn commands_say_what_the_file_is() {
    let place = place();
    place.done(&format!("{TRAIN} --ensemble 3"));
    let (said, _) = place.done(&format!("inspect {ENSEMBLE}"));
    assert!(said.starts_with("an ensemble of 3 networks; "), "{said}");
    assert!(said.contains("\n2-5-1 (relu, sigmoid), 21 parameters, f32, "), "{said}");
    assert_eq!(place.json(&format!("inspect {ENSEMBLE}"))["members"], 3);
    assert!(place.json(&format!("inspect {MODEL}")).get("members").is_none());
    let data = "--data t.csv --label k";
    for (what, command) in [
        ("export", format!("export --onnx m.onnx --model {ENSEMBLE}")),
        ("gradcheck", format!("gradcheck --model {ENSEMBLE} {data}")),
        ("--importance", format!("eval --model {ENSEMBLE} {data} --importance")),
        ("--image", format!("inspect {ENSEMBLE} --image 2x1 --out p")),
    ] {
        let line = place.refused(2, &command);
        let expected = format!(
            "{ENSEMBLE}: an ensemble of 3 networks: {what} takes a single network, as the mean is \
             that train saves beside it: {MODEL}"
        );
        assert_eq!(line, expected);
    }
    place.done(&format!("export --onnx m.onnx --model {MODEL}"));
    let line = place.refused(2, &format!("train {data} --resume {ENSEMBLE}"));
    assert!(line.contains("not a checkpoint"), "{line}");
    let line = place.refused(2, &format!("{TRAIN} --ensemble 3 --checkpoint c.st"));
    assert!(line.contains("cannot be used with"), "{line}");
}

#[test]
fn each_stops_early_by_itself() {
    let place = place();
    let early = "--epochs 200 --learning-rate 0.05 --validation 0.3 --early-stopping 4";
    let train = "train --data t.csv --label k --ignore v --hidden 5";
    let results = place.json(&format!("{train} {early} --ensemble 6"));
    let members = results["members"].as_array().unwrap();
    let epochs: Vec<u64> = members.iter().map(|m| m["epochs"].as_u64().unwrap()).collect();
    assert!(
        epochs.iter().any(|&n| n < 200) && epochs.iter().any(|&n| n != epochs[0]),
        "{epochs:?}"
    );
    assert_eq!(results["epochs"], *epochs.iter().max().unwrap());
    for (member, epochs) in members.iter().zip(epochs) {
        let best = member["best_epoch"].as_u64().unwrap();
        assert!(epochs == 200 || epochs == best + 4, "{member}");
        assert!(member["validation_cost"].as_f64().is_some());
    }
    let (said, _) = place.done(&format!("{train} {early} --ensemble 6"));
    assert!(said.contains("\nnetwork   6   "), "{said}");
}

#[test]
fn networks_that_diverge_are_left_out_or_an_error() {
    let place = place();
    let train = "train --data t.csv --label v --ignore k --regression --hidden 5 --epochs 30";
    let line =
        place.refused(1, &format!("{train} --ensemble 3 --optimizer sgd --learning-rate 1e9"));
    assert!(line.contains("training stopped and nothing was written"), "{line}");
    assert!(!place.path("shallownet-run").exists());

    // At this rate some do and some do not.
    let mut found = false;
    for rate in ["0.6", "0.8", "1", "1.3", "1.6", "2", "2.5", "3"] {
        let options = format!("--ensemble 8 --optimizer sgd --learning-rate {rate} --out r --json");
        let output = place.run(&format!("{train} {options}"));
        let Ok(results) = serde_json::from_slice::<serde_json::Value>(&output.stdout) else {
            continue;
        };
        let members = results["members"].as_array().unwrap();
        let diverged = members.iter().filter(|m| !m["diverged_in_step"].is_null()).count();
        let noted = notes(&results);
        let left_out = noted.iter().filter(|note| note.contains(" of 8 is left out: its cost was"));
        assert_eq!(left_out.count(), diverged);
        let AnyEnsemble::F32(kept) =
            population::load_any(&place.path("r/ensemble.safetensors")).unwrap()
        else {
            panic!()
        };
        assert_eq!(kept.population.members(), 8 - diverged);
        found |= diverged > 0;
    }
    assert!(found);
}

#[test]
fn full_batches_give_both_files_too() {
    let place = place();
    let train = "train --data t.csv --label k --ignore v --plain --hidden 3 --iterations 20";
    let (said, _) = place.done(&format!("{train} --ensemble 2"));
    assert!(said.contains("\nnetwork 2 of 2\n"), "{said}");
    assert!(place.json(&format!("inspect {ENSEMBLE}"))["members"] == 2);
    // It is then of another run than the model.
    let (_, notes) = place.done(train);
    assert!(notes.iter().any(|note| note == "ensemble.safetensors is of an earlier run"));
    let (_, notes) = place.done(&format!("{TRAIN} --ensemble 1 --calibrate --holdout 0.3"));
    assert!(notes.iter().any(|note| note.ends_with("not calibrated: their mean is")), "{notes:?}");
}
