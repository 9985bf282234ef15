//! Promise: `train --data F --label L` and nothing else makes a good model of a table as it comes:
//! numbers of any scale, texts, missing values. What was chosen is said and kept in the model, and
//! `predict` and `eval` take the raw table; what can't be taken is named by file, line and column.

#[path = "common/place.rs"]
mod place;

use place::{Place, notes};
use serde_json::{Value, json};

const MODEL: &str = "--model shallownet-run/model.safetensors";

/// Houses: area, district (a text), year (sometimes missing) and what they cost, and whether they
/// are for sale. `rows` of them, from the first on.
fn houses(rows: std::ops::Range<usize>) -> String {
    let mut text = "area,district,year,price,sold\n".to_owned();
    for i in rows {
        let noise = |salt: usize| ((i + 1) * 7919 * salt % 1013) as f64 / 1013.0;
        let (area, old) = (40.0 + 160.0 * noise(3), 100.0 * noise(5));
        let district = ["North", "South, by the sea", "East"][i % 3];
        let of_district = [1.0, 3.0, 1.5][i % 3];
        let year = if i % 7 == 0 { String::new() } else { format!("{:.0}", 2020.0 - old) };
        let price = 1000.0 * area * of_district * (1.0 - old / 300.0);
        let sold = if price > 160_000.0 { "no" } else { "yes" };
        text += &format!("{area:.1},\"{district}\",{year},{price:.0},{sold}\n");
    }
    text
}

fn place() -> Place {
    let place = Place::new();
    place.file("train.csv", houses(0..600)).file("test.csv", houses(600..800));
    place
}

#[test]
fn penguins_need_no_option() {
    let place = Place::case("penguins.csv");
    let train = "train --data penguins.csv --label target --holdout 0.25";
    let results = place.json(train);
    assert!(results["holdout"]["accuracy"].as_f64().unwrap() > 0.96, "{results}");
    assert_eq!(notes(&results), [""; 0]);
    assert_eq!(results["network"]["sizes"], json!([13, 100, 3]));
    // What was chosen is said ...
    let (lines, _) = place.done(train);
    let said = [
        "6 columns to 13 inputs: numbers standardized and clipped at 4 deviations, 2 columns of \
         categories one-hot",
        "missing values are filled, and told by an input of their own: column \"bill_length_mm\"",
        "13-100-3 (relu, softmax)",
        "94 epochs of batches of 8, adam, learning rate 0.003 (cosine), l2 1.163e-2",
    ];
    for said in said {
        assert!(lines.contains(said), "{said}: {lines}");
    }
    // ... and in the model.
    let facts = place.json(&format!("inspect {}", &MODEL[8..]));
    assert_eq!(facts["training"]["optimizer"]["adam"]["beta1"], 0.9);
    assert_eq!((&facts["training"]["epochs"], &facts["clip"]), (&json!(94), &json!(4.0)));
    let islands = &facts["columns"][0]["category"]["categories"];
    assert_eq!(*islands, json!(["Biscoe", "Dream", "Torgersen"]));
    // A second run has the same bits.
    let before = place.read("shallownet-run/model.safetensors");
    place.done(train);
    assert_eq!(place.read("shallownet-run/model.safetensors"), before);
}

#[test]
fn prices_are_predicted_from_the_raw_table() {
    let place = place();
    let results = place.json("train --data train.csv --label price --regression --ignore sold");
    assert!(results["train"]["r_squared"].as_f64().unwrap() > 0.97, "{results}");
    let eval = format!("eval {MODEL} --label price --data");
    let scored = place.json(&format!("{eval} test.csv"));
    assert!(scored["r_squared"].as_f64().unwrap() > 0.95, "{scored}");
    // Columns in another order, one more, and none for the label.
    let (of_raw, _) = place.done(&format!("predict {MODEL} --data test.csv"));
    let turned: String = houses(600..800)
        .lines()
        .map(|line| {
            let (front, rest) = line.split_once(',').unwrap();
            let (district, rest) = match rest.strip_prefix('"') {
                Some(quoted) => {
                    let (district, rest) = quoted.split_once("\",").unwrap();
                    (format!("\"{district}\""), rest)
                }
                None => rest.split_once(',').map(|(a, b)| (a.to_owned(), b)).unwrap(),
            };
            let year = rest.split(',').next().unwrap();
            format!("{year},{district},{front}\n")
        })
        .collect();
    place.file("turned.csv", turned);
    let (of_turned, notes) = place.done(&format!("predict {MODEL} --data turned.csv"));
    assert_eq!((of_turned, notes.len()), (of_raw, 0));
    place.file("no_year.csv", "area,district\n50,East\n");
    let line = place.refused(2, &format!("predict {MODEL} --data no_year.csv"));
    assert_eq!(
        line,
        "no_year.csv: line 1: no column is named \"year\" (there are: area, district)"
    );
}

