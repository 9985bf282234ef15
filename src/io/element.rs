//! Element types of binary data files, and their bytes as numbers.

use crate::Scalar;

/// An element type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
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
            Self::U8 | Self::I8 => 1,
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
            Kind::U8 => out.extend(bytes.iter().map(|&b| T::from_f64(f64::from(b)))),
            Kind::I8 => {
                out.extend(bytes.iter().map(|&b| T::from_f64(f64::from(b.cast_signed()))));
            }
            Kind::U16 => self.each(bytes, out, |b| T::from_f64(u16::from_le_bytes(b).into())),
            Kind::I16 => self.each(bytes, out, |b| T::from_f64(i16::from_le_bytes(b).into())),
            Kind::U32 => self.each(bytes, out, |b| T::from_f64(u32::from_le_bytes(b).into())),
            Kind::I32 => self.each(bytes, out, |b| T::from_f64(i32::from_le_bytes(b).into())),
            Kind::U64 => self.each(bytes, out, |b| T::from_f64(u64::from_le_bytes(b) as f64)),
            Kind::I64 => self.each(bytes, out, |b| T::from_f64(i64::from_le_bytes(b) as f64)),
            Kind::F32 => self.each(bytes, out, |b| T::from_f64(f32::from_le_bytes(b).into())),
            Kind::F64 => self.each(bytes, out, |b| T::from_f64(f64::from_le_bytes(b))),
        }
    }

    /// Appends whole elements of an integer type; `None` where one is beyond i64.
    pub(super) fn append_integers(self, bytes: &[u8], out: &mut Vec<Option<i64>>) {
        let whole = |v: i64| Some(v);
        match self.kind {
            Kind::U8 => out.extend(bytes.iter().map(|&b| whole(b.into()))),
            Kind::I8 => out.extend(bytes.iter().map(|&b| whole(b.cast_signed().into()))),
            Kind::U16 => self.each(bytes, out, |b| whole(u16::from_le_bytes(b).into())),
            Kind::I16 => self.each(bytes, out, |b| whole(i16::from_le_bytes(b).into())),
            Kind::U32 => self.each(bytes, out, |b| whole(u32::from_le_bytes(b).into())),
            Kind::I32 => self.each(bytes, out, |b| whole(i32::from_le_bytes(b).into())),
            Kind::U64 => self.each(bytes, out, |b| u64::from_le_bytes(b).try_into().ok()),
            Kind::I64 => self.each(bytes, out, |b| whole(i64::from_le_bytes(b))),
            // No integer type: nothing that could be a label.
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
