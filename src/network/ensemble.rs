//! Several networks as one.

use super::parameters::Network;
use crate::error::{Error, Result};
use crate::scalar::Scalar;
use crate::words::init::Init;
use crate::words::layer::Layer;

impl<T: Scalar> Network<T> {
    /// One network that answers as these do on average: each of its hidden layers holds theirs, side
    /// by side, and its output's weights are theirs, divided by their number.
    ///
    /// The mean is that of the logits Z\[L\]. With an identity at the output these are the values
    /// predicted; of a sigmoid or softmax, the result is the probabilities' geometric mean,
    /// normalised. Networks trained from several seeds err differently, and their mean errs less.
    /// The result is a network as any other: it can be saved, exported and trained on. Weights
    /// between units of different networks are 0, so that of networks with more than one hidden
    /// layer it has more parameters than they have together. Loss, parallelism and checks are those
    /// of the first.
    ///
    /// ```
    /// use shallownet::{Activation, Columns, Init, Network, PredictionWorkspace};
    ///
    /// let member = |seed| {
    ///     Network::<f64>::builder(2)
    ///         .layer(3, Activation::Tanh)
    ///         .layer(1, Activation::Identity)
    ///         .init(Init::XavierNormal, seed)
    ///         .build()
    /// };
    /// let members = [member(1)?, member(2)?];
    /// let mean = Network::mean_of(&members)?;
    /// assert_eq!(mean.layers()[0].units, 6);
    ///
    /// let (x, mut a) = (Columns::one(&[0.5, -1.0]), [0.0; 3]);
    /// for (net, a) in [&members[0], &members[1], &mean].into_iter().zip(&mut a) {
    ///     net.predict(x, std::slice::from_mut(a), &mut PredictionWorkspace::new(net, 1)?)?;
    /// }
    /// assert!((a[2] - (a[0] + a[1]) / 2.0).abs() < 1e-15);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Zero`] networks; [`Error::OtherSizes`] for one whose layers are not of the same
    /// sizes, or have other activations; [`Error::TooLarge`], [`Error::OutOfMemory`].
    pub fn mean_of(networks: &[Self]) -> Result<Self> {
        let Some(first) = networks.first() else {
            return Err(Error::Zero { argument: "networks" });
        };
        let (members, layers) = (networks.len(), first.layers());
        for other in networks {
            first.check_layers(other)?;
        }
        let last = layers.len() - 1;
        let copies = |layer: usize| if layer == last { 1 } else { members };
        let mut builder = Self::builder(first.inputs());
        for (l, layer) in layers.iter().enumerate() {
            let too_large = || Error::TooLarge { what: "the mean of the networks" };
            let units = layer.units.checked_mul(copies(l)).ok_or_else(too_large)?;
            builder = builder.layer(units, layer.activation);
        }
        let mut mean = builder
            .loss(first.loss())
            .init(Init::Zeros, 0)
            .parallelism(first.parallelism)
            .checks(first.checks)
            .build()?;
        let part = 1.0 / members as f64;
        for (l, layer) in layers.iter().enumerate() {
            let (units, width) = (layer.units * copies(l), mean.layers()[l].inputs);
            let (mut weights, mut bias) = (vec![T::ZERO; units * width], vec![T::ZERO; units]);
            for (k, net) in networks.iter().enumerate() {
                let (w, b) = (net.weights(l)?, net.bias(l)?);
                // The first layer's inputs are shared; later ones are each network's own units.
                let column = if l == 0 { 0 } else { k * layer.inputs };
                let (row, factor) = if l == last { (0, part) } else { (k * layer.units, 1.0) };
                for unit in 0..layer.units {
                    let from = &w[unit * layer.inputs..][..layer.inputs];
                    let into = &mut weights[(row + unit) * width + column..][..layer.inputs];
                    let add = |into: &mut T, v: T| {
                        *into = T::from_f64(into.to_f64() + factor * v.to_f64());
                    };
                    into.iter_mut().zip(from).for_each(|(into, v)| add(into, *v));
                    add(&mut bias[row + unit], b[unit]);
                }
            }
            mean.set_weights(l, &weights)?;
            mean.set_bias(l, &bias)?;
        }
        Ok(mean)
    }

