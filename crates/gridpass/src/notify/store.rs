//! SQL of notices and of text messages that wait.

use gridpass_types::Phone;
use gridpass_types::ids::PersonId;
use jiff::Timestamp;
use serde_json::Value;
use tokio_postgres::{Error, Row};

use super::model::{Notice, NoticeView, TextKind};
use crate::app::App;
use crate::db::Client;
use crate::seal::Field;

/// A notice to write.
pub struct NewNotice<'a> {
    /// Whom, and the notice's own number.
    pub key: (PersonId, i64),
    /// Which template.
    pub template: &'static str,
    /// What it is filled with.
    pub parameters: &'a Value,
    /// `none` or `waiting`.
    pub text_state: &'static str,
    /// Now.
    pub created_at: Timestamp,
}

/// Writes a notice.
pub async fn insert_notice(db: &Client, row: &NewNotice<'_>) -> Result<(), Error> {
    let sql = "-- notify.insert_notice
        INSERT INTO notice (person_id, notice_id, template, parameters, text_state, created_at)
        VALUES ($1, $2, $3, $4, $5, $6)";
    let statement = db.prepare_cached(sql).await?;
    db.execute(
        &statement,
        &[
            &row.key.0,
            &row.key.1,
            &row.template,
            &row.parameters,
            &row.text_state,
            &row.created_at,
        ],
    )
    .await?;
    Ok(())
}

/// Writes the same notice for many people.
pub async fn insert_notices(
    db: &Client,
    (people, notice_id): (&[PersonId], i64),
    (template, parameters): (&str, &Value),
    (text_state, created_at): (&str, Timestamp),
) -> Result<(), Error> {
    let sql = "-- notify.insert_notices
        INSERT INTO notice (person_id, notice_id, template, parameters, text_state, created_at)
        SELECT person_id, $2, $3, $4, $5, $6 FROM unnest($1::bigint[]) AS u (person_id)";
    let statement = db.prepare_cached(sql).await?;
    db.execute(
        &statement,
        &[
            &people,
            &notice_id,
            &template,
            &parameters,
            &text_state,
            &created_at,
        ],
    )
    .await?;
    Ok(())
}

/// A notice as stored, with what the reader needs.
pub struct NoticeRow(Row);

impl NoticeRow {
    /// As the person reads it; `None` for a template this version does not know.
    pub fn view(&self) -> Option<NoticeView> {
        let notice: Notice = serde_json::from_value(self.0.get("parameters")).ok()?;
        let words = notice.words();
        Some(NoticeView {
            notice_id: self.0.get("notice_id"),
            pass_serial: self.0.get("pass_serial"),
            template: notice.template().to_owned(),
            created_at: self.0.get("created_at"),
            text_zh: words.zh,
            text_en: words.en,
        })
    }
}

/// Notices of people, newest first.
pub async fn list_notices(
    db: &Client,
    people: &[PersonId],
    limit: i64,
) -> Result<Vec<NoticeRow>, Error> {
    let sql = "-- notify.list_notices
        SELECT n.notice_id, p.pass_serial, n.parameters, n.created_at
        FROM notice n JOIN person p ON p.person_id = n.person_id
        WHERE n.person_id = ANY($1) ORDER BY n.notice_id DESC LIMIT $2";
    let statement = db.prepare_cached(sql).await?;
    let rows = db.query(&statement, &[&people, &limit]).await?;
    Ok(rows.into_iter().map(NoticeRow).collect())
}

/// A notice to send, and where.
pub struct ToSend {
    parameters: Value,
    phone_sealed: Option<Vec<u8>>,
}

impl ToSend {
    /// The notice; `None` for a template this version does not know.
    pub fn notice(&self) -> Option<Notice> {
        serde_json::from_value(self.parameters.clone()).ok()
    }

    /// The person's phone, if one is known.
    ///
    /// # Errors
    /// When it was sealed with another key.
    pub fn phone(&self, app: &App, person_id: PersonId) -> anyhow::Result<Option<Phone>> {
        let Some(sealed) = &self.phone_sealed else {
            return Ok(None);
        };
        let text = app
            .sealer
            .open_text(Field::Phone, person_id.get(), sealed)?;
        Ok(Some(Phone::parse(&zeroize::Zeroizing::new(text))?))
    }
}

/// A notice and its person's phone.
pub async fn find_notice(db: &Client, key: (PersonId, i64)) -> Result<Option<ToSend>, Error> {
    let sql = "-- notify.find_notice
        SELECT n.parameters, p.phone_sealed
        FROM notice n JOIN person p ON p.person_id = n.person_id
        WHERE n.person_id = $1 AND n.notice_id = $2";
    let row = db
        .query_opt(&db.prepare_cached(sql).await?, &[&key.0, &key.1])
        .await?;
    Ok(row.map(|row| ToSend {
        parameters: row.get(0),
        phone_sealed: row.get(1),
    }))
}

