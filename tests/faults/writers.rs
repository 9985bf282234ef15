//! Two programs that write the same files at once.

use std::process::{Child, Output};

use shallownet::io::checkpoint;

use crate::place::{Place, error};

/// Of different sizes, so that a mixture of both files could not be read.
fn training(seed: u64, hidden: usize, out: &str) -> String {
    format!(
        "train --epochs 150 --batch 200 --seed {seed} --hidden {hidden} --checkpoint {out}.st --out {out}"
    )
}

/// Both to their ends; whoever reads meanwhile finds a whole file, as `look` says.
fn together(mut children: [Child; 2], mut look: impl FnMut()) -> [Output; 2] {
    while children.iter_mut().any(|child| child.try_wait().unwrap().is_none()) {
        look();
    }
    children.map(|child| child.wait_with_output().unwrap())
}

#[test]
fn two_writers_of_one_path_leave_a_whole_file_of_one_of_them() {
    let place = Place::new();
    let widths = [3, 300];
    for (seed, hidden) in widths.iter().enumerate() {
        place.stdout(&training(seed as u64, *hidden, &format!("alone{hidden}")));
    }
    let models = widths.map(|hidden| place.read(&format!("alone{hidden}/model.safetensors")));
    let checkpoints = widths.map(|hidden| place.read(&format!("alone{hidden}.st")));
    let mut seen = [0; 2];
    for _ in 0..2 {
        let start = |seed: usize| {
            place.command(&training(seed as u64, widths[seed], "both")).spawn().unwrap()
        };
        let path = place.path("both.st");
        // 150 checkpoints each, read as they come.
        let outputs = together([start(0), start(1)], || {
            if path.exists() {
                let loaded = checkpoint::load::<f64>(&path).unwrap();
                let units = loaded.network.layers()[0].units;
                seen[widths.iter().position(|&width| width == units).unwrap()] += 1;
            }
        });
        for output in outputs {
            assert!(output.status.success(), "{}", error(&output));
        }
        assert!(checkpoints.contains(&place.read("both.st")));
        assert!(models.contains(&place.read("both/model.safetensors")));
        assert!(place.temporaries().is_empty(), "{:?}", place.temporaries());
    }
    println!("checkpoints read while both wrote: {seen:?}");
    assert!(seen.iter().all(|&seen| seen > 0), "one of them was never seen: {seen:?}");
}
