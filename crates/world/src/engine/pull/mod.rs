//! Asking for rows: one network chunk after the other, where to begin, and what is asked for ahead.
//!
//! [`Puller`](puller::Puller) asks and hands each page to `apply`; `prefetch` asks for the next
//! page meanwhile, `push_with_pull` lets a push carry the question, `resume` says where to begin,
//! and `reload` starts from nothing.

pub(in crate::engine) mod prefetch;
pub(in crate::engine) mod puller;
pub(in crate::engine) mod push_with_pull;
pub(in crate::engine) mod reload;
pub(in crate::engine) mod resume;
