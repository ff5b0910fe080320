//! Reads as much of a SQL statement as is needed to know which tables it writes and reads.

use std::collections::BTreeSet;

/// What a statement does to a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verb {
    /// INSERT, COPY … FROM, MERGE.
    Insert,
    /// UPDATE.
    Update,
    /// DELETE, TRUNCATE.
    Delete,
}

impl Verb {
    /// As written in slices.toml.
    pub fn as_str(self) -> &'static str {
        match self {
            Verb::Insert => "insert",
            Verb::Update => "update",
            Verb::Delete => "delete",
        }
    }
}

/// A statement, as far as it matters here.
#[derive(Debug, Default)]
pub struct Statement {
    /// `slice` and `function` of the `-- slice.function` header.
    pub header: Option<(String, String)>,
    /// Tables written.
    pub writes: BTreeSet<(Verb, String)>,
    /// Tables read.
    pub reads: BTreeSet<String>,
}

/// Words that begin a statement.
const OPENINGS: &[&str] = &[
    "SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "COPY", "TRUNCATE", "MERGE", "CREATE", "ALTER",
    "DROP", "LOCK", "SET", "NOTIFY", "LISTEN",
];
/// Second words that make sure of it, for openings that prose also uses.
const SECONDS: &[&str] = &[
    "INTO",
    "FROM",
    "TABLE",
    "LOCAL",
    "UNLOGGED",
    "TEMP",
    "TEMPORARY",
    "INDEX",
];

/// Whether a string literal is a SQL statement: it has our header, or begins like one.
pub fn is_statement(text: &str) -> bool {
    if header(text).is_some() {
        return true;
    }
    let mut words = text.split_whitespace();
    let (Some(first), Some(second)) = (words.next(), words.next()) else {
        return false;
    };
    if !OPENINGS.contains(&first) {
        return false;
    }
    let rest = || text.split_whitespace().skip(1);
    match first {
        "SELECT" => true,
        "WITH" => rest().any(|word| word == "AS"),
        "UPDATE" => rest().any(|word| word == "SET"),
        "COPY" => rest().any(|word| word == "FROM" || word == "TO"),
        _ => SECONDS.contains(&second),
    }
}

/// The `-- slice.function` header.
fn header(text: &str) -> Option<(String, String)> {
    let name = text.strip_prefix("-- ")?.lines().next()?.trim();
    let (slice, function) = name.split_once('.')?;
    let plain = |word: &str| {
        !word.is_empty()
            && word
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b == b'_' || b.is_ascii_digit())
    };
    (plain(slice) && plain(function)).then(|| (slice.to_owned(), function.to_owned()))
}

/// Reads a statement.
pub fn parse(text: &str) -> Statement {
    let tokens = tokens(text);
    let made = made_here(&tokens);
    let mut statement = Statement {
        header: header(text),
        ..Statement::default()
    };
    for (at, token) in tokens.iter().enumerate() {
        let word = token.to_ascii_uppercase();
        let next = |offset: usize| tokens.get(at + offset).map_or("", String::as_str);
        let before = at
            .checked_sub(1)
            .map_or("", |at| tokens[at].as_str())
            .to_ascii_uppercase();
        match word.as_str() {
            "INSERT" | "MERGE" if next(1).eq_ignore_ascii_case("INTO") => {
                write(&mut statement, Verb::Insert, next(2));
            }
            "COPY" => write(&mut statement, Verb::Insert, next(1)),
            "UPDATE" if !matches!(before.as_str(), "DO" | "FOR" | "KEY") => {
                let only = next(1).eq_ignore_ascii_case("ONLY");
                write(&mut statement, Verb::Update, next(if only { 2 } else { 1 }));
            }
            "DELETE" if next(1).eq_ignore_ascii_case("FROM") => {
                write(&mut statement, Verb::Delete, next(2));
            }
            "TRUNCATE" => {
                let table = next(1).eq_ignore_ascii_case("TABLE");
                write(
                    &mut statement,
                    Verb::Delete,
                    next(if table { 2 } else { 1 }),
                );
            }
            "FROM" if before != "DELETE" && before != "DISTINCT" => {
                from_list(&tokens[at + 1..], &mut statement.reads);
            }
            "JOIN" | "USING" if is_name(next(1)) => {
                statement.reads.insert(next(1).to_owned());
            }
            _ => {}
        }
    }
    statement
        .writes
        .retain(|(_, table)| !made.contains(table.as_str()));
    statement
        .reads
        .retain(|table| !made.contains(table.as_str()));
    statement
}

