//! What a pipeline learns, and what it makes of rows.

use super::*;
use crate::Columns;
use crate::error::Error;

const NAN: f64 = f64::NAN;

fn texts(all: &[&str]) -> Vec<String> {
    all.iter().map(|&text| text.to_owned()).collect()
}

fn fitted(preparation: Preparation, raw: &[f64], kinds: &[RawColumn]) -> Pipeline {
    preparation.fit(Columns::new(raw, kinds.len()).unwrap(), kinds).unwrap()
}

/// The inputs of rows, whose codes are those of the pipeline.
fn inputs(pipeline: &Pipeline, raw: &[f64], n_x: usize) -> Vec<f64> {
    let samples = raw.len() / pipeline.raw_columns(n_x);
    let mut inputs = vec![7.0; samples * n_x];
    pipeline.apply(raw, &mut inputs).unwrap();
    inputs
}

#[test]
fn what_is_missing_becomes_the_median_or_the_most_frequent_and_is_told() {
    let kinds = [RawColumn::Number, RawColumn::Category(texts(&["a", "b", "c"]))];
    let raw = [1.0, 1.0, NAN, 0.0, 4.0, NAN, 2.0, 0.0, 3.0, 2.0];
    let pipeline = fitted(Preparation::plain().rare_below(0), &raw, &kinds);
    let filled = |with| Missing::Filled { with, has_input: true };
    assert_eq!(
        pipeline.columns,
        [
            Column::Number { missing: filled(2.5) },
            Column::Category {
                categories: texts(&["a", "b", "c"]),
                rare: Vec::new(),
                missing: filled(0.0)
            }
        ]
    );
    let rows = inputs(&pipeline, &[NAN, NAN, 9.0, 2.0, 9.0, -1.0], 6);
    assert_eq!(rows[..6], [2.5, 1.0, 1.0, 0.0, 0.0, 1.0]);
    assert_eq!(rows[6..12], [9.0, 0.0, 0.0, 0.0, 1.0, 0.0]);
    assert_eq!(rows[12..], [9.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
    assert_eq!((pipeline.inputs_of(0), pipeline.inputs_of(1)), (0..2, 2..6));
    assert_eq!(pipeline.check(6, 1), Ok(()));
    let count = Unsound::Count { what: "inputs of the columns", expected: 5, given: 6 };
    assert_eq!(pipeline.check(5, 1), Err(count));
}

#[test]
fn nothing_missing_in_training_needs_no_input_and_is_filled_later() {
    let pipeline = fitted(Preparation::plain(), &[3.0, 1.0, 2.0], &[RawColumn::Number]);
    assert_eq!(inputs(&pipeline, &[NAN, 5.0], 1), [2.0, 5.0]);
    let strict = Preparation::plain().refuse_missing(true);
    let pipeline = fitted(strict, &[3.0, 1.0, 2.0], &[RawColumn::Number]);
    assert!(pipeline.columns.is_empty());
    let refused = pipeline.apply(&[NAN], &mut [0.0]).unwrap_err();
    assert!(matches!(refused, Error::NotFinite { argument: "raw", index: 0, .. }), "{refused}");
    let raw = [1.0, NAN];
    let refused = strict.fit(Columns::new(&raw, 1).unwrap(), &[RawColumn::Number]);
    assert_eq!(refused, Err(Unprepared::Missing { sample: 1, column: 0 }));
}

#[test]
fn rare_categories_share_an_input_with_unknown_ones() {
    let kinds = [RawColumn::Category(texts(&["a", "b", "c", "d", "never"]))];
    let raw = [0.0, 0.0, 1.0, 2.0, 2.0, 2.0, 3.0];
    let pipeline = fitted(Preparation::new(), &raw, &kinds);
    let column = &pipeline.columns[0];
    assert_eq!(column.texts().collect::<Vec<_>>(), ["a", "c", "b", "d"]);
    assert_eq!(column.missing(), Missing::Filled { with: 1.0, has_input: false });
    let [a, c, b, never] = ["a", "c", "b", "never"].map(|text| pipeline.code(0, text));
    let rows = inputs(&pipeline, &[a, c, b, never, NAN], 3);
    let expected = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 1], [0, 1, 0]];
    assert_eq!(rows, expected.as_flattened().iter().map(|&v| f64::from(v)).collect::<Vec<_>>());

    let mut row = raw;
    let coding = pipeline.coding(&kinds);
    row.iter_mut().for_each(|v| coding.apply(std::slice::from_mut(v)));
    assert_eq!(row, [0.0, 0.0, 2.0, 1.0, 1.0, 1.0, 3.0]);
    // Where all are rare, each keeps its input.
    let pipeline = fitted(Preparation::new().rare_below(9), &raw, &kinds);
    assert_eq!(pipeline.columns[0].inputs(), 4);
    // Of many, each in one sample, nothing can be learned: they are one input.
    let names: Vec<String> = (0..11).map(|k| format!("n{k}")).collect();
    let raw: Vec<f64> = (0..11).map(f64::from).collect();
    let pipeline = fitted(Preparation::new(), &raw, &[RawColumn::Category(names)]);
    assert_eq!(pipeline.columns[0].inputs(), 1);
    assert_eq!(inputs(&pipeline, &[pipeline.code(0, "n3"), -1.0, NAN], 1), [1.0; 3]);
}

#[test]
fn two_categories_are_one_input() {
    let kinds = [RawColumn::Category(texts(&["no", "yes"]))];
    let pipeline = fitted(Preparation::new(), &[0.0, 1.0, 1.0, 0.0], &kinds);
    assert_eq!(inputs(&pipeline, &[0.0, 1.0, -1.0], 1), [0.0, 1.0, 0.0]);
}

