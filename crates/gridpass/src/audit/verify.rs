//! Proves the log: the chain, every entry under it, the MACs, and the digests.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gridpass_ledger::merkle::RootBuilder;
use gridpass_ledger::{Chain, DayDigest, Fault, Link, Verifier};
use gridpass_passcode::ServerPublicKey;

use super::digests::{AuditKeyView, DigestsView};
use super::keys::{Key, Keys, same, vouches};
use super::store::{self, Linked, SignedDigest};
use crate::app::App;
use crate::db::Client;

/// Links read at a time.
pub(super) const PAGE_LINKS: i64 = 5_000;

/// What was proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Links checked.
    pub links: u64,
    /// Where the chain ends.
    pub head: Chain,
    /// Days whose digest fits.
    pub days: usize,
    /// Entries too young to be linked.
    pub waiting: u64,
}

/// The first thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// The chain or an entry under it.
    #[error(transparent)]
    Chain(#[from] Fault),
    /// A row that this server did not write.
    #[error("entry {entry} (link {seq}) was not written by this server: its MAC is wrong")]
    Forged {
        /// Link.
        seq: u64,
        /// Entry.
        entry: i64,
    },
    /// A link that this server did not write.
    #[error("link {seq} (entry {entry}) was not written by this server: its MAC is wrong")]
    ForgedLink {
        /// Link.
        seq: u64,
        /// Entry.
        entry: i64,
    },
    /// Rows beside the chain.
    #[error("entry {entry} was inserted beside the chain ({count} in all)")]
    Unlinked {
        /// The first.
        entry: i64,
        /// How many.
        count: i64,
    },
    /// A digest that is not signed by a known key, or does not follow the one before.
    #[error("the digest of {day} is not genuine: {reason}")]
    Digest {
        /// Day.
        day: String,
        /// Why.
        reason: &'static str,
    },
    /// A day whose entries are not those of its digest.
    #[error("the entries of {day} are not those that its digest was made of")]
    Root {
        /// Day.
        day: String,
    },
}

/// The digests that the log is held to.
pub struct Trust {
    days: VecDeque<DayDigest>,
}

impl Trust {
    /// Those stored beside the log, oldest first; and those kept outside, which bring their own
    /// keys and take precedence. Of the keys beside the log only those count that the kept ones
    /// vouch for.
    ///
    /// # Errors
    /// The first digest that is not genuine.
    pub fn new(
        kept: Option<&DigestsView>,
        stored: Vec<SignedDigest>,
        beside: &[AuditKeyView],
    ) -> Result<Self, Broken> {
        let keys = kept.map_or_else(BTreeMap::new, |kept| vouched(published(&kept.keys), beside));
        Self::with_keys(kept, stored, &keys)
    }

    fn with_keys(
        kept: Option<&DigestsView>,
        stored: Vec<SignedDigest>,
        keys: &BTreeMap<i16, ServerPublicKey>,
    ) -> Result<Self, Broken> {
        let mut days: BTreeMap<String, DayDigest> = BTreeMap::new();
        let mut before: Option<DayDigest> = None;
        for signed in stored {
            // Without any key a stored digest proves nothing but is still held to.
            if !keys.is_empty() {
                check_signature(&signed, keys)?;
            }
            if let Some(before) = &before {
                let follows = before.hash() == signed.digest.previous
                    && before.last + 1 == signed.digest.first;
                let reason = "it does not follow the digest before";
                let day = signed.digest.day.clone();
                (follows)
                    .then_some(())
                    .ok_or(Broken::Digest { day, reason })?;
            }
            before = Some(signed.digest.clone());
            days.insert(signed.digest.day.clone(), signed.digest);
        }
        for view in kept.iter().flat_map(|kept| &kept.digests) {
            let signed = view.signed().ok_or_else(|| Broken::Digest {
                day: view.day.to_string(),
                reason: "it cannot be read",
            })?;
            check_signature(&signed, keys)?;
            days.insert(signed.digest.day.clone(), signed.digest);
        }
        Ok(Self {
            days: days.into_values().collect(),
        })
    }
}

fn published(keys: &[AuditKeyView]) -> BTreeMap<i16, ServerPublicKey> {
    let read = |key: &AuditKeyView| Some((key.key_number, key.verifying()?));
    keys.iter().filter_map(read).collect()
}

