//! Promise: what comes after training never costs the model.

#[path = "common/place.rs"]
mod place;

use place::Place;
use shallownet::Columns;
use shallownet::io::npy;

/// 24 samples of `features` numbers.
fn features(features: usize) -> Vec<f64> {
    (0..24 * features).map(|i| ((i * 7 + i / features) % 24) as f64 / 12.0 - 1.0).collect()
}

/// What is to be learned: classes, or values.
enum Targets {
    Classes(i64),
    Values(usize),
}

impl Targets {
    fn save(&self, place: &Place) {
        let path = place.path("y.npy");
        match *self {
            Self::Classes(count) => {
                let labels: Vec<i64> = (0..24).map(|i| i * 5 % 7 % count).collect();
                npy::save_labels(&path, &labels).unwrap();
            }
            Self::Values(n_y) => {
                let y: Vec<f64> = (0..24 * n_y).map(|i| (i % 5) as f64 / 4.0).collect();
                npy::save(&path, Columns::new(&y, n_y).unwrap()).unwrap();
            }
        }
    }

    fn option(&self) -> &'static str {
        if matches!(self, Self::Values(_)) { "--regression" } else { "" }
    }
}

/// Classes or values, by one, two, three features, of one output or several, by full batches, by
/// epochs, and resumed: a model every time, and the pictures that there is something for.
#[test]
fn every_training_ends_with_a_model_and_its_pictures() {
    let place = Place::new();
    let kinds = [Targets::Classes(2), Targets::Classes(3), Targets::Values(1), Targets::Values(3)];
    for n_x in 1..=3 {
        npy::save(&place.path("x.npy"), Columns::new(&features(n_x), n_x).unwrap()).unwrap();
        for targets in &kinds {
            targets.save(&place);
            let data = format!("train --data x.npy --labels y.npy {}", targets.option());
            let are_classes = matches!(targets, Targets::Classes(_));
            let drawn = |by_epochs: bool| {
                let accuracy = (are_classes && by_epochs).then_some("accuracy");
                let boundary = (are_classes && n_x == 2).then_some("boundary");
                let confusion = (are_classes && by_epochs).then_some("confusion");
                [accuracy, boundary, confusion, Some("cost")].into_iter().flatten()
            };
            let expected = |by_epochs: bool| -> Vec<String> {
                let pictures = drawn(by_epochs)
                    .flat_map(|name| [format!("{name}.png"), format!("{name}.svg")]);
                pictures.chain(["model.safetensors".to_owned()]).collect()
            };
            let check = |arguments: &str, by_epochs: bool| {
                let (_, error) = place.said(&format!("{data} {arguments} --out out"));
                // What is said of the results is another matter.
                assert!(!error.contains("picture"), "{n_x} {arguments}: {error}");
                assert_eq!(place.names("out"), expected(by_epochs), "{n_x} {arguments}");
                std::fs::remove_dir_all(place.path("out")).unwrap();
            };
            check("--iterations 5", false);
            check("--epochs 2 --checkpoint c.st --validation 0.25", true);
            check("--resume c.st --epochs 4 --validation 0.25", true);
        }
    }
}

/// A folder where a picture was to be.
#[test]
fn a_picture_that_fails_is_a_note() {
    let place = Place::new();
    std::fs::create_dir_all(place.path("out/cost.png")).unwrap();
    let (lines, error) = place.said("train --iterations 5 --out out");
    assert!(error.starts_with("note: no new picture cost: out/cost.png: could not be written: "));
    assert_eq!(error.lines().count(), 1, "{error}");
    assert!(lines.contains("wrote out/boundary.svg") && !lines.contains("wrote out/cost"));
    place.said("inspect out/model.safetensors");
}

/// Test samples so large that no prediction is finite.
#[test]
fn scores_that_fail_leave_the_model() {
    let place = Place::new();
    std::fs::create_dir(place.path("set")).unwrap();
    for (set, size) in [("train", 1.0_f32), ("t10k", 3e38)] {
        let mut images = vec![0, 0, 0x0d, 2, 0, 0, 0, 20, 0, 0, 0, 4];
        let pixel = |i: u32| (if i.is_multiple_of(3) { size } else { size / 2.0 }).to_be_bytes();
        images.extend((0..80).flat_map(pixel));
        let mut labels = vec![0, 0, 8, 1, 0, 0, 0, 20];
        labels.extend((0..20).map(|i| i % 3));
        place.file(&format!("set/{set}-images-idx3-ubyte"), images);
        place.file(&format!("set/{set}-labels-idx1-ubyte"), labels);
    }
    let train = "train --data set --plain --regression --precision f32 --hidden none --init uniform \
                 --scale 9 --epochs 1 --out out";
    let line = place.refused(1, train);
    assert!(line.starts_with("the model is in out/model.safetensors, but then: "), "{line}");
    place.said("inspect out/model.safetensors");
}
