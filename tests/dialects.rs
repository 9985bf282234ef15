//! Promise: a table is read in the dialect that it is written in, or refused with what to say; what
//! its numbers are is never guessed.

use std::io::Read;
use std::path::Path;

use shallownet::io::table::{
    Decimal, Delimiter, Dialect, Error, Header, Limits, Problem, Samples, Table, Thousands,
};

const ANY: Dialect = Dialect { delimiter: None, decimal: None, thousands: None, skip_rows: 0 };

/// Every column as numbers, and how the table is written.
fn read(text: impl Read, header: Header, dialect: &Dialect) -> Result<(Dialect, Samples), Error> {
    let table = Table::with_dialect("t.csv", text, header, dialect, Limits::default())?;
    let columns: Vec<usize> = (0..table.width()).collect();
    Ok((table.dialect(), table.samples(&columns, None)?))
}

fn numbers(text: &str) -> Vec<f64> {
    read(text.as_bytes(), Header::Present, &ANY).unwrap_or_else(|e| panic!("{text:?}: {e}")).1.x
}

fn refused(text: &str, header: Header, dialect: &Dialect) -> String {
    let message = read(text.as_bytes(), header, dialect).unwrap_err().to_string();
    assert!(!message.contains('\n'), "{message}");
    message
}

fn found(text: &str, header: Header) -> Dialect {
    Table::new("t.csv", text.as_bytes(), header).unwrap().dialect()
}

#[test]
fn the_delimiter_is_the_one_that_cuts_rows_alike() {
    use Delimiter::{Comma, Pipe, Semicolon, Tab};
    let present = [
        ("a,b\n1,2\n", Comma),
        ("a;b\n1;2\n", Semicolon),
        ("a\tb\r\n1\t2\r\n", Tab),
        ("a|b\n1|2\n", Pipe),
        // A byte order mark, blank lines and a last line without an end.
        ("\u{feff}a;b\r\n\r\n1;2", Semicolon),
        // Commas in every number, and as many in each row, but not in the header.
        ("x;y;k\n1,5;2,5;a\n2,5;3,5;b\n", Semicolon),
        // Tags with pipes between them are one cell of a table with commas.
        ("id,title,tags\n1,One,a|b\n2,Two,c|d\n3,\"Three; four\",e|f\n", Comma),
        ("a;b\n1,2,3,4;5\n1;2\n", Semicolon),
        // Delimiters in quotes are none.
        ("\"a;b;c\",k\n\"1;2;3\",4\n", Comma),
        ("\"a,b\";\"c,d\"\n\"1,2\";\"3\n,4\"\n", Semicolon),
        ("a, \"b;c\"\n1, \"2;3\"\n", Comma),
        // One column: a text with semicolons does not make it two.
        ("note\nfirst; then\nanother; or\n", Comma),
        ("x\n1\n2\n", Comma),
        // Both cut all rows: the comma comes first.
        ("a,b;c\nd,e;f\n", Comma),
        ("a;b\n", Semicolon),
    ];
    for (text, expected) in present {
        assert_eq!(found(text, Header::Present).delimiter, Some(expected), "{text:?}");
    }
    // Both cut all rows alike: the cells of one of them are numbers.
    assert_eq!(found("1,5;2,5\n2,5;3,5\n", Header::Absent).delimiter, Some(Semicolon));
    assert_eq!(found("1;5,2;5\n2;5,3;5\n", Header::Absent).delimiter, Some(Semicolon));
    // What is given is not looked for.
    let given = Dialect { delimiter: Some(Pipe), ..ANY };
    let table =
        Table::with_dialect("t", "a,b\n".as_bytes(), Header::Present, &given, Limits::default());
    assert_eq!(table.unwrap().names().unwrap(), ["a,b"]);
}

