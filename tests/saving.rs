//! Promise: saving goes through symbolic links, replaces regular files alone, and leaves their
//! permissions.
#![cfg(unix)]

use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Command, Output};

use shallownet::io::model::{self, Model};
use shallownet::io::npy::{self, npz};
use shallownet::io::{atomic, checkpoint, onnx};
use shallownet::{Activation, Columns, DataSet, Network, Trainer, Training};

type Writer = (&'static str, fn(&Path) -> Result<(), String>);

fn network() -> Network<f64> {
    Network::<f64>::builder(1).layer(1, Activation::Sigmoid).build().unwrap()
}

fn text(error: impl std::error::Error) -> String {
    error.to_string()
}

/// Everything that the library writes.
const WRITERS: [Writer; 7] = [
    ("bytes", |path| atomic::write(path, b"new").map_err(text)),
    ("model", |path| model::save(path, &Model::new(network())).map_err(text)),
    ("checkpoint", |path| {
        let (x, y) = ([-1.0, 1.0], [0.0, 1.0]);
        let data = DataSet::new(Columns::new(&x, 1).unwrap(), Columns::new(&y, 1).unwrap());
        let trainer = Trainer::new(&network(), Training::new(1, 1), data).unwrap();
        checkpoint::save(path, &network(), trainer.state()).map_err(text)
    }),
    ("npy", |path| npy::save(path, Columns::new(&[1.0], 1).unwrap()).map_err(text)),
    ("labels", |path| npy::save_labels(path, &[1]).map_err(text)),
    ("npz", |path| npz::save(path, &[("y", npz::Array::Labels(&[1]))]).map_err(text)),
    ("onnx", |path| onnx::save(path, &network(), None).map_err(text)),
];

/// Nothing but these is in the folder: no temporary file is left.
fn holds(folder: &Path, expected: &[&str]) {
    let mut found: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    found.sort();
    assert_eq!(found, expected);
}

#[test]
fn links_stay_and_lead_to_what_is_written() {
    for (name, write) in WRITERS {
        let place = tempfile::tempdir().unwrap();
        let path = |name: &str| place.path().join(name);
        std::fs::create_dir(path("there")).unwrap();
        write(&path("plain")).unwrap();
        let expected = std::fs::read(path("plain")).unwrap();
        std::fs::write(path("there/old"), "old").unwrap();
        // To a file, by way of a link in another folder; and to one that is not there yet.
        symlink("there/second", path("link")).unwrap();
        symlink("old", path("there/second")).unwrap();
        symlink(path("there/new"), path("dangling")).unwrap();
        for (link, file) in [("link", "there/old"), ("dangling", "there/new")] {
            write(&path(link)).unwrap();
            assert!(path(link).is_symlink() && !path(file).is_symlink(), "{name}");
            assert!(std::fs::read(path(file)).unwrap() == expected, "{name}: {file}");
        }
        holds(place.path(), &["dangling", "link", "plain", "there"]);
        holds(&path("there"), &["new", "old", "second"]);

        symlink("no/such/folder/file", path("astray")).unwrap();
        let message = write(&path("astray")).unwrap_err();
        assert!(message.ends_with("astray: could not be written: No such file or directory"));
        symlink("b", path("a")).unwrap();
        symlink("a", path("b")).unwrap();
        let message = write(&path("a")).unwrap_err();
        assert!(message.ends_with("a: could not be written: its links lead round in a circle"));
        assert!(path("astray").is_symlink() && path("a").is_symlink(), "{name}");
    }
}

/// A pipe, a socket, and links to a pipe and to a device (of which only the link could be replaced,
/// should the test fail).
fn odd(place: &Path) -> [(&'static str, &'static str); 4] {
    assert!(Command::new("mkfifo").arg(place.join("pipe")).status().unwrap().success());
    drop(UnixListener::bind(place.join("socket")).unwrap());
    symlink("pipe", place.join("to pipe")).unwrap();
    symlink("/dev/null", place.join("to device")).unwrap();
    [("pipe", "a pipe"), ("socket", "a socket"), ("to pipe", "a pipe"), ("to device", "a device")]
}

#[test]
fn what_is_no_regular_file_is_refused_and_stays() {
    for (name, write) in WRITERS {
        let place = tempfile::tempdir().unwrap();
        for (odd, kind) in odd(place.path()) {
            let path = place.path().join(odd);
            let before = std::fs::symlink_metadata(&path).unwrap().file_type();
            let message = write(&path).unwrap_err();
            let expected = format!(
                "{}: could not be written: it is {kind}: expected a regular file, or none",
                path.display()
            );
            assert_eq!(message, expected, "{name}");
            assert_eq!(std::fs::symlink_metadata(&path).unwrap().file_type(), before);
            assert!(atomic::check(&path).is_err() && atomic::remove(&path).is_err());
            assert_eq!(std::fs::symlink_metadata(&path).unwrap().file_type(), before);
        }
        holds(place.path(), &["pipe", "socket", "to device", "to pipe"]);
    }
    assert!(std::fs::metadata("/dev/null").unwrap().file_type().is_char_device());
    // Standard output is a pipe here, or what the tests are run with; never a file by that name.
    assert!(atomic::write(Path::new("/dev/stdin"), b"x").is_err());
}

#[test]
fn permissions_stay() {
    let place = tempfile::tempdir().unwrap();
    let (file, link) = (place.path().join("secret"), place.path().join("link"));
    symlink("secret", &link).unwrap();
    for mode in [0o600, 0o664, 0o640, 0o444, 0o755] {
        for (name, write) in WRITERS {
            std::fs::write(&file, "old").unwrap();
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
            write(&link).unwrap();
            let about = std::fs::metadata(&file).unwrap();
            assert_eq!(about.permissions().mode() & 0o7777, mode, "{name}");
            std::fs::remove_file(&file).unwrap();
        }
    }
    // The right to run as its owner is not passed on to new contents.
    std::fs::write(&file, "old").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o4755)).unwrap();
    atomic::write(&file, b"new").unwrap();
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o7777, 0o755);
}

