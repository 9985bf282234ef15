//! `model_round_trip`: any network with any description, to bytes and to a file and back.
//!
//! Asserted: a model is refused if and only if a parameter is not finite, a count does not fit, the
//! standardization is none, or the inputs' range or divisor; otherwise it comes back with the same
//! bits, shape, activations, loss, names and standardization, from bytes and from a file, as its
//! own element type, and as none other; and written again it has the same bytes.

use arbitrary::{Arbitrary, Result, Unstructured};
use shallownet::Standardization;
use shallownet::io::model::{self, AnyModel, Model, Problem};
use shallownet::io::{InputKind, Inputs};
use shallownet::testing::cases::bytes::{Wild, rarely};
use shallownet::{Checks, Init, Scalar};

use super::{Shape, set};
use crate::bits;
use crate::loaders::path;

/// A model.
#[derive(Debug, Clone)]
pub struct Input {
    is_double: bool,
    shape: Shape,
    seed: u8,
    spots: Vec<(u16, Wild)>,
    features: Option<Vec<String>>,
    standardization: Option<(Vec<f64>, Vec<f64>)>,
    target_standardization: Option<(Vec<f64>, Vec<f64>)>,
    classes: Vec<String>,
    label: Option<String>,
    inputs: Option<(u8, [Wild; 3])>,
}

impl<'a> Arbitrary<'a> for Input {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let (is_double, seed) = (u.arbitrary()?, u.arbitrary()?);
        let shape = Shape::draw(u, 12)?;
        let inputs = shape.n_x;
        let outputs = shape.layers[shape.layers.len() - 1].0;
        let mut spots = Vec::new();
        for _ in 0..u.arbitrary::<u8>()? % 5 {
            spots.push((u.arbitrary()?, u.arbitrary()?));
        }
        let features = if u.arbitrary()? { Some(names(u, inputs)?) } else { None };
        let standardization = standardization(u, inputs)?;
        let classes = if u.arbitrary()? { names(u, outputs.max(2))? } else { Vec::new() };
        let label = u.arbitrary()?;
        // Behind all others, so that the corpus still says what it said. Seldom of classes.
        let target_standardization = match classes.is_empty() || rarely(u, 32)? {
            true => self::standardization(u, shape.loss.targets(outputs))?,
            false => None,
        };
        let inputs = u.arbitrary()?;
        Ok(Self {
            is_double,
            shape,
            seed,
            spots,
            features,
            standardization,
            target_standardization,
            classes,
            label,
            inputs,
        })
    }
}

/// None, one that can be used, or any numbers.
fn standardization(
    u: &mut Unstructured<'_>,
    expected: usize,
) -> Result<Option<(Vec<f64>, Vec<f64>)>> {
    if !u.arbitrary()? {
        return Ok(None);
    }
    let count = count(u, expected)?;
    let mut any = || (0..count).map(|_| Ok(u.arbitrary::<Wild>()?.0)).collect::<Result<Vec<f64>>>();
    let (means, stds) = (any()?, any()?);
    if u.arbitrary::<u8>()? % 4 == 0 {
        return Ok(Some((means, stds)));
    }
    let positive = |v: f64| if v.is_finite() && v != 0.0 { v.abs() } else { 1.0 };
    let finite = |v: f64| if v.is_finite() { v } else { 0.0 };
    let means = means.into_iter().map(finite).collect();
    Ok(Some((means, stds.into_iter().map(positive).collect())))
}

/// Most of them sound.
fn inputs((choice, [a, b, by]): (u8, [Wild; 3])) -> Inputs {
    let from = [InputKind::Bytes, InputKind::Whole, InputKind::Real][usize::from(choice % 3)];
    let (a, b, by) = (a.0, b.0, by.0);
    if choice < 64 {
        return Inputs { from, lowest: a, highest: b, divided_by: by };
    }
    let finite = |v: f64| if v.is_finite() { v } else { 0.0 };
    let (a, b) = (finite(a), finite(b));
    let divided_by = if by.is_finite() && by != 0.0 { by.abs() } else { 1.0 };
    Inputs { from, lowest: a.min(b), highest: a.max(b), divided_by }
}

/// So many, or one too many.
fn count(u: &mut Unstructured<'_>, count: usize) -> Result<usize> {
    Ok(count + usize::from(rarely(u, 32)?))
}

fn names(u: &mut Unstructured<'_>, expected: usize) -> Result<Vec<String>> {
    (0..count(u, expected)?).map(|_| u.arbitrary()).collect()
}

