//! A tunnel, such as a corporate VPN, over any link.

use crate::base::{BitRate, Span};
use crate::config::form;

/// The prefix of a tunnel's name. The name of the link below the tunnel follows.
const PREFIX: &str = "vpn-over-";
pub(super) const SOURCE: &str =
    "estimate: a corporate VPN with a hairpin of 20 to 60 ms and 5 to 50 Mbit/s per user";
/// The time that the tunnel adds to a round trip. The tunnel's queue holds a burst of this length.
pub(in super::super) const RTT: Span = Span::millis(40);
const RECONNECT: Span = Span::secs(3);
const MTU: u32 = 1_380;
/// The smallest packet limit of a link. Every IP host must accept 576 bytes (RFC 791).
pub(in super::super) const LEAST: u32 = 576;

pub(in super::super) const RATE: BitRate = BitRate(20_000_000);
/// The overhead per packet, in bytes: the difference between Ethernet's 1500 bytes and 1380 bytes.
pub(in super::super) const TAKES: u32 = 120;

pub(super) fn over(link: &str) -> String {
    format!("{PREFIX}{link}")
}

pub(in super::super) fn carrier(name: &str) -> Option<&str> {
    name.strip_prefix(PREFIX)
}

/// The figure of the tunnel, in file syntax, from a figure of the link below. `None` if both are
/// equal.
pub(in super::super) fn figure(key: &str, value: &str) -> Option<String> {
    Some(match key {
        "rtt" => form::span(value.parse::<Span>().ok()? + RTT),
        "reconnect" => form::span(value.parse::<Span>().ok()? + RECONNECT),
        "down" | "up" => form::rate(value.parse::<BitRate>().ok()?.min(RATE)),
        "mtu" => value.parse::<u32>().ok()?.saturating_sub(TAKES).clamp(LEAST, MTU).to_string(),
        _ => return None,
    })
}
