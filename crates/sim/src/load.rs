//! `load`: puts the synthetic district into an empty server, in the order in
//! which an office would: divisions, enclosures, employers, gates with their
//! devices, accounts, and last the population registry as one streamed file.

mod offices;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use futures_util::{StreamExt as _, TryStreamExt as _};
use serde::Deserialize;
use serde_json::json;

use crate::api::{self, ImportView};
use crate::client::{self, Client};
use crate::progress::Progress;
use crate::state::{Account, Gate, State, to_base64};
use crate::world::World;
use crate::world::people::Person;
use crate::world::registry::csv_of;

/// Gates entered at the same time.
const GATES_AT_ONCE: usize = 8;

/// Whom the registry import enters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Population {
    /// The people who hold a pass (550,000 at scale 1).
    Holders,
    /// Everybody in the registry (733,000 at scale 1).
    Residents,
    /// Nobody: the replay lets people apply day by day.
    Nobody,
}

/// Arguments of `load`.
#[derive(Debug, clap::Args)]
pub struct LoadArgs {
    #[command(flatten)]
    pub server: crate::cli::ServerArgs,
    #[command(flatten)]
    pub admin: crate::cli::AdminArgs,
    /// Size of the district: 1 is Pingshan, 0.1 a tenth of its people.
    #[arg(long, default_value_t = 0.1)]
    pub scale: f64,
    /// The same seed gives the same district.
    #[arg(long, default_value_t = 2020)]
    pub seed: u64,
    /// Whom to enter.
    #[arg(long, value_enum, default_value_t = Population::Holders)]
    pub people: Population,
    /// Writes tokens, gates and keys here for later commands.
    #[arg(long)]
    pub state: Option<PathBuf>,
}

/// Runs `load`.
///
/// # Errors
/// When the server refuses something.
pub async fn run(args: &LoadArgs, progress: &Progress) -> Result<()> {
    let world = Arc::new(World::grow(args.seed, args.scale)?);
    let staff = Client::new(&args.server.staff)?;
    if let Some(state) = loaded_before(args, &staff).await? {
        progress.note("loaded before: the gates of the state file still answer");
        print_accounts(&state, progress);
        return Ok(());
    }
    let admin = api::sign_in(&staff, &args.admin.admin, &args.admin.password).await?;
    let mut state = load_directory(&world, (&staff, &admin), progress).await?;
    state.scale = args.scale;
    state.public.clone_from(&args.server.public);
    state.staff.clone_from(&args.server.staff);
    if let Some(path) = &args.state {
        state.write(path)?;
    }
    let desk = api::sign_in_as(&staff, state.account("data_desk")?).await?;
    offices::load_phones(&world, &desk).await?;
    let people = match args.people {
        Population::Holders => world.totals.holders,
        Population::Residents => world.totals.residents,
        Population::Nobody => 0,
    };
    let ranks: Vec<u64> = (0..people).collect();
    if !ranks.is_empty() {
        import_registry(
            &world,
            &desk,
            Slice {
                source: "population",
                ranks,
            },
            Some(progress),
        )
        .await?;
    }
    print_accounts(&state, progress);
    Ok(())
}

