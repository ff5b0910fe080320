//! The signing keys: one signs, the older ones still verify.
//!
//! A key is made at the first start and signs for ninety days unless it is rotated
//! sooner. When it is, it stays in force for ten minutes more, so that a node that has
//! not noticed yet signs nothing that the others refuse. Keys are of the suite of the
//! installation; one that began before passes were part of its suite makes a new key.

use std::sync::{Arc, RwLock};

use gridpass_passcode::{
    Issuer, KeyId, KeySet, OfflineVerifier, OnlineVerifier, PublishedKey, ServerKey,
    ServerPublicKey, ServerSecret, Suite,
};
use jiff::{SignedDuration, Timestamp};

use super::model::PAPER_LIFE_S;
use super::store::{self, KeyRow};
use crate::app::Inner;
use crate::db::Client;
use crate::http::error::{ApiError, ApiResult};
use crate::seal::Field;

/// How long a key signs at most.
const KEY_LIFE: SignedDuration = SignedDuration::from_hours(90 * 24);
/// A new key is made when the present one signs for less than this.
const RENEW_BEFORE: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How long a rotated key stays in force, for nodes that have not noticed.
const OVERLAP: SignedDuration = SignedDuration::from_mins(10);

/// Everything needed to issue and to verify, as of one reading of the keys.
pub struct KeyRing {
    /// Signs credentials with the newest key in force.
    pub issuer: Issuer,
    /// The keys in their published form.
    pub set: KeySet,
    /// Checks what is shown online.
    pub online: OnlineVerifier,
    /// Checks the two signatures of what was shown offline.
    pub offline: OfflineVerifier,
    signs: std::ops::Range<Timestamp>,
}

/// The key ring of this node.
pub struct Keys {
    issuer_name: String,
    ring: RwLock<Arc<KeyRing>>,
}

impl Keys {
    /// Reads the keys; the first start of an installation makes one.
    ///
    /// # Errors
    /// When the database cannot be read, a key does not open with the sealing key, or
    /// the configured issuer name cannot stand in a credential.
    pub async fn open(app: &Inner) -> ApiResult<Self> {
        let issuer_name = app.settings.issuer.clone();
        let now = app.clock.now();
        let tx = app.db.tx().await?;
        let mut ring = read(app, &tx, now).await?;
        if ring.is_none() {
            make(app, &tx, now).await?;
            ring = read(app, &tx, now).await?;
        }
        tx.commit().await?;
        let ring = ring.ok_or_else(|| {
            ApiError::internal(anyhow::anyhow!("there is no signing key in force"))
        })?;
        Ok(Self {
            issuer_name,
            ring: RwLock::new(Arc::new(ring)),
        })
    }

    /// The key ring as this node read it last.
    pub fn ring(&self) -> Arc<KeyRing> {
        self.ring
            .read()
            .expect("no thread panics while it swaps a pointer")
            .clone()
    }

    /// Issuer name in credentials.
    pub fn issuer_name(&self) -> &str {
        &self.issuer_name
    }

    /// Reads the keys anew, for keys that another node made.
    ///
    /// # Errors
    /// As [`Keys::open`].
    pub async fn reload(&self, app: &Inner, db: &Client) -> ApiResult<Arc<KeyRing>> {
        let Some(ring) = read(app, db, app.clock.now()).await? else {
            return Ok(self.ring());
        };
        let ring = Arc::new(ring);
        *self
            .ring
            .write()
            .expect("no thread panics while it swaps a pointer") = ring.clone();
        Ok(ring)
    }

    /// Makes a new key that signs from now on. The old ones go on verifying.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn rotate(&self, app: &Inner) -> ApiResult<KeyId> {
        let now = app.clock.now();
        let tx = app.db.tx().await?;
        let id = make(app, &tx, now).await?;
        store::end_other_keys(&tx, &id, now + OVERLAP).await?;
        tx.commit().await?;
        let db = app.db.client().await?;
        self.reload(app, &db).await?;
        Ok(id)
    }

    /// Whether a new key is needed: the present one is not of the suite, ends soon, or, on a
    /// clock that was set back, has not begun.
    pub fn renewal_is_due(&self, suite: Suite, now: Timestamp) -> bool {
        let ring = self.ring();
        let lasts = ring.signs.start..ring.signs.end - RENEW_BEFORE;
        ring.issuer.public_key().suite() != suite || !lasts.contains(&now)
    }
}

/// Makes a key in force from the second that holds `now` on.
async fn make(app: &Inner, db: &Client, now: Timestamp) -> ApiResult<KeyId> {
    let key = ServerKey::draw(app.sealer.signing_suite(), || app.entropy.bytes());
    let public_key = key.public();
    let id = public_key.id();
    let sealed = app
        .sealer
        .seal(Field::PassKey, seal_id(&id), &*key.to_bytes(), &app.entropy);
    // Credentials carry whole seconds; the first one must not lie before its key.
    let not_before = Timestamp::from_second(now.as_second()).map_err(ApiError::internal)?;
    let row = KeyRow {
        id,
        suite: public_key.suite(),
        public_key: public_key.to_bytes(),
        private_key_sealed: Some(sealed),
        not_before,
        not_after: not_before + KEY_LIFE,
    };
    store::insert_key(db, &row, now).await?;
    Ok(id)
}

async fn read(app: &Inner, db: &Client, now: Timestamp) -> ApiResult<Option<KeyRing>> {
    // A key that stopped signing is still asked about by the longest-lived pass it signed.
    let since = now - SignedDuration::from_secs(i64::from(PAPER_LIFE_S));
    let rows = store::list_keys(db, since).await?;
    let in_force = |row: &&KeyRow| {
        row.private_key_sealed.is_some() && row.not_before <= now && now < row.not_after
    };
    let Some(signer) = rows
        .iter()
        .filter(in_force)
        .max_by_key(|row| (row.not_before, row.not_after))
    else {
        return Ok(None);
    };
    let mut published = Vec::with_capacity(rows.len());
    for row in &rows {
        let key =
            ServerPublicKey::from_bytes(row.suite, &row.public_key).map_err(ApiError::internal)?;
        published.push(PublishedKey::new(&key, row.not_before, row.not_after));
    }
    let set = KeySet::new(published).map_err(ApiError::internal)?;
    Ok(Some(KeyRing {
        issuer: Issuer::new(open_key(app, signer)?, &app.settings.issuer)
            .map_err(ApiError::internal)?,
        online: OnlineVerifier::with_keys(server_secret(app), set.clone()).honouring(
            app.sealer
                .with_ring(|ring| ring.pass_secrets()[1..].to_vec()),
        ),
        offline: OfflineVerifier::new(set.clone()),
        set,
        signs: signer.not_before..signer.not_after,
    }))
}

/// The secret from which the MAC keys of new credentials derive.
pub(super) fn server_secret(app: &Inner) -> ServerSecret {
    app.sealer.with_ring(|ring| ring.pass_secrets()[0].clone())
}

fn open_key(app: &Inner, row: &KeyRow) -> ApiResult<ServerKey> {
    let sealed = row.private_key_sealed.as_deref().unwrap_or_default();
    let seed = app.sealer.open(Field::PassKey, seal_id(&row.id), sealed)?;
    let seed = zeroize::Zeroizing::new(seed);
    let seed = <&[u8; 32]>::try_from(seed.as_slice()).map_err(ApiError::internal)?;
    ServerKey::from_bytes(row.suite, seed).map_err(ApiError::internal)
}

/// The key's id as the row number that its sealed seed is bound to.
fn seal_id(id: &KeyId) -> i64 {
    i64::from_be_bytes(id.0)
}
