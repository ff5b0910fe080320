//! Row-level security, table by table: what staff do not see even where a statement forgets
//! to ask.

use std::collections::BTreeMap;

use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use super::connect;
use crate::cluster;

/// Tables with personal columns that have no row-level security. This list only shrinks.
const EXEMPT: [&str; 1] = [
    "audit_entry", // append-only by its grants; staff write it and see two columns, id and time
];
/// Two communities of the district, and one beside them.
const HERE: &str = "440310001001";
const THERE: &str = "440310002003";
const ELSEWHERE: &str = "440310009";

/// Tables with a column of class personal or sensitive.
fn personal_tables() -> Vec<String> {
    let text = include_str!("../../../../../columns.toml");
    let tables: BTreeMap<String, BTreeMap<String, toml::Table>> = toml::from_str(text).unwrap();
    let personal = |column: &toml::Table| {
        let class = column["class"].as_str();
        class == Some("personal") || class == Some("sensitive")
    };
    let found = tables
        .into_iter()
        .filter(|(_, columns)| columns.values().any(personal));
    found.map(|(table, _)| table).collect()
}

#[tokio::test]
async fn every_table_with_personal_data_is_walled() {
    let admin = connect(&cluster::new_database().await).await;
    let sql =
        "SELECT relrowsecurity AND relforcerowsecurity FROM pg_class WHERE oid = to_regclass($1)";
    for table in personal_tables() {
        let walled: bool = admin.query_one(sql, &[&table]).await.unwrap().get(0);
        let exempt = EXEMPT.contains(&table.as_str());
        assert_eq!(
            walled, !exempt,
            "{table}: see docs/howto/write-a-migration.md"
        );
    }
}

