//! Calls to neighbours: over TLS to who proves its name, bounded, and nowhere else.

use std::path::Path;
use std::sync::Arc;

use gridpass::outbound::{Outbound, OutboundError};
use reqwest::Url;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// A neighbour that speaks TLS as `localhost` and gives each caller the same bytes; answers its
/// port.
async fn neighbour(certificate: &Path, said: Vec<u8>) -> u16 {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(certificate, made.cert.pem()).unwrap();
    let chain = vec![CertificateDer::from_pem_file(certificate).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(made.signing_key.serialize_pem().as_bytes()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, said) = (acceptor.clone(), said.clone());
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else {
                    return;
                };
                let mut asked = [0; 1024];
                let _length = stream.read(&mut asked).await;
                let _gone = stream.write_all(&said).await;
                let _gone = stream.shutdown().await;
            });
        }
    });
    port
}

fn at(host: &str, port: u16) -> Url {
    Url::parse(&format!("https://{host}:{port}/keys")).unwrap()
}

#[tokio::test]
async fn a_neighbour_proves_its_name_by_an_authority_that_is_believed() {
    let dir = tempfile::tempdir().unwrap();
    let (certificate, stranger) = (dir.path().join("a.pem"), dir.path().join("b.pem"));
    let said = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}".to_vec();
    let port = neighbour(&certificate, said.clone()).await;
    let believing = Outbound::new(Some(&certificate)).unwrap();
    let answer = believing.get(&at("localhost", port)).await.unwrap();
    assert_eq!(
        (answer.status.as_u16(), &answer.body[..]),
        (200, &b"{}"[..])
    );
    // The right authority, and another name than the certificate's.
    let other_name = believing.get(&at("127.0.0.1", port)).await;
    assert!(matches!(other_name, Err(OutboundError::Connect(_))));
    let strange = neighbour(&stranger, said).await;
    for doubting in [
        believing.get(&at("localhost", strange)).await,
        Outbound::new(None)
            .unwrap()
            .get(&at("localhost", port))
            .await,
    ] {
        assert!(matches!(doubting, Err(OutboundError::Connect(_))));
    }
    assert!(Outbound::new(Some(Path::new("no/such/file"))).is_err());
    let far = Url::parse("http://idp.example/").unwrap();
    let plain = believing.post_form(&far, &[("code", "c")], None).await;
    assert!(matches!(plain, Err(OutboundError::Address)));
}

#[tokio::test]
async fn an_answer_is_bounded_and_no_redirect_is_followed() {
    let dir = tempfile::tempdir().unwrap();
    let certificate = dir.path().join("a.pem");
    let heading = b"HTTP/1.1 200 OK\r\ncontent-length: 300000\r\n\r\n".to_vec();
    let long = [heading.clone(), vec![b' '; 300_000]].concat();
    let port = neighbour(&certificate, long).await;
    let outbound = Outbound::new(Some(&certificate)).unwrap();
    let answer = outbound.get(&at("localhost", port)).await;
    assert!(matches!(answer, Err(OutboundError::Body)));

    let port = neighbour(&certificate, [heading, b"half".to_vec()].concat()).await;
    let outbound = Outbound::new(Some(&certificate)).unwrap();
    let answer = outbound.get(&at("localhost", port)).await;
    assert!(answer.is_err(), "an answer that breaks off is none");

    let moved = b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n"
        .to_vec();
    let port = neighbour(&certificate, moved).await;
    let outbound = Outbound::new(Some(&certificate)).unwrap();
    let answer = outbound.get(&at("localhost", port)).await.unwrap();
    assert_eq!(answer.status, 302);
}
