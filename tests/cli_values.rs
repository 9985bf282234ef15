//! Promise: a regression learns targets of any size, by the loss that was asked for, predicts in their
//! units, and says when it is no better than their mean; what it advises was not done yet.

#[path = "common/place.rs"]
mod place;

use place::{Place, notes};
use serde_json::Value;

const UT: &str = "train --data ut.csv --label price --regression --standardize --epochs 200";
const HOUSE: &str = "train --data house3.csv --label price --regression --standardize";
const MODEL: &str = "--model shallownet-run/model.safetensors";

fn r_squared(results: &Value) -> f64 {
    results["train"]["r_squared"].as_f64().unwrap()
}

#[test]
fn prices_are_learned_and_predicted_in_their_units() {
    let place = Place::case("ut.csv");
    for precision in ["f64", "f32"] {
        let options = format!("--learning-rate 0.01 --precision {precision}");
        let results = place.json(&format!("{UT} {options}"));
        assert!(r_squared(&results) > 0.95, "{results}");
        let of_targets = &results["target_standardization"];
        assert!(of_targets["means"][0].as_f64().unwrap() > 1e5, "{of_targets}");
        // The error is in the prices' units, the cost in standard deviations.
        let std = of_targets["stds"][0].as_f64().unwrap();
        let error = results["train"]["mean_squared_error"].as_f64().unwrap();
        let cost = results["train"]["cost"].as_f64().unwrap();
        assert!((error / (2.0 * cost * std * std) - 1.0).abs() < 1e-4, "{results}");

        let eval = place.json(&format!("eval {MODEL} --data ut.csv --label price"));
        assert_eq!(eval["r_squared"], results["train"]["r_squared"]);
        assert_eq!(eval["cost"], results["train"]["cost"]);
        let (csv, _) = place.done(&format!("predict {MODEL} --data ut.csv"));
        let first: f64 = csv.lines().nth(1).unwrap().parse().unwrap();
        assert!((first - 1e5).abs() < 3e4, "{first}");
        let facts = place.json(&format!("inspect {}", &MODEL[8..]));
        assert_eq!(&facts["target_standardization"], of_targets);
    }
    let (lines, _) = place.done(UT);
    for said in ["targets are standardized (mean ", "cost of standardized targets "] {
        assert!(lines.contains(said), "{said}: {lines}");
    }
}

#[test]
fn house_prices_do_not_diverge() {
    let place = Place::case("house3.csv");
    for options in ["--iterations 500", "--epochs 60 --learning-rate 0.01"] {
        let results = place.json(&format!("{HOUSE} {options} --holdout 0.2"));
        assert!(r_squared(&results) > 0.9, "{options}: {results}");
        assert!(results["holdout"]["r_squared"].as_f64().unwrap() > 0.9, "{options}: {results}");
        assert_eq!(notes(&results), [""; 0]);
    }
    let results = place.json(
        "select --data house3.csv --label price --regression --standardize --hidden 8 \
         --activation tanh --learning-rate 0.01 --folds 3",
    );
    // In the prices' units: thousands, squared.
    assert_eq!(results["score"], "mean_squared_error");
    let best = results["best"]["mean"].as_f64().unwrap();
    assert!((1e3..1e9).contains(&best), "{best}");
    assert_eq!(notes(&results), [""; 0]);
}

#[test]
fn hints_name_what_was_not_given() {
    let place = Place::case("house3.csv");
    let diverges = "--target-transform none --iterations 5000 --learning-rate 0.5";
    let line = place.refused(1, &format!("{HOUSE} {diverges}"));
    let hint = line.split("; ").nth(1).unwrap();
    assert_eq!(
        hint, "try a --learning-rate below 0.5, or --target-transform standardize",
        "{line}"
    );
    assert!(!place.path("shallownet-run/model.safetensors").exists());
    let by_epochs = "train --data house3.csv --label price --regression --hidden none --epochs 300 \
                     --optimizer sgd --learning-rate 9";
    let hint = |line: String| line.split("; ").nth(1).unwrap().to_owned();
    let expected = "try a --learning-rate below 9, or --standardize, or --clip-norm 1";
    assert_eq!(hint(place.refused(1, &format!("{by_epochs} --plain"))), expected);
    let line = place.refused(1, by_epochs);
    assert_eq!(hint(line), "try a --learning-rate below 9, or --clip-norm 1");

    let select = "select --data house3.csv --label price --regression --hidden none --epochs 20 \
                  --optimizer sgd --activation tanh --folds 2 --learning-rate 9,8";
    let results = place.json(&format!("{select} --plain"));
    assert_eq!(results["best"], Value::Null);
    let expected = "every candidate diverged: try a --learning-rate below 8, or --standardize";
    assert_eq!(notes(&results), [expected]);
}

