//! Calls to neighbour systems by HTTP, bounded in time and bytes.
//!
//! Over TLS wherever somebody could listen in: plain HTTP goes to this host or a private network
//! only. No redirect is followed, no proxy asked and no cookie kept, so an answer is from whoever
//! was asked. One connection a call: these calls are rare, and a kept connection can break.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderValue, Request, StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use reqwest::Url;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// Authorities that Debian and most others keep here.
pub const SYSTEM_AUTHORITIES: &str = "/etc/ssl/certs/ca-certificates.crt";
/// From connecting to the last byte of the answer.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Bytes of an answer at most.
const ANSWER_BYTES_MAX: usize = 256 * 1024;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum OutboundError {
    /// Not an address that may be called.
    #[error("the address is neither https:// nor http:// of this host or a private network")]
    Address,
    /// No connection, or none that proves its name.
    #[error("cannot connect: {0}")]
    Connect(#[from] std::io::Error),
    /// Not HTTP, or it broke off.
    #[error("no answer: {0}")]
    Http(#[from] hyper::Error),
    /// The answer is too long, or broke off.
    #[error("the answer broke off or is longer than {ANSWER_BYTES_MAX} bytes")]
    Body,
    /// Not in time.
    #[error("no whole answer within {} s", TIMEOUT.as_secs())]
    Late,
}

/// What came back.
pub struct Answer {
    /// Status.
    pub status: StatusCode,
    /// Body, whole.
    pub body: Bytes,
}

/// The way out.
pub struct Outbound {
    tls: TlsConnector,
}

impl Outbound {
    /// Believes servers that one of the authorities in a PEM file vouches for; those of the system
    /// when none is named. A file of the system that is missing fails only calls over TLS.
    ///
    /// # Errors
    /// A sentence, when the named file cannot be used.
    pub fn new(authorities: Option<&Path>) -> Result<Self, String> {
        let config = match authorities {
            Some(file) => verified(file)?,
            None => verified(Path::new(SYSTEM_AUTHORITIES)).or_else(|_| nobody())?,
        };
        Ok(Self {
            tls: TlsConnector::from(Arc::new(config)),
        })
    }

    /// Asks for a document.
    ///
    /// # Errors
    /// [`OutboundError`]; any status is an answer.
    pub async fn get(&self, url: &Url) -> Result<Answer, OutboundError> {
        self.send(url, Request::get(target(url)), Body::empty())
            .await
    }

    /// Sends a form, with a name and a secret for basic authentication if they are given
    /// (RFC 6749 §2.3.1).
    ///
    /// # Errors
    /// As [`Outbound::get`].
    pub async fn post_form(
        &self,
        url: &Url,
        fields: &[(&str, &str)],
        basic: Option<(&str, &str)>,
    ) -> Result<Answer, OutboundError> {
        let mut request = Request::post(target(url)).header(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/x-www-form-urlencoded"),
        );
        if let Some((name, secret)) = basic {
            let pair = STANDARD.encode(format!("{}:{}", encoded(name), encoded(secret)));
            request = request.header(header::AUTHORIZATION, format!("Basic {pair}"));
        }
        self.send(url, request, Body::from(form(fields))).await
    }

    async fn send(
        &self,
        url: &Url,
        request: axum::http::request::Builder,
        body: Body,
    ) -> Result<Answer, OutboundError> {
        let request = request
            .header(header::HOST, authority(url))
            .header(header::ACCEPT, HeaderValue::from_static("application/json"))
            .header(header::CONNECTION, HeaderValue::from_static("close"))
            .body(body)
            .map_err(|_| OutboundError::Address)?;
        tokio::time::timeout(TIMEOUT, self.connected(url, request))
            .await
            .map_err(|_| OutboundError::Late)?
    }

    async fn connected(&self, url: &Url, request: Request<Body>) -> Result<Answer, OutboundError> {
        if !may_call(url) {
            return Err(OutboundError::Address);
        }
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
        let port = url.port_or_known_default().ok_or(OutboundError::Address)?;
        let stream = TcpStream::connect((host, port)).await?;
        if url.scheme() == "http" {
            return exchange(stream, request).await;
        }
        let name = ServerName::try_from(host.to_owned()).map_err(|_| OutboundError::Address)?;
        exchange(self.tls.connect(name, stream).await?, request).await
    }
}

/// One request and its answer on a connection that ends with it.
async fn exchange<S>(stream: S, request: Request<Body>) -> Result<Answer, OutboundError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let answer = async move {
        let answer = sender.send_request(request).await?;
        let status = answer.status();
        let body = to_bytes(Body::new(answer.into_body()), ANSWER_BYTES_MAX).await;
        let body = body.map_err(|_| OutboundError::Body)?;
        Ok::<_, OutboundError>(Answer { status, body })
    };
    tokio::pin!(answer, connection);
    tokio::select! {
        answer = &mut answer => answer,
        // What arrived before the end is still to be read.
        ended = &mut connection => {
            ended?;
            answer.await
        }
    }
}

/// Whether an address may be called: over TLS, or where nobody listens in.
pub fn may_call(url: &Url) -> bool {
    match url.scheme() {
        "https" => url.host_str().is_some_and(|host| !host.is_empty()),
        _ => is_near(url),
    }
}

/// Plain HTTP may only go where nobody listens in: this host, or a private network.
pub fn is_near(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_matches(['[', ']']).parse();
    let private = match address {
        Ok(std::net::IpAddr::V4(ip)) => ip.is_loopback() || ip.is_private(),
        Ok(std::net::IpAddr::V6(ip)) => ip.is_loopback() || ip.is_unique_local(),
        // A name without a dot is one of this host's own network.
        Err(_) => !host.is_empty() && !host.contains('.'),
    };
    url.scheme() == "http" && private
}

/// TLS to a server that proves its name by the authorities in a PEM file.
///
/// # Errors
/// A sentence with the file's name.
pub fn verified(authorities: &Path) -> Result<ClientConfig, String> {
    let unusable = |reason: String| format!("{}: {reason}", authorities.display());
    let mut roots = RootCertStore::empty();
    let found =
        CertificateDer::pem_file_iter(authorities).map_err(|error| unusable(error.to_string()))?;
    for certificate in found {
        let certificate = certificate.map_err(|error| unusable(error.to_string()))?;
        // One old authority that is not understood must not keep us from the others.
        let _not_understood = roots.add(certificate);
    }
    let provider = Arc::new(ring::default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone())
        .build()
        .map_err(|error| unusable(error.to_string()))?;
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable(error.to_string()))?;
    Ok(config.with_webpki_verifier(verifier).with_no_client_auth())
}

