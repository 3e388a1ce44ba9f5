//! Every kind of conflict under every policy, for every way in which a device finds conflicts: what
//! stays, what gave way to it, and at how many requests more.
//!
//! Everything is read from the record of a run whose cells know their policy and way as axes. The
//! table that is right is kept beside the worlds, as CSV.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::grid::Grid;
use super::record::{CellRecord, EndingKind};

/// What stays of the two sides of a conflict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stays {
    /// There was no conflict to decide.
    Nothing,
    /// Both said the same.
    Same,
    /// What was done on the device that came last.
    Here,
    /// What was there when it came.
    There,
    /// Columns of both.
    Merged,
    /// Both, as two rows.
    Both,
    /// What a person chose on the conflict page.
    Page,
    /// The backend refused what was done here.
    Refused,
}

/// One cell of the matrix.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// How conflicts are found.
    pub detect: String,
    /// Who wins them.
    pub policy: String,
    /// The world: what is done here and what there.
    pub world: String,
    /// Which of the two was done later.
    pub order: String,
    /// What stays.
    pub stays: Stays,
    /// Every device ended with its scope of the backend, and nothing was lost.
    pub converged: bool,
    /// Columns in which one person's value took the place of another's, unread.
    pub overwritten: u64,
    /// Edits and versions that gave way without a line that anybody can read.
    pub silent: u64,
    /// Conflicts that were none.
    pub mistaken: u64,
    /// Conflicts that were not found.
    pub missed: u64,
    /// People saw rows that refer to one which is gone.
    pub dangling: bool,
    /// Requests of the devices, beyond the fewest in this world.
    pub requests: u64,
}

impl Line {
    /// What came of a cell in this way of finding conflicts, under this policy.
    pub fn of(cell: &CellRecord, detect: &str, policy: &str) -> Line {
        let value = |name: &str| cell.metrics.get(name).and_then(|f| f.stat("value")).unwrap_or(0);
        let stays = [
            (Stays::Both, "engine.conflicts.kept_both"),
            (Stays::Page, "engine.conflicts.parked"),
            (Stays::Merged, "engine.conflicts.merged"),
            (Stays::Here, "engine.conflicts.local_won"),
            (Stays::There, "engine.conflicts.remote_won"),
            (Stays::Refused, "engine.edits.rejected"),
            (Stays::Same, "engine.conflicts.equal"),
        ];
        let stays = stays.iter().find(|(_, name)| value(name) > 0);
        let lost = ["oracle.divergent.devices", "oracle.lost.rows", "oracle.lost_edit.count"];
        Line {
            detect: detect.to_owned(),
            policy: policy.to_owned(),
            world: cell.scenario.clone(),
            order: cell.variant.clone().unwrap_or_default(),
            stays: stays.map_or(Stays::Nothing, |(stays, _)| *stays),
            converged: cell.ending.kind == EndingKind::Drained && lost.iter().all(|name| value(name) == 0),
            overwritten: value("oracle.overwritten.columns"),
            silent: value("oracle.silent_discard.count"),
            mistaken: value("oracle.conflicts.false"),
            missed: value("oracle.conflicts.missed"),
            dangling: value("device.dangling.row_ns") > 0,
            requests: value("engine.requests.count"),
        }
    }

    /// What stays in one word, and what it cost.
    fn short(&self) -> String {
        let mut text = match self.stays {
            Stays::Nothing => "-",
            Stays::Same => "same",
            Stays::Here => "here",
            Stays::There => "there",
            Stays::Merged => "merged",
            Stays::Both => "both",
            Stays::Page => "page",
            Stays::Refused => "refused",
        }
        .to_owned();
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

    /// What tells it from others of the table.
    fn setting(&self) -> [&str; 4] {
        [&self.detect, &self.policy, &self.world, &self.order]
    }
}

/// What the words and marks are.
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

/// The whole table, in the order in which it is told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conflicts(Vec<Line>);

impl Conflicts {
    /// Of these lines, whose requests are told beyond the fewest of their world.
    pub fn new(mut lines: Vec<Line>) -> Conflicts {
        let mut fewest: BTreeMap<String, u64> = BTreeMap::new();
        for Line { world, requests, .. } in &lines {
            let least = fewest.entry(world.clone()).or_insert(*requests);
            *least = (*least).min(*requests);
        }
        lines.iter_mut().for_each(|line| line.requests -= fewest[&line.world]);
        Conflicts(lines)
    }

    /// Reads what [`Conflicts::to_csv`] writes.
    ///
    /// # Errors
    ///
    /// If it is no such table.
    pub fn of_csv(text: &str) -> Result<Conflicts, csv::Error> {
        csv::Reader::from_reader(text.as_bytes()).deserialize().collect::<Result<_, _>>().map(Conflicts)
    }

    /// Its cells.
    pub fn lines(&self) -> &[Line] {
        &self.0
    }

