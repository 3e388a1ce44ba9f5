//! The transport.

use super::view::View;
use crate::net::TransportOptions;
use crate::net::tcp::Handshake;

pub(super) fn transport(view: View<'_>) -> TransportOptions {
    TransportOptions {
        protocol: view.at("protocol").word(),
        connections: view.at("connections").count(),
        handshake: Handshake {
            tls: view.at("tls").word(),
            certificates: view.at("certificates").bytes().0,
            work: view.at("handshake_work").span(),
            congestion: view.at("congestion").word(),
            restarts: view.at("slow_start_after_idle").flag(),
        },
        keep_alive: view.at("keep_alive").span(),
        half_open: view.at("half_open").word(),
        header_up: view.at("header_up").bytes().0,
        header_down: view.at("header_down").bytes().0,
    }
}
