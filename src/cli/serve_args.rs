//! The arguments of `serve`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use super::parsed::{SEED_MAX, assignment, only, span};
use crate::base::Span;

#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    /// The scenario file. It gives the backend, the links of the devices, the faults, and the edits
    /// of people without a phone (the office).
    pub(super) scenario: PathBuf,
    /// The seed: a number that fixes all random choices of the simulated part.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(..=SEED_MAX))]
    pub(super) seed: Option<u64>,
    /// The variant of the scenario; needed if it has several.
    #[arg(long, value_name = "NAME")]
    pub(super) variant: Option<String>,
    /// Set a key of the scenario, by its dotted path, to a TOML value; may be given several times.
    #[arg(long, value_name = "KEY=VALUE", value_parser = assignment)]
    pub(super) set: Vec<String>,
    /// The address and port to listen on. If the address is not loopback, every request needs the
    /// token.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8484")]
    pub(super) listen: SocketAddr,
    /// Give each device a port of its own, from this port on. Use it if your app cannot change
    /// paths or headers.
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) ports: Option<u16>,
    /// The protocol of the scenario's backend: `plain`, `watermelondb`, `couchdb`, `rxdb`, `odata`,
    /// `datasync`; by default that of the scenario's own stack, else `plain`.
    #[arg(long, value_name = "NAME", conflicts_with = "upstream")]
    pub(super) protocol: Option<String>,
    /// Set an option of the protocol, such as conflicts=overwrite (docs/protocols.md); may be given
    /// several times.
    #[arg(long, value_name = "NAME=WORD", value_parser = only)]
    pub(super) option: Vec<(String, String)>,
    /// The address of your own server, which responds instead of the scenario's backend. `serve`
    /// contacts no other address.
    #[arg(long, value_name = "URL")]
    pub(super) upstream: Option<String>,
    /// The address of your own server, if apps use WebSockets, server-sent events or their own TLS
    /// (encryption). `serve` relays the bytes and does not read them. Apps connect to the ports of
    /// their devices (--ports).
    #[arg(long, value_name = "HOST:PORT", requires = "ports", conflicts_with_all = ["upstream", "protocol", "option"])]
    pub(super) tunnel: Option<String>,
    /// The rows of your own server at the end, as a CSV or a JSON list. The file is read when the
    /// session is judged. May be given several times. Your server may also report its rows itself
    /// (docs/real-apps.md).
    #[arg(long, value_name = "ENTITY=FILE", value_parser = only)]
    pub(super) backend: Vec<(String, String)>,
    /// Virtual seconds per real second.
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0, value_parser = speed)]
    pub(super) speed: f64,
    /// End after this much virtual time.
    #[arg(long = "for", value_name = "TIME", value_parser = span)]
    pub(super) length: Option<Span>,
    /// The origin of a web page that may send requests, such as http://localhost:5173; may be given
    /// several times.
    #[arg(long, value_name = "ORIGIN")]
    pub(super) origin: Vec<String>,
    /// A host name by which apps reach this server, besides IP addresses and localhost; may be
    /// given several times.
    #[arg(long, value_name = "NAME")]
    pub(super) host: Vec<String>,
    /// The token that a client needs to ask for the verdict, or to cut a link for some seconds. By
    /// default a random one is printed.
    #[arg(long, value_name = "TEXT", value_parser = token)]
    pub(super) token: Option<String>,
    /// Write the received requests to a log that `replay` reads. The log has no credentials. With
    /// --upstream it also lacks the values of unknown headers, and of query parameters that may be
    /// secret.
    #[arg(long, value_name = "FILE.jsonl")]
    pub(super) record: Option<PathBuf>,
    /// Write the bodies of requests to the log too. Without --upstream or --tunnel, the scenario's
    /// backend responds, and `replay` needs the bodies: --record then needs this option.
    #[arg(long, requires = "record")]
    pub(super) bodies: bool,
    /// The largest body of a request or response, in bytes.
    #[arg(long, value_name = "BYTES", default_value_t = 32 << 20, value_parser = clap::value_parser!(u64).range(1..=1 << 30))]
    pub(super) body_max: u64,
    /// The maximum number of open connections.
    #[arg(long, value_name = "N", default_value_t = 700, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    pub(super) connections: u64,
    /// The folder for the history, the requests and the report; by default
    /// reports/<scenario>-served.
    #[arg(short, long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
}

fn speed(text: &str) -> Result<f64, String> {
    let speed = text.parse().ok().filter(|speed: &f64| (0.01..=10_000.0).contains(speed));
    speed.ok_or_else(|| "a speed must be a number from 0.01 to 10000".to_owned())
}

fn token(text: &str) -> Result<String, String> {
    let is_plain = text.len() >= 16 && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_plain
        .then(|| text.to_owned())
        .ok_or_else(|| "a token must have at least 16 letters and digits".to_owned())
}
