//! Promise: NumPy's arrays are read as NumPy means them, whatever their type, order and number of
//! dimensions; their labels are whole numbers or texts, or refused by position.
//!
//! The fixtures are NumPy's own (tools/numpy_fixture.py).

#[path = "common/place.rs"]
mod place;

use std::path::Path;

use place::Place;
use shallownet::Columns;
use shallownet::io::npy::{self, npz};

fn archive() -> npz::Archive {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    npz::Archive::open(&fixtures.join("numpy_kinds.npz")).unwrap()
}

fn columns(name: &str) -> (usize, Vec<f64>) {
    let x = archive().columns::<f64>(name).unwrap();
    (x.features(), x.into_vec())
}

/// A file as NumPy writes it.
fn npy_file(descr: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n");
    let length = (header.len() as u16).to_le_bytes();
    [b"\x93NUMPY\x01\x00", &length[..], header.as_bytes(), data].concat()
}

#[test]
fn half_floats_are_exact() {
    let expected = columns("half_wide");
    assert_eq!(expected.1[..3], [65504.0, 2_f64.powi(-14), 2_f64.powi(-24)]);
    assert_eq!(columns("half_little"), expected);
    assert_eq!(columns("half_big"), expected);
}

#[test]
fn dimensions_after_the_first_are_flattened_in_c_order() {
    let counted = |features, m: u16| (features, (0..m).map(f64::from).collect::<Vec<_>>());
    assert_eq!(columns("images"), counted(20, 60));
    assert_eq!(columns("solid"), counted(60, 120));
    for (name, features, m) in [("images_F", 20, 60), ("solid_F", 60, 120), ("channel_F", 20, 60)] {
        assert_eq!(columns(name), counted(features, m), "{name}");
    }
    assert_eq!(archive().shape("solid_F").unwrap(), [2, 3, 4, 5]);
    assert_eq!(archive().shape("channel_F").unwrap(), [3, 4, 5, 1]);

    // More tiles than one, each way.
    let (m, a, b) = (70, 41, 3);
    let fortran = (0..b).flat_map(|k| (0..a).flat_map(move |j| (0..m).map(move |i| (i, j, k))));
    let data: Vec<u8> =
        fortran.flat_map(|(i, j, k)| (((i * a + j) * b + k) as u16).to_le_bytes()).collect();
    let bytes = npy_file("<u2", "(70, 41, 3)", &data);
    let at = bytes.windows(5).position(|word| word == b"False").unwrap();
    let bytes = [&bytes[..at], b"True ", &bytes[at + 5..]].concat();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npy");
    std::fs::write(&path, bytes).unwrap();
    let x = npy::load::<f64>(&path).unwrap();
    assert_eq!(x.features(), a * b);
    assert!(x.into_vec().iter().enumerate().all(|(i, &v)| v == i as f64));
    assert!(npy::blocks::<f64>(&path, 1).unwrap_err().to_string().contains("Fortran order"));
    std::fs::write(&path, npy_file("<u2", "(70, 41, 3)", &data)).unwrap();
    let blocks = npy::blocks::<f64>(&path, 60).unwrap();
    assert_eq!(blocks.map(|block| block.unwrap().samples()).collect::<Vec<_>>(), [60, 10]);
}

#[test]
fn whole_floats_are_labels_and_others_are_refused_by_position() {
    for (name, last) in [("f2", (1 << 11) - 1), ("f4", (1 << 24) - 1), ("f8", (1 << 53) - 1)] {
        assert_eq!(archive().labels(&format!("whole_{name}")).unwrap(), [3, -1, 3, last]);
    }
    let classes = archive().classes("whole_f2").unwrap();
    assert_eq!(classes.names, ["-1", "3", "2047"]);
    assert_eq!((&classes.of_row[..], &classes.first_row[..]), (&[1, 0, 1, 2][..], &[1, 0, 3][..]));
    let refused = [
        ("fraction", "byte 136: label 2 is 2.5: expected a whole number below 2^24 in size, "),
        ("rounded", "byte 136: label 2 is 16777216: expected a whole number below 2^24"),
        ("nan", "byte 136: label 1 is NaN: expected a whole number below 2^53"),
        ("images", "an array of shape 3 x 4 x 5: expected (samples), one label each"),
        ("words_little", "values of type '<U6': expected whole numbers, for labels"),
    ];
    for (name, expected) in refused {
        let message = archive().labels(name).unwrap_err().to_string();
        assert!(message.contains(&format!(".npz: {name}: {expected}")), "{message}");
    }
    let message = archive().classes("fraction").unwrap_err().to_string();
    assert!(message.contains("label 2 is 2.5"), "{message}");
}

