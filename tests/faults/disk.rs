//! Disks that are full, folders that can't be written to, files that may not grow.
//!
//! A small disk is a tmpfs, an unwritable folder a read-only mount, both in a mount namespace of
//! the child's own: nothing is left of them when it ends. Where such a thing is not allowed (it
//! takes root, or user namespaces) these tests say that they are skipped; with `SHALLOWNET_NO_SKIP`
//! set they fail instead.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use crate::place::{PROGRAM, Place, error, files};

/// Runs a shell script in a mount namespace of its own; `None`, and a word about it, where that is
/// not allowed.
fn with_mounts(place: &Place, script: &str) -> Option<Output> {
    let unshare = |script: &str| {
        let mut command = Command::new("unshare");
        command.args(["--map-root-user", "--mount", "sh", "-ec", script, PROGRAM]);
        // What finds no room is saved there.
        command.env("TMPDIR", place.path("elsewhere"));
        command.current_dir(place.root()).stdin(Stdio::null()).output()
    };
    for folder in ["disk", "elsewhere"] {
        std::fs::create_dir_all(place.path(folder)).unwrap();
    }
    if !unshare("mount -t tmpfs tmpfs disk").is_ok_and(|output| output.status.success()) {
        assert!(std::env::var_os("SHALLOWNET_NO_SKIP").is_none(), "no mounts are allowed here");
        eprintln!("skipped: no mounts are allowed here");
        return None;
    }
    Some(unshare(script).unwrap())
}

