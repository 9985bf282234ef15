//! Element types of binary data files, and their bytes as numbers.

use crate::Scalar;
use crate::element::Element as _;

/// An element type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Bool,
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    U64,
    I64,
    F16,
    F32,
    F64,
}

/// An element type in one of the two byte orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Element {
    pub(super) kind: Kind,
    pub(super) big_endian: bool,
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::U8 => "u8",
            Self::I8 => "i8",
            Self::U16 => "u16",
            Self::I16 => "i16",
            Self::U32 => "u32",
            Self::I32 => "i32",
            Self::U64 => "u64",
            Self::I64 => "i64",
            Self::F16 => "f16",
            Self::F32 => "f32",
            Self::F64 => "f64",
        }
    }

    pub(super) fn bytes(self) -> usize {
        match self {
            Self::Bool | Self::U8 | Self::I8 => 1,
            Self::U16 | Self::I16 | Self::F16 => 2,
            Self::U32 | Self::I32 | Self::F32 => 4,
            Self::U64 | Self::I64 | Self::F64 => 8,
        }
    }

    pub(super) fn is_float(self) -> bool {
        matches!(self, Self::F16 | Self::F32 | Self::F64)
    }

    /// What a label of this type must be. Every float from 2 to the number of its mantissa's bits on
    /// is a whole number, and may have been another one before it was rounded to a float.
    pub(super) fn whole(self) -> (f64, &'static str) {
        match self {
            Self::F16 => (2_f64.powi(11), "a whole number below 2^11 in size, for labels"),
            Self::F32 => (2_f64.powi(24), "a whole number below 2^24 in size, for labels"),
            Self::F64 => (2_f64.powi(53), "a whole number below 2^53 in size, for labels"),
            _ => (2_f64.powi(63), "less than 2^63"),
        }
    }
}

impl Element {
    /// Appends whole elements as `T`, rounded to nearest.
    pub(super) fn append<T: Scalar>(self, bytes: &[u8], out: &mut Vec<T>) {
        match self.kind {
            Kind::Bool => out.extend(bytes.iter().map(|&b| T::from_f64(f64::from(b != 0)))),
            Kind::U8 => out.extend(bytes.iter().map(|&b| T::from_f64(f64::from(b)))),
            Kind::I8 => {
                out.extend(bytes.iter().map(|&b| T::from_f64(f64::from(b.cast_signed()))));
            }
            Kind::U16 => self.each(bytes, out, |b| T::from_f64(u16::from_le_bytes(b).into())),
            Kind::I16 => self.each(bytes, out, |b| T::from_f64(i16::from_le_bytes(b).into())),
            Kind::U32 => self.each(bytes, out, |b| T::from_f64(u32::from_le_bytes(b).into())),
            Kind::I32 => self.each(bytes, out, |b| T::from_f64(i32::from_le_bytes(b).into())),
            Kind::U64 => self.each(bytes, out, |b| {
                let value = u64::from_le_bytes(b);
                rounded(value as f32, value as f64)
            }),
            Kind::I64 => self.each(bytes, out, |b| {
                let value = i64::from_le_bytes(b);
                rounded(value as f32, value as f64)
            }),
            Kind::F16 => self.each(bytes, out, |b| T::from_f64(half(u16::from_le_bytes(b)))),
            Kind::F32 => self.each(bytes, out, |b| T::from_f64(f32::from_le_bytes(b).into())),
            Kind::F64 => self.each(bytes, out, |b| T::from_f64(f64::from_le_bytes(b))),
        }
    }

    /// One element, for a message.
    pub(super) fn one(self, bytes: &[u8]) -> f64 {
        let mut value = Vec::new();
        self.append::<f64>(bytes, &mut value);
        value.first().copied().unwrap_or(f64::NAN)
    }

    /// Appends whole elements as whole numbers; `None` where one is none, or beyond what
    /// [`Kind::whole`] allows.
    pub(super) fn append_integers(self, bytes: &[u8], out: &mut Vec<Option<i64>>) {
        let whole = |v: i64| Some(v);
        let (limit, _) = self.kind.whole();
        let float = |v: f64| (v.abs() < limit && v.fract() == 0.0).then_some(v as i64);
        match self.kind {
            Kind::Bool => out.extend(bytes.iter().map(|&b| whole(i64::from(b != 0)))),
            Kind::U8 => out.extend(bytes.iter().map(|&b| whole(b.into()))),
            Kind::I8 => out.extend(bytes.iter().map(|&b| whole(b.cast_signed().into()))),
            Kind::U16 => self.each(bytes, out, |b| whole(u16::from_le_bytes(b).into())),
            Kind::I16 => self.each(bytes, out, |b| whole(i16::from_le_bytes(b).into())),
            Kind::U32 => self.each(bytes, out, |b| whole(u32::from_le_bytes(b).into())),
            Kind::I32 => self.each(bytes, out, |b| whole(i32::from_le_bytes(b).into())),
            Kind::U64 => self.each(bytes, out, |b| u64::from_le_bytes(b).try_into().ok()),
            Kind::I64 => self.each(bytes, out, |b| whole(i64::from_le_bytes(b))),
            Kind::F16 => self.each(bytes, out, |b| float(half(u16::from_le_bytes(b)))),
            Kind::F32 => self.each(bytes, out, |b| float(f32::from_le_bytes(b).into())),
            Kind::F64 => self.each(bytes, out, |b| float(f64::from_le_bytes(b))),
        }
    }

