//! Promise: no class is left without a sample to learn from, and whoever is left out of a part is
//! named.

#[path = "common/place.rs"]
mod place;

use place::{Place, notes};

/// Three samples of the class `rare` in a corner of their own.
const RARE: &str = "train --data rare.csv --label kind --epochs 60 --batch 8 --learning-rate 0.02 \
                    --validation 0.25 --early-stopping 10 --holdout 0.25";

#[test]
fn a_rare_class_is_learned_and_measured_whatever_the_seed() {
    let place = Place::case("rare.csv");
    for seed in [18, 0, 1, 2] {
        let results = place.json(&format!("{RARE} --seed {seed}"));
        assert_eq!(results["holdout"]["samples"], 15);
        assert_eq!(results["validation"]["samples"], 11);
        assert_eq!(notes(&results), [""; 0], "seed {seed}");
        // What was never seen would not be found.
        let eval = "eval --model shallownet-run/model.safetensors --data rare.csv --label kind";
        let eval = place.json(eval);
        let k = eval["classes"].as_array().unwrap().iter().position(|c| c == "rare").unwrap();
        let recall = eval["recall"][k].as_f64().unwrap();
        assert!(recall > 0.6, "seed {seed}: {recall}");
    }
}

fn kinds(sizes: [usize; 3]) -> String {
    let rows = (0..3).flat_map(|kind| (0..sizes[kind]).map(move |i| (kind, i)));
    let row = |(kind, i): (usize, usize)| format!("{}.{i},{kind}.5,k{kind}\n", kind * 7);
    format!("a,b,kind\n{}", rows.map(row).collect::<String>())
}

#[test]
fn a_class_that_a_part_lacks_is_named() {
    let place = Place::new();
    place.file("d.csv", kinds([12, 2, 1]));
    let train = "train --data d.csv --label kind --epochs 40 --learning-rate 0.1";
    let results = place.json(&format!("{train} --holdout 0.2 --validation 0.2"));
    let expected = [
        r#"--holdout 0.2: nothing is held out of class "k2" (1 sample)"#,
        r#"--validation 0.2: nothing is held out of classes "k1" (1 sample) and "k2" (1 sample)"#,
    ];
    assert_eq!(notes(&results)[..2], expected);
    // Values have no classes.
    let values =
        place.json("train --data d.csv --label a --ignore kind --regression --holdout 0.2");
    assert!(notes(&values).iter().all(|note| !note.contains("held out of")));
}

#[test]
fn a_class_smaller_than_the_folds_is_named() {
    let place = Place::new();
    place.file("d.csv", kinds([12, 4, 1]));
    let select = "select --data d.csv --label kind --hidden 4 --activation tanh --epochs 40 \
                  --learning-rate 0.1";
    let results = place.json(select);
    let expected = "fewer samples than the 5 folds, some of which are without: \
                    classes \"k1\" (4 samples) and \"k2\" (1 sample)";
    assert_eq!(notes(&results)[0], expected);
    assert!(
        notes(&place.json(&format!("{select} --folds 2")))[0].ends_with("class \"k2\" (1 sample)")
    );
}