#[test]
fn numbers_are_written_with_points_or_commas() {
    let cases: &[(&str, &[f64], &str)] = &[
        ("a;b\n1.5;2\n", &[1.5, 2.0], "semicolons between cells, decimal points"),
        ("a;b\n1,5;2\n", &[1.5, 2.0], "semicolons between cells, decimal commas"),
        ("a|b\n-1,5e3|+2\n", &[-1500.0, 2.0], "pipes between cells, decimal commas"),
        (
            "a;b\n1.234,5;1.234\n",
            &[1234.5, 1234.0],
            "semicolons between cells, decimal commas, points for thousands",
        ),
        (
            "a\tb\n1 234,5\t12 345\n",
            &[1234.5, 12345.0],
            "tabs between cells, decimal commas, spaces for thousands",
        ),
        // Decimal commas make a comma before three digits one, too.
        ("a;b\n1,5;1,234\n", &[1.5, 1.234], "semicolons between cells, decimal commas"),
        ("a;b\n0,123;1,234\n", &[0.123, 1.234], "semicolons between cells, decimal commas"),
        (
            "a;b\n1,234.5;1,234\n",
            &[1234.5, 1234.0],
            "semicolons between cells, decimal points, commas for thousands",
        ),
        ("a;b\n1.234;2\n", &[1.234, 2.0], "semicolons between cells, decimal points"),
        ("a;b\n1;2\n", &[1.0, 2.0], "semicolons between cells"),
        (
            "a,b\n\"1,234\",\"1,234,567.5\"\n",
            &[1234.0, 1_234_567.5],
            "commas between cells, decimal points, commas for thousands",
        ),
        ("a,b\n1.234,2\n", &[1.234, 2.0], "commas between cells, decimal points"),
        (
            "a,b\nTrue,FALSE\ntrue,False\n",
            &[1.0, 0.0, 1.0, 0.0],
            "commas between cells, decimal points",
        ),
    ];
    for (text, expected, words) in cases {
        let (dialect, samples) = read(text.as_bytes(), Header::Present, &ANY).unwrap();
        assert_eq!(samples.x, *expected, "{text:?}");
        assert_eq!(dialect.to_string(), *words, "{text:?}");
    }
    // A column of words is no evidence, whatever one of its cells looks like.
    let text = "a;b;k\n1.5;x;1\n2.5;y;1\n3.5;1,5;2\n";
    let table = Table::new("t.csv", text.as_bytes(), Header::Present).unwrap();
    assert_eq!(table.samples(&[0], Some(1)).unwrap().x, [1.5, 2.5, 3.5]);
}

#[test]
fn what_the_beginning_does_not_tell_the_first_number_decides() {
    let whole = "1;2\n".repeat(40_000);
    let table = |rest: &str| numbers(&format!("a;b\n{whole}{rest}"));
    assert_eq!(table("1,5;2\n")[80_000..], [1.5, 2.0]);
    assert_eq!(table("1.5;2\n")[80_000..], [1.5, 2.0]);
    assert_eq!(table("1,5;2\n1,234;2\n")[80_000..], [1.5, 2.0, 1.234, 2.0]);
    let both = format!("a;b\n{whole}1,5;2\n1.5;2\n");
    assert_eq!(
        refused(&both, Header::Present, &ANY),
        "t.csv: line 40003, column 1 (\"a\"): \"1.5\" is not a number"
    );
}

#[test]
fn numbers_that_may_be_two_are_refused_with_what_to_say() {
    let comma = Dialect { decimal: Some(Decimal::Comma), ..ANY };
    let cases = [
        (
            "a;b\n1;x\n1,234;y\n",
            ANY,
            "t.csv: line 3, column 1 (\"a\"): \"1,234\" can be read as two numbers: say \
             --decimal comma, or --decimal point --thousands comma",
        ),
        (
            "a;b\n1,5;2\n1.234;2\n",
            ANY,
            "t.csv: line 3, column 1 (\"a\"): \"1.234\" can be read as two numbers: say \
             --thousands point, or --decimal point",
        ),
        (
            "a;b\n1.5;2\n1,234;2\n",
            ANY,
            "t.csv: line 3, column 1 (\"a\"): \"1,234\" can be read as two numbers: say \
             --thousands comma, or --decimal comma",
        ),
        (
            "a;b\n1.5;2,5\n",
            ANY,
            "t.csv: line 2, column 1 (\"a\"): \"1.5\": this table has decimal points and decimal \
             commas: say --decimal point, or --decimal comma",
        ),
        ("a,b\n\"1,5\",2\n", ANY, "t.csv: line 2, column 1 (\"a\"): \"1,5\" is not a number"),
        ("a,b\n1 234,2\n", ANY, "t.csv: line 2, column 1 (\"a\"): \"1 234\" is not a number"),
        ("a;b\n2.5;2\n", comma, "t.csv: line 2, column 1 (\"a\"): \"2.5\" is not a number"),
        (
            "a,b\n\"1,234\",2\n",
            Dialect { thousands: Some(Thousands::None), ..ANY },
            "t.csv: line 2, column 1 (\"a\"): \"1,234\" is not a number",
        ),
    ];
    for (text, dialect, message) in cases {
        // The cell alone: other columns are no numbers.
        let limits = Limits::default();
        let table =
            Table::with_dialect("t.csv", text.as_bytes(), Header::Present, &dialect, limits)
                .unwrap();
        assert_eq!(table.samples(&[0], None).unwrap_err().to_string(), message, "{text:?}");
    }
    let given = |decimal, thousands| Dialect { decimal, thousands, ..ANY };
    let value =
        |text: &str, dialect| read(text.as_bytes(), Header::Present, &dialect).unwrap().1.x[0];
    use {Decimal as D, Thousands as T};
    let text = "a;b\n1,234;1\n";
    assert_eq!(value(text, given(Some(D::Comma), None)), 1.234);
    assert_eq!(value(text, given(Some(D::Point), Some(T::Comma))), 1234.0);
    assert_eq!(value(text, given(None, Some(T::Comma))), 1234.0);
    assert_eq!(value("a;b\n1.234;1\n", given(None, Some(T::Point))), 1234.0);
    assert_eq!(value("a,b\n\"1,5\",1\n", given(Some(D::Comma), None)), 1.5);
    assert_eq!(value("a,b\n1 234,1\n", given(None, Some(T::Space))), 1234.0);
    for (decimal, thousands, mark) in
        [(D::Comma, T::Comma, "commas"), (D::Point, T::Point, "points")]
    {
        assert_eq!(
            refused(text, Header::Present, &given(Some(decimal), Some(thousands))),
            format!("t.csv: {mark} can't be decimal {mark} and stand between thousands")
        );
    }
}

