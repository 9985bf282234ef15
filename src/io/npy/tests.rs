use std::io::Write;

use super::*;

fn fixture(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

/// A file of version 1.0 with this header.
fn file(header: &str, data: &[u8]) -> Vec<u8> {
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    bytes
}

fn write(bytes: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    file
}

fn read(bytes: &[u8]) -> Result<OwnedColumns<f32>, String> {
    let file = write(bytes);
    let name = format!("{}: ", file.path().display());
    load(file.path()).map_err(|e| e.to_string().strip_prefix(&name).unwrap().to_owned())
}

#[test]
fn numpys_own_archives_are_read_in_every_type_and_order() {
    for name in ["numpy.npz", "numpy_compressed.npz"] {
        let mut archive = npz::Archive::open(&fixture(name)).unwrap();
        let names: Vec<String> = archive.names().into_iter().map(str::to_owned).collect();
        assert_eq!(names.len(), 42);
        assert_eq!(archive.labels("y").unwrap(), [7, 0, 9]);
        assert_eq!(archive.columns::<f64>("line").unwrap().into_vec(), [0.5, -1.5]);
        for name in names.iter().filter(|name| name.ends_with(['C', 'F'])) {
            let x = archive.columns::<f32>(name).unwrap();
            assert_eq!(x.features(), 2, "{name}");
            assert_eq!(x.into_vec(), [0.0, 1.0, 2.0, 3.0, 100.0, 5.0], "{name}");
        }
        let message = archive.labels("z").unwrap_err().to_string();
        assert!(message.contains(".npz: z: no array is named \"z\" (there are: y, line, "));
        let message = archive.labels("little_f4_C").unwrap_err().to_string();
        assert!(message.ends_with("an array of shape 3 x 2: expected (samples), one label each"));
    }
    let x = load::<f64>(&fixture("numpy.npy")).unwrap();
    assert_eq!(x.into_vec(), [0.0, 0.125, 0.25, 0.375, 12.5, 0.625]);
    let blocks = blocks::<f64>(&fixture("numpy.npy"), 1).unwrap_err().to_string();
    assert!(blocks.contains("Fortran order"), "{blocks}");
}

#[test]
fn tall_fortran_arrays_are_turned() {
    let (m, n) = (67, 45);
    let data: Vec<u8> = (0..m * n).flat_map(|i| (i as f32).to_le_bytes()).collect();
    let header = format!("{{'descr': '<f4', 'fortran_order': True, 'shape': ({m}, {n}), }}\n");
    let x = read(&file(&header, &data)).unwrap();
    for (i, column) in (0..m).map(|i| (i, x.columns().column(i).unwrap())) {
        assert!((0..n).all(|j| column[j] == (j * m + i) as f32));
    }
}

#[test]
fn what_is_written_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npy");
    let values = [0.1, -0.0, 1e300, f64::MIN_POSITIVE / 2.0];
    save(&path, Columns::new(&values, 2).unwrap()).unwrap();
    let bits = |v: &[f64]| v.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(&load::<f64>(&path).unwrap().into_vec()), bits(&values));
    assert_eq!(std::fs::read(&path).unwrap().len(), 128 + 32);
    let narrow = load::<f32>(&path).unwrap_err().to_string();
    assert!(narrow.contains("byte 144: value 2 is 1"), "{narrow}");
    assert!(narrow.ends_with(": expected a finite f32"), "{narrow}");
    save_labels(&path, &[i64::MIN, 0, i64::MAX]).unwrap();
    assert_eq!(load_labels(&path).unwrap(), [i64::MIN, 0, i64::MAX]);
}

