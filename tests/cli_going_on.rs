//! Promises: a finished training goes on for longer, with the bits of one that was asked for so
//! much at first; a checkpoint knows its data; what was trained is not lost to a full or missing
//! place.

#[path = "common/place.rs"]
mod place;

use place::Place;

const DATA: &str = "--validation 0.2 --holdout 0.1";
const TRAIN: &str = "train --batch 32 --seed 3 --learning-rate 0.02 --validation 0.2 --holdout 0.1";

/// Constant, by steps: what is done does not depend on what is still to come.
#[test]
fn a_finished_training_goes_on_with_the_same_bits() {
    let place = Place::new();
    for options in ["", "--schedule step:3:0.5 --l2 1e-4", "--optimizer sgd --warm-up 2"] {
        place.said(&format!("{TRAIN} {options} --epochs 12 --out whole"));
        place.said(&format!("{TRAIN} {options} --epochs 5 --checkpoint c.st --out part"));
        let half = place.read("part/model.safetensors");
        let more = format!("train {DATA} --resume c.st --epochs 12 --out part");
        let (lines, error) = place.said(&more);
        assert!(lines.contains("going on after epoch 5") && error.is_empty(), "{error}");
        assert_ne!(half, place.read("part/model.safetensors"));
        assert!(place.read("part/model.safetensors") == place.read("whole/model.safetensors"));
    }
    // N is how many in all.
    for n in [4, 5] {
        let line = place.refused(2, &format!("train {DATA} --resume c.st --epochs {n}"));
        assert_eq!(line, format!("--epochs {n}: c.st has 5 done: expected more"));
    }
    let (_, error) = place.said(&format!("train {DATA} --resume c.st"));
    assert!(error.starts_with("note: the training is at its end: --epochs N goes on"), "{error}");
}

/// Its rate would have been 0 for good.
#[test]
fn a_cosine_ends_with_the_new_last_epoch() {
    let place = Place::new();
    place.said(&format!("{TRAIN} --schedule cosine --warm-up 1 --epochs 4 --checkpoint c.st"));
    let more = format!("train {DATA} --resume c.st --epochs 9 --json");
    let (json, error) = place.said(&more);
    let note = "note: the cosine of the learning rate now ends with epoch 9\n";
    assert!(error.starts_with(note), "{error}");
    let results: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(results["options"]["schedule"]["decay"]["cosine"]["epochs"], 8);
    let history = results["history"].as_array().unwrap();
    let rate = |k: usize| history[k]["learning_rate"].as_f64().unwrap();
    assert_eq!(history.len(), 5);
    assert!(rate(0) > rate(4) && rate(4) > 0.0 && rate(0) < 0.02);
}

#[test]
fn patience_begins_anew_and_the_best_epoch_stays_the_one_to_beat() {
    let place = Place::new();
    let stop = "--learning-rate 0.3 --early-stopping 2 --epochs 200 --checkpoint c.st";
    let train = "train --batch 32 --seed 3 --validation 0.2";
    let first = place.json(&format!("{train} {stop}"));
    let done = first["epochs"].as_u64().unwrap();
    assert!(done < 190, "{done}");
    let more = format!("train --validation 0.2 --resume c.st --epochs {}", done + 1);
    let second = place.json(&more);
    assert_eq!(second["epochs"], done + 1);
    assert!(second["best_epoch"].as_u64() >= first["best_epoch"].as_u64());
}

#[test]
fn a_checkpoint_knows_its_data() {
    let place = Place::new();
    let rows = |of: &dyn Fn(usize) -> String| -> String {
        format!("a,y\n{}", (0..40).map(of).collect::<String>())
    };
    let plain = |i: usize| format!("{},{}\n", i * 7 % 40, i * 3 % 2);
    place.file("d.csv", rows(&plain));
    let train =
        "train --data d.csv --label y --epochs 2 --batch 8 --validation 0.25 --checkpoint c.st";
    place.said(train);
    let resume = "train --label y --resume c.st --epochs 3 --out out";
    // A value, a label, the order, the scale, the share, the seed of the split: all of them.
    let value = |i: usize| if i == 9 { "24,1\n".to_owned() } else { plain(i) };
    let label = |i: usize| if i == 9 { "23,0\n".to_owned() } else { plain(i) };
    place.file("value.csv", rows(&value));
    place.file("label.csv", rows(&label));
    place.file("order.csv", rows(&|i| plain(39 - i)));
    for data in ["value.csv", "label.csv", "order.csv", "d.csv --standardize=false"] {
        let data = format!("--data {data} --validation 0.25");
        let line = place.refused(2, &format!("{resume} {data}"));
        let expected = "c.st: its training began with other samples than ";
        assert!(line.starts_with(expected) && line.ends_with("--other-data goes on all the same"));
        assert!(!place.path("out").exists());
        place.said(&format!("{resume} {data} --other-data"));
        std::fs::remove_dir_all(place.path("out")).unwrap();
    }
    place.said(&format!("{resume} --data d.csv --validation 0.25"));
    let line = place.refused(2, "train --other-data --epochs 1");
    assert!(line.contains("--resume"), "{line}");
}

