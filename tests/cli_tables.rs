//! The program and tables: quotes that don't pair, labels that look alike, rows without end.
//!
//! The inputs in `tests/data/cases` were made after reports of users of other programs.

#[path = "common/place.rs"]
mod place;

use std::process::{Command, Output};

use place::{PROGRAM, Place, text};
use serde_json::Value;
use shallownet::Columns;
use shallownet::io::npy::{self, npz};

/// Standard output, and the lines on standard error, of a command that must succeed.
fn done(place: &Place, arguments: &str) -> (String, Vec<String>) {
    let (output, error) = place.said(arguments);
    (output, error.lines().map(str::to_owned).collect())
}

/// The classes of the model in `o`.
fn model_classes(place: &Place) -> Value {
    let (json, _) = done(place, "inspect --json o/model.safetensors");
    serde_json::from_str::<Value>(&json).unwrap()["classes"].clone()
}

/// The one line of a command that must fail for its input and write nothing.
fn refused(place: &Place, arguments: &str) -> String {
    let output = place.run(arguments);
    assert!(output.stdout.is_empty() && !place.path("new").exists(), "{arguments}");
    line(&output)
}

fn line(output: &Output) -> String {
    let error = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{}: {error}", output.status);
    let line = error.strip_suffix('\n').unwrap_or(&error);
    assert!(!line.contains('\n'), "{line}");
    line.strip_prefix("error: ").unwrap_or_else(|| panic!("{line}")).to_owned()
}

fn train(file: &str, label: &str) -> String {
    format!("train --threads 1 --hidden 4 --epochs 5 --out o --data {file} --label {label}")
}

#[test]
fn a_quote_that_is_never_closed_swallows_no_row() {
    let place = Place::case("stray.csv");
    place.file("good.csv", "x,y,k\n1,1,a\n2,1,b\n");
    done(&place, &train("good.csv", "k"));
    place.file("after.csv", "x,y,k\n1,1,a\n2,\"1\"0,b\n");
    let stray =
        r#"stray.csv: line 4, column 3 ("k"): the quote that begins this cell is never closed"#;
    let model = "--model o/model.safetensors --data";
    for command in [
        "train --out new --epochs 1 --hidden 2 --label k --data",
        "select --label k --data",
        &format!("eval --out new --label k {model}"),
        // The features are columns 1 and 2.
        &format!("predict {model}"),
    ] {
        let message = refused(&place, &format!("{command} stray.csv"));
        assert_eq!(message, stray, "{command}");
        let message = refused(&place, &format!("{command} after.csv"));
        assert!(message.starts_with("after.csv: line 3, column 2"), "{command}: {message}");
        assert!(message.contains("text follows the quote"), "{command}: {message}");
    }
    // Values instead of classes, and no header.
    place.file("values.csv", "1,2\n3,\"4\n5,6\n7,8\n");
    let train = "train --out new --regression --no-header --iterations 1 --label 1";
    assert_eq!(
        refused(&place, &format!("{train} --data values.csv")),
        "values.csv: line 2, column 2: the quote that begins this cell is never closed"
    );
}

#[test]
fn labels_that_are_equal_as_floats_are_classes_of_their_own() {
    let cases: [(&str, &str, &[&str]); 3] = [
        ("ids.csv", "who", &["9007199254740992", "9007199254740993", "9007199254740994"]),
        ("ver.csv", "release", &["1.1", "1.10", "1.2"]),
        ("zip.csv", "code", &["0012", "12", "7E1"]),
    ];
    for (file, label, classes) in cases {
        let place = Place::case(file);
        done(&place, &train(file, label));
        assert_eq!(model_classes(&place), serde_json::json!(classes), "{file}");
        // Each row is counted under the class that it names.
        let eval = format!("eval --model o/model.safetensors --label {label} --json --data {file}");
        let (json, notes) = done(&place, &eval);
        assert_eq!(notes.iter().find(|note| note.contains("the label")), None);
        let json: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json["samples"], 60, "{file}");
        // A model of two of them does not know the third.
        let rows = text(&place.read(file));
        let rows: Vec<&str> =
            rows.lines().filter(|row| !row.ends_with(&format!(",{}", classes[1]))).collect();
        place.file("two.csv", rows.join("\n")).done(&train("two.csv", label));
        let [first, last] = [classes[0], classes[2]];
        let message = refused(&place, &eval);
        let problem = format!("the model has no class {:?} (but {first:?}, {last:?})", classes[1]);
        assert_eq!(message, format!("{file}: line 3, column 2 ({label:?}): {problem}"));
    }
}

