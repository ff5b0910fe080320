//! Real processes killed under load: what was acknowledged is there, once.
//!
//! Each round fires scans from several clients, kills the server or its PostgreSQL with
//! SIGKILL in the middle, waits until the server is back (restarting it if it was the
//! victim), and then asks for every acknowledged scan again: each must be answered as a
//! duplicate, and the raw rows must be as many as distinct scans were stored.
//! `GRIDPASS_KILL_ROUNDS` sets how many rounds (2 unless given).

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, Instant};

use reqwest::StatusCode;
use serde_json::{Value, json};

const FIRST_PASSWORD: &str = "first willow lantern";
const OWN_PASSWORD: &str = "harbour pencil 39 moss";
const CLIENTS: usize = 16;
const PEOPLE: usize = 40;
/// How long a killed part may take to come back.
const BACK_WITHIN: Duration = Duration::from_secs(60);

struct Server {
    process: Option<Child>,
    directory: PathBuf,
    public: String,
    staff: String,
    http: reqwest::Client,
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            signal(process.id(), rustix::process::Signal::TERM);
            let _ended = process.wait();
        }
        let _removed = std::fs::remove_dir_all(&self.directory);
    }
}

fn signal(pid: u32, signal: rustix::process::Signal) {
    let pid = i32::try_from(pid)
        .ok()
        .and_then(rustix::process::Pid::from_raw)
        .expect("a process id");
    let _gone = rustix::process::kill_process(pid, signal);
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

impl Server {
    fn new() -> Self {
        let directory =
            std::env::temp_dir().join(format!("gridpass-durability-{}", std::process::id()));
        let (public, staff) = (free_port(), free_port());
        let base = |port| format!("http://127.0.0.1:{port}");
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(20))
            .build()
            .unwrap();
        Self {
            process: None,
            directory,
            public: base(public),
            staff: base(staff),
            http,
        }
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gridpass"));
        command
            .env("GRIDPASS_DATA_DIR", &self.directory)
            .env("GRIDPASS_MODE", "demo")
            .env_remove("DATABASE_URL");
        command.env("GRIDPASS_LOG", "warn").stdin(Stdio::null());
        command
    }

    fn start(&mut self) {
        let address = |base: &str| base.strip_prefix("http://").unwrap().to_owned();
        let mut command = self.command();
        command
            .arg("serve")
            .arg("--public-addr")
            .arg(address(&self.public))
            .arg("--staff-addr")
            .arg(address(&self.staff));
        self.process = Some(
            command
                .stdout(Stdio::null())
                .spawn()
                .expect("the server's binary"),
        );
    }

    async fn wait_until_ready(&mut self) {
        let began = Instant::now();
        loop {
            let answer = self.http.get(format!("{}/readyz", self.staff)).send().await;
            if answer.is_ok_and(|answer| answer.status() == StatusCode::OK) {
                return;
            }
            let process = self.process.as_mut().expect("it was started");
            assert!(
                process.try_wait().unwrap().is_none(),
                "the server ended by itself"
            );
            assert!(
                began.elapsed() < BACK_WITHIN,
                "the server did not become ready"
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Makes an account on the command line; answers its password.
    fn create_admin(&self) -> String {
        let output = self
            .command()
            .args([
                "staff",
                "create",
                "--username",
                "admin",
                "--role",
                "security_admin",
            ])
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    async fn call(&self, token: Option<&str>, path: &str, body: Value) -> Value {
        let request = self.http.post(format!("{}{path}", self.staff)).json(&body);
        let request = match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{path}: {status}: {text}");
        serde_json::from_str(&text).unwrap()
    }

    /// Signs in with a password somebody else set, and finishes what is asked then.
    async fn sign_in(&self, username: &str, password: &str) -> String {
        let body = json!({ "username": username, "password": password });
        let session = self.call(None, "/api/v1/sessions", body).await;
        let token = session["token"].as_str().unwrap().to_owned();
        let needs = session["account"]["needs"].as_array().unwrap().clone();
        let put = |path: &str, body: Value| {
            let request = self.http.put(format!("{}{path}", self.staff));
            request.bearer_auth(&token).json(&body).send()
        };
        if needs.contains(&json!("change_password")) {
            let body = json!({ "current": password, "password": OWN_PASSWORD });
            let changed = put("/api/v1/me/password", body).await.unwrap();
            assert!(changed.status().is_success());
        }
        if needs.contains(&json!("confirm_ten_donts")) {
            let body = json!({ "version": gridpass::ten_donts::VERSION });
            let confirm = self
                .http
                .post(format!("{}/api/v1/me/ten-donts", self.staff));
            let confirmed = confirm.bearer_auth(&token).json(&body).send().await;
            assert!(confirmed.unwrap().status().is_success());
        }
        token
    }
}

/// A gate's device and people to scan.
struct Scene {
    shift_token: String,
    desk_token: String,
    serials: Vec<i64>,
}

async fn prepare(server: &Server) -> Scene {
    let admin = server.sign_in("admin", &server.create_admin()).await;
    for (username, role) in [
        ("desk", "data_desk"),
        ("worker", "grid_worker"),
        ("system", "system_admin"),
        ("guard", "gate_guard"),
    ] {
        let account = json!({ "username": username, "password": FIRST_PASSWORD, "role": role, "jurisdiction": "", "display_name": username, "unit": username });
        server.call(Some(&admin), "/api/v1/staff", account).await;
    }
    let desk_token = server.sign_in("desk", FIRST_PASSWORD).await;
    let worker = server.sign_in("worker", FIRST_PASSWORD).await;
    let system = server.sign_in("system", FIRST_PASSWORD).await;
    let tree = include_str!("../../../../data/divisions/pingshan.csv");
    let import = server
        .http
        .post(format!("{}/api/v1/divisions/import", server.staff));
    let import = import
        .bearer_auth(&desk_token)
        .header("content-type", "text/csv")
        .body(tree);
    assert!(import.send().await.unwrap().status().is_success());
    let enclosure =
        json!({ "name": "测试村", "kind": "urban_village", "community_code": "440310001001" });
    let enclosure = server
        .call(Some(&desk_token), "/api/v1/enclosures", enclosure)
        .await;
    let gate = json!({ "name": "北门", "enclosure_id": enclosure["enclosure_id"], "lanes": [{ "lane": 1, "direction": "both" }] });
    let gate = server.call(Some(&system), "/api/v1/gates", gate).await;
    let device = format!("/api/v1/gates/{}/devices", gate["gate_id"]);
    let device = server
        .call(Some(&system), &device, json!({ "name": "手机" }))
        .await;
    let guard = server.sign_in("guard", FIRST_PASSWORD).await;
    let shift = format!("{}/api/v1/gates/{}/shifts", server.staff, gate["gate_id"]);
    let shift = server.http.post(shift).bearer_auth(&guard);
    let shift = shift.header("x-device-token", device["device_token"].as_str().unwrap());
    let shift: Value = shift.send().await.unwrap().json().await.unwrap();
    let mut serials = Vec::new();
    for index in 0..PEOPLE {
        let number = resident_number(index);
        let person = json!({ "name": "张三", "document_type": "resident_id", "document_number": number, "phone": "13800138000" });
        let person = server.call(Some(&worker), "/api/v1/people", person).await;
        serials.push(person["pass_serial"].as_i64().unwrap());
    }
    Scene {
        shift_token: shift["shift_token"].as_str().unwrap().to_owned(),
        desk_token,
        serials,
    }
}

/// A synthetic number in division 440399 with its check digit.
fn resident_number(index: usize) -> String {
    let body = format!("44039919800101{index:03}");
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = body
        .bytes()
        .zip(weights)
        .map(|(digit, weight)| u32::from(digit - b'0') * weight)
        .sum();
    format!("{body}{}", char::from(b"10X98765432"[sum as usize % 11]))
}

/// Scans as fast as it is answered until told to stop; answers the bodies acknowledged.
async fn fire(
    server: Arc<Server>,
    scene: Arc<Scene>,
    next_ms: Arc<AtomicI64>,
    stop: Arc<AtomicBool>,
) -> Vec<Value> {
    let mut acknowledged = Vec::new();
    let url = format!("{}/api/v1/scans", server.staff);
    while !stop.load(Ordering::Relaxed) {
        let at_ms = next_ms.fetch_add(1, Ordering::Relaxed);
        let serial = scene.serials[at_ms as usize % scene.serials.len()];
        let at = jiff::Timestamp::from_millisecond(at_ms).unwrap();
        let body =
            json!({ "pass_serial": serial, "at": at, "direction": "in", "temperature": 36.5 });
        let request = server
            .http
            .post(&url)
            .bearer_auth(&scene.shift_token)
            .json(&body);
        if acknowledged_by(request).await {
            acknowledged.push(body);
        } else {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    acknowledged
}

/// Whether the whole answer arrived and said yes.
async fn acknowledged_by(request: reqwest::RequestBuilder) -> bool {
    match request.send().await {
        Ok(answer) => answer.status() == StatusCode::OK && answer.bytes().await.is_ok(),
        Err(_) => false,
    }
}

/// Every acknowledged scan is answered again as a duplicate, and nothing stands twice.
async fn check(server: &Server, scene: &Scene, acknowledged: &[Value]) {
    for body in acknowledged {
        let answer = server
            .call(Some(&scene.shift_token), "/api/v1/scans", body.clone())
            .await;
        assert_eq!(
            answer["duplicate"], true,
            "an acknowledged scan was lost: {body}"
        );
    }
    let url = format!("{}/api/v1/stats/verification", server.staff);
    let verification = server
        .http
        .get(url)
        .bearer_auth(&scene.desk_token)
        .send()
        .await
        .unwrap();
    let verification: Value = verification.json().await.unwrap();
    assert_eq!(verification["scan_differences"], 0, "{verification}");
    assert_eq!(verification["people_differences"], 0, "{verification}");
    // The key makes a second row impossible; unacknowledged scans may or may not be there.
    assert!(
        verification["scans"].as_u64().unwrap() >= acknowledged.len() as u64,
        "{verification}"
    );
}

/// The process id of the private cluster's postmaster: the one child of the server.
fn postmaster(directory: &Path) -> u32 {
    let file = directory.join("postgres/postmaster.pid");
    let text = std::fs::read_to_string(file).expect("the private cluster runs");
    text.lines().next().unwrap().trim().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn acknowledged_scans_survive_kill_9() {
    let rounds = std::env::var("GRIDPASS_KILL_ROUNDS").map_or(2, |text| text.parse().unwrap());
    let mut server = Server::new();
    server.start();
    server.wait_until_ready().await;
    let scene = Arc::new(prepare(&server).await);
    let next_ms = Arc::new(AtomicI64::new(jiff::Timestamp::UNIX_EPOCH.as_millisecond()));
    next_ms.store(server_now_ms(&server).await - 3_600_000, Ordering::Relaxed);
    let mut all = Vec::new();
    for round in 0..rounds {
        let stop = Arc::new(AtomicBool::new(false));
        let shared = Arc::new(server);
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| {
                tokio::spawn(fire(
                    shared.clone(),
                    scene.clone(),
                    next_ms.clone(),
                    stop.clone(),
                ))
            })
            .collect();
        // A different moment each round, so that the blow falls on different steps.
        tokio::time::sleep(Duration::from_millis(400 + 137 * (round % 7))).await;
        let kill_server = round % 2 == 0;
        let victim = if kill_server {
            shared.process.as_ref().unwrap().id()
        } else {
            postmaster(&shared.directory)
        };
        signal(victim, rustix::process::Signal::KILL);
        tokio::time::sleep(Duration::from_millis(300)).await;
        stop.store(true, Ordering::Relaxed);
        let mut acknowledged = Vec::new();
        for client in clients {
            acknowledged.extend(client.await.unwrap());
        }
        server = Arc::into_inner(shared).expect("the clients ended");
        if kill_server {
            server.process.take().unwrap().wait().unwrap();
            server.start();
        }
        server.wait_until_ready().await;
        assert!(
            !acknowledged.is_empty(),
            "round {round} acknowledged nothing"
        );
        check(&server, &scene, &acknowledged).await;
        all.extend(acknowledged);
    }
    check(&server, &scene, &all).await;
}

async fn server_now_ms(server: &Server) -> i64 {
    let time: Value = server
        .http
        .get(format!("{}/api/v1/time", server.staff))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    time["now"]
        .as_str()
        .unwrap()
        .parse::<jiff::Timestamp>()
        .unwrap()
        .as_millisecond()
}
