//! Promises: outputs and losses that can't work together are refused in the user's words; nothing
//! is called a probability that is none; numbers to be predicted are not taken for thousands of
//! classes; what is written does not grow with the square of the classes.

#[path = "common/place.rs"]
mod place;

use place::Place;
use serde_json::json;

/// Two classes by two features, in two blobs.
fn two_classes() -> String {
    let row = |i: usize| {
        let (x, kind) = if i.is_multiple_of(2) { (-1.0, "no") } else { (1.0, "yes") };
        format!("{},{},{kind}\n", x + (i * 7 % 5) as f64 / 10.0, (i * 11 % 9) as f64 / 9.0)
    };
    format!("a,b,kind\n{}", (0..40).map(row).collect::<String>())
}

#[test]
fn two_classes_have_two_outputs_of_softmax() {
    let place = Place::new();
    place.file("d.csv", two_classes());
    let data = "--data d.csv --label kind";
    let train = format!("train {data} --epochs 60 --learning-rate 0.05 --checkpoint c.st");
    for option in [
        "--output softmax",
        "--output softmax --loss squared_error",
        "--loss categorical_cross_entropy",
    ] {
        let results = place.json(&format!("{train} {option}"));
        assert_eq!(results["network"]["sizes"], json!([2, 100, 2]), "{option}");
        assert_eq!(results["network"]["activations"][1], "softmax");
        assert_eq!(results["train"]["accuracy"], 1.0, "{option}");
        let model = "--model shallownet-run/model.safetensors";
        let eval = place.json(&format!("eval {model} {data}"));
        assert_eq!((&eval["accuracy"], &eval["roc_auc"]), (&json!(1.0), &json!(1.0)));
        let (csv, error) = place.said(&format!("predict {model} --data d.csv --proba"));
        assert!(csv.starts_with("prediction,probability,probability_no,probability_yes\nno,0."));
        assert_eq!(error, "");
        place.said(&format!("gradcheck {model} {data}"));
        place.said(&format!("gradcheck {data} {option}"));
        assert_eq!(place.json(&format!("train {data} --resume c.st --epochs 61"))["epochs"], 61);
    }
    // One is enough of a sigmoid.
    let sizes = &place.json(&format!("{train} --loss binary_cross_entropy"))["network"]["sizes"];
    assert_eq!(*sizes, json!([2, 100, 1]));
}

#[test]
fn outputs_and_losses_that_do_not_go_together_are_refused() {
    let place = Place::new();
    place.file("d.csv", two_classes());
    place.file("v.csv", "a,y\n1,0.5\n2,0.25\n3,1.5\n");
    let of_classes = "--data d.csv --label kind";
    let of_values = "--data v.csv --label y --regression";
    let cases = [
        (
            of_classes,
            "--output tanh --loss binary_cross_entropy",
            "--loss binary_cross_entropy goes with --output sigmoid, not tanh",
        ),
        (
            of_classes,
            "--output softmax --loss binary_cross_entropy",
            "--loss binary_cross_entropy goes with --output sigmoid, not softmax",
        ),
        (
            of_classes,
            "--output sigmoid --loss categorical_cross_entropy",
            "--loss categorical_cross_entropy goes with --output softmax, not sigmoid",
        ),
        (
            of_values,
            "--output softmax",
            "--output softmax of one value is always 1: expected identity, or another",
        ),
        (
            of_values,
            "--loss categorical_cross_entropy",
            "--output softmax of one value is always 1: expected identity, or another",
        ),
        (
            of_values,
            "--output sigmoid",
            r#"v.csv: line 4, column 2 ("y"): 1.5 is not from 0 to 1, as binary_cross_entropy has it"#,
        ),
    ];
    for (data, options, expected) in cases {
        for command in ["train", "gradcheck"] {
            assert_eq!(place.refused(2, &format!("{command} {data} {options}")), expected);
        }
    }
    let line = place.refused(2, "select --activation tanh,softmax");
    assert!(line.contains("none of tanh, sigmoid, relu"), "{line}");
    assert!(!place.path("shallownet-run").exists());
    // Allowed, and said.
    let train = format!("train {of_values} --plain --output tanh --iterations 3");
    let (_, error) = place.said(&train);
    let note = "note: 1 of 3 values to learn lie outside -1 to 1, where tanh outputs are\n";
    assert_eq!(error, note);
}

