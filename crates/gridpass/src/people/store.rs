//! SQL of people, their phones and their dependants.

mod claims;
mod family;
mod households;
mod photos;
mod rekey;
mod taken_in;

use gridpass_types::ids::{EnclosureId, PassSerial, PersonId, StaffId};
use jiff::Timestamp;
use tokio_postgres::Error;

use super::record::Person;
use crate::db::Client;

pub use claims::{
    Claim, end_claim, expire_sessions, insert_claim, list_claimed_by_phone, list_open_claims,
    update_document,
};
pub use family::{
    count_seats, delete_past_seats, delete_seat, end_carrier, end_household_carriers,
    end_household_links, find_codes_from, has_live_session, insert_seat, link_dependant,
    list_below, list_carriers, list_dependants, list_household, list_links, note_carrier,
    unlink_dependant, update_phone,
};
pub use households::{find_unjoined_address, is_household, join_household, leave_household};
pub use photos::{delete_photo, find_photo, update_own_photo, update_photo};
pub use rekey::{
    OldDigests, Redigested, count_old_digests, delete_old_identifiers, lock_old_digests,
    update_digests,
};
pub use taken_in::{find_taken_in, note_taken_in};

/// A person by identity.
pub async fn find_person(db: &Client, person_id: i64) -> Result<Option<Person>, Error> {
    let sql = "-- people.find_person
        SELECT p.person_id, p.pass_serial, s.place_code, p.document_type, p.document_number_sealed,
            p.name_sealed, p.phone_sealed, p.address_sealed, p.address_code_sealed, p.birth_year, p.sex, p.origin_province, p.grid_code,
            p.household_id, p.photo_sealed IS NOT NULL AS has_photo, p.photo_by_staff IS TRUE AS photo_by_staff, p.source, p.created_at, p.enrolled_at
        FROM person p JOIN person_state s ON s.person_id = p.person_id WHERE p.person_id = $1";
    let row = db
        .query_opt(&db.prepare_cached(sql).await?, &[&person_id])
        .await?;
    Ok(row.as_ref().and_then(Person::from_row))
}

/// Locks a person's row until the transaction ends.
pub async fn lock_person(db: &Client, person_id: i64) -> Result<(), Error> {
    let sql = "-- people.lock_person
        SELECT person_id FROM person WHERE person_id = $1 FOR UPDATE";
    db.query_opt(&db.prepare_cached(sql).await?, &[&person_id])
        .await?;
    Ok(())
}

/// The person one of these number digests belongs to; the first one, if several do.
pub async fn find_by_digests(db: &Client, digests: &[Vec<u8>]) -> Result<Option<PersonId>, Error> {
    let sql = "-- people.find_by_digests
        SELECT person_id FROM person_identifier WHERE number_digest = ANY($1)
        ORDER BY array_position($1, number_digest) LIMIT 1";
    let row = db
        .query_opt(&db.prepare_cached(sql).await?, &[&digests])
        .await?;
    Ok(row.map(|row| row.get(0)))
}