#[test]
fn whole_numbers_with_and_without_a_fraction_are_one_class_and_that_is_said() {
    let place = Place::new();
    place.file("mixed.csv", "x,k\n1,0\n2,1\n3,1.0\n4,0.0\n5,1.0\n");
    let said = |notes: &[String]| -> Vec<String> {
        notes.iter().filter(|note| note.contains("the label")).cloned().collect()
    };
    let (_, notes) = done(&place, &train("mixed.csv", "k"));
    let note = "note: mixed.csv: line 4, column 2 (\"k\"): the label \"1.0\" is taken for the \
                class \"1\", and 1 more like it";
    assert_eq!(said(&notes), [note]);
    assert_eq!(model_classes(&place), serde_json::json!(["0", "1"]));

    // As pandas writes them where another label is missing: a model knows them again.
    place.file("floats.csv", "x,k\n1,0.0\n2,1.0\n").file("ints.csv", "x,k\n1,0\n2,1\n");
    let eval = "eval --model o/model.safetensors --label k --data";
    let (_, notes) = done(&place, &format!("{eval} floats.csv"));
    let note = "note: floats.csv: line 2, column 2 (\"k\"): the label \"0.0\" is taken for the \
                class \"0\", and 1 more like it";
    assert_eq!(said(&notes), [note]);
    assert_eq!(said(&done(&place, &format!("{eval} ints.csv")).1), Vec::<String>::new());

    // Neither does a model of floats, and labels of NumPy, lose one another.
    assert_eq!(said(&done(&place, &train("floats.csv", "k")).1), Vec::<String>::new());
    assert_eq!(model_classes(&place), serde_json::json!(["0.0", "1.0"]));
    npy::save(&place.path("x.npy"), Columns::new(&[1.0, 2.0], 1).unwrap()).unwrap();
    npy::save_labels(&place.path("y.npy"), &[1, 0]).unwrap();
    let (_, notes) = done(&place, "eval --model o/model.safetensors --data x.npy --labels y.npy");
    let note = "note: y.npy: label 2: the label \"0\" is taken for the class \"0.0\", and 1 more \
                like it";
    assert_eq!(said(&notes), [note]);
}

#[test]
fn whole_numbers_of_numpy_are_exact() {
    let place = Place::new();
    let labels = [9007199254740993, 9007199254740992, i64::MAX, i64::MAX - 1, i64::MIN, 0];
    let x: Vec<f64> = (0..labels.len()).map(|i| i as f64).collect();
    let x = Columns::new(&x, 1).unwrap();
    npy::save(&place.path("x.npy"), x).unwrap();
    npy::save_labels(&place.path("y.npy"), &labels).unwrap();
    let arrays = [("x", npz::Array::F64(x)), ("y", npz::Array::Labels(&labels))];
    npz::save(&place.path("a.npz"), &arrays).unwrap();
    let mut expected = labels;
    expected.sort();
    let train = "train --threads 1 --epochs 2 --out o --data";
    for data in ["x.npy --labels y.npy", "a.npz"] {
        done(&place, &format!("{train} {data}"));
        assert_eq!(
            model_classes(&place),
            serde_json::json!(expected.map(|label| label.to_string()))
        );
    }
    // The same labels in a table are the same classes.
    let rows = labels.iter().enumerate().map(|(i, label)| format!("{i},{label}\n"));
    place.file("t.csv", format!("x,k\n{}", rows.collect::<String>()));
    let eval = "eval --model o/model.safetensors --label k --data t.csv";
    let (_, notes) = done(&place, eval);
    assert_eq!(notes.iter().find(|note| note.contains("the label")), None);
    // One more than the largest is no class, and no other one.
    place.file("t.csv", "x,k\n0,9223372036854775808\n");
    assert!(refused(&place, eval).contains("the model has no class \"9223372036854775808\""));
}

