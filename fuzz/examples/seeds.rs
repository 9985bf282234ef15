//! Writes the seeds of the targets that read files: `cargo run --example seeds`, in this folder.
//!
//! Small files that are right, and a few that are wrong in a way of their own, each with the byte
//! before it that says how it becomes a file (`src/loaders`). The other targets' seeds were found
//! by fuzzing: bytes that draw a case have no form that could be written here.

use std::error::Error;
use std::ops::ControlFlow;
use std::path::Path;

use shallownet::Standardization;
use shallownet::io::model::{self, Model};
use shallownet::io::npy::npz::{self, Array};
use shallownet::io::{InputKind, Inputs, checkpoint, npy};
use shallownet::{
    Activation, Columns, DataSet, EarlyStopping, Init, Network, Optimizer, Scalar, Schedule,
    Trainer, Training,
};

type Answer<T> = Result<T, Box<dyn Error>>;

fn main() -> Answer<()> {
    csv()?;
    idx()?;
    npy()?;
    npz()?;
    models()?;
    pytorch()?;
    checkpoint("adam_w", 1.0_f64, full())?;
    checkpoint("sgd", 1.0_f32, Training::new(3, 4))?;
    checkpoint("nesterov", 1.0_f32, Training::new(3, 2).optimizer(Optimizer::nesterov()))
}

fn put(target: &str, name: &str, choice: u8, file: &[u8]) -> Answer<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    std::fs::create_dir_all(&folder)?;
    Ok(std::fs::write(folder.join(name), [&[choice], file].concat())?)
}

/// The bytes that `write` leaves in a file.
fn written<E: Error + 'static>(write: impl FnOnce(&Path) -> Result<(), E>) -> Answer<Vec<u8>> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("file");
    write(&path)?;
    Ok(std::fs::read(path)?)
}

fn csv() -> Answer<()> {
    let label_third = 2 + 4 * 2;
    put("csv", "labels", label_third, b"a,b,\"the, label\"\n1,2.5,x\n-3e2,4,\"y\"\n1,.5,x\n")?;
    put("csv", "numbers", 1, b"1,2\r\n3,4\r\r\n5,6")?;
    put("csv", "classes_of_numbers", 2, b"k,v\n1,1\n1.0,2\n1e0,3\n-0,4\n0,5\n")?;
    put("csv", "quotes", label_third, b"\xef\xbb\xbfa,b,c\n1, 2 ,\"x\n\"\"y\"\"\"\n\n3,4,z\n")?;
    put("csv", "stray_quote", label_third, b"x,y,k\n1,1,a\n2,1,\"b\n3,1,a\n4,1,b\n")?;
    put("csv", "text_after_quote", 0, b"a,b\n1,2\n\"3\"0,4\n")?;
    put("csv", "quote_after_space", 0, b"a,b\n5, \"6\"\n")?;
    let look_alike =
        b"k,v\n9007199254740992,1\n9007199254740993,2\n1.1,3\n1.10,4\n0012,5\n12.0,6\n12,7\n";
    put("csv", "look_alike_labels", 2, look_alike)?;
    put("csv", "merged_labels", 3, b"1,1\n0.0,2\n1.0,3\n0,4\n-7.0,5\n")?;
    put("csv", "ragged", 0, b"a,b\n1,2\n3\n")?;
    put("csv", "not_finite", 0, b"a,b\n1,1e999\nnan,inf\n")?;
    put("csv", "not_utf8", label_third, b"a,b,c\n1,2,\xff\xfe\n")?;
    put("csv", "same_names", 0, b"a,a\n1,2\n")
}

