//! Promise: a column that looks as if it were no feature is named before it is learned, other
//! columns are not, and `--ignore` and `--features` say which count; a constant is not scaled by
//! its rounding.

#[path = "common/place.rs"]
mod place;

use place::{Place, notes, text};
use shallownet::Columns;
use shallownet::io::npy;

const LEAK: &str = "train --data leak.csv --label kind --standardize --hidden 8 --iterations 2000 \
                    --holdout 0.3";
const MODEL: &str = "--model shallownet-run/model.safetensors";

fn held_out(results: &serde_json::Value) -> f64 {
    results["holdout"]["accuracy"].as_f64().unwrap()
}

#[test]
fn the_index_that_pandas_writes_is_named_and_can_be_left_out() {
    let place = Place::case("leak.csv");
    let results = place.json(LEAK);
    assert!(held_out(&results) > 0.8);
    assert_eq!(notes(&results), ["column 1 counts the rows: --ignore 1 leaves it out"]);
    // What is left is noise.
    for option in ["--ignore 1", "--features u,v", "--features u --features 3"] {
        let results = place.json(&format!("{LEAK} {option}"));
        assert!(held_out(&results) < 0.75, "{option}: {results}");
        assert!(notes(&results).iter().all(|note| !note.contains("leaves")), "{option}");
        assert_eq!(results["network"]["sizes"][0], 2);
    }
    // The model knows its features by their names: other columns are no matter.
    let (csv, _) = place.done(&format!("predict {MODEL} --data leak.csv"));
    place.file("swapped.csv", "v,u\n1.5,-0.5\n").file("whole.csv", ",u,v,kind\n7,-0.5,1.5,a\n");
    let of = |arguments: &str| place.done(&format!("predict {MODEL} {arguments}")).0;
    assert_eq!(csv.lines().count(), 91);
    assert_eq!(of("--data swapped.csv"), of("--data whole.csv"));
    assert_eq!(of("--data whole.csv --ignore 1,kind"), of("--data whole.csv"));
    let line = place.refused(2, &format!("predict {MODEL} --data whole.csv --ignore u"));
    assert_eq!(line, "whole.csv: --ignore leaves out \"u\", which the model needs");

    let (_, said) =
        place.done("select --data leak.csv --label kind --hidden 2 --epochs 2 --folds 2");
    assert_eq!(said[0], "column 1 counts the rows: --ignore 1 leaves it out");
}

