//! A network's shape, and where each layer lies in the one parameter buffer.

use core::ops::Range;

use crate::data::buffer::ALIGNMENT;
use crate::data::domains;
use crate::error::{Error, Result};
use crate::words::activation::Activation;
use crate::words::layer::Layer;

/// Where one layer's parameters lie in the buffer, in elements.
#[derive(Debug, Clone)]
pub(crate) struct Span {
    /// W: panels of `panel` units, [units / panel][inputs][panel].
    pub(crate) weights: Range<usize>,
    /// Units a panel of W.
    pub(crate) panel: usize,
    /// b.
    pub(crate) bias: Range<usize>,
}

/// The layers and the layout of their parameters: W[0], b[0], W[1], b[1], ..., each starting at a
/// cache line.
///
/// Weights lie in panels of `panel` units: for each panel, input after input, the weights of the
/// panel's units side by side. A panel of 1 is the textbook's row-major (n_l, n_{l-1}) matrix,
/// which GEMMs want. The last panel is padded with zeros that stay zero. A first layer of at most
/// half a panel's units and more than [`HALVED_INPUTS`] inputs has a panel of half as many units:
/// it spends most of its time reading weights, or their sums.
///
/// Nothing of the layout depends on the activations: two shapes are compared by
/// [`has_layout_of`](Self::has_layout_of), which leaves them out.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    // Every call reads these.
    n_x: usize,
    n_y: usize,
    pub(crate) layers: Vec<Layer>,
    pub(crate) spans: Vec<Span>,
    /// Units a panel (of weights, a first layer may have half as many): activations and biases are
    /// padded to it.
    pub(crate) panel: usize,
    /// Units of the widest layer.
    pub(crate) widest: usize,
    /// Of a tiny network (each layer one panel of units, small enough for `engine::tiny`), its
    /// sizes in one number, which is the same if and only if the layout is. 0 for all others.
    pub(crate) tiny: u64,
    /// Is it tiny, and no layer's activation computed apart from its product?
    pub(crate) is_tiny: bool,
    /// Elements of the whole buffer.
    pub(crate) len: usize,
}

/// More inputs than a tiny network, or one with samples in lanes, may have: those paths take whole
/// panels only.
pub(crate) const HALVED_INPUTS: usize = 256;
const _: () = assert!(TINY_INPUTS <= HALVED_INPUTS);
// They fit into `tiny`, a byte each.
const _: () = assert!(TINY_INPUTS < 256 && 2 + TINY_LAYERS <= 8);

/// The most inputs and layers of a tiny network.
const TINY_INPUTS: usize = 128;
pub(crate) const TINY_LAYERS: usize = 4;

const PARAMETERS: Error = Error::TooLarge { what: "the parameter buffer" };

impl Shape {
    pub(crate) fn new(
        n_x: usize,
        layers: &[(usize, Activation)],
        panel: usize,
        element: usize,
    ) -> Result<Self> {
        if n_x == 0 {
            return Err(Error::Zero { argument: "inputs of the network" });
        }
        if layers.is_empty() {
            return Err(Error::NoLayers);
        }
        let line = ALIGNMENT / element;
        let mut shape = Self {
            n_x,
            n_y: layers[layers.len() - 1].0,
            layers: Vec::new(),
            spans: Vec::new(),
            panel,
            widest: 0,
            tiny: 0,
            is_tiny: false,
            len: 0,
        };
        let mut inputs = n_x;
        for (index, &(units, activation)) in layers.iter().enumerate() {
            if units == 0 {
                return Err(Error::Zero { argument: "units of a layer" });
            }
            if index + 1 != layers.len() {
                domains::output_only(activation, index)?;
            }
            let is_halved = index == 0 && inputs > HALVED_INPUTS && units <= panel / 2;
            let of_weights = if is_halved { panel / 2 } else { panel };
            let weights = padded(units, of_weights)?.checked_mul(inputs).ok_or(PARAMETERS)?;
            let weights = shape.push(weights, line)?;
            let bias = shape.push(padded(units, panel)?, line)?;
            shape.spans.push(Span { weights, panel: of_weights, bias });
            shape.layers.push(Layer { inputs, units, activation });
            shape.widest = shape.widest.max(units);
            inputs = units;
        }
        let is_tiny =
            panel > 1 && shape.widest <= panel && n_x <= TINY_INPUTS && layers.len() <= TINY_LAYERS;
        if is_tiny {
            shape.tiny = shape.sizes();
            shape.is_tiny = shape.layers.iter().all(|layer| !layer.activation.is_apart());
        }
        // Every later size product (bytes, FLOPs counted in f64) then stays in range.
        shape.len.checked_mul(element).filter(|&b| b <= isize::MAX as usize).ok_or(PARAMETERS)?;
        Ok(shape)
    }

    /// A tiny network's sizes: a byte each for the panel, the inputs, and every layer's units.
    fn sizes(&self) -> u64 {
        let units = self.layers.iter().map(|layer| layer.units);
        [self.panel, self.n_x].into_iter().chain(units).fold(0, |key, n| key << 8 | n as u64)
    }

    /// Do parameters, and all that a pass writes, lie at the same places as in `other`, of the same
    /// element type? True of the same inputs, units and panel, whatever the activations are: all
    /// else follows from them.
    pub(crate) fn has_layout_of(&self, other: &Self) -> bool {
        self.panel == other.panel && self.has_sizes_of(other)
    }

