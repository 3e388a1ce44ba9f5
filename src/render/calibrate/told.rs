//! A calibration as people read it.

use super::record::{Advice, Calibration, Census, Costs, Estimate, Outages, Rate};
use crate::metrics::human;
use crate::render::Grid;

impl Calibration {
    /// What the log says and what it does not, for a terminal.
    pub fn story(&self) -> String {
        let mut text = self.headline();
        let mut grid = Grid::new(1, ["", "estimate", "95 % interval"]);
        if let Some(costs) = &self.costs {
            of_costs(&mut grid, costs, self.census.bytes_around);
        }
        if let Some(outages) = &self.outages {
            of_outages(&mut grid, outages);
        }
        let table = grid.terminal("  ");
        // A header alone is no table.
        if table.lines().count() > 1 {
            text.push('\n');
            text.push_str(&table);
        }
        text.push_str(&self.recommendation());
        text.push_str(&list("what this log cannot tell", &self.unknown));
        text.push_str(&list("notes", &self.notes));
        text
    }

    /// The log and what it recommends, without the estimates behind that.
    pub fn in_short(&self) -> String {
        self.headline() + self.recommendation().trim_start_matches('\n')
    }

    fn headline(&self) -> String {
        let Census {
            requests, answered, cut, timed_out, refused, not_sent, devices, lasted, outliers, ..
        } = self.census;
        let devices = devices.map_or_else(String::new, |n| format!(" of {}", human::count(n, "device")));
        let others = [(cut, "cut"), (timed_out, "timed out"), (refused, "refused"), (not_sent, "not sent")];
        let others: Vec<String> = others
            .iter()
            .filter(|(n, _)| *n > 0)
            .map(|(n, word)| format!(", {} {word}", human::thousands(*n)))
            .collect();
        let aside = match outliers {
            0 => String::new(),
            n => format!(" ({} put aside)", human::count(n, "outlier")),
        };
        format!(
            "{}: {}{devices} in {}: {} answered{aside}{}\n",
            self.source,
            human::count(requests, "request"),
            span(lasted),
            human::thousands(answered),
            others.concat(),
        )
    }

    fn recommendation(&self) -> String {
        match self.advice {
            None => String::new(),
            Some(Advice::AtLeast(rows)) => format!(
                "\nrecommended chunk: {} or more; no failure limits it{}, so caps of memory, pages and timeouts do\n",
                human::count(whole(rows), "row"),
                match self.census.refused {
                    0 => String::new(),
                    n => format!(" ({} refused, which count as none)", human::thousands(n)),
                },
            ),
            Some(Advice::Rows { best, flat: (from, to), excess, within_log }) => {
                let percent = |x: f64| format!("{:.0}", 100.0 * x);
                format!(
                    "\nrecommended chunk: {} ({} … {}){}; within 3 %: {} to {}\n  the log's answers have {:.0} on average: a row costs {} % more in such chunks than in the best ({} … {} %)\n",
                    human::count(whole(best.value), "row"),
                    human::thousands(whole(best.low)),
                    human::thousands(whole(best.high)),
                    if within_log { " of the sizes in the log, as answers lie on no line" } else { "" },
                    human::thousands(whole(from)),
                    human::thousands(whole(to)),
                    self.census.rows_mean,
                    percent(excess.value),
                    percent(excess.low),
                    percent(excess.high),
                )
            }
        }
    }
}

/// Costs, of answers that have so many bytes `around` their rows.
fn of_costs(grid: &mut Grid, costs: &Costs, around: Option<f64>) {
    put(grid, "overhead of a request", costs.request, span);
    if let Some(bytes) = around {
        let what = format!("{} around its rows", human::bytes(libm::round(bytes) as u64));
        // How many bytes these are is known less well than what a byte takes: the overhead's
        // interval holds it.
        let (what, took) = match &costs.split {
            Some(split) => (format!("  of that: {what}"), span(split.byte.value * bytes)),
            None => (format!("  which holds {what}"), String::new()),
        };
        grid.row([what, took, String::new()]);
    }
    put(grid, "time a row, with its bytes", costs.row, span);
    if let Some(split) = &costs.split {
        put(grid, "  of that: the row", split.row, span);
        put(grid, "  and each byte", split.byte, span);
        let rate = split.byte.map(|byte| if byte > 0.0 { 8.0 / byte } else { f64::INFINITY });
        put(grid, "  which is a rate of", rate, bits);
    }
    put(grid, "noise (share of a duration)", costs.noise, |x| format!("{:.1} %", 100.0 * x));
}

fn of_outages(grid: &mut Grid, outages: &Outages) {
    match outages.rate {
        Rate::Known(rate) => put(grid, "transfer between failures", rate.map(|rate| 1.0 / rate), span),
        Rate::AtMost(rate) => grid.row([
            "transfer between failures".to_owned(),
            "none seen".to_owned(),
            format!("≥ {}", span(1.0 / rate)),
        ]),
    }
    if let Some(repair) = outages.repair {
        put(grid, "repair, as the app sees it", repair, span);
    }
}

fn put(grid: &mut Grid, name: &str, estimate: Estimate, show: impl Fn(f64) -> String) {
    let interval = format!("{} … {}", show(estimate.low), show(estimate.high));
    grid.row([name.to_owned(), show(estimate.value), interval]);
}

fn list(title: &str, lines: &[String]) -> String {
    if lines.is_empty() {
        return String::new();
    }
    let lines: Vec<String> = lines.iter().map(|line| format!("  - {line}\n")).collect();
    format!("\n{title}\n{}", lines.concat())
}

/// Whole rows, at least one.
pub(super) fn whole(rows: f64) -> u64 {
    (rows.round() as u64).max(1)
}

fn span(seconds: f64) -> String {
    human::span((seconds * 1e9).round() as u64)
}

fn bits(rate: f64) -> String {
    match rate {
        r if r >= 1e9 => "over 1 Gbit/s".to_owned(),
        r if r >= 1e6 => format!("{:.2} Mbit/s", r / 1e6),
        r => format!("{:.1} kbit/s", r / 1e3),
    }
}
