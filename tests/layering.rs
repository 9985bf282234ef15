//! Promise: each room of src/ keeps to what it is for.

use std::fs;
use std::path::{Path, PathBuf};

/// Every source file under `room` (a folder of src/, "" for all), with its text: without its tests
/// (a `#[cfg(test)]` module ends every file that has one) and without comments.
fn sources(room: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(room), &mut found);
    found
}

fn collect(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.map(|e| e.unwrap().path()) {
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            let text = code(&fs::read_to_string(&path).unwrap());
            found.push((path, text));
        }
    }
}

/// What of a file is compiled into the library.
fn code(text: &str) -> String {
    let library = text.split("\n#[cfg(test)]\nmod ").next().unwrap_or_default();
    let lines = library.lines().map(|line| line.split("//").next().unwrap_or_default());
    lines.collect::<Vec<_>>().join("\n")
}

/// The word at `at` is not part of a longer name.
fn has_word(text: &str, word: &str) -> bool {
    let name = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word)
        .any(|(at, _)| !text[..at].ends_with(name) && !text[at + word.len()..].starts_with(name))
}

fn never(room: &str, words: &[&str]) {
    for (path, text) in sources(room) {
        // Compiled for tests only, as src/kernels/mod.rs says.
        if path.parent().is_some_and(|folder| folder.ends_with("kernels/testing")) {
            continue;
        }
        for word in words {
            let found = if word.chars().all(char::is_alphanumeric) {
                has_word(&text, word)
            } else {
                text.contains(word)
            };
            assert!(!found, "{} uses `{word}`", path.display());
        }
    }
}

#[test]
fn unsafe_lives_in_ffi_only() {
    let ffi = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/ffi");
    let mut inside = 0;
    for (path, text) in sources("") {
        if path.starts_with(&ffi) {
            inside += usize::from(has_word(&text, "unsafe"));
        } else {
            assert!(!has_word(&text, "unsafe"), "{} has unsafe code", path.display());
            assert!(!text.contains("allow(unsafe_code"), "{} allows it", path.display());
        }
    }
    // The search finds it where it is.
    assert!(inside >= 1);
}

#[test]
fn kernels_are_mathematics_only() {
    let allocation =
        ["Vec", "vec!", "Box", ".to_vec(", ".collect(", ".collect::", "String", "format!"];
    never("kernels", &allocation);
    never(
        "kernels",
        &["rayon", "std::fs", "std::io", "std::thread", "println!", "Mutex", "Result"],
    );
    assert!(sources("kernels").len() >= 5);
}

#[test]
fn engines_touch_no_files() {
    never("engine", &["std::fs", "std::io", "File", "println!", "eprintln!"]);
    assert!(sources("engine").len() >= 5);
}

/// Files and the command line reach the mathematics through the network only.
#[test]
fn input_and_command_line_stay_away_from_kernels() {
    for room in ["io", "cli"] {
        never(room, &["kernels", "engine::", "ffi"]);
    }
}

/// The oracle must share nothing with what it judges but the definitions.
#[test]
fn the_reference_is_independent_of_the_engines() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/reference.rs");
    let text = code(&fs::read_to_string(path).unwrap());
    for word in ["engine::", "kernels::", "ffi::", "rayon::", "wide::", "fearless_simd::"] {
        assert!(!text.contains(word), "the reference uses `{word}`");
    }
}

#[test]
fn the_search_reads_code_and_not_comments() {
    let text =
        code("let a = 1; // Vec\nlet s = Vector;\n#[cfg(test)]\nmod tests {\n    vec![]\n}\n");
    assert!(!has_word(&text, "Vec") && text.contains("Vector") && !text.contains("vec!"));
    assert!(has_word("unsafe { }", "unsafe") && !has_word("unsafe_code", "unsafe"));
}
