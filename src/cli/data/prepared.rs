//! How the samples of a file become the inputs of a network.

use shallownet::Error;
use shallownet::io::model::Model;
use shallownet::pipeline::{Coding, Pipeline, RawColumn};

/// How samples become inputs.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// It has no divisor, since samples are divided where they are read.
    pub(crate) pipeline: Pipeline,
    coding: Coding,
}

impl Prepared {
    /// Of samples whose raw columns are `kinds`.
    pub(crate) fn new(pipeline: Pipeline, kinds: &[RawColumn]) -> Self {
        let coding = pipeline.coding(kinds);
        Self { pipeline, coding }
    }

    /// As a model's training samples were.
    pub(crate) fn of<T>(model: &Model<T>) -> Self {
        let pipeline = Pipeline { inputs: None, ..model.pipeline.clone() };
        // Samples for a model are read in its own codes.
        Self::new(pipeline, &[])
    }

    /// How many inputs a network has for samples of `width` raw columns.
    pub(crate) fn inputs(&self, width: usize) -> usize {
        self.pipeline.inputs_of(width).start
    }

    /// A row of raw columns, in the data's codes, to inputs.
    pub(crate) fn apply(&self, raw: &mut [f64], inputs: &mut [f64]) -> Result<(), Error> {
        self.coding.apply(raw);
        self.pipeline.apply(raw, inputs)
    }
}
