//! The checklist, embedded so that it can be asked outside the repository.

/// The scenarios that ask, by name.
pub const CHECKLIST: &[(&str, &str)] = embedded!(
    "checklist":
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
    "two-foo"
);
