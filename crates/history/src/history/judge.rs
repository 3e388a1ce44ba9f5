//! A recorded history, put in an order and judged.
//!
//! Each record is looked at by itself first: of the orders that its times allow, and of the authors
//! that its commits may have, that is taken in which the oracle finds least. What it finds in all of
//! them is wrong. A record with more orders than can be tried and something found in each that was
//! is set aside: nobody can decide. Then all is told in one order, with the records in theirs.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use super::fill::fill;
use super::finals::Finals;
use super::order::{Bounds, Contradiction, Group, What};
use super::perform::{Act, Authors, Moment, Performed, Stage, State, Whose, alike, reads_alike};
use super::recorded::{By, Commit, Ground, History, Mark, Row, When};
use super::runs::{Flow, flows};
use super::tell::{Asked, Teller, Told, labels};
use super::views::is_in_scope;
use crate::base::{Stamp, Time, Value};
use crate::config::diagnostic::Diagnostic;
use crate::contract::{Capabilities, EditKind, Merge, Sight};
use crate::oracle::{Life, Story, Subject, Verdict};

/// The turn of a commit at one instant: by the backend's own order, by what refers to what, and by
/// what was put before it.
type Turn = (u64, u32, i64);

/// More orders than are tried in one history.
const ORDERS_MAX: u64 = 1_000_000;
/// A row refers to one that refers to one, and so on: not more often than this.
const ROUNDS: usize = 32;
/// So many records that nobody can decide are named.
const NAMED: usize = 5;

/// A history in an order.
pub struct Ordered<'g> {
    ground: &'g Ground,
    history: History,
    bounds: Bounds,
    moments: Vec<Moment>,
    flows: Vec<Flow>,
    aside: BTreeSet<Row>,
    capabilities: Capabilities,
}

/// Why nothing can be said of a history.
#[derive(Debug)]
pub enum Undecidable {
    /// Nothing was tested by it.
    Empty(String),
    /// What is wrong in it.
    Wrong(Vec<Diagnostic>),
}

/// What a history was, besides its verdict.
#[derive(Clone, Debug, Default)]
pub struct About {
    /// When it began.
    pub start: Stamp,
    /// How long it is.
    pub length: Time,
    /// Edits, commits, syncs.
    pub edits: u64,
    /// How many things were told.
    pub events: u64,
    /// What a reader should know: what was left out, and why.
    pub remarks: Vec<String>,
}

fn wrong(text: String, help: &str) -> Undecidable {
    Undecidable::Wrong(vec![Diagnostic::new(None, text).help(help)])
}

