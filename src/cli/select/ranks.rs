//! `shallownet select` under a launcher such as `mpirun`: each rank runs one part of the trainings, and
//! the first tells the table of all.

use std::path::PathBuf;

use shallownet::Scalar;

use super::args::Args;
use super::compare::check_same;
use super::part::Part;
use super::run::Course;
use super::shard::Shard;
use super::table;
use crate::choices::{Precision, given};
use crate::data::Data;
use crate::failure::Failure;
use crate::job::Job;
use crate::say::Say;
use crate::threads;

/// Selects as this rank of the job.
pub(crate) fn run(args: &Args, job: &Job<'_>, say: &Say) -> Result<(), Failure> {
    job.agreed(refused(args))?;
    job.agreed(threads::of_rank(args.machine.threads, say))?;
    let noted = say.noted().len();
    say.line(format_args!("{} ranks", job.ranks()));
    let data = job.agreed(args.source.training(&args.learning, say))?;
    match args.precision {
        Precision::F32 => select::<f32>(args, &data, noted, (job, say)),
        Precision::F64 => select::<f64>(args, &data, noted, (job, say)),
    }
}

/// Refuses what ranks do by themselves.
fn refused(args: &Args) -> Result<(), Failure> {
    let options = [(args.shard.is_some(), "--shard"), (!args.merge.is_empty(), "--merge")];
    let Some(option) = given(&options) else { return Ok(()) };
    Err(Failure::Arguments(format!(
        "{option} is for one process: ranks share the trainings out and make the table of all \
         (without a launcher it goes)"
    )))
}

fn select<T: Scalar>(
    args: &Args,
    data: &Data,
    noted: usize,
    (job, say): (&Job<'_>, &Say),
) -> Result<(), Failure> {
    let course = job.agreed(Course::new(args, data, noted, say))?;
    let own = Shard { part: job.rank() + 1, parts: job.ranks() };
    // Rather before hours of training than after.
    let part = course.grounds::<T>().and_then(|grounds| {
        let part = Part::new(own, course.about.clone(), (course.selection.clone(), grounds), &[]);
        serde_json::to_string(&part).map_err(|error| Failure::Output(error.into()))
    });
    let parts = job.texts(&job.agreed(part)?);
    job.agreed(of_one_selection(&parts))?;
    let scores = job.agreed(course.scores::<T>(own, say))?;
    let scores = in_order(job.values(&scores)?, course.selection.trainings(), job.ranks());
    let told =
        || table::tell((&course.selection, &course.about), &scores, args.out.as_deref(), say);
    // The others wait while the first draws.
    job.agreed(if job.is_first() { told() } else { Ok(()) })
}

/// Refuses ranks that have read other samples, or compute otherwise, than the first.
fn of_one_selection(parts: &[String]) -> Result<(), Failure> {
    let read = |text: &String| {
        serde_json::from_str::<Part>(text).map_err(|error| Failure::Output(error.into()))
    };
    let parts = parts.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let name = |rank: usize| PathBuf::from(format!("rank {rank}"));
    for (rank, part) in parts.iter().enumerate() {
        check_same((&name(rank), part), (&name(0), &parts[0]))?;
    }
    Ok(())
}

/// The scores of all trainings, from those of one rank after another.
fn in_order(by_ranks: Vec<f64>, trainings: usize, ranks: usize) -> Vec<f64> {
    let of_rank = |rank: usize| Shard { part: rank + 1, parts: ranks }.trainings(trainings);
    let mut scores = vec![f64::NAN; trainings];
    for (training, score) in (0..ranks).flat_map(of_rank).zip(by_ranks) {
        scores[training] = score;
    }
    scores
}

#[cfg(test)]
mod tests {
    use super::in_order;

    #[test]
    fn scores_go_to_their_trainings() {
        assert_eq!(in_order(vec![0.0, 3.0, 1.0, 4.0, 2.0], 5, 3), [0.0, 1.0, 2.0, 3.0, 4.0]);
        assert_eq!(in_order(vec![0.0, 1.0], 2, 4), [0.0, 1.0]);
    }
}
