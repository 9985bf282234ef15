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

/// Steps after `restore` have the bits of steps without a break, and what does not fit is refused with
/// the state as it was.
#[test]
fn a_state_goes_out_and_in_as_slices() {
    use crate::{Columns, TrainingWorkspace};
    let (x, y) = ([0.5, -1.0, 2.0, 0.25], [1.0, -0.5]);
    let (x, y) = (Columns::new(&x, 2).unwrap(), Columns::new(&y, 1).unwrap());
    for optimizer in Optimizer::all() {
        let net = Network::<f64>::builder(2).layer(3, Activation::Tanh);
        let mut net = net.layer(1, Activation::Identity).build().unwrap();
        let mut workspace = TrainingWorkspace::new(&net, 2).unwrap();
        let mut state = OptimizerState::new(&net, optimizer).unwrap();
        let mut steps = |net: &mut Network<f64>, state: &mut OptimizerState<f64>| {
            for _ in 0..5 {
                net.step_with(x, y, state, 0.1, &mut workspace).unwrap();
            }
        };
        steps(&mut net, &mut state);
        let saved = state.moments().each_ref().map(|moment| {
            moment.as_ref().map(|moment| {
                let mut values = vec![0.0; net.parameter_count()];
                moment.values_into(&mut values).unwrap();
                values
            })
        });
        let mut other = OptimizerState::new(&net, optimizer).unwrap();
        other.restore(state.steps(), saved.each_ref().map(Option::as_deref)).unwrap();
        let mut again = net.try_clone().unwrap();
        steps(&mut net, &mut state);
        steps(&mut again, &mut other);
        assert_eq!(net.parameters.as_slice(), again.parameters.as_slice(), "{optimizer:?}");
        assert_eq!(state.steps(), other.steps());

        let before = (other.steps(), format!("{:?}", other.moments()));
        let fits = vec![1.0; net.parameter_count()];
        let [m, v] = optimizer.moments();
        let refused: [[Option<&[f64]>; 2]; 4] = [
            [(!m).then_some(&fits), v.then_some(&fits)],
            [m.then_some(&fits), (!v).then_some(&fits)],
            [m.then_some(&fits[1..]), v.then_some(&fits[1..])],
            [m.then_some(&[f64::NAN; 13]), v.then_some(&[-1.0; 13])],
        ];
        for moments in refused {
            if moments.iter().any(Option::is_some) || m || v {
                assert!(other.restore(1, moments).is_err(), "{optimizer:?} {moments:?}");
            }
        }
        assert_eq!(before, (other.steps(), format!("{:?}", other.moments())));
    }
}
