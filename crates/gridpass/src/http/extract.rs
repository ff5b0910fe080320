//! Extractors whose refusals are problems with a code, like every other error.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::code::Code;
use super::error::{ApiError, FieldError};

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
    let letters = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
    if names_only && name.bytes().all(letters) {
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
        let query = axum::extract::Query::<T>::from_request_parts(parts, state).await;
        query
            .map(|axum::extract::Query(value)| Query(value))
            .map_err(|_| ApiError::new(Code::BadQuery))
    }
}
