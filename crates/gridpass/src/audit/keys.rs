//! Keys of the log: what signs the digests, and what keeps a row from being forged.
//!
//! One seed, sealed in the database, gives both: the signing key (Ed25519, or SM2 under the
//! suite `guomi`) and, by HKDF, the key of the MACs. The database alone can therefore neither
//! make an entry nor sign a digest.
//!
//! A key is replaced by a new one (`gridpass keys rotate --which audit`) that the old one vouches
//! for, so that whoever kept the old public key can believe the new. The old ones stay: what they
//! signed and wrote is proved with them.

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
use crate::db::Client;
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult};
use crate::seal::{Field, Sealer};

/// Number of the first key.
const FIRST: i16 = 1;
/// What the MAC key is derived for.
const MAC_INFO: &[u8] = b"gridpass audit mac 1";
/// Before a link's number and hash under the MAC; entries begin with their layout instead.
const LINK_LAYOUT: &[u8] = b"gridpass audit link 1";
/// Before a key's number and public half under an endorsement; digests begin with their own.
const ENDORSEMENT_LAYOUT: &[u8] = b"gridpass audit key 1";

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

/// What an older key signs to vouch for a newer one.
fn endorsed(number: i16, public: &ServerPublicKey) -> Vec<u8> {
    [
        ENDORSEMENT_LAYOUT,
        &number.to_be_bytes(),
        &public.to_bytes()[..],
    ]
    .concat()
}

/// Whether `by` vouches for a key of this number.
pub fn vouches(
    by: &ServerPublicKey,
    number: i16,
    public: &ServerPublicKey,
    signature: &[u8],
) -> bool {
    let signature = <&[u8; 64]>::try_from(signature);
    signature.is_ok_and(|signature| by.has_signed(&endorsed(number, public), signature))
}

/// Whether two MACs are the same.
pub fn same(left: &[u8], right: &[u8]) -> bool {
    left.ct_eq(right).into()
}

/// A random key, sealed, that the one before vouches for.
fn make(app: &Inner, number: i16, before: Option<&Key>) -> KeyRow {
    let key = ServerKey::draw(app.sealer.signing_suite(), || app.entropy.bytes());
    let public = key.public();
    let seed = key.to_bytes();
    let sealed = app
        .sealer
        .seal(Field::AuditKey, i64::from(number), &*seed, &app.entropy);
    KeyRow {
        number,
        suite: key.suite(),
        public_key: public.to_bytes(),
        seed_sealed: sealed,
        endorsement: before.map(|before| before.sign(&endorsed(number, &public)).to_vec()),
    }
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
            // Another node may be quicker; its key counts.
            store::insert_key(&db, &make(app, FIRST, None), app.clock.now()).await?;
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

    /// Reads the keys anew, for one that another node or a command made.
    ///
    /// # Errors
    /// As [`Keys::open`].
    pub async fn reload(&self, app: &Inner, db: &Client) -> ApiResult<()> {
        let rows = store::list_keys(db).await?;
        if rows.len() == self.all().len() {
            return Ok(());
        }
        let read = Self::from_rows(&app.sealer, &rows)?.all();
        *self
            .0
            .write()
            .expect("no thread panics while it swaps a pointer") = read;
        Ok(())
    }

    /// Makes a new key that writes and signs from now on, and answers its number. The one before
    /// vouches for it and goes on proving what it wrote.
    ///
    /// # Errors
    /// 409 when somebody else makes one at the same moment; else when the database or a key
    /// cannot be used.
    pub async fn rotate(&self, app: &Inner) -> ApiResult<i16> {
        let tx = app.db.tx().await?;
        self.reload(app, &tx).await?;
        let before = self.newest();
        let number = before.number.checked_add(1).ok_or(Code::Conflict)?;
        let row = make(app, number, Some(before.as_ref()));
        if !store::insert_key(&tx, &row, app.clock.now()).await? {
            return Err(Code::Conflict.into());
        }
        super::object(format!("audit_key/{number}"));
        tx.commit().await?;
        self.reload(app, &app.db.client().await?).await?;
        Ok(number)
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
