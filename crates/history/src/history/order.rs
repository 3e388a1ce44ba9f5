//! Finds the possible orders of a record's events. A record is a row with all its events.
//!
//! Each event has a range of time, and some events must come before others. The search tries all
//! orders that remain. If several orders have the same effect, it tries only one.
//!
//! Edits of different devices do not depend on each other. An early edit is never worse for the
//! app, because the backend can only have edits that were made. So the search places an edit after
//! a commit only if another edit of the same device may come between them ([`Orders::Eager`]). This
//! rule is wrong if values decide on a commit's author, because a waiting edit may then be taken
//! for the author. In that case all orders are tried ([`Orders::All`]). A report about an edit
//! comes as late as possible.

use super::recorded::{By, Commit, EditAt, History, Mark, Row, When};

/// The events of one record. If an edit of one row became another row, both rows are in one group.
#[derive(Clone, Debug, Default)]
pub(super) struct Group {
    pub(super) items: Vec<Item>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Edit(EditAt),
    Commit(usize),
    Word(usize),
}

impl What {
    fn mark(self, history: &History) -> Mark {
        match self {
            What::Edit(at) => history.edits[at].mark,
            What::Commit(at) => history.commits[at].mark,
            What::Word(at) => history.words[at].mark,
        }
    }
    /// The row that the event changes; `None` for a report.
    pub(super) fn row(self, history: &History) -> Option<&Row> {
        match self {
            What::Edit(at) => Some(&history.edits[at].row),
            What::Commit(at) => Some(&history.commits[at].row),
            What::Word(_) => None,
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Item {
    pub(super) what: What,
    /// The range of time. Events that must come before or after have already narrowed it.
    pub(super) when: When,
    /// The device of an edit; 0 for other events.
    device: u32,
    seq: Option<u64>,
}

/// The orders that are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Orders {
    /// Without orders in which an edit follows commits for no reason.
    Eager,
    All,
}

/// A contradiction: `first` must come before `second`, but its time is later.
#[derive(Debug)]
pub(super) struct Contradiction {
    pub(super) first: u32,
    pub(super) second: u32,
    pub(super) why: &'static str,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) first: i64,
    pub(super) last: i64,
}

impl Bounds {
    pub(super) fn of(&self, when: When) -> When {
        When { from: when.from.max(self.first), until: when.until.min(self.last).max(self.first) }
    }
}

/// The maximum number of tried orders. If they are not enough, the record is undecidable.
pub(super) const ORDERS_MAX: usize = 2_000;
/// The maximum number of search steps per order, on average.
const STEPS_OF_AN_ORDER: usize = 100;
/// A record with more events only gets its likeliest order.
const ITEMS_MAX: usize = 400;

impl Group {
    pub(super) fn new(items: Vec<What>, history: &History, bounds: Bounds) -> Result<Group, Contradiction> {
        let marks: Vec<Mark> = items.iter().map(|what| what.mark(history)).collect();
        let item = |(what, mark): (&What, &Mark)| {
            let device = if let What::Edit(at) = *what { history.edits[at].device } else { 0 };
            Item { what: *what, when: bounds.of(mark.when), device, seq: mark.seq }
        };
        let mut group = Group { items: items.iter().zip(&marks).map(item).collect() };
        let edges = edges(&items, history);
        // Moves the starts of ranges forward and their ends backward until nothing changes. There
        // are few pairs.
        for _ in 0..=edges.len() {
            let mut moved = false;
            for &(first, second, why) in &edges {
                let (a, b) = (group.items[first].when, group.items[second].when);
                if a.from > b.until {
                    return Err(Contradiction { first: marks[first].line, second: marks[second].line, why });
                }
                if b.from < a.from {
                    group.items[second].when.from = a.from;
                    moved = true;
                }
                if a.until > b.until {
                    group.items[first].when.until = b.until;
                    moved = true;
                }
            }
            if !moved {
                break;
            }
        }
        group.items.sort_by_key(|item| (item.when.from, item.when.until));
        Ok(group)
    }

    /// Calls `look` with each possible order, the likeliest first, until it returns `false`.
    /// Returns true if all orders were tried.
    pub(super) fn orders(
        &self,
        history: &History,
        which: Orders,
        look: &mut dyn FnMut(&[usize]) -> bool,
    ) -> bool {
        let is_word = |at: &usize| matches!(self.items[*at].what, What::Word(_));
        let (words, core): (Vec<usize>, Vec<usize>) = (0..self.items.len()).partition(is_word);
        let whats: Vec<What> = core.iter().map(|at| self.items[*at].what).collect();
        let edges = edges(&whats, history).into_iter();
        let edges: Vec<(usize, usize)> = edges.map(|(a, b, _)| (core[a], core[b])).collect();
        let mut search = Search::new(self, (core, words), which, look);
        for (first, second) in edges {
            search.before[second] += 1;
            search.behind[first].push(second);
        }
        if self.items.len() > ITEMS_MAX {
            search.likeliest();
            let order = search.with_reports_placed();
            (search.look)(&order);
            return false;
        }
        search.go_on(&[]);
        !search.stopped
    }

    /// Chooses a time for each event of an order, as near as possible to the middle of its range.
    pub(super) fn instants(&self, order: &[usize]) -> Vec<i64> {
        let mut latest = i64::MAX;
        let mut until: Vec<i64> = order
            .iter()
            .rev()
            .map(|at| {
                latest = latest.min(self.items[*at].when.until);
                latest
            })
            .collect();
        until.reverse();
        let mut last = i64::MIN;
        let instants = order.iter().zip(until).map(|(at, until)| {
            last = self.items[*at].when.middle().max(last).min(until);
            last
        });
        instants.collect()
    }

    /// True if there is only one order.
    pub(super) fn is_sure(&self) -> bool {
        self.items.windows(2).all(|pair| pair[0].when.until < pair[1].when.from)
    }
}

pub(super) const BY_SEQ: &str = "by `seq`";
const OF_EDITS: &str = "because their edits have this order";
const OF_EDIT: &str = "because an edit comes before its results";

/// Pairs of events whose order is certain, independent of their times, with the reason.
fn edges(items: &[What], history: &History) -> Vec<(usize, usize, &'static str)> {
    let mut edges = Vec::new();
    let mut by_place: Vec<(u32, u64, usize)> = Vec::new();
    let mut edits: Vec<(EditAt, usize)> = Vec::new();
    for (at, item) in items.iter().enumerate() {
        let place = match *item {
            What::Edit(edit) => {
                edits.push((edit, at));
                history.edits[edit].device
            }
            What::Commit(_) => u32::MAX,
            What::Word(word) => history.edits[history.words[word].edit].device,
        };
        by_place.extend(item.mark(history).seq.map(|seq| (place, seq, at)));
    }
    by_place.sort_unstable();
    for pair in by_place.windows(2) {
        let [(place, seq, first), (other, later, second)] = [pair[0], pair[1]];
        if place == other && seq < later {
            edges.push((first, second, BY_SEQ));
        }
    }
    edits.sort_unstable();
    let find = |edit: EditAt| {
        let at = edits.binary_search_by_key(&edit, |(of, _)| *of).ok()?;
        Some(edits[at].1)
    };
    for (at, item) in items.iter().enumerate() {
        let edit = match *item {
            What::Commit(commit) => match history.commits[commit].by {
                By::Edit(edit) => Some(edit),
                _ => None,
            },
            What::Word(word) => Some(history.words[word].edit),
            What::Edit(_) => None,
        };
        edges.extend(edit.and_then(find).map(|edit| (edit, at, OF_EDIT)));
    }
    edges.extend(inferred(items, history));
    edges
}

/// Orders the inferred commits. If an order leads to the row at the end, they keep it. Otherwise
/// they follow the known order of their device's edits.
fn inferred(items: &[What], history: &History) -> Vec<(usize, usize, &'static str)> {
    let of = |(at, item): (usize, &What)| match *item {
        What::Commit(commit) => match history.commits[commit] {
            Commit { is_inferred: true, by: By::Edit(edit), .. } => Some((at, &history.edits[edit])),
            _ => None,
        },
        _ => None,
    };
    let all: Vec<_> = items.iter().enumerate().filter_map(of).collect();
    let mut edges = Vec::new();
    let place = |(at, item): (usize, &What)| match *item {
        What::Commit(commit) => {
            let commit = &history.commits[commit];
            commit.place.map(|place| (&commit.row, place, at))
        }
        _ => None,
    };
    let mut places: Vec<_> = items.iter().enumerate().filter_map(place).collect();
    places.sort_unstable();
    edges.extend(places.windows(2).filter(|pair| pair[0].0 == pair[1].0).map(|p| (p[0].2, p[1].2, OF_EDITS)));
    if !places.is_empty() || all.len() > ITEMS_MAX {
        return edges;
    }
    for (at, (second, later)) in all.iter().enumerate() {
        for (first, edit) in all[..at].iter().chain(&all[at + 1..]) {
            if edit.device == later.device && edit.mark.is_before(&later.mark) {
                edges.push((*first, *second, OF_EDITS));
            }
        }
    }
    edges
}

struct Search<'g> {
    group: &'g Group,
    /// The indices of edits and commits. `words` are the reports, which come as late as possible.
    core: Vec<usize>,
    words: Vec<usize>,
    which: Orders,
    /// Per item, the number of items that must come before it and are not placed yet.
    before: Vec<u32>,
    behind: Vec<Vec<usize>>,
    placed: Vec<bool>,
    order: Vec<usize>,
    left: usize,
    steps: usize,
    stopped: bool,
    look: &'g mut dyn FnMut(&[usize]) -> bool,
}

impl<'g> Search<'g> {
    fn new(
        group: &'g Group,
        (core, words): (Vec<usize>, Vec<usize>),
        which: Orders,
        look: &'g mut dyn FnMut(&[usize]) -> bool,
    ) -> Search<'g> {
        let items = group.items.len();
        Search {
            group,
            core,
            words,
            which,
            before: vec![0; items],
            behind: vec![Vec::new(); items],
            placed: vec![false; items],
            order: Vec::with_capacity(items),
            left: ORDERS_MAX,
            steps: ORDERS_MAX * STEPS_OF_AN_ORDER,
            stopped: false,
            look,
        }
    }