#[test]
fn what_was_not_seen_in_training_is_noted() {
    let place = place();
    place.done("train --data train.csv --label sold --ignore price --epochs 2");
    place.file("new.csv", "area,district,year\n50,Center,1990\n,East,\n60,Center,2000\n");
    let (predicted, notes) = place.done(&format!("predict {MODEL} --data new.csv"));
    assert_eq!(predicted.lines().count(), 4);
    assert_eq!(
        notes,
        [
            "new.csv: line 3, column 1 (\"area\"): the value is missing, as none was in training: \
             the median, 119.85, takes its place",
            "new.csv: line 2, column 2 (\"district\"): \"Center\" is no category that the model \
             has learned (and 1 more like it): it is taken for none of them",
        ]
    );
    for (text, problem) in [
        ("x,East,1990", "column 1 (\"area\"): \"x\" is not a number"),
        ("1,East,new", "column 3 (\"year\"): \"new\" is not a number"),
    ] {
        place.file("bad.csv", format!("area,district,year\n50,East,1990\n{text}\n"));
        let line = place.refused(2, &format!("predict {MODEL} --data bad.csv"));
        assert_eq!(line, format!("bad.csv: line 3, {problem}"));
    }
}

/// Nothing of the samples held out is learned, and what they alone have is said.
#[test]
fn what_held_out_samples_alone_have_is_noted() {
    let place = Place::new();
    let cell = |i: usize| if i == 7 { String::new() } else { i.to_string() };
    let text = |i: usize| if i == 7 { "only here" } else { ["x", "y", "z"][i % 3] };
    let rows: String =
        (0..40).map(|i| format!("{},{},{}\n", cell(i), text(i), i * 7 % 40)).collect();
    place.file("t.csv", format!("a,b,y\n{rows}"));
    let mut said = 0;
    for seed in 0..12 {
        let train = "train --data t.csv --label y --regression --epochs 1 --holdout 0.25 --seed";
        let (_, notes) = place.done(&format!("{train} {seed}"));
        let of_text = "column \"b\": no sample trained on is \"only here\": held-out ones count as \
                       none of the others";
        let of_value = "column \"a\": values are missing in held-out samples alone (1)";
        let found = [of_text, of_value].map(|note| notes.iter().any(|n| n == note));
        assert_eq!(found[0], found[1], "{notes:?}");
        said += usize::from(found[0]);
    }
    // The sample is held out with some seeds, not with all.
    assert!((1..12).contains(&said), "{said}");
}

#[test]
fn missing_values_are_refused_on_request() {
    let place = place();
    let train = "train --data train.csv --label sold --ignore price --epochs 1";
    let line = place.refused(2, &format!("{train} --missing refuse"));
    assert_eq!(
        line,
        "train.csv: line 2, column 3 (\"year\"): the value is missing, and --missing refuse wants \
         none"
    );
    place.done(&format!("{train} --missing refuse --ignore year"));
    place.file("new.csv", "area,district\n50,East\n,East\n");
    let line = place.refused(2, &format!("predict {MODEL} --data new.csv"));
    let expected = "new.csv: line 3, column 1 (\"area\"): the value is missing: the model was \
                    trained to refuse that";
    assert_eq!(line, expected);
}

#[test]
fn columns_that_are_nothing_or_too_much_are_named() {
    let place = Place::new();
    let rows = |cell: fn(usize) -> String| -> String {
        (0..60).map(|i| format!("{},{},{}\n", i % 5, cell(i), i % 2)).collect()
    };
    let file = |cell| format!("a,b,k\n{}", rows(cell));
    let train = "train --data t.csv --label k --epochs 1 --hidden 2";
    place.file("t.csv", file(|_| "NA".to_owned()));
    let line = place.refused(2, train);
    assert!(line.starts_with("t.csv: line 2, column 2 (\"b\"): "), "{line}");
    assert!(line.contains("missing") || line.contains("empty"), "{line}");
    place.file("t.csv", file(|i| format!("n{}", i % 30)));
    let line = place.refused(2, &format!("{train} --most-categories 20"));
    assert!(line.starts_with("t.csv: line 22, column 2 (\"b\"): "), "{line}");
    place.done(train);
    // Every text another one.
    place.file("t.csv", file(|i| format!("n{i}")));
    let (_, notes) = place.done(train);
    let said = "column \"b\" is another text in nearly every sample: does it only say which sample \
                it is? --ignore b leaves it out";
    assert_eq!(notes[0], said);
    // Prices are no categories, but with a currency they are no numbers either.
    place.file("t.csv", file(|i| format!("${}.50", i % 9)));
    let (_, notes) = place.done(train);
    let said = "column \"b\" is taken for texts, though its cells are numbers with something around \
                them: without units, currencies and spaces they would be read as numbers";
    assert_eq!(notes[0], said);
    // Mostly numbers: the text is more likely a mistake.
    place.file("t.csv", file(|i| if i == 40 { "x".to_owned() } else { i.to_string() }));
    let line = place.refused(2, train);
    assert!(line.starts_with("t.csv: line 42, column 2 (\"b\"): \"x\""), "{line}");
    place.done(&format!("{train} --categories b"));
}

