//! The budget of each client, taken before anything else of a request is done.
//!
//! A client is what it shows: a phone, a member of staff or a gate's device by its token, else
//! the address. Whoever shows a token is counted under the address too, against a much wider
//! budget, because a token is not checked yet here and could be made up. Behind one address may
//! be a whole carrier's phones or all gates of an estate; gates get the widest budget of all, as
//! scans are the last to be refused.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, HeaderName, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use gridpass_types::Clock;

use super::budgets::{Budgets, Rate};
use crate::app::App;
use crate::http::code::Code;
use crate::http::error::ApiError;

/// A device may send so many times what a client without a token may.
const DEVICE_FACTOR: u32 = 10;
/// All that show tokens from one address may send so many times what one without may.
const ADDRESS_FACTOR: u32 = 20;
/// Beginnings of devices' tokens: their own, and that of the guard's shift.
const DEVICE_PREFIXES: [&[u8]; 2] = [b"Bearer gpd1.", b"Bearer gpg1."];

/// What the layer needs.
pub struct Guard {
    budgets: Budgets,
    clock: Arc<dyn Clock>,
    forwarded: Option<HeaderName>,
    client: Rate,
    device: Rate,
    address: Rate,
}

impl Guard {
    /// `per_s` requests of a client a second in the long run. `forwarded` is the header in
    /// which a proxy that is trusted names the client.
    pub fn new(clock: Arc<dyn Clock>, per_s: u32, forwarded: Option<HeaderName>) -> Self {
        Self {
            budgets: Budgets::default(),
            clock,
            forwarded,
            client: Rate::per_s(per_s),
            device: Rate::per_s(per_s.saturating_mul(DEVICE_FACTOR)),
            address: Rate::per_s(per_s.saturating_mul(ADDRESS_FACTOR)),
        }
    }

    fn take(&self, headers: &HeaderMap, peer: Option<IpAddr>) -> Result<(), u32> {
        let now = self.clock.now();
        let address = network(address_of(self.forwarded.as_ref(), headers).or(peer));
        let Some(token) = headers.get(header::AUTHORIZATION) else {
            return self.budgets.take((0_u8, address), self.client, now);
        };
        self.budgets.take((1_u8, address), self.address, now)?;
        let token = token.as_bytes();
        let of_device = DEVICE_PREFIXES
            .iter()
            .any(|prefix| token.starts_with(prefix));
        let rate = if of_device { self.device } else { self.client };
        self.budgets.take((2_u8, token), rate, now)
    }
}

/// The last address of the header: the one our own proxy wrote. Those before it were sent
/// by the client and may say anything.
fn address_of(forwarded: Option<&HeaderName>, headers: &HeaderMap) -> Option<IpAddr> {
    let last = headers.get_all(forwarded?).iter().next_back()?;
    last.to_str().ok()?.rsplit(',').next()?.trim().parse().ok()
}

/// What counts as one client: an IPv4 address, or the 64 bits that an IPv6 line is given.
fn network(address: Option<IpAddr>) -> (u8, u64) {
    match address.map(|address| address.to_canonical()) {
        Some(IpAddr::V4(v4)) => (4, v4.to_bits().into()),
        Some(IpAddr::V6(v6)) => (6, (v6.to_bits() >> 64) as u64),
        None => (0, 0),
    }
}

fn peer_of(extensions: &Extensions) -> Option<IpAddr> {
    let peer = extensions.get::<ConnectInfo<SocketAddr>>();
    peer.map(|ConnectInfo(address)| address.ip())
}

/// Where a request came from, for limits that are counted in the database.
#[derive(Clone, Copy, Debug)]
pub struct Network((u8, u64));

impl Network {
    /// A text to digest; it is not stored itself.
    pub fn digest_input(self) -> String {
        let (kind, bits) = self.0;
        format!("{kind} {bits:x}")
    }
}

impl FromRequestParts<App> for Network {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let header = app.settings.limits.client_address_header.as_ref();
        let address = address_of(header, &parts.headers);
        Ok(Self(network(
            address.or_else(|| peer_of(&parts.extensions)),
        )))
    }
}

/// Refuses a client that has used up its budget with 429.
pub async fn guard(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    let peer = peer_of(request.extensions());
    match guard.take(request.headers(), peer) {
        Ok(()) => next.run(request).await,
        Err(wait_s) => ApiError::new(Code::TooManyRequests)
            .retry_after(wait_s)
            .into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;
    use gridpass_types::ManualClock;

    fn guard(forwarded: Option<&'static str>) -> Guard {
        let clock = ManualClock::new("2020-03-06T08:00:00Z".parse().unwrap());
        let forwarded = forwarded.map(HeaderName::from_static);
        Guard::new(Arc::new(clock), 1, forwarded)
    }

    fn headers(name: &'static str, value: &str) -> HeaderMap {
        let value = HeaderValue::from_str(value).unwrap();
        HeaderMap::from_iter([(HeaderName::from_static(name), value)])
    }

    fn taken(guard: &Guard, headers: &HeaderMap, peer: &str) -> usize {
        let peer = Some(peer.parse().unwrap());
        (0..1000)
            .take_while(|_| guard.take(headers, peer).is_ok())
            .count()
    }

    #[test]
    fn an_ipv6_line_is_one_client_and_so_is_a_mapped_address() {
        let (guard, none) = (guard(None), HeaderMap::new());
        assert_eq!(taken(&guard, &none, "2001:db8::1"), 10);
        assert_eq!(taken(&guard, &none, "2001:db8::ffff:2"), 0);
        assert_eq!(taken(&guard, &none, "2001:db8:0:1::1"), 10);
        assert_eq!(taken(&guard, &none, "::ffff:10.0.0.1"), 10);
        assert_eq!(taken(&guard, &none, "10.0.0.1"), 0);
        assert_eq!(taken(&guard, &none, "10.0.0.2"), 10);
    }

    #[test]
    fn only_the_address_our_proxy_wrote_counts_and_only_when_there_is_one() {
        let proxied = guard(Some("x-forwarded-for"));
        let first = headers("x-forwarded-for", "6.6.6.6, 10.0.0.1");
        let other = headers("x-forwarded-for", "7.7.7.7, 10.0.0.1");
        assert_eq!(taken(&proxied, &first, "127.0.0.1"), 10);
        assert_eq!(taken(&proxied, &other, "127.0.0.1"), 0);
        let garbage = headers("x-forwarded-for", "nobody");
        assert_eq!(taken(&proxied, &garbage, "127.0.0.1"), 10);
        let direct = guard(None);
        assert_eq!(taken(&direct, &first, "10.9.9.9"), 10);
        let forged = headers("x-forwarded-for", "8.8.8.8");
        assert_eq!(taken(&direct, &forged, "10.9.9.9"), 0);
    }

    #[test]
    fn devices_have_more_and_made_up_tokens_run_into_the_address() {
        let guard = guard(None);
        let device = headers("authorization", "Bearer gpd1.one");
        assert_eq!(taken(&guard, &device, "10.0.0.1"), 100);
        let made_up = |n: u32| headers("authorization", &format!("Bearer gps1.{n}"));
        let peer = Some("10.0.0.1".parse().unwrap());
        let mut sent = 0;
        while guard.take(&made_up(sent), peer).is_ok() {
            sent += 1;
        }
        // The refused request of the device was counted under the address, too.
        assert_eq!(sent, 200 - 101);
    }
}
