//! The command line by epochs: mini-batches, checkpoints, Ctrl-C, files of arrays; and select,
//! inspect, gradcheck.

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use shallownet::Columns;
use shallownet::io::npy;

struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_shallownet"));
        command.args(arguments.split_whitespace()).current_dir(self.0.path());
        command
    }

    fn run(&self, arguments: &str) -> Output {
        self.command(arguments).output().unwrap()
    }

    fn stdout(&self, arguments: &str) -> String {
        let output = self.run(arguments);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments}: {error}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn json(&self, arguments: &str) -> Value {
        serde_json::from_str(&self.stdout(arguments)).unwrap()
    }

    /// The last line of a command that must fail with this exit code.
    fn refused(&self, code: i32, arguments: &str) -> String {
        let output = self.run(arguments);
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments}: {error}");
        error.lines().last().unwrap().strip_prefix("error: ").unwrap().to_owned()
    }

    fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }

    /// MNIST's file names with 40 images (10 for testing) of 3 x 3 pixels: a bright row or column.
    fn images(&self) {
        std::fs::create_dir(self.path("set")).unwrap();
        for (set, count) in [("train", 40_u8), ("t10k", 10)] {
            let mut images = vec![0, 0, 8, 3, 0, 0, 0, count, 0, 0, 0, 3, 0, 0, 0, 3];
            let mut labels = vec![0, 0, 8, 1, 0, 0, 0, count];
            for i in 0..count {
                let label = i % 3;
                let pixel = |p: u8| if p % 3 == label { 250 - i } else { i };
                images.extend((0..9).map(pixel));
                labels.push(label);
            }
            std::fs::write(self.path(&format!("set/{set}-images-idx3-ubyte")), images).unwrap();
            std::fs::write(self.path(&format!("set/{set}-labels-idx1-ubyte")), labels).unwrap();
        }
    }
}

const EPOCHS: &str = "train --epochs 12 --batch 32 --seed 3 --learning-rate 0.02 --validation 0.2 \
                      --schedule cosine:0.1 --warm-up 1 --l2 1e-4 --clip-norm 5 --early-stopping 9";

#[test]
fn shards_are_part_of_a_training_and_of_its_checkpoint() {
    let place = Place::new();
    let command = "train --epochs 4 --batch 32 --shards 3 --seed 3";
    let whole = place.json(&format!("{command} --out whole --json"));
    assert_eq!(whole["options"]["shards"], 3);
    let part = command.replace("--epochs 4", "--epochs 2");
    place.json(&format!("{part} --checkpoint c.st --out part --json"));
    let resumed = place.json("train --resume c.st --epochs 4 --out part --json");
    assert_eq!(resumed["train"]["cost"], whole["train"]["cost"]);
    for shards in ["0", "x"] {
        let line = place.refused(2, &format!("train --epochs 4 --shards {shards}"));
        assert!(line.contains("--shards"), "{line}");
    }
    let line = place.refused(2, "train --epochs 4 --shards 500");
    assert!(line.contains("no more than samples"), "{line}");
    // A training without shards says nothing of them.
    let plain = place.json("train --epochs 1 --batch 32 --json");
    assert_eq!(plain["options"].get("shards"), None);
}

#[test]
fn dropout_is_part_of_a_training_and_of_its_checkpoint() {
    let place = Place::new();
    let command = "train --epochs 4 --batch 32 --dropout 0.25 --seed 3";
    let whole = place.json(&format!("{command} --out whole --json"));
    assert_eq!(whole["options"]["dropout"], 0.25);
    let part = command.replace("--epochs 4", "--epochs 2");
    place.json(&format!("{part} --checkpoint c.st --out part --json"));
    let resumed = place.json("train --resume c.st --epochs 4 --out part --json");
    let cost = |results: &Value, at: usize| results["history"][at]["training_cost"].clone();
    assert_eq!((cost(&resumed, 0), cost(&resumed, 1)), (cost(&whole, 2), cost(&whole, 3)));
    for rate in ["1", "-0.5", "x"] {
        let line = place.refused(2, &format!("train --epochs 4 --dropout={rate}"));
        assert!(line.contains("--dropout"), "{line}");
    }
}

