//! The second person: approves what others wrote, or gives it up. What is approved is copied
//! into the table that decides, signed, and never changes again.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gridpass_ledger::Canonical;
use gridpass_passcode::{ServerPublicKey, Suite};
use gridpass_rules::{Catalogue, RuleSet};
use gridpass_types::ids::{RuleSetVersion, StaffId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::draft::{note_step, run_cases};
use super::life::{DraftStatus, StepKind};
use super::schedule::tell;
use super::store::{self, Approved, drafts, schedules};
use crate::app::App;
use crate::audit;
use crate::audit::digests::{AuditKeyView, hex};
use crate::auth::Caller;
use crate::catalogue;
use crate::db::Client;
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult, check_note};

/// Layout of what is signed, and its version.
const LAYOUT: &str = "gridpass-rule-set-1";

/// What keeps somebody from approving a version as it stands.
///
/// # Errors
/// When the database does not answer.
pub async fn hindrance(
    db: &Client,
    draft: &drafts::Draft,
    caller: &Caller,
) -> ApiResult<Option<Code>> {
    match draft.status {
        DraftStatus::Approved | DraftStatus::Withdrawn => return Ok(Some(Code::RuleSetClosed)),
        DraftStatus::Draft => return Ok(Some(Code::RuleSetUnchecked)),
        DraftStatus::Checked => {}
    }
    let editors = drafts::list_editors(db, draft.tables.version.get()).await?;
    if editors.iter().any(|(editor, _)| *editor == caller.staff_id) {
        return Ok(Some(Code::RuleSetSameAccount));
    }
    if editors.iter().any(|(_, unit)| *unit == caller.unit) {
        return Ok(Some(Code::RuleSetSameUnit));
    }
    match store::is_back_tested(db, &draft.content_sha256).await? {
        true => Ok(None),
        false => Ok(Some(Code::RuleSetNotBackTested)),
    }
}

/// Approves a version: from now on it does not change, and may be put into force.
///
/// # Errors
/// What [`hindrance`] says.
pub async fn approve(app: &App, caller: &Caller, version: i32, note: &str) -> ApiResult<()> {
    check_note(note)?;
    let tx = app.db.tx().await?;
    let draft = drafts::lock_draft(&tx, version).await?;
    let mut draft = draft.ok_or(Code::RuleSetUnknown)?;
    if let Some(code) = hindrance(&tx, &draft, caller).await? {
        return Err(code.into());
    }
    let rules = super::compile(&draft.tables, &catalogue::approved(&tx).await?)?;
    if run_cases(&rules, &draft.tables.cases).failed > 0 {
        return Err(Code::RuleSetUnchecked.into());
    }
    draft.status = DraftStatus::Approved;
    let by = (app.now(), Some(caller.staff_id));
    let row = signed(app, &draft, by, &named_entries(&rules)?);
    store::insert_rule_set(&tx, &row).await?;
    drafts::update_draft(&tx, &draft).await?;
    let step = (draft.tables.version, StepKind::Approved, note);
    note_step(&tx, app, caller, step).await?;
    tell(&tx, app, "").await?;
    tx.commit().await?;
    Ok(())
}

/// A draft as the version that it becomes, signed.
pub(super) fn signed(
    app: &App,
    draft: &drafts::Draft,
    (at, by): (Timestamp, Option<StaffId>),
    catalogue: &str,
) -> Approved {
    let mut row = Approved {
        tables: draft.tables.clone(),
        content_sha256: draft.content_sha256.clone(),
        note: draft.note.clone(),
        created_at: draft.created_at,
        created_by: draft.created_by,
        approved_at: Some(at),
        approved_by: by,
        signed: None,
    };
    row.signed = Some(sign(app, &row, catalogue));
    row
}

/// The entries of the catalogue that a version needs, as JSON; empty when it names none. They
/// never change, so they are the same whenever they are asked for.
fn named_entries(rules: &RuleSet) -> ApiResult<String> {
    let keys: Vec<&str> = rules.colour.extra_keys().collect();
    if keys.is_empty() {
        return Ok(String::new());
    }
    serde_json::to_string(&rules.catalogue.needed_for(&keys)).map_err(ApiError::internal)
}

