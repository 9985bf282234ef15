//! A file that is there in whole or not at all.

use std::io::Write;
use std::path::Path;

use super::{display, reason};

/// A file that could not be written; what was at its path before is still there.
#[derive(Debug, thiserror::Error)]
#[error("{file}: could not be written: {}", reason(source))]
pub struct WriteError {
    /// The file, as it was named.
    pub file: String,
    /// What the operating system said.
    #[source]
    pub source: std::io::Error,
}

/// Writes `bytes` to `path`: under a temporary name in the same folder, through to the disk, then
/// renamed. Whoever opens `path` meanwhile, or after a crash, sees the old file or the new one.
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

fn try_write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    // A temporary file is for its owner's eyes only; this one becomes an ordinary file.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.prefix(".shallownet-").tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|refused| refused.error)?;
    // The rename itself reaches the disk with the folder; not every system lets it be synced.
    #[cfg(unix)]
    let _ = std::fs::File::open(folder).and_then(|folder| folder.sync_all());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_write_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let taken = folder.path().join("taken");
        std::fs::create_dir(&taken).unwrap();
        let error = write(&taken, b"x").unwrap_err().to_string();
        assert!(error.contains("taken: could not be written: "), "{error}");
        assert!(!error.contains('\n') && !error.contains("os error"), "{error}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);

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
        std::fs::write(&plain, b"x").unwrap();
        let mode = |path| std::fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode(&ours), mode(&plain));
    }
}