    /// Tries each possible next item. Items that are `asleep` were already tried at this position.
    /// Such an item waits until another item is placed whose order with it matters. Otherwise the
    /// search would try an equal order twice.
    fn go_on(&mut self, asleep: &[usize]) {
        self.steps = self.steps.saturating_sub(1);
        self.stopped |= self.steps == 0;
        if self.stopped || !asleep.iter().all(|at| self.may_wake(*at, asleep)) {
            return;
        }
        if self.order.len() == self.core.len() {
            self.left -= 1;
            let order = self.with_reports_placed();
            self.stopped = !(self.look)(&order) || self.left == 0;
            return;
        }
        let mut asleep = asleep.to_vec();
        for at in self.next() {
            if asleep.contains(&at) {
                continue;
            }
            let still: Vec<usize> = asleep.iter().copied().filter(|of| !self.matters(*of, at)).collect();
            self.place(at);
            self.go_on(&still);
            self.take_back(at);
            if self.stopped {
                return;
            }
            asleep.push(at);
        }
    }
    /// True if the order of the two items matters.
    fn matters(&self, a: usize, b: usize) -> bool {
        let [a, b] = [a, b].map(|at| &self.group.items[at]);
        match (a.what, b.what) {
            (What::Edit(_), What::Edit(_)) => a.device == b.device,
            (What::Commit(_), What::Commit(_)) => true,
            _ => self.which == Orders::All,
        }
    }
    /// True if another item can still be placed before this one, such that their order matters.
    fn may_wake(&self, at: usize, asleep: &[usize]) -> bool {
        let item = &self.group.items[at];
        self.core.iter().any(|&other| {
            let of = &self.group.items[other];
            let in_order = of.device == item.device && item.seq.zip(of.seq).is_some_and(|(a, b)| a < b);
            !self.placed[other]
                && !asleep.contains(&other)
                && of.when.from <= item.when.until
                && !in_order
                && !self.behind[at].contains(&other)
                && self.matters(at, other)
        })
    }
    fn place(&mut self, at: usize) {
        self.placed[at] = true;
        self.order.push(at);
        self.behind[at].iter().for_each(|behind| self.before[*behind] -= 1);
    }
    fn take_back(&mut self, at: usize) {
        self.placed[at] = false;
        self.order.pop();
        self.behind[at].iter().for_each(|behind| self.before[*behind] += 1);
    }
    fn likeliest(&mut self) {
        while let Some(at) = self.next().first().copied() {
            self.place(at);
        }
    }

