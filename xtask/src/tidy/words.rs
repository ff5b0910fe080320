//! Every word of the screens stands in both languages.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Finding;
use super::manifest::Manifest;
use super::tree::Tree;

const CHINESE: &str = "zh-CN.json";
const ENGLISH: &str = "en.json";

/// Compares each pair of word files.
pub fn check(tree: &Tree, _: &Manifest) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.files().filter(|(path, _)| path.starts_with("web/")) {
        let Some(folder) = path.strip_suffix(CHINESE) else {
            continue;
        };
        let other = format!("{folder}{ENGLISH}");
        let english = tree.text(&other).unwrap_or("{}");
        findings.extend(missing(path, text, &other, english));
        findings.extend(missing(&other, english, path, text));
    }
    findings
}

/// Words of `one` that `other` lacks or leaves empty.
fn missing(one: &str, one_text: &str, other: &str, other_text: &str) -> Vec<Finding> {
    let (Some(words), Some(others)) = (read(one_text), read(other_text)) else {
        return vec![Finding::new(
            one,
            0,
            "a word file is one JSON object of texts",
        )];
    };
    let mut findings = Vec::new();
    for (key, word) in &words {
        let last = key.rsplit('.').next().unwrap_or(key);
        let quoted = format!("\"{last}\"");
        let line = one_text
            .lines()
            .position(|line| line.contains(&quoted))
            .map_or(0, |at| at + 1);
        if word.trim().is_empty() {
            findings.push(Finding::new(one, line, format!("{key} has no words")));
        }
        if !others.contains_key(key) {
            let message = format!("{key} is missing in {other}: add it there too");
            findings.push(Finding::new(one, line, message));
        }
    }
    findings
}

/// Texts by dotted key.
fn read(text: &str) -> Option<BTreeMap<String, String>> {
    let value: Value = serde_json::from_str(text).ok()?;
    let mut words = BTreeMap::new();
    flatten("", &value, &mut words);
    value.is_object().then_some(words)
}

fn flatten(prefix: &str, value: &Value, words: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(inner) => {
            for (key, value) in inner {
                let dotted = if prefix.is_empty() {
                    key.clone()
                } else {
                    format!("{prefix}.{key}")
                };
                flatten(&dotted, value, words);
            }
        }
        Value::String(word) => {
            words.insert(prefix.to_owned(), word.clone());
        }
        other => {
            words.insert(prefix.to_owned(), other.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::manifest::Manifest;
    use super::super::tree::samples::tree;
    use super::check;

    fn messages(chinese: &str, english: &str) -> Vec<String> {
        let files = [("web/a/zh-CN.json", chinese), ("web/a/en.json", english)];
        let findings = check(&tree(&files), &Manifest::default());
        findings
            .into_iter()
            .map(|f| format!("{}:{} {}", f.path, f.line, f.message))
            .collect()
    }

    #[test]
    fn the_same_keys_are_fine() {
        assert_eq!(
            messages("{\"a\":{\"b\":\"甲\"}}", "{\"a\":{\"b\":\"A\"}}"),
            [""; 0]
        );
    }

    #[test]
    fn a_key_in_one_language_only_is_found() {
        let found = messages(
            "{\n\"a\":\"甲\",\n\"b\":\"乙\"}",
            "{\"a\":\"A\",\"c\":\"C\"}",
        );
        assert_eq!(
            found[0],
            "web/a/zh-CN.json:3 b is missing in web/a/en.json: add it there too"
        );
        assert_eq!(
            found[1],
            "web/a/en.json:1 c is missing in web/a/zh-CN.json: add it there too"
        );
    }

    #[test]
    fn empty_words_are_found() {
        assert_eq!(
            messages("{\"a\":\"\"}", "{\"a\":\"A\"}"),
            ["web/a/zh-CN.json:1 a has no words"]
        );
    }
}
