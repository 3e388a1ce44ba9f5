//! Compares two modes: finds the better one for each combination of values of the other axes.
//!
//! A series has both modes at one such combination. Noise is the random difference between seeds.

use super::limits::{TOO_FEW, value};
use crate::analysis::grouped;
use crate::analysis::sweep::{Point, Series, Sweep, costs};
use crate::metrics::human;
use crate::render::Grid;
use crate::render::lines::joined;

const COLUMNS_MAX: usize = 3;
/// A second figure of both modes: the load on the backend.
const ALSO: &str = "backend.requests.hourly";

const OUTAGES: &str = "backend.outages.count";

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Winner {
    One(usize),
    /// Neither mode is better beyond the noise.
    Neither,
    /// There is no result, or both modes are excluded.
    Unknown,
}

pub(super) struct Crossover<'s, 'a> {
    sweep: &'s Sweep<'a>,
    names: [String; 2],
    winners: Vec<Winner>,
}

/// Series that differ only in the first of the other axes, with a name for their common values.
type Way = (String, Vec<usize>);

impl<'s, 'a> Crossover<'s, 'a> {
    /// `None` unless the first axis is a mode with two values and another axis exists.
    pub(super) fn of(sweep: &'s Sweep<'a>) -> Option<Crossover<'s, 'a>> {
        let [one, two] = &sweep.series.first()?.points[..] else { return None };
        let applies = sweep.axis.ends_with(".mode") && !sweep.across.is_empty() && sweep.objective.ranks();
        let winners = sweep.series.iter().map(winner).collect();
        applies.then(|| Crossover { sweep, names: [one, two].map(value), winners })
    }

    pub(super) fn story(&self) -> String {
        const LEGEND: &str = "  the winner's figure first; ~ no difference beyond the noise, in the order of the axis\n  \
             ! excluded   – nothing measured   ° the backend was never down with these seeds\n\n";
        let ways = self.ways();
        let mut text = self.tables(&ways, &self.sweep.objective.name(), &|at| self.cell(at)) + LEGEND;
        if self.sweep.objective.metric != ALSO {
            text.push_str(&format!("{ALSO}: {}\n", self.names.join(" / ")));
            text.push_str(&self.tables(&ways, ALSO, &|at| self.load(at)));
        }
        text + &self.words(&ways)
    }

    fn ways(&self) -> Vec<Way> {
        grouped(0..self.sweep.series.len(), |at| self.name(&self.sweep.series[*at]))
    }
    fn name(&self, series: &Series<'_>) -> String {
        let axes = self.sweep.across.iter().zip(&series.values).skip(1);
        let axes = axes.map(|(key, value)| format!("{} {value}", key.rsplit('.').next().unwrap_or(key)));
        joined(series.variant.iter().cloned().chain(axes), ", ").unwrap_or_default()
    }
    /// Tables with one row per value of the first of the other axes, and one column per [`Way`]. A
    /// way without a name has the name `figure`.
    fn tables(&self, ways: &[Way], figure: &str, cell: &dyn Fn(usize) -> String) -> String {
        let rows = ways.first().map_or(&[][..], |(_, series)| series);
        let row = |at: &usize| vec![self.sweep.series[*at].values[0].clone()];
        let rows: Vec<Vec<String>> = rows.iter().map(row).collect();
        let column = |(name, series): &Way| {
            let name = if name.is_empty() { figure } else { name };
            (name.to_owned(), series.iter().map(|at| cell(*at)).collect())
        };
        let columns: Vec<_> = ways.iter().map(column).collect();
        Grid::banded(&[&self.sweep.across[0]], &rows, &columns, COLUMNS_MAX)
    }

    fn cell(&self, at: usize) -> String {
        let series = &self.sweep.series[at];
        let figure = |i: usize| match &series.points[i] {
            point if point.trouble.is_some() => "!".to_owned(),
            point => self.sweep.figure(point).unwrap_or_else(|| "–".to_owned()),
        };
        let calm = if self.is_calm(at) { " °" } else { "" };
        let (mark, first) = match self.winners[at] {
            Winner::One(best) => (format!("{} ", self.names[best]), best),
            Winner::Neither => ("~ ".to_owned(), 0),
            Winner::Unknown => (String::new(), 0),
        };
        format!("{mark}{} : {}{calm}", figure(first), figure(1 - first))
    }

