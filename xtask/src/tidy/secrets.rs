//! No key, secret or password stands in the source.
//!
//! What looks like one: a literal of 32 or more characters of hexadecimal, base32 or base64 on a
//! line that names a key or a secret; a literal given to a name that says `password`; and the
//! heading of a private key in PEM. Tests may have them: there stand the vectors that standards
//! publish.

use super::Finding;
use super::manifest::Manifest;
use super::tree::{Tree, ending};

/// Characters of a literal that may be a key; shorter ones are names of things.
const KEY_CHARS_MIN: usize = 32;
/// Different characters that random text of that length has at least.
const DIFFERENT_MIN: usize = 8;
/// Characters of a literal that may be a password.
const PASSWORD_CHARS_MIN: usize = 6;
/// Parts of names that say that the value is to be kept secret.
const NAMES: &[&str] = &[
    "key",
    "keys",
    "secret",
    "secrets",
    "token",
    "seed",
    "password",
    "passphrase",
    "salt",
];
/// Endings of files that hold values.
const ENDINGS: &[&str] = &["rs", "ts", "vue", "mjs", "toml", "json", "sh", "html"];
/// Folders of tests, also those of a package.
const TESTS: &[&str] = &["tests", "test", "e2e", "fuzz"];
/// Heading of a private key, put together so that this file does not contain it.
const HEADING: &str = concat!("PRIVATE", " KEY-----");

/// Checks every file that is not a test.
pub fn check(tree: &Tree, _: &Manifest) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.files() {
        if is_test(path) || !ENDINGS.contains(&ending(path)) {
            continue;
        }
        let source = match ending(path) {
            // A file ends with its unit tests.
            "rs" => text.split("\n#[cfg(test)]").next().unwrap_or(text),
            _ => text,
        };
        for (number, line) in source.lines().enumerate() {
            if let Some(message) = bad_line(line) {
                findings.push(Finding::new(path, number + 1, message));
            }
        }
    }
    findings
}

/// Tests and published vectors, and the locks of package managers, whose hashes are no secrets.
fn is_test(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    path.split('/').any(|part| TESTS.contains(&part))
        || path.ends_with("/tests.rs")
        || name.contains("vectors")
        || name.contains("lock")
}

fn bad_line(line: &str) -> Option<String> {
    if line.contains(HEADING) {
        return Some("a private key: read it from a file of the operator's".to_owned());
    }
    literals(line).into_iter().find_map(|(before, value)| {
        if names_password(before) && looks_typed(value) {
            return Some("a password in the source: draw it, or ask for it".to_owned());
        }
        let secret = parts(before).any(|part| NAMES.contains(&part.as_str()));
        (secret && looks_random(value))
            .then(|| "looks like a key in the source: draw it, or read it from a file".to_owned())
    })
}

/// What stands in quotes on a line, each with all that stands before it.
fn literals(line: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(start) = line[from..].find(['"', '\'', '`']).map(|at| from + at) {
        let quote = &line[start..=start];
        let Some(length) = line[start + 1..].find(quote) else {
            break;
        };
        let end = start + 1 + length;
        found.push((&line[..start], &line[start + 1..end]));
        from = end + 1;
    }
    found
}

/// The parts of every name, in lower case: `seedOf_theKey` has four.
fn parts(text: &str) -> impl Iterator<Item = String> {
    let mut all = vec![String::new()];
    let mut lower_before = false;
    for c in text.chars() {
        if !c.is_ascii_alphabetic() || (c.is_ascii_uppercase() && lower_before) {
            all.push(String::new());
        }
        if let Some(last) = all.last_mut().filter(|_| c.is_ascii_alphabetic()) {
            last.push(c.to_ascii_lowercase());
        }
        lower_before = c.is_ascii_lowercase();
    }
    all.into_iter().filter(|part| !part.is_empty())
}

/// Whether a value is given here to a name that says `password`.
fn names_password(before: &str) -> bool {
    let Some(name) = before.trim_end().strip_suffix(['=', ':']) else {
        return false;
    };
    let types = [": &str", ": &'static str", ": String", ": string"];
    let name = name.trim_end();
    let name = types
        .iter()
        .find_map(|kind| name.strip_suffix(kind))
        .unwrap_or(name)
        .trim_end_matches(['"', '\'']);
    let name = name
        .rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .next();
    name.is_some_and(|name| parts(name).last().is_some_and(|last| last == "password"))
}

