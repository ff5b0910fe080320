//! The data directory: ours or not, and whose turn it is.
//!
//! Everything an installation keeps outside its database lies here, and the
//! private cluster too. A marker file says that the directory is ours; one
//! that holds anything else is refused and left as it is. A lock says that one
//! process at a time works in it.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::FlockOperation;
use serde::{Deserialize, Serialize};

use crate::ids::Entropy;

const MARKER: &str = "gridpass.toml";
const MARKER_FRESH: &str = "gridpass.toml.new";
const LOCK: &str = "gridpass.lock";
/// What may lie in a directory that counts as empty: what a start leaves that
/// was killed before the marker, and what a fresh disk brings.
const HARMLESS: [&str; 3] = [LOCK, MARKER_FRESH, "lost+found"];

/// The layout this binary reads and writes.
const LAYOUT_VERSION: u32 = 1;

/// Why a directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataDirError {
    /// It holds something else.
    #[error(
        "the directory {} is not empty and was not made by gridpass; \
         choose an empty or new one with --data-dir", path.display()
    )]
    Foreign {
        /// The directory.
        path: PathBuf,
    },
    /// The marker cannot be read.
    #[error(
        "the data directory {} is damaged ({MARKER}: {reason}); restore it from a backup \
         or choose an empty one with --data-dir", path.display()
    )]
    Damaged {
        /// The directory.
        path: PathBuf,
        /// What is wrong with the marker.
        reason: String,
    },
    /// A newer gridpass wrote it.
    #[error(
        "the data directory {} has layout {found}, but this gridpass knows only up to \
         {LAYOUT_VERSION}; start the newer gridpass that wrote it", path.display()
    )]
    TooNew {
        /// The directory.
        path: PathBuf,
        /// The layout it has.
        found: u32,
    },
    /// Another process works in it.
    #[error(
        "the data directory {} is in use by another gridpass (process {owner}); \
         stop that one or choose another with --data-dir", path.display()
    )]
    InUse {
        /// The directory.
        path: PathBuf,
        /// The process number it left in the lock file.
        owner: String,
    },
    /// The file system said no.
    #[error(
        "the data directory {} cannot be used: {source}; check who owns it \
         or choose another with --data-dir", path.display()
    )]
    Io {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

#[derive(Serialize, Deserialize)]
struct Marker {
    layout_version: u32,
    cluster_id: String,
}

/// A directory that may be claimed; nothing was touched yet.
#[derive(Debug)]
pub struct DataDirPlan {
    path: PathBuf,
    marker_exists: bool,
}

/// A directory that is ours and locked, as long as this lives.
#[derive(Debug)]
pub struct DataDir {
    path: PathBuf,
    cluster_id: String,
    /// Closing it gives the lock back, however we end.
    _lock: File,
}

impl DataDirPlan {
    /// Looks at `path` without touching anything. It need not exist.
    ///
    /// # Errors
    /// [`DataDirError`] for every directory that must not be used.
    pub fn inspect(path: &Path) -> Result<Self, DataDirError> {
        let path = std::path::absolute(path).map_err(io_error(path))?;
        let entries = match std::fs::read_dir(&path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Self {
                    path,
                    marker_exists: false,
                });
            }
            Err(source) => return Err(DataDirError::Io { path, source }),
        };
        let mut foreign = false;
        for entry in entries {
            let name = entry.map_err(io_error(&path))?.file_name();
            if name == MARKER {
                read_marker(&path)?;
                return Ok(Self {
                    path,
                    marker_exists: true,
                });
            }
            foreign |= !HARMLESS.iter().any(|harmless| name == *harmless);
        }
        if foreign {
            return Err(DataDirError::Foreign { path });
        }
        Ok(Self {
            path,
            marker_exists: false,
        })
    }

    /// The directory, absolute.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Creates what is missing, takes the lock and leaves the marker.
    ///
    /// # Errors
    /// [`DataDirError::InUse`] when another process works in it,
    /// [`DataDirError::Io`].
    pub fn claim(self, entropy: &Entropy) -> Result<DataDir, DataDirError> {
        if !self.path.exists() {
            DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(&self.path)
                .map_err(io_error(&self.path))?;
        }
        // The kernel shows canonical paths, and processes are known by them.
        let path = self.path.canonicalize().map_err(io_error(&self.path))?;
        let lock = lock(&path)?;
        if !self.marker_exists && !path.join(MARKER).exists() {
            write_marker(&path, entropy).map_err(io_error(&path))?;
        }
        let marker = read_marker(&path)?;
        Ok(DataDir {
            path,
            cluster_id: marker.cluster_id,
            _lock: lock,
        })
    }
}

