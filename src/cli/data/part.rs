//! Some samples of a file, without reading the others: for a rank of a training, which has its own, and
//! for samples that do not fit in memory.

use std::fs::File;
use std::io::Read;
use std::ops::Range;
use std::path::{Path, PathBuf};

use shallownet::io::{Blocks, DataError, idx, npy};

use super::arrays;
use super::files::files;
use super::kind::{Kind, kind};
use super::learning::Learning;
use super::names::Names;
use super::near::together;
use super::plausible::or_values;
use super::room::with_room;
use super::samples::{Data, Holds, Origin, Part, Want};
use super::source::Source;
use crate::failure::Failure;
use crate::say::Say;

/// Bytes of samples read at a time.
const BLOCK: usize = 1 << 20;

/// Fewer bytes than this between two samples are read along with them.
const GAP: usize = 1 << 16;

/// How a gzipped file begins.
const GZIP: [u8; 2] = [0x1f, 0x8b];

impl Source {
    /// All that is known of the samples to learn from but their values: how many there are, and their
    /// labels. `None` of files in which a sample's place is not known before all are read (CSV, .npz,
    /// Fortran order), of MNIST's folder and of the built-in set.
    pub(crate) fn outline(&self, learning: &Learning, say: &Say) -> Result<Option<Data>, Failure> {
        let files = files(&self.data)?;
        let Some(path) = files.first() else { return Ok(None) };
        let want = learning.want();
        self.check(path, want)?;
        let kind = kind(path);
        let has_rows_in_order = |path: &PathBuf| npy::blocks::<f64>(path, 1).is_ok();
        if kind != Kind::Idx && !(kind == Kind::Npy && files.iter().all(has_rows_in_order)) {
            return Ok(None);
        }
        learning.check_arrays()?;
        let pairs = self.with_labels(&files)?;
        let data = Data::together(pairs.into_iter().map(|(path, labels)| match kind {
            Kind::Idx => self.idx(path, labels.as_deref(), want),
            _ => self.select(self.npy(path, labels.as_deref(), want).map_err(or_values)?),
        }))?;
        data.say_merged(say);
        Ok(Some(data.with_two_classes()?.into_classes(learning.classification)?))
    }

    /// Refuses gzipped files for `option`: what stands far behind is found by unpacking all before it.
    pub(crate) fn refuse_packed(&self, option: &str) -> Result<(), Failure> {
        for path in files(&self.data)? {
            let mut start = [0; 2];
            let read = File::open(&path).and_then(|mut file| file.read_exact(&mut start));
            // What can't be read is refused where it is.
            if read.is_ok() && start == GZIP {
                let problem = format!("is gzipped: expected it unpacked, for {option}");
                return Err(Failure::File { file: path.display().to_string(), problem });
            }
        }
        Ok(())
    }

    fn npy(&self, path: &Path, labels: Option<&Path>, want: Want) -> Result<Data, Failure> {
        let shape = npy::shape(path)?;
        let (samples, width) = (shape[0], shape[1..].iter().product());
        let holds = arrays::npy_holds(path)?;
        let targets = arrays::npy_targets(labels, want)?;
        let mut data = arrays::outline((samples, width, holds), targets, path, labels)?;
        data.image = arrays::image(&shape);
        Ok(data)
    }

    fn idx(&self, path: &Path, labels: Option<&Path>, want: Want) -> Result<Data, Failure> {
        let limit = self.memory_limit();
        let reader = idx::Reader::open(path)?;
        let (samples, width) = reader.shape();
        let holds = if reader.holds_bytes() { Holds::Brightness } else { Holds::Numbers };
        let targets = arrays::idx_targets(labels, want, limit)?;
        let mut data = arrays::outline((samples, width, holds), targets, path, labels)?;
        data.image = arrays::square(width);
        Ok(data)
    }

