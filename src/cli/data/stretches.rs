//! Tables of numbers, of which each rank reads a stretch: the rows that begin in its bytes.
//!
//! In a first pass the ranks count their rows and read labels, targets and weights, which all then have
//! of all samples. The features of its own samples a rank reads in a second pass ([`Places::read`]),
//! when the split is known. What is no table of numbers, all ranks read as a whole.

use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;

use shallownet::io::table::{self, Dialect, Header, Labels, Records, Table, Wanted};
use shallownet::pipeline::RawColumn;

use super::files::files;
use super::kind::{Kind, kind};
use super::learning::Learning;
use super::places::{Places, STEP, numbers};
use super::plain_files::{PlainFile, Seen};
use super::samples::{Data, Holds, Origin, Part, Targets, Want};
use super::source::Source;
use super::table::{Chosen, chosen};
use crate::failure::Failure;
use crate::job::Job;
use crate::say::Say;

/// What a rank has found in its stretch.
struct Own {
    records: Records,
    /// Of each row, its file and the byte it begins on.
    bytes: Vec<(usize, u64)>,
    /// The line of each row, from 1 for the first in this stretch of its file.
    lines: Vec<u64>,
    /// Rows and lines of each file.
    sizes: Vec<[u64; 2]>,
}

impl Source {
    /// What [`outline`](Self::outline) is for arrays, for tables of numbers; `None` of others.
    pub(crate) fn table_outline(
        &self,
        learning: &Learning,
        (job, say): (&Job<'_>, &Say),
    ) -> Result<Option<Data>, Failure> {
        let named = job.agreed(files(&self.data))?;
        if named.first().is_none_or(|path| kind(path) != Kind::Table) {
            return Ok(None);
        }
        job.agreed(self.check(&named[0], learning.want()))?;
        let opened = self.opened(&named, learning);
        let own = opened.as_ref().and_then(|(files, chosen)| {
            let all: u64 = files.iter().map(PlainFile::size).sum();
            let byte = |rank: usize| (u128::from(all) * rank as u128 / job.ranks() as u128) as u64;
            own(files, chosen, learning, byte(job.rank())..byte(job.rank() + 1))
        });
        let is_all = job.sum(usize::from(own.is_some())) == job.ranks();
        let (Some((files, chosen)), Some(own), true) = (opened, own, is_all) else {
            say.note(format_args!(
                "{}: no plain table of numbers, so every rank reads all of it",
                named[0].display()
            ));
            return Ok(None);
        };
        let Some(data) = outline(own, files, chosen, job)? else { return Ok(None) };
        // The same notes as on a table that is read as a whole.
        job.agreed(self.written().open_first(&named, say))?;
        data.say_merged(say);
        let data =
            data.with_two_classes().and_then(|data| data.into_classes(learning.classification));
        job.agreed(data).map(Some)
    }

    /// The files, if each looks like a plain table, and the columns to be read.
    fn opened(
        &self,
        named: &[std::path::PathBuf],
        learning: &Learning,
    ) -> Option<(Vec<PlainFile>, Chosen)> {
        let table = self.written().open_first(named, &Say::silent()).ok()?;
        let chosen = chosen(&table, self.columns(), learning).ok()?;
        let files = named.iter().map(|path| PlainFile::open(path, self.written()));
        let files = files.collect::<Option<Vec<_>>>()?;
        let is_one = files.iter().all(|file| file.delimiter() == files[0].delimiter());
        (is_one && chosen.texts.is_empty()).then_some((files, chosen))
    }
}

/// Reads the rows that begin in these bytes of all rows of all files; `None` if they are not what
/// they should be.
fn own(
    files: &[PlainFile],
    chosen: &Chosen,
    learning: &Learning,
    bytes: Range<u64>,
) -> Option<Own> {
    let (mut start, mut stretches) = (0, Vec::new());
    for (k, file) in files.iter().enumerate() {
        let within = |byte: u64| byte.clamp(start, start + file.size()) - start;
        let range = file.rows_in(within(bytes.start)..within(bytes.end)).ok()?;
        if !range.is_empty() && bytes.start < start + file.size() && bytes.end > start {
            stretches.push((k, range));
        }
        start += file.size();
    }
    let features = numbers(&chosen.features);
    let targets = [chosen.label];
    let is_regression = learning.want() == Want::Values;
    let wanted = Wanted {
        features: &features,
        label: (!is_regression).then_some(chosen.label),
        targets: if is_regression { &targets } else { &[] },
        weights: chosen.weights,
        ..Wanted::default()
    };
    let seen: Vec<_> = stretches.iter().map(|_| Rc::new(RefCell::new(Seen::default()))).collect();
    let tables = stretches
        .iter()
        .zip(&seen)
        .map(|((k, range), seen)| files[*k].table(range.clone(), Some(seen.clone())));
    let mut records = Table::records_of(tables, &wanted).ok()?;
    let (mut bytes, mut lines) = (Vec::new(), Vec::new());
    let mut sizes = vec![[0, 0]; files.len()];
    let firsts: Vec<usize> = records.files().iter().map(|(first, _)| *first).collect();
    for (at, ((k, range), seen)) in stretches.iter().zip(&seen).enumerate() {
        let seen = seen.borrow();
        if !seen.is_plain() {
            return None;
        }
        let before = files[*k].lines_before(range.start);
        let rows = firsts[at]..firsts.get(at + 1).copied().unwrap_or(records.lines.len());
        for line in &records.lines[rows] {
            let line = line - before;
            bytes.push((*k, *seen.lines.get(line as usize - 1)?));
            lines.push(line);
            sizes[*k][0] += 1;
        }
        sizes[*k][1] += seen.lines.len() as u64 - 1;
    }
    records.lines = Vec::new();
    Some(Own { records, bytes, lines, sizes })
}

/// All that ranks know of each other's rows: everything but the values of their features.
fn outline(
    own: Own,
    files: Vec<PlainFile>,
    chosen: Chosen,
    job: &Job<'_>,
) -> Result<Option<Data>, Failure> {
    let Own { mut records, bytes, lines, sizes } = own;
    let width = chosen.features.len();
    let filled = |k: usize| records.x.iter().skip(k).step_by(width).filter(|v| !v.is_nan()).count();
    let filled: Vec<f64> = (0..width).map(|k| filled(k) as f64).collect();
    records.x = Vec::new();
    let of_all = job.values(&filled)?;
    if (0..width).any(|k| of_all.iter().skip(k).step_by(width).all(|count| *count == 0.0)) {
        // A column without a value is refused where all of it is read.
        return Ok(None);
    }
    // Of each file, the rows and lines of the ranks before this one, and of all.
    let flat: Vec<f64> = sizes.as_flattened().iter().map(|&size| size as f64).collect();
    let of_ranks = job.values(&flat)?;
    let sum = |file: usize, what: usize, ranks: Range<usize>| -> usize {
        ranks.map(|rank| of_ranks[(rank * files.len() + file) * 2 + what] as usize).sum()
    };
    let rows = |file: usize| sum(file, 0, 0..job.ranks());
    let mut first = vec![0];
    for file in 0..files.len() {
        first.push(first[file] + rows(file));
    }
    let samples = first[files.len()];
    let base: usize = (0..job.rank())
        .map(|rank| (0..files.len()).map(|file| sum(file, 0, rank..rank + 1)).sum::<usize>())
        .sum();

    let line = |(&line, &(file, _)): (&u64, &(usize, u64))| {
        files[file].head_lines() as f64 + (sum(file, 1, 0..job.rank()) as u64 + line) as f64
    };
    let own_lines: Vec<f64> = lines.iter().zip(&bytes).map(line).collect();
    let lines = job.values(&own_lines)?.into_iter().map(|line| line as u64).collect();
    let mut marked = Vec::new();
    for (at, &(file, byte)) in bytes.iter().enumerate() {
        if (base + at - first[file]).is_multiple_of(STEP) {
            marked.extend([file as f64, byte as f64]);
        }
    }
    let mut marks = vec![Vec::new(); files.len()];
    for mark in job.values(&marked)?.as_chunks::<2>().0 {
        marks[mark[0] as usize].push(mark[1] as u64);
    }
    let y = job.values(&records.y)?;
    let weights = job.values(&records.weights)?;
    let targets = match records.labels.take() {
        Some(labels) => Targets::Classes(self::labels(&labels, base, files[0].delimiter(), job)?),
        None => Targets::Values { y, n_y: 1 },
    };
    let names = (0..files.len()).map(|file| (first[file], files[file].name())).collect();
    let records = records.with_places(lines, names);
    let places = Places { files, marks, first, features: chosen.features.clone() };
    let header = places.names();
    let name = |column: usize| header.as_ref().map(|names| names[column].clone());
    Ok(Some(Data {
        raw: Vec::new(),
        width,
        kinds: vec![RawColumn::Number; width],
        weights,
        holds: Holds::Numbers,
        inputs: None,
        targets,
        feature_names: chosen.features.iter().map(|&column| name(column)).collect(),
        label_name: name(chosen.label),
        image: None,
        origin: Origin::Table {
            records: Box::new(records),
            columns: chosen.features,
            label: Some(chosen.label),
        },
        is_built_in: false,
        part: Some(Part { places: Some(Box::new(places)), ..Part::unread(samples) }),
    }))
}

/// The labels of all ranks, as one process would have met them: `own` are this rank's, from the sample
/// `base` on.
fn labels(
    own: &Labels,
    base: usize,
    delimiter: Option<table::Delimiter>,
    job: &Job<'_>,
) -> Result<Labels, Failure> {
    // Each spelling where it was met first. No line ends are in them, since there are no quotes.
    let classes = own.first_row.iter().zip(&own.classes);
    let mut met: Vec<(usize, &str)> = classes.map(|(row, text)| (base + row, &text[..])).collect();
    met.extend(own.merged.iter().map(|merged| (base + merged.row, &merged.spelling[..])));
    met.sort_unstable();
    let (mut rows, mut text) = (Vec::new(), String::from("\n"));
    for told in
        job.texts(&met.iter().map(|(row, label)| format!("{row} {label}\n")).collect::<String>())
    {
        for (row, label) in told.lines().filter_map(|line| line.split_once(' ')) {
            rows.push(row.parse::<usize>().unwrap_or(0));
            text.push_str(label);
            text.push('\n');
        }
    }
    let dialect = Dialect { delimiter, ..Dialect::default() };
    let limits = table::Limits::default();
    let read = || {
        let table =
            Table::with_dialect("labels", text.as_bytes(), Header::Absent, &dialect, limits)?;
        table.samples(&[], Some(0))
    };
    let of_met = job.agreed(read().map_err(Failure::from))?;
    let mut all = of_met.labels.unwrap_or_default();
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
