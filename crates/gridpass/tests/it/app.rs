//! The whole application on a database of its own, and callers that speak by role.

use std::cell::RefCell;
use std::net::SocketAddr;

use gridpass::access::Role;
use gridpass::app::{App, AppealTerms, HoldLimit, ResponseClocks, Settings, SignIn};
use gridpass::assemble::{Assembled, Given, assemble};
use gridpass::config::secrets::Secrets;
use gridpass::config::{IdentityConfig, Limits};
use gridpass::db::{Db, DbConfig, Logins};
use gridpass::ids::Entropy;
use gridpass::jobs::{self, Loop};
use gridpass::keys::Keeper;
use gridpass::notify::{Console, Gateway};
use gridpass::seal::Suite;
use gridpass::staff::model::NewStaff;
use gridpass::staff::{Maker, Provider};
use gridpass_types::clock::ManualClock;
use jiff::{SignedDuration, Timestamp};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::task::AbortHandle;

pub use crate::answer::Answer;
use crate::cluster;

/// 2020-03-06 08:30 in Shenzhen: where every test's clock begins.
pub const MORNING: &str = "2020-03-06T08:30:00+08:00";

/// What may be set up otherwise.
pub struct Setup {
    /// Way out for text messages.
    pub gateway: Option<Box<dyn Gateway>>,
    /// How often somebody may do something.
    pub limits: Limits,
    /// Whether the people are synthetic.
    pub demo: bool,
    /// What signing in takes.
    pub sign_in: SignIn,
    /// The identity provider, or none.
    pub provider: Provider,
    /// Which cryptography.
    pub suite: Suite,
    /// From how many people on a change of colours waits for a person.
    pub hold: HoldLimit,
    /// Of the randomness; two nodes on one database must differ, or they make the same ids.
    pub seed: u64,
}

impl Default for Setup {
    /// A demo without limits, which writes text messages to the log.
    fn default() -> Self {
        Self {
            gateway: Some(Box::new(Console)),
            limits: Limits::default(),
            demo: true,
            // Tests move the clock by hours; those about idle sessions say so.
            sign_in: SignIn {
                factor_required: false,
                idle_max: SignedDuration::from_hours(12),
            },
            provider: Provider::open(&IdentityConfig::default()).unwrap(),
            suite: Suite::Standard,
            hold: HoldLimit {
                share_percent: 5,
                people_min: 50,
            },
            seed: 1,
        }
    }
}

/// A running application.
pub struct TestApp {
    /// Shared state, for looking behind the API.
    pub app: App,
    /// The clock, moved by hand.
    pub clock: ManualClock,
    /// Base address of the public listener.
    pub public: String,
    /// Base address of the staff listener.
    pub staff: String,
    /// Address of its database, for another node.
    pub config: tokio_postgres::Config,
    loops: Vec<Loop>,
    servers: [AbortHandle; 2],
}

impl Drop for TestApp {
    fn drop(&mut self) {
        for server in &self.servers {
            server.abort();
        }
    }
}

impl TestApp {
    /// Starts one on an empty database.
    pub async fn start() -> Self {
        Self::with(Setup::default()).await
    }

    /// Starts one on the Pingshan tree with one enclosure per community of the first
    /// two subdistricts.
    pub async fn with_divisions() -> Self {
        Self::start().await.and_divisions().await
    }

    /// The same on an installation of the suite `guomi`.
    pub async fn guomi_with_divisions() -> Self {
        let setup = Setup {
            suite: Suite::Guomi,
            ..Setup::default()
        };
        Self::with(setup).await.and_divisions().await
    }

    /// The same on an installation whose breaker lets a fifth of a community and at least
    /// `people_min` people change at once, no more.
    pub async fn strict_with_divisions(people_min: u32) -> Self {
        let setup = Setup {
            hold: HoldLimit {
                share_percent: 20,
                people_min,
            },
            ..Setup::default()
        };
        Self::with(setup).await.and_divisions().await
    }

    async fn and_divisions(self) -> Self {
        let test = self;
        let desk = test.caller(Role::DataDesk, "").await;
        let tree = include_str!("../../../../data/divisions/pingshan.csv");
        desk.post_text("/api/v1/divisions/import", "text/csv", tree)
            .await
            .expect(200);
        test
    }

    /// Starts one on an empty database whose text messages go to `gateway`.
    pub async fn with_gateway(gateway: Option<Box<dyn Gateway>>) -> Self {
        let setup = Setup {
            gateway,
            ..Setup::default()
        };
        Self::with(setup).await
    }

    /// Starts one on an empty database with these limits.
    pub async fn with_limits(limits: Limits) -> Self {
        let setup = Setup {
            limits,
            ..Setup::default()
        };
        Self::with(setup).await
    }

