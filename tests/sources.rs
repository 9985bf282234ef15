//! Promise: files of samples and targets are sources, whose values are those of the loaders; whatever is
//! wrong with them is named by file and sample, also where a file is cut off while it is read; and files
//! several times as large as the memory of a process are trained on.

use std::fs;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use shallownet::io::source::FileSource;
use shallownet::io::{idx, npy};
use shallownet::source::{Source, SourceData, SourceTrainer};
use shallownet::{Activation, Columns, DataSet, Loss, Network, Optimizer, Scalar, Training};

/// A file of NumPy's with this type, shape and data.
fn write_npy(path: &Path, descr: &str, shape: &str, order: &str, data: &[u8]) {
    let text = format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}");
    let total = (10 + text.len() + 1).next_multiple_of(64);
    let mut bytes = b"\x93NUMPY\x01\0".to_vec();
    bytes.extend(((total - 10) as u16).to_le_bytes());
    bytes.extend(text.bytes());
    bytes.resize(total - 1, b' ');
    bytes.push(b'\n');
    bytes.extend(data);
    fs::write(path, bytes).unwrap();
}

fn write_idx(path: &Path, kind: u8, shape: &[u32], data: &[u8]) {
    let mut bytes = vec![0, 0, kind, shape.len() as u8];
    shape.iter().for_each(|n| bytes.extend(n.to_be_bytes()));
    bytes.extend(data);
    fs::write(path, bytes).unwrap();
}

struct Files {
    _folder: tempfile::TempDir,
    x: PathBuf,
    y: PathBuf,
}

fn files() -> Files {
    let folder = tempfile::tempdir().unwrap();
    let (x, y) = (folder.path().join("x"), folder.path().join("y"));
    Files { _folder: folder, x, y }
}

fn all<T: Scalar>(source: &mut FileSource<T>, block: usize) -> (Vec<T>, Vec<T>) {
    let (m, n_x, n_y) = (source.samples(), source.features(), source.targets());
    let (mut x, mut y) = (vec![T::ZERO; m * n_x], vec![T::ZERO; m * n_y]);
    // From the last block to the first.
    for start in (0..m).step_by(block).rev() {
        let end = m.min(start + block);
        let (x, y) = (&mut x[start * n_x..end * n_x], &mut y[start * n_y..end * n_y]);
        source.read(start..end, x, y).unwrap();
    }
    (x, y)
}

