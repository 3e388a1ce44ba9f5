//! The ids that `covers` and `shows` may name: requirements on systems that work offline.

use crate::config::diagnostic::closest;
use crate::config::form::Written;

/// A requirement on offline-capable systems.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// The id, such as `R12`.
    pub id: &'static str,
    /// What is required, in a few words.
    pub title: &'static str,
}

/// The requirement with this id; `None` if there is none.
pub fn requirement(id: &str) -> Option<&'static Requirement> {
    REQUIREMENTS.iter().find(|one| one.id == id)
}

pub(super) const ID_WANT: &str = "an id from R1 to R106, W1 to W12 or F1 to F12";

pub(super) const ID: Written = Written::of(ID_WANT, |text| requirement(text).map(|one| one.id.to_owned()))
    .because(|text| nearest(text).map(|near| format!("did you mean `{near}`?")));

pub(super) fn nearest(text: &str) -> Option<&'static str> {
    closest(text, REQUIREMENTS.iter().map(|one| one.id))
}

const fn of(id: &'static str, title: &'static str) -> Requirement {
    Requirement { id, title }
}

/// All requirements, in the order of their ids.
pub const REQUIREMENTS: &[Requirement] = &[
    of("R1", "backend with soft deletes and stamps of its own"),
    of("R2", "backend that knows only its rows and deletes hard"),
    of("R3", "backends in between: only stamps or only soft deletes"),
    of("R4", "devices sync directly with the backend"),
    of("R5", "a replica serves devices while the backend is down"),
    of("R6", "outages, maintenance by time zone, busy office hours"),
    of("R7", "which architecture suits which availability"),
    of("R8", "what keeping a replica costs"),
    of("R9", "work of the server per delivered row"),
    of("R10", "cursors held by devices or by the server"),
    of("R11", "pull by flag, in all forms of flags"),
    of("R12", "initial flags of existing rows"),
    of("R13", "a change that does not set the flag again"),
    of("R14", "flag set before, at or after the capture"),
    of("R15", "a change between the read and the flag's reset"),
    of("R16", "one failing row does not block the others"),
    of("R17", "people send rows again by touching their flag"),
    of("R18", "a sync node without state can be replaced"),
    of("R19", "reads that write: workers in parallel, locks"),
    of("R20", "one flag serves only one consumer"),
    of("R21", "flags on a schema that cannot be changed"),
    of("R22", "the greatest stamp seen is kept and asked with"),
    of("R23", "where the cursor's time comes from; skewed clocks"),
    of("R24", "many rows of one stamp across a page's end"),
    of("R25", "stamps that are coarser than the changes"),
    of("R26", "pages by offset while rows change"),
    of("R27", "rows stamped before they are committed"),
    of("R28", "the backend's clock steps back"),
    of("R29", "rows that cannot be applied are not skipped"),
    of("R30", "two sync nodes with one cursor"),
    of("R31", "cursors and backups: device or backend restored"),
    of("R32", "pulls by stamp write nothing to the source"),
    of("R33", "hard deletes that a stamp does not show"),
    of("R34", "rows that leave a device's scope"),
    of("R35", "changes found by comparing hashes of all rows"),
    of("R36", "one row has one hash however it is written"),
    of("R37", "state for comparing: hashes or whole rows"),
    of("R38", "comparing costs by size, not by change"),
    of("R39", "feeds by file: intermediate states are not seen"),
    of("R40", "a snapshot read while others write"),
    of("R41", "sync units over entities; cursors by unit or entity"),
    of("R42", "units Splash, Login, Send and Online"),
    of("R43", "sync properties of each unit"),
    of("R44", "created, updated and deleted rows distinguished"),
    of("R45", "only when it is needed: summary first, detail later"),
    of("R46", "only what is needed: rows and columns"),
    of("R47", "a flat, light local model"),
    of("R48", "deltas, not full copies"),
    of("R49", "many rows in one local transaction"),
    of("R50", "one request for each branch of a sync"),
    of("R51", "large pulls in chunks"),
    of("R52", "the best chunk for a class of devices"),
    of("R53", "syncs in the background leave the app quick"),
    of("R54", "back online: one full sync, pending ones dropped"),
    of("R55", "faults of network, memory and device survived"),
    of("R56", "local storage that does not grow for ever"),
    of("R57", "against long syncs that people wait for"),
    of("R58", "against deleting everything and creating it again"),
    of("R59", "against one unit for everything"),
    of("R60", "queued syncs with events, direct ones without"),
    of("R61", "a first-in first-out queue, and what overtakes"),
    of("R62", "what starts a sync, and how often"),
    of("R63", "retries after errors"),
    of("R64", "the network's state, and when it is wrong"),
    of("R65", "each sync ends in exactly one event"),
    of("R66", "hooks that are slow or throw"),
    of("R67", "sync times by entity"),
    of("R68", "time-outs that fit the link"),
    of("R69", "what people see of the sync's state"),
    of("R70", "no edit is dropped without a message"),
    of("R71", "conflicts avoided: owners, locks, leases"),
    of("R72", "the last write wins, by which clock"),
    of("R73", "conflicts by date, then by value"),
    of("R74", "only some of the data can be edited offline"),
    of("R75", "a conflict does not stop the sync"),
    of("R76", "people choose between both versions"),
    of("R77", "policies for conflicts"),
    of("R78", "pairs of edits: create, update, delete"),
    of("R79", "an interrupted sync resumes"),
    of("R80", "how much of a sync is atomic"),
    of("R81", "edits made during a sync belong to the next"),
    of("R82", "one thing created on two devices"),
    of("R83", "parents and children in order"),
    of("R84", "formats and compression on the wire"),
    of("R85", "values survive two kinds of databases"),
    of("R86", "the server knows when a device last synced"),
    of("R87", "simple engine or full one, by volume"),
    of("R88", "the response is lost after the commit"),
    of("R89", "the connection breaks in the middle of a chunk"),
    of("R90", "the app is killed for its memory"),
    of("R91", "power fails in the middle of a transaction"),
    of("R92", "a backend that is slow or down"),
    of("R93", "planned maintenance"),
    of("R94", "a bulk import"),
    of("R95", "a record that the backend never takes"),
    of("R96", "clocks that are skewed or step"),
    of("R97", "columns change between syncs"),
    of("R98", "the app goes to the background and returns"),
    of("R99", "the network changes its kind"),
    of("R100", "two people edit one record"),
    of("R101", "units with columns and rows of their own"),
    of("R102", "all calls of one action in one request"),
    of("R103", "an API that sorts by something other than time"),
    of("R104", "people who tap \"Retry\" after a failed sync"),
    of("R105", "what polling for the network's state costs"),
    of("R106", "a destination that is another system"),
    of("W1", "the backend's calls and its clock"),
    of("W2", "a safety window behind the backend's clock"),
    of("W3", "how a page marks its end"),
    of("W4", "\"more\" decided by a count"),
    of("W5", "a time-out at the gateway"),
    of("W6", "responses kept for a time, for repeated uploads"),
    of("W7", "each edit uploaded, or only the last"),
    of("W8", "the row is read and compared before an upload"),
    of("W9", "shut down in the middle of a sync"),
    of("W10", "no sync while a conflict is open"),
    of("W11", "syncs started by the end of a sync"),
    of("W12", "pre-assigned ids run out"),
    of("F1", "limits on the size of requests and responses"),
    of("F2", "tokens that expire offline"),
    of("F3", "another person on the same phone"),
    of("F4", "writes that the server does not allow"),
    of("F5", "attachments"),
    of("F6", "background budgets of phones"),
    of("F7", "people see their own edits, and time goes forward"),
    of("F8", "bounded waits and no storms"),
    of("F9", "a proxy that caches"),
    of("F10", "foreign keys on devices"),
    of("F11", "what a row costs a device"),
    of("F12", "a check that tests nothing does not pass"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ids_are_those_of_three_series_in_order() {
        let series = |letter: &'static str, last: u32| (1..=last).map(move |n| format!("{letter}{n}"));
        let all = series("R", 106).chain(series("W", 12)).chain(series("F", 12));
        let ids: Vec<&str> = REQUIREMENTS.iter().map(|one| one.id).collect();
        assert_eq!(ids, all.collect::<Vec<_>>());
    }
}
