//! Cuts an SQL file into statements.
//!
//! A migration runs one statement a call, because a sharded cluster takes no
//! more than one, and because an error can then name its line. The cutter
//! knows what may hide a semicolon: line and nested block comments, quoted
//! strings and names, dollar quotes and parentheses. It does not know
//! `BEGIN ATOMIC` function bodies; write those functions with dollar quotes.

/// One statement of a file.
#[derive(Debug, PartialEq, Eq)]
pub struct Statement<'a> {
    /// The text without the closing semicolon; leading comments are kept.
    pub text: &'a str,
    /// The line of its first word, from 1.
    pub line: usize,
}

/// Something was opened and never closed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what} is never closed")]
pub struct SplitError {
    /// The line where it was opened, from 1.
    pub line: usize,
    /// What was opened, for people.
    pub what: &'static str,
}

/// Cuts `sql` at every semicolon that ends a statement. Pieces that hold only
/// comments are left out.
///
/// # Errors
/// [`SplitError`] for an unclosed comment, quote or parenthesis.
pub fn split(sql: &str) -> Result<Vec<Statement<'_>>, SplitError> {
    let mut cutter = Cutter::new(sql);
    while cutter.at < sql.len() {
        cutter.step()?;
    }
    if let Some(opened) = cutter.parentheses.pop() {
        return Err(cutter.error(opened, "a parenthesis"));
    }
    cutter.cut(sql.len());
    Ok(cutter.statements)
}

struct Cutter<'a> {
    sql: &'a str,
    at: usize,
    /// Where the current statement begins, comments included.
    start: usize,
    /// Where its first word begins, if it has one yet.
    first_word: Option<usize>,
    parentheses: Vec<usize>,
    statements: Vec<Statement<'a>>,
}

impl<'a> Cutter<'a> {
    fn new(sql: &'a str) -> Self {
        Self {
            sql,
            at: 0,
            start: 0,
            first_word: None,
            parentheses: Vec::new(),
            statements: Vec::new(),
        }
    }

    /// Moves past one token, or one character of one.
    fn step(&mut self) -> Result<(), SplitError> {
        let rest = &self.sql[self.at..];
        let first = rest.as_bytes()[0];
        if rest.starts_with("--") {
            self.at += rest.find('\n').map_or(rest.len(), |end| end + 1);
            return Ok(());
        }
        if rest.starts_with("/*") {
            return self.skip_block_comment();
        }
        if first.is_ascii_whitespace() {
            self.at += 1;
            return Ok(());
        }
        if first == b';' && self.parentheses.is_empty() {
            self.cut(self.at);
            self.at += 1;
            self.start = self.at;
            return Ok(());
        }
        self.first_word.get_or_insert(self.at);
        match first {
            b'\'' => {
                let escapes = self.is_escape_string();
                self.skip_quoted('\'', escapes, "a string")
            }
            b'"' => self.skip_quoted('"', false, "a quoted name"),
            b'$' => self.skip_dollar_quoted(),
            b'(' => {
                self.parentheses.push(self.at);
                self.at += 1;
                Ok(())
            }
            b')' => {
                self.parentheses.pop();
                self.at += 1;
                Ok(())
            }
            _ if is_word(first) => {
                // A dollar sign inside a word belongs to the word.
                let end = rest
                    .bytes()
                    .position(|byte| !is_word(byte) && byte != b'$')
                    .unwrap_or(rest.len());
                self.at += end;
                Ok(())
            }
            _ => {
                self.at += 1;
                Ok(())
            }
        }
    }

    /// True when the quote at the cursor belongs to `E'…'`, where a backslash
    /// escapes.
    fn is_escape_string(&self) -> bool {
        let before = &self.sql.as_bytes()[..self.at];
        let Some(b'e' | b'E') = before.last() else {
            return false;
        };
        !before
            .len()
            .checked_sub(2)
            .is_some_and(|index| is_word(before[index]))
    }

    fn skip_quoted(
        &mut self,
        quote: char,
        escapes: bool,
        what: &'static str,
    ) -> Result<(), SplitError> {
        let opened = self.at;
        let mut characters = self.sql[opened + 1..].char_indices().peekable();
        while let Some((offset, character)) = characters.next() {
            if character == '\\' && escapes {
                characters.next();
            } else if character == quote {
                // A doubled quote stands for itself.
                if characters.next_if(|(_, next)| *next == quote).is_none() {
                    self.at = opened + 1 + offset + 1;
                    return Ok(());
                }
            }
        }
        Err(self.error(opened, what))
    }

