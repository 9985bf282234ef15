//! Networks out of a fuzzer's bytes: activations, losses, backends.

use crate::{Activation, Init, Loss};
use arbitrary::{Result, Unstructured};

use super::wild::{Wild, pick, within};

/// Any activation of a hidden layer, with a slope that is allowed.
pub fn elementwise(u: &mut Unstructured<'_>) -> Result<Activation> {
    use Activation::{
        Elu, Gelu, GeluTanh, Identity, LeakyRelu, Relu, Sigmoid, Silu, Sin, Softmax, Softplus, Tanh,
    };
    const ALL: [Activation; 12] = [
        Tanh,
        Relu,
        Sigmoid,
        Identity,
        Activation::LEAKY_RELU,
        Softmax,
        Activation::ELU,
        Softplus,
        Silu,
        Gelu,
        GeluTanh,
        Sin,
    ];
    let share = (f64::from(u.arbitrary::<u16>()?) + 0.5) / 65536.0;
    Ok(match pick(u, &ALL)? {
        Softmax => LeakyRelu { slope: share },
        // Any alpha that is allowed, most of them about 1.
        Elu { .. } => Elu { alpha: if share < 0.5 { 2.0 * share } else { (share - 0.5) * 1e3 } },
        g => g,
    })
}

/// Any output activation with any loss that it may have.
pub fn output(u: &mut Unstructured<'_>) -> Result<(Activation, Loss)> {
    use Activation::{Exp, Identity, Sigmoid, Softmax};
    Ok(match u.arbitrary::<u8>()? % 16 {
        0 | 1 => (Sigmoid, Loss::BinaryCrossEntropy),
        2 | 3 => (Softmax, Loss::CategoricalCrossEntropy),
        4 => (Softmax, Loss::SquaredError),
        5 | 6 => (elementwise(u)?, by_difference(u)?),
        7 => (Softmax, by_difference(u)?),
        8 => (Exp, Loss::Poisson),
        9 => (Exp, by_difference(u)?),
        10 => (Identity, Loss::GaussianNll),
        _ => (elementwise(u)?, Loss::SquaredError),
    })
}

/// Huber's, the absolute or the quantile loss, with a number that is allowed.
fn by_difference(u: &mut Unstructured<'_>) -> Result<Loss> {
    let share = (f64::from(u.arbitrary::<u16>()?) + 0.5) / 65536.0;
    pick(u, &[Loss::Huber { delta: 4.0 * share }, Loss::Absolute, Loss::Quantile { tau: share }])
}

/// Inputs, units and activation of each layer, and the loss.
pub type Shape = (usize, Vec<(usize, Activation)>, Loss);

/// A network: inputs, fewer than `end` hidden layers, an output, and the loss. Its sizes are `size`'s.
pub fn network(
    u: &mut Unstructured<'_>,
    end: u8,
    size: impl Fn(&mut Unstructured<'_>) -> Result<usize>,
) -> Result<Shape> {
    let n_x = size(u)?;
    let mut layers = Vec::new();
    for _ in 0..u.arbitrary::<u8>()? % end {
        layers.push((size(u)?, elementwise(u)?));
    }
    let (g, loss) = output(u)?;
    layers.push((enough(size(u)?, (g, loss)), g));
    Ok((n_x, layers, loss))
}

/// As many units as the output may have: of softmax at least two, an even number of means and
/// variances.
pub fn enough(units: usize, (output, loss): (Activation, Loss)) -> usize {
    match (output, loss) {
        (Activation::Softmax, _) => units.max(2),
        (_, Loss::GaussianNll) => units.next_multiple_of(2),
        _ => units,
    }
}

/// Any activation, allowed there or not.
pub fn activation(u: &mut Unstructured<'_>) -> Result<Activation> {
    Ok(match u.arbitrary::<u8>()? % 8 {
        0 => pick(u, &[Activation::Softmax, Activation::Exp])?,
        1 => Activation::LeakyRelu { slope: u.arbitrary::<Wild>()?.0 },
        2 => Activation::Elu { alpha: u.arbitrary::<Wild>()?.0 },
        _ => elementwise(u)?,
    })
}

/// Any loss, its number allowed or not.
pub fn loss(u: &mut Unstructured<'_>) -> Result<Loss> {
    let wild = u.arbitrary::<Wild>()?.0;
    pick(
        u,
        &[
            Loss::SquaredError,
            Loss::BinaryCrossEntropy,
            Loss::CategoricalCrossEntropy,
            Loss::Huber { delta: wild },
            Loss::Quantile { tau: wild },
            Loss::Absolute,
            Loss::Poisson,
            Loss::GaussianNll,
        ],
    )
}

/// Any initialisation, its scale allowed or not.
pub fn init(u: &mut Unstructured<'_>) -> Result<Init> {
    use Init::{
        Auto, HeNormal, HeUniform, NguyenWidrow, Normal, Uniform, XavierNormal, XavierUniform,
        Zeros,
    };
    Ok(match pick(u, &[0_u8, 1, 2, 3, 4, 5, 6, 7, 8])? {
        0 => XavierNormal,
        1 => XavierUniform,
        2 => HeNormal,
        3 => HeUniform,
        4 => Zeros,
        7 => Auto,
        8 => NguyenWidrow,
        5 => Normal { scale: u.arbitrary::<Wild>()?.0 },
        _ => Uniform { scale: u.arbitrary::<Wild>()?.0 },
    })
}

/// 1 to 40, smaller ones more often; now and then up to 300.
///
/// # Errors
/// Those of the bytes.
pub fn units(u: &mut Unstructured<'_>) -> Result<usize> {
    match u.arbitrary::<u8>()? {
        size @ 0..=119 => Ok(1 + usize::from(size) % 8),
        size @ 120..=239 => Ok(1 + usize::from(size) % 40),
        _ => within(u, 41, 300),
    }
}
