//! One signed digest for each day, published for everybody.
//!
//! Whoever keeps a digest can prove later that nothing before it was changed, taken out or cut
//! off, whatever was done to the database and its keys meanwhile.

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gridpass_ledger::merkle::RootBuilder;
use gridpass_ledger::{Chain, DayDigest, Hash};
use gridpass_passcode::{ServerPublicKey, Suite};
use gridpass_types::clock::{district_date, start_of_day};
use jiff::civil::Date;
use jiff::{SignedDuration, ToSpan};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::keys::Keys;
use super::store::{self, KeyRow, SignedDigest};
use crate::app::App;
use crate::http::error::ApiResult;
use crate::http::extract;
use crate::http::page::capped;

/// How long after midnight a day is closed: entries of its last moments are linked by then.
const GRACE: SignedDuration = SignedDuration::from_secs(60);
/// Days closed in one round; more only after a long stop.
const DAYS_MAX: usize = 400;
/// Leaves read at a time.
const LEAVES_MAX: i64 = 10_000;

/// Routes of both listeners.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(get_audit_digests))
}

/// The key under which a digest verifies.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AuditKeyView {
    /// Number, as digests name it.
    pub key_number: i16,
    /// `EdDSA` (Ed25519), or `SM2` with SM3 on an installation of the suite `guomi`.
    #[serde(default = "eddsa")]
    pub alg: String,
    /// Public key, base64url without padding: 32 bytes of Ed25519, or `04`, x and y of SM2.
    pub public_key: String,
    /// Signature of the key with the number before, by its algorithm, over `gridpass audit key 1`, this number (two
    /// bytes, big-endian) and this public key; base64url without padding. The first has none.
    pub endorsement: Option<String>,
}

/// What signed before digests named it.
fn eddsa() -> String {
    Suite::Standard.algorithm().to_owned()
}

/// A day of the log as published. Hashes are SHA-256 in hexadecimal digits.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct DigestView {
    /// Day of the district.
    #[schema(value_type = String, format = Date)]
    pub day: Date,
    /// Number of the day's first link.
    pub first: u64,
    /// Number of its last link; one below the first when there was none.
    pub last: u64,
    /// Entries of the day.
    pub entries: u64,
    /// Merkle root over the day's entries (RFC 6962).
    pub root: String,
    /// Hash of the chain at the end of the day.
    pub head: String,
    /// Hash of the digest before; zeros for the first.
    pub previous: String,
    /// Key of the signature.
    pub key_number: i16,
    /// By that key over the digest's canonical bytes, base64url without padding.
    pub signature: String,
}

/// What anybody may keep, to hold the log to it later.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct DigestsView {
    /// Keys.
    pub keys: Vec<AuditKeyView>,
    /// Digests, newest first.
    pub digests: Vec<DigestView>,
}

/// Which digests.
#[derive(Debug, Deserialize, IntoParams)]
pub struct DigestQuery {
    /// Days before this one only; up to the newest when absent.
    #[param(value_type = Option<String>)]
    before: Option<Date>,
    /// Days wanted, 1 to 1000; 100 when absent.
    limit: Option<u32>,
}

/// The signed digests of the audit log, newest first. They name nobody; keep them, and the log
/// can be held to them for ever.
#[utoipa::path(get, path = "/.well-known/gridpass-digests", operation_id = "get_audit_digests", tag = "audit",
    params(DigestQuery), responses((status = 200, body = DigestsView)))]
pub async fn get_audit_digests(
    State(app): State<App>,
    extract::Query(query): extract::Query<DigestQuery>,
) -> ApiResult<impl IntoResponse> {
    let db = app.db.client().await?;
    let digests = store::list_digests(&db, query.before, capped(query.limit)).await?;
    // As the database has them: another node may have signed with one that is new here.
    let keys = store::list_keys(&db).await?;
    let view = DigestsView {
        keys: keys.iter().map(AuditKeyView::of).collect(),
        digests: digests.iter().filter_map(view_of).collect(),
    };
    let cache = [(header::CACHE_CONTROL, "public, max-age=300")];
    Ok((cache, Json(view)))
}

impl AuditKeyView {
    /// The public half of a key.
    pub(super) fn of(row: &KeyRow) -> Self {
        let endorsement = row.endorsement.as_ref();
        Self {
            key_number: row.number,
            alg: row.suite.algorithm().to_owned(),
            public_key: URL_SAFE_NO_PAD.encode(&row.public_key),
            endorsement: endorsement.map(|signature| URL_SAFE_NO_PAD.encode(signature)),
        }
    }

