//! Files as they come: plain, gzip, xz, zip, or a folder of such, walked in the order of their names.

use super::zip;
use crate::Error;
use banbury_evidence::Digest;
use flate2::bufread::MultiGzDecoder;
use lzma_rust2::XzReader;
use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, Read, Seek};
use std::path::{Path, PathBuf};

/// One document of a feed.
pub(crate) struct Document<'a> {
    /// Which: the path, and the place within.
    pub(crate) place: String,
    /// Its name alone, which says the product where the content does not.
    pub(crate) stem: String,
    /// Its content, decompressed.
    pub(crate) reader: Box<dyn Read + 'a>,
}

/// What was opened.
pub(crate) struct Opened {
    /// SHA-256 of the file; of a folder, of the list of its files: `sha256  path` and a line end each, sorted by path.
    pub(crate) sha256: Digest,
    /// Length of the file, or of all files together.
    pub(crate) bytes: u64,
}

/// Files up to this size are read once and kept for their hash and their content.
const SMALL: u64 = 1 << 20;

/// SHA-256 of a file; `None` for a folder, which is known only when it has been walked.
pub(crate) fn digest(path: &Path) -> Result<Option<Digest>, Error> {
    if path.is_dir() {
        return Ok(None);
    }
    let place = path.display().to_string();
    let mut file = File::open(path).map_err(|source| Error::Read { place: place.clone(), source })?;
    Ok(Some(Digest::of_reader(&mut file).map_err(|source| Error::Read { place, source })?.0))
}

/// Visits each document of a file or folder.
pub(crate) fn each_document(
    path: &Path,
    visit: &mut dyn FnMut(Document<'_>) -> Result<(), Error>,
) -> Result<Opened, Error> {
    if !path.is_dir() {
        return file(path, visit);
    }
    let mut list = String::new();
    let mut bytes = 0;
    for inside in files(path)? {
        let opened = file(&inside, visit)?;
        let name = inside.strip_prefix(path).unwrap_or(&inside).display().to_string();
        list.push_str(&format!("{}  {name}\n", opened.sha256));
        bytes += opened.bytes;
    }
    Ok(Opened { sha256: Digest::of(list.as_bytes()), bytes })
}

/// Every file below a folder, sorted; hidden ones (`.git`) and links to folders are left out.
fn files(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let read = |source| Error::Read { place: folder.display().to_string(), source };
        for entry in std::fs::read_dir(&folder).map_err(read)? {
            let entry = entry.map_err(read)?;
            if entry.file_name().as_encoded_bytes().starts_with(b".") {
                continue;
            }
            let kind = entry.file_type().map_err(read)?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if entry.path().is_file() {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

fn file(path: &Path, visit: &mut dyn FnMut(Document<'_>) -> Result<(), Error>) -> Result<Opened, Error> {
    let place = path.display().to_string();
    let read = |source| Error::Read { place: place.clone(), source };
    let mut file = File::open(path).map_err(read)?;
    let length = file.metadata().map_err(read)?.len();
    let stem = stem(&path.file_name().unwrap_or_default().to_string_lossy());
    if length <= SMALL {
        let mut content = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
        file.read_to_end(&mut content).map_err(read)?;
        let opened = Opened { sha256: Digest::of(&content), bytes: content.len() as u64 };
        if zip::recognise(&content) {
            zip::each_entry(&mut Cursor::new(content), &place, visit)?;
        } else {
            visit(Document {
                place: place.clone(),
                stem,
                reader: decompressed(Cursor::new(content)).map_err(read)?,
            })?;
        }
        return Ok(opened);
    }
    let (sha256, bytes) = Digest::of_reader(&mut file).map_err(read)?;
    file.rewind().map_err(read)?;
    let mut start = [0; 4];
    file.read_exact(&mut start).map_err(read)?;
    file.rewind().map_err(read)?;
    if zip::recognise(&start) {
        zip::each_entry(&mut file, &place, visit)?;
    } else {
        let reader = BufReader::with_capacity(1 << 17, file);
        visit(Document { place: place.clone(), stem, reader: decompressed(reader).map_err(read)? })?;
    }
    Ok(Opened { sha256, bytes })
}

/// The content of a gzip or xz stream, or the bytes themselves.
pub(crate) fn decompressed<'a>(mut reader: impl BufRead + 'a) -> std::io::Result<Box<dyn Read + 'a>> {
    let start = reader.fill_buf()?;
    Ok(if start.starts_with(b"\x1f\x8b") {
        Box::new(MultiGzDecoder::new(reader))
    } else if start.starts_with(b"\xfd7zXZ\0") {
        Box::new(XzReader::new(reader, true))
    } else {
        Box::new(reader)
    })
}

/// A file's name without the endings of feeds.
pub(crate) fn stem(name: &str) -> String {
    let name = name.rsplit('/').next().unwrap_or(name);
    let endings = [".gz", ".xz", ".json", ".csv"];
    let mut stem = name;
    for ending in endings {
        stem = stem.strip_suffix(ending).unwrap_or(stem);
    }
    stem.to_owned()
}
