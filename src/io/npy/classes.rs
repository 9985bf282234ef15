//! Labels of any type as classes: their names, and the class of every sample.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::io::Read;

use super::header::Texts;
use super::texts;
use crate::Error;
use crate::io::blocks::reserve;
use crate::io::bytes::Bytes;
use crate::io::fault::DataProblem;
use crate::io::order;

/// Bytes read at once.
const BUFFER: usize = 1 << 16;

/// What a class takes besides the letters of its text, about: it is kept as a name and as it is
/// looked for, and sorted. Labels that are all different would take many times their file's length.
const OF_CLASS: u64 = 256;

/// The classes of some samples.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Classes {
    /// The different labels: by value if all are written as decimal numbers, else alphabetically.
    pub names: Vec<String>,
    /// The class of every sample, as an index into `names`.
    pub of_row: Vec<usize>,
    /// For every class, the first sample that has it.
    pub first_row: Vec<usize>,
}

impl Classes {
    /// Whole numbers, each a class; in `limit` bytes of memory.
    pub(super) fn of_numbers(labels: &[i64], limit: u64) -> Result<Self, DataProblem> {
        let mut met = Met::new(limit);
        reserve(&mut met.classes.of_row, labels.len())?;
        for label in labels {
            met.add(label, |number| Ok((number.to_string(), *number)))?;
        }
        met.finish()
    }

    /// The texts of a file, `samples` of them.
    pub(super) fn of_texts<R: Read>(
        bytes: &mut Bytes<R>,
        kind: Texts,
        samples: usize,
    ) -> Result<Self, DataProblem> {
        let size = kind.bytes();
        // As numbers, and if every text is a class of its own, twice: as it stands and as a name.
        bytes.check_memory::<usize>(samples, 1)?;
        bytes.check_memory::<u8>(samples.saturating_mul(size), 2)?;
        let mut met = Met::new(bytes.memory_limit);
        let mut buffer = Vec::new();
        let at_once = (BUFFER / size).clamp(1, samples);
        reserve(&mut buffer, at_once * size)?;
        buffer.resize(at_once * size, 0);
        while met.classes.of_row.len() < samples {
            let count = at_once.min(samples - met.classes.of_row.len());
            let start = bytes.at;
            bytes.fill(&mut buffer[..count * size], "the data")?;
            reserve(&mut met.classes.of_row, count)?;
            for (i, element) in buffer[..count * size].chunks_exact(size).enumerate() {
                let index = met.classes.of_row.len() as u64;
                met.add(texts::trimmed(kind, element), |trimmed| {
                    let text = texts::text(kind, trimmed).map_err(|(value, expected)| {
                        let at = start + (i * size) as u64;
                        DataProblem::Label { at, index, value, expected }
                    })?;
                    Ok((text, trimmed.to_vec()))
                })?;
            }
        }
        bytes.end()?;
        met.finish()
    }
}

/// Labels row by row, each different one once.
#[derive(Debug)]
struct Met<K> {
    index: HashMap<K, usize>,
    /// In the order in which they were met.
    classes: Classes,
    /// Bytes of memory.
    limit: u64,
}

impl<K: Hash + Eq> Met<K> {
    fn new(limit: u64) -> Self {
        Self { index: HashMap::new(), classes: Classes::default(), limit }
    }

    /// The next row's label; of a new one, `name` says what it is called and known by.
    fn add<Q: Hash + Eq + ?Sized>(
        &mut self,
        label: &Q,
        name: impl FnOnce(&Q) -> Result<(String, K), DataProblem>,
    ) -> Result<(), DataProblem>
    where
        K: Borrow<Q>,
    {
        let classes = &mut self.classes;
        let class = match self.index.get(label) {
            Some(&class) => class,
            None => {
                let needed = (classes.names.len() as u64 + 1).saturating_mul(OF_CLASS);
                if needed > self.limit {
                    return Err(DataProblem::Memory { needed, limit: self.limit });
                }
                let (name, key) = name(label)?;
                self.index.try_reserve(1).map_err(|_| no_memory(classes.names.len()))?;
                self.index.insert(key, classes.names.len());
                classes.names.push(name);
                classes.first_row.push(classes.of_row.len());
                classes.names.len() - 1
            }
        };
        classes.of_row.push(class);
        Ok(())
    }

    fn finish(self) -> Result<Classes, DataProblem> {
        let Classes { mut names, mut of_row, first_row } = self.classes;
        drop(self.index);
        let order = order::of(&names).map_err(|_| no_memory(names.len()))?;
        let mut rank = vec![0; order.len()];
        for (new, &old) in order.iter().enumerate() {
            rank[old] = new;
        }
        of_row.iter_mut().for_each(|class| *class = rank[*class]);
        Ok(Classes {
            names: order.iter().map(|&old| std::mem::take(&mut names[old])).collect(),
            of_row,
            first_row: order.iter().map(|&old| first_row[old]).collect(),
        })
    }
}

fn no_memory(classes: usize) -> DataProblem {
    let bytes = classes.saturating_mul(size_of::<usize>());
    DataProblem::Refused(Error::OutOfMemory { what: "the classes of a file", bytes })
}