fn write(statement: &mut Statement, verb: Verb, table: &str) {
    if is_name(table) {
        statement.writes.insert((verb, table.to_owned()));
    }
}

/// The items of a FROM list: each first word after FROM or a comma on the same level.
fn from_list(tokens: &[String], reads: &mut BTreeSet<String>) {
    const ENDS: &[&str] = &[
        "WHERE",
        "JOIN",
        "LEFT",
        "INNER",
        "CROSS",
        "GROUP",
        "ORDER",
        "LIMIT",
        "UNION",
        "ON",
        "SET",
        "RETURNING",
        "FOR",
        "WINDOW",
        "HAVING",
        "EXCEPT",
    ];
    let mut depth = 0_i32;
    let mut item_begins = true;
    for token in tokens {
        match token.as_str() {
            "(" => depth += 1,
            ")" => depth -= 1,
            "," if depth == 0 => {
                item_begins = true;
                continue;
            }
            word if depth == 0 && ENDS.contains(&word.to_ascii_uppercase().as_str()) => return,
            word if depth == 0 && item_begins && is_name(word) => {
                if word.eq_ignore_ascii_case("ONLY") || word.eq_ignore_ascii_case("LATERAL") {
                    continue;
                }
                reads.insert(word.to_owned());
            }
            _ => {}
        }
        if depth < 0 {
            return;
        }
        item_begins = false;
    }
}

/// Names that the statement itself makes: `name AS (`, `name (columns) AS (`, temporary tables.
fn made_here(tokens: &[String]) -> BTreeSet<&str> {
    let upper: Vec<String> = tokens
        .iter()
        .map(|token| token.to_ascii_uppercase())
        .collect();
    let is = |at: usize, word: &str| upper.get(at).is_some_and(|token| token == word);
    let mut made = BTreeSet::new();
    for (at, token) in tokens.iter().enumerate() {
        let opens = at > 0 && (is(at - 1, "WITH") || is(at - 1, "RECURSIVE") || is(at - 1, ","));
        let mut after = at + 1;
        if opens && is_name(token) && is(after, "(") {
            after += 1 + upper[after..].iter().position(|t| t == ")").unwrap_or(0);
        }
        let materialized =
            usize::from(is(after + 1, "MATERIALIZED")) + 2 * usize::from(is(after + 1, "NOT"));
        if opens && is(after, "AS") && is(after + 1 + materialized, "(") {
            made.insert(token.as_str());
        }
        if token.eq_ignore_ascii_case("TABLE")
            && at > 0
            && (is(at - 1, "TEMP") || is(at - 1, "TEMPORARY"))
        {
            let named = if is(at + 1, "IF") { at + 4 } else { at + 1 };
            made.extend(tokens.get(named).map(String::as_str));
        }
    }
    made
}

fn is_name(word: &str) -> bool {
    let first = word.bytes().next().unwrap_or(b' ');
    first.is_ascii_lowercase() || first == b'_'
}

/// Words and punctuation; comments and quoted text are left out.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut quoted = false;
    for line in text.lines() {
        let mut word = String::new();
        let line = if quoted {
            line
        } else {
            line.split("--").next().unwrap_or("")
        };
        for c in line.chars() {
            if c == '\'' {
                quoted = !quoted;
            }
            if !quoted && (c.is_alphanumeric() || c == '_') {
                word.push(c);
                continue;
            }
            if !word.is_empty() {
                tokens.push(std::mem::take(&mut word));
            }
            if !quoted && !c.is_whitespace() {
                tokens.push(c.to_string());
            }
        }
        if !word.is_empty() {
            tokens.push(word);
        }
    }
    tokens
}

