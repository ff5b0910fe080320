//! Extractors whose refusals are problems with a code, like every other error.
//!
//! U+0000 is refused in every text of a body, a query or a path: the database stores none, and
//! nobody writes one.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::code::Code;
use super::error::{ApiError, FieldError};

/// U+0000 as JSON writes it.
const NUL_ESCAPE: &[u8] = b"\\u0000";
/// U+0000 as an address writes it.
const NUL_ENCODED: &str = "%00";

/// A JSON body. Unknown fields are refused where the type says so.
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let json = request
            .headers()
            .get(header::CONTENT_TYPE)
            .is_some_and(|value| value.as_bytes().starts_with(b"application/json"));
        if !json {
            return Err(ApiError::new(Code::UnsupportedMediaType).detail("send application/json"));
        }
        let body = body_bytes(request, state).await?;
        refuse_nul(&body)?;
        serde_json::from_slice(&body)
            .map(Json)
            .map_err(|error| json_problem(&body, &error))
    }
}

/// A JSON body that may be left out: nothing at all is the type's default.
pub struct JsonIfAny<T>(pub T);

impl<T: DeserializeOwned + Default, S: Send + Sync> FromRequest<S> for JsonIfAny<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        if request.headers().contains_key(header::CONTENT_TYPE) {
            let Json(body) = Json::from_request(request, state).await?;
            return Ok(Self(body));
        }
        let body = body_bytes(request, state).await?;
        if body.is_empty() {
            return Ok(Self(T::default()));
        }
        Err(ApiError::new(Code::UnsupportedMediaType).detail("send application/json"))
    }
}

/// Refuses U+0000 in the texts of a JSON body. In JSON it can only be written as an escape, so a
/// body without that is not looked at twice.
///
/// # Errors
/// 422 that names the field.
pub fn refuse_nul(body: &[u8]) -> Result<(), ApiError> {
    if !body.windows(NUL_ESCAPE.len()).any(|six| six == NUL_ESCAPE) {
        return Ok(());
    }
    // What cannot be read is refused by whoever reads it.
    let value = serde_json::from_slice::<serde_json::Value>(body).unwrap_or_default();
    match nul_in(&value, String::new()) {
        Some(field) => Err(ApiError::fields(vec![nul_field(field)])),
        None => Ok(()),
    }
}

/// Where a text holds U+0000: `checks[3].note`.
fn nul_in(value: &serde_json::Value, at: String) -> Option<String> {
    match value {
        serde_json::Value::String(text) => text.contains('\0').then_some(at),
        serde_json::Value::Array(items) => {
            let mut items = items.iter().enumerate();
            items.find_map(|(index, item)| nul_in(item, format!("{at}[{index}]")))
        }
        serde_json::Value::Object(fields) => fields.iter().find_map(|(name, item)| {
            let dot = if at.is_empty() { "" } else { "." };
            // A name that is none of ours may be somebody's.
            let shown = if is_field_name(name) { name } else { "?" };
            let here = format!("{at}{dot}{shown}");
            match name.contains('\0') {
                true => Some(here),
                false => nul_in(item, here),
            }
        }),
        _ => None,
    }
}

fn nul_field(field: String) -> FieldError {
    FieldError::new(
        field,
        "nul_character",
        "holds a character that no text has (U+0000)",
        "含有无效字符（U+0000）",
    )
}

fn is_field_name(name: &str) -> bool {
    let letters = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
    !name.is_empty() && name.bytes().all(letters)
}

/// Raw bytes of a body within the route's limit.
pub struct Body(pub Bytes);

impl<S: Send + Sync> FromRequest<S> for Body {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        body_bytes(request, state).await.map(Body)
    }
}

async fn body_bytes<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, ApiError> {
    Bytes::from_request(request, state)
        .await
        .map_err(|rejection| {
            if rejection.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE {
                ApiError::new(Code::BodyTooLarge)
            } else {
                ApiError::new(Code::BadJson).detail("the body broke off")
            }
        })
}

/// Tells bad UTF-8, bad syntax and wrong fields apart without repeating a value.
pub fn json_problem(body: &[u8], error: &serde_json::Error) -> ApiError {
    if std::str::from_utf8(body).is_err() {
        return ApiError::new(Code::BadUtf8);
    }
    let place = format!("line {} column {}", error.line(), error.column());
    if error.is_data() {
        let field = FieldError::new(
            place,
            "wrong_type_or_field",
            data_message(error),
            "字段缺失、多余或类型不符",
        );
        return ApiError::fields(vec![field]);
    }
    ApiError::new(Code::BadJson).detail(format!("not valid JSON at {place}"))
}

/// serde's words name the field (`missing field`, `unknown field`); words that would
/// quote the value sent, or a field whose name is no name but somebody's, are replaced.
fn data_message(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let names_only = text.starts_with("missing field") || text.starts_with("unknown field");
    let name = text.split('`').nth(1).unwrap_or_default();
    if names_only && is_field_name(name) {
        text
    } else {
        "a value has the wrong type or form".to_owned()
    }
}

/// Path parameters.
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        if parts.uri.path().contains(NUL_ENCODED) {
            return Err(Code::BadPath.into());
        }
        let path = axum::extract::Path::<T>::from_request_parts(parts, state).await;
        path.map(|axum::extract::Path(value)| Path(value))
            .map_err(|_| ApiError::new(Code::BadPath))
    }
}

/// Query parameters.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        refuse_nul_query(parts, state).await?;
        let query = axum::extract::Query::<T>::from_request_parts(parts, state).await;
        query
            .map(|axum::extract::Query(value)| Query(value))
            .map_err(|_| ApiError::new(Code::BadQuery))
    }
}

async fn refuse_nul_query<S: Send + Sync>(parts: &mut Parts, state: &S) -> Result<(), ApiError> {
    if !parts
        .uri
        .query()
        .is_some_and(|query| query.contains(NUL_ENCODED))
    {
        return Ok(());
    }
    let pairs = axum::extract::Query::<Vec<(String, String)>>::from_request_parts(parts, state);
    let Ok(axum::extract::Query(pairs)) = pairs.await else {
        return Err(Code::BadQuery.into());
    };
    let bad = pairs
        .into_iter()
        .find(|(name, value)| name.contains('\0') || value.contains('\0'));
    match bad {
        Some((name, _)) => {
            let shown = if is_field_name(&name) {
                name
            } else {
                "?".to_owned()
            };
            Err(ApiError::fields(vec![nul_field(shown)]))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(body: &str) -> Option<String> {
        let error = refuse_nul(body.as_bytes()).err()?;
        assert_eq!(error.field_codes(), ["nul_character"]);
        Some(error.to_string())
    }

    #[test]
    fn a_nul_is_found_wherever_it_hides_and_a_written_backslash_is_none() {
        for (body, field) in [
            (r#"{"name":"a\u0000b"}"#, "; name:"),
            (
                r#"{"people":[{"seen":{}},{"note":"\u0000"}]}"#,
                "; people[1].note:",
            ),
            (r#"["\u0000"]"#, "; [0]:"),
            (r#"{"Zhang\u0000":1}"#, "; ?:"),
        ] {
            let words = refused(body).unwrap_or_default();
            assert!(words.contains(field), "{body}: {words}");
        }
        for body in [
            r#"{"name":"a\\u0000b"}"#,
            r#"{"name":"u0000"}"#,
            "{}",
            r#"{"n":"\u0000"#,
        ] {
            assert_eq!(refused(body), None, "{body}");
        }
    }
}
