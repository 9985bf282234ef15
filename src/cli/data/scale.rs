//! The scale of inputs: bytes are divided by 255, or not, as the model's were; if that can't be
//! known there is an error, and if it is decided from the values, a note.

use shallownet::pipeline::{InputKind, Inputs};

use super::samples::{Data, Holds};
use crate::failure::Failure;
use crate::say::Say;

/// `--inputs`: the user says what the values of a file are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Given {
    /// 0 to 255, to be divided as the model's bytes were, or else by 255
    Bytes,
    /// To be taken as they are
    AsIs,
}

/// What the values of a file turn out to be.
#[derive(Debug, Clone, Copy)]
struct Values {
    kind: InputKind,
    lowest: f64,
    highest: f64,
}

impl Values {
    fn of(x: &[f64]) -> Self {
        let inputs = Inputs::of(InputKind::of(x), x, 1.0);
        let (lowest, highest) = inputs.map_or((0.0, 0.0), |i| (i.lowest, i.highest));
        Self { kind: InputKind::of(x), lowest, highest }
    }

    fn are_whole(self) -> bool {
        self.kind != InputKind::Real
    }

    /// Values like bytes divided by 255.
    fn are_in_0_to_1(self) -> bool {
        self.lowest >= 0.0 && self.highest <= 1.0
    }

    /// Values like bytes.
    fn are_in_0_to_255(self) -> bool {
        self.lowest >= 0.0 && self.highest <= Inputs::BYTE
    }
}

impl Data {
    /// Scales samples to learn from: bytes of IDX are divided by 255, others are taken as they are.
    pub(super) fn scaled(mut self, given: Option<Given>) -> Result<Self, Failure> {
        let is_divided = match given {
            Some(Given::Bytes) => self.check_bytes().map(|()| true)?,
            Some(Given::AsIs) => false,
            None => self.holds == Holds::Brightness,
        };
        let are_bytes = self.holds != Holds::Numbers || given == Some(Given::Bytes);
        let numbers = self.numbers()?;
        let from = if are_bytes { InputKind::Bytes } else { InputKind::of(&numbers) };
        let by = if is_divided { Inputs::BYTE } else { 1.0 };
        self.inputs = Inputs::of(from, &numbers, by);
        self.divide(by);
        Ok(self)
    }

    /// Scales samples for a model whose training samples were `model`.
    pub(super) fn scaled_for(
        mut self,
        model: Option<&Inputs>,
        given: Option<Given>,
        say: &Say,
    ) -> Result<Self, Failure> {
        let by = match (given, model) {
            (Some(Given::AsIs), _) => 1.0,
            (Some(Given::Bytes), model) => {
                self.check_bytes()?;
                let divided = model.filter(|model| model.from == InputKind::Bytes);
                divided.map_or(Inputs::BYTE, |model| model.divided_by)
            }
            (None, None) => self.for_unknown(say)?,
            (None, Some(model)) if model.from == InputKind::Bytes && model.divided_by == 1.0 => {
                self.for_bytes(model, say)?
            }
            (None, Some(model)) if model.from == InputKind::Bytes => {
                self.for_divided_bytes(model.divided_by, say)?
            }
            (None, Some(model)) => self.for_numbers(model, say)?,
        };
        self.divide(by);
        Ok(self)
    }

    fn divide(&mut self, by: f64) {
        if by == 1.0 {
            return;
        }
        let is_number: Vec<bool> = (0..self.width).map(|k| !self.is_category(k)).collect();
        for row in self.raw.chunks_mut(self.width) {
            row.iter_mut().zip(&is_number).filter(|pair| *pair.1).for_each(|(v, _)| *v /= by);
        }
    }

    /// A model of version 0.1, which divided bytes of IDX and nothing else, or one saved through
    /// the library without `inputs`.
    fn for_unknown(&self, say: &Say) -> Result<f64, Failure> {
        let values = Values::of(&self.numbers()?);
        let unknown = "the model does not say what its inputs were";
        match self.holds {
            Holds::Brightness => {
                self.note(
                    say,
                    format_args!("bytes, divided by 255: {unknown} (--inputs as-is if not)"),
                );
                return Ok(Inputs::BYTE);
            }
            _ if values.are_whole() && values.are_in_0_to_255() && values.highest > 1.0 => {
                self.note(say, format_args!(
                    "whole numbers up to {}, taken as they are: {unknown} (--inputs bytes to divide them by 255)",
                    values.highest
                ));
            }
            _ => {}
        }
        Ok(1.0)
    }

