use super::*;
use crate::{Activation, Backend};

/// Every element of the buffers that belongs to no parameter is still 0.
fn padding_stays_zero<T: Scalar>(backend: Backend, optimizer: Optimizer) {
    use crate::{Columns, TrainingWorkspace};
    let net = Network::<T>::builder(3).layer(5, Activation::Tanh).layer(2, Activation::Softmax);
    let mut net = net.backend(backend).build().unwrap();
    let x: Vec<T> = (0..60).map(|i| T::from_f64(f64::from(i % 7) - 3.0)).collect();
    let y: Vec<T> = (0..40).map(|i| T::from_f64(f64::from(i % 2))).collect();
    let (x, y) = (Columns::new(&x, 3).unwrap(), Columns::new(&y, 2).unwrap());
    let mut workspace = TrainingWorkspace::new(&net, 20).unwrap();
    let state = OptimizerState::new(&net, optimizer).unwrap();
    let mut state = state.l2(0.01).unwrap().clip_norm(0.1).unwrap();
    for _ in 0..20 {
        net.step_with(x, y, &mut state, T::from_f64(0.1), &mut workspace).unwrap();
    }
    let shape = &*net.shape;
    let mut free = vec![true; shape.len];
    for (l, layer) in shape.layers.iter().enumerate() {
        for j in 0..layer.units {
            free[shape.spans[l].bias.start + j] = false;
            for i in 0..layer.inputs {
                free[shape.weight_index(l, j, i)] = false;
            }
        }
    }
    assert!(free.iter().any(|&f| f));
    let moments = state.moments.iter().flatten().map(|m| m.buffer.as_slice());
    for buffer in moments.chain([net.parameters.as_slice()]) {
        assert_ne!(buffer[shape.weight_index(0, 4, 2)], T::ZERO);
        for (at, &value) in buffer.iter().enumerate() {
            assert!(!free[at] || value == T::ZERO, "{optimizer:?} {backend:?} {at}: {value}");
        }
    }
}

#[test]
fn padding_stays_zero_under_every_optimizer() {
    for optimizer in Optimizer::all() {
        for backend in [Backend::Fused, Backend::Portable] {
            padding_stays_zero::<f32>(backend, optimizer);
            padding_stays_zero::<f64>(backend, optimizer);
        }
    }
}