#[test]
fn headers_that_lie_are_named_by_offset() {
    let two = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }";
    let with = |from: &str, to: &str| {
        assert!(two.contains(from));
        file(&two.replacen(from, to, 1), &[0; 8])
    };
    let cases = [
        (b"\x93NUMPY\x04\x00".to_vec(), "byte 6: version 4.0: expected 1.0, 2.0 or 3.0"),
        (b"\x93NUMPY\x02\x00\xff\xff\xff\xff".to_vec(), "byte 8: a header of 4294967295 bytes"),
        (b"\x93NUMPY\x01\x00\xff\xff{".to_vec(), "byte 8: a header of 65535 bytes"),
        (with("<f4", "<c8"), "values of type '<c8': expected a float of 2, 4 or 8 bytes"),
        (with("'<f4'", "[('a', '<f4')]"), "values of type a structured type: expected"),
        (with("<f4", "|O"), "values of type '|O'"),
        (with("False", "0"), "byte 44: \"0, \\'shape\\'"),
        (with("(2,)", "(3,)"), "byte 67: the header promises 3 values of f32: there is no room"),
        (with("(2,)", "(1,)"), "byte 71: the data its header promises ends here"),
        (with("(2,)", "()"), "an array of shape () (a single value): expected (samples, features)"),
        (with("(2,)", "(0, 4)"), "an array of shape 0 x 4: expected at least one sample"),
        (with("(2,)", "(-2,)"), "byte 61: \"-2,), }\": expected a size from 0"),
        (with("(2,)", "(18446744073709551616,)"), "byte 61: \"18446744073709551616,)"),
        (with("(2,)", "(18446744073709551615, 9)"), "byte 88: the header promises 1844674407"),
        (with("(2,)", "(4611686018427387904, 4)"), "byte 87: the header promises 46116860184"),
        (with("'shape'", "'descr'"), "byte 60: \"(2,), }\": expected a type in quotes"),
        (with("'descr': '<f4', ", ""), "byte 51: the header ends: expected all of 'descr'"),
        (with("}", "'shape': (2,)}"), "byte 66: \"\\'shape\\': (2,)}\": expected each key once"),
        (with("}", "'x': 1}"), "byte 66: \"\\'x\\': 1}\": expected one of 'descr'"),
        (with("}", "} x"), "byte 68: \"x\": expected spaces up to the data"),
        (file(&"[".repeat(60_000), &[]), "byte 10: \"[[[[[[[[[[[[[[[[[[[[[[[[\": expected '{'"),
        (file(&format!("{{{}", "(".repeat(60_000)), &[]), "byte 11: \"(((((((((((((((((((((((("),
    ];
    assert!(read(&file(two, &[0; 8])).is_ok());
    for (bytes, expected) in cases {
        let message = read(&bytes).unwrap_err();
        assert!(message.starts_with(expected), "{message}\n  expected: {expected}");
    }
}

#[test]
fn bytes_are_told_from_other_types() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npy");
    for (descr, expected) in [("|u1", true), ("|b1", false), ("|i1", false)] {
        let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': (2,), }}");
        std::fs::write(&path, file(&header, &[0, 2])).unwrap();
        assert_eq!(holds_bytes(&path).unwrap(), expected, "{descr}");
        // True is 1, whatever the byte that stands for it.
        let value = if descr == "|b1" { 1.0 } else { 2.0 };
        assert_eq!(load::<f64>(&path).unwrap().into_vec(), [0.0, value]);
    }
}

/// 65 KB that hold 64 MB of zeros: no lie, and 512 MB as f64, twice that while they are turned.
#[test]
fn small_archives_of_much_are_refused_unless_they_are_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bomb.npz");
    let count: u32 = 1 << 20;
    let archive = |order: &str, count: u32| {
        let header =
            format!("{{'descr': '|u1', 'fortran_order': {order}, 'shape': ({count}, 64), }}");
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file("x.npy", options).unwrap();
        zip.write_all(&file(&header, &vec![0; count as usize * 64])).unwrap();
        let bytes = zip.finish().unwrap().into_inner();
        std::fs::write(&path, &bytes).unwrap();
        (npz::Archive::open(&path).unwrap(), bytes.len() as u64)
    };
    for (order, copies) in [("False", 1), ("True", 2)] {
        let (mut bomb, length) = archive(order, count);
        assert!(length < 70_000, "{length}");
        assert!(bomb.holds_bytes("x").unwrap());
        let needed = u64::from(count) * 64 * 8 * copies;
        let limit = (64 * length).max(1 << 28);
        let error = bomb.columns::<f64>("x").unwrap_err();
        let expected = format!(
            "bomb.npz: x: its values would take {needed} bytes of memory: the limit is {limit}"
        );
        assert!(error.to_string().ends_with(&expected), "{error}\n  expected: {expected}");
    }
    // Up to the byte; as f32 it is half as much; labels take 8 bytes each.
    let needed = 1024 * 64 * 8 * 2;
    let (bomb, _) = archive("True", 1024);
    assert!(bomb.memory_limit(needed - 1).columns::<f64>("x").is_err());
    let (bomb, _) = archive("True", 1024);
    assert_eq!(bomb.memory_limit(needed).columns::<f64>("x").unwrap().samples(), 1024);
    let (bomb, _) = archive("True", 1024);
    assert_eq!(bomb.memory_limit(needed / 2).columns::<f32>("x").unwrap().samples(), 1024);
    npz::save(&path, &[("y", npz::Array::Labels(&[1, 2, 3]))]).unwrap();
    let archive = |limit| npz::Archive::open(&path).unwrap().memory_limit(limit).labels("y");
    assert!(archive(24).is_ok() && archive(23).is_err());
}

