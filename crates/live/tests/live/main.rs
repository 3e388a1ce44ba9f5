//! Sessions with real sockets: what apps meet, what attackers meet, and the same again.
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
