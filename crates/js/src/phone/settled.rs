//! Decides the outcome of edits from the server's responses and from the rows that still wait.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use serde_json::Value as Json;

use super::journal::{Line, Said, Waiting, quoted, waits};
use crate::contract::{EditKind, EntityId, Key, Schema, Stamp};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Told {
    Done(Line, Said),
    /// The person created and deleted a row, and the app sends neither edit.
    Never(Vec<Line>),
}

/// Returns the outcomes to report, and SQL statements that update the journal. `waiting`: the rows
/// that wait to be sent. `sent`: the edits that this process sent. If `waiting` is `None`, the sync
/// must have ended well. Then each edit with a decision is done.
pub(super) fn settled(
    lines: Vec<Line>,
    (waiting, went_well): (&Waiting, bool),
    sent: &BTreeSet<u32>,
) -> (Vec<Told>, String) {
    let (mut told, mut note) = (Vec::new(), String::new());
    let mut rows: BTreeMap<(EntityId, Key), Vec<Line>> = BTreeMap::new();
    lines.into_iter().for_each(|line| rows.entry((line.entity, line.key.clone())).or_default().push(line));
    for (_, lines) in rows {
        let is_waiting = waiting.is_some() && waits(waiting, &lines[0]);
        let last_open = lines.iter().rposition(Line::is_open);
        let (first, last) = (&lines[0], &lines[lines.len() - 1]);
        let is_unsent = lines.iter().all(|line| line.is_unanswered() && !sent.contains(&line.number));
        if waiting.is_some()
            && !is_waiting
            && is_unsent
            && (first.kind, last.kind) == (EditKind::Create, EditKind::Delete)
        {
            forget(&mut note, &lines);
            told.push(Told::Never(lines));
            continue;
        }
        let mut gone = Vec::new();
        for (at, mut line) in lines.into_iter().enumerate() {
            // The server decided on an earlier send, and a later send of the row did not include
            // the edit.
            if !is_waiting && waiting.is_some() {
                line.said = line.said.or(line.said_once);
            }
            let is_before_open = last_open.is_some_and(|open| at < open);
            let is_done = match line.said.filter(|_| !line.perhaps || !is_waiting) {
                // The row waits because of a later edit.
                Some(Said::Committed(_) | Said::Refused) => !is_waiting || is_before_open,
                Some(Said::GaveWay(_)) => !is_waiting,
                None => false,
            };
            if let Some(said) = line.said.filter(|_| is_done) {
                if line.perhaps && said == Said::Refused {
                    note += &log_rejected_with(&line);
                }
                told.push(Told::Done(line.clone(), said));
            } else if let Some(kept) = kept(&line, is_waiting, went_well) {
                note += &kept;
                continue;
            }
            // An edit without a decision also leaves the journal if its row no longer waits.
            if is_done || waiting.is_some() && !is_waiting {
                gone.push(line);
            }
        }
        forget(&mut note, &gone);
    }
    (told, note)
}

/// Returns the statement for an edit that has a decision and is not done; `None` if nothing
/// changes.
fn kept(line: &Line, is_waiting: bool, went_well: bool) -> Option<String> {
    let set = |what: &str| format!("UPDATE bench_edits SET {what} WHERE number = {};", line.number);
    let set = match line.said? {
        // The row still waits, so the decision on the equal edit does not hold for this one.
        _ if line.perhaps && is_waiting => set("said = NULL, gave = NULL, perhaps = NULL"),
        // The adapter (the app's sync code) sends the edit again together with later ones. Or a
        // later edit made the row wait, and the adapter does not send this one again.
        Said::GaveWay(_) | Said::Refused => set("gave_once = gave, gave = NULL"),
        Said::Committed(_) => return None,
    };
    // After a failed sync, the engine knows the decision, and the adapter may not send the edit
    // again.
    Some(if went_well { set } else { String::new() })
}

/// Returns the statement that adds a log line for an edit that was sent with a refused one. The app
/// told the person about both.
fn log_rejected_with(line: &Line) -> String {
    let (entity, key) = (line.entity.0, quoted(line.key.as_str()));
    format!("INSERT OR REPLACE INTO bench_log VALUES({}, {entity}, {key}, 'rejected');", line.number)
}

/// Finds edits that no longer wait and got no response, and whose values the app does not show.
/// Newer versions replaced them. If the app shows the last edit of a row, an earlier one may have
/// lost the columns that only this one sets.
pub(super) fn overruled(
    lines: &[Line],
    schema: &Schema,
    waiting: &Waiting,
    mut shown: impl FnMut(&Line) -> Json,
) -> Vec<Told> {
    let mut rows: BTreeMap<(EntityId, &str), Vec<&Line>> = BTreeMap::new();
    let has_left = |line: &&Line| line.is_unanswered() && !waits(waiting, line);
    lines.iter().filter(has_left).for_each(|line| rows.entry(line.row()).or_default().push(line));
    let mut told = Vec::new();
    for of in rows.into_values() {
        let state = of.last().map(|last| shown(last)).unwrap_or_default();
        let is_all_gone = of.last().is_some_and(|last| !last.made_this(schema, &state));
        for (at, line) in of.iter().enumerate() {
            if is_all_gone || !stands(line, &of[at + 1..], schema, &state) {
                told.push(Told::Done((*line).clone(), Said::GaveWay(Stamp::default())));
            }
        }
    }
    told
}

