//! The ranks of an MPI job.

use mpi::datatype::{Partition, PartitionMut};
use mpi::environment::{Universe, initialize_with_threading};
use mpi::topology::SimpleCommunicator;
use mpi::traits::{Communicator as _, CommunicatorCollectives};
use mpi::{Count, Threading};

use super::communicator::Communicator;

/// The processes that `mpirun` or another launcher has started together, by the MPI library that the
/// program is linked with. Ends MPI when it is dropped.
///
/// ```no_run
/// use shallownet::ranks::{Communicator, Mpi};
///
/// let ranks = Mpi::new().expect("MPI is initialised once");
/// println!("rank {} of {}", ranks.rank(), ranks.ranks());
/// ```
///
/// MPI's own errors end all processes (`MPI_ERRORS_ARE_FATAL`); so does the launcher where a process
/// dies. A rank that can't go on ends the others by [`abort`](Self::abort).
pub struct Mpi {
    // Dropped before the universe is.
    world: SimpleCommunicator,
    counts: Vec<Count>,
    displacements: Vec<Count>,
    from_counts: Vec<Count>,
    from_displacements: Vec<Count>,
    _universe: Universe,
}

impl core::fmt::Debug for Mpi {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Mpi").field("rank", &self.rank()).field("ranks", &self.ranks()).finish()
    }
}

impl Mpi {
    /// Initialises MPI; `None` if this process has done so before. A program that no launcher has
    /// started is the only rank.
    pub fn new() -> Option<Self> {
        // Rayon's threads compute; the messages are of the thread that has called this.
        let (universe, _) = initialize_with_threading(Threading::Funneled)?;
        Some(Self {
            world: universe.world(),
            counts: Vec::new(),
            displacements: Vec::new(),
            from_counts: Vec::new(),
            from_displacements: Vec::new(),
            _universe: universe,
        })
    }

    /// Ends the processes of all ranks, with this exit code: after this rank has said why.
    pub fn abort(&self, code: i32) -> ! {
        self.world.abort(code)
    }
}

/// Lengths and places of parts that lie one after another, as MPI counts them.
///
/// # Panics
/// Beyond 2 GiB, MPI's own limit for a message of bytes.
fn parts(lengths: &[usize], counts: &mut Vec<Count>, displacements: &mut Vec<Count>) {
    let number = |bytes: usize| Count::try_from(bytes).expect("a message of less than 2 GiB");
    counts.clear();
    displacements.clear();
    let mut start = 0;
    for &length in lengths {
        counts.push(number(length));
        displacements.push(number(start));
        start += length;
    }
}

impl Communicator for Mpi {
    fn rank(&self) -> usize {
        usize::try_from(self.world.rank()).unwrap_or(0)
    }

    fn ranks(&self) -> usize {
        usize::try_from(self.world.size()).unwrap_or(1)
    }

    fn exchange(&mut self, send: &[u8], counts: &[usize], receive: &mut [u8], received: &[usize]) {
        parts(counts, &mut self.counts, &mut self.displacements);
        parts(received, &mut self.from_counts, &mut self.from_displacements);
        let from = Partition::new(send, &self.counts[..], &self.displacements[..]);
        let mut into =
            PartitionMut::new(receive, &self.from_counts[..], &self.from_displacements[..]);
        self.world.all_to_all_varcount_into(&from, &mut into);
    }

    fn gather(&mut self, own: &[u8], all: &mut [u8], counts: &[usize]) {
        // Open MPI takes no message in which no rank says anything; all ranks know that none does.
        if all.is_empty() {
            return;
        }
        parts(counts, &mut self.counts, &mut self.displacements);
        let mut into = PartitionMut::new(all, &self.counts[..], &self.displacements[..]);
        self.world.all_gather_varcount_into(own, &mut into);
    }
}
