//! Photos and papers: checked, stripped, sealed piece by piece, sent piece by piece.

use axum::body::{Body, Bytes};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use gridpass_types::ids::{AppealEvidenceId, PersonId, StaffId};
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use super::decide::lock;
use super::model::{Appeal, AppealStatus, Media, StepKind};
use super::pdf::{self, PdfError};
use super::store::evidence as store;
use super::wire::AppealEvidenceView;
use super::{open, tell};
use crate::app::App;
use crate::auth::Caller;
use crate::db::Client;
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult};
use crate::people;
use crate::seal::Field;

/// Bytes of an upload at most.
pub const UPLOAD_BYTES_MAX: usize = 5 * 1024 * 1024;
/// Photos and papers of one appeal at most.
const PER_APPEAL_MAX: usize = 6;
/// Pixels of a picture's long side as stored: a page of paper can be read.
const SIDE_PIXELS_MAX: u32 = 2000;
/// Bytes of a piece.
const CHUNK_BYTES: usize = 256 * 1024;
/// Pieces at most: what the number bound into a seal has room for.
const CHUNKS_MAX: i64 = 64;

/// PDFs looked through at the same time; each may take some tens of megabytes.
static CHECKING: Semaphore = Semaphore::const_new(2);

/// What an upload was made into.
pub struct Checked {
    media: Media,
    content: Vec<u8>,
    digest: [u8; 16],
}

/// Checks an upload by what it is, not by what it says it is, and strips it.
///
/// # Errors
/// 422 `evidence_type_unknown`, `evidence_unreadable`, `evidence_active`.
pub async fn check(app: &App, upload: Bytes) -> ApiResult<Checked> {
    let sha256: String = Sha256::digest(&upload)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let digest = app.sealer.lasting_digest("appeal_evidence", &sha256);
    let (media, content) = if pdf::is_pdf(&upload) {
        (Media::Pdf, clean_pdf(upload).await?)
    } else if is_picture(&upload) {
        let drawn = people::redraw(upload, SIDE_PIXELS_MAX).await;
        (Media::Image, drawn.map_err(unreadable)?)
    } else {
        return Err(Code::EvidenceTypeUnknown.into());
    };
    Ok(Checked {
        media,
        content,
        digest,
    })
}

fn is_picture(upload: &[u8]) -> bool {
    let webp = upload.starts_with(b"RIFF") && upload.get(8..12) == Some(b"WEBP");
    webp || upload.starts_with(b"\xff\xd8\xff") || upload.starts_with(b"\x89PNG\r\n\x1a\n")
}

fn unreadable(error: ApiError) -> ApiError {
    match error.code() {
        Code::PhotoInvalid => Code::EvidenceUnreadable.into(),
        _ => error,
    }
}

async fn clean_pdf(upload: Bytes) -> ApiResult<Vec<u8>> {
    let _permit = CHECKING.acquire().await.map_err(ApiError::internal)?;
    let cleaned = tokio::task::spawn_blocking(move || pdf::clean(&upload)).await;
    let cleaned = cleaned.map_err(ApiError::internal)?;
    cleaned.map_err(|error| match error {
        PdfError::Active => Code::EvidenceActive.into(),
        PdfError::Unreadable => Code::EvidenceUnreadable.into(),
    })
}

/// Adds what was checked to an open appeal, in the caller's transaction; the same file again is
/// answered with what is there, and `false`.
///
/// # Errors
/// 409 `appeal_closed` or `evidence_too_many`.
pub async fn add(
    tx: &Client,
    app: &App,
    asked: &Appeal,
    (checked, by): (&Checked, Option<StaffId>),
) -> ApiResult<(AppealEvidenceView, bool)> {
    let appeal = lock(tx, asked).await?;
    if let Some(same) = store::find_same(tx, &appeal, &checked.digest).await? {
        return Ok((same, false));
    }
    if appeal.status != AppealStatus::Open {
        return Err(Code::AppealClosed.into());
    }
    let (person, id) = ([appeal.person_id], [appeal.appeal_id]);
    if store::list_evidence(tx, &person, &id).await?.len() >= PER_APPEAL_MAX {
        return Err(Code::EvidenceTooMany.into());
    }
    let evidence_id = AppealEvidenceId::new(app.ids.next());
    let content_bytes = i32::try_from(checked.content.len()).map_err(ApiError::internal)?;
    let chunks = seal(app, evidence_id, &checked.content)?;
    let new = store::NewEvidence {
        appeal: &appeal,
        evidence_id,
        media: checked.media,
        content_bytes,
        upload_digest: &checked.digest,
        added_at: app.now(),
        added_by: by,
        chunks: &chunks,
    };
    store::insert_evidence(tx, &new).await?;
    let detail = Some(checked.media.as_str());
    open::step(tx, app, &appeal, (StepKind::Evidence, by, detail)).await?;
    tell(tx, &appeal).await?;
    let view = AppealEvidenceView {
        evidence_id,
        media: checked.media,
        content_bytes,
        added_at: new.added_at,
        at_counter: by.is_some(),
    };
    Ok((view, true))
}

