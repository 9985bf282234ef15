//! Promise: a table is read as it was meant, or refused by line and column: quotes that don't pair,
//! rows without end, numbers of columns that no file has. Labels are compared letter by letter.

use std::io::Read;

use proptest::prelude::*;
use shallownet::io::table::{
    Delimiter, Dialect, Error, Header, Labels, Limits, Place, Problem, Samples, Table, classes_of,
};

fn refused(text: &str, header: Header) -> String {
    let read = |text| {
        let table = Table::new("t.csv", text, header)?;
        let columns: Vec<usize> = (1..table.width()).collect();
        table.samples(&columns, Some(0))
    };
    let message = read(text.as_bytes()).unwrap_err().to_string();
    assert!(!message.contains('\n'), "{message}");
    message
}

#[test]
fn quotes_that_do_not_pair_are_named_by_line_and_column() {
    use Header::{Absent, Present};
    let open = "the quote that begins this cell is never closed";
    let after = |line| {
        format!(
            "text follows the quote that closes this cell on line {line}: expected a comma or a \
             line end (a quote within quotes is written twice)"
        )
    };
    let cases = [
        // As in an export that lost a closing quote: the rest of the file would be one cell.
        ("k,x,y\na,1,1\nb,2,\"1\na,3,1\nb,4,1\n", Present, "line 3, column 3 (\"y\")", open),
        ("\"a,1\n", Absent, "line 1, column 1", open),
        ("a,1\r\n\r\nb,\"", Absent, "line 3, column 2", open),
        ("a,\"\"\"1\"\"\nb,2\n", Absent, "line 1, column 2", open),
        ("k,\"x\na,1\n", Present, "line 1, column 2", open),
        ("\u{feff}\"k,x\na,1\n", Present, "line 1, column 1", open),
        // A cell of two lines before it: lines are the file's.
        ("\"a\nb\",1\nc,2\nd,\"3\n", Absent, "line 4, column 2", open),
        ("\"a\nb\",\"1\n", Absent, "line 2, column 2", open),
        // Text after a quote: in the same line, and where the next stray quote closes the first.
        ("\"a\"b,1\n", Absent, "line 1, column 1", &after(1)),
        ("k,x\n\"a\" b,1\n", Present, "line 2, column 1 (\"k\")", &after(2)),
        ("a,1,\"u\nb,2,v\nc,3,\"w\nd,4,v\n", Absent, "line 1, column 3", &after(3)),
        ("\"a\"\"b\"c,1\n", Absent, "line 1, column 1", &after(1)),
        ("\"a\" \"\",1\n", Absent, "line 1, column 1", &after(1)),
        ("\u{feff}\"k\"2,x\na,1\n", Present, "line 1, column 1", &after(1)),
        // Spaces before a quote do not make it text.
        ("a, \"1\n", Absent, "line 1, column 2", open),
        ("a,1\n\t\"b\"c,2\n", Absent, "line 2, column 1", &after(2)),
    ];
    for (text, header, place, problem) in cases {
        assert_eq!(refused(text, header), format!("t.csv: {place}: {problem}"), "{text:?}");
    }
}

#[test]
fn quotes_are_checked_in_columns_that_are_not_used() {
    let text = "x,note,k\n1,fine,a\n2,\"not,b\n3,fine,a\n";
    let table = || Table::new("t.csv", text.as_bytes(), Header::Present).unwrap();
    let place = r#"t.csv: line 3, column 2 ("note")"#;
    let is_it = |error: Error| match &error {
        Error::Cell { place: at, problem: Problem::OpenQuote } => assert_eq!(at.to_string(), place),
        _ => panic!("{error}"),
    };
    is_it(table().samples(&[0], None).unwrap_err());
    is_it(table().samples(&[], Some(2)).unwrap_err());
    let classes = ["a", "b"].map(str::to_owned);
    let mut blocks = table().blocks(&[0], Some((2, &classes)), 1).unwrap();
    assert!(blocks.next().unwrap().is_ok());
    is_it(blocks.next().unwrap().unwrap_err());
    assert!(blocks.next().is_none());
}