/// A person with a row in every walled table, at home below `community`.
async fn plant(admin: &Client, id: i64, community: &str) {
    let place = format!("{community}001");
    for sql in [
        format!("INSERT INTO gate VALUES ({id}, 'gate', '{place}', {id}, NULL, '', true, now())"),
        format!("INSERT INTO person (person_id, pass_serial, document_type, document_number_sealed, name_sealed,
            number_digest, name_digest, source, created_at) VALUES ({id}, {id}, 'resident_id', '', '', '\\x0{id}', '', 'test', now())"),
        format!("INSERT INTO person_identifier VALUES ('\\x0{id}', {id})"),
        format!("INSERT INTO holder_session VALUES ({id}, '\\x0{id}', now(), now(), NULL)"),
        format!("INSERT INTO guardian_link VALUES ({id}, {id}, now(), NULL)"),
        format!("INSERT INTO number_claim VALUES ({id}, {id} + 100, {id}, now(), NULL, NULL, NULL)"),
        format!("INSERT INTO pass_carrier VALUES ({id}, {id}, 'minor', now(), NULL)"),
        format!("INSERT INTO carrier_key VALUES ({id}, {id}, '', now())"),
        format!("INSERT INTO declaration VALUES ({id}, {id}, 'health', now(), '')"),
        format!("INSERT INTO pass VALUES ({id}, now(), now(), NULL, NULL, NULL)"),
        format!("INSERT INTO fact VALUES ({id}, {id}, 'health', '{{}}', 'test', now(), NULL, NULL, NULL, NULL)"),
        format!("INSERT INTO person_state VALUES ({id}, {id}, '{place}', 0, 0, 0, 0, 0, false, 0, 0, 0, false,
            NULL, '{{}}', now(), NULL, 0, 'r', 1, now())"),
        format!("INSERT INTO held_state VALUES ({id}, now(), 1, NULL, NULL, false)"),
        format!("INSERT INTO outbox VALUES ({id}, 't', 'k', '{{}}', now(), NULL)"),
        format!("INSERT INTO scan VALUES ({id}, '2020-03-06T12:00Z', {id}, now(), NULL, 1, 0, 0, 0, 0, NULL, NULL, 'r', 'g')"),
        format!("INSERT INTO scan_proof VALUES ({id}, now(), {id}, 1, '')"),
        format!("INSERT INTO late_red VALUES ({id}, now(), {id}, NULL, 'r', now())"),
        format!("INSERT INTO gate_check VALUES ({id}, now(), {id}, 1, true, 1, now())"),
        format!("INSERT INTO visit (person_id, visit_id, cause, place_code, status, due_at, created_at)
            VALUES ({id}, {id}, 'c', '{place}', 'open', now(), now())"),
        format!("INSERT INTO door_call (person_id, call_id, place_code, called_at, recorded_at, staff_id, outcome, needs)
            VALUES ({id}, {id}, '{place}', now(), now(), 1, 'checked', '{{}}')"),
        format!("INSERT INTO quarantine_order (person_id, order_id, fact_id, place_code, place, start_date, end_date,
            status, reason, created_at, created_by)
            VALUES ({id}, {id}, {id}, '{place}', 'home', '2020-03-01', '2020-03-15', 'live', 'r', now(), 1)"),
        format!("INSERT INTO alert (person_id, alert_id, kind, dedupe_key, place_code, reason, happened_at, raised_at, status)
            VALUES ({id}, {id}, 'red_at_gate', 'k', '{place}', 'r', now(), now(), 'open')"),
        format!("INSERT INTO alert_step VALUES ({id}, {id}, {id}, '{place}', 'raised', 15, now(), NULL)"),
        format!("INSERT INTO quarantine_step (person_id, order_id, step_id, place_code, step, place, end_date, at)
            VALUES ({id}, {id}, {id}, '{place}', 'started', 'home', '2020-03-15', now())"),
        format!("INSERT INTO daily_check VALUES ({id}, {id}, {id}, '2020-03-06', 'morning', now(), 365, '{{}}', now(), NULL, NULL)"),
        format!("INSERT INTO missed_check VALUES ({id}, '2020-03-06', 'morning', {id}, now())"),
        format!("INSERT INTO door_opening VALUES ({id}, {id}, 'rubbish', '2020-03-06', '2020-03-07', now(), NULL, NULL)"),
        format!("INSERT INTO door_sensor VALUES ({id}, {id}, '', now(), 1, NULL)"),
        format!("INSERT INTO door_event VALUES ({id}, {id}, now(), false, now())"),
        format!("INSERT INTO need (person_id, need_id, kind, status, asked_at) VALUES ({id}, {id}, 'food', 'asked', now())"),
        format!("INSERT INTO issued_paper VALUES ({id}, {id}, 'residence', NULL, '{place}', now(), 1, 'u', NULL, NULL)"),
        format!("INSERT INTO break_glass (person_id, glass_id, place_code, opened_by, reason, note_sealed, opened_at, expires_at)
            VALUES ({id}, {id}, '{place}', 1, 'urgent_contact', '', '2020-03-06', '2020-03-07')"),
        format!("INSERT INTO red_proposal (person_id, proposal_id, place_code, measure, reason, evidence_kind,
            evidence_reference, status, proposed_at, proposed_by, proposed_unit, lapses_at)
            VALUES ({id}, {id}, '{place}', '{{}}', 'r', 'k', 'e', 'open', now(), 1, 'u', now())"),
        format!("INSERT INTO appeal (person_id, appeal_id, place_code, kind, cause, fact_ids, set_by, medical,
            statement_sealed, desk, level, status, opened_at, due_at, missed)
            VALUES ({id}, {id}, '{place}', 'red', 'c', '{{}}', '{{}}', true, '', 'team', 0, 'open', now(), now(), 0)"),
        format!("INSERT INTO appeal_step (person_id, step_id, appeal_id, kind, at, level)
            VALUES ({id}, {id}, {id}, 'opened', now(), 0)"),
        format!("INSERT INTO appeal_evidence (person_id, evidence_id, appeal_id, media, content_bytes, upload_digest, added_at)
            VALUES ({id}, {id}, {id}, 'image', 1, '', now())"),
        format!("INSERT INTO appeal_evidence_chunk VALUES ({id}, {id}, 0, '')"),
        format!("INSERT INTO resolved_evidence VALUES ({id}, '', {id}, {id}, now(), NULL)"),
        format!("INSERT INTO gate_device VALUES ({id}, {id}, 'd', '', NULL, true, now())"),
        format!("INSERT INTO gate_register (device_id, entry_id, entry_key, gate_id, at, direction, action, details_sealed,
            received_at, next_try_at, tries) VALUES ({id}, {id}, 'entry-{id}000', {id}, now(), 0, 0, '', now(), now(), 0)"),
        format!("INSERT INTO limit_count VALUES ('k', '\\x0{id}', 1, now())"),
        format!("INSERT INTO phone_code VALUES (decode(md5('{id}'), 'hex'), 'enrol', decode(md5('{id}'), 'hex'), now(), now(), 0, NULL)"),
        format!("INSERT INTO notice VALUES ({id}, {id}, 't', '{{}}', 'none', now())"),
        format!("INSERT INTO text_message VALUES ({id}, 'code', '', '', NULL, NULL, now(), now(), now(), 0)"),
        format!("INSERT INTO registry_import_row VALUES (1, {id}, 'conflict', 'c', '{{}}', {id})"),
        format!("INSERT INTO idempotency VALUES ('staff:{id}', 'k', '', 200, '', now())"),
        format!("INSERT INTO staff (staff_id, username, display_name, password_hash, role, jurisdiction, created_at)
            VALUES ({id}, 's{id}', 'n', '', 'grid_worker', '{community}', now())"),
        format!("INSERT INTO staff_identity VALUES ('https://idp.example', 's{id}', {id}, {id}, now())"),
        format!("INSERT INTO staff_session (token_digest, staff_id, created_at, expires_at, session_id, last_seen_at, client)
            VALUES ('\\x0{id}', {id}, now(), now(), {id}, now(), 'c')"),
        format!("INSERT INTO lookup_finding (finding_id, staff_id, day, role, jurisdiction, score, reasons, people,
            people_hour_max, unlinked, repeats_max, off_hours, status, created_at)
            VALUES ({id}, {id}, '2020-03-06', 'grid_worker', '{community}', 1, '{{}}', 1, 1, 1, 1, 1, 'open', now())"),
        format!("INSERT INTO staff_sign_in VALUES ({id}, {id}, now(), 'signed_in', 'c')"),
    ] {
        admin.batch_execute(&sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    }
}

/// A database with one person here and one there.
async fn two_people() -> (Client, Client, Client) {
    let config = cluster::new_database().await;
    let admin = connect(&config).await;
    admin
        .batch_execute(
            "SELECT make_scan_partition('scan_20200306', '2020-03-06', '2020-03-07');
             INSERT INTO division VALUES ('440310001001', 'here', 'community', NULL, now()),
                                         ('440310002003', 'there', 'community', NULL, now());
             INSERT INTO enclosure VALUES (1, NULL, 'a', 'estate', '440310001001', 0, NULL, now(), now()),
                                          (2, NULL, 'b', 'estate', '440310002003', 0, NULL, now(), now());
             INSERT INTO registry_import VALUES (1, 'test', true, now(), NULL, 1)",
        )
        .await
        .unwrap();
    plant(&admin, 1, HERE).await;
    plant(&admin, 2, THERE).await;
    let logins = gridpass::db::Logins::separate(config);
    (
        admin,
        connect(&logins.staff).await,
        connect(&logins.engine).await,
    )
}

/// Tables with row-level security.
async fn walled(admin: &Client) -> Vec<String> {
    let sql = "SELECT relname::text FROM pg_class WHERE relrowsecurity ORDER BY relname";
    let rows = admin.query(sql, &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

/// Begins as the application does, in the given range of codes.
async fn begin(staff: &Client, jurisdiction: Option<&str>) {
    let mut sql = "BEGIN".to_owned();
    if let Some(prefix) = jurisdiction {
        sql += &format!(
            "; SET LOCAL gridpass.place_from = '{prefix}'; SET LOCAL gridpass.place_until = '{prefix}:'"
        );
    }
    staff.batch_execute(&sql).await.unwrap();
}

/// How many rows a statement without WHERE reaches; refused is none.
async fn reached(staff: &Client, sql: &str) -> i64 {
    staff.batch_execute("SAVEPOINT try").await.unwrap();
    let counted = staff.query_one(sql, &[]).await;
    match counted {
        Ok(row) => row.get(0),
        Err(error) => {
            let refused = error.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE);
            assert!(refused, "{sql}: {error:?}");
            staff.batch_execute("ROLLBACK TO try").await.unwrap();
            0
        }
    }
}

#[tokio::test]
async fn a_statement_without_where_reaches_the_jurisdiction_and_nothing_else() {
    let (admin, staff, engine) = two_people().await;
    // Secrets and internals of others; staff have no right to them at all.
    let closed = [
        "carrier_key",
        "declaration",
        "gate_check",
        "holder_session",
        "idempotency",
        "limit_count",
        "notice",
        "outbox",
        "pass_carrier",
        "phone_code",
        "scan_proof",
        "staff_identity",
        "staff_session",
        "staff_sign_in",
        "text_message",
    ];
    for table in walled(&admin).await {
        let count = format!("SELECT count(*) FROM {table}");
        let all: i64 = engine.query_one(&count, &[]).await.unwrap().get(0);
        assert!(all >= 2, "{table}: a row here and one there are needed");
        let open = i64::from(!closed.contains(&table.as_str()));
        let one_each = i64::from(all == 2);
        assert_eq!(one_each, 1, "{table}");
        for (jurisdiction, wanted) in [
            (None, 0),
            (Some(ELSEWHERE), 0),
            (Some(HERE), open),
            (Some(THERE), open),
            (Some("440310001001002"), 0),
            (Some("4403"), 2 * open),
            (Some(""), 2 * open),
        ] {
            begin(&staff, jurisdiction).await;
            let seen = reached(&staff, &count).await;
            // A colleague above is seen from below.
            let above = table == "staff" && jurisdiction == Some("440310001001002");
            assert_eq!(
                seen,
                wanted + i64::from(above),
                "{table} in {jurisdiction:?}"
            );
            staff.batch_execute("ROLLBACK").await.unwrap();
        }
    }
}

#[tokio::test]
async fn changes_without_where_reach_no_further() {
    let (admin, staff, _) = two_people().await;
    let columns =
        "SELECT table_name::text, column_name::text FROM information_schema.column_privileges
        WHERE grantee = 'gridpass_staff' AND privilege_type = 'UPDATE' AND table_name = ANY ($1)";
    let walled = walled(&admin).await;
    let updatable = admin.query(columns, &[&walled]).await.unwrap();
    assert!(updatable.len() > 20, "what staff may change was not found");
    for row in &updatable {
        let (table, column): (String, String) = (row.get(0), row.get(1));
        let update = format!(
            "WITH changed AS (UPDATE {table} SET {column} = {column} RETURNING person_id) \
             SELECT count(*) FROM changed"
        );
        for (jurisdiction, wanted) in [(None, 0), (Some(ELSEWHERE), 0), (Some(HERE), 1)] {
            begin(&staff, jurisdiction).await;
            let changed = reached(&staff, &update).await;
            assert_eq!(changed, wanted, "{table}.{column} in {jurisdiction:?}");
            staff.batch_execute("ROLLBACK").await.unwrap();
        }
    }
    for table in walled {
        begin(&staff, Some("")).await;
        let delete = format!("DELETE FROM {table}");
        let refused = staff.batch_execute(&delete).await.unwrap_err();
        assert_eq!(
            refused.code(),
            Some(&SqlState::INSUFFICIENT_PRIVILEGE),
            "{table}"
        );
        staff.batch_execute("ROLLBACK").await.unwrap();
    }
}

#[tokio::test]
async fn a_person_may_be_moved_out_only_by_whoever_was_authorised_for_them() {
    let (_, staff, _) = two_people().await;
    let move_out = "UPDATE person_state SET place_code = '440310002003001' WHERE person_id = 1";
    begin(&staff, Some(HERE)).await;
    assert!(staff.execute(move_out, &[]).await.is_err(), "out of reach");
    staff.batch_execute("ROLLBACK").await.unwrap();
    begin(&staff, Some(HERE)).await;
    let subject = "SET LOCAL gridpass.subject = '1'";
    staff.batch_execute(subject).await.unwrap();
    assert_eq!(staff.execute(move_out, &[]).await.unwrap(), 1);
    let fact = "INSERT INTO fact SELECT 1, 9, 'health', '{}', 's', now(), NULL, NULL, NULL, NULL";
    assert_eq!(staff.execute(fact, &[]).await.unwrap(), 1);
    assert_eq!(
        reached(&staff, "SELECT count(*) FROM person_state").await,
        1
    );
    staff.batch_execute("COMMIT").await.unwrap();
    // The setting ended with the transaction; the person is somebody else's now.
    begin(&staff, Some(HERE)).await;
    assert_eq!(
        reached(&staff, "SELECT count(*) FROM person_state").await,
        0
    );
    assert!(staff.execute(&fact.replace('9', "10"), &[]).await.is_err());
}

#[tokio::test]
async fn the_hot_path_pays_nothing_for_the_wall() {
    let (_, _, engine) = two_people().await;
    engine
        .batch_execute("SET enable_seqscan = off")
        .await
        .unwrap();
    for sql in [
        "SELECT colour FROM person_state WHERE person_id = ANY ('{1,2}')",
        "SELECT 1 FROM scan WHERE person_id = 1 AND at = '2020-03-06T12:00Z' AND gate_id = 1",
    ] {
        let plan = engine
            .query(&format!("EXPLAIN (COSTS OFF) {sql}"), &[])
            .await;
        let plan: Vec<String> = plan.unwrap().iter().map(|row| row.get(0)).collect();
        assert!(!plan.iter().any(|line| line.contains("Filter")), "{plan:?}");
    }
}
