//! The arithmetic of the tested code, and what every bound is made of: gamma, sums of products, a
//! function's units in the last place.

use super::functions::Functions;
use crate::Scalar;

/// A value of the reference and how far the tested one may be from it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Approx {
    /// The reference's value.
    pub value: f64,
    /// The greatest |tested - reference|.
    pub error: f64,
}

impl Approx {
    /// A number that both know exactly: data and parameters.
    pub fn exact(value: f64) -> Self {
        Self { value, error: 0.0 }
    }

    /// The greatest magnitude the tested value may have.
    pub fn size(self) -> f64 {
        self.value.abs() + self.error
    }

    /// Is `given` within the bound? NaN never is.
    pub fn admits(self, given: f64) -> bool {
        (given - self.value).abs() <= self.error
    }
}

/// The rounding of the tested arithmetic and the reference's together.
///
/// ```
/// use shallownet::testing::bounds::{Functions, Rounding};
///
/// // f32, with the functions and the rules for small numbers of this crate.
/// let own = Rounding::of::<f32>();
/// // Somebody else's f32, whose tanh is good to 5 ULP.
/// let other = own.functions(Functions { tanh: 5, ..Functions::DOCUMENTED });
/// assert!(own.gamma(10) == other.gamma(10) && own.gamma(10) > 10.0 * 2.0_f64.powi(-24));
/// // bfloat16: 8 bits, and the exponents of f32.
/// assert!(Rounding::new(2.0_f64.powi(-9), 2.0_f64.powi(-126)).gamma(10) > 0.019);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rounding {
    pub(super) u: f64,
    pub(super) eta: f64,
    /// The tested type's smallest normal number, and its epsilon.
    pub(super) normal: f64,
    pub(super) epsilon: f64,
    pub(super) functions: Functions,
}

impl Rounding {
    /// Tested code in `T` against the reference in f64.
    pub fn of<T: Scalar>() -> Self {
        Self::new(T::EPSILON.to_f64() / 2.0, T::MIN_POSITIVE.to_f64())
    }

    /// Tested code in a type of this unit roundoff (half the distance from 1 to the next number) and
    /// this smallest normal number.
    pub fn new(unit_roundoff: f64, smallest_normal: f64) -> Self {
        let alone = Self::of_reference();
        let epsilon = 2.0 * unit_roundoff;
        let (u, eta) = (unit_roundoff + alone.u, smallest_normal * epsilon + alone.eta);
        Self { u, eta, normal: smallest_normal, epsilon, functions: Functions::DOCUMENTED }
    }

    /// The reference against exact arithmetic.
    pub fn of_reference() -> Self {
        let (u, eta, epsilon) = (f64::EPSILON / 2.0, f64::from_bits(1), f64::EPSILON);
        Self { u, eta, normal: 0.0, epsilon, functions: Functions::DOCUMENTED }
    }

    /// Of arithmetic whose sums and products become 0 where they would be subnormal.
    pub fn flushing(self) -> Self {
        Self { eta: self.eta + self.normal, ..self }
    }

    /// With functions of this accuracy.
    pub fn functions(self, functions: Functions) -> Self {
        // The platform's exp and ln_1p, the reference's, have 1.
        let (exp, ln_1p) = (functions.exp.max(1), functions.ln_1p.max(1));
        Self { functions: Functions { exp, ln_1p, ..functions }, ..self }
    }

    /// The same value, which may be 0 if it is below `least`.
    pub fn vanish(self, x: Approx, least: f64) -> Approx {
        let may = x.value.abs() - x.error < least;
        Approx { error: x.error + if may { least } else { 0.0 }, ..x }
    }

    /// The same where it is subnormal. (The limits of sigmoid and exp are a little above: 1.0001.)
    pub fn normal(self, x: Approx) -> Approx {
        self.vanish(x, 1.0001 * self.normal)
    }

    /// The same where its square is subnormal.
    pub fn root(self, x: Approx) -> Approx {
        self.vanish(x, 1.001 * self.normal.sqrt())
    }

    /// gamma_n = n u / (1 - n u): the relative error of n roundings one after the other.
    ///
    /// # Panics
    /// If n u is 1/2 or more, where the bound says nothing.
    pub fn gamma(self, n: usize) -> f64 {
        let nu = n as f64 * self.u;
        assert!(nu < 0.5, "gamma_{n} says nothing at u = {}", self.u);
        nu / (1.0 - nu)
    }

    /// The error of a function within so many ULPs, whose result is at most `size`: an ULP of x is at
    /// most 2 u |x|, or eta. The reference's are those that this crate documents, at the most.
    pub(super) fn function(self, ulps: impl Fn(Functions) -> usize, size: f64) -> f64 {
        let (alone, grown) = (f64::EPSILON / 2.0, size * (1.0 + self.gamma(8)));
        let tested = ulps(self.functions) as f64 * (2.0 * (self.u - alone) * grown + self.eta);
        tested + ulps(Functions::DOCUMENTED) as f64 * 2.0 * alone * grown
    }

    /// The error of start + sum x_i y_i, with `extra` roundings of each term besides the sum's:
    /// |dx y + x dy + dx dy| from the operands, gamma_{n+1+extra} from n products and n sums (one
    /// less than terms, start included), eta for each product that is not exactly zero.
    pub fn dot(
        self,
        start: f64,
        pairs: impl Iterator<Item = (Approx, Approx)>,
        extra: usize,
    ) -> f64 {
        let (mut n, mut inherited, mut size, mut underflow) = (0, 0.0, start.abs(), 0.0);
        for (x, y) in pairs {
            n += 1;
            inherited += x.error * y.size() + x.value.abs() * y.error;
            let product = x.size() * y.size();
            size += product;
            if x.size() > 0.0 && y.size() > 0.0 {
                underflow += (1 + extra) as f64 * self.eta;
            }
        }
        inherited + self.gamma(n + 1 + extra) * size + underflow
    }
}
