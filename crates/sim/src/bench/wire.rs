//! HTTP/1.1 as thin as a load generator needs it: requests are ready-made bytes,
//! of an answer only the status and the length of the body are looked at.

use std::io;
use std::net::SocketAddr;

use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;

/// Answers longer than this are taken for an error of the target.
const ANSWER_BYTES_MAX: usize = 1024 * 1024;

/// A kept-alive connection with one request under way at most.
pub struct Connection {
    target: SocketAddr,
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// What came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    body_start: usize,
    body_end: usize,
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// When nothing listens.
    pub async fn open(target: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(target).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            target,
            stream,
            buffer: Vec::with_capacity(8 * 1024),
        })
    }

    /// Connects anew after an error.
    ///
    /// # Errors
    /// When nothing listens.
    pub async fn reopen(&mut self) -> io::Result<()> {
        *self = Self::open(self.target).await?;
        Ok(())
    }

    /// Sends a request at once, as far as the socket takes it, without giving up the
    /// thread; answers what is left of it, which is nothing but for large uploads.
    ///
    /// # Errors
    /// When the connection is gone.
    pub fn send_now<'a>(&self, request: &'a [u8]) -> io::Result<&'a [u8]> {
        let mut left = request;
        while !left.is_empty() {
            match self.stream.try_write(left) {
                Ok(written) => left = &left[written..],
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        Ok(left)
    }

    /// Sends the rest of a request.
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn send_rest(&self, rest: &[u8]) -> io::Result<()> {
        let mut left = rest;
        while !left.is_empty() {
            self.stream.writable().await?;
            left = self.send_now(left)?;
        }
        Ok(())
    }

    /// Waits for the answer.
    ///
    /// # Errors
    /// When the connection ends early or the answer is not plain HTTP with a length.
    pub async fn receive(&mut self) -> io::Result<Answer> {
        self.buffer.clear();
        loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if let Some(answer) = parse(&self.buffer)? {
                return Ok(answer);
            }
            if self.buffer.len() > ANSWER_BYTES_MAX {
                return Err(io::Error::other("the answer is too long"));
            }
        }
    }

    /// Body of the last answer.
    pub fn body(&self, answer: Answer) -> &[u8] {
        self.buffer
            .get(answer.body_start..answer.body_end)
            .unwrap_or_default()
    }
}

/// The answer in `buffer`, or `None` while some of it is missing.
fn parse(buffer: &[u8]) -> io::Result<Option<Answer>> {
    let bad = || io::Error::other("the answer is not HTTP/1.1 with a content-length");
    let Some(head_end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") else {
        return Ok(None);
    };
    let digits = buffer
        .strip_prefix(b"HTTP/1.1 ")
        .and_then(|rest| rest.get(..3))
        .ok_or_else(bad)?;
    let status = number(digits).ok_or_else(bad)?;
    let mut length = None;
    for line in buffer[..head_end].split(|byte| *byte == b'\n') {
        const NAME: &[u8] = b"content-length:";
        if line.len() > NAME.len() && line[..NAME.len()].eq_ignore_ascii_case(NAME) {
            length = number(line[NAME.len()..].trim_ascii());
        }
    }
    // 204 and the like have neither a body nor a length.
    let length = if status == 204 {
        0
    } else {
        length.ok_or_else(bad)?
    };
    let body_start = head_end + 4;
    let body_end = body_start + length;
    Ok((buffer.len() >= body_end).then_some(Answer {
        status: status as u16,
        body_start,
        body_end,
    }))
}

fn number(digits: &[u8]) -> Option<usize> {
    if digits.is_empty() || digits.len() > 9 {
        return None;
    }
    digits.iter().try_fold(0, |value, digit| {
        digit
            .is_ascii_digit()
            .then(|| value * 10 + usize::from(digit - b'0'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_complete_only_with_its_body() {
        let whole = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\ndate: x\r\n\r\nbody";
        for cut in 0..whole.len() {
            assert_eq!(
                parse(&whole[..cut]).expect("valid so far"),
                None,
                "cut at {cut}"
            );
        }
        let answer = parse(whole).expect("valid").expect("whole");
        assert_eq!(
            (answer.status, answer.body_end - answer.body_start),
            (200, 4)
        );
    }

    #[test]
    fn other_protocols_are_refused() {
        assert!(parse(b"SSH-2.0-x\r\n\r\n").is_err());
        assert!(parse(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").is_err());
        assert!(parse(b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n").is_err());
        assert!(
            parse(b"HTTP/1.1 204 No Content\r\n\r\n")
                .expect("valid")
                .is_some()
        );
    }
}
