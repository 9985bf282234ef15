//! Promise: what is published holds what it needs and nothing else, and its first page is right
//! outside the repository, too.

use std::path::Path;
use std::process::Command;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// What `cargo package` would pack. It warns of what a registry would miss.
fn packed() -> Vec<String> {
    let mut command = Command::new(env!("CARGO"));
    command.args(["package", "--list", "--offline", "--allow-dirty"]).current_dir(ROOT);
    let output = command.output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    assert!(!error.contains("warning"), "{error}");
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// The files that a source takes in when it is compiled.
fn taken_in(source: &str) -> Vec<String> {
    let root = Path::new(ROOT).canonicalize().unwrap();
    let path = root.join(source);
    let text = std::fs::read_to_string(&path).unwrap();
    let calls = text.split("include_str!(\"").skip(1).filter_map(|rest| rest.split('"').next());
    let file = |name: &str| path.parent().unwrap().join(name).canonicalize().unwrap();
    calls
        .filter(|name| name.contains('.'))
        .map(|name| file(name).strip_prefix(&root).unwrap().to_str().unwrap().to_owned())
        .collect()
}

#[test]
fn what_is_packed_is_what_is_needed() {
    let packed = packed();
    let mut needed = vec!["README.md".to_owned(), "build.rs".to_owned()];
    let sources = packed.iter().filter(|file| file.ends_with(".rs") && *file != "tests/package.rs");
    sources.for_each(|source| needed.extend(taken_in(source)));
    assert!(needed.len() > 5, "{needed:?}");
    for file in needed {
        assert!(packed.contains(&file), "{file} is not packed");
    }
    for file in &packed {
        let first = file.split('/').next().unwrap();
        let is_known = ["src", "tests", "examples", "benches", "docs"].contains(&first);
        assert!(is_known || !file.contains('/'), "{file} is packed");
        assert!(
            !file.starts_with("benches/record") && !file.starts_with("benches/peers"),
            "{file}"
        );
    }
    for name in ["LICENSE-APACHE", "LICENSE-MIT", "CHANGELOG.md", "Cargo.lock", "SECURITY.md"] {
        assert!(packed.iter().any(|file| file == name), "{name} is not packed");
    }
}

/// Registries and documentation pages show the README without the files beside it.
#[test]
fn the_readme_links_to_nothing_beside_it() {
    let readme = std::fs::read_to_string(Path::new(ROOT).join("README.md")).unwrap();
    let beside = |text: &str| -> Vec<String> {
        let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        let is_whole = |to: &&str| !to.starts_with("https://") && !to.starts_with('#');
        targets.filter(is_whole).map(str::to_owned).collect()
    };
    assert_eq!(beside(&readme), [""; 0]);
    assert_eq!(beside("[a](b.md) [c](https://d) ![e](f.png) [g](#h)"), ["b.md", "f.png"]);
}