fn idx() -> Answer<()> {
    let header = |kind: u8, shape: &[u32]| {
        let mut bytes = vec![0, 0, kind, shape.len() as u8];
        bytes.extend(shape.iter().flat_map(|n| n.to_be_bytes()));
        bytes
    };
    let file = |kind, shape: &[u32], data: &[u8]| [&header(kind, shape)[..], data].concat();
    let images = file(8, &[3, 1, 2], &[0, 255, 51, 7, 9, 1]);
    put("idx", "images", 4, &images)?;
    put("idx", "images_gz", 1, &images)?;
    put("idx", "images_gz_padded", 2 + 4, &images)?;
    put("idx", "images_gz_two_members", 3, &images)?;
    put("idx", "labels", 8, &file(8, &[3], &[7, 0, 9]))?;
    put("idx", "labels_i8", 4, &file(9, &[2], &[7, 255]))?;
    put("idx", "i16", 4, &file(11, &[1, 2], &[1, 0, 255, 255]))?;
    put("idx", "i32", 5, &file(12, &[2], &[0, 0, 1, 0, 127, 0, 0, 0]))?;
    put("idx", "f32", 4, &file(13, &[1, 1], &1.5_f32.to_be_bytes()))?;
    put("idx", "f64", 4, &file(14, &[1, 1], &1e300_f64.to_be_bytes()))?;
    put("idx", "too_large", 0, &file(8, &[u32::MAX, u32::MAX, 4], &[1]))?;
    put("idx", "too_large_gz", 1, &file(14, &[1 << 20, 1 << 10], &[1; 64]))
}

fn npy() -> Answer<()> {
    let x = [0.5_f32, -1.0, 2.0, 3.5, 1e-3, 0.0];
    put("npy", "f32", 8, &written(|path| npy::save(path, Columns::new(&x, 2).unwrap()))?)?;
    put("npy", "labels", 4, &written(|path| npy::save_labels(path, &[7, 0, 9]))?)?;
    let framed = |descr: &str, order: &str, shape: &str, data: &[u8]| {
        let header = format!("{{'descr':'{descr}','fortran_order':{order},'shape':{shape}}}\n");
        [header.as_bytes(), data].concat()
    };
    put("npy", "fortran", 1 + 4, &framed("<f8", "True", "(2,2)", &[0; 32]))?;
    put("npy", "version_2", 3 + 4, &framed(">i2", "False", "(2,)", &[0, 1, 1, 0]))?;
    put("npy", "bytes", 5, &framed("|u1", "False", "(1,3L)", &[1, 2, 3]))?;
    put("npy", "bool", 9, &framed("|b1", "False", "(3,1,)", &[1, 0, 1]))?;
    put("npy", "u8", 1, &framed("<u8", "False", "(1)", &[255; 8]))?;
    put("npy", "i4", 5, &framed(">i4", "False", "(1,1)", &[255; 4]))?;
    put("npy", "cube", 1, &framed("<f4", "False", "(1,1,1)", &[0; 4]))?;
    put("npy", "too_large", 1, &framed("<f8", "False", "(4294967296,4294967296)", &[0; 8]))?;
    put("npy", "numpy", 8, include_bytes!("../../tests/fixtures/numpy.npy"))
}

fn npz() -> Answer<()> {
    let x = [0.5_f64, -1.0];
    let both = [("x", Array::F64(Columns::new(&x, 2)?)), ("y", Array::Labels(&[1]))];
    put("npz", "saved", 0, &written(|path| npz::save(path, &both))?)?;
    // As `loaders::npz` draws an archive: the number of entries less 1; of each its flags, its
    // name's length and name, its contents' length and contents.
    let header = "{'descr':'<f4','fortran_order':False,'shape':(2,16)}\n";
    let contents = [header.as_bytes(), &[0; 128]].concat();
    let entry = |flags: u8, name: &str| {
        let length = (contents.len() as u16).to_le_bytes();
        [&[flags, name.len() as u8], name.as_bytes(), &length, &contents].concat()
    };
    put("npz", "deflated", 1, &[&[0], &entry(0, "x")[..]].concat())?;
    put("npz", "stored", 1, &[&[0], &entry(2, "x")[..]].concat())?;
    put("npz", "two", 1, &[&[1], &entry(0, "x")[..], &entry(2, "a/b")].concat())?;
    put("npz", "ambiguous", 1, &[&[1], &entry(2, "x")[..], &entry(6, "x")].concat())?;
    put("npz", "twice", 1, &[&[1], &entry(2, "x")[..], &entry(6, "x.npy")].concat())
}

/// A safetensors file without the length before its header, which ends at a 0.
fn framed(file: &[u8]) -> Vec<u8> {
    let (length, rest) = file.split_first_chunk().expect("a header's length");
    let (header, data) = rest.split_at(u64::from_le_bytes(*length) as usize);
    [header.trim_ascii_end(), &[0], data].concat()
}

