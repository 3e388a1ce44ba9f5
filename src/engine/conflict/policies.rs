//! The policies that there are, a file each.

use super::policy::Policy;

/// A line a policy: its file.
macro_rules! policies {
    ($($file:ident,)*) => {
        $(pub(super) mod $file;)*

        /// All of them; the first is taken where nothing is said.
        pub const POLICIES: &[Policy] = &[$($file::POLICY,)*];
    };
}

policies! {
    last_write_wins,
    last_arrival_wins,
    last_commit_wins,
    client_wins,
    server_wins,
    field_merge,
    none,
    callback,
}

/// Their names.
pub const POLICY_NAMES: &[&str] = &{
    let mut names = [""; POLICIES.len()];
    let mut at = 0;
    while at < names.len() {
        names[at] = POLICIES[at].name;
        at += 1;
    }
    names
};

/// The policy of this name.
pub fn named(name: &str) -> Option<Policy> {
    POLICIES.iter().find(|policy| policy.name == name).copied()
}

impl Default for Policy {
    fn default() -> Policy {
        POLICIES[0]
    }
}
