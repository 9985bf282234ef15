//! Promise: of a table as it is, every cell is a number, a category or missing, as the column's
//! cells say, or refused by file, line and column.

use shallownet::io::table::{
    Cells, Error, Header, MISSING, MissingCells, Records, Table, Unseen, Wanted,
};

fn read(text: &str, wanted: &Wanted<'_>) -> Result<Records, Error> {
    Table::new("t.csv", text.as_bytes(), Header::Present)?.records(wanted)
}

/// The first column, read so.
fn one(text: &str, cells: Cells<'_>, most_categories: usize) -> Result<Records, Error> {
    let features = [(0, cells)];
    read(text, &Wanted { features: &features, most_categories, ..Wanted::default() })
}

fn said(text: &str, cells: Cells<'_>, most_categories: usize) -> String {
    one(text, cells, most_categories).unwrap_err().to_string()
}

fn column(cells: &[&str]) -> String {
    format!("a,b\n{}", cells.iter().map(|cell| format!("{cell},0\n")).collect::<String>())
}

/// NaN as -9, so that values can be compared.
fn values(records: &Records) -> Vec<f64> {
    records.x.iter().map(|x| if x.is_nan() { -9.0 } else { *x }).collect()
}

fn texts(all: &[&str]) -> Option<Vec<String>> {
    Some(all.iter().map(|&text| text.to_owned()).collect())
}

#[test]
fn a_column_is_numbers_or_texts_as_most_of_its_cells_are() {
    /// Cells, their values, and the categories that these are indices of.
    type Case<'a> = (&'a [&'a str], &'a [f64], Option<&'a [&'a str]>);
    let cases: &[Case<'_>] = &[
        (&["1", "-2", "30"], &[1.0, -2.0, 30.0], None),
        (&["1", "2.5", "1e3", "2.50", "007"], &[1.0, 2.5, 1000.0, 2.5, 7.0], None),
        (&["True", "false", "True"], &[1.0, 0.0, 1.0], None),
        (&["b", "a", "b"], &[1.0, 0.0, 1.0], Some(&["a", "b"])),
        // As they are spelled, and in the order of classes.
        (&["10", "9", "9.0", "x"], &[0.0, 1.0, 2.0, 3.0], Some(&["10", "9", "9.0", "x"])),
        (
            &["True", "False", "?", "maybe"],
            &[1.0, 0.0, -9.0, 2.0],
            Some(&["False", "True", "maybe"]),
        ),
        // Whole numbers first, then what they are.
        (
            &["3", "", "12", "3", "x", "x"],
            &[1.0, -9.0, 0.0, 1.0, 2.0, 2.0],
            Some(&["12", "3", "x"]),
        ),
        (&["3", "NA", "12", "0.5"], &[3.0, -9.0, 12.0, 0.5], None),
    ];
    for (cells, expected, categories) in cases {
        let records = one(&column(cells), Cells::Any, 1000).unwrap();
        assert_eq!(values(&records), *expected, "{cells:?}");
        assert_eq!(records.categories, [categories.and_then(texts)], "{cells:?}");
        assert_eq!((records.lines[0], records.lines.len()), (2, cells.len()));
    }
    // Texts however they look, in the order of numbers if all of them are.
    let records = one(&column(&["10", "9", "", "10"]), Cells::Texts, 1000).unwrap();
    assert_eq!(values(&records), [1.0, 0.0, -9.0, 1.0]);
    assert_eq!(records.categories, [texts(&["9", "10"])]);
}

#[test]
fn one_text_in_ten_is_refused_and_two_are_a_column_of_texts() {
    let among = |cell: &str| {
        format!(
            "{cell:?} is not a number, as nearly all of the column are (--categories takes all of \
             its cells as categories)"
        )
    };
    for number in ["7", "7.5"] {
        let mut cells = vec![number; 9];
        cells.insert(3, "tall");
        // Missing cells do not count.
        cells.extend(["NA"; 50]);
        let message = said(&column(&cells), Cells::Any, 1000);
        assert_eq!(message, format!("t.csv: line 5, column 1 (\"a\"): {}", among("tall")));
        cells.insert(5, "short");
        let records = one(&column(&cells), Cells::Any, 1000).unwrap();
        assert_eq!(records.categories, [texts(&[number, "short", "tall"])]);
    }
    // Of many numbers, the first text is met at once.
    for fraction in ["", ".5"] {
        let mut cells: Vec<String> = (0..100).map(|k| format!("{k}{fraction}")).collect();
        cells.push("tall".to_owned());
        cells.extend(std::iter::repeat_n("more".to_owned(), 100));
        let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
        let message = said(&column(&cells), Cells::Any, 20);
        assert_eq!(message, format!("t.csv: line 102, column 1 (\"a\"): {}", among("tall")));
    }
    // Among numbers that are few so far, when there are too many different ones.
    let cells: Vec<String> = (0..30).map(|k| format!("{k}.5")).collect();
    let mut cells: Vec<&str> = cells.iter().map(String::as_str).collect();
    cells.insert(2, "tall");
    let message = said(&column(&cells), Cells::Any, 25);
    assert_eq!(message, format!("t.csv: line 4, column 1 (\"a\"): {}", among("tall")));
}

