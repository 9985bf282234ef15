//! `npz`: NumPy's archives.
//!
//! Besides what holds of every file: names are different; values take what the memory limit allows;
//! each array that loads, loads as f32 rounded from f64; and an archive saved of them gives them
//! back.

use std::io::{Cursor, Read, Write};

use arbitrary::{Result, Unstructured};
use shallownet::Columns;
use shallownet::io::npy::npz::{self, Archive, Array};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::npy::{MULTIPLE, framed};
use super::samples::agree;
use super::{BASE, choice, load, path};
use crate::bits::bits;

/// An entry of the directory takes 46 bytes and its name, and some tables' rows.
const DIRECTORY: usize = 64;

/// The target. The first byte: 1 make an archive of it.
pub fn run(input: &[u8]) {
    let (flags, rest) = choice(input);
    let bytes = match flags & 1 {
        1 => archive(&mut Unstructured::new(rest)).unwrap_or_default(),
        _ => rest.to_vec(),
    };
    let most = BASE + DIRECTORY * bytes.len() + MULTIPLE * unpacked(&bytes);
    let open = || load(&bytes, most, Archive::open);
    let Some(archive) = open() else { return };
    let names: Vec<String> = archive.names().into_iter().map(str::to_owned).collect();
    let different: std::collections::HashSet<&String> = names.iter().collect();
    assert_eq!(different.len(), names.len());
    let mut found = Vec::new();
    for name in names.iter().take(8) {
        let one = |path: &std::path::Path| Archive::open(path)?.columns::<f32>(name);
        let narrow = load(&bytes, most, one);
        let wide = load(&bytes, most, |path| Archive::open(path)?.columns::<f64>(name));
        agree(&narrow, &wide);
        if let Some(wide) = &wide {
            // Twice where the array is in Fortran order.
            let needed = 8 * wide.columns().as_slice().len() as u64;
            let with = |limit| {
                let one = |path: &std::path::Path| {
                    Archive::open(path)?.memory_limit(limit).columns::<f64>(name)
                };
                load(&bytes, most, one)
            };
            assert!(with(needed - 1).is_none() && with(2 * needed).is_some());
        }
        let labels = load(&bytes, most, |path| Archive::open(path)?.labels(name));
        if let (Some(labels), Some(wide)) = (labels, &wide) {
            assert_eq!((wide.features(), wide.samples()), (1, labels.len()));
        }
        found.extend(wide.map(|x| (name.clone(), x)));
    }
    let absent = load(&bytes, most, |path| Archive::open(path)?.labels("no such name").map(drop));
    assert!(absent.is_none() || names.iter().any(|name| name == "no such name"));
    // A name with `.npy` in it once more is another's after it is written.
    if found.iter().all(|(name, _)| !name.ends_with(".npy")) {
        saved(&found);
    }
}

fn saved(arrays: &[(String, shallownet::OwnedColumns<f64>)]) {
    let mut views: Vec<(&str, Array<'_>)> = Vec::new();
    for (name, x) in arrays {
        if !views.iter().any(|(there, _)| there == name) {
            views.push((name, Array::F64(x.columns())));
        }
    }
    let copy = path("copy.npz");
    // Names may be such as no archive takes.
    if npz::save(&copy, &views).is_err() {
        return;
    }
    let Ok(mut archive) = Archive::open(&copy) else { return };
    for (name, view) in views {
        let Array::F64(x) = view else { continue };
        let again = archive.columns::<f64>(name).expect("what was written");
        let again: Columns<'_, f64> = again.columns();
        assert_eq!((again.features(), bits(again.as_slice())), (x.features(), bits(x.as_slice())));
    }
}

/// Entries of framed arrays, stored or deflated.
fn archive(u: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for _ in 0..1 + u.arbitrary::<u8>()? % 4 {
        let flags = u.arbitrary::<u8>()?;
        let length = usize::from(u.arbitrary::<u8>()?) % 12;
        let name = String::from_utf8_lossy(u.bytes(length.min(u.len()))?).into_owned();
        let length = usize::from(u.arbitrary::<u16>()?);
        let input = u.bytes(length.min(u.len()))?;
        let contents = if flags & 1 == 0 { framed(input, false) } else { input.to_vec() };
        let method = [CompressionMethod::Deflated, CompressionMethod::Stored];
        let method = method[usize::from(flags / 2 % 2)];
        let options = SimpleFileOptions::default().compression_method(method);
        let name = if flags & 4 == 0 { format!("{name}.npy") } else { name };
        if zip.start_file(name, options).is_ok() {
            zip.write_all(&contents).expect("into memory");
        }
    }
    Ok(zip.finish().map(Cursor::into_inner).unwrap_or_default())
}

/// What comes out of all entries together.
fn unpacked(bytes: &[u8]) -> usize {
    let Ok(mut zip) = ZipArchive::new(Cursor::new(bytes)) else { return 0 };
    let (mut buffer, mut length) = (vec![0; 1 << 16], 0);
    for index in 0..zip.len().min(8) {
        let Ok(mut entry) = zip.by_index(index) else { continue };
        while let Ok(count @ 1..) = entry.read(&mut buffer) {
            length += count;
        }
    }
    length
}
