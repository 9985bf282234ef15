//! Promise: what is no regular file is refused at once and never waited for, whoever loads it; a
//! CSV file may come through a pipe without a name.
#![cfg(unix)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use shallownet::Activation;
use shallownet::io::npy::{self, npz};
use shallownet::io::table::{Header, Table};
use shallownet::io::{checkpoint, idx, model, pytorch};

type Loader = (&'static str, fn(&Path) -> Result<(), String>);

fn text(error: impl std::error::Error) -> String {
    error.to_string()
}

/// Everything that the library reads.
const LOADERS: [Loader; 11] = [
    ("csv", |path| Table::open(path, Header::Present).map(drop).map_err(text)),
    ("npy", |path| npy::load::<f32>(path).map(drop).map_err(text)),
    ("npy labels", |path| npy::load_labels(path).map(drop).map_err(text)),
    ("npy blocks", |path| npy::blocks::<f32>(path, 1).map(drop).map_err(text)),
    ("npz", |path| npz::Archive::open(path).map(drop).map_err(text)),
    ("idx", |path| idx::load::<f32>(path).map(drop).map_err(text)),
    ("idx labels", |path| idx::load_labels(path).map(drop).map_err(text)),
    ("model", |path| model::load_any(path).map(drop).map_err(text)),
    ("model of f32", |path| model::load::<f32>(path).map(drop).map_err(text)),
    ("checkpoint", |path| checkpoint::load::<f32>(path).map(drop).map_err(text)),
    ("pytorch", |path| pytorch::load::<f32>(path, &[Activation::Tanh]).map(drop).map_err(text)),
];

/// The answer, which must come while somebody would still wait for it.
fn in_time<R: Send + 'static>(what: &str, call: impl FnOnce() -> R + Send + 'static) -> R {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || sender.send(call()));
    let answer = receiver.recv_timeout(Duration::from_secs(60));
    answer.unwrap_or_else(|_| panic!("{what} waits"))
}

fn pipe(path: PathBuf) -> PathBuf {
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    path
}

#[test]
fn pipes_sockets_devices_and_folders_are_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("link");
    std::os::unix::fs::symlink("pipe", &link).unwrap();
    let socket = folder.path().join("socket");
    drop(std::os::unix::net::UnixListener::bind(&socket).unwrap());
    let odd = [
        (pipe(folder.path().join("pipe")), "a pipe"),
        (link, "a pipe"),
        (socket, "a socket"),
        (PathBuf::from("/dev/null"), "a device"),
        (folder.path().to_owned(), "a folder"),
    ];
    for (name, load) in LOADERS {
        for (path, kind) in odd.clone() {
            let expected = format!("{}: it is {kind}: expected a regular file", path.display());
            let message = in_time(name, move || load(&path).unwrap_err());
            assert_eq!(message, expected, "{name}");
        }
    }
}

fn shell(place: &Path, script: &str) -> Output {
    let mut command = Command::new("bash");
    command.args(["-ec", script, env!("CARGO_BIN_EXE_shallownet")]).current_dir(place);
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    in_time(script, move || child.unwrap().wait_with_output().unwrap())
}

#[test]
fn the_program_names_what_it_does_not_wait_for() {
    let place = tempfile::tempdir().unwrap();
    for name in ["p", "p.npy", "p.npz", "p.idx", "p.csv"] {
        pipe(place.path().join(name));
    }
    let cases = [
        ("train --data p.csv --label y", "p.csv"),
        ("train --data p.npy --labels p.npy", "p.npy"),
        ("train --data p.npz", "p.npz"),
        ("train --data p.idx --labels p.idx", "p.idx"),
        ("train --epochs 1 --resume p", "p"),
        ("predict --model p --data p.csv", "p"),
        ("inspect p", "p"),
    ];
    for (arguments, file) in cases {
        let output = shell(place.path(), &format!("exec timeout 60 \"$0\" {arguments}"));
        let line = String::from_utf8(output.stderr).unwrap();
        assert_eq!(line, format!("error: {file}: it is a pipe: expected a regular file\n"));
        assert_eq!(output.status.code(), Some(2), "{arguments}");
    }
}

/// `<(command)`, and `/dev/stdin` behind a pipe: both ends are there.
#[cfg(target_os = "linux")]
#[test]
fn csv_comes_through_pipes_without_names() {
    let place = tempfile::tempdir().unwrap();
    let csv = "a,y\n1,p\n2,q\n-1,p\n3,q\n";
    std::fs::write(place.path().join("d.csv"), csv).unwrap();
    let model = |script: &str| {
        let output = shell(place.path(), script);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        std::fs::read(place.path().join("run/model.safetensors")).unwrap()
    };
    let train = "train --label y --iterations 20 --hidden 2 --out run --data";
    let expected = model(&format!("\"$0\" {train} d.csv"));
    for pipe in ["<(cat d.csv)", "<(sleep 0.3; cat d.csv)", "/dev/stdin < <(cat d.csv)"] {
        assert!(model(&format!("\"$0\" {train} {pipe}")) == expected, "{pipe}");
    }
    assert!(model(&format!("cat d.csv | \"$0\" {train} /dev/stdin")) == expected);
    // One that is closed before it is opened, and had nothing.
    let output = shell(place.path(), &format!("exec 9< <(:); sleep 0.3; \"$0\" {train} /dev/fd/9"));
    let line = String::from_utf8(output.stderr).unwrap();
    assert!(line.ends_with("/dev/fd/9: the file is empty\n"), "{line}");
    let output = shell(place.path(), "\"$0\" inspect <(cat run/model.safetensors)");
    let line = String::from_utf8(output.stderr).unwrap();
    assert!(line.ends_with(": it is a pipe: expected a regular file\n"), "{line}");
}
