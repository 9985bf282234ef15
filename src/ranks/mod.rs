//! Several processes, or threads, that train one network together: how they speak with each other.
//!
//! | file | what it is |
//! | --- | --- |
//! | `communicator.rs` | [`Communicator`]: what a training among ranks asks for |
//! | `shards.rs` | [`Shards`]: which samples are whose |
//! | `alone.rs` | [`Alone`]: one rank |
//! | `mpi.rs` | `Mpi`: the ranks of an MPI job (feature `mpi`) |

mod alone;
mod communicator;
#[cfg(feature = "mpi")]
mod mpi;
pub(crate) mod shards;

pub use alone::Alone;
pub use communicator::Communicator;
#[cfg(feature = "mpi")]
pub use mpi::Mpi;
pub use shards::Shards;
