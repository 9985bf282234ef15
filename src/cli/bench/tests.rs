//! Tests of the files that the benchmarks of benches/ include, too: those have no tests.

use shallownet::testing::measure::{Element, Kind, SHAPES, Shape};
use shallownet::{Backend, Network};

use super::agreement::*;
use super::naive::{self, Real};

/// On every shape but the two largest, whose loops take long in a test.
#[test]
fn the_naive_loops_and_the_library_agree() {
    for backend in [Backend::Fused, Backend::Portable] {
        for shape in SHAPES.iter().filter(|shape| shape.weights() * shape.m < 60_000_000) {
            match shape.element {
                Element::F32 => agree::<f32>(shape, backend),
                Element::F64 => agree::<f64>(shape, backend),
            }
        }
    }
}

fn agree<T: Real>(shape: &Shape, backend: Backend) {
    let net = shape.builder::<T>().backend(backend).build().unwrap();
    let problem = disagreement(shape, &net, &shape.batch()).unwrap();
    assert_eq!(problem, None, "{}", shape.name);
}

/// The naive loops in f64 are the library's own oracle, up to rounding.
#[test]
fn the_naive_loops_are_the_reference() {
    for shape in ["S1", "S4", "S11", "S13"].map(|name| Shape::named(name).unwrap()) {
        let net = shape.builder::<f64>().build().unwrap();
        let batch = shape.batch::<f64>();
        let (x, y) = batch.first(shape.m.min(20)).unwrap();
        let mut naive = naive::Naive::of(&net).unwrap();
        let cost = naive.gradients(x, y);
        let oracle = shallownet::reference::Network::from(&net);
        let rows = |c: shallownet::Columns<'_, f64>| {
            c.as_slice().chunks(c.features()).map(<[f64]>::to_vec).collect::<Vec<_>>()
        };
        let (x, y) = (rows(x), rows(y));
        assert!((cost - oracle.cost(&x, &y)).abs() < 1e-12 * cost);
        for (layer, expected) in naive.layers.iter().zip(oracle.gradients(&x, &y)) {
            let dw = expected.dw.concat();
            assert!(layer.dw.iter().zip(&dw).all(|(a, b)| (a - b).abs() < 1e-12));
            assert!(layer.db.iter().zip(&expected.db).all(|(a, b)| (a - b).abs() < 1e-12));
        }
    }
}

#[test]
fn a_wrong_answer_is_found() {
    let shape = Shape::named("S4").unwrap();
    let (net, batch) = (shape.builder::<f32>().build().unwrap(), shape.batch());
    let found = |net: &Network<f32>, naive_net: &Network<f32>| {
        let naive = naive::Naive::of(naive_net).unwrap();
        disagreement_with(naive, shape, net, &batch).unwrap()
    };
    assert_eq!(found(&net, &net), None);
    let mut spoilt = net.try_clone().unwrap();
    spoilt.set_bias(0, &[1e-2; 32]).unwrap();
    assert!(found(&spoilt, &net).is_some_and(|found| found.starts_with("the predictions")));
}

#[test]
fn operations_are_counted_as_the_products_have_them() {
    let shape = Shape::named("S1").unwrap();
    assert_eq!(shape.weights(), 12);
    assert_eq!(shape.flops(Kind::Forward), 2.0 * 400.0 * 12.0);
    assert_eq!(shape.flops(Kind::Step), 2.0 * 400.0 * 28.0);
    assert_eq!(shape.flops(Kind::Adam), shape.flops(Kind::Step));
    assert_eq!(shape.flops(Kind::Predict), 24.0);
}