/// Runs `arguments`, and once epoch 2 has been said, `spoil`; what is written to standard error.
#[cfg(unix)]
fn spoiled(place: &Place, arguments: &str, spoil: impl FnOnce(u32)) -> (Option<i32>, String) {
    use std::io::{BufRead, BufReader, Read};
    use std::process::Stdio;
    std::fs::create_dir_all(place.path("elsewhere")).unwrap();
    let mut command = place.command(arguments);
    command.env("TMPDIR", place.path("elsewhere")).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut errors = child.stderr.take().unwrap();
    let errors = std::thread::spawn(move || {
        let mut text = String::new();
        errors.read_to_string(&mut text).map(|_| text).unwrap()
    });
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().starts_with("epoch    2")));
    spoil(child.id());
    lines.for_each(drop);
    (child.wait().unwrap().code(), errors.join().unwrap())
}

/// A checkpoint that can't be saved from some epoch on: said at once, and in the end.
#[cfg(unix)]
#[test]
fn a_checkpoint_that_fails_does_not_cost_the_training() {
    let place = Place::new();
    let path = place.path("c.st");
    let (code, error) = spoiled(&place, "train --epochs 1000 --checkpoint c.st --out out", |_| {
        // Until no new checkpoint has come in between.
        while std::fs::create_dir(&path).is_err() {
            let _ = std::fs::remove_file(&path);
        }
    });
    assert_eq!(code, Some(1), "{error}");
    let lines: Vec<&str> = error.lines().collect();
    assert_eq!(lines.len(), 2, "{error}");
    assert!(lines[0].starts_with("note: c.st: ") && lines[0].ends_with("; the training goes on"));
    assert!(lines[1].starts_with("error: c.st: "), "{error}");
    assert!(place.names("out").contains(&"model.safetensors".to_owned()));
    // What can't be replaced, and a folder that is not there, are known before.
    let line = place.refused(1, "train --epochs 1 --checkpoint c.st --out none");
    assert!(line.starts_with("c.st: could not be written: it is a folder"), "{line}");
    let line = place.refused(1, "train --epochs 1 --checkpoint no/c.st --out none");
    assert!(line.starts_with("no/c.st: could not be written: "), "{line}");
    assert!(!place.path("none").exists());
}

/// The place of the model, or of the checkpoint on Ctrl-C, is taken meanwhile: they are saved
/// elsewhere.
#[cfg(unix)]
#[test]
fn work_that_finds_no_place_is_saved_elsewhere() {
    let place = Place::new();
    let elsewhere = |error: &str| -> String {
        let note = error.lines().find_map(|line| line.strip_prefix("note: saved in "));
        note.unwrap().split(" instead of ").next().unwrap().to_owned()
    };
    let (code, error) = spoiled(&place, "train --epochs 1000 --out out", |_| {
        std::fs::create_dir_all(place.path("out/model.safetensors")).unwrap();
    });
    assert_eq!(code, Some(1), "{error}");
    place.said(&format!("inspect {}", elsewhere(&error)));

    let (code, error) = spoiled(&place, "train --epochs 100000 --out new", |child| {
        std::fs::create_dir_all(place.path("new/checkpoint.safetensors")).unwrap();
        let kill = std::process::Command::new("kill").args(["-INT", &child.to_string()]).status();
        assert!(kill.unwrap().success());
    });
    assert_eq!(code, Some(130), "{error}");
    let resume = format!("train --resume {} --epochs 100100 --out none", elsewhere(&error));
    let line = place.refused(2, &resume.replace("100100", "1"));
    assert!(line.contains("done: expected more"), "{line}");
}

#[test]
fn threads_are_within_reason() {
    let place = Place::new();
    let most = 4 * std::thread::available_parallelism().unwrap().get();
    let train = "train --iterations 3 --out";
    let (_, error) = place.said(&format!("{train} a --threads 4000"));
    assert_eq!(error, format!("note: --threads 4000: {most} threads will do, four a core\n"));
    place.said(&format!("{train} b --threads {most}"));
    place.said(&format!("{train} c --threads 1"));
    let model = |folder: &str| place.read(&format!("{folder}/model.safetensors"));
    assert!(model("a") == model("b") && model("b") == model("c"));
    let output = place.command("train --iterations 3").env("RAYON_NUM_THREADS", "4000").output();
    let error = String::from_utf8(output.unwrap().stderr).unwrap();
    assert!(error.starts_with("note: RAYON_NUM_THREADS 4000: "), "{error}");
    for threads in ["0", "-1", "many", "99999999999999999999999"] {
        let line = place.refused(2, &format!("{train} d --threads={threads}"));
        assert!(line.ends_with("expected a whole number, at least 1"), "{line}");
    }
}
