//! Every kind of conflict under every policy, for every way in which a device finds conflicts: what
//! stays, what gave way, at how many requests more.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::grid::Grid;
use super::lines::Lines;
use crate::analysis::{distinct, grouped};
use crate::record::{CellRecord, EndingKind};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stays {
    #[default]
    Nothing,
    Same,
    /// What was done on the device that came last.
    Here,
    /// What was there when it came.
    There,
    Merged,
    Both,
    /// What a person chose on the conflict page.
    Page,
    /// The backend refused what was done here.
    Refused,
}

/// The word of each, and the metric that counts it; the first that has some is what stays.
const STAYS: [(Stays, &str, &str); 7] = [
    (Stays::Both, "both", "engine.conflicts.kept_both"),
    (Stays::Page, "page", "engine.conflicts.parked"),
    (Stays::Merged, "merged", "engine.conflicts.merged"),
    (Stays::Here, "here", "engine.conflicts.local_won"),
    (Stays::There, "there", "engine.conflicts.remote_won"),
    (Stays::Refused, "refused", "engine.edits.rejected"),
    (Stays::Same, "same", "engine.conflicts.equal"),
];

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConflictLine {
    pub detect: String,
    pub policy: String,
    pub world: String,
    pub order: String,
    pub stays: Stays,
    /// Every device ended with its scope of the backend, and nothing was lost.
    pub converged: bool,
    /// Columns in which one person's value took the place of another's, unread.
    pub overwritten: u64,
    /// Edits and versions that gave way without a line that anybody can read.
    pub silent: u64,
    pub mistaken: u64,
    pub missed: u64,
    /// People saw rows that refer to one which is gone.
    pub dangling: bool,
    /// Requests of the devices, beyond the fewest in this world.
    pub requests: u64,
}

impl ConflictLine {
    pub fn of(cell: &CellRecord, detect: &str, policy: &str) -> ConflictLine {
        let value = |name: &str| cell.stat(name, "value").unwrap_or(0);
        let stays = STAYS.iter().find(|(.., name)| value(name) > 0);
        let lost = ["oracle.divergent.devices", "oracle.lost.rows", "oracle.lost_edit.count"];
        ConflictLine {
            detect: detect.to_owned(),
            policy: policy.to_owned(),
            world: cell.scenario.clone(),
            order: cell.variant.clone().unwrap_or_default(),
            stays: stays.map_or(Stays::Nothing, |(stays, ..)| *stays),
            converged: cell.ending.kind == EndingKind::Drained && lost.iter().all(|name| value(name) == 0),
            overwritten: value("oracle.overwritten.columns"),
            silent: value("oracle.silent_discard.count"),
            mistaken: value("oracle.conflicts.false"),
            missed: value("oracle.conflicts.missed"),
            dangling: value("device.dangling.row_ns") > 0,
            requests: value("engine.requests.count"),
        }
    }

    fn short(&self) -> String {
        let word = STAYS.iter().find(|(stays, ..)| *stays == self.stays);
        let mut text = word.map_or("-", |(_, word, _)| word).to_owned();
        if self.overwritten > 0 {
            _ = write!(text, " -{}", self.overwritten);
        }
        let marks = [
            (self.silent > 0, "!"),
            (self.mistaken > 0, "?"),
            (self.dangling, "~"),
            (!self.converged, " DIVERGED"),
        ];
        text.extend(marks.iter().filter(|(is, _)| *is).map(|(_, mark)| *mark));
        text
    }

    /// In which fields it is not as `right`, in words; `None` in none.
    fn differs(&self, right: &ConflictLine) -> Option<String> {
        let fields = |line: &ConflictLine| serde_json::to_value(line).expect("names and numbers");
        let (is, right) = (fields(self), fields(right));
        let field = |(name, value): (&String, &serde_json::Value)| {
            (right[name] != *value).then(|| format!("{name} is {value}, not {}", right[name]))
        };
        let fields: Vec<String> = is.as_object().into_iter().flatten().filter_map(field).collect();
        (!fields.is_empty()).then(|| fields.join("; "))
    }
    fn setting(&self) -> [&str; 4] {
        [&self.detect, &self.policy, &self.world, &self.order]
    }
}

