use std::path::Path;

use super::*;

fn read(text: &[u8], header: Header) -> Result<Samples, Error> {
    let table = Table::new("t.csv", text, header)?;
    let label = table.width() - 1;
    table.samples(&(0..label).collect::<Vec<_>>(), Some(label))
}

fn refused(text: &str, header: Header) -> String {
    refused_bytes(text.as_bytes(), header)
}

fn refused_bytes(text: &[u8], header: Header) -> String {
    let message = read(text, header).unwrap_err().to_string();
    assert!(!message.contains('\n'), "{message}");
    message
}

#[test]
fn rows_become_samples() {
    let text = "\u{feff}a, b ,label\r\n 1,2e1, x\r\n\r\n\"3\",-4,\"y, or\nz\"\r\n5,6,x";
    let table = Table::new("t.csv", text.as_bytes(), Header::Present).unwrap();
    assert_eq!(table.names().unwrap(), ["a", "b", "label"]);
    let samples = table.samples(&[1, 0], Some(2)).unwrap();
    assert_eq!(samples.x, [20.0, 1.0, -4.0, 3.0, 6.0, 5.0]);
    assert_eq!(samples.lines, [2, 4, 6]);
    assert_eq!(samples.labels.unwrap().classes, ["x", "y, or\nz"]);
}

/// Returns this many bytes a read.
struct Pieces<'a>(&'a [u8], usize);

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let end = buffer.len().min(self.1);
        self.0.read(&mut buffer[..end])
    }
}

#[test]
fn a_byte_order_mark_is_dropped_however_the_text_is_cut() {
    for size in 1..8 {
        let read = |text: &str| {
            let table = Table::new("t.csv", Pieces(text.as_bytes(), size), Header::Present)?;
            assert_eq!(table.names().unwrap(), ["a", "b"], "{size} bytes a read");
            table.samples(&[0, 1], None)
        };
        for text in ["\u{feff}a,b\n1,2\n", "\u{feff}\r\na,b\r\n1,2", "\u{feff}\"a\",b\r1,2\r"] {
            let samples = read(text).unwrap_or_else(|error| panic!("{size} bytes a read: {error}"));
            assert_eq!(samples.x, [1.0, 2.0], "{size} bytes a read");
        }
        for empty in ["\u{feff}", "\u{feff}\r\n"] {
            assert_eq!(read(empty).unwrap_err().to_string(), "t.csv: the file is empty");
        }
    }
}

#[test]
fn without_a_header_the_first_line_is_a_sample() {
    let samples = read(b"1,2,a\n3,4,b\n", Header::Absent).unwrap();
    assert_eq!(samples.x, [1.0, 2.0, 3.0, 4.0]);
    assert_eq!(samples.lines, [1, 2]);
}

