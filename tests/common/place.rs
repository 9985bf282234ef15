//! A folder in which the program runs.
#![allow(dead_code, reason = "every test file is a crate of its own and uses its part of this")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_shallownet");

pub(crate) struct Place(tempfile::TempDir);

impl Place {
    /// Empty.
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// With one of the inputs of `tests/data/cases`, made after reports of users of other programs.
    pub(crate) fn case(name: &str) -> Self {
        let place = Self::new();
        let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/cases");
        place.file(name, std::fs::read(cases.join(name)).unwrap());
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn file(&self, name: &str, text: impl AsRef<[u8]>) -> &Self {
        std::fs::write(self.path(name), text).unwrap();
        self
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }

    /// The names in a folder, sorted.
    pub(crate) fn names(&self, folder: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.path(folder)).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// The program with arguments between spaces.
    pub(crate) fn command(&self, arguments: &str) -> Command {
        self.command_of(&arguments.split_whitespace().collect::<Vec<_>>())
    }

    fn command_of(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.args(arguments).current_dir(self.0.path());
        command
    }

    pub(crate) fn run(&self, arguments: &str) -> Output {
        self.command(arguments).output().unwrap()
    }

    pub(crate) fn run_each(&self, arguments: &[&str]) -> Output {
        self.command_of(arguments).output().unwrap()
    }

    /// Standard output and standard error of a command that must succeed.
    pub(crate) fn said(&self, arguments: &str) -> (String, String) {
        let output = self.run(arguments);
        let error = text(&output.stderr);
        assert!(output.status.success(), "{arguments}: {error}");
        (text(&output.stdout), error)
    }

    /// Standard output, and the notes on standard error, of a command that must succeed.
    pub(crate) fn done(&self, arguments: &str) -> (String, Vec<String>) {
        let (output, error) = self.said(arguments);
        let notes = error.lines().filter_map(|line| line.strip_prefix("note: "));
        (output, notes.map(str::to_owned).collect())
    }

    /// The results of a command with `--json`, whose notes must be those on standard error.
    pub(crate) fn json(&self, arguments: &str) -> Value {
        let (json, said) = self.done(&format!("{arguments} --json"));
        let results: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(notes(&results), said, "{arguments}");
        results
    }

    /// The error of a command that must fail with this exit code.
    pub(crate) fn refused(&self, code: i32, arguments: &str) -> String {
        let output = self.run(arguments);
        let error = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments}: {error}");
        let errors: Vec<&str> = error.lines().filter(|line| !line.starts_with("note: ")).collect();
        assert_eq!(errors.len(), 1, "{arguments}: {error}");
        errors[0].strip_prefix("error: ").unwrap().to_owned()
    }
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The notes of results.
pub(crate) fn notes(results: &Value) -> Vec<&str> {
    results["notes"].as_array().unwrap().iter().map(|note| note.as_str().unwrap()).collect()
}