/// Notes what became of a notice's text message.
pub async fn update_text_state(
    db: &Client,
    key: (PersonId, i64),
    state: &str,
) -> Result<(), Error> {
    let sql = "-- notify.update_text_state
        UPDATE notice SET text_state = $3 WHERE person_id = $1 AND notice_id = $2";
    let statement = db.prepare_cached(sql).await?;
    db.execute(&statement, &[&key.0, &key.1, &state]).await?;
    Ok(())
}

/// A text message to write.
pub struct NewText {
    /// Identity.
    pub message_id: i64,
    /// Sealed phone.
    pub phone_sealed: Vec<u8>,
    /// Sealed words, JSON.
    pub words_sealed: Vec<u8>,
    /// Person and notice it belongs to; `None` for a code.
    pub of: Option<(PersonId, i64)>,
    /// From when it is not worth sending.
    pub expires_at: Timestamp,
    /// Now: due at once.
    pub now: Timestamp,
}

/// Puts a message into the queue.
pub async fn insert_text(db: &Client, row: &NewText) -> Result<(), Error> {
    let sql = "-- notify.insert_text
        INSERT INTO text_message (message_id, kind, phone_sealed, words_sealed, recipient_id, notice_id,
                                  created_at, expires_at, next_at, attempts)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $7, 0)";
    let kind = match row.of {
        Some(_) => TextKind::Notice,
        None => TextKind::Code,
    };
    let statement = db.prepare_cached(sql).await?;
    db.execute(
        &statement,
        &[
            &row.message_id,
            &kind.as_str(),
            &row.phone_sealed,
            &row.words_sealed,
            &row.of.map(|(person_id, _)| person_id),
            &row.of.map(|(_, notice_id)| notice_id),
            &row.now,
            &row.expires_at,
        ],
    )
    .await?;
    Ok(())
}

/// A message taken to be sent.
pub struct Claimed {
    /// Identity.
    pub message_id: i64,
    /// Sealed phone.
    pub phone_sealed: Vec<u8>,
    /// Sealed words, JSON.
    pub words_sealed: Vec<u8>,
    /// Person and notice it belongs to.
    pub of: Option<(PersonId, i64)>,
    /// From when it is not worth sending.
    pub expires_at: Timestamp,
    /// Tries, this one included.
    pub attempts: i16,
}

impl Claimed {
    /// What it is about.
    pub fn kind(&self) -> TextKind {
        match self.of {
            Some(_) => TextKind::Notice,
            None => TextKind::Code,
        }
    }
}

/// Takes messages that are due; nobody else takes them before `lease_until`.
pub async fn claim_texts(
    db: &Client,
    now: Timestamp,
    lease_until: Timestamp,
    limit: i64,
) -> Result<Vec<Claimed>, Error> {
    let sql = "-- notify.claim_texts
        UPDATE text_message SET next_at = $2, attempts = attempts + 1
        WHERE message_id IN (SELECT message_id FROM text_message WHERE next_at <= $1
                             ORDER BY next_at LIMIT $3 FOR UPDATE SKIP LOCKED)
        RETURNING message_id, phone_sealed, words_sealed, recipient_id, notice_id, expires_at, attempts";
    let statement = db.prepare_cached(sql).await?;
    let rows = db.query(&statement, &[&now, &lease_until, &limit]).await?;
    let read = |row: &Row| Claimed {
        message_id: row.get(0),
        phone_sealed: row.get(1),
        words_sealed: row.get(2),
        of: row.get::<_, Option<PersonId>>(3).zip(row.get(4)),
        expires_at: row.get(5),
        attempts: row.get(6),
    };
    Ok(rows.iter().map(read).collect())
}

/// Puts a message off.
pub async fn delay_text(db: &Client, message_id: i64, next_at: Timestamp) -> Result<(), Error> {
    let sql = "-- notify.delay_text
        UPDATE text_message SET next_at = $2 WHERE message_id = $1";
    db.execute(&db.prepare_cached(sql).await?, &[&message_id, &next_at])
        .await?;
    Ok(())
}

/// Takes a message out of the queue.
pub async fn delete_text(db: &Client, message_id: i64) -> Result<(), Error> {
    let sql = "-- notify.delete_text
        DELETE FROM text_message WHERE message_id = $1";
    db.execute(&db.prepare_cached(sql).await?, &[&message_id])
        .await?;
    Ok(())
}