impl<'g> Ordered<'g> {
    /// Puts a history in an order.
    pub fn new(ground: &'g Ground, mut history: History) -> Result<Ordered<'g>, Undecidable> {
        refuse_renames(ground)?;
        refuse_nothing(ground, &history)?;
        let capabilities = capabilities(ground, &history);
        let bounds = bounds(&history)?;
        fill(&mut history);
        narrow(&mut history)?;
        let families = parents_first(ground, &mut history);
        excuse_taken(ground, &mut history);
        let mut told: Vec<Vec<(Turn, Moment)>> = Vec::new();
        let mut aside = BTreeSet::new();
        let mut mended = Vec::new();
        {
            let finals = Finals::of(&history);
            let groups = groups(&history, bounds)?;
            let mut search = Search {
                ground,
                history: &history,
                finals: &finals,
                bounds,
                capabilities,
                left: ORDERS_MAX,
                unlike: FxHashMap::default(),
            };
            let likeliest: Vec<Performed> = groups.iter().map(|group| search.likeliest(group)).collect();
            search.hold_against(&groups, &likeliest);
            for (group, likeliest) in groups.iter().zip(likeliest) {
                match search.best(group, likeliest) {
                    Some(best) => {
                        mended.extend(best.states.iter().filter_map(|of| search.unexplained(of)));
                        told.push(in_turn(&history, best.moments).collect());
                    }
                    None => aside.extend(rows_of(group, &history)),
                }
            }
        }
        lead(&families, &mut told);
        let mut moments = told.concat();
        for (row, kind, values) in mended {
            let mark = Mark { when: When { from: bounds.last, until: bounds.last }, seq: None, line: 0 };
            let act = Act::Commit(history.commits.len(), Whose::Other);
            moments.push(((u64::MAX, 0, 0), Moment { at: bounds.last, act }));
            history.commits.push(Commit { row, kind, values, by: By::Other, mark, rank: 0 });
        }
        moments.sort_by_key(|(turn, moment)| (moment.at, *turn));
        let moments = moments.into_iter().map(|(_, moment)| moment).collect();
        let flows = flows(&history, bounds);
        Ok(Ordered { ground, history, bounds, moments, flows, aside, capabilities })
    }

    fn told<'s>(&'s self, lives: Vec<Life>) -> Teller<'s> {
        let all: Vec<u32> = (0..self.history.devices.len() as u32).collect();
        let of = (self.ground, &self.history);
        let mut teller = Teller::new(of, (self.bounds.first, self.capabilities), all, None).with_lives(lives);
        let mut flows = self.flows.iter().peekable();
        for moment in &self.moments {
            while let Some(flow) = flows.next_if(|flow| flow.at <= moment.at) {
                teller.tell(flow.at, &Told::Flow(flow));
            }
            teller.tell(moment.at, &Told::Of(moment));
        }
        flows.for_each(|flow| teller.tell(flow.at, &Told::Flow(flow)));
        teller
    }

    /// What the oracle finds.
    pub fn judge(&self) -> Verdict {
        let finals = Finals::of(&self.history);
        self.told(Vec::new()).finish(&finals, Asked { only: None, aside: &self.aside })
    }

    /// The lives of these records.
    pub fn lives(&self, subjects: &[Subject]) -> Vec<Story> {
        let life = |subject: &Subject| Life::new(labels(self.ground, self.bounds.first), subject.clone());
        let lives = subjects.iter().map(life).collect();
        self.told(lives).into_lives().iter().map(Life::story).collect()
    }

    /// What it was.
    pub fn about(&self) -> About {
        let history = &self.history;
        let mut remarks = Vec::new();
        if !self.aside.is_empty() {
            let name = |(entity, key): &Row| format!("{}/{key}", self.ground.schema.entity(*entity).name);
            let first: Vec<String> = self.aside.iter().take(NAMED).map(name).collect();
            remarks.push(format!(
                "{} records are not judged, as their times allow more orders than can be tried: {}; `seq` or \
                 a smaller `clock_tolerance` decides",
                self.aside.len(),
                first.join(", ")
            ));
        }
        remarks.extend(self.unseen());
        About {
            start: Stamp(self.bounds.first),
            length: Time((self.bounds.last - self.bounds.first) as u64 * 1_000),
            edits: history.edits.len() as u64,
            events: (self.moments.len() + self.flows.len()) as u64,
            remarks,
        }
    }

    /// Devices that never said something, and what is missing besides.
    fn unseen(&self) -> Vec<String> {
        let history = &self.history;
        let finals = Finals::of(history);
        let named = |is: &dyn Fn(usize) -> bool| -> Option<String> {
            let all: Vec<&str> = (0..history.devices.len())
                .filter(|at| is(*at))
                .map(|at| &*history.devices[at].name)
                .collect();
            let more =
                if all.len() > NAMED { format!(" and {} more", all.len() - NAMED) } else { String::new() };
            (!all.is_empty()).then(|| all.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ") + &more)
        };
        let mut remarks = Vec::new();
        remarks.extend(
            named(&|at| finals.shows[at].is_empty()).map(|who| format!("never said what it shows: {who}")),
        );
        remarks.extend(named(&|at| finals.waits[at].is_none()).map(|who| {
            format!(
                "never said what waits there, so that an edit which is not on the backend may wait: {who}"
            )
        }));
        if history.end.is_none() {
            remarks.push("there is no `end` line: nobody says that all had come to rest".to_owned());
        }
        let ids = history.devices.iter().enumerate().take(2 * NAMED);
        let ids: Vec<String> = ids.map(|(at, device)| format!("d{at} is {}", device.name)).collect();
        remarks.push(ids.join(", "));
        remarks
    }

    /// What was read.
    pub fn history(&self) -> &History {
        &self.history
    }
}

fn refuse_renames(ground: &Ground) -> Result<(), Undecidable> {
    if ground.schema.renames_any() {
        let text = "the scenario has rows to which the backend gives their keys".to_owned();
        return Err(wrong(text, "a history names each row by the key that it has at the end"));
    }
    Ok(())
}

