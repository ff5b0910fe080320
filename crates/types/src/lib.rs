//! The words every crate of GridPass shares: typed ids, division codes, identity documents,
//! phones, names, credit codes, the clock, and the wrapper that keeps personal data out of logs.
//!
//! Everything here is pure and small. Nothing reads a database or the network, and only
//! [`clock::SystemClock`] reads the time. Values are made by `parse` functions that refuse what is
//! malformed, so holding one of these types is the proof that its text was checked.

mod macros;

pub mod address_code;
pub mod clock;
pub mod credit_code;
pub mod division;
pub mod document;
pub mod ids;
pub mod name;
pub mod pass;
pub mod phone;
pub mod sensitive;

mod fold;

pub use address_code::{AddressCode, AddressCodeError};
pub use clock::{Clock, ManualClock, SystemClock};
pub use credit_code::{CreditCode, CreditCodeError};
pub use division::{DivisionCode, DivisionCodeError, Level};
pub use document::{AgeBand, DocumentError, DocumentNumber, DocumentType, Sex};
pub use fold::{fold_place, fold_width};
pub use ids::*;
pub use name::{NameError, PersonName};
pub use pass::{Colour, PassForm, Rung};
pub use phone::{Phone, PhoneError, PhoneRegion};
pub use sensitive::Sensitive;