/// Texts, too: 1 MB of them in some kilobytes, as they are and once more as names.
#[test]
fn texts_of_small_archives_are_bounded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("y.npz");
    let header = "{'descr': '<U4096', 'fortran_order': False, 'shape': (64,), }";
    let data: Vec<u8> = (0..64_u32).flat_map(|i| (97 + i).to_le_bytes().repeat(4096)).collect();
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file("y.npy", zip::write::SimpleFileOptions::default()).unwrap();
    zip.write_all(&file(header, &data)).unwrap();
    let bytes = zip.finish().unwrap().into_inner();
    assert!(bytes.len() < 20_000);
    std::fs::write(&path, bytes).unwrap();
    let classes = |limit| npz::Archive::open(&path).unwrap().memory_limit(limit).classes("y");
    assert_eq!(classes(2 << 20).unwrap().names.len(), 64);
    assert!(classes((2 << 20) - 1).unwrap_err().to_string().ends_with("the limit is 2097151"));

    // Labels that are all different: each a class, which takes more than its 8 bytes.
    let labels: Vec<i64> = (0..100).collect();
    npz::save(&path, &[("y", npz::Array::Labels(&labels))]).unwrap();
    assert_eq!(classes(25_600).unwrap().of_row[99], 99);
    let message = classes(25_599).unwrap_err().to_string();
    assert!(message.ends_with("25600 bytes of memory: the limit is 25599"), "{message}");
}

#[test]
fn archives_that_lie_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npz");
    let zeros = vec![0.0_f32; 1 << 20];
    let x = npz::Array::F32(Columns::new(&zeros, 1).unwrap());
    npz::save(&path, &[("x", x), ("y", npz::Array::Labels(&[1]))]).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    // Four megabytes of zeros in four kilobytes are no lie.
    assert!(bytes.len() < 8192);
    assert_eq!(npz::Archive::open(&path).unwrap().columns::<f32>("x").unwrap().samples(), 1 << 20);

    let directory = bytes.windows(4).position(|w| w == b"PK\x01\x02").unwrap();
    let changed = |at: usize, to: &[u8]| {
        let mut bytes = bytes.clone();
        bytes[at..at + to.len()].copy_from_slice(to);
        std::fs::write(&path, bytes).unwrap();
        let read = npz::Archive::open(&path).and_then(|mut archive| archive.columns::<f32>("x"));
        let message = read.unwrap_err().to_string();
        assert!(message.contains("a.npz: ") && !message.contains('\n'), "{message}");
        message
    };
    // The size it says it unpacks to: too much for deflate; more than comes; less than comes.
    let bomb = changed(directory + 24, &0x7fff_ffff_u32.to_le_bytes());
    assert!(bomb.contains("bytes that are said to unpack to 2147483647"), "{bomb}");
    changed(directory + 24, &100_u32.to_le_bytes());
    // The check sum; the name, the same as the other's.
    let sum = changed(directory + 16, &[1, 2, 3, 4]);
    assert!(sum.to_lowercase().contains("checksum"), "{sum}");
    let second =
        directory + bytes[directory + 4..].windows(4).position(|w| w == b"PK\x01\x02").unwrap() + 4;
    let twice = changed(second + 46, b"x");
    assert!(twice.contains("the name \"x.npy\" stands twice in the archive"), "{twice}");

    // An entry `y` beside `y.npy`: both are the array `y`.
    let short = {
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for name in ["x", "y.npy", "y"] {
            zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        }
        zip.finish().unwrap().into_inner()
    };
    std::fs::write(&path, short).unwrap();
    let both = npz::Archive::open(&path).unwrap_err();
    assert!(matches!(&both.problem, DataProblem::Ambiguous { name } if name == "y"), "{both}");

    let refused = npz::save(&path, &[("x", x), ("x", x)]).unwrap_err().to_string();
    assert!(refused.ends_with("the name \"x\" stands twice in the archive"), "{refused}");
}