#[test]
fn mistakes_are_named_by_line_and_column() {
    use Header::{Absent, Present};
    let cases = [
        ("", Present, "t.csv: the file is empty"),
        ("\n\n", Absent, "t.csv: the file is empty"),
        (
            "a,b\n",
            Present,
            "t.csv: line 1 is the header and no row follows: expected at least one sample",
        ),
        (
            "a,b\n1,x\n\n2\n",
            Present,
            "t.csv: line 4: the row ends with column 1: expected 2 columns, as in line 1",
        ),
        (
            "1,x\n2,y,z\n",
            Absent,
            "t.csv: line 2: the row ends with column 3: expected 2 columns, as in line 1",
        ),
        ("a,b\n1,x\ntall,y\n", Present, r#"t.csv: line 3, column 1 ("a"): "tall" is not a number"#),
        ("NaN,y\n", Absent, r#"t.csv: line 1, column 1: "NaN" is not a finite number"#),
        ("-inf,y\n", Absent, r#"t.csv: line 1, column 1: "-inf" is not a finite number"#),
        ("1e999,y\n", Absent, r#"t.csv: line 1, column 1: "1e999" is not a finite number"#),
        (",y\n", Absent, "t.csv: line 1, column 1: the cell is empty: expected a number"),
        ("a,b\n1,\n", Present, r#"t.csv: line 2, column 2 ("b"): the label is empty"#),
        ("a,b,a\n1,2,3\n", Present, r#"t.csv: line 1, column 3 ("a"): column 1 has the same name"#),
        ("\"x\ny\",b\n?,2\n", Present, r#"t.csv: line 3, column 1 ("x\ny"): "?" is not a number"#),
    ];
    for (text, header, expected) in cases {
        assert_eq!(refused(text, header), expected);
    }
    let latin1 = refused_bytes(b"a,b\n1,caf\xe9\n", Present);
    assert_eq!(latin1, "t.csv: line 2, column 2: the text is not UTF-8");
    let long = refused(&format!("{},y\n", "z".repeat(1000)), Absent);
    assert!(long.len() < 120, "{long}");
}

#[test]
fn columns_are_found_by_name_before_number() {
    let table = Table::new("t.csv", "2,1,x".as_bytes(), Header::Present).unwrap();
    assert_eq!(table.column("1").unwrap(), 1);
    assert_eq!(table.column("3").unwrap(), 2);
    let table = Table::new("t.csv", "2,1,x".as_bytes(), Header::Absent).unwrap();
    assert_eq!(table.column("1").unwrap(), 0);
    for given in ["0", "4", "x", "-1", ""] {
        let message = table.column(given).unwrap_err().to_string();
        let expected = format!("t.csv: no column {given:?}: expected a number from 1 to 3");
        assert_eq!(message, expected);
    }
    let wide: Vec<String> = (0..40).map(|i| format!("c{i}")).collect();
    let wide = wide.join(",");
    let table = Table::new("t.csv", wide.as_bytes(), Header::Present).unwrap();
    let message = table.column("d").unwrap_err().to_string();
    assert!(message.ends_with("c11, and 28 more)"), "{message}");
}

#[test]
fn a_column_past_the_last_is_an_error_and_no_panic() {
    let table = Table::new("t.csv", "1,2".as_bytes(), Header::Absent).unwrap();
    assert!(matches!(table.samples(&[2], None), Err(Error::NoColumnNumber { .. })));
}

#[test]
fn a_missing_file_is_named() {
    let error = Table::open(Path::new("no/such.csv"), Header::Present).unwrap_err();
    assert_eq!(error.to_string(), "no/such.csv: No such file or directory");
}

#[test]
fn blocks_are_the_whole_in_pieces() {
    let text = "a,b\n1,x\n2,y\n\n3,1.0\n4,x\n5,y\n";
    let classes = ["y", "1", "x"].map(str::to_owned);
    let table = || Table::new("t.csv", text.as_bytes(), Header::Present).unwrap();
    for size in [0, 1, 2, 3, 5, usize::MAX] {
        let blocks = table().blocks(&[0], Some((1, &classes)), size).unwrap();
        let mut all = Block::default();
        for block in blocks {
            let block = block.unwrap();
            assert!((1..=size.max(1)).contains(&block.lines.len()));
            all.x.extend(block.x);
            all.classes.extend(block.classes);
            all.lines.extend(block.lines);
        }
        assert_eq!(all.x, [1.0, 2.0, 3.0, 4.0, 5.0]);
        assert_eq!((all.classes, all.lines), (vec![2, 0, 1, 2, 0], vec![2, 3, 5, 6, 7]));
    }
    let mut blocks = table().blocks(&[0], Some((1, &classes[1..])), 1).unwrap();
    assert!(blocks.next().unwrap().is_ok());
    let message = blocks.next().unwrap().unwrap_err().to_string();
    assert_eq!(message, r#"t.csv: line 3, column 2 ("b"): "y" is none of the classes"#);
    assert!(blocks.next().is_none());
    assert!(matches!(table().blocks(&[2], None, 1), Err(Error::NoColumnNumber { .. })));
    let header = Table::new("t.csv", "a,b\n".as_bytes(), Header::Present).unwrap();
    let mut blocks = header.blocks(&[0], None, 1).unwrap();
    assert!(matches!(blocks.next(), Some(Err(Error::HeaderOnly { line: 1, .. }))));
    assert!(blocks.next().is_none());
}
