//! The calls that several commands share, typed. Only the fields that the
//! simulator reads are named.

use std::hash::{DefaultHasher, Hash, Hasher};

use anyhow::{Context, Result};
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use tokio::sync::Mutex;

use crate::client::{Client, Refused};
use crate::state::Account;
use crate::world::people::Person;

/// What a session says when the ten rules are not confirmed yet.
const CONFIRM: &str = "confirm_ten_donts";
/// Items asked for per page.
const PAGE: usize = 1000;

#[derive(Deserialize)]
struct Session {
    token: String,
    account: Me,
}

#[derive(Deserialize)]
struct Me {
    needs: Vec<String>,
}

#[derive(Deserialize)]
struct Rules {
    version: i32,
}

/// Signs in, confirms the ten rules if that is asked, and answers the same caller with the
/// session's token.
///
/// # Errors
/// When the name or password is wrong or nothing answers.
pub async fn sign_in(staff: &Client, username: &str, password: &str) -> Result<Client> {
    let body = json!({"username": username, "password": password});
    let session: Session = staff
        .post("/api/v1/sessions", &body)
        .await
        .with_context(|| format!("signing in as {username} failed"))?;
    let caller = staff.with_token(&session.token);
    if session.account.needs.iter().any(|need| need == CONFIRM) {
        confirm_rules(&caller).await?;
    }
    Ok(caller)
}

async fn confirm_rules(caller: &Client) -> Result<()> {
    let rules: Rules = caller.get("/api/v1/me/ten-donts").await?;
    let body = json!({"version": rules.version});
    caller.post_empty("/api/v1/me/ten-donts", &body).await
}

/// Signs a new account in and gives it a password that only its owner knows.
///
/// # Errors
/// When the first password is wrong, or the new one is refused.
pub async fn take_over(staff: &Client, account: &Account, first: &str) -> Result<()> {
    let body = json!({"username": account.username, "password": first});
    let session: Session = staff.post("/api/v1/sessions", &body).await?;
    let caller = staff.with_token(&session.token);
    let body = json!({"current": first, "password": account.password});
    caller.put("/api/v1/me/password", &body).await?;
    confirm_rules(&caller).await
}

/// Signs in with an account of the state file.
///
/// # Errors
/// As [`sign_in`].
pub async fn sign_in_as(staff: &Client, account: &Account) -> Result<Client> {
    sign_in(staff, &account.username, &account.password).await
}

#[derive(Deserialize)]
struct TimeView {
    now: Timestamp,
}

/// The server's clock.
///
/// # Errors
/// When nothing answers.
pub async fn server_time(client: &Client) -> Result<Timestamp> {
    Ok(client.get::<TimeView>("/api/v1/time").await?.now)
}

#[derive(Deserialize)]
struct Page<T> {
    items: Vec<T>,
    next: Option<i64>,
}

/// Reads a seek-paged list to its end, but no further than `items_max`.
///
/// # Errors
/// When a page is refused.
pub async fn list<T: DeserializeOwned>(
    client: &Client,
    path: &str,
    items_max: usize,
) -> Result<Vec<T>> {
    list_after(client, path, 0, items_max).await
}

/// Reads a seek-paged list from behind the item with id `after`, but no further than `items_max`.
///
/// # Errors
/// When a page is refused.
pub async fn list_after<T: DeserializeOwned>(
    client: &Client,
    path: &str,
    mut after: i64,
    items_max: usize,
) -> Result<Vec<T>> {
    let joint = if path.contains('?') { '&' } else { '?' };
    let mut items = Vec::new();
    while items.len() < items_max {
        let limit = PAGE.min(items_max - items.len());
        let page: Page<T> = client
            .get(&format!("{path}{joint}after={after}&limit={limit}"))
            .await?;
        items.extend(page.items);
        match page.next {
            Some(next) => after = next,
            None => break,
        }
    }
    Ok(items)
}

/// What a registry import did.
#[derive(Debug, Deserialize)]
pub struct ImportView {
    /// Rows read.
    pub rows: u64,
    /// Rows whose person was known and agreed.
    pub matched: u64,
    /// Rows that entered a new person.
    pub created: u64,
    /// Rows whose person was known and disagreed.
    pub conflicts: u64,
    /// Rows whose person was unknown and not entered.
    pub missed: u64,
    /// Rows that could not be read.
    pub rejected: u64,
}

/// A holder's enrolment.
#[derive(Debug, Deserialize)]
pub struct Enrolment {
    /// Serial of the pass.
    pub pass_serial: i64,
    /// Token of the phone.
    pub holder_token: String,
}

impl Enrolment {
    /// The server's id of the person, which the token carries.
    ///
    /// # Errors
    /// When the token is not of the form `gph1.<id>.<random>`.
    pub fn person_id(&self) -> Result<i64> {
        person_id_of(&self.holder_token)
    }
}

