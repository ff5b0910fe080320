//! Keys of the log: what signs the digests, and what keeps a row from being forged.
//!
//! One seed, sealed in the database, gives both: the signing key (Ed25519, or SM2 under the
//! suite `guomi`) and, by HKDF, the key of the MACs. The database alone can therefore neither make an entry nor sign a digest.

use std::collections::BTreeMap;
use std::sync::{Arc, RwLock};

use gridpass_ledger::Hash;
use gridpass_passcode::{ServerKey, ServerPublicKey};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use super::entry::Entry;
use super::store::{self, KeyRow};
use crate::app::Inner;
use crate::http::error::{ApiError, ApiResult};
use crate::seal::{Field, Sealer};

/// Number of the first key.
const FIRST: i16 = 1;
/// What the MAC key is derived for.
const MAC_INFO: &[u8] = b"gridpass audit mac 1";
/// Before a link's number and hash under the MAC; entries begin with their layout instead.
const LINK_LAYOUT: &[u8] = b"gridpass audit link 1";

/// One key with everything it gives.
pub struct Key {
    /// Its number.
    pub number: i16,
    signing: ServerKey,
    mac: Hmac<Sha256>,
}

impl Key {
    fn new(number: i16, signing: ServerKey) -> Self {
        let mut mac_key = [0; 32];
        hkdf::Hkdf::<Sha256>::new(None, &*signing.to_bytes())
            .expand(MAC_INFO, &mut mac_key)
            .expect("HKDF gives 32 bytes");
        Self {
            number,
            mac: KeyInit::new_from_slice(&mac_key).expect("HMAC takes a key of any length"),
            signing,
        }
    }

    /// The key under which digests verify.
    pub fn public(&self) -> ServerPublicKey {
        self.signing.public()
    }

    /// Signs a digest's bytes.
    pub fn sign(&self, bytes: &[u8]) -> [u8; 64] {
        self.signing.sign(bytes)
    }

    /// MAC of an entry.
    pub fn entry_mac(&self, entry: &Entry) -> [u8; 32] {
        let mac = self.mac.clone().chain_update(entry.bytes());
        mac.finalize().into_bytes().into()
    }

    /// MAC of a link.
    pub fn link_mac(&self, seq: u64, hash: &Hash) -> [u8; 32] {
        let mac = self.mac.clone().chain_update(LINK_LAYOUT);
        let mac = mac.chain_update(seq.to_be_bytes()).chain_update(hash);
        mac.finalize().into_bytes().into()
    }
}

/// Whether two MACs are the same.
pub fn same(left: &[u8], right: &[u8]) -> bool {
    left.ct_eq(right).into()
}

/// Every key of the installation, by number.
pub struct Keys(RwLock<Arc<BTreeMap<i16, Arc<Key>>>>);

impl Keys {
    /// Reads the keys; the first start of an installation makes one.
    ///
    /// # Errors
    /// When the database does not answer, or a key does not open with the sealing key.
    pub async fn open(app: &Inner) -> ApiResult<Self> {
        let db = app.db.client().await?;
        let mut rows = store::list_keys(&db).await?;
        if rows.is_empty() {
            let key = ServerKey::draw(app.sealer.signing_suite(), || app.entropy.bytes());
            let row = KeyRow {
                number: FIRST,
                suite: key.suite(),
                public_key: key.public().to_bytes(),
                seed_sealed: app.sealer.seal(
                    Field::AuditKey,
                    i64::from(FIRST),
                    &*key.to_bytes(),
                    &app.entropy,
                ),
            };
            store::insert_key(&db, &row, app.clock.now()).await?;
            // Another node may have been quicker; its key counts.
            rows = store::list_keys(&db).await?;
        }
        Self::from_rows(&app.sealer, &rows)
    }

    fn from_rows(sealer: &Sealer, rows: &[KeyRow]) -> ApiResult<Self> {
        let mut keys = BTreeMap::new();
        for row in rows {
            let seed = sealer.open(Field::AuditKey, i64::from(row.number), &row.seed_sealed)?;
            let seed = zeroize::Zeroizing::new(seed);
            let seed = <&[u8; 32]>::try_from(seed.as_slice()).map_err(ApiError::internal)?;
            let key = ServerKey::from_bytes(row.suite, seed).map_err(ApiError::internal)?;
            keys.insert(row.number, Arc::new(Key::new(row.number, key)));
        }
        Ok(Self(RwLock::new(Arc::new(keys))))
    }

    /// All keys.
    pub fn all(&self) -> Arc<BTreeMap<i16, Arc<Key>>> {
        self.0
            .read()
            .expect("no thread panics while it swaps a pointer")
            .clone()
    }

    /// The key that writes and signs now.
    pub fn newest(&self) -> Arc<Key> {
        let keys = self.all();
        let (_, key) = keys
            .last_key_value()
            .expect("opening makes a key when there is none");
        key.clone()
    }
}
