//! Time to a target cost of every solver on the problems of a folder, from the starts given there: the
//! library's side of `benches/solvers`, which writes the folder and checks what comes of it.
//!
//! `cargo run --release --example solver_problems -- FOLDER [REPETITIONS]`

mod problem;

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

use problem::Problem;
use shallownet::solvers::{
    Lbfgs, LevenbergMarquardt, Method, Rprop, ScaledConjugateGradients, Solver, SolverStop,
    Solving, StopAt,
};
use shallownet::{Columns, Loss, Network};

/// What a solver made of all starts.
struct Outcome {
    ms: f64,
    converged: usize,
    iterations: usize,
    /// The parameters at the end, start after start.
    parameters: Vec<Vec<f64>>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("expected a folder of problems")?;
    let repetitions = arguments.next().map_or(Ok(5), |text| text.parse())?;
    let mut files: Vec<_> = fs::read_dir(&folder)?.collect::<Result<Vec<_>, _>>()?;
    files.sort_by_key(|file| file.file_name());
    for file in files {
        let path = file.path();
        if path.extension().is_some_and(|e| e == "problem") {
            let problem = Problem::read(&path)?;
            measure(&problem, Path::new(&folder), repetitions)?;
        }
    }
    Ok(())
}

/// Prints a line for every method that takes the problem's loss.
fn measure(problem: &Problem, folder: &Path, repetitions: usize) -> Result<(), Box<dyn Error>> {
    let methods: [(&str, Method); 4] = [
        ("lm", LevenbergMarquardt::new().into()),
        ("lbfgs", Lbfgs::new().into()),
        ("rprop", Rprop::new().into()),
        ("scg", ScaledConjugateGradients::new().into()),
    ];
    let net = problem.network()?;
    for (name, method) in methods {
        if name == "lm" && problem.loss != Loss::SquaredError {
            continue;
        }
        let mut all = Vec::new();
        for _ in 0..repetitions {
            all.push(solve(problem, &net, method)?);
        }
        all.sort_by(|a, b| a.ms.total_cmp(&b.ms));
        let middle = &all[all.len() / 2];
        println!(
            "{}\t{name}\t{:.4}\t{}\t{}\t{}",
            problem.name,
            middle.ms,
            middle.converged,
            problem.starts.len(),
            middle.iterations
        );
        let mut text = String::new();
        for parameters in &middle.parameters {
            let line: Vec<String> = parameters.iter().map(f64::to_string).collect();
            writeln!(text, "{}", line.join("\t"))?;
        }
        fs::write(folder.join(format!("{}.{name}.ends", problem.name)), text)?;
    }
    Ok(())
}

/// From every start to the target or the last iteration, one after the other.
fn solve(problem: &Problem, net: &Network<f64>, method: Method) -> Result<Outcome, Box<dyn Error>> {
    let x = Columns::new(&problem.x, net.inputs())?;
    let y = Columns::new(&problem.y, net.targets())?;
    let stop = StopAt::iterations(problem.iterations).cost(problem.target);
    let mut net = net.clone();
    let mut solver = Solver::new(&net, Solving::new(method).stop_at(stop), x.samples())?;
    let (mut ms, mut converged, mut iterations, mut ends) = (0.0, 0, 0, Vec::new());
    for start in &problem.starts {
        let begin = Instant::now();
        net.set_parameters(start)?;
        solver.restart();
        let report = solver.run(&mut net, x, y, |_| ControlFlow::Continue(()))?;
        ms += begin.elapsed().as_secs_f64() * 1e3;
        converged += usize::from(report.stop == SolverStop::Cost);
        iterations += report.iterations;
        let mut end = vec![0.0; net.parameter_count()];
        net.parameters_into(&mut end)?;
        ends.push(end);
    }
    Ok(Outcome { ms, converged, iterations, parameters: ends })
}
