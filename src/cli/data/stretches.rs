//! Tables of which each rank reads a stretch: the rows that begin in its bytes.
//!
//! In a first pass the ranks count their rows and read labels, targets, weights and the categories of
//! texts, which all then have of all samples. The features of its own samples a rank reads in a second
//! pass ([`Places::read`]), when the split is known. A table whose rows or columns are not what they seem
//! all ranks read as a whole.

use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;

use shallownet::io::table::{Cells, Error, Problem, Records, Table, Wanted};

use super::files::files;
use super::kind::{Kind, kind};
use super::learning::Learning;
use super::places::{Places, STEP};
use super::plain_files::{PlainFile, Seen};
use super::samples::{Data, Holds, Origin, Part, Targets, Want};
use super::source::Source;
use super::spellings::{self, may_be_number};
use super::table::{Chosen, chosen, kind_of};
use crate::failure::Failure;
use crate::job::Job;
use crate::say::Say;

/// Bytes of rows by which columns of texts are told from numbers.
const FIRST: u64 = 1 << 16;

/// Tables, and what is to be read of them.
struct Opened {
    files: Vec<PlainFile>,
    chosen: Chosen,
    /// Features that look like texts, besides those that are said to be.
    texts: Vec<usize>,
}

/// A file, and the bytes of some of its rows.
type Stretch = (usize, Range<u64>);

impl Opened {
    /// What ranks compare.
    fn told(&self) -> String {
        let sizes: Vec<u64> = self.files.iter().map(PlainFile::size).collect();
        let Chosen { features, label, weights, texts } = &self.chosen;
        format!("{sizes:?} {features:?} {label} {weights:?} {texts:?} {:?}", self.texts)
    }
}

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
    /// What [`outline`](Self::outline) is for arrays, for tables; `None` of others.
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
        // Ranks that see other files, or other columns, read them as a whole.
        let (_, other) = job.compared(&opened.as_ref().map_or(String::new(), Opened::told));
        let opened = opened.filter(|_| other.is_none());
        let stretches = stretches(opened.as_ref().map(|opened| &opened.files[..]), job)?;
        let of_rank = opened.as_ref().zip(stretches);
        let own = of_rank.and_then(|(opened, stretches)| own(opened, learning, &stretches));
        let is_all = job.sum(usize::from(own.is_some())) == job.ranks();
        let read = match (opened, own, is_all) {
            (Some(opened), Some(own), true) => outline(own, opened, learning.most_categories, job)?,
            _ => None,
        };
        let Some(data) = read else {
            say.note(format_args!(
                "{}: no plain table, so every rank reads all of it",
                named[0].display()
            ));
            return Ok(None);
        };
        // The same notes as on a table that is read as a whole.
        job.agreed(self.written().open_first(&named, say))?;
        data.say_merged(say);
        let data =
            data.with_two_classes().and_then(|data| data.into_classes(learning.classification));
        job.agreed(data).map(Some)
    }

    /// The files, if each looks like a plain table, and the columns to be read.
    fn opened(&self, named: &[std::path::PathBuf], learning: &Learning) -> Option<Opened> {
        let table = self.written().open_first(named, &Say::silent()).ok()?;
        let chosen = chosen(&table, self.columns(), learning).ok()?;
        let files = named.iter().map(|path| PlainFile::open(path, self.written()));
        let files = files.collect::<Option<Vec<_>>>()?;
        let is_one = files.iter().all(|file| file.columns() == files[0].columns());
        let texts = texts_of(&files[0], &chosen)?;
        is_one.then_some(Opened { files, chosen, texts })
    }
}

/// The features that are texts, as a file's first rows look; those that are said to be are left out. `None`
/// where these rows can't be read.
fn texts_of(file: &PlainFile, chosen: &Chosen) -> Option<Vec<usize>> {
    let mut texts = Vec::new();
    for &column in chosen.features.iter().filter(|column| !chosen.texts.contains(column)) {
        let features = [(column, Cells::Any)];
        let wanted = Wanted { features: &features, ..Wanted::default() };
        match file.first_rows(FIRST)?.records(&wanted) {
            Ok(records) => texts.extend(records.categories[0].is_some().then_some(column)),
            // Without a value in so many rows, it is taken for numbers.
            Err(Error::Cell { problem: Problem::EmptyColumn, .. }) => {}
            Err(_) => return None,
        }
    }
    Some(texts)
}