#[test]
fn a_header_with_another_delimiter_is_named() {
    let given = |delimiter| Dialect { delimiter: Some(delimiter), ..ANY };
    let message = |text: &str, delimiter, column: &str| {
        let (given, limits) = (given(delimiter), Limits::default());
        Table::with_dialect("t.csv", text.as_bytes(), Header::Present, &given, limits)
            .unwrap()
            .column(column)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        message("a;b;c\n1;2;3\n", Delimiter::Comma, "b"),
        "t.csv: line 1: no column is named \"b\" (there are: a;b;c): its first line has \
         semicolons: --delimiter ';'"
    );
    assert_eq!(
        message("a,b,c\n1,2,3\n", Delimiter::Tab, "b"),
        "t.csv: line 1: no column is named \"b\" (there are: a,b,c): its first line has commas: \
         --delimiter ','"
    );
    assert_eq!(
        message("a\tb\n1\t2\n", Delimiter::Pipe, "2"),
        "t.csv: no column \"2\": expected a number from 1 to 1: its first line has tabs: \
         --delimiter tab"
    );
    assert_eq!(
        message("a,b;c\n1,2\n", Delimiter::Comma, "c"),
        "t.csv: line 1: no column is named \"c\" (there are: a, b;c)"
    );
}

#[test]
fn rows_are_skipped_and_still_counted() {
    let skip = |skip_rows| Dialect { skip_rows, ..ANY };
    let text = "Report, of \"May\r\n\r\nx;y\r\n1;2\r\n\r\n3;z\r\n";
    assert_eq!(
        refused(text, Header::Present, &skip(2)),
        "t.csv: line 6, column 2 (\"y\"): \"z\" is not a number"
    );
    let table =
        Table::with_dialect("t", text.as_bytes(), Header::Present, &skip(1), Limits::default())
            .unwrap();
    assert_eq!((table.first_line(), table.names().unwrap().len()), (3, 2));
    assert_eq!(table.samples(&[0], None).unwrap().lines, [4, 6]);
    assert_eq!(
        refused("a,b\n\"1,2\n", Header::Present, &skip(1)),
        "t.csv: line 2, column 1: the quote that begins this cell is never closed"
    );
    assert_eq!(
        refused("a\nb,c\n1,2\n3\n", Header::Present, &skip(1)),
        "t.csv: line 4: the row ends with column 1: expected 2 columns, as in line 2"
    );
    assert_eq!(
        refused("a,b\n1,2", Header::Present, &skip(3)),
        "t.csv: it has 2 lines, and 3 are to be skipped: expected a table behind"
    );
    assert_eq!(refused("a,b\n", Header::Present, &skip(1)), "t.csv: the file is empty");
    assert_eq!(refused("", Header::Present, &skip(1)), "t.csv: the file is empty");
    let long = format!("{}\na,b\n1,2\n", "preface ".repeat(100_000));
    assert_eq!(read(long.as_bytes(), Header::Present, &skip(1)).unwrap().1.lines, [3]);
}

/// So many bytes a read.
struct Pieces<'a>(&'a [u8], usize);

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let end = buffer.len().min(self.1);
        self.0.read(&mut buffer[..end])
    }
}

#[test]
fn however_a_text_is_cut_its_dialect_is_the_same() {
    let text = "\u{feff}a;  \"b\"\r\n1,5; \"2,5\"\r\n\r\n \"3,5\";\"4,5\" \r\n";
    for skip_rows in [0, 1] {
        for given in [None, Some(Delimiter::Semicolon)] {
            let decimal = given.map(|_| Decimal::Comma);
            let thousands = given.map(|_| Thousands::None);
            let dialect = Dialect { delimiter: given, decimal, thousands, skip_rows };
            let header = if skip_rows == 0 { Header::Present } else { Header::Absent };
            for size in [1, 2, 3, 5, 64] {
                let (_, samples) = read(Pieces(text.as_bytes(), size), header, &dialect).unwrap();
                assert_eq!((samples.x, samples.lines), (vec![1.5, 2.5, 3.5, 4.5], vec![2, 4]));
            }
        }
    }
}