#[test]
fn a_result_no_better_than_a_constant_answer_is_said() {
    let place = Place::case("ut.csv");
    let results = place.json(&format!("{UT} --target-transform none"));
    assert!(r_squared(&results) < 0.0, "{results}");
    let [note] = notes(&results)[..] else { panic!("{results}") };
    assert!(note.starts_with("R^2 -"), "{note}");
    let expected = "on the training samples is no better than always answering the mean; try \
                    --target-transform standardize, more --epochs, another --learning-rate, other \
                    features";
    assert!(note.ends_with(expected), "{note}");
    let eval = place.json(&format!("eval {MODEL} --data ut.csv --label price"));
    assert!(
        notes(&eval)[0].ends_with("on these samples is no better than always answering the mean")
    );

    // 19 of 20 are fine, and nothing tells which.
    let noise = |i: u64| (i.wrapping_mul(2_654_435_761) >> 7) % 1009;
    let kind = |i| if i % 20 == 3 { "fraud" } else { "fine" };
    let rows: String =
        (0..200).map(|i| format!("0.{},0.{},{}\n", noise(i), noise(i + 999), kind(i))).collect();
    place.file("noise.csv", format!("a,b,k\n{rows}"));
    let data = "--data noise.csv --label k";
    let results = place.json(&format!("train {data} --standardize --iterations 20 --holdout 0.2"));
    let expected = "95.00 % of the training samples right is no better than always answering \
                    \"fine\": 95.00 %; try more --iterations, another --learning-rate, other features";
    assert_eq!(notes(&results), [expected]);
    let eval = place.json(&format!("eval {MODEL} {data}"));
    let expected =
        "95.00 % of these samples right is no better than always answering \"fine\": 95.00 %";
    assert_eq!(notes(&eval), [expected]);
    let results = place.json(&format!("select {data} --hidden 2 --activation tanh --epochs 5"));
    let expected = "the best candidate's accuracy of 0.9500 is no better than always answering the \
                    most frequent class: 0.9500; try other candidates, more --epochs, other features";
    assert_eq!(notes(&results), [expected]);

    let values: String = (0..200)
        .map(|i| format!("0.{},0.{},{}\n", noise(i), noise(i * 7 + 999), 100 + noise(i * 3 + 5)))
        .collect();
    place.file("values.csv", format!("a,b,y\n{values}"));
    let select = "select --data values.csv --label y --regression --hidden 2 --activation tanh --epochs 1 \
         --learning-rate 1e-9";
    let results = place.json(select);
    assert!(notes(&results)[0].contains(" better than always answering the mean: "), "{results}");
}

#[test]
fn outputs_that_cannot_take_any_value_learn_targets_as_they_are() {
    let place = Place::new();
    let rows: String =
        (0..40).map(|i| format!("{},{}\n", f64::from(i) / 8.0, f64::from(i) / 40.0)).collect();
    place.file("d.csv", format!("x,y\n{rows}"));
    let train = "train --data d.csv --label y --regression --iterations 500";
    let results = place.json(&format!("{train} --output sigmoid"));
    assert_eq!(results["target_standardization"], Value::Null);
    assert!(r_squared(&results) > 0.5, "{results}");
    let line =
        place.refused(2, &format!("{train} --output sigmoid --target-transform standardize"));
    assert!(line.contains("and the output sigmoid is not: expected --output identity"), "{line}");
    let line = place.refused(2, "train --target-transform none");
    assert!(line.contains("--regression"), "{line}");
    let results = place.json(&format!("{train} --target-transform none"));
    assert_eq!(results["target_standardization"], Value::Null);
}

