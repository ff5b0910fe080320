//! The check on the spot that a yellow pass asks for, and what it leads to.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use gridpass_rules::FactBody;
use gridpass_types::ids::PersonId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::cards::check_scanned_then;
use super::model::scan_time;
use super::with_facts::SOURCE_GATE;
use crate::app::App;
use crate::audit;
use crate::facts::{self, DecisionView, NewFact, decision_view};
use crate::gates::Device;
use crate::http::error::{ApiError, ApiResult, FieldError, Problem};
use crate::http::extract;

/// Characters of the cities at most.
const CITIES_CHARS_MAX: usize = 40;

/// What the operators' travel card on the traveller's own phone shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TravelHistory {
    /// No city in an epidemic area.
    None,
    /// At least one.
    Hit,
}

/// A check on the spot, resolved.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GateCheckInput {
    /// Whom; somebody scanned at this gate within ten minutes before.
    pub person_id: PersonId,
    /// When; a gate whose network went meanwhile tells it later, up to seven days.
    pub at: Timestamp,
    /// Whether the person may go in.
    pub passed: bool,
    /// What the travel card shows; absent where it was not asked for.
    #[serde(default)]
    pub travel_history: Option<TravelHistory>,
    /// The cities it names, 1 to 40 characters; only with a hit.
    #[serde(default)]
    pub travel_cities: Option<String>,
    /// Whether a resident was asked and agreed; only where a visitor's check asks for it.
    #[serde(default)]
    pub host_consent: bool,
}

impl GateCheckInput {
    /// The source of the fact. It keeps what was asked and answered and no more: the travel card,
    /// `none` or a hit and the cities, and a host's consent.
    ///
    /// # Errors
    /// 422 with the field.
    fn source(&self) -> ApiResult<String> {
        let cities = self.travel_cities.as_deref().map(str::trim);
        let consent = if self.host_consent {
            "; host consents"
        } else {
            ""
        };
        match (self.travel_history, cities) {
            (None, None) => Ok(format!("{SOURCE_GATE}{consent}")),
            (Some(TravelHistory::None), None) => {
                Ok(format!("{SOURCE_GATE}; travel card: none{consent}"))
            }
            (Some(TravelHistory::Hit), None) => {
                Ok(format!("{SOURCE_GATE}; travel card: hit{consent}"))
            }
            (Some(TravelHistory::Hit), Some(cities)) if is_short_text(cities) => {
                Ok(format!("{SOURCE_GATE}; travel card: hit {cities}{consent}"))
            }
            _ => Err(ApiError::fields(vec![FieldError::new(
                "travel_cities",
                "travel_cities_invalid",
                "1 to 40 characters, and only with a hit",
                "1 至 40 个字符，且仅在命中时填写",
            )])),
        }
    }
}

fn is_short_text(text: &str) -> bool {
    (1..=CITIES_CHARS_MAX).contains(&text.chars().count()) && !text.chars().any(char::is_control)
}

/// Records a check on the spot as evidence; the answer says what follows for the person.
#[utoipa::path(post, path = "/api/v1/gate-checks", operation_id = "create_gate_check", tag = "scans",
    security(("device" = [])), request_body = GateCheckInput,
    responses((status = 201, body = DecisionView), (status = 401, body = Problem), (status = 404, body = Problem),
              (status = 422, body = Problem)))]
pub async fn create_gate_check(
    State(app): State<App>,
    device: Device,
    extract::Json(input): extract::Json<GateCheckInput>,
) -> ApiResult<(StatusCode, Json<DecisionView>)> {
    let at = scan_time(input.at, app.now())?;
    let fact = NewFact {
        body: FactBody::GateCheck {
            at,
            passed: input.passed,
        },
        source: input.source()?,
        recorded_by: Some(device.device_id.get()),
        grounds: None,
    };
    audit::subject(input.person_id);
    check_scanned_then(&app, &device, input.person_id, at).await?;
    let tx = app.db.tx().await?;
    let appended = facts::append(&tx, &app, input.person_id, &[fact]).await?;
    tx.commit().await?;
    let view = decision_view(&appended.decision, app.now(), appended.row.valid_until);
    Ok((StatusCode::CREATED, Json(view)))
}
