//! Choices that change time and memory, but no value, are made as documented.

use super::plan::{self, Regions};
use super::purpose::Purpose;
use super::tiles::is_parallel;
use crate::engine::shape::Shape;
use crate::words::activation::Activation;
use crate::words::choices::Parallelism::{Rayon, Serial};

fn shape(units: &[usize], panel: usize, element: usize) -> Shape {
    let layers: Vec<_> = units[1..].iter().map(|&n| (n, Activation::Tanh)).collect();
    Shape::new(units[0], &layers, panel, element).unwrap()
}

/// 2000 weights, two FLOPs each, are 4 million with 1000 samples.
#[test]
fn threads_are_woken_for_four_million_flops() {
    let shape = shape(&[80, 20, 20], 16, 4);
    let in_pool = |threads: usize, check: &(dyn Fn() + Sync)| {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(check);
    };
    for (samples, pays) in [(1, false), (999, false), (1000, true), (100_000, true)] {
        in_pool(2, &|| assert_eq!(is_parallel(Rayon, &shape, 2.0, samples), pays, "{samples}"));
        in_pool(2, &|| assert!(!is_parallel(Serial, &shape, 2.0, samples)));
        in_pool(1, &|| assert!(!is_parallel(Rayon, &shape, 2.0, samples)));
    }
}

/// Tiles have 32 to 512 columns, in steps of 16, and take 512 KiB to within a step.
#[test]
fn a_tile_of_columns_fills_the_cache() {
    for units in [&[2, 4, 1][..], &[100, 120, 10], &[784, 300, 10], &[60, 2000], &[5000, 5000]] {
        for element in [4, 8] {
            let widest = units.windows(2).map(|l| l[0].min(512) + l[1]).max().unwrap();
            let bytes = |columns: usize| columns * widest * element;
            let columns = plan::tile_columns(&shape(units, 16, element), element, 1);
            assert!((32..=512).contains(&columns) && columns.is_multiple_of(16));
            assert!(columns == 32 || bytes(columns - 16) < 512 * 1024, "{units:?} {columns}");
            assert!(columns == 512 || bytes(columns + 1) > 512 * 1024, "{units:?} {columns}");
        }
    }
}

/// Forward and backward are four FLOPs a weight: 4 million with 500 samples.
#[test]
fn threads_share_sixteen_tiles() {
    let shape = shape(&[80, 20, 20], 16, 4);
    for (samples, columns) in [(499, 512), (500, 32), (512, 32), (513, 48), (20_000, 512)] {
        assert_eq!(plan::tile_columns(&shape, 4, samples), columns, "{samples}");
    }
}

/// Two threads at least where each reads two megabytes or more; never a single panel.
#[test]
fn one_sample_shares_megabytes() {
    let cases = [(64, 1023, 64), (64, 1024, 32), (128, 1024, 32), (100, 1024, 50), (8, 100_000, 8)];
    for (count, inputs, share) in cases {
        assert_eq!(plan::shared_panels::<f32>(count, inputs), share, "{count} {inputs}");
        assert_eq!(plan::shared_panels::<f64>(count, inputs), share, "{count} {inputs}");
        let units = [inputs, 16 * count, 1];
        assert_eq!(plan::any_shared::<f32>(&shape(&units, 16, 4)), share < count, "{units:?}");
    }
}

/// Whole panels, and one more where columns would lie a multiple of 1024 bytes apart.
#[test]
fn columns_do_not_share_lines_of_the_cache() {
    for (panel, element) in [(1, 4), (1, 8), (16, 4), (8, 8)] {
        for units in [1, 15, 16, 120, 128, 250, 256, 500, 512, 1000] {
            let shape = shape(&[3, units], panel, element);
            let regions = Regions::new(&shape, Purpose::Training, element, 10).unwrap();
            let padded = units.next_multiple_of(panel);
            let expected = match (padded * element).is_multiple_of(1024) && panel > 1 {
                true => padded + panel,
                false => padded,
            };
            assert_eq!(regions.stride(0), expected, "{units} {panel}");
        }
    }
}

/// From six samples on; with a network of up to 64 weights from two on.
#[test]
fn few_samples_do_not_go_in_lanes() {
    let cases: [(&[usize], usize, bool); 6] = [
        (&[4, 8, 4], 1, false),
        (&[4, 8, 4], 2, true),
        (&[4, 8, 5], 1, false),
        (&[4, 8, 5], 5, false),
        (&[4, 8, 5], 6, true),
        (&[784, 300, 10], 100, false),
    ];
    for (units, samples, in_lanes) in cases {
        let shape = shape(units, 16, 4);
        let regions = Regions::new(&shape, Purpose::Training, 4, 100).unwrap();
        assert_eq!(regions.narrow(&shape, samples).is_some(), in_lanes, "{units:?} {samples}");
    }
}
