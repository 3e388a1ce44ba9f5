//! Server halves that speak a published protocol to phones, over the system of record.
//!
//! A stack whose phones speak such a protocol takes a [`Half`] of [`servers`] by name, and needs no
//! server of its own. Each half's module page names the documentation it follows; what that leaves
//! open are options. [`options`] lists the options of all halves; a name means the same in each.
//!
//! Requests are HTTP ([`crate::contract::http`]). The protocols do not name edits, so a phone's
//! [`Slip`](crate::contract::Slip) says which edits are behind each row that it writes. A written
//! row without one is refused with 500 and a reason. The response's slip has the stamps of the rows
//! it brings, and the stamps with which edits were committed.
//!
//! **A held connection** streams a response. The phone's first message is the bytes of the `GET`
//! request. The server's first message is the head of the response, written without a body; each
//! further message is a piece of the body. A WebSocket also begins with the bytes of its `GET`; its
//! messages are the frames, and there is no response head.
//!
//! Reading order: `half` and `list` describe the halves; `served` connects one to the bench, and
//! hands it each request as a `call`; `plain` is the simplest protocol, and each other folder is
//! one protocol. They share `web`, `rows`, `writing`, `conditional`, `paging`, `notes` and `kept`.
//!
//! Invariants: state that must survive a kill is in the half's own database, written in the request
//! that it concerns; each request may come twice; only `rows` converts between rows and JSON.

mod call;
mod conditional;
mod couch;
mod datasync;
mod half;
mod kept;
mod list;
mod notes;
mod odata;
mod paging;
mod plain;
mod rows;
mod rx;
mod served;
#[cfg(test)]
mod tests;
mod tinybase;
mod watermelon;
mod web;
mod writing;
#[cfg(feature = "yjs")]
mod yjs;

pub use half::Half;
pub use list::{find, options, servers};
pub use rows::to_json;
