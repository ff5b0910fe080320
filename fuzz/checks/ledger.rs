//! What must hold for a log whatever is done to it: shared by the fuzz target and by the test
//! that replays the corpus.
//!
//! The input is a script: the first byte is the length of the log, each further pair of bytes
//! one act of tampering (what, where). A log that differs from the one that was kept must not
//! verify against the head that was kept, and nothing may panic.

use gridpass_ledger::{Canonical, Chain, Link, Verifier, leaf};

fn log(count: u8) -> Vec<Link> {
    let mut chain = Chain::default();
    let mut links = Vec::new();
    for number in 0..i64::from(count) {
        let leaf = leaf(&Canonical::new("fuzz").number(number).finish());
        chain.append(&leaf);
        links.push(Link {
            seq: chain.seq,
            entry: number,
            leaf,
            hash: chain.head,
            found: Some(leaf),
        });
    }
    links
}

fn head(links: &[Link]) -> Option<Chain> {
    let last = links.last()?;
    Some(Chain {
        seq: last.seq,
        head: last.hash,
    })
}

fn tamper(links: &mut Vec<Link>, act: u8, at: u8) {
    if links.is_empty() {
        return;
    }
    let at = usize::from(at) % links.len();
    let other = (at + 1) % links.len();
    match act % 9 {
        0 => links[at].found = None,
        1 => links[at].found = links[other].found,
        2 => links[at].leaf[0] ^= 1,
        3 => links[at].hash[31] ^= 1,
        4 => links[at].seq = links[at].seq.wrapping_add(1),
        5 => drop(links.remove(at)),
        6 => links.swap(at, other),
        7 => links.insert(at, links[other]),
        _ => {
            for (index, link) in links.iter_mut().enumerate() {
                link.seq = index as u64 + 1;
            }
        }
    }
}

/// Runs the script. Says whether the log still verifies.
pub fn check(data: &[u8]) -> bool {
    let (count, script) = data.split_first().unwrap_or((&0, &[]));
    let kept = log(*count);
    let mut links = kept.clone();
    for act in script.chunks_exact(2) {
        tamper(&mut links, act[0], act[1]);
    }
    let mut verifier = Verifier::new(Chain::default(), head(&kept));
    let pushed = links.iter().try_for_each(|link| verifier.push(*link));
    let verdict = pushed.and_then(|()| verifier.finish());
    assert_eq!(verdict.is_ok(), links == kept, "{verdict:?}");
    verdict.is_ok()
}
