//! Keys that a file may have from former times, or in the words of another product, and what says
//! it now.

/// What to write in place of the key at this path; `None` if nothing is known of it.
pub(super) fn former(path: &str) -> Option<&'static str> {
    match path {
        "engine.conflict.compares" => Some(
            "`engine.conflict.policy` says it: \"last-write-wins\" for `edited`, \"last-commit-wins\" for `committed`",
        ),
        "gateway.leg" => Some("it is `backend_link` now"),
        _ => match path.rsplit('.').next().unwrap_or(path) {
            "answer_loss" => Some("it is `response_loss` now"),
            "leg_outage" => Some("it is `backend_link_outage` now"),
            "answer_limit" => Some("it is `response_limit` now"),
            "foreign_answers" => Some("it is `foreign_responses` now"),
            "answers" => Some("it is `responses` now"),
            name => elsewhere(name),
        },
    }
}

/// The same of a word of OutSystems or Volt MX (`docs/outsystems.md`).
fn elsewhere(name: &str) -> Option<&'static str> {
    let letters = name.chars().filter(|c| c.is_ascii_alphanumeric()).map(|c| c.to_ascii_lowercase());
    match &*letters.collect::<String>() {
        "syncunit" | "syncunits" => Some("did you mean `unit`? a sync unit is a table [unit.NAME]"),
        "lastsyncon" | "syncproperties" => Some(
            "did you mean `engine.pull.cursor`? \"last-sync-on\" asks by the date of each unit's last sync",
        ),
        "discardpending" | "discardpendingsync" | "discardpendingsyncunits" => Some(
            "did you mean `discard_pending`? it is a key of [unit.NAME]; `trigger` of an event has `how` = \"discard\"",
        ),
        "triggerofflinedatasync" => Some("did you mean `trigger`? [event.NAME] trigger = { unit = \"…\" }"),
        "offlinedatasync" => Some(
            "did you mean `trigger`? [event.NAME] trigger = { unit = \"…\", how = \"direct\" } waits for it",
        ),
        "onsyncstart" => Some("did you mean `on_sync_start`? it is a table [hooks.on_sync_start]"),
        "onsynccomplete" => Some("did you mean `on_sync_complete`? it is a table [hooks.on_sync_complete]"),
        "onsyncerror" => Some("did you mean `on_sync_error`? it is a table [hooks.on_sync_error]"),
        "networkstatuschanged" => {
            Some("did you mean `network_status_changed`? it is a table [hooks.network_status_changed]")
        }
        "ota" | "otasync" => Some("did you mean `gateway.mode`? \"ota\" asks the backend with each sync"),
        "persistentsync" => Some("did you mean `gateway.mode`? \"persistent\" keeps a replica"),
        "uploadcache" => Some("did you mean `upload_cache`? it is a table [gateway.upload_cache]"),
        "isconflict" => {
            Some("did you mean `engine.conflict.policy`? \"manual\" has people decide on a page of conflicts")
        }
        "createdon" | "updatedon" | "deletedon" => {
            Some("did you mean `backend.provisioning`? \"three-stamps\" keeps all three")
        }
        "recordflag" => Some("did you mean `flag`? it is a capture, [gateway.serve.capture.flag]"),
        "lastmodifiedtime" => {
            Some("did you mean `last_modified`? it is a capture, [gateway.serve.capture.last_modified]")
        }
        "capturedata" => Some("did you mean `hash`? it is a capture, [gateway.serve.capture.hash]"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_was_renamed_is_answered_with_its_new_name() {
        for (path, ours) in [
            ("gateway.leg", "`backend_link`"),
            ("chaos.answer_loss", "`response_loss`"),
            ("event.e.leg_outage", "`backend_link_outage`"),
            ("gateway.answer_limit", "`response_limit`"),
            ("event.e.foreign_answers", "`foreign_responses`"),
            ("event.e.foreign_responses.answers", "`responses`"),
        ] {
            assert!(former(path).is_some_and(|help| help.contains(ours)), "{path}");
        }
    }

    #[test]
    fn words_of_another_product_are_answered_with_ours() {
        for (path, ours) in [
            ("SyncUnit", "[unit.NAME]"),
            ("unit.All.DiscardPending", "`discard_pending`"),
            ("unit.All.LastSyncOn", "last-sync-on"),
            ("OnSyncComplete", "[hooks.on_sync_complete]"),
            ("hooks.OnSyncError", "[hooks.on_sync_error]"),
            ("event.e.TriggerOfflineDataSync", "`trigger`"),
            ("hooks.NetworkStatusChanged", "[hooks.network_status_changed]"),
            ("gateway.PersistentSync", "`gateway.mode`"),
            ("gateway.uploadCache", "`upload_cache`"),
            ("entity.order.UpdatedOn", "`backend.provisioning`"),
            ("isConflict", "`engine.conflict.policy`"),
        ] {
            assert!(former(path).is_some_and(|help| help.contains(ours)), "{path}");
        }
        let page = include_str!("../../docs/outsystems.md").to_lowercase();
        for word in [
            "SyncUnit",
            "LastSyncOn",
            "SyncProperties",
            "TriggerOfflineDataSync",
            "OfflineDataSync",
            "DiscardPendingSync",
            "OnSyncStart",
            "OnSyncComplete",
            "OnSyncError",
            "NetworkStatusChanged",
            "isConflict",
            "OTA",
            "PersistentSync",
            "upload cache",
            "record flag",
            "last modified time",
            "capture data",
        ] {
            assert!(page.contains(&word.to_lowercase()), "the page has {word}");
        }
        assert_eq!((former("synchronise"), former("unit.All.pul")), (None, None));
    }
}