    /// Has the other network the same layers, activations included?
    fn check_layers(&self, other: &Self) -> Result<()> {
        let (layers, others) = (self.layers(), other.layers());
        let differs = layers.iter().zip(others).position(|(a, b)| a != b);
        let layer = match differs {
            Some(layer) => layer,
            None if layers.len() == others.len() => return Ok(()),
            None => layers.len().min(others.len()),
        };
        let size = |layers: &[Layer]| layers.get(layer).map(|layer| (layer.inputs, layer.units));
        Err(Error::OtherSizes { layer, expected: size(layers), given: size(others) })
    }

    /// The same, and the same loss?
    pub(crate) fn check_alike(&self, other: &Self) -> Result<()> {
        self.check_layers(other)?;
        let (expected, given) = (self.loss(), other.loss());
        if expected == given { Ok(()) } else { Err(Error::OtherLoss { expected, given }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Activation, Columns, PredictionWorkspace};

    fn member(seed: u64, layers: &[(usize, Activation)]) -> Network<f64> {
        let builder = Network::builder(3).init(Init::XavierNormal, seed);
        let build = |b: crate::Builder<f64>, &(units, g): &(usize, Activation)| b.layer(units, g);
        layers.iter().fold(builder, build).build().unwrap()
    }

    fn predicted(net: &Network<f64>) -> Vec<f64> {
        let x: Vec<f64> = (0..15).map(|i| f64::from(i * i % 11) / 5.0 - 1.0).collect();
        let mut a = vec![0.0; 5 * net.outputs()];
        let mut workspace = PredictionWorkspace::new(net, 5).unwrap();
        net.predict(Columns::new(&x, 3).unwrap(), &mut a, &mut workspace).unwrap();
        a
    }

    /// Of logits: the mean of the predicted values, or of the probabilities' logarithms but for what
    /// is the same for all classes.
    #[test]
    fn outputs_are_the_means_of_logits() {
        use Activation::{Identity, Relu, Softmax, Tanh};
        let hidden = [vec![], vec![(4, Tanh)], vec![(4, Relu), (2, Tanh), (3, Relu)]];
        for mut layers in hidden {
            for (output, units) in [(Identity, 2), (Softmax, 3)] {
                layers.push((units, output));
                let members: Vec<_> = (1..=3).map(|seed| member(seed, &layers)).collect();
                let all: Vec<_> = members.iter().map(predicted).collect();
                let mean = predicted(&Network::mean_of(&members).unwrap());
                let of = |f: &dyn Fn(f64) -> f64, at: usize| {
                    all.iter().map(|a| f(a[at])).sum::<f64>() / 3.0
                };
                for sample in 0..5 {
                    let at = |k: usize| sample * units + k;
                    let found = |k: usize| mean[at(k)];
                    if output == Identity {
                        assert!((0..units).all(|k| (found(k) - of(&|v| v, at(k))).abs() < 1e-14));
                        continue;
                    }
                    let geometric: Vec<f64> =
                        (0..units).map(|k| of(&f64::ln, at(k)).exp()).collect();
                    let sum: f64 = geometric.iter().sum();
                    assert!((0..units).all(|k| (found(k) - geometric[k] / sum).abs() < 1e-14));
                }
                layers.pop();
            }
        }
    }

    #[test]
    fn other_networks_have_no_mean() {
        use Activation::{Identity, Relu, Tanh};
        let first = [(4, Tanh), (2, Identity)];
        let others: [&[(usize, Activation)]; 4] = [
            &[(5, Tanh), (2, Identity)],
            &[(4, Relu), (2, Identity)],
            &[(2, Identity)],
            &[(4, Tanh), (2, Identity), (1, Identity)],
        ];
        for other in others {
            let refused = Network::mean_of(&[member(1, &first), member(1, other)]).unwrap_err();
            assert!(matches!(refused, Error::OtherSizes { .. }), "{refused}");
        }
        assert!(matches!(Network::<f32>::mean_of(&[]), Err(Error::Zero { .. })));
    }
}