#[test]
fn removing_goes_through_links_and_takes_regular_files_alone() {
    let place = tempfile::tempdir().unwrap();
    let path = |name: &str| place.path().join(name);
    std::fs::write(path("file"), "").unwrap();
    symlink("file", path("link")).unwrap();
    atomic::remove(&path("link")).unwrap();
    holds(place.path(), &["link"]);
    atomic::remove(&path("link")).unwrap();
    atomic::remove(&path("nothing")).unwrap();
    std::fs::create_dir(path("folder")).unwrap();
    assert!(atomic::remove(&path("folder")).is_err());
    holds(place.path(), &["folder", "link"]);
}

fn program(place: &Path, arguments: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shallownet"));
    command.args(arguments.split_whitespace()).current_dir(place).output().unwrap()
}

/// The program's models, checkpoints and pictures, fresh and stale ones.
#[test]
fn the_program_writes_and_removes_regular_files_alone() {
    let place = tempfile::tempdir().unwrap();
    let run = place.path().join("run");
    std::fs::create_dir(&run).unwrap();
    odd(&run);
    let refused = |arguments: &str| {
        let output = program(place.path(), arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments}");
        String::from_utf8(output.stderr).unwrap().lines().last().unwrap().to_owned()
    };
    // Before any training: even one that would take for ever.
    std::fs::rename(run.join("pipe"), run.join("model.safetensors")).unwrap();
    let message = refused("train --out run --iterations 1000000000");
    assert!(
        message.starts_with("error: run/model.safetensors: could not be written: it is a pipe")
    );
    std::fs::rename(run.join("model.safetensors"), run.join("pipe")).unwrap();
    let message = refused("train --out run --epochs 1000000000 --checkpoint run/socket");
    assert!(message.starts_with("error: run/socket: could not be written: it is a socket"));
    holds(&run, &["pipe", "socket", "to device", "to pipe"]);

    // A picture that is not drawn (of epochs, in a run of iterations) is removed, a pipe is not.
    std::fs::rename(run.join("pipe"), run.join("accuracy.png")).unwrap();
    std::fs::write(run.join("accuracy.svg"), "stale").unwrap();
    symlink("../elsewhere.svg", run.join("cost.svg")).unwrap();
    let output = program(place.path(), "train --out run --iterations 2");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let about = std::fs::symlink_metadata(run.join("accuracy.png")).unwrap();
    assert!(about.file_type().is_fifo() && !run.join("accuracy.svg").exists());
    assert!(run.join("cost.svg").is_symlink());
    assert!(std::fs::read_to_string(place.path().join("elsewhere.svg")).unwrap().contains("<svg"));
}