/// People reached by a phone, under any of its digests; a few of them, families share one.
pub async fn list_by_phone(
    db: &Client,
    digests: &[Vec<u8>],
    limit: i64,
) -> Result<Vec<PersonId>, Error> {
    let sql = "-- people.list_by_phone
        SELECT person_id FROM person WHERE phone_digest = ANY($1) ORDER BY person_id LIMIT $2";
    let statement = db.prepare_cached(sql).await?;
    let rows = db.query(&statement, &[&digests, &limit]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// The person of a pass serial.
pub async fn find_by_serial(db: &Client, serial: i32) -> Result<Option<PersonId>, Error> {
    let sql = "-- people.find_by_serial
        SELECT person_id FROM person WHERE pass_serial = $1";
    let row = db
        .query_opt(&db.prepare_cached(sql).await?, &[&serial])
        .await?;
    Ok(row.map(|row| row.get(0)))
}

/// A row of the directory of numbers: digest, the number of its key, and whose it is.
pub type IdentifierRow = ([u8; 16], i16, PersonId);

/// Claims numbers for people; answers whose rows were free, once a row.
pub async fn claim_numbers(db: &Client, rows: &[IdentifierRow]) -> Result<Vec<i64>, Error> {
    let digests: Vec<&[u8]> = rows.iter().map(|(digest, ..)| &digest[..]).collect();
    let keys: Vec<i16> = rows.iter().map(|(_, key, _)| *key).collect();
    let people: Vec<PersonId> = rows.iter().map(|(.., person_id)| *person_id).collect();
    let sql = "-- people.claim_numbers
        INSERT INTO person_identifier (number_digest, person_id, digest_key)
        SELECT d, p, k FROM unnest($1::bytea[], $2::bigint[], $3::smallint[]) AS u (d, p, k)
        ON CONFLICT DO NOTHING RETURNING person_id";
    let statement = db.prepare_cached(sql).await?;
    let rows = db.query(&statement, &[&digests, &people, &keys]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// Gives back what people claimed who did not get all of it.
pub async fn release_numbers(db: &Client, people: &[i64]) -> Result<(), Error> {
    let sql = "-- people.release_numbers
        DELETE FROM person_identifier WHERE person_id = ANY($1)";
    db.execute(&db.prepare_cached(sql).await?, &[&people])
        .await?;
    Ok(())
}

/// A row of `person` to write, everything personal sealed.
pub struct NewRow {
    /// Identity.
    pub person_id: PersonId,
    /// Serial of the pass.
    pub pass_serial: PassSerial,
    /// Kind of document.
    pub document_type: &'static str,
    /// Sealed number, name, phone, address and its code.
    pub sealed: Sealed,
    /// Number of the digest key and digest of the number, for each key in use; the one
    /// that is written with comes first.
    pub number_digests: Vec<(i16, [u8; 16])>,
    /// Digest of the name.
    pub name_digest: [u8; 16],
    /// Digest of the phone.
    pub phone_digest: Option<[u8; 16]>,
    /// Year of birth.
    pub birth_year: Option<i16>,
    /// 0 unknown, 1 male, 2 female.
    pub sex: i16,
    /// Two digits.
    pub origin_province: Option<String>,
    /// Grid of the home.
    pub grid_code: Option<String>,
    /// Household.
    pub household_id: Option<i64>,
    /// Where the row came from.
    pub source: String,
    /// When the person applied.
    pub enrolled_at: Option<Timestamp>,
}

/// Sealed fields of a person.
pub struct Sealed {
    /// Document number.
    pub number: Vec<u8>,
    /// Name.
    pub name: Vec<u8>,
    /// Phone.
    pub phone: Option<Vec<u8>>,
    /// Building and room.
    pub address: Option<Vec<u8>>,
    /// Standard address code.
    pub address_code: Option<Vec<u8>>,
}

/// Writes a person.
pub async fn insert_person(db: &Client, row: &NewRow, now: Timestamp) -> Result<(), Error> {
    let sql = "-- people.insert_person
        INSERT INTO person (person_id, pass_serial, document_type, document_number_sealed, name_sealed,
            phone_sealed, address_sealed, number_digest, name_digest, phone_digest, birth_year, sex,
            origin_province, grid_code, household_id, source, created_at, enrolled_at, digest_key, address_code_sealed)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)";
    let statement = db.prepare_cached(sql).await?;
    let phone_digest = row.phone_digest.as_ref().map(|digest| &digest[..]);
    let (digest_key, digest) = &row.number_digests[0];
    db.execute(
        &statement,
        &[
            &row.person_id,
            &row.pass_serial,
            &row.document_type,
            &row.sealed.number,
            &row.sealed.name,
            &row.sealed.phone,
            &row.sealed.address,
            &&digest[..],
            &&row.name_digest[..],
            &phone_digest,
            &row.birth_year,
            &row.sex,
            &row.origin_province,
            &row.grid_code,
            &row.household_id,
            &row.source,
            &now,
            &row.enrolled_at,
            &digest_key,
            &row.sealed.address_code,
        ],
    )
    .await?;
    Ok(())
}

/// Writes many people with their serials, in one statement; the rows' own serials do not
/// count. Not a COPY: a table with row-level security takes none.
pub async fn insert_people(
    db: &Client,
    people: &[(PassSerial, &NewRow)],
    now: Timestamp,
) -> Result<(), Error> {
    if people.is_empty() {
        return Ok(());
    }
    let sql = "-- people.insert_people
        INSERT INTO person (person_id, pass_serial, document_type, document_number_sealed, name_sealed,
            phone_sealed, address_sealed, number_digest, name_digest, phone_digest, birth_year, sex,
            origin_province, grid_code, household_id, source, created_at, enrolled_at, digest_key, address_code_sealed)
        SELECT u1, u2, u3, u4, u5, u6, u7, u8, u9, u10, u11, u12, u13, u14, u15, u16, $18, u17, u18, u19
        FROM unnest($1::bigint[], $2::integer[], $3::text[], $4::bytea[], $5::bytea[], $6::bytea[],
            $7::bytea[], $8::bytea[], $9::bytea[], $10::bytea[], $11::smallint[], $12::smallint[],
            $13::text[], $14::text[], $15::bigint[], $16::text[], $17::timestamptz[], $19::smallint[],
            $20::bytea[])
            AS u (u1, u2, u3, u4, u5, u6, u7, u8, u9, u10, u11, u12, u13, u14, u15, u16, u17, u18, u19)";
    let statement = db.prepare_cached(sql).await?;
    db.execute(
        &statement,
        &[
            &column(people, |row| row.person_id),
            &people.iter().map(|(serial, _)| *serial).collect::<Vec<_>>(),
            &column(people, |row| row.document_type),
            &column(people, |row| &row.sealed.number[..]),
            &column(people, |row| &row.sealed.name[..]),
            &column(people, |row| row.sealed.phone.as_deref()),
            &column(people, |row| row.sealed.address.as_deref()),
            &column(people, |row| &row.number_digests[0].1[..]),
            &column(people, |row| &row.name_digest[..]),
            &column(people, |row| {
                row.phone_digest.as_ref().map(|digest| &digest[..])
            }),
            &column(people, |row| row.birth_year),
            &column(people, |row| row.sex),
            &column(people, |row| row.origin_province.as_deref()),
            &column(people, |row| row.grid_code.as_deref()),
            &column(people, |row| row.household_id),
            &column(people, |row| &row.source[..]),
            &column(people, |row| row.enrolled_at),
            &now,
            &column(people, |row| row.number_digests[0].0),
            &column(people, |row| row.sealed.address_code.as_deref()),
        ],
    )
    .await?;
    Ok(())
}

/// One column of many rows.
fn column<'a, T>(people: &[(PassSerial, &'a NewRow)], read: impl Fn(&'a NewRow) -> T) -> Vec<T> {
    people.iter().map(|(_, row)| read(row)).collect()
}

/// What a registry adds to a person known already.
pub struct BulkAddition {
    /// Who.
    pub person_id: i64,
    /// Grid of the home.
    pub grid_code: Option<String>,
    /// Household.
    pub household_id: Option<i64>,
    /// Two digits.
    pub origin_province: Option<String>,
    /// Sealed building and room.
    pub address_sealed: Option<Vec<u8>>,
    /// Sealed standard address code.
    pub address_code_sealed: Option<Vec<u8>>,
}

/// Fills what was not known of people; what is held stays.
pub async fn add_to_people(db: &Client, additions: &[BulkAddition]) -> Result<(), Error> {
    if additions.is_empty() {
        return Ok(());
    }
    let people: Vec<i64> = additions.iter().map(|one| one.person_id).collect();
    let grids: Vec<Option<&str>> = additions
        .iter()
        .map(|one| one.grid_code.as_deref())
        .collect();
    let households: Vec<Option<i64>> = additions.iter().map(|one| one.household_id).collect();
    let origins: Vec<Option<&str>> = additions
        .iter()
        .map(|one| one.origin_province.as_deref())
        .collect();
    let addresses: Vec<Option<&[u8]>> = additions
        .iter()
        .map(|one| one.address_sealed.as_deref())
        .collect();
    let codes: Vec<Option<&[u8]>> = additions
        .iter()
        .map(|one| one.address_code_sealed.as_deref())
        .collect();
    let sql = "-- people.add_to_people
        UPDATE person p SET grid_code = coalesce(p.grid_code, u.g), household_id = coalesce(p.household_id, u.h),
            origin_province = coalesce(p.origin_province, u.o), address_sealed = coalesce(p.address_sealed, u.a),
            address_code_sealed = coalesce(p.address_code_sealed, u.c)
        FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::text[], $5::bytea[], $6::bytea[])
            AS u (i, g, h, o, a, c)
        WHERE p.person_id = u.i";
    let statement = db.prepare_cached(sql).await?;
    db.execute(
        &statement,
        &[&people, &grids, &households, &origins, &addresses, &codes],
    )
    .await?;
    Ok(())
}

