//! Whether two parts go together.

use std::path::Path;

use serde_json::Value;

use super::part::Part;
use crate::failure::Failure;

/// Refuses a part of another selection, and says in what they differ.
pub(super) fn check_same(
    (path, part): (&Path, &Part),
    (first, other): (&Path, &Part),
) -> Result<(), Failure> {
    let differ = |what: String| {
        let problem = format!("it is no part of the selection of {}: {what}", first.display());
        Err(Failure::File { file: path.display().to_string(), problem })
    };
    if part.shard().parts != other.shard().parts {
        let [given, there] = [part, other].map(|part| part.shard());
        return differ(format!("it is part {given}, and that is part {there}"));
    }
    if (&part.selection, &part.grounds) == (&other.selection, &other.grounds) {
        return Ok(());
    }
    let fields = |part: &Part| -> Vec<(String, Value)> {
        let all = [serde_json::to_value(&part.grounds), serde_json::to_value(&part.selection)];
        let objects = all.into_iter().flatten().filter_map(|value| match value {
            Value::Object(fields) => Some(fields),
            _ => None,
        });
        objects.flatten().collect()
    };
    let mut pairs: Vec<_> = fields(part).into_iter().zip(fields(other)).collect();
    pairs.retain(|(given, there)| given != there);
    // Lists are too long to be shown: rather something else, if there is something.
    pairs.sort_by_key(|((_, value), _)| value.is_array());
    let Some(((name, value), (_, there))) = pairs.into_iter().next() else {
        return differ("they differ".to_owned());
    };
    let name_of = name.replace('_', " ");
    differ(match value {
        Value::Array(_) => format!("it has other {name_of}"),
        value => format!("its {name_of} is {value}, not {there}"),
    })
}

/// A part may be there twice, if its scores have the same bits.
pub(super) fn check_twin(
    (path, part): (&Path, &Part),
    (other, twin): (&Path, &Part),
) -> Result<(), Failure> {
    let is_same = |((_, a), (_, b)): &((usize, f64), (usize, f64))| {
        a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan())
    };
    let mut pairs = part.scores().zip(twin.scores());
    let Some(((training, score), (_, there))) = pairs.find(|pair| !is_same(pair)) else {
        return Ok(());
    };
    let folds = part.selection.folds;
    let problem = format!(
        "it is part {}, as {} is, with another score of candidate {} on fold {}: {score:?}, not \
         {there:?}; one of the two has to go",
        part.shard(),
        other.display(),
        training / folds + 1,
        training % folds + 1
    );
    Err(Failure::File { file: path.display().to_string(), problem })
}