    /// Reads the samples in `rows`, in ascending order, of an [`outline`](Self::outline), and scales
    /// them; what is known of their values ([`Data::inputs`]) is of these alone.
    #[cfg(feature = "mpi")]
    pub(crate) fn read(&self, mut data: Data, rows: Vec<usize>) -> Result<Data, Failure> {
        if let Some(places) = data.part.as_mut().and_then(|part| part.places.take()) {
            data.raw = places.read(&rows, data.width)?;
            data.part = Some(Part { rows, ..Part::unread(data.len()) });
            return data.scaled(self.inputs);
        }
        let Data { raw, part, inputs, .. } = self.stretch(&data, rows)?;
        Ok(Data { raw, part, inputs, ..data })
    }

    /// The same without their targets, which the outline keeps.
    pub(crate) fn stretch(&self, outline: &Data, rows: Vec<usize>) -> Result<Data, Failure> {
        let raw = self.values(outline, &rows)?;
        let part = Part { rows, ..Part::unread(outline.len()) };
        outline.with_values(raw, part).scaled(self.inputs)
    }

    fn values(&self, data: &Data, rows: &[usize]) -> Result<Vec<f64>, Failure> {
        let (columns, names) = match &data.origin {
            Origin::Arrays { columns, x, .. } => (columns.clone(), x.clone()),
            Origin::Table { .. } => ((0..data.width).collect(), Names::one(String::new())),
        };
        let files = files(&self.data)?;
        let mut raw = with_room(rows.len().saturating_mul(data.width))?;
        for (file, path) in files.iter().enumerate() {
            let all = names.samples(file, data.len());
            let at = |row: usize| rows.partition_point(|other| *other < row);
            let of_file = rows[at(all.start)..at(all.end)].iter().map(|row| row - all.start);
            self.read_file(path, &of_file.collect::<Vec<_>>(), &columns, &mut raw)?;
        }
        Ok(raw)
    }

    /// Appends these columns of these rows of one file.
    fn read_file(
        &self,
        path: &Path,
        mut rest: &[usize],
        columns: &[usize],
        raw: &mut Vec<f64>,
    ) -> Result<(), Failure> {
        let is_idx = kind(path) == Kind::Idx;
        let open = |rows: Range<usize>, block| match is_idx {
            false => npy::blocks_of(path, rows, block),
            true => {
                let reader = idx::Reader::open_rows(path, rows)?;
                arrays::unscaled(reader, self.memory_limit()).blocks(block)
            }
        };
        if rest.is_empty() {
            return Ok(());
        }
        let width = open(0..0, 1)?.features();
        while let Some(&first) = rest.first() {
            let count = together(rest, GAP / (8 * width).max(1));
            let (these, others) = rest.split_at(count);
            let span = first..these[count - 1] + 1;
            let blocks = open(span.clone(), (BLOCK / (8 * width)).max(1))?;
            pick(blocks, (span.start, these), columns, raw).map_err(arrays::unpacked)?;
            rest = others;
        }
        Ok(())
    }
}

/// Appends these columns of these rows, of samples from `first` on.
fn pick(
    blocks: Blocks<f64>,
    (first, rows): (usize, &[usize]),
    columns: &[usize],
    raw: &mut Vec<f64>,
) -> Result<(), DataError> {
    let (mut row, mut wanted) = (first, rows.iter().peekable());
    for block in blocks {
        let block = block?;
        for sample in block.columns().as_slice().chunks(block.features()) {
            if wanted.next_if(|wanted| **wanted == row).is_some() {
                raw.extend(columns.iter().map(|&column| sample[column]));
            }
            row += 1;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn picked_rows_are_those_of_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.npy");
        let all: Vec<f64> = (0..600).map(f64::from).collect();
        npy::save(&path, shallownet::Columns::new(&all, 3).unwrap()).unwrap();
        let rows = [20, 21, 25, 90, 199];
        for block in [1, 7, 1000] {
            let mut raw = Vec::new();
            let blocks = npy::blocks_of(&path, 20..200, block).unwrap();
            pick(blocks, (20, &rows), &[0, 2], &mut raw).unwrap();
            let expected = rows.iter().flat_map(|&row| [all[3 * row], all[3 * row + 2]]);
            assert_eq!(raw, expected.collect::<Vec<_>>());
        }
    }
}
