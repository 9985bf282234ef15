//! What a training among ranks asks of the processes' connection.

/// The ranks of a training, and what they send each other: see
/// [`Trainer::among`](crate::Trainer::among).
///
/// Every rank calls the same methods in the same order; a call returns when this rank has what it
/// receives. A connection that breaks ends the process, as MPI does: there is no rank that could go on
/// alone. Messages are bytes; all ranks run the same program on machines of one byte order.
///
/// Two threads of one process are ranks as well, with this for a connection:
///
/// ```
/// use std::sync::{Arc, Barrier, Mutex};
/// use shallownet::ranks::Communicator;
///
/// struct Thread {
///     rank: usize,
///     /// What each rank has laid out for the others.
///     table: Arc<Vec<Mutex<Vec<u8>>>>,
///     all_there: Arc<Barrier>,
/// }
///
/// impl Communicator for Thread {
///     fn rank(&self) -> usize {
///         self.rank
///     }
///     fn ranks(&self) -> usize {
///         self.table.len()
///     }
///     fn exchange(&mut self, send: &[u8], counts: &[usize], receive: &mut [u8], from: &[usize]) {
///         // Each rank lays out its counts, so that the others find their part.
///         let mut laid = Vec::new();
///         counts.iter().for_each(|&count| laid.extend((count as u64).to_le_bytes()));
///         laid.extend(send);
///         *self.table[self.rank].lock().unwrap() = laid;
///         self.all_there.wait();
///         let mut at = 0;
///         for (rank, &count) in from.iter().enumerate() {
///             let laid = self.table[rank].lock().unwrap();
///             let (counts, sent) = laid.split_at(8 * self.ranks());
///             let counts = counts.as_chunks::<8>().0.iter().map(|c| u64::from_le_bytes(*c) as usize);
///             let start: usize = counts.take(self.rank).sum();
///             receive[at..at + count].copy_from_slice(&sent[start..start + count]);
///             at += count;
///         }
///         self.all_there.wait();
///     }
///     fn gather(&mut self, own: &[u8], all: &mut [u8], counts: &[usize]) {
///         *self.table[self.rank].lock().unwrap() = own.to_vec();
///         self.all_there.wait();
///         let mut at = 0;
///         for (rank, &count) in counts.iter().enumerate() {
///             all[at..at + count].copy_from_slice(&self.table[rank].lock().unwrap());
///             at += count;
///         }
///         self.all_there.wait();
///     }
/// }
///
/// let (table, all_there) = (Arc::new(vec![Mutex::default(), Mutex::default()]), Arc::new(Barrier::new(2)));
/// let both = [0, 1].map(|rank| Thread { rank, table: table.clone(), all_there: all_there.clone() });
/// let told = both.map(|mut thread| {
///     std::thread::spawn(move || {
///         let mut all = [0; 3];
///         let own: &[u8] = if thread.rank() == 0 { &[7] } else { &[8, 9] };
///         thread.gather(own, &mut all, &[1, 2]);
///         all
///     })
/// });
/// assert_eq!(told.map(|thread| thread.join().unwrap()), [[7, 8, 9]; 2]);
/// ```
pub trait Communicator {
    /// This rank, from 0.
    fn rank(&self) -> usize;

    /// How many there are.
    fn ranks(&self) -> usize;

    /// Sends each rank its part of `send`, and receives a part from each (MPI's `Alltoallv`): parts lie
    /// one after another in the order of ranks, `counts` and `received` bytes each. Every rank knows
    /// both.
    fn exchange(&mut self, send: &[u8], counts: &[usize], receive: &mut [u8], received: &[usize]);

    /// Gives every rank what each has, one after another in the order of ranks, `counts` bytes of each
    /// (MPI's `Allgatherv`).
    fn gather(&mut self, own: &[u8], all: &mut [u8], counts: &[usize]);
}