#[test]
fn codes_are_categories_on_request() {
    let place = Place::new();
    // What a code means has nothing to do with its size.
    let rows: String = (0..400)
        .map(|i| {
            let code = [10115, 99084, 20095, 50667, 80331][i * 7 % 5];
            format!("{code},{}\n", [1, 0, 0, 1, 0][i * 7 % 5])
        })
        .collect();
    place.file("t.csv", format!("zip,k\n{rows}"));
    let train = "train --data t.csv --label k --hidden none --epochs 40";
    let accuracy = |options: &str| {
        let results = place.json(&format!("{train} {options}"));
        (results["train"]["accuracy"].as_f64().unwrap(), results["network"]["sizes"].clone())
    };
    assert_eq!(accuracy("--categories zip"), (1.0, json!([5, 1])));
    assert!(accuracy("").0 < 1.0);
    place.file("new.csv", "zip\n50667\n20095\n");
    place.done(&format!("{train} --categories zip"));
    let (predicted, _) = place.done(&format!("predict {MODEL} --data new.csv"));
    let classes: Vec<&str> = predicted.lines().map(|l| l.split(',').next().unwrap()).collect();
    assert_eq!(classes, ["prediction", "1", "0"]);
}

#[test]
fn logarithms_of_prices_are_learned_and_turned_back() {
    let place = place();
    let train = "train --data train.csv --label price --regression --ignore sold";
    let results = place.json(&format!("{train} --target-transform log"));
    assert_eq!(results["log_targets"], true);
    assert!(results["train"]["r_squared"].as_f64().unwrap() > 0.97, "{results}");
    let (predicted, _) = place.done(&format!("predict {MODEL} --data test.csv"));
    let values: Vec<f64> = predicted.lines().skip(1).map(|v| v.parse().unwrap()).collect();
    assert!(values.iter().all(|v| *v > 1e4) && values.iter().any(|v| *v > 3e5), "{values:?}");
    place.file("t.csv", "a,y\n1,2\n2,0\n3,4\n");
    let log = "train --data t.csv --label y --regression --target-transform log";
    let line = place.refused(2, log);
    let expected = "0 has no logarithm, as --target-transform log needs it";
    assert_eq!(line, format!("t.csv: line 3, column 2 (\"y\"): {expected}"));
    let of_classes = "train --data train.csv --label sold --target-transform log";
    assert!(place.refused(2, of_classes).contains("--regression"));
}

#[test]
fn rare_classes_count_more_on_request() {
    let place = Place::case("imb.csv");
    let train = "train --data imb.csv --label k --epochs 50";
    let recall = |options: &str| -> f64 {
        place.done(&format!("{train} {options}"));
        let scored = place.json(&format!("eval {MODEL} --data imb.csv --label k"));
        let recalls: Vec<f64> =
            scored["recall"].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect();
        recalls.iter().copied().fold(1.0, f64::min)
    };
    let (plain, balanced) = (recall(""), recall("--class-weight balanced"));
    assert!(balanced > plain + 0.1 && balanced > 0.6, "{plain} {balanced}");
    let classes = place.json(&format!("inspect {}", &MODEL[8..]))["classes"].clone();
    let rare = |class: &Value| class.as_str().unwrap().to_owned();
    let [a, b] = [rare(&classes[0]), rare(&classes[1])];
    place.done(&format!("{train} --class-weight {a}=1,{b}=20"));
    let line = place.refused(2, &format!("{train} --class-weight x=2"));
    assert!(line.starts_with("--class-weight: no class is named \"x\" (there are: "), "{line}");
    let line = place.refused(2, &format!("{train} --class-weight {a}=-1"));
    assert!(line.contains("expected balanced, or names"), "{line}");
}

