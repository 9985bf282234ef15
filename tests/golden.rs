//! Promise: the golden vectors of tests/data/golden say what the reference says, and a judge in
//! another language can use them.

use std::process::Command;

use shallownet::testing::backends::BACKENDS;
use shallownet::testing::bounds::Rounding;
use shallownet::testing::conformance::{Own, Verdict, Wanted, judge};
use shallownet::testing::golden::Golden;
use shallownet::{Parallelism, Scalar};

fn stem(element: &str) -> String {
    format!("{}/tests/data/golden/v1-{element}", env!("CARGO_MANIFEST_DIR"))
}

fn read(element: &str) -> Golden {
    let tensors = std::fs::read(format!("{}.safetensors", stem(element))).unwrap();
    let description = std::fs::read_to_string(format!("{}.json", stem(element))).unwrap();
    Golden { tensors, description }
}

fn stored<T: Scalar>() {
    let golden = read(T::NAME);
    let problems = golden.problems::<T>().unwrap();
    assert!(problems.len() >= 50, "{}", problems.len());
    for (i, problem) in problems.iter().enumerate() {
        let wanted = Wanted::of(problem, Rounding::of::<T>()).unwrap();
        // The platform's exponentials may differ in the last place.
        let close = |a: f64, b: f64| (a - b).abs() <= 1e-12 * (a.abs() + b.abs()).max(1e-280);
        let exact = Wanted::of(problem, Rounding::of::<f64>()).unwrap();
        let stored = golden.answer(&format!("{i}.a")).unwrap();
        assert_eq!(stored.len(), wanted.predictions.len());
        for (k, stored) in stored.iter().enumerate() {
            let (exact, wanted) = (exact.predictions[k], wanted.predictions[k]);
            assert!(exact.admits(stored.value), "case {i}: a[{k}] is {stored:?}, not {exact:?}");
            assert!(close(stored.error, wanted.error), "case {i}: a[{k}] {stored:?}, {wanted:?}");
        }
        for &setup in BACKENDS.iter() {
            let mut own = Own::new(setup, Parallelism::Serial);
            assert_eq!(judge(&mut own, problem), Verdict::Agrees, "case {i}, {setup:?}");
        }
    }
    assert_eq!(Golden::of(&problems).unwrap().problems(), Ok(problems));
}

#[test]
fn the_stored_vectors_are_the_references() {
    stored::<f32>();
    stored::<f64>();
}

#[test]
fn what_is_no_such_set_is_refused() {
    let golden = read("f32");
    let error = golden.problems::<f64>().unwrap_err();
    assert_eq!(error, r#"element is "f32": expected "f64""#);
    let description = golden.description.replacen(r#""version":1"#, r#""version":2"#, 1);
    let other = Golden { description, ..golden.clone() };
    assert_eq!(other.problems::<f32>().unwrap_err(), "version is 2: expected 1");
    let description = golden.description.replacen(r#""cases":["#, r#""cases":[{},"#, 1);
    let shifted = Golden { description, ..golden };
    assert!(shifted.problems::<f32>().unwrap_err().starts_with("case 0: "));
}

/// NumPy by hand, judged by the page of Python: all cases agree. A sum without its bias, a derivative
/// without one of its terms and a loss of half the size are found.
#[test]
fn the_python_judge_accepts_numpy_and_finds_mistakes() {
    let Some(python) = std::env::var_os("SHALLOWNET_PYTHON").filter(|p| !p.is_empty()) else {
        println!("SHALLOWNET_PYTHON is not set: nothing is judged");
        return;
    };
    let judge = concat!(env!("CARGO_MANIFEST_DIR"), "/tools/judge_golden.py");
    let script = std::fs::read_to_string(judge).unwrap();
    let mut scripts = vec![(script.clone(), true)];
    for (right, wrong) in [
        (r#" + tensor(f"b.{layer}")"#, ""),
        ("normal(z) + z * density(z)", "normal(z)"),
        ("(s + q * q) / 2", "(s + q * q) / 4"),
    ] {
        let changed = script.replacen(right, wrong, 1);
        assert_ne!(changed, script, "{right}");
        scripts.push((changed, false));
    }
    for element in ["f32", "f64"] {
        let cases = match element {
            "f32" => read(element).problems::<f32>().unwrap().len(),
            _ => read(element).problems::<f64>().unwrap().len(),
        };
        for (script, is_right) in &scripts {
            let output =
                Command::new(&python).arg("-c").arg(script).arg(stem(element)).output().unwrap();
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            let error = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.success(), *is_right, "{element}: {said}{error}");
            let all = format!("{cases} of {cases} cases judged");
            assert!(said.contains(&all), "{element}: {said}{error}");
        }
    }
}
