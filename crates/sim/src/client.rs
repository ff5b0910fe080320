//! Plain HTTP to a running server. A refusal becomes a sentence that names the
//! call, the status and what the server said; 503 is waited out and tried again.

use std::time::Duration;

use anyhow::{Context, Result};
use reqwest::{Method, RequestBuilder, Response, StatusCode, header};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Tries of one call while the server answers 503.
const TRIES_MAX: u32 = 30;
/// A wait between tries at most, whatever `Retry-After` says.
const WAIT_MAX: Duration = Duration::from_secs(5);

/// The server's refusal of a call.
#[derive(Debug, thiserror::Error)]
#[error("{call} was refused with {status} ({code}): {detail}")]
pub struct Refused {
    /// Method and path.
    pub call: String,
    /// HTTP status.
    pub status: u16,
    /// Stable code of the problem, or `-`.
    pub code: String,
    /// What the server said, with the fields it names.
    pub detail: String,
}

/// A caller of one listener.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    token: Option<String>,
}

impl Client {
    /// A caller of `base` (`http://host:port`) without a token.
    ///
    /// # Errors
    /// When the HTTP client cannot be set up.
    pub fn new(base: &str) -> Result<Self> {
        let http = reqwest::Client::builder()
            .no_proxy()
            .tcp_nodelay(true)
            .connect_timeout(Duration::from_secs(5))
            .build()
            .context("the HTTP client could not be set up")?;
        Ok(Self {
            http,
            base: base.trim_end_matches('/').to_owned(),
            token: None,
        })
    }

    /// The same caller with a bearer token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self {
            token: Some(token.to_owned()),
            ..self.clone()
        }
    }

    /// Reads.
    ///
    /// # Errors
    /// When nothing answers, or the server refuses, or the answer has another form.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        self.call(Method::GET, path, |request| request).await
    }

    /// The sum of all series of a metric.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub async fn metric_sum(&self, name: &str) -> Result<f64> {
        let response = self
            .send(Method::GET, "/metrics", |request| request)
            .await?;
        let text = response
            .text()
            .await
            .context("the server's metrics broke off")?;
        let series = text.lines().filter(|line| line.starts_with(name));
        Ok(series
            .filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
            .sum())
    }

    /// Sends JSON.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T> {
        let bytes = serde_json::to_vec(body)?;
        self.call(Method::POST, path, |request| json(request, &bytes))
            .await
    }

    /// Sends JSON; the answer's body does not matter.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub async fn post_empty(&self, path: &str, body: &impl Serialize) -> Result<()> {
        let bytes = serde_json::to_vec(body)?;
        self.send(Method::POST, path, |request| json(request, &bytes))
            .await
            .map(drop)
    }

    /// Replaces with JSON; the answer's body does not matter.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub async fn put(&self, path: &str, body: &impl Serialize) -> Result<()> {
        let bytes = serde_json::to_vec(body)?;
        self.send(Method::PUT, path, |request| json(request, &bytes))
            .await
            .map(drop)
    }

    /// Sends JSON that a device signed as a whole.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub async fn post_signed<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &[u8],
        signature: &str,
    ) -> Result<T> {
        self.call(Method::POST, path, |request| {
            json(request, body).header("x-device-signature", signature)
        })
        .await
    }

    /// Sends nothing but that a device is there, too: its own token beside the caller's.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub async fn post_as_device<T: DeserializeOwned>(
        &self,
        path: &str,
        device_token: &str,
    ) -> Result<T> {
        self.call(Method::POST, path, |request| {
            request.header("x-device-token", device_token)
        })
        .await
    }

    /// Whether both show the same token.
    pub fn is_same_caller(&self, other: &Self) -> bool {
        self.token == other.token
    }

    /// Sends a CSV file that fits in memory.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub async fn post_csv<T: DeserializeOwned>(&self, path: &str, body: Vec<u8>) -> Result<T> {
        let body = bytes::Bytes::from(body);
        self.call(Method::POST, path, |request| {
            request
                .header(header::CONTENT_TYPE, "text/csv")
                .body(body.clone())
        })
        .await
    }

    /// Sends a CSV file chunk by chunk while it is made. Not tried again: the chunks are gone.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub async fn stream_csv<T, I>(&self, path: &str, chunks: I) -> Result<T>
    where
        T: DeserializeOwned,
        I: Iterator<Item = Vec<u8>> + Send + 'static,
    {
        let stream = futures_util::stream::iter(chunks.map(Ok::<_, std::io::Error>));
        let request = self
            .request(Method::POST, path)
            .header(header::CONTENT_TYPE, "text/csv")
            .body(reqwest::Body::wrap_stream(stream));
        let response = request
            .send()
            .await
            .map_err(|error| self.unreachable(error))?;
        read(accept(response, &Method::POST, path).await?, path).await
    }

    async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        fill: impl Fn(RequestBuilder) -> RequestBuilder,
    ) -> Result<T> {
        read(self.send(method, path, fill).await?, path).await
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        fill: impl Fn(RequestBuilder) -> RequestBuilder,
    ) -> Result<Response> {
        for _ in 1..TRIES_MAX {
            let request = fill(self.request(method.clone(), path));
            let response = request
                .send()
                .await
                .map_err(|error| self.unreachable(error))?;
            if response.status() != StatusCode::SERVICE_UNAVAILABLE {
                return accept(response, &method, path).await;
            }
            tokio::time::sleep(retry_after(&response)).await;
        }
        let request = fill(self.request(method.clone(), path));
        accept(
            request
                .send()
                .await
                .map_err(|error| self.unreachable(error))?,
            &method,
            path,
        )
        .await
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    fn unreachable(&self, error: reqwest::Error) -> anyhow::Error {
        if error.is_connect() {
            return anyhow::anyhow!(
                "nothing answers at {}; is the server running there?",
                self.base
            );
        }
        anyhow::Error::new(error.without_url())
            .context(format!("the connection to {} broke off", self.base))
    }
}

