//! The data that was trained on, in 64 bits, so that a resumed training is not given other data by
//! mistake.

use core::fmt;
use core::str::FromStr;

/// A number that follows from all values of a [`DataSet`](crate::DataSet): samples, targets,
/// weights and validation samples, in their order. Other data has the same number in one case in
/// 2^64 (it gives no protection against data made to deceive it).
///
/// The same on every machine and for good, since checkpoints hold it: XXH64 with seed 0 of 64-bit
/// words, little-endian. For each of X, Y, the weights (if there are any), X and Y for validation
/// (if there are any), and their weights (if there are any, and after a word that is 0) these are
/// the features, the samples, and XXH64 of the values as f64.
///
/// Samples that are read from a source and those in memory have different fingerprints:
/// [`SourceTrainer`](crate::source::SourceTrainer) adds up the XXH64 of the blocks that it reads.
///
/// It prints as 16 hexadecimal digits, and is read from them.
///
/// ```
/// use shallownet::{Columns, DataSet, Fingerprint};
///
/// let (x, y) = (Columns::new(&[-1.0_f32, 1.0], 1)?, Columns::new(&[0.0, 1.0], 1)?);
/// let fingerprint = DataSet::new(x, y).fingerprint();
/// assert_eq!("ac78694ec88e579c".parse(), Ok(fingerprint));
/// assert_ne!(DataSet::new(y, x).fingerprint(), fingerprint);
/// # Ok::<(), shallownet::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint(pub(crate) u64);

/// A text that is no [`Fingerprint`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no fingerprint: expected 16 hexadecimal digits")]
pub struct NoFingerprint;

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl FromStr for Fingerprint {
    type Err = NoFingerprint;

    fn from_str(text: &str) -> Result<Self, NoFingerprint> {
        let is_one = text.len() == 16 && text.bytes().all(|b| b.is_ascii_hexdigit());
        let number = u64::from_str_radix(text, 16).ok().filter(|_| is_one);
        number.map(Self).ok_or(NoFingerprint)
    }
}

/// The primes of XXH64 (Collet, *xxHash fast digest algorithm*, 2023).
const P: [u64; 5] = [
    0x9e37_79b1_85eb_ca87,
    0xc2b2_ae3d_27d4_eb4f,
    0x1656_67b1_9e37_79f9,
    0x85eb_ca77_c2b2_ae63,
    0x27d4_eb2f_1656_67c5,
];

/// XXH64 with seed 0 of whole words.
pub(crate) fn xxh64<V: Copy>(values: &[V], word: impl Fn(V) -> u64) -> u64 {
    let round = |lane: u64, word: u64| {
        lane.wrapping_add(word.wrapping_mul(P[1])).rotate_left(31).wrapping_mul(P[0])
    };
    let (stripes, rest) = values.as_chunks::<4>();
    let mut hash = P[4];
    if !stripes.is_empty() {
        let mut lanes = [P[0].wrapping_add(P[1]), P[1], 0, P[0].wrapping_neg()];
        for stripe in stripes {
            for (lane, &value) in lanes.iter_mut().zip(stripe) {
                *lane = round(*lane, word(value));
            }
        }
        let turned = [1, 7, 12, 18].iter().zip(lanes).map(|(&by, lane)| lane.rotate_left(by));
        hash = turned.fold(0, u64::wrapping_add);
        for lane in lanes {
            hash = (hash ^ round(0, lane)).wrapping_mul(P[0]).wrapping_add(P[3]);
        }
    }
    hash = hash.wrapping_add((values.len() as u64).wrapping_mul(8));
    for &value in rest {
        hash = (hash ^ round(0, word(value))).rotate_left(27);
        hash = hash.wrapping_mul(P[0]).wrapping_add(P[3]);
    }
    hash = (hash ^ (hash >> 33)).wrapping_mul(P[1]);
    hash = (hash ^ (hash >> 29)).wrapping_mul(P[2]);
    hash ^ (hash >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The values of Python's `xxhash.xxh64(struct.pack("<...Q", ...))`.
    #[test]
    fn the_hash_is_xxh64() {
        let of = |words: &[u64]| xxh64(words, |word| word);
        assert_eq!(of(&[]), 0xef46_db37_51d8_e999);
        assert_eq!(of(&[1]), 0x9f29_cb17_a2a4_9995);
        assert_eq!(of(&[1, 2, 3, 4]), 0x73f8_59a0_4f66_9e6d);
        assert_eq!(of(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]), 0x1740_9231_a7be_51ab);
    }

    #[test]
    fn only_sixteen_digits_are_read() {
        for text in ["", "12", "+23456789abcdef0", "123456789abcdefg", "0x23456789abcdef"] {
            assert_eq!(text.parse::<Fingerprint>(), Err(NoFingerprint), "{text}");
        }
        assert_eq!("00000000000000ff".parse(), Ok(Fingerprint(255)));
        assert_eq!(Fingerprint(255).to_string(), "00000000000000ff");
    }
}
