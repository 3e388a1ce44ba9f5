//! A tunnel, as a corporate VPN is, over any link.

use crate::base::{BitRate, Span};
use crate::config::form;

/// What the name of a tunnel begins with; the name of the link below follows.
const PREFIX: &str = "vpn-over-";
pub(super) const SOURCE: &str =
    "estimate: a corporate VPN with a hairpin of 20 to 60 ms and 5 to 50 Mbit/s a user";
/// What it adds to a round trip, and its queue holds back of a burst.
pub(in super::super) const RTT: Span = Span::millis(40);
const RECONNECT: Span = Span::secs(3);
const MTU: u32 = 1_380;
/// No IP packet may have to be smaller (RFC 791).
pub(in super::super) const LEAST: u32 = 576;

pub(in super::super) const RATE: BitRate = BitRate(20_000_000);
/// Bytes of each packet that it takes for itself: what is between 1380 and Ethernet's 1500.
pub(in super::super) const TAKES: u32 = 120;

pub(super) fn over(link: &str) -> String {
    format!("{PREFIX}{link}")
}

pub(in super::super) fn carrier(name: &str) -> Option<&str> {
    name.strip_prefix(PREFIX)
}

/// What a figure of the link below is in a tunnel, as files write them; `None` if it stays.
pub(in super::super) fn figure(key: &str, value: &str) -> Option<String> {
    Some(match key {
        "rtt" => form::span(value.parse::<Span>().ok()? + RTT),
        "reconnect" => form::span(value.parse::<Span>().ok()? + RECONNECT),
        "down" | "up" => form::rate(value.parse::<BitRate>().ok()?.min(RATE)),
        "mtu" => value.parse::<u32>().ok()?.saturating_sub(TAKES).clamp(LEAST, MTU).to_string(),
        _ => return None,
    })
}