/// The bytes of each file that this rank reads; `None` where a rank has not opened them, or can't say.
fn stretches(files: Option<&[PlainFile]>, job: &Job<'_>) -> Result<Option<Vec<Stretch>>, Failure> {
    // What a rank can't read it says nothing of.
    let of_rank = |files: &[PlainFile]| {
        let parts = parts(files, job.rank(), job.ranks());
        let quotes = parts.iter().map(|(k, part)| files[*k].quotes_in(part.clone()).ok());
        let mut counts = vec![0.0; files.len()];
        for ((k, _), quotes) in parts.iter().zip(quotes) {
            counts[*k] = quotes? as f64;
        }
        Some(counts)
    };
    let quotes = job.values(&files.and_then(of_rank).unwrap_or_default())?;
    let Some(files) = files.filter(|files| quotes.len() == files.len() * job.ranks()) else {
        return Ok(None);
    };
    let is_within = |file: usize, ranks: usize| {
        let before = quotes.iter().skip(file).step_by(files.len()).take(ranks);
        before.sum::<f64>() % 2.0 == 1.0
    };
    let rows = |(k, part): Stretch| {
        let within = [is_within(k, job.rank()), is_within(k, job.rank() + 1)];
        Some((k, files[k].rows_in(part, within).ok()?))
    };
    let rows: Option<Vec<_>> =
        parts(files, job.rank(), job.ranks()).into_iter().map(rows).collect();
    Ok(rows.map(|rows| rows.into_iter().filter(|(_, range)| !range.is_empty()).collect()))
}

/// The bytes of each file's rows that are a rank's.
fn parts(files: &[PlainFile], rank: usize, ranks: usize) -> Vec<Stretch> {
    let all: u64 = files.iter().map(PlainFile::size).sum();
    let byte = |rank: usize| (u128::from(all) * rank as u128 / ranks as u128) as u64;
    let (bytes, mut start, mut parts) = (byte(rank)..byte(rank + 1), 0, Vec::new());
    for (k, file) in files.iter().enumerate() {
        let within = |byte: u64| byte.clamp(start, start + file.size()) - start;
        let part = within(bytes.start)..within(bytes.end);
        if !part.is_empty() {
            parts.push((k, part));
        }
        start += file.size();
    }
    parts
}

/// Reads these rows; `None` if they are not what they should be.
fn own(
    Opened { files, chosen, texts }: &Opened,
    learning: &Learning,
    stretches: &[Stretch],
) -> Option<Own> {
    let is_said = |column: &usize| chosen.texts.contains(column);
    let cells = |&column: &usize| match is_said(&column) || texts.contains(&column) {
        true => (column, Cells::Texts),
        false => (column, Cells::Numbers),
    };
    let features: Vec<_> = chosen.features.iter().map(cells).collect();
    let targets = [chosen.label];
    let is_regression = learning.want() == Want::Values;
    let wanted = Wanted {
        features: &features,
        label: (!is_regression).then_some(chosen.label),
        targets: if is_regression { &targets } else { &[] },
        weights: chosen.weights,
        most_categories: learning.most_categories,
        ..Wanted::default()
    };
    let seen: Vec<_> = stretches.iter().map(|_| Rc::new(RefCell::new(Seen::default()))).collect();
    let tables = stretches
        .iter()
        .zip(&seen)
        .map(|((k, range), seen)| files[*k].table(range.clone(), Some(seen.clone())));
    let mut records = Table::records_of(tables, &wanted).ok()?;
    // A column of numbers and texts is read by rules that want all of it.
    let is_mixed = |(column, texts): (&usize, &Option<Vec<String>>)| {
        !is_said(column) && texts.iter().flatten().any(|text| may_be_number(text))
    };
    if chosen.features.iter().zip(&records.categories).any(is_mixed) {
        return None;
    }
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
    Opened { files, chosen, .. }: Opened,
    most_categories: usize,
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
    let categories = spellings::categories(&records.categories, most_categories, job)?;
    let Some(categories) = categories else {
        return Ok(None);
    };
    records.categories = Vec::new();
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
        Some(labels) => Targets::Classes(spellings::labels(&labels, base, job)?),
        None => Targets::Values { y, n_y: 1 },
    };
    let names = (0..files.len()).map(|file| (first[file], files[file].name())).collect();
    let records = records.with_places(lines, names);
    let features = chosen.features.iter().copied().zip(categories.iter().cloned()).collect();
    let places = Places { files, marks, first, features };
    let header = places.names();
    let name = |column: usize| header.as_ref().map(|names| names[column].clone());
    Ok(Some(Data {
        raw: Vec::new(),
        width,
        kinds: categories.into_iter().map(kind_of).collect(),
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
