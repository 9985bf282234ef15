//! Promise: samples are scaled as those were that the model learned from, in whatever kind of file
//! they come; where that can't be known there is an error, and where it was decided, a note.

use std::path::PathBuf;
use std::process::Command;

use shallownet::Columns;
use shallownet::io::npy;

/// Images of 3 x 3: two of three kinds of cross and frame, brighter and darker, as bytes.
fn images() -> (Vec<u8>, Vec<u8>) {
    const KINDS: [[u8; 9]; 3] =
        [[0, 9, 0, 9, 9, 9, 0, 9, 0], [9, 9, 9, 9, 0, 9, 9, 9, 9], [9, 0, 9, 0, 9, 0, 9, 0, 9]];
    let (mut pixels, mut labels) = (Vec::new(), Vec::new());
    for i in 0..60_u32 {
        let kind = (i % 3) as u8;
        let noise = |k: u32| (i * 7 + k * 13) % 31;
        let pixel = |(k, &p): (usize, &u8)| (u32::from(p) * 24 + noise(k as u32)).min(255) as u8;
        pixels.extend(KINDS[usize::from(kind)].iter().enumerate().map(pixel));
        labels.push(kind);
    }
    pixels[0] = 255;
    (pixels, labels)
}

struct Place(tempfile::TempDir);

impl Place {
    /// The same samples as `i` and `l` (IDX), `x.npy`, `y.npy`, `a.npz` (bytes), `x.csv` (whole
    /// numbers), `u.csv` and `u.npy` (divided by 255).
    fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        let (pixels, labels) = images();
        let idx = |shape: &[u32], data: &[u8]| {
            let mut bytes = vec![0, 0, 8, shape.len() as u8];
            bytes.extend(shape.iter().flat_map(|n| n.to_be_bytes()));
            bytes.extend(data);
            bytes
        };
        let write = |name: &str, bytes: Vec<u8>| std::fs::write(place.path(name), bytes).unwrap();
        write("i-ubyte", idx(&[60, 3, 3], &pixels));
        write("l-ubyte", idx(&[60], &labels));
        write("x.npy", bytes_npy((60, 9), &pixels));
        let classes: Vec<i64> = labels.iter().map(|&l| i64::from(l)).collect();
        npy::save_labels(&place.path("y.npy"), &classes).unwrap();
        let divided: Vec<f64> = pixels.iter().map(|&p| f64::from(p) / 255.0).collect();
        npy::save(&place.path("u.npy"), Columns::new(&divided, 9).unwrap()).unwrap();
        let csv = |values: &mut dyn Iterator<Item = String>| {
            let values: Vec<String> = values.collect();
            let rows =
                values.chunks(9).zip(&labels).map(|(row, l)| format!("{},{l}\n", row.join(",")));
            format!("a,b,c,d,e,f,g,h,i,k\n{}", rows.collect::<String>()).into_bytes()
        };
        write("x.csv", csv(&mut pixels.iter().map(u8::to_string)));
        write("u.csv", csv(&mut divided.iter().map(f64::to_string)));
        let signed = pixels.iter().map(|&p| f64::from(p) / 255.0 - 0.5);
        write("s.csv", csv(&mut signed.map(|v| v.to_string())));
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Exit code, standard output and standard error.
    fn run(&self, arguments: &str) -> (Option<i32>, String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_shallownet"));
        command.args(arguments.split_whitespace()).current_dir(self.0.path());
        let output = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    }

    /// A model in `DATA`'s name, and the model's file.
    fn train(&self, data: &str, more: &str) -> String {
        let out = format!("{}{}", data.split_whitespace().next().unwrap(), more.replace(' ', ""));
        let (code, _, errors) = self
            .run(&format!("train --data {data} {more} --hidden 6 --iterations 300 --out m-{out}"));
        assert_eq!(code, Some(0), "{errors}");
        format!("m-{out}/model.safetensors")
    }

    /// What the model predicts, and the notes about it.
    fn predict(&self, model: &str, data: &str) -> (String, String) {
        let (code, answer, notes) =
            self.run(&format!("predict --proba --model {model} --data {data}"));
        assert_eq!(code, Some(0), "{data}: {notes}");
        (answer, notes)
    }

    fn refused(&self, model: &str, data: &str) -> String {
        let (code, _, error) = self.run(&format!("predict --model {model} --data {data}"));
        assert_eq!(code, Some(2), "{data}: {error}");
        error.trim_end().to_owned()
    }
}

fn bytes_npy((m, n): (usize, usize), bytes: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': '|u1', 'fortran_order': False, 'shape': ({m}, {n}), }}");
    let length = (header.len() as u16).to_le_bytes();
    [b"\x93NUMPY\x01\x00", &length[..], header.as_bytes(), bytes].concat()
}

