//! Under which account the server runs.
//!
//! PostgreSQL refuses to run as root. When we are root, the server gets an
//! account of its own: the owner of the cluster if there is one already,
//! else `postgres`, else `nobody`.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::ClusterError;

const PASSWD: &str = "/etc/passwd";
const CANDIDATES: [&str; 2] = ["postgres", "nobody"];

/// A user and its group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Account {
    /// User number.
    pub uid: u32,
    /// Number of the user's main group.
    pub gid: u32,
}

impl Account {
    /// The account for the server of the cluster in `cluster_dir`; `None` when
    /// we are not root and the server simply runs as ourselves.
    ///
    /// # Errors
    /// [`ClusterError::NoAccount`] when no candidate exists,
    /// [`ClusterError::OwnedByRoot`] when the cluster was copied by root.
    pub fn choose(cluster_dir: &Path) -> Result<Option<Self>, ClusterError> {
        if !rustix::process::geteuid().is_root() {
            return Ok(None);
        }
        let passwd = std::fs::read_to_string(PASSWD).unwrap_or_default();
        let looked_up = look_up(&passwd);
        match std::fs::metadata(cluster_dir) {
            Ok(metadata) if metadata.uid() == 0 => Err(ClusterError::OwnedByRoot {
                path: cluster_dir.to_owned(),
                name: looked_up.map_or(CANDIDATES[0], |(name, _)| name),
            }),
            Ok(metadata) => Ok(Some(Self {
                uid: metadata.uid(),
                gid: metadata.gid(),
            })),
            Err(_absent) => match looked_up {
                Some((_, account)) => Ok(Some(account)),
                None => Err(ClusterError::NoAccount),
            },
        }
    }
}

fn look_up(passwd: &str) -> Option<(&'static str, Account)> {
    CANDIDATES.into_iter().find_map(|name| {
        let line = passwd
            .lines()
            .find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2);
        let uid = fields.next()?.parse().ok().filter(|uid| *uid != 0)?;
        let gid = fields.next()?.parse().ok()?;
        Some((name, Account { uid, gid }))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn postgres_is_preferred_to_nobody_and_root_is_never_taken() {
        let both = "root:x:0:0::/root:/bin/sh\nnobody:x:65534:65533::/:/bin/false\n\
                    postgres:x:101:104:PostgreSQL,,,:/var/lib/postgresql:/bin/bash\n";
        assert_eq!(
            look_up(both),
            Some(("postgres", Account { uid: 101, gid: 104 }))
        );
        let disguised = "postgres:x:0:0::/:/bin/sh\nnobody:x:65534:65533::/:/bin/false";
        assert_eq!(
            look_up(disguised),
            Some((
                "nobody",
                Account {
                    uid: 65534,
                    gid: 65533
                }
            ))
        );
        assert_eq!(look_up("root:x:0:0::/root:/bin/sh"), None);
    }
}
