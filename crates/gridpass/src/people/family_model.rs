//! Families as they go over the wire.

use gridpass_types::Sensitive;
use gridpass_types::ids::PassSerial;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::basis::Basis;

/// Somebody whose pass this phone carries.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct FamilyMemberView {
    /// Serial of the pass.
    pub pass_serial: PassSerial,
    /// Name.
    pub name: String,
    /// On what it stands; absent for old links.
    pub basis: Option<Basis>,
    /// Since when.
    pub since: Timestamp,
    /// Whether they show the pass on a phone of their own, too.
    pub own_phone: bool,
    /// Whether the holder may read and change their record: a photo, a declaration, a paper.
    #[serde(default)]
    pub in_care: bool,
}

/// Somebody whose phone carries the holder's pass.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct CarrierView {
    /// Serial of their pass; names them when it is ended.
    pub pass_serial: PassSerial,
    /// Their name, masked.
    pub name: String,
    /// On what it stands.
    pub basis: Option<Basis>,
    /// Since when.
    pub since: Timestamp,
}

/// Both sides of a family.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct FamilyView {
    /// Whose passes this phone carries.
    pub members: Vec<FamilyMemberView>,
    /// Whose phones carry the holder's pass.
    pub carriers: Vec<CarrierView>,
}

/// Another phone, which proves itself.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HandOverPassInput {
    /// Mobile number of the other phone.
    #[schema(value_type = String)]
    pub phone: Sensitive<String>,
    /// Code that was sent to it: for `hand_over`, or for `new_phone`.
    #[schema(value_type = String)]
    pub phone_code: Sensitive<String>,
}
