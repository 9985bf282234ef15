//! The command line, as a person at a terminal meets it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// A folder of its own for each test; every command runs in it.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn file(&self, name: &str, text: impl AsRef<[u8]>) -> &Self {
        std::fs::write(self.path(name), text).unwrap();
        self
    }

    fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_shallownet"));
        command.args(arguments.split_whitespace()).current_dir(self.0.path());
        command
    }

    fn run(&self, arguments: &str) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Standard output of a command that must succeed.
    fn stdout(&self, arguments: &str) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments}: {}", text(&output.stderr));
        text(&output.stdout)
    }

    fn json(&self, arguments: &str) -> Value {
        serde_json::from_str(&self.stdout(arguments)).unwrap()
    }

    /// The one line of a command that must fail with this exit code, leaving no new file.
    fn refused(&self, code: i32, arguments: &str) -> String {
        let before = files(self.0.path());
        let output = self.run(arguments);
        let error = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments}: {error}");
        assert_eq!(files(self.0.path()), before, "{arguments}");
        let line = error.strip_suffix('\n').unwrap_or(&error);
        assert!(!line.contains('\n'), "{arguments}: {line}");
        line.strip_prefix("error: ").unwrap_or_else(|| panic!("{line}")).to_owned()
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// Three kinds of points, a corner of the plane each, and a feature that is always the same.
fn corners(rows: usize) -> String {
    let mut csv = "width,kind,height,ones\n".to_owned();
    for i in 0..rows {
        let (kind, x, y) = [("oak", 900, 10), ("elm", 100, 50), ("fir", 500, 90)][i % 3];
        let (dx, dy) = (i * 37 % 101, i * 53 % 17);
        csv += &format!("{},{kind},{}.5,1\n", x + dx, y + dy);
    }
    csv
}

const TREES: &str = "train --data trees.csv --label kind --standardize --iterations 300 \
                     --learning-rate 0.5 --hidden 5";

#[test]
fn the_default_run_reaches_the_published_accuracy_and_cost() {
    let place = Place::new();
    let results = place.json("train --json");
    assert_eq!(results["iterations"], 10_000);
    assert_eq!(results["network"]["sizes"], serde_json::json!([2, 4, 1]));
    // One sample more or less: the last iterations amplify the last bits of tanh.
    let correct = results["train"]["correct"].as_i64().unwrap();
    assert!((correct - 363).abs() <= 1, "{correct} of 400");
    let cost = results["train"]["cost"].as_f64().unwrap();
    assert!((0.2165..0.2195).contains(&cost), "{cost}");
    assert!(results["speed"]["samples_per_second"].as_f64().unwrap() > 0.0);

    let names = ["boundary.png", "boundary.svg", "cost.png", "cost.svg", "model.safetensors"];
    let run = place.path("shallownet-run");
    assert_eq!(files(&run), names.map(|name| run.join(name)));
    for name in ["boundary", "cost"] {
        let png = std::fs::read(run.join(format!("{name}.png"))).unwrap();
        assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
        let svg = std::fs::read_to_string(run.join(format!("{name}.svg"))).unwrap();
        assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"));
    }
}

#[test]
fn the_course_begins_as_published() {
    let lines = Place::new().stdout("train --iterations 3001");
    for line in [
        "iteration       0   cost 0.693048",
        "iteration    1000   cost 0.288083",
        "iteration    2000   cost 0.254385",
        "iteration    3000   cost 0.233864",
        "training accuracy",
        "samples/s",
        "naive reference",
        "wrote shallownet-run/boundary.png",
    ] {
        assert!(lines.contains(line), "{line} is not in\n{lines}");
    }
}

#[test]
fn the_same_arguments_give_the_same_model() {
    let place = Place::new();
    let model = |arguments: &str| {
        place.stdout(&format!("train --iterations 50 --out o {arguments}"));
        std::fs::read(place.path("o/model.safetensors")).unwrap()
    };
    assert_eq!(model("--seed 3"), model("--seed 3 --threads 3"));
    assert_eq!(model("--seed 3"), model("--seed 3 --threads 1"));
    assert_ne!(model("--seed 3"), model("--seed 4"));
    assert_ne!(model(""), model("--seed 0"));
    assert_ne!(model("--seed 3"), model("--seed 3 --precision f32"));
}