/// The state of an earlier load of the same district into the same server, if it still holds.
async fn loaded_before(args: &LoadArgs, staff: &Client) -> Result<Option<State>> {
    let Some(path) = args.state.as_deref().filter(|path| path.exists()) else {
        return Ok(None);
    };
    let state = State::read(path)?;
    let same = state.seed == args.seed && state.scale.to_bits() == args.scale.to_bits();
    let Some(gate) = state
        .gates
        .first()
        .filter(|_| same && state.staff == args.server.staff)
    else {
        return Ok(None);
    };
    match staff
        .with_token(&gate.device_token)
        .get::<serde_json::Value>("/api/v1/device")
        .await
    {
        Ok(_) => Ok(Some(state)),
        Err(error) if client::refused_with(&error, 401) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Divisions, enclosures, employers, gates and accounts.
///
/// # Errors
/// When the server refuses something.
pub async fn load_directory(
    world: &World,
    (staff, security_admin): (&Client, &Client),
    progress: &Progress,
) -> Result<State> {
    let accounts = load_accounts(world, (staff, security_admin)).await?;
    progress.note(format!("accounts: {}", accounts.len()));
    let system = accounts
        .iter()
        .find(|account| account.role == "system_admin")
        .context("one account per role was made")?;
    let admin = &api::sign_in_as(staff, system).await?;
    let _: serde_json::Value = admin
        .post_csv("/api/v1/divisions/import", world.tree.to_csv()?)
        .await?;
    progress.note(format!("divisions: {}", world.tree.divisions.len()));
    let enclosures = load_enclosures(world, admin).await?;
    progress.note(format!("enclosures: {}", enclosures.len()));
    let employers = load_employers(world, admin, &enclosures).await?;
    progress.note(format!("employers: {}", employers.len()));
    let gates = load_gates(world, admin, (&enclosures, &employers), progress).await?;
    progress.note(format!("gates with a device: {}", gates.len()));
    Ok(State {
        seed: world.seed,
        enclosures,
        gates,
        accounts,
        ..State::default()
    })
}

#[derive(Deserialize)]
struct EnclosureView {
    enclosure_id: i64,
    code: Option<String>,
}

async fn load_enclosures(world: &World, admin: &Client) -> Result<Vec<i64>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["code", "name", "kind", "community_code"])?;
    for enclosure in &world.enclosures {
        writer.write_record([
            &enclosure.code,
            &enclosure.name,
            enclosure.kind,
            &enclosure.community,
        ])?;
    }
    let _: serde_json::Value = admin
        .post_csv("/api/v1/enclosures/import", writer.into_inner()?)
        .await?;
    let listed: Vec<EnclosureView> =
        api::list(admin, "/api/v1/enclosures?prefix=", usize::MAX).await?;
    let ids: HashMap<String, i64> = listed
        .into_iter()
        .filter_map(|view| Some((view.code?, view.enclosure_id)))
        .collect();
    let find = |code: &String| {
        ids.get(code)
            .copied()
            .with_context(|| format!("the server lost enclosure {code}"))
    };
    world
        .enclosures
        .iter()
        .map(|enclosure| find(&enclosure.code))
        .collect()
}

#[derive(Deserialize)]
struct EmployerView {
    employer_id: i64,
    credit_code: String,
}

async fn load_employers(world: &World, admin: &Client, enclosures: &[i64]) -> Result<Vec<i64>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["name", "credit_code", "kind", "place_code", "enclosure_id"])?;
    for employer in &world.employers {
        let enclosure = employer
            .enclosure
            .map(|index| enclosures[index].to_string())
            .unwrap_or_default();
        writer.write_record([
            &employer.name,
            &employer.credit_code,
            employer.kind,
            &employer.place_code,
            &enclosure,
        ])?;
    }
    let _: serde_json::Value = admin
        .post_csv("/api/v1/employers/import", writer.into_inner()?)
        .await?;
    let listed: Vec<EmployerView> =
        api::list(admin, "/api/v1/employers?prefix=", usize::MAX).await?;
    let ids: HashMap<String, i64> = listed
        .into_iter()
        .map(|view| (view.credit_code, view.employer_id))
        .collect();
    let find = |code: &String| {
        ids.get(code)
            .copied()
            .with_context(|| format!("the server lost employer {code}"))
    };
    world
        .employers
        .iter()
        .map(|employer| find(&employer.credit_code))
        .collect()
}

/// A gate to be entered.
struct PlannedGate {
    body: serde_json::Value,
    enclosure: Option<usize>,
    employer: Option<usize>,
}

