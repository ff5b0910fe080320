//! TLS of our own listeners: rustls with a certificate and a key from files, read again when
//! they change or on SIGHUP, so that a renewed certificate needs no restart.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};
use std::time::{Duration, SystemTime};

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::listen::told_to_stop;

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(30);

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("the TLS file {} cannot be read: {reason}; check --tls-cert and --tls-key", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The key is readable for everybody.
    #[error("the TLS key {0} can be read by other accounts; protect it with: chmod 600 {0}", path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
    },
    /// Certificate and key do not go together, or are of a kind that is not served.
    #[error(
        "the TLS certificate cannot be used: {0}; check that --tls-cert and --tls-key belong together"
    )]
    Unusable(#[from] tokio_rustls::rustls::Error),
}

/// The certificate that is served now.
pub struct Tls {
    certificate: PathBuf,
    key: PathBuf,
    current: RwLock<TlsAcceptor>,
}

impl Tls {
    /// Reads certificate chain and key, both PEM.
    ///
    /// # Errors
    /// [`TlsError`].
    pub fn open(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        Ok(Self {
            current: RwLock::new(read(certificate, key)?),
            certificate: certificate.to_owned(),
            key: key.to_owned(),
        })
    }

    /// What accepts the next connection.
    pub fn acceptor(&self) -> TlsAcceptor {
        let current = self.current.read();
        current
            .expect("no thread panics while it swaps a pointer")
            .clone()
    }

    /// Reads the files again. Connections under way keep what they began with.
    ///
    /// # Errors
    /// [`TlsError`]; the certificate before goes on being served then.
    pub fn reload(&self) -> Result<(), TlsError> {
        let fresh = read(&self.certificate, &self.key)?;
        *self
            .current
            .write()
            .expect("no thread panics while it swaps a pointer") = fresh;
        Ok(())
    }

    fn changed_at(&self) -> [Option<SystemTime>; 2] {
        [&self.certificate, &self.key].map(|path| {
            let metadata = std::fs::metadata(path).ok()?;
            metadata.modified().ok()
        })
    }

    /// Reloads on SIGHUP and when a file changes, until told to stop.
    ///
    /// # Errors
    /// When signals cannot be received.
    pub async fn watch(self: Arc<Self>, mut stopped: watch::Receiver<bool>) -> std::io::Result<()> {
        let mut hangup = signal(SignalKind::hangup())?;
        let mut seen = self.changed_at();
        loop {
            let asked = tokio::select! {
                () = told_to_stop(&mut stopped) => return Ok(()),
                _ = hangup.recv() => true,
                () = tokio::time::sleep(LOOK) => false,
            };
            let now = self.changed_at();
            if !asked && now == seen {
                continue;
            }
            seen = now;
            match self.reload() {
                Ok(()) => tracing::info!("the TLS certificate was read again"),
                Err(error) => tracing::error!(%error, "the TLS certificate before is kept"),
            }
        }
    }
}

fn read(certificate: &Path, key: &Path) -> Result<TlsAcceptor, TlsError> {
    let unreadable = |path: &Path, reason: String| TlsError::Unreadable {
        path: path.to_owned(),
        reason,
    };
    let metadata = std::fs::metadata(key).map_err(|error| unreadable(key, error.to_string()))?;
    if metadata.permissions().mode() & 0o007 != 0 {
        return Err(TlsError::Exposed {
            path: key.to_owned(),
        });
    }
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect)
        .map_err(|error| unreadable(certificate, error.to_string()))?;
    if chain.is_empty() {
        return Err(unreadable(
            certificate,
            "it holds no certificate".to_owned(),
        ));
    }
    let secret = PrivateKeyDer::from_pem_file(key).map_err(|_| {
        // The parser's words might quote the file.
        unreadable(key, "it holds no private key in PEM".to_owned())
    })?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, secret)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
