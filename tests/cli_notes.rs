//! Promise: every note that is said on standard error stands in the JSON, and the other way round.

#[path = "common/place.rs"]
mod place;

use std::fs;
use std::path::Path;

use place::{Place, notes, text};

/// Runs a command with `--json` and asks for one note in it; [`Place::json`] compares all notes
/// with those on standard error.
#[track_caller]
fn noted(place: &Place, arguments: &str, beginning: &str) {
    let results = place.json(arguments);
    let notes = notes(&results);
    assert!(notes.iter().any(|note| note.starts_with(beginning)), "{arguments}: {notes:?}");
}

/// One command for each place of the program that has something to note.
#[test]
fn notes_of_data_networks_training_and_threads_stand_in_the_results() {
    let place = Place::new();
    let rows: String = (0..20).map(|i| format!("{},{},{}\n", i % 3, i % 5, i % 2)).collect();
    place.file("d.csv", format!("a,b,k\n{rows}")).file("bare.csv", format!("0,2,1\n{rows}"));
    place.file("merged.csv", "a,k\n1,0\n2,1\n3,1.0\n5,0\n").file("floats.csv", "a,k\n1,0.0\n2,1\n");
    place.file("v.csv", "a,y\n1,0.5\n2,0.25\n3,1.5\n");
    let short = "--epochs 2 --batch 4";

    noted(&place, &format!("train --data bare.csv --label 3 {short}"), "bare.csv: line 1 is taken");
    noted(&place, &format!("train --data merged.csv --label k {short}"), "merged.csv: line 4, ");
    let reach = "1 of 3 values to learn lie outside -1 to 1";
    let tanh = "--data v.csv --label y --regression --output tanh";
    noted(&place, &format!("train {tanh} {short}"), reach);
    noted(&place, "train --iterations 3 --threads 4000", "--threads 4000: ");
    fs::create_dir_all(place.path("o/cost.png")).unwrap();
    noted(&place, "train --iterations 3 --out o", "no new picture cost: ");

    let data = "train --data d.csv --label k";
    place.said(&format!("{data} {short} --schedule cosine --checkpoint c.st"));
    noted(&place, &format!("{data} --resume c.st"), "the training is at its end");
    noted(&place, &format!("{data} --resume c.st --epochs 4"), "the cosine of the learning rate");

    place.said(&format!("train --data merged.csv --label k {short}"));
    let model = "--model shallownet-run/model.safetensors --data floats.csv --label k";
    for command in ["eval", "gradcheck"] {
        noted(&place, &format!("{command} {model}"), "floats.csv: line 2, ");
    }
}

/// The scale of bytes is decided in another room, by looking at the values.
#[test]
fn notes_of_scale_stand_in_the_results() {
    let place = Place::new();
    let idx = |sizes: &[u32], values: &[u8]| {
        let mut file = vec![0, 0, 8, sizes.len() as u8];
        file.extend(sizes.iter().flat_map(|size| size.to_be_bytes()));
        file.extend(values);
        file
    };
    place.file("i-ubyte", idx(&[4, 2], &[0, 255, 9, 200, 31, 77, 250, 3]));
    place.file("l-ubyte", idx(&[4], &[0, 1, 0, 1]));
    place.file("t.csv", "a,b,k\n0,255,0\n9,200,1\n");
    place.said("train --data i-ubyte --labels l-ubyte --epochs 1");
    let eval = "eval --model shallownet-run/model.safetensors --data t.csv --label k";
    noted(&place, eval, "t.csv: whole numbers from 0 to 255, divided by 255");
}

#[test]
fn a_note_on_the_default_pool_stands_in_the_results() {
    let place = Place::new();
    let mut command = place.command("train --iterations 3 --json");
    let output = command.env("RAYON_NUM_THREADS", "4000").output().unwrap();
    let results: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let first = notes(&results)[0];
    assert!(first.starts_with("RAYON_NUM_THREADS 4000: "), "{first}");
    assert!(text(&output.stderr).starts_with(&format!("note: {first}\n")));
}

#[test]
fn results_without_notes_say_so() {
    let place = Place::new();
    place.said("train --iterations 3");
    for command in ["gradcheck", "inspect shallownet-run/model.safetensors"] {
        assert_eq!(place.json(command)["notes"], serde_json::json!([]), "{command}");
    }
}

/// Whoever wrote to standard error by himself could say a note that no program hears of.
#[test]
fn only_two_rooms_write_to_standard_error() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cli");
    let (mut folders, mut writers) = (vec![root.clone()], Vec::new());
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let code = fs::read_to_string(&path).unwrap();
            if code.contains("stderr()") || code.contains("eprint") || code.contains("\"note: ") {
                writers.push(path.strip_prefix(&root).unwrap().to_owned());
            }
        }
    }
    writers.sort();
    // Errors, which are the last line and end the program; and notes with the lines for people.
    assert_eq!(writers, [Path::new("failure.rs"), Path::new("say.rs")]);
}
