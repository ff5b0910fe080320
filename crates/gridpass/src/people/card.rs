//! What a gate shows beside the colour, so that the guard can look at the face.

use gridpass_types::ids::PersonId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::store;
use super::view::Places;
use crate::app::App;
use crate::facts;
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult};
use crate::masking::{Mask, Shown, Viewer};

/// A person at a gate.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct PersonCard {
    /// Name, to be called by.
    pub name: String,
    /// First and last four characters of the document's number.
    pub document_masked: String,
    /// Enclosure, once residence in it is declared or verified.
    pub residence: Option<String>,
    /// Employer, once employment there is declared or verified.
    pub workplace: Option<String>,
    /// Whether there is a photo.
    pub has_photo: bool,
    /// Whether staff took it; otherwise the holder gave it, and the document says more.
    pub photo_by_staff: bool,
}

/// The card of a person. The caller has established that the gate may see it.
///
/// # Errors
/// [`Code::PersonUnknown`], or when the database does not answer.
pub async fn card(app: &App, person_id: PersonId) -> ApiResult<PersonCard> {
    let db = app.db.client().await?;
    let found = store::find_person(&db, person_id.get()).await?;
    let person = found.ok_or_else(|| ApiError::new(Code::PersonUnknown))?;
    let state = facts::state_at(&db, app, person_id, app.now()).await?.state;
    let places = Places::of(&db, app, &state).await?;
    let seen = |shown| {
        let text = person.shown(app, Viewer::Gate, shown)?;
        Ok::<_, ApiError>(text.unwrap_or_default())
    };
    Ok(PersonCard {
        name: seen(Shown::Name)?,
        document_masked: seen(Shown::Number)?,
        residence: places.residence,
        workplace: places.workplace,
        photo_by_staff: person.photo_by_staff,
        has_photo: person.has_photo && Shown::Photo.mask(Viewer::Gate) == Mask::Full,
    })
}
