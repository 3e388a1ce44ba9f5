//! A recorded history, put in an order and judged.
//!
//! Each record is looked at by itself first: of the orders that its times allow, and of the authors
//! that its commits may have, that is taken in which the oracle finds least. What it finds in all
//! of them is wrong. A record with more orders than can be tried and something found in each that
//! was is set aside: nobody can decide. Then all is told in one order, with the records in theirs.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use super::families::{Turn, excuse_taken, in_turn, lead, narrow, parents_first};
use super::fill::fill;
use super::finals::Finals;
use super::order::Bounds;
use super::perform::{Act, Moment, Performed, Whose};
use super::recorded::{By, Commit, EditAt, Ground, History, Mark, Row, When};
use super::runs::{Flow, flows};
use super::search::{Search, TOLD_MAX, groups, rows_of};
use super::tell::{Asked, Teller, Told, labels};
use super::undecidable::{Undecidable, wrong};
use super::undone::{is_recorded, undone};
use crate::base::{Stamp, Time};
use crate::contract::{Capabilities, Merge, Sight};
use crate::oracle::{Life, Story, Subject, Verdict};

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
    /// Edits that the backend had, and has no more; and rows that differ from all their commits.
    undone: Vec<EditAt>,
    unlike: BTreeSet<Row>,
    capabilities: Capabilities,
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
            search.hold_against(&groups, &likeliest);
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

    /// What the oracle finds.
    pub fn judge(&self) -> Verdict {
        let finals = Finals::of(&self.history);
        let mut told = self.told(Vec::new());
        told.lacks(&self.undone);
        told.finish(&finals, Asked { only: None, aside: &self.aside })
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
        let first = |rows: &BTreeSet<Row>| {
            let name = |(entity, key): &Row| format!("{}/{key}", self.ground.schema.entity(*entity).name);
            rows.iter().take(NAMED).map(name).collect::<Vec<_>>().join(", ")
        };
        if !self.unlike.is_empty() {
            remarks.push(format!(
                "{} records are at the end not as their commits left them, and no line says who changed them: \
                 {}; if others write without a line, the first line says `unrecorded_writers`",
                self.unlike.len(),
                first(&self.unlike)
            ));
        }
        if !self.aside.is_empty() {
            remarks.push(format!(
                "{} records are not judged, as their times allow more orders than can be tried: {}; `seq` or \
                 a smaller `clock_tolerance` decides",
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
    if history.commits.is_empty() && history.backend.is_empty() && !history.commits_all {
        let text = "the history says nothing of the backend: no `commit` and no `backend` line";
        return Err(Undecidable::Empty(text.to_owned()));
    }
    let blind = |edit: &&super::recorded::Edit| {
        history.commits.is_empty() && !history.commits_all && !history.backend.contains_key(&edit.row.0)
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
        commits: !history.commits.is_empty() || history.commits_all,
        authors: history.commits.iter().any(knows) || history.commits_all && history.commits.is_empty(),
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
