//! The folder that an unpacking is written to before it has its final name.
//!
//! It stands beside the final one, so that giving it its name is one step: nothing half-written ever has that name.

use crate::folder::{Failure, Walk};
use std::fs::{self, DirBuilder, File};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// The manifest's name in the folder.
pub const MANIFEST: &str = "banbury-unpack.json";

/// What stands in the name of each folder that is not finished.
const MARK: &str = ".banbury-unfinished-";

/// A folder on its way to its final name; removed when it does not get there.
#[derive(Debug)]
pub struct Staging {
    path: PathBuf,
    target: PathBuf,
    done: bool,
}

/// Why a folder could not be written.
#[derive(Debug, thiserror::Error)]
pub enum StagingError {
    /// Something is there already.
    #[error("{path}: there is something already; name a folder that does not exist yet, or an empty one")]
    Taken {
        /// The folder that was asked for.
        path: PathBuf,
    },
    /// The folder to put it in does not exist.
    #[error("{path}: there is no folder {parent} to make it in; make that first")]
    NoParent {
        /// The folder that was asked for.
        path: PathBuf,
        /// The one above.
        parent: PathBuf,
    },
    /// It is where a file system is mounted.
    #[error(
        "{path}: a file system is mounted there, which cannot be put in place as a whole; name a new folder in it, such as {path}/unpacked"
    )]
    Mounted {
        /// The folder that was asked for.
        path: PathBuf,
    },
    /// The system refuses.
    #[error("{path}: cannot be written: {source}; {}", remedy(.source))]
    Write {
        /// What was to be written.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

impl Staging {
    /// Makes a folder beside `target` to write to first.
    pub fn beside(target: &Path) -> Result<Self, StagingError> {
        let taken = || StagingError::Taken { path: target.to_owned() };
        let write = |source| StagingError::Write { path: target.to_owned(), source };
        let found = match fs::symlink_metadata(target) {
            Ok(_) => Some(target.canonicalize().map_err(|_| taken())?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(write(error)),
        };
        if let Some(found) = &found {
            let empty = found.is_dir() && fs::read_dir(found).map_err(write)?.next().is_none();
            if !empty {
                return Err(taken());
            }
        }
        let last = target.components().next_back();
        let resolved = match (found, last) {
            (Some(found), _) => found,
            (None, Some(std::path::Component::Normal(name))) => {
                let parent = target.parent().filter(|parent| !parent.as_os_str().is_empty());
                let parent = parent.unwrap_or(Path::new("."));
                let above = parent.canonicalize().ok().filter(|above| above.is_dir()).ok_or_else(|| {
                    StagingError::NoParent { path: target.to_owned(), parent: parent.to_owned() }
                })?;
                above.join(name)
            }
            _ => return Err(taken()),
        };
        let (Some(above), Some(name)) = (resolved.parent(), resolved.file_name()) else {
            return Err(taken());
        };
        if resolved.exists()
            && above.metadata().map_err(write)?.dev() != resolved.metadata().map_err(write)?.dev()
        {
            return Err(StagingError::Mounted { path: target.to_owned() });
        }
        let mut hidden = std::ffi::OsString::from(".");
        // The name of a folder has 255 bytes at most; a long one is not repeated.
        hidden.push(if name.len() < 200 { name } else { std::ffi::OsStr::new("long") });
        hidden.push(format!("{MARK}{}", std::process::id()));
        let path = above.join(hidden);
        // One with our own number is left over from a process that is gone.
        if path.symlink_metadata().is_ok() {
            remove(&path).map_err(write)?;
        }
        // Nobody else looks into it before it is whole.
        DirBuilder::new().mode(0o700).create(&path).map_err(write)?;
        Ok(Self { path, target: resolved, done: false })
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether its file system does not tell upper from lower case.
    pub fn folds(&self) -> Result<bool, StagingError> {
        let write = |source| StagingError::Write { path: self.path.clone(), source };
        let probe = self.path.join("case");
        File::create_new(&probe).map_err(write)?;
        let folds = self.path.join("CASE").exists();
        fs::remove_file(&probe).map_err(write)?;
        Ok(folds)
    }

    /// What a failure in the child means here.
    pub fn failed(&self, failure: &Failure) -> StagingError {
        StagingError::Write {
            path: self.target.join(&failure.path),
            source: io::Error::from_raw_os_error(failure.error),
        }
    }

    /// Removes what went past a limit, adds the manifest and gives the folder its name.
    pub fn finish(mut self, withdrawn: &[String], manifest: &str) -> Result<(), StagingError> {
        let write = |path: &Path| {
            let path = path.to_owned();
            move |source| StagingError::Write { path, source }
        };
        let opened = rustix::fs::open(&self.path, crate::folder::OPEN, rustix::fs::Mode::empty());
        let mut walk = Walk::new(opened.map_err(io::Error::from).map_err(write(&self.path))?);
        for path in withdrawn {
            walk.remove(path).map_err(write(&self.target.join(path)))?;
        }
        File::create_new(self.path.join(MANIFEST))
            .and_then(|mut file| file.write_all(manifest.as_bytes()))
            .map_err(write(&self.target.join(MANIFEST)))?;
        // From here on it is a folder like any other that the user makes.
        let mask = rustix::process::umask(rustix::fs::Mode::empty());
        rustix::process::umask(mask);
        let mode = 0o777 & !mask.bits();
        fs::set_permissions(&self.path, fs::Permissions::from_mode(mode)).map_err(write(&self.target))?;
        // An empty folder gives way; anything else that came there meanwhile does not.
        fs::rename(&self.path, &self.target).map_err(|error| match error.kind() {
            io::ErrorKind::DirectoryNotEmpty
            | io::ErrorKind::NotADirectory
            | io::ErrorKind::AlreadyExists => StagingError::Taken { path: self.target.clone() },
            _ => StagingError::Write { path: self.target.clone(), source: error },
        })?;
        self.done = true;
        Ok(())
    }

    /// Folders beside this one that processes which were killed left behind.
    pub fn left_over(&self) -> Vec<PathBuf> {
        let Some(above) = self.path.parent() else { return Vec::new() };
        let Ok(entries) = fs::read_dir(above) else { return Vec::new() };
        let gone = |path: &PathBuf| {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let number = name.split_once(MARK).and_then(|(_, number)| number.parse::<i32>().ok());
            number.and_then(rustix::process::Pid::from_raw).is_some_and(|number| {
                rustix::process::test_kill_process(number) == Err(rustix::io::Errno::SRCH)
            })
        };
        let mut left: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(gone).collect();
        left.sort();
        left
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        if !self.done {
            // The error that brought us here is the one to tell; what stays is found by the next unpacking.
            let _ = remove(&self.path);
        }
    }
}

fn remove(path: &Path) -> io::Result<()> {
    if path.symlink_metadata()?.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }
}

fn remedy(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "make room, or name a folder on another file system (`--list` writes nothing)"
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "name a folder where you may write (`--list` writes nothing)"
        }
        io::ErrorKind::FileTooLarge => "name a folder on a file system that takes files of that size",
        _ => "name another folder, or look into that error first",
    }
}