#[test]
fn spaces_before_a_quote_are_no_part_of_the_cell() {
    let labels = |text: &str, size| {
        let table = Table::new("t.csv", Pieces(text.as_bytes(), size), Header::Present)?;
        Ok::<Vec<String>, Error>(table.samples(&[], Some(1))?.labels.unwrap().classes)
    };
    for size in [1, 2, 3, 7, 8192] {
        assert_eq!(
            labels("x,k\n1,  \"b, \"\"c\"\"\" \n2,\t\"a\nb\"\n", size).unwrap(),
            ["a\nb", "b, \"c\""]
        );
        let message = labels("x,k\n1,  \"b\" c\n", size).unwrap_err().to_string();
        assert!(message.starts_with("t.csv: line 2, column 2 (\"k\"): text follows"), "{message}");
        // A tab is no space between cells that have tabs between them.
        let message = labels("x\tk\n1\t2\n1\t\"b\"c\n", size).unwrap_err().to_string();
        assert!(message.contains("expected a tab or a line end"), "{message}");
        assert_eq!(labels("x\tk\n\t\"b\"\n\t c\n", size).unwrap(), ["b", "c"]);
    }
    // Spaces across pieces of the reader's buffer, before a quote and before none.
    for spaces in 8180..8200 {
        let text = format!("x,k\n1,{}\"b,c\"\n2,{}d\n", " ".repeat(spaces), " ".repeat(spaces));
        assert_eq!(labels(&text, 1 << 14).unwrap(), ["b,c", "d"]);
    }
    // A line of spaces is a row of one cell.
    let message = labels("x,k\n1,a\n  \n", 8192).unwrap_err();
    assert!(matches!(message, Error::Ragged { line: 3, given: 1, .. }), "{message}");
}

#[test]
fn a_gzipped_table_is_unpacked_whatever_its_name() {
    let packed = |text: &[u8]| {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut packer, text).unwrap();
        packer.finish().unwrap()
    };
    let text = "a;b\n1,5;2\n".to_owned().into_bytes();
    let gzipped = packed(&text);
    for size in [1, 5, 1 << 14] {
        let (_, samples) = read(Pieces(&gzipped, size), Header::Present, &ANY).unwrap();
        assert_eq!(samples.x, [1.5, 2.0]);
    }
    let cut = &gzipped[..gzipped.len() - 9];
    let message = read(cut, Header::Present, &ANY).unwrap_err();
    assert!(matches!(message, Error::Read { .. }), "{message}");
    assert_eq!(
        read(&packed(b"")[..], Header::Present, &ANY).unwrap_err().to_string(),
        "t.csv: the file is empty"
    );
}

/// Tables made after reports of users of other programs: each is read without a word.
#[test]
fn tables_from_spreadsheets_and_pandas_are_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/cases");
    let cases: [(&str, &[f64], &str); 6] = [
        ("semi.csv", &[7.4, 3.51], "semicolons between cells, decimal points"),
        ("t.tsv", &[1.5, 2.0], "tabs between cells, decimal points"),
        ("eu.csv", &[1.5, 2.5], "semicolons between cells, decimal commas"),
        ("thou.csv", &[1234.0], "commas between cells, decimal points, commas for thousands"),
        ("dummies.csv", &[1.5, 1.0, 0.0], "commas between cells, decimal points"),
        ("z.csv.gz", &[1.0], "commas between cells, decimal points"),
    ];
    for (name, first, words) in cases {
        let table = Table::open(&folder.join(name), Header::Present).unwrap();
        assert_eq!(table.dialect().to_string(), words, "{name}");
        assert_eq!(table.dialect().is_plain(), words == "commas between cells, decimal points");
        let label = table.width() - 1;
        let features: Vec<usize> = (0..label).collect();
        let samples = table.samples(&features, Some(label)).unwrap();
        assert_eq!(samples.x[..first.len()], *first, "{name}");
        assert!(samples.labels.unwrap().classes.len() > 1, "{name}");
    }
}

#[test]
fn of_true_and_false_features_are_numbers_and_labels_words() {
    let text = "a,k\nTrue,True\nfalse,False\n";
    let table = Table::new("t.csv", text.as_bytes(), Header::Present).unwrap();
    let samples = table.samples(&[0], Some(1)).unwrap();
    assert_eq!(
        (samples.x, samples.labels.unwrap().classes),
        (vec![1.0, 0.0], vec!["False".to_owned(), "True".to_owned()])
    );
    let error = read("a,b\ntRUE,1\n".as_bytes(), Header::Present, &ANY).unwrap_err();
    assert!(matches!(error, Error::Cell { problem: Problem::NotANumber { .. }, .. }), "{error}");
}
