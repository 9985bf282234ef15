//! Promise: no table is made of anything but all parts of one selection; what is in the way is
//! named, by file, line and column, or option.

#[path = "common/parts.rs"]
mod parts;
#[path = "common/place.rs"]
mod place;

use parts::{SELECT, part_of, place, run_parts, same, table};

#[test]
fn parts_of_other_runs_are_refused() {
    let place = place();
    run_parts(&place, SELECT, [1], 3);
    let other_data = table().replace(",yes\n", ",maybe\n");
    place.file("e.csv", other_data).file("f.csv", table());
    let cases = [
        ("--seed 5", "--seed 6", "its seed is 6, not 5"),
        ("--epochs 15", "--epochs 16", "it has other trainings"),
        ("--data d.csv", "--data e.csv", "its data is "),
        ("--ignore b", "--ignore a", "its data is "),
        ("--hidden 2,8", "--hidden 2,9", "it has other candidates"),
        ("--folds 3", "--folds 4", "its folds is 4, not 3"),
        ("--folds 3", "--folds 3 --score cost", "its score is \"cost\", not \"accuracy\""),
        ("--folds 3", "--folds 3 --precision f32", "its precision is \"f32\", not \"f64\""),
        ("--folds 3", "--folds 3 --backend portable", "its backend is \"portable\", not "),
        ("--folds 3", "--folds 3 --missing fill --rare 3", "its rare is 3, not 2"),
        ("--folds 3", "--folds 3 --standardize=false", "its standardize is false, not true"),
    ];
    for (from, to, why) in cases {
        let select = SELECT.replace(from, to);
        let select = if select == SELECT { format!("{SELECT} {to}") } else { select };
        run_parts(&place, &select, [2], 3);
        let error = place.refused(2, "select --merge parts");
        let start = "parts/part-2-of-3.json: it is no part of the selection of \
                     parts/part-1-of-3.json: ";
        let rest = error.strip_prefix(start).unwrap_or_else(|| panic!("{to}: {error}"));
        assert!(rest.starts_with(why), "{to}: {error}");
    }
    // Neither where the file lies nor how many threads there are is of the run.
    let elsewhere = SELECT.replace("d.csv", "f.csv");
    run_parts(&place, &format!("{elsewhere} --threads 2"), [2, 3], 3);
    same(&place, SELECT, "select --merge parts");

    run_parts(&place, SELECT, [1], 2);
    let error = place.refused(2, "select --merge parts");
    assert!(error.contains("it is part 1/"), "{error}");
}

#[test]
fn a_part_may_be_there_twice_with_the_same_bits_only() {
    let place = place();
    run_parts(&place, SELECT, 1..=2, 2);
    std::fs::create_dir(place.path("copies")).unwrap();
    let text = String::from_utf8(place.read("parts/part-2-of-2.json")).unwrap();
    place.file("copies/part-2-of-2.json", &text).file("other.json", &text);
    same(&place, SELECT, "select --merge parts copies other.json");
    same(&place, SELECT, "select --merge parts/part-1-of-2.json --merge other.json");

    let part = part_of(&place, "part-2-of-2.json");
    let score = part["scores"][0]["score"].as_f64().unwrap();
    let next = f64::from_bits(score.to_bits() + 1);
    let changed =
        text.replacen(&format!("\"score\": {score:?}"), &format!("\"score\": {next:?}"), 1);
    assert_ne!(changed, text);
    place.file("copies/part-2-of-2.json", changed);
    let error = place.refused(2, "select --merge parts copies");
    let expected = format!(
        "it is part 2/2, as parts/part-2-of-2.json is, with another score of candidate 1 on fold \
         2: {next:?}, not {score:?}; one of the two has to go"
    );
    assert_eq!(error, format!("copies/part-2-of-2.json: {expected}"));
}

