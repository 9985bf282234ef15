//! tract's optimised plans of ONNX models, predictions alone: of a model in which each activation is
//! ONNX's own operator where it has one, or of the one that shallownet exports.

use shallownet::io::onnx;
use shallownet::testing::backends::Setup;
use shallownet::testing::bounds::Functions;
use shallownet::testing::cases::Problem;
use shallownet::testing::conformance::{Implementation, Own};
use shallownet::{Activation, Parallelism, Scalar};
use tract_onnx::pb::type_proto::{self, Value};
use tract_onnx::pb::{
    AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto,
    TensorShapeProto, TypeProto, ValueInfoProto, tensor_shape_proto,
};
use tract_onnx::prelude::*;

pub struct Tract {
    /// The model that shallownet exports: ELU, softplus, SiLU and the GELUs of plainer operators.
    pub exported: bool,
}

impl<T: Scalar + Datum> Implementation<T> for Tract {
    fn supports(&self, problem: &Problem<T>) -> bool {
        problem.layers.iter().all(|layer| T::NAME == "f32" || has_in_f64(layer.activation))
    }

    fn flushes(&self) -> bool {
        true
    }

    fn functions(&self) -> Functions {
        // In f64 the platform's libm, in f32 its own: rational functions that promise a few ULP.
        Functions { tanh: 6, sin: 1, ..Functions::DOCUMENTED }
    }

    fn predict(&mut self, problem: &Problem<T>) -> Result<Vec<T>, String> {
        if self.exported {
            let own = Own::<T>::new(Setup::PORTABLE, Parallelism::Serial);
            let net = own.network(problem).map_err(|error| error.to_string())?;
            let bytes = onnx::encode(&net, None, None).map_err(|error| error.to_string())?;
            let read = tract_onnx::onnx().model_for_read(&mut bytes.as_slice());
            return read.and_then(|net| run(net, problem)).map_err(|error| format!("{error:#}"));
        }
        let read = tract_onnx::onnx().model_for_proto_model(&model(problem));
        read.and_then(|net| run(net, problem)).map_err(|error| format!("{error:#}"))
    }
}

/// Its sigmoid, error function and leaky ReLU are there in f32 and f16 alone, and ONNX has the alpha of an
/// ELU in f32.
fn has_in_f64(g: Activation) -> bool {
    match g {
        Activation::Sigmoid | Activation::Silu | Activation::Gelu | Activation::GeluTanh => false,
        Activation::LeakyRelu { .. } => false,
        Activation::Elu { alpha } => f64::from(alpha as f32) == alpha,
        _ => true,
    }
}

fn run<T: Scalar + Datum>(net: InferenceModel, problem: &Problem<T>) -> TractResult<Vec<T>> {
    let shape = [problem.samples, problem.inputs()];
    let net = net.with_input_fact(0, InferenceFact::dt_shape(T::datum_type(), shape))?;
    let x = Tensor::from_shape(&shape, &problem.x)?;
    let a = net.into_optimized()?.into_runnable()?.run(tvec!(x.into_tvalue()))?;
    Ok(a[0].to_plain_array_view::<T>()?.iter().copied().collect())
}

/// A network as ONNX writes it down, opset 20.
fn model<T: Scalar>(problem: &Problem<T>) -> ModelProto {
    let (mut graph, mut last) = (GraphProto::default(), "x".to_owned());
    graph.name = "network".to_owned();
    graph.input.push(value::<T>("x"));
    for (l, layer) in problem.layers.iter().enumerate() {
        let (w, b, z) = (format!("W{l}"), format!("b{l}"), format!("z{l}"));
        graph.initializer.push(tensor(&b, &[layer.b.len()], &layer.b));
        // Gemm with a bias can't be read in f64: its beta is an f32.
        let (units, inputs, product) = (layer.b.len(), layer.inputs, format!("product{l}"));
        let by_inputs = (0..inputs).flat_map(|i| layer.w.iter().skip(i).step_by(inputs));
        let by_inputs: Vec<T> = by_inputs.copied().collect();
        graph.initializer.push(tensor(&w, &[inputs, units], &by_inputs));
        graph.node.push(node("MatMul", &[&last, &w], &product, vec![]));
        graph.node.push(node("Add", &[&product, &b], &z, vec![]));
        last = activate(&mut graph, layer.activation, z, l);
    }
    graph.output.push(value::<T>(&last));
    let opset = OperatorSetIdProto { domain: String::new(), version: 20 };
    ModelProto {
        ir_version: 9,
        graph: Some(graph),
        opset_import: vec![opset],
        ..Default::default()
    }
}