impl DataDir {
    /// The directory, canonical.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A random name given once, in hexadecimal.
    pub fn cluster_id(&self) -> &str {
        &self.cluster_id
    }
}

fn io_error(path: &Path) -> impl Fn(io::Error) -> DataDirError {
    let path = path.to_owned();
    move |source| DataDirError::Io {
        path: path.clone(),
        source,
    }
}

fn lock(path: &Path) -> Result<File, DataDirError> {
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path.join(LOCK))
        .map_err(io_error(path))?;
    match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {}
        Err(rustix::io::Errno::WOULDBLOCK) => {
            let mut owner = String::new();
            // The number only helps people; without it the sentence still holds.
            if file.read_to_string(&mut owner).is_err() || owner.trim().is_empty() {
                owner = "unknown".to_owned();
            }
            return Err(DataDirError::InUse {
                path: path.to_owned(),
                owner: owner.trim().to_owned(),
            });
        }
        Err(errno) => return Err(io_error(path)(errno.into())),
    }
    let write = || {
        file.set_len(0)?;
        writeln!(file, "{}", std::process::id())
    };
    let mut write = write;
    write().map_err(io_error(path))?;
    Ok(file)
}

fn write_marker(path: &Path, entropy: &Entropy) -> io::Result<()> {
    let id: [u8; 8] = entropy.bytes();
    let marker = Marker {
        layout_version: LAYOUT_VERSION,
        cluster_id: format!("{:016x}", u64::from_be_bytes(id)),
    };
    let text = toml::to_string(&marker).map_err(io::Error::other)?;
    let fresh = path.join(MARKER_FRESH);
    let mut file = File::create(&fresh)?;
    file.write_all(b"# This directory belongs to gridpass: do not put other files here.\n")?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&fresh, path.join(MARKER))?;
    File::open(path)?.sync_all()
}

fn read_marker(path: &Path) -> Result<Marker, DataDirError> {
    let damaged = |reason: String| DataDirError::Damaged {
        path: path.to_owned(),
        reason,
    };
    let text =
        std::fs::read_to_string(path.join(MARKER)).map_err(|error| damaged(error.to_string()))?;
    let marker: Marker =
        toml::from_str(&text).map_err(|error| damaged(error.message().to_owned()))?;
    if marker.layout_version > LAYOUT_VERSION {
        return Err(DataDirError::TooNew {
            path: path.to_owned(),
            found: marker.layout_version,
        });
    }
    Ok(marker)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(path: &Path) -> Result<DataDir, DataDirError> {
        DataDirPlan::inspect(path)?.claim(&Entropy::seeded(1))
    }

    #[test]
    fn a_new_and_an_empty_directory_are_claimed_and_known_again() {
        let dir = tempfile::tempdir().unwrap();
        let new = dir.path().join("a/b");
        let id = claim(&new).unwrap().cluster_id().to_owned();
        assert_eq!(claim(&new).unwrap().cluster_id(), id);
        assert_eq!(id.len(), 16);
        claim(dir.path().join("a").as_path()).expect_err("it holds b");
        let empty = tempfile::tempdir().unwrap();
        std::fs::create_dir(empty.path().join("lost+found")).unwrap();
        claim(empty.path()).unwrap();
    }

    #[test]
    fn a_foreign_directory_is_left_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("thesis.txt"), "mine").unwrap();
        let refused = claim(dir.path());
        assert!(matches!(refused, Err(DataDirError::Foreign { .. })));
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn only_one_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let held = claim(dir.path()).unwrap();
        let me = std::process::id().to_string();
        assert!(matches!(claim(dir.path()), Err(DataDirError::InUse { owner, .. }) if owner == me));
        drop(held);
        // A process that another test is just starting holds a copy of the lock until it
        // becomes its own program.
        let freed = (0..10_000).any(|_| {
            std::thread::yield_now();
            claim(dir.path()).is_ok()
        });
        assert!(freed);
    }

    #[test]
    fn a_newer_layout_and_a_torn_marker_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        drop(claim(dir.path()).unwrap());
        let marker = dir.path().join(MARKER);
        std::fs::write(&marker, "layout_version = 9\ncluster_id = \"x\"").unwrap();
        assert!(matches!(
            claim(dir.path()),
            Err(DataDirError::TooNew { found: 9, .. })
        ));
        std::fs::write(&marker, "layout_ver").unwrap();
        assert!(matches!(
            claim(dir.path()),
            Err(DataDirError::Damaged { .. })
        ));
    }
}