/// Whether somebody may have typed it: letters and something else, and no words of a page.
fn looks_typed(value: &str) -> bool {
    value.len() >= PASSWORD_CHARS_MIN
        && value.bytes().all(|byte| byte.is_ascii_graphic())
        && value.bytes().any(|byte| byte.is_ascii_digit())
        && value.bytes().any(|byte| byte.is_ascii_alphabetic())
}

/// Whether it is of one of the forms in which keys are written down.
fn looks_random(value: &str) -> bool {
    let all = |fits: fn(u8) -> bool| value.bytes().all(fits);
    let any = |fits: fn(u8) -> bool| value.bytes().any(fits);
    let hex = all(|b| b.is_ascii_hexdigit());
    let base32 = all(|b| b.is_ascii_uppercase() || (b'2'..=b'7').contains(&b));
    let base64 = all(|b| b.is_ascii_alphanumeric() || b"+/=_-".contains(&b))
        && any(|b| b.is_ascii_digit())
        && any(|b| b.is_ascii_uppercase())
        && any(|b| b.is_ascii_lowercase());
    let mut different: Vec<u8> = value.bytes().collect();
    different.sort_unstable();
    different.dedup();
    value.len() >= KEY_CHARS_MIN
        && (hex || base32 || base64)
        && different.len() >= DIFFERENT_MIN
        // An alphabet has each character once.
        && different.len() < value.len()
}

#[cfg(test)]
mod tests {
    use super::super::manifest::Manifest;
    use super::super::tree::samples::tree;
    use super::{HEADING, check};

    fn breaches(path: &str, text: &str) -> usize {
        check(&tree(&[(path, text)]), &Manifest::default()).len()
    }

    const HEX: &str = "3cd0ad802237a2c96b7ee3b06705b7350cc8cf0ba4123033d13eda91ad9c4ec2";
    const BASE64: &str = "7Jt2cX1m+Qe0Zr5vKpBw9LsYhUdG4aNf3TiMoRxEqJA=";

    #[test]
    fn keys_and_passwords_in_the_source_are_found() {
        for (path, line) in [
            (
                "crates/a/src/lib.rs",
                format!("const DEMO_KEY: &str = \"{HEX}\";"),
            ),
            (
                "crates/a/src/lib.rs",
                format!("let sealing_secret = decode(\"{BASE64}\");"),
            ),
            ("web/apps/a/src/a.ts", format!("const apiKey = '{BASE64}';")),
            ("bench/a.json", format!("{{\"token\": \"{HEX}\"}}")),
            ("scripts/a.sh", format!("export GRIDPASS_SEED=\"{HEX}\"")),
            (
                "web/apps/a/src/a.ts",
                "const seed = \"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\"".to_owned(),
            ),
            (
                "crates/a/src/lib.rs",
                "const ADMIN_PASSWORD: &str = \"admin123\";".to_owned(),
            ),
            (
                "crates/a/src/lib.rs",
                "    password: \"s3cret!\".into(),".to_owned(),
            ),
            ("crates/a/a.toml", "password = \"s3cret!\"".to_owned()),
            ("a.sh", format!("echo '-----BEGIN {HEADING}'")),
        ] {
            assert_eq!(breaches(path, &line), 1, "{line}");
        }
    }

    #[test]
    fn names_alphabets_words_and_tests_are_not() {
        for (path, line) in [
            (
                "crates/a/src/lib.rs",
                "const KEY_LETTERS: &str = \"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567\";".to_owned(),
            ),
            (
                "crates/a/src/lib.rs",
                "key(\"a_new_key_is_vouched_for_by_the_old_one\")".to_owned(),
            ),
            ("crates/a/src/lib.rs", format!("let digest = \"{HEX}\";")),
            (
                "crates/a/src/lib.rs",
                format!("//! A.\n#[cfg(test)]\nmod tests {{ const KEY: &str = \"{HEX}\"; }}"),
            ),
            (
                "crates/a/tests/it/a.rs",
                "password = \"s3cret!\"".to_owned(),
            ),
            (
                "web/apps/a/src/words/en.json",
                "\"password\": \"Password\", \"password_long\": \"12+ letters\"".to_owned(),
            ),
            (
                "web/apps/a/src/a.vue",
                "<input type=\"password\" autocomplete=\"new-password1\">".to_owned(),
            ),
            (
                "web/apps/a/src/a.ts",
                "words.join(language === 'zh' ? '；' : '; ')".to_owned(),
            ),
            ("web/package-lock.json", format!("\"key\": \"{HEX}\"")),
        ] {
            assert_eq!(breaches(path, &line), 0, "{line}");
        }
    }
}
