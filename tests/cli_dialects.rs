//! The program and tables as spreadsheets, pandas and databases write them.
//!
//! The inputs in `tests/data/cases` were made after reports of users of other programs.

#[path = "common/place.rs"]
mod place;

use place::Place;

/// Trains on a file and gives the notes that name how it is written.
fn dialect_notes(place: &Place, arguments: &str) -> Vec<String> {
    let (_, notes) = place.done(&format!("train --out o --epochs 1 --hidden 2 {arguments}"));
    notes.into_iter().filter(|note| note.contains("between cells")).collect()
}

#[test]
fn tables_are_read_as_they_come_and_what_was_found_is_noted() {
    let cases = [
        ("semi.csv", "quality", Some("semicolons between cells, decimal points")),
        ("t.tsv", "k", Some("tabs between cells, decimal points")),
        ("eu.csv", "k", Some("semicolons between cells, decimal commas")),
        ("thou.csv", "k", Some("commas between cells, decimal points, commas for thousands")),
        ("dummies.csv", "k", None),
        ("z.csv.gz", "k", None),
    ];
    for (name, label, words) in cases {
        let place = Place::case(name);
        let kind = if label == "quality" { " --classification" } else { "" };
        let notes = dialect_notes(&place, &format!("--data {name} --label {label}{kind}"));
        let expected: Vec<String> =
            words.map(|words| format!("{name}: {words}")).into_iter().collect();
        assert_eq!(notes, expected);
    }
}

#[test]
fn what_is_given_is_not_looked_for() {
    let place = Place::new();
    place.file("t.csv", "Export\na;b;k\n1,234;2;x\n2,345;3;y\n1,5;3;y\n".replace("1,5", "1,567"));
    let data = "--data t.csv --label k";
    let refused = |options: &str| place.refused(2, &format!("train --out new {data} {options}"));
    assert_eq!(
        refused("--skip-rows 1"),
        "t.csv: line 3, column 1 (\"a\"): \"1,234\" can be read as two numbers: say --decimal \
         comma, or --decimal point --thousands comma"
    );
    let given = "--skip-rows 1 --delimiter semicolon --decimal comma --thousands none";
    assert_eq!(dialect_notes(&place, &format!("{data} {given}")), [""; 0]);
    let model = "predict --model o/model.safetensors";
    place.done(&format!("{model} --data t.csv --skip-rows 1 --decimal comma"));
    place.done(&format!("{model} --data t.csv --skip-rows 1 --decimal point --thousands comma"));

    assert_eq!(
        refused("--skip-rows 1 --delimiter tab"),
        "t.csv: line 2: no column is named \"k\" (there are: a;b;k): its first line has \
         semicolons: --delimiter ';'"
    );
    assert_eq!(
        refused("--decimal comma --thousands comma"),
        "t.csv: commas can't be decimal commas and stand between thousands"
    );
    let output = place.run("train --data t.csv --label k --delimiter dash");
    assert_eq!(output.status.code(), Some(2));
    let message = place::text(&output.stderr);
    assert!(message.contains("expected comma, semicolon, tab or pipe"), "{message}");
    assert!(!place.path("new").exists());
}

#[test]
fn options_of_tables_are_for_tables() {
    let place = Place::new();
    place.file("x.npy", "").file("y.npy", "");
    for option in ["--delimiter ;", "--decimal comma", "--thousands space", "--skip-rows 0"] {
        let message =
            place.refused(2, &format!("train --data x.npy --labels y.npy --out new {option}"));
        let name = option.split(' ').next().unwrap();
        assert_eq!(message, format!("{name} is for CSV files only"));
    }
}