#[test]
fn messages_about_long_cells_are_short() {
    let place = Place::new();
    let long = "n".repeat(5_000_000);
    place.file("cells.csv", format!("{long},k\n{long},a\n"));
    place.file("one.csv", format!("x,k\n1,{long}\n"));
    place.file("good.csv", "x,k\n1,a\n2,b\n");
    done(&place, &train("good.csv", "k"));
    let eval = "eval --model o/model.safetensors --label k --data";
    for arguments in [
        &train("cells.csv", "k"),
        &train("cells.csv", "other"),
        &train("one.csv", "k"),
        &format!("{eval} cells.csv"),
        &format!("{eval} one.csv"),
    ] {
        let message = refused(&place, arguments);
        assert!(message.len() < 400, "{arguments}: {} bytes", message.len());
    }
}

/// The program with no more than so many KiB of addresses.
#[cfg(target_os = "linux")]
fn within(place: &Place, kib: usize, arguments: &str) -> Output {
    let script = format!("ulimit -v {kib}; exec \"$0\" {arguments}");
    let mut command = Command::new("sh");
    command.args(["-ec", &script, PROGRAM]).current_dir(place.path("")).output().unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn a_row_without_end_is_refused_within_little_memory() {
    let place = Place::new();
    // A GiB of zeros that takes no room on the disk.
    std::fs::File::create(place.path("zeros.csv")).unwrap().set_len(1 << 30).unwrap();
    place.file("commas.csv", ",".repeat(10_000_000));
    place.file("quote.csv", format!("x,k\n1,\"a\n{}", "2,b\n".repeat(10_000_000)));
    let quote = "the quote that begins this cell is not closed within 16777216 bytes";
    let cases = [
        ("zeros.csv --label 1", "zeros.csv: line 1: no line end within 16777216 bytes"),
        ("commas.csv --label 1", "commas.csv: line 1: no line end within 1048576 columns"),
        ("quote.csv --label k", &format!("quote.csv: line 2, column 2 (\"k\"): {quote}")),
    ];
    for (data, expected) in cases {
        let arguments = format!("train --threads 1 --out new --data {data}");
        let message = line(&within(&place, 200_000, &arguments));
        assert!(message.starts_with(expected), "{message}");
    }
}

/// Whatever the limit, the answer is a model or a line: never a panic, never an abort.
#[cfg(target_os = "linux")]
#[test]
fn a_table_larger_than_memory_is_an_error() {
    let place = Place::new();
    let rows: String = (0..1_000_000).map(|i| format!("{},{}\n", i % 7, i % 2)).collect();
    place.file("numbers.csv", &rows);
    let words: String =
        (0..400_000).map(|i| format!("{},a word of its own {i}\n", i % 7)).collect();
    place.file("words.csv", &words);
    let mut refused = 0;
    for file in ["numbers.csv", "words.csv"] {
        for kib in [30_000, 40_000, 50_000, 60_000, 80_000] {
            let arguments = format!(
                "train --threads 1 --out o --no-header --iterations 1 --label 2 --data {file}"
            );
            let output = within(&place, kib, &arguments);
            if !output.status.success() {
                // What comes after reading may refuse it, too: here, each word is a class.
                refused += usize::from(line(&output).starts_with(&format!("{file}: line ")));
            }
        }
    }
    assert!(refused >= 4, "{refused}");
}
