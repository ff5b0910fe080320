//! From a configuration to a running server, and back to nothing.
//!
//! The order matters. The ports are bound first, so that a second start by
//! mistake fails before it touches anything. Then everything that can be
//! checked without writing is checked. Whatever fails after the private
//! database was started stops it again.

mod error;
pub mod listen;
mod store;
pub mod tls;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use gridpass_types::clock::ManualClock;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::app::{App, Settings};
use crate::assemble::{Given, assemble};
use crate::config::{Mode, ServeConfig, SiteConfig};
use crate::ids::Entropy;
use crate::jobs::Jobs;
use crate::keys::Keeper;
use crate::notify::open_gateway;
use crate::staff::Provider;

use listen::Bounds;
use tls::Tls;

pub use error::BootError;
pub use store::Store;

/// How long requests may take to finish once we are told to stop. Live event
/// streams never finish by themselves and are cut then.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(3);

/// A running server.
pub struct Running {
    /// Where the public listener really is, also when port 0 was asked for.
    pub public_addr: SocketAddr,
    /// Where the staff listener really is.
    pub staff_addr: SocketAddr,
    /// `http`, or `https` when the listeners speak TLS.
    pub scheme: &'static str,
    stop: watch::Sender<bool>,
    servers: JoinSet<std::io::Result<()>>,
    jobs: Jobs,
    store: Store,
}

/// Starts everything.
///
/// # Errors
/// [`BootError`], one sentence for the operator; nothing keeps running then.
pub async fn boot(config: &ServeConfig, entropy: Entropy) -> Result<Running, BootError> {
    let site = &config.site;
    if site.simulated_clock.is_some() && site.mode != Mode::Demo {
        return Err(BootError::SimulatedClockInProduction);
    }
    let listen = &config.listen;
    if listen.public_addr == listen.staff_addr && listen.public_addr.port() != 0 {
        return Err(BootError::SameAddress);
    }
    let tls = match (&listen.tls_cert, &listen.tls_key) {
        (Some(cert), Some(key)) => Some(Arc::new(Tls::open(cert, key)?)),
        _ => None,
    };
    let public = bind(listen.public_addr, "--public-addr").await?;
    let staff = bind(listen.staff_addr, "--staff-addr").await?;
    // What is wrong with the settings is said before anything is opened.
    Provider::open(&site.identity)?;
    let gateway = open_gateway(&site.texts, site.mode == Mode::Demo)?;
    if gateway.is_none() {
        tracing::warn!(
            "no way to send text messages: nobody can apply on a phone until --sms-webhook-url is set"
        );
    }
    let store = Store::open(&config.data, site.mode, &entropy).await?;
    match serve((site, tls), &store, entropy, [public, staff]).await {
        Ok(serving) => Ok(serving.with(store)),
        Err(error) => {
            store.close().await;
            Err(error)
        }
    }
}

/// Puts the application on an open store without listening: for commands that
/// work on it directly.
///
/// # Errors
/// [`BootError::Assemble`].
pub async fn application(
    site: &SiteConfig,
    store: &Store,
    entropy: Entropy,
) -> Result<crate::assemble::Assembled, BootError> {
    let demo = site.mode == Mode::Demo;
    let keeper = Keeper::new(store.secrets.clone(), store.key_source.clone(), site.mode);
    let given = Given {
        db: store.db.clone(),
        simulated_clock: site.simulated_clock.map(ManualClock::new),
        entropy,
        keeper,
        settings: Settings {
            district: site.district.clone(),
            issuer: site.issuer.clone().unwrap_or(site.district.clone()),
            demo,
            web_dir: site.web_dir.clone(),
            pass_url: site.pass_url.clone(),
            tls_only: site.behind_tls,
            bench_baseline: site.bench_baseline,
            red_people_per_hour: site.red_people_per_hour,
            hold: site.hold.settings(),
            limits: site.limits.in_force(site.mode),
            appeals: site.appeals.settings(),
            sign_in: site.sign_in.settings(site.mode),
            response: site.response.settings(),
        },
        gateway: open_gateway(&site.texts, demo)?,
        provider: Provider::open(&site.identity)?,
    };
    assemble(given).await.map_err(BootError::Assemble)
}

/// A [`Running`] that does not own its store yet.
struct Serving {
    addresses: [SocketAddr; 2],
    scheme: &'static str,
    stop: watch::Sender<bool>,
    servers: JoinSet<std::io::Result<()>>,
    jobs: Jobs,
}

impl Serving {
    fn with(self, store: Store) -> Running {
        let [public_addr, staff_addr] = self.addresses;
        Running {
            public_addr,
            staff_addr,
            scheme: self.scheme,
            stop: self.stop,
            servers: self.servers,
            jobs: self.jobs,
            store,
        }
    }
}

async fn serve(
    (site, tls): (&SiteConfig, Option<Arc<Tls>>),
    store: &Store,
    entropy: Entropy,
    listeners: [TcpListener; 2],
) -> Result<Serving, BootError> {
    let mut site = site.clone();
    site.behind_tls |= tls.is_some();
    let assembled = application(&site, store, entropy).await?;
    let (stop, stopped) = watch::channel(false);
    let mut servers = JoinSet::new();
    let mut addresses = Vec::with_capacity(2);
    for (listener, router) in listeners
        .into_iter()
        .zip([assembled.public, assembled.staff])
    {
        addresses.push(listener.local_addr().map_err(BootError::Listener)?);
        let how = (tls.clone(), Bounds::default());
        servers.spawn(listen::answer(listener, router, how, stopped.clone()));
    }
    let scheme = if tls.is_some() { "https" } else { "http" };
    if let Some(tls) = tls {
        servers.spawn(tls.watch(stopped.clone()));
    }
    let app: App = assembled.app;
    Ok(Serving {
        addresses: [addresses[0], addresses[1]],
        scheme,
        stop,
        servers,
        jobs: Jobs::start(&app, &assembled.loops),
    })
}

async fn bind(address: SocketAddr, flag: &'static str) -> Result<TcpListener, BootError> {
    TcpListener::bind(address)
        .await
        .map_err(|source| match source.kind() {
            std::io::ErrorKind::AddrInUse => BootError::PortTaken { address, flag },
            _ => BootError::Bind {
                address,
                flag,
                source,
            },
        })
}

impl Running {
    /// Waits until a part fails that should run for ever, and names it.
    pub async fn failed(&mut self) -> &'static str {
        tokio::select! {
            _ = self.servers.join_next() => "a listener",
            () = self.jobs.watch() => "background work",
        }
    }

    /// Takes no more connections, finishes the requests under way, ends the
    /// background work and stops the private database.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        let drained = async { while self.servers.join_next().await.is_some() {} };
        if tokio::time::timeout(DRAIN_TIMEOUT, drained).await.is_err() {
            tracing::debug!("some connections were still open and are cut");
        }
        self.servers.shutdown().await;
        drop(self.jobs);
        self.store.close().await;
    }
}