#[test]
fn epochs_are_reported_and_drawn() {
    let place = Place::new();
    let results = place.json(&format!("{EPOCHS} --json"));
    assert_eq!((&results["epochs"], &results["train"]["samples"]), (&12.into(), &320.into()));
    assert_eq!(results["validation"]["samples"], 80);
    assert_eq!(results["options"]["clip_norm"], 5.0);
    assert_eq!(results["options"].get("dropout"), None);
    let history = results["history"].as_array().unwrap();
    let cost = |k: usize| history[k]["training_cost"].as_f64().unwrap();
    assert!(history.len() == 12 && cost(11) < cost(0));
    for name in ["cost", "accuracy", "confusion", "boundary"] {
        let svg = String::from_utf8(place.read(&format!("shallownet-run/{name}.svg"))).unwrap();
        assert!(svg.trim_end().ends_with("</svg>"), "{name}");
        assert!(!["cost", "accuracy"].contains(&name) || svg.contains("validation"), "{name}");
    }
    // An earlier run's pictures go with it.
    place.stdout("train --iterations 1");
    assert!(!place.path("shallownet-run/confusion.png").exists());
}

/// The checkpoint after each epoch is the last one of a run of so many epochs; a cosine's course
/// depends on the number of epochs, so the run is cut by a signal instead.
#[cfg(unix)]
#[test]
fn an_interrupted_training_goes_on_with_the_same_bits() {
    use std::io::{BufRead, BufReader};
    let place = Place::new();
    let train = "train --epochs 3000 --batch 400 --seed 3 --validation 0.1";
    place.stdout(&format!("{train} --out whole"));
    let mut command = place.command(&format!("{train} --out part --checkpoint c.st"));
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().starts_with("epoch    2")));
    let kill = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(kill.success());
    // Read on, so that the child can write.
    lines.for_each(drop);
    let output = child.wait_with_output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(130), "{error}");
    assert!(
        error.starts_with("error: interrupted after epoch ") && error.contains("c.st"),
        "{error}"
    );
    assert!(!place.path("part").exists());

    let lines = place.stdout("train --resume c.st --validation 0.1 --out part");
    assert!(lines.contains("going on after epoch "), "{lines}");
    assert_eq!(place.read("part/model.safetensors"), place.read("whole/model.safetensors"));
}

/// Networks of an ensemble that had ended are kept; the others have no checkpoint.
#[cfg(unix)]
#[test]
fn an_interrupted_ensemble_keeps_what_had_ended() {
    use std::io::{BufRead, BufReader};
    let place = Place::new();
    // One thread trains a group of networks to their end, and then the next.
    let mut command = place.command("train --epochs 1500 --threads 1 --ensemble 200");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let left = |line: &str| line.split_once("   ")?.1.split_once(" networks")?.0.parse().ok();
    let left: usize = lines.find_map(|line| left(&line.unwrap()).filter(|n| *n < 200)).unwrap();
    let kill = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(kill.success());
    lines.for_each(drop);
    let output = child.wait_with_output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(130), "{error}");
    let file = "shallownet-run/interrupted-ensemble.safetensors";
    let ended = error.strip_prefix("error: interrupted: ").and_then(|line| line.split_once(' '));
    let (ended, rest) = ended.unwrap();
    assert!((200 - left..200).contains(&ended.parse().unwrap()), "{error}");
    assert_eq!(rest, format!("of 200 networks had ended, and they are in {file}\n"));
    assert!(
        place.stdout(&format!("inspect {file}")).starts_with(&format!("an ensemble of {ended}"))
    );
}

