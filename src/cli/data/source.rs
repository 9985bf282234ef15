//! The arguments that name data, and which reader each kind of file gets.

use std::path::{Path, PathBuf};

use shallownet::Scalar;
use shallownet::io::Inputs;
use shallownet::io::model::Model;
use shallownet::io::table::Header;

use super::columns::Selection;
use super::dialect::{self, Written};
use super::files::files;
use super::kind::{Kind, kind};
use super::learning::Learning;
use super::plausible::or_values;
use super::samples::{Data, Want};
use super::scale::Given;
use super::{arrays, suspicions, table};
use crate::failure::Failure;
use crate::say::Say;

/// The sets of a folder with MNIST's names.
const TRAINING: &str = "train";
const TEST: &str = "t10k";

/// Where samples are.
#[derive(Debug, clap::Args)]
pub(crate) struct Source {
    /// The samples: CSV; .npy or IDX, with --labels; .npz; or a folder with MNIST's four files.
    /// Several files of one kind, or a folder of them, are read one after another
    #[arg(long, value_name = "FILE", visible_alias = "images", num_args = 1..)]
    pub(crate) data: Vec<PathBuf>,
    /// CSV: the column with the class, as words or numbers: its name, or its number from 1; .npz:
    /// the name of the labels' array [default: y]
    #[arg(long, value_name = "COLUMN", requires = "data")]
    pub(crate) label: Option<String>,
    /// .npz: the name of the samples' array [default: x]
    #[arg(long, value_name = "NAME", requires = "data")]
    pub(crate) array: Option<String>,
    /// The labels of .npy or IDX samples, a file of the same kind for each of --data
    #[arg(long, value_name = "FILE", requires = "data", num_args = 1..)]
    pub(crate) labels: Vec<PathBuf>,
    /// What the values are: bytes (0 to 255; divided as the model's were, else by 255), or as-is
    /// (as the network takes them) [default: IDX bytes are divided in training, and a model asks
    /// for what it learned from]
    #[arg(long, value_name = "WHAT", requires = "data")]
    pub(crate) inputs: Option<Given>,
    /// The most memory, in MiB, that the values of a compressed file (.npz, gzipped IDX) may take
    /// [default: 64 times the file, or 256 if that is more]
    #[arg(long, value_name = "MIB", requires = "data")]
    memory_limit: Option<u64>,
    /// CSV: the file has no header: its first line is a sample
    #[arg(long, requires = "data")]
    pub(crate) no_header: bool,
    #[command(flatten)]
    dialect: dialect::Options,
    #[command(flatten)]
    selection: Selection,
}

impl Source {
    /// Are files named? Without, there is the built-in set.
    pub(crate) fn is_given(&self) -> bool {
        !self.data.is_empty()
    }

    /// The samples to learn from; the built-in set if no file is named.
    pub(crate) fn training(&self, learning: &Learning, say: &Say) -> Result<Data, Failure> {
        let files = files(&self.data)?;
        let Some(path) = files.first() else {
            return table::planar(say);
        };
        let want = learning.want();
        self.check(path, want)?;
        let label = self.label.as_deref();
        let data = match kind(path) {
            Kind::Table => {
                let columns = (label.unwrap_or(""), &self.selection);
                table::training(&files, self.written(), columns, learning, say)?
            }
            kind => {
                learning.check_arrays()?;
                self.arrays((&files, kind), TRAINING, want)?
            }
        };
        data.say_merged(say);
        data.with_two_classes()?.into_classes(learning.classification)?.scaled(self.inputs)
    }

    /// Notes columns that look as if they were no features, before a network learns from them.
    pub(crate) fn suspect(&self, data: &Data, say: &Say) {
        suspicions::note(data, self.selection.is_chosen(), say);
    }

    /// The features of arrays that were asked for, by their numbers.
    pub(super) fn select(&self, data: Data) -> Result<Data, Failure> {
        let Some(option) = self.selection.given() else {
            return Ok(data);
        };
        let n_x = data.width;
        let find = |name: &str| match name.parse::<usize>() {
            Ok(number) if (1..=n_x).contains(&number) => Ok(number - 1),
            _ => {
                let problem =
                    format!("{option} {name:?}: expected numbers of features, 1 to {n_x}");
                Err(Failure::File { file: data.file(), problem })
            }
        };
        let kept = self.selection.columns(n_x, None, find)?;
        if kept.is_empty() {
            return Err(Failure::File {
                file: data.file(),
                problem: format!("{option} leaves no feature of {n_x}"),
            });
        }
        Ok(data.keep(kept))
    }

