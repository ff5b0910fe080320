//! The server's clock as seen from here, and its time written into requests in
//! place: formatting a date for every scan would cost more than sending it.

use std::time::Instant;

use jiff::Timestamp;

/// `2020-03-06T00:30:00.000Z`: the form in which `at` stands in a request.
pub const AT_CHARS: usize = 24;

/// The server's clock, carried on by the local monotonic clock.
#[derive(Clone, Copy, Debug)]
pub struct ServerClock {
    server_ms: i64,
    read_at: Instant,
}

impl ServerClock {
    /// A clock that stood at `server_now` when `read_at` was taken.
    pub fn new(server_now: Timestamp, read_at: Instant) -> Self {
        Self {
            server_ms: server_now.as_millisecond(),
            read_at,
        }
    }

    /// The server's time at `moment`, in milliseconds since 1970.
    pub fn ms_at(&self, moment: Instant) -> i64 {
        self.server_ms + moment.saturating_duration_since(self.read_at).as_millis() as i64
    }
}

/// Writes times, remembering the last second written.
#[derive(Debug, Default)]
pub struct AtWriter {
    second: i64,
    text: [u8; AT_CHARS],
}

impl AtWriter {
    /// Writes `ms` (milliseconds since 1970) over the first [`AT_CHARS`] bytes of `place`.
    pub fn write(&mut self, ms: i64, place: &mut [u8]) {
        let (second, milli) = (ms.div_euclid(1000), ms.rem_euclid(1000));
        if second != self.second || self.text[0] == 0 {
            self.second = second;
            let time = Timestamp::from_second(second).unwrap_or_default();
            let text = format!("{}.000Z", time.strftime("%Y-%m-%dT%H:%M:%S"));
            self.text.copy_from_slice(&text.as_bytes()[..AT_CHARS]);
        }
        for (digit, place_value) in self.text[20..23].iter_mut().zip([100, 10, 1]) {
            *digit = b'0' + (milli / place_value % 10) as u8;
        }
        place[..AT_CHARS].copy_from_slice(&self.text);
    }
}

/// A time of the right length, to be written over.
pub const AT_BLANK: &str = "1970-01-01T00:00:00.000Z";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_rfc_3339() {
        let mut writer = AtWriter::default();
        let mut place = AT_BLANK.as_bytes().to_vec();
        for text in [
            "2020-03-06T00:30:00.007Z",
            "2020-03-06T00:30:00.123Z",
            "2020-03-06T00:30:01.990Z",
        ] {
            let time: Timestamp = text.parse().expect("a time");
            writer.write(time.as_millisecond(), &mut place);
            assert_eq!(std::str::from_utf8(&place).expect("ascii"), text);
        }
    }
}