#[cfg(unix)]
#[test]
fn full_batches_leave_a_checkpoint_too() {
    use std::io::{BufRead, BufReader};
    let place = Place::new();
    let mut command = place.command("train --iterations 100000000");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().starts_with("iteration    1000")));
    assert!(
        Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success()
    );
    lines.for_each(drop);
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(place.path("shallownet-run/checkpoint.safetensors").exists());
}

#[test]
fn checkpoints_that_do_not_fit_are_refused() {
    let place = Place::new();
    place.stdout("train --epochs 2 --checkpoint c.st --out o");
    let cases = [
        (2, "train --resume c.st --hidden 3", "--resume brings its network and seed"),
        (2, "train --resume c.st --epochs 2", "c.st has 2 done: expected more"),
        (2, "train --resume c.st --holdout 0.5", "expected 400"),
        (2, "train --resume c.st --precision f32", "c.st: "),
        (2, "train --resume none", "none: No such file or directory"),
        (2, "train --resume o/model.safetensors", "o/model.safetensors: "),
        (2, "train --epochs 1 --early-stopping 3", "--validation"),
        (2, "train --epochs 1 --iterations 3", "--iterations"),
        (2, "train --epochs 1 --optimizer lion", "expected one of sgd, momentum"),
        (2, "train --epochs 1 --schedule cos", "expected constant, cosine"),
        (1, "train --epochs 1 --checkpoint no/such/c.st", "no/such/c.st: could not be written"),
    ];
    for (code, arguments, expected) in cases {
        let line = place.refused(code, arguments);
        assert!(line.contains(expected), "{arguments}: {line}");
    }
}

#[test]
fn a_folder_of_images_is_trained_on_and_tested() {
    let place = Place::new();
    place.images();
    let train = "train --data set --hidden 8 --epochs 60 --batch 8 --learning-rate 0.02 --json";
    let results = place.json(train);
    assert_eq!(results["network"]["sizes"], serde_json::json!([9, 8, 3]));
    assert_eq!(
        (&results["test"]["samples"], &results["test"]["accuracy"]),
        (&10.into(), &1.0.into())
    );
    assert!(place.path("shallownet-run/weights.png").exists());
    let model = "--model shallownet-run/model.safetensors";
    let eval = place.json(&format!("eval {model} --data set --out drawn --json"));
    assert_eq!(eval["precision"], serde_json::json!([1.0, 1.0, 1.0]));
    assert!(place.path("drawn/confusion.svg").exists());
    let csv = place.stdout(&format!("predict {model} --data set/t10k-images-idx3-ubyte"));
    assert!(csv.lines().count() == 11 && csv.lines().nth(2).unwrap().starts_with("1,0."), "{csv}");

    let line = place.refused(2, "train --images set/train-images-idx3-ubyte");
    assert!(line.starts_with("--labels is missing"), "{line}");
    let t10k = "--labels set/t10k-labels-idx1-ubyte";
    let line = place.refused(2, &format!("train --images set/train-images-idx3-ubyte {t10k}"));
    let expected = "10 labels: set/train-images-idx3-ubyte has 40 samples";
    assert!(line.ends_with(expected), "{line}");
    std::fs::write(place.path("set/train-images-idx3-ubyte"), [0, 0, 8, 3, 0]).unwrap();
    let line = place.refused(2, train);
    assert!(line.starts_with("set/train-images-idx3-ubyte: byte "), "{line}");
}

