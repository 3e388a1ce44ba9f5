//! Requests rows in network chunks. Decides where to begin and which pages to prefetch.
//!
//! [`Puller`](puller::Puller) requests pages and passes each page to `apply`. Meanwhile `prefetch`
//! requests the next page. `push_with_pull` sends a pull with the last push, or pulls all rows
//! again. `resume` decides where a run begins.

pub(crate) mod prefetch;
pub(crate) mod puller;
pub(crate) mod push_with_pull;
pub(crate) mod resume;
