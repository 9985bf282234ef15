//! By hand on ndarray's arrays, as many do it: a product, the bias, the textbook's formula of each
//! activation. Predictions alone.

use ndarray::{Array1, Array2, Axis, NdFloat};
use num_traits::Float;
use shallownet::testing::bounds::Functions;
use shallownet::testing::cases::Problem;
use shallownet::testing::conformance::Implementation;
use shallownet::{Activation, Scalar};

pub struct Hand;

impl<T: Scalar + NdFloat> Implementation<T> for Hand {
    fn functions(&self) -> Functions {
        libm()
    }

    fn supports(&self, problem: &Problem<T>) -> bool {
        knows(problem)
    }

    fn predict(&mut self, problem: &Problem<T>) -> Result<Vec<T>, String> {
        let mut a = matrix(problem.samples, problem.inputs(), problem.x.clone())?;
        for layer in &problem.layers {
            let w = matrix(layer.b.len(), layer.inputs, layer.w.clone())?;
            a = a.dot(&w.t()) + Array1::from_vec(layer.b.clone());
            match layer.activation {
                Activation::Sigmoid => a.mapv_inplace(|z| T::one() / (T::one() + Float::exp(-z))),
                Activation::Tanh => a.mapv_inplace(Float::tanh),
                Activation::Relu => a.mapv_inplace(|z| Float::max(z, T::zero())),
                Activation::Softplus => a.mapv_inplace(|z| Float::ln_1p(Float::exp(z))),
                Activation::Silu => a.mapv_inplace(|z| z / (T::one() + Float::exp(-z))),
                Activation::Sin => a.mapv_inplace(Float::sin),
                Activation::Exp => a.mapv_inplace(Float::exp),
                Activation::Softmax => {
                    for mut row in a.axis_iter_mut(Axis(0)) {
                        let max = row.fold(T::neg_infinity(), |max, &z| Float::max(max, z));
                        row.mapv_inplace(|z| Float::exp(z - max));
                        let sum = row.sum();
                        row /= sum;
                    }
                }
                _ => {}
            }
        }
        // Not the memory: a product of one row or column may lie in it by columns.
        Ok(a.iter().copied().collect())
    }
}

fn libm() -> Functions {
    Functions { exp: 1, tanh: 2, sin: 1, ..Functions::DOCUMENTED }
}

fn matrix<T>(rows: usize, columns: usize, values: Vec<T>) -> Result<Array2<T>, String> {
    Array2::from_shape_vec((rows, columns), values).map_err(|error| error.to_string())
}

fn knows<T: Scalar>(problem: &Problem<T>) -> bool {
    use Activation::{Exp, Identity, Relu, Sigmoid, Silu, Sin, Softmax, Softplus, Tanh};
    let known = [Exp, Identity, Relu, Sigmoid, Silu, Sin, Softmax, Softplus, Tanh];
    problem.layers.iter().all(|layer| known.contains(&layer.activation))
}
