//! Sensors on doors: put up by the team, and heard.
//!
//! A token is `gds1.<person id>.<sensor id>.<24 random bytes>`; only its digest is stored. A report is
//! a lead: an opening that nobody had announced raises an alert, and somebody asks what it was.

use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gridpass_types::ids::{DeviceId, PersonId};

use super::model::{NewSensor, PlacedSensor, ReportInput, ReportView, SensorView};
use super::store::doors;
use crate::access::ManageSensors;
use crate::alerts::TOPIC_OBSERVATION;
use crate::app::App;
use crate::audit;
use crate::auth::{Authorised, bearer};
use crate::facts::Subject;
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult, Problem};
use crate::http::extract;
use crate::http::idempotency::Callers;
use crate::jobs::outbox::{self, NewFollowUp};
use crate::seal::token_digest;

/// Prefix of sensor tokens.
const SENSOR_TOKEN_PREFIX: &str = "gds1.";
/// Sensors shown of a door at most.
const SENSORS_MAX: i64 = 50;

/// A sensor that is admitted.
#[derive(Clone, Copy, Debug)]
pub struct Sensor {
    person_id: PersonId,
    sensor_id: i64,
}

impl FromRequestParts<App> for Sensor {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> ApiResult<Self> {
        let (person_id, sensor_id) = admitted(app, bearer(parts)?).await?;
        // Numbers are given once, so a sensor's is no gate device's.
        audit::actor(|| audit::Actor::device(DeviceId::new(sensor_id)));
        audit::subject(person_id);
        Ok(Self {
            person_id,
            sensor_id,
        })
    }
}

/// The sensor of a token, if it is up.
async fn admitted(app: &App, token: &str) -> ApiResult<(PersonId, i64)> {
    let (person_id, sensor_id) = named(token).ok_or(Code::NotSignedIn)?;
    let db = app.db.client().await?;
    let digest = token_digest(token);
    match doors::admit_sensor(&db, (person_id, sensor_id), &digest).await? {
        Some(true) => Ok((person_id, sensor_id)),
        Some(false) => Err(Code::SensorRemoved.into()),
        None => Err(Code::NotSignedIn.into()),
    }
}

/// Tells whose key a call of a sensor has.
pub fn register(callers: Callers) -> Callers {
    callers.with(SENSOR_TOKEN_PREFIX, |app, token| {
        Box::pin(async move {
            let (_, sensor_id) = admitted(&app, &token).await?;
            Ok(audit::Actor::device(DeviceId::new(sensor_id)))
        })
    })
}

fn named(token: &str) -> Option<(PersonId, i64)> {
    let mut parts = token.strip_prefix(SENSOR_TOKEN_PREFIX)?.split('.');
    let mut id = || parts.next()?.parse::<i64>().ok().filter(|id| *id > 0);
    let (person_id, sensor_id) = (id()?, id()?);
    let secret = parts.next()?;
    let whole = !secret.is_empty() && parts.next().is_none();
    whole.then_some((PersonId::new(person_id), sensor_id))
}

/// Puts a sensor on a door. Its token is shown here and never again.
#[utoipa::path(post, path = "/api/v1/people/{person_id}/door-sensors", operation_id = "create_sensor",
    tag = "observation", security(("staff" = [])), params(("person_id" = i64, Path,)), request_body = NewSensor,
    responses((status = 201, body = PlacedSensor), (status = 403, body = Problem), (status = 404, body = Problem),
              (status = 422, body = Problem)))]
pub async fn create_sensor(
    State(app): State<App>,
    person: Authorised<Subject, ManageSensors>,
    extract::Json(NewSensor {}): extract::Json<NewSensor>,
) -> ApiResult<(StatusCode, Json<PlacedSensor>)> {
    let tx = person.tx(&app).await?;
    let person_id = person.entity.person_id;
    let sensor_id = app.ids.next();
    let secret = URL_SAFE_NO_PAD.encode(app.entropy.bytes::<24>());
    let sensor_token = format!("{SENSOR_TOKEN_PREFIX}{person_id}.{sensor_id}.{secret}");
    let by = (person.caller.staff_id, app.now());
    let digest = token_digest(&sensor_token);
    doors::insert_sensor(&tx, (person_id, sensor_id), &digest, by).await?;
    tx.commit().await?;
    Ok((
        StatusCode::CREATED,
        Json(PlacedSensor {
            sensor_id,
            sensor_token,
        }),
    ))
}

