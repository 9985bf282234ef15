//! The only rooms with `unsafe`: calls of C-style GEMMs over raw pointers, each behind a safe
//! function that checks every access against the slices it was given.

#[cfg(feature = "cblas")]
pub(crate) mod cblas;
pub(crate) mod matrixmultiply;

/// A matrix inside a slice: element (row, column) lies at row * row_stride + column *
/// column_stride.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Strided {
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    pub(crate) row_stride: usize,
    pub(crate) column_stride: usize,
}

impl Strided {
    /// Each column contiguous, columns `stride` apart.
    pub(crate) fn columns(rows: usize, columns: usize, stride: usize) -> Self {
        Self { rows, columns, row_stride: 1, column_stride: stride }
    }

    /// Each row contiguous and right behind the one before.
    pub(crate) fn rows(rows: usize, columns: usize) -> Self {
        Self { rows, columns, row_stride: columns, column_stride: 1 }
    }

    pub(crate) fn transposed(self) -> Self {
        Self {
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
        }
    }

    /// Elements a slice needs for every access to stay inside it; `None` if that overflows or the
    /// strides don't fit the C interface.
    pub(crate) fn extent(self) -> Option<usize> {
        if self.rows == 0 || self.columns == 0 {
            return Some(0);
        }
        let last = (self.rows - 1)
            .checked_mul(self.row_stride)?
            .checked_add((self.columns - 1).checked_mul(self.column_stride)?)?;
        isize::try_from(last).ok()?;
        last.checked_add(1)
    }

    /// No two elements share a place: columns of contiguous rows or the reverse.
    pub(crate) fn is_injective(self) -> bool {
        (self.row_stride == 1 && (self.column_stride >= self.rows || self.columns <= 1))
            || (self.column_stride == 1 && (self.row_stride >= self.columns || self.rows <= 1))
    }
}

/// C = alpha A B + beta C, the operands with their slices.
#[derive(Debug)]
pub struct Product<'a, T> {
    pub(crate) alpha: T,
    pub(crate) a: (&'a [T], Strided),
    pub(crate) b: (&'a [T], Strided),
    pub(crate) beta: T,
    pub(crate) c: (&'a mut [T], Strided),
}

impl<T> Product<'_, T> {
    /// Panics unless every access of the product stays inside its slice and C's elements are
    /// distinct. Always true for the engines' calls: a failure is a bug of this crate.
    #[track_caller]
    pub(crate) fn check(&self) {
        let ((a, la), (b, lb), (c, lc)) = (&self.a, &self.b, &self.c);
        assert!(la.columns == lb.rows && la.rows == lc.rows && lb.columns == lc.columns);
        assert!(la.extent().is_some_and(|needed| needed <= a.len()));
        assert!(lb.extent().is_some_and(|needed| needed <= b.len()));
        assert!(lc.extent().is_some_and(|needed| needed <= c.len()));
        assert!(lc.is_injective());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extent_is_one_past_the_last_element() {
        assert_eq!(Strided::columns(3, 4, 5).extent(), Some(2 + 15 + 1));
        assert_eq!(Strided::rows(3, 4).extent(), Some(12));
        assert_eq!(Strided::rows(0, 4).extent(), Some(0));
        assert_eq!(Strided::columns(1, usize::MAX, 2).extent(), None);
        assert_eq!(Strided::columns(3, 4, 5).transposed().extent(), Some(18));
    }

    #[test]
    #[should_panic(expected = "assertion failed")]
    fn a_short_slice_is_refused() {
        let (a, b, mut c) = ([0.0_f32; 5], [0.0; 6], [0.0; 4]);
        Product {
            alpha: 1.0,
            a: (&a, Strided::rows(2, 3)),
            b: (&b, Strided::rows(3, 2)),
            beta: 0.0,
            c: (&mut c, Strided::rows(2, 2)),
        }
        .check();
    }
}