    /// Have the layers of both the same sizes, whatever their activations and where they lie?
    pub(crate) fn has_sizes_of(&self, other: &Self) -> bool {
        let units = |shape: &Self, layer: usize| shape.layers[layer].units;
        let count = self.layers.len();
        (self.n_x, count) == (other.n_x, other.layers.len())
            && (0..count).all(|layer| units(self, layer) == units(other, layer))
    }

    /// Reserves `len` elements at the next cache line.
    fn push(&mut self, len: usize, line: usize) -> Result<Range<usize>> {
        let start = self.len;
        let end = start.checked_add(len).ok_or(PARAMETERS)?;
        self.len = end.checked_next_multiple_of(line).ok_or(PARAMETERS)?;
        Ok(start..end)
    }

    pub(crate) fn n_x(&self) -> usize {
        self.n_x
    }

    pub(crate) fn n_y(&self) -> usize {
        self.n_y
    }

    pub(crate) fn output(&self) -> &Layer {
        // `new` refuses a shape without layers.
        &self.layers[self.layers.len() - 1]
    }

    /// Where weight W[layer][unit][input] lies in the buffer: what `layout` walks, by its formula.
    #[cfg(test)]
    pub(crate) fn weight_index(&self, layer: usize, unit: usize, input: usize) -> usize {
        let span = &self.spans[layer];
        let (panel, lane) = (unit / span.panel, unit % span.panel);
        span.weights.start + (panel * self.layers[layer].inputs + input) * span.panel + lane
    }

    /// Weights of all layers, biases not counted: half the FLOPs of one sample's forward pass.
    pub(crate) fn weights(&self) -> usize {
        self.layers.iter().map(Layer::weights).sum()
    }
}

fn padded(units: usize, panel: usize) -> Result<usize> {
    units.checked_next_multiple_of(panel).ok_or(PARAMETERS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panels_place_every_weight_once_and_start_at_cache_lines() {
        for (n_x, panel) in [(5, 1), (5, 4), (5, 16), (256, 16), (257, 1), (257, 16), (300, 14)] {
            let layers = [(7, Activation::Tanh), (18, Activation::Relu), (1, Activation::Sigmoid)];
            let shape = Shape::new(n_x, &layers, panel, 4).unwrap();
            let halved = n_x > 256 && panel > 1;
            let padded = [if halved { panel / 2 } else { 7_usize.next_multiple_of(panel) }, panel];
            assert_eq!(shape.spans[0].weights.len(), padded[0] * n_x);
            assert_eq!(shape.spans[2].weights.len(), padded[1] * 18);
            let mut taken = vec![false; shape.len];
            for (l, layer) in shape.layers.iter().enumerate() {
                assert_eq!(shape.spans[l].weights.start % 16, 0);
                assert_eq!(shape.spans[l].bias.start % 16, 0);
                for j in 0..layer.units {
                    for i in 0..layer.inputs {
                        let at = shape.weight_index(l, j, i);
                        assert!(shape.spans[l].weights.contains(&at));
                        assert!(!std::mem::replace(&mut taken[at], true));
                    }
                }
            }
        }
    }

    #[test]
    fn a_layout_is_that_of_the_sizes_alone() {
        use Activation::{Identity, Relu, Sigmoid, Tanh};
        let shape = |n_x: usize, units: &[usize], panel: usize, g: Activation| {
            let layers: Vec<_> = units.iter().map(|&n| (n, g)).collect();
            Shape::new(n_x, &layers, panel, 64 / 16).unwrap()
        };
        let sizes: [(usize, &[usize], usize); 9] = [
            (3, &[4, 1], 16),
            (4, &[3, 1], 16),
            (3, &[4, 1, 1], 16),
            (3, &[4, 1], 8),
            (3, &[1, 4], 16),
            (128, &[16, 16, 16, 16], 16),
            (128, &[16, 16, 16, 15], 16),
            (300, &[40, 7], 16),
            (3, &[4, 1], 1),
        ];
        for (i, &(n_x, units, panel)) in sizes.iter().enumerate() {
            let a = shape(n_x, units, panel, Tanh);
            assert_eq!(a.tiny != 0, panel > 1 && n_x < 300, "{n_x} {units:?} {panel}");
            for (k, &(n_x, units, panel)) in sizes.iter().enumerate() {
                for g in [Relu, Sigmoid, Identity, Tanh, Activation::LEAKY_RELU] {
                    let b = shape(n_x, units, panel, g);
                    assert_eq!(a.has_layout_of(&b), i == k, "{a:?} {b:?}");
                    let spans = |shape: &Shape| format!("{:?} {}", shape.spans, shape.len);
                    assert!(i != k || spans(&a) == spans(&b));
                    assert_eq!(a.tiny == b.tiny && a.tiny != 0, i == k && a.tiny != 0);
                }
            }
        }
    }

    #[test]
    fn a_panel_of_one_is_row_major() {
        let shape = Shape::new(3, &[(2, Activation::Tanh)], 1, 8).unwrap();
        let order: Vec<_> = (0..2)
            .flat_map(|j| (0..3).map(move |i| (j, i)))
            .map(|(j, i)| shape.weight_index(0, j, i))
            .collect();
        assert_eq!(order, [0, 1, 2, 3, 4, 5]);
    }

    #[test]
    fn products_that_overflow_are_errors() {
        let huge = usize::MAX / 2;
        for n_x in [huge, usize::MAX] {
            let shape = Shape::new(n_x, &[(3, Activation::Tanh)], 1, 4);
            assert!(matches!(shape, Err(Error::TooLarge { .. })), "{shape:?}");
        }
        let shape = Shape::new(1, &[(usize::MAX, Activation::Tanh)], 16, 4);
        assert!(matches!(shape, Err(Error::TooLarge { .. })));
    }
}
