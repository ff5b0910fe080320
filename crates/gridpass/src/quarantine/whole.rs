//! All that one order ever stood on: an appeal against an order is against each of its papers,
//! also those that an extension or a transfer has superseded.

use gridpass_types::ids::{FactId, PersonId};
use jiff::Timestamp;

use super::store;
use crate::db::Client;
use crate::facts::{self, SOURCE_ORDER};
use crate::http::error::ApiResult;

/// The orders to which some facts belong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Whole {
    /// Every fact that ever spoke for them, withdrawn or not.
    pub fact_ids: Vec<FactId>,
    /// Whether the person's live order is one of them.
    pub live: bool,
}

/// The orders of a person that some facts are of, with everything these orders stood on.
///
/// # Errors
/// When the database does not answer.
pub async fn whole_of(db: &Client, person_id: PersonId, fact_ids: &[FactId]) -> ApiResult<Whole> {
    let orders = store::list_begins(db, person_id).await?;
    let facts = facts::list_of_source(db, person_id, SOURCE_ORDER).await?;
    Ok(Whole::of(&orders, &facts, fact_ids))
}

impl Whole {
    /// From the beginnings of all orders, oldest first, each with whether it lives. A person has
    /// one live order at most, so a fact belongs to the last one that had begun.
    fn of(orders: &[(Timestamp, bool)], facts: &[(FactId, Timestamp)], asked: &[FactId]) -> Self {
        let order_of = |at: Timestamp| orders.iter().rposition(|(begun, _)| *begun <= at);
        let concerned: Vec<usize> = facts
            .iter()
            .filter(|(fact, _)| asked.contains(fact))
            .filter_map(|(_, at)| order_of(*at))
            .collect();
        let of_them = |at| order_of(at).is_some_and(|order| concerned.contains(&order));
        Self {
            fact_ids: facts
                .iter()
                .filter(|(_, at)| of_them(*at))
                .map(|(fact, _)| *fact)
                .collect(),
            live: concerned.iter().any(|order| orders[*order].1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn facts(of: &[(i64, i64)]) -> Vec<(FactId, Timestamp)> {
        of.iter()
            .map(|(id, second)| (FactId::new(*id), at(*second)))
            .collect()
    }

    #[test]
    fn one_fact_of_an_order_stands_for_all_of_them_and_for_no_other_order() {
        let orders = [(at(10), false), (at(50), true)];
        let facts = facts(&[(1, 10), (2, 20), (3, 40), (4, 50), (5, 60)]);
        let of = |id| Whole::of(&orders, &facts, &[FactId::new(id)]);
        let ids =
            |whole: &Whole| -> Vec<i64> { whole.fact_ids.iter().map(|fact| fact.get()).collect() };
        assert_eq!(ids(&of(2)), [1, 2, 3]);
        assert!(!of(2).live, "the order that lives is another one");
        assert_eq!(ids(&of(4)), [4, 5]);
        assert!(of(5).live);
        assert_eq!(of(9), Whole::default());
    }

    #[test]
    fn a_fact_from_before_every_order_is_of_none() {
        let facts = facts(&[(1, 5)]);
        let whole = Whole::of(&[(at(10), true)], &facts, &[FactId::new(1)]);
        assert_eq!(whole, Whole::default());
    }
}