    fn skip_dollar_quoted(&mut self) -> Result<(), SplitError> {
        let opened = self.at;
        let rest = &self.sql[opened..];
        let tag_end = rest[1..]
            .bytes()
            .position(|byte| !is_word(byte))
            .map(|end| end + 1);
        let delimiter = match tag_end {
            Some(end) if rest.as_bytes()[end] == b'$' && !rest.as_bytes()[1].is_ascii_digit() => {
                &rest[..=end]
            }
            // A parameter such as $1.
            _ => {
                self.at += 1;
                return Ok(());
            }
        };
        match rest[delimiter.len()..].find(delimiter) {
            Some(offset) => {
                self.at += offset + 2 * delimiter.len();
                Ok(())
            }
            None => Err(self.error(opened, "a dollar quote")),
        }
    }

    fn skip_block_comment(&mut self) -> Result<(), SplitError> {
        let opened = self.at;
        let mut depth = 0_usize;
        loop {
            let rest = &self.sql.as_bytes()[self.at..];
            if rest.is_empty() {
                return Err(self.error(opened, "a comment"));
            } else if rest.starts_with(b"/*") {
                depth += 1;
                self.at += 2;
            } else if rest.starts_with(b"*/") {
                depth -= 1;
                self.at += 2;
                if depth == 0 {
                    return Ok(());
                }
            } else {
                self.at += 1;
            }
        }
    }

    /// Ends the current statement before `end`.
    fn cut(&mut self, end: usize) {
        if let Some(first_word) = self.first_word.take() {
            self.statements.push(Statement {
                text: self.sql[self.start..end].trim(),
                line: self.line(first_word),
            });
        }
    }

    fn line(&self, at: usize) -> usize {
        self.sql[..at].matches('\n').count() + 1
    }

    fn error(&self, opened: usize, what: &'static str) -> SplitError {
        SplitError {
            line: self.line(opened),
            what,
        }
    }
}

/// Bytes of words; every byte of a character beyond ASCII counts as one.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(sql: &str) -> Vec<&str> {
        split(sql)
            .unwrap()
            .into_iter()
            .map(|statement| statement.text)
            .collect()
    }

    #[test]
    fn cuts_at_semicolons_and_drops_what_is_empty() {
        assert_eq!(texts("SELECT 1;\n\nSELECT 2"), ["SELECT 1", "SELECT 2"]);
        assert_eq!(texts(" ;; -- nothing\n /* nothing */ ;"), [""; 0]);
        assert_eq!(texts(""), [""; 0]);
    }

    #[test]
    fn keeps_semicolons_in_strings_names_and_comments() {
        for whole in [
            "SELECT 'a;b'",
            "SELECT 'it''s; fine'",
            "SELECT E'a\\';b'",
            "SELECT \"odd;name\"",
            "SELECT 1 -- not; here\n + 2",
            "SELECT /* no; /* nested; */ still; */ 1",
            "CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2)",
            "COMMENT ON COLUMN t.c IS '围合区;卡口'",
        ] {
            assert_eq!(texts(&format!("{whole};")), [whole]);
        }
    }

    #[test]
    fn a_backslash_escapes_only_in_an_escape_string() {
        assert_eq!(
            texts("SELECT 'a\\'; SELECT 2"),
            ["SELECT 'a\\'", "SELECT 2"]
        );
        assert_eq!(texts("SELECT nameE'a\\'; SELECT 2").len(), 2);
    }

    #[test]
    fn keeps_dollar_quoted_bodies_whole() {
        let body = "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $body$ \
                    BEGIN PERFORM $$;$$; RETURN $1; END; $body$";
        assert_eq!(texts(&format!("{body};\nSELECT 1;")), [body, "SELECT 1"]);
        assert_eq!(texts("SELECT a$b; SELECT $1;"), ["SELECT a$b", "SELECT $1"]);
    }

    #[test]
    fn names_the_line_of_the_first_word_and_of_what_is_open() {
        let statements = split("-- head\n\nSELECT 1;\n-- more\nSELECT\n2;").unwrap();
        assert_eq!(
            statements.iter().map(|s| s.line).collect::<Vec<_>>(),
            [3, 5]
        );
        for (sql, what) in [
            ("\nSELECT 'a", "a string"),
            ("\nSELECT \"a", "a quoted name"),
            ("\nSELECT $x$ a", "a dollar quote"),
            ("\n/* a", "a comment"),
            ("\nSELECT (1", "a parenthesis"),
        ] {
            assert_eq!(split(sql), Err(SplitError { line: 2, what }));
        }
    }

    proptest! {
        #[test]
        fn never_panics_and_loses_no_statement(sql in "[a-z'\"$;()/*\\- \\n\u{4e00}-\u{4e20}]{0,60}") {
            if let Ok(statements) = split(&sql) {
                for statement in statements {
                    prop_assert!(!statement.text.is_empty());
                    prop_assert!(sql.contains(statement.text));
                }
            }
        }
    }
}