    /// The samples that a folder sets apart for testing, if it has any, scaled as those to learn
    /// from (`inputs`) were.
    pub(crate) fn test(
        &self,
        want: Want,
        inputs: Option<&Inputs>,
        say: &Say,
    ) -> Result<Option<Data>, Failure> {
        match &files(&self.data)?[..] {
            files @ [path] if kind(path) == Kind::Folder && arrays::has_set(path, TEST) => {
                let data = self.arrays((files, Kind::Folder), TEST, want)?;
                data.scaled_for(inputs, self.inputs, say).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// Samples to ask a model about; of a folder, those for testing.
    pub(crate) fn for_model<T: Scalar>(
        &self,
        model: &Model<T>,
        want: Want,
        say: &Say,
    ) -> Result<Data, Failure> {
        let files = files(&self.data)?;
        let Some(path) = files.first() else {
            return Err(Failure::Arguments("--data is missing: a file of samples".to_owned()));
        };
        self.check(path, want)?;
        let label = self.label.as_deref();
        let data = match kind(path) {
            Kind::Table => {
                let columns = (label, &self.selection);
                table::for_model(model, &files, self.written(), columns, want, say)?
            }
            kind => self.arrays((&files, kind), TEST, want)?,
        };
        data.say_merged(say);
        let expected = model.pipeline.raw_columns(model.network.inputs());
        let given = data.width;
        if given != expected {
            let problem = format!("{given} features a sample: the model takes {expected}");
            return Err(Failure::File { file: data.file(), problem });
        }
        data.check_gaps(model, say)?;
        data.scaled_for(model.pipeline.inputs.as_ref(), self.inputs, say)
    }

    /// Samples of files that are no tables; of a folder, those of this set.
    fn arrays(
        &self,
        (files, kind): (&[PathBuf], Kind),
        set: &str,
        want: Want,
    ) -> Result<Data, Failure> {
        let pairs = self.with_labels(files)?;
        Data::together(
            pairs
                .into_iter()
                .map(|(path, labels)| self.array((path, labels.as_deref()), kind, set, want)),
        )
    }

    /// Each file of samples with that of its labels, if they are in files of their own.
    pub(super) fn with_labels<'a>(
        &self,
        files: &'a [PathBuf],
    ) -> Result<Vec<(&'a Path, Option<PathBuf>)>, Failure> {
        let labels = super::files::files(&self.labels)?;
        let (given, expected) = (labels.len(), files.len());
        if given > 0 && given != expected {
            return Err(Failure::Arguments(format!(
                "--labels: {given} files for {expected} of samples: expected one for each"
            )));
        }
        let labels = labels.into_iter().map(Some).chain(std::iter::repeat(None));
        Ok(files.iter().map(PathBuf::as_path).zip(labels).collect())
    }

    fn array(
        &self,
        (path, labels): (&Path, Option<&Path>),
        kind: Kind,
        set: &str,
        want: Want,
    ) -> Result<Data, Failure> {
        let limit = self.memory_limit();
        match kind {
            Kind::Npy | Kind::Table => {
                self.select(arrays::npy(path, labels, want).map_err(or_values)?)
            }
            Kind::Npz => {
                let names = [self.array.as_deref(), self.label.as_deref()];
                let read = arrays::npz(path, names, want, limit);
                self.select(read.map_err(or_values)?)
            }
            Kind::Idx => arrays::idx(path, labels, want, limit),
            Kind::Folder => arrays::folder(path, set, want, limit),
        }
    }

    /// In bytes.
    pub(super) fn memory_limit(&self) -> Option<u64> {
        self.memory_limit.map(|mib| mib.saturating_mul(1 << 20))
    }

    /// Which columns of a table are wanted: the label's, and those that are features.
    #[cfg(feature = "mpi")]
    pub(super) fn columns(&self) -> (&str, &Selection) {
        (self.label.as_deref().unwrap_or(""), &self.selection)
    }

    pub(super) fn written(&self) -> Written {
        let header = if self.no_header { Header::Absent } else { Header::Present };
        Written { header, dialect: self.dialect.dialect() }
    }

    /// Labels where they are wanted, named as the kind of file has them.
    pub(super) fn check(&self, path: &Path, want: Want) -> Result<(), Failure> {
        let missing = |what| {
            let path = path.display();
            Err(Failure::Arguments(format!("{what} is missing: where the labels of {path} are")))
        };
        let unused = |what, why| Err(Failure::Arguments(format!("{what} is for {why} only")));
        let is_wanted = want != Want::Nothing;
        let kind = kind(path);
        if let (Some(option), true) = (self.dialect.given(), kind != Kind::Table) {
            return unused(option, "CSV files");
        }
        match kind {
            Kind::Table if is_wanted && self.label.is_none() => missing("--label"),
            Kind::Npy | Kind::Idx if is_wanted && self.labels.is_empty() => missing("--labels"),
            Kind::Table | Kind::Npz | Kind::Folder if !self.labels.is_empty() => {
                unused("--labels", ".npy and IDX files")
            }
            Kind::Npy | Kind::Idx | Kind::Folder if self.label.is_some() => {
                unused("--label", "CSV and .npz files")
            }
            Kind::Table | Kind::Npy | Kind::Idx | Kind::Folder if self.array.is_some() => {
                unused("--array", ".npz files")
            }
            Kind::Npy | Kind::Npz | Kind::Idx | Kind::Folder if self.no_header => {
                unused("--no-header", "CSV files")
            }
            Kind::Idx | Kind::Folder => match self.selection.given() {
                Some(option) => unused(option, "CSV, .npy and .npz files"),
                None => Ok(()),
            },
            _ => Ok(()),
        }
    }
}
