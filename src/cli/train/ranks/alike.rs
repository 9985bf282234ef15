//! Whether the ranks compute alike.

use shallownet::{Level, Network, Scalar};

use crate::failure::Failure;
use crate::job::Job;

/// Refuses ranks whose arithmetic has other bits than the first's: another backend, or sums and products
/// that are rounded once on one processor and twice on another.
pub(super) fn check<T: Scalar>(net: &Network<T>, job: &Job<'_>) -> Result<(), Failure> {
    let fma = if net.level().is_some_and(Level::has_fma) { "with FMA" } else { "without FMA" };
    let (all, other) = job.compared(&format!("{} {fma}", net.backend().name()));
    match other {
        Some(rank) => {
            let problem = format!(
                "computes by {}, rank 0 by {}: expected the same --backend, on processors \
                 that are alike",
                all[rank], all[0]
            );
            Err(Failure::File { file: format!("rank {rank}"), problem })
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use shallownet::{Activation, Backend, Network};

    use super::*;
    use crate::job::thread_ranks::on_ranks;

    #[test]
    fn other_backends_are_refused() {
        let of = |last: Backend| {
            on_ranks(3, |rank| {
                let job = Job::new(rank);
                let backend = if job.rank() == 2 { last } else { Backend::Portable };
                let net = Network::<f64>::builder(1).layer(1, Activation::Tanh).backend(backend);
                check(&net.build().unwrap(), &job).map_err(|failure| failure.to_string())
            })
        };
        assert_eq!(of(Backend::Portable), vec![Ok(()); 3]);
        for refused in of(Backend::Fused) {
            let text = refused.unwrap_err();
            assert!(text.starts_with("rank 2: computes by fused with"), "{text}");
        }
    }
}
