//! Opens files to read, but never one that makes the caller wait.
//!
//! Opening a named pipe waits for a writer, perhaps for ever. So a path's kind is checked before it
//! is opened, and again once it is open. Whoever puts a pipe in the file's place between the check
//! and the opening can still make it wait: the folder is trusted that far.

use std::fs::{self, File, Metadata};
use std::io;
use std::path::Path;

/// Why a file was not opened.
#[derive(Debug)]
pub(super) enum NotOpened {
    /// What the operating system said.
    Io(io::Error),
    /// It exists, but is no regular file: "a folder", "a pipe", ...
    Is(&'static str),
}

/// Opens a regular file (or a link to one); its length comes with it.
#[cfg(any(feature = "idx", feature = "npy", feature = "safetensors"))]
pub(super) fn regular(path: &Path) -> Result<(File, u64), NotOpened> {
    check(&fs::metadata(path).map_err(NotOpened::Io)?)?;
    let file = File::open(path).map_err(NotOpened::Io)?;
    let about = file.metadata().map_err(NotOpened::Io)?;
    check(&about)?;
    Ok((file, about.len()))
}

/// Opens a regular file, or a pipe without a name, as `<(command)` and `command |` with
/// `/dev/stdin` have it: both of its ends are there already, so that nobody waits. For formats that
/// are read once from front to back.
#[cfg(feature = "csv")]
pub(super) fn stream(path: &Path) -> io::Result<File> {
    let allowed = |about: &Metadata| match check(about) {
        Ok(()) => Ok(()),
        Err(NotOpened::Is(PIPE)) if is_nameless(path) => Ok(()),
        Err(other) => Err(io::Error::from(other)),
    };
    allowed(&fs::metadata(path)?)?;
    let file = File::open(path)?;
    allowed(&file.metadata()?)?;
    Ok(file)
}

const PIPE: &str = "a pipe";

/// The most links to links that are followed, as on Linux.
pub(super) const MOST_LINKS: usize = 40;

fn check(about: &Metadata) -> Result<(), NotOpened> {
    if about.is_file() { Ok(()) } else { Err(NotOpened::Is(kind(about))) }
}

/// The name for messages of something that is no regular file.
pub(super) fn kind(about: &Metadata) -> &'static str {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        let kind = about.file_type();
        if kind.is_fifo() {
            return PIPE;
        } else if kind.is_socket() {
            return "a socket";
        } else if kind.is_block_device() || kind.is_char_device() {
            return "a device";
        }
    }
    if about.is_dir() { "a folder" } else { "of an unknown kind" }
}

/// Is this pipe one of the process's own descriptors, without a name in any folder? Linux says so
/// in the link that stands for it (`pipe:[4711]`); elsewhere `/dev/fd` names descriptors that are
/// open already.
#[cfg(feature = "csv")]
fn is_nameless(path: &Path) -> bool {
    if !cfg!(target_os = "linux") {
        return path.starts_with("/dev/fd") || path == Path::new("/dev/stdin");
    }
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        let is_descriptor = path.starts_with("/proc") || path.starts_with("/dev/fd");
        match fs::read_link(&path) {
            Ok(target) if target.to_string_lossy().starts_with("pipe:[") => return is_descriptor,
            Ok(target) => path = path.parent().unwrap_or(Path::new("")).join(target),
            Err(_) => return false,
        }
    }
    false
}

impl From<NotOpened> for io::Error {
    fn from(refused: NotOpened) -> Self {
        match refused {
            NotOpened::Io(error) => error,
            NotOpened::Is(kind) => {
                let problem = format!("it is {kind}: expected a regular file");
                Self::new(io::ErrorKind::InvalidInput, problem)
            }
        }
    }
}