/// A phone to add.
pub struct PhoneAddition {
    /// Sealed.
    pub sealed: Vec<u8>,
    /// Its digest.
    pub digest: [u8; 16],
    /// Number of the key of the digest.
    pub digest_key: i16,
}

/// What enrolment adds to a person known already; what is held stays.
pub struct Addition<'a> {
    /// Who.
    pub person_id: PersonId,
    /// The phone.
    pub phone: Option<PhoneAddition>,
    /// Grid of the home.
    pub grid_code: Option<&'a str>,
    /// Household.
    pub household_id: Option<i64>,
    /// Sealed building and room.
    pub address_sealed: Option<&'a [u8]>,
    /// Sealed standard address code.
    pub address_code_sealed: Option<&'a [u8]>,
    /// When the person applied.
    pub enrolled_at: Option<Timestamp>,
}

/// Fills what was not known; what is held stays.
pub async fn add_to_person(db: &Client, addition: &Addition<'_>) -> Result<(), Error> {
    let sql = "-- people.add_to_person
        UPDATE person SET phone_sealed = coalesce(phone_sealed, $2), phone_digest = coalesce(phone_digest, $3),
            grid_code = coalesce(grid_code, $4), household_id = coalesce(household_id, $5),
            enrolled_at = coalesce(enrolled_at, $6), digest_key = least(coalesce(digest_key, 1::smallint), $7),
            address_sealed = coalesce(address_sealed, $8),
            address_code_sealed = coalesce(address_code_sealed, $9)
        WHERE person_id = $1";
    let phone = addition.phone.as_ref();
    let sealed = phone.map(|phone| &phone.sealed[..]);
    let digest = phone.map(|phone| &phone.digest[..]);
    // The older number stands for the whole row, so that the job that digests anew finds it.
    let digest_key = phone.map(|phone| phone.digest_key);
    let statement = db.prepare_cached(sql).await?;
    db.execute(
        &statement,
        &[
            &addition.person_id,
            &sealed,
            &digest,
            &addition.grid_code,
            &addition.household_id,
            &addition.enrolled_at,
            &digest_key,
            &addition.address_sealed,
            &addition.address_code_sealed,
        ],
    )
    .await?;
    Ok(())
}

