//! Samples for a model: values that are missing, texts that it does not know.

use shallownet::Scalar;
use shallownet::io::Quoted;
use shallownet::io::model::Model;
use shallownet::pipeline::{Column, Missing};

use super::samples::{Data, Origin};
use crate::failure::Failure;
use crate::say::Say;

impl Data {
    /// Refuses what the model can't take, and notes what it takes for something else.
    pub(super) fn check_gaps<T: Scalar>(&self, model: &Model<T>, say: &Say) -> Result<(), Failure> {
        let pipeline = &model.pipeline;
        for column in 0..self.width {
            let kind = pipeline.columns.get(column);
            if matches!(kind, Some(Column::Category { .. })) && !self.may_lack_values() {
                let problem =
                    format!("{} is one of categories: expected CSV", self.feature(column));
                return Err(Failure::File { file: self.file(), problem });
            }
            let rows = || (0..self.len()).filter(|&row| self.row(row)[column].is_nan());
            let Some(first) = rows().next() else { continue };
            match kind.map_or(Missing::Refused, Column::missing) {
                Missing::Refused => {
                    let problem = "the value is missing: the model was trained to refuse that";
                    let place = self.place(first, column);
                    return Err(Failure::Cell { place, problem: problem.to_owned() });
                }
                Missing::Filled { has_input: true, .. } => {}
                Missing::Filled { with, has_input: false } => {
                    let what = match kind.and_then(|kind| kind.texts().nth(with as usize)) {
                        Some(text) => format!("the most frequent category, {},", Quoted(text)),
                        None => format!("the median, {with},"),
                    };
                    say.note(format_args!(
                        "{}: the value is missing{}, as none was in training: {what} takes its place",
                        self.place(first, column),
                        more(rows().count() as u64),
                    ));
                }
            }
        }
        self.note_unseen(model, say);
        Ok(())
    }

    fn note_unseen<T: Scalar>(&self, model: &Model<T>, say: &Say) {
        let Origin::Table { records, .. } = &self.origin else { return };
        for unseen in &records.unseen {
            let has_rare = matches!(model.pipeline.columns.get(unseen.feature),
                Some(Column::Category { rare, .. }) if !rare.is_empty());
            let taken = if has_rare { "a rare one" } else { "none of them" };
            say.note(format_args!(
                "{}: {} is no category that the model has learned{}: it is taken for {taken}",
                self.place(unseen.row, unseen.feature),
                Quoted(&unseen.text),
                more(unseen.cells),
            ));
        }
    }
}

/// How many like the first there are.
fn more(count: u64) -> String {
    match count {
        0 | 1 => String::new(),
        n => format!(" (and {} more like it)", n - 1),
    }
}
