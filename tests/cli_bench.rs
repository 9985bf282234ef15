//! Promise: `shallownet bench` writes a table that a program can read.

use std::process::{Command, Output};

fn bench(arguments: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shallownet"));
    command.arg("bench").args(arguments.split_whitespace()).output().unwrap()
}

/// The comment, and the rows by column name, all checked for form.
fn table(arguments: &str) -> (String, Vec<Vec<(String, String)>>) {
    let output = bench(arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let mut lines = text.lines();
    let comment = lines.next().unwrap().to_owned();
    let names: Vec<&str> = lines.next().unwrap().split('\t').collect();
    let row = |line: &str| {
        let cells: Vec<&str> = line.split('\t').collect();
        assert_eq!(cells.len(), names.len(), "{line}");
        names.iter().zip(cells).map(|(n, c)| ((*n).to_owned(), c.to_owned())).collect()
    };
    (comment, lines.map(row).collect())
}

fn cell<'a>(row: &'a [(String, String)], name: &str) -> &'a str {
    &row.iter().find(|(column, _)| column == name).unwrap().1
}

fn number(row: &[(String, String)], name: &str) -> f64 {
    cell(row, name).parse().unwrap()
}

#[test]
fn a_quick_table_of_one_shape() {
    let (comment, rows) = table("--quick --shape S2");
    let peak = comment.strip_prefix("# peak ").unwrap().split(' ').next().unwrap();
    let peak: f64 = peak.parse().unwrap();
    assert!(peak > 0.1 && comment.contains(env!("CARGO_PKG_VERSION")), "{comment}");
    let kinds: Vec<&str> = rows.iter().map(|row| cell(row, "kind")).collect();
    assert_eq!(kinds, ["step", "adam", "forward", "predict"]);
    for row in &rows {
        assert_eq!((cell(row, "shape"), cell(row, "threads")), ("S2", "1"));
        for name in ["median_ns", "gflops", "fraction_of_peak", "vs_reference"] {
            assert!(number(row, name) > 0.0, "{row:?}");
        }
        // 3-4-1, one sample: 16 weights forward, 36 in a step.
        let trains = ["step", "adam"].contains(&cell(row, "kind"));
        let flops = if trains { 72.0 } else { 32.0 };
        let gflops = flops / number(row, "median_ns");
        assert!((number(row, "gflops") - gflops).abs() < 0.01 * gflops + 1e-3, "{row:?}");
        let fraction = gflops / peak;
        assert!((number(row, "fraction_of_peak") - fraction).abs() < 0.02 * fraction + 1e-4);
    }
}

#[test]
fn populations_beside_a_loop() {
    let (_, rows) = table("--quick --population --threads 2");
    let names = ["shape", "members", "samples", "data", "threads", "program", "ns_a_network_step"];
    for (index, row) in rows.iter().enumerate() {
        assert_eq!(row.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), names);
        let program = if index % 2 == 0 { "population" } else { "loop" };
        assert_eq!((cell(row, "program"), cell(row, "threads")), (program, "2"));
        assert!(number(row, "ns_a_network_step") > 0.0 && number(row, "members") >= 16.0);
    }
    assert_eq!(rows[0][0].1, "3-4-1");
    assert!(!bench("--population --shape S1").status.success());
}

#[test]
fn threads_backend_and_percentiles() {
    let arguments = "--quick --shape S12,s4 --threads 2 --backend portable --percentiles";
    let (_, rows) = table(arguments);
    assert_eq!(rows.len(), 8);
    for row in &rows {
        assert_eq!((cell(row, "backend"), cell(row, "threads")), ("portable", "2"));
        let one_sample = cell(row, "shape") == "S12" || cell(row, "kind") == "predict";
        if one_sample {
            assert!(number(row, "p50_ns") <= number(row, "p99_ns"), "{row:?}");
        } else {
            assert_eq!((cell(row, "p50_ns"), cell(row, "p99_ns")), ("-", "-"));
        }
    }
}

#[test]
fn what_it_refuses() {
    let cases = [
        ("--shape S14", "S13"),
        ("--threads 0", "--threads"),
        ("--level avx3", "this machine has"),
        ("--backend portable --level fallback", "level"),
    ];
    for (arguments, word) in cases {
        let output = bench(arguments);
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments}: {error}");
        assert!(error.starts_with("error: ") && error.contains(word), "{arguments}: {error}");
        assert!(output.stdout.is_empty() && error.lines().count() == 1, "{arguments}: {error}");
    }
}