/// A table of x and y, its targets by a line and one of a few errors each.
fn table(place: &Place, errors: impl Fn(usize, f64) -> f64) -> Vec<(f64, f64)> {
    let point = |i: usize| (i as f64 / 50.0, errors(i, 1.0 + i as f64 / 25.0));
    let points: Vec<(f64, f64)> = (0..200).map(point).collect();
    let rows: String = points.iter().map(|(x, y)| format!("{x},{y}\n")).collect();
    place.file("d.csv", format!("x,y\n{rows}"));
    points
}

/// Trains with these options, and predicts the samples.
fn learned(place: &Place, options: &str) -> Vec<f64> {
    let train = "train --data d.csv --label y --regression --hidden none --l2 0 --epochs 300";
    place.json(&format!("{train} --learning-rate 0.03 {options}"));
    let (csv, _) = place.done(&format!("predict {MODEL} --data d.csv"));
    csv.lines().skip(1).map(|line| line.parse().unwrap()).collect()
}

#[test]
fn losses_that_do_not_square_are_not_pulled_by_wild_targets() {
    let place = Place::new();
    let points = table(&place, |i, y| if i % 10 == 3 { y + 40.0 } else { y });
    let farthest = |options: &str| {
        let all = learned(&place, options);
        let line = points.iter().map(|(x, _)| 1.0 + 2.0 * x);
        all.iter().zip(line).map(|(a, y)| (a - y).abs()).fold(0.0, f64::max)
    };
    assert!(farthest("--loss squared_error") > 3.0);
    for loss in ["absolute", "huber:0.05", "quantile:0.5"] {
        let off = farthest(&format!("--loss {loss}"));
        assert!(off < 0.7, "{loss}: {off}");
        let facts = place.json(&format!("inspect {}", &MODEL[8..]));
        assert_eq!(facts["network"]["loss"], loss, "{facts}");
        // The model has the loss's number: its cost is the same again.
        let train = "train --data d.csv --label y --regression --epochs 3 --hidden 4";
        let results = place.json(&format!("{train} --loss {loss}"));
        let eval = place.json(&format!("eval {MODEL} --data d.csv --label y"));
        assert_eq!(eval["cost"], results["train"]["cost"], "{loss}");
    }
}

#[test]
fn a_quantile_has_its_share_of_targets_below() {
    let place = Place::new();
    let noise = |i: usize| ((i as u64).wrapping_mul(2_654_435_761) >> 7) % 1009;
    let points = table(&place, |i, y| y + noise(i) as f64 / 100.0);
    for (tau, share) in [("0.9", 0.9), ("0.25", 0.25)] {
        let a = learned(&place, &format!("--loss quantile:{tau}"));
        let below = a.iter().zip(&points).filter(|(a, (_, y))| y < a).count() as f64;
        assert!((below / points.len() as f64 - share).abs() < 0.05, "{tau}: {below}");
    }
}

#[test]
fn counts_are_learned_as_rates() {
    let place = Place::new();
    // Every third count one higher, one lower than the rate rounded.
    let rows: String = (0..300)
        .map(|i| {
            let rate = (f64::from(i) / 150.0).exp();
            format!("{},{}\n", f64::from(i) / 100.0, rate.round() + f64::from(i % 3) - 1.0)
        })
        .collect();
    place.file("d.csv", format!("x,y\n{rows}"));
    let a = learned(&place, "--loss poisson");
    for (i, a) in a.iter().enumerate() {
        let rate = (i as f64 / 150.0).exp();
        assert!((a / rate - 1.0).abs() < 0.2, "{i}: {a}, not {rate}");
    }
    let facts = place.json(&format!("inspect {}", &MODEL[8..]));
    assert_eq!(facts["network"]["loss"], "poisson");
    assert_eq!(facts["network"]["activations"][0], "exp");
    let train = "train --data d.csv --label y --regression --loss poisson";
    let line = place.refused(2, &format!("{train} --output identity"));
    assert_eq!(line, "--loss poisson goes with --output exp, not identity");
    place.file("d.csv", "x,y\n1,2\n2,-1\n3,4\n");
    let line = place.refused(2, train);
    assert!(line.ends_with("-1 is not from 0 on, as poisson has it"), "{line}");
    for loss in ["huber:0", "quantile:1", "absolute:2", "gaussian_nll:1"] {
        let said = place.run(&format!("train --loss {loss}"));
        assert_eq!(said.status.code(), Some(2), "{loss}");
    }
}