#[test]
fn quotes_that_pair_and_quotes_within_text_are_read() {
    let text =
        "k,x\n\"a\",\"1\"\n\"b, or\nc\" , 2\n\"\"\"d\"\"\",3\n5\",4\n6' 2\"\"w\",5\n\"e\"\t,6\n";
    let table = Table::new("t.csv", text.as_bytes(), Header::Present).unwrap();
    let samples = table.samples(&[1], Some(0)).unwrap();
    assert_eq!(samples.x, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    assert_eq!(samples.lines, [2, 3, 5, 6, 7, 8]);
    let labels = samples.labels.unwrap();
    let spelled: Vec<&str> = labels.of_row.iter().map(|&k| &labels.classes[k][..]).collect();
    assert_eq!(spelled, ["a", "b, or\nc", "\"d\"", "5\"", "6' 2\"\"w\"", "e"]);
    assert_eq!(labels.merged, []);
}

/// So many bytes a read.
struct Pieces<'a>(&'a [u8], usize);

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let end = buffer.len().min(self.1);
        self.0.read(&mut buffer[..end])
    }
}

/// Where the first wrong quote of a text (`\n` as line end) is, cell by cell over the whole of it:
/// line and column from 1.
fn first_wrong_quote(mut text: &str) -> Option<(u64, usize)> {
    let (mut line, mut column) = (1, 1);
    loop {
        let unspaced = text.trim_start_matches([' ', '\t']);
        let rest = if let Some(mut quoted) = unspaced.strip_prefix('"') {
            let mut breaks = 0;
            loop {
                let Some((inside, behind)) = quoted.split_once('"') else {
                    return Some((line, column));
                };
                breaks += inside.matches('\n').count() as u64;
                let Some(more) = behind.strip_prefix('"') else {
                    let behind = behind.trim_start_matches([' ', '\t']);
                    if !(behind.is_empty() || behind.starts_with([',', '\n'])) {
                        return Some((line, column));
                    }
                    line += breaks;
                    break behind;
                };
                quoted = more;
            }
        } else {
            text.trim_start_matches(|c| c != ',' && c != '\n')
        };
        if rest.starts_with(',') {
            column += 1
        } else {
            (line, column) = (line + 1, 1)
        }
        text = rest.get(1..).filter(|rest| !rest.is_empty())?;
    }
}

fn cells(text: &str, size: usize, limits: Limits) -> Result<Samples, Error> {
    let text = Pieces(text.as_bytes(), size);
    let commas = Dialect { delimiter: Some(Delimiter::Comma), ..Dialect::default() };
    Table::with_dialect("t.csv", text, Header::Absent, &commas, limits)?.samples(&[], Some(0))
}

/// Said of quotes, and where.
fn wrong_quote(error: &Error) -> Option<(u64, usize)> {
    let Error::Cell { place, problem } = error else { return None };
    let is_it = matches!(problem, Problem::OpenQuote | Problem::AfterQuote { .. });
    is_it.then_some((place.line, place.column))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn wrong_quotes_are_found_wherever_they_are(text in "[a1, \t\"\n]{0,24}", size in 1_usize..30) {
        let answer = cells(&text, size, Limits::default());
        match (first_wrong_quote(&text), answer) {
            (None, Err(error)) => prop_assert_eq!(wrong_quote(&error), None, "{}", error),
            (Some(at), Err(error)) => match wrong_quote(&error) {
                Some(found) => prop_assert_eq!(found, at),
                // A row before it was refused for something else.
                None => {
                    let good: usize = text.lines().take(at.0 as usize - 1).map(|l| l.len() + 1).sum();
                    prop_assert!(cells(&text[..good], size, Limits::default()).is_err());
                }
            },
            (Some(at), Ok(_)) => prop_assert!(false, "taken, with a wrong quote at {at:?}"),
            (None, Ok(_)) => {}
        }
    }

    #[test]
    fn however_a_text_is_cut_the_answer_is_the_same(
        text in "[a1, \"\r\n]{0,40}",
        size in 1_usize..8,
        bytes in 0_usize..20,
        columns in 0_usize..6,
    ) {
        let limits = Limits { bytes, columns };
        let [whole, cut] = [64, size].map(|size| {
            cells(&text, size, limits).map(|s| (s.labels, s.lines)).map_err(|e| e.to_string())
        });
        prop_assert_eq!(whole, cut);
    }
}