/// Sensors of a person's door, also those taken down.
#[utoipa::path(get, path = "/api/v1/people/{person_id}/door-sensors", operation_id = "list_sensors",
    tag = "observation", security(("staff" = [])), params(("person_id" = i64, Path,)),
    responses((status = 200, body = Vec<SensorView>), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn list_sensors(
    State(app): State<App>,
    person: Authorised<Subject, ManageSensors>,
) -> ApiResult<Json<Vec<SensorView>>> {
    let db = person.tx(&app).await?;
    let found = doors::list_sensors(&db, person.entity.person_id, SENSORS_MAX).await?;
    Ok(Json(found))
}

/// Takes a sensor down: its token counts no more.
#[utoipa::path(post, path = "/api/v1/door-sensors/{person_id}/{sensor_id}/remove", operation_id = "remove_sensor",
    tag = "observation", security(("staff" = [])), params(("person_id" = i64, Path,), ("sensor_id" = i64, Path,)),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn remove_sensor(
    State(app): State<App>,
    sensor: Authorised<SensorView, ManageSensors>,
) -> ApiResult<StatusCode> {
    let tx = sensor.tx(&app).await?;
    doors::remove_sensor(&tx, &sensor.entity, app.now()).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A sensor reports that its door opened. The same report again is the same; one that nobody
/// had announced raises an alert, as a lead to check.
#[utoipa::path(post, path = "/api/v1/door-sensors/openings", operation_id = "report_opening", tag = "observation",
    security(("sensor" = [])), request_body = ReportInput,
    responses((status = 200, body = ReportView), (status = 401, body = Problem), (status = 422, body = Problem)))]
pub async fn report_opening(
    State(app): State<App>,
    sensor: Sensor,
    extract::Json(input): extract::Json<ReportInput>,
) -> ApiResult<Json<ReportView>> {
    let at = input.check(app.now())?;
    let expected = hear(&app, sensor, at).await?;
    app.work_waiting.notify_waiters();
    Ok(Json(ReportView { expected }))
}

/// Keeps a report and raises an alert where nobody had announced it; whether it was expected.
async fn hear(app: &App, sensor: Sensor, at: jiff::Timestamp) -> ApiResult<bool> {
    let now = app.now();
    let Sensor {
        person_id,
        sensor_id,
    } = sensor;
    let tx = app.db.tx().await?;
    let expected = doors::is_expected(&tx, person_id, at).await?;
    let key = (person_id, sensor_id, at);
    if let Some(before) = doors::insert_event(&tx, key, (expected, now)).await? {
        return Ok(before);
    }
    if !expected {
        // A door that swings is one lead, not ten.
        let quarter = at.as_second().div_euclid(900);
        let follow_up = NewFollowUp {
            person_id,
            topic: TOPIC_OBSERVATION,
            dedupe_key: format!("{sensor_id}|{quarter}"),
            payload: serde_json::json!({
                "kind": "unannounced_opening", "reason": "unannounced_opening", "at": at,
            }),
        };
        outbox::insert(&tx, &[follow_up], now).await?;
    }
    tx.commit().await?;
    Ok(expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_tokens_name_a_sensor() {
        assert_eq!(named("gds1.5.7.abc"), Some((PersonId::new(5), 7)));
        for token in [
            "gds1.5.7",
            "gds1.5.7.",
            "gds1.5.7.a.b",
            "gds1.0.7.abc",
            "gds1.-5.7.abc",
            "gpd1.5.7.abc",
            "",
        ] {
            assert_eq!(named(token), None, "{token}");
        }
    }
}