/// The number that is bound into a piece's seal: which file, and which piece of it.
fn bound(evidence_id: AppealEvidenceId, chunk: i64) -> i64 {
    evidence_id.get() * CHUNKS_MAX + chunk
}

fn seal(app: &App, evidence_id: AppealEvidenceId, content: &[u8]) -> ApiResult<Vec<Vec<u8>>> {
    let pieces: Vec<Vec<u8>> = (0_i64..)
        .zip(content.chunks(CHUNK_BYTES))
        .map(|(chunk, piece)| {
            let id = bound(evidence_id, chunk);
            app.sealer
                .seal(Field::AppealEvidence, id, piece, &app.entropy)
        })
        .collect();
    if pieces.len() > usize::try_from(CHUNKS_MAX).unwrap_or(0) {
        return Err(Code::BodyTooLarge.into());
    }
    Ok(pieces)
}

/// Through whose eyes pieces are read.
#[derive(Clone)]
pub enum Reader {
    /// The person's phone.
    Holder,
    /// A member of staff, who was authorised for the appeal.
    Staff(Box<Caller>, Box<Appeal>),
}

struct Pieces {
    app: App,
    reader: Reader,
    of: (PersonId, AppealEvidenceId),
    chunk: i16,
    chunks: i16,
}

/// A photo or paper as an answer that no cache keeps, sent piece by piece. A PDF is saved, not
/// shown: it is checked, and still nobody's page.
pub fn answer(app: &App, reader: Reader, of: (PersonId, AppealEvidenceView)) -> Response {
    let (person_id, view) = of;
    let length = usize::try_from(view.content_bytes).unwrap_or(0);
    let pieces = Pieces {
        app: app.clone(),
        reader,
        of: (person_id, view.evidence_id),
        chunk: 0,
        chunks: i16::try_from(length.div_ceil(CHUNK_BYTES)).unwrap_or(0),
    };
    let (media_type, shown) = match view.media {
        Media::Image => ("image/jpeg", "inline"),
        Media::Pdf => ("application/pdf", "attachment; filename=\"evidence.pdf\""),
    };
    let headers = [
        (header::CONTENT_TYPE, media_type.to_owned()),
        (header::CONTENT_DISPOSITION, shown.to_owned()),
        (header::CONTENT_LENGTH, length.to_string()),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    let body = Body::from_stream(stream::try_unfold(pieces, next));
    (headers, body).into_response()
}

async fn next(mut pieces: Pieces) -> Result<Option<(Bytes, Pieces)>, std::io::Error> {
    if pieces.chunk >= pieces.chunks {
        return Ok(None);
    }
    let piece = read(&pieces).await.map_err(|error| {
        tracing::warn!(?error, "a piece of an appeal's evidence cannot be read");
        std::io::Error::other("the rest cannot be read")
    })?;
    pieces.chunk += 1;
    Ok(Some((Bytes::from(piece), pieces)))
}

async fn read(pieces: &Pieces) -> ApiResult<Vec<u8>> {
    let sealed = match &pieces.reader {
        Reader::Holder => {
            let db = pieces.app.db.client().await?;
            store::find_chunk(&db, pieces.of, pieces.chunk).await?
        }
        Reader::Staff(caller, appeal) => {
            let tx = caller.tx_on(&pieces.app, &**appeal).await?;
            store::find_chunk(&tx, pieces.of, pieces.chunk).await?
        }
    };
    let sealed = sealed.ok_or(Code::NotFound)?;
    let id = bound(pieces.of.1, i64::from(pieces.chunk));
    let sealer = &pieces.app.sealer;
    Ok(sealer.open(Field::AppealEvidence, id, &sealed)?)
}
