//! Keys that files of former times may have, and what says it now.

/// What to write in place of the key at this path; `None` if there never was one.
pub(super) fn former(path: &str) -> Option<&'static str> {
    match path {
        "engine.conflict.compares" => Some(
            "`engine.conflict.policy` says it: \"last-write-wins\" for `edited`, \"last-commit-wins\" for `committed`",
        ),
        _ => None,
    }
}
