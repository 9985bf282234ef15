//! How raw columns become inputs: what models hold.

use serde::{Deserialize, Serialize};

use super::written_as;
use crate::data::pipeline::{Column, Missing};

#[derive(Serialize, Deserialize)]
#[serde(remote = "Column", rename_all = "snake_case", deny_unknown_fields)]
enum ColumnForm {
    Number {
        missing: Missing,
    },
    Category {
        categories: Vec<String>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        rare: Vec<String>,
        missing: Missing,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Missing", rename_all = "snake_case", deny_unknown_fields)]
enum MissingForm {
    Refused,
    Filled { with: f64, has_input: bool },
}

written_as!(Column = ColumnForm, Missing = MissingForm);