#[test]
fn numbers_found_early_keep_their_values() {
    let cells: Vec<String> = (0..50).map(|k| format!("{}", f64::from(k) / 2.0)).collect();
    let expected: Vec<f64> = (0..50).map(|k| f64::from(k) / 2.0).collect();
    let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
    for most in [0, 1, 10, 49, 50, 1000] {
        let records = one(&column(&cells), Cells::Any, most).unwrap();
        assert_eq!((records.x, &records.categories[..]), (expected.clone(), &[None][..]), "{most}");
    }
}

#[test]
fn columns_beside_each_other_are_decided_one_by_one() {
    let text = "a,b,c,k\n1,x,0.5,p\n2,y,NA,q\n3,x,2.5,p\n";
    let features = [(2, Cells::Any), (1, Cells::Any), (0, Cells::Texts)];
    let wanted = Wanted { features: &features, label: Some(3), ..Wanted::default() };
    let records = read(text, &wanted).unwrap();
    assert_eq!(values(&records), [0.5, 0.0, 0.0, -9.0, 1.0, 1.0, 2.5, 0.0, 2.0]);
    assert_eq!(records.categories, [None, texts(&["x", "y"]), texts(&["1", "2", "3"])]);
    assert_eq!(records.labels.as_ref().unwrap().of_row, [0, 1, 0]);
    assert_eq!(records.place(1, 2).to_string(), "t.csv: line 3, column 3 (\"c\")");
}

#[test]
fn missing_cells_are_nan_or_refused() {
    for cell in MISSING.into_iter().chain([""]) {
        let text = column(&["1", cell, "3"]);
        for cells in [Cells::Any, Cells::Numbers, Cells::Texts] {
            assert!(one(&text, cells, 9).unwrap().x[1].is_nan(), "{cell:?}");
        }
        let features = [(0, Cells::Any)];
        let missing = MissingCells::Refused;
        let wanted = Wanted { features: &features, missing, ..Wanted::default() };
        assert_eq!(
            read(&text, &wanted).unwrap_err().to_string(),
            format!(
                "t.csv: line 3, column 1 (\"a\"): {cell:?} is a missing value, and none is allowed"
            )
        );
    }
    let empty = "t.csv: line 2, column 1 (\"a\"): the column is empty: every value of it is missing \
                 (--ignore leaves it out)";
    assert_eq!(said(&column(&["NA", "", "?"]), Cells::Any, 9), empty);
    assert_eq!(said(&column(&["NA", "", "?"]), Cells::Texts, 9), empty);
    // A file to predict from may have one sample.
    assert!(one(&column(&["NA"]), Cells::Numbers, 9).unwrap().x[0].is_nan());
    let categories = ["x".to_owned()];
    assert!(one(&column(&["NA"]), Cells::Among(&categories), 9).unwrap().x[0].is_nan());
}

#[test]
fn texts_that_a_model_does_not_know_are_counted() {
    let categories = ["x", "NA", "y"].map(str::to_owned);
    let text = column(&["y", "z", "", "NA", "x", "Z", "z"]);
    let records = one(&text, Cells::Among(&categories), 0).unwrap();
    assert_eq!(values(&records), [2.0, -1.0, -9.0, 1.0, 0.0, -1.0, -1.0]);
    assert_eq!(records.categories, [Some(categories.to_vec())]);
    let unseen = Unseen { feature: 0, text: "z".to_owned(), row: 1, cells: 3 };
    assert_eq!(records.unseen, [unseen]);
}