fn values_are_the_loaders<T: Scalar>() {
    let Files { x, y, _folder } = files();
    let m = 3001;
    let number = |i: usize| ((i * 7919 + 5) % 251) as u8;
    let of =
        |f: &dyn Fn(u8) -> Vec<u8>| -> Vec<u8> { (0..m * 6).flat_map(|i| f(number(i))).collect() };
    let types: [(&str, Vec<u8>); 8] = [
        ("|u1", of(&|v| vec![v])),
        ("|b1", of(&|v| vec![v & 1])),
        ("<i2", of(&|v| (i16::from(v) - 100).to_le_bytes().to_vec())),
        (">i8", of(&|v| (i64::from(v) << 40).to_be_bytes().to_vec())),
        ("<f2", of(&|v| (0x3c00 + u16::from(v)).to_le_bytes().to_vec())),
        ("<f4", of(&|v| (f32::from(v) / 3.0).to_le_bytes().to_vec())),
        (">f4", of(&|v| (f32::from(v) / 3.0).to_be_bytes().to_vec())),
        ("<f8", of(&|v| (f64::from(v) / 3.0).to_le_bytes().to_vec())),
    ];
    for (descr, data) in types {
        write_npy(&x, descr, "(3001, 2, 3)", "False", &data);
        write_npy(&y, descr, "(3001, 6)", "False", &data);
        let expected = npy::load::<T>(&x).unwrap().into_vec();
        for block in [1, 7, 1000, 3001] {
            let mut source = FileSource::<T>::npy(&x, &y).unwrap();
            assert_eq!((source.features(), source.targets(), source.samples()), (6, 6, m));
            assert_eq!(all(&mut source, block), (expected.clone(), expected.clone()), "{descr}");
        }
    }
    let bytes: Vec<u8> = (0..m * 6).map(number).collect();
    let digits: Vec<u8> = (0..m).map(|i| 3 + 2 * (i % 4) as u8).collect();
    write_idx(&x, 8, &[m as u32, 2, 3], &bytes);
    write_idx(&y, 8, &[m as u32], &digits);
    let mut source = FileSource::<T>::idx(&x, &y).unwrap();
    assert_eq!(source.classes(), Some(&[3, 5, 7, 9][..]));
    let (given, targets) = all(&mut source, 100);
    assert_eq!(given, idx::load::<T>(&x).unwrap().into_vec());
    for (i, target) in targets.chunks(4).enumerate() {
        let own = |k: usize| if k == i % 4 { T::ONE } else { T::ZERO };
        assert!((0..4).all(|k| target[k] == own(k)), "{i}");
    }
    let raw: Vec<T> = bytes.iter().map(|&b| T::from_f64(b.into())).collect();
    assert_eq!(all(&mut source.unscaled(), 100).0, raw);
    let labels: Vec<u8> = (0..m).flat_map(|i| (-1.5e3 * (i % 3) as f32).to_le_bytes()).collect();
    write_npy(&x, "|u1", "(3001, 6)", "False", &bytes);
    write_npy(&y, "<f4", "(3001,)", "False", &labels);
    let mut source = FileSource::<T>::npy_labels(&x, &y).unwrap();
    assert_eq!(source.classes(), Some(&[-3000, -1500, 0][..]));
    let (given, targets) = all(&mut source, 9);
    assert_eq!((given, targets[2], targets[4], targets[6]), (raw, T::ONE, T::ONE, T::ONE));
    let expected: Vec<T> = bytes.iter().map(|&b| T::from_f64(f64::from(b) / 255.0)).collect();
    assert_eq!(all(&mut source.scaled(), 3001).0, expected);
}

#[test]
fn values_are_those_of_the_loaders() {
    values_are_the_loaders::<f32>();
    values_are_the_loaders::<f64>();
}

fn message<V>(result: Result<V, impl std::error::Error>) -> String {
    result.map(|_| ()).unwrap_err().to_string()
}

