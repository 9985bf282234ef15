//! How much a model relies on each column.

use serde::Serialize;
use shallownet::io::model::Model;
use shallownet::select::Importance;
use shallownet::{Columns, Scalar};

use crate::batch::Batch;
use crate::data::{Data, Prepared, with_room};
use crate::failure::Failure;
use crate::scores;

/// Seed of the shuffles.
const SEED: u64 = 0;

/// How much the score drops when a column is shuffled.
#[derive(Debug, Serialize)]
pub(crate) struct Drop {
    column: String,
    mean: f64,
    standard_deviation: f64,
}

/// Shuffles each raw column `repeats` times; the score is accuracy, or R^2 of values.
pub(crate) fn of<T: Scalar>(
    model: &Model<T>,
    (data, batch): (&Data, &Batch<T>),
    repeats: usize,
) -> Result<Importance, Failure> {
    let (network, prepared) = (&model.network, Prepared::of(model));
    let raw = data.gather(&data.rows()?)?;
    let score = |raw: Columns<'_, f64>| {
        let mut x = with_room(raw.samples().saturating_mul(network.inputs()))?;
        let mut inputs = vec![0.0; network.inputs()];
        let mut row = vec![0.0; raw.features()];
        for sample in raw.as_slice().chunks_exact(raw.features()) {
            row.copy_from_slice(sample);
            prepared.apply(&mut row, &mut inputs)?;
            x.extend(inputs.iter().map(|&v| T::from_f64(v)));
        }
        let a = scores::outputs(network, &x)?;
        Ok::<_, Failure>(scores::kind(network, batch, &a)?.share())
    };
    Importance::of(Columns::new(&raw, data.width)?, repeats, SEED, score)
}

/// The columns' names.
pub(crate) fn names(data: &Data) -> Vec<String> {
    let own = |k: usize| data.feature_names.as_ref().map(|names| names[k].clone());
    let name = |k: usize| own(k).filter(|n| !n.is_empty()).unwrap_or_else(|| data.feature(k));
    (0..data.width).map(name).collect()
}

/// The drops, the largest first.
pub(crate) fn drops(importance: &Importance, names: &[String]) -> Vec<Drop> {
    let drop = |k: usize| {
        let column = &importance.columns[k];
        let (mean, standard_deviation) = (column.mean, column.deviation);
        Drop { column: names[k].clone(), mean, standard_deviation }
    };
    importance.order().into_iter().map(drop).collect()
}

/// Lines for people: the largest drops.
pub(crate) fn lines(drops: &[Drop], score: &str) -> Vec<String> {
    const MOST: usize = 20;
    let mut lines = vec![format!("drop of the {score} when a column is shuffled")];
    lines.extend(drops.iter().take(MOST).map(|drop| {
        let name = drop.column.escape_debug();
        format!("{:>9.4} +- {:.4}  {name}", drop.mean, drop.standard_deviation)
    }));
    let more = drops.len().saturating_sub(MOST);
    lines.extend((more > 0).then(|| format!("and {more} more")));
    lines
}
