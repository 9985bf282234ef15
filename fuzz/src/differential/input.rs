//! What the fuzzer draws: a case, and what is changed in it.

use arbitrary::{Arbitrary, Result, Unstructured};
use shallownet::Loss;
use shallownet::testing::cases::Case;
use shallownet::testing::cases::bytes::{Wild, network, pick, rarely, units, within};

/// A network, its batches, and which of its numbers are not what the case's seed says.
#[derive(Debug, Clone)]
pub struct Input {
    pub(super) case: Case,
    /// f64, or else f32.
    pub(super) is_double: bool,
    /// A weight a sample; `None` for plain targets.
    pub(super) weights: Option<Weights>,
    /// What the own output gradient is: dA, or else dZ.
    pub(super) is_da: bool,
    pub(super) spots: Vec<Spot>,
}

/// How large the samples' weights are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Weights {
    /// 0, 1/4, ..., 7/4.
    Quarters,
    /// 2^-k, ..., 2^k, k modulo what the type allows.
    Powers(u8),
    Zeros,
}

/// A number put in another's place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spot {
    pub(super) place: Place,
    /// Modulo the number of such places.
    pub(super) index: usize,
    pub(super) value: Wild,
}

#[derive(Debug, Clone, Copy, PartialEq, Arbitrary)]
pub(super) enum Place {
    X,
    Weight,
    Bias,
    Y,
    SampleWeight,
}

/// The most products of a layer, all samples together, in a case: what a few milliseconds take, and
/// what wakes the pool (src/engine/plan.rs: 4e6 FLOPs, two a product).
const MOST: usize = 2_400_000;

impl<'a> Arbitrary<'a> for Input {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let flags = u.arbitrary::<u8>()?;
        let [is_double, soft, extremes, is_da] = [1, 2, 4, 8].map(|bit| flags & bit != 0);
        let (n_x, layers, loss) = network(u, 4, units)?;
        let mut batches = vec![within(u, 1, 70)?];
        if flags & 16 != 0 {
            batches.push(within(u, 1, 70)?);
        }
        let weights = match u.arbitrary::<u8>()? % 8 {
            0..=4 => None,
            5 | 6 => Some(Weights::Quarters),
            _ if rarely(u, 8)? => Some(Weights::Zeros),
            _ => Some(Weights::Powers(u.arbitrary()?)),
        };
        let mut case = Case { soft, extremes, batches, ..Case::new(n_x, &layers, 1) };
        case.loss = loss;
        case.gain = pick(u, &[1.0, 0.1, 30.0, 3.0])?;
        case.seed = u.arbitrary::<u32>()?.into();
        case.spare = usize::from(u.arbitrary::<u8>()? % 41);
        case.learning_rate = 0.001 + f32::from(u.arbitrary::<u8>()?) / 128.0;
        bound(&mut case);
        let spots = if flags & 32 == 0 { Vec::new() } else { spots(u)? };
        Ok(Self { case, is_double, weights, is_da, spots })
    }
}

impl Input {
    /// The largest target that the loss takes, if not all finite ones.
    pub(super) fn domain(&self) -> Option<f64> {
        match self.case.loss {
            Loss::BinaryCrossEntropy | Loss::CategoricalCrossEntropy => Some(1.0),
            Loss::Poisson => Some(f64::MAX),
            _ => None,
        }
    }
}

/// Smaller batches for larger networks.
fn bound(case: &mut Case) {
    let weights = case.weights();
    for m in &mut case.batches {
        *m = (*m).min(MOST / weights).max(1);
    }
}

fn spots(u: &mut Unstructured<'_>) -> Result<Vec<Spot>> {
    let count = 1 + u.arbitrary::<u8>()? % 6;
    let spot = |u: &mut Unstructured<'_>| {
        let index = u.arbitrary::<u16>()?.into();
        Ok(Spot { place: u.arbitrary()?, index, value: u.arbitrary()? })
    };
    (0..count).map(|_| spot(u)).collect()
}
