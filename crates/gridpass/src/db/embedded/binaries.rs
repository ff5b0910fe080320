//! Finds the server programs of the system.
//!
//! Debian keeps them out of PATH, one directory a major version, so several
//! places are looked at. A cluster belongs to one major version for life:
//! when it exists already, the directory of that version wins over the newest.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::ClusterError;

/// Oldest major version that is accepted.
const MAJOR_MIN: u32 = 15;
const DEBIAN_ROOT: &str = "/usr/lib/postgresql";

/// A directory with `postgres` and `initdb` of one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binaries {
    /// The directory.
    pub dir: PathBuf,
    /// Major version, for example 15.
    pub major: u32,
}

impl Binaries {
    /// Finds a server for a cluster of version `major_wanted`, or the newest
    /// one for a cluster that does not exist yet. With `given`, only that
    /// directory counts.
    ///
    /// # Errors
    /// [`ClusterError::NoServer`], [`ClusterError::ServerTooOld`].
    pub fn find(given: Option<&Path>, major_wanted: Option<u32>) -> Result<Self, ClusterError> {
        let places = match given {
            Some(dir) => vec![dir.to_owned()],
            None => usual_places(),
        };
        let mut found: Vec<Self> = places.iter().filter_map(|dir| Self::inspect(dir)).collect();
        // Stable: among equals, the place that was asked first stays first.
        found.sort_by_key(|binaries| std::cmp::Reverse(binaries.major));
        let wanted = found
            .iter()
            .position(|binaries| Some(binaries.major) == major_wanted);
        let chosen = match (wanted, found.is_empty()) {
            (_, true) => {
                return Err(ClusterError::NoServer {
                    looked: list(&places),
                });
            }
            (Some(index), false) => found.swap_remove(index),
            (None, false) => found.swap_remove(0),
        };
        if chosen.major < MAJOR_MIN {
            return Err(ClusterError::ServerTooOld {
                dir: chosen.dir,
                major: chosen.major,
            });
        }
        Ok(chosen)
    }

    /// The path of one program.
    pub fn program(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    fn inspect(dir: &Path) -> Option<Self> {
        if !dir.join("initdb").is_file() {
            return None;
        }
        let version = output_of(dir.join("postgres").as_os_str(), "--version")?;
        Some(Self {
            dir: dir.to_owned(),
            major: parse_major(&version)?,
        })
    }
}

fn usual_places() -> Vec<PathBuf> {
    let mut places = Vec::new();
    if let Some(dir) = output_of(OsStr::new("pg_config"), "--bindir") {
        places.push(PathBuf::from(dir.trim()));
    }
    if let Ok(versions) = std::fs::read_dir(DEBIAN_ROOT) {
        places.extend(versions.flatten().map(|entry| entry.path().join("bin")));
    }
    if let Some(path) = std::env::var_os("PATH") {
        places.extend(std::env::split_paths(&path).filter(|dir| dir.join("postgres").is_file()));
    }
    places
}

fn output_of(program: &OsStr, argument: &str) -> Option<String> {
    let output = Command::new(program)
        .arg(argument)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    output.status.success().then_some(())?;
    String::from_utf8(output.stdout).ok()
}

/// Reads `postgres (PostgreSQL) 15.20 (Debian …)`, `… 17beta1` and the like.
fn parse_major(version: &str) -> Option<u32> {
    let number = version.split_once("(PostgreSQL)")?.1.trim_start();
    let digits = number
        .find(|character: char| !character.is_ascii_digit())
        .unwrap_or(number.len());
    number[..digits].parse().ok()
}

fn list(places: &[PathBuf]) -> String {
    if places.is_empty() {
        return format!("pg_config, {DEBIAN_ROOT} and PATH");
    }
    let names: Vec<_> = places.iter().map(|dir| dir.display().to_string()).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_releases_betas_and_packagers_are_read() {
        for (text, major) in [
            (
                "postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)\n",
                Some(15),
            ),
            ("postgres (PostgreSQL) 18beta1", Some(18)),
            ("postgres (PostgreSQL) 9.6.24", Some(9)),
            ("postgres 15", None),
            ("", None),
        ] {
            assert_eq!(parse_major(text), major, "{text}");
        }
    }

    #[test]
    fn a_given_directory_without_a_server_is_named() {
        let refused = Binaries::find(Some(Path::new("/nonexistent/bin")), None);
        assert!(matches!(
            refused,
            Err(ClusterError::NoServer { looked }) if looked == "/nonexistent/bin"
        ));
    }
}
