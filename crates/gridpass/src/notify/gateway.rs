//! The way out to people's phones: a gateway behind a trait.
//!
//! In production it is a webhook: the operator's own relay to a text message provider takes a
//! POST and answers 2xx once the message is its own. A demo without one writes messages to the
//! server's log, so that whoever shows the demo can read the code.

use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::time::Duration;

use hmac::Mac;
use jiff::Timestamp;
use serde_json::json;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::model::TextMessage;
use crate::config::TextConfig;
use crate::outbound;

/// How long one delivery to the gateway may take.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Bytes a shared secret has at least.
const SECRET_BYTES_MIN: usize = 16;
/// Header with time and signature.
const SIGNATURE_HEADER: &str = "x-gridpass-signature";

/// Why a message was not taken.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// The gateway will not take it, now or later.
    #[error("the gateway refused the message with status {0}")]
    Refused(u16),
    /// The gateway may take it later.
    #[error("the gateway did not take the message: {0}")]
    Unavailable(String),
}

/// A delivery under way.
pub type Sending<'a> = Pin<Box<dyn Future<Output = Result<(), GatewayError>> + Send + 'a>>;

/// Takes text messages.
pub trait Gateway: Send + Sync {
    /// Hands one message over. It may be handed over again under the same number when the
    /// answer was lost.
    fn send<'a>(&'a self, message: &'a TextMessage, now: Timestamp) -> Sending<'a>;
}

/// The gateway of this installation, if it has one.
pub struct Texts(Option<Box<dyn Gateway>>);

impl Texts {
    /// With a gateway, or without.
    pub fn new(gateway: Option<Box<dyn Gateway>>) -> Self {
        Self(gateway)
    }

    /// The gateway.
    pub fn gateway(&self) -> Option<&dyn Gateway> {
        self.0.as_deref()
    }
}

/// Writes messages to the log. Demo only: a real code must not be in a log.
pub struct Console;

impl Gateway for Console {
    fn send<'a>(&'a self, message: &'a TextMessage, _now: Timestamp) -> Sending<'a> {
        tracing::info!(
            phone = message.phone.masked(),
            text = message.words.zh,
            "text message (demo: no gateway)"
        );
        Box::pin(std::future::ready(Ok(())))
    }
}

