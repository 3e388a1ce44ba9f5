//! Orders a recorded history and judges it.
//!
//! Each record (a row with all its events) is handled alone first. Its times may allow several
//! orders of its events, and its commits several authors. The order with the fewest findings
//! counts, so a finding that remains is a fault of the app. A record is undecidable if it has too
//! many orders and each tried order has findings. Such a record is set aside. Then all events are
//! replayed in one order that keeps the order within each record.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use super::families::{Turn, excuse_duplicate_natural_keys, in_turn, lead, narrow, parents_first};
use super::fill::fill;
use super::finals::Finals;
use super::names::Names;
use super::order::Bounds;
use super::perform::{Act, Moment, Performed, Whose};
use super::recorded::{By, Commit, EditAt, Ground, History, Mark, Row, When};
use super::runs::{Flow, flows};
use super::search::{Search, TOLD_MAX, groups, rows_of};
use super::tell::{Asked, Teller, Told, labels};
use super::undecidable::{Undecidable, wrong};
use super::undone::{is_recorded, undone};
use super::value;
use crate::base::{Stamp, Time};
use crate::contract::{Capabilities, Merge, Sight};
use crate::oracle::{Life, Story, Subject, Verdict};

/// The maximum number of undecidable records that are named.
const NAMED: usize = 5;

/// A history whose events have an order.
pub struct Ordered<'g> {
    ground: &'g Ground,
    history: History,
    bounds: Bounds,
    moments: Vec<Moment>,
    flows: Vec<Flow>,
    aside: BTreeSet<Row>,
    /// Edits that were committed but are missing at the end: the row differs from its commits.
    undone: Vec<EditAt>,
    unlike: BTreeSet<Row>,
    capabilities: Capabilities,
}

/// Facts about a history, in addition to its verdict.
#[derive(Clone, Debug, Default)]
pub struct About {
    /// The first instant.
    pub start: Stamp,
    /// The time from the first to the last instant.
    pub length: Time,
    /// The number of edits.
    pub edits: u64,
    /// The number of replayed events.
    pub events: u64,
    /// Remarks for the reader: which data were left out, and why.
    pub remarks: Vec<String>,
}