#[test]
fn rows_are_as_long_and_as_wide_as_the_limits_allow() {
    let read = |text: &str, bytes, columns| {
        let limits = Limits { bytes, columns };
        cells(text, 64, limits).map(|samples| samples.lines.len()).map_err(|e| e.to_string())
    };
    let long = |line| {
        Err(format!(
            "t.csv: line {line}: no line end within 5 bytes, the most that a row may have: is this a table?"
        ))
    };
    assert_eq!(read("ab,cd\nef,gh\n", 5, 2), Ok(2));
    assert_eq!(read("ab,cd\r\n\r\n\r\n\r\n\r\nef,gh", 5, 2), Ok(2));
    assert_eq!(read("ab,cd\nef,ghi\n", 5, 2), long(2));
    assert_eq!(read("ab,cde", 5, 2), long(1));
    assert_eq!(read("a,b\n\"cd\",\n", 5, 2), Ok(2));
    assert_eq!(read("a,b\n\"cd\",e\n", 5, 2), long(2));
    assert_eq!(
        read("a,b\nx,\"cd\ne\",\n", 5, 2),
        Err("t.csv: line 2, column 2: the quote that begins this cell is not closed within 5 \
             bytes, the most that a row may have"
            .to_owned())
    );
    let wide = |line| {
        Err(format!(
            "t.csv: line {line}: no line end within 2 columns, the most that a row may have: is this a table?"
        ))
    };
    assert_eq!(read("a,b,c\n", 64, 2), wide(1));
    assert_eq!(read("a,b\nc,\",\"\nd,,\n", 64, 2), wide(3));
    assert_eq!(read("a\nb\n", 1, 0), Ok(2));
}

#[test]
fn by_default_a_row_has_room_for_a_million_columns() {
    let Limits { bytes, columns } = Limits::default();
    assert!(bytes >= 16 * columns && columns >= 1_000_000);
    let mut row = "1,".repeat(columns);
    row.pop();
    let samples = cells(&row, 8192, Limits::default()).unwrap();
    assert_eq!(samples.lines, [1]);
    row.push_str(",1");
    let error = cells(&row, 8192, Limits::default()).unwrap_err();
    assert!(matches!(error, Error::WideRow { line: 1, most, .. } if most == columns), "{error}");
    let error = cells(&"1".repeat(bytes + 1), 8192, Limits::default()).unwrap_err();
    assert!(matches!(error, Error::LongRow { line: 1, most, .. } if most == bytes), "{error}");
}

