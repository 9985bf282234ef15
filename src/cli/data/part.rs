//! Some samples of a file, without reading the others: for a rank of a training, which has its own, and
//! for samples that do not fit in memory.

use std::fs::File;
use std::io::Read;
use std::ops::Range;
use std::path::Path;

use shallownet::io::{Blocks, DataError, idx, npy};
use shallownet::pipeline::{InputKind, Inputs};

use super::arrays;
use super::kind::{Kind, kind};
use super::learning::Learning;
use super::plausible::or_values;
use super::samples::{Data, Holds, Origin, Part, Targets, Want, with_room};
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
    /// Fortran order), of folders and of the built-in set.
    pub(crate) fn outline(&self, learning: &Learning, say: &Say) -> Result<Option<Data>, Failure> {
        let Some(path) = &self.data else { return Ok(None) };
        let want = learning.want();
        self.check(path, want)?;
        let data = match kind(path) {
            Kind::Npy if npy::blocks::<f64>(path, 1).is_ok() => {
                learning.check_arrays()?;
                self.select(self.npy(path, want).map_err(or_values)?)?
            }
            Kind::Idx => {
                learning.check_arrays()?;
                self.idx(path, want)?
            }
            _ => return Ok(None),
        };
        data.say_merged(say);
        Ok(Some(data.with_two_classes()?.into_classes(learning.classification)?))
    }

    /// Refuses a gzipped file for `option`: what stands far behind is found by unpacking all before it.
    pub(crate) fn refuse_packed(&self, option: &str) -> Result<(), Failure> {
        let Some(path) = &self.data else { return Ok(()) };
        let mut start = [0; 2];
        let read = File::open(path).and_then(|mut file| file.read_exact(&mut start));
        match read {
            Ok(()) if start == GZIP => {
                let problem = format!("is gzipped: expected it unpacked, for {option}");
                Err(Failure::File { file: path.display().to_string(), problem })
            }
            // What can't be read is refused where it is.
            _ => Ok(()),
        }
    }

    fn npy(&self, path: &Path, want: Want) -> Result<Data, Failure> {
        let labels = self.labels.as_deref();
        let shape = npy::shape(path)?;
        let (samples, width) = (shape[0], shape[1..].iter().product());
        let holds = arrays::npy_holds(path)?;
        let targets = arrays::npy_targets(labels, want)?;
        let mut data = arrays::outline((samples, width, holds), targets, path, labels)?;
        data.image = arrays::image(&shape);
        Ok(data)
    }

    fn idx(&self, path: &Path, want: Want) -> Result<Data, Failure> {
        let (labels, limit) = (self.labels.as_deref(), self.memory_limit());
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
    pub(crate) fn read(&self, data: Data, rows: Vec<usize>) -> Result<Data, Failure> {
        let Data { raw, part, inputs, .. } = self.stretch(&data, rows)?;
        Ok(Data { raw, part, inputs, ..data })
    }

    /// The same without their targets, which the outline keeps.
    pub(crate) fn stretch(&self, outline: &Data, rows: Vec<usize>) -> Result<Data, Failure> {
        let raw = self.values(outline, &rows)?;
        outline.with_values(raw, Part { samples: outline.len(), rows }).scaled(self.inputs)
    }

    fn values(&self, data: &Data, rows: &[usize]) -> Result<Vec<f64>, Failure> {
        let path = self.data.as_deref().unwrap_or(Path::new(""));
        let columns = match &data.origin {
            Origin::Arrays { columns, .. } => columns.clone(),
            Origin::Table { .. } => (0..data.width).collect(),
        };
        let is_idx = kind(path) == Kind::Idx;
        let open = |rows: Range<usize>, block| match is_idx {
            false => npy::blocks_of(path, rows, block),
            true => {
                let reader = idx::Reader::open_rows(path, rows)?;
                arrays::unscaled(reader, self.memory_limit()).blocks(block)
            }
        };
        let mut raw = with_room(rows.len().saturating_mul(data.width))?;
        let width = open(0..0, 1)?.features();
        let mut rest = rows;
        while let Some(&first) = rest.first() {
            let count = together(rest, GAP / (8 * width).max(1));
            let (these, others) = rest.split_at(count);
            let span = first..these[count - 1] + 1;
            let blocks = open(span.clone(), (BLOCK / (8 * width)).max(1))?;
            pick(blocks, (span.start, these), &columns, &mut raw).map_err(arrays::unpacked)?;
            rest = others;
        }
        Ok(raw)
    }
}

impl Data {
    /// The same file's samples with these values, as the file has them, and without targets.
    fn with_values(&self, raw: Vec<f64>, part: Part) -> Self {
        let Self { width, kinds, holds, feature_names, label_name, .. } = self;
        let origin = match &self.origin {
            Origin::Arrays { x, labels, columns } => {
                Origin::Arrays { x: x.clone(), labels: labels.clone(), columns: columns.clone() }
            }
            // An outline is of arrays.
            Origin::Table { .. } => Origin::Arrays {
                x: self.file(),
                labels: String::new(),
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

/// How many of the rows follow one another with no more than `gap` others between two.
fn together(rows: &[usize], gap: usize) -> usize {
    let is_apart = |pair: &[usize]| pair[1] - pair[0] > gap + 1;
    rows.windows(2).position(is_apart).map_or(rows.len(), |at| at + 1)
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
    fn rows_near_each_other_are_read_together() {
        assert_eq!(together(&[3], 0), 1);
        assert_eq!(together(&[3, 4, 6], 0), 2);
        assert_eq!(together(&[3, 4, 6, 9], 1), 3);
        assert_eq!(together(&[3, 9], 5), 2);
    }

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
