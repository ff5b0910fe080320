//! Places that a version may be in force in: the whole district, or a division of it.

use crate::app::App;
use crate::auth::Caller;
use crate::db::Client;
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult, FieldError};

/// Digits of a leaf code.
const LEAF_DIGITS: usize = 15;

/// A place as it was named: empty for the whole district and whatever is around it.
///
/// # Errors
/// 422 when there is no such division, 404 outside the caller's jurisdiction.
pub async fn named(db: &Client, app: &App, caller: &Caller, code: &str) -> ApiResult<String> {
    let prefix = match app.settings.district.starts_with(code) {
        true => "",
        false => code,
    };
    require(app, caller, prefix)?;
    if prefix.is_empty() {
        return Ok(String::new());
    }
    let digits = [9, 12, 15].contains(&prefix.len()) && prefix.bytes().all(|b| b.is_ascii_digit());
    if digits && store_knows(db, prefix).await? {
        return Ok(prefix.to_owned());
    }
    Err(ApiError::fields(vec![FieldError::new(
        "place_prefix",
        "division_unknown",
        "there is no such subdistrict, community or grid",
        "没有该街道、社区或网格",
    )]))
}

async fn store_knows(db: &Client, prefix: &str) -> ApiResult<bool> {
    Ok(super::store::is_division(db, prefix).await?)
}

/// 404 unless the place lies in the caller's jurisdiction.
///
/// # Errors
/// [`Code::NotFound`].
pub fn require(app: &App, caller: &Caller, prefix: &str) -> ApiResult<()> {
    let code = match prefix {
        "" => app.settings.district.as_str(),
        prefix => prefix,
    };
    match caller.covers(code) {
        true => Ok(()),
        false => Err(Code::NotFound.into()),
    }
}

/// The leaf code that stands for "somewhere in this place".
pub fn leaf(app: &App, prefix: &str) -> String {
    let code = match prefix {
        "" => app.settings.district.as_str(),
        prefix => prefix,
    };
    format!("{code:0<LEAF_DIGITS$}")
}
