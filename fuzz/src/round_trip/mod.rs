//! What is written is read again as it was.

pub mod model;
pub mod optimizer;

use arbitrary::{Result, Unstructured};
use shallownet::testing::backends::{BACKENDS, Setup};
use shallownet::testing::cases::bytes::{Wild, network, pick, within};
use shallownet::{Activation, Loss, Network, Scalar};

/// A small network of any kind.
#[derive(Debug, Clone)]
struct Shape {
    n_x: usize,
    layers: Vec<(usize, Activation)>,
    loss: Loss,
    setup: Setup,
}

impl Shape {
    fn draw(u: &mut Unstructured<'_>, most: usize) -> Result<Self> {
        let (n_x, layers, loss) = network(u, 3, |u| within(u, 1, most))?;
        Ok(Self { n_x, layers, loss, setup: pick(u, &BACKENDS)? })
    }

    fn builder<T: Scalar>(&self) -> shallownet::Builder<T> {
        let mut builder = Network::builder(self.n_x).loss(self.loss);
        for &(units, activation) in &self.layers {
            builder = builder.layer(units, activation);
        }
        self.setup.choose(builder)
    }
}

/// Sets some parameters to any value: those that are not finite are refused later on.
fn set<T: Scalar>(net: &mut Network<T>, spots: &[(u16, Wild)]) {
    for (at, value) in spots {
        let at = usize::from(*at);
        let l = at % net.layers().len();
        let mut weights = net.weights(l).expect("a layer");
        let mut bias = net.bias(l).expect("a layer").to_vec();
        let values = if at % 3 == 0 { &mut bias } else { &mut weights };
        let index = at % values.len();
        values[index] = value.to();
        net.set_weights(l, &weights).expect("unchecked values");
        net.set_bias(l, &bias).expect("unchecked values");
    }
}
