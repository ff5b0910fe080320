//! What stands between a stranger and the handlers: headers, other sites, slow senders, TLS.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use gridpass::boot::listen::{Bounds, answer};
use gridpass::db::tls::read_address;
use gridpass::db::{Db, DbConfig, Logins};
use gridpass::http::bounds::{self, Times};
use reqwest::Method;
use rustix::process::Signal;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::app::TestApp;
use crate::cluster;
use crate::process::{Site, end_of, send};

/// Longer than any bound of these tests, shorter than patience.
const FAR: Duration = Duration::from_secs(60);

#[tokio::test]
async fn every_answer_is_hardened_also_errors() {
    let test = TestApp::start().await;
    let mut pages = 0;
    for base in [&test.public, &test.staff] {
        for path in [
            "/healthz",
            "/.well-known/gridpass-keys",
            "/no/such/page",
            "/api/v1/nothing",
            "/api/v1/people/1",
        ] {
            let answer = reqwest::get(format!("{base}{path}")).await.unwrap();
            let header = |name: &str| {
                let value = answer.headers().get(name);
                value.map_or("", |value| value.to_str().unwrap()).to_owned()
            };
            assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
            assert_eq!(
                header("cross-origin-resource-policy"),
                "same-origin",
                "{path}"
            );
            let policy = header("content-security-policy");
            assert!(
                policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe-inline"),
                "{path}"
            );
            if header("content-type").contains("json") {
                assert!(policy.contains("default-src 'none'"), "{path}");
            } else {
                assert!(
                    policy.contains("default-src 'self'") && policy.contains("form-action 'self'"),
                    "{path}"
                );
                assert_eq!(header("referrer-policy"), "no-referrer", "{path}");
                assert_eq!(header("cross-origin-opener-policy"), "same-origin");
                assert!(header("permissions-policy").contains("geolocation=()"));
                pages += 1;
            }
            assert_eq!(
                header("strict-transport-security"),
                "",
                "plain HTTP must not promise TLS"
            );
            if path.starts_with("/api/") {
                assert_eq!(header("cache-control"), "no-store", "{path}");
            }
        }
    }
    assert!(pages > 0, "not every answer is JSON");
}

#[tokio::test]
async fn other_sites_can_change_nothing() {
    let test = TestApp::start().await;
    for (caller, base) in [
        (test.anonymous(), &test.staff),
        (test.resident(), &test.public),
    ] {
        let host = base.strip_prefix("http://").unwrap();
        let ask = |method: Method, headers: Vec<(&'static str, String)>| {
            let mut request = caller.request(method, "/api/v1/sessions");
            for (name, value) in headers {
                request = request.header(name, value);
            }
            caller.send(request.json(&json!({ "username": "a", "password": "b" })))
        };
        for foreign in [
            vec![("origin", "https://evil.example".to_owned())],
            vec![("origin", "null".to_owned())],
            vec![("sec-fetch-site", "cross-site".to_owned())],
            vec![("sec-fetch-site", "same-site".to_owned())],
            vec![
                ("sec-fetch-site", "cross-site".to_owned()),
                ("origin", base.clone()),
            ],
        ] {
            ask(Method::POST, foreign.clone())
                .await
                .problem(403, "cross_site");
            ask(Method::DELETE, foreign)
                .await
                .problem(403, "cross_site");
        }
        for own in [
            vec![],
            vec![("origin", format!("https://{host}"))],
            vec![("sec-fetch-site", "same-origin".to_owned())],
        ] {
            let answer = ask(Method::POST, own).await;
            assert_ne!(answer.status.as_u16(), 403);
        }
    }
}

/// A listener with short bounds; its address, and what stops it when dropped.
async fn listener(router: Router, bounds: Bounds) -> (String, watch::Sender<bool>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(answer(listener, router, (None, bounds), stopped));
    (address, stop)
}

/// Everything the server says until it closes, and after how long.
async fn until_closed(stream: &mut TcpStream) -> (String, Duration) {
    let begun = Instant::now();
    let mut said = Vec::new();
    let read = tokio::time::timeout(FAR, stream.read_to_end(&mut said)).await;
    // A reset is a close, too.
    let _reset = read.expect("the server closes by itself");
    (String::from_utf8_lossy(&said).into_owned(), begun.elapsed())
}