fn sign(app: &App, row: &Approved, catalogue: &str) -> (i16, Vec<u8>) {
    let key = app.part::<audit::Keys>().newest();
    (
        key.number,
        key.sign(&SignedRuleSet::of(row, catalogue).bytes())
            .to_vec(),
    )
}

/// Gives a version up. One that is in force somewhere is rolled back or replaced first.
///
/// # Errors
/// [`Code::RuleSetInForce`]; [`Code::NotAllowed`] when an approved version is given up by
/// somebody who may not approve.
pub async fn withdraw(app: &App, caller: &Caller, version: i32, note: &str) -> ApiResult<()> {
    check_note(note)?;
    let tx = app.db.tx().await?;
    store::lock_rules(&tx).await?;
    let draft = drafts::lock_draft(&tx, version).await?;
    let mut draft = draft.ok_or(Code::RuleSetUnknown)?;
    match draft.status {
        DraftStatus::Withdrawn => return Ok(()),
        DraftStatus::Approved => caller.require::<crate::access::ApproveRules>()?,
        DraftStatus::Draft | DraftStatus::Checked => {}
    }
    let version = draft.tables.version;
    let places = store::list_activations(&tx).await?;
    if places.iter().any(|place| place.version == Some(version)) {
        return Err(Code::RuleSetInForce.into());
    }
    schedules::cancel_waiting(&tx, version).await?;
    draft.status = DraftStatus::Withdrawn;
    drafts::update_draft(&tx, &draft).await?;
    note_step(&tx, app, caller, (version, StepKind::Withdrawn, note)).await?;
    tell(&tx, app, "").await?;
    tx.commit().await?;
    Ok(())
}

/// An approved version as a file of its own: whoever has the public key can tell later that
/// it is the one that was approved.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SignedRuleSet {
    /// Layout of the signed bytes.
    pub format: String,
    /// Version.
    pub version: RuleSetVersion,
    /// Why it was made.
    pub note: String,
    /// SHA-256 over both tables, hex.
    pub content_sha256: String,
    /// When it was begun.
    pub created_at: Timestamp,
    /// By whom; absent for the version shipped with the program.
    pub created_by: Option<StaffId>,
    /// When it was approved.
    pub approved_at: Option<Timestamp>,
    /// By whom.
    pub approved_by: Option<StaffId>,
    /// The colour table, CSV.
    pub colour_csv: String,
    /// The gate table, CSV.
    pub gate_csv: String,
    /// Its cases, one JSON object a line.
    pub cases: String,
    /// Kinds and columns of the catalogue that the colour table names, JSON; absent when it names
    /// none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub catalogue: String,
    /// Key of the signature: one of `/.well-known/gridpass-digests`.
    pub key_number: i16,
    /// Over the canonical bytes, by the key's algorithm; base64url without padding.
    pub signature: String,
}

/// Why a file is not what was approved.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// Another layout.
    #[error("the file is of the layout {0}, not {LAYOUT}")]
    Format(String),
    /// No such key was given.
    #[error("it is signed with key {0}, which is not among the keys given")]
    Key(i16),
    /// Something in it was changed.
    #[error("the signature does not fit: something in the file was changed")]
    Signature,
    /// The hash is not that of the tables.
    #[error("the hash is not that of the tables")]
    Content,
    /// The tables are not valid.
    #[error("the tables are not valid: {0}")]
    Tables(String),
    /// A case fails.
    #[error("{0} of its cases do not come out as expected")]
    Cases(usize),
}