fn refuse_nothing(ground: &Ground, history: &History) -> Result<(), Undecidable> {
    let shows = history.shows.iter().any(|shown| !shown.rows.is_empty() || shown.all);
    if history.edits.is_empty() && history.syncs.is_empty() && !shows {
        let text = "the history has no edit, no sync and nothing that is shown: it tests nothing";
        return Err(Undecidable::Empty(text.to_owned()));
    }
    if history.commits.is_empty() && history.backend.is_empty() {
        let text = "the history says nothing of the backend: no `commit` and no `backend` line";
        return Err(Undecidable::Empty(text.to_owned()));
    }
    let blind = |edit: &&super::recorded::Edit| {
        history.commits.is_empty() && !history.backend.contains_key(&edit.row.0)
    };
    if let Some(edit) = history.edits.iter().find(blind) {
        let name = &ground.schema.entity(edit.row.0).name;
        let text = format!("there are edits of `{name}`, and nothing says what the backend has of it");
        return Err(wrong(
            text,
            "a `commit` line for each change, or a `backend` line with the rows at the end",
        ));
    }
    Ok(())
}

/// What can be asked of what was recorded.
fn capabilities(ground: &Ground, history: &History) -> Capabilities {
    let rest = history.end.is_some_and(|(_, settled)| settled);
    let knows = |commit: &Commit| !matches!(commit.by, By::Unknown);
    let sight = Sight {
        rows: !history.shows.is_empty(),
        waits: !history.waits.is_empty(),
        rest,
        commits: !history.commits.is_empty(),
        authors: history.commits.iter().any(knows),
        inside: false,
    };
    let merge = if ground.gives_way && !history.tells { Merge::Converges } else { Merge::Keeps };
    Capabilities { acknowledges: history.acknowledges, stamps: true, merge, sight, ..Capabilities::NONE }
}

/// From the first instant that is told to the last.
fn bounds(history: &History) -> Result<Bounds, Undecidable> {
    let marks = history.edits.iter().map(|of| of.mark);
    let marks =
        marks.chain(history.commits.iter().map(|of| of.mark)).chain(history.words.iter().map(|of| of.mark));
    let marks =
        marks.chain(history.syncs.iter().map(|of| of.mark)).chain(history.lives.iter().map(|of| of.mark));
    let mut bounds = Bounds { first: i64::MAX, last: i64::MIN };
    let mut note = |when: When| {
        for at in [when.from, when.until].into_iter().filter(|at| *at != i64::MIN && *at != i64::MAX) {
            bounds = Bounds { first: bounds.first.min(at), last: bounds.last.max(at) };
        }
    };
    let end = history.end.map(|(when, _)| when);
    for mark in marks {
        note(mark.when);
        if let Some(end) = end.filter(|end| mark.when.from > end.until) {
            let _ = end;
            return Err(wrong(
                format!("line {} happened after the `end`", mark.line),
                "the end comes after all else; or raise `clock_tolerance`",
            ));
        }
    }
    end.into_iter().for_each(note);
    if bounds.first > bounds.last {
        return Ok(Bounds { first: 0, last: 0 });
    }
    // A century is no recording, and virtual time has an end.
    if bounds.last.saturating_sub(bounds.first) > 100 * 366 * 86_400 * 1_000_000 {
        return Err(wrong(
            "the times of the history lie more than a century apart".to_owned(),
            "are some of them in seconds? a number is milliseconds since 1970",
        ));
    }
    Ok(bounds)
}

/// What happened to one record at an instant, with the turn of its commit there: the backend's own
/// order holds, and without it a row comes before those that refer to it.
fn in_turn(history: &History, moments: Vec<Moment>) -> impl Iterator<Item = (Turn, Moment)> {
    let turns: Vec<Turn> = moments
        .chunk_by(|a, b| a.at == b.at)
        .flat_map(|alike| {
            let commit = alike.iter().find_map(|moment| match moment.act {
                Act::Commit(at, _) => history.commits.get(at),
                _ => None,
            });
            let turn = commit.map_or((0, 0, 0), |commit| (commit.mark.seq.unwrap_or(0), commit.rank, 0));
            std::iter::repeat_n(turn, alike.len())
        })
        .collect();
    turns.into_iter().zip(moments)
}

