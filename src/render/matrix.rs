//! Every backend with every capture in both places: what converges, what it misses, what it costs,
//! and what was refused before it ran.

use std::collections::BTreeMap;

use serde::Serialize;

use super::grid::Grid;
use super::lines;
use crate::analysis::{distinct, grouped};
use crate::metrics::{Unit, human};
use crate::record::{CellRecord, EndingKind, RunRecord};
use crate::scenario::explained;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Setting {
    pub provisioning: String,
    pub capture: String,
    pub mode: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Came {
    Refused(String),
    Ran(Costs),
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
struct Costs {
    /// Every device ended with its scope of the backend, in every cell.
    converged: bool,
    stuck: u64,
    /// On the backend while it ran, by people and the office.
    commits: u64,
    lost: u64,
    stale: u64,
    undetected_deletes: u64,
    orphans: u64,
    scanned: u64,
    /// Rows written in the backend to find changes.
    writes: u64,
    wire_bytes: u64,
    state_bytes: u64,
    /// Of the gateway, for finding changes and for its replica, by its model.
    cpu_ns: u64,
    /// Rows that came to devices, repeats too: what sends many for nothing is cheap for each.
    delivered: u64,
}

const LEGEND: &str = "  \
  ota: over the air, each sync goes to the backend; persistent: to a replica that the gateway keeps
  converged: all phones end with what the backend has; if not, the rows that are wrong
  rows sent: to phones, repeats included; for each of these
    scanned: rows that the backend looked at; written: rows written in it to find changes
    bytes: over the phones' links, both ways
    cpu: the gateway's, to find changes and to keep a replica, by its model
    kept: bytes in the gateway to find changes, at the most
";

const UNTRIED: &str = "warning: nothing was changed while it ran, so finding changes was not tried\n";

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matrix {
    lines: Vec<Line>,
    /// Kinds of changes of which the scenario makes none.
    never: Vec<&'static str>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Line {
    #[serde(flatten)]
    setting: Setting,
    #[serde(flatten)]
    came: Came,
}

impl Costs {
    fn add(&mut self, cell: &CellRecord) {
        let value = |name: &str| cell.stat(name, "value").unwrap_or(0);
        self.stuck += u64::from(cell.ending.kind != EndingKind::Drained);
        self.commits += value("backend.commits.count");
        self.lost += value("oracle.lost.rows");
        self.stale += value("oracle.stale.rows");
        self.undetected_deletes += value("oracle.undetected_delete.rows");
        self.orphans += value("oracle.orphan.rows");
        self.scanned += value("backend.scanned.rows");
        self.writes += value("gateway.source.writes");
        self.wire_bytes += value("net.up.bytes") + value("net.down.bytes");
        self.state_bytes += value("gateway.state.bytes");
        self.cpu_ns += value("gateway.cpu.busy") + value("gateway.replica.cpu");
        self.delivered += value("engine.apply.rows");
        self.converged &= value("oracle.divergent.devices") == 0 && self.stuck == 0;
    }

    fn verdict(&self) -> String {
        let missed = [
            ("stuck", self.stuck),
            ("lost", self.lost),
            ("stale", self.stale),
            ("undeleted", self.undetected_deletes),
            ("orphans", self.orphans),
        ];
        let words: Vec<String> =
            missed.iter().filter(|(_, n)| *n > 0).map(|(what, n)| format!("{what} {n}")).collect();
        match (self.converged, words.is_empty()) {
            (true, _) => "yes".to_owned(),
            (false, true) => "no".to_owned(),
            (false, false) => words.join(", "),
        }
    }

    fn each(&self, n: u64) -> u64 {
        n / self.delivered.max(1)
    }
    fn per_row(&self, n: u64) -> u64 {
        n * 1_000 / self.delivered.max(1)
    }
}

impl Matrix {
    /// The cells by their settings, which `of` reads from a cell, and what was refused, in order.
    pub fn new(
        settings: &[Setting],
        refused: &BTreeMap<Setting, String>,
        (record, never): (&RunRecord, Vec<&'static str>),
        of: impl Fn(&CellRecord) -> Option<Setting>,
    ) -> Matrix {
        let mut ran: BTreeMap<Setting, Costs> = BTreeMap::new();
        for cell in &record.cells {
            let Some(setting) = of(cell) else { continue };
            let costs = ran.entry(setting).or_insert_with(|| Costs { converged: true, ..Costs::default() });
            costs.add(cell);
        }
        let came = |setting: &Setting| match refused.get(setting) {
            Some(why) => Some(Came::Refused(why.clone())),
            None => ran.get(setting).cloned().map(Came::Ran),
        };
        let line = |setting: &Setting| Some(Line { setting: setting.clone(), came: came(setting)? });
        Matrix { lines: settings.iter().filter_map(line).collect(), never }
    }

    pub fn story(&self) -> String {
        let table = self.grid().terminal("  ");
        let known = explained("backend.provisioning").unwrap_or_default();
        let keeps = known.iter().filter(|(word, _)| self.provisionings().contains(word));
        let keeps: String = keeps.map(|(word, meaning)| format!("  {word}: {meaning}\n")).collect();
        format!("{table}\n{keeps}{LEGEND}\n{}", self.words())
    }
    pub fn to_markdown(&self) -> String {
        self.grid().markdown()
    }
    pub fn to_json(&self) -> String {
        lines::to_json(&self.lines)
    }
    fn grid(&self) -> Grid {
        let costs = ["deletes missed", "rows sent", "scanned", "written", "bytes", "cpu", "kept"];
        let header = ["backend keeps", "capture", "mode", "converged"].into_iter().chain(costs);
        let mut grid = Grid::new(4, header);
        let (mut above, deletes) = ("", !self.never.contains(&"deletes"));
        for Line { setting, came } in &self.lines {
            if !above.is_empty() && above != setting.provisioning {
                grid.row([""]);
            }
            above = &setting.provisioning;
            let Setting { provisioning, capture, mode } = setting;
            let names = [provisioning.clone(), capture.clone(), mode.clone()];
            let rest = match came {
                Came::Refused(_) => vec!["refused".to_owned()],
                Came::Ran(costs) => vec![
                    costs.verdict(),
                    if deletes { costs.undetected_deletes.to_string() } else { "–".to_owned() },
                    costs.delivered.to_string(),
                    thousandths(costs.per_row(costs.scanned)),
                    thousandths(costs.per_row(costs.writes)),
                    human::figure(Unit::Bytes, costs.each(costs.wire_bytes)),
                    human::figure(Unit::Ns, costs.each(costs.cpu_ns)),
                    human::figure(Unit::Bytes, costs.each(costs.state_bytes)),
                ],
            };
            grid.row(names.into_iter().chain(rest));
        }
        grid
    }

    /// Which settings converge, the one that scans least first; and why others were refused.
    pub fn words(&self) -> String {
        let advice = self.provisionings().into_iter().map(|provisioning| self.advice(provisioning));
        let moved = |line: &Line| matches!(&line.came, Came::Ran(costs) if costs.commits > 0);
        let untried = match (self.lines.iter().any(moved), &*self.never.join(" and no ")) {
            (false, _) => UNTRIED.to_owned(),
            (true, "") => String::new(),
            (true, never) => format!("warning: the file has no {never}, so these were not tried\n"),
        };
        advice.collect::<String>() + &untried + &self.refusals()
    }
    fn refusals(&self) -> String {
        let all = self
            .provisionings()
            .into_iter()
            .flat_map(|of| self.refused_on(of).into_iter().map(move |(why, captures)| (why, captures, of)));
        let lines = grouped(all, |(why, captures, _)| (*why, captures.clone()));
        let mut text = String::new();
        for ((why, captures), all) in lines {
            let backends: Vec<&str> = all.iter().map(|(.., of)| *of).collect();
            text += &format!("refused on {}: {captures}: {why}\n", backends.join(", "));
        }
        text
    }

    /// Each reason with its captures, and their mode where it is not both.
    fn refused_on<'m>(&'m self, provisioning: &str) -> Vec<(&'m str, String)> {
        let refused = self.lines.iter().filter_map(|Line { setting, came }| match came {
            Came::Refused(why) if setting.provisioning == provisioning => Some((why.as_str(), setting)),
            _ => None,
        });
        let reasons = grouped(refused, |(why, _)| *why);
        let named = |of: &[&Setting]| {
            let name = |setting: &&Setting| {
                let alike = of.iter().filter(|s| s.capture == setting.capture).count();
                match self.modes_of(setting) == alike {
                    true => setting.capture.clone(),
                    false => format!("{} ({})", setting.capture, setting.mode),
                }
            };
            distinct(of.iter().map(name)).join(", ")
        };
        let settings = |all: &[(&str, &'m Setting)]| all.iter().map(|(_, of)| *of).collect::<Vec<_>>();
        reasons.iter().map(|(why, of)| (*why, named(&settings(of)))).collect()
    }

    fn modes_of(&self, setting: &Setting) -> usize {
        let of = |setting: &Setting| (setting.provisioning.clone(), setting.capture.clone());
        self.lines.iter().filter(|line| of(&line.setting) == of(setting)).count()
    }
    fn provisionings(&self) -> Vec<&str> {
        distinct(self.lines.iter().map(|line| line.setting.provisioning.as_str()))
    }
    fn advice(&self, provisioning: &str) -> String {
        let mut good: Vec<(u64, u64, String)> = Vec::new();
        for Line { setting, came } in &self.lines {
            if let Came::Ran(costs) = came
                && setting.provisioning == provisioning
                && costs.converged
            {
                let name = format!("{} ({})", setting.capture, setting.mode);
                good.push((costs.scanned + costs.writes, costs.wire_bytes, name));
            }
        }
        good.sort();
        let names: Vec<&str> = good.iter().map(|(_, _, name)| name.as_str()).collect();
        match names.as_slice() {
            [] => format!("{provisioning}: nothing converges\n"),
            [only] => format!("{provisioning}: only {only} converges\n"),
            [first, rest @ ..] => {
                format!(
                    "{provisioning}: {first} costs the backend least; these converge too, the cheapest first: {}\n",
                    rest.join(", ")
                )
            }
        }
    }
}

fn thousandths(n: u64) -> String {
    format!("{}.{:02}", n / 1_000, n % 1_000 / 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setting(provisioning: &str, capture: &str, mode: &str) -> Setting {
        let text = str::to_owned;
        Setting { provisioning: text(provisioning), capture: text(capture), mode: text(mode) }
    }
    fn ran(scanned: u64, missed: u64) -> Came {
        let costs = Costs { undetected_deletes: missed, commits: missed, ..Costs::default() };
        Came::Ran(Costs { converged: missed == 0, scanned, delivered: 10, ..costs })
    }
    fn matrix() -> Matrix {
        let lines = vec![
            (setting("full", "hash", "ota"), ran(4_000, 0)),
            (setting("full", "keyset", "ota"), ran(10, 0)),
            (setting("none", "keyset", "ota"), Came::Refused("no stamps".into())),
            (setting("none", "hash", "ota"), ran(4_000, 0)),
            (setting("stamps-only", "keyset", "ota"), ran(10, 7)),
            (setting("stamps-only", "log", "ota"), Came::Refused("no log".into())),
            (setting("stamps-only", "log", "persistent"), Came::Refused("no log".into())),
            (setting("bare", "log", "ota"), Came::Refused("no log".into())),
            (setting("lone", "log", "ota"), ran(10, 0)),
            (setting("lone", "log", "persistent"), Came::Refused("several nodes".into())),
        ];
        let line = |(setting, came)| Line { setting, came };
        Matrix { lines: lines.into_iter().map(line).collect(), never: vec!["inserts", "moves"] }
    }

    #[test]
    fn the_words_name_what_converges_and_the_table_what_was_missed() {
        insta::assert_snapshot!(matrix().story() + &matrix().to_markdown());
    }
}
