//! Sessions with real sockets: normal apps, attackers, and replays.
#![expect(clippy::disallowed_types, reason = "sockets have deadlines of the machine's clock")]

mod attacks;
mod client;
mod limits;
mod logs;
mod own_server;
mod paces;
mod servers;
mod sessions;
mod streams;
mod tunnels;
