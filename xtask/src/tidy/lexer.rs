//! Takes Rust source apart into code, strings and comments.
//!
//! Only as much of the language as is needed to tell a word in code from the same word in a
//! comment or a string. The code keeps its length and its lines, so that positions hold.

/// A string literal.
#[derive(Debug, PartialEq, Eq)]
pub struct Literal {
    /// Line on which it begins, from 1.
    pub line: usize,
    /// What stands between the quotes, escapes untouched.
    pub text: String,
}

/// A source taken apart.
#[derive(Debug)]
pub struct Lexed {
    /// The source with comments and the insides of strings blanked.
    pub code: String,
    /// Its string literals, in order.
    pub literals: Vec<Literal>,
}

impl Lexed {
    /// The line of a position in the code, from 1.
    pub fn line_of(&self, position: usize) -> usize {
        line_of(&self.code, position)
    }
}

/// The line of a byte position, from 1.
pub fn line_of(text: &str, position: usize) -> usize {
    let end = position.min(text.len());
    text.as_bytes()[..end]
        .iter()
        .filter(|byte| **byte == b'\n')
        .count()
        + 1
}

/// Takes a source apart.
pub fn lex(source: &str) -> Lexed {
    let mut lexer = Lexer {
        bytes: source.as_bytes(),
        at: 0,
        code: Vec::with_capacity(source.len()),
        literals: Vec::new(),
        line: 1,
    };
    lexer.run();
    Lexed {
        code: String::from_utf8_lossy(&lexer.code).into_owned(),
        literals: lexer.literals,
    }
}

struct Lexer<'a> {
    bytes: &'a [u8],
    at: usize,
    code: Vec<u8>,
    literals: Vec<Literal>,
    line: usize,
}

impl Lexer<'_> {
    fn run(&mut self) {
        while self.at < self.bytes.len() {
            let rest = &self.bytes[self.at..];
            if rest.starts_with(b"//") {
                self.blank_while(|rest| rest[0] != b'\n');
            } else if rest.starts_with(b"/*") {
                self.block_comment();
            } else if let Some(hashes) = raw_string(rest, self.before()) {
                self.raw(hashes);
            } else if rest[0] == b'"' {
                self.string();
            } else if rest[0] == b'\'' {
                self.quote();
            } else {
                self.keep();
            }
        }
    }

    /// The byte before this one, to tell `br"…"` from an identifier that ends in r.
    fn before(&self) -> u8 {
        if self.at == 0 {
            b' '
        } else {
            self.bytes[self.at - 1]
        }
    }

    fn keep(&mut self) {
        let byte = self.bytes[self.at];
        self.line += usize::from(byte == b'\n');
        self.code.push(byte);
        self.at += 1;
    }

    fn blank(&mut self) {
        let byte = self.bytes[self.at];
        self.line += usize::from(byte == b'\n');
        self.code.push(if byte == b'\n' { byte } else { b' ' });
        self.at += 1;
    }

    fn blank_while(&mut self, go_on: impl Fn(&[u8]) -> bool) {
        while self.at < self.bytes.len() && go_on(&self.bytes[self.at..]) {
            self.blank();
        }
    }

    fn block_comment(&mut self) {
        let mut depth = 0_usize;
        while self.at < self.bytes.len() {
            let rest = &self.bytes[self.at..];
            if rest.starts_with(b"/*") {
                depth += 1;
                self.blank();
            } else if rest.starts_with(b"*/") {
                depth -= 1;
                self.blank();
            }
            self.blank();
            if depth == 0 {
                return;
            }
        }
    }

    fn raw(&mut self, hashes: usize) {
        while self.bytes[self.at] != b'"' {
            self.keep();
        }
        let closing: Vec<u8> = std::iter::once(b'"')
            .chain(std::iter::repeat_n(b'#', hashes))
            .collect();
        self.keep();
        let (start, line) = (self.at, self.line);
        self.blank_while(|rest| !rest.starts_with(&closing));
        self.literal(start, line);
        if self.at < self.bytes.len() {
            self.keep();
        }
    }

    fn string(&mut self) {
        self.keep();
        let (start, line) = (self.at, self.line);
        while self.at < self.bytes.len() && self.bytes[self.at] != b'"' {
            if self.bytes[self.at] == b'\\' && self.at + 1 < self.bytes.len() {
                self.blank();
            }
            self.blank();
        }
        self.literal(start, line);
        if self.at < self.bytes.len() {
            self.keep();
        }
    }

    fn literal(&mut self, start: usize, line: usize) {
        let text = String::from_utf8_lossy(&self.bytes[start..self.at]).into_owned();
        self.literals.push(Literal { line, text });
    }

    /// A character, which is blanked, or a lifetime, which is kept.
    fn quote(&mut self) {
        let end = self.bytes.len().min(self.at + 16);
        let tail = String::from_utf8_lossy(&self.bytes[self.at + 1..end]);
        let mut chars = tail.chars();
        let inside = match chars.next() {
            Some('\\') => tail.chars().skip(2).position(|c| c == '\'').map(|n| n + 2),
            Some(first) if chars.next() == Some('\'') => Some(first.len_utf8()),
            _ => None,
        };
        for _ in 0..inside.map_or(0, |bytes| bytes + 2) {
            self.blank();
        }
        if inside.is_none() {
            self.keep();
        }
    }
}

/// How many hashes open the raw string that begins here, if one does.
fn raw_string(rest: &[u8], before: u8) -> Option<usize> {
    if before.is_ascii_alphanumeric() || before == b'_' {
        return None;
    }
    let prefix = [&b"r"[..], b"br", b"cr"]
        .into_iter()
        .find(|prefix| rest.starts_with(prefix))?;
    let tail = &rest[prefix.len()..];
    let hashes = tail.iter().take_while(|byte| **byte == b'#').count();
    (tail.get(hashes) == Some(&b'"')).then_some(hashes)
}

#[cfg(test)]
mod tests {
    use super::lex;

    #[test]
    fn comments_and_strings_leave_the_code() {
        let lexed = lex("let a = \"crate::x\"; // crate::y\n/* crate::z /* deep */ */ let b;");
        assert!(!lexed.code.contains("crate"));
        assert!(lexed.code.contains("let a = \""));
        assert!(lexed.code.contains("let b;"));
        assert_eq!(lexed.literals[0].text, "crate::x");
        assert_eq!(lexed.code.lines().count(), 2);
    }

    #[test]
    fn raw_strings_escapes_and_characters() {
        let lexed =
            lex("f(r#\"a \"quoted\" b\"#, \"c \\\" d\", '\"', b'\\'', '\\u{201C}', '“', x)");
        let texts: Vec<&str> = lexed.literals.iter().map(|l| l.text.as_str()).collect();
        assert_eq!(texts, ["a \"quoted\" b", "c \\\" d"]);
        assert!(lexed.code.ends_with(", x)"));
    }

    #[test]
    fn lifetimes_are_not_characters() {
        let lexed = lex("fn f<'a>(x: &'a str) -> &'a str { \"s\" }");
        assert!(lexed.code.contains("&'a str {"));
        assert_eq!(lexed.literals.len(), 1);
    }

    #[test]
    fn lines_of_literals_are_theirs() {
        let lexed = lex("\n\nlet s = \"one\n two\";\nlet t = \"three\";");
        assert_eq!(lexed.literals[0].line, 3);
        assert_eq!(lexed.literals[1].line, 5);
    }
}
