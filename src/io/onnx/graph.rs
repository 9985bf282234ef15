//! A network as a graph of ONNX operators.

use super::proto::{
    AttributeProto, DOUBLE, DimensionProto, FLOAT, GraphProto, NodeProto, TensorProto,
    TensorShapeProto, TensorTypeProto, TypeProto, ValueInfoProto,
};
use super::{INPUT, OUTPUT};
use crate::data::standardization::Standardization;
use crate::element::Element;
use crate::{Activation, Network, Result, Scalar};

/// The graph in the making: each operator takes what the one before it gave.
pub(super) struct Graph {
    proto: GraphProto,
    /// The name of the value that the next operator takes.
    last: String,
}

impl Graph {
    pub(super) fn of<T: Scalar>(
        net: &Network<T>,
        standardization: Option<&Standardization>,
        target_standardization: Option<&Standardization>,
    ) -> Result<GraphProto> {
        let mut graph = Self { proto: GraphProto::default(), last: INPUT.to_owned() };
        graph.proto.name = "shallownet".to_owned();
        graph.proto.input.push(value::<T>(INPUT, net.inputs()));
        graph.proto.output.push(value::<T>(OUTPUT, net.outputs()));
        if let Some(standardization) = standardization {
            graph.standardize::<T>(standardization);
        }
        for (l, layer) in net.layers().iter().enumerate() {
            graph.tensor(&format!("W{l}"), &[layer.units, layer.inputs], &net.weights(l)?);
            graph.tensor(&format!("b{l}"), &[layer.units], net.bias(l)?);
            let operands = [format!("W{l}"), format!("b{l}")];
            // z = a W^T + b, samples being rows here.
            graph.node("Gemm", &operands, &format!("z{l}"), &[("transB", 1)]);
            graph.activate::<T>(l, layer.activation);
        }
        if let Some(standardization) = target_standardization {
            graph.undo::<T>(standardization);
        }
        if let Some(node) = graph.proto.node.last_mut() {
            node.output = vec![OUTPUT.to_owned()];
        }
        Ok(graph.proto)
    }

    /// (x - mean) / std in f64, like [`Standardization::apply`], whatever the network's type: a
    /// mean far from 0 would lose its digits in f32.
    fn standardize<T: Scalar>(&mut self, Standardization { means, stds }: &Standardization) {
        self.in_f64::<T>("x", [("Sub", "means", means), ("Div", "stds", stds)]);
    }

    /// a std + mean in f64, like [`Standardization::undo`].
    fn undo<T: Scalar>(&mut self, Standardization { means, stds }: &Standardization) {
        self.in_f64::<T>("a", [("Mul", "target_stds", stds), ("Add", "target_means", means)]);
    }

    /// Two operators, each with its name and a row of numbers, between Casts for a network of f32.
    fn in_f64<T: Scalar>(&mut self, of: &str, steps: [(&str, &str, &[f64]); 2]) {
        let to = |kind: i32| [("to", i64::from(kind))];
        let is_narrow = data_type::<T>() != DOUBLE;
        if is_narrow {
            self.node("Cast", &[], &format!("{of}_f64"), &to(DOUBLE));
        }
        for (operator, name, values) in steps {
            self.tensor(name, &[values.len()], values);
            let result = format!("{of}_{}", operator.to_lowercase());
            self.node(operator, &[name.to_owned()], &result, &[]);
        }
        if is_narrow {
            self.node("Cast", &[], &format!("{of}_cast"), &to(data_type::<T>()));
        }
    }

    fn activate<T: Scalar>(&mut self, l: usize, activation: Activation) {
        let a = format!("a{l}");
        match activation {
            // So that the graph's output has a node of its own to be named at.
            Activation::Identity => self.node("Identity", &[], &a, &[]),
            Activation::Sigmoid => self.node("Sigmoid", &[], &a, &[]),
            Activation::Tanh => self.node("Tanh", &[], &a, &[]),
            Activation::Relu => self.node("Relu", &[], &a, &[]),
            // LeakyRelu's slope is an f32, and runtimes lack it for f64.
            Activation::LeakyRelu { slope } => {
                self.tensor(&format!("slope{l}"), &[], &[T::from_f64(slope)]);
                let z = self.last.clone();
                self.node("Mul", &[format!("slope{l}")], &format!("leak{l}"), &[]);
                self.node("Max", &[z], &a, &[]);
            }
            Activation::Softmax => self.node("Softmax", &[], &a, &[("axis", 1)]),
        }
    }

    fn node(&mut self, operator: &str, operands: &[String], to: &str, attributes: &[(&str, i64)]) {
        let integer =
            |&(name, i): &(&str, i64)| AttributeProto { name: name.to_owned(), i, kind: 2 };
        let taken = std::mem::replace(&mut self.last, to.to_owned());
        self.proto.node.push(NodeProto {
            input: std::iter::once(taken).chain(operands.iter().cloned()).collect(),
            output: vec![to.to_owned()],
            name: format!("{operator}:{to}"),
            op_type: operator.to_owned(),
            attribute: attributes.iter().map(integer).collect(),
        });
    }

    fn tensor<T: Scalar>(&mut self, name: &str, shape: &[usize], values: &[T]) {
        let raw_data = match data_type::<T>() {
            // From f32 to f64 and back is exact.
            FLOAT => values.iter().flat_map(|v| (v.to_f64() as f32).to_le_bytes()).collect(),
            _ => values.iter().flat_map(|v| v.to_f64().to_le_bytes()).collect(),
        };
        self.proto.initializer.push(TensorProto {
            dims: shape.iter().map(|&n| n as i64).collect(),
            data_type: data_type::<T>(),
            name: name.to_owned(),
            raw_data,
        });
    }
}

fn data_type<T: Scalar>() -> i32 {
    if T::NAME == f32::NAME { FLOAT } else { DOUBLE }
}

/// (batch, n), the batch known at run time.
fn value<T: Scalar>(name: &str, n: usize) -> ValueInfoProto {
    let batch = DimensionProto { dim_value: None, dim_param: Some("batch".to_owned()) };
    let features = DimensionProto { dim_value: Some(n as i64), dim_param: None };
    let shape = Some(TensorShapeProto { dim: vec![batch, features] });
    let tensor_type = Some(TensorTypeProto { elem_type: data_type::<T>(), shape });
    ValueInfoProto { name: name.to_owned(), kind: Some(TypeProto { tensor_type }) }
}
