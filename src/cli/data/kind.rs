//! Which kind of file a path names.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use flate2::bufread::GzDecoder;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Table,
    Npy,
    Npz,
    Idx,
    Folder,
}

/// By the name's end, and of a gzipped file whose name does not say it, by its content.
pub(super) fn kind(path: &Path) -> Kind {
    if path.is_dir() {
        return Kind::Folder;
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let packed = name.strip_suffix(".gz");
    let name = packed.unwrap_or(&name);
    match name.rsplit_once('.').map_or("", |(_, end)| end) {
        "npy" if packed.is_none() => Kind::Npy,
        "npz" if packed.is_none() => Kind::Npz,
        "idx" => Kind::Idx,
        "csv" | "tsv" | "txt" => Kind::Table,
        _ if name.ends_with("ubyte") => Kind::Idx,
        // What can't be read is refused as IDX, whose reader says why.
        _ if packed.is_some() => match unpacked_start(path) {
            None | Some([0, 0]) => Kind::Idx,
            Some(_) => Kind::Table,
        },
        _ => Kind::Table,
    }
}

/// The first two bytes of a gzipped file: zeros in IDX, and in no text.
fn unpacked_start(path: &Path) -> Option<[u8; 2]> {
    // Nothing but a file: a pipe would wait, and what was read of it would be lost.
    path.metadata().ok().filter(std::fs::Metadata::is_file)?;
    let mut start = [0; 2];
    let file = BufReader::new(File::open(path).ok()?);
    GzDecoder::new(file).read_exact(&mut start).ok()?;
    Some(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_follow_from_names() {
        let cases = [
            ("a.csv", Kind::Table),
            ("a.CSV.gz", Kind::Table),
            ("b.NPY", Kind::Npy),
            ("c.npz", Kind::Npz),
            ("t10k-images-idx3-ubyte", Kind::Idx),
            ("t10k-images-idx3-ubyte.gz", Kind::Idx),
            ("not there.gz", Kind::Idx),
            ("noname", Kind::Table),
            (".", Kind::Folder),
        ];
        for (name, expected) in cases {
            assert_eq!(kind(Path::new(name)), expected, "{name}");
        }
    }

    #[test]
    fn a_gzipped_file_is_looked_into() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("export.gz");
        for (bytes, expected) in [(&b"a,b\n"[..], Kind::Table), (&[0, 0, 8, 1], Kind::Idx)] {
            let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            std::io::Write::write_all(&mut packer, bytes).unwrap();
            std::fs::write(&path, packer.finish().unwrap()).unwrap();
            assert_eq!(kind(&path), expected);
        }
    }
}
