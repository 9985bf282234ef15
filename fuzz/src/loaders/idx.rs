//! `idx`: IDX files, plain and gzipped.
//!
//! Besides what holds of every file: f32 are f64 rounded; blocks hold what is loaded at once;
//! labels are the values of a file of whole numbers, one a sample, and bytes are 0 to 1; unscaled
//! they are 255 times that; values take what the memory limit allows, up to the byte.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use shallownet::io::idx::{self, Reader};

use super::samples::{agree, blocks_agree};
use super::{BASE, choice, load};

/// A byte becomes an f64, or a class on its way through an `Option<i64>`.
const MULTIPLE: usize = 64;

/// The target. The first byte: 1 gzip it, 2 and with zeros behind, 3 in two members, 4 and up the
/// block's size.
pub fn run(input: &[u8]) {
    let (flags, rest) = choice(input);
    let packed = match flags & 3 {
        1 => gzip(rest),
        2 => [&gzip(rest)[..], &[0; 600]].concat(),
        3 => [gzip(&rest[..rest.len() / 2]), gzip(&rest[rest.len() / 2..])].concat(),
        _ => rest.to_vec(),
    };
    let most = BASE + MULTIPLE * (packed.len() + unpacked(&packed));
    let narrow = load(&packed, most, idx::load::<f32>);
    let wide = load(&packed, most, idx::load::<f64>);
    agree(&narrow, &wide);
    let size = usize::from(flags / 4);
    let blocks = load(&packed, most, |path| idx::blocks::<f64>(path, size));
    match blocks {
        Some(blocks) => blocks_agree(&wide, blocks, size),
        None => assert!(size == 0 || wide.is_none()),
    }
    if let Some(wide) = &wide {
        let values = wide.columns().as_slice().to_vec();
        let needed = 8 * values.len() as u64;
        let with = |limit| {
            let columns = |path: &std::path::Path| {
                Reader::open(path)?.unscaled().memory_limit(limit).columns::<f64>()
            };
            load(&packed, most, columns)
        };
        assert!(with(needed - 1).is_none());
        let unscaled = with(needed).expect("what was loaded").into_vec();
        let mut same = unscaled.iter().zip(&values);
        assert!(same.all(|(&u, &v)| v == u || v == u / 255.0));
    }
    let labels = load(&packed, most, idx::load_labels);
    if let (Some(labels), Some(wide)) = (labels, wide) {
        assert_eq!((wide.features(), wide.samples()), (1, labels.len()));
        let values = wide.columns();
        let is_scaled = labels.iter().zip(values.as_slice()).all(|(l, v)| *v == *l as f64 / 255.0);
        let is_plain = labels.iter().zip(values.as_slice()).all(|(l, v)| *v == *l as f64);
        assert!(is_scaled || is_plain);
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(bytes).expect("into memory");
    packed.finish().expect("into memory")
}

/// How much comes out, up to the end or an error; at most what deflate can make of it.
fn unpacked(packed: &[u8]) -> usize {
    let mut reader = MultiGzDecoder::new(packed);
    let (mut buffer, mut length) = (vec![0; 1 << 16], 0);
    while let Ok(count @ 1..) = reader.read(&mut buffer) {
        length += count;
    }
    length
}
