//! The samples of one file behind those of another.

use shallownet::Error;

use super::samples::{Data, Origin, Targets};
use crate::failure::Failure;

impl Data {
    /// The samples of all, one file's after another's.
    pub(super) fn together(
        all: impl Iterator<Item = Result<Self, Failure>>,
    ) -> Result<Self, Failure> {
        let mut together: Option<Self> = None;
        for data in all {
            let data = data?;
            together = Some(match together {
                None => data,
                Some(before) => before.followed_by(data)?,
            });
        }
        together
            .ok_or_else(|| Failure::Arguments("--data is missing: a file of samples".to_owned()))
    }

    fn followed_by(mut self, next: Self) -> Result<Self, Failure> {
        let refused = |problem: String| {
            let problem = format!("{problem}: it is no part of the same samples");
            Err(Failure::File { file: next.file(), problem })
        };
        let (samples, first) = (self.len(), self.first_file());
        if next.width != self.width {
            return refused(format!(
                "{} features a sample, and {first} has {}",
                next.width, self.width
            ));
        }
        if next.holds != self.holds {
            return refused(format!("numbers of another type than those of {first}"));
        }
        self.image = self.image.filter(|image| next.image == Some(*image));
        let what = "the samples of a file";
        let bytes = next.raw.len().saturating_mul(8);
        let no_memory = |_| Error::OutOfMemory { what, bytes };
        self.targets = match (self.targets, next.targets) {
            (Targets::Classes(labels), Targets::Classes(others)) => {
                Targets::Classes(labels.followed_by(&others).map_err(no_memory)?)
            }
            (Targets::Values { y: mut values, n_y }, Targets::Values { y, n_y: n_next }) => {
                if n_y != n_next {
                    let problem = format!(
                        "{n_next} values a sample, and {first} has {n_y}: it is no part of the same \
                         samples"
                    );
                    return Err(Failure::File { file: next.origin.labels(), problem });
                }
                values.extend(y);
                Targets::Values { y: values, n_y }
            }
            (targets, _) => targets,
        };
        match (&mut self.part, &next.part) {
            (Some(part), Some(next)) => part.samples += next.samples,
            _ => {
                self.raw.try_reserve(next.raw.len()).map_err(no_memory)?;
                self.raw.extend_from_slice(&next.raw);
            }
        }
        if let (
            Origin::Arrays { x, labels, .. },
            Origin::Arrays { x: next_x, labels: next_labels, .. },
        ) = (&mut self.origin, next.origin)
        {
            x.extend(samples, next_x);
            labels.extend(samples, next_labels);
        }
        Ok(self)
    }

    /// The file of the first sample.
    fn first_file(&self) -> String {
        match &self.origin {
            Origin::Table { records, .. } => records.place(0, 0).file,
            Origin::Arrays { x, .. } => x.place(0).0.to_owned(),
        }
    }
}

impl Origin {
    fn labels(&self) -> String {
        match self {
            Self::Table { records, .. } => records.place(0, 0).file,
            Self::Arrays { labels, .. } => labels.all(),
        }
    }
}
