//! One-time codes: the proof that somebody holds a phone.
//!
//! Invariants: a code is sent to whoever asks, known or not, and asking looks at no person; it
//! is bound to one phone and one purpose, counts for five minutes, five tries and one success,
//! and a newer one takes its place; what is stored is a keyed digest; every way of being wrong
//! is answered alike.

mod api;
mod model;
mod shown;
mod store;

use std::time::Duration;

use gridpass_types::Phone;
use jiff::SignedDuration;
use subtle::ConstantTimeEq as _;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::app::App;
use crate::db::Client;
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult, FieldError};
use crate::jobs::Loop;
use crate::limits::{self, Limit, Network};
use crate::notify;

pub use model::Purpose;
pub use shown::Shown;

/// How long a code counts.
const CODE_LIFE: SignedDuration = SignedDuration::from_mins(5);
/// Tries of one code.
const TRIES_MAX: i16 = 5;
/// How long a phone waits for another code.
const RESEND_AFTER: SignedDuration = SignedDuration::from_secs(60);
/// What is counted for all together.
const EVERYBODY: &[u8] = b"everybody";
/// Rows removed in one statement.
const SWEEP_ROWS_MAX: i64 = 1000;

/// Routes of the public listener.
pub fn public_router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(api::request_phone_code))
        .routes(routes!(api::show_phone_code))
}

/// Background work: removes codes that ran out.
pub fn loops() -> Vec<Loop> {
    vec![Loop {
        name: "phone codes",
        period: Duration::from_secs(600),
        round: |app| Box::pin(sweep(app)),
    }]
}

async fn sweep(app: App) -> anyhow::Result<bool> {
    let db = app.db.client().await?;
    Ok(store::delete_expired(&db, app.now(), SWEEP_ROWS_MAX).await? > 0)
}

/// Sends a code to a phone.
///
/// # Errors
/// 501 `no_text_gateway` when nothing can be sent from here; 429 `too_many_codes_here` when many
/// were asked for from one network, 503 `overloaded` when many were from everywhere, and 429
/// `too_many_codes` when the phone was sent one just now, or several within the hour.
async fn send(app: &App, from: Network, phone: &Phone, purpose: Purpose) -> ApiResult<()> {
    if !notify::can_text(app) {
        return Err(Code::NoTextGateway.into());
    }
    // One network first: what it is refused uses up nothing of the others'.
    let network = app.sealer.lasting_digest("network", &from.digest_input());
    limits::take(app, &network_limit(app), &network).await?;
    limits::take(app, &ceiling(app), EVERYBODY).await?;
    let key = phone_key(app, phone);
    for limit in sending_limits(app) {
        limits::take(app, &limit, &key).await?;
    }
    let code = model::new_code(&app.entropy);
    let expires_at = app.now() + CODE_LIFE;
    let tx = app.db.tx().await?;
    let row = store::NewCode {
        phone_digest: &key,
        purpose,
        code_digest: &digest(app, phone, purpose, &code),
        expires_at,
        now: app.now(),
    };
    store::put_code(&tx, &row).await?;
    notify::text(&tx, app, phone, &purpose.words(&code), expires_at).await?;
    tx.commit().await?;
    if app.settings.demo {
        app.part::<Shown>().keep(phone, purpose, &code);
    }
    app.work_waiting.notify_waiters();
    Ok(())
}

/// Codes asked for from one network: an address of IPv4, behind which may be many phones.
fn network_limit(app: &App) -> Limit {
    Limit {
        kind: "codes_by_network",
        uses_max: app.settings.limits.codes_per_network_hour,
        window: SignedDuration::from_hours(1),
        code: Code::TooManyCodesHere,
    }
}

/// Codes asked for by everybody: each costs money, and the gateway is not the only one's.
fn ceiling(app: &App) -> Limit {
    Limit {
        kind: "codes_in_all",
        uses_max: app.settings.limits.codes_per_minute,
        window: SignedDuration::from_mins(1),
        code: Code::Overloaded,
    }
}

fn sending_limits(app: &App) -> [Limit; 2] {
    let an_hour = app.settings.limits.codes_per_phone_hour;
    let limit = |kind, uses_max, window| Limit {
        kind,
        uses_max,
        window,
        code: Code::TooManyCodes,
    };
    [
        limit("code_pause", an_hour.min(1), RESEND_AFTER),
        limit("code_hour", an_hour, SignedDuration::from_hours(1)),
    ]
}

/// A right code that is still to be used up.
pub struct Proof {
    phone_digest: [u8; 16],
    purpose: Purpose,
    code_digest: [u8; 16],
}

/// Whether `code` was sent to `phone` for `purpose` and counts; this is a try, whatever follows.
///
/// # Errors
/// 422 `phone_code_wrong`, the same for a wrong code, one that ran out, was used, was tried too
/// often, or was never sent.
pub async fn check(app: &App, phone: &Phone, purpose: Purpose, code: &str) -> ApiResult<Proof> {
    let phone_digest = phone_key(app, phone);
    let given = digest(app, phone, purpose, code);
    let db = app.db.client().await?;
    let sent = store::try_code(&db, (&phone_digest, purpose), TRIES_MAX, app.now()).await?;
    // Compared also when there is none, so that both take as long.
    let right = given.ct_eq(&sent.unwrap_or([0; 16]));
    if sent.is_some() && bool::from(right) {
        return Ok(Proof {
            phone_digest,
            purpose,
            code_digest: given,
        });
    }
    Err(wrong())
}

impl Proof {
    /// Uses the code up, in the transaction of what it is used for.
    ///
    /// # Errors
    /// 422 `phone_code_wrong` when somebody was faster.
    pub async fn spend(&self, tx: &Client, app: &App) -> ApiResult<()> {
        let key = (&self.phone_digest, self.purpose);
        match store::spend_code(tx, key, &self.code_digest, app.now()).await? {
            true => Ok(()),
            false => Err(wrong()),
        }
    }
}

/// Names a phone here. By the key that never changes: a code asked for at one node counts at
/// another, also while the digest key changes.
fn phone_key(app: &App, phone: &Phone) -> [u8; 16] {
    app.sealer
        .lasting_digest("phone code phone", phone.expose())
}

fn wrong() -> ApiError {
    let code = Code::PhoneCodeWrong;
    let field = FieldError::new("phone_code", code.as_str(), code.title(), code.title_zh());
    ApiError::new(code).with_fields(vec![field])
}

fn digest(app: &App, phone: &Phone, purpose: Purpose, code: &str) -> [u8; 16] {
    let text = format!("{}\0{}\0{code}", purpose.as_str(), phone.expose());
    app.sealer.lasting_digest("phone code", &text)
}
