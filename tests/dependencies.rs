//! Promise: docs/features.md says which crates come with the library, and with each feature.
//!
//! Counted as that page says: by `cargo tree`, on x86-64 Linux, with the lock file here.
#![cfg(all(target_arch = "x86_64", target_os = "linux"))]

use std::collections::BTreeSet;
use std::process::Command;

const PAGE: &str = include_str!("../docs/features.md");

/// Names and versions of all that a build with these features is made of, without this crate.
fn crates(features: &str) -> BTreeSet<String> {
    let mut command = Command::new(env!("CARGO"));
    command.args(["tree", "--locked", "--edges", "normal", "--prefix", "none"]);
    command.args(["--target", "x86_64-unknown-linux-gnu", "--format", "{p}"]);
    command.args(["--features", features, "--manifest-path"]);
    let output = command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    let lines = String::from_utf8(output.stdout).unwrap();
    let name = |line: &str| line.split(" (").next().unwrap_or(line).to_owned();
    lines.lines().map(name).filter(|line| !line.starts_with("shallownet ")).collect()
}

/// What stands between two texts that the page has once.
fn between<'a>(start: &str, end: &str) -> &'a str {
    let (_, rest) = PAGE.split_once(start).unwrap();
    rest.split_once(end).unwrap().0
}

#[test]
fn the_features_table_counts_right() {
    let default = crates("");
    let table = between("| feature | what it adds | ", "\n\n");
    assert!(table.starts_with(&format!("crates besides the default {} |", default.len())));
    let mut seen = 0;
    for row in table.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let (feature, last) = (cells[1].trim_matches('`'), cells[3]);
        let stated: usize = last.split(',').next().unwrap().parse().unwrap();
        assert_eq!(crates(feature).difference(&default).count(), stated, "{row}");
        seen += 1;
    }
    assert_eq!(seen, 14, "{table}");
}

#[test]
fn the_default_tree_is_whole() {
    let tree = between("```text\nshallownet\n", "\n```");
    let mut named = BTreeSet::new();
    for line in tree.lines() {
        // The names, then two spaces and a remark.
        let names = line.trim_start_matches(|c: char| !c.is_alphanumeric());
        let names = names.split("  ").next().unwrap();
        let mut family = "";
        for name in names.split(['─', ',', ' ']).filter(|name| !name.is_empty()) {
            // "crossbeam-deque, -epoch": the second begins as the first does.
            if name.starts_with('-') {
                named.insert(format!("{family}{name}"));
            } else {
                family = name.split('-').next().unwrap();
                named.insert(name.to_owned());
            }
        }
    }
    let real = crates("");
    let real: BTreeSet<String> =
        real.iter().map(|line| line.split(' ').next().unwrap().to_owned()).collect();
    assert_eq!(named, real);
}
