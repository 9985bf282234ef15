//! An ensemble to bytes and back, each step checked before the next one relies on it.

use super::{AnyEnsemble, Ensemble};
use crate::io::model::decode::Contents;
use crate::io::model::description::{Description, ENTRY};
use crate::io::model::encode::{self, Tensor, bias_name, weight_name};
use crate::io::model::{Model, Problem, check_finite};
use crate::{Error, Population, Scalar};

/// The bytes of an ensemble's file; the same for the same ensemble.
///
/// ```
/// use shallownet::io::population::{Ensemble, decode, encode};
/// # use shallownet::{Activation, Network, Population};
/// let builder = Network::<f64>::builder(2).layer(1, Activation::Sigmoid);
/// let bytes = encode(&Ensemble::new(Population::from_seeds(&builder, 0..3)?))?;
/// assert_eq!(encode(&decode::<f64>(&bytes)?)?, bytes);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Problem`]: names that do not fit the networks, a parameter that is not finite.
pub fn encode<T: Scalar>(ensemble: &Ensemble<T>) -> Result<Vec<u8>, Problem> {
    // What it says of all it says of the first.
    let model = ensemble.member(0)?;
    model.check()?;
    let description = Description::of_ensemble(&model, ensemble.population.members());
    let tensors = tensors(&ensemble.population)?;
    encode::serialize::<T>(&tensors, ENTRY, encode::to_json(&description)?)
}

/// The parameters, a layer after the other; in each of them a member after the other.
fn tensors<T: Scalar>(population: &Population<T>) -> Result<Vec<Tensor>, Problem> {
    let members = population.members();
    let mut flat = vec![T::ZERO; population.parameter_count()];
    let mut values: Vec<[Vec<T>; 2]> = population
        .layers()
        .iter()
        .map(|layer| Ok([room(members, layer.weights())?, room(members, layer.units)?]))
        .collect::<Result<_, Problem>>()?;
    for member in 0..members {
        population.parameters_into(member, &mut flat)?;
        let mut rest = &flat[..];
        for ([weights, bias], layer) in values.iter_mut().zip(population.layers()) {
            let (w, after) = rest.split_at(layer.weights());
            let (b, after) = after.split_at(layer.units);
            weights.extend_from_slice(w);
            bias.extend_from_slice(b);
            rest = after;
        }
    }
    let mut tensors = Vec::new();
    for (l, ([weights, bias], layer)) in values.into_iter().zip(population.layers()).enumerate() {
        let weight = (weight_name(l), vec![members, layer.units, layer.inputs], weights);
        for (name, shape, values) in [weight, (bias_name(l), vec![members, layer.units], bias)] {
            check_finite(&name, &values)?;
            tensors.push((name, shape, encode::to_bytes(&values)));
        }
    }
    Ok(tensors)
}

/// Room for so many values of each member.
fn room<T>(members: usize, each: usize) -> Result<Vec<T>, Problem> {
    let len = members.saturating_mul(each);
    let (what, bytes) = ("the ensemble's file", len.saturating_mul(size_of::<T>()));
    let mut values = Vec::new();
    values.try_reserve_exact(len).map_err(|_| Error::OutOfMemory { what, bytes })?;
    Ok(values)
}

/// An ensemble of element type `T` from the bytes of its file.
///
/// ```
/// use shallownet::io::population::{Problem, decode};
/// assert!(matches!(decode::<f32>(b"hello"), Err(Problem::TooShort { given: 5 })));
/// ```
///
/// # Errors
/// [`Problem`].
pub fn decode<T: Scalar>(bytes: &[u8]) -> Result<Ensemble<T>, Problem> {
    ensemble(Contents::parse(bytes)?)
}

/// An ensemble of the element type that the file has.
///
/// ```
/// use shallownet::io::population::{AnyEnsemble, Ensemble, decode_any, encode};
/// # use shallownet::{Activation, Network, Population};
/// let builder = Network::<f32>::builder(2).layer(1, Activation::Sigmoid);
/// let bytes = encode(&Ensemble::new(Population::from_seeds(&builder, 0..3)?))?;
/// assert!(matches!(decode_any(&bytes)?, AnyEnsemble::F32(_)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Problem`].
pub fn decode_any(bytes: &[u8]) -> Result<AnyEnsemble, Problem> {
    let contents = Contents::parse(bytes)?;
    match contents.is_f32()? {
        true => ensemble(contents).map(AnyEnsemble::F32),
        false => ensemble(contents).map(AnyEnsemble::F64),
    }
}

fn ensemble<T: Scalar>(contents: Contents<'_>) -> Result<Ensemble<T>, Problem> {
    let Contents { tensors, description } = contents;
    let members = description.members().ok_or(Problem::NotAnEnsemble)?;
    let (network, layers) = tensors.ensemble::<T>(&description, members)?;
    let model = description.model(network);
    model.check()?;
    let Model { network, pipeline, classes, label, training } = model;
    let mut population = Population::from_copies(&network, members)?;
    let mut flat = Vec::with_capacity(network.parameter_count());
    for member in 0..members {
        flat.clear();
        for layer in &layers {
            for (values, each) in
                [(&layer.weights, layer.units * layer.inputs), (&layer.bias, layer.units)]
            {
                flat.extend_from_slice(&values[member * each..(member + 1) * each]);
            }
        }
        population.set_parameters(member, &flat)?;
    }
    Ok(Ensemble { population, pipeline, classes, label, training })
}