#[test]
fn words_of_three_classes_go_round() {
    let place = Place::new();
    place.file("trees.csv", corners(60));
    for precision in ["f32", "f64"] {
        let results = place.json(&format!(
            "{TREES} --holdout 0.25 --activation relu --precision {precision} --json"
        ));
        assert_eq!(results["network"]["sizes"], serde_json::json!([3, 5, 3]));
        assert_eq!(results["train"]["samples"], 45);
        assert_eq!(results["holdout"]["samples"], 15);
        assert_eq!(results["holdout"]["accuracy"], 1.0);
        assert!(!place.path("shallownet-run/boundary.png").exists());

        let model = "--model shallownet-run/model.safetensors --data trees.csv";
        let csv = place.stdout(&format!("predict {model} --proba"));
        let mut lines = csv.lines();
        let head = "prediction,probability,probability_elm,probability_fir,probability_oak";
        assert_eq!(lines.next(), Some(head));
        let kinds: Vec<&str> = lines.map(|line| line.split(',').next().unwrap()).collect();
        assert_eq!(kinds.len(), 60);
        assert!(kinds.chunks(3).all(|kinds| kinds == ["oak", "elm", "fir"]));

        let eval = place.json(&format!("eval {model} --label kind --json"));
        assert_eq!(eval["accuracy"], 1.0);
        assert_eq!(eval["confusion"], serde_json::json!([[20, 0, 0], [0, 20, 0], [0, 0, 20]]));
        let lines = place.stdout(&format!("eval {model} --label kind"));
        assert!(lines.starts_with("accuracy  100.00 % (60 of 60)\ncost      0."), "{lines}");
        assert!(lines.contains("actual \\ predicted  elm  fir  oak\nelm                  20    0"));
    }
}

#[test]
fn columns_are_matched_by_name_and_the_standardization_is_remembered() {
    let place = Place::new();
    place.file("trees.csv", corners(60));
    place.stdout(TREES);
    let predict = "predict --model shallownet-run/model.safetensors --proba --data";
    let expected = place.stdout(&format!("{predict} trees.csv"));
    // Another order, an extra column of words, no label: only three rows of them, so that means
    // and deviations taken from this file would be others.
    let rows: Vec<String> = corners(3)
        .lines()
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            format!("{},note {},{},{}", cells[3], cells[0], cells[2], cells[0])
        })
        .collect();
    place.file("moved.csv", rows.join("\r\n"));
    let moved = place.stdout(&format!("{predict} moved.csv"));
    assert_eq!(moved.lines().collect::<Vec<_>>(), expected.lines().take(4).collect::<Vec<_>>());

    place.file("less.csv", "width,ones\n1,1\n");
    assert_eq!(
        place.refused(2, &format!("{predict} less.csv")),
        r#"less.csv: line 1: no column is named "height" (there are: width, ones)"#
    );
}

#[test]
fn without_headers_columns_are_matched_by_position() {
    let place = Place::new();
    let headless: String = corners(30).lines().skip(1).map(|line| format!("{line}\n")).collect();
    place.file("trees.csv", headless);
    place.stdout(&TREES.replace("--label kind", "--label 2 --no-header"));
    let model = "--model shallownet-run/model.safetensors --no-header --data";
    let all = place.stdout(&format!("predict {model} trees.csv --label 2"));
    assert_eq!(all.lines().count(), 31);
    place.file("bare.csv", "900,10.5,1\n");
    let one = place.stdout(&format!("predict {model} bare.csv"));
    assert_eq!(one.lines().nth(1), all.lines().nth(1));
    let error = place.refused(2, &format!("predict {model} trees.csv"));
    assert_eq!(error, "trees.csv: line 1: 4 feature columns: the model takes 3");
}