/// A phone that was admitted.
pub struct Session {
    /// When it ends at the latest.
    pub expires_at: Timestamp,
    /// When another phone took its place.
    pub replaced_at: Option<Timestamp>,
}

/// The phone of this person with the token digest.
pub async fn find_session(
    db: &Client,
    (person_id, digest): (i64, &[u8]),
) -> Result<Option<Session>, Error> {
    let sql = "-- people.find_session
        SELECT expires_at, revoked_at FROM holder_session WHERE person_id = $1 AND token_digest = $2";
    let statement = db.prepare_cached(sql).await?;
    let row = db.query_opt(&statement, &[&person_id, &digest]).await?;
    Ok(row.map(|row| Session {
        expires_at: row.get(0),
        replaced_at: row.get(1),
    }))
}

/// Ends every phone of a person; true when one was still live.
pub async fn revoke_sessions(
    db: &Client,
    person_id: PersonId,
    now: Timestamp,
) -> Result<bool, Error> {
    let sql = "-- people.revoke_sessions
        UPDATE holder_session SET revoked_at = $2 WHERE person_id = $1 AND revoked_at IS NULL
        RETURNING expires_at > $2";
    let rows = db
        .query(&db.prepare_cached(sql).await?, &[&person_id, &now])
        .await?;
    Ok(rows.iter().any(|row| row.get(0)))
}

