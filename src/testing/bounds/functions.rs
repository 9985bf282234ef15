//! How accurate the tested functions are, in units in the last place (ULP).

use crate::accuracy;

/// The largest errors of the functions that activations and losses are made of, in ULP.
///
/// ```
/// use shallownet::testing::bounds::Functions;
///
/// // The platform's libm, and a sigmoid by one exponential, a sum and a quotient.
/// let libm = Functions { exp: 1, tanh: 2, sin: 1, ..Functions::DOCUMENTED };
/// assert!(libm.tanh <= Functions::DOCUMENTED.tanh);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Functions {
    /// e^z.
    pub exp: usize,
    /// 1 / (1 + e^-z).
    pub sigmoid: usize,
    /// tanh z.
    pub tanh: usize,
    /// ln(1 + t) for t from 0 to 1.
    pub ln_1p: usize,
    /// Phi(-u), u >= 0: of GELU.
    pub normal_tail: usize,
    /// sin z.
    pub sin: usize,
}

impl Functions {
    /// What this crate documents: its unfused bounds, which are the larger (`wide` and the lowest
    /// levels have no FMA in a plain build). The reference's own functions are no worse: the
    /// platform's libm has at most 2 ULP for tanh, 1 for exp and ln_1p; sigmoid by one exp, one sum
    /// and one quotient has 3, which is the larger there.
    pub const DOCUMENTED: Self = Self {
        exp: whole(accuracy::EXP_MAX_ULP_UNFUSED),
        sigmoid: 3,
        tanh: whole(accuracy::TANH_MAX_ULP_UNFUSED),
        // `ln_1p_unit` is tested to be within 2 epsilon, and epsilon x <= 2 ULP.
        ln_1p: 4,
        // From e^(-u^2/2) and a polynomial of falling terms, or erfc of the reference.
        normal_tail: 8,
        sin: whole(accuracy::SIN_MAX_ULP_UNFUSED),
    };

    /// A sigmoid and its complement, from one exponential, a sum, a quotient and a product.
    pub(super) fn sigmoids(self) -> usize {
        (self.exp + 3).max(self.sigmoid)
    }
}

const _: () = assert!(accuracy::SIGMOID_MAX_ULP_UNFUSED <= Functions::DOCUMENTED.sigmoid as f64);

/// The whole number not below `ulp`.
const fn whole(ulp: f64) -> usize {
    let floor = ulp as usize;
    if (floor as f64) < ulp { floor + 1 } else { floor }
}