#[test]
fn two_classes_of_numbers_make_one_sigmoid() {
    let place = Place::new();
    place.file("n.csv", "x,class\n-2,10\n-1,10\n1,9\n2,9.0\n");
    let train = "train --data n.csv --label class --hidden none --iterations 500";
    assert_eq!(
        place.json(&format!("{train} --json"))["network"]["sizes"],
        serde_json::json!([1, 1])
    );
    let model = "--model shallownet-run/model.safetensors --data n.csv";
    let csv = place.stdout(&format!("predict {model} --proba"));
    assert!(csv.starts_with("prediction,probability,probability_9,probability_10\n10,0."), "{csv}");
    place.file("n.csv", "x,class\n-2,10.0\n3,9\n");
    assert_eq!(place.json(&format!("eval {model} --label 2 --json"))["accuracy"], 1.0);
    place.file("n.csv", "x,class\n-2,10.0\n\n3,8\n");
    assert_eq!(
        place.refused(2, &format!("eval {model} --label 2")),
        r#"n.csv: line 4, column 2 ("class"): the model has no class "8" (but "9", "10")"#
    );
}

#[test]
fn bad_files_are_named_by_line_and_column_and_touch_nothing() {
    let place = Place::new();
    let cases = [
        ("", "d.csv: the file is empty"),
        ("a,y\n", "d.csv: line 1 is the header and no row follows: expected at least one sample"),
        (
            "a,y\n1,p\n2\n",
            "d.csv: line 3: the row ends with column 1: expected 2 columns, as in line 1",
        ),
        (
            "a,y\n1,p\n2,p\n",
            r#"d.csv: line 2, column 2 ("y"): every row has the label "p": expected two classes or more"#,
        ),
        ("a,y\n1,p\n-inf,q\n", r#"d.csv: line 3, column 1 ("a"): "-inf" is not a finite number"#),
        ("a,y\n1,p\n2,\n", r#"d.csv: line 3, column 2 ("y"): the label is empty"#),
        ("a,z\n1,p\n2,q\n", r#"d.csv: line 1: no column is named "y" (there are: a, z)"#),
        ("y\np\nq\n", "d.csv: line 1: there is no column besides the label"),
        ("a,y,a\n1,p,1\n", r#"d.csv: line 1, column 3 ("a"): column 1 has the same name"#),
        ("a,y\n1e39,p\n2,q\n", r#"d.csv: line 2, column 1 ("a"): 1e39 is too large for f32"#),
    ];
    for (csv, expected) in cases {
        place.file("d.csv", csv);
        assert_eq!(place.refused(2, "train --data d.csv --label y --standardize=false"), expected);
    }
    place.file("d.csv", "1,2\n");
    let error = place.refused(2, "train --data d.csv --label 3 --no-header");
    assert_eq!(error, r#"d.csv: no column "3": expected a number from 1 to 2"#);
    let error = place.refused(2, "train --data none.csv --label 3");
    assert_eq!(error, "none.csv: No such file or directory");
}

#[test]
fn an_earlier_run_survives_a_refused_one() {
    let place = Place::new();
    place.stdout("train --iterations 10");
    let model = std::fs::read(place.path("shallownet-run/model.safetensors")).unwrap();
    place.file("d.csv", "a,y\n1e9,p\n-1e9,q\n3,p\n");
    let before = files(&place.path("shallownet-run"));
    let arguments = "--plain --activation relu --learning-rate 1e9 --json";
    let output = place.run(&format!("train --data d.csv --label y {arguments}"));
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(1), String::new()));
    let error = text(&output.stderr);
    let line = error.lines().last().unwrap();
    assert!(line.starts_with("error: the cost is inf in iteration "), "{error}");
    assert!(line.contains("nothing was written"), "{error}");
    assert_eq!(files(&place.path("shallownet-run")), before);
    assert_eq!(std::fs::read(place.path("shallownet-run/model.safetensors")).unwrap(), model);
}

#[test]
fn bad_arguments_are_one_line() {
    let place = Place::new();
    place.file("d.csv", "a,y\n1,p\n2,q\n").file("taken", "");
    let cases = [
        ("train --data d.csv", "--label"),
        ("train --label y", "--data"),
        ("train --hidden 4,x", "expected sizes such as 16,8"),
        ("train --activation softmax", "none of tanh, sigmoid"),
        ("train --activation tanh,relu", "--activation names 2 activations: expected 1"),
        ("train --learning-rate 0", "expected a finite number above 0"),
        ("train --holdout 1.5", "expected a number between 0 and 1"),
        ("train --iterations 0", "--iterations"),
        ("train --init he_normal --scale 2", "--scale goes with"),
        ("train --backend gpu", "not a backend"),
        ("train --bananas", "--bananas"),
        ("train --out taken", "taken: is a file: expected a folder"),
        ("train --data d.csv --label y --holdout 0.1", "no sample held out"),
        ("train --data d.csv --label y --holdout 0.5", "no sample held out: one of each class"),
        ("predict --data d.csv", "--model"),
        ("sing", "sing"),
    ];
    for (arguments, expected) in cases {
        let line = place.refused(2, arguments);
        assert!(line.contains(expected), "{arguments}: {line}");
    }
}

#[test]
fn files_that_are_no_model_are_refused() {
    let place = Place::new();
    place.stdout("train --iterations 1");
    let model = std::fs::read(place.path("shallownet-run/model.safetensors")).unwrap();
    place.file("d.csv", "x1,x2,label\n1,2,0\n");
    let mut infinite = model.clone();
    let end = infinite.len();
    infinite[end - 8..].copy_from_slice(&f64::NAN.to_le_bytes());
    let cases = [
        (b"".to_vec(), "bad: not a model: it has 0 bytes"),
        (b"x1,x2,label\n1,2,0\n".to_vec(), "bad: not a model, or cut short: "),
        (model[..end - 1].to_vec(), "bad: the header does not fit the data: "),
        ([&model[..], b"more"].concat(), "bad: the header does not fit the data: "),
        (infinite, "bad: tensor \"layers.1.weight\" holds NaN at index 3: expected finite values"),
    ];
    for (bytes, expected) in cases {
        place.file("bad", bytes);
        for command in ["predict", "eval --label label"] {
            let line = place.refused(2, &format!("{command} --model bad --data d.csv"));
            assert!(line.starts_with(expected), "{line}");
        }
    }
    let line = place.refused(2, "predict --model none --data d.csv");
    assert_eq!(line, "none: No such file or directory");
}

#[test]
fn every_help_has_an_example() {
    let place = Place::new();
    for command in ["", "train ", "predict ", "eval "] {
        let help = place.stdout(&format!("{command}--help"));
        assert!(help.contains("Example"), "{help}");
        assert!(help.contains(&format!("shallownet {}", command.trim())), "{help}");
    }
    assert!(place.stdout("--version").starts_with("shallownet "));
}

#[test]
fn a_reader_that_leaves_early_is_no_error() {
    let place = Place::new();
    place.stdout("train --iterations 1");
    let many: String = (0..50_000).map(|i| format!("{i},1\n")).collect();
    place.file("many.csv", format!("x1,x2\n{many}"));
    let model = "--model shallownet-run/model.safetensors";
    for arguments in [
        format!("predict {model} --data many.csv"),
        "train --iterations 1 --json".to_owned(),
        "train --iterations 1".to_owned(),
        "train --help".to_owned(),
    ] {
        let mut command = place.command(&arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{arguments}: {}", text(&output.stderr));
        assert!(!text(&output.stderr).contains("panicked"), "{arguments}");
    }
}

#[test]
fn awkward_names_reach_the_pictures() {
    let place = Place::new();
    let long = "a very long name ".repeat(20);
    let rows: String = (0..30).map(|i| format!("{i}e8,{}e-7,\"<class & {i}>\"\n", i * i)).collect();
    place.file("d.csv", format!("<x> & 'y',{long},label\n{rows}"));
    place.stdout("train --data d.csv --label label --standardize --iterations 20");
    let svg = std::fs::read_to_string(place.path("shallownet-run/boundary.svg")).unwrap();
    assert!(svg.contains("&lt;x&gt; &amp;") && svg.contains("and 14 more"));
    // All samples the same: the axes still have a width.
    place.file("d.csv", "a,b,label\n1,1,p\n1,1,q\n");
    place.stdout("train --data d.csv --label label --iterations 20");
    assert!(place.path("shallownet-run/boundary.svg").exists());
    // No axis has room for these.
    place.file("d.csv", "a,b,label\n1e300,1,p\n-1e300,2,q\n");
    place.stdout("train --data d.csv --label label --standardize --iterations 20");
    assert!(!place.path("shallownet-run/boundary.svg").exists());
}
