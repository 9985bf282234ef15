//! burn's tensors and gradients on its CPU backend flex: each activation and loss is burn's own function
//! where it has one, and else written with its tensors, as the README of burn shows.

use burn::tensor::{DType, Device, Tensor, TensorData, activation, loss};
use shallownet::testing::bounds::Functions;
use shallownet::testing::cases::{Parameters, Problem};
use shallownet::testing::conformance::{Answers, Implementation};
use shallownet::{Activation, Loss, Scalar};

pub struct Burn;

impl<T: Scalar> Implementation<T> for Burn {
    fn functions(&self) -> Functions {
        // The platform's libm.
        Functions { exp: 1, tanh: 2, sin: 1, ..Functions::DOCUMENTED }
    }

    fn predict(&mut self, problem: &Problem<T>) -> Result<Vec<T>, String> {
        self.answers(problem).predictions
    }

    fn answers(&mut self, problem: &Problem<T>) -> Answers<T> {
        answers(problem)
    }
}

fn answers<T: Scalar>(problem: &Problem<T>) -> Answers<T> {
    let device = Device::flex();
    let kind = if T::NAME == "f64" { DType::F64 } else { DType::F32 };
    let matrix = |values: &[T], rows: usize, columns: usize| {
        let values: Vec<f64> = values.iter().map(|v| v.to_f64()).collect();
        Tensor::<2>::from_data(TensorData::new(values, [rows, columns]), (&device, kind)).autodiff()
    };
    let (mut layers, mut a) = (Vec::new(), matrix(&problem.x, problem.samples, problem.inputs()));
    let mut z = a.clone();
    for layer in &problem.layers {
        let w = matrix(&layer.w, layer.b.len(), layer.inputs).require_grad();
        let b = matrix(&layer.b, 1, layer.b.len()).require_grad();
        z = a.matmul(w.clone().transpose()) + b.clone();
        a = activate(layer.activation, z.clone());
        layers.push((w, b));
    }
    let y = matrix(&problem.y, problem.samples, problem.targets());
    let cost = mean_loss(problem.loss, z, a.clone(), y);
    let mut gradients = cost.backward();
    let mut of = |tensor: &Tensor<2>| match tensor.grad_remove(&mut gradients) {
        Some(gradient) => numbers(gradient),
        None => vec![T::ZERO; tensor.shape().num_elements()],
    };
    let gradients: Parameters<T> = layers.iter().map(|(w, b)| (of(w), of(b))).collect();
    Answers {
        predictions: Ok(numbers(a.inner())),
        cost: Ok(Some(cost.inner().into_scalar::<f64>())),
        gradients: Ok(Some(gradients)),
        stepped: Ok(None),
    }
}

fn numbers<T: Scalar>(tensor: Tensor<2>) -> Vec<T> {
    tensor.into_data().iter::<f64>().map(T::from_f64).collect()
}

fn activate(g: Activation, z: Tensor<2>) -> Tensor<2> {
    match g {
        Activation::Sigmoid => activation::sigmoid(z),
        Activation::Tanh => activation::tanh(z),
        Activation::Relu => activation::relu(z),
        Activation::LeakyRelu { slope } => activation::leaky_relu(z, slope),
        Activation::Elu { alpha } => activation::elu(z, alpha),
        Activation::Softplus => activation::softplus(z, 1.0),
        Activation::Silu => activation::silu(z),
        Activation::Gelu => activation::gelu(z),
        Activation::GeluTanh => activation::gelu_approximate(z),
        Activation::Sin => z.sin(),
        Activation::Exp => z.exp(),
        Activation::Softmax => activation::softmax(z, 1),
        _ => z,
    }
}

/// J. Burn's tensors have one loss, of the cross-entropy; the others are in burn-nn, which is not here.
fn mean_loss(kind: Loss, z: Tensor<2>, a: Tensor<2>, y: Tensor<2>) -> Tensor<1> {
    let [samples, outputs] = z.dims();
    let sum = match kind {
        Loss::CategoricalCrossEntropy => return loss::cross_entropy_with_logits(z, y),
        Loss::SquaredError => (a - y).square().sum() * 0.5,
        // Without |z| and max(z, 0), which have a kink at 0 where the loss has none.
        Loss::BinaryCrossEntropy => (activation::softplus(z.clone(), 1.0) - z * y).sum(),
        Loss::Huber { delta } => {
            let d = a - y;
            let is_far = d.clone().abs().greater_elem(delta);
            let far = (d.clone().abs() - delta / 2.0) * delta;
            (d.square() * 0.5).mask_where(is_far, far).sum()
        }
        Loss::Quantile { tau } => {
            let d = a - y;
            (activation::relu(d.clone()) * (1.0 - tau) + activation::relu(-d) * tau).sum()
        }
        Loss::Poisson => (z.clone().exp() - z * y).sum(),
        Loss::GaussianNll => {
            let half = outputs / 2;
            let (mu, s) =
                (a.clone().slice([0..samples, 0..half]), a.slice([0..samples, half..outputs]));
            (s.clone() + (mu - y).square() * (-s).exp()).sum() * 0.5
        }
        // The absolute differences.
        _ => (a - y).abs().sum(),
    };
    sum / samples as f64
}
