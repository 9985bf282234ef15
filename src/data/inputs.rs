//! The kind of samples that a model learned from.

/// The kind of samples that a model learned from, and how they were scaled first, so that samples
/// from another kind of file are not silently 255 times too large or too small.
///
/// It belongs to the model, as the [`Standardization`](crate::Standardization) does, which comes
/// after it.
///
/// ```
/// use shallownet::pipeline::{InputKind, Inputs};
///
/// // An image of two pixels, as IDX loads it: 0 and 255, divided by 255.
/// let inputs = Inputs::of(InputKind::Bytes, &[0.0, 255.0], 255.0).unwrap();
/// assert_eq!((inputs.lowest, inputs.highest), (0.0, 255.0));
/// let mut x = [51.0, 255.0];
/// inputs.apply(&mut x);
/// assert_eq!(x, [0.2, 1.0]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
// Unknown fields are refused: a scaling step that this version does not know must not be skipped.
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Inputs {
    /// What the values were in the file.
    pub from: InputKind,
    /// The smallest of them.
    pub lowest: f64,
    /// The largest of them.
    pub highest: f64,
    /// What each of them was divided by: finite and above 0. 1 leaves them as they are.
    pub divided_by: f64,
}

/// What values are in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum InputKind {
    /// Bytes, 0 to 255, as the file's type says (IDX, NumPy's `uint8`): usually brightness.
    Bytes,
    /// Whole numbers, from a file that does not say whether they are bytes.
    Whole,
    /// Any others.
    Real,
}

impl Inputs {
    /// The bytes' range: brightness is divided by it.
    pub const BYTE: f64 = 255.0;

    /// Of values as a file has them; `None` where there is none, or one that is not finite.
    ///
    /// For a file that names no type, [`InputKind::of`] finds the kind from the values.
    pub fn of(from: InputKind, values: &[f64], divided_by: f64) -> Option<Self> {
        let range = |(low, high): (f64, f64), v: f64| (low.min(v), high.max(v));
        let (lowest, highest) =
            values.iter().copied().fold((f64::INFINITY, f64::NEG_INFINITY), range);
        let is_finite = lowest <= highest && values.iter().all(|v| v.is_finite());
        is_finite.then_some(Self { from, lowest, highest, divided_by })
    }

    /// Divides values of the same kind, in place, each rounded once.
    pub fn apply(&self, values: &mut [f64]) {
        if self.divided_by != 1.0 {
            values.iter_mut().for_each(|v| *v /= self.divided_by);
        }
    }

    /// Is this a possible description of samples?
    pub(super) fn is_sound(&self) -> bool {
        let is_range =
            self.lowest <= self.highest && self.lowest.is_finite() && self.highest.is_finite();
        is_range && self.divided_by.is_finite() && self.divided_by > 0.0
    }
}

impl InputKind {
    /// Whole numbers, or not.
    ///
    /// ```
    /// use shallownet::pipeline::InputKind;
    /// assert_eq!(InputKind::of(&[3.0, -1.0]), InputKind::Whole);
    /// assert_eq!(InputKind::of(&[3.0, 0.5]), InputKind::Real);
    /// ```
    pub fn of(values: &[f64]) -> Self {
        if values.iter().all(|v| v.trunc() == *v) { Self::Whole } else { Self::Real }
    }

    /// `bytes`, `whole` or `real`, as model files say it.
    ///
    /// ```
    /// assert_eq!(shallownet::pipeline::InputKind::Bytes.name(), "bytes");
    /// ```
    pub fn name(self) -> &'static str {
        match self {
            Self::Bytes => "bytes",
            Self::Whole => "whole",
            Self::Real => "real",
        }
    }
}
