//! Finds `crate::…` and `super::…` paths in code, with `use` groups written out.

use super::lexer::Lexed;

/// A path from the crate's root.
#[derive(Debug, PartialEq, Eq)]
pub struct CratePath {
    /// Line, from 1.
    pub line: usize,
    /// What follows `crate`, e.g. `["facts", "store", "insert"]`.
    pub segments: Vec<String>,
}

/// Every path of a file that starts at the crate's root, also by climbing with `super`.
///
/// `depth` is how many modules the file lies below the root (`facts/store.rs`: 2).
/// Modules inside the file are not counted, so a path that climbs exactly to the root from
/// an inner module is not seen; rustfmt's and our habit is to write `crate::` there.
pub fn crate_paths(lexed: &Lexed, depth: usize) -> Vec<CratePath> {
    let code = lexed.code.as_str();
    let mut found = Vec::new();
    for (start, keyword) in words(code) {
        let mut at = start + keyword.len();
        if keyword == "super" {
            if code[..start].trim_end().ends_with("::") {
                continue;
            }
            let mut climbed = 1;
            while let Some(next) = after_word(code, at, "super") {
                at = next;
                climbed += 1;
            }
            if climbed < depth {
                continue;
            }
        } else if keyword != "crate" {
            continue;
        }
        let Some(rest) = after_colons(code, at) else {
            continue;
        };
        let mut reader = Reader { code, at: rest };
        for segments in reader.tree() {
            found.push(CratePath {
                line: lexed.line_of(start),
                segments,
            });
        }
    }
    found
}

/// Paths that begin with a module the file has imported: after `use crate::facts;`, also
/// `facts::store::insert` is a path to `facts`.
pub fn imported_paths(lexed: &Lexed, imported: &[&str]) -> Vec<CratePath> {
    let code = lexed.code.as_str();
    let mut found = Vec::new();
    for (start, word) in words(code) {
        let begins = !code[..start].trim_end().ends_with("::");
        let goes_on = after_colons(code, start + word.len()).is_some();
        if imported.contains(&word) && begins && goes_on {
            let mut reader = Reader { code, at: start };
            let line = lexed.line_of(start);
            let paths = reader.tree().into_iter();
            found.extend(paths.map(|segments| CratePath { line, segments }));
        }
    }
    found
}

/// Words of the code with their positions.
pub fn words(code: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    code.split(move |c: char| !is_word(c))
        .filter(|word| !word.is_empty())
        .map(move |word| (word.as_ptr() as usize - code.as_ptr() as usize, word))
}

/// Position after `::`, if it comes next.
fn after_colons(code: &str, at: usize) -> Option<usize> {
    let rest = code[at..].trim_start();
    rest.starts_with("::").then(|| code.len() - rest.len() + 2)
}

/// Position after `::word`, if it comes next.
fn after_word(code: &str, at: usize, word: &str) -> Option<usize> {
    let at = after_colons(code, at)?;
    let rest = code[at..].trim_start();
    let tail = rest.strip_prefix(word)?;
    let ends = tail
        .chars()
        .next()
        .is_none_or(|c| !c.is_alphanumeric() && c != '_');
    ends.then(|| code.len() - tail.len())
}

struct Reader<'a> {
    code: &'a str,
    at: usize,
}

impl Reader<'_> {
    /// Reads `a::b`, `a::{b, c::d}`, `*` or a group, and writes it out.
    fn tree(&mut self) -> Vec<Vec<String>> {
        self.skip_space();
        if self.eat("{") {
            return self.group();
        }
        if self.eat("*") {
            return vec![vec!["*".to_owned()]];
        }
        let Some(word) = self.word() else {
            return vec![Vec::new()];
        };
        if !self.eat("::") {
            return vec![vec![word]];
        }
        let mut below = self.tree();
        for path in &mut below {
            path.insert(0, word.clone());
        }
        below
    }

    fn group(&mut self) -> Vec<Vec<String>> {
        let mut paths = Vec::new();
        loop {
            self.skip_space();
            if self.eat("}") || self.at >= self.code.len() {
                return paths;
            }
            let before = self.at;
            paths.extend(self.tree());
            self.skip_space();
            if self.eat("as ") {
                self.skip_space();
                self.word();
                self.skip_space();
            }
            self.eat(",");
            if self.at == before {
                return paths;
            }
        }
    }

    fn skip_space(&mut self) {
        self.at = self.code.len() - self.code[self.at..].trim_start().len();
    }

    fn eat(&mut self, token: &str) -> bool {
        let there = self.code[self.at..].starts_with(token);
        if there {
            self.at += token.len();
        }
        there
    }

    fn word(&mut self) -> Option<String> {
        let rest = &self.code[self.at..];
        let end = rest
            .find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(rest.len());
        self.at += end;
        (end > 0).then(|| rest[..end].to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::super::lexer::lex;
    use super::{crate_paths, imported_paths};

    fn found(code: &str, depth: usize) -> Vec<String> {
        crate_paths(&lex(code), depth)
            .into_iter()
            .map(|path| path.segments.join("::"))
            .collect()
    }

    #[test]
    fn groups_are_written_out() {
        let code = "use crate::{divisions, facts::{self, store as s, model::*}};";
        assert_eq!(
            found(code, 1),
            [
                "divisions",
                "facts::self",
                "facts::store",
                "facts::model::*"
            ]
        );
    }

    #[test]
    fn paths_in_expressions_and_types() {
        let code = "let x: crate::rules::InForce = crate::facts::append(tx)?; // crate::stats::x";
        assert_eq!(found(code, 2), ["rules::InForce", "facts::append"]);
    }

    #[test]
    fn paths_through_an_imported_module() {
        let lexed = lex("use crate::facts; fn f() { facts::store::x(); super::facts::y(); facts }");
        let found = imported_paths(&lexed, &["facts"]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].segments, ["facts", "store", "x"]);
    }

    #[test]
    fn climbing_to_the_root() {
        assert_eq!(
            found("use super::super::rules::InForce;", 2),
            ["rules::InForce"]
        );
        assert!(found("use super::model::View;", 2).is_empty());
        assert_eq!(found("use super::rules::InForce;", 1), ["rules::InForce"]);
    }
}