#[tokio::test]
async fn a_head_that_trickles_in_is_cut_off() {
    let bounds = Bounds {
        head_timeout: Duration::from_millis(300),
        ..Bounds::default()
    };
    let router = Router::new().route("/", get(|| async { "here" }));
    let (address, _stop) = listener(router, bounds).await;
    let mut slow = TcpStream::connect(&address).await.unwrap();
    slow.write_all(b"GET / HTTP/1.1\r\nhost: x\r\nx-a: ")
        .await
        .unwrap();
    let (said, after) = until_closed(&mut slow).await;
    assert!(!said.contains("here") && after < FAR, "{said}");
    let mut idle = TcpStream::connect(&address).await.unwrap();
    idle.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .unwrap();
    let (said, _) = until_closed(&mut idle).await;
    assert!(
        said.ends_with("here"),
        "answered, then closed for idling: {said}"
    );
}

#[tokio::test]
async fn no_more_connections_than_allowed_are_served_at_once() {
    let bounds = Bounds {
        connections_max: 2,
        ..Bounds::default()
    };
    let router = Router::new().route("/", get(|| async { "here" }));
    let (address, _stop) = listener(router, bounds).await;
    let ask = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";
    let mut open = Vec::new();
    for _ in 0..2 {
        let mut stream = TcpStream::connect(&address).await.unwrap();
        stream.write_all(ask).await.unwrap();
        let mut first = [0; 1];
        stream.read_exact(&mut first).await.unwrap();
        open.push(stream);
    }
    let mut third = TcpStream::connect(&address).await.unwrap();
    third.write_all(ask).await.unwrap();
    let mut first = [0; 1];
    let early = tokio::time::timeout(Duration::from_millis(200), third.read_exact(&mut first));
    assert!(early.await.is_err(), "the third waits");
    open.pop();
    tokio::time::timeout(FAR, third.read_exact(&mut first))
        .await
        .unwrap()
        .unwrap();
}

#[tokio::test]
async fn slow_bodies_and_slow_handlers_are_given_up() {
    let times = Times {
        body_idle: Duration::from_millis(200),
        handler: Duration::from_millis(500),
    };
    let router = Router::new()
        .route(
            "/read",
            post(|body: axum::body::Bytes| async move { body.len().to_string() }),
        )
        .route("/wait", get(std::future::pending::<&str>))
        .layer(from_fn_with_state(times, bounds::bound));
    let (address, _stop) = listener(router, Bounds::default()).await;
    let head = "POST /read HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n";
    for (sent, expected) in [
        (format!("{head}0123456789"), "\r\n\r\n10"),
        (format!("{head}0"), "HTTP/1.1 4"),
        (
            "GET /wait HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".to_owned(),
            "request_timeout",
        ),
    ] {
        let mut stream = TcpStream::connect(&address).await.unwrap();
        stream.write_all(sent.as_bytes()).await.unwrap();
        let mut said = String::new();
        let deadline = tokio::time::Instant::now() + FAR;
        while !said.contains(expected) {
            let mut some = [0; 1024];
            let read = tokio::time::timeout_at(deadline, stream.read(&mut some))
                .await
                .unwrap()
                .unwrap();
            assert!(read > 0, "closed after {said}");
            said.push_str(&String::from_utf8_lossy(&some[..read]));
        }
    }
}