#[test]
fn texts_are_labels() {
    for name in ["words_little", "words_big", "words_bytes"] {
        let classes = archive().classes(name).unwrap();
        assert_eq!(classes.names, ["Zoë 🌷", "lily", "rose"], "{name}");
        assert_eq!(classes.of_row, [2, 1, 0, 2]);
        assert_eq!(classes.first_row, [2, 1, 0]);
    }
    let numbers = archive().classes("numbers").unwrap();
    assert_eq!((numbers.names, numbers.of_row), (texts(&["-1", "9", "10"]), vec![2, 1, 0, 2]));
    let truth = archive().classes("are_roses").unwrap();
    assert_eq!((truth.names, truth.of_row), (texts(&["0", "1"]), vec![1, 0, 0, 1]));

    let refused = [
        ("words_empty", "byte 144: label 1 is an empty text: expected a label"),
        ("words_latin", "byte 132: label 1 is \"Zo\\\\xeb\": expected a text in UTF-8"),
    ];
    for (name, expected) in refused {
        let message = archive().classes(name).unwrap_err().to_string();
        assert!(message.ends_with(&format!("{name}: {expected}")), "{message}");
    }
    let message = archive().columns::<f32>("words_big").unwrap_err().to_string();
    assert!(message.contains("values of type '>U9': expected a float of 2, 4 or 8"), "{message}");
    assert!(!archive().holds_bytes("words_bytes").unwrap());
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

#[test]
fn texts_that_lie_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("y.npy");
    let refused = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        npy::load_classes(&path).unwrap_err().problem.to_string()
    };
    let surrogate = npy_file("<U1", "(2,)", &[b'a', 0, 0, 0, 0, 0xd8, 0, 0]);
    let expected = "label 1 is a text with 0xd800 in place of a character: expected characters of";
    assert!(refused(&surrogate).contains(expected));
    for descr in ["<U0", "|U1", "<S1", "<U", "<U-1", "<U+1", "<U99999999999", "<U1 "] {
        let message = refused(&npy_file(descr, "(1,)", &[b'a', 0, 0, 0]));
        assert!(message.starts_with(&format!("values of type '{descr}'")), "{descr}: {message}");
    }
    let message = refused(&npy_file("<U4294967295", "(4294967295,)", &[b'a', 0, 0, 0]));
    assert!(message.contains("4294967295 values of texts: there is no room"), "{message}");
    let cut = &npy_file("<U1", "(2,)", &[b'a', 0, 0, 0, b'b', 0, 0]);
    assert!(refused(cut).contains("there is no room"));
    // A zero within a text is a character of it; at the end it is not counted.
    std::fs::write(&path, npy_file("|S4", "(2,)", b"a\0b\0a\0\0\0")).unwrap();
    assert_eq!(npy::load_classes(&path).unwrap().names, ["a", "a\0b"]);
}

/// Images of 2 x 3 whose brighter half says which class they are, and their labels as words.
fn images(place: &Place) {
    let (mut pixels, mut words) = (Vec::new(), Vec::new());
    for i in 0..40_u8 {
        let (left, right) = if i % 2 == 0 { (200 + i % 7, i % 5) } else { (i % 5, 200 + i % 7) };
        pixels.extend([left, 9, right, left, 9, right]);
        let word = if i % 2 == 0 { "left" } else { "right" };
        words.extend(format!("{word:\0<5}").into_bytes());
    }
    place.file("x.npy", npy_file("|u1", "(40, 2, 3)", &pixels));
    place.file("y.npy", npy_file("|S5", "(40,)", &words));
}

#[test]
fn images_and_words_are_learned() {
    let place = Place::new();
    images(&place);
    let train = "train --data x.npy --labels y.npy --hidden 4 --epochs 40 --batch 8";
    let results = place.json(train);
    assert_eq!(results["network"]["sizes"], serde_json::json!([6, 4, 1]));
    assert_eq!(results["train"]["accuracy"], 1.0);
    assert!(place.path("shallownet-run/weights.png").exists());
    let model = "--model shallownet-run/model.safetensors";
    let csv = place.done(&format!("predict {model} --data x.npy")).0;
    assert!(csv.lines().nth(1).unwrap().starts_with("left,"), "{csv}");
    assert_eq!(place.json(&format!("eval {model} --data x.npy --labels y.npy"))["accuracy"], 1.0);

    // Without some of its pixels it is no image.
    let place = Place::new();
    images(&place);
    place.json(&format!("{train} --ignore 2,5"));
    assert!(!place.path("shallownet-run/weights.png").exists());

    let line = place.refused(2, "train --data x.npy --labels y.npy --regression");
    assert!(line.starts_with("y.npy: values of type '|S5': expected a float"), "{line}");
}

#[test]
fn arrays_of_an_archive_have_any_names() {
    let place = Place::new();
    let x: Vec<f64> = (0..40).map(|i| f64::from(i % 10) - 4.5).collect();
    let labels: Vec<i64> = x.iter().map(|&v| i64::from(v > 0.0)).collect();
    let arrays = [
        ("features", npz::Array::F64(Columns::new(&x, 1).unwrap())),
        ("target", npz::Array::Labels(&labels)),
    ];
    npz::save(&place.path("d.npz"), &arrays).unwrap();
    let names = "--array features --label target";
    let results = place.json(&format!("train --data d.npz {names} --hidden none"));
    assert_eq!(results["network"]["sizes"], serde_json::json!([1, 1]));
    let refused = [
        (
            "train --data d.npz",
            "d.npz: x: no array is named \"x\" (there are: features, target); --array names that of \
             the samples",
        ),
        (
            "train --data d.npz --array features",
            "d.npz: y: no array is named \"y\" (there are: features, target); --label names that of \
             the labels",
        ),
        ("train --data d.csv --label y --array x", "--array is for .npz files only"),
        ("train --data x.npy --labels y.npy --array x", "--array is for .npz files only"),
        (
            "predict --model shallownet-run/model.safetensors --data d.npz --array target2",
            "d.npz: target2: no array is named \"target2\" (there are: features, target); --array \
             names that of the samples",
        ),
    ];
    for (arguments, expected) in refused {
        assert_eq!(place.refused(2, arguments), expected, "{arguments}");
    }
}
