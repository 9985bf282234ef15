//! Somebody's own dense layer, judged: `cargo run --features testing --example conformance`.

use shallownet::Activation;
use shallownet::testing::cases::Problem;
use shallownet::testing::conformance::{Implementation, Run, check};

/// A toy that knows tanh alone, and whose sums forget that the last block may be a short one.
struct Toy;

impl Implementation<f32> for Toy {
    fn supports(&self, problem: &Problem<f32>) -> bool {
        problem.layers.iter().all(|layer| layer.activation == Activation::Tanh)
    }

    fn predict(&mut self, problem: &Problem<f32>) -> Result<Vec<f32>, String> {
        let mut a = problem.x.clone();
        for layer in &problem.layers {
            let unit = |x: &[f32], j: usize| {
                let w = &layer.w[j * layer.inputs..][..layer.inputs];
                let blocks = w.chunks_exact(4).zip(x.chunks_exact(4));
                let sum = |(w, x): (&[f32], &[f32])| (0..4).map(|i| w[i] * x[i]).sum::<f32>();
                (layer.b[j] + blocks.map(sum).sum::<f32>()).tanh()
            };
            let rows = a.chunks(layer.inputs);
            a = rows.flat_map(|x| (0..layer.b.len()).map(move |j| unit(x, j))).collect();
        }
        Ok(a)
    }
}

fn main() {
    let report = check(&mut Toy, &Run::new(10_000));
    println!("{report}\n\n{}", report.findings[0].to_numpy());
    // One input instead of four: the short block.
    assert_eq!(report.findings[0].problem.inputs(), 1);
}
