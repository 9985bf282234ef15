//! Texts that ranks have met, each in rows of its own, as one process would have met them.

use shallownet::io::table::{self, Cells, Dialect, Header, Labels, Problem, Table, Wanted};

use crate::failure::Failure;
use crate::job::Job;

/// The categories of each feature, `None` of numbers; `own` are this rank's. `None` where there are more
/// than `most`.
pub(super) fn categories(
    own: &[Option<Vec<String>>],
    most: usize,
    job: &Job<'_>,
) -> Result<Option<Vec<Option<Vec<String>>>>, Failure> {
    let mut all: Vec<Option<Vec<String>>> = vec![None; own.len()];
    for told in told::<Vec<Option<Vec<String>>>>(&own.to_vec(), job)? {
        for (all, of_rank) in all.iter_mut().zip(told) {
            if let Some(of_rank) = of_rank {
                all.get_or_insert_default().extend(of_rank);
            }
        }
    }
    for texts in all.iter_mut().flatten() {
        texts.sort_unstable();
        texts.dedup();
        if texts.len() > most {
            return Ok(None);
        }
        *texts = job.agreed(in_order(texts, most))?;
    }
    Ok(Some(all))
}

/// Different texts in the order of classes.
fn in_order(texts: &[String], most_categories: usize) -> Result<Vec<String>, Failure> {
    let features = [(0, Cells::Texts)];
    let wanted = Wanted { features: &features, most_categories, ..Wanted::default() };
    let mut records = one_column(texts.iter().map(String::as_str), |table| table.records(&wanted))?;
    Ok(records.categories.pop().flatten().unwrap_or_default())
}

/// The labels of all ranks: `own` are this rank's, from the sample `base` on.
pub(super) fn labels(own: &Labels, base: usize, job: &Job<'_>) -> Result<Labels, Failure> {
    // Each spelling where it was met first.
    let classes = own.first_row.iter().zip(&own.classes);
    let mut met: Vec<(usize, &str)> = classes.map(|(row, text)| (base + row, &text[..])).collect();
    met.extend(own.merged.iter().map(|merged| (base + merged.row, &merged.spelling[..])));
    met.sort_unstable();
    let told: Vec<(usize, String)> =
        told::<Vec<(usize, String)>>(&met, job)?.into_iter().flatten().collect();
    let rows: Vec<usize> = told.iter().map(|(row, _)| *row).collect();
    let texts = told.iter().map(|(_, text)| &text[..]);
    let of_met = one_column(texts, |table| table.samples(&[], Some(0)));
    let mut all = job.agreed(of_met)?.labels.unwrap_or_default();
    let start = rows.partition_point(|row| *row < base);
    let class_of = |class: usize| {
        let at = met.binary_search_by_key(&(base + own.first_row[class]), |(row, _)| *row);
        all.of_row[start + at.unwrap_or(0)] as f64
    };
    let class_of: Vec<f64> = (0..own.classes.len()).map(class_of).collect();
    let of_row: Vec<f64> = own.of_row.iter().map(|&class| class_of[class]).collect();
    all.of_row = job.values(&of_row)?.into_iter().map(|class| class as usize).collect();
    all.first_row.iter_mut().for_each(|row| *row = rows[*row]);
    all.merged.iter_mut().for_each(|merged| merged.row = rows[merged.row]);
    Ok(all)
}

/// What each rank has to tell.
fn told<R: serde::de::DeserializeOwned>(
    own: &impl serde::Serialize,
    job: &Job<'_>,
) -> Result<Vec<R>, Failure> {
    let unwritten = |error: serde_json::Error| Failure::Output(error.into());
    let own = job.agreed(serde_json::to_string(own).map_err(unwritten))?;
    let read = |text: &String| serde_json::from_str(text).map_err(unwritten);
    job.texts(&own).iter().map(read).collect()
}

/// Could a reader take it for a number, by whatever dialect?
pub(super) fn may_be_number(text: &str) -> bool {
    let features = [(0, Cells::Numbers)];
    let wanted = Wanted { features: &features, ..Wanted::default() };
    let read = one_column([text].into_iter(), |table| table.records(&wanted));
    let is_no_number = |problem: &Problem| matches!(problem, Problem::NotANumber { .. });
    !matches!(&read, Err(Failure::Table(table::Error::Cell { problem, .. })) if is_no_number(problem))
}

/// A table of one column of these texts.
fn one_column<'a, R>(
    texts: impl Iterator<Item = &'a str>,
    read: impl FnOnce(Table<&[u8]>) -> Result<R, table::Error>,
) -> Result<R, Failure> {
    let quoted = |text: &str| format!("\"{}\"\n", text.replace('"', "\"\""));
    let text: String = texts.map(quoted).collect();
    let (dialect, limits) = (Dialect::default(), table::Limits::default());
    let table = Table::with_dialect("texts", text.as_bytes(), Header::Absent, &dialect, limits)?;
    Ok(read(table)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::thread_ranks::on_ranks;

    fn of(parts: [&[&str]; 2], most: usize) -> Option<Vec<String>> {
        let all = on_ranks(2, |rank| {
            let job = Job::new(rank);
            let own = parts[job.rank()].iter().map(|text| (*text).to_owned()).collect();
            categories(&[None, Some(own)], most, &job).unwrap()
        });
        assert_eq!(all[0], all[1]);
        all[0].clone().map(|all| {
            assert_eq!(all[0], None);
            all[1].clone().unwrap()
        })
    }

    #[test]
    fn categories_are_those_of_all_ranks_in_the_order_of_classes() {
        let texts = |list: &[&str]| Some(list.iter().map(|t| (*t).to_owned()).collect());
        assert_eq!(of([&["red", "blue"], &["green", "blue"]], 3), texts(&["blue", "green", "red"]));
        assert_eq!(of([&["10", "9"], &["-1"]], 3), texts(&["-1", "9", "10"]));
        assert_eq!(of([&["a,\n\"b\"", "a"], &["é; c"]], 3), texts(&["a", "a,\n\"b\"", "é; c"]));
        assert_eq!(of([&["a", "b"], &["c"]], 2), None);
        assert_eq!(of([&["1", "b"], &["1.0"]], 9), texts(&["1", "1.0", "b"]));
        assert!(
            ["1", "-2.5", "1e5", "True", "$1.50", "1,234"].map(may_be_number)[..4] == [true; 4]
        );
        assert!(may_be_number("1,234") && !may_be_number("$1.50") && !may_be_number("Ulm"));
    }
}
