//! Promise: samples in several files are the samples of one, and a part that does not fit is named.

#[path = "common/place.rs"]
mod place;

use place::Place;

const HEADER: &str = "a,b,kind\n";

fn rows(range: std::ops::Range<usize>) -> String {
    let row = |k: usize| {
        let colour = ["red", "blue"][k % 2];
        format!("{},{colour},k{}\n", (k * 7 % 13) as f64 / 4.0, k % 13 / 7)
    };
    range.map(row).collect()
}

/// Texts, numbers and labels in one file, and in two of other line ends; the second label is in the
/// second alone.
fn place() -> Place {
    let place = Place::new();
    place.file("whole.csv", format!("{HEADER}{}", rows(0..60)));
    std::fs::create_dir(place.path("parts")).unwrap();
    place.file("parts/1.csv", format!("{HEADER}{}", rows(0..5)));
    place.file("parts/2.csv", format!("{HEADER}{}", rows(5..60)).replace('\n', "\r\n"));
    place
}

const TRAIN: &str = "train --label kind --epochs 3 --batch 8 --hidden 4 --out";

#[test]
fn parts_come_to_the_model_of_the_whole() {
    let place = place();
    place.said(&format!("{TRAIN} whole --data whole.csv"));
    place.said(&format!("{TRAIN} folder --data parts"));
    place.said(&format!("{TRAIN} files --data parts/1.csv parts/2.csv"));
    let of = |name: &str| place.read(&format!("{name}/model.safetensors"));
    assert!(of("whole") == of("folder") && of("whole") == of("files"));
    let predict = "predict --model whole/model.safetensors --data";
    assert_eq!(
        place.said(&format!("{predict} whole.csv")).0,
        place.said(&format!("{predict} parts")).0
    );
    // In another order they are other samples.
    place.said(&format!("{TRAIN} turned --data parts/2.csv parts/1.csv"));
    assert!(of("whole") != of("turned"));
}

#[test]
fn a_part_that_does_not_fit_is_named() {
    let cases = [
        (
            "a,c,kind\n1,red,k0\n",
            "2.csv: line 1: its columns are not those of parts/1.csv: column 2 is",
        ),
        (
            "a,b\n1,red\n",
            "2.csv: line 1: its columns are not those of parts/1.csv: they are 2, not 3",
        ),
        ("a,b,kind\n1,red,k0\n2,red\n", "2.csv: line 3: the row ends with column 2"),
        ("a,b,kind\n1,red,k0\nx,red,k0\n", "2.csv: line 3, column 1 (\"a\"): "),
        ("a,b,kind\n", "2.csv: line 1 is the header and no row follows"),
        ("", "2.csv: the file is empty"),
    ];
    for (text, problem) in cases {
        let place = Place::new();
        std::fs::create_dir(place.path("parts")).unwrap();
        place.file("parts/1.csv", format!("{HEADER}{}", rows(0..60)));
        place.file("parts/2.csv", text);
        let output = place.run(&format!("{TRAIN} out --data parts"));
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(2) && said.contains(problem), "{problem}: {said}");
    }
    let place = place();
    place.file("parts/3.npy", "");
    let output = place.run(&format!("{TRAIN} out --data parts"));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("3.npy: it is no part of the samples that begin with"), "{said}");
}