const LEGEND: &str = "\
Phone 0 comes back last and finds what phone 1 did. What stays in the end:
  here      what phone 0 did             there    what phone 1 did
  merged    columns of both              both     two rows
  page      what a person chose          refused  the backend does not take what phone 0 did
  same      there was nothing to choose: both say the same, or set other columns
  -         nobody looked: there is no conflict, or none that is noticed
  here / there   the first where phone 0 was the earlier by its clock, the second where the later
and what that cost:
  -2   two columns of one person's were replaced by another's, who had not read them
  !    without a line that anybody can read
  ?    it was called a conflict, though nobody had touched what the other wrote
  ~    rows are left that refer to one that is gone
";

pub type Conflicts = Lines<ConflictLine>;

impl Lines<ConflictLine> {
    /// Of these lines, whose requests are told beyond the fewest of their world.
    pub fn new(mut lines: Vec<ConflictLine>) -> Conflicts {
        let mut fewest: BTreeMap<String, u64> = BTreeMap::new();
        for ConflictLine { world, requests, .. } in &lines {
            let least = fewest.entry(world.clone()).or_insert(*requests);
            *least = (*least).min(*requests);
        }
        lines.iter_mut().for_each(|line| line.requests -= fewest[&line.world]);
        Lines(lines)
    }
    /// For a terminal: a table for each way that comes to something else than those before it.
    pub fn story(&self) -> String {
        let mut text = self.parts(|grid| grid.terminal("  "), "");
        text.push_str(LEGEND);
        text
    }
    pub fn to_markdown(&self) -> String {
        self.parts(|grid| grid.markdown() + "\n", "\n")
    }
    /// In what each cell is not as `right` says; then the cells of `right` that are not here.
    pub fn differs_from(&self, right: &Conflicts) -> (Vec<Option<String>>, Vec<String>) {
        let of = |line: &ConflictLine| right.0.iter().find(|other| other.setting() == line.setting());
        let told = |line: &ConflictLine| {
            of(line).map_or_else(|| Some("no such cell".to_owned()), |r| line.differs(r))
        };
        let is_here = |line: &&ConflictLine| self.0.iter().any(|own| own.setting() == line.setting());
        let missing = right.0.iter().filter(|line| !is_here(line));
        let missing = missing.map(|line| format!("not run: {}", line.setting().join(" ")));
        (self.0.iter().map(told).collect(), missing.collect())
    }

    fn parts(&self, drawn: impl Fn(&Grid) -> String, gap: &str) -> String {
        let ways = distinct(self.0.iter().map(|line| line.detect.as_str()));
        let parts = grouped(ways, |way| drawn(&self.grid(way)));
        let part = |(table, ways): &(String, Vec<&str>)| {
            format!("conflicts found by {}:\n{gap}{table}\n", ways.join(", or by "))
        };
        parts.iter().map(part).collect()
    }
    fn grid(&self, way: &str) -> Grid {
        let lines: Vec<&ConflictLine> = self.0.iter().filter(|line| line.detect == way).collect();
        let worlds = distinct(self.0.iter().map(|line| line.world.as_str()));
        let header =
            ["policy".to_owned()].into_iter().chain(worlds.iter().map(|world| world.replace('-', "\n")));
        let mut grid = Grid::new(1 + worlds.len(), header);
        for policy in distinct(lines.iter().map(|line| line.policy.as_str())) {
            let cell = |world: &&str| {
                let of = lines.iter().filter(|line| line.policy == policy && line.world == **world);
                let words: Vec<String> = of.map(|line| line.short()).collect();
                distinct(words.iter().map(String::as_str)).join(" / ")
            };
            let cells: Vec<String> = worlds.iter().map(cell).collect();
            grid.row([policy.to_owned()].into_iter().chain(cells));
        }
        grid
    }
}

/// In what each of so many cells is not as `right` says, and the first where one of `right` is not
/// run; nothing where a cell has no line.
pub fn unexpected(cells: usize, lines: Vec<ConflictLine>, right: &Conflicts) -> Vec<(usize, String)> {
    if lines.len() != cells {
        return Vec::new();
    }
    let (wrong, missing) = Conflicts::new(lines).differs_from(right);
    let wrong = wrong.into_iter().enumerate().filter_map(|(cell, why)| Some((cell, why?)));
    wrong.chain(missing.into_iter().map(|why| (0, why))).collect()
}

