//! From facts to a decision, pure: no clock, no database, no randomness.
//!
//! ```text
//! facts --derive(now)--> state --colour table--> colour, reason, follow-up
//!                        state + gate context --gate table--> action, checks, notify
//! ```
//!
//! Facts are evidence ([`fact`]); [`derive()`] adds the live ones up to a [`State`] and says until
//! when that state holds. The two tables are data ([`RuleSet`]): read from CSV or XLSX, checked to
//! be complete and without unreachable rows, compiled to bit masks, so that a decision costs tens of
//! nanoseconds and allocates nothing. Every answer names its rule, and `explain_…` also says why
//! each earlier rule did not apply. [`cases`] runs golden cases against a rule set.

mod cell;
mod columns;
mod coverage;
mod derive;
mod extra;
mod grid;
mod sheet;
mod sql;

pub mod advice;
pub mod cases;
pub mod catalogue;
pub mod colour;
pub mod dmn;
pub mod fact;
pub mod gate;
pub mod reason;
pub mod red;
pub mod rule_set;
pub mod state;
pub mod table_error;
pub mod words;

pub use catalogue::{Catalogue, CatalogueEntry};
pub use colour::{ColourDecision, ColourTable};
pub use derive::{Derived, derive};
pub use fact::{Fact, FactBody, FactError};
pub use gate::{GateContext, GateDecision, GateTable};
pub use gridpass_types::Colour;
pub use reason::Reason;
pub use rule_set::{Explanation, RuleSet, RuleTrial, default_rule_set};
pub use state::State;
pub use table_error::{TableError, TableErrorCode};
pub use words::{Action, AreaStatus, Direction, Relation};

/// A body temperature from which on it is a fever, in degrees Celsius.
pub const FEVER_CELSIUS: f64 = 37.3;