/// Has rows come before those that refer to them wherever they may, with all that led to them: the
/// order of each record stays as it is.
fn lead(families: &[(usize, usize)], told: &mut [Vec<(Turn, Moment)>]) {
    let mut places: FxHashMap<usize, (usize, usize)> = FxHashMap::default();
    for (group, moments) in told.iter().enumerate() {
        for (at, (_, moment)) in moments.iter().enumerate() {
            if let Act::Commit(commit, _) = moment.act {
                places.insert(commit, (group, at));
            }
        }
    }
    for _ in 0..ROUNDS {
        let mut moved = false;
        for (first, second) in families {
            let (Some(&first), Some(&second)) = (places.get(first), places.get(second)) else { continue };
            let (turn, Moment { at, .. }) = told[second.0][second.1];
            let before = &mut told[first.0][..=first.1];
            let late = |(own, moment): &(Turn, Moment)| (moment.at, *own) >= (at, turn);
            if before.last().is_some_and(late) {
                let ahead = (turn.0, turn.1, turn.2 - 1);
                before.iter_mut().filter(|of| late(of)).for_each(|(own, moment)| {
                    (moment.at, *own) = (at, ahead);
                });
                moved = true;
            }
        }
        if !moved {
            return;
        }
    }
}

/// Narrows the times of what one place told in an order.
fn narrow(history: &mut History) -> Result<(), Undecidable> {
    let mut places: BTreeMap<u32, Vec<&mut Mark>> = BTreeMap::new();
    let History { edits, commits, words, syncs, lives, .. } = history;
    let of_edit: Vec<u32> = edits.iter().map(|edit| edit.device).collect();
    let devices = edits.iter_mut().map(|edit| (edit.device, &mut edit.mark));
    let devices = devices.chain(words.iter_mut().map(|word| (of_edit[word.edit], &mut word.mark)));
    let devices = devices.chain(syncs.iter_mut().map(|sync| (sync.device, &mut sync.mark)));
    let devices = devices.chain(lives.iter_mut().map(|life| (life.device, &mut life.mark)));
    let all = devices.chain(commits.iter_mut().map(|commit| (u32::MAX, &mut commit.mark)));
    all.filter(|(_, mark)| mark.seq.is_some())
        .for_each(|(at, mark)| places.entry(at).or_default().push(mark));
    for mut marks in places.into_values() {
        marks.sort_by_key(|mark| mark.seq);
        let mut from = (i64::MIN, 0);
        for mark in &mut marks {
            if mark.when.until < from.0 {
                let (first, second, why) = (from.1, mark.line, super::order::BY_SEQ);
                return Err(contradiction(&Contradiction { first, second, why }));
            }
            from = from.max((mark.when.from, mark.line));
            mark.when.from = from.0;
        }
        let mut until = i64::MAX;
        for mark in marks.iter_mut().rev() {
            until = until.min(mark.when.until);
            mark.when.until = until;
        }
    }
    Ok(())
}

