//! SQL of families: who is carried on whose phone, and who lives in one household.

use gridpass_types::ids::{EnclosureId, PersonId};
use jiff::Timestamp;
use tokio_postgres::Error;

use super::{Person, PhoneAddition};
use crate::db::Client;
use crate::people::basis::Basis;

/// People whose passes this person's phone carries, in order of linking.
pub async fn list_dependants(db: &Client, person_id: PersonId) -> Result<Vec<PersonId>, Error> {
    let sql = "-- people.list_dependants
        SELECT dependant_id FROM guardian_link
        WHERE person_id = $1 AND ended_at IS NULL ORDER BY created_at, dependant_id";
    let rows = db
        .query(&db.prepare_cached(sql).await?, &[&person_id])
        .await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// The same with what each link stands on; none for links older than that was asked.
pub async fn list_links(
    db: &Client,
    person_id: PersonId,
) -> Result<Vec<(PersonId, Option<Basis>, Timestamp)>, Error> {
    let sql = "-- people.list_links
        SELECT dependant_id, basis, created_at FROM guardian_link
        WHERE person_id = $1 AND ended_at IS NULL ORDER BY created_at, dependant_id";
    let rows = db
        .query(&db.prepare_cached(sql).await?, &[&person_id])
        .await?;
    let read = |row: &tokio_postgres::Row| {
        let basis: Option<&str> = row.get(1);
        (row.get(0), basis.and_then(Basis::parse), row.get(2))
    };
    Ok(rows.iter().map(read).collect())
}

/// Links a dependant to a guardian; a link that had ended begins anew.
pub async fn link_dependant(
    db: &Client,
    (guardian, dependant): (PersonId, PersonId),
    basis: Basis,
    now: Timestamp,
) -> Result<(), Error> {
    let sql = "-- people.link_dependant
        INSERT INTO guardian_link (person_id, dependant_id, created_at, basis) VALUES ($1, $2, $3, $4)
        ON CONFLICT (person_id, dependant_id)
        DO UPDATE SET ended_at = NULL, created_at = excluded.created_at, basis = excluded.basis";
    let statement = db.prepare_cached(sql).await?;
    db.execute(&statement, &[&guardian, &dependant, &now, &basis.as_str()])
        .await?;
    Ok(())
}

/// Keeps a place on a guardian's phone until then: a link that ends by itself, to nobody, below zero.
pub async fn insert_seat(
    db: &Client,
    (guardian, seat): (PersonId, i64),
    (now, until): (Timestamp, Timestamp),
) -> Result<(), Error> {
    let sql = "-- people.insert_seat
        INSERT INTO guardian_link (person_id, dependant_id, created_at, ended_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (person_id, dependant_id)
        DO UPDATE SET created_at = excluded.created_at, ended_at = excluded.ended_at";
    let statement = db.prepare_cached(sql).await?;
    db.execute(&statement, &[&guardian, &seat, &now, &until])
        .await?;
    Ok(())
}

/// Places kept on a guardian's phone besides this one.
pub async fn count_seats(db: &Client, (guardian, seat): (PersonId, i64)) -> Result<i64, Error> {
    let sql = "-- people.count_seats
        SELECT count(*) FROM guardian_link
        WHERE person_id = $1 AND dependant_id < 0 AND dependant_id <> $2";
    let statement = db.prepare_cached(sql).await?;
    let row = db.query_one(&statement, &[&guardian, &seat]).await?;
    Ok(row.get(0))
}

/// Gives a place back.
pub async fn delete_seat(db: &Client, (guardian, seat): (PersonId, i64)) -> Result<(), Error> {
    let sql = "-- people.delete_seat
        DELETE FROM guardian_link WHERE person_id = $1 AND dependant_id = $2 AND dependant_id < 0";
    let statement = db.prepare_cached(sql).await?;
    db.execute(&statement, &[&guardian, &seat]).await?;
    Ok(())
}

/// Gives the places of a guardian's phone back that nobody has taken in time.
pub async fn delete_past_seats(
    db: &Client,
    guardian: PersonId,
    now: Timestamp,
) -> Result<(), Error> {
    let sql = "-- people.delete_past_seats
        DELETE FROM guardian_link WHERE person_id = $1 AND dependant_id < 0 AND ended_at <= $2";
    let statement = db.prepare_cached(sql).await?;
    db.execute(&statement, &[&guardian, &now]).await?;
    Ok(())
}

/// Ends a link; false when there was none.
pub async fn unlink_dependant(
    db: &Client,
    (guardian, dependant): (PersonId, PersonId),
    now: Timestamp,
) -> Result<bool, Error> {
    let sql = "-- people.unlink_dependant
        UPDATE guardian_link SET ended_at = $3
        WHERE person_id = $1 AND dependant_id = $2 AND ended_at IS NULL";
    let statement = db.prepare_cached(sql).await?;
    let ended = db
        .execute(&statement, &[&guardian, &dependant, &now])
        .await?;
    Ok(ended > 0)
}

/// Notes with the dependant who carries the pass.
pub async fn note_carrier(
    db: &Client,
    (dependant, guardian): (PersonId, PersonId),
    basis: Basis,
    now: Timestamp,
) -> Result<(), Error> {
    let sql = "-- people.note_carrier
        INSERT INTO pass_carrier (person_id, guardian_id, basis, since) VALUES ($1, $2, $4, $3)
        ON CONFLICT (person_id, guardian_id)
        DO UPDATE SET ended_at = NULL, since = excluded.since, basis = excluded.basis";
    let statement = db.prepare_cached(sql).await?;
    db.execute(&statement, &[&dependant, &guardian, &now, &basis.as_str()])
        .await?;
    Ok(())
}

/// Notes with the dependant that a phone carries the pass no more.
pub async fn end_carrier(
    db: &Client,
    (dependant, guardian): (PersonId, PersonId),
    now: Timestamp,
) -> Result<(), Error> {
    let sql = "-- people.end_carrier
        UPDATE pass_carrier SET ended_at = $3
        WHERE person_id = $1 AND guardian_id = $2 AND ended_at IS NULL";
    let statement = db.prepare_cached(sql).await?;
    db.execute(&statement, &[&dependant, &guardian, &now])
        .await?;
    Ok(())
}

/// Ends the links of a person's phone that stand on one household; answers whom it carried.
pub async fn end_household_links(
    db: &Client,
    person_id: PersonId,
    now: Timestamp,
) -> Result<Vec<PersonId>, Error> {
    let sql = "-- people.end_household_links
        UPDATE guardian_link SET ended_at = $2
        WHERE person_id = $1 AND basis = 'household' AND ended_at IS NULL RETURNING dependant_id";
    let statement = db.prepare_cached(sql).await?;
    let rows = db.query(&statement, &[&person_id, &now]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// Notes that no phone carries a person's pass on the ground of one household any more; answers
/// whose did.
pub async fn end_household_carriers(
    db: &Client,
    person_id: PersonId,
    now: Timestamp,
) -> Result<Vec<PersonId>, Error> {
    let sql = "-- people.end_household_carriers
        UPDATE pass_carrier SET ended_at = $2
        WHERE person_id = $1 AND basis = 'household' AND ended_at IS NULL RETURNING guardian_id";
    let statement = db.prepare_cached(sql).await?;
    let rows = db.query(&statement, &[&person_id, &now]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// Somebody whose phone carries a person's pass.
pub struct Carrier {
    /// Who.
    pub guardian_id: PersonId,
    /// On what it stands.
    pub basis: Option<Basis>,
    /// Since when.
    pub since: Timestamp,
}

/// Whose phones carry this person's pass, in order of time.
pub async fn list_carriers(db: &Client, person_id: PersonId) -> Result<Vec<Carrier>, Error> {
    let sql = "-- people.list_carriers
        SELECT guardian_id, basis, since FROM pass_carrier
        WHERE person_id = $1 AND ended_at IS NULL ORDER BY since, guardian_id LIMIT 100";
    let rows = db
        .query(&db.prepare_cached(sql).await?, &[&person_id])
        .await?;
    let read = |row: &tokio_postgres::Row| Carrier {
        guardian_id: row.get(0),
        basis: Basis::parse(row.get(1)),
        since: row.get(2),
    };
    Ok(rows.iter().map(read).collect())
}

/// Whether the person shows the pass on a phone of their own.
pub async fn has_live_session(
    db: &Client,
    person_id: PersonId,
    now: Timestamp,
) -> Result<bool, Error> {
    let sql = "-- people.has_live_session
        SELECT EXISTS (SELECT FROM holder_session
            WHERE person_id = $1 AND revoked_at IS NULL AND expires_at > $2)";
    let statement = db.prepare_cached(sql).await?;
    let row = db.query_one(&statement, &[&person_id, &now]).await?;
    Ok(row.get(0))
}

/// Writes another phone in place of the one held.
pub async fn update_phone(
    db: &Client,
    person_id: PersonId,
    phone: &PhoneAddition,
) -> Result<(), Error> {
    // The older number of the two stands for the whole row, as when a phone is added.
    let sql = "-- people.update_phone
        UPDATE person SET phone_sealed = $2, phone_digest = $3,
            digest_key = least(coalesce(digest_key, 1::smallint), $4)
        WHERE person_id = $1";
    let statement = db.prepare_cached(sql).await?;
    db.execute(
        &statement,
        &[
            &person_id,
            &phone.sealed,
            &&phone.digest[..],
            &phone.digest_key,
        ],
    )
    .await?;
    Ok(())
}

/// People of one household after an identity, in order of identity.
pub async fn list_household(
    db: &Client,
    household_id: i64,
    (after, rows_max): (i64, i64),
) -> Result<Vec<Person>, Error> {
    let sql = "-- people.list_household
        SELECT p.person_id, p.pass_serial, s.place_code, p.document_type, p.document_number_sealed,
            p.name_sealed, p.phone_sealed, p.address_sealed, p.address_code_sealed, p.birth_year, p.sex, p.origin_province, p.grid_code,
            p.household_id, p.photo_sealed IS NOT NULL AS has_photo, p.photo_by_staff IS TRUE AS photo_by_staff, p.source, p.created_at, p.enrolled_at
        FROM person p JOIN person_state s ON s.person_id = p.person_id
        WHERE p.household_id = $1 AND p.person_id > $2 ORDER BY p.person_id LIMIT $3";
    let statement = db.prepare_cached(sql).await?;
    let rows = db
        .query(&statement, &[&household_id, &after, &rows_max])
        .await?;
    Ok(rows.iter().filter_map(Person::from_row).collect())
}

/// People who count below a code after an identity, in order of identity; only those of an
/// enclosure, if one is given.
pub async fn list_below(
    db: &Client,
    (code, enclosure_id): (&str, Option<EnclosureId>),
    (after, rows_max): (i64, i64),
) -> Result<Vec<Person>, Error> {
    let sql = "-- people.list_below
        SELECT p.person_id, p.pass_serial, s.place_code, p.document_type, p.document_number_sealed,
            p.name_sealed, p.phone_sealed, p.address_sealed, p.address_code_sealed, p.birth_year, p.sex, p.origin_province, p.grid_code,
            p.household_id, p.photo_sealed IS NOT NULL AS has_photo, p.photo_by_staff IS TRUE AS photo_by_staff, p.source, p.created_at, p.enrolled_at
        FROM person p JOIN person_state s ON s.person_id = p.person_id
        WHERE s.place_code ~>=~ $1 AND s.place_code ~<~ ($1 || ':') AND ($4::bigint IS NULL OR s.enclosure_id = $4)
            AND s.person_id > $2 ORDER BY s.person_id LIMIT $3";
    let statement = db.prepare_cached(sql).await?;
    let rows = db
        .query(&statement, &[&code, &after, &rows_max, &enclosure_id])
        .await?;
    Ok(rows.iter().filter_map(Person::from_row).collect())
}

/// From when on the codes count that phones get of a person's pass; none when they got none yet.
pub async fn find_codes_from(db: &Client, person_id: PersonId) -> Result<Option<Timestamp>, Error> {
    let sql = "-- people.find_codes_from
        SELECT greatest(not_before, carried_from) FROM pass WHERE person_id = $1";
    let statement = db.prepare_cached(sql).await?;
    let row = db.query_opt(&statement, &[&person_id]).await?;
    Ok(row.map(|row| row.get(0)))
}
