//! Walks stored links and names the first that is not as it was.

use std::collections::VecDeque;

use crate::chain::{Chain, Hash};

/// Links looked at beyond a broken one to tell what happened.
const LOOK_AHEAD: usize = 64;

/// A link as stored, with what the entry it speaks of hashes to now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// Number.
    pub seq: u64,
    /// Identity of the entry, for the report.
    pub entry: i64,
    /// Leaf as stored when the link was made.
    pub leaf: Hash,
    /// Hash as stored when the link was made.
    pub hash: Hash,
    /// Leaf of the entry as it is now; `None` when there is no such entry.
    pub found: Option<Hash>,
}

/// What happened to the first entry that is not as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The entry says something else than when it was linked.
    #[error("entry {entry} (link {seq}) was changed")]
    Changed {
        /// Link.
        seq: u64,
        /// Entry.
        entry: i64,
    },
    /// The entry is gone; its link is there.
    #[error("entry {entry} (link {seq}) was deleted")]
    Deleted {
        /// Link.
        seq: u64,
        /// Entry.
        entry: i64,
    },
    /// Links are gone, and with them what they spoke of.
    #[error("{count} link(s) from {seq} on were deleted")]
    Missing {
        /// First missing number.
        seq: u64,
        /// How many.
        count: u64,
    },
    /// A link stands here that never belonged to the chain.
    #[error("entry {entry} was inserted as link {seq}")]
    Inserted {
        /// Link.
        seq: u64,
        /// Entry.
        entry: i64,
    },
    /// The link stands at another place than it was made for.
    #[error("entry {entry} was moved: it stands as link {seq} and belongs elsewhere")]
    Reordered {
        /// Where it stands.
        seq: u64,
        /// Entry.
        entry: i64,
    },
    /// The stored leaf or hash is not what follows from the link before.
    #[error("link {seq} (entry {entry}) does not follow from the link before")]
    Broken {
        /// Link.
        seq: u64,
        /// Entry.
        entry: i64,
    },
    /// The chain ends before a point that somebody vouches for.
    #[error("the log ends at link {seq}, but {trusted} links are vouched for: its end was cut off")]
    Truncated {
        /// Last link found.
        seq: u64,
        /// Last link vouched for.
        trusted: u64,
    },
    /// The chain has another hash where somebody vouches for one: it was rewritten.
    #[error("link {seq} has another hash than the one vouched for: the log up to it was rewritten")]
    Rewritten {
        /// Link.
        seq: u64,
    },
}

/// Takes links in order of their numbers and checks each against the one before.
pub struct Verifier {
    chain: Chain,
    waiting: VecDeque<Link>,
    trusted: VecDeque<Chain>,
}

impl Verifier {
    /// Starts after `from` (the default is the beginning). `trusted` are points that
    /// somebody vouches for, in order: the chain must pass through each.
    pub fn new(from: Chain, trusted: impl IntoIterator<Item = Chain>) -> Self {
        let beyond = |point: &Chain| point.seq > from.seq;
        Self {
            chain: from,
            waiting: VecDeque::with_capacity(LOOK_AHEAD + 1),
            trusted: trusted.into_iter().filter(beyond).collect(),
        }
    }

    /// Where the checked part of the chain ends.
    pub fn chain(&self) -> Chain {
        self.chain
    }

    /// Takes the next stored link.
    ///
    /// # Errors
    /// The first fault. What comes after it means nothing.
    pub fn push(&mut self, link: Link) -> Result<(), Fault> {
        self.waiting.push_back(link);
        if self.waiting.len() > LOOK_AHEAD {
            self.check_first()?;
        }
        Ok(())
    }

    /// Checks what is left, and that every trusted point was passed.
    ///
    /// # Errors
    /// The first fault.
    pub fn finish(mut self) -> Result<Chain, Fault> {
        while !self.waiting.is_empty() {
            self.check_first()?;
        }
        match self.trusted.back() {
            Some(point) => Err(Fault::Truncated {
                seq: self.chain.seq,
                trusted: point.seq,
            }),
            None => Ok(self.chain),
        }
    }

    fn check_first(&mut self) -> Result<(), Fault> {
        let Some(link) = self.waiting.pop_front() else {
            return Ok(());
        };
        let Link { seq, entry, .. } = link;
        let expected = self.chain.seq + 1;
        if seq > expected {
            let count = seq - expected;
            return Err(Fault::Missing {
                seq: expected,
                count,
            });
        }
        if seq < expected {
            return Err(Fault::Inserted { seq, entry });
        }
        if Chain::hash_of(&self.chain.head, seq, &link.leaf) != link.hash {
            return Err(self.explain(&link));
        }
        match link.found {
            None => return Err(Fault::Deleted { seq, entry }),
            Some(found) if found != link.leaf => return Err(Fault::Changed { seq, entry }),
            Some(_) => {}
        }
        self.chain = Chain {
            seq,
            head: link.hash,
        };
        if let Some(point) = self.trusted.front().filter(|point| point.seq == seq) {
            if point.head != link.hash {
                return Err(Fault::Rewritten { seq });
            }
            self.trusted.pop_front();
        }
        Ok(())
    }

    /// The link does not follow. Was something taken out, put in, or moved?
    fn explain(&self, link: &Link) -> Fault {
        let Link { seq, entry, .. } = *link;
        let follows =
            |head: &Hash, seq: u64, next: &Link| Chain::hash_of(head, seq, &next.leaf) == next.hash;
        // A later link belongs here: this one was put in, or moved here.
        if let Some(rightful) = self
            .waiting
            .iter()
            .position(|later| follows(&self.chain.head, seq, later))
        {
            let mut head = self.waiting[rightful].hash;
            let others = self.waiting.iter().enumerate();
            let rest = others.filter(|(index, _)| *index != rightful);
            let mut number = seq;
            for (_, later) in rest {
                number += 1;
                if follows(&head, number, link) {
                    return Fault::Reordered { seq, entry };
                }
                head = later.hash;
            }
            return if follows(&head, number + 1, link)
                || follows(&self.waiting[rightful].hash, seq + 1, link)
            {
                Fault::Reordered { seq, entry }
            } else {
                Fault::Inserted { seq, entry }
            };
        }
        // What follows was numbered down: links before it were taken out.
        if let Some(next) = self.waiting.front() {
            let gap = (1..=LOOK_AHEAD as u64).find(|gap| follows(&link.hash, seq + 1 + gap, next));
            if let Some(count) = gap {
                return Fault::Missing { seq, count };
            }
        }
        if link.found.is_some_and(|found| found != link.leaf) {
            return Fault::Changed { seq, entry };
        }
        Fault::Broken { seq, entry }
    }
}
