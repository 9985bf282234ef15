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
        let kind = data_type::<T>();
        let mut graph = Self::begin(kind, net.inputs(), net.outputs());
        if let Some(standardization) = standardization {
            graph.cast::<T>("x_f64", DOUBLE);
            graph.standardize(standardization);
            graph.cast::<T>("x_cast", kind);
        }
        graph.network(net)?;
        if let Some(standardization) = target_standardization {
            graph.cast::<T>("a_f64", DOUBLE);
            graph.undo(standardization);
            graph.cast::<T>("a_cast", kind);
        }
        Ok(graph.finish())
    }

    /// Without an operator: what goes in and out.
    pub(super) fn begin(kind: i32, inputs: usize, outputs: usize) -> Self {
        let mut graph = Self { proto: GraphProto::default(), last: INPUT.to_owned() };
        graph.proto.name = "shallownet".to_owned();
        graph.proto.input.push(value(INPUT, kind, inputs));
        graph.proto.output.push(value(OUTPUT, kind, outputs));
        graph
    }

    /// The last operator gives the output.
    pub(super) fn finish(mut self) -> GraphProto {
        if let Some(node) = self.proto.node.last_mut() {
            node.output = vec![OUTPUT.to_owned()];
        }
        self.proto
    }

    pub(super) fn network<T: Scalar>(&mut self, net: &Network<T>) -> Result<()> {
        let graph = self;
        for (l, layer) in net.layers().iter().enumerate() {
            graph.tensor(&format!("W{l}"), &[layer.units, layer.inputs], &net.weights(l)?);
            graph.tensor(&format!("b{l}"), &[layer.units], net.bias(l)?);
            let operands = [format!("W{l}"), format!("b{l}")];
            // z = a W^T + b, samples being rows here.
            graph.node("Gemm", &operands, &format!("z{l}"), &[("transB", 1)]);
            graph.activate::<T>(l, layer.activation);
        }
        Ok(())
    }

    /// From the network's type to f64, or back; nothing for a network of f64.
    pub(super) fn cast<T: Scalar>(&mut self, name: &str, to: i32) {
        if data_type::<T>() != DOUBLE {
            self.node("Cast", &[], name, &[("to", i64::from(to))]);
        }
    }

    /// (x - mean) / std in f64, like [`Standardization::apply`], whatever the network's type: a
    /// mean far from 0 would lose its digits in f32.
    pub(super) fn standardize(&mut self, Standardization { means, stds }: &Standardization) {
        self.with_row("Sub", ("means", means), "x_sub");
        self.with_row("Div", ("stds", stds), "x_div");
    }

    /// a std + mean in f64, like [`Standardization::undo`].
    pub(super) fn undo(&mut self, Standardization { means, stds }: &Standardization) {
        self.with_row("Mul", ("target_stds", stds), "a_mul");
        self.with_row("Add", ("target_means", means), "a_add");
    }

    /// An operator between each sample and a row of numbers with a name of its own.
    pub(super) fn with_row(&mut self, operator: &str, (name, row): (&str, &[f64]), to: &str) {
        self.tensor(name, &[row.len()], row);
        self.node(operator, &[name.to_owned()], to, &[]);
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
            // Runtimes lack Elu and Softplus for f64, too.
            Activation::Elu { alpha } => {
                let (z, zero) = (self.last.clone(), self.number::<T>("zero", l, 0.0));
                self.node("Relu", &[], &format!("above{l}"), &[]);
                self.from(&z);
                self.node("Min", &[zero], &format!("below{l}"), &[]);
                self.node("Exp", &[], &format!("exp{l}"), &[]);
                let (one, alpha) =
                    (self.number::<T>("one", l, 1.0), self.number::<T>("alpha", l, alpha));
                self.node("Sub", &[one], &format!("exp_m1{l}"), &[]);
                self.node("Mul", &[alpha], &format!("scaled{l}"), &[]);
                self.node("Add", &[format!("above{l}")], &a, &[]);
            }
            Activation::Softplus => {
                let (z, one) = (self.last.clone(), self.number::<T>("one", l, 1.0));
                self.node("Relu", &[], &format!("above{l}"), &[]);
                self.from(&z);
                self.node("Abs", &[], &format!("abs{l}"), &[]);
                self.node("Neg", &[], &format!("neg{l}"), &[]);
                self.node("Exp", &[], &format!("exp{l}"), &[]);
                self.node("Add", &[one], &format!("exp_p1{l}"), &[]);
                self.node("Log", &[], &format!("log{l}"), &[]);
                self.node("Add", &[format!("above{l}")], &a, &[]);
            }
            Activation::Silu => {
                let z = self.last.clone();
                self.node("Sigmoid", &[], &format!("share{l}"), &[]);
                self.node("Mul", &[z], &a, &[]);
            }
            // z (1 + erf(z / sqrt 2)) / 2; Gelu is an operator since version 20 only.
            Activation::Gelu => {
                let z = self.last.clone();
                let root = self.number::<T>("root", l, core::f64::consts::FRAC_1_SQRT_2);
                let (one, half) =
                    (self.number::<T>("one", l, 1.0), self.number::<T>("half", l, 0.5));
                self.node("Mul", &[root], &format!("scaled{l}"), &[]);
                self.node("Erf", &[], &format!("erf{l}"), &[]);
                self.node("Add", &[one], &format!("twice{l}"), &[]);
                self.node("Mul", &[half], &format!("share{l}"), &[]);
                self.node("Mul", &[z], &a, &[]);
            }
            // z sigmoid(z (scale + cube z^2)).
            Activation::GeluTanh => {
                let z = self.last.clone();
                let scale = core::f64::consts::FRAC_2_SQRT_PI * core::f64::consts::SQRT_2;
                let cube = self.number::<T>("cube", l, scale * 0.044715);
                let scale = self.number::<T>("scale", l, scale);
                self.node("Mul", core::slice::from_ref(&z), &format!("square{l}"), &[]);
                self.node("Mul", &[cube], &format!("cubed{l}"), &[]);
                self.node("Add", &[scale], &format!("factor{l}"), &[]);
                self.node("Mul", core::slice::from_ref(&z), &format!("argument{l}"), &[]);
                self.node("Sigmoid", &[], &format!("share{l}"), &[]);
                self.node("Mul", &[z], &a, &[]);
            }
            Activation::Sin => self.node("Sin", &[], &a, &[]),
            Activation::Exp => self.node("Exp", &[], &a, &[]),
            Activation::Softmax => self.node("Softmax", &[], &a, &[("axis", 1)]),
        }
    }

    /// A constant of a layer, by its name.
    fn number<T: Scalar>(&mut self, name: &str, l: usize, value: f64) -> String {
        let name = format!("{name}{l}");
        self.tensor(&name, &[], &[T::from_f64(value)]);
        name
    }

    /// The value that the next operator takes, if it is not what the last one gave.
    pub(super) fn from(&mut self, name: &str) {
        self.last = name.to_owned();
    }

    pub(super) fn node(
        &mut self,
        operator: &str,
        operands: &[String],
        to: &str,
        attributes: &[(&str, i64)],
    ) {
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

    pub(super) fn tensor<T: Scalar>(&mut self, name: &str, shape: &[usize], values: &[T]) {
        let raw_data = match data_type::<T>() {
            // From f32 to f64 and back is exact.
            FLOAT => values.iter().flat_map(|v| (v.to_f64() as f32).to_le_bytes()).collect(),
            _ => values.iter().flat_map(|v| v.to_f64().to_le_bytes()).collect(),
        };
        self.bytes(name, shape, (data_type::<T>(), raw_data));
    }

    /// Values of any of ONNX's types.
    pub(super) fn bytes(
        &mut self,
        name: &str,
        shape: &[usize],
        (data_type, raw_data): (i32, Vec<u8>),
    ) {
        self.proto.initializer.push(TensorProto {
            dims: shape.iter().map(|&n| n as i64).collect(),
            data_type,
            name: name.to_owned(),
            raw_data,
        });
    }
}

pub(super) fn data_type<T: Scalar>() -> i32 {
    if T::NAME == f32::NAME { FLOAT } else { DOUBLE }
}

/// (batch, n), the batch known at run time.
fn value(name: &str, elem_type: i32, n: usize) -> ValueInfoProto {
    let batch = DimensionProto { dim_value: None, dim_param: Some("batch".to_owned()) };
    let features = DimensionProto { dim_value: Some(n as i64), dim_param: None };
    let shape = Some(TensorShapeProto { dim: vec![batch, features] });
    let tensor_type = Some(TensorTypeProto { elem_type, shape });
    ValueInfoProto { name: name.to_owned(), kind: Some(TypeProto { tensor_type }) }
}
