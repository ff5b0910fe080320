//! The identity provider: where it is, what it says of itself, and its keys.
//!
//! Nothing is asked of it before somebody signs in, so a provider that is down keeps nobody
//! else out. What it says of itself is kept for minutes, its keys for an hour; a key that is
//! not known makes them be read anew, at most once a minute.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use reqwest::Url;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::sync::Mutex;
use zeroize::Zeroizing;

use super::token::{self, Expected, Identity, KeySet, TokenError};
use crate::config::{IdentityConfig, ProviderFactor};
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult};
use crate::outbound::{Answer, Outbound, is_near, may_call};

/// How long what the provider says of itself is kept.
const ABOUT_LIFE: SignedDuration = SignedDuration::from_mins(10);
/// How long its keys are kept.
const KEYS_LIFE: SignedDuration = SignedDuration::from_hours(1);
/// How long at least, whatever keys are asked for.
const KEYS_PAUSE: SignedDuration = SignedDuration::from_mins(1);

/// Why there is no usable provider: sentences for the operator.
#[derive(Debug, thiserror::Error)]
pub enum ProviderConfigError {
    /// Not an address that can be used.
    #[error(
        "{0} must be an https:// address, or an http:// address of this host or of a private \
         network, without a part after # or ?"
    )]
    Url(&'static str),
    /// An issuer alone is not enough.
    #[error("--oidc-issuer also needs --oidc-client-id and --oidc-redirect-url")]
    Incomplete,
    /// The file cannot be read.
    #[error("the secret at the identity provider cannot be read from {}: {source}", path.display())]
    SecretFile {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The authorities cannot be used.
    #[error("--oidc-authorities {0}")]
    Authorities(String),
}

/// The provider, if there is one.
pub struct Provider(Option<Given>);

/// A provider with all that is known of it.
pub struct Given {
    /// Issuer, to the letter.
    pub issuer: String,
    /// Our name there.
    pub client_id: String,
    /// Address of our console, registered there.
    pub redirect_url: String,
    client_secret: Option<Zeroizing<String>>,
    factor: ProviderFactor,
    outbound: Outbound,
    about: Mutex<Option<Kept<About>>>,
    keys: Mutex<Option<Kept<KeySet>>>,
}

/// Something the provider said, and when.
struct Kept<T> {
    at: Timestamp,
    value: Arc<T>,
}

impl<T> Kept<T> {
    /// The value, while it is younger than `life`; a clock that was set back makes it old.
    fn within(&self, life: SignedDuration, now: Timestamp) -> Option<Arc<T>> {
        let age = now.duration_since(self.at);
        (SignedDuration::ZERO..life)
            .contains(&age)
            .then(|| self.value.clone())
    }
}

/// What a provider says of itself (OpenID Connect Discovery 1.0 §3).
#[derive(Deserialize)]
struct Description {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    /// Absent means basic authentication only.
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
}

/// The same, as far as we use it.
struct About {
    authorization_endpoint: Url,
    token_endpoint: Url,
    jwks_uri: Url,
    /// Name and secret go into the header rather than into the form.
    basic: bool,
}

impl Description {
    /// Checks it. Only a provider that is near itself may send us, or browsers, near.
    fn checked(self, issuer: &str, near: bool) -> Result<About, &'static str> {
        if self.issuer != issuer {
            return Err("it names another issuer");
        }
        let address = |text: &str| {
            let url = Url::parse(text).ok();
            url.filter(|url| url.scheme() == "https" || (near && is_near(url)))
                .ok_or("an address in it is not https://")
        };
        let methods = self.token_endpoint_auth_methods_supported;
        Ok(About {
            authorization_endpoint: address(&self.authorization_endpoint)?,
            token_endpoint: address(&self.token_endpoint)?,
            jwks_uri: address(&self.jwks_uri)?,
            basic: methods.is_none_or(|all| all.iter().any(|one| one == "client_secret_basic")),
        })
    }
}

#[derive(Deserialize)]
struct Tokens {
    id_token: String,
}

