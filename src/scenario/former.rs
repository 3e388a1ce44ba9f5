//! Keys that a file may have from former times, or in the words of another product, and what says
//! it now.

/// What to write in place of the key at this path; `None` if nothing is known of it.
pub(super) fn former(path: &str) -> Option<&'static str> {
    match path {
        "engine.conflict.compares" => Some(
            "`engine.conflict.policy` says it: \"last-write-wins\" for `edited`, \"last-commit-wins\" for `committed`",
        ),
        _ => elsewhere(path.rsplit('.').next().unwrap_or(path)),
    }
}

/// The same of a word of OutSystems, in which the first to sync this way wrote their apps.
fn elsewhere(name: &str) -> Option<&'static str> {
    let letters = name.chars().filter(|c| c.is_ascii_alphanumeric()).map(|c| c.to_ascii_lowercase());
    match &*letters.collect::<String>() {
        "syncunit" | "syncunits" => Some("did you mean `unit`? a sync unit is a table [unit.NAME]"),
        "lastsyncon" | "syncproperties" => Some(
            "did you mean `engine.pull.cursor`? \"last-sync-on\" asks by the date of each unit's last sync",
        ),
        "discardpending" | "discardpendingsync" => Some(
            "did you mean `discard_pending`? it is a key of [unit.NAME]; `trigger` of an event has `how` = \"discard\"",
        ),
        "triggerofflinedatasync" => Some("did you mean `trigger`? [event.NAME] trigger = { unit = \"…\" }"),
        "offlinedatasync" => Some(
            "did you mean `trigger`? [event.NAME] trigger = { unit = \"…\", how = \"direct\" } waits for it",
        ),
        "onsyncstart" => Some("did you mean `on_sync_start`? it is a table [hooks.on_sync_start]"),
        "onsynccomplete" => Some("did you mean `on_sync_complete`? it is a table [hooks.on_sync_complete]"),
        "onsyncerror" => Some("did you mean `on_sync_error`? it is a table [hooks.on_sync_error]"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_another_product_are_answered_with_ours() {
        for (path, ours) in [
            ("SyncUnit", "[unit.NAME]"),
            ("unit.All.DiscardPending", "`discard_pending`"),
            ("unit.All.LastSyncOn", "last-sync-on"),
            ("OnSyncComplete", "[hooks.on_sync_complete]"),
            ("hooks.OnSyncError", "[hooks.on_sync_error]"),
            ("event.e.TriggerOfflineDataSync", "`trigger`"),
        ] {
            assert!(former(path).is_some_and(|help| help.contains(ours)), "{path}");
        }
        assert_eq!((former("synchronise"), former("unit.All.pul")), (None, None));
    }
}