#[test]
fn labels_are_compared_letter_by_letter() {
    let cases = [
        // Numbers of accounts, beyond what a float can tell apart.
        (&["9007199254740992", "9007199254740993", "9007199254740994"][..], 3),
        (&["9007199254740992", "9007199254740992.0"], 2),
        (&["1.1", "1.10", "1.2"], 3),
        (&["0012", "12", "7E1", "70"], 4),
        (&["1e0", "1", "+1", "01", "1."], 5),
        (&["-0", "0", "-0.0"], 3),
        (&["1", "1.0", "2.0", "2", "-1.0", "-1"], 3),
    ];
    for (spelled, expected) in cases {
        let text: String = spelled.iter().map(|label| format!("{label}\n")).collect();
        let samples = cells(&text, 64, Limits::default()).unwrap();
        let labels = samples.labels.unwrap();
        assert_eq!(labels.classes.len(), expected, "{spelled:?}");
        assert_eq!(labels.merged.len(), spelled.len() - expected, "{spelled:?}");
        for merged in &labels.merged {
            assert_eq!(merged.spelling, spelled[merged.row]);
            assert_eq!(merged.class, labels.of_row[merged.row]);
            assert_ne!(merged.spelling, labels.classes[merged.class]);
        }
        // The classes of a first pass are found again: at once, in blocks, and as texts.
        let spelled: Vec<String> = spelled.iter().map(|&label| label.to_owned()).collect();
        let found: Option<Vec<usize>> = classes_of(&spelled, &labels.classes).into_iter().collect();
        assert_eq!(found.as_ref(), Some(&labels.of_row));
        let table = Table::new("t.csv", text.as_bytes(), Header::Absent).unwrap();
        let mut blocks = table.blocks(&[], Some((0, &labels.classes)), 2).unwrap();
        let again: Vec<usize> = blocks.by_ref().flat_map(|block| block.unwrap().classes).collect();
        assert_eq!(again, labels.of_row);
        assert_eq!(blocks.merged(), labels.merged);
    }
}

#[test]
fn of_a_model_from_before_other_spellings_are_none_of_its_classes() {
    let classes = ["1.0", "1.1", "12"].map(str::to_owned);
    let read = |label: &str| {
        let table = Table::new("t.csv", label.as_bytes(), Header::Absent).unwrap();
        let block = table.blocks(&[], Some((0, &classes)), 1).unwrap().next().unwrap();
        block.map(|block| block.classes[0]).map_err(|error| error.to_string())
    };
    assert_eq!([read("1"), read("1.0"), read("1.1"), read("12.0")], [Ok(0), Ok(0), Ok(1), Ok(2)]);
    for other in ["1.10", "0012", "+1", "12.00"] {
        let message = format!("t.csv: line 1, column 1: {other:?} is none of the classes");
        assert_eq!(read(other), Err(message));
    }
}

#[test]
fn no_number_of_a_column_or_a_sample_is_too_large() {
    let table = || Table::new("t.csv", "1,2\n3,4\n".as_bytes(), Header::Absent).unwrap();
    for past in [2, usize::MAX - 1, usize::MAX] {
        let number = past as u128 + 1;
        let message = format!("t.csv: no column \"{number}\": expected a number from 1 to 2");
        for error in [
            table().samples(&[0, past], None).unwrap_err(),
            table().samples(&[0], Some(past)).unwrap_err(),
            table().blocks(&[past], None, usize::MAX).unwrap_err(),
            table().blocks(&[0], Some((past, &[])), 1).unwrap_err(),
            table().column(&number.to_string()).unwrap_err(),
        ] {
            assert_eq!(error.to_string(), message);
        }
    }
    let samples = table().samples(&[0], None).unwrap();
    let place = |line, column| Place { file: "t.csv".to_owned(), line, column, name: None };
    assert_eq!(samples.place(1, 1), place(2, 2));
    assert_eq!(samples.place(usize::MAX, usize::MAX), place(1, usize::MAX));
    let blocks = table().blocks(&[0], None, usize::MAX).unwrap();
    assert_eq!(blocks.map(|block| block.unwrap().lines.len()).sum::<usize>(), 2);
}