/// A row that a device makes is on the backend before its rows that refer to it, and goes after
/// them, where the times let it.
fn parents_first(ground: &Ground, history: &mut History) -> Vec<(usize, usize)> {
    let mut made: FxHashMap<(Row, bool), usize> = FxHashMap::default();
    for (at, commit) in history.commits.iter().enumerate() {
        let deletes = commit.kind == Some(EditKind::Delete);
        let is_new = commit.kind.is_none() && !history.rows.contains_key(&commit.row);
        if deletes || is_new || commit.kind == Some(EditKind::Create) {
            made.entry((commit.row.clone(), deletes)).or_insert(at);
        }
    }
    let mut pairs = Vec::new();
    let mut said: FxHashMap<&Row, &super::recorded::Values> = FxHashMap::default();
    let whole = history.commits.iter().filter(|commit| commit.kind != Some(EditKind::Delete));
    whole.for_each(|commit| _ = said.entry(&commit.row).or_insert(&commit.values));
    for (at, commit) in history.commits.iter().enumerate() {
        let form = ground.schema.entity(commit.row.0);
        let values = match commit.kind {
            Some(EditKind::Delete) => match history.rows.get(&commit.row) {
                Some(row) => row.iter().cloned().enumerate().collect(),
                None => said.get(&commit.row).map_or_else(Vec::new, |values| (*values).clone()),
            },
            _ => commit.values.clone(),
        };
        let deletes = commit.kind == Some(EditKind::Delete);
        for parent in form.references(values.iter().map(|(column, value)| (*column, value))) {
            let row = (parent.0, crate::base::Key::new(parent.1));
            if let Some(other) = made.get(&(row, deletes)).filter(|other| **other != at) {
                pairs.push(if deletes { (at, *other) } else { (*other, at) });
            }
        }
    }
    pairs.retain(|&(first, second)| {
        let [a, b] = [first, second].map(|at| history.commits[at].mark);
        let told = a.seq.zip(b.seq).is_some_and(|(a, b)| a > b);
        !told && a.when.from <= b.when.until
    });
    for _ in 0..ROUNDS {
        let mut moved = false;
        for at in 0..history.commits.len() {
            let By::Edit(edit) = history.commits[at].by else { continue };
            let from = history.edits[edit].mark.when.from;
            let commit = &mut history.commits[at].mark.when;
            if commit.from < from && from <= commit.until {
                commit.from = from;
                moved = true;
            }
        }
        for &(first, second) in &pairs {
            let [a, b] = [first, second].map(|at| history.commits[at].mark);
            if a.when.from > b.when.until {
                continue;
            }
            let rank = history.commits[first].rank + 1;
            let (from, until) = (b.when.from.max(a.when.from), a.when.until.min(b.when.until));
            moved |= from != b.when.from || until != a.when.until || history.commits[second].rank < rank;
            history.commits[second].mark.when.from = from;
            history.commits[first].mark.when.until = until;
            history.commits[second].rank = history.commits[second].rank.max(rank);
        }
        if !moved {
            break;
        }
    }
    pairs
}

/// A row that is made with the natural key of another, and says what that says, may have become that
/// one: it need not come to the backend.
fn excuse_taken(ground: &Ground, history: &mut History) {
    type Said<'h> = (&'h Row, Vec<(usize, &'h Value)>);
    let name = |row: &Row, values: &[(usize, &Value)]| -> Option<(u16, String)> {
        let columns = &ground.schema.entity(row.0).unique;
        let said = |column: &usize| values.iter().find(|(of, _)| of == column).map(|(_, value)| *value);
        let unique: Option<Vec<&Value>> = columns.iter().map(said).collect();
        let unique = unique.filter(|unique| !unique.is_empty() && !unique.contains(&&Value::Null))?;
        Some((row.0.0, format!("{unique:?}")))
    };
    let begun = history.rows.iter().map(|(row, values)| (row, values.iter().enumerate().collect()));
    let since = history
        .commits
        .iter()
        .map(|commit| (&commit.row, commit.values.iter().map(|(column, value)| (*column, value)).collect()));
    let mut named: FxHashMap<(u16, String), Vec<Said<'_>>> = FxHashMap::default();
    let all: Vec<Said<'_>> = begun.chain(since).collect();
    for (row, values) in all {
        if let Some(name) = name(row, &values) {
            named.entry(name).or_default().push((row, values));
        }
    }
    let committed: BTreeSet<usize> = history
        .commits
        .iter()
        .filter_map(|commit| if let By::Edit(edit) = commit.by { Some(edit) } else { None })
        .collect();
    let is_taken = |edit: &super::recorded::Edit| {
        let own: Vec<(usize, &Value)> = edit.values.iter().map(|(column, value)| (*column, value)).collect();
        let others = name(&edit.row, &own).and_then(|name| named.get(&name));
        others.into_iter().flatten().any(|(row, said)| {
            **row != edit.row
                && own.iter().all(|(at, value)| said.iter().any(|(of, is)| of == at && alike(is, value)))
        })
    };
    let creates = |(at, edit): &(usize, &super::recorded::Edit)| {
        edit.kind == EditKind::Create && !committed.contains(at) && is_taken(edit)
    };
    let excused: Vec<usize> = history.edits.iter().enumerate().filter(creates).map(|(at, _)| at).collect();
    excused.into_iter().for_each(|at| history.edits[at].unsure = true);
}

fn contradiction(of: &Contradiction) -> Undecidable {
    let text =
        format!("line {} comes before line {} {}, and after it by its time", of.first, of.second, of.why);
    wrong(text, "raise `clock_tolerance`, or correct the times")
}

fn rows_of(group: &Group, history: &History) -> BTreeSet<Row> {
    let row = |what: What| match what {
        What::Edit(at) => Some(history.edits[at].row.clone()),
        What::Commit(at) => Some(history.commits[at].row.clone()),
        What::Word(_) => None,
    };
    group.items.iter().filter_map(|item| row(item.what)).collect()
}

/// What concerns each record; records of which an edit became a row of another are one.
fn groups(history: &History, bounds: Bounds) -> Result<Vec<Group>, Undecidable> {
    let mut numbers: FxHashMap<&Row, usize> = FxHashMap::default();
    let rows = history.edits.iter().map(|edit| &edit.row);
    let rows = rows.chain(history.commits.iter().map(|commit| &commit.row));
    let number = |row| {
        let next = numbers.len();
        *numbers.entry(row).or_insert(next)
    };
    let mut of_edits: Vec<usize> = rows.map(number).collect();
    let of_commits = of_edits.split_off(history.edits.len());
    let mut parents: Vec<usize> = (0..numbers.len()).collect();
    fn root(parents: &[usize], mut at: usize) -> usize {
        while parents[at] != at {
            at = parents[at];
        }
        at
    }
    for (at, commit) in history.commits.iter().enumerate() {
        if let By::Edit(edit) = commit.by {
            let (a, b) = (root(&parents, of_edits[edit]), root(&parents, of_commits[at]));
            parents[a.max(b)] = a.min(b);
        }
    }
    let mut items: BTreeMap<usize, Vec<What>> = BTreeMap::new();
    let mut add = |row: usize, what| items.entry(root(&parents, row)).or_default().push(what);
    of_edits.iter().enumerate().for_each(|(at, row)| add(*row, What::Edit(at)));
    of_commits.iter().enumerate().for_each(|(at, row)| add(*row, What::Commit(at)));
    history.words.iter().enumerate().for_each(|(at, word)| add(of_edits[word.edit], What::Word(at)));
    let group = |items: Vec<What>| Group::new(items, history, bounds).map_err(|of| contradiction(&of));
    items.into_values().map(group).collect()
}

struct Search<'s> {
    ground: &'s Ground,
    history: &'s History,
    finals: &'s Finals<'s>,
    bounds: Bounds,
    capabilities: Capabilities,
    left: u64,
    /// Devices that show a row otherwise than it is in its likeliest order.
    unlike: FxHashMap<Row, Vec<u32>>,
}

