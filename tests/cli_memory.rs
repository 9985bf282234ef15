//! Promise: `train --memory` trains on samples that it need not hold, within the memory that it was
//! given; where it can hold all of them, the model has the bits of one that was trained without.

#[path = "common/place.rs"]
mod place;

use place::{PROGRAM, Place, text};
use shallownet::Columns;
use shallownet::io::npy;

/// Whole numbers of 0 to 999 in columns around different places, and labels that two of them decide.
fn samples(samples: usize, features: usize) -> Place {
    let place = Place::new();
    let value = |i: usize, k: usize| ((i * 7919 + k * 104_729 + i * i % 911) % 1000) as f32;
    let x: Vec<f32> = (0..samples * features)
        .map(|at| value(at / features, at % features) + 10.0 * (at % features) as f32)
        .collect();
    let row = |i: usize| &x[i * features..(i + 1) * features];
    let labels: Vec<i64> =
        (0..samples).map(|i| i64::from(row(i)[0] + row(i)[1] > 1010.0)).collect();
    let values: Vec<f64> = (0..samples).map(|i| f64::from(row(i)[0] - 0.5 * row(i)[1])).collect();
    npy::save(&place.path("x.npy"), Columns::new(&x, features).unwrap()).unwrap();
    npy::save_labels(&place.path("y.npy"), &labels).unwrap();
    npy::save(&place.path("v.npy"), Columns::new(&values, 1).unwrap()).unwrap();
    place
}

const CLASSES: &str = "train --data x.npy --labels y.npy --epochs 3 --hidden 5 --batch 50";

#[test]
fn where_all_samples_fit_the_model_has_the_bits_of_a_training_in_memory() {
    let place = samples(3000, 4);
    let values = "train --data x.npy --labels v.npy --regression --epochs 3 --hidden 5 --batch 50";
    let early =
        "--validation 0.2 --early-stopping 1 --dropout 0.1 --precision f64 --optimizer momentum";
    for train in [
        CLASSES.to_owned(),
        format!("{CLASSES} {early} --label-smoothing 0.1 --holdout 0.1"),
        format!("{values} --validation 0.1"),
        format!("{CLASSES} --standardize=false --features 1,3 --learning-rate 1e-4"),
    ] {
        let whole = place.json(&format!("{train} --out whole"));
        let read = place.json(&format!("{train} --out read --memory 4000"));
        for set in ["train", "validation", "holdout"] {
            assert_eq!(read[set]["accuracy"], whole[set]["accuracy"], "{train}: {set}");
            assert_eq!(read[set]["r_squared"], whole[set]["r_squared"], "{train}: {set}");
        }
        let predict = |folder: &str| {
            let features = if train.contains("--features") { "--features 1,3" } else { "" };
            let model = format!("{folder}/model.safetensors");
            place.said(&format!("predict --model {model} --data x.npy {features}")).0
        };
        assert!(predict("read") == predict("whole"), "{train}");
    }
}

/// 61 MB as f32, and twice that as the program reads them, in an address space that the samples do not
/// fit in.
#[test]
#[cfg(target_os = "linux")]
fn samples_that_do_not_fit_are_trained_on() {
    let place = samples(64_000, 240);
    let run = |more: &str| {
        let train = "train --data x.npy --labels y.npy --epochs 2 --hidden 5 --validation 0.1 \
                     --holdout 0.1 --out run --checkpoint c --threads 1";
        let script = format!("ulimit -v 150000; exec \"$0\" {train} {more}");
        let mut command = std::process::Command::new("sh");
        // Each arena of the allocator reserves 64 MB, of which it uses little.
        command.args(["-c", &script, PROGRAM]).env("MALLOC_ARENA_MAX", "1");
        let output = command.current_dir(place.path(".")).output().unwrap();
        (output.status.success(), text(&output.stdout), text(&output.stderr))
    };
    let (is_done, _, error) = run("");
    assert!(!is_done && error.contains("could not allocate"), "{error}");
    let (is_done, said, error) = run("--memory 64");
    assert!(is_done, "{said}{error}");
    assert!(said.contains(" MiB at most; shuffled within "), "{said}");
    assert!(said.contains("held-out accuracy"), "{said}");
}

