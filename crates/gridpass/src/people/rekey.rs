//! Digests anew by the newest digest key whatever was digested by an older one.
//!
//! The sealed fields are opened, digested and compared with what stands there still; a row
//! that somebody changes at the same time is skipped and met again. When nobody is left, the
//! directory loses its rows by the old keys, and the keys are retired.

use std::time::Duration;

use gridpass_matching::name_key;
use gridpass_types::clock::district_date;
use gridpass_types::document::{DocumentNumber, DocumentType};

use super::record::{open_name, open_phone};
use super::store::{self, IdentifierRow, OldDigests, Redigested};
use crate::app::App;
use crate::http::error::ApiResult;
use crate::jobs::Loop;
use crate::keys::{self, Progress};
use crate::seal::{Field, Which};

/// People a transaction digests anew.
const BATCH_ROWS_MAX: i64 = 500;
/// Directory rows a transaction removes.
const REMOVE_ROWS_MAX: i64 = 5000;
/// What the progress is called.
const TARGET: &str = "person digests";

/// The loop.
pub(super) const LOOP: Loop = Loop {
    name: "digest anew",
    period: Duration::from_secs(30),
    round: |app| Box::pin(round(app)),
};

async fn round(app: App) -> anyhow::Result<bool> {
    let (retiring, number) = app.sealer.with_ring(|ring| {
        let number = i16::from(ring.active_number(Which::Digest));
        (ring.retiring(Which::Digest), number)
    });
    if retiring.is_empty() {
        return Ok(false);
    }
    let tx = app.db.tx().await?;
    if !keys::lock_work(&tx, TARGET).await? {
        return Ok(false);
    }
    let mut progress = keys::find_progress(&tx, TARGET, number).await?;
    let old = store::lock_old_digests(&tx, (progress.after, number), BATCH_ROWS_MAX).await?;
    if let Some(last) = old.last() {
        progress.after = last.person_id.get();
        let moved = redigest(&app, &tx, &old).await?;
        progress.count(moved, old.len());
        keys::save_progress(&tx, TARGET, &progress, app.now()).await?;
        tx.commit().await?;
        return Ok(true);
    }
    let more = finish(&app, &tx, progress).await?;
    tx.commit().await?;
    if more == Some(0) {
        for generation in retiring {
            keys::retire(&app, generation).await?;
        }
    }
    Ok(more.is_some_and(|rows| rows > 0))
}

/// At the end of the table: goes on from its beginning if somebody was skipped; then takes
/// the old rows from the directory. Answers how many went, `None` when that must wait.
async fn finish(
    app: &App,
    tx: &crate::db::Client,
    mut progress: Progress,
) -> ApiResult<Option<u64>> {
    let left = store::count_old_digests(tx, progress.number).await?;
    let settled = app
        .sealer
        .with_ring(|ring| ring.is_settled(Which::Digest, app.now()));
    if left > 0 || !settled {
        progress.after = -1;
        keys::save_progress(tx, TARGET, &progress, app.now()).await?;
        return Ok(None);
    }
    let removed = store::delete_old_identifiers(tx, progress.number, REMOVE_ROWS_MAX).await?;
    progress.finished = removed == 0;
    keys::save_progress(tx, TARGET, &progress, app.now()).await?;
    Ok(Some(removed))
}

async fn redigest(app: &App, tx: &crate::db::Client, old: &[OldDigests]) -> ApiResult<usize> {
    let mut identifiers: Vec<IdentifierRow> = Vec::with_capacity(old.len());
    let mut fresh = Vec::with_capacity(old.len());
    for row in old {
        match digests_of(app, row) {
            Ok((one, numbers)) => {
                fresh.push(one);
                identifiers.extend(
                    numbers
                        .into_iter()
                        .filter(|_| row.holds_number)
                        .map(|(key, digest)| (digest, key, row.person_id)),
                );
            }
            Err(error) => {
                let person_id = row.person_id.get();
                tracing::error!(person_id, %error, "a person cannot be digested anew");
            }
        }
    }
    identifiers.sort_unstable();
    store::claim_numbers(tx, &identifiers).await?;
    store::update_digests(tx, &fresh).await?;
    Ok(fresh.len())
}

type Numbers = Vec<(i16, [u8; 16])>;

fn digests_of(app: &App, row: &OldDigests) -> anyhow::Result<(Redigested, Numbers)> {
    let sealer = &app.sealer;
    let id = row.person_id;
    let text = sealer.open_text(Field::DocumentNumber, id.get(), &row.number_sealed)?;
    let text = zeroize::Zeroizing::new(text);
    let document_type = DocumentType::from_word(&row.document_type)
        .ok_or_else(|| anyhow::anyhow!("the document type is not known"))?;
    let number = DocumentNumber::parse(document_type, &text, district_date(app.now()))?;
    let numbers = sealer.numbered_digests("document", &number.digest_input());
    let name = open_name(sealer, id, &row.name_sealed)?;
    let phone = row.phone_sealed.as_deref();
    let phone = phone
        .map(|sealed| open_phone(sealer, id, sealed))
        .transpose()?;
    let (digest_key, number_digest) = numbers[0];
    let one = Redigested {
        person_id: id,
        digest_key,
        number_digest,
        name_digest: sealer.digest("name", &name_key(&name)),
        phone_digest: phone.map(|phone| sealer.digest("phone", phone.expose())),
    };
    Ok((one, numbers))
}