    /// The order with each report. A report is placed before the first item that must follow it.
    fn with_reports_placed(&self) -> Vec<usize> {
        let items = &self.group.items;
        let mut words: Vec<usize> = self.words.clone();
        words.sort_by_key(|at| (items[*at].when.until, items[*at].when.middle(), *at));
        let mut words = words.into_iter().peekable();
        let mut order = Vec::with_capacity(items.len());
        for &at in &self.order {
            while let Some(word) = words.next_if(|word| items[*word].when.until < items[at].when.from) {
                order.push(word);
            }
            order.push(at);
        }
        order.extend(words);
        order
    }

    /// The possible next items, the likeliest first. Edits come before commits.
    fn next(&self) -> Vec<usize> {
        let items = &self.group.items;
        let open = || self.core.iter().copied().filter(|at| !self.placed[*at]);
        // Items are sorted by the start of their range. An item that starts after the earliest end
        // cannot be next.
        let mut ends = i64::MAX;
        let mut may = Vec::new();
        for at in open() {
            if items[at].when.from > ends {
                break;
            }
            ends = ends.min(items[at].when.until);
            may.push(at);
        }
        may.retain(|at| self.before[*at] == 0 && items[*at].when.from <= ends);
        let is_commit = |at: usize| matches!(items[at].what, What::Commit(_));
        may.sort_by_key(|at| (is_commit(*at), items[*at].when.middle(), *at));
        may
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(stretches: &[(i64, i64)]) -> Group {
        let item = |(at, &(from, until)): (usize, &(i64, i64))| Item {
            what: What::Commit(at),
            when: When { from, until },
            device: 0,
            seq: None,
        };
        let mut items: Vec<Item> = stretches.iter().enumerate().map(item).collect();
        items.sort_by_key(|item| (item.when.from, item.when.until));
        Group { items }
    }
    fn orders(of: &Group) -> usize {
        in_orders(of, Orders::Eager, &[]).len()
    }
    fn in_orders(of: &Group, which: Orders, edges: &[(usize, usize)]) -> Vec<Vec<usize>> {
        let mut all = Vec::new();
        let mut look = |order: &[usize]| {
            all.push(order.to_vec());
            true
        };
        let core = (0..of.items.len()).collect();
        let mut search = Search::new(of, (core, Vec::new()), which, &mut look);
        for (first, second) in edges {
            search.before[*second] += 1;
            search.behind[*first].push(*second);
        }
        search.go_on(&[]);
        all
    }

    #[test]
    fn an_edit_waits_for_a_commit_if_another_may_come_between() {
        let item = |what, device, from, until| Item { what, when: When { from, until }, device, seq: None };
        // The commit's range ends before the second edit's range begins. The first edit's range
        // continues.
        let of = |device| Group {
            items: vec![
                item(What::Edit(0), 0, 0, 9),
                item(What::Commit(0), u32::MAX, 1, 2),
                item(What::Edit(1), device, 3, 8),
            ],
        };
        assert_eq!(in_orders(&of(0), Orders::Eager, &[]), [[0, 1, 2], [1, 2, 0]]);
        assert_eq!(in_orders(&of(1), Orders::Eager, &[]), [[0, 1, 2]], "of another phone");
        assert_eq!(in_orders(&of(1), Orders::All, &[]), [[0, 1, 2], [1, 0, 2]]);
        assert_eq!(in_orders(&of(0), Orders::Eager, &[(0, 1)]), [[0, 1, 2]], "it is its own commit");
    }

    #[test]
    fn only_orders_that_the_times_allow_are_tried() {
        assert_eq!(orders(&group(&[(0, 1), (2, 3), (4, 5)])), 1);
        assert_eq!(orders(&group(&[(0, 9), (0, 9), (0, 9)])), 6);
        // The event with the long range can come before, between or after the other two.
        assert_eq!(orders(&group(&[(0, 9), (1, 2), (3, 4)])), 3);
        assert_eq!(orders(&group(&[(0, 2), (2, 4)])), 2, "ends that meet are in no order");
    }

    #[test]
    fn instants_keep_the_order_and_stay_in_their_stretches() {
        let of = group(&[(0, 10), (2, 4), (3, 20)]);
        for order in [[0, 1, 2], [1, 0, 2], [1, 2, 0], [2, 1, 0]] {
            let instants = of.instants(&order);
            assert!(instants.is_sorted(), "{instants:?}");
            for (at, instant) in order.iter().zip(&instants) {
                let When { from, until } = of.items[*at].when;
                assert!((from..=until).contains(instant), "{order:?}: {instants:?}");
            }
        }
    }
}
