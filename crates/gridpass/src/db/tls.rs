//! TLS to a PostgreSQL server of one's own.
//!
//! The address decides, with the words of libpq: `sslmode=disable`, `prefer` (the default),
//! `require` (encrypted, whoever answers) or `verify-full` (encrypted, and the server proves
//! its name by the authorities of `sslrootcert=FILE`, or by those of the system).

use std::path::Path;
use std::sync::Arc;

use tokio_postgres_rustls::MakeRustlsConnect;
use tokio_rustls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use tokio_rustls::rustls::crypto::{
    CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature,
};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{ClientConfig, DigitallySignedStruct, Error, SignatureScheme};

use crate::outbound;

/// How a connection to the database is encrypted; makes one per connection.
pub type DatabaseTls = MakeRustlsConnect;

/// The address as the driver reads it, and how to encrypt.
///
/// # Errors
/// A sentence's half that says what is wrong; never the address itself.
pub fn read_address(url: &str) -> Result<(tokio_postgres::Config, DatabaseTls), String> {
    let (address, settings) = take_settings(url);
    let config = address.parse::<tokio_postgres::Config>();
    let config = config.map_err(|error| {
        std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string)
    })?;
    let tls = if settings.verify {
        let file = settings
            .authorities
            .as_deref()
            .unwrap_or(outbound::SYSTEM_AUTHORITIES);
        verified(Path::new(file))?
    } else {
        unverified()
    };
    Ok((config, tls))
}

#[derive(Default)]
struct TlsSettings {
    verify: bool,
    authorities: Option<String>,
}

/// Takes out what the driver does not know: `sslrootcert`, and `verify-full`, which it sees
/// as `require`.
fn take_settings(url: &str) -> (String, TlsSettings) {
    let mut settings = TlsSettings::default();
    let Some((address, query)) = url.split_once('?') else {
        return (url.to_owned(), settings);
    };
    let mut kept = Vec::new();
    for part in query.split('&') {
        match part.split_once('=') {
            Some(("sslmode", "verify-full")) => {
                settings.verify = true;
                kept.push("sslmode=require");
            }
            Some(("sslrootcert", file)) => settings.authorities = Some(file.replace("%2F", "/")),
            _ => kept.push(part),
        }
    }
    (format!("{address}?{}", kept.join("&")), settings)
}

/// Encrypts without asking who answers.
pub fn unverified() -> DatabaseTls {
    let provider = Arc::new(ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .expect("the provider knows the default versions")
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anybody(provider)))
        .with_no_client_auth();
    MakeRustlsConnect::new(config)
}

fn verified(authorities: &Path) -> Result<DatabaseTls, String> {
    let config = outbound::verified(authorities);
    let config = config.map_err(|reason| format!("sslrootcert {reason}"))?;
    Ok(MakeRustlsConnect::new(config))
}

/// Takes any certificate, but a handshake that is truly signed with it.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(
            message,
            cert,
            signed,
            &self.0.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(
            message,
            cert,
            signed,
            &self.0.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use tokio_postgres::config::SslMode;

    use super::*;

    #[test]
    fn the_address_says_how_to_encrypt() {
        let read = |query: &str| read_address(&format!("postgres://me@db.example/x{query}"));
        let mode = |query: &str| read(query).unwrap().0.get_ssl_mode();
        assert_eq!(mode(""), SslMode::Prefer);
        assert_eq!(mode("?sslmode=disable"), SslMode::Disable);
        assert_eq!(mode("?sslmode=require&connect_timeout=3"), SslMode::Require);
        let missing = read("?sslmode=verify-full&sslrootcert=%2Fno%2Fsuch.pem");
        assert!(missing.err().unwrap().contains("/no/such.pem"));
        assert!(
            read("?sslmode=verify-ca").is_err(),
            "what is not offered is refused"
        );
    }
}
