//! Where phones reach the pass.

/// An origin without a path: what a phone's camera is to open.
pub fn parse(text: &str) -> Result<String, String> {
    let host = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"))
        .map(|rest| rest.strip_suffix('/').unwrap_or(rest))
        .filter(|host| !host.is_empty() && host.len() <= 253);
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
    match host {
        Some(host) if host.bytes().all(plain) => {
            Ok(text.strip_suffix('/').unwrap_or(text).to_owned())
        }
        _ => Err("an address like https://pass.example, without a path".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_an_origin() {
        for (text, origin) in [
            ("https://pass.example", "https://pass.example"),
            ("https://pass.example/", "https://pass.example"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("http://[::1]:8080", "http://[::1]:8080"),
        ] {
            assert_eq!(parse(text).as_deref(), Ok(origin));
        }
        for text in [
            "pass.example",
            "https://",
            "https://pass.example/a",
            "https://pass.example/#g=",
            "ftp://pass.example",
            "https://a b",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
