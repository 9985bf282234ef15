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
        let (_, said) = place.said(&format!("{train} --json"));
        assert!(said.contains("gradient norm"), "{said}");
        assert!(said.contains("stopped after"), "{said}");
        let eval = place.json(&format!("eval --model shallownet-run/model.safetensors {data}"));
        assert_eq!(eval["r_squared"], results["train"]["r_squared"], "{solver}");
    }
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
        "--validation 0.2",
        "--checkpoint c.st",
        "--resume c.st",
    ] {
        let said = place.refused(2, &format!("{values} {option}"));
        assert!(said.contains("cannot be used with"), "{option}: {said}");
    }
    let said = place.refused(2, "train --data d.csv --label y --regression --solver newton");
    assert!(said.contains("expected lm, lbfgs, rprop, scg"), "{said}");
    let said = place.refused(2, "train --data c.csv --label kind --solver lm");
    assert!(said.contains("the solver lm needs squared_error"), "{said}");
}
