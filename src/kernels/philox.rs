//! Philox4x32-10, a generator that counts: J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw,
//! "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
//!
//! A block of four words of 32 bits is a function of a counter of four words and a key of two: it can
//! be had again at any time, anywhere, and nothing has to be kept.
//!
//! ```text
//! ten times:  (c0, c1, c2, c3) = (hi(M1 c2) ^ c1 ^ k0, lo(M1 c2), hi(M0 c0) ^ c3 ^ k1, lo(M0 c0))
//!             (k0, k1) += (W0, W1)
//! ```
//!
//! Words stand in the low halves of u64: the product of two has its high word in the upper half, and
//! what else comes to stand there is cut off where the word is used next. Loops over many counters
//! then become vectors of u64 and their one widening multiplication.

const M0: u64 = 0xD251_1F53;
const M1: u64 = 0xCD9E_8D57;
/// The golden ratio, and sqrt 3 - 1.
const W0: u32 = 0x9E37_79B9;
const W1: u32 = 0xBB67_AE85;

const ROUNDS: usize = 10;
const LOW: u64 = 0xFFFF_FFFF;

/// The block of a counter. Of the counter's words, the low halves count.
#[inline(always)]
pub(crate) fn block(counter: [u64; 4], key: u64) -> [u32; 4] {
    let [mut c0, mut c1, mut c2, mut c3] = counter;
    let (mut k0, mut k1) = (key as u32, (key >> 32) as u32);
    for _ in 0..ROUNDS {
        let (product0, product1) = (M0 * (c0 & LOW), M1 * (c2 & LOW));
        c0 = (product1 >> 32) ^ c1 ^ u64::from(k0);
        c2 = (product0 >> 32) ^ c3 ^ u64::from(k1);
        (c1, c3) = (product1, product0);
        (k0, k1) = (k0.wrapping_add(W0), k1.wrapping_add(W1));
    }
    [c0 as u32, c1 as u32, c2 as u32, c3 as u32]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The known answers of the authors' library, Random123 (`kat_vectors`, philox4x32 10): counter,
    /// key, block.
    const KNOWN: [([u64; 4], u64, [u32; 4]); 3] = [
        ([0; 4], 0, [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
        ([LOW; 4], u64::MAX, [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]),
        (
            [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344],
            0x299f_31d0_a409_3822,
            [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1],
        ),
    ];

    #[test]
    fn known_answers() {
        for (counter, key, expected) in KNOWN {
            assert_eq!(block(counter, key), expected);
        }
    }

    #[test]
    fn what_stands_above_a_word_is_cut_off() {
        for (counter, key, expected) in KNOWN {
            assert_eq!(block(counter.map(|word| word | 0xABCD << 40), key), expected);
        }
    }
}
