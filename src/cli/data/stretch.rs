//! Some values of samples that are known but for these.

use shallownet::pipeline::{InputKind, Inputs};

use super::names::Names;
use super::samples::{Data, Origin, Part, Targets};

impl Data {
    /// The same files' samples with these values, as the file has them, and without targets.
    pub(super) fn with_values(&self, raw: Vec<f64>, part: Part) -> Self {
        let Self { width, kinds, holds, feature_names, label_name, .. } = self;
        let origin = match &self.origin {
            Origin::Arrays { x, labels, columns } => {
                Origin::Arrays { x: x.clone(), labels: labels.clone(), columns: columns.clone() }
            }
            // An outline is of arrays.
            Origin::Table { .. } => Origin::Arrays {
                x: Names::one(self.file()),
                labels: Names::one(String::new()),
                columns: (0..*width).collect(),
            },
        };
        Self {
            raw,
            part: Some(part),
            width: *width,
            kinds: kinds.clone(),
            weights: Vec::new(),
            holds: *holds,
            inputs: None,
            targets: Targets::None,
            feature_names: feature_names.clone(),
            label_name: label_name.clone(),
            image: self.image,
            origin,
            is_built_in: self.is_built_in,
        }
    }
}

/// What samples are, of which some are these and others those.
pub(crate) fn widened(these: Option<Inputs>, those: Option<Inputs>) -> Option<Inputs> {
    let (Some(a), Some(b)) = (these, those) else { return these.or(those) };
    Some(Inputs {
        from: if place(a.from) > place(b.from) { a.from } else { b.from },
        lowest: a.lowest.min(b.lowest),
        highest: a.highest.max(b.highest),
        divided_by: a.divided_by,
    })
}

/// How much a kind of values takes in: all bytes are whole numbers, and these are real ones.
fn place(kind: InputKind) -> u8 {
    match kind {
        InputKind::Bytes => 0,
        InputKind::Whole => 1,
        _ => 2,
    }
}
