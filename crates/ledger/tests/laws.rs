//! The laws of the log: what was not touched verifies, and what was touched is named.

use gridpass_ledger::{Canonical, Chain, DayDigest, Fault, Hash, Link, Verifier, leaf, merkle};
use proptest::prelude::*;
use proptest::sample::Index;

#[path = "../../../fuzz/checks/ledger.rs"]
mod check;

fn log(count: usize) -> Vec<Link> {
    let mut chain = Chain::default();
    (0..count)
        .map(|n| {
            let bytes = Canonical::new("test").number(n as i64).finish();
            let leaf = leaf(&bytes);
            chain.append(&leaf);
            Link {
                seq: chain.seq,
                entry: 1000 + n as i64,
                leaf,
                hash: chain.head,
                found: Some(leaf),
            }
        })
        .collect()
}

fn verify(links: &[Link], trusted: &[Chain]) -> Result<Chain, Fault> {
    let mut verifier = Verifier::new(Chain::default(), trusted.iter().copied());
    for link in links {
        verifier.push(*link)?;
    }
    verifier.finish()
}

fn head(links: &[Link]) -> Chain {
    links.last().map_or(Chain::default(), |link| Chain {
        seq: link.seq,
        head: link.hash,
    })
}

fn renumber(links: &mut [Link]) {
    for (index, link) in links.iter_mut().enumerate() {
        link.seq = index as u64 + 1;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn an_untouched_log_verifies_to_its_head(count in 0usize..300) {
        let links = log(count);
        prop_assert_eq!(verify(&links, &[head(&links)]), Ok(head(&links)));
    }

    #[test]
    fn a_changed_entry_is_named(count in 1usize..300, at in any::<Index>()) {
        let mut links = log(count);
        let at = at.index(count);
        links[at].found = Some([7; 32]);
        prop_assert_eq!(verify(&links, &[]), Err(Fault::Changed { seq: at as u64 + 1, entry: 1000 + at as i64 }));
        // Somebody who also stores the new leaf does not get away with it.
        links[at].leaf = [7; 32];
        let named = matches!(verify(&links, &[]), Err(Fault::Broken { seq, .. }) if seq == at as u64 + 1);
        prop_assert!(named);
    }

    #[test]
    fn a_deleted_entry_is_named(count in 1usize..300, at in any::<Index>()) {
        let mut links = log(count);
        let at = at.index(count);
        links[at].found = None;
        prop_assert_eq!(verify(&links, &[]), Err(Fault::Deleted { seq: at as u64 + 1, entry: 1000 + at as i64 }));
    }

    #[test]
    fn a_link_taken_out_is_named_also_when_the_rest_is_renumbered(count in 3usize..300, at in any::<Index>()) {
        let mut links = log(count);
        let at = at.index(count - 2);
        links.remove(at);
        let fault = Fault::Missing { seq: at as u64 + 1, count: 1 };
        prop_assert_eq!(verify(&links, &[]), Err(fault));
        renumber(&mut links);
        prop_assert_eq!(verify(&links, &[]), Err(fault));
    }

    #[test]
    fn a_link_put_in_is_named(count in 2usize..300, at in any::<Index>()) {
        let mut links = log(count);
        let at = at.index(count - 1);
        let alien = Link { seq: at as u64 + 1, entry: 7, leaf: [7; 32], hash: [8; 32], found: Some([7; 32]) };
        links.insert(at, alien);
        renumber(&mut links);
        prop_assert_eq!(verify(&links, &[]), Err(Fault::Inserted { seq: at as u64 + 1, entry: 7 }));
    }

    #[test]
    fn neighbours_that_trade_places_are_named(count in 2usize..300, at in any::<Index>(), far in 1usize..40) {
        let mut links = log(count);
        let at = at.index(count - 1);
        let other = (at + far).min(count - 1);
        links.swap(at, other);
        renumber(&mut links);
        let entry = 1000 + other as i64;
        let fault = verify(&links, &[]).expect_err("a log in another order");
        prop_assert_eq!(fault, Fault::Reordered { seq: at as u64 + 1, entry });
    }

    #[test]
    fn a_cut_end_shows_against_a_trusted_head(count in 1usize..300, cut in any::<Index>()) {
        let mut links = log(count);
        let trusted = head(&links);
        links.truncate(cut.index(count));
        let seq = links.len() as u64;
        prop_assert_eq!(verify(&links, &[trusted]), Err(Fault::Truncated { seq, trusted: count as u64 }));
        prop_assert_eq!(verify(&links, &[]), Ok(head(&links)));
    }

    #[test]
    fn a_log_hashed_anew_shows_against_a_trusted_head(count in 1usize..300) {
        let links = log(count);
        let mut trusted = head(&links);
        trusted.head[0] ^= 1;
        prop_assert_eq!(verify(&links, &[trusted]), Err(Fault::Rewritten { seq: count as u64 }));
    }

    #[test]
    fn a_proof_shows_its_leaf_and_no_other(count in 1usize..200, at in any::<Index>(), other in any::<Index>()) {
        let leaves: Vec<Hash> = log(count).iter().map(|link| link.leaf).collect();
        let root = merkle::root(&leaves);
        let at = at.index(count);
        let proof = merkle::proof(&leaves, at).expect("a leaf that is there");
        let size = count as u64;
        prop_assert!(merkle::is_included(&root, leaves[at], (at as u64, size), &proof));
        let other = other.index(count);
        if other != at {
            prop_assert!(!merkle::is_included(&root, leaves[other], (at as u64, size), &proof));
            prop_assert!(!merkle::is_included(&root, leaves[at], (other as u64, size), &proof));
        }
        prop_assert!(!merkle::is_included(&root, [9; 32], (at as u64, size), &proof));
        prop_assert_eq!(merkle::proof(&leaves, count), None);
    }

    #[test]
    fn tampering_never_goes_unseen(script in proptest::collection::vec(any::<u8>(), 0..40)) {
        check::check(&script);
    }
}

/// The tree of RFC 6962 for no, one and three leaves, written out.
#[test]
fn the_tree_is_that_of_the_standard() {
    let hex = |hash: Hash| hash.iter().map(|b| format!("{b:02x}")).collect::<String>();
    assert_eq!(
        hex(merkle::root(&[])),
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    );
    assert_eq!(
        hex(merkle::root(&[leaf(b"")])),
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    );
    let [a, b, c] = [b"a", b"b", b"c"].map(|byte| leaf(byte));
    let left = merkle::root(&[a, b]);
    assert_eq!(merkle::root(&[a, b, c]), merkle::root(&[left, c]));
    assert_eq!(merkle::proof(&[a, b, c], 2), Some(vec![left]));
}

#[test]
fn a_digest_covers_each_of_its_fields() {
    let digest = DayDigest {
        day: "2020-03-06".into(),
        first: 1,
        last: 3,
        root: [1; 32],
        head: [2; 32],
        previous: [3; 32],
    };
    assert_eq!(digest.count(), 3);
    let mut others = vec![digest.clone(); 6];
    others[0].day = "2020-03-07".into();
    others[1].first = 2;
    others[2].last = 4;
    others[3].root[0] = 0;
    others[4].head[0] = 0;
    others[5].previous[0] = 0;
    for other in others {
        assert_ne!(other.hash(), digest.hash());
    }
}

/// Every script of the corpus, with the fuzzer's own assertions.
#[test]
fn the_corpus_is_replayed() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/ledger");
    let mut inputs = 0;
    for entry in std::fs::read_dir(folder).expect("the corpus is part of the repository") {
        let path = entry.expect("a readable folder").path();
        check::check(&std::fs::read(path).expect("a readable file"));
        inputs += 1;
    }
    assert!(inputs >= 6, "{inputs} inputs");
}
