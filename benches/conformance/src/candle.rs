//! candle's tensors and gradients on the CPU: each activation and loss is candle's own function, and what
//! it has none for is not asked.

use candle_core::{DType, Device, Result, Tensor, Var, WithDType};
use candle_nn::{loss, ops};
use shallownet::testing::bounds::Functions;
use shallownet::testing::cases::{Parameters, Problem};
use shallownet::testing::conformance::{Answers, Implementation};
use shallownet::{Activation, Loss, Scalar};

pub struct Candle;

impl<T: Scalar + WithDType> Implementation<T> for Candle {
    fn supports(&self, problem: &Problem<T>) -> bool {
        problem.layers.iter().all(|layer| layer.activation != Activation::Softplus)
    }

    fn functions(&self) -> Functions {
        // The platform's libm.
        Functions { exp: 1, tanh: 2, sin: 1, ..Functions::DOCUMENTED }
    }

    fn predict(&mut self, problem: &Problem<T>) -> std::result::Result<Vec<T>, String> {
        self.answers(problem).predictions
    }

    fn answers(&mut self, problem: &Problem<T>) -> Answers<T> {
        answers(problem).unwrap_or_else(|error| Answers {
            predictions: Err(error.to_string()),
            cost: Ok(None),
            gradients: Ok(None),
            stepped: Ok(None),
        })
    }
}

fn answers<T: Scalar + WithDType>(problem: &Problem<T>) -> Result<Answers<T>> {
    let matrix = |values: &[T], rows: usize, columns: usize| {
        Tensor::from_vec(values.to_vec(), (rows, columns), &Device::Cpu)
    };
    let mut parameters = Vec::new();
    let mut a = matrix(&problem.x, problem.samples, problem.inputs())?;
    let mut z = a.clone();
    for layer in &problem.layers {
        let w = Var::from_tensor(&matrix(&layer.w, layer.b.len(), layer.inputs)?)?;
        let b = Var::from_tensor(&matrix(&layer.b, 1, layer.b.len())?)?;
        z = a.matmul(&w.t()?)?.broadcast_add(&b)?;
        a = activate(layer.activation, &z)?;
        parameters.push((w, b));
    }
    let predictions = a.flatten_all()?.to_vec1()?;
    let y = matrix(&problem.y, problem.samples, problem.targets())?;
    let (mut cost, mut gradients) = (None, None);
    if let Some(mean) = mean_loss(problem.loss, &z, &a, &y)? {
        cost = Some(mean.to_dtype(DType::F64)?.to_scalar()?);
        let store = mean.backward()?;
        let of = |var: &Var| -> Result<Vec<T>> {
            let none = var.zeros_like()?;
            store.get(var).unwrap_or(&none).flatten_all()?.to_vec1()
        };
        let layers = parameters.iter().map(|(w, b)| Ok((of(w)?, of(b)?)));
        gradients = Some(layers.collect::<Result<Parameters<T>>>()?);
    }
    Ok(Answers {
        predictions: Ok(predictions),
        cost: Ok(cost),
        gradients: Ok(gradients),
        stepped: Ok(None),
    })
}

fn activate(g: Activation, z: &Tensor) -> Result<Tensor> {
    match g {
        Activation::Identity => Ok(z.clone()),
        Activation::Sigmoid => ops::sigmoid(z),
        Activation::Tanh => z.tanh(),
        Activation::Relu => z.relu(),
        Activation::LeakyRelu { slope } => ops::leaky_relu(z, slope),
        Activation::Elu { alpha } => z.elu(alpha),
        Activation::Silu => z.silu(),
        Activation::Gelu => z.gelu_erf(),
        Activation::GeluTanh => z.gelu(),
        Activation::Sin => z.sin(),
        Activation::Exp => z.exp(),
        Activation::Softmax => ops::softmax(z, 1),
        other => candle_core::bail!("no {}", other.name()),
    }
}

/// J, where candle has the loss: its means are over outputs, too, and a squared error is not halved.
/// Its cross-entropy takes classes, not shares of them.
fn mean_loss(kind: Loss, z: &Tensor, a: &Tensor, y: &Tensor) -> Result<Option<Tensor>> {
    let outputs = z.dim(1)? as f64;
    Ok(Some(match kind {
        Loss::SquaredError => (loss::mse(a, y)? * (outputs / 2.0))?,
        Loss::BinaryCrossEntropy => (loss::binary_cross_entropy_with_logit(z, y)? * outputs)?,
        Loss::Huber { delta } => (loss::huber(a, y, delta)? * outputs)?,
        Loss::CategoricalCrossEntropy => {
            let most = y.max(1)?.to_dtype(DType::F64)?.to_vec1::<f64>()?;
            if most.iter().any(|&share| share != 1.0) {
                return Ok(None);
            }
            loss::cross_entropy(z, &y.argmax(1)?)?
        }
        _ => return Ok(None),
    }))
}