    /// Starts one on an empty database, set up otherwise than usual.
    pub async fn with(setup: Setup) -> Self {
        let config = cluster::new_database().await;
        let clock = ManualClock::new(MORNING.parse::<Timestamp>().unwrap());
        Self::start_as(config, clock, setup).await
    }

    /// Starts another node on the same database.
    pub async fn start_on(config: tokio_postgres::Config, clock: ManualClock) -> Self {
        let setup = Setup {
            seed: 2,
            ..Setup::default()
        };
        Self::start_as(config, clock, setup).await
    }

    /// Starts one on a database and a clock, set up otherwise than usual.
    pub async fn start_as(
        config: tokio_postgres::Config,
        clock: ManualClock,
        setup: Setup,
    ) -> Self {
        let mut db_config = DbConfig::new(Logins::separate(config.clone()));
        db_config.connections_max = 8;
        db_config.staff_connections_max = 6;
        db_config.hot_connections_max = 3;
        let db = Db::connect(db_config).await.unwrap();
        let settings = Settings {
            district: "440310".into(),
            issuer: "440310".into(),
            demo: setup.demo,
            limits: setup.limits,
            web_dir: "no-such-folder".into(),
            pass_url: Some("https://pass.example".into()),
            tls_only: false,
            bench_baseline: true,
            red_people_per_hour: 20,
            hold: setup.hold,
            sign_in: setup.sign_in,
            response: ResponseClocks::default(),
            appeals: AppealTerms::default(),
        };
        let given = Given {
            db,
            simulated_clock: Some(clock.clone()),
            entropy: Entropy::seeded(setup.seed),
            keeper: Keeper::fixed(
                Secrets::single([1; 32], [2; 32], [3; 32]).with_suite(setup.suite),
            ),
            settings,
            gateway: setup.gateway,
            provider: setup.provider,
        };
        let Assembled {
            app,
            public,
            staff,
            loops,
        } = assemble(given).await.unwrap();
        let (public, public_server) = serve(public).await;
        let (staff, staff_server) = serve(staff).await;
        Self {
            app,
            clock,
            public,
            staff,
            config,
            loops,
            servers: [public_server, staff_server],
        }
    }

    /// Runs all background work until nothing is left.
    pub async fn settle(&self) {
        jobs::settle(&self.app, &self.loops).await.unwrap();
    }

    /// Moves the clock on.
    pub fn advance(&self, by: SignedDuration) {
        self.clock.advance(by);
    }

    /// The time now, as the API writes it.
    pub fn now(&self) -> Timestamp {
        self.app.now()
    }

    /// A signed-in member of staff.
    pub async fn caller(&self, role: Role, jurisdiction: &str) -> Client {
        self.caller_of(role, jurisdiction, &format!("单位-{}", role.as_str()))
            .await
    }

    /// A signed-in member of staff of a given unit; [`TestApp::caller`] gives each role
    /// its own.
    pub async fn caller_of(&self, role: Role, jurisdiction: &str, unit: &str) -> Client {
        let username = format!("{}-{}", role.as_str(), self.app.ids.next());
        let password = "correct horse battery".to_owned();
        let account = NewStaff {
            username: username.clone(),
            password: password.clone(),
            role,
            jurisdiction: jurisdiction.into(),
            display_name: role.as_str().into(),
            unit: unit.into(),
            enclosure_id: None,
            employer_id: None,
            valid_until: None,
        };
        let maker = Maker::CommandLine { must_change: false };
        gridpass::staff::insert(&self.app, account, maker)
            .await
            .unwrap();
        let caller = self.sign_in(&username, &password).await;
        caller.confirm_ten_donts().await;
        caller
    }

    /// Opens a session, finished signing in or not.
    pub async fn sign_in(&self, username: &str, password: &str) -> Client {
        let body = json!({ "username": username, "password": password });
        let session = self
            .anonymous()
            .post("/api/v1/sessions", body)
            .await
            .expect(201);
        self.with_token(session["token"].as_str().unwrap())
    }

    /// A caller of the staff listener with any bearer token: staff or device.
    pub fn with_token(&self, token: &str) -> Client {
        Client::new(&self.staff, Some(token))
    }

    /// A caller of the staff listener without a token.
    pub fn anonymous(&self) -> Client {
        Client::new(&self.staff, None)
    }

    /// A caller of the public listener without a token.
    pub fn resident(&self) -> Client {
        Client::new(&self.public, None)
    }

