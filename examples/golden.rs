//! Golden vectors for other languages: `cargo run --features testing --example golden -- FOLDER [CASES]`
//! writes `v1-f32` and `v1-f64`, each as `.safetensors` and `.json`. Those of `tests/data/golden` are
//! the first 60 cases.

use std::path::Path;

use shallownet::Scalar;
use shallownet::testing::cases::Problem;
use shallownet::testing::conformance::Run;
use shallownet::testing::golden::{Golden, VERSION};

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn write<T: Scalar>(folder: &Path, cases: usize) -> Outcome {
    let run = Run { seed: 2, ..Run::new(cases) };
    // Small ones: the files are for everybody's repository.
    let small = |problem: &Problem<T>| {
        problem.layers.iter().map(|l| l.w.len()).sum::<usize>() <= 100 && problem.samples <= 9
    };
    let problems = (0..).map(|index| run.draw(index).problem(0)).filter(small).take(cases);
    let golden = Golden::of::<T>(&problems.collect::<Vec<_>>())?;
    let stem = format!("v{VERSION}-{}", T::NAME);
    std::fs::write(folder.join(format!("{stem}.safetensors")), &golden.tensors)?;
    std::fs::write(folder.join(format!("{stem}.json")), &golden.description)?;
    println!("{stem}: {} bytes", golden.tensors.len() + golden.description.len());
    Ok(())
}

fn main() -> Outcome {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("the folder is missing")?;
    let cases = arguments.next().map_or(Ok(60), |cases| cases.parse())?;
    std::fs::create_dir_all(&folder)?;
    write::<f32>(folder.as_ref(), cases)?;
    write::<f64>(folder.as_ref(), cases)
}