#[test]
fn inputs_of_0_and_1_are_left_alone_and_others_are_standardized_and_clipped() {
    let kinds = [RawColumn::Number, RawColumn::Number];
    let mut raw = vec![0.0; 200];
    for (k, row) in raw.chunks_mut(2).enumerate() {
        row.copy_from_slice(&[f64::from(u8::from(k < 3)), if k == 99 { 1e6 } else { k as f64 }]);
    }
    let pipeline = fitted(Preparation::new(), &raw, &kinds);
    let standardization = pipeline.standardization.as_ref().unwrap();
    assert_eq!((standardization.means[0], standardization.stds[0]), (0.0, 1.0));
    let rows = inputs(&pipeline, &raw, 2);
    assert_eq!(rows[0..1], [1.0]);
    assert_eq!(rows[199], 4.0);
    assert!(rows[1].abs() < 0.2);
}

/// The same numbers, to the last bit, as a Standardization alone gives: what models without columns
/// have always done.
#[test]
fn a_plain_pipeline_is_its_standardization() {
    let raw = [0.1, 5.0, 0.7, 7.5, -3.0, 2.5];
    let strict = Preparation::new().refuse_missing(true).clip(None);
    let pipeline = fitted(strict, &raw, &[RawColumn::Number, RawColumn::Number]);
    let mut expected = raw;
    crate::Standardization::of(&raw, 2).unwrap().apply(&mut expected);
    assert!(pipeline.is_plain());
    assert_eq!(inputs(&pipeline, &raw, 2), expected);
}

#[test]
fn numbers_are_divided_first_and_what_is_filled_is_not() {
    let pipeline = fitted(Preparation::plain(), &[0.2, 0.4], &[RawColumn::Number]);
    let inputs_kind = Inputs::of(InputKind::Bytes, &[51.0, 102.0], 255.0);
    let pipeline = Pipeline { inputs: inputs_kind, ..pipeline };
    let rows = inputs(&pipeline, &[51.0, NAN], 1);
    assert_eq!(rows[0], 0.2);
    assert!((rows[1] - 0.3).abs() < 1e-15);
}

#[test]
fn what_is_no_row_is_refused() {
    let kinds = [RawColumn::Number, RawColumn::Category(texts(&["a", "b"]))];
    let pipeline = fitted(Preparation::plain(), &[1.0, 0.0, 2.0, 1.0, 1.0, 0.0, 2.0, 1.0], &kinds);
    let mut two = [0.0; 2];
    for code in [2.0, 0.5, -2.0, f64::INFINITY] {
        let refused = pipeline.apply(&[1.0, code], &mut two).unwrap_err();
        assert!(matches!(refused, Error::Range { given, .. } if given == code), "{refused}");
    }
    let refused = pipeline.apply(&[f64::INFINITY, 0.0], &mut two).unwrap_err();
    assert!(matches!(refused, Error::NotFinite { index: 0, .. }), "{refused}");
    assert!(matches!(pipeline.apply(&[1.0], &mut two), Err(Error::NotWholeColumns { .. })));
    assert!(matches!(pipeline.apply(&[1.0, 0.0], &mut [0.0]), Err(Error::Length { .. })));

    let of = |raw: &[f64], kinds: &[RawColumn]| {
        Preparation::new().fit(Columns::new(raw, kinds.len()).unwrap(), kinds).unwrap_err()
    };
    assert_eq!(of(&[1.0, NAN, 2.0, NAN], &kinds), Unprepared::Empty { column: 1 });
    assert_eq!(of(&[1.0, -1.0], &kinds), Unprepared::Empty { column: 1 });
    let large = [f64::MAX, f64::MAX, -f64::MAX];
    assert_eq!(of(&large, &kinds[..1]), Unprepared::NotStandardizable { column: 0 });
    assert!(matches!(of(&[1.0, 9.0], &kinds), Unprepared::Refused(Error::Range { .. })));
    assert!(matches!(of(&[], &kinds), Unprepared::Refused(Error::EmptyBatch { .. })));
}

#[test]
fn columns_that_can_not_be_are_unsound() {
    let filled = |with| Missing::Filled { with, has_input: false };
    let category = |all: &[&str], rare: &[&str], missing| Column::Category {
        categories: texts(all),
        rare: texts(rare),
        missing,
    };
    let unsound = [
        (Column::Number { missing: filled(NAN) }, "not finite"),
        (category(&[], &[], Missing::Refused), "it has no category"),
        (category(&["a", "b"], &["a"], Missing::Refused), "twice"),
        (category(&["a", "b"], &["c"], filled(3.0)), "no category"),
        (category(&["a", "b"], &[], filled(0.5)), "no category"),
    ];
    for (column, expected) in unsound {
        let n_x = column.inputs();
        let pipeline = Pipeline { columns: vec![column], ..Pipeline::default() };
        let message = pipeline.check(n_x, 1).unwrap_err().to_string();
        assert!(message.starts_with("column 1: ") && message.contains(expected), "{message}");
    }
}

#[test]
fn logarithms_need_numbers_above_0() {
    for value in [0.0, -1.0, NAN] {
        let refused = TargetTransform::fit(&[1.0, value], 1, true).unwrap_err();
        assert!(matches!(refused, NotTransformable::NotPositive { index: 1, .. }), "{refused}");
    }
    assert!(TargetTransform::fit(&[0.0, -1.0], 1, false).is_ok());
    let refused = TargetTransform::fit(&[f64::MAX, f64::MAX, -f64::MAX], 1, false).unwrap_err();
    assert_eq!(refused, NotTransformable::NotStandardizable { output: 0 });
}