/// Whatever a name or a cell holds, a message is short.
#[test]
fn messages_are_short() {
    let long = "\u{e9}".repeat(1 << 20);
    let name = "n".repeat(1 << 20);
    let wide: Vec<String> = (0..13).map(|k| format!("{k}{name}")).collect();
    let table = |text: &str| {
        let bytes = std::io::Cursor::new(text.as_bytes().to_vec());
        let limits = Limits { bytes: usize::MAX, ..Limits::default() };
        Table::with_limits("t.csv", bytes, Header::Present, limits)
    };
    let cell = format!("{name},k\n{long},{long}\n");
    let classes = ["a".to_owned()];
    let errors = [
        table(&cell).unwrap().samples(&[0], None).unwrap_err(),
        table(&cell).unwrap().column(&long).unwrap_err(),
        table(&wide.join(",")).unwrap().column("k").unwrap_err(),
        table(&format!("{name},{name}\n")).unwrap_err(),
        table(&format!("{name},k\n1,\"{long}\n")).unwrap().samples(&[0], None).unwrap_err(),
        table(&format!("{name},k\n\"1\"2,{long}\n")).unwrap().samples(&[1], None).unwrap_err(),
        table(&format!("{name},k\n1e999{},{long}\n", "0".repeat(1 << 20)))
            .unwrap()
            .samples(&[0], None)
            .unwrap_err(),
        table(&cell)
            .unwrap()
            .blocks(&[], Some((1, &classes)), 1)
            .unwrap()
            .next()
            .unwrap()
            .unwrap_err(),
    ];
    for error in errors {
        let message = error.to_string();
        assert!(message.chars().count() < 1000, "{}", message.chars().count());
        assert!(message.len() < 2000 && !message.contains('\n'), "{message}");
    }
}

/// Features and targets of a regression, in the order asked for, whatever that of the columns.
#[test]
fn targets_are_numbers_of_their_columns() {
    let read = |features: &[usize], targets: &[usize]| {
        let text = "a,b,c,d\n1,2,3,4\n\n5,6,7,8\n9,10,11,12\n";
        let table = Table::new("t.csv", text.as_bytes(), Header::Present).unwrap();
        table.regression(features, targets)
    };
    let samples = read(&[3, 0], &[2, 1]).unwrap();
    assert_eq!(samples.x, [4.0, 1.0, 8.0, 5.0, 12.0, 9.0]);
    assert_eq!(samples.y, [3.0, 2.0, 7.0, 6.0, 11.0, 10.0]);
    assert_eq!((samples.lines, samples.labels), (vec![2, 4, 5], None));
    let samples = read(&[1], &[]).unwrap();
    assert_eq!((samples.x, samples.y), (vec![2.0, 6.0, 10.0], vec![]));
    let samples = read(&[], &[1]).unwrap();
    assert_eq!((samples.x, samples.y), (vec![], vec![2.0, 6.0, 10.0]));
    let samples = read(&[], &[]).unwrap();
    assert_eq!((samples.x, samples.y, samples.lines.len()), (vec![], vec![], 3));
    let message = read(&[0], &[4]).unwrap_err().to_string();
    assert_eq!(message, "t.csv: no column \"5\": expected a number from 1 to 4");

    let text = "a,b\n1,x\n";
    let table = Table::new("t.csv", text.as_bytes(), Header::Present).unwrap();
    let message = table.regression(&[0], &[1]).unwrap_err().to_string();
    assert_eq!(message, "t.csv: line 2, column 2 (\"b\"): \"x\" is not a number");
}

#[test]
fn labels_are_targets_of_two_classes_or_more() {
    let targets = |text: &str| {
        let table = Table::new("t.csv", text.as_bytes(), Header::Absent).unwrap();
        let labels = table.samples(&[], Some(0)).unwrap().labels.unwrap();
        let y = labels.targets::<f64>().unwrap();
        (y.features(), y.into_vec())
    };
    assert_eq!(targets("no\nyes\nno\n"), (1, vec![0.0, 1.0, 0.0]));
    assert_eq!(targets("only\nonly\n"), (1, vec![1.0, 1.0]));
    let expected = vec![0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0];
    assert_eq!(targets("b\nc\na\n"), (3, expected));
    assert!(Labels::default().targets::<f32>().is_err());
}