const IDX: &str = "i-ubyte --labels l-ubyte";
const NPY: &str = "x.npy --labels y.npy";

#[test]
fn a_model_of_idx_predicts_the_same_from_every_file_of_the_same_images() {
    let place = Place::new();
    for more in ["", "--standardize"] {
        let model = place.train(IDX, more);
        let (expected, notes) = place.predict(&model, "i-ubyte");
        assert_eq!(notes, "");
        let cases = [
            ("x.npy", "x.npy: bytes, divided by 255 as the model's bytes were"),
            (
                "x.csv --label k",
                "x.csv: whole numbers from 0 to 255, divided by 255 as the model's",
            ),
            (
                "u.csv --label k",
                "u.csv: values from 0 to 1, taken for bytes that were divided by 255",
            ),
            ("u.npy", "u.npy: values from 0 to 1, taken for bytes that were divided by 255"),
        ];
        for (data, note) in cases {
            let (answer, notes) = place.predict(&model, data);
            assert!(answer == expected, "{data}: {answer}\n{expected}");
            assert!(notes.starts_with(&format!("note: {note}")) && notes.lines().count() == 1);
        }
        for data in [NPY, "x.csv --label k", IDX] {
            let (code, answer, _) =
                place.run(&format!("eval --json --model {model} --data {data}"));
            assert_eq!(code, Some(0));
            let json: serde_json::Value = serde_json::from_str(&answer).unwrap();
            assert_eq!(json["accuracy"], 1.0, "{data}");
        }
        let (_, lines, _) = place.run(&format!("inspect {model}"));
        assert!(lines.contains("inputs    bytes from 0 to 255, divided by 255\n"), "{lines}");
        let (_, json, _) = place.run(&format!("inspect --json {model}"));
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        let inputs = serde_json::json!(
            {"from": "bytes", "lowest": 0.0, "highest": 255.0, "divided_by": 255.0}
        );
        assert_eq!(json["inputs"], inputs);
    }
}

#[test]
fn a_model_of_numpys_bytes_takes_bytes_as_they_are() {
    let place = Place::new();
    let model = place.train(NPY, "");
    let (expected, notes) = place.predict(&model, "x.npy");
    assert_eq!(notes, "");
    let (answer, notes) = place.predict(&model, "i-ubyte");
    assert_eq!(answer, expected);
    let note = "note: i-ubyte: bytes, taken as they are: the model's were not divided\n";
    assert_eq!(notes, note);
    assert_eq!(place.predict(&model, "x.csv --label k"), (expected, String::new()));
    let error = place.refused(&model, "u.csv --label k");
    assert!(
        error.starts_with("error: u.csv: values from 0 to 1: the model learned from bytes from 0")
    );
    place.predict(&model, "u.csv --label k --inputs as-is");

    // The other way: bytes of NumPy, divided.
    let divided = place.train(NPY, "--inputs bytes");
    let idx = place.train(IDX, "");
    assert_eq!(place.predict(&divided, "i-ubyte").0, place.predict(&idx, "i-ubyte").0);
    let as_is = place.train(IDX, "--inputs as-is");
    assert_eq!(place.predict(&as_is, "x.npy").0, place.predict(&model, "x.npy").0);
}

#[test]
fn a_model_of_numbers_takes_bytes_as_its_numbers_were() {
    let place = Place::new();
    let whole = place.train("x.csv --label k", "");
    let (expected, notes) = place.predict(&whole, "x.csv --label k");
    assert_eq!(notes, "");
    let (answer, notes) = place.predict(&whole, "i-ubyte");
    assert_eq!(answer, expected);
    assert!(
        notes.contains("taken as they are: the model learned from whole numbers from 0 to 255")
    );
    assert_eq!(place.predict(&whole, "x.npy"), (expected, String::new()));
    let (_, notes) = place.predict(&whole, "u.csv --label k");
    assert!(notes.contains("values from 0 to 1, taken as they are: the model learned from values"));

    let unit = place.train("u.csv --label k", "");
    let (expected, _) = place.predict(&unit, "u.csv --label k");
    for data in ["i-ubyte", "x.npy"] {
        let (answer, notes) = place.predict(&unit, data);
        assert_eq!(answer, expected);
        assert!(notes.contains("bytes, divided by 255: the model learned from values from 0 to 1"));
    }
    let (_, notes) = place.predict(&unit, "x.csv --label k");
    assert!(notes.contains("values from 0 to 255, taken as they are"), "{notes}");

    let signed = place.train("s.csv --label k", "");
    for data in ["i-ubyte", "x.npy"] {
        let error = place.refused(&signed, data);
        assert!(
            error.contains("bytes: the model learned from values from -0.5 to 0.5, and whether")
        );
        assert!(error.ends_with("say --inputs bytes to divide them, or --inputs as-is"), "{error}");
    }
    assert!(place.predict(&signed, "i-ubyte --inputs bytes").1.is_empty());
}