    /// A line a cell.
    pub fn to_csv(&self) -> String {
        let mut writer = csv::Writer::from_writer(Vec::new());
        for line in &self.0 {
            writer.serialize(line).expect("it is written to memory");
        }
        let bytes = writer.into_inner().expect("it is written to memory");
        String::from_utf8(bytes).expect("names and numbers")
    }

    /// The same for programs: an array, a cell each.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(&self.0).expect("names and numbers") + "\n"
    }

    /// For a terminal: a table for each way of finding conflicts that comes to something else than
    /// those before it.
    pub fn story(&self) -> String {
        let mut text = self.parts(|grid| grid.terminal("  "), "");
        text.push_str(LEGEND);
        text
    }

    /// The tables for a page in Markdown.
    pub fn to_markdown(&self) -> String {
        self.parts(|grid| grid.markdown() + "\n", "\n")
    }

    /// The cells of which `right` says something else, a line each.
    pub fn differs_from(&self, right: &Conflicts) -> Vec<String> {
        let of = |line: &Line| right.0.iter().find(|other| other.setting() == line.setting()).cloned();
        let fields = |line: &Line| serde_json::to_string(line).expect("names and numbers");
        let told = |line: &Line| {
            let right = of(line);
            let expected = right.as_ref().map_or("no such cell".to_owned(), fields);
            (right.as_ref() != Some(line)).then(|| format!("{}\n  expected {expected}", fields(line)))
        };
        let here = self.0.iter().filter_map(told);
        let missing = right.0.iter().filter(|line| self.0.iter().all(|l| l.setting() != line.setting()));
        here.chain(missing.map(|line| format!("not run: {}", fields(line)))).collect()
    }

    fn parts(&self, drawn: impl Fn(&Grid) -> String, gap: &str) -> String {
        let ways = distinct(self.0.iter().map(|line| line.detect.as_str()));
        let mut parts: Vec<(Vec<&str>, String)> = Vec::new();
        for way in ways {
            let table = drawn(&self.grid(way));
            match parts.iter_mut().find(|(_, known)| *known == table) {
                Some((ways, _)) => ways.push(way),
                None => parts.push((vec![way], table)),
            }
        }
        let part = |(ways, table): &(Vec<&str>, String)| {
            format!("conflicts found by {}:\n{gap}{table}\n", ways.join(", or by "))
        };
        parts.iter().map(part).collect()
    }

    /// Policies by worlds, for one way of finding conflicts.
    fn grid(&self, way: &str) -> Grid {
        let lines: Vec<&Line> = self.0.iter().filter(|line| line.detect == way).collect();
        let worlds = distinct(self.0.iter().map(|line| line.world.as_str()));
        let header = ["policy".to_owned()].into_iter().chain(worlds.iter().map(|world| heading(world)));
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

/// A world's name, a word a line.
fn heading(world: &str) -> String {
    world.replace('-', "\n")
}

/// Each once, in the order in which they come.
fn distinct<'t>(texts: impl Iterator<Item = &'t str>) -> Vec<&'t str> {
    let mut all = Vec::new();
    for text in texts {
        if !all.contains(&text) {
            all.push(text);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(policy: &str, order: &str, stays: Stays, overwritten: u64) -> Line {
        Line {
            detect: "dates".to_owned(),
            policy: policy.to_owned(),
            world: "update-delete".to_owned(),
            order: order.to_owned(),
            stays,
            converged: true,
            overwritten,
            silent: 0,
            mistaken: 0,
            missed: 0,
            dangling: false,
            requests: 23 + overwritten,
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
    fn requests_are_told_beyond_the_fewest_of_the_world() {
        let requests: Vec<u64> = table().0.iter().map(|line| line.requests).collect();
        assert_eq!(requests, [1, 0, 2, 2]);
    }

    #[test]
    fn orders_that_come_to_the_same_are_one_word() {
        let markdown = table().to_markdown();
        assert!(markdown.contains("| later | here -1 / there |\n"), "{markdown}");
        assert!(markdown.contains("| server | there -2 |\n"), "{markdown}");
    }

    #[test]
    fn ways_that_come_to_the_same_share_a_table() {
        let mut lines = table().0;
        let by_version = lines.clone().into_iter().map(|l| Line { detect: "version".to_owned(), ..l });
        lines.extend(by_version);
        let story = Conflicts(lines).story();
        assert!(story.contains("conflicts found by dates, or by version:\n"), "{story}");
    }

    #[test]
    fn a_cell_that_is_not_as_expected_is_told() {
        let mut other = table();
        assert_eq!(table().differs_from(&other), Vec::<String>::new());
        other.0[1].silent = 1;
        let gone = other.0.pop().unwrap();
        let told = table().differs_from(&other);
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[1].ends_with("expected no such cell"), "{told:?}");
        let mut more = table();
        more.0.push(Line { policy: "none".to_owned(), ..gone });
        assert!(table().differs_from(&more)[0].starts_with("not run: "));
    }
}