/// True if `state` has the values of an edit in each column that no `later` edit sets. A delete
/// leaves nothing to compare.
fn stands(line: &Line, later: &[&Line], schema: &Schema, state: &Json) -> bool {
    let deletes = |line: &Line| line.kind == EditKind::Delete;
    if !later.is_empty() && (deletes(line) || later.iter().any(|later| deletes(later))) {
        return true;
    }
    let mut rest = line.clone();
    rest.prints.retain(|(column, _)| later.iter().all(|later| later.print(*column).is_none()));
    rest.made_this(schema, state)
}

fn forget(note: &mut String, lines: &[Line]) {
    lines.iter().for_each(|line| _ = write!(note, "DELETE FROM bench_edits WHERE number = {};", line.number));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::contract::DeviceId;
    use crate::phone::journal::tests::{line, schema};
    use crate::phone::journal::{behind, note_sent, unsaid};

    /// A sync fails after it stored the response's rows. The next sync does not send them again.
    #[test]
    fn an_edit_that_gave_way_in_a_sync_that_failed_is_told() {
        let lines = || {
            let gave = Some(Said::GaveWay(Stamp(7)));
            vec![Line { said: gave, ..line(1, "a", EditKind::Update, &json!({ "hours": 1 })) }]
        };
        let rows = |keys: &[&str]| Some(keys.iter().map(|key| (EntityId(0), (*key).to_owned())).collect());
        let settle = |waiting: &[&str], went_well: bool| {
            let (told, note) = settled(lines(), (&rows(waiting), went_well), &BTreeSet::new());
            (told.len(), note.contains("gave = NULL"))
        };
        assert_eq!(settle(&["a"], false), (0, false), "what was said stays");
        assert_eq!(settle(&["a"], true), (0, true), "the adapter sends it again");
        assert_eq!(settle(&[], true), (1, false));
        assert_eq!(unsaid(&lines(), &rows(&["a"])), "");
    }

    /// The person edits a row between the response and the end of the sync.
    #[test]
    fn an_edit_that_gave_way_before_its_row_waits_again_is_told() {
        let lines = || {
            let first = line(1, "a", EditKind::Update, &json!({ "hours": 1 }));
            let gave = Line { said_once: Some(Said::GaveWay(Stamp(7))), ..first };
            let said = Some(Said::Committed(Stamp(9)));
            vec![gave, Line { said, ..line(2, "a", EditKind::Update, &json!({ "state": "open" })) }]
        };
        let told = |waiting: &[&str]| -> Vec<(u32, Said)> {
            let rows = Some(waiting.iter().map(|key| (EntityId(0), (*key).to_owned())).collect());
            let (told, _) = settled(lines(), (&rows, true), &BTreeSet::new());
            let of = |told| if let Told::Done(line, said) = told { Some((line.number, said)) } else { None };
            told.into_iter().filter_map(of).collect()
        };
        assert_eq!(told(&[]), [(1, Said::GaveWay(Stamp(7))), (2, Said::Committed(Stamp(9)))]);
        assert_eq!(told(&["a"]), [], "it may go again");
        // The row is sent again, so the earlier "gave way" no longer counts.
        let goes =
            |number: u32| note_sent(&lines(), &behind(&lines(), DeviceId(0), |it| it.number == number));
        assert!(goes(1).contains("gave_once = NULL"));
        assert_eq!(goes(2), "");
    }

    #[test]
    fn an_edit_that_left_unsaid_and_is_not_shown_gave_way() {
        let lines = [
            line(1, "a", EditKind::Update, &json!({ "hours": 1 })),
            line(2, "a", EditKind::Update, &json!({ "hours": 2 })),
            line(3, "b", EditKind::Update, &json!({ "hours": 3 })),
        ];
        let told = |hours: i64, waiting: &[&str]| {
            let waiting = waiting.iter().map(|key| (EntityId(0), (*key).to_owned())).collect();
            overruled(&lines, &schema(), &Some(waiting), |_| json!({ "hours": hours })).len()
        };
        assert_eq!([told(2, &[]), told(3, &[]), told(9, &[])], [1, 2, 3]);
        assert_eq!([told(9, &["a"]), told(9, &["a", "b"])], [1, 0], "what waits may still go");
    }

    #[test]
    fn an_earlier_edit_gave_way_in_a_column_that_the_last_one_does_not_set() {
        let both = line(1, "a", EditKind::Update, &json!({ "hours": 1, "state": "open" }));
        let lines = [both, line(2, "a", EditKind::Update, &json!({ "hours": 2 }))];
        let told = |state: &str, hours: i64| -> Vec<u32> {
            let shown = json!({ "hours": hours, "state": state });
            let told = overruled(&lines, &schema(), &Some(BTreeSet::new()), |_| shown.clone());
            let of = |told| if let Told::Done(line, _) = told { Some(line.number) } else { None };
            told.into_iter().filter_map(of).collect()
        };
        assert_eq!([told("open", 2), told("done", 2), told("open", 9)], [vec![], vec![1], vec![1, 2]]);
    }
}