/// Identity, tanh and ReLU outputs are trained towards 0 and 1 by squared error: the middle
/// decides, and no column calls them probabilities.
#[test]
fn only_probabilities_are_called_so() {
    let place = Place::new();
    place.file("d.csv", two_classes());
    let model = "--model shallownet-run/model.safetensors --data d.csv";
    for output in ["identity", "tanh", "leaky_relu"] {
        let train = "train --data d.csv --label kind --hidden none --iterations 2000";
        let results = place.json(&format!("{train} --output {output}"));
        assert_eq!(results["train"]["accuracy"], 1.0, "{output}");
        let (csv, error) = place.said(&format!("predict {model} --proba"));
        assert!(error.contains(&format!("{output} outputs are no probabilities")), "{error}");
        let mut lines = csv.lines();
        assert_eq!(lines.next(), Some("prediction,output,output_yes"));
        for line in lines {
            let cells: Vec<&str> = line.split(',').collect();
            let a: f64 = cells[1].parse().unwrap();
            assert_eq!(cells[0], if a > 0.5 { "yes" } else { "no" }, "{line}");
            assert_eq!(cells[1], cells[2]);
        }
        let (csv, error) = place.said(&format!("predict {model}"));
        assert!(csv.starts_with("prediction,output\n") && error.is_empty());
    }
    // Three classes of which each has an output.
    let rows: String = (0..30).map(|i| format!("{},{}\n", i % 3, ["p", "q", "r"][i % 3])).collect();
    place.file("d.csv", format!("a,kind\n{rows}"));
    place.said("train --data d.csv --label kind --output identity --iterations 5");
    let csv = place.said(&format!("predict {model} --proba")).0;
    assert!(csv.starts_with("prediction,output,output_p,output_q,output_r\n"), "{csv}");
    place.said("train --data d.csv --label kind --output sigmoid --iterations 5");
    let csv = place.said(&format!("predict {model} --proba")).0;
    assert!(csv.starts_with("prediction,probability,probability_p,"), "{csv}");
}