#[test]
fn numbers_are_predicted_from_csv_and_numpy() {
    let place = Place::new();
    let x: Vec<f64> = (0..60).map(|i| f64::from(i) / 30.0 - 1.0).collect();
    let y: Vec<f64> = x.iter().map(|x| 3.0 * x - 1.0).collect();
    let rows: String = x.iter().zip(&y).map(|(x, y)| format!("{x},{y}\n")).collect();
    std::fs::write(place.path("d.csv"), format!("x,y\n{rows}")).unwrap();
    npy::save(&place.path("x.npy"), Columns::new(&x, 1).unwrap()).unwrap();
    npy::save(&place.path("y.npy"), Columns::new(&y, 1).unwrap()).unwrap();
    let options =
        "--plain --regression --hidden none --epochs 200 --batch 10 --learning-rate 0.05 --json";
    for data in ["--data d.csv --label y", "--data x.npy --labels y.npy"] {
        let results = place.json(&format!("train {data} {options}"));
        assert_eq!(results["network"]["activations"], serde_json::json!(["identity"]));
        let r_squared = results["train"]["r_squared"].as_f64().unwrap();
        assert!(r_squared > 0.999, "{r_squared}");
        let eval = format!("eval --model shallownet-run/model.safetensors {data} --json");
        assert_eq!(place.json(&eval)["r_squared"], results["train"]["r_squared"]);
    }
    let line = place.refused(2, "train --data x.npy --label y --epochs 1");
    assert!(line.contains("--labels is missing"), "{line}");
}

#[test]
fn candidates_are_compared_and_the_best_is_first() {
    let place = Place::new();
    let select =
        "select --hidden 1,16 --activation tanh --learning-rate 0.03 --epochs 40 --folds 4";
    let results = place.json(&format!("{select} --out drawn --json"));
    let candidates = results["candidates"].as_array().unwrap();
    assert_eq!(candidates.len(), 2);
    assert_eq!(results["best"]["hidden"], serde_json::json!([16]));
    assert_eq!(candidates[0]["scores"].as_array().unwrap().len(), 4);
    let mean = |k: usize| candidates[k]["mean"].as_f64().unwrap();
    assert!(mean(0) > mean(1));
    let svg = String::from_utf8(place.read("drawn/selection.svg")).unwrap();
    assert!(svg.contains("best mean"));
    let lines = place.stdout(&format!("{select} --threads 1"));
    assert_eq!(lines.matches("<- best").count(), 1, "{lines}");
    let line = place.refused(2, "select --folds 1");
    assert!(line.contains("folds"), "{line}");
}

#[test]
fn models_are_inspected_and_their_gradients_checked() {
    let place = Place::new();
    place.stdout("train --iterations 10 --standardize");
    let model = "shallownet-run/model.safetensors";
    let facts = place.json(&format!("inspect {model} --json"));
    assert_eq!(facts["layers"][0]["parameters"], 12);
    assert!(facts["layers"][1]["weight_norm"].as_f64().unwrap() > 0.0);
    assert_eq!(facts["standardization"]["means"].as_array().unwrap().len(), 2);
    let lines = place.stdout(&format!("inspect {model}"));
    assert!(lines.starts_with("2-4-1 (tanh, sigmoid), 17 parameters, f64"), "{lines}");
    let line = place.refused(2, &format!("inspect {model} --image 2x2 --out o"));
    assert!(line.contains("has 4 pixels: the model takes 2 inputs"), "{line}");

    for precision in ["f64", "f32"] {
        let check = format!("gradcheck --hidden 5,3 --precision {precision} --json");
        let report = place.json(&check);
        assert_eq!((&report["passed"], &report["checked"]), (&true.into(), &37.into()));
    }
    let line = place.refused(1, "gradcheck --tolerance 1e-30");
    assert!(line.starts_with("the gradients are wrong"), "{line}");
    std::fs::write(place.path("d.csv"), "x1,x2,label\n1,2,0\n0,1,1\n").unwrap();
    place.stdout(&format!("gradcheck --model {model} --data d.csv --label label"));
}

#[test]
fn every_new_help_has_an_example() {
    let place = Place::new();
    for command in ["select", "inspect", "gradcheck"] {
        let help = place.stdout(&format!("{command} --help"));
        assert!(help.contains(&format!("  shallownet {command} ")), "{help}");
    }
}
