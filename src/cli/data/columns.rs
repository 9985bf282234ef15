//! Which columns are features: `--ignore` and `--features`.

use crate::failure::Failure;

/// The lists that were given; at most one of the two is not empty.
#[derive(Debug, clap::Args)]
pub(crate) struct Selection {
    /// Columns that are no features: their names or numbers from 1, with commas between them or an
    /// option each (a name with a comma in it)
    #[arg(long, value_name = "COLUMNS", requires = "data", conflicts_with = "features")]
    ignore: Vec<String>,
    /// The columns that are features, if not all but the label, named in the same way; their order
    /// is the file's
    #[arg(long, value_name = "COLUMNS", requires = "data")]
    features: Vec<String>,
}

impl Selection {
    /// The option that was given.
    pub(crate) fn given(&self) -> Option<&'static str> {
        match (self.ignore.is_empty(), self.features.is_empty()) {
            (false, _) => Some("--ignore"),
            (_, false) => Some("--features"),
            _ => None,
        }
    }

    /// Whether the features were named one by one.
    pub(crate) fn is_chosen(&self) -> bool {
        !self.features.is_empty()
    }

    /// The columns (from 0) that are features, in ascending order, without the label's; `find`
    /// knows a column by its name or number.
    pub(super) fn columns(
        &self,
        width: usize,
        label: Option<usize>,
        find: impl Fn(&str) -> Result<usize, Failure>,
    ) -> Result<Vec<usize>, Failure> {
        let mut is_named = vec![false; width];
        for text in self.ignore.iter().chain(&self.features) {
            for column in named(std::slice::from_ref(text), &find)? {
                if Some(column) == label {
                    let option = self.given().unwrap_or_default();
                    return Err(Failure::Arguments(format!("{option} {text:?}: it is the label")));
                }
                is_named[column] = true;
            }
        }
        let is_chosen = self.is_chosen();
        Ok((0..width).filter(|&c| Some(c) != label && is_named[c] == is_chosen).collect())
    }
}

/// The columns that some texts name: a name each, or several with commas between them.
pub(super) fn named(
    texts: &[String],
    find: impl Fn(&str) -> Result<usize, Failure>,
) -> Result<Vec<usize>, Failure> {
    let mut columns = Vec::new();
    for text in texts {
        // First the whole text is tried as one name, which may have a comma in it.
        match find(text) {
            Ok(column) => columns.push(column),
            Err(_) if text.contains(',') => {
                for part in text.split(',') {
                    columns.push(find(part.trim())?);
                }
            }
            Err(unknown) => return Err(unknown),
        }
    }
    Ok(columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 5] = ["id", "a,b", "a", "b", "kind"];

    fn find(name: &str) -> Result<usize, Failure> {
        let number = || name.parse::<usize>().ok().filter(|n| (1..=5).contains(n)).map(|n| n - 1);
        let column = NAMES.iter().position(|n| *n == name).or_else(number);
        column.ok_or_else(|| Failure::Arguments(format!("no {name}")))
    }

    fn of(ignore: &[&str], features: &[&str]) -> Result<Vec<usize>, String> {
        let list = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        let selection = Selection { ignore: list(ignore), features: list(features) };
        selection.columns(5, Some(4), find).map_err(|failure| failure.to_string())
    }

    #[test]
    fn columns_are_named_numbered_and_listed() {
        assert_eq!(of(&[], &[]), Ok(vec![0, 1, 2, 3]));
        assert_eq!(of(&["id"], &[]), Ok(vec![1, 2, 3]));
        assert_eq!(of(&["1", "b"], &[]), Ok(vec![1, 2]));
        assert_eq!(of(&["id, b"], &[]), Ok(vec![1, 2]));
        // A name with a comma is a name before it is a list.
        assert_eq!(of(&["a,b"], &[]), Ok(vec![0, 2, 3]));
        assert_eq!(of(&["b,a"], &[]), Ok(vec![0, 1]));
        assert_eq!(of(&[], &["b,2", "2"]), Ok(vec![1, 3]));
        assert_eq!(of(&["idd"], &[]), Err("no idd".to_owned()));
        assert_eq!(of(&["id,"], &[]), Err("no ".to_owned()));
        assert_eq!(of(&["6"], &[]), Err("no 6".to_owned()));
        assert_eq!(of(&[], &["kind"]), Err("--features \"kind\": it is the label".to_owned()));
    }
}
