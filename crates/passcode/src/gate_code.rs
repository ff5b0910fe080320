//! The rotating code on a gate's own screen: a new one every 30 s, so that a picture of it
//! proves nothing a minute later.

use std::fmt;

use gridpass_types::GateId;
use jiff::Timestamp;
use rand::CryptoRng;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::cbor::{Cursor, ID_MAX, write_bytes, write_int, write_uint};
use crate::credential::{seconds, timestamp};
use crate::{GATE_PREFIX, IssueError, PassError, Suite, base45};

/// How long one gate code stays on the screen, in seconds.
pub const GATE_SLOT_S: u32 = 30;

/// Longest body of a gate code: heads, two numbers of 53 and 32 bits, and the MAC.
const BODY_BYTES_MAX: usize = 1 + 1 + 9 + 5 + 9;

/// The secret a gate shares with the server.
#[derive(Clone)]
pub struct GateSecret(Zeroizing<[u8; 32]>);

impl GateSecret {
    /// A new secret from 32 bytes of `rng`.
    #[must_use]
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        rng.fill_bytes(&mut *bytes);
        Self(bytes)
    }

    /// A stored secret.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 32]) -> Self {
        Self(Zeroizing::new(*bytes))
    }

    /// The 32 bytes, for sealed storage and for the gate's device.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        self.0.clone()
    }

    fn mac(&self, suite: Suite, gate_id: GateId, slot: u32) -> [u8; 8] {
        let parts: [&[u8]; 3] = [
            b"gridpass gate v1",
            &gate_id.get().to_be_bytes(),
            &slot.to_be_bytes(),
        ];
        let mac = suite.mac(&*self.0, &parts);
        *mac.first_chunk().expect("a MAC has 32 bytes")
    }
}

impl fmt::Debug for GateSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GateSecret(..)")
    }
}

/// A genuine and present gate code.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct VerifiedGateCode {
    /// The gate that showed it.
    pub gate_id: GateId,
    /// When its slot of 30 s began.
    pub slot_start: Timestamp,
}

/// Makes and checks the codes that gates show.
#[derive(Clone, Copy, Debug)]
pub struct GateCode;

impl GateCode {
    /// The code that the gate `gate_id` shows at `now`, its MAC by `suite`.
    ///
    /// # Errors
    /// [`IssueError::IdOutOfRange`] if it is negative or from 2^53 on, [`IssueError::TimeOutOfRange`] outside 1970
    /// to 2106.
    pub fn make(
        suite: Suite,
        secret: &GateSecret,
        gate_id: GateId,
        now: Timestamp,
    ) -> Result<String, IssueError> {
        if !(0..=ID_MAX).contains(&gate_id.get()) {
            return Err(IssueError::IdOutOfRange);
        }
        let slot = seconds(now).ok_or(IssueError::TimeOutOfRange)? / GATE_SLOT_S;
        let mut body = Vec::with_capacity(BODY_BYTES_MAX);
        body.extend_from_slice(&[0x84, suite.envelope_version()]);
        write_int(&mut body, gate_id.get());
        write_uint(&mut body, slot.into());
        write_bytes(&mut body, &secret.mac(suite, gate_id, slot));
        let mut text = String::from(GATE_PREFIX);
        base45::encode_into(&body, &mut text);
        Ok(text)
    }

    /// Checks a gate code read at `now`; it counts in its own slot and in the next.
    ///
    /// `secret_of` finds the secret of a gate by its id.
    ///
    /// # Errors
    /// A [`PassError`] that says what is wrong, first of all if it is not genuine.
    pub fn verify(
        secret_of: impl FnOnce(GateId) -> Option<GateSecret>,
        text: &[u8],
        now: Timestamp,
    ) -> Result<VerifiedGateCode, PassError> {
        let body = text
            .strip_prefix(GATE_PREFIX.as_bytes())
            .ok_or(PassError::NotAGateCode)?;
        let mut buffer = [0; BODY_BYTES_MAX];
        let (suite, gate_id, slot, mac) = base45::decode_into(body, &mut buffer)
            .ok_or(PassError::Malformed)
            .and_then(parse)
            .map_err(|_| PassError::GateCodeMalformed)?;
        let secret = secret_of(gate_id).ok_or(PassError::GateUnknown)?;
        if !bool::from(secret.mac(suite, gate_id, slot).ct_eq(mac)) {
            return Err(PassError::GateCodeForged);
        }
        let behind = now.as_second().div_euclid(GATE_SLOT_S.into()) - i64::from(slot);
        match behind {
            0 | 1 => Ok(VerifiedGateCode {
                gate_id,
                slot_start: timestamp(slot * GATE_SLOT_S),
            }),
            ..0 => Err(PassError::GateCodeInFuture),
            _ => Err(PassError::GateCodeExpired),
        }
    }
}

type Parts<'a> = (Suite, GateId, u32, &'a [u8; 8]);

fn parse(body: &[u8]) -> Result<Parts<'_>, PassError> {
    let mut walk = Cursor::new(body);
    walk.expect(&[0x84])?;
    let suite = Suite::of(walk.uint(u64::MAX)?).ok_or(PassError::SuiteUnknown)?;
    let gate_id = GateId::new(walk.id()?);
    let slot = walk.uint(u64::from(u32::MAX / GATE_SLOT_S))? as u32;
    let mac = walk.bytes_exact()?;
    walk.end()?;
    Ok((suite, gate_id, slot, mac))
}