/// The person's id in a holder token.
///
/// # Errors
/// When the token is not of the form `gph1.<id>.<random>`.
pub fn person_id_of(token: &str) -> Result<i64> {
    token
        .split('.')
        .nth(1)
        .and_then(|id| id.parse().ok())
        .context("a holder token has no person id")
}

/// What an application asks for: name, document, phone.
pub fn three_fields(person: &Person) -> serde_json::Value {
    json!({
        "name": person.name, "document_type": "resident_id",
        "document_number": person.number, "phone": person.phone,
    })
}

/// Relatives share a phone, and of the codes sent to a phone only the newest counts. So whoever
/// asks for one keeps the phone to itself until the code is used, as people do.
static PHONES: [Mutex<()>; 64] = [const { Mutex::const_new(()) }; 64];

/// The lock of a phone.
fn phone_lock(phone: &str) -> &'static Mutex<()> {
    let mut hasher = DefaultHasher::new();
    phone.hash(&mut hasher);
    let place = hasher.finish() % PHONES.len() as u64;
    &PHONES[usize::try_from(place).unwrap_or(0)]
}

#[derive(Deserialize)]
struct ShownCode {
    code: String,
}

/// Asks for a code as a phone does, and reads it as a demo lets one.
async fn phone_code(public: &Client, phone: &str, purpose: &str) -> Result<String> {
    let body = json!({"phone": phone, "purpose": purpose});
    let _: serde_json::Value = public.post("/api/v1/phone-codes", &body).await?;
    let shown: ShownCode = public.post("/api/v1/phone-codes/shown", &body).await?;
    Ok(shown.code)
}

/// Enrols a person over the residents' listener.
///
/// # Errors
/// When the server refuses.
pub async fn enrol(
    public: &Client,
    person: &Person,
    enclosure_id: Option<i64>,
) -> Result<Enrolment> {
    let mut body = three_fields(person);
    if let Some(enclosure_id) = enclosure_id {
        body["enclosure_id"] = enclosure_id.into();
    }
    send_with_code(public, "/api/v1/people/enrol", (body, "enrol")).await
}

/// Puts a relative's pass on a holder's phone; false when they have to go to a counter, as an
/// adult without a phone does whom no registry has in the same household.
///
/// # Errors
/// When the server refuses for another reason.
pub async fn add_dependant(holder: &Client, guardian: &Person, relative: &Person) -> Result<bool> {
    let body = three_fields(relative);
    let path = "/api/v1/pass/dependants";
    let added: Result<serde_json::Value> = if relative.phone == guardian.phone {
        holder.post(path, &body).await
    } else {
        send_with_code(holder, path, (body, "dependant")).await
    };
    match added {
        Ok(_) => Ok(true),
        Err(error) => match error.downcast_ref::<Refused>() {
            Some(refused) if refused.code == "ask_at_counter" => Ok(false),
            _ => Err(error),
        },
    }
}

async fn send_with_code<T: DeserializeOwned>(
    client: &Client,
    path: &str,
    (mut body, purpose): (serde_json::Value, &str),
) -> Result<T> {
    let phone = body["phone"].as_str().unwrap_or_default().to_owned();
    let _held = phone_lock(&phone).lock().await;
    body["phone_code"] = phone_code(client, &phone, purpose).await?.into();
    client.post(path, &body).await
}

/// What a gate was told about a scan.
#[derive(Debug, Deserialize)]
pub struct ScanView {
    /// Who it was.
    pub person_id: i64,
    /// Serial of the pass.
    pub pass_serial: i64,
    /// `green`, `yellow` or `red`.
    pub colour: String,
    /// `pass`, `check` or `stop`.
    pub action: String,
}

/// What became of an upload.
#[derive(Debug, Deserialize)]
pub struct BatchView {
    /// Scans stored.
    pub accepted: u64,
    /// Scans that were there already.
    pub duplicates: u64,
    /// Scans refused, with their codes.
    pub rejected: Vec<RejectedScan>,
    /// People let in who were red by then.
    pub late_reds: Vec<LateRed>,
}

/// Somebody let in who was red by then.
#[derive(Debug, Deserialize)]
pub struct LateRed {}

/// A scan of an upload that was refused.
#[derive(Debug, Deserialize)]
pub struct RejectedScan {
    /// Its place in the upload.
    pub index: usize,
    /// Why.
    pub code: String,
}

/// An open visit.
#[derive(Debug, Deserialize)]
pub struct Visit {
    /// Its id.
    pub visit_id: i64,
    /// Whom to call on.
    pub person_id: i64,
    /// The home on record, if there is one.
    #[serde(default)]
    pub enclosure_id: Option<i64>,
}
