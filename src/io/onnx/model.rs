//! A model with its pipeline as an ONNX file.

use std::path::Path;

use super::graph::{Graph, data_type};
use super::proto::{DOUBLE, StringStringEntryProto};
use super::{Error, Problem, atomic, check_parameters, file};
use crate::Scalar;
use crate::io::model::Model;
use crate::io::model::encode::description;

/// The name of the metadata's entry, the same as in a model file.
const ENTRY: &str = "shallownet";

/// Saves a model, completely or not at all, with all that its pipeline does.
///
/// `x` is of shape (batch, raw columns) and `a` of shape (batch, n_y), both of f64 whatever the
/// network's type, as those of a [`Predictor`](crate::io::model::Predictor) are: `x` holds the
/// numbers of the file that the model learned from, NaN where one is missing; of a category its
/// [code](crate::pipeline::Pipeline::code), -1 for a text that is not known; `a` are values in the
/// targets' units, or, of a sigmoid or softmax, probabilities.
///
/// The file's metadata has an entry `shallownet`: the JSON object of a
/// [model file](crate::io::model) with the names of the raw columns (`features`), the texts of the
/// codes 0, 1, ... of each (`columns`: `categories`, then `rare`) and the names of the `classes`.
///
/// A graph refuses nothing: for a row that [`Pipeline::apply`](crate::pipeline::Pipeline::apply)
/// refuses (with an infinity, NaN where no value may be missing, a code that is none), its outputs
/// mean nothing.
///
/// ```
/// use shallownet::io::model::Model;
/// use shallownet::io::onnx;
/// use shallownet::pipeline::{Column, Missing, Pipeline};
/// use shallownet::{Activation, Network};
///
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("model.onnx");
/// let network = Network::<f32>::builder(2).layer(1, Activation::Sigmoid).build()?;
/// let missing = Missing::Filled { with: 40.0, has_input: true };
/// let columns = vec![Column::Number { missing }];
/// let pipeline = Pipeline { columns, ..Pipeline::default() };
/// onnx::save_model(&path, &Model { pipeline, ..Model::new(network) })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Error`]: those of [`encode_model`]; a file that can't be written.
pub fn save_model<T: Scalar>(path: &Path, model: &Model<T>) -> Result<(), Error> {
    let bytes = encode_model(model).map_err(|problem| Error::new(path, problem))?;
    atomic::write(path, &bytes).map_err(|error| Error::unwritten(error, Problem::Write))
}

/// The bytes of the file that [`save_model`] writes; the same for the same model.
///
/// # Errors
/// [`Problem::Model`] for a pipeline or names that do not fit the network (never of a model that
/// was loaded); a parameter that is not finite; a file beyond 2 GiB.
pub fn encode_model<T: Scalar>(model: &Model<T>) -> Result<Vec<u8>, Problem> {
    model.check()?;
    let (network, pipeline) = (&model.network, &model.pipeline);
    check_parameters(network)?;
    let raw = pipeline.raw_columns(network.inputs());
    let mut graph = Graph::begin(DOUBLE, raw, network.outputs());
    graph.prepare(pipeline, network.inputs());
    graph.cast::<T>("x_cast", data_type::<T>());
    graph.network(network)?;
    graph.cast::<T>("a_f64", DOUBLE);
    if let Some(standardization) = &pipeline.targets.of_outputs(network.loss()).standardization {
        graph.undo(standardization);
    }
    if pipeline.targets.log {
        graph.node("Exp", &[], "a_exp", &[]);
    }
    let value = description(model)?;
    file(graph.finish(), vec![StringStringEntryProto { key: ENTRY.to_owned(), value }])
}