    fn each<T, const N: usize>(self, bytes: &[u8], out: &mut Vec<T>, value: impl Fn([u8; N]) -> T) {
        let (elements, _) = bytes.as_chunks::<N>();
        if self.big_endian {
            out.extend(elements.iter().map(|&b| {
                let mut b = b;
                b.reverse();
                value(b)
            }));
        } else {
            out.extend(elements.iter().map(|&b| value(b)));
        }
    }
}

/// A float of 16 bits: a sign, 5 bits of the exponent (15 more than it is) and 10 of the mantissa.
/// Exact, as every one of them is an f64.
fn half(bits: u16) -> f64 {
    let (exponent, mantissa) = ((bits >> 10) & 31, bits & 1023);
    let size = match (exponent, mantissa) {
        (0, _) => f64::from(mantissa) * 2_f64.powi(-24),
        (31, 0) => f64::INFINITY,
        (31, _) => f64::NAN,
        _ => f64::from(1024 + mantissa) * 2_f64.powi(i32::from(exponent) - 25),
    };
    if bits >> 15 == 0 { size } else { -size }
}

/// The one of the two that is a `T`: an integer beyond 2^53 that went to f32 by way of f64 would be
/// rounded twice.
fn rounded<T: Scalar>(narrow: f32, wide: f64) -> T {
    T::from_f64(if T::NAME == f32::NAME { narrow.into() } else { wide })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2^60 + 2^36 lies half way between two f32: with 1 more it is nearer to the upper one, which
    /// is lost on the way through f64, whose values are 256 apart there.
    #[test]
    fn integers_are_rounded_once() {
        for (value, up) in [((1_i64 << 60) + (1 << 36), 0), ((1 << 60) + (1 << 36) + 1, 1)] {
            let expected = f32::from_bits(((1_u64 << 60) as f32).to_bits() + up);
            let signed = Element { kind: Kind::I64, big_endian: false };
            let unsigned = Element { kind: Kind::U64, big_endian: true };
            let (mut narrow, mut wide) = (Vec::<f32>::new(), Vec::<f64>::new());
            signed.append(&value.to_le_bytes(), &mut narrow);
            unsigned.append(&value.to_be_bytes(), &mut narrow);
            signed.append(&(-value).to_le_bytes(), &mut narrow);
            assert_eq!(narrow, [expected, expected, -expected]);
            signed.append(&value.to_le_bytes(), &mut wide);
            assert_eq!(wide, [((1_i64 << 60) + (1 << 36)) as f64]);
        }
        let mut narrow = Vec::<f32>::new();
        for value in [(1_u64 << 24) + 1, (1 << 24) + 3, u64::MAX] {
            Element { kind: Kind::U64, big_endian: false }
                .append(&value.to_le_bytes(), &mut narrow);
        }
        assert_eq!(narrow, [16_777_216.0, 16_777_220.0, 18_446_744_073_709_551_616.0]);
    }

    /// Each of them, against somebody else's reading of the format.
    #[cfg(feature = "safetensors")]
    #[test]
    fn every_half_float_is_exact() {
        for bits in 0..=u16::MAX {
            let (ours, theirs) = (half(bits), half::f16::from_bits(bits).to_f64());
            assert!(ours.to_bits() == theirs.to_bits() || ours.is_nan() && theirs.is_nan());
        }
        let mut wide = Vec::<f64>::new();
        let little = Element { kind: Kind::F16, big_endian: false };
        little.append(&[0x00, 0x3c, 0x01, 0x00, 0xff, 0x7b], &mut wide);
        Element { big_endian: true, ..little }.append(&[0xc0, 0x00], &mut wide);
        assert_eq!(wide, [1.0, 2_f64.powi(-24), 65504.0, -2.0]);
    }

    #[test]
    fn floats_are_labels_while_each_whole_number_is_a_float() {
        let kinds = [(Kind::F16, 11), (Kind::F32, 24), (Kind::F64, 53)];
        for (kind, bits) in kinds {
            let most = 2_f64.powi(bits);
            let given = [3.0, -0.0, -2.0, 0.5, most - 1.0, most, -most, f64::NAN, f64::INFINITY];
            let bytes: Vec<u8> = given.iter().flat_map(|&v| bytes(kind, v)).collect();
            let mut labels = Vec::new();
            Element { kind, big_endian: false }.append_integers(&bytes, &mut labels);
            let last = most as i64 - 1;
            let whole = [Some(3), Some(0), Some(-2), None, Some(last), None, None, None, None];
            assert_eq!(labels, whole, "{kind:?}");
        }
    }

    /// A float of this type, little-endian; of the halves, those that the test needs.
    fn bytes(kind: Kind, value: f64) -> Vec<u8> {
        match kind {
            Kind::F16 => {
                let found = (0..=u16::MAX).find(|&bits| half(bits).to_bits() == value.to_bits());
                found.unwrap_or(0x7e00).to_le_bytes().to_vec()
            }
            Kind::F32 => (value as f32).to_le_bytes().to_vec(),
            _ => value.to_le_bytes().to_vec(),
        }
    }
}
