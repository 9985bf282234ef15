//! Promise: `eval` says how far probabilities can be believed and which columns the predictions rely
//! on; `train --calibrate` makes probabilities as sure as they are right, and changes no class.

#[path = "common/place.rs"]
mod place;

use place::{Place, notes};
use serde_json::Value;

const MODEL: &str = "--model shallownet-run/model.safetensors";

/// Two columns of which only the first, and one of texts of which every one, tells the class; in one
/// sample of four the class is the other one.
fn noisy(rows: std::ops::Range<usize>) -> String {
    let mut text = "a,nothing,colour,kind\n".to_owned();
    for i in rows {
        let a = (i * 7919 % 997) as f64 / 997.0 - 0.5;
        let colour = ["red", "green", "blue"][i * 31 % 3];
        let is_yes = (a > 0.0) == (colour != "red");
        let is_turned = i * 613 % 4 == 0;
        let kind = if is_yes != is_turned { "yes" } else { "no" };
        text += &format!("{a:.4},{},{colour},{kind}\n", i * 37 % 11);
    }
    text
}

fn trained(options: &str) -> (Place, Value) {
    let place = Place::new();
    place.file("train.csv", noisy(0..400)).file("test.csv", noisy(400..1400));
    let train = "train --data train.csv --label kind --holdout 0.4";
    let results = place.json(&format!("{train} {options}"));
    (place, results)
}

fn of(scored: &Value, name: &str) -> f64 {
    scored[name].as_f64().unwrap_or_else(|| panic!("{name}: {scored}"))
}

#[test]
fn calibrated_probabilities_are_as_sure_as_they_are_right() {
    let eval = format!("eval {MODEL} --data test.csv --label kind");
    // Three of four can be right: a network that learns its samples by heart is surer.
    let by_heart = "--l2 0 --learning-rate 0.01 --epochs 1000";
    let (place, _) = trained(by_heart);
    let (plain, classes) = (place.json(&eval), predictions(&place));
    let (place, _) = trained(&format!("{by_heart} --calibrate"));
    let calibrated = place.json(&eval);
    let [before, after] = [&plain, &calibrated].map(|s| of(s, "expected_calibration_error"));
    assert!(before > 0.3 && after < 0.6 * before, "{plain} {calibrated}");
    assert!(of(&calibrated, "brier_score") < of(&plain, "brier_score"));
    assert!(of(&calibrated, "cost") < of(&plain, "cost"));
    assert_eq!(of(&calibrated, "accuracy"), of(&plain, "accuracy"));
    assert_eq!(predictions(&place), classes);
    let (lines, _) = place.done(&eval);
    for said in ["Brier     0.", "ECE       0."] {
        assert!(lines.contains(said), "{said}: {lines}");
    }
    let (lines, _) =
        place.done("train --data train.csv --label kind --epochs 2 --holdout 0.25 --calibrate");
    assert!(lines.contains("calibrated by 100 held-out samples: logits divided by "), "{lines}");
}

fn predictions(place: &Place) -> Vec<String> {
    let (csv, _) = place.done(&format!("predict {MODEL} --data test.csv"));
    csv.lines().map(|line| line.split(',').next().unwrap().to_owned()).collect()
}

#[test]
fn calibration_needs_samples_of_its_own_and_probabilities() {
    let place = Place::new();
    place.file("train.csv", noisy(0..80));
    let train = "train --data train.csv --label kind --epochs 1 --calibrate";
    let line = place.refused(2, train);
    let expected = "--calibrate needs samples that are not trained on: --validation or --holdout";
    assert_eq!(line, expected);
    let line = place.refused(2, &format!("{train} --holdout 0.2 --output tanh"));
    assert!(line.starts_with("--calibrate is for probabilities: "), "{line}");
    assert!(!place.path("shallownet-run/model.safetensors").exists());
    // Every sample held out is predicted rightly: the surer, the better, without an end.
    let rows: String = (0..80).map(|i| format!("{},{}\n", i % 2, ["no", "yes"][i % 2])).collect();
    place.file("easy.csv", format!("a,k\n{rows}"));
    let easy = "train --data easy.csv --label k --epochs 20 --calibrate --holdout 0.2";
    let (_, notes) = place.done(easy);
    assert!(notes.iter().any(|note| note.starts_with("--calibrate: no temperature suits")));
}

#[test]
fn importance_names_the_columns_that_count() {
    let (place, _) = trained("");
    let eval = format!("eval {MODEL} --data test.csv --label kind");
    let scored = place.json(&format!("{eval} --importance"));
    let importance = scored["importance"].as_array().unwrap();
    let names: Vec<&str> = importance.iter().map(|c| c["column"].as_str().unwrap()).collect();
    assert_eq!(names[2], "nothing");
    assert!(of(&importance[0], "mean") > 0.1 && of(&importance[1], "mean") > 0.1, "{scored}");
    assert!(of(&importance[2], "mean").abs() < 0.05, "{scored}");
    assert_eq!(scored, place.json(&format!("{eval} --importance=5")));
    assert!(place.json(&eval)["importance"].is_null());
    let (lines, _) = place.done(&format!("{eval} --importance=2 --out pictures"));
    assert!(lines.contains("drop of the accuracy when a column is shuffled"), "{lines}");
    let expected = ["confusion", "importance", "reliability"]
        .map(|name| [format!("{name}.png"), format!("{name}.svg")])
        .concat();
    assert_eq!(place.names("pictures"), expected);
    let line = place.refused(2, &format!("{eval} --importance=0"));
    assert!(line.contains("--importance"), "{line}");
}

#[test]
fn values_have_importance_and_no_probabilities() {
    let place = Place::new();
    let rows: String =
        (0..200).map(|i| format!("{},{},{}\n", i * 37 % 101, i % 7, 5 * (i * 37 % 101))).collect();
    place.file("t.csv", format!("a,b,y\n{rows}"));
    place.done("train --data t.csv --label y --regression --epochs 60");
    let scored = place.json(&format!("eval {MODEL} --data t.csv --label y --importance --out p"));
    assert_eq!(scored["importance"][0]["column"], "a");
    assert!(of(&scored["importance"][0], "mean") > 1.0, "{scored}");
    assert!(scored["brier_score"].is_null());
    assert_eq!(place.names("p"), ["importance.png", "importance.svg"]);
    assert_eq!(notes(&scored), [""; 0]);
}