/// How much was found: of what cannot have been, such as other rows at the end, and of violations.
type Score = (u64, u64);

impl Search<'_> {
    fn perform(&self, group: &Group, order: &[usize], authors: Authors) -> Performed {
        Stage::new(self.ground, self.history, authors).perform(group, order)
    }
    fn likeliest(&self, group: &Group) -> Performed {
        let mut first = None;
        group.orders(self.history, &mut |order| {
            first = Some(self.perform(group, order, Authors::ByValue));
            false
        });
        first.unwrap_or(Performed { moments: Vec::new(), states: Vec::new(), odd: 0 })
    }

    /// Notes the devices that show something else than is in the likeliest order.
    fn hold_against(&mut self, groups: &[Group], likeliest: &[Performed]) {
        let unsure = groups.iter().zip(likeliest).filter(|(group, _)| self.is_unsure(group));
        let states: Vec<&(Row, State)> = unsure.flat_map(|(_, of)| &of.states).collect();
        let mut unlike: FxHashMap<Row, Vec<u32>> = FxHashMap::default();
        for at in 0..self.finals.shows.len() {
            for state in states.iter().filter(|state| !self.is_like(at, state)) {
                unlike.entry(state.0.clone()).or_default().push(at as u32);
            }
        }
        self.unlike = unlike;
    }

    /// Whether it has a commit of which nobody knows the author.
    fn has_unknown(&self, group: &Group) -> bool {
        let unknown =
            |what: What| matches!(what, What::Commit(at) if self.history.commits[at].by == By::Unknown);
        group.items.iter().any(|item| unknown(item.what))
    }
    fn is_unsure(&self, group: &Group) -> bool {
        !group.is_sure() || self.has_unknown(group)
    }

    /// The order in which least is found; `None` if nobody can tell.
    fn best(&mut self, group: &Group, likeliest: Performed) -> Option<Performed> {
        if !self.is_unsure(group) {
            return Some(likeliest);
        }
        let has_unknown = self.has_unknown(group);
        let rows: Vec<Row> = rows_of(group, self.history).into_iter().collect();
        let devices = self.devices(group, &rows);
        let first = self.score(&likeliest, (&rows, &devices), &likeliest);
        if first == (0, 0) {
            return Some(likeliest);
        }
        let (mut best, mut least) = (None, first);
        let mut tried = 0;
        let history = self.history;
        let left = self.left;
        let all = group.orders(history, &mut |order| {
            for authors in [Authors::ByValue, Authors::Others] {
                if authors == Authors::Others && !has_unknown {
                    continue;
                }
                let performed = self.perform(group, order, authors);
                let score = self.score(&performed, (&rows, &devices), &likeliest);
                tried += 1;
                if score < least {
                    (least, best) = (score, Some(performed));
                }
            }
            least > (0, 0) && tried < left
        });
        self.left = self.left.saturating_sub(tried);
        let decided = all || least == (0, 0);
        decided.then(|| best.unwrap_or(likeliest))
    }

    /// The devices that matter to a record.
    fn devices(&self, group: &Group, rows: &[Row]) -> Vec<u32> {
        let of = |what: What| match what {
            What::Edit(at) => Some(self.history.edits[at].device),
            What::Commit(at) => match self.history.commits[at].by {
                By::Device(device) | By::Stranger(device) => Some(device),
                _ => None,
            },
            What::Word(_) => None,
        };
        let unlike = rows.iter().filter_map(|row| self.unlike.get(row)).flatten().copied();
        let all: BTreeSet<u32> = group.items.iter().filter_map(|item| of(item.what)).chain(unlike).collect();
        all.into_iter().collect()
    }

    fn score(
        &self,
        performed: &Performed,
        (rows, devices): (&[Row], &[u32]),
        likeliest: &Performed,
    ) -> Score {
        let of = (self.ground, self.history);
        let setting = (self.bounds.first, self.capabilities);
        let mut teller = Teller::new(of, setting, devices.to_vec(), Some(rows));
        performed.moments.iter().for_each(|moment| teller.tell(moment.at, &Told::Of(moment)));
        let verdict = teller.finish(self.finals, Asked { only: Some(rows), aside: &BTreeSet::new() });
        let found = verdict.violations.iter().filter(|found| found.check != "divergent").count() as u64;
        // Devices that agree with the likeliest order were not asked: with another end they may not.
        let sight = self.capabilities.sight;
        let ends = performed.states.iter().zip(&likeliest.states);
        let ends = ends.filter(|(own, likeliest)| sight.rows && sight.rest && own.1 != likeliest.1);
        let is_asked = |at: usize| devices.binary_search(&(at as u32)).is_ok();
        let all = 0..self.finals.shows.len();
        let unlike =
            |of: &(Row, State)| all.clone().filter(|at| !is_asked(*at) && !self.is_like(*at, of)).count();
        let others: usize = ends.map(|(own, _)| unlike(own)).sum();
        let unexplained = performed.states.iter().filter(|of| self.unexplained(of).is_some()).count() as u64;
        (performed.odd + unexplained, found + others as u64)
    }

    /// Whether a device shows a record as it is, if that was looked at.
    fn is_like(&self, at: usize, (row, state): &(Row, State)) -> bool {
        let shows = self.finals.shows[at].get(&row.0).and_then(|of| of.row(row.1.as_str()));
        let Some((_, shown)) = shows else { return true };
        let form = self.ground.schema.entity(row.0);
        let attributes = &self.history.devices[at].attributes;
        match (shown, state.as_ref().filter(|values| is_in_scope(form, values, attributes))) {
            (None, None) => true,
            (Some(shown), Some(due)) => reads_alike(shown, &form.project(due)),
            _ => false,
        }
    }

    /// What somebody must have written besides, for the row to be as it is at the end.
    fn unexplained(
        &self,
        (row, state): &(Row, State),
    ) -> Option<(Row, Option<EditKind>, super::recorded::Values)> {
        let now = self.history.backend.get(&row.0)?.get(&row.1);
        match (state, now) {
            (None, None) => None,
            (Some(_), None) => Some((row.clone(), Some(EditKind::Delete), Vec::new())),
            (Some(state), Some(now)) if reads_alike(state, now) => None,
            (_, Some(now)) => Some((row.clone(), None, now.iter().cloned().enumerate().collect())),
        }
    }
}
