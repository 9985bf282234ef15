//! Ranks that are threads of this process.

use std::sync::{Arc, Barrier, Mutex};
use std::thread;

use shallownet::ranks::Communicator;

/// What a rank has laid out: the bytes for each rank, and all of them.
type LaidOut = Mutex<(Vec<usize>, Vec<u8>)>;

/// One of several threads: what it sends lies in a table that all can read.
pub(crate) struct ThreadRank {
    rank: usize,
    table: Arc<Vec<LaidOut>>,
    all_there: Arc<Barrier>,
    /// Messages that this rank has been in, and the bytes that it has sent to others.
    pub(crate) messages: usize,
    pub(crate) bytes: usize,
}

impl ThreadRank {
    fn lay_out(&mut self, counts: &[usize], bytes: &[u8], to_others: usize) {
        *self.table[self.rank].lock().unwrap() = (counts.to_vec(), bytes.to_vec());
        (self.messages, self.bytes) = (self.messages + 1, self.bytes + to_others);
        self.all_there.wait();
    }
}

impl Communicator for ThreadRank {
    fn rank(&self) -> usize {
        self.rank
    }

    fn ranks(&self) -> usize {
        self.table.len()
    }

    fn exchange(&mut self, send: &[u8], counts: &[usize], receive: &mut [u8], from: &[usize]) {
        assert_eq!(send.len(), counts.iter().sum::<usize>());
        assert_eq!(receive.len(), from.iter().sum::<usize>());
        self.lay_out(counts, send, send.len() - counts[self.rank]);
        let mut at = 0;
        for (rank, &count) in from.iter().enumerate() {
            let laid = self.table[rank].lock().unwrap();
            let start: usize = laid.0[..self.rank].iter().sum();
            assert_eq!(laid.0[self.rank], count, "what {rank} sends to {}", self.rank);
            receive[at..at + count].copy_from_slice(&laid.1[start..start + count]);
            at += count;
        }
        self.all_there.wait();
    }

    fn gather(&mut self, own: &[u8], all: &mut [u8], counts: &[usize]) {
        assert_eq!(own.len(), counts[self.rank]);
        let others = self.ranks() - 1;
        self.lay_out(&[], own, own.len() * others);
        let mut at = 0;
        for (rank, &count) in counts.iter().enumerate() {
            all[at..at + count].copy_from_slice(&self.table[rank].lock().unwrap().1);
            at += count;
        }
        assert_eq!(at, all.len());
        self.all_there.wait();
    }
}

/// Runs `work` on so many ranks, and returns what each came to.
pub(crate) fn on_ranks<R: Send>(
    ranks: usize,
    work: impl Fn(&mut ThreadRank) -> R + Sync,
) -> Vec<R> {
    let table: Arc<Vec<LaidOut>> = Arc::new((0..ranks).map(|_| Mutex::default()).collect());
    let all_there = Arc::new(Barrier::new(ranks));
    thread::scope(|scope| {
        let threads: Vec<_> = (0..ranks)
            .map(|rank| {
                let (table, all_there) = (table.clone(), all_there.clone());
                let work = &work;
                scope.spawn(move || {
                    work(&mut ThreadRank { rank, table, all_there, messages: 0, bytes: 0 })
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}