#[cfg(test)]
mod tests {
    use super::super::junit::junit;
    use super::super::story::{Paint, story};
    use super::*;
    use crate::analysis::{Asks, Broke, Table, Trial, broken, cell_ids, judge, judge_run};
    use crate::record::{Exit, Judged, RunRecord, Verdict, fixture};

    fn line(policy: &str, order: &str, stays: Stays, overwritten: u64) -> ConflictLine {
        ConflictLine {
            detect: "dates".to_owned(),
            policy: policy.to_owned(),
            world: "update-delete".to_owned(),
            order: order.to_owned(),
            stays,
            converged: true,
            overwritten,
            requests: 23 + overwritten,
            ..ConflictLine::default()
        }
    }

    fn table() -> Conflicts {
        Conflicts::new(vec![
            line("later", "here-later", Stays::Here, 1),
            line("later", "here-earlier", Stays::There, 0),
            line("server", "here-later", Stays::There, 2),
            line("server", "here-earlier", Stays::There, 2),
        ])
    }
    #[test]
    fn a_table_is_read_as_it_was_written() {
        assert_eq!(Conflicts::of_csv(&table().to_csv()).unwrap(), table());
    }
    #[test]
    fn orders_and_ways_that_come_to_the_same_are_told_once() {
        let mut lines = table().0;
        let by_version =
            lines.clone().into_iter().map(|l| ConflictLine { detect: "version".to_owned(), ..l });
        lines.extend(by_version);
        insta::assert_snapshot!(Lines(lines).story() + &table().to_markdown());
    }
    #[test]
    fn a_cell_that_is_not_as_expected_is_told() {
        let mut other = table();
        assert_eq!(table().differs_from(&other), (vec![None; 4], Vec::new()));
        other.0[1].silent = 1;
        other.0.pop();
        let told: Vec<Option<String>> = table().differs_from(&other).0;
        let told: Vec<&str> = told.iter().map(|why| why.as_deref().unwrap_or_default()).collect();
        assert_eq!(told, ["", "silent is 0, not 1", "", "no such cell"]);
        let missing = other.differs_from(&table()).1;
        assert_eq!(missing, ["not run: dates server update-delete here-earlier"]);
    }

    fn run(right: &Conflicts) -> RunRecord {
        let plans = [fixture::plan(None, 1), fixture::plan(Some("fine"), 2)];
        let outcomes = [fixture::lost(2), fixture::outcome()];
        let ids = cell_ids(&plans);
        let judged = plans.iter().zip(&outcomes).zip(&ids).map(|((plan, out), id)| judge(plan, id, out));
        let table = |judged: &[Judged]| unexpected(judged.len(), table().0[..2].to_vec(), right);
        let (plans, asks, table): (_, _, &Table<'_>) = (&plans, Asks::Matrix, &table);
        let trial = Trial { folder: "reports/x", plans, asks, table: Some(table), ..Trial::default() };
        let record = judge_run(&trial, judged.collect()).record;
        // Who reads it takes it.
        RunRecord::parse(&record.to_json()).unwrap()
    }

    #[test]
    fn a_cell_that_is_not_as_expected_fails_the_run_alone() {
        let mut right = Conflicts::new(table().0[..2].to_vec());
        let record = run(&right);
        assert_eq!((record.verdict, record.exit_code), (Verdict::Pass, 0));
        right.0[1].silent = 1;
        let record = run(&right);
        assert_eq!((record.verdict, record.exit_code), (Verdict::Fail, Exit::Threshold.code()));
        let junit = junit(&record);
        assert!(junit.contains("failures=\"1\""), "{junit}");
        insta::assert_snapshot!(story(&record, Paint(false), 80, false));
        let record = run(&Conflicts::new(table().0[..3].to_vec()));
        assert_eq!(record.exit_code, Exit::Threshold.code(), "a cell of the table is not run");
    }

    #[test]
    fn of_a_matrix_with_a_cell_that_broke_nothing_is_expected() {
        let plans = [fixture::plan(None, 1)];
        let judged = vec![broken(&plans[0], "a", &Broke::Panicked("a bug".to_owned()))];
        let table = |_: &[Judged]| vec![(0, "not run".to_owned())];
        let trial = Trial { plans: &plans, asks: Asks::Matrix, table: Some(&table), ..Trial::default() };
        assert_eq!(judge_run(&trial, judged).record.cells[0].reasons.len(), 1);
    }
}
