//! Promise: `train --solver` trains by each full-batch solver, says cost, gradient norm and why it
//! stopped, and leaves a model as any other training does; what can't be together is refused.

#[path = "common/place.rs"]
mod place;

use place::Place;

/// sin(pi x) on 41 points.
fn curve() -> String {
    let x = (0..41).map(|i| f64::from(i) / 20.0 - 1.0);
    let rows: String = x.map(|x| format!("{x},{}\n", (std::f64::consts::PI * x).sin())).collect();
    format!("x,y\n{rows}")
}

#[test]
fn every_solver_leaves_a_model() {
    let place = Place::new();
    place.file("d.csv", curve());
    let data = "--data d.csv --label y";
    let options = "--regression --hidden 5 --activation tanh --init nguyen_widrow --precision f64";
    for solver in ["lm", "lbfgs", "rprop", "scg"] {
        let train = format!("train {data} {options} --solver {solver} --iterations 500");
        let results = place.json(&train);
        let r2 = results["train"]["r_squared"].as_f64().unwrap();
        assert!(r2 > 0.98, "{solver}: {results}");
        assert_eq!(results["solver"], solver);
        assert!(results["gradient_norm"].as_f64().unwrap() < 1.0, "{results}");
        assert!(results["stop"].is_string() && results["learning_rate"].is_null(), "{results}");
        let (_, said) = place.said(&format!("{train} --json"));
        assert!(said.contains("gradient norm"), "{said}");
        assert!(said.contains("stopped after"), "{said}");
        let eval = place.json(&format!("eval --model shallownet-run/model.safetensors {data}"));
        assert_eq!(eval["r_squared"], results["train"]["r_squared"], "{solver}");
    }
}

#[test]
fn the_best_of_many_starts_is_kept_and_each_is_told() {
    let place = Place::new();
    place.file("d.csv", curve());
    let train = "train --data d.csv --label y --regression --hidden 3 --activation tanh \
                 --init nguyen_widrow --precision f64 --solver lm --iterations 60 --seed 5";
    let results = place.json(&format!("{train} --starts 4"));
    let starts = results["starts"].as_array().unwrap();
    let seeds: Vec<u64> = starts.iter().map(|start| start["seed"].as_u64().unwrap()).collect();
    assert_eq!(seeds, [5, 6, 7, 8]);
    let cost = |start: &serde_json::Value| start["cost"].as_f64().unwrap();
    let least = starts.iter().map(cost).fold(f64::INFINITY, f64::min);
    let kept = results["train"]["cost"].as_f64().unwrap();
    assert!((kept - least).abs() < 1e-9 * least + 1e-12, "{results}");
    // The same bits on any number of threads; the first start is a run of its own.
    let again = place.json(&format!("{train} --starts 4 --threads 1"));
    assert_eq!((&again["train"], &again["starts"]), (&results["train"], &results["starts"]));
    let alone = place.json(train);
    assert_eq!(alone["iterations"], starts[0]["iterations"]);
    assert!(place.path("shallownet-run/cost.png").exists());
    assert_ne!(starts[0]["cost"], starts[1]["cost"]);
}

#[test]
fn penalties_go_with_solvers() {
    let place = Place::new();
    place.file("d.csv", curve());
    let train = "train --data d.csv --label y --regression --hidden 20 --activation tanh \
                 --precision f64 --iterations 80";
    let norms = |options: &str| {
        let results = place.json(&format!("{train} {options}"));
        let facts = place.json("inspect shallownet-run/model.safetensors");
        let layers = facts["layers"].as_array().unwrap();
        let norm = layers.iter().map(|l| l["weight_norm"].as_f64().unwrap()).fold(0.0, f64::max);
        (norm, results)
    };
    let (free, _) = norms("--solver lbfgs");
    let (held, results) = norms("--solver lbfgs --l2 0.01 --validation 0.25");
    assert!(held < free, "{held} is not below {free}");
    assert_eq!(results["l2"], 0.01);
    assert_eq!(results["validation"]["samples"], 10, "{results}");
    // Of 61 parameters a sine on 41 points determines some.
    let (_, results) = norms("--solver lm --bayesian");
    let determined = results["effective_parameters"].as_f64().unwrap();
    assert!((3.0..41.0).contains(&determined), "{results}");
    let (_, said) = place.said(&format!("{train} --solver lm --bayesian --json"));
    assert!(said.contains("of 61 parameters determined by the samples"), "{said}");
}

#[test]
fn what_can_not_be_together_is_refused() {
    let place = Place::new();
    place.file("d.csv", curve());
    place.file("c.csv", "a,kind\n1,no\n2,yes\n3,no\n4,yes\n5,no\n6,yes\n");
    let values = "train --data d.csv --label y --regression --solver lbfgs";
    for option in [
        "--batch 8",
        "--optimizer adam",
        "--schedule cosine",
        "--epochs 3",
        "--learning-rate 0.1",
        "--clip-norm 1",
        "--checkpoint c.st",
        "--resume c.st",
    ] {
        let said = place.refused(2, &format!("{values} {option}"));
        assert!(said.contains("cannot be used with"), "{option}: {said}");
    }
    for option in ["--starts 3", "--bayesian"] {
        let said = place.refused(2, &format!("train --data d.csv --label y --regression {option}"));
        assert!(said.contains("--solver"), "{option}: {said}");
    }
    let said = place.refused(2, &format!("{values} --bayesian"));
    assert_eq!(said, "--bayesian goes with --solver lm, not lbfgs");
    let descent = "train --data d.csv --label y --regression --iterations 9";
    for option in ["--l2", "--validation"] {
        let said = place.refused(2, &format!("{descent} {option} 0.1"));
        assert_eq!(said, format!("--iterations cannot be used with {option}, but with --solver"));
    }
    let said = place.refused(2, "train --data d.csv --label y --regression --solver newton");
    assert!(said.contains("expected lm, lbfgs, rprop, scg"), "{said}");
    let said = place.refused(2, "train --data c.csv --label kind --solver lm");
    assert!(said.contains("the solver lm needs squared_error"), "{said}");
}
