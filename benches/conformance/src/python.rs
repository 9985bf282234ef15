//! A peer in Python: peer.py answers a line of JSON by a line of JSON.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::Value;
use shallownet::Scalar;
use shallownet::testing::bounds::Functions;
use shallownet::testing::cases::{Parameters, Problem};
use shallownet::testing::conformance::{Answers, Implementation};

pub struct Peer {
    name: String,
    child: Child,
    asked: ChildStdin,
    said: BufReader<ChildStdout>,
    questions: usize,
}

impl Peer {
    /// `CONFORMANCE_PYTHON`, or else `python3`, with the framework of this name.
    pub fn start(name: &str) -> Result<Self, String> {
        let python = std::env::var("CONFORMANCE_PYTHON").unwrap_or("python3".to_owned());
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/peer.py");
        let mut child = Command::new(&python)
            .args([script, name])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{python}: {error}"))?;
        let pipes = child.stdin.take().zip(child.stdout.take());
        let (asked, said) = pipes.ok_or("the peer has no pipes")?;
        Ok(Self { name: name.to_owned(), child, asked, said: BufReader::new(said), questions: 0 })
    }

    /// What it answers, or why it refuses. A peer that answers nothing is no disagreement: then this is
    /// the end of the program.
    fn ask<T: Scalar>(&mut self, problem: &Problem<T>) -> Result<Value, String> {
        self.questions += 1;
        match self.answer(problem) {
            Err(error) => self.end(&error),
            Ok(value) => match value.get("error") {
                Some(error) => Err(error.to_string()),
                None => Ok(value),
            },
        }
    }

    fn answer<T: Scalar>(&mut self, problem: &Problem<T>) -> Result<Value, String> {
        writeln!(self.asked, "{}", problem.to_json()).map_err(|error| error.to_string())?;
        let mut line = String::new();
        match self.said.read_line(&mut line) {
            Err(error) => Err(error.to_string()),
            Ok(0) => Err("it has ended".to_owned()),
            Ok(_) => {
                serde_json::from_str(&line).map_err(|error| format!("{}: {error}", line.trim()))
            }
        }
    }

    /// Its own message is on standard error already.
    fn end(&mut self, error: &str) -> ! {
        let _ = self.child.kill();
        let status = self.child.wait().map_or_else(|error| error.to_string(), |s| s.to_string());
        eprintln!("error: {} at question {}: {error} ({status})", self.name, self.questions);
        std::process::exit(2)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl<T: Scalar> Implementation<T> for Peer {
    fn functions(&self) -> Functions {
        // SLEEF's and Eigen's vector functions promise 1 ULP or a few; what is more will show.
        Functions { tanh: 6, sin: 2, ..Functions::DOCUMENTED }
    }

    fn flushes(&self) -> bool {
        // XLA sets the processor to flush.
        self.name.starts_with("jax")
    }

    fn predict(&mut self, problem: &Problem<T>) -> Result<Vec<T>, String> {
        self.answers(problem).predictions
    }

    fn answers(&mut self, problem: &Problem<T>) -> Answers<T> {
        let nothing = |error: String| Answers {
            predictions: Err(error),
            cost: Ok(None),
            gradients: Ok(None),
            stepped: Ok(None),
        };
        match self.ask(problem) {
            Err(error) => nothing(error),
            Ok(said) => Answers {
                predictions: Ok(numbers(&said["a"])),
                cost: Ok(said["cost"].as_f64().or(Some(f64::NAN))),
                gradients: Ok(Some(parameters(&said["gradients"]))),
                stepped: Ok(None),
            },
        }
    }
}

/// NaN for what JSON has no number for.
fn numbers<T: Scalar>(list: &Value) -> Vec<T> {
    let number = |value: &Value| T::from_f64(value.as_f64().unwrap_or(f64::NAN));
    list.as_array().map(|list| list.iter().map(number).collect()).unwrap_or_default()
}

fn parameters<T: Scalar>(layers: &Value) -> Parameters<T> {
    let layer = |layer: &Value| (numbers(&layer["w"]), numbers(&layer["b"]));
    layers.as_array().map(|list| list.iter().map(layer).collect()).unwrap_or_default()
}
