//! Promise: a network that is to be `Serial` starts no thread, and works on the caller's alone.
//!
//! A process of its own: rayon's global pool starts with the first call that uses it, and then
//! shows in the number of the process's threads.
#![cfg(target_os = "linux")]

mod common;

use common::BACKENDS;
use common::cases::Case;
use shallownet::{Activation, Columns, OutputGradient, Parallelism, Tape, TrainingWorkspace};

fn threads() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("Threads:")).unwrap();
    line.trim().parse().unwrap()
}

/// Every call that may share its work.
fn calls(case: &Case, who: Parallelism) {
    for &backend in BACKENDS.iter() {
        let mut net = case.network::<f32>(backend, who);
        let batch = case.batch::<f32>(0);
        let (x, y) = batch.columns();
        let mut workspace = TrainingWorkspace::new(&net, x.samples()).unwrap();
        let mut out = vec![0.0; batch.y.len()];
        net.predict(x, &mut out, &mut workspace).unwrap();
        net.cost(x, y, &mut workspace).unwrap();
        net.backward(x, y, &mut workspace).unwrap();
        net.step(x, y, 1e-3, &mut workspace).unwrap();

        let mut tape = Tape::new(&net, x.samples()).unwrap();
        let mut pass = net.forward(x, &mut tape).unwrap();
        let dz = OutputGradient::Dz(Columns::new(&out, net.outputs()).unwrap());
        let mut dx = vec![0.0; x.as_slice().len()];
        pass.backward(dz, Some(&mut dx)).unwrap();
    }
}

#[test]
fn serial_networks_start_no_thread() {
    use Activation::{Relu, Sigmoid, Softmax, Tanh};
    let cases = [
        Case::new(100, &[(120, Tanh), (10, Softmax)], 1000),
        Case::new(2, &[(4, Tanh), (1, Sigmoid)], 100_000),
        // So many outputs that copying them is shared, too.
        Case::new(20, &[(40, Relu), (30, Sigmoid)], 9000),
        Case::new(1030, &[(1030, Relu), (5, Softmax)], 1),
    ];
    let before = threads();
    for case in &cases {
        calls(case, Parallelism::Serial);
        assert_eq!(threads(), before, "{case:?}");
    }
    // The count sees a pool that starts.
    calls(&cases[0], Parallelism::Rayon);
    assert!(threads() > before);
}
