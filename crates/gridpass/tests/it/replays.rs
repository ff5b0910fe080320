//! Replay, bit for bit: a week is lived through, and then every scan on record is decided again
//! from the facts and rules of then.

use gridpass::access::Role;
use gridpass::backtest::{Report, Span, replay};
use gridpass::facts::{self, Retract};
use gridpass_types::ids::{FactId, PersonId};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::app::TestApp;
use crate::audit::owner;
use crate::gates::{self, Post};
use crate::random::Random;
use crate::scans::support::{HERE, Phone, phone, record};
use crate::scans::uploads::{kept, register_key, upload};

const COLOUR: &str = include_str!("../../../../rules/2020-03/colour.csv");
const GATE: &str = include_str!("../../../../rules/2020-03/gate.csv");
/// Steps of a day.
const STEPS: usize = 40;
const DAYS: usize = 7;

/// A district of two gates and a dozen people, and chance.
struct Week {
    test: TestApp,
    posts: [Post; 2],
    phones: Vec<Phone>,
    random: Random,
    batches: i64,
}

impl Week {
    async fn begin() -> Self {
        let test = TestApp::with_divisions().await;
        let posts = [
            gates::post(&test, "金地朗悦", HERE).await,
            gates::post(&test, "六联新村", HERE).await,
        ];
        register_key(&posts[0]).await;
        let mut phones = Vec::new();
        for sequence in 1..=12 {
            let home = posts[usize::from(sequence % 3 == 0)].enclosure_id;
            phones.push(phone(&test, sequence, home).await);
        }
        Self {
            test,
            posts,
            phones,
            random: Random::new(2020_0306),
            batches: 0,
        }
    }

    fn someone(&mut self) -> usize {
        self.random.below(self.phones.len())
    }

    async fn step(&mut self) {
        let minutes = 8 + self.random.below(50);
        self.test
            .advance(SignedDuration::from_mins(i64::try_from(minutes).unwrap()));
        match self.random.below(12) {
            0 | 1 => self.learn().await,
            2 => self.withdraw().await,
            3 => self.kept_offline().await,
            4 => self.test.settle().await,
            _ => self.scan().await,
        }
    }

    async fn scan(&mut self) {
        let (who, gate) = (self.someone(), self.random.below(2));
        let temperature = [Value::Null, json!(36.4), json!(36.8), json!(37.6)];
        let warm = match self.random.below(14) {
            0 => 3,
            other => other % 3,
        };
        let direction = ["in", "out"][self.random.below(2)];
        let body = json!({ "document_number": self.phones[who].number, "at": self.test.now(),
            "direction": direction, "temperature": temperature[warm],
            "checked_on_spot": self.random.below(4) == 0 });
        let device = self.posts[gate].guard(&self.test).await;
        device.post("/api/v1/scans", body).await.expect(200);
    }

    async fn kept_offline(&mut self) {
        self.batches += 1;
        let who = self.someone();
        let phone = &self.phones[who];
        let mut scans = Vec::new();
        for hours in [5, 2] {
            let at = self.test.now() - SignedDuration::from_hours(hours);
            let mut scan = kept(phone, at, "yellow", "check");
            if self.random.below(4) == 0 {
                scan["temperature"] = json!(38.1);
            }
            scans.push(scan);
        }
        upload(&self.posts[0], self.batches, &scans)
            .await
            .expect(200);
    }

    /// Evidence of every kind comes in.
    async fn learn(&mut self) {
        let who = self.someone();
        let now = self.test.now();
        let day =
            |back: i64| (now - SignedDuration::from_hours(24 * back)).to_string()[..10].to_owned();
        let home = self.posts[self.random.below(2)].enclosure_id;
        let later = now + SignedDuration::from_hours(20);
        let fact = match self.random.below(9) {
            0 | 1 => json!({ "kind": "residence", "status": "verified", "enclosure": home }),
            2 => json!({ "kind": "residence", "status": "away", "enclosure": home }),
            3 => json!({ "kind": "health", "at": now, "symptoms": ["cough"] }),
            4 => json!({ "kind": "contact", "level": "close", "last_exposed": day(13) }),
            5 => json!({ "kind": "contact", "level": "secondary", "last_exposed": day(12) }),
            6 => {
                json!({ "kind": "stay", "area": "420100", "risk": "high", "until": day(13), "certainty": "declared" })
            }
            7 => json!({ "kind": "exemption", "from": now, "to": later, "approvals": 2 }),
            _ => json!({ "kind": "clearance", "at": now }),
        };
        record(&self.test.app, self.phones[who].person_id, fact).await;
    }