/// The target.
pub fn run(input: &Input) {
    if input.is_double {
        check::<f64>(input, |any| if let AnyModel::F64(model) = any { Some(model) } else { None });
    } else {
        check::<f32>(input, |any| if let AnyModel::F32(model) = any { Some(model) } else { None });
    }
}

fn check<T: Scalar>(input: &Input, own: fn(AnyModel) -> Option<Model<T>>) {
    let builder = input.shape.builder::<T>().init(Init::XavierNormal, input.seed.into());
    let mut network = builder.checks(Checks::ShapesOnly).build().expect("a sound shape");
    set(&mut network, &input.spots);
    let mut model = Model::new(network);
    model.pipeline.features.clone_from(&input.features);
    model.classes.clone_from(&input.classes);
    model.label.clone_from(&input.label);
    let given = |numbers: &Option<(Vec<f64>, Vec<f64>)>| {
        numbers.clone().map(|(means, stds)| Standardization { means, stds })
    };
    model.pipeline.standardization = given(&input.standardization);
    model.pipeline.targets.standardization = given(&input.target_standardization);
    model.pipeline.inputs = input.inputs.map(inputs);
    let path = path("model.safetensors");
    let bytes = match model::encode(&model) {
        Ok(bytes) => bytes,
        Err(problem) => {
            assert!(!is_sound(&model), "{problem}: {input:?}");
            assert!(model::save(&path, &model).is_err(), "{input:?}");
            return;
        }
    };
    assert!(is_sound(&model), "written all the same: {input:?}");
    model::save(&path, &model).expect("a model that can be written");
    assert_eq!(std::fs::read(&path).expect("the file"), bytes);
    let any = model::load_any(&path).expect("what was written");
    let copies = [
        model::decode::<T>(&bytes).expect("what was written"),
        model::load::<T>(&path).expect("what was written"),
        own(any).expect("the same element type"),
    ];
    for copy in copies {
        same(&copy, &model, input);
        assert_eq!(model::encode(&copy).expect("what was read"), bytes, "{input:?}");
    }
    let other = if input.is_double {
        model::decode::<f32>(&bytes).err()
    } else {
        model::decode::<f64>(&bytes).err()
    };
    assert!(matches!(other, Some(Problem::Element { .. })), "{other:?}: {input:?}");
}

fn same<T: Scalar>(copy: &Model<T>, model: &Model<T>, input: &Input) {
    let (network, there) = (&copy.network, &model.network);
    assert_eq!((network.layers(), network.loss()), (there.layers(), there.loss()), "{input:?}");
    assert_eq!(bits::parameters(network), bits::parameters(there), "{input:?}");
    assert_eq!(
        (&copy.pipeline.features, &copy.classes),
        (&model.pipeline.features, &model.classes),
        "{input:?}"
    );
    let of = |model: &Model<T>| {
        [&model.pipeline.standardization, &model.pipeline.targets.standardization].map(
            |standardization| {
                standardization.as_ref().map(|s| (bits::bits(&s.means), bits::bits(&s.stds)))
            },
        )
    };
    assert_eq!((of(copy), &copy.label), (of(model), &model.label), "{input:?}");
    assert_eq!(copy.pipeline.inputs, model.pipeline.inputs, "{input:?}");
}

/// As the documentation of `Model` and `encode` says it.
fn is_sound<T: Scalar>(model: &Model<T>) -> bool {
    let finite = |bits: u64| f64::from_bits(bits).is_finite();
    let (inputs, outputs) = (model.network.inputs(), model.network.outputs());
    let names = model.pipeline.features.as_ref().is_none_or(|names| names.len() == inputs);
    let usable = |standardization: &Option<Standardization>, count: usize| {
        standardization.as_ref().is_none_or(|s| {
            s.means.len() == count
                && s.stds.len() == count
                && s.means.iter().all(|v| v.is_finite())
                && s.stds.iter().all(|v| v.is_finite() && *v > 0.0)
        })
    };
    let scales = usable(&model.pipeline.standardization, inputs)
        && usable(&model.pipeline.targets.standardization, model.network.targets());
    let classes = model.classes.is_empty()
        || model.classes.len() == outputs.max(2)
            && model.pipeline.targets.standardization.is_none();
    let inputs = model.pipeline.inputs.is_none_or(|i| {
        let are_finite = [i.lowest, i.highest, i.divided_by].iter().all(|v| v.is_finite());
        are_finite && i.lowest <= i.highest && i.divided_by > 0.0
    });
    let named = names && classes;
    bits::parameters(&model.network).into_iter().all(finite) && named && scales && inputs
}
