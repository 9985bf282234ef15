//! The ranks of a job: what they tell each other, and what they agree on.

use std::cell::RefCell;

use shallownet::Error;
use shallownet::ranks::Communicator;

use crate::data::with_room;
use crate::failure::Failure;
use crate::say::listed;

/// The most bytes that all ranks send in one message: MPI counts no further than 2 GiB.
const MESSAGE: usize = 1 << 30;

/// This rank and the others.
pub(crate) struct Job<'a> {
    ranks: RefCell<&'a mut dyn Communicator>,
}

/// The connection for a trainer, while the job speaks between its steps.
pub(crate) struct Turn<'j, 'a>(&'j Job<'a>);

impl<'a> Job<'a> {
    pub(crate) fn new(ranks: &'a mut dyn Communicator) -> Self {
        Self { ranks: RefCell::new(ranks) }
    }

    pub(crate) fn rank(&self) -> usize {
        self.ranks.borrow().rank()
    }

    pub(crate) fn ranks(&self) -> usize {
        self.ranks.borrow().ranks()
    }

    /// The rank that writes and draws.
    pub(crate) fn is_first(&self) -> bool {
        self.rank() == 0
    }

    pub(crate) fn turn(&self) -> Turn<'_, 'a> {
        Turn(self)
    }

    /// Until all are here.
    pub(crate) fn wait(&self) {
        self.words([0]);
    }

    /// Some numbers of every rank.
    pub(crate) fn words<const N: usize>(&self, own: [u64; N]) -> Vec<[u64; N]> {
        let mut all = vec![[0; N]; self.ranks()];
        let counts = vec![8 * N; all.len()];
        let into = bytemuck::cast_slice_mut(all.as_flattened_mut());
        self.ranks.borrow_mut().gather(bytemuck::cast_slice(&own), into, &counts);
        all
    }

    /// A number, added up.
    pub(crate) fn sum(&self, own: usize) -> usize {
        self.words([own as u64]).iter().map(|[one]| *one as usize).sum()
    }

    /// The values of all ranks, one rank's after another's.
    pub(crate) fn values(&self, own: &[f64]) -> Result<Vec<f64>, Failure> {
        self.in_pieces(own, MESSAGE / 8 / self.ranks())
    }

    fn in_pieces(&self, own: &[f64], most: usize) -> Result<Vec<f64>, Failure> {
        let lengths: Vec<usize> =
            self.words([own.len() as u64]).iter().map(|w| w[0] as usize).collect();
        let total = lengths.iter().sum();
        let mut all = self.agreed(with_room(total).map_err(Failure::from))?;
        all.resize(total, 0.0);
        let longest = lengths.iter().copied().max().unwrap_or(0);
        let mut piece = Vec::new();
        for start in (0..longest).step_by(most.max(1)) {
            let of = |length: usize| start.min(length)..(start + most).min(length);
            let counts: Vec<usize> = lengths.iter().map(|&length| 8 * of(length).len()).collect();
            piece.resize(counts.iter().sum::<usize>() / 8, 0.0);
            let (own, into) = (&own[of(own.len())], bytemuck::cast_slice_mut(&mut piece));
            self.ranks.borrow_mut().gather(bytemuck::cast_slice(own), into, &counts);
            let (mut from, mut before) = (&piece[..], 0);
            for &length in &lengths {
                let (of_rank, others) = from.split_at(of(length).len());
                let at = before + of(length).start;
                all[at..at + of_rank.len()].copy_from_slice(of_rank);
                (from, before) = (others, before + length);
            }
        }
        Ok(all)
    }

    /// A text of every rank; short ones, as all have all of them.
    pub(crate) fn texts(&self, own: &str) -> Vec<String> {
        let lengths: Vec<usize> =
            self.words([own.len() as u64]).iter().map(|w| w[0] as usize).collect();
        let mut bytes = vec![0; lengths.iter().sum()];
        self.ranks.borrow_mut().gather(own.as_bytes(), &mut bytes, &lengths);
        let mut rest = &bytes[..];
        let text = |length: &usize| {
            let (text, others) = rest.split_at(*length);
            rest = others;
            String::from_utf8_lossy(text).into_owned()
        };
        lengths.iter().map(text).collect()
    }

    /// What each rank says, and the first that says something else than rank 0.
    pub(crate) fn compared(&self, own: &str) -> (Vec<String>, Option<usize>) {
        let said = self.texts(own);
        let other = said.iter().position(|of_rank| *of_rank != said[0]);
        (said, other)
    }