/// Every enclosure has at least one gate, the largest employers one each.
fn plan_gates(world: &World, enclosures: &[i64], employers: &[i64]) -> Vec<PlannedGate> {
    const SIDES: [&str; 6] = ["正门", "北门", "东门", "西门", "南门", "侧门"];
    let lanes = |pairs: u64| -> Vec<serde_json::Value> {
        let directions = ["in", "out"].into_iter().cycle();
        (1..=2 * pairs)
            .zip(directions)
            .map(|(lane, direction)| json!({"lane": lane, "direction": direction}))
            .collect()
    };
    let mut gates = Vec::new();
    for (index, enclosure) in world.enclosures.iter().enumerate() {
        for gate in 0..enclosure.gates() {
            let name = format!("{}{}", enclosure.name, SIDES[gate as usize % SIDES.len()]);
            let body = json!({"name": name, "enclosure_id": enclosures[index], "lanes": lanes(1 + enclosure.grids / 3)});
            gates.push(PlannedGate {
                body,
                enclosure: Some(index),
                employer: None,
            });
        }
    }
    for (index, employer) in world
        .employers
        .iter()
        .enumerate()
        .filter(|(_, employer)| employer.gated)
    {
        let body = json!({
            "name": format!("{}大门", employer.name), "employer_id": employers[index],
            "lanes": lanes(1 + employer.workers / 1_500),
        });
        gates.push(PlannedGate {
            body,
            enclosure: None,
            employer: Some(index),
        });
    }
    gates
}

async fn load_gates(
    world: &World,
    admin: &Client,
    ids: (&[i64], &[i64]),
    progress: &Progress,
) -> Result<Vec<Gate>> {
    let planned = plan_gates(world, ids.0, ids.1);
    let total = planned.len();
    futures_util::stream::iter(planned.into_iter().enumerate())
        .map(|(number, gate)| async move {
            progress.tick(|| format!("gates: {number} of {total}"));
            enter_gate(admin, gate).await
        })
        .buffered(GATES_AT_ONCE)
        .try_collect()
        .await
}

#[derive(Deserialize)]
struct GateView {
    gate_id: i64,
}

#[derive(Deserialize)]
struct DeviceView {
    device_token: String,
}

async fn enter_gate(admin: &Client, gate: PlannedGate) -> Result<Gate> {
    let view: GateView = admin.post("/api/v1/gates", &gate.body).await?;
    let key = ed25519_dalek::SigningKey::from_bytes(&rand::random());
    let body = json!({"name": "值守手机", "public_key": to_base64(key.verifying_key().as_bytes())});
    let device: DeviceView = admin
        .post(&format!("/api/v1/gates/{}/devices", view.gate_id), &body)
        .await?;
    Ok(Gate {
        gate_id: view.gate_id,
        enclosure: gate.enclosure,
        employer: gate.employer,
        device_token: device.device_token,
        device_key: to_base64(key.as_bytes()),
    })
}

/// One account per role, a second guard for every gate, and two grid workers of the lead's own community, so that there is
/// somebody to give visits to. Passwords are drawn anew for every load: a password known
/// from the source would open every demo there ever was.
async fn load_accounts(world: &World, (staff, admin): (&Client, &Client)) -> Result<Vec<Account>> {
    let district = world.tree.district();
    let community = &world.tree.communities[0];
    let planned = [
        ("system_admin", "系统管理员", "区政务服务数据管理局", ""),
        ("data_desk", "数据统计组", "区指挥部数据统计组", district),
        ("security_admin", "安全管理员", "区网络安全办公室", ""),
        ("audit_admin", "审计管理员", "区审计局", ""),
        ("rule_maker", "规则员", "区指挥部规则组", district),
        ("rule_approver", "规则审批员", "区指挥部专家组", district),
        ("gate_guard", "卡口值守", "物业公司", community),
        ("gate_guard", "卡口轮值", "物业公司", district),
        ("grid_worker", "网格员", "街道网格中心", district),
        ("grid_worker", "网格员小陈", "街道网格中心", community),
        ("grid_worker", "网格员小林", "街道网格中心", community),
        ("team_worker", "三位一体社区工作者", "社区居委会", district),
        (
            "team_doctor",
            "三位一体社区医生",
            "社区健康服务中心",
            district,
        ),
        ("team_police", "三位一体社区民警", "派出所", district),
        ("community_lead", "社区负责人", "社区居委会", community),
        (
            "subdistrict_officer",
            "街道负责人",
            "街道办事处",
            &community[..9],
        ),
        ("employer_manager", "企业管理员", "复工企业", district),
        (
            "privacy_officer",
            "个人信息保护负责人",
            "区司法局",
            district,
        ),
        ("oversight", "监督员", "区人大监督室", district),
    ];
    let mut accounts = Vec::new();
    for (role, display_name, unit, jurisdiction) in planned {
        let suffix: u16 = rand::random();
        let account = Account {
            role: role.to_owned(),
            username: format!("{role}_{suffix:04x}"),
            password: random_password(),
            jurisdiction: jurisdiction.to_owned(),
        };
        let first = random_password();
        let body = json!({
            "username": account.username, "password": first, "role": role,
            "jurisdiction": jurisdiction, "display_name": display_name, "unit": unit,
        });
        let _: serde_json::Value = admin.post("/api/v1/staff", &body).await?;
        api::take_over(staff, &account, &first).await?;
        accounts.push(account);
    }
    Ok(accounts)
}