/// TLS that believes no server.
fn nobody() -> Result<ClientConfig, String> {
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    Ok(config
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth())
}

/// Path and query, as they stand in the first line of a request.
fn target(url: &Url) -> String {
    match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    }
}

/// Host and port as the header names them.
fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// Fields in the encoding of forms.
fn form(fields: &[(&str, &str)]) -> String {
    let mut url = Url::parse("http://form/").expect("this is an address");
    url.query_pairs_mut().extend_pairs(fields);
    url.query().unwrap_or_default().to_owned()
}

fn encoded(text: &str) -> String {
    form(&[("", text)]).trim_start_matches('=').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_stays_near_and_tls_may_go_anywhere() {
        let may = |url: &str| may_call(&Url::parse(url).unwrap());
        assert!(may("http://127.0.0.1:9/x") && may("http://relay/x") && may("https://8.8.8.8/x"));
        assert!(
            !may("http://8.8.8.8/x") && !may("http://idp.example/") && !may("file:///etc/passwd")
        );
    }

    #[test]
    fn names_and_secrets_are_encoded_as_in_forms() {
        assert_eq!(encoded("a b&=:%"), "a+b%26%3D%3A%25");
        assert_eq!(form(&[("a", "1 2"), ("b", "")]), "a=1+2&b=");
        let url = Url::parse("https://[::1]:8443/token?x=1").unwrap();
        assert_eq!(
            (target(&url).as_str(), authority(&url).as_str()),
            ("/token?x=1", "[::1]:8443")
        );
    }
}
