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
            Self::F32 => "f32",
            Self::F64 => "f64",
        }
    }

    pub(super) fn bytes(self) -> usize {
        match self {
            Self::Bool | Self::U8 | Self::I8 => 1,
            Self::U16 | Self::I16 => 2,
            Self::U32 | Self::I32 | Self::F32 => 4,
            Self::U64 | Self::I64 | Self::F64 => 8,
        }
    }

    pub(super) fn is_float(self) -> bool {
        matches!(self, Self::F32 | Self::F64)
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
            Kind::F32 => self.each(bytes, out, |b| T::from_f64(f32::from_le_bytes(b).into())),
            Kind::F64 => self.each(bytes, out, |b| T::from_f64(f64::from_le_bytes(b))),
        }
    }

    /// Appends whole elements of an integer type; `None` where one is beyond i64.
    pub(super) fn append_integers(self, bytes: &[u8], out: &mut Vec<Option<i64>>) {
        let whole = |v: i64| Some(v);
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
            // Not an integer type, so no labels.
            Kind::F32 | Kind::F64 => {
                out.extend(bytes.chunks_exact(self.kind.bytes()).map(|_| None))
            }
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
}