/// Sixteen characters that are told apart on a screen.
fn random_password() -> String {
    const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz23456789-";
    let bytes: [u8; 16] = rand::random();
    bytes
        .iter()
        .map(|byte| LETTERS[usize::from(byte % 32)] as char)
        .collect()
}

fn print_accounts(state: &State, progress: &Progress) {
    progress.result(format!(
        "{:<20} {:<26} {:<18} {}",
        "role", "username", "password", "jurisdiction"
    ));
    for account in &state.accounts {
        let Account {
            role,
            username,
            password,
            jurisdiction,
        } = account;
        progress.result(format!(
            "{role:<20} {username:<26} {password:<18} {jurisdiction}"
        ));
    }
}

/// Which rows of the registry to send, and under which source.
pub struct Slice {
    /// Name of the registry.
    pub source: &'static str,
    /// Ranks of the people (see [`World::holder_at`]).
    pub ranks: Vec<u64>,
}

/// Streams a slice of the registry, made while it is sent.
///
/// # Errors
/// When the server refuses the file or any row of it.
pub async fn import_registry(
    world: &Arc<World>,
    desk: &Client,
    slice: Slice,
    progress: Option<&Progress>,
) -> Result<ImportView> {
    let started = Instant::now();
    let rows_total = slice.ranks.len() as u64;
    let sent = Arc::new(AtomicU64::new(0));
    let chunks = chunks_of(Arc::clone(world), slice.ranks, Arc::clone(&sent));
    let path = format!(
        "/api/v1/registry-imports?source={}&create=true",
        slice.source
    );
    let mut call = std::pin::pin!(desk.stream_csv::<ImportView, _>(&path, chunks));
    let view = loop {
        tokio::select! {
            view = &mut call => break view?,
            () = tokio::time::sleep(std::time::Duration::from_millis(500)) => {
                let rows = sent.load(Ordering::Relaxed);
                if let Some(progress) = progress {
                    progress.tick(|| format!("registry: {rows} of {rows_total} rows sent"));
                }
            }
        }
    };
    if view.rejected > 0 || view.rows != rows_total {
        bail!(
            "the registry import took {} of {rows_total} rows and rejected {}",
            view.rows,
            view.rejected
        );
    }
    if let Some(progress) = progress {
        let seconds = started.elapsed().as_secs_f64();
        let rate = rows_total as f64 / seconds;
        progress.note(format!(
            "registry: {rows_total} rows in {seconds:.1} s ({rate:.0} rows/s): {} created, {} matched, {} in conflict, {} missed",
            view.created, view.matched, view.conflicts, view.missed
        ));
    }
    Ok(view)
}

/// The chunks own the world, because the request outlives the borrow of its maker.
fn chunks_of(
    world: Arc<World>,
    ranks: Vec<u64>,
    sent: Arc<AtomicU64>,
) -> impl Iterator<Item = Vec<u8>> + Send + 'static {
    const RANKS_PER_CHUNK: usize = 1_000;
    let chunks = ranks.len().div_ceil(RANKS_PER_CHUNK);
    (0..chunks).map(move |chunk| {
        let end = ranks.len().min((chunk + 1) * RANKS_PER_CHUNK);
        let part = &ranks[chunk * RANKS_PER_CHUNK..end];
        let people: Vec<Person> = part.iter().map(|rank| world.holder_at(*rank)).collect();
        sent.fetch_add(people.len() as u64, Ordering::Relaxed);
        csv_of(&world, &people, chunk == 0)
    })
}