impl SignedRuleSet {
    /// A stored version; without a signature yet when it is from before signatures.
    pub fn of(row: &Approved, catalogue: &str) -> Self {
        let (key_number, signature) = row.signed.clone().unwrap_or_default();
        Self {
            format: LAYOUT.to_owned(),
            version: row.tables.version,
            note: row.note.clone(),
            content_sha256: hex(&row.content_sha256),
            created_at: row.created_at,
            created_by: row.created_by,
            approved_at: row.approved_at,
            approved_by: row.approved_by,
            colour_csv: row.tables.colour_csv.clone(),
            gate_csv: row.tables.gate_csv.clone(),
            cases: row.tables.cases.clone(),
            catalogue: catalogue.to_owned(),
            key_number,
            signature: URL_SAFE_NO_PAD.encode(signature),
        }
    }

    /// What is signed: every field but key and signature. Times count to the microsecond, as
    /// they are stored.
    fn bytes(&self) -> Vec<u8> {
        let id = |staff: Option<StaffId>| staff.map_or(0, |id| id.get());
        let canonical = Canonical::new(LAYOUT)
            .number(i64::from(self.version.get()))
            .text(&self.note)
            .text(&self.content_sha256)
            .number(self.created_at.as_microsecond())
            .number(id(self.created_by))
            .number(self.approved_at.map_or(0, Timestamp::as_microsecond))
            .number(id(self.approved_by))
            .text(&self.colour_csv)
            .text(&self.gate_csv)
            .text(&self.cases);
        match self.catalogue.as_str() {
            "" => canonical.finish(),
            catalogue => canonical.text(catalogue).finish(),
        }
    }

    /// Proves the file: signature, hash, tables and cases. Gives how many cases passed.
    ///
    /// # Errors
    /// The first thing that is not as it was approved.
    pub fn verify(&self, keys: &[AuditKeyView]) -> Result<usize, VerifyError> {
        if self.format != LAYOUT {
            return Err(VerifyError::Format(self.format.clone()));
        }
        let named = keys.iter().find(|key| key.key_number == self.key_number);
        let key = named.and_then(|key| {
            let bytes = URL_SAFE_NO_PAD.decode(&key.public_key).ok()?;
            ServerPublicKey::from_bytes(Suite::of_algorithm(&key.alg)?, &bytes).ok()
        });
        let key = key.ok_or(VerifyError::Key(self.key_number))?;
        let signature = URL_SAFE_NO_PAD.decode(&self.signature).ok();
        let signature = signature.and_then(|bytes| <[u8; 64]>::try_from(bytes).ok());
        let signature = signature.ok_or(VerifyError::Signature)?;
        if !key.has_signed(&self.bytes(), &signature) {
            return Err(VerifyError::Signature);
        }
        if hex(&super::content_sha256(&self.colour_csv, &self.gate_csv)) != self.content_sha256 {
            return Err(VerifyError::Content);
        }
        let catalogue = match self.catalogue.as_str() {
            "" => Catalogue::default(),
            json => Catalogue::from_json(json.as_bytes()).map_err(VerifyError::Tables)?,
        };
        let both = (self.colour_csv.as_bytes(), self.gate_csv.as_bytes());
        let rules = RuleSet::from_csv_with(self.version, both, &catalogue).map_err(|errors| {
            VerifyError::Tables(errors.first().map(ToString::to_string).unwrap_or_default())
        })?;
        let report = run_cases(&rules, &self.cases);
        match report.failed {
            0 => Ok(report.passed),
            failed => Err(VerifyError::Cases(failed)),
        }
    }
}

/// An approved version with its signature; one from before signatures is signed now.
///
/// # Errors
/// [`Code::RuleSetNotApproved`] for a draft, [`Code::RuleSetUnknown`].
pub async fn find_signed(db: &Client, app: &App, version: i32) -> ApiResult<SignedRuleSet> {
    let Some(mut row) = store::find_approved(db, version).await? else {
        let draft = drafts::find_draft(db, version).await?;
        let code = draft.map_or(Code::RuleSetUnknown, |_| Code::RuleSetNotApproved);
        return Err(ApiError::new(code));
    };
    let rules = super::compile(&row.tables, &catalogue::approved(db).await?)?;
    let catalogue = named_entries(&rules)?;
    if row.signed.is_none() {
        row.signed = Some(sign(app, &row, &catalogue));
    }
    Ok(SignedRuleSet::of(&row, &catalogue))
}