    /// A result that is an error on every rank if it is one on any: what each says, and the exit code of
    /// the first.
    pub(crate) fn agreed<R>(&self, result: Result<R, Failure>) -> Result<R, Failure> {
        let (code, text, is_of_all) = match &result {
            Ok(_) => (0, String::new(), false),
            Err(failure) => {
                // That another rank has failed, it says itself.
                let is_other = matches!(failure, Failure::Network(Error::OtherRank { .. }));
                let text = if is_other { String::new() } else { failure.to_string() };
                let is_of_all = matches!(
                    failure,
                    Failure::Interrupted { .. } | Failure::InterruptedEnsemble { .. }
                );
                (failure.exit_code(), text, is_of_all)
            }
        };
        let own = [u64::from(code), u64::from(is_of_all)];
        let all = self.words(own);
        if all.iter().all(|[code, ..]| *code == 0) {
            return result;
        }
        let mut texts = self.texts(&text);
        let said = (0..all.len()).find(|&rank| !texts[rank].is_empty());
        let failed = (0..all.len()).find(|&rank| all[rank][0] != 0);
        let first = said.or(failed).unwrap_or(0);
        let text = match all[first][1] {
            0 => told(&texts),
            _ => texts.swap_remove(first),
        };
        Err(Failure::Ranks { text, code: u8::try_from(all[first][0]).unwrap_or(1) })
    }
}

/// What ranks say, the same only once: `rank 2: part.npy: ...`.
fn told(texts: &[String]) -> String {
    let mut told: Vec<String> = Vec::new();
    for (rank, text) in texts.iter().enumerate() {
        if text.is_empty() || texts[..rank].contains(text) {
            continue;
        }
        let alike: Vec<String> =
            (rank..texts.len()).filter(|&r| texts[r] == *text).map(|r| r.to_string()).collect();
        told.push(match alike.len() {
            n if n == texts.len() => text.clone(),
            1 => format!("rank {rank}: {text}"),
            _ => format!("ranks {}: {text}", listed(&alike)),
        });
    }
    told.join("; ")
}

impl Communicator for Turn<'_, '_> {
    fn rank(&self) -> usize {
        self.0.rank()
    }

    fn ranks(&self) -> usize {
        self.0.ranks()
    }

    fn exchange(&mut self, send: &[u8], counts: &[usize], receive: &mut [u8], received: &[usize]) {
        self.0.ranks.borrow_mut().exchange(send, counts, receive, received);
    }

    fn gather(&mut self, own: &[u8], all: &mut [u8], counts: &[usize]) {
        self.0.ranks.borrow_mut().gather(own, all, counts);
    }
}

#[cfg(test)]
#[allow(dead_code, reason = "what tests of training count")]
#[path = "../../tests/common/thread_ranks.rs"]
pub(crate) mod thread_ranks;

#[cfg(test)]
mod tests {
    use super::thread_ranks::on_ranks;
    use super::*;

    fn refused(problem: &str) -> Failure {
        Failure::File { file: "part.npy".to_owned(), problem: problem.to_owned() }
    }

    /// What each of some ranks comes to.
    fn ended(ranks: usize, of: impl Fn(usize) -> Result<(), Failure> + Sync) -> Vec<(String, u8)> {
        on_ranks(ranks, |rank| {
            let job = Job::new(rank);
            let failure = job.agreed(of(job.rank())).unwrap_err();
            (failure.to_string(), failure.exit_code())
        })
    }

    #[test]
    fn all_end_as_the_rank_that_failed() {
        let of_two = |rank| if rank == 2 { Err(refused("no samples")) } else { Ok(()) };
        let expected = ("rank 2: part.npy: no samples".to_owned(), 2);
        assert_eq!(ended(4, of_two), vec![expected; 4]);

        let of_all = |_| Err(refused("no samples"));
        assert_eq!(ended(3, of_all), vec![("part.npy: no samples".to_owned(), 2); 3]);

        let of_some = |rank| match rank {
            1 => Err(refused("a")),
            2 => Err(Failure::Output(std::io::ErrorKind::Other.into())),
            3 => Err(refused("a")),
            _ => Ok(()),
        };
        let text = "ranks 1 and 3: part.npy: a; rank 2: standard output: other error".to_owned();
        assert_eq!(ended(4, of_some), vec![(text, 2); 4]);
    }

    #[test]
    fn who_only_hears_of_it_says_nothing() {
        let of = |rank| match rank {
            0 => Err(Failure::Network(Error::OtherRank { rank: 1 })),
            _ => Err(refused("a")),
        };
        assert_eq!(ended(2, of), vec![("rank 1: part.npy: a".to_owned(), 2); 2]);
        let (done, file) = ("epoch 3".to_owned(), "c".to_owned());
        let interrupted = move |rank| match rank {
            0 => Err(Failure::Interrupted { done: done.clone(), file: file.clone() }),
            _ => Ok(()),
        };
        let all = ended(3, interrupted);
        assert!(all[2].0.starts_with("interrupted after epoch 3") && all[2].1 == 130, "{all:?}");
    }

    #[test]
    fn values_come_in_the_order_of_ranks_whatever_fits_a_message() {
        for most in [1, 2, 3, 100] {
            let all = on_ranks(3, |rank| {
                let job = Job::new(rank);
                let own: Vec<f64> = [&[0.0, 1.0, 2.0, 3.0][..], &[], &[4.0]][job.rank()].to_vec();
                (job.in_pieces(&own, most).unwrap(), job.sum(job.rank() + 1))
            });
            assert_eq!(all, vec![(vec![0.0, 1.0, 2.0, 3.0, 4.0], 6); 3]);
        }
    }
}
