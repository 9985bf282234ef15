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

/// The floors of the house, lowest first. A file names its own floor and those below it; rooms that
/// share a line do not name each other. docs/architecture.md shows the same list.
const FLOORS: [&[&str]; 18] = [
    &["element", "rounding"],
    &["words"],
    &["error"],
    &["kernels", "ffi"],
    &["data", "ranks"],
    &["engine"],
    &["scalar"],
    &["reference", "vector"],
    &["network"],
    &["train"],
    &["solvers"],
    &["metrics"],
    &["population"],
    &["select"],
    &["forms"],
    &["io"],
    &["testing"],
    &["cli"],
];

/// The room of a file of src/: its folder, or its own name.
fn room(path: &Path) -> String {
    let inside = path.strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap();
    let first = inside.components().next().unwrap().as_os_str().to_str().unwrap();
    first.strip_suffix(".rs").unwrap_or(first).to_owned()
}

fn floor(room: &str) -> Option<usize> {
    FLOORS.iter().position(|rooms| rooms.contains(&room))
}

/// Rooms that `text` names by `crate::room`, alone or in braces. Names of the crate's root, which
/// begin with a capital or are functions, are none.
fn rooms_named(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, path) in text.match_indices("crate::") {
        let word = |text: &str| -> String {
            text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
        };
        let rest = &text[at + path.len()..];
        match rest.strip_prefix('{') {
            None => found.push(word(rest)),
            Some(list) => {
                let end = list.find("};").unwrap_or(list.len());
                found.extend(list[..end].split(',').map(|item| word(item.trim())));
            }
        }
    }
    found.retain(|name| floor(name).is_some());
    found
}

/// What of `sources` names a room of a higher floor, or another room of its own.
fn arrows_up(sources: &[(PathBuf, String)]) -> Vec<String> {
    let mut found = Vec::new();
    for (path, text) in sources {
        let from = room(path);
        let Some(own) = floor(&from) else { continue };
        for to in rooms_named(text) {
            let other = floor(&to).unwrap();
            if other > own || (other == own && to != from) {
                found.push(format!("{} names {to}", path.display()));
            }
        }
    }
    found
}

#[test]
fn arrows_run_from_the_command_line_down_to_the_ground() {
    let all = sources("");
    for (path, _) in &all {
        let name = room(path);
        assert!(name == "lib" || floor(&name).is_some(), "{name} has no floor");
    }
    assert_eq!(arrows_up(&all), [""; 0]);
    // The search reads arrows: hundreds run down.
    assert!(all.iter().map(|(_, text)| rooms_named(text).len()).sum::<usize>() > 300);
}

/// The page on the architecture has the same list, a floor a row.
#[test]
fn the_architecture_page_has_the_same_floors() {
    const PAGE: &str = include_str!("../docs/architecture.md");
    let row = |line: &'static str| -> Option<(usize, Vec<&'static str>)> {
        let mut cells = line.strip_prefix("| ")?.split(" | ");
        let number = cells.next()?.parse().ok()?;
        let rooms = cells.next()?.split(", ").map(|room| room.trim_matches('`')).collect();
        Some((number, rooms))
    };
    let rows: Vec<_> = PAGE.lines().filter_map(row).collect();
    let floors: Vec<_> = FLOORS.iter().enumerate().map(|(i, f)| (i + 1, f.to_vec())).collect();
    assert_eq!(rows, floors);
}

#[test]
fn an_arrow_that_is_turned_is_found() {
    let file = |inside: &str, text: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(inside);
        arrows_up(&[(path, text.to_owned())]).len()
    };
    assert_eq!(file("engine/plan.rs", "use crate::kernels::panel;\nuse crate::data::columns;"), 0);
    assert_eq!(file("kernels/panel.rs", "use crate::engine::plan;"), 1);
    assert_eq!(file("kernels/panel.rs", "use crate::{element, data::columns, network};"), 2);
    assert_eq!(file("element.rs", "fn f() -> crate::scalar::Scalar {}"), 1);
    assert_eq!(file("kernels/panel.rs", "use crate::ffi::Product;"), 1);
    assert_eq!(file("train/fit.rs", "use crate::io::model;"), 1);
}

/// The modules of a folder that `text`, one of its files, names: `super::module`,
/// `crate::room::module`.
fn modules_named<'a>(text: &str, room: &str, modules: &'a [String]) -> Vec<&'a str> {
    let inside = format!("crate::{room}::");
    let named = |module: &String| {
        ["super::", &inside].iter().any(|from| {
            has_word(text, &format!("{from}{module}"))
                || text.match_indices(&format!("{from}{{")).any(|(at, start)| {
                    let list = &text[at + start.len()..];
                    let end = list.find("};").unwrap_or(list.len());
                    list[..end].split(',').any(|item| {
                        let item = item.trim();
                        item == module || item.starts_with(&format!("{module}::"))
                    })
                })
        })
    };
    modules.iter().filter(|module| named(module)).map(String::as_str).collect()
}

/// A way from a module back to itself, if there is one.
fn circle(edges: &[(String, Vec<&str>)]) -> Option<Vec<String>> {
    // Modules that name none of those left are taken away, until no more can be.
    let mut left: Vec<&(String, Vec<&str>)> = edges.iter().collect();
    loop {
        let names: Vec<&str> = left.iter().map(|(module, _)| module.as_str()).collect();
        let before = left.len();
        left.retain(|(module, to)| to.iter().any(|t| *t != module && names.contains(t)));
        if left.is_empty() {
            return None;
        }
        if left.len() == before {
            return Some(left.iter().map(|(module, _)| module.clone()).collect());
        }
    }
}

/// Files of one room name each other in one direction only.
#[test]
fn no_room_has_a_circle() {
    for room in FLOORS.iter().flat_map(|rooms| rooms.iter()).filter(|room| **room != "cli") {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(room);
        let files: Vec<(String, String)> = sources(room)
            .into_iter()
            .filter(|(path, _)| path.parent() == Some(&folder) && !path.ends_with("mod.rs"))
            .map(|(path, text)| (path.file_stem().unwrap().to_str().unwrap().to_owned(), text))
            .collect();
        let modules: Vec<String> = files.iter().map(|(module, _)| module.clone()).collect();
        let edges: Vec<_> = files
            .iter()
            .map(|(module, text)| (module.clone(), modules_named(text, room, &modules)))
            .collect();
        assert_eq!(circle(&edges), None, "{room}");
    }
    let edges = |to: [&'static str; 3]| {
        ["a", "b", "c"].map(str::to_owned).into_iter().zip(to.map(|t| vec![t])).collect::<Vec<_>>()
    };
    assert_eq!(circle(&edges(["b", "c", "-"])), None);
    assert_eq!(circle(&edges(["b", "c", "b"])).map(|c| c.len()), Some(3));
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
    never("reference", &["engine::", "kernels::", "ffi::", "rayon::", "wide::", "fearless_simd::"]);
    assert!(sources("reference").len() >= 4);
}

#[test]
fn the_search_reads_code_and_not_comments() {
    let text =
        code("let a = 1; // Vec\nlet s = Vector;\n#[cfg(test)]\nmod tests {\n    vec![]\n}\n");
    assert!(!has_word(&text, "Vec") && text.contains("Vector") && !text.contains("vec!"));
    assert!(has_word("unsafe { }", "unsafe") && !has_word("unsafe_code", "unsafe"));
}