/// The trusted keys and those that they vouch for, each by the one before.
fn vouched(
    mut trusted: BTreeMap<i16, ServerPublicKey>,
    claimed: &[AuditKeyView],
) -> BTreeMap<i16, ServerPublicKey> {
    let mut claimed: Vec<&AuditKeyView> = claimed.iter().collect();
    claimed.sort_by_key(|key| key.key_number);
    for key in claimed {
        let number = key.key_number;
        let before = number
            .checked_sub(1)
            .and_then(|before| trusted.get(&before));
        let (Some(before), Some(public)) = (before, key.verifying()) else {
            continue;
        };
        let endorsement = key.endorsement.as_deref().unwrap_or_default();
        let endorsement = URL_SAFE_NO_PAD.decode(endorsement).unwrap_or_default();
        if vouches(before, number, &public, &endorsement) {
            // What came from outside wins: whoever changed ours could not change that.
            trusted.entry(number).or_insert(public);
        }
    }
    trusted
}

fn check_signature(
    signed: &SignedDigest,
    keys: &BTreeMap<i16, ServerPublicKey>,
) -> Result<(), Broken> {
    let genuine = keys.get(&signed.key_number).is_some_and(|key| {
        <&[u8; 64]>::try_from(&signed.signature[..])
            .is_ok_and(|signature| key.has_signed(&signed.digest.bytes(), signature))
    });
    let (day, reason) = (signed.digest.day.clone(), "its signature is wrong");
    genuine.then_some(()).ok_or(Broken::Digest { day, reason })
}

/// Checks links that come in order.
pub struct Checker {
    verifier: Verifier,
    keys: Option<Arc<BTreeMap<i16, Arc<Key>>>>,
    days: VecDeque<DayDigest>,
    builder: RootBuilder,
    links: u64,
    closed: usize,
    /// A wrong MAC or root, until the verifier has come as far: it may know better what
    /// happened.
    suspicion: Option<(u64, Broken)>,
}

impl Checker {
    /// Starts at link `first`: 1, or where the months before were dropped, which takes a
    /// digest that ends there.
    ///
    /// # Errors
    /// [`Fault::Missing`] when no digest vouches for what was before `first`.
    pub fn new(
        trust: Trust,
        keys: Option<Arc<BTreeMap<i16, Arc<Key>>>>,
        first: u64,
    ) -> Result<Self, Broken> {
        let mut days = trust.days;
        let from = if first == 1 {
            Chain::default()
        } else {
            let before = days.iter().find(|day| day.last + 1 == first);
            let point = before.map(|day| Chain {
                seq: day.last,
                head: day.head,
            });
            point.ok_or(Fault::Missing {
                seq: 1,
                count: first - 1,
            })?
        };
        days.retain(|day| day.last > from.seq || day.first > from.seq);
        let points = days.iter().filter(|day| day.count() > 0).map(|day| Chain {
            seq: day.last,
            head: day.head,
        });
        Ok(Self {
            verifier: Verifier::new(from, points),
            keys,
            days,
            builder: RootBuilder::default(),
            links: 0,
            closed: 0,
            suspicion: None,
        })
    }

