//! A directory that the server process can enter whatever lies above it.
//!
//! Two limits meet here. The account of the server may not be allowed to walk
//! to the directory (a clone in `/root`, a temporary directory of mode 0700),
//! and the address of a Unix socket holds 107 bytes. Both fall away when the
//! directory is handed over as an open descriptor and named
//! `/proc/self/fd/N`: the kernel then walks no path at all. Nothing is made
//! readable for anybody for it, and no capability is kept.

use std::fs::{DirBuilder, OpenOptions, Permissions};
use std::io::Write;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt, chown, fchown};
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};
use rustix::io::FdFlags;

use super::ClusterError;
use super::account::Account;

/// What the address of a Unix socket holds, less the closing zero byte.
const SOCKET_PATH_BYTES_MAX: usize = 107;
/// `/.s.PGSQL.5432`
const SOCKET_NAME_BYTES: usize = 14;

/// A directory of the cluster, mode 0700, owned by the server's account.
#[derive(Debug)]
pub struct Directory {
    path: PathBuf,
    descriptor: Option<OwnedFd>,
    account: Option<Account>,
}

impl Directory {
    /// Opens `path`, an existing directory.
    ///
    /// # Errors
    /// [`ClusterError::Io`].
    pub fn open(path: PathBuf, account: Option<Account>) -> Result<Self, ClusterError> {
        let descriptor = if account.is_some() || !is_short(&path) {
            Some(open_inheritable(&path).map_err(ClusterError::io("open", &path))?)
        } else {
            None
        };
        Ok(Self {
            path,
            descriptor,
            account,
        })
    }

    /// Creates `path` if it is absent and opens it.
    ///
    /// # Errors
    /// [`ClusterError::Io`].
    pub fn create(path: PathBuf, account: Option<Account>) -> Result<Self, ClusterError> {
        match DirBuilder::new().mode(0o700).create(&path) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(ClusterError::io("create", &path)(error)),
        }
        if let Some(account) = account {
            chown(&path, Some(account.uid), Some(account.gid))
                .map_err(ClusterError::io("change the owner of", &path))?;
        }
        std::fs::set_permissions(&path, Permissions::from_mode(0o700))
            .map_err(ClusterError::io("protect", &path))?;
        Self::open(path, account)
    }

    /// The real path, for ourselves and for people.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The name under which this process and its children reach it, short
    /// enough for a socket address.
    pub fn name(&self) -> PathBuf {
        match &self.descriptor {
            Some(descriptor) => PathBuf::from(format!("/proc/self/fd/{}", descriptor.as_raw_fd())),
            None => self.path.clone(),
        }
    }

    /// The name by which a socket in it is connected to: the real path when it
    /// is short enough, so that errors tell people something.
    pub fn address(&self) -> PathBuf {
        if is_short(&self.path) {
            self.path.clone()
        } else {
            self.name()
        }
    }

    /// Replaces the file `name` in it as a whole.
    ///
    /// The directory belongs to a less trusted account, so an existing file or
    /// link is never followed: a new file is made and renamed over it.
    ///
    /// # Errors
    /// [`ClusterError::Io`].
    pub fn write(&self, name: &str, text: &str) -> Result<(), ClusterError> {
        let path = self.path.join(name);
        let fresh = self.path.join(format!("{name}.new"));
        let write = || {
            remove_if_present(&fresh)?;
            let mut file = OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(&fresh)?;
            if let Some(account) = self.account {
                fchown(&file, Some(account.uid), Some(account.gid))?;
            }
            file.write_all(text.as_bytes())?;
            std::fs::rename(&fresh, &path)
        };
        write().map_err(ClusterError::io("write", &path))
    }

    /// Removes the file `name` in it, if there is one.
    ///
    /// # Errors
    /// [`ClusterError::Io`].
    pub fn remove(&self, name: &str) -> Result<(), ClusterError> {
        let path = self.path.join(name);
        remove_if_present(&path).map_err(ClusterError::io("remove", &path))
    }
}

fn is_short(path: &Path) -> bool {
    path.as_os_str().len() + SOCKET_NAME_BYTES <= SOCKET_PATH_BYTES_MAX
}

fn remove_if_present(path: &Path) -> std::io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Opens a directory so that child processes keep the descriptor.
fn open_inheritable(path: &Path) -> std::io::Result<OwnedFd> {
    let descriptor = rustix::fs::open(
        path,
        OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC,
        Mode::empty(),
    )?;
    rustix::io::fcntl_setfd(&descriptor, FdFlags::empty())?;
    Ok(descriptor)
}
