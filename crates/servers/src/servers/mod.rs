//! Server halves that use a published protocol with phones, over the system of record (the
//! backend).
//!
//! A stack whose phones use such a protocol takes a [`Half`] of [`servers`] by name, and needs no
//! own server. The documentation of each half's module names the specification that it follows.
//! Options cover the points that the specification leaves open. [`options`] lists the options of
//! all halves; equal names mean equal things.
//!
//! Requests are HTTP ([`crate::contract::http`]). The protocols do not name edits. So each request
//! has a [`Slip`](crate::contract::Slip), a hidden note that names the edits of each row in the
//! request. If the slip names no edit for a written row, the response is 500 with a reason. The
//! response's slip has the stamps of its rows, and the stamps of committed edits.
//!
//! **A long-lived connection** streams a response. The phone's first message is the bytes of the
//! `GET` request. The server's first message is the head of the response, without a body. Each
//! later message is a piece of the body. A WebSocket also begins with the bytes of its `GET`. Its
//! messages are the frames, and there is no response head.
//!
//! Reading order: `half` and `list` describe the halves. `served` connects a half to the bench, and
//! passes it each request as a `call`. `plain` is the simplest protocol; each other folder is one
//! protocol. They share `web`, `rows`, `writing`, `conditional`, `paging`, `notes` and `kept`.
//!
//! Invariants: state that must survive a kill is in the half's own database, and the request that
//! changes it also writes it. Each request may come twice. Only `rows` converts between rows and
//! JSON.

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