#[test]
fn what_is_wrong_is_named_by_file_and_sample() {
    let Files { x, y, _folder } = files();
    let data: Vec<u8> = (0..40).flat_map(|i| (i as f32).to_le_bytes()).collect();
    write_npy(&x, "<f4", "(20, 2)", "False", &data);
    write_npy(&y, "<f4", "(19,)", "False", &data[..76]);
    let error = message(FileSource::<f32>::npy(&x, &y));
    assert!(error.ends_with("y: y has 19 samples: expected 20"), "{error}");
    write_npy(&y, "<f4", "(20, 2)", "True", &data);
    let error = message(FileSource::<f32>::npy(&x, &y));
    assert!(error.contains("y: values of type Fortran order"), "{error}");
    let error = message(FileSource::<f32>::npy_labels(&x, &y));
    assert!(
        error.ends_with("an array of shape 20 x 2: expected (samples), one label each"),
        "{error}"
    );
    write_npy(&y, "<U1", "(20,)", "False", &data[..80]);
    let error = message(FileSource::<f32>::npy_labels(&x, &y));
    assert!(error.contains("values of type '<U1': expected whole numbers, for labels"), "{error}");
    let halves: Vec<u8> = (0..20).flat_map(|i| (i as f32 / 16.0).to_le_bytes()).collect();
    write_npy(&y, "<f4", "(20,)", "False", &halves);
    let error = message(FileSource::<f32>::npy_labels(&x, &y));
    assert!(
        error.contains("y: sample 1: byte 132: label 1 is 0.0625: expected a whole"),
        "{error}"
    );
    let many: Vec<u8> = (0..70_000_u32).flat_map(|i| i.to_le_bytes()).collect();
    write_npy(&y, "<u4", "(70000,)", "False", &many);
    let error = message(FileSource::<f32>::npy_labels(&x, &y));
    assert!(error.contains("sample 65536: byte 262272: label 65536 is 65536"), "{error}");
    // Not finite.
    let mut broken = data.clone();
    broken[4 * 27..4 * 28].copy_from_slice(&f32::NAN.to_le_bytes());
    write_npy(&x, "<f4", "(20, 2)", "False", &broken);
    write_npy(&y, "<f4", "(20,)", "False", &data[..80]);
    let mut source = FileSource::<f32>::npy(&x, &y).unwrap();
    let (mut values, mut targets) = ([0.0; 10], [0.0; 5]);
    source.read(5..10, &mut values, &mut targets).unwrap();
    let error = message(source.read(10..15, &mut values, &mut targets));
    assert!(
        error.contains("x: sample 13: byte 236: value 27 is NaN: expected a finite f32"),
        "{error}"
    );
    // Samples that there are not, memory of another length.
    let error = message(source.read(16..21, &mut values, &mut targets));
    assert!(error.contains("rows is 21: expected no more than the samples"), "{error}");
    let error = message(source.read(0..4, &mut values, &mut targets));
    assert!(error.contains("the memory for samples has 10 values: expected 8"), "{error}");
    // Cut off at the start.
    fs::OpenOptions::new().write(true).open(&x).unwrap().set_len(200).unwrap();
    let error = message(FileSource::<f32>::npy(&x, &y));
    assert!(error.contains("there is no room for them in a file of 200 bytes"), "{error}");
    // A gzipped file, a folder, none.
    fs::write(&x, [0x1f, 0x8b, 8, 0, 0]).unwrap();
    let error = message(FileSource::<f32>::idx(&x, &y));
    assert!(
        error.ends_with("x: byte 0: gzip: expected an unpacked file, to read samples in any order")
    );
    fs::remove_file(&x).unwrap();
    assert!(message(FileSource::<f32>::npy(&x, &y)).ends_with("x: No such file or directory"));
    fs::create_dir(&x).unwrap();
    assert!(message(FileSource::<f32>::npy(&x, &y)).contains("it is a folder"));
    write_idx(&y, 9, &[3], &[1, 255, 0]);
    fs::remove_dir(&x).unwrap();
    write_idx(&x, 8, &[3, 1], &[1, 2, 3]);
    // A label below 0 is a class like any other.
    let source = FileSource::<f32>::idx(&x, &y).unwrap();
    assert_eq!(source.classes(), Some(&[-1, 0, 1][..]));
    write_idx(&y, 13, &[3], &data[..12]);
    let error = message(FileSource::<f32>::idx(&x, &y));
    assert!(error.contains("values of type f32: expected whole numbers, for labels"), "{error}");
}

/// The message that a training ends with when `change` is done to its files after its first epoch.
fn changed(change: impl Fn(&Path, &Path)) -> String {
    let Files { x, y, _folder } = files();
    let m = 2000;
    let data: Vec<u8> = (0..m * 8).flat_map(|i| ((i % 77) as f32 / 77.0).to_le_bytes()).collect();
    let labels: Vec<u8> = (0..m).map(|i| (i % 3) as u8).collect();
    write_npy(&x, "<f4", "(2000, 8)", "False", &data);
    write_npy(&y, "|u1", "(2000,)", "False", &labels);
    let mut source = FileSource::<f32>::npy_labels(&x, &y).unwrap();
    let mut set = SourceData::new(&mut source);
    let mut net = Network::<f32>::builder(8).layer(3, Activation::Softmax).build().unwrap();
    let training = Training::new(9, 10).window(50, 4);
    let mut trainer = SourceTrainer::new(&net, training, &set).unwrap();
    let result = trainer.run(&mut net, &mut set, |epoch| {
        if epoch.epoch == 0 {
            change(&x, &y);
        }
        ControlFlow::Continue(())
    });
    assert!(net.weights(0).unwrap().iter().all(|w| w.is_finite()));
    assert!(trainer.state().epochs() <= 2);
    message(result)
}

