//! The transport.

use super::view::View;
use crate::net::tcp::{Congestion, Handshake, Tls};
use crate::net::{HalfOpen, Protocol, TransportOptions};

/// The options that stand at `view`.
pub(super) fn transport(view: View<'_>) -> TransportOptions {
    TransportOptions {
        protocol: match view.at("protocol").text() {
            "http/2" => Protocol::Http2,
            "bare" => Protocol::Bare,
            _ => Protocol::Http1,
        },
        connections: view.at("connections").count(),
        handshake: Handshake {
            tls: match view.at("tls").text() {
                "none" => Tls::None,
                "1.2" => Tls::V12,
                _ => Tls::V13,
            },
            certificates: view.at("certificates").bytes().0,
            work: view.at("handshake_work").span(),
            congestion: match view.at("congestion").text() {
                "bbr" => Congestion::Bbr,
                _ => Congestion::Cubic,
            },
            restarts: view.at("slow_start_after_idle").flag(),
        },
        keep_alive: view.at("keep_alive").span(),
        half_open: match view.at("half_open").text() {
            "reset" => HalfOpen::Reset,
            _ => HalfOpen::Silent,
        },
        header_up: view.at("header_up").bytes().0,
        header_down: view.at("header_down").bytes().0,
    }
}
