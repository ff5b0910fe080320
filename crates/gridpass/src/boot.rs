//! From a configuration to a running server, and back to nothing.
//!
//! The order matters. The ports are bound first, so that a second start by
//! mistake fails before it touches anything. Then everything that can be
//! checked without writing is checked. Whatever fails after the private
//! database was started stops it again.

mod error;
mod store;

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::serve::ListenerExt;
use gridpass_types::clock::ManualClock;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::app::{App, Settings};
use crate::assemble::{Given, assemble};
use crate::config::{Mode, ServeConfig, SiteConfig};
use crate::ids::Entropy;
use crate::jobs::Jobs;
use crate::notify::open_gateway;
use crate::seal::Sealer;

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
    let public = bind(listen.public_addr, "--public-addr").await?;
    let staff = bind(listen.staff_addr, "--staff-addr").await?;
    let gateway = open_gateway(&site.texts, site.mode == Mode::Demo)?;
    if gateway.is_none() {
        tracing::warn!(
            "no way to send text messages: nobody can apply on a phone until --sms-webhook-url is set"
        );
    }
    let store = Store::open(&config.data, site.mode, &entropy).await?;
    match serve(site, &store, entropy, [public, staff]).await {
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
    let secrets = &store.secrets;
    let demo = site.mode == Mode::Demo;
    let given = Given {
        db: store.db.clone(),
        simulated_clock: site.simulated_clock.map(ManualClock::new),
        entropy,
        sealer: Sealer::new(&secrets.sealing_key, &secrets.digest_key),
        settings: Settings {
            district: site.district.clone(),
            issuer: site.issuer.clone().unwrap_or(site.district.clone()),
            demo,
            web_dir: site.web_dir.clone(),
            bench_baseline: site.bench_baseline,
            red_people_per_hour: site.red_people_per_hour,
            pass_secret: secrets.pass_secret,
        },
        gateway: open_gateway(&site.texts, demo)?,
    };
    assemble(given).await.map_err(BootError::Assemble)
}

/// A [`Running`] that does not own its store yet.
struct Serving {
    addresses: [SocketAddr; 2],
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
            stop: self.stop,
            servers: self.servers,
            jobs: self.jobs,
            store,
        }
    }
}

async fn serve(
    site: &SiteConfig,
    store: &Store,
    entropy: Entropy,
    listeners: [TcpListener; 2],
) -> Result<Serving, BootError> {
    let assembled = application(site, store, entropy).await?;
    let (stop, stopped) = watch::channel(false);
    let mut servers = JoinSet::new();
    let mut addresses = Vec::with_capacity(2);
    for (listener, router) in listeners
        .into_iter()
        .zip([assembled.public, assembled.staff])
    {
        addresses.push(listener.local_addr().map_err(BootError::Listener)?);
        servers.spawn(answer(listener, router, stopped.clone()));
    }
    let app: App = assembled.app;
    Ok(Serving {
        addresses: [addresses[0], addresses[1]],
        stop,
        servers,
        jobs: Jobs::start(&app, &assembled.loops),
    })
}

/// Answers requests until told to stop, then finishes those under way.
async fn answer(
    listener: TcpListener,
    router: Router,
    mut stopped: watch::Receiver<bool>,
) -> std::io::Result<()> {
    // Answers are small and latency counts; waiting to fill a packet does not pay.
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection kept its delay");
        }
    });
    let stop = async move {
        // A sender that is gone means stop, too.
        let _gone = stopped.wait_for(|stop| *stop).await;
    };
    axum::serve(listener, router)
        .with_graceful_shutdown(stop)
        .await
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