    async fn withdraw(&mut self) {
        let who = self.someone();
        let person_id = self.phones[who].person_id;
        let sql = format!(
            "SELECT coalesce(max(fact_id), 0) FROM fact WHERE person_id = {person_id} AND retracted_at IS NULL"
        );
        let fact_id: i64 = self.test.scalar(&sql).await;
        if fact_id == 0 {
            return;
        }
        let retract = Retract {
            fact_id: FactId::new(fact_id),
            by: Some(1),
            reason: "误登".into(),
        };
        let app = &self.test.app;
        let tx = app.db.tx().await.unwrap();
        facts::retract(&tx, app, PersonId::new(person_id), &retract)
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }

    /// The leadership changes its mind: another table, another way to manage an enclosure.
    async fn change_rules(&self, day: usize) {
        self.test.advance(SignedDuration::from_mins(1));
        let area = ["controlled", "sealed", "normal"][day % 3];
        let desk = self.test.caller(Role::DataDesk, "").await;
        let path = format!("/api/v1/enclosures/{}", self.posts[0].enclosure_id);
        desk.patch(&path, json!({ "area_status": area }))
            .await
            .expect(200);
        if day.is_multiple_of(2) {
            return;
        }
        let colour = match day {
            1 => COLOUR.replace(
                "declared,-,yellow,residence_unverified",
                "declared,-,green,residence_unverified",
            ),
            3 => COLOUR.replace("symptoms,-,-,-,-,-,yellow", "symptoms,-,-,-,-,-,red"),
            _ => COLOUR.to_owned(),
        };
        crate::rules::support::put_tables_into_force(&self.test, &colour, GATE).await;
    }

    async fn replayed(&self, span: Span) -> Report {
        replay(&self.test.app, span).await.unwrap()
    }
}

#[tokio::test]
async fn every_decision_of_a_week_comes_out_as_it_was_recorded() {
    let mut week = Week::begin().await;
    let from = week.test.now();
    for day in 0..DAYS {
        for _ in 0..STEPS {
            week.step().await;
        }
        week.change_rules(day).await;
    }
    week.test.advance(SignedDuration::from_mins(1));
    let span = Span {
        from: from - SignedDuration::from_hours(6),
        to: week.test.now(),
    };
    let report = week.replayed(span).await;
    let recorded: i64 = week.test.scalar("SELECT count(*) FROM scan").await;
    assert_eq!(i64::try_from(report.scans).unwrap(), recorded);
    assert_eq!(
        (report.differences, report.in_flight),
        (0, 0),
        "{:#?}",
        report.told
    );

    // The week was worth replaying.
    assert!(recorded > 150, "{recorded}");
    let seen: String = week
        .test
        .scalar(
            "SELECT count(DISTINCT rule_set_version) || ' ' || count(DISTINCT colour_rule) || ' ' ||
                count(DISTINCT gate_rule) || ' ' || count(DISTINCT action) || ' ' ||
                (count(*) FILTER (WHERE rung = 6)) || ' ' || (count(*) FILTER (WHERE temperature_decicelsius >= 373))
            FROM scan",
        )
        .await;
    let seen: Vec<i64> = seen.split(' ').map(|part| part.parse().unwrap()).collect();
    let least = [3, 6, 5, 3, 10, 10];
    assert!(
        seen.iter().zip(least).all(|(seen, least)| *seen >= least),
        "{seen:?}"
    );

    // What is changed behind the application's back comes out otherwise.
    let owner = owner(&week.test).await;
    let some = "(SELECT ctid, tableoid FROM scan WHERE rung = 2 ORDER BY received_at LIMIT 1)";
    let forged = format!("UPDATE scan SET colour_rule = 'A6' WHERE (ctid, tableoid) IN {some}");
    assert_eq!(owner.execute(&forged, &[]).await.unwrap(), 1);
    let report = week.replayed(span).await;
    assert_eq!(report.differences, 1, "{:#?}", report.told);
    assert!(report.told[0].recorded.contains("A6"));
}