impl<'g> Ordered<'g> {
    /// Orders a history.
    ///
    /// # Errors
    /// The history contradicts itself, is empty, or uses a feature that cannot be judged.
    pub fn new(ground: &'g Ground, mut history: History) -> Result<Ordered<'g>, Undecidable> {
        refuse_renames(ground)?;
        refuse_untestable(ground, &history)?;
        let capabilities = capabilities(ground, &history);
        let bounds = bounds(&history)?;
        fill(&mut history);
        narrow(&mut history)?;
        let families = parents_first(ground, &mut history);
        excuse_duplicate_natural_keys(ground, &mut history);
        let mut told: Vec<Vec<(Turn, Moment)>> = Vec::new();
        let (mut aside, mut unlike) = (BTreeSet::new(), BTreeSet::new());
        let (mut mended, mut gone) = (Vec::new(), Vec::new());
        {
            let finals = Finals::of(&history);
            let groups = groups(&history, bounds)?;
            let mut search = Search {
                ground,
                history: &history,
                finals: &finals,
                bounds,
                capabilities,
                left: TOLD_MAX,
                unlike: FxHashMap::default(),
            };
            let likeliest: Vec<Performed> = groups.iter().map(|group| search.likeliest(group)).collect();
            search.note_unlike_devices(&groups, &likeliest);
            for (group, likeliest) in groups.iter().zip(likeliest) {
                match search.best(group, likeliest) {
                    Some(best) => {
                        gone.extend(undone(ground, &history, &best));
                        for state in &best.states {
                            let Some(unexplained) = search.unexplained(state) else { continue };
                            if is_recorded(&history, &best, &state.0) {
                                unlike.insert(state.0.clone());
                            }
                            mended.push(unexplained);
                        }
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
            history.commits.push(Commit::told(row, (kind, values), By::Other, mark));
        }
        moments.sort_by_key(|(turn, moment)| (moment.at, *turn));
        let moments = moments.into_iter().map(|(_, moment)| moment).collect();
        let flows = flows(&history, bounds);
        Ok(Ordered { ground, history, bounds, moments, flows, aside, undone: gone, unlike, capabilities })
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

    /// Returns the verdict of the oracle (the judge).
    pub fn judge(&self) -> Verdict {
        let finals = Finals::of(&self.history);
        let mut told = self.told(Vec::new());
        told.lacks(&self.undone);
        told.finish(&finals, Asked { only: None, aside: &self.aside })
    }

    /// Returns the life of each of these records: its events in order.
    pub fn lives(&self, subjects: &[Subject]) -> Vec<Story> {
        let life = |subject: &Subject| Life::new(labels(self.ground, self.bounds.first), subject.clone());
        let lives = subjects.iter().map(life).collect();
        self.told(lives).lives.iter().map(Life::story).collect()
    }

    /// Returns facts about the history.
    pub fn about(&self) -> About {
        let history = &self.history;
        let mut remarks = Vec::new();
        let first = |rows: &BTreeSet<Row>| {
            let name = |(entity, key): &Row| format!("{}/{key}", self.ground.schema.entity(*entity).name);
            rows.iter().take(NAMED).map(name).collect::<Vec<_>>().join(", ")
        };
        if !self.unlike.is_empty() {
            remarks.push(format!(
                "{} at the end not as last committed, and no `commit` line explains the difference: {}. If some writers have no `commit` lines, set `unrecorded_writers` in the first line",
                match self.unlike.len() {
                    1 => "1 record is".to_owned(),
                    unlike => format!("{unlike} records are"),
                },
                first(&self.unlike)
            ));
        }
        if !self.aside.is_empty() {
            remarks.push(format!(
                "{} records are not judged, because their times allow too many orders: {}. Add `seq` to their lines, or set a smaller `clock_tolerance`",
                self.aside.len(),
                first(&self.aside)
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

    /// Lists missing data, such as devices that reported nothing.
    fn unseen(&self) -> Vec<String> {
        let history = &self.history;
        let finals = Finals::of(history);
        let named = |lacks: &str, is: &dyn Fn(usize) -> bool| -> Option<String> {
            let all: Vec<&str> =
                history.devices().enumerate().filter(|(at, _)| is(*at)).map(|(_, name)| name).collect();
            let more =
                if all.len() > NAMED { format!(" and {} more", all.len() - NAMED) } else { String::new() };
            let first = all[..all.len().min(NAMED)].join(", ");
            (!all.is_empty()).then(|| format!("{lacks}: {first}{more}"))
        };
        let waits = "these apps never reported their waiting edits, and an edit that is not on the backend \
                     may still wait there";
        let mut remarks = Vec::new();
        remarks.extend(named("these apps never reported the rows that they show", &|at| {
            finals.shows[at].is_empty()
        }));
        remarks.extend(named(waits, &|at| finals.waits[at].is_none()));
        if history.end.is_none() {
            remarks.push("there is no `end` line: add one if all syncs were complete at the end".to_owned());
        }
        remarks.extend(self.passed_over());
        remarks
    }

    /// Counts edits that did not reach the backend although a later edit of the same row and device
    /// did.
    fn passed_over(&self) -> Option<String> {
        let history = &self.history;
        if !self.capabilities.sight.commits {
            return None;
        }
        let commits = self.moments.iter().filter_map(|moment| match moment.act {
            Act::Commit(_, Whose::Edit(edit)) => Some(edit),
            _ => None,
        });
        let came: BTreeSet<EditAt> = commits.collect();
        let told = history.words.iter().filter(|word| word.says.is_some()).map(|word| word.edit);
        let told: BTreeSet<EditAt> = told.collect();
        let (mut later, mut over) = (BTreeSet::new(), Vec::new());
        for moment in self.moments.iter().rev() {
            let Act::Edit(at) = moment.act else { continue };
            let edit = &history.edits[at];
            let of = (edit.device, &edit.row);
            if came.contains(&at) {
                later.insert(of);
            } else if later.contains(&of) && !edit.unsure && !told.contains(&at) {
                over.push(at);
            }
        }
        let name = |at: &EditAt| {
            let edit = &history.edits[*at];
            let row = format!("{} {}", self.ground.schema.entity(edit.row.0).name, edit.row.1.as_str());
            edit.id.as_deref().map_or(row, str::to_owned)
        };
        let first: Vec<String> = over.iter().rev().take(NAMED).map(name).collect();
        let more = if over.len() > NAMED { ", …" } else { "" };
        let (some, all, first) = (over.len(), history.edits.len(), first.join(", "));
        (some > 0).then(|| {
            format!(
                "{some} of {all} edits never reached the backend, but a later edit of the same row on the same device did: {first}{more}. No check counts these edits as lost, because an outbox may keep only the last edit of a row. If your app sends each edit, these edits are lost"
            )
        })
    }

    /// The history's names for devices and edits. A verdict calls them `d0` and `d0.e9`.
    pub fn names(&self) -> Names {
        Names::of(&self.history, &self.moments)
    }

    /// The history that was read.
    pub fn history(&self) -> &History {
        &self.history
    }
}

fn refuse_renames(ground: &Ground) -> Result<(), Undecidable> {
    if ground.schema.renames_any() {
        let text = "in this scenario the backend assigns the keys of some rows, and a history cannot follow a row to another key".to_owned();
        return Err(wrong(text, "write ids = \"client\" in each entity, and name each row by its final key"));
    }
    Ok(())
}

fn refuse_untestable(ground: &Ground, history: &History) -> Result<(), Undecidable> {
    let shows = history.shows.iter().any(|shown| !shown.rows.is_empty() || shown.all);
    if history.edits.is_empty() && history.syncs.is_empty() && !shows {
        let text = "the history has no edit, no sync and no shown rows: there is nothing to judge";
        return Err(Undecidable::Empty(text.to_owned()));
    }
    if history.commits.is_empty() && history.backend.is_empty() && !history.commits_all {
        let text = "the history has no `commit` line and no `backend` line: add lines of one kind";
        return Err(Undecidable::Empty(text.to_owned()));
    }
    let blind = |edit: &&super::recorded::Edit| {
        history.commits.is_empty() && !history.commits_all && !history.backend.contains_key(&edit.row.0)
    };
    if let Some(edit) = history.edits.iter().find(blind) {
        let name = &ground.schema.entity(edit.row.0).name;
        let text =
            format!("there are edits of `{name}`, but no line reports the rows of `{name}` on the backend");
        return Err(wrong(
            text,
            "add a `commit` line for each change, or a `backend` line with the rows at the end",
        ));
    }
    Ok(())
}

/// The abilities of the oracle for this history: it can only check recorded facts.
fn capabilities(ground: &Ground, history: &History) -> Capabilities {
    let rest = history.end.is_some_and(|(_, settled)| settled);
    let knows = |commit: &Commit| !matches!(commit.by, By::Unknown);
    let sight = Sight {
        rows: !history.shows.is_empty(),
        waits: !history.waits.is_empty(),
        rest,
        commits: !history.commits.is_empty() || history.commits_all,
        authors: history.commits.iter().any(knows) || history.commits_all && history.commits.is_empty(),
        inside: false,
        conflicts: false,
    };
    let merge = if ground.gives_way && !history.tells { Merge::Converges } else { Merge::Keeps };
    Capabilities { acknowledges: history.acknowledges, stamps: true, merge, sight, ..Capabilities::NONE }
}

/// A text with a line's number and time.
fn placed(mark: Mark, file: &str) -> String {
    let When { from, until } = mark.when;
    let at = if until == i64::MAX { from } else { from / 2 + until / 2 };
    format!("{file}:{} is at {}", mark.line, value::instant(Stamp(at)))
}

/// An error for a line after the `end` line.
fn late((mark, file): (Mark, &str), end: When) -> Undecidable {
    let over = value::instant(Stamp(end.from / 2 + end.until / 2));
    wrong(
        format!("{}, after the `end` at {over}", placed(mark, file)),
        "the `end` line must have the last time: raise `clock_tolerance`, or give `wall_clock` in the first line if these times are from another clock",
    )
}

/// The first and the last instant of the history.
fn bounds(history: &History) -> Result<Bounds, Undecidable> {
    let name = history.name.as_str();
    let file = |commit: usize| {
        let of = history.audits.iter().rev().find(|(first, _)| *first <= commit);
        of.map_or(name, |(_, file)| file.as_str())
    };
    let commits = history.commits.iter().enumerate().map(|(at, of)| (of.mark, file(at)));
    let marks = history.edits.iter().map(|of| of.mark);
    let marks = marks.chain(history.words.iter().map(|of| of.mark));
    let marks =
        marks.chain(history.syncs.iter().map(|of| of.mark)).chain(history.lives.iter().map(|of| of.mark));
    let marks = marks.map(|mark| (mark, name)).chain(commits);
    let mut bounds = Bounds { first: i64::MAX, last: i64::MIN };
    let mut note = |when: When| {
        for at in [when.from, when.until].into_iter().filter(|at| *at != i64::MIN && *at != i64::MAX) {
            bounds = Bounds { first: bounds.first.min(at), last: bounds.last.max(at) };
        }
    };
    let end = history.end.map(|(when, _)| when);
    let mut ends: Option<[(Mark, &str); 2]> = None;
    for (mark, file) in marks {
        note(mark.when);
        if let Some(end) = end.filter(|end| mark.when.from > end.until) {
            return Err(late((mark, file), end));
        }
        if mark.when.from == i64::MIN {
            continue;
        }
        let [first, last] = ends.unwrap_or([(mark, file); 2]);
        let least = if mark.when.from < first.0.when.from { (mark, file) } else { first };
        let most = if mark.when.from > last.0.when.from { (mark, file) } else { last };
        ends = Some([least, most]);
    }
    end.into_iter().for_each(note);
    if bounds.first > bounds.last {
        return Ok(Bounds { first: 0, last: 0 });
    }
    // Times that are more than a century apart are a mistake. Virtual time has a limit too.
    if bounds.last.saturating_sub(bounds.first) > 100 * 366 * 86_400 * 1_000_000 {
        let of = ends.map_or_else(String::new, |ends| {
            let [first, last] = ends.map(|(mark, file)| placed(mark, file));
            format!(": {first}, and {last}")
        });
        return Err(wrong(
            format!("the times of the history are more than a century apart{of}"),
            "write a number as milliseconds since 1970, not as seconds",
        ));
    }
    Ok(bounds)
}
