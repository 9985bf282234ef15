//! `npy`: NumPy's `.npy` files.
//!
//! Besides what holds of every file: f32 are f64 rounded; blocks hold what is loaded at once, where
//! the order is C's; labels are the values of whole numbers, and each number is a class; what is
//! loaded, saved and loaded again is the same.

use shallownet::io::npy;

use super::samples::{agree, blocks_agree};
use super::{BASE, choice, cut, load, path};
use crate::bits::bits;

/// A byte becomes an f64, twice where the order is Fortran's, or a label.
pub(super) const MULTIPLE: usize = 64;

/// The target. The first byte: 1 frame it, 2 as version 2, 4 and up the block's size.
pub fn run(input: &[u8]) {
    let (flags, rest) = choice(input);
    let bytes = if flags & 1 == 0 { rest.to_vec() } else { framed(rest, flags & 2 != 0) };
    let most = BASE + MULTIPLE * bytes.len();
    let narrow = load(&bytes, most, npy::load::<f32>);
    let wide = load(&bytes, most, npy::load::<f64>);
    agree(&narrow, &wide);
    let size = usize::from(flags / 4);
    if let Some(blocks) = load(&bytes, most, |path| npy::blocks::<f64>(path, size)) {
        blocks_agree(&wide, blocks, size);
    }
    let labels = load(&bytes, most, npy::load_labels);
    if let (Some(labels), Some(wide)) = (&labels, &wide) {
        let values: Vec<f64> = labels.iter().map(|l| *l as f64).collect();
        assert_eq!((wide.features(), wide.columns().as_slice()), (1, &values[..]));
    }
    let classes = load(&bytes, most, npy::load_classes);
    if let Some(classes) = &classes {
        assert_eq!(classes.names.len(), classes.first_row.len());
        for (class, &row) in classes.first_row.iter().enumerate() {
            assert_eq!(classes.of_row.iter().position(|&of| of == class), Some(row));
        }
    }
    if let Some(labels) = &labels {
        let classes = classes.as_ref().expect("labels are classes");
        let names = classes.of_row.iter().map(|&class| classes.names[class].parse());
        assert_eq!(names.collect::<Result<Vec<i64>, _>>().as_ref(), Ok(labels));
    }
    let copy = path("copy.npy");
    if let Some(x) = wide {
        npy::save(&copy, x.columns()).expect("a file to write");
        let again = npy::load::<f64>(&copy).expect("what was written");
        assert_eq!(again.features(), x.features());
        assert_eq!(bits(again.columns().as_slice()), bits(x.columns().as_slice()));
    }
    if let Some(labels) = labels {
        npy::save_labels(&copy, &labels).expect("a file to write");
        assert_eq!(npy::load_labels(&copy).expect("what was written"), labels);
    }
}

/// The text up to the first line's end is the header, and the rest is the data.
pub(super) fn framed(input: &[u8], is_version_2: bool) -> Vec<u8> {
    let (text, data) = cut(input, b'\n');
    let length = text.len() as u32 + 1;
    let mut bytes = b"\x93NUMPY".to_vec();
    if is_version_2 {
        bytes.extend([2, 0]);
        bytes.extend(length.to_le_bytes());
    } else {
        bytes.extend([1, 0]);
        bytes.extend((length as u16).to_le_bytes());
    }
    bytes.extend(text);
    bytes.push(b'\n');
    bytes.extend(data);
    bytes
}
