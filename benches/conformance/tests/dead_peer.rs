//! A peer in Python that dies is no disagreement: the run ends with an error that names it.

use std::process::Command;

#[test]
fn a_peer_that_dies_ends_the_run() {
    let output = Command::new(env!("CARGO_BIN_EXE_conformance"))
        .args(["torch", "10", "--only", "f64", "--count"])
        .env("CONFORMANCE_PYTHON", "false")
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.contains("error: torch at question 1: "), "{error}");
    assert!(!String::from_utf8_lossy(&output.stdout).contains("judged"));
}