/// Admits a phone.
pub async fn insert_session(
    db: &Client,
    (person_id, digest): (PersonId, &[u8]),
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<(), Error> {
    let sql = "-- people.insert_session
        INSERT INTO holder_session (person_id, token_digest, created_at, expires_at) VALUES ($1, $2, $3, $4)";
    let statement = db.prepare_cached(sql).await?;
    db.execute(&statement, &[&person_id, &digest, &now, &expires_at])
        .await?;
    Ok(())
}

/// Writes another name with its digest; how many rows changed.
pub async fn update_name(
    db: &Client,
    person_id: PersonId,
    (sealed, digest): (&[u8], &[u8]),
) -> Result<u64, Error> {
    let sql = "-- people.update_name
        UPDATE person SET name_sealed = $2, name_digest = $3 WHERE person_id = $1";
    db.execute(
        &db.prepare_cached(sql).await?,
        &[&person_id, &sealed, &digest],
    )
    .await
}

/// Writes a corrected address, its code if one is known, and the household it makes, if it does;
/// false when the person is not in reach.
pub async fn update_address(
    db: &Client,
    (person_id, household_id): (PersonId, Option<i64>),
    (sealed, code_sealed): (&[u8], Option<&[u8]>),
    (now, by): (Timestamp, StaffId),
) -> Result<bool, Error> {
    let sql = "-- people.update_address
        UPDATE person SET address_sealed = $2, household_id = $3, address_changed_at = $4, address_changed_by = $5,
            address_code_sealed = $6, declared_door = NULL, declared_enclosure_id = NULL
        WHERE person_id = $1";
    let statement = db.prepare_cached(sql).await?;
    let changed = db
        .execute(
            &statement,
            &[&person_id, &sealed, &household_id, &now, &by, &code_sealed],
        )
        .await?;
    Ok(changed == 1)
}

/// Keeps where somebody says they live, with the number of the door and its enclosure, if it tells a
/// room; the household stays, and the code of another room goes.
pub async fn update_own_address(
    db: &Client,
    person_id: PersonId,
    (sealed, door): (&[u8], Option<(i64, EnclosureId)>),
    now: Timestamp,
) -> Result<(), Error> {
    let sql = "-- people.update_own_address
        UPDATE person SET address_sealed = $2, address_code_sealed = NULL, address_changed_at = $3,
            address_changed_by = NULL, declared_door = $4, declared_enclosure_id = $5
        WHERE person_id = $1";
    let statement = db.prepare_cached(sql).await?;
    let (number, enclosure_id) = door.unzip();
    db.execute(
        &statement,
        &[&person_id, &sealed, &now, &number, &enclosure_id],
    )
    .await?;
    Ok(())
}