/// The name of a = g(z).
fn activate(graph: &mut GraphProto, g: Activation, z: String, l: usize) -> String {
    let a = format!("a{l}");
    let number = |name: &str, f: f64| {
        vec![AttributeProto { name: name.into(), f: f as f32, r#type: 1, ..Default::default() }]
    };
    let (operator, attributes) = match g {
        Activation::Sigmoid => ("Sigmoid", vec![]),
        Activation::Tanh => ("Tanh", vec![]),
        Activation::Relu => ("Relu", vec![]),
        Activation::LeakyRelu { slope } => ("LeakyRelu", number("alpha", slope)),
        Activation::Elu { alpha } => ("Elu", number("alpha", alpha)),
        Activation::Softplus => ("Softplus", vec![]),
        Activation::Silu => {
            let share = format!("share{l}");
            graph.node.push(node("Sigmoid", &[&z], &share, vec![]));
            graph.node.push(node("Mul", &[&z, &share], &a, vec![]));
            return a;
        }
        Activation::Gelu => ("Gelu", vec![]),
        Activation::GeluTanh => {
            let (name, s) = ("approximate".into(), b"tanh".to_vec());
            ("Gelu", vec![AttributeProto { name, s, r#type: 3, ..Default::default() }])
        }
        Activation::Sin => ("Sin", vec![]),
        Activation::Exp => ("Exp", vec![]),
        Activation::Softmax => ("Softmax", vec![]),
        _ => return z,
    };
    graph.node.push(node(operator, &[&z], &a, attributes));
    a
}

fn node(operator: &str, from: &[&str], to: &str, attribute: Vec<AttributeProto>) -> NodeProto {
    NodeProto {
        input: from.iter().map(|&name| name.to_owned()).collect(),
        output: vec![to.to_owned()],
        name: format!("{operator}:{to}"),
        op_type: operator.to_owned(),
        attribute,
        ..Default::default()
    }
}

/// ONNX's numbers of the types.
fn kind<T: Scalar>() -> i32 {
    if T::NAME == "f32" { 1 } else { 11 }
}

fn tensor<T: Scalar>(name: &str, shape: &[usize], values: &[T]) -> TensorProto {
    let bytes = |v: &T| match T::NAME {
        "f32" => (v.to_f64() as f32).to_le_bytes().to_vec(),
        _ => v.to_f64().to_le_bytes().to_vec(),
    };
    TensorProto {
        dims: shape.iter().map(|&n| n as i64).collect(),
        data_type: kind::<T>(),
        name: name.to_owned(),
        raw_data: values.iter().flat_map(bytes).collect(),
        ..Default::default()
    }
}

/// What goes in or out; its shape is said later.
fn value<T: Scalar>(name: &str) -> ValueInfoProto {
    let unknown = tensor_shape_proto::Dimension::default();
    let shape = Some(TensorShapeProto { dim: vec![unknown.clone(), unknown] });
    let tensor = type_proto::Tensor { elem_type: kind::<T>(), shape };
    let value = Some(Value::TensorType(tensor));
    let r#type = Some(TypeProto { value, ..Default::default() });
    ValueInfoProto { name: name.to_owned(), r#type, ..Default::default() }
}
