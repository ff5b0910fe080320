//! Who is calling: staff sessions and the extractors that authorise.
//!
//! A handler's argument is the proof: `Staff<P>` is a signed-in member of staff whose
//! role has permission `P`; `Authorised<E, P>` is that and an entity `E` that lies in the
//! caller's jurisdiction. Outside it the answer is 404, as if the entity were not there;
//! without the permission it is 403; without a session 401.
//!
//! A session acts under one grant: a role in a place for a time. One that has not finished
//! signing in (second factor, forced change of the password, the ten rules, choice of a
//! grant) is no caller yet: everything but finishing is 403 and says what is missing.

mod session;
pub(crate) mod store;

use std::marker::PhantomData;

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use gridpass_types::ids::{EmployerId, EnclosureId, GrantId, PersonId, StaffId};
use serde::de::DeserializeOwned;

use crate::access::{Permission, Role, in_jurisdiction};
use crate::app::App;
use crate::audit;
use crate::db::{self, Client, Tx};
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult};
use crate::http::extract::Path;

pub(crate) use session::find as find_session;
pub use session::{Entering, Need, Session, acts_still};

/// Prefix of staff session tokens.
pub const STAFF_TOKEN_PREFIX: &str = "gps1.";

/// How far a grant reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Everything in the division.
    Division,
    /// One enclosure only.
    Enclosure(EnclosureId),
    /// One employer only.
    Employer(EmployerId),
}

/// What a list of the directory is cut to.
pub struct Reach {
    /// Prefix of divisions.
    pub prefix: String,
    /// The one enclosure, if the grant covers one only.
    pub enclosure_id: Option<EnclosureId>,
    /// The one employer, likewise.
    pub employer_id: Option<EmployerId>,
}

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
    /// The grant the session acts under.
    pub grant_id: GrantId,
    /// How far it reaches. A narrow one covers only what says that it belongs to it.
    pub scope: Scope,
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

    /// A transaction in which the database shows what lies in the caller's jurisdiction and
    /// nothing else. Requests of staff use no other connection.
    ///
    /// # Errors
    /// When no connection becomes free.
    pub async fn tx(&self, app: &App) -> ApiResult<Tx> {
        Ok(app.db.staff(&self.shown()).await?)
    }

    /// The same, and the person of an entity that the caller was authorised for: what is
    /// recorded may move that person elsewhere.
    ///
    /// # Errors
    /// As [`Caller::tx`].
    pub async fn tx_on<E: Entity>(&self, app: &App, entity: &E) -> ApiResult<Tx> {
        let scope = match entity.subject() {
            Some(person_id) => self.shown().and(person_id),
            None => self.shown(),
        };
        Ok(app.db.staff(&scope).await?)
    }

    /// What the database shows the caller. People are nobody's business under a grant of one
    /// enclosure or employer, and the directory is open to all.
    fn shown(&self) -> db::Scope {
        match self.scope {
            Scope::Division => db::Scope::jurisdiction(&self.jurisdiction),
            Scope::Enclosure(_) | Scope::Employer(_) => db::Scope::nobody(),
        }
    }

    /// Whether everything at a division code lies in the caller's jurisdiction; never for a
    /// grant of one enclosure or employer.
    pub fn covers(&self, code: &str) -> bool {
        self.scope == Scope::Division && in_jurisdiction(&self.jurisdiction, code)
    }

    /// Whether an entity lies in the caller's jurisdiction and concerns the role.
    pub fn covers_entity(&self, entity: &impl Entity) -> bool {
        let there = match self.scope {
            Scope::Division => self.covers(entity.place_code()),
            Scope::Enclosure(id) => entity.enclosure_id() == Some(id),
            Scope::Employer(id) => entity.employer_id() == Some(id),
        };
        there && entity.concerns(self.role)
    }

    /// The narrower of the caller's jurisdiction and an asked prefix; `None` when they
    /// do not meet, so that a list is empty. A grant of one enclosure or employer lists
    /// nothing here: lists that serve it use [`Caller::reach`].
    pub fn narrow(&self, asked: Option<&str>) -> Option<String> {
        (self.scope == Scope::Division).then(|| self.meet(asked))?
    }

    /// The same for lists that also serve grants of one enclosure or employer.
    pub fn reach(&self, asked: Option<&str>) -> Option<Reach> {
        let prefix = self.meet(asked)?;
        let (enclosure_id, employer_id) = match self.scope {
            Scope::Division => (None, None),
            Scope::Enclosure(id) => (Some(id), None),
            Scope::Employer(id) => (None, Some(id)),
        };
        Some(Reach {
            prefix,
            enclosure_id,
            employer_id,
        })
    }

    fn meet(&self, asked: Option<&str>) -> Option<String> {
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

impl<P> Staff<P> {
    /// As [`Caller::tx`].
    ///
    /// # Errors
    /// As [`Caller::tx`].
    pub async fn tx(&self, app: &App) -> ApiResult<Tx> {
        self.caller.tx(app).await
    }
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
    type Id: DeserializeOwned + Clone + Send;
    /// Loads it as the caller may see it; `None` when there is none.
    fn load(
        app: &App,
        db: &Client,
        id: Self::Id,
    ) -> impl Future<Output = ApiResult<Option<Self>>> + Send;
    /// Division that decides whose jurisdiction it is in.
    fn place_code(&self) -> &str;
    /// The person it is about, for the audit log and the database's wall; `None` for places and
    /// things.
    fn subject(&self) -> Option<PersonId> {
        None
    }
    /// Whether it concerns a role at all; one that it does not concern sees nothing there.
    fn concerns(&self, _role: Role) -> bool {
        true
    }
    /// The enclosure it belongs to, for grants of one enclosure.
    fn enclosure_id(&self) -> Option<EnclosureId> {
        None
    }
    /// The employer it belongs to, for grants of one employer.
    fn employer_id(&self) -> Option<EmployerId> {
        None
    }
}

/// An entity in the caller's jurisdiction, and a caller with permission `P`.
pub struct Authorised<E, P> {
    /// The entity.
    pub entity: E,
    /// Who asks.
    pub caller: Caller,
    permission: PhantomData<P>,
}

impl<E: Entity, P> Authorised<E, P> {
    /// As [`Caller::tx_on`], for the entity.
    ///
    /// # Errors
    /// As [`Caller::tx`].
    pub async fn tx(&self, app: &App) -> ApiResult<Tx> {
        self.caller.tx_on(app, &self.entity).await
    }
}

impl<E: Entity, P: Permission> FromRequestParts<App> for Authorised<E, P> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> ApiResult<Self> {
        let Staff { caller, .. } = Staff::<P>::from_request_parts(parts, app).await?;
        let Path(id) = Path::<E::Id>::from_request_parts(parts, app).await?;
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
    let db = caller.tx(app).await?;
    if let Some(found) = E::load(app, &db, id.clone()).await? {
        if let Some(person) = found.subject() {
            audit::subject(person);
        }
        return match caller.covers_entity(&found) {
            true => Ok(found),
            false => Err(Code::NotFound.into()),
        };
    }
    // An attempt on somebody outside the jurisdiction names the person in the log, whom only
    // the engine sees; the answer is the same as for nobody.
    let beyond = E::load(app, &app.db.client().await?, id).await?;
    if let Some(person) = beyond.as_ref().and_then(Entity::subject) {
        audit::subject(person);
    }
    Err(Code::NotFound.into())
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
    let Entering(session) = Entering::from_request_parts(parts, app).await?;
    let caller = session.finished()?;
    audit::actor(|| audit::Actor::staff(&caller));
    Ok(caller)
}
