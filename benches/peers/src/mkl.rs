//! Intel MKL: its matrix products and vector functions, loaded from its shared library.

use std::ffi::{c_char, c_int};

use ndarray::{Array1, Array2};

use crate::foreign::{function, load};
use crate::products::Products;

/// CBLAS: rows after rows; as it is; transposed.
const ROWS: c_int = 101;
const PLAIN: c_int = 111;
const TURNED: c_int = 112;
/// Vector functions within 4 units in the last place, as others' are.
const VML_LA: u32 = 1;

type Gemm<T> = unsafe extern "C" fn(
    c_int,
    c_int,
    c_int,
    c_int,
    c_int,
    c_int,
    T,
    *const T,
    c_int,
    *const T,
    c_int,
    T,
    *mut T,
    c_int,
);
type Gemv<T> = unsafe extern "C" fn(
    c_int,
    c_int,
    c_int,
    c_int,
    T,
    *const T,
    c_int,
    *const T,
    c_int,
    T,
    *mut T,
    c_int,
);
type Function<T> = unsafe extern "C" fn(c_int, *const T, *mut T);

pub struct Mkl<T> {
    gemm: Gemm<T>,
    gemv: Gemv<T>,
    tanh: Function<T>,
    exp: Function<T>,
}

/// f32 or f64, by the letters that begin the names of its functions.
pub trait Letter: 'static {
    const BLAS: char;
    const ONE: Self;
}

impl Letter for f32 {
    const BLAS: char = 's';
    const ONE: Self = 1.0;
}

impl Letter for f64 {
    const BLAS: char = 'd';
    const ONE: Self = 1.0;
}

const FILE: &str = "libmkl_rt.so.3";

pub fn version() -> String {
    let mut text = [0_u8; 200];
    let Ok(library) = load(FILE) else { return "?".to_owned() };
    // SAFETY: the type that MKL's header declares.
    let say = unsafe {
        function::<unsafe extern "C" fn(*mut c_char, c_int)>(library, "mkl_get_version_string")
    };
    let Ok(say) = say else { return "?".to_owned() };
    // SAFETY: it writes no more than it is told.
    unsafe { say(text.as_mut_ptr().cast(), text.len() as c_int) };
    let text = String::from_utf8_lossy(&text);
    let words: Vec<&str> = text.split_whitespace().collect();
    // "... Version 2026.0.2-Product Build ..."
    let after = words.iter().position(|&word| word == "Version").map_or(0, |at| at + 1);
    words.get(after).map_or("?", |word| word.trim_end_matches("-Product")).to_owned()
}

impl<T: Letter> Mkl<T> {
    pub fn load() -> Result<Self, String> {
        let library = load(FILE)?;
        let letter = T::BLAS;
        // SAFETY: the types that MKL's headers declare (its plain interface has 32-bit integers).
        unsafe {
            let set: unsafe extern "C" fn(u32) -> u32 = function(library, "vmlSetMode")?;
            set(VML_LA);
            Ok(Self {
                gemm: function(library, &format!("cblas_{letter}gemm"))?,
                gemv: function(library, &format!("cblas_{letter}gemv"))?,
                tanh: function(library, &format!("v{letter}Tanh"))?,
                exp: function(library, &format!("v{letter}Exp"))?,
            })
        }
    }
}

fn int(value: usize) -> c_int {
    c_int::try_from(value).expect("a size that MKL can hold")
}

impl<T: Letter + Copy> Products<T> for Mkl<T> {
    fn multiply(
        &self,
        alpha: T,
        (a, a_turned): (&Array2<T>, bool),
        (b, b_turned): (&Array2<T>, bool),
        beta: T,
        c: &mut Array2<T>,
    ) {
        let (rows, inner) = if a_turned { (a.ncols(), a.nrows()) } else { a.dim() };
        let (depth, columns) = if b_turned { (b.ncols(), b.nrows()) } else { b.dim() };
        assert!(inner == depth && c.dim() == (rows, columns), "sizes that fit");
        assert!(a.is_standard_layout() && b.is_standard_layout() && c.is_standard_layout());
        let how = |turned| if turned { TURNED } else { PLAIN };
        // SAFETY: three matrices in rows, of the sizes given.
        unsafe {
            (self.gemm)(
                ROWS,
                how(a_turned),
                how(b_turned),
                int(rows),
                int(columns),
                int(inner),
                alpha,
                a.as_ptr(),
                int(a.ncols()),
                b.as_ptr(),
                int(b.ncols()),
                beta,
                c.as_mut_ptr(),
                int(columns),
            );
        }
    }

    fn multiply_vector(&self, a: &Array2<T>, x: &Array1<T>, y: &mut Array1<T>) {
        assert!(a.dim() == (y.len(), x.len()) && a.is_standard_layout(), "sizes that fit");
        let (rows, columns) = (int(a.nrows()), int(a.ncols()));
        let (one, y) = (T::ONE, y.as_mut_ptr());
        // SAFETY: a matrix in rows and two vectors, of the sizes given.
        unsafe {
            let (a, x) = (a.as_ptr(), x.as_ptr());
            (self.gemv)(ROWS, PLAIN, rows, columns, one, a, columns, x, 1, one, y, 1);
        }
    }

    fn tanh(&self, z: &mut [T]) {
        // SAFETY: as many values as given; in place is allowed.
        unsafe { (self.tanh)(int(z.len()), z.as_ptr(), z.as_mut_ptr()) };
    }

    fn exp(&self, z: &mut [T]) {
        // SAFETY: as above.
        unsafe { (self.exp)(int(z.len()), z.as_ptr(), z.as_mut_ptr()) };
    }
}
