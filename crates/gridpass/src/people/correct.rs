//! A detail that an appeal found wrong, put right.

use gridpass_matching::name_key;
use gridpass_types::PersonName;
use gridpass_types::ids::PersonId;

use super::store;
use crate::app::App;
use crate::db::Client;
use crate::http::code::Code;
use crate::http::error::ApiResult;
use crate::seal::Field;

/// Writes another name, sealed, with the digest it is compared by.
///
/// # Errors
/// 404 `person_unknown`, or when the database does not answer.
pub async fn correct_name(
    tx: &Client,
    app: &App,
    person_id: PersonId,
    name: &PersonName,
) -> ApiResult<()> {
    let text = name.expose().as_bytes();
    let sealed = app
        .sealer
        .seal(Field::Name, person_id.get(), text, &app.entropy);
    let digest = app.sealer.digest("name", &name_key(name));
    let changed = store::update_name(tx, person_id, (&sealed, &digest)).await?;
    if changed == 1 {
        Ok(())
    } else {
        Err(Code::PersonUnknown.into())
    }
}
