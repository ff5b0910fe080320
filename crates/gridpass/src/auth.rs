//! Who is calling: staff sessions and the extractors that authorise.
//!
//! A handler's argument is the proof: `Staff<P>` is a signed-in member of staff whose
//! role has permission `P`; `Authorised<E, P>` is that and an entity `E` that lies in the
//! caller's jurisdiction. Outside it the answer is 404, as if the entity were not there;
//! without the permission it is 403; without a session 401.

pub(crate) mod store;

use std::marker::PhantomData;

use axum::extract::{FromRequestParts, Path};
use axum::http::header;
use axum::http::request::Parts;
use gridpass_types::ids::StaffId;
use serde::de::DeserializeOwned;

use crate::access::{Permission, Role, in_jurisdiction};
use crate::app::App;
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult};
use crate::seal::token_digest;

/// Prefix of staff session tokens.
pub const STAFF_TOKEN_PREFIX: &str = "gps1.";

/// A signed-in member of staff.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Identity.
    pub staff_id: StaffId,
    /// Role.
    pub role: Role,
    /// Prefix of the divisions the person may act in; empty is everywhere.
    pub jurisdiction: String,
    /// Organisation the person belongs to; two people of one unit do not check each other.
    /// Never empty: an account without one is a unit of its own.
    pub unit: String,
}

impl Caller {
    /// 403 unless the role has `P`.
    pub fn require<P: Permission>(&self) -> ApiResult<()> {
        if P::ROLES.contains(&self.role) {
            Ok(())
        } else {
            Err(Code::NotAllowed.into())
        }
    }

    /// Whether a division code lies in the caller's jurisdiction.
    pub fn covers(&self, code: &str) -> bool {
        in_jurisdiction(&self.jurisdiction, code)
    }

    /// The narrower of the caller's jurisdiction and an asked prefix; `None` when they
    /// do not meet, so that a list is empty.
    pub fn narrow(&self, asked: Option<&str>) -> Option<String> {
        let asked = asked.unwrap_or("");
        if asked.starts_with(&self.jurisdiction) {
            Some(asked.to_owned())
        } else if self.jurisdiction.starts_with(asked) {
            Some(self.jurisdiction.clone())
        } else {
            None
        }
    }
}

/// A caller whose role has permission `P`.
pub struct Staff<P> {
    /// Who it is.
    pub caller: Caller,
    permission: PhantomData<P>,
}

impl<P: Permission> FromRequestParts<App> for Staff<P> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> ApiResult<Self> {
        let caller = caller(parts, app).await?;
        caller.require::<P>()?;
        Ok(Self {
            caller,
            permission: PhantomData,
        })
    }
}

/// Something with a place, loaded by the identity in the path.
pub trait Entity: Sized + Send {
    /// What the path holds.
    type Id: DeserializeOwned + Send;
    /// Loads it; `None` when there is none.
    fn load(app: &App, id: Self::Id) -> impl Future<Output = ApiResult<Option<Self>>> + Send;
    /// Division that decides whose jurisdiction it is in.
    fn place_code(&self) -> &str;
}

/// An entity in the caller's jurisdiction, and a caller with permission `P`.
pub struct Authorised<E, P> {
    /// The entity.
    pub entity: E,
    /// Who asks.
    pub caller: Caller,
    permission: PhantomData<P>,
}

impl<E: Entity, P: Permission> FromRequestParts<App> for Authorised<E, P> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> ApiResult<Self> {
        let Staff { caller, .. } = Staff::<P>::from_request_parts(parts, app).await?;
        let Path(id) = Path::<E::Id>::from_request_parts(parts, app)
            .await
            .map_err(|_| ApiError::new(Code::BadPath))?;
        let entity = authorise::<E>(app, &caller, id).await?;
        Ok(Self {
            entity,
            caller,
            permission: PhantomData,
        })
    }
}

/// Loads an entity named in a body, for a caller; 404 outside the jurisdiction.
pub async fn authorise<E: Entity>(app: &App, caller: &Caller, id: E::Id) -> ApiResult<E> {
    let found = E::load(app, id)
        .await?
        .filter(|entity| caller.covers(entity.place_code()));
    found.ok_or_else(|| Code::NotFound.into())
}

/// The bearer token of a request.
pub fn bearer(parts: &Parts) -> ApiResult<&str> {
    let value = parts
        .headers
        .get(header::AUTHORIZATION)
        .ok_or(Code::NotSignedIn)?;
    let text = value.to_str().map_err(|_| Code::NotSignedIn)?;
    text.strip_prefix("Bearer ")
        .ok_or_else(|| Code::NotSignedIn.into())
}

async fn caller(parts: &mut Parts, app: &App) -> ApiResult<Caller> {
    if let Some(caller) = parts.extensions.get::<Caller>() {
        return Ok(caller.clone());
    }
    let token = bearer(parts)?;
    if !token.starts_with(STAFF_TOKEN_PREFIX) {
        return Err(Code::NotSignedIn.into());
    }
    let db = app.db.client().await?;
    let found = store::find_caller(&db, &token_digest(token), app.now()).await?;
    let caller = found.ok_or(Code::SessionExpired)?;
    parts.extensions.insert(caller.clone());
    Ok(caller)
}
