//! Laws of derivation on random facts, and the edges the rules name.

use super::*;
use crate::words as w;
use gridpass_types::FactId;
use gridpass_types::clock::district_date;
use jiff::ToSpan;
use proptest::prelude::*;
use proptest::sample::select;

mod naive;

fn ts(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Random instants and days fall on few points around the edges, so that equal times, windows
/// just closed and days just begun are common.
fn base() -> Timestamp {
    ts("2020-03-06T00:00:00+08:00")
}

fn instant() -> impl Strategy<Value = Timestamp> {
    let hours = select(vec![
        -400i64, -336, -100, -72, -71, -48, -24, -13, -12, -11, -1, 0, 1, 12, 24, 72,
    ]);
    (hours, select(vec![-1i64, 0, 0, 1]))
        .prop_map(|(hours, seconds)| base() + SignedDuration::from_secs(hours * 3600 + seconds))
}

fn day() -> impl Strategy<Value = Date> {
    select(vec![-20i32, -15, -14, -13, -10, -7, -1, 0, 1, 7])
        .prop_map(|days| district_date(base()).saturating_add(days.days()))
}

fn optional<T: Strategy>(inner: T) -> impl Strategy<Value = Option<T::Value>>
where
    T::Value: Clone,
{
    prop_oneof![Just(()).prop_map(|()| None), inner.prop_map(Some)]
}

fn body() -> impl Strategy<Value = FactBody> {
    let word = |all: &'static [w::QuarantinePlace]| select(all);
    let order = (
        word(w::QuarantinePlace::ALL),
        day(),
        day(),
        optional(instant()),
        optional(select(w::EndReason::ALL)),
    )
        .prop_map(
            |(place, start, end, released_at, end_reason)| FactBody::Quarantine {
                place,
                start,
                end,
                released_at,
                end_reason,
            },
        );
    let stay = (select(w::Risk::ALL), day(), select(w::Certainty::ALL)).prop_map(
        |(risk, until, certainty)| FactBody::Stay {
            area: "420100".to_owned(),
            risk,
            until,
            certainty,
        },
    );
    let temperature = optional(select(vec![36.5, 37.2, 37.3, 38.0]));
    let health = (instant(), temperature, any::<bool>()).prop_map(|(at, temperature, cough)| {
        FactBody::Health {
            at,
            temperature,
            symptoms: if cough {
                vec!["cough".to_owned()]
            } else {
                Vec::new()
            },
        }
    });
    prop_oneof![
        1 => select(w::CaseStatus::ALL).prop_map(|status| FactBody::Case { status }),
        3 => order,
        2 => (select(w::ContactLevel::ALL), day())
            .prop_map(|(level, last_exposed)| FactBody::Contact { level, last_exposed }),
        2 => stay,
        2 => health,
        1 => instant().prop_map(|at| FactBody::Clearance { at }),
        2 => (select(w::ResidenceStatus::ALL), 1i64..3).prop_map(|(status, enclosure)| {
            FactBody::Residence { status, enclosure: EnclosureId::new(enclosure) }
        }),
        2 => (select(w::EmploymentStatus::ALL), 1i64..3).prop_map(|(status, employer)| {
            FactBody::Employment { status, employer: EmployerId::new(employer) }
        }),
        1 => (select(w::RegistryStatus::ALL), select(vec!["population", "police"])).prop_map(
            |(status, source)| FactBody::Registry { status, registry_source: source.to_owned() }
        ),
        1 => (instant(), instant(), 0u32..4)
            .prop_map(|(from, to, approvals)| FactBody::Exemption { from, to, approvals }),
        1 => (instant(), any::<bool>()).prop_map(|(at, passed)| FactBody::GateCheck { at, passed }),
    ]
}

fn facts() -> impl Strategy<Value = Vec<Fact>> {
    let fact = (body(), instant(), optional(instant()));
    proptest::collection::vec(fact, 0..8).prop_map(|facts| {
        let number = |(index, (body, recorded_at, retracted_at))| Fact {
            id: FactId::new(index as i64 + 1),
            recorded_at,
            retracted_at,
            body,
        };
        facts.into_iter().enumerate().map(number).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn agrees_with_the_rules_read_word_by_word(facts in facts(), now in instant()) {
        prop_assert_eq!(derive(&facts, now).state, naive::state_at(&facts, now));
    }

    #[test]
    fn order_of_arrival_does_not_matter(
        (facts, shuffled) in facts().prop_flat_map(|f| (Just(f.clone()), Just(f).prop_shuffle())),
        now in instant(),
    ) {
        prop_assert_eq!(derive(&facts, now), derive(&shuffled, now));
    }

    #[test]
    fn a_retracted_fact_has_no_effect(facts in facts(), victim in any::<prop::sample::Index>(), now in instant()) {
        prop_assume!(!facts.is_empty());
        let mut without = facts.clone();
        let removed = without.remove(victim.index(facts.len()));
        let mut retracted = facts;
        let index = victim.index(retracted.len());
        retracted[index].retracted_at = Some(now);
        prop_assert_eq!(derive(&retracted, now).state, derive(&without, now).state, "{:?}", removed);
    }

    #[test]
    fn the_state_holds_in_its_whole_interval(facts in facts(), now in instant(), part in 0.0f64..1.0) {
        let derived = derive(&facts, now);
        prop_assert!(derived.valid_from <= now);
        let from = derived.valid_from.max(base() - SignedDuration::from_hours(24 * 60));
        let last = derived.valid_until.map_or(base() + SignedDuration::from_hours(24 * 60), |until| {
            until - SignedDuration::from_nanos(1)
        });
        prop_assert!(now <= last || derived.valid_until.is_none());
        if from <= last {
            let within = from + last.duration_since(from).mul_f64(part);
            for at in [from, last, within] {
                prop_assert_eq!(&derive(&facts, at).state, &derived.state, "at {}", at);
            }
        }
        if let Some(until) = derived.valid_until {
            prop_assert_eq!(derive(&facts, until).valid_from, until, "intervals join");
        }
    }
}

fn fact(id: i64, recorded_at: &str, body: serde_json::Value) -> Fact {
    Fact {
        id: FactId::new(id),
        recorded_at: ts(recorded_at),
        retracted_at: None,
        body: serde_json::from_value(body).unwrap(),
    }
}

const EARLY: &str = "2020-02-01T00:00:00+08:00";

#[test]
fn nothing_is_known_about_nobody() {
    let derived = derive(&[], base());
    assert_eq!(derived.state, State::EMPTY);
    assert_eq!(
        (derived.valid_from, derived.valid_until),
        (Timestamp::MIN, None)
    );
}

#[test]
fn a_contact_counts_for_fourteen_days_of_the_calendar() {
    let facts = [fact(
        1,
        EARLY,
        serde_json::json!({"kind":"contact","level":"close","last_exposed":"2020-03-01"}),
    )];
    let last = derive(&facts, ts("2020-03-14T23:59:59+08:00"));
    assert_eq!(last.state.contact, Contact::Close);
    assert_eq!(last.valid_until, Some(ts("2020-03-15T00:00:00+08:00")));
    let free = derive(&facts, ts("2020-03-15T00:00:00+08:00"));
    assert_eq!(free.state.contact, Contact::None);
    assert_eq!(free.valid_until, None);
}

#[test]
fn of_two_facts_recorded_together_the_greater_id_counts() {
    let of = |id, status| {
        fact(
            id,
            EARLY,
            serde_json::json!({"kind":"case","status":status}),
        )
    };
    let facts = [of(2, "recovered"), of(1, "confirmed")];
    assert_eq!(derive(&facts, base()).state.case, Case::None);
}

#[test]
fn a_declaration_does_not_undo_a_verification_of_the_same_enclosure() {
    let of = |id, status, enclosure: i64| {
        fact(
            id,
            EARLY,
            serde_json::json!({"kind":"residence","status":status,"enclosure":enclosure}),
        )
    };
    let residence = |facts: &[Fact]| {
        let state = derive(facts, base()).state;
        (state.residence, state.enclosure.map(EnclosureId::get))
    };
    let same = [of(1, "verified", 7), of(2, "declared", 7)];
    assert_eq!(residence(&same), (Residence::Verified, Some(7)));
    let other = [
        of(1, "verified", 7),
        of(2, "declared", 8),
        of(3, "declared", 7),
    ];
    assert_eq!(residence(&other), (Residence::Declared, Some(7)));
    let away = [of(1, "verified", 7), of(2, "away", 7), of(3, "declared", 7)];
    assert_eq!(residence(&away), (Residence::Declared, Some(7)));
}

#[test]
fn an_order_that_reaches_its_end_clears_and_a_cancelled_one_does_not() {
    let contact = serde_json::json!({"kind":"contact","level":"close","last_exposed":"2020-03-01"});
    let order = |released_at: Option<&str>, end_reason: Option<&str>| {
        fact(
            2,
            EARLY,
            serde_json::json!({"kind":"quarantine","place":"home","start":"2020-03-01",
                "end":"2020-03-08","released_at":released_at,"end_reason":end_reason}),
        )
    };
    let contact_at = |order: Fact, now: &str| {
        derive(&[fact(1, EARLY, contact.clone()), order], ts(now))
            .state
            .contact
    };
    let (eve, end) = ("2020-03-07T23:59:59+08:00", "2020-03-08T00:00:00+08:00");
    assert_eq!(contact_at(order(None, None), eve), Contact::Close);
    assert_eq!(contact_at(order(None, None), end), Contact::None);
    let release = Some("2020-03-05T10:00:00+08:00");
    assert_eq!(
        contact_at(order(release, Some("completed")), eve),
        Contact::None
    );
    assert_eq!(
        contact_at(order(release, Some("cancelled")), eve),
        Contact::Close
    );
    assert_eq!(
        contact_at(order(release, Some("cancelled")), end),
        Contact::Close
    );
    // Cancelled only after it had reached its end.
    let late = Some("2020-03-09T10:00:00+08:00");
    assert_eq!(
        contact_at(order(late, Some("cancelled")), end),
        Contact::None
    );
    assert_eq!(
        contact_at(order(late, Some("cancelled")), "2020-03-09T10:00:00+08:00"),
        Contact::Close
    );
}

#[test]
fn extreme_times_do_not_panic() {
    let facts = [
        fact(
            1,
            EARLY,
            serde_json::json!({"kind":"contact","level":"close","last_exposed":"9999-12-31"}),
        ),
        fact(
            2,
            EARLY,
            serde_json::json!({"kind":"contact","level":"close","last_exposed":"-009999-01-01"}),
        ),
        fact(
            3,
            EARLY,
            serde_json::json!({"kind":"health","at":"9999-12-30T22:00:00Z"}),
        ),
        fact(
            4,
            EARLY,
            serde_json::json!({"kind":"gate_check","at":"-009999-01-02T02:00:00Z","passed":true}),
        ),
    ];
    for now in [Timestamp::MIN, base(), Timestamp::MAX] {
        let _ = derive(&facts, now);
    }
}
