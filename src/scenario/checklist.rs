//! The checklist, embedded so that it can be asked outside the repository.

/// A scenario of the checklist.
macro_rules! asked {
    ($($name:literal),* $(,)?) => {
        /// The scenarios that ask, by name.
        pub const CHECKLIST: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("../../scenarios/checklist/", $name, ".toml")))),*];
    };
}

asked![
    "automatic",
    "avoided-conflicts",
    "changed-columns",
    "cleared-queue",
    "conflict-page",
    "consistent",
    "deadline",
    "edits-meanwhile",
    "flat-entities",
    "hierarchy",
    "light-entities",
    "merged",
    "network-events",
    "own-actions",
    "own-rows",
    "quick-hooks",
    "resumed",
    "simple-or-full",
    "stamps",
    "status",
    "sync-units",
    "triggered",
    "two-foo",
];