/// Where a value is missing in one file, pandas writes the codes 1 and 2 as 1.0 and 2.0.
#[test]
fn codes_with_and_without_their_fraction_are_one_category() {
    let categories = ["1", "2.0", "x"].map(str::to_owned);
    let text = column(&["1.0", "2", "2.0", "01", "1", "x"]);
    let records = one(&text, Cells::Among(&categories), 9).unwrap();
    assert_eq!(values(&records), [0.0, 1.0, 1.0, -1.0, 0.0, 2.0]);
    assert_eq!(records.categories, [Some(categories.to_vec())]);
}

#[test]
fn categories_are_at_most_so_many() {
    let text = column(&["x", "y", "x", "z", "x"]);
    for cells in [Cells::Any, Cells::Texts] {
        assert_eq!(one(&text, cells, 3).unwrap().categories, [texts(&["x", "y", "z"])]);
        assert_eq!(
            said(&text, cells, 2),
            "t.csv: line 5, column 1 (\"a\"): \"z\" is one category more than the 2 that a column \
             may have"
        );
    }
}

#[test]
fn targets_and_weights_are_numbers_and_there() {
    let read = |row: &str| {
        let text = format!("a,y,w,k\n1,2,0.5,p\n{row}\n");
        let features = [(0, Cells::Any)];
        let wanted = Wanted {
            features: &features,
            label: Some(3),
            targets: &[1],
            weights: Some(2),
            ..Wanted::default()
        };
        read(&text, &wanted).map_err(|error| error.to_string())
    };
    let records = read("2,-3,0,NA").unwrap();
    assert_eq!((records.x, records.y), (vec![1.0, 2.0], vec![2.0, -3.0]));
    assert_eq!(records.weights, [0.5, 0.0]);
    let labels = records.labels.unwrap();
    assert_eq!(labels.classes, ["NA", "p"]);
    assert_eq!(labels.like_missing().collect::<Vec<_>>(), [0]);
    let cases = [
        ("2,?,1,p", "column 2 (\"y\"): \"?\" is a missing value, and none is allowed"),
        ("2,,1,p", "column 2 (\"y\"): the cell is empty: expected a number"),
        ("2,x,1,p", "column 2 (\"y\"): \"x\" is not a number"),
        ("2,1,-1,p", "column 3 (\"w\"): \"-1\" is below 0: expected a weight of at least 0"),
        ("2,1,inf,p", "column 3 (\"w\"): \"inf\" is not a finite number"),
        ("2,1,nan,p", "column 3 (\"w\"): \"nan\" is a missing value, and none is allowed"),
        ("2,1,1,", "column 4 (\"k\"): the label is empty"),
        ("1e999,1,1,p", "column 1 (\"a\"): \"1e999\" is not a finite number"),
        ("-nan,1,1,p", "column 1 (\"a\"): \"-nan\" is not a finite number"),
    ];
    for (row, message) in cases {
        assert_eq!(read(row), Err(format!("t.csv: line 3, {message}")), "{row}");
    }
}

#[test]
fn what_is_wrong_with_a_table_is_said() {
    assert_eq!(
        said("a,b\nx,1\n", Cells::Numbers, 9),
        "t.csv: line 2, column 1 (\"a\"): \"x\" is not a number"
    );
    assert_eq!(
        said("a,b\n1\n", Cells::Any, 9),
        "t.csv: line 2: the row ends with column 1: expected 2 columns, as in line 1"
    );
    assert_eq!(
        said("a,b\n", Cells::Any, 9),
        "t.csv: line 1 is the header and no row follows: expected at least one sample"
    );
    assert_eq!(
        said("a;b\nx;1\n1,234;2\n", Cells::Any, 9),
        "t.csv: line 3, column 1 (\"a\"): \"1,234\" can be read as two numbers: say --decimal \
         comma, or --decimal point --thousands comma"
    );
    let past = |wanted: &Wanted<'_>| read("a,b\n1,2\n", wanted).unwrap_err().to_string();
    let message = "t.csv: no column \"3\": expected a number from 1 to 2";
    let features = [(2, Cells::Any)];
    assert_eq!(past(&Wanted { features: &features, ..Wanted::default() }), message);
    assert_eq!(past(&Wanted { label: Some(2), ..Wanted::default() }), message);
    assert_eq!(past(&Wanted { targets: &[2], ..Wanted::default() }), message);
    assert_eq!(past(&Wanted { weights: Some(2), ..Wanted::default() }), message);
    // No feature is wanted: the rows are counted.
    assert_eq!(read("a,b\n1,2\n", &Wanted::default()).unwrap().lines, [2]);
}