/// A weight of 0 is as if the sample were not there, one of 2 as if it were there twice.
#[test]
fn a_column_of_weights_weighs_samples() {
    let place = Place::new();
    let cell = |i: usize| format!("{},{}", i * 37 % 101, i * 53 % 89);
    let class = |i: usize| usize::from((i * 37 % 101) + (i * 53 % 89) > 90);
    let weighted: String =
        (0..60).map(|i| format!("{},{},{}\n", cell(i), class(i), i % 3)).collect();
    let repeated: String = (0..60)
        .flat_map(|i| std::iter::repeat_n(i, i % 3))
        .map(|i| format!("{},{}\n", cell(i), class(i)))
        .collect();
    place.file("weighted.csv", format!("a,b,k,w\n{weighted}"));
    place.file("repeated.csv", format!("a,b,k\n{repeated}"));
    let train = "train --plain --hidden 3 --iterations 50 --learning-rate 1e-4 --label k --data";
    let predictions = |options: &str| -> Vec<f64> {
        place.done(&format!("{train} {options}"));
        let (csv, _) = place.done(&format!("predict {MODEL} --data repeated.csv --proba"));
        csv.lines().skip(1).map(|line| line.rsplit(',').next().unwrap().parse().unwrap()).collect()
    };
    let (a, b) = (predictions("weighted.csv --weights w"), predictions("repeated.csv"));
    assert_eq!(a.len(), b.len());
    assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-12), "{a:?} {b:?}");
    let line = place.refused(2, "train --data weighted.csv --label k --weights k");
    assert_eq!(line, "--weights: it is the label");

    // So does a selection: with weights of one batch, 2 is as 1 everywhere, and 0 is not.
    let select = "select --data weighted.csv --label k --hidden 3 --activation tanh --score cost \
                  --folds 2 --epochs 20 --batch 60";
    let best = |file: &str, options: &str| {
        place.file("weighted.csv", file);
        place.json(&format!("{select} {options}"))["best"]["mean"].as_f64().unwrap()
    };
    let ones = format!("a,b,k,w\n{weighted}").replace(",0\n", ",1\n").replace(",2\n", ",1\n");
    let twos = ones.replace(",1\n", ",2\n");
    let alike = best(&ones, "--ignore w");
    assert_eq!(best(&ones, "--weights w"), alike);
    assert!((best(&twos, "--weights w") - alike).abs() < 1e-12);
    let weighed = best(&format!("a,b,k,w\n{weighted}"), "--weights w");
    assert!((weighed - alike).abs() > 1e-6, "{weighed} {alike}");

    // And a check of gradients, whose worst one is then another.
    let check = "gradcheck --data weighted.csv --label k --hidden 3 --weights w";
    let worst = |file: &str| {
        place.file("weighted.csv", file);
        place.json(check)["worst"]["gradient"].as_f64().unwrap()
    };
    assert_ne!(worst(&format!("a,b,k,w\n{weighted}")), worst(&ones));
}

#[test]
fn an_ensemble_is_one_network() {
    let place = place();
    let train = "train --data train.csv --label sold --ignore price --hidden 5 --epochs 5";
    let results = place.json(&format!("{train} --ensemble 3"));
    assert_eq!(results["network"]["sizes"][1], 15);
    let scored = place.json(&format!("eval {MODEL} --data test.csv --label sold"));
    assert!(scored["accuracy"].as_f64().unwrap() > 0.8, "{scored}");
    let line = place.refused(2, &format!("{train} --ensemble 3 --checkpoint c.st"));
    assert!(line.contains("cannot be used with"), "{line}");
}

#[test]
fn selection_and_gradient_check_prepare_as_training_does() {
    let place = place();
    let results = place.json(
        "select --data train.csv --label sold --ignore price --hidden 8 --activation relu --folds 3 \
         --epochs 10",
    );
    assert!(results["best"]["mean"].as_f64().unwrap() > 0.85, "{results}");
    let results = place.json(
        "select --data train.csv --label price --regression --ignore sold --hidden 8 --folds 3 \
         --activation relu --epochs 20 --target-transform log",
    );
    let error = results["best"]["mean"].as_f64().unwrap();
    assert!((1e3..3e9).contains(&error), "{results}");
    place.done("gradcheck --data train.csv --label sold --ignore price --hidden 4");
    place.done("train --data train.csv --label sold --ignore price --epochs 2");
    place.done(&format!("gradcheck {MODEL} --data test.csv --label sold"));
    let line = place.refused(2, &format!("gradcheck {MODEL} --data test.csv --label sold --plain"));
    assert!(line.contains("--plain does not go with it"), "{line}");
}

#[test]
fn plain_is_the_lecture() {
    let place = place();
    let train = "train --data train.csv --label sold --features area,district --plain";
    let (lines, _) = place.done(&format!("{train} --iterations 20"));
    assert!(lines.contains("4-16-1 (tanh, sigmoid)"), "{lines}");
    assert!(lines.contains("20 full-batch steps, learning rate 0.1"), "{lines}");
    // Areas of about 100: tanh is nearly always 1 or -1.
    let (_, notes) = place.done(&format!("{train} --iterations 200"));
    let said = "activations are saturated: its tanh units hardly learn any more; try --standardize";
    assert!(notes.iter().any(|note| note.contains(said)), "{notes:?}");
}