#[test]
fn a_training_goes_on_to_the_same_bits() {
    let place = samples(3000, 40);
    let memory = "--memory 48 --validation 0.1";
    let model = |folder: &str| place.read(&format!("{folder}/model.safetensors"));
    place.said(&format!("{CLASSES} {memory} --out whole --schedule constant"));
    let first = CLASSES.replace("--epochs 3", "--epochs 1");
    place.said(&format!("{first} {memory} --out first --schedule constant --checkpoint c"));
    let resume = "train --data x.npy --labels y.npy --epochs 3 --resume c --validation 0.1";
    place.said(&format!("{resume} --memory 48 --out second"));
    assert!(model("whole") == model("second"));
    let problem = place.refused(2, &format!("{resume} --out third"));
    assert!(problem.contains("expected --memory"), "{problem}");
    // Other samples are known by the end of the epoch.
    let other = samples(3000, 40);
    let mut x = other.read("x.npy");
    let last = x.len() - 1;
    x[last] ^= 1;
    place.file("x.npy", x);
    let problem = place.refused(2, &format!("{resume} --memory 48 --out third"));
    assert!(problem.contains("x.npy"), "{problem}");
    assert!(!place.path("third").exists());
}

#[test]
fn several_files_are_read_as_one() {
    let place = samples(3000, 40);
    let train = "train --epochs 2 --hidden 3 --batch 50 --validation 0.1 --memory 48";
    place.said(&format!("{train} --data x.npy --labels y.npy --out one"));
    let x = npy::load::<f32>(&place.path("x.npy")).unwrap();
    let y = npy::load_labels(&place.path("y.npy")).unwrap();
    for (name, range) in [("1", 0..700), ("2", 700..3000)] {
        let part = x.columns().range(range.clone()).unwrap();
        npy::save(&place.path(&format!("x{name}.npy")), part).unwrap();
        npy::save_labels(&place.path(&format!("y{name}.npy")), &y[range]).unwrap();
    }
    place.said(&format!("{train} --data x1.npy x2.npy --labels y1.npy y2.npy --out two"));
    let model = |folder: &str| place.read(&format!("{folder}/model.safetensors"));
    assert!(model("one") == model("two"));
}

#[test]
fn what_cannot_be_had_is_said() {
    let place = samples(3000, 4);
    place.file("x.csv", "a,b\n1,2\n3,4\n").file("x.idx.gz", [0x1f, 0x8b, 8, 0, 0, 0, 0, 0]);
    for (arguments, part) in [
        (
            "train --data x.csv --label b --memory 100 --epochs 1",
            ".npy file in C order, or an IDX file",
        ),
        ("train --data x.npy --labels y.npy --memory 10", "this training takes at least "),
        ("train --data x.npy --labels y.npy --memory 90 --class-weight balanced", "--class-weight"),
        ("train --data x.npy --labels y.npy --memory 90 --ensemble 2", "--ensemble"),
        ("train --memory 90", "--data"),
    ] {
        let output = place.run(arguments);
        let error = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments}: {error}");
        assert!(error.contains(part), "{arguments}: {error}");
        assert!(!place.path("shallownet-run").exists(), "{arguments}");
    }
    // A value that no network takes is named by its place, before anything is trained.
    let mut x = place.read("x.npy");
    let at = x.len() - 4 * 4;
    x[at..at + 4].copy_from_slice(&f32::NAN.to_le_bytes());
    place.file("x.npy", x);
    let error = place.refused(2, &format!("{CLASSES} --memory 90"));
    assert!(error.starts_with("x.npy: byte 48112: value 11996 is NaN"), "{error}");
    assert_eq!(error, place.refused(2, CLASSES));
}