#[test]
fn a_file_that_changes_while_it_is_trained_on_is_an_error() {
    let cut = |path: &Path, length: u64| {
        fs::OpenOptions::new().write(true).open(path).unwrap().set_len(length).unwrap();
    };
    let error = changed(|x, _| cut(x, 128 + 32 * 700 + 5));
    assert!(error.contains("x: sample 700: byte 22533: the file ends here: "), "{error}");
    let error = changed(|_, y| cut(y, 128 + 1999));
    assert!(
        error.contains("y: sample 1999: byte 2127: the file ends here: 1 bytes are"),
        "{error}"
    );
    let write = |path: &Path, at: u64, bytes: &[u8]| {
        use std::io::{Seek, SeekFrom};
        let mut file = fs::OpenOptions::new().write(true).open(path).unwrap();
        file.seek(SeekFrom::Start(at)).unwrap();
        file.write_all(bytes).unwrap();
    };
    let error = changed(|x, _| write(x, 128 + 32 * 1234 + 4, &f32::INFINITY.to_le_bytes()));
    assert!(error.contains("x: sample 1234: byte 39620: value 9873 is inf"), "{error}");
    let error = changed(|_, y| write(y, 128 + 77, &[9]));
    assert!(error.contains("y: sample 77: byte 205: label 77 is 9: expected a label"), "{error}");
    let error = changed(|_, y| write(y, 128 + 77, &[0]));
    assert!(error.contains("the training began with other data"), "{error}");
}

/// From the file, and from memory, to the bit.
#[test]
fn a_file_trains_as_its_samples_do() {
    let Files { x, y, _folder } = files();
    let m = 1500;
    let bytes: Vec<u8> = (0..m * 9).map(|i| ((i * 7919) % 256) as u8).collect();
    let labels: Vec<u8> = (0..m).map(|i| bytes[9 * i] / 64).collect();
    write_idx(&x, 8, &[m as u32, 3, 3], &bytes);
    write_idx(&y, 8, &[m as u32], &labels);
    let net = || {
        Network::<f32>::builder(9)
            .layer(12, Activation::Relu)
            .layer(4, Activation::Softmax)
            .loss(Loss::CategoricalCrossEntropy)
            .build()
            .unwrap()
    };
    let training = Training::new(5, 32).optimizer(Optimizer::adam()).learning_rate(0.01);
    let images = idx::load::<f32>(&x).unwrap();
    let mut targets = vec![0.0; 4 * m];
    labels.iter().enumerate().for_each(|(i, &label)| targets[4 * i + usize::from(label)] = 1.0);
    let data = DataSet::new(images.columns(), Columns::new(&targets, 4).unwrap());
    let mut expected = net();
    training.run(&mut expected, data, |_| ControlFlow::Continue(())).unwrap();
    let mut given = net();
    let mut source = FileSource::<f32>::idx(&x, &y).unwrap();
    let mut set = SourceData::new(&mut source);
    let mut trainer = SourceTrainer::new(&given, training.window(1, 100), &set).unwrap();
    trainer.run(&mut given, &mut set, |_| ControlFlow::Continue(())).unwrap();
    for layer in 0..2 {
        assert_eq!(given.weights(layer).unwrap(), expected.weights(layer).unwrap());
    }
}