fn json(request: RequestBuilder, body: &[u8]) -> RequestBuilder {
    request
        .header(header::CONTENT_TYPE, "application/json")
        .body(body.to_vec())
}

fn retry_after(response: &Response) -> Duration {
    let seconds = response
        .headers()
        .get(header::RETRY_AFTER)
        .and_then(|value| value.to_str().ok()?.parse().ok());
    Duration::from_secs(seconds.unwrap_or(1)).clamp(Duration::from_millis(100), WAIT_MAX)
}

async fn accept(response: Response, method: &Method, path: &str) -> Result<Response> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let problem: serde_json::Value = response.json().await.unwrap_or_default();
    let text = |key: &str| problem[key].as_str().unwrap_or_default().to_owned();
    let fields: Vec<String> = problem["fields"]
        .as_array()
        .into_iter()
        .flatten()
        .map(field_sentence)
        .collect();
    let detail = [text("title"), text("detail"), fields.join("; ")];
    let mut detail: Vec<&str> = detail
        .iter()
        .map(String::as_str)
        .filter(|part| !part.is_empty())
        .collect();
    detail.dedup();
    Err(anyhow::Error::new(Refused {
        call: format!("{method} {path}"),
        status: status.as_u16(),
        code: problem["code"].as_str().unwrap_or("-").to_owned(),
        detail: detail.join(": "),
    }))
}

fn field_sentence(field: &serde_json::Value) -> String {
    let text = |key: &str| field[key].as_str().unwrap_or_default();
    format!("{} {} {}", text("field"), text("code"), text("message"))
}

async fn read<T: DeserializeOwned>(response: Response, path: &str) -> Result<T> {
    let body = response
        .bytes()
        .await
        .with_context(|| format!("the answer to {path} broke off"))?;
    serde_json::from_slice(&body)
        .with_context(|| format!("the answer to {path} has an unexpected form"))
}

/// Whether `error` is a refusal with this stable code.
pub fn refused_with_code(error: &anyhow::Error, code: &str) -> bool {
    error
        .downcast_ref::<Refused>()
        .is_some_and(|refused| refused.code == code)
}

/// Whether `error` is a refusal with `status`.
pub fn refused_with(error: &anyhow::Error, status: u16) -> bool {
    error
        .downcast_ref::<Refused>()
        .is_some_and(|refused| refused.status == status)
}