impl Provider {
    /// The one that the settings name, if they name one.
    ///
    /// # Errors
    /// [`ProviderConfigError`].
    pub fn open(config: &IdentityConfig) -> Result<Self, ProviderConfigError> {
        let Some(issuer) = config.oidc_issuer.clone() else {
            return Ok(Self(None));
        };
        let incomplete = || ProviderConfigError::Incomplete;
        let client_id = config.oidc_client_id.clone().ok_or_else(incomplete)?;
        let redirect_url = config.oidc_redirect_url.clone().ok_or_else(incomplete)?;
        for (name, address) in [
            ("--oidc-issuer", &issuer),
            ("--oidc-redirect-url", &redirect_url),
        ] {
            let url = Url::parse(address)
                .ok()
                .filter(|url| may_call(url) && url.query().is_none() && url.fragment().is_none());
            url.ok_or(ProviderConfigError::Url(name))?;
        }
        let outbound = Outbound::new(config.oidc_authorities.as_deref());
        Ok(Self(Some(Given {
            issuer,
            client_id,
            redirect_url,
            client_secret: secret(config)?,
            factor: config.oidc_second_factor,
            outbound: outbound.map_err(ProviderConfigError::Authorities)?,
            about: Mutex::default(),
            keys: Mutex::default(),
        })))
    }

    /// The provider; 404 when there is none.
    pub fn given(&self) -> ApiResult<&Given> {
        self.0.as_ref().ok_or_else(|| Code::NotFound.into())
    }
}

fn secret(config: &IdentityConfig) -> Result<Option<Zeroizing<String>>, ProviderConfigError> {
    let text = match &config.oidc_client_secret_file {
        Some(path) => std::fs::read_to_string(path).map_err(|source| {
            let path = path.clone();
            ProviderConfigError::SecretFile { path, source }
        })?,
        // Not a flag: what is on a command line can be read by every account.
        None => std::env::var("GRIDPASS_OIDC_CLIENT_SECRET").unwrap_or_default(),
    };
    let text = Zeroizing::new(text);
    let trimmed = text.trim();
    Ok((!trimmed.is_empty()).then(|| Zeroizing::new(trimmed.to_owned())))
}

impl Given {
    /// Whether somebody who came this way has shown a second factor.
    pub fn counts_as_factor(&self, told: bool) -> bool {
        match self.factor {
            ProviderFactor::Told => told,
            ProviderFactor::Always => true,
            ProviderFactor::Never => false,
        }
    }

    /// Where browsers are sent to sign in.
    pub async fn authorization_endpoint(&self, now: Timestamp) -> ApiResult<Url> {
        Ok(self.about(now).await?.authorization_endpoint.clone())
    }

    async fn about(&self, now: Timestamp) -> ApiResult<Arc<About>> {
        let mut kept = self.about.lock().await;
        if let Some(about) = kept.as_ref().and_then(|kept| kept.within(ABOUT_LIFE, now)) {
            return Ok(about);
        }
        let base = self.issuer.trim_end_matches('/');
        let url = format!("{base}/.well-known/openid-configuration");
        let url = Url::parse(&url).map_err(|error| unwell("its address", error))?;
        let said: Description = read(self.outbound.get(&url).await, "its description")?;
        let about = said.checked(&self.issuer, is_near(&url));
        let about = about.map_err(|reason| unwell("its description", reason))?;
        let value = Arc::new(about);
        *kept = Some(Kept {
            at: now,
            value: value.clone(),
        });
        Ok(value)
    }

    /// The keys; with `anew`, those of a minute ago at the oldest.
    async fn keys(&self, now: Timestamp, anew: bool) -> ApiResult<Arc<KeySet>> {
        let about = self.about(now).await?;
        let mut kept = self.keys.lock().await;
        let life = if anew { KEYS_PAUSE } else { KEYS_LIFE };
        if let Some(keys) = kept.as_ref().and_then(|kept| kept.within(life, now)) {
            return Ok(keys);
        }
        let keys: KeySet = read(self.outbound.get(&about.jwks_uri).await, "its keys")?;
        let value = Arc::new(keys);
        *kept = Some(Kept {
            at: now,
            value: value.clone(),
        });
        Ok(value)
    }