    /// Takes the next links.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub(super) fn take(&mut self, page: &[Linked]) -> Result<(), Broken> {
        for linked in page {
            let found = linked.entry.as_ref().map(super::Entry::leaf);
            self.verifier.push(Link {
                seq: linked.seq,
                entry: linked.entry_id,
                leaf: linked.leaf,
                hash: linked.hash,
                found,
            })?;
            self.links += 1;
            let checked = self
                .check_macs(linked)
                .and_then(|()| self.add_to_day(linked));
            if let (Err(broken), None) = (checked, &self.suspicion) {
                self.suspicion = Some((linked.seq, broken));
            }
            let passed = self.verifier.chain().seq;
            if let Some((_, broken)) = self.suspicion.take_if(|(seq, _)| *seq <= passed) {
                return Err(broken);
            }
        }
        Ok(())
    }

    fn check_macs(&self, linked: &Linked) -> Result<(), Broken> {
        let Some(keys) = &self.keys else {
            return Ok(());
        };
        let (seq, entry) = (linked.seq, linked.entry_id);
        let of_link = keys.get(&linked.key_number);
        if !of_link.is_some_and(|key| same(&key.link_mac(seq, &linked.hash), &linked.mac)) {
            return Err(Broken::ForgedLink { seq, entry });
        }
        // A missing or changed entry is the verifier's to name.
        let Some(row) = &linked.entry else {
            return Ok(());
        };
        let of_entry = keys.get(&row.key_number);
        if of_entry.is_some_and(|key| same(&key.entry_mac(row), &row.mac)) {
            Ok(())
        } else if row.leaf() == linked.leaf {
            Err(Broken::Forged { seq, entry })
        } else {
            Err(Fault::Changed { seq, entry }.into())
        }
    }

    fn add_to_day(&mut self, linked: &Linked) -> Result<(), Broken> {
        self.skip_empty_days()?;
        let Some(day) = self.days.front() else {
            return Ok(());
        };
        if linked.seq >= day.first {
            self.builder.push(linked.leaf);
        }
        if linked.seq == day.last {
            self.close_day()?;
        }
        Ok(())
    }

    fn skip_empty_days(&mut self) -> Result<(), Broken> {
        while self.days.front().is_some_and(|day| day.count() == 0) {
            self.close_day()?;
        }
        Ok(())
    }

    fn close_day(&mut self) -> Result<(), Broken> {
        let builder = std::mem::take(&mut self.builder);
        if let Some(day) = self.days.pop_front() {
            if builder.root() != day.root {
                return Err(Broken::Root { day: day.day });
            }
            self.closed += 1;
        }
        Ok(())
    }

    /// Checks what is left, and that the log reaches every digest.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn finish(mut self) -> Result<Report, Broken> {
        let head = std::mem::replace(
            &mut self.verifier,
            Verifier::new(Chain::default(), std::iter::empty()),
        )
        .finish()?;
        if let Some((_, broken)) = self.suspicion {
            return Err(broken);
        }
        self.skip_empty_days()?;
        Ok(Report {
            links: self.links,
            head,
            days: self.closed,
            waiting: 0,
        })
    }
}

/// Proves the log in the database, in one snapshot of it.
///
/// # Errors
/// When the database does not answer. What is wrong with the log is in the answer.
pub async fn verify(
    app: &App,
    kept: Option<&DigestsView>,
) -> anyhow::Result<Result<Report, Broken>> {
    let tx = app.db.tx().await?;
    store::begin_snapshot(&tx).await?;
    let keys = app.part::<Keys>().all();
    let mut stored = store::list_digests(&tx, None, i64::MAX).await?;
    stored.reverse();
    let own = || keys.iter().map(|(n, key)| (*n, key.public())).collect();
    let beside: Vec<AuditKeyView> = store::list_keys(&tx)
        .await?
        .iter()
        .map(AuditKeyView::of)
        .collect();
    let known = kept.map_or_else(own, |kept| vouched(published(&kept.keys), &beside));
    let trust = match Trust::with_keys(kept, stored, &known) {
        Ok(trust) => trust,
        Err(broken) => return Ok(Err(broken)),
    };
    let first = store::list_leaves(&tx, (0, i64::MAX.cast_unsigned()), 1).await?;
    let first = first.first().map_or(1, |(seq, _, _)| *seq);
    let checker = match Checker::new(trust, Some(keys), first) {
        Ok(checker) => checker,
        Err(broken) => return Ok(Err(broken)),
    };
    let report = match check_all(&tx, checker).await? {
        Ok(report) => report,
        Err(broken) => return Ok(Err(broken)),
    };
    let (count, unlinked) = store::count_unlinked(&tx).await?;
    if let Some(entry) = unlinked {
        return Ok(Err(Broken::Unlinked { entry, count }));
    }
    let waiting = store::count_pending(&tx).await?;
    Ok(Ok(Report { waiting, ..report }))
}

/// Reads the next page while the one before is hashed.
async fn check_all(tx: &Client, mut checker: Checker) -> anyhow::Result<Result<Report, Broken>> {
    let mut page = store::list_linked(tx, 0, PAGE_LINKS).await?;
    while let Some(last) = page.last() {
        let after = last.seq;
        let hashing = tokio::task::spawn_blocking(move || {
            let verdict = checker.take(&page);
            (checker, verdict)
        });
        let next = store::list_linked(tx, after, PAGE_LINKS).await?;
        let (back, verdict) = hashing.await?;
        if let Err(broken) = verdict {
            return Ok(Err(broken));
        }
        checker = back;
        page = next;
    }
    Ok(checker.finish())
}