#[test]
fn what_can_not_be_known_is_asked_for() {
    let place = Place::new();
    let model = place.train(IDX, "");
    let write = |name: &str, cell: &str| {
        let row = [cell; 9].join(",");
        std::fs::write(
            place.path(name),
            format!("a,b,c,d,e,f,g,h,i\n0,1,{}\n{row}\n", &row[..row.len() - 2 * cell.len() - 2]),
        )
        .unwrap();
    };
    // Zeros and ones: dark bytes, or a drawing in black and white; beyond 255; below 0; no bytes.
    for (cell, range) in [
        ("1", "whole numbers from 0 to 1"),
        ("256", "whole numbers from 0 to 256"),
        ("-1", "whole numbers from -1 to 1"),
        ("1.5", "values from 0 to 1.5"),
    ] {
        write("t.csv", cell);
        let error = place.refused(&model, "t.csv");
        let expected = format!(
            "error: t.csv: {range}: the model learned from bytes divided by 255, and which of the \
             two these are can't be known; say --inputs bytes or --inputs as-is"
        );
        assert_eq!(error, expected);
        place.predict(&model, "t.csv --inputs as-is");
    }
    let error = place.refused(&model, "t.csv --inputs bytes");
    assert_eq!(error, "error: t.csv: line 2, column 3 (\"c\"): 1.5 is no byte: expected 0 to 255");
    // One scale either way.
    write("t.csv", "0");
    std::fs::write(place.path("t.csv"), "a,b,c,d,e,f,g,h,i\n0,0,0,0,0,0,0,0,0\n").unwrap();
    assert_eq!(place.predict(&model, "t.csv").1, "");
}

/// Version 0.1 wrote models without their inputs; it divided bytes of IDX, and nothing else.
#[test]
fn models_of_version_0_1_are_asked_as_they_were_and_it_is_said() {
    use shallownet::io::model;
    let place = Place::new();
    let trained = place.train(IDX, "");
    let loaded = model::load::<f32>(&place.path(&trained)).unwrap();
    let mut old = loaded;
    old.pipeline.inputs = None;
    model::save(&place.path("old"), &old).unwrap();
    let (expected, _) = place.predict(&trained, "i-ubyte");
    let (answer, notes) = place.predict("old", "i-ubyte");
    assert_eq!(answer, expected);
    assert!(notes.starts_with("note: i-ubyte: bytes, divided by 255: the model does not say what"));
    assert_eq!(place.predict("old", "u.npy"), (expected, String::new()));
    for data in ["x.npy", "x.csv --label k"] {
        let (_, notes) = place.predict("old", data);
        assert!(notes.contains("whole numbers up to 255, taken as they are: the model does not"));
    }
    let (_, lines, _) = place.run("inspect old");
    assert!(lines.contains("inputs    unknown: the file does not say what they were\n"), "{lines}");
}

/// Bytes of labels were once divided as pixels are.
#[test]
fn values_to_be_predicted_are_not_scaled() {
    let place = Place::new();
    let train = "train --regression --hidden 8 --epochs 60 --optimizer adam --learning-rate 0.02";
    let data = format!("{train} --batch 8 --data {IDX} --out r --json");
    let (code, answer, errors) = place.run(&data);
    assert_eq!(code, Some(0), "{errors}");
    let json: serde_json::Value = serde_json::from_str(&answer).unwrap();
    // Labels 0, 1 and 2: a mean squared error of 2/3 is no knowledge; divided by 255 it is 1e-5.
    let (_, answer, _) = place.run("predict --model r/model.safetensors --data i-ubyte");
    let third: f64 = answer.lines().nth(3).unwrap().parse().unwrap();
    assert!((third - 2.0).abs() < 0.5, "{third}: {json}");
}

#[test]
fn small_files_of_much_name_the_option_that_allows_more() {
    let place = Place::new();
    use std::io::Write;
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(&[0, 0, 8, 2, 0, 4, 0, 0, 0, 0, 1, 0]).unwrap();
    packed.write_all(&vec![0; 1 << 26]).unwrap();
    let packed = packed.finish().unwrap();
    std::fs::write(place.path("big.idx.gz"), packed).unwrap();
    let model = place.train(IDX, "");
    let error = place.refused(&model, "big.idx.gz");
    let expected =
        "error: big.idx.gz: its values would take 536870912 bytes of memory: the limit is ";
    assert!(error.starts_with(expected), "{error}");
    assert!(error.ends_with("; --memory-limit MIB allows more"), "{error}");
    let error = place.refused(&model, "big.idx.gz --memory-limit 512");
    assert_eq!(error, "error: big.idx.gz: 256 features a sample: the model takes 9");
}
