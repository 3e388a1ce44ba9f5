//! Old names of keys and metrics, and names from other products, each with the present name or a
//! hint.

use crate::config::diagnostic::Help;

/// Renamed keys: the whole old path or its last name, and the new name.
const KEYS: [(&str, &str); 6] = [
    ("gateway.leg", "backend_link"),
    ("answer_loss", "response_loss"),
    ("leg_outage", "backend_link_outage"),
    ("answer_limit", "response_limit"),
    ("foreign_answers", "foreign_responses"),
    ("answers", "responses"),
];

/// Renamed metrics: the old name and the new name.
const METRICS: &[(&str, &str)] = &[
    ("net.answers_lost.count", "net.responses_lost.count"),
    ("situation.answer_lost.count", "situation.response_lost.count"),
];

/// Removed keys, each with its replacement.
const GONE: [(&str, &str); 1] = [(
    "engine.conflict.compares",
    "write `engine.conflict.policy` instead: \"last-write-wins\" for `edited`, \"last-commit-wins\" for `committed`",
)];

/// Terms of OutSystems and Volt MX (`docs/outsystems.md`) in lower case, our term that is probably
/// meant, and how to write it.
const ELSEWHERE: &[(&str, &str, &str)] = &[
    ("syncunit syncunits", "unit", "write a sync unit as a table [unit.NAME]"),
    (
        "lastsyncon syncproperties",
        "engine.pull.cursor",
        "write \"last-sync-on\" to ask by the date of each unit's last sync",
    ),
    (
        "discardpending discardpendingsync discardpendingsyncunits",
        "discard_pending",
        "write the key in [unit.NAME], or how = \"discard\" in the `trigger` of an event",
    ),
    ("triggerofflinedatasync", "trigger", "write [event.NAME] trigger = { unit = \"…\" }"),
    (
        "offlinedatasync",
        "trigger",
        "write [event.NAME] trigger = { unit = \"…\", how = \"direct\" } to wait for the sync",
    ),
    ("offlinedatasyncconfiguration", "on", "write [unit.NAME] on = [\"login\", \"online\"]"),
    ("onsyncstart", "on_sync_start", "write a table [hooks.on_sync_start]"),
    ("onsynccomplete", "on_sync_complete", "write a table [hooks.on_sync_complete]"),
    ("onsyncerror", "on_sync_error", "write a table [hooks.on_sync_error]"),
    ("networkstatuschanged", "network_status_changed", "write a table [hooks.network_status_changed]"),
    ("ota otasync", "gateway.mode", "write \"ota\" to ask the backend with each sync"),
    ("persistentsync", "gateway.mode", "write \"persistent\" to keep a replica"),
    ("uploadcache", "upload_cache", "write a table [gateway.upload_cache]"),
    ("isconflict", "engine.conflict.policy", "write \"manual\": then people decide on a page of conflicts"),
    ("createdon updatedon deletedon", "backend.provisioning", "write \"three-stamps\" to keep all three"),
    ("recordflag", "flag", "write the capture as [gateway.serve.capture.flag]"),
    ("lastmodifiedtime", "last_modified", "write the capture as [gateway.serve.capture.last_modified]"),
    ("capturedata", "hash", "write the capture as [gateway.serve.capture.hash]"),
];

/// The help for an unknown key that was renamed or removed, or that another product has. `known`
/// are the valid keys of its table.
pub(super) fn former(path: &str, known: &[&str]) -> Option<Help> {
    let name = path.rsplit('.').next().unwrap_or(path);
    let letters = name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase());
    let word = letters.collect::<String>();
    let renamed = KEYS.iter().find(|(old, _)| *old == path || *old == name);
    if let Some((old, new)) = renamed.filter(|(_, new)| known.contains(new)) {
        // The file shows only the last part of the path.
        return Some(Help::renamed(old.rsplit('.').next().unwrap_or(old), new));
    }
    if let Some((_, instead)) = GONE.iter().find(|(old, _)| *old == path) {
        return Some(Help::from(*instead));
    }
    let (_, ours, how) = ELSEWHERE.iter().find(|(theirs, ..)| theirs.split(' ').any(|one| one == word))?;
    Some(Help::from(format!("did you mean `{ours}`? {how}")))
}

pub(super) fn renamed_metric(name: &str) -> Option<Help> {
    METRICS.iter().find(|(old, _)| *old == name).map(|(old, new)| Help::renamed(old, new))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_other_products_are_those_of_their_page() {
        let page = include_str!("../../../../docs/outsystems.md").to_lowercase();
        let letters: String = page.chars().filter(char::is_ascii_alphanumeric).collect();
        for (word, ..) in ELSEWHERE {
            assert!(word.split(' ').any(|one| letters.contains(one)), "the page has no {word}");
        }
        let known =
            ["unit.All.DiscardPending", "event.e.foreign_answers", "gateway.leg", "gateway.uploadCache"];
        let now = KEYS.map(|(_, new)| new);
        assert!(known.into_iter().all(|path| former(path, &now).is_some()));
        assert_eq!((former("synchronise", &now), former("unit.All.pul", &now)), (None, None));
        assert_eq!(former("swarm.answer_loss", &["link"]), None, "there is no key of the new name");
    }

    #[test]
    fn what_was_renamed_has_a_name_that_there_is() {
        for (_, new) in METRICS {
            assert!(crate::metrics::find(new).is_some(), "{new}");
        }
        let mut keys = std::collections::BTreeSet::new();
        crate::scenario::grammar::each_key(&mut |path, _| {
            keys.insert(path.rsplit('.').next().unwrap_or(path).to_owned());
        });
        assert!(KEYS.iter().all(|(_, new)| keys.contains(*new)));
    }
}
