//! A whole case out of a fuzzer's bytes.

use arbitrary::{Arbitrary, Result, Unstructured};

use super::wild::{pick, within};
use super::words::{network, units};
use crate::testing::cases::Case;

/// The most products of a layer, all samples together: what a few milliseconds take.
const MOST: usize = 2_400_000;

impl<'a> Arbitrary<'a> for Case {
    /// A network of 1 to 4 layers of 1 to 300 units, every activation and loss, one or two batches
    /// of 1 to 70 samples.
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let flags = u.arbitrary::<u8>()?;
        let [soft, extremes, ends, two] = [1, 2, 4, 8].map(|bit| flags & bit != 0);
        let (n_x, layers, loss) = network(u, 4, units)?;
        let mut case = Self::new(n_x, &layers, within(u, 1, 70)?);
        if two {
            case.batches.push(within(u, 1, 70)?);
        }
        let gain = pick(u, &[1.0, 0.1, 30.0, 3.0])?;
        let seed = u.arbitrary::<u32>()?.into();
        let spare = usize::from(u.arbitrary::<u8>()? % 41);
        let learning_rate = 0.001 + f32::from(u.arbitrary::<u8>()?) / 128.0;
        case = Self { loss, soft, extremes, ends, gain, seed, spare, learning_rate, ..case }.tame();
        let most = (MOST / case.weights()).max(1);
        case.batches.iter_mut().for_each(|m| *m = (*m).min(most));
        Ok(case)
    }
}
