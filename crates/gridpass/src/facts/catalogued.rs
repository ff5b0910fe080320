//! Facts of catalogued kinds: what the catalogue asks of them when they are recorded.

use gridpass_rules::catalogue::{FactKind, Recorder};
use gridpass_rules::{Fact, FactBody};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use super::model::{FactInput, Grounds, NewFact};
use crate::access::AppendMedicalFacts;
use crate::auth::Caller;
use crate::catalogue;
use crate::db::Client;
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult, FieldError};

/// Live facts of catalogued kinds a person may have at most: the state row holds them all.
const LIVE_MAX: usize = 200;

/// Checks a fact of a catalogued kind: kind, fields, source and recorder; gives until when it is
/// kept. Other facts are let through.
///
/// # Errors
/// 422 with every field at fault; 403 when the kind is a doctor's.
pub(super) async fn check(
    db: &Client,
    caller: &Caller,
    (input, now): (&FactInput, Timestamp),
) -> ApiResult<Option<Grounds>> {
    let FactBody::Catalogued { kind, fields } = &input.body else {
        return Ok(None);
    };
    let catalogue = catalogue::approved(db).await?;
    let known = catalogue.kind(kind).ok_or_else(unknown_kind)?;
    require(caller, known)?;
    let mut wrong = faults(known, fields, now);
    if !known.takes_source(&input.source) {
        let list = known.sources.join(", ");
        wrong.push(FieldError::new(
            "source",
            "fact_source",
            format!("one of {list}"),
            format!("来源应为其中之一：{list}"),
        ));
    }
    if !wrong.is_empty() {
        return Err(ApiError::new(Code::FactInvalid).with_fields(wrong));
    }
    Ok(Some(Grounds::KeptUntil(now + kept(known))))
}

/// Checks kind and fields of a fact of a catalogued kind that two people answer for; says until
/// when it is kept. `None` for other facts.
///
/// # Errors
/// 422 with every field at fault.
pub async fn kept_until(
    db: &Client,
    body: &FactBody,
    now: Timestamp,
) -> ApiResult<Option<Timestamp>> {
    let FactBody::Catalogued { kind, fields } = body else {
        return Ok(None);
    };
    let catalogue = catalogue::approved(db).await?;
    let known = catalogue.kind(kind).ok_or_else(unknown_kind)?;
    match faults(known, fields, now) {
        wrong if wrong.is_empty() => Ok(Some(now + kept(known))),
        wrong => Err(ApiError::new(Code::FactInvalid).with_fields(wrong)),
    }
}

fn faults(kind: &FactKind, fields: &Map<String, Value>, now: Timestamp) -> Vec<FieldError> {
    let faults = kind.faults(fields, now).into_iter();
    faults
        .map(|fault| FieldError::new(fault.field, fault.code, fault.en, fault.zh))
        .collect()
}

fn kept(kind: &FactKind) -> SignedDuration {
    SignedDuration::from_hours(24 * i64::from(kind.retention_days))
}

fn unknown_kind() -> ApiError {
    ApiError::new(Code::FactInvalid).with_fields(vec![FieldError::new(
        "kind",
        "fact_kind_unknown",
        "neither a kind that is built in nor one of the catalogue",
        "既不是内置事实类型，也不在目录中",
    )])
}

fn require(caller: &Caller, kind: &FactKind) -> ApiResult<()> {
    match kind.recorded_by {
        Recorder::Medical => caller.require::<AppendMedicalFacts>(),
        Recorder::Everybody => Ok(()),
    }
}

/// Whoever may record a kind may withdraw a fact of it.
///
/// # Errors
/// 403 when the kind is a doctor's.
pub(super) async fn require_recorder(
    db: &Client,
    caller: &Caller,
    body: &FactBody,
) -> ApiResult<()> {
    let FactBody::Catalogued { kind, .. } = body else {
        return Ok(());
    };
    let catalogue = catalogue::approved(db).await?;
    catalogue
        .kind(kind)
        .map_or(Ok(()), |kind| require(caller, kind))
}

/// Refuses one more fact of a catalogued kind when there are too many live ones.
///
/// # Errors
/// [`Code::FactTooMany`].
pub(super) fn check_count(fact: &NewFact, known: &[Fact], now: Timestamp) -> ApiResult<()> {
    let is_catalogued = |body: &FactBody| matches!(body, FactBody::Catalogued { .. });
    if !is_catalogued(&fact.body) {
        return Ok(());
    }
    let live = known
        .iter()
        .filter(|fact| is_catalogued(&fact.body) && fact.retracted_at.is_none_or(|end| now < end));
    match live.count() > LIVE_MAX {
        true => Err(Code::FactTooMany.into()),
        false => Ok(()),
    }
}
