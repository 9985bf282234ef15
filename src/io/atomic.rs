//! Writes files so that they are complete or do not exist.

use std::fs::{self, Metadata};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::open::{MOST_LINKS, kind};
use super::{display, reason};

/// A file that could not be written; an earlier file at its path is unchanged.
#[derive(Debug, thiserror::Error)]
#[error("{file}: could not be written: {}", reason(source))]
pub struct WriteError {
    /// The file, as it was named.
    pub file: String,
    /// What the operating system said, or a [`NotReplaceable`].
    #[source]
    pub source: io::Error,
}

/// What is never replaced by a file: within the `source` of a [`WriteError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotReplaceable {
    /// A folder, a pipe, a socket, a device: which of them.
    #[error("it is {0}: expected a regular file, or none")]
    NotAFile(&'static str),
    /// Links that lead to each other.
    #[error("its links lead round in a circle")]
    Links,
}

/// Writes `bytes` to `path`: under a temporary name in the same folder, through to the disk, then
/// renamed. Whoever opens `path` meanwhile, or after a crash, sees the old file or the new one.
///
/// A symbolic link stays: the file that it leads to is written, whether or not it is there yet.
/// Nothing but a regular file is replaced. An earlier file's permissions are kept (a read-only file
/// is replaced, too: the folder's permissions decide that); the writing user becomes the owner, and
/// other hard links keep the old contents.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// let path = folder.path().join("greeting.txt");
/// shallownet::io::atomic::write(&path, b"hello")?;
/// shallownet::io::atomic::write(&path, b"hello again")?;
/// assert_eq!(std::fs::read(&path)?, b"hello again");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`WriteError`]; the temporary file is then gone again.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    try_write(path, bytes).map_err(|source| WriteError { file: display(path), source })
}

/// Would [`write()`] refuse this path because of what is there? Ask this before hours of work whose
/// result is to be written; only writing can tell whether there is space and permission.
///
/// ```
/// let folder = tempfile::tempdir()?;
/// assert!(shallownet::io::atomic::check(&folder.path().join("new")).is_ok());
/// let error = shallownet::io::atomic::check(folder.path()).unwrap_err().to_string();
/// assert!(error.ends_with("could not be written: it is a folder: expected a regular file, or none"));
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
/// [`WriteError`] with a [`NotReplaceable`], or what the operating system says of the path.
pub fn check(path: &Path) -> Result<(), WriteError> {
    let refused = |source| WriteError { file: display(path), source };
    target(path).map(drop).map_err(refused)
}

/// Removes the file that [`write()`] would replace: a regular file, which `path` may lead to as a
/// link. It is no error if there is none; anything else stays.
///
/// # Errors
/// [`WriteError`], as [`check`].
pub fn remove(path: &Path) -> Result<(), WriteError> {
    let remove = |target| match target {
        (path, Some(_)) => fs::remove_file(path),
        (_, None) => Ok(()),
    };
    target(path).and_then(remove).map_err(|source| WriteError { file: display(path), source })
}

fn try_write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let (path, old) = target(path)?;
    let folder = folder(&path);
    let mut builder = tempfile::Builder::new();
    // Temporary files are readable by their owner only; this one gets an ordinary file's
    // permissions, or those of the file that it replaces, from the start.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = old.as_ref().map_or(0o666, |old| old.permissions().mode() & 0o777);
        builder.permissions(fs::Permissions::from_mode(mode));
    }
    let mut file = builder.prefix(".shallownet-").tempfile_in(folder)?;
    if let Some(old) = old {
        // On a file system without permissions there are none to keep.
        let _ = file.as_file().set_permissions(permissions(&old));
    }
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(&path).map_err(|refused| refused.error)?;
    // The rename itself reaches the disk with the folder; not every system lets it be synced.
    #[cfg(unix)]
    let _ = fs::File::open(folder).and_then(|folder| folder.sync_all());
    Ok(())
}

/// Without the bits that lend a program its owner's rights.
fn permissions(old: &Metadata) -> fs::Permissions {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::Permissions::from_mode(old.permissions().mode() & 0o777)
    }
    #[cfg(not(unix))]
    old.permissions()
}

fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Where the links lead from `path`, and the regular file that is there, if there is one.
fn target(path: &Path) -> io::Result<(PathBuf, Option<Metadata>)> {
    let refused = |why| Err(io::Error::new(io::ErrorKind::InvalidInput, why));
    let named = path;
    let mut path = named.to_owned();
    for _ in 0..=MOST_LINKS {
        let about = match fs::symlink_metadata(&path) {
            Ok(about) => about,
            Err(error) if error.kind() == io::ErrorKind::NotFound => match fs::metadata(named) {
                // `/dev/stdout` leads to a pipe without a name.
                Ok(about) => return refused(NotReplaceable::NotAFile(kind(&about))),
                Err(_) => return Ok((path, None)),
            },
            Err(error) => return Err(error),
        };
        if about.is_file() {
            return Ok((path, Some(about)));
        }
        if !about.is_symlink() {
            return refused(NotReplaceable::NotAFile(kind(&about)));
        }
        let target = fs::read_link(&path)?;
        path = folder(&path).join(target);
    }
    refused(NotReplaceable::Links)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_write_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let taken = folder.path().join("taken");
        fs::create_dir(&taken).unwrap();
        let error = write(&taken, b"x").unwrap_err();
        let inner = error.source.get_ref().and_then(|e| e.downcast_ref::<NotReplaceable>());
        assert_eq!(inner, Some(&NotReplaceable::NotAFile("a folder")));
        let error = error.to_string();
        assert!(error.contains("taken: could not be written: it is a folder"), "{error}");
        assert!(!error.contains('\n') && !error.contains("os error"), "{error}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);

        let nowhere = folder.path().join("no/such/folder");
        assert!(write(&nowhere, b"x").is_err());
    }

    #[cfg(unix)]
    #[test]
    fn others_may_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let (ours, plain) = (folder.path().join("ours"), folder.path().join("plain"));
        write(&ours, b"x").unwrap();
        fs::write(&plain, b"x").unwrap();
        let mode = |path| fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode(&ours), mode(&plain));
    }
}