    /// True if the backend was never down in this series, but was down in another series.
    fn is_calm(&self, at: usize) -> bool {
        let calm = |series: &Series<'_>| series.points.iter().all(|point| point.sum(OUTAGES) == 0.0);
        calm(&self.sweep.series[at]) && !self.sweep.series.iter().all(calm)
    }
    fn load(&self, at: usize) -> String {
        let mean = |point: &Point<'_>| match point.cells.len() {
            0 => "–".to_owned(),
            cells => human::thousands((point.sum(ALSO) / cells as f64 + 0.5) as u64),
        };
        self.sweep.series[at].points.iter().map(mean).collect::<Vec<String>>().join(" / ")
    }

    fn words(&self, ways: &[Way]) -> String {
        let wins = |winner| self.winners.iter().filter(|w| **w == winner).count();
        let won = |i: usize| format!("{} wins in {}", self.names[i], wins(Winner::One(i)));
        let rest = [(Winner::Neither, "neither beyond the noise"), (Winner::Unknown, "none is better")];
        let rest = rest.into_iter().filter(|(winner, _)| wins(*winner) > 0);
        let rest: String = rest.map(|(winner, told)| format!(", {told} in {}", wins(winner))).collect();
        let mut text = format!("of {} places, {}, {}{rest}\n", self.winners.len(), won(0), won(1));
        let calm = (0..self.winners.len()).filter(|&at| self.is_calm(at)).count();
        if calm > 0 {
            let places = human::count(calm as u64, "place");
            text += &format!(
                "  in {places} (°) the backend was never down, so these say nothing about outages\n"
            );
        }
        // Ways with equal texts share a line. The lines are sorted by their first way.
        for (told, alike) in grouped(ways, |(_, series)| self.along(series)) {
            let names: Vec<&str> = alike.iter().map(|(name, _)| name.as_str()).collect();
            let place = if ways.len() == 1 { String::new() } else { format!(" ({})", names.join("; ")) };
            text.push_str(&format!("  as {} goes: {told}{place}\n", self.sweep.across[0]));
        }
        let mut found = self.sweep.series.iter().filter_map(|series| series.finding.as_ref());
        let too_few = found.all(|finding| finding.noise.is_none());
        if too_few && wins(Winner::Neither) == 0 {
            text.push_str(&format!("  {TOO_FEW}\n"));
        }
        text
    }

    fn along(&self, series: &[usize]) -> String {
        let mut runs: Vec<(Winner, &str, &str)> = Vec::new();
        for &at in series {
            let here = self.sweep.series[at].values[0].as_str();
            match runs.last_mut() {
                Some((winner, _, last)) if *winner == self.winners[at] => *last = here,
                _ => runs.push((self.winners[at], here, here)),
            }
        }
        let who = |winner| match winner {
            Winner::One(i) => self.names[i].as_str(),
            Winner::Neither => "neither",
            Winner::Unknown => "unknown",
        };
        let ends = runs.len() - 1;
        let part = |(i, (winner, first, last)): (usize, &(Winner, &str, &str))| match i {
            _ if ends == 0 => format!("{} throughout", who(*winner)),
            _ if first == last => format!("{} at {first}", who(*winner)),
            0 => format!("{} up to {last}", who(*winner)),
            _ if i == ends => format!("{} from {first} on", who(*winner)),
            _ => format!("{} from {first} to {last}", who(*winner)),
        };
        runs.iter().enumerate().map(part).collect::<Vec<String>>().join(", ")
    }
}

fn winner(series: &Series<'_>) -> Winner {
    let (Some(finding), Some(costs)) = (&series.finding, costs(&series.points)) else {
        return Winner::Unknown;
    };
    if series.points.iter().any(Point::is_unknown) {
        return Winner::Unknown;
    }
    // If the figures are equal under each seed, no mode wins, whatever the noise.
    let equal = costs.iter().all(|cost| cost.is_some_and(|cost| cost == 1.0));
    if equal || finding.noise == Some((0, 1)) { Winner::Neither } else { Winner::One(finding.best) }
}
