//! A pipeline as operators: from a row of raw columns to the network's inputs.
//!
//! Every input is made in the same way from one raw column, and rows of constants say what is
//! different: so the graph is as short for a thousand columns as for one.

use super::graph::Graph;
use super::proto::{BOOL, DOUBLE, INT64};
use crate::data::pipeline::{Column, Missing, Pipeline};

/// What an input is.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    /// The number itself.
    Number,
    /// 1 for the category of this code.
    Category(f64),
    /// 1 for every category without an input of its own; those have codes up to this one.
    Rare(f64),
    /// 1 where the value is missing.
    Told,
}

/// One input.
struct Input {
    /// The raw column that it is made from.
    from: usize,
    kind: Kind,
    /// What takes a missing value's place; NaN where none may be missing.
    fill: f64,
}

impl Graph {
    /// Raw rows to inputs, in f64, as `Pipeline::apply` makes them of rows that it does not refuse.
    pub(super) fn prepare(&mut self, pipeline: &Pipeline, n_x: usize) {
        let divided_by = pipeline.inputs.map_or(1.0, |inputs| inputs.divided_by);
        if pipeline.columns.is_empty() {
            if divided_by != 1.0 {
                self.with_row("Div", ("divided_by", &vec![divided_by; n_x]), "x_divided");
            }
        } else {
            self.encode(&inputs(&pipeline.columns), divided_by);
        }
        if let Some(standardization) = &pipeline.standardization {
            self.standardize(standardization);
        }
        if let Some(clip) = pipeline.clip {
            self.tensor("clip_low", &[], &[-clip]);
            self.tensor("clip_high", &[], &[clip]);
            let bounds = ["clip_low", "clip_high"].map(str::to_owned);
            self.node("Clip", &bounds, "x_clip", &[]);
        }
    }

    fn encode(&mut self, inputs: &[Input], divided_by: f64) {
        let has = |kind: fn(&Kind) -> bool| inputs.iter().any(|input| kind(&input.kind));
        let row = |value: &dyn Fn(&Input) -> f64| inputs.iter().map(value).collect::<Vec<f64>>();
        let width = [inputs.len()];

        // The raw value of each input.
        let from = inputs.iter().flat_map(|input| (input.from as i64).to_le_bytes()).collect();
        self.bytes("raw_column", &width, (INT64, from));
        self.node("Gather", &["raw_column".to_owned()], "x_raw", &[("axis", 1)]);
        let mut value = "x_raw";
        // Codes are not divided, nor is what takes a missing value's place.
        if divided_by != 1.0 && has(|kind| *kind == Kind::Number) {
            let by = row(&|input| if input.kind == Kind::Number { divided_by } else { 1.0 });
            self.with_row("Div", ("divided_by", &by), "x_divided");
            value = "x_divided";
        }
        if inputs.iter().any(|input| !input.fill.is_nan()) {
            self.from("x_raw");
            self.node("IsNaN", &[], "x_missing", &[]);
            self.tensor("filled_with", &width, &row(&|input| input.fill));
            self.node("Where", &["filled_with".to_owned(), value.to_owned()], "x_filled", &[]);
            value = "x_filled";
        }
        let filled = value;
        if has(|kind| matches!(kind, Kind::Category(_))) {
            let code = row(&|input| if let Kind::Category(code) = input.kind { code } else { 0.0 });
            self.from(filled);
            self.with_row("Equal", ("code", &code), "x_has_code");
            value = self.choose(inputs, value, |kind| matches!(kind, Kind::Category(_)), "code");
        }
        if has(|kind| matches!(kind, Kind::Rare(_))) {
            let last = row(&|input| if let Kind::Rare(last) = input.kind { last } else { 0.0 });
            self.tensor("unseen_below", &[], &[0.0]);
            self.from(filled);
            self.node("Less", &["unseen_below".to_owned()], "x_unseen", &[]);
            self.from(filled);
            self.with_row("Greater", ("last_own_code", &last), "x_beyond");
            self.node("Or", &["x_unseen".to_owned()], "x_has_rare", &[]);
            value = self.choose(inputs, value, |kind| matches!(kind, Kind::Rare(_)), "rare");
        }
        if has(|kind| *kind == Kind::Told) {
            self.from("x_missing");
            self.choose(inputs, value, |kind| *kind == Kind::Told, "told");
        }
    }

    /// What the last operator gave, true or false, as 1 or 0 for the inputs of one kind; `value`
    /// for all others.
    fn choose(
        &mut self,
        inputs: &[Input],
        value: &str,
        is: fn(&Kind) -> bool,
        name: &'static str,
    ) -> &'static str {
        let (number, of_kind, chosen) = match name {
            "code" => ("x_code", "is_category", "x_with_codes"),
            "rare" => ("x_rare", "is_rare", "x_with_rare"),
            _ => ("x_told", "is_told", "x_with_told"),
        };
        self.node("Cast", &[], number, &[("to", i64::from(DOUBLE))]);
        let those = inputs.iter().map(|input| u8::from(is(&input.kind))).collect();
        self.bytes(of_kind, &[inputs.len()], (BOOL, those));
        self.from(of_kind);
        self.node("Where", &[number.to_owned(), value.to_owned()], chosen, &[]);
        chosen
    }
}

/// The inputs of all columns, in their order.
fn inputs(columns: &[Column]) -> Vec<Input> {
    let of = |(from, column): (usize, &Column)| {
        let (fill, has_input) = match column.missing() {
            Missing::Refused => (f64::NAN, false),
            Missing::Filled { with, has_input } => (with, has_input),
        };
        let mut kinds = match column {
            Column::Number { .. } => vec![Kind::Number],
            Column::Category { .. } if column.is_binary() => vec![Kind::Category(1.0)],
            Column::Category { categories, rare, .. } => {
                let own = (0..categories.len()).map(|code| Kind::Category(code as f64));
                let last = categories.len() as f64 - 1.0;
                own.chain((!rare.is_empty()).then_some(Kind::Rare(last))).collect()
            }
        };
        if has_input {
            kinds.push(Kind::Told);
        }
        kinds.into_iter().map(move |kind| Input { from, kind, fill }).collect::<Vec<_>>()
    };
    columns.iter().enumerate().flat_map(of).collect()
}
