//! One error type for every handler: RFC 9457 problem+json with a stable code.

use std::borrow::Cow;

use axum::Json;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::code::Code;
use crate::db::{DbError, DbErrorKind};

/// Seconds a client waits before it tries again after 503.
const RETRY_AFTER_S: u32 = 1;

/// What is wrong with one field.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct FieldError {
    /// The field, as named in the request; `row 12, contact` in tables.
    pub field: String,
    /// Stable code of the reason.
    pub code: String,
    /// The reason in English; never repeats the value.
    pub message: String,
    /// The reason in Chinese.
    pub message_zh: String,
}

impl FieldError {
    /// A field error with words in both languages.
    pub fn new(
        field: impl Into<String>,
        code: &str,
        en: impl Into<String>,
        zh: impl Into<String>,
    ) -> Self {
        Self {
            field: field.into(),
            code: code.to_owned(),
            message: en.into(),
            message_zh: zh.into(),
        }
    }
}

/// Characters of a note at most.
const NOTE_CHARS_MAX: usize = 200;

/// Checks the note of a step that somebody answers for: 1 to 200 characters, none of them a
/// control character.
///
/// # Errors
/// 422 with the field `note`.
pub fn check_note(note: &str) -> ApiResult<()> {
    let chars = note.trim().chars().count();
    if (1..=NOTE_CHARS_MAX).contains(&chars) && !note.chars().any(char::is_control) {
        return Ok(());
    }
    Err(ApiError::fields(vec![FieldError::new(
        "note",
        "note_invalid",
        "1 to 200 characters",
        "说明应为 1 至 200 字",
    )]))
}

/// The body of every error answer (RFC 9457).
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// Always `about:blank`; the code says what happened.
    #[serde(rename = "type")]
    pub kind: Cow<'static, str>,
    /// What it means, in English.
    pub title: Cow<'static, str>,
    /// HTTP status, repeated.
    pub status: u16,
    /// Stable code.
    pub code: Cow<'static, str>,
    /// What to know about this occurrence, in English.
    pub detail: Cow<'static, str>,
    /// What it means, in Chinese.
    pub detail_zh: Cow<'static, str>,
    /// When it happened, where that is what to know.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub at: Option<Timestamp>,
    /// Fields at fault, if any.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub fields: Vec<FieldError>,
}

/// What a handler answers when it cannot do what was asked.
#[derive(Debug)]
pub struct ApiError {
    code: Code,
    detail: Option<Cow<'static, str>>,
    at: Option<Timestamp>,
    retry_after_s: Option<u32>,
    fields: Vec<FieldError>,
    cause: Option<anyhow::Error>,
}

/// Result of handlers and of what they call.
pub type ApiResult<T> = Result<T, ApiError>;

impl ApiError {
    /// An error with the words of its code.
    pub fn new(code: Code) -> Self {
        Self {
            code,
            detail: None,
            at: None,
            retry_after_s: None,
            fields: Vec::new(),
            cause: None,
        }
    }

    /// What to tell a person in English and in Chinese: the fields at fault, or what the code means.
    pub fn words(&self) -> (String, String) {
        if self.fields.is_empty() {
            return (
                self.code.title().to_owned(),
                self.code.title_zh().to_owned(),
            );
        }
        let join = |said: fn(&FieldError) -> &str, between| {
            let all: Vec<&str> = self.fields.iter().map(said).collect();
            all.join(between)
        };
        (
            join(|field| &field.message, "; "),
            join(|field| &field.message_zh, "；"),
        )
    }

    /// Codes of the fields at fault.
    pub fn field_codes(&self) -> Vec<String> {
        self.fields.iter().map(|field| field.code.clone()).collect()
    }

    /// Adds what to know about this occurrence; no personal data.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Adds when it happened.
    #[must_use]
    pub fn at(mut self, at: Timestamp) -> Self {
        self.at = Some(at);
        self
    }

    /// Adds how long to wait, in seconds.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    /// 422 with the fields at fault.
    pub fn fields(fields: Vec<FieldError>) -> Self {
        Self {
            fields,
            ..Self::new(Code::InvalidFields)
        }
    }

    /// Adds fields at fault.
    #[must_use]
    pub fn with_fields(mut self, fields: Vec<FieldError>) -> Self {
        self.fields = fields;
        self
    }

    /// An error of ours: logged once, told to nobody.
    pub fn internal(cause: impl Into<anyhow::Error>) -> Self {
        Self {
            cause: Some(cause.into()),
            ..Self::new(Code::Internal)
        }
    }

    /// What the database said, when it is the cause.
    pub fn db_kind(&self) -> Option<DbErrorKind> {
        let cause = self.cause.as_ref()?.downcast_ref::<DbError>()?;
        Some(cause.kind())
    }

    /// The code.
    pub fn code(&self) -> Code {
        self.code
    }
}

/// For the log and the command line, which may know the cause.
impl std::fmt::Display for ApiError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code.title())?;
        for field in &self.fields {
            write!(f, "; {}: {}", field.field, field.message)?;
        }
        match &self.cause {
            Some(cause) => write!(f, " ({cause})"),
            None => Ok(()),
        }
    }
}

impl From<Code> for ApiError {
    fn from(code: Code) -> Self {
        Self::new(code)
    }
}

impl From<DbError> for ApiError {
    fn from(error: DbError) -> Self {
        let code = match error.kind() {
            // The caller's mistakes, not ours: nothing for the log.
            DbErrorKind::BadText => return Code::UnstorableText.into(),
            DbErrorKind::OutOfRange => return Code::TimeOutOfRange.into(),
            DbErrorKind::Busy | DbErrorKind::TimedOut => Code::Overloaded,
            DbErrorKind::Unavailable | DbErrorKind::Retry => Code::DatabaseUnavailable,
            _ => Code::Internal,
        };
        Self {
            cause: Some(error.into()),
            ..Self::new(code)
        }
    }
}

impl From<tokio_postgres::Error> for ApiError {
    fn from(error: tokio_postgres::Error) -> Self {
        DbError::from(error).into()
    }
}

impl From<crate::seal::UnsealError> for ApiError {
    fn from(error: crate::seal::UnsealError) -> Self {
        Self::internal(error)
    }
}

impl From<anyhow::Error> for ApiError {
    fn from(error: anyhow::Error) -> Self {
        Self::internal(error)
    }
}

impl std::error::Error for ApiError {}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = self.code.status();
        if let Some(cause) = &self.cause {
            tracing::error!(code = self.code.as_str(), cause = %cause, "request failed");
        }
        let problem = Problem {
            kind: "about:blank".into(),
            title: self.code.title().into(),
            status: status.as_u16(),
            code: self.code.as_str().into(),
            detail: self.detail.unwrap_or(Cow::Borrowed(self.code.title())),
            detail_zh: self.code.title_zh().into(),
            at: self.at,
            fields: self.fields,
        };
        let mut response = (status, Json(problem)).into_response();
        // For the audit log, which names the code of a refusal.
        response.extensions_mut().insert(self.code);
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        let busy = status == axum::http::StatusCode::SERVICE_UNAVAILABLE;
        let wait_s = self.retry_after_s.or(busy.then_some(RETRY_AFTER_S));
        if let Some(wait_s) = wait_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(wait_s));
        }
        response
    }
}

/// Whether a database error is a violation of the named unique constraint or index.
pub fn violates(error: &tokio_postgres::Error, constraint: &str) -> bool {
    error
        .as_db_error()
        .is_some_and(|db| db.constraint() == Some(constraint))
}