    /// The key; `None` when it is not of its form.
    pub(super) fn verifying(&self) -> Option<ServerPublicKey> {
        let bytes = URL_SAFE_NO_PAD.decode(&self.public_key).ok()?;
        let suite = Suite::of_algorithm(&self.alg)?;
        ServerPublicKey::from_bytes(suite, &bytes).ok()
    }
}

/// A digest as published; the day always reads, since it was written as one.
pub(super) fn view_of(signed: &SignedDigest) -> Option<DigestView> {
    let digest = &signed.digest;
    Some(DigestView {
        day: digest.day.parse().ok()?,
        first: digest.first,
        last: digest.last,
        entries: digest.count(),
        root: hex(&digest.root),
        head: hex(&digest.head),
        previous: hex(&digest.previous),
        key_number: signed.key_number,
        signature: URL_SAFE_NO_PAD.encode(&signed.signature),
    })
}

impl DigestView {
    /// Back to what is signed; `None` when a field is not of its form.
    pub(super) fn signed(&self) -> Option<SignedDigest> {
        Some(SignedDigest {
            digest: DayDigest {
                day: self.day.to_string(),
                first: self.first,
                last: self.last,
                root: from_hex(&self.root)?,
                head: from_hex(&self.head)?,
                previous: from_hex(&self.previous)?,
            },
            key_number: self.key_number,
            signature: URL_SAFE_NO_PAD.decode(&self.signature).ok()?,
        })
    }
}

/// Bytes as hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(super) fn from_hex(text: &str) -> Option<Hash> {
    let bytes = super::export::hex::decode(text)?;
    bytes.try_into().ok()
}

/// Makes partitions ahead, takes up new keys and closes days that are over.
pub async fn round(app: App) -> anyhow::Result<bool> {
    make_months(&app).await?;
    let db = app.db.client().await?;
    let reloaded = app.part::<Keys>().reload(&app, &db).await;
    reloaded.map_err(|error| anyhow::anyhow!("reading the audit keys: {error:?}"))?;
    drop(db);
    for _ in 0..DAYS_MAX {
        if !close_next_day(&app).await? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Makes the partitions of this month, the next, and the one before.
pub(super) async fn make_months(app: &App) -> anyhow::Result<()> {
    let today = app.now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let db = app.db.client().await?;
    for months in -1..=1 {
        store::make_month(&db, today.first_of_month().checked_add(months.months())?).await?;
    }
    Ok(())
}

/// Closes the first day that is over and has no digest; false when there is none.
async fn close_next_day(app: &App) -> anyhow::Result<bool> {
    let tx = app.db.tx().await?;
    if !store::try_lock_chain(&tx).await? {
        return Ok(false);
    }
    let before = store::list_digests(&tx, None, 1).await?.pop();
    let last = before.as_ref().map_or(Chain::default(), |signed| Chain {
        seq: signed.digest.last,
        head: signed.digest.head,
    });
    let day = match &before {
        Some(signed) => signed.digest.day.parse::<Date>()?.tomorrow()?,
        None => match store::find_next_time(&tx, 0).await? {
            Some(at) => district_date(at),
            None => return Ok(false),
        },
    };
    let ends = start_of_day(day.tomorrow()?);
    if app.now() < ends + GRACE {
        tx.rollback().await?;
        return Ok(false);
    }
    let head = store::find_head(&tx).await?.seq;
    let next = store::find_first_since(&tx, last.seq, ends).await?;
    let until = next.map_or(head, |seq| seq - 1);
    let (root, end) = read_day(&tx, last, until).await?;
    let digest = DayDigest {
        day: day.to_string(),
        first: last.seq + 1,
        last: end.seq,
        root,
        head: end.head,
        previous: before.map_or([0; 32], |signed| signed.digest.hash()),
    };
    let key = app.part::<Keys>().newest();
    let signed = SignedDigest {
        signature: key.sign(&digest.bytes()).to_vec(),
        key_number: key.number,
        digest,
    };
    store::insert_digest(&tx, day, &signed, app.now()).await?;
    tx.commit().await?;
    tracing::info!(day = %day, entries = signed.digest.count(), "the day's audit digest is signed");
    Ok(true)
}

/// The root over the leaves after one link and up to another, and where the chain stands then.
async fn read_day(
    db: &crate::db::Client,
    from: Chain,
    until: u64,
) -> anyhow::Result<(Hash, Chain)> {
    let mut builder = RootBuilder::default();
    let mut end = from;
    while end.seq < until {
        let leaves = store::list_leaves(db, (end.seq, until), LEAVES_MAX).await?;
        anyhow::ensure!(!leaves.is_empty(), "links after {} are missing", end.seq);
        for (seq, leaf, hash) in leaves {
            builder.push(leaf);
            end = Chain { seq, head: hash };
        }
    }
    Ok((builder.root(), end))
}
