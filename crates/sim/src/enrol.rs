//! `enrol`: gives holders a phone each, over the residents' listener: three
//! fields, a key made on the phone, a credential for it.

use std::collections::HashSet;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result};
use futures_util::{StreamExt as _, TryStreamExt as _};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;

use crate::api;
use crate::client::Client;
use crate::progress::Progress;
use crate::random::{Purpose, Shuffle};
use crate::state::{Phone, State, to_base64};
use crate::world::World;
use crate::world::people::Person;

/// Arguments of `enrol`.
#[derive(Debug, clap::Args)]
pub struct EnrolArgs {
    /// The state file of the load; the phones are added to it.
    #[arg(long)]
    pub state: PathBuf,
    /// How many phones there shall be in all.
    #[arg(long)]
    pub count: u64,
    /// Enrolments at the same time.
    #[arg(long, default_value_t = 16)]
    pub clients: usize,
    /// Heads of household add their children and elders to their phone.
    #[arg(long)]
    pub families: bool,
    /// Fetches new credentials for the phones that are there already.
    #[arg(long)]
    pub renew: bool,
}

/// Runs `enrol`.
///
/// # Errors
/// When the server refuses something.
pub async fn run(args: &EnrolArgs, progress: &Progress) -> Result<()> {
    let mut state = State::read(&args.state)?;
    let world = World::grow(state.seed, state.scale)?;
    let public = Client::new(&state.public)?;
    let started = Instant::now();
    if args.renew {
        renew(&mut state, &public, args.clients).await?;
        progress.note(format!(
            "renewed the credentials of {} phones",
            state.phones.len()
        ));
    }
    let people = missing_people(&world, &state, args.count);
    let total = people.len();
    let mut phones = futures_util::stream::iter(people)
        .map(|person| {
            let dependants = if args.families {
                world.dependants_of(person.index)
            } else {
                Vec::new()
            };
            equip(&public, person, dependants)
        })
        .buffer_unordered(args.clients.max(1));
    let (mut added, mut to_counter) = (0, 0);
    let mut refused = None;
    while let Some(phone) = phones.next().await {
        match phone {
            Ok((phone, relatives)) => {
                state.phones.push(phone);
                to_counter += relatives;
            }
            Err(error) => {
                refused = Some(error);
                break;
            }
        }
        added += 1;
        progress.tick(|| format!("phones: {added} of {total}"));
    }
    drop(phones);
    // Answers come back in any order; the file should not depend on it. Phones that
    // were enrolled before a refusal are kept: the server will not give their tokens again.
    state.phones.sort_by_key(|phone| phone.person);
    state.write(&args.state)?;
    if let Some(error) = refused {
        return Err(error);
    }
    let rate = added as f64 / started.elapsed().as_secs_f64();
    progress.note(format!(
        "phones: {added} added ({rate:.0}/s), {} in all; relatives sent to a counter: {to_counter}",
        state.phones.len()
    ));
    Ok(())
}

/// The first `count` holders in a fixed random order who have no phone yet.
fn missing_people(world: &World, state: &State, count: u64) -> Vec<Person> {
    let have: HashSet<u64> = state.phones.iter().map(|phone| phone.person).collect();
    let order = Shuffle::new(world.seed, Purpose::Bench, world.totals.holders);
    let wanted =
        (0..count.min(world.totals.holders)).map(|place| world.holder_at(order.item_at(place)));
    wanted
        .filter(|person| !have.contains(&person.index))
        .collect()
}

/// A phone that shows a pass, and how many relatives could not be added from it.
async fn equip(public: &Client, person: Person, dependants: Vec<Person>) -> Result<(Phone, u32)> {
    let enrolment = api::enrol(public, &person, None).await?;
    let key = ed25519_dalek::SigningKey::from_bytes(&rand::random());
    let mut phone = Phone {
        person: person.index,
        serial: enrolment.pass_serial,
        token: enrolment.holder_token,
        key: to_base64(key.as_bytes()),
        credential: String::new(),
        mac_key: String::new(),
        expires_at: Timestamp::UNIX_EPOCH,
    };
    fetch_credential(public, &mut phone).await?;
    let holder = public.with_token(&phone.token);
    let mut to_counter = 0;
    for dependant in dependants {
        let added = api::add_dependant(&holder, &person, &dependant).await?;
        to_counter += u32::from(!added);
    }
    Ok((phone, to_counter))
}

#[derive(Deserialize)]
struct IssuedView {
    credential: String,
    mac_key: String,
    expires_at: Timestamp,
}

async fn fetch_credential(public: &Client, phone: &mut Phone) -> Result<()> {
    let key = ed25519_dalek::SigningKey::from_bytes(&crate::state::from_base64(&phone.key)?);
    let body = json!({"public_key": to_base64(key.verifying_key().as_bytes())});
    let issued: IssuedView = public
        .with_token(&phone.token)
        .post("/api/v1/pass/credential", &body)
        .await?;
    phone.credential = issued.credential;
    phone.mac_key = issued.mac_key;
    phone.expires_at = issued.expires_at;
    Ok(())
}

async fn renew(state: &mut State, public: &Client, clients: usize) -> Result<()> {
    futures_util::stream::iter(state.phones.iter_mut().map(Ok))
        .try_for_each_concurrent(clients.max(1), |phone| fetch_credential(public, phone))
        .await
        .context("the credentials could not be renewed")
}
