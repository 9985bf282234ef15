//! Results that can't be written to their place are written elsewhere: hours of training must not
//! be lost to a full disk.

use std::path::{Path, PathBuf};

use shallownet::io::atomic;

use crate::failure::Failure;
use crate::say::Say;

/// Makes the folder that `path` lies in, and writes there.
pub(crate) fn write<E: Into<Failure>>(
    path: &Path,
    write: impl Fn(&Path) -> Result<(), E>,
) -> Result<(), Failure> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)
            .map_err(|source| atomic::WriteError { file: folder.display().to_string(), source })?;
    }
    write(path).map_err(Into::into)
}

/// Writes a file of that name to a new folder among the system's temporary ones. Returns its path
/// if that worked.
pub(crate) fn elsewhere<E: Into<Failure>>(
    path: &Path,
    write: impl Fn(&Path) -> Result<(), E>,
    say: &Say,
) -> Option<PathBuf> {
    let folder = tempfile::Builder::new().prefix("shallownet-").tempdir().ok()?;
    let rescued = folder.path().join(path.file_name()?);
    write(&rescued).ok()?;
    let _ = folder.keep();
    say.note(format_args!("saved in {} instead of {}", rescued.display(), path.display()));
    Some(rescued)
}