/// Runs `shallownet ARGUMENTS` on a disk of so many KiB that holds what is in `disk`; afterwards
/// `disk` holds what that disk held.
fn on_small_disk(place: &Place, size: usize, arguments: &str) -> Option<Output> {
    with_mounts(
        place,
        &format!(
            "mkdir small; mount -t tmpfs -o size={size}k tmpfs small; cp -a disk/. small
             code=0; (cd small; exec \"$0\" {arguments}) || code=$?
             rm -r disk; cp -a small disk; exit $code"
        ),
    )
}

/// Runs it in `disk`, which can be read and not written to.
fn read_only(place: &Place, arguments: &str) -> Option<Output> {
    let script = "mount --bind disk disk; mount -o remount,bind,ro disk; cd disk; exec \"$0\"";
    with_mounts(place, &format!("{script} {arguments}"))
}

/// What is in `disk`.
fn contents(place: &Place) -> BTreeMap<PathBuf, Vec<u8>> {
    let paths = files(&place.path("disk")).into_iter();
    paths.map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
}

/// The one line of a command that failed with exit code 1.
fn failure(output: &Output) -> String {
    let error = error(output);
    assert_eq!(output.status.code(), Some(1), "{error}");
    let line = error.lines().last().unwrap_or_default();
    line.strip_prefix("error: ").unwrap_or_else(|| panic!("{error}")).to_owned()
}

fn in_disk(place: &Place, arguments: &str) {
    std::fs::create_dir_all(place.path("disk")).unwrap();
    let output = place.command(arguments).current_dir(place.path("disk")).output().unwrap();
    assert!(output.status.success(), "{}", error(&output));
}

/// 90 KB of network; with Adam's moments 270 KB.
const WIDE: &str = "train --hidden 2800 --epochs 2 --batch 400 --out out --checkpoint c.st";

#[test]
fn a_checkpoint_that_finds_no_room_leaves_the_old_one() {
    let place = Place::new();
    in_disk(&place, WIDE);
    std::fs::remove_dir_all(place.path("disk/out")).unwrap();
    let before = contents(&place);
    let size = before.values().next().unwrap().len();
    assert!(before.len() == 1 && (250_000..300_000).contains(&size), "{size}");
    // One fits, the second does not.
    let Some(output) = on_small_disk(&place, 400, &format!("{WIDE} --seed 2")) else { return };
    assert_eq!(failure(&output), "c.st: could not be written: No space left on device");
    // The training went on, and its model had room.
    assert!(error(&output).contains("; the training goes on"), "{}", error(&output));
    let after = contents(&place);
    assert!(before.iter().all(|(path, bytes)| after[path] == *bytes));
    assert!(after.contains_key(&place.path("disk/out/model.safetensors")));
}

#[test]
fn a_model_that_finds_no_room_leaves_the_old_one() {
    let place = Place::new();
    let train = "train --hidden 2800 --iterations 1 --out out";
    in_disk(&place, train);
    let before = contents(&place);
    let used: usize = before.values().map(|bytes| bytes.len().next_multiple_of(4096)).sum();
    let room = used / 1024 + 64;
    let Some(output) = on_small_disk(&place, room, &format!("{train} --seed 2")) else { return };
    let line = failure(&output);
    assert_eq!(line, "out/model.safetensors: could not be written: No space left on device");
    assert!(contents(&place) == before);
    let error = error(&output);
    let rescued = error.lines().find_map(|line| line.strip_prefix("note: saved in ")).unwrap();
    let rescued = rescued.split(" instead of ").next().unwrap();
    assert!(place.command(&format!("inspect {rescued}")).status().unwrap().success(), "{error}");
}

#[test]
fn a_part_of_a_selection_that_finds_no_room_leaves_the_old_one() {
    let place = Place::new();
    let part = "select --epochs 1 --folds 2 --activation tanh --shard 1/1 --out parts --hidden";
    in_disk(&place, &format!("{part} 1"));
    let before = contents(&place);
    let widths: Vec<String> = (1..=60).map(|units| units.to_string()).collect();
    let arguments = format!("{part} {}", widths.join(","));
    let Some(output) = on_small_disk(&place, 12, &arguments) else { return };
    let line = failure(&output);
    assert_eq!(line, "parts/part-1-of-1.json: could not be written: No space left on device");
    assert!(contents(&place) == before);
    let error = error(&output);
    let rescued = error.lines().find_map(|line| line.strip_prefix("note: saved in ")).unwrap();
    let rescued = rescued.split(" instead of ").next().unwrap();
    let table = place.stdout(&format!("select --merge {rescued}"));
    assert!(table.contains(", 60 candidates, 2 folds"), "{table}");
    assert_eq!(table.matches("tanh").count(), 60, "{table}");
}

/// The model is small and written; a picture does not fit. Each file is the old one or the new one.
#[test]
fn a_picture_that_finds_no_room_leaves_the_old_one() {
    let place = Place::new();
    in_disk(&place, "train --iterations 10 --out out");
    let before = contents(&place);
    in_disk(&place, "train --iterations 20 --out out --seed 2");
    let after = contents(&place);
    for (path, bytes) in &before {
        assert_ne!(bytes, &after[path], "{}: this test would see nothing", path.display());
        std::fs::write(path, bytes).unwrap();
    }
    let used: usize = before.values().map(|bytes| bytes.len().next_multiple_of(4096)).sum();
    let arguments = "train --iterations 20 --out out --seed 2";
    let Some(output) = on_small_disk(&place, used / 1024 + 12, arguments) else { return };
    let notes = error(&output);
    assert!(output.status.success(), "{notes}");
    let line = notes.lines().find_map(|line| line.strip_prefix("note: no new picture ")).unwrap();
    let (_, named) = line.split_once(": ").unwrap();
    let (file, problem) = named.split_once(": ").unwrap();
    assert_eq!(problem, "could not be written: No space left on device");
    let left = contents(&place);
    assert!(left.keys().eq(before.keys()), "{:?}", left.keys());
    assert!(left.iter().all(|(path, bytes)| *bytes == before[path] || *bytes == after[path]));
    let named = place.path("disk").join(file);
    assert!(left[&named] == before[&named], "{line}");
    let model = place.path("disk/out/model.safetensors");
    assert!(left[&model] == after[&model]);
}

#[test]
fn a_folder_that_can_not_be_written_to_is_named() {
    let place = Place::new();
    in_disk(&place, "train --epochs 2 --checkpoint c.st --out out");
    let before = contents(&place);
    let cases = [
        ("train --iterations 5 --out out", "out/model.safetensors"),
        ("train --iterations 5 --out new", "new"),
        ("train --epochs 2 --checkpoint c.st --out out", "out/model.safetensors"),
        ("train --resume c.st --out out", "out/model.safetensors"),
    ];
    for (arguments, file) in cases {
        let Some(output) = read_only(&place, arguments) else { return };
        let expected = format!("{file}: could not be written: Read-only file system");
        assert_eq!(failure(&output), expected, "{arguments}");
        assert!(contents(&place) == before, "{arguments}");
    }
}

/// Needs no mounts: the shell's limit on the size of files, with its signal ignored.
#[test]
fn a_file_that_may_not_grow_leaves_the_old_one() {
    let place = Place::new();
    in_disk(&place, WIDE);
    let before = contents(&place);
    // In units of 512 bytes.
    let script = format!("trap '' XFSZ; ulimit -f 100; exec \"$0\" {WIDE} --seed 2");
    let mut command = Command::new("sh");
    command.args(["-ec", &script, PROGRAM]).current_dir(place.path("disk"));
    let output = command.output().unwrap();
    // The checkpoint is a note, and the model fails likewise.
    assert_eq!(failure(&output), "out/model.safetensors: could not be written: File too large");
    assert!(error(&output).contains("note: c.st: could not be written: File too large"));
    assert!(contents(&place) == before);
}

#[cfg(target_os = "linux")]
#[test]
fn output_that_can_not_be_written_is_an_error() {
    let place = Place::new();
    place.stdout("train --iterations 5");
    std::fs::write(place.path("x.csv"), "x1,x2\n1,2\n3,4\n").unwrap();
    let predict = "predict --model shallownet-run/model.safetensors --data x.csv";
    for arguments in
        [predict, &format!("{predict} --proba"), "inspect --json shallownet-run/model.safetensors"]
    {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let output = place.command(arguments).stdout(full).output().unwrap();
        let line = failure(&output);
        assert!(line.starts_with("standard output: No space left on device"), "{line}");
    }
}