#[test]
fn broken_parts_are_refused_by_line_and_column() {
    let place = place();
    run_parts(&place, SELECT, 1..=2, 2);
    let text = String::from_utf8(place.read("parts/part-2-of-2.json")).unwrap();
    let refused = |broken: &str| {
        place.file("parts/part-2-of-2.json", broken);
        let error = place.refused(2, "select --merge parts");
        let rest =
            error.strip_prefix("parts/part-2-of-2.json: ").unwrap_or_else(|| panic!("{error}"));
        rest.to_owned()
    };
    let again = "; without this file, --merge says what writes it again";
    let cut = refused(&text[..text.len() / 2]);
    assert!(cut.starts_with("line ") && cut.contains(", column ") && cut.ends_with(again), "{cut}");
    assert_eq!(refused(""), format!("line 1, column 0: EOF while parsing a value{again}"));
    assert!(refused("{]").starts_with("line 1, column 2: "));
    assert!(refused("\u{0}\u{1}").starts_with("line 1, column 1: "));
    let long = refused(&text.replacen("\"seed\"", &format!("\"{}\"", "s".repeat(9999)), 1));
    assert!(long.contains("unknown field") && long.len() < 400, "{long}");
    assert_eq!(refused("{}"), "it is no part that select --shard wrote");
    let changes = [
        ("\"part\": 2,", "\"part\": 0,", "no part 0 of 2, of 4 candidates on 3 folds, can be"),
        ("\"part\": 2,", "\"part\": 3,", "no part 3 of 2, "),
        ("\"parts\": 2,", "\"parts\": 4,", "6 scores: part 2/4 has 3"),
        ("\"part\": 2,", "\"part\": 1,", "part 1/2 has no score of candidate 1 on fold 2 there"),
        ("\"folds\": 3,", "\"folds\": 1,", "no part 2 of 2, of 4 candidates on 1 folds, can be"),
        ("\"folds\": 3,", "\"folds\": 18446744073709551615,", "no part 2 of 2, "),
        ("\"folds\": 3,", "\"folds\": 4000000000000000000,", "6 scores: part 2/2 has 8"),
        ("\"seed\": 5,", "\"seed\": 5, \"seeds\": 5,", "line "),
        ("\"seed\": 5,", "\"seed\": -5,", "line "),
        ("\"score\": 0.", "\"score\": null, \"x\": 0.", "line "),
        ("0 select --shard", "0-rc select --shard", "it was written by \"shallownet "),
        ("0 select --shard", "0 train", "it was written by \"shallownet "),
    ];
    for (from, to, why) in changes {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text, "{from}");
        let error = refused(&changed);
        assert!(error.starts_with(why), "{to}: {error}");
    }
    // A copy under another name: what the file says counts.
    place.file("parts/part-2-of-2.json", place.read("parts/part-1-of-2.json"));
    let error = place.refused(2, "select --merge parts");
    assert!(error.starts_with("part 2 of 2 is missing: "), "{error}");
}

/// Whatever one byte of a part is changed to, the answer is a table or one line.
#[test]
fn no_byte_makes_a_merge_panic() {
    let place = place();
    run_parts(&place, SELECT, 1..=1, 1);
    let text = place.read("parts/part-1-of-1.json");
    let mut refused = 0;
    for (k, at) in (0..text.len()).step_by(text.len() / 150).enumerate() {
        let mut changed = text.clone();
        changed[at] = [b'9', b'"', 0xff, b'-', b'}'][k % 5];
        place.file("parts/part-1-of-1.json", changed);
        let output = place.run("select --merge parts");
        let error = place::text(&output.stderr);
        assert!(matches!(output.status.code(), Some(0 | 2)), "byte {at}: {error}");
        if output.status.code() == Some(2) {
            assert!(output.stdout.is_empty() && error.starts_with("error: "), "{at}: {error}");
            assert_eq!(error.lines().count(), 1, "{at}: {error}");
            refused += 1;
        }
    }
    assert!(refused > 75, "{refused}");
}

#[test]
fn shards_that_cannot_be_are_refused() {
    let place = place();
    for wrong in ["0/3", "4/3", "x", "3", "1/0", "-1/3", "1/x", "", "1/3/3"] {
        let output = place.run_each(&["select", "--shard", wrong, "--out", "parts"]);
        let error = place::text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{wrong}: {error}");
        assert!(wrong == "-1/3" || error.contains("'--shard <I/N>'"), "{wrong}: {error}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }
    let error = place.refused(2, "select --shard 0/3 --out parts");
    assert!(error.ends_with("expected I/N such as 3/100: the I-th of N parts, I from 1 to N"));
    let error = place.refused(2, &format!("{SELECT} --shard 13/13 --out parts"));
    assert_eq!(
        error,
        "--shard 13/13: there are 12 trainings, of 4 candidates on 3 folds: expected at most 12 parts"
    );
    let error = place.refused(2, "select --shard 1/3");
    assert!(error.contains("--out <FOLDER>"), "{error}");
    for training in [
        "--label kind",
        "--data d.csv",
        "--folds 5",
        "--shard 1/3 --out o",
        "--threads 2",
        "--rare 2",
    ] {
        let error = place.refused(2, &format!("select --merge parts {training}"));
        assert!(error.contains("cannot be used with"), "{training}: {error}");
    }
    let error = place.refused(2, "select --merge");
    assert!(error.contains("'--merge <PATH>...'"), "{error}");
    assert!(!place.path("parts").exists());
}

#[test]
fn a_place_that_cannot_be_written_to_is_refused_before_training() {
    let place = place();
    place.file("taken", "x");
    let error = place.refused(1, &format!("{SELECT} --shard 1/2 --out taken"));
    assert!(error.starts_with("taken"), "{error}");
    std::fs::create_dir_all(place.path("parts/part-1-of-2.json")).unwrap();
    let error = place.refused(1, &format!("{SELECT} --shard 1/2 --out parts"));
    assert!(error.contains("part-1-of-2.json: could not be written: it is a folder"), "{error}");
    assert_eq!(place.names("parts"), ["part-1-of-2.json"]);
    // A part that is a folder, or a link to nowhere, is no part.
    let error = place.refused(2, "select --merge parts");
    assert_eq!(error, "parts/part-1-of-2.json: it is no regular file");
}