/// Tables that migrations make and do not drop again, with the line of each.
pub fn created_tables(migration: &str) -> Vec<(usize, String)> {
    let mut tables = Vec::new();
    for (number, line) in migration.lines().enumerate() {
        let tokens = tokens(line);
        let upper: Vec<String> = tokens
            .iter()
            .map(|token| token.to_ascii_uppercase())
            .collect();
        let skip = |at: usize| {
            if upper.get(at).is_some_and(|t| t == "IF") {
                at + 3
            } else {
                at
            }
        };
        let words: Vec<&str> = upper.iter().take(3).map(String::as_str).collect();
        let at = match words.as_slice() {
            ["CREATE", "TABLE", ..] => skip(2),
            ["CREATE", "UNLOGGED", "TABLE"] => skip(3),
            _ => continue,
        };
        let partition = upper.windows(2).any(|pair| pair == ["PARTITION", "OF"]);
        if let (Some(name), false) = (tokens.get(at), partition) {
            tables.push((number + 1, name.clone()));
        }
    }
    tables
}

#[cfg(test)]
mod tests {
    use super::{Verb, created_tables, is_statement, parse};

    fn writes(sql: &str) -> Vec<(Verb, String)> {
        parse(sql).writes.into_iter().collect()
    }

    fn reads(sql: &str) -> Vec<String> {
        parse(sql).reads.into_iter().collect()
    }

    #[test]
    fn writes_are_seen_in_every_form() {
        let sql = "-- scans.record
            WITH gone AS (DELETE FROM scan_tally RETURNING hour), up AS (UPDATE visit SET a = 1)
            INSERT INTO outbox (a) SELECT hour FROM gone
            ON CONFLICT (a) DO UPDATE SET b = 1";
        assert_eq!(
            writes(sql),
            [
                (Verb::Insert, "outbox".to_owned()),
                (Verb::Update, "visit".to_owned()),
                (Verb::Delete, "scan_tally".to_owned())
            ]
        );
        assert!(reads(sql).is_empty());
        assert_eq!(
            parse(sql).header,
            Some(("scans".to_owned(), "record".to_owned()))
        );
    }

    #[test]
    fn locks_are_not_updates() {
        assert!(writes("SELECT 1 FROM fact WHERE a = 1 FOR UPDATE OF fact").is_empty());
        assert!(writes("SELECT 1 FROM fact FOR NO KEY UPDATE SKIP LOCKED").is_empty());
    }

    #[test]
    fn reads_are_seen_in_lists_and_joins() {
        let sql = "SELECT a FROM person p, LATERAL (SELECT 1 FROM fact) f, gate AS g
            LEFT JOIN enclosure USING (x) WHERE a IS DISTINCT FROM b";
        assert_eq!(reads(sql), ["enclosure", "fact", "gate", "person"]);
    }

    #[test]
    fn names_made_by_the_statement_are_nobodys_tables() {
        let sql = "WITH given (a, b) AS (SELECT 1), n AS MATERIALIZED (SELECT 2) SELECT a FROM given, n, pass";
        assert_eq!(reads(sql), ["pass"]);
    }

    #[test]
    fn statements_are_told_from_prose() {
        assert!(is_statement("SELECT 1"));
        assert!(is_statement("-- facts.insert\nanything"));
        assert!(is_statement("COPY fact FROM STDIN BINARY"));
        assert!(!is_statement("SELECT"));
        assert!(!is_statement("Set the clock"));
        assert!(!is_statement("-- not a header"));
        assert!(!is_statement("CREATE something"));
    }

    #[test]
    fn tables_of_migrations() {
        let sql = "CREATE TABLE a (\n);\nCREATE UNLOGGED TABLE IF NOT EXISTS b (x int);\nCREATE TABLE a_1 PARTITION OF a DEFAULT;";
        assert_eq!(
            created_tables(sql),
            [(1, "a".to_owned()), (3, "b".to_owned())]
        );
    }
}
