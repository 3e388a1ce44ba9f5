//! The list of server halves.

use super::half::Half;
use super::{couch, datasync, odata, plain, rx, tinybase, watermelon};
use crate::contract::StackOption;

/// All halves, ordered by name.
pub fn servers() -> Vec<Half> {
    vec![
        couch::half(),
        datasync::half(),
        odata::half(),
        plain::half(),
        rx::half(),
        tinybase::half(),
        watermelon::half(),
        #[cfg(feature = "yjs")]
        super::yjs::half(),
    ]
}

/// The half with this name.
pub fn find(name: &str) -> Option<Half> {
    servers().into_iter().find(|half| half.name == name)
}

/// The options of all halves, each name once, ordered by name.
pub fn options() -> Vec<StackOption> {
    let mut all: Vec<StackOption> = servers().into_iter().flat_map(|half| half.options).collect();
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all.dedup_by(|a, b| a.name == b.name);
    all
}
