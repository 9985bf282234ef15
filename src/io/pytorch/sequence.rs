//! Which of a file's tensors are the layers, and in which order.

use std::collections::{BTreeMap, HashSet};

use crate::io::Quoted;
use crate::io::model::Problem;
use crate::io::model::tensors::Tensors;
use crate::io::names::listed;

/// The names of the layers, each behind the prefix, if all are there and nothing else is.
pub(super) fn named(
    tensors: &Tensors<'_>,
    prefix: Option<&str>,
    names: &[&str],
) -> Result<Vec<String>, Problem> {
    let prefix = prefix.unwrap_or_default();
    let there: HashSet<&str> = tensors.names().collect();
    let layers: Vec<String> = names.iter().map(|name| format!("{prefix}{name}")).collect();
    for layer in &layers {
        if !there.contains(&format!("{layer}.weight")[..]) {
            let under = tensors.names().filter_map(|name| name.strip_prefix(prefix));
            let mut there: Vec<String> =
                under.filter_map(|name| name.strip_suffix(".weight")).map(str::to_owned).collect();
            there.sort_unstable();
            let there = if there.is_empty() { "none".to_owned() } else { listed(&there) };
            return Err(Problem::NoLayer { name: layer.clone(), there });
        }
    }
    let known: HashSet<&str> = layers.iter().map(String::as_str).collect();
    let is_of_layer = |name: &str| match name.rsplit_once('.') {
        Some((layer, "weight" | "bias")) => known.contains(layer),
        _ => false,
    };
    match tensors.names().find(|name| name.starts_with(prefix) && !is_of_layer(name)) {
        Some(name) => Err(Problem::Unexpected(name.to_owned(), layers.len())),
        None => Ok(layers),
    }
}

/// The names of an `nn.Sequential`'s layers without `.weight`, in their order.
pub(super) fn numbered(
    tensors: &Tensors<'_>,
    prefix: Option<&str>,
) -> Result<Vec<String>, Problem> {
    let mut found: BTreeMap<&str, BTreeMap<u64, String>> = BTreeMap::new();
    let mut names: Vec<&str> = tensors.names().collect();
    names.sort_unstable();
    for name in names {
        if prefix.is_some_and(|prefix| !name.starts_with(prefix)) {
            continue;
        }
        let Some((place, number, layer)) = parts(name) else {
            return Err(Problem::NotLinear(name.to_owned()));
        };
        if prefix.is_some_and(|prefix| prefix != place) {
            return Err(Problem::NotLinear(name.to_owned()));
        }
        let before = found.entry(place).or_default().insert(number, layer.to_owned());
        // `0.weight` and `00.weight`.
        if let Some(before) = before.filter(|before| before != layer) {
            return Err(Problem::Header(format!(
                "{} and {} are the same layer",
                Quoted(layer),
                Quoted(&before)
            )));
        }
    }
    let places: Vec<String> =
        found.keys().take(12).map(|place| Quoted(place).to_string()).collect();
    match (found.len(), found.into_values().next()) {
        (1, Some(layers)) => Ok(layers.into_values().collect()),
        (0, _) | (_, None) => Err(Problem::NoLinear(prefix.unwrap_or_default().to_owned())),
        _ => Err(Problem::Prefixes(places.join(", "))),
    }
}

/// `net.10.weight` is (`net.`, 10, `net.10`).
fn parts(name: &str) -> Option<(&str, u64, &str)> {
    let (layer, kind) = name.rsplit_once('.')?;
    let place = layer.trim_end_matches(|c: char| c.is_ascii_digit());
    let number = layer[place.len()..].parse().ok()?;
    let is_ours = matches!(kind, "weight" | "bias") && (place.is_empty() || place.ends_with('.'));
    is_ours.then_some((place, number, layer))
}
