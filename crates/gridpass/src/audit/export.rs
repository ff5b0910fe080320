//! The log as a file: one JSON object a line, links with their entries first, digests after,
//! and the public keys last.
//!
//! It can be checked without the database and without any key but the published ones; only
//! the MACs need the server's.

use std::io::{BufRead, Write};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use super::digests::{AuditKeyView, DigestView, DigestsView, from_hex, view_of};
use super::entry::Entry;
use super::store::{self, Linked};
use super::verify::{Broken, Checker, PAGE_LINKS, Report, Trust};
use crate::db::Client;

/// Bytes as hexadecimal digits.
pub(super) mod hex {
    use serde::{Deserialize, Deserializer, Serializer};

    /// Writes.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&super::super::digests::hex(bytes))
    }

    /// Reads.
    ///
    /// # Errors
    /// When the text is not pairs of hexadecimal digits.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        decode(&text).ok_or_else(|| serde::de::Error::custom("not pairs of hexadecimal digits"))
    }

    /// The bytes of pairs of digits.
    pub fn decode(text: &str) -> Option<Vec<u8>> {
        if !text.len().is_multiple_of(2) || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        (0..text.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok())
            .collect()
    }
}

/// One line.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Line {
    Link {
        link: u64,
        leaf: String,
        hash: String,
        entry_id: i64,
        entry: Option<Box<Entry>>,
    },
    Digest {
        digest: DigestView,
    },
    Key {
        key: AuditKeyView,
    },
}

/// Writes the whole log; answers how many links.
///
/// # Errors
/// When the database or the writer fails.
pub async fn export(db: &Client, out: &mut impl Write) -> anyhow::Result<u64> {
    let (mut after, mut count) = (0, 0);
    loop {
        let page = store::list_linked(db, after, PAGE_LINKS).await?;
        let Some(last) = page.last() else { break };
        after = last.seq;
        count += page.len() as u64;
        for linked in page {
            let line = Line::Link {
                link: linked.seq,
                leaf: super::digests::hex(&linked.leaf),
                hash: super::digests::hex(&linked.hash),
                entry_id: linked.entry_id,
                entry: linked.entry.map(Box::new),
            };
            serde_json::to_writer(&mut *out, &line)?;
            out.write_all(b"\n")?;
        }
    }
    let mut digests = store::list_digests(db, None, i64::MAX).await?;
    digests.reverse();
    for digest in digests.iter().filter_map(view_of) {
        serde_json::to_writer(&mut *out, &Line::Digest { digest })?;
        out.write_all(b"\n")?;
    }
    for row in store::list_keys(db).await? {
        let key = AuditKeyView::of(&row);
        serde_json::to_writer(&mut *out, &Line::Key { key })?;
        out.write_all(b"\n")?;
    }
    Ok(count)
}

/// Checks an exported log against digests kept outside. Entries' MACs are not checked: they
/// need the server's key.
///
/// # Errors
/// When a line cannot be read. What is wrong with the log is in the answer.
pub fn verify_file(
    input: impl BufRead,
    kept: Option<&DigestsView>,
) -> anyhow::Result<Result<Report, Broken>> {
    let lines: Vec<Line> = input
        .lines()
        .enumerate()
        .map(|(number, line)| {
            serde_json::from_str(&line?).with_context(|| format!("line {}", number + 1))
        })
        .collect::<anyhow::Result<_>>()?;
    let mut links = Vec::new();
    let mut digests = Vec::new();
    let mut keys = Vec::new();
    for line in lines {
        match line {
            Line::Link {
                link,
                leaf,
                hash,
                entry_id,
                entry,
            } => links.push(Linked {
                seq: link,
                entry_id,
                leaf: from_hex(&leaf).context("a leaf is not 64 hexadecimal digits")?,
                hash: from_hex(&hash).context("a hash is not 64 hexadecimal digits")?,
                key_number: 0,
                mac: Vec::new(),
                entry: entry.map(|entry| *entry),
            }),
            Line::Digest { digest } => {
                digests.push(digest.signed().context("a digest is not of its form")?);
            }
            Line::Key { key } => keys.push(key),
        }
    }
    let trust = match Trust::new(kept, digests, &keys) {
        Ok(trust) => trust,
        Err(broken) => return Ok(Err(broken)),
    };
    let first = links.first().map_or(1, |linked| linked.seq);
    let mut checker = match Checker::new(trust, None, first) {
        Ok(checker) => checker,
        Err(broken) => return Ok(Err(broken)),
    };
    Ok(checker.take(&links).and_then(|()| checker.finish()))
}