    /// The model learned from bytes as they are.
    fn for_bytes(&self, model: &Inputs, say: &Say) -> Result<f64, Failure> {
        let values = Values::of(&self.numbers()?);
        match self.holds {
            Holds::Brightness => {
                self.note(say, "bytes, taken as they are: the model's were not divided");
            }
            Holds::Numbers
                if model.highest > 1.0 && values.are_in_0_to_1() && !values.are_whole() =>
            {
                return Err(self.unclear(format!(
                    "values from {} to {}: the model learned from bytes from {} to {}, not divided; if they are what it takes, say --inputs as-is",
                    values.lowest, values.highest, model.lowest, model.highest
                )));
            }
            _ => {}
        }
        Ok(1.0)
    }

    /// The model learned from bytes divided by `by`.
    fn for_divided_bytes(&self, by: f64, say: &Say) -> Result<f64, Failure> {
        let values = Values::of(&self.numbers()?);
        if self.holds == Holds::Brightness || values.highest == 0.0 && values.lowest == 0.0 {
            return Ok(by);
        }
        let is_known = self.holds == Holds::Bytes;
        if is_known || values.are_whole() && values.are_in_0_to_255() && values.highest > 1.0 {
            let what = if is_known { "bytes" } else { "whole numbers from 0 to 255" };
            self.note(say, format_args!("{what}, divided by {by} as the model's bytes were"));
            return Ok(by);
        }
        if values.are_in_0_to_1() && !values.are_whole() {
            self.note(
                say,
                format_args!(
                    "values from 0 to 1, taken for bytes that were divided by {by} before"
                ),
            );
            return Ok(1.0);
        }
        let Values { lowest, highest, .. } = values;
        let what = if values.are_whole() { "whole numbers" } else { "values" };
        Err(self.unclear(format!(
            "{what} from {lowest} to {highest}: the model learned from bytes divided by {by}, and which of the two these are can't be known; say --inputs bytes or --inputs as-is"
        )))
    }

    /// The model learned from numbers of a file that did not say whether they were bytes.
    fn for_numbers(&self, model: &Inputs, say: &Say) -> Result<f64, Failure> {
        let values = Values::of(&self.numbers()?);
        let learned = Values { kind: model.from, lowest: model.lowest, highest: model.highest };
        let (low, high) = (model.lowest, model.highest);
        if self.holds == Holds::Numbers {
            let one_scale = |a: Values, b: Values| {
                a.are_in_0_to_1() && b.are_whole() && b.are_in_0_to_255() && b.highest > 1.0
            };
            let are_apart = one_scale(values, learned) && !values.are_whole()
                || one_scale(learned, values) && !learned.are_whole();
            if are_apart {
                self.note(say, format_args!(
                    "values from {} to {}, taken as they are: the model learned from values from {low} to {high}",
                    values.lowest, values.highest
                ));
            }
            return Ok(model.divided_by);
        }
        let is_idx = self.holds == Holds::Brightness;
        if learned.are_whole() && learned.are_in_0_to_255() && (high > 1.0 || values.highest <= 1.0)
        {
            if is_idx {
                self.note(say, format_args!(
                    "bytes, taken as they are: the model learned from whole numbers from {low} to {high}"
                ));
            }
            return Ok(1.0);
        }
        if learned.are_in_0_to_1() && !learned.are_whole() && values.highest > 1.0 {
            self.note(
                say,
                format_args!(
                    "bytes, divided by 255: the model learned from values from {low} to {high}"
                ),
            );
            return Ok(Inputs::BYTE);
        }
        Err(self.unclear(format!(
            "bytes: the model learned from values from {low} to {high}, and whether bytes are to be divided by 255 can't be known; say --inputs bytes to divide them, or --inputs as-is"
        )))
    }

    /// Refuses values that can't be bytes.
    fn check_bytes(&self) -> Result<(), Failure> {
        let is_byte = |v: &f64| v.trunc() == *v && (0.0..=Inputs::BYTE).contains(v);
        let is_wrong =
            |at: usize, v: &f64| !v.is_nan() && !is_byte(v) && !self.is_category(at % self.width);
        match self.raw.iter().enumerate().position(|(at, v)| is_wrong(at, v)) {
            None => Ok(()),
            Some(at) => {
                let problem = format!("{:?} is no byte: expected 0 to 255", self.raw[at]);
                let place = self.place(self.row_of(at / self.width), at % self.width);
                Err(Failure::Cell { place, problem })
            }
        }
    }

    fn note(&self, say: &Say, what: impl std::fmt::Display) {
        say.note(format_args!("{}: {what}", self.file()));
    }

    fn unclear(&self, problem: String) -> Failure {
        Failure::File { file: self.file(), problem }
    }
}