/// Why there is no usable gateway: sentences for the operator.
#[derive(Debug, thiserror::Error)]
pub enum GatewayConfigError {
    /// Not an address that can be used.
    #[error(
        "--sms-webhook-url must be an http:// address of this host or of a private network, \
         like http://127.0.0.1:9000/sms; put a relay there that speaks TLS to your provider"
    )]
    Url,
    /// No secret, or one that is too short.
    #[error(
        "the text message webhook needs a secret of {SECRET_BYTES_MIN} characters or more: \
         name a file with --sms-webhook-secret-file, or set GRIDPASS_SMS_WEBHOOK_SECRET"
    )]
    Secret,
    /// The file cannot be read.
    #[error("the secret of the text message webhook cannot be read from {}: {source}", path.display())]
    SecretFile {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The HTTP client cannot be set up.
    #[error("the HTTP client cannot be set up: {0}")]
    Client(#[source] reqwest::Error),
}

/// The gateway that the settings name; a demo without one has the console.
///
/// # Errors
/// [`GatewayConfigError`].
pub fn open(
    config: &TextConfig,
    demo: bool,
) -> Result<Option<Box<dyn Gateway>>, GatewayConfigError> {
    match &config.sms_webhook_url {
        Some(url) => Ok(Some(Box::new(Webhook::new(url, secret(config)?)?))),
        None if demo => Ok(Some(Box::new(Console))),
        None => Ok(None),
    }
}

fn secret(config: &TextConfig) -> Result<Zeroizing<Vec<u8>>, GatewayConfigError> {
    let text = match &config.sms_webhook_secret_file {
        Some(path) => std::fs::read_to_string(path).map_err(|source| {
            let path = path.clone();
            GatewayConfigError::SecretFile { path, source }
        })?,
        // Not a flag: what is on a command line can be read by every account.
        None => std::env::var("GRIDPASS_SMS_WEBHOOK_SECRET").unwrap_or_default(),
    };
    let secret = Zeroizing::new(text.trim().as_bytes().to_vec());
    if secret.len() < SECRET_BYTES_MIN {
        return Err(GatewayConfigError::Secret);
    }
    Ok(secret)
}

/// Posts messages to an address of the operator.
pub struct Webhook {
    http: reqwest::Client,
    url: reqwest::Url,
    secret: Zeroizing<Vec<u8>>,
}

impl Webhook {
    /// To `url`, signing with `secret`.
    ///
    /// # Errors
    /// [`GatewayConfigError`].
    pub fn new(url: &str, secret: Zeroizing<Vec<u8>>) -> Result<Self, GatewayConfigError> {
        let url = reqwest::Url::parse(url).map_err(|_| GatewayConfigError::Url)?;
        if !outbound::is_near(&url) {
            return Err(GatewayConfigError::Url);
        }
        let http = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(GatewayConfigError::Client)?;
        Ok(Self { http, url, secret })
    }

    async fn post(&self, message: &TextMessage, now: Timestamp) -> Result<(), GatewayError> {
        let body = json!({
            "message_id": message.message_id, "kind": message.kind.as_str(),
            "phone": message.phone.expose(),
            "text_zh": message.words.zh, "text_en": message.words.en,
        })
        .to_string();
        let signature = signature(&self.secret, now.as_second(), &body);
        let request = self
            .http
            .post(self.url.clone())
            .header("content-type", "application/json")
            .header(SIGNATURE_HEADER, signature)
            .body(body);
        let answer = request.send().await.map_err(|error| {
            // The address may hold a name or a token of the operator's.
            GatewayError::Unavailable(error.without_url().to_string())
        })?;
        match answer.status().as_u16() {
            200..300 => Ok(()),
            status @ (408 | 425 | 429 | 500..) => {
                Err(GatewayError::Unavailable(format!("status {status}")))
            }
            status => Err(GatewayError::Refused(status)),
        }
    }
}

impl Gateway for Webhook {
    fn send<'a>(&'a self, message: &'a TextMessage, now: Timestamp) -> Sending<'a> {
        Box::pin(self.post(message, now))
    }
}

/// `t=<seconds>,v1=<hex>`: HMAC-SHA-256 over the seconds, a full stop, and the body.
fn signature(secret: &[u8], second: i64, body: &str) -> String {
    let mut mac = <hmac::Hmac<Sha256> as hmac::KeyInit>::new_from_slice(secret)
        .expect("HMAC takes a key of any length");
    mac.update(format!("{second}.{body}").as_bytes());
    let hex: String = mac
        .finalize()
        .into_bytes()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("t={second},v1={hex}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_stays_near() {
        let open = |url: &str| Webhook::new(url, Zeroizing::new(vec![1; 16])).is_ok();
        for near in [
            "http://127.0.0.1:9/sms",
            "http://[::1]/sms",
            "http://10.1.2.3/",
            "http://relay:9000/sms",
        ] {
            assert!(open(near), "{near}");
        }
        for far in [
            "http://8.8.8.8/sms",
            "http://sms.example.com/",
            "https://127.0.0.1/",
            "ftp://127.0.0.1/",
            "sms",
        ] {
            assert!(!open(far), "{far}");
        }
    }

    #[test]
    fn the_signature_is_hmac_sha256_over_time_and_body() {
        // Computed with: printf '7.{}' | openssl dgst -sha256 -hmac 0123456789abcdef
        let expected = "3cd0ad802237a2c96b7ee3b06705b7350cc8cf0ba4123033d13eda91ad9c4ec2";
        assert_eq!(
            signature(b"0123456789abcdef", 7, "{}"),
            format!("t=7,v1={expected}")
        );
    }
}
