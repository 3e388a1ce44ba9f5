//! Tokens: a token proves a device's identity until it expires or is revoked.
//!
//! The token service runs beside the server and is down when the server is down. A device's token
//! outlives its process. The server checks it when a request arrives. After the refresh limit, the
//! device must log in again.

use std::cell::Cell;
use std::rc::Rc;

use crate::base::{Span, Time};
use crate::contract::TransportError;
use crate::sim::Notify;

/// The first bytes of a token request and of its response, as in OAuth 2 (RFC 6749, section 6).
const ASKS: &[u8] = b"POST /token grant_type=refresh_token&refresh_token=";
const GIVES: &[u8] = b"{\"token_type\":\"bearer\",\"issued_at\":";
/// The first bytes of the error response (RFC 6749, section 5.2).
const ENDED: &[u8] = b"{\"error\":\"invalid_grant\"";
/// Bytes of the request and of the response: a signed token has about 1 kB. Source: estimate.
const ASKED: usize = 600;
const GIVEN: usize = 1_200;

pub(crate) struct Wallet {
    life: Span,
    /// The times at which the server revokes all tokens that it issued before.
    revoked: Vec<Time>,
    issued: Cell<Time>,
    /// How long after its issue a token can be refreshed.
    refresh_life: Span,
    /// Notifies that a refresh was denied. `is_ended` is true from then until the next login.
    ended: Notify,
    rung: Cell<bool>,
    pub(crate) is_ended: Cell<bool>,
}

pub(crate) enum Gate {
    Open,
    Refused,
    /// The request asks for a token. Holds the response.
    Given(Vec<u8>),
}

impl Wallet {
    /// A wallet with a token that was issued at the start; `None` if tokens never expire.
    pub(crate) fn new(
        (life, refresh_life): (Option<Span>, Option<Span>),
        revoked: Vec<Time>,
        ended: Notify,
    ) -> Option<Rc<Wallet>> {
        let lasts = life.is_none() && revoked.is_empty();
        let [life, refresh_life] = [life, refresh_life].map(|life| life.unwrap_or(Span(u64::MAX)));
        let (issued, rung, is_ended) = (Cell::new(Time::ZERO), Cell::default(), Cell::default());
        (!lasts).then(|| Rc::new(Wallet { life, revoked, issued, refresh_life, ended, rung, is_ended }))
    }
    /// Waits until the device learns that its login has ended.
    pub(crate) async fn login_ended(&self) {
        while !self.rung.take() {
            self.ended.notified().await;
        }
    }
    pub(crate) fn ring(&self) {
        self.rung.set(true);
        self.ended.notify_all();
    }
    pub(crate) fn ends(&self) -> bool {
        self.refresh_life < Span(u64::MAX)
    }
    pub(crate) fn logged_in(&self, now: Time) {
        self.issued.set(now);
        self.is_ended.set(false);
    }
    pub(crate) fn is_good(&self, now: Time) -> bool {
        let issued = self.issued.get();
        now.since(issued) < self.life && !self.revoked.iter().any(|at| (issued..=now).contains(at))
    }
    pub(crate) fn gate(&self, now: Time, request: &[u8]) -> Gate {
        if request.starts_with(ASKS) {
            if now.since(self.issued.get()) >= self.refresh_life {
                return Gate::Given(padded(ENDED.to_vec(), 200));
            }
            return Gate::Given(padded(
                [GIVES, now.0.to_string().as_bytes(), b",\"token\":\""].concat(),
                GIVEN,
            ));
        }
        if self.is_good(now) { Gate::Open } else { Gate::Refused }
    }
    pub(crate) fn asks(&self) -> Vec<u8> {
        padded(ASKS.to_vec(), ASKED)
    }
    pub(crate) fn take(&self, answer: &[u8]) -> Result<(), TransportError> {
        if answer.starts_with(ENDED) {
            return Err(TransportError::LoginEnded);
        }
        let issued = || {
            let digits = answer.strip_prefix(GIVES)?;
            let end = digits.iter().position(|byte| !byte.is_ascii_digit())?;
            std::str::from_utf8(&digits[..end]).ok()?.parse().ok()
        };
        let issued = Time(issued().ok_or(TransportError::Foreign)?);
        self.issued.set(issued.max(self.issued.get()));
        Ok(())
    }
}

fn padded(mut bytes: Vec<u8>, to: usize) -> Vec<u8> {
    bytes.resize(to, b'x');
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::at_secs as at;
    use crate::sim::Sim;

    fn is_let_in(wallet: &Wallet, secs: u64) -> bool {
        matches!(wallet.gate(at(secs), b"{}"), Gate::Open)
    }

    #[test]
    fn a_token_is_good_until_it_is_old_or_taken_back() {
        let notify = || Sim::default().handle().notify();
        assert!(Wallet::new((None, None), Vec::new(), notify()).is_none(), "it lasts for ever");
        let lives = (Some(Span::secs(60)), Some(Span::secs(75)));
        let wallet = Wallet::new(lives, vec![at(90)], notify()).unwrap();
        assert!(is_let_in(&wallet, 59) && !is_let_in(&wallet, 60));
        let take = |secs, answer: &[u8]| match wallet.gate(at(secs), answer) {
            Gate::Given(answer) => wallet.take(&answer),
            _ => wallet.take(answer),
        };
        assert_eq!((take(70, &wallet.asks()), take(70, b"<html>")), (Ok(()), Err(TransportError::Foreign)));
        assert!(is_let_in(&wallet, 89) && !is_let_in(&wallet, 90));
        assert_eq!(take(145, ASKS), Err(TransportError::LoginEnded), "who comes so late has to log in");
        wallet.logged_in(at(150));
        assert!(is_let_in(&wallet, 209) && !is_let_in(&wallet, 210));
    }
}