/// y = 100 + 10 x, give or take a deviation that grows from 1 to 9 along x: twelve points of a normal
/// distribution's middle ranks at every x.
fn noisy(place: &Place) -> Vec<f64> {
    const RANKS: [f64; 6] = [0.105, 0.319, 0.549, 0.812, 1.15, 1.732];
    let mut rows = String::new();
    let mut deviations = Vec::new();
    for i in 0..100 {
        let x = f64::from(i) / 50.0 - 1.0;
        let deviation = 5.0 + 4.0 * x;
        for rank in RANKS {
            for sign in [1.0, -1.0] {
                rows += &format!("{x},{}\n", 100.0 + 10.0 * x + sign * rank * deviation);
                deviations.push(deviation);
            }
        }
    }
    place.file("d.csv", format!("x,y\n{rows}"));
    deviations
}

/// The cells that `predict` writes.
fn predicted(place: &Place, arguments: &str) -> Vec<Vec<String>> {
    let (csv, _) = place.done(&format!("predict {arguments}"));
    csv.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

#[test]
fn deviations_are_learned_with_values_and_come_in_their_units() {
    let place = Place::new();
    let deviations = noisy(&place);
    let train = "train --data d.csv --label y --regression --loss gaussian_nll --hidden 8 --seed 1";
    let results = place.json(train);
    assert_eq!(results["network"]["sizes"], serde_json::json!([1, 8, 2]));
    // The values alone explain what the noise leaves.
    let r2 = results["train"]["r_squared"].as_f64().unwrap();
    assert!(r2 > 0.45, "{results}");
    let eval = place.json(&format!("eval {MODEL} --data d.csv --label y"));
    for key in ["cost", "r_squared", "mean_squared_error"] {
        assert_eq!(eval[key], results["train"][key], "{key}");
    }
    let written = predicted(&place, &format!("{MODEL} --data d.csv"));
    assert_eq!(written[0], ["output_1", "deviation_1"]);
    for (row, expected) in written[1..].iter().zip(&deviations) {
        let deviation: f64 = row[1].parse().unwrap();
        assert!((deviation - expected).abs() < 1.2, "{deviation}, not {expected}");
    }
    let mean: f64 = written[1][0].parse().unwrap();
    assert!((mean - 90.0).abs() < 2.0, "{mean}");

    // Networks that agree have little spread; their mean is as good.
    place.json(&format!("{train} --ensemble 3 --epochs 30"));
    let ensemble = "--model shallownet-run/ensemble.safetensors --data d.csv";
    let written = predicted(&place, ensemble);
    assert_eq!(written[0], ["output_1", "deviation_1", "spread_1", "deviation_spread_1"]);
    let numbers: Vec<f64> = written[1].iter().map(|cell| cell.parse().unwrap()).collect();
    assert!((numbers[1] - 1.0).abs() < 1.5 && numbers[3] < 1.0, "{numbers:?}");
    let eval = place.json(&format!("eval {ensemble} --label y"));
    assert!(eval["r_squared"].as_f64().unwrap() > 0.4, "{eval}");
    assert!(eval["cost"].as_f64().unwrap().is_finite(), "{eval}");
}

#[test]
fn deviations_go_with_values_as_they_are() {
    let place = Place::new();
    noisy(&place);
    let train = "train --data d.csv --label y --loss gaussian_nll";
    let line = place.refused(2, &format!("{train} --regression --target-transform log"));
    assert!(line.contains("expected standardize or none"), "{line}");
    let line = place.refused(2, &format!("{train} --regression --output tanh"));
    assert_eq!(line, "--loss gaussian_nll goes with --output identity, not tanh");
    place.file("c.csv", "a,kind\n1,no\n2,yes\n3,no\n4,yes\n5,no\n6,yes\n");
    let line = place.refused(2, "train --data c.csv --label kind --loss gaussian_nll");
    assert!(line.contains("not classes"), "{line}");
}
