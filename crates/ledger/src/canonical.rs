//! Fields as bytes, in one way only.

/// Tags before each field, so that no two lists of fields share their bytes.
const NONE: u8 = 0;
const TEXT: u8 = 1;
const NUMBER: u8 = 2;
const NUMBERS: u8 = 3;

/// Writes fields one after the other: a tag, the length where it varies, the value. Two
/// different lists of fields never give the same bytes.
pub struct Canonical(Vec<u8>);

impl Canonical {
    /// Begins with the name of the layout, which is also its version.
    pub fn new(layout: &str) -> Self {
        Self(Vec::with_capacity(256)).text(layout)
    }

    /// A text.
    #[must_use]
    pub fn text(mut self, text: &str) -> Self {
        self.0.push(TEXT);
        self.length(text.len());
        self.0.extend_from_slice(text.as_bytes());
        self
    }

    /// A text that may be absent, which is not the same as empty.
    #[must_use]
    pub fn optional(mut self, text: Option<&str>) -> Self {
        match text {
            Some(text) => self.text(text),
            None => {
                self.0.push(NONE);
                self
            }
        }
    }

    /// A whole number.
    #[must_use]
    pub fn number(mut self, number: i64) -> Self {
        self.0.push(NUMBER);
        self.0.extend_from_slice(&number.to_be_bytes());
        self
    }

    /// Whole numbers in their order.
    #[must_use]
    pub fn numbers(mut self, numbers: &[i64]) -> Self {
        self.0.push(NUMBERS);
        self.length(numbers.len());
        for number in numbers {
            self.0.extend_from_slice(&number.to_be_bytes());
        }
        self
    }

    /// The bytes.
    pub fn finish(self) -> Vec<u8> {
        self.0
    }

    fn length(&mut self, length: usize) {
        self.0.extend_from_slice(&(length as u64).to_be_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_cannot_trade_bytes() {
        let joined = Canonical::new("t").text("ab").text("c").finish();
        let split = Canonical::new("t").text("a").text("bc").finish();
        assert_ne!(joined, split);
        let absent = Canonical::new("t").optional(None).finish();
        let empty = Canonical::new("t").optional(Some("")).finish();
        assert_ne!(absent, empty);
        let one = Canonical::new("t").number(1).finish();
        let list = Canonical::new("t").numbers(&[1]).finish();
        assert_ne!(one, list);
    }
}