    /// Asks for a code as a phone would, and reads it as a demo may; `000000` when the phone
    /// gets none.
    pub async fn phone_code(&self, phone: &str, purpose: &str) -> String {
        let asked = json!({ "phone": phone, "purpose": purpose });
        let resident = self.resident();
        let sent = resident.post("/api/v1/phone-codes", asked.clone()).await;
        if sent.status != StatusCode::ACCEPTED {
            return "000000".to_owned();
        }
        let shown = resident.post("/api/v1/phone-codes/shown", asked).await;
        shown.expect(200)["code"].as_str().unwrap().to_owned()
    }

    /// A form with the code that the phone in it was sent.
    pub async fn with_code(&self, mut form: Value) -> Value {
        let phone = form["phone"].as_str().unwrap_or_default().to_owned();
        form["phone_code"] = self.phone_code(&phone, "enrol").await.into();
        form
    }

    /// Enrols with a code that the phone in the form was sent.
    pub async fn enrol(&self, form: Value) -> Answer {
        let form = self.with_code(form).await;
        self.resident().post("/api/v1/people/enrol", form).await
    }

    /// A caller of the public listener with a holder token.
    pub fn holder(&self, token: &str) -> Client {
        Client::new(&self.public, Some(token))
    }

    /// One value from the database, behind the API.
    pub async fn scalar<T>(&self, sql: &str) -> T
    where
        T: for<'a> tokio_postgres::types::FromSql<'a>,
    {
        self.app
            .db
            .client()
            .await
            .unwrap()
            .query_one(sql, &[])
            .await
            .unwrap()
            .get(0)
    }
}

async fn serve(router: axum::Router) -> (String, AbortHandle) {
    let listener = tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))
        .await
        .unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let router = router.into_make_service_with_connect_info::<SocketAddr>();
    let task = tokio::spawn(async move { axum::serve(listener, router).await });
    (address, task.abort_handle())
}

/// Speaks HTTP as one caller.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    token: Option<String>,
}

/// A call and all that came back, as bytes.
pub struct Exchange {
    /// Method.
    pub method: Method,
    /// Path and query.
    pub path: String,
    /// Headers and body.
    pub answer: Vec<u8>,
}

thread_local! {
    /// What callers on this thread sent and got, while a test records it.
    pub static TRANSCRIPT: RefCell<Option<Vec<Exchange>>> = const { RefCell::new(None) };
}

fn record(method: Method, path: String, answer: &Answer) {
    TRANSCRIPT.with_borrow_mut(|transcript| {
        if let Some(transcript) = transcript {
            let mut bytes = format!("{:?}\n", answer.headers).into_bytes();
            bytes.extend_from_slice(&answer.bytes);
            transcript.push(Exchange {
                method,
                path,
                answer: bytes,
            });
        }
    });
}

impl Client {
    fn new(base: &str, token: Option<&str>) -> Self {
        Self {
            http: reqwest::Client::new(),
            base: base.to_owned(),
            token: token.map(str::to_owned),
        }
    }

    /// Confirms the ten rules, which everybody does before anything else.
    pub async fn confirm_ten_donts(&self) {
        let body = json!({ "version": gridpass::ten_donts::VERSION });
        self.post("/api/v1/me/ten-donts", body).await.expect(204);
    }

    /// The bearer token; empty without one.
    pub fn token(&self) -> &str {
        self.token.as_deref().unwrap_or_default()
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    /// POST with a JSON body.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::POST, path).json(&body))
            .await
    }

    /// POST with an idempotency key.
    pub async fn post_with_key(&self, path: &str, key: &str, body: Value) -> Answer {
        self.send(
            self.request(Method::POST, path)
                .header("idempotency-key", key)
                .json(&body),
        )
        .await
    }

    /// PATCH with a JSON body.
    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::PATCH, path).json(&body))
            .await
    }

    /// PUT with a JSON body.
    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::PUT, path).json(&body)).await
    }

    /// DELETE.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// POST with any body.
    pub async fn post_text(
        &self,
        path: &str,
        content_type: &str,
        body: impl Into<reqwest::Body>,
    ) -> Answer {
        self.send(
            self.request(Method::POST, path)
                .header("content-type", content_type)
                .body(body),
        )
        .await
    }

    /// A request to build on.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Sends a request that was built by hand.
    pub async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let (client, request) = request.build_split();
        let request = request.expect("a request that can be sent");
        let (method, path) = (request.method().clone(), request.url().path().to_owned());
        let response = client.execute(request).await.expect("the server answers");
        let (status, headers) = (response.status(), response.headers().clone());
        let answer = Answer {
            status,
            headers,
            bytes: response.bytes().await.unwrap().to_vec(),
        };
        record(method, path, &answer);
        answer
    }
}