/// Writes bytes of samples and labels, a thousand samples at a time: label 1 where the first value is
/// larger than the second.
fn write_large(x: &Path, y: &Path, samples: usize, features: usize) {
    let header = |path: &Path, shape: &str| {
        write_npy(path, "|u1", shape, "False", &[]);
        std::io::BufWriter::new(fs::OpenOptions::new().append(true).open(path).unwrap())
    };
    let mut images = header(x, &format!("({samples}, {features})"));
    let mut labels = header(y, &format!("({samples},)"));
    let mut state = 1_u64;
    let mut block = vec![0_u8; features];
    for _ in 0..samples {
        for eight in block.chunks_mut(8) {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let bytes = (state ^ (state >> 29)).to_le_bytes();
            eight.copy_from_slice(&bytes[..eight.len()]);
        }
        images.write_all(&block).unwrap();
        labels.write_all(&[u8::from(block[3] > block[4])]).unwrap();
    }
    images.flush().unwrap();
    labels.flush().unwrap();
}

const FOLDER: &str = "SHALLOWNET_LARGE_FILES";

/// Started by the tests below, in a process of little memory.
#[test]
fn in_little_memory() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let folder = Path::new(&folder);
    let (x, y) = (folder.join("x.npy"), folder.join("y.npy"));
    let mut source = FileSource::<f32>::npy_labels(&x, &y).unwrap().scaled();
    let samples = source.samples();
    // As much as the whole file would take can't be had here.
    let mut whole = Vec::<f32>::new();
    assert!(whole.try_reserve_exact(samples * source.features()).is_err());
    let held = samples / 20;
    let mut set = SourceData::new(&mut source).samples(0..samples - held);
    set = set.hold_out(samples - held..samples);
    let mut net = Network::<f32>::builder(256)
        .layer(8, Activation::Tanh)
        .layer(2, Activation::Softmax)
        .build()
        .unwrap();
    let training = Training::new(1, 64).optimizer(Optimizer::adam()).learning_rate(0.01);
    let mut trainer = SourceTrainer::within(&net, training, &set, 40 << 20).unwrap();
    let report = trainer.run(&mut net, &mut set, |_| ControlFlow::Continue(())).unwrap();
    // A guess costs 0.69.
    let cost = report.validation_cost.unwrap();
    assert!(cost < 0.2, "{cost}");
    println!("{samples} samples, validation cost {cost:.4}");
}

/// A child in `limit` bytes of address space trains on `samples` samples of 256 bytes.
#[cfg(unix)]
fn trains_in_little_memory(samples: usize, limit: u64) {
    let folder = tempfile::tempdir().unwrap();
    let (x, y) = (folder.path().join("x.npy"), folder.path().join("y.npy"));
    write_large(&x, &y, samples, 256);
    let length = fs::metadata(&x).unwrap().len();
    // Four times, as f32.
    assert!(4 * length > 4 * limit, "{length} {limit}");
    let shell =
        format!("ulimit -v {} && exec \"$0\" --exact in_little_memory --nocapture", limit / 1024);
    let child = std::process::Command::new("sh")
        .args(["-c", &shell])
        .arg(std::env::current_exe().unwrap())
        .env(FOLDER, folder.path())
        .output()
        .unwrap();
    let (out, err) =
        (String::from_utf8_lossy(&child.stdout), String::from_utf8_lossy(&child.stderr));
    assert!(child.status.success() && out.contains("validation cost"), "{out}{err}");
    eprintln!("{length} bytes in {limit}: {}", out.lines().find(|l| l.contains("cost")).unwrap());
}

/// 256 MB (1 GB as f32) in 200 MB.
#[cfg(unix)]
#[test]
fn a_file_larger_than_memory_is_trained_on() {
    trains_in_little_memory(1_000_000, 200_000_000);
}

/// 2 GB (8 GB as f32) in 200 MB.
#[cfg(unix)]
#[test]
#[ignore = "writes 2 GB: cargo test --release --features npy,idx --test sources -- --ignored"]
fn a_file_ten_times_larger_than_memory_is_trained_on() {
    trains_in_little_memory(8_000_000, 200_000_000);
}