#[test]
fn a_number_to_be_predicted_is_not_taken_for_classes() {
    let place = Place::new();
    let rows: String =
        (0..400).map(|i| format!("{},{}.{}\n", i % 20, i % 37, i * i % 101)).collect();
    place.file("d.csv", format!("a,y\n{rows}"));
    let asks = "--regression predicts numbers, --classification takes each for a class";
    for command in ["train", "select", "gradcheck"] {
        let line = place.refused(2, &format!("{command} --data d.csv --label y"));
        assert!(line.starts_with(r#"d.csv: line 2, column 2 ("y"): the labels are "#), "{line}");
        assert!(line.ends_with(asks), "{line}");
    }
    let train = "train --data d.csv --label y --iterations 2";
    assert!(place.json(&format!("{train} --regression"))["train"]["r_squared"].is_number());
    assert!(place.json(&format!("{train} --classification"))["train"]["accuracy"].is_number());
    let x: Vec<f64> = (0..6).map(|i| f64::from(i) / 2.0).collect();
    let column = shallownet::Columns::new(&x, 1).unwrap();
    shallownet::io::npy::save(&place.path("x.npy"), column).unwrap();
    let line = place.refused(2, "train --data x.npy --labels x.npy");
    let expected = "label 1 is 0.5: expected a whole number below 2^53 in size, for labels; \
                    --regression predicts numbers";
    assert!(line.ends_with(expected), "{line}");
    // Digits, and a hundred classes of several samples each.
    for classes in [10, 100] {
        let rows: String = (0..600).map(|i| format!("{},{}\n", i % 7, i % classes)).collect();
        place.file("d.csv", format!("a,y\n{rows}"));
        place.said("train --data d.csv --label y --iterations 1 --hidden none");
    }
}

/// 200,000 labels: one-hot targets of 160 GB.
#[test]
fn targets_that_memory_has_no_room_for_are_an_error() {
    let place = Place::new();
    let rows: String = (0..200_000).map(|i| format!("{},n{i}\n", i % 97)).collect();
    place.file("d.csv", format!("a,y\n{rows}"));
    for how in ["--iterations 1", "--epochs 1"] {
        let line = place.refused(2, &format!("train --data d.csv --label y {how}"));
        assert!(
            line.starts_with("200000 samples with 200000 outputs each take 160.0 GB"),
            "{line}"
        );
    }
    let line = place.refused(2, "train --hidden 10000000,10000000 --iterations 1");
    assert!(line.contains("the parameters"), "{line}");
}

#[test]
fn what_is_written_does_not_grow_with_the_square_of_the_classes() {
    let place = Place::new();
    let rows: String = (0..3000).map(|i| format!("{},w{}\n", i % 11, i % 300)).collect();
    place.file("d.csv", format!("a,y\n{rows}"));
    let train = "train --data d.csv --label y --hidden none --epochs 1 --out out --json";
    let written = place.said(train).0.len();
    assert!(written < 20_000, "{written}");
    let picture = place::text(&place.read("out/confusion.svg"));
    assert!(picture.len() < 20_000 && picture.contains("Mistakes among 300 classes"));
    let eval = "eval --model out/model.safetensors --data d.csv --label y";
    let (lines, _) = place.said(&format!("{eval} --out drawn"));
    assert!(lines.contains("the most frequent mistakes among 300 classes:"), "{lines}");
    assert!(lines.len() < 4000 && lines.matches(" more\n").count() == 2, "{lines}");
    let results = place.json(eval);
    assert_eq!(results["confusion"], json!(null));
    let cells = results["confusion_counts"].as_array().unwrap();
    let sum: u64 = cells.iter().map(|cell| cell["count"].as_u64().unwrap()).sum();
    assert!(sum == 3000 && cells.len() <= 3000);
    let right = cells.iter().filter(|cell| cell["actual"] == cell["predicted"]);
    let right: u64 = right.map(|cell| cell["count"].as_u64().unwrap()).sum();
    assert_eq!(results["correct"], right);
    assert_eq!(results["f1"].as_array().unwrap().len(), 300);
}

/// Probabilities that were learned from sure labels go to 0 and 1; from smoothed ones they stop at e / 2
/// and 1 - e / 2. Accuracy, and the labels of other samples, are what they were.
#[test]
fn smoothed_labels_are_learned_as_less_than_sure() {
    let place = Place::new();
    place.file("d.csv", two_classes());
    let train =
        "train --data d.csv --label kind --hidden none --l2 0 --epochs 300 --learning-rate 0.1";
    let model = "--model shallownet-run/model.safetensors";
    for output in ["", "--output softmax"] {
        let largest = |options: &str| {
            let results = place.json(&format!("{train} {output} {options}"));
            assert_eq!(results["train"]["accuracy"], 1.0, "{output} {options}");
            let (csv, _) = place.said(&format!("predict {model} --data d.csv"));
            let sure = csv.lines().skip(1).map(|line| line.split(',').nth(1).unwrap());
            sure.map(|p| p.parse::<f64>().unwrap()).fold(0.0, f64::max)
        };
        assert!(largest("") > 0.99, "{output}");
        let smoothed = largest("--label-smoothing 0.2");
        assert!((0.8..0.97).contains(&smoothed), "{output}: {smoothed}");
    }
    let (said, _) = place.done(&format!("{train} --label-smoothing 0.2"));
    assert!(said.contains("labels smoothed by 0.2, in the cost of training, too"), "{said}");
    for wrong in
        ["--label-smoothing 0", "--label-smoothing 1", "--label-smoothing 0.1 --regression"]
    {
        assert_eq!(place.run(&format!("{train} {wrong}")).status.code(), Some(2), "{wrong}");
    }
}