    /// Exchanges a code for an identity token.
    pub async fn exchange(&self, code: &str, verifier: &str, now: Timestamp) -> ApiResult<String> {
        let about = self.about(now).await?;
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.redirect_url),
            ("client_id", &self.client_id),
            ("code_verifier", verifier),
        ];
        let secret = self.client_secret.as_ref().map(|secret| secret.as_str());
        let pair = secret.filter(|_| about.basic);
        if let Some(secret) = secret.filter(|_| !about.basic) {
            form.push(("client_secret", secret));
        }
        let pair = pair.map(|secret| (self.client_id.as_str(), secret));
        let sent = self.outbound.post_form(&about.token_endpoint, &form, pair);
        let answer = sent.await;
        // 400 is the provider's no to this code (RFC 6749 §5.2), which is not its fault.
        if answer.as_ref().is_ok_and(|answer| answer.status == 400) {
            return Err(refused("the code was not taken"));
        }
        let tokens: Tokens = read(answer, "its token endpoint")?;
        Ok(tokens.id_token)
    }

    /// Who a token names, if it is the provider's and for us now.
    pub async fn believe(&self, id_token: &str, expected: &Expected<'_>) -> ApiResult<Identity> {
        let now = expected.now;
        let keys = self.keys(now, false).await?;
        let mut judged = token::verify(id_token, &keys, expected);
        if judged == Err(TokenError::Key) {
            let keys = self.keys(now, true).await?;
            judged = token::verify(id_token, &keys, expected);
        }
        judged.map_err(refused)
    }
}

fn read<T: DeserializeOwned>(
    answer: Result<Answer, crate::outbound::OutboundError>,
    what: &'static str,
) -> ApiResult<T> {
    let answer = answer.map_err(|error| unwell(what, error))?;
    if !answer.status.is_success() {
        return Err(unwell(what, answer.status));
    }
    // What cannot be read is not repeated: it may hold a token.
    serde_json::from_slice(&answer.body).map_err(|_| unwell(what, "it is not of the expected form"))
}

/// The provider does not do its part: 503, logged with what.
fn unwell(what: &'static str, error: impl std::fmt::Display) -> ApiError {
    tracing::warn!(what, %error, "the identity provider cannot be used");
    Code::IdentityProviderDown.into()
}

/// The answer is not believed; why is for the log.
fn refused(why: impl std::fmt::Display) -> ApiError {
    tracing::warn!(%why, "an identity provider's answer was refused");
    Code::IdentityRefused.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(issuer: &str, redirect_url: &str) -> IdentityConfig {
        IdentityConfig {
            oidc_issuer: Some(issuer.to_owned()),
            oidc_client_id: Some("c".to_owned()),
            oidc_redirect_url: Some(redirect_url.to_owned()),
            ..IdentityConfig::default()
        }
    }

    #[test]
    fn a_provider_is_far_by_tls_only_and_its_settings_are_whole() {
        let good = "https://idp.example/realm";
        assert!(Provider::open(&config(good, "https://staff.example/")).is_ok());
        assert!(Provider::open(&config("http://127.0.0.1:9", "http://localhost:8081/")).is_ok());
        let error = |config: &IdentityConfig| Provider::open(config).err().unwrap().to_string();
        for (issuer, redirect_url, named) in [
            ("http://idp.example", good, "--oidc-issuer"),
            ("idp", good, "--oidc-issuer"),
            ("https://idp.example/?realm=1", good, "--oidc-issuer"),
            (good, "http://staff.example/", "--oidc-redirect-url"),
            (good, "https://staff.example/#/x", "--oidc-redirect-url"),
        ] {
            assert!(error(&config(issuer, redirect_url)).starts_with(named));
        }
        let mut half = config(good, good);
        half.oidc_redirect_url = None;
        assert!(error(&half).contains("also needs"));
        let mut missing = config(good, good);
        missing.oidc_client_secret_file = Some("no/such/file".into());
        assert!(error(&missing).contains("no/such/file"));
        let mut authorities = config(good, good);
        authorities.oidc_authorities = Some("no/such/file".into());
        assert!(error(&authorities).starts_with("--oidc-authorities no/such/file"));
        assert!(
            Provider::open(&IdentityConfig::default())
                .unwrap()
                .given()
                .is_err()
        );
    }
}