fn network<T: Scalar>() -> Answer<Network<T>> {
    let builder = Network::<T>::builder(2).layer(1, Activation::LEAKY_RELU);
    Ok(builder.layer(1, Activation::Sigmoid).init(Init::XavierNormal, 3).build()?)
}

fn models() -> Answer<()> {
    let plain = model::encode(&Model::new(network::<f64>()?))?;
    put("model", "f64", 0, &plain)?;
    put("model", "f64_framed", 1, &framed(&plain))?;
    let mut named = Model::new(network::<f32>()?);
    named.pipeline.features = Some(vec!["height".to_owned(), "\u{e9}\"\n".to_owned()]);
    named.classes = vec!["lily".to_owned(), "rose".to_owned()];
    named.label = Some("kind".to_owned());
    named.pipeline.inputs = Inputs::of(InputKind::Bytes, &[0.0, 255.0], 255.0);
    named.pipeline.standardization =
        Some(Standardization { means: vec![0.5, -1.0], stds: vec![1.0, 2.5] });
    put("model", "named", 1, &framed(&model::encode(&named)?))?;
    let softmax = Network::<f32>::builder(1).layer(2, Activation::Softmax).build()?;
    put("model", "softmax", 1, &framed(&model::encode(&Model::new(softmax))?))
}

fn pytorch() -> Answer<()> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures");
    let two_layers = 4;
    for name in ["f32", "f16", "bf16", "prefixes"] {
        let file = std::fs::read(fixtures.join(format!("pytorch_{name}.safetensors")))?;
        put("pytorch", name, two_layers, &file)?;
        put("pytorch", &format!("{name}_framed"), two_layers + 1, &framed(&file))?;
    }
    let file = std::fs::read(fixtures.join("pytorch_prefixes.safetensors"))?;
    put("pytorch", "actor", two_layers + 2, &file)?;
    let embedding = br#"{"0.weight":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}}"#;
    put("pytorch", "embedding", 1, &[&embedding[..], &[0; 17]].concat())
}

fn full() -> Training {
    Training::new(6, 4)
        .optimizer(Optimizer::adam_w())
        .schedule(Schedule::cosine(6, 0.5).after_warm_up(1.5))
        .l2(1e-4)
        .clip_norm(2.0)
        .early_stopping(EarlyStopping::new(4).min_delta(1e-3).restore_best(false))
        .seed(9)
}

/// After two epochs on eight samples.
fn checkpoint<T: Scalar>(name: &str, scale: T, training: Training) -> Answer<()> {
    let mut net = network::<T>()?;
    let x: Vec<T> = (0..16).map(|i| scale * T::from_f64(f64::from(i % 5) - 2.0)).collect();
    let y: Vec<T> = (0..8).map(|i| T::from_f64(f64::from(i % 2))).collect();
    let (x, y) = (Columns::new(&x, 2)?, Columns::new(&y, 1)?);
    let data = DataSet::new(x, y).validation(x, y);
    let mut trainer = Trainer::new(&net, training, data)?;
    trainer.run(&mut net, data, |epoch| match epoch.epoch {
        1 => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    })?;
    let file = checkpoint::encode(&net, trainer.state())?;
    let eight_samples = 4 * 8 + 2;
    put("checkpoint", &format!("{name}_framed"), eight_samples + 1, &framed(&file))?;
    if training == full() {
        return Ok(());
    }
    put("checkpoint", name, eight_samples, &file)?;
    if name == "sgd" { huge(&framed(&file), eight_samples + 1) } else { Ok(()) }
}

/// More epochs than can be counted one by one, and the most that are believed; of two steps each.
fn huge(file: &[u8], choice: u8) -> Answer<()> {
    let end = file.iter().position(|&b| b == 0).ok_or("no end of the header")?;
    let (header, data) = file.split_at(end);
    let header = std::str::from_utf8(header)?;
    for (name, epochs) in [("2_to_63", (1_u64 << 63) - 1), ("2_to_52", 1 << 52)] {
        let done = format!(r#"\"epochs\":{epochs},\"steps\":{}"#, 2 * epochs);
        let header = header
            .replacen(r#"\"epochs\":3"#, &format!(r#"\"epochs\":{}"#, u64::MAX), 1)
            .replacen(r#"\"epochs\":2,\"steps\":4"#, &done, 1);
        put("checkpoint", name, choice, &[header.as_bytes(), data].concat())?;
    }
    Ok(())
}
