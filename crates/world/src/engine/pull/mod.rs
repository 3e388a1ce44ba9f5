//! Asking for rows: one network chunk after the other, where to begin, and what is asked for ahead.
//!
//! [`Puller`](puller::Puller) asks and hands each page to `apply`; `prefetch` asks for the next
//! page meanwhile, `push_with_pull` lets a push carry the question or starts from
//! nothing, and `resume` says where to begin.

pub(crate) mod prefetch;
pub(crate) mod puller;
pub(crate) mod push_with_pull;
pub(crate) mod resume;