/// Writes a new self-signed certificate for `localhost` and its key.
fn certificate(dir: &Path, name: &str) -> [String; 2] {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let [cert, key] = ["pem", "key"].map(|end| dir.join(format!("{name}.{end}")));
    std::fs::write(&cert, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    [cert, key].map(|path| path.display().to_string())
}

/// Asks over TLS, trusting only this certificate.
async fn ask_tls(port: u16, trusted: &str) -> std::io::Result<String> {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_file(trusted).unwrap())
        .unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(("127.0.0.1", port)).await?;
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream = TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await?;
    let ask = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    stream.write_all(ask).await?;
    let mut said = String::new();
    stream.read_to_string(&mut said).await?;
    Ok(said)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_listeners_speak_tls_and_take_a_renewed_certificate() {
    let outside = tempfile::tempdir().unwrap();
    let [cert, key] = certificate(outside.path(), "served");
    let site = Site::new();
    let half = end_of(&mut site.command(&["serve", "--tls-cert", &cert]));
    assert_eq!(half.status.code(), Some(2), "a certificate without a key");
    let server = site.serve(&["--tls-cert", &cert, "--tls-key", &key]);
    let port = |address: &str| address.rsplit(':').next().unwrap().parse::<u16>().unwrap();
    assert!(server.staff.starts_with("https://"), "{}", server.staff);
    let staff = port(&server.staff);
    let first = std::fs::read_to_string(&cert).unwrap();
    let kept = outside.path().join("first.pem");
    std::fs::write(&kept, first).unwrap();
    let kept = kept.display().to_string();
    let said = ask_tls(staff, &kept).await.unwrap();
    assert!(
        said.starts_with("HTTP/1.1 200") && said.ends_with("ok"),
        "{said}"
    );
    assert!(
        said.contains("strict-transport-security: max-age="),
        "{said}"
    );
    let plain = reqwest::get(format!("http://127.0.0.1:{staff}/healthz")).await;
    assert!(plain.is_err(), "plain HTTP is not answered on a TLS port");

    certificate(outside.path(), "served");
    send(server.pid(), Signal::HUP);
    let begun = Instant::now();
    while ask_tls(staff, &cert).await.is_err() {
        assert!(
            begun.elapsed() < FAR,
            "the renewed certificate is not served"
        );
        tokio::task::yield_now().await;
    }
    assert!(
        ask_tls(staff, &kept).await.is_err(),
        "the former is not served any more"
    );
    std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    assert!(server.terminate().success());
    let open = site.refusal(
        site.command(&["serve", "--tls-cert", &cert, "--tls-key", &key]),
        78,
    );
    assert!(open.contains("chmod 600"), "{open}");
}

/// The test cluster behind TLS, as a server of one's own would offer it; the port.
async fn database_behind_tls(socket: std::path::PathBuf, cert: &str, key: &str) -> u16 {
    let tls = Arc::new(gridpass::boot::tls::Tls::open(Path::new(cert), Path::new(key)).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let (tls, socket) = (tls.clone(), socket.clone());
            tokio::spawn(async move {
                // The SSLRequest of the protocol: length 8, code 80877103.
                let mut request = [0; 8];
                stream.read_exact(&mut request).await.unwrap();
                if request != [0, 0, 0, 8, 4, 210, 22, 47] {
                    return;
                }
                stream.write_all(b"S").await.unwrap();
                let Ok(mut outer) = tls.acceptor().accept(stream).await else {
                    return;
                };
                let mut inner = tokio::net::UnixStream::connect(&socket).await.unwrap();
                let _ended = tokio::io::copy_bidirectional(&mut outer, &mut inner).await;
            });
        }
    });
    port
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_of_ones_own_is_reached_over_tls_and_must_prove_its_name() {
    let config = cluster::new_database().await;
    let tokio_postgres::config::Host::Unix(folder) = &config.get_hosts()[0] else {
        panic!("the test cluster listens on a socket");
    };
    let number = config.get_ports().first().copied().unwrap_or(5432);
    let socket = folder.join(format!(".s.PGSQL.{number}"));
    let outside = tempfile::tempdir().unwrap();
    let [cert, key] = certificate(outside.path(), "database");
    let [other, _] = certificate(outside.path(), "other");
    let port = database_behind_tls(socket, &cert, &key).await;
    let connect = |host: &str, query: String| {
        let database = config.get_dbname().unwrap();
        let user = config.get_user().unwrap();
        let url = format!("postgres://{user}@{host}:{port}/{database}?{query}");
        async move {
            let (connect, tls) = read_address(&url).unwrap();
            Db::connect(DbConfig::new(Logins::through(connect)).with_tls(tls)).await
        }
    };
    let full = |file: &str| format!("sslmode=verify-full&sslrootcert={file}");
    let db = connect("localhost", full(&cert)).await.unwrap();
    db.ping().await.unwrap();
    connect("localhost", "sslmode=require".to_owned())
        .await
        .unwrap();
    let stranger = connect("localhost", full(&other)).await;
    assert!(stranger.is_err(), "another authority");
    let misnamed = connect("127.0.0.1", full(&cert)).await;
    assert!(misnamed.is_err(), "another name than the certificate's");
}