#[test]
fn columns_that_are_not_there_are_named() {
    let place = Place::case("leak.csv");
    place.file("d.csv", "a;b\n").file("ab.csv", "id,\"a,b\",text,y\n5,1,x,0\n7,2,z,1\n");
    let train = |options: &str| format!("train --data leak.csv --label kind {options}");
    let cases = [
        ("--ignore uu", "leak.csv: line 1: no column is named \"uu\" (there are: , u, v, kind)"),
        ("--ignore u,w", "leak.csv: line 1: no column is named \"w\" (there are: , u, v, kind)"),
        ("--features 7", "leak.csv: no column \"7\": expected a number from 1 to 4"),
        ("--ignore kind", "--ignore \"kind\": it is the label"),
        (
            "--ignore 1,2,3",
            "leak.csv: line 1: there is no column besides the label that --ignore leaves",
        ),
        ("--ignore 1 --features 2", "the argument '--ignore <COLUMNS>' cannot be used with"),
    ];
    for (options, expected) in cases {
        let line = place.refused(2, &train(options));
        assert!(line.starts_with(expected), "{options}: {line}");
    }
    let line = place.refused(2, "train --ignore 1");
    assert!(line.contains("--data"), "{line}");
    // Text among the columns is no matter once it is ignored; a name may hold a comma.
    let output = place.run_each(&[
        "train",
        "--data",
        "ab.csv",
        "--label",
        "y",
        "--ignore",
        "text",
        "--ignore",
        "a,b",
        "--iterations",
        "2",
    ]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let facts = place.json(&format!("inspect {}", &MODEL[8..]));
    assert_eq!(facts["features"], serde_json::json!(["id"]));
}

#[test]
fn features_of_arrays_are_numbered() {
    let place = Place::new();
    let row = |i: u32| [i, i % 7, i % 5, i % 3].map(f64::from);
    let x: Vec<f64> = (0..60).flat_map(row).collect();
    let y: Vec<f64> = x.chunks(4).map(|x| 2.0 * x[1] - x[2] + x[3]).collect();
    npy::save(&place.path("x.npy"), Columns::new(&x, 4).unwrap()).unwrap();
    npy::save(&place.path("y.npy"), Columns::new(&y, 1).unwrap()).unwrap();
    let data = "--data x.npy --labels y.npy";
    let train = format!("train {data} --regression --hidden none --iterations");
    let results = place.json(&format!("{train} 5 --learning-rate 1e-6"));
    assert_eq!(notes(&results)[0], "feature 1 counts the rows: --ignore 1 leaves it out");
    let results = place.json(&format!("{train} 3000 --ignore 1"));
    assert!(results["train"]["r_squared"].as_f64().unwrap() > 0.99, "{results}");
    assert_eq!(notes(&results), [""; 0]);
    let eval = place.json(&format!("eval {MODEL} {data} --features 2,3 --features 4"));
    assert_eq!(eval["r_squared"], results["train"]["r_squared"]);
    let line = place.refused(2, &format!("eval {MODEL} {data}"));
    assert_eq!(line, "x.npy: 4 features a sample: the model takes 3");
    for (option, expected) in [
        ("--ignore 5", "x.npy: --ignore \"5\": expected numbers of features, 1 to 4"),
        ("--features x", "x.npy: --features \"x\": expected numbers of features, 1 to 4"),
        ("--ignore 1,2,3,4", "x.npy: --ignore leaves no feature of 4"),
    ] {
        assert_eq!(place.refused(2, &format!("eval {MODEL} {data} {option}")), expected);
    }
}

/// `columns` of 40 rows, and a label that has nothing to do with them.
fn table(columns: &[(&str, &dyn Fn(u32) -> String)]) -> String {
    let names: String = columns.iter().map(|(name, _)| format!("{name},")).collect();
    let cells = |i| columns.iter().map(|(_, cell)| cell(i) + ",").collect::<String>();
    let rows: String =
        (0..40).map(|i| format!("{}{}\n", cells(i), ["p", "q", "p"][i as usize % 3])).collect();
    format!("{names}label\n{rows}")
}

#[test]
fn what_is_no_feature_is_told_from_what_is() {
    let place = Place::new();
    let shuffled = |i: u32| i * 17 % 40;
    let said = |columns: &[(&str, &dyn Fn(u32) -> String)]| {
        place.file("d.csv", table(columns));
        place.done("train --data d.csv --label label --iterations 2").1
    };
    let about = |columns: &[(&str, &dyn Fn(u32) -> String)]| -> Vec<String> {
        said(columns).into_iter().filter(|note| note.contains("--ignore")).collect()
    };
    let floats: (&str, &dyn Fn(u32) -> String) =
        ("f", &|i| format!("{}", f64::from(i * i) / 7.0 + 0.5));
    // A grid, decimals that all differ, small whole numbers, years that return: features.
    let grid: (&str, &dyn Fn(u32) -> String) = ("g", &|i| format!("{}", f64::from(i) / 8.0));
    let ages: (&str, &dyn Fn(u32) -> String) = ("age", &|i| format!("{}", 20 + i * 7 % 31));
    let years: (&str, &dyn Fn(u32) -> String) = ("year", &|i| format!("{}", 1990 + i % 20));
    assert_eq!(about(&[floats, grid, ages, years]), [""; 0]);

    type Cell<'a> = &'a dyn Fn(u32) -> String;
    let cases: [(&str, Cell<'_>, &str); 5] = [
        (
            "Unnamed: 0",
            &|i| format!("{}", i % 9),
            "column \"Unnamed: 0\" has no name: is it an index? --ignore \"Unnamed: 0\" leaves it out",
        ),
        (
            "row",
            &|i| format!("{}", i + 1),
            "column \"row\" counts the rows: --ignore row leaves it out",
        ),
        (
            "row no.",
            &|i| format!("{}.0", i + 1000),
            "column \"row no.\" counts the rows: --ignore \"row no.\" leaves it out",
        ),
        (
            "id",
            &|i| format!("{}", 1000 + shuffled(i)),
            "column \"id\" is another whole number in every sample: does it only say which sample it is? --ignore id leaves it out",
        ),
        (
            "",
            &|i| format!("{}", f64::from(i % 9) / 4.0),
            "column 2 has no name: is it an index? --ignore 2 leaves it out",
        ),
    ];
    for (name, cell, expected) in cases {
        assert_eq!(about(&[floats, (name, cell)]), [expected], "{name:?}");
        // Chosen by hand, it is meant; and so is the only feature.
        let (_, said) =
            place.done("train --data d.csv --label label --iterations 2 --features 1,2");
        assert!(said.iter().all(|note| !note.contains("--ignore")), "{said:?}");
        assert_eq!(about(&[(name, cell)]), [""; 0]);
    }
    let many: [(&str, &dyn Fn(u32) -> String); 3] =
        [("i", &|i| i.to_string()), ("j", &|i| (i + 1).to_string()), floats];
    assert_eq!(
        about(&many),
        ["column \"i\" and column \"j\" count the rows: --ignore leaves them out"]
    );
}

#[test]
fn a_copy_of_the_label_is_no_feature() {
    let place = Place::new();
    let row = |i: i32| format!("{}.5,{}.5,{},{}\n", i * i % 11, i % 4, i % 2, i % 2);
    place.file("d.csv", format!("a,b,copy,y\n{}", (0..30).map(row).collect::<String>()));
    let expected = "column \"copy\" is the same as the label: --ignore copy leaves it out";
    for options in ["", "--regression", "--features a,copy"] {
        let (_, said) =
            place.done(&format!("train --data d.csv --label y --iterations 50 {options}"));
        assert!(said.contains(&expected.to_owned()), "{options}: {said:?}");
    }
}

#[test]
fn a_column_constant_up_to_rounding_is_a_constant() {
    let place = Place::case("nc.csv");
    place.file("nc_new.csv", include_str!("data/cases/nc_new.csv"));
    let train = "train --data nc.csv --label k --standardize --hidden 4 --iterations 2000";
    let results = place.json(train);
    assert_eq!(notes(&results), ["column \"c\" is constant: nothing can be learned from it"]);
    let facts = place.json(&format!("inspect {}", &MODEL[8..]));
    assert_eq!(facts["standardization"]["stds"], serde_json::json!([1.0, 1.0]));
    // The column that tells them apart does so for another value of the constant, too.
    let (csv, _) = place.done(&format!("predict {MODEL} --data nc_new.csv"));
    let classes: Vec<&str> = csv.lines().skip(1).map(|row| &row[..1]).collect();
    assert_eq!(classes, ["n", "y", "n", "y"]);

    // Constant wherever one sample is missing.
    let rows: String = (0..12)
        .map(|i| {
            format!(
                "{},{},{}\n",
                f64::from(i * i % 7),
                if i == 5 { 0.9 } else { [0.3, 0.1 + 0.2][i as usize % 2] },
                ["n", "y"][i as usize % 2]
            )
        })
        .collect();
    place.file("folds.csv", format!("a,c,k\n{rows}"));
    let results = place.json("select --data folds.csv --label k --standardize --hidden 2 --activation tanh --epochs 30 --folds 3");
    let of_fold: Vec<&str> =
        notes(&results).into_iter().filter(|note| note.contains("constant")).collect();
    assert_eq!(of_fold.len(), 1, "{results}");
    assert!(
        of_fold[0].starts_with("column \"c\" is constant in the samples to train on without fold ")
    );
}
