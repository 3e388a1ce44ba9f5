//! Regret: the cost of a setting above the best of other settings. For example, a controller of
//! chunk sizes is compared with the best fixed size, which is known only afterwards.

use serde::Serialize;

use super::limits::value;
use crate::analysis::sweep::{Point, Series, Sweep};
use crate::metrics::human;
use crate::record::CellRecord;
use crate::render::{Grid, lines, trouble};

const COLUMNS_MAX: usize = 4;
const REACHED: &str = "engine.control.reached";

/// The regret of a sweep against the best settings of a reference sweep.
#[derive(Debug, Serialize)]
pub struct Regret {
    metric: String,
    /// The kind of mean over seeds.
    #[serde(skip)]
    mean: &'static str,
    axis: String,
    against: String,
    seeds: usize,
    series: Vec<Comparison>,
    settings: Vec<Summary>,
}

#[derive(Debug, Serialize)]
struct Comparison {
    name: String,
    /// The best setting of the reference; `null` if all its settings are excluded.
    best: Option<String>,
    flat: Option<[String; 2]>,
    costs: Vec<Paid>,
}

#[derive(Debug, Serialize)]
struct Paid {
    value: String,
    /// The cost above the best of the reference, in millionths of that cost. Negative if it is
    /// cheaper.
    regret_ppm: Option<i64>,
    /// The time until its chunks reached the flat region of the reference (the sizes as good as the
    /// best). It is the median over seeds; `null` if they did not reach it.
    reached_ns: Option<u64>,
    trouble: Option<String>,
}

#[derive(Debug, Serialize)]
struct Summary {
    value: String,
    worst_ppm: Option<i64>,
    worst_at: Option<String>,
    mean_ppm: Option<i64>,
    /// The number of series in which the setting was excluded.
    failed: usize,
    /// The number of series in which it reached the flat region. `reached_ns` is the median time.
    reached: usize,
    reached_ns: Option<u64>,
}

impl Regret {
    /// Compares `sweep` with `reference`. Only the first axes of the two differ.
    pub fn new(sweep: &Sweep<'_>, reference: &Sweep<'_>) -> Regret {
        let alike = |series: &Series<'_>| {
            let same = |other: &&Series<'_>| other.variant == series.variant && other.values == series.values;
            reference.series.iter().find(same)
        };
        let both = |s| Some(Comparison::new(sweep, s, &reference.axis, alike(s)?));
        let series: Vec<Comparison> = sweep.series.iter().filter_map(both).collect();
        let count = series.first().map_or(0, |first| first.costs.len());
        let settings = (0..count).map(|i| Summary::new(&series, i)).collect();
        Regret {
            metric: sweep.objective.name(),
            mean: sweep.objective.mean(),
            axis: sweep.axis.clone(),
            against: reference.axis.clone(),
            seeds: sweep.seeds(),
            series,
            settings,
        }
    }

    pub fn story(&self) -> String {
        let Regret { metric, mean, against, .. } = self;
        let seeds = human::count(self.seeds as u64, "seed");
        let table = self.table();
        let told: String = self.settings.iter().map(|setting| setting.told(self.series.len())).collect();
        format!(
            "{metric}: {mean} of {seeds}, and the extra cost compared with the best {against} in \
             hindsight\n{table}  ! excluded   – nothing measured\n\n{told}"
        )
    }

    fn table(&self) -> String {
        let best = |series: &Comparison| series.best.clone().unwrap_or_else(|| "!".to_owned());
        let labels = self.series.iter().map(|series| vec![series.name.clone(), best(series)]);
        let rows: Vec<Vec<String>> = labels.chain([vec!["worst".to_owned(), String::new()]]).collect();
        let column = |(i, setting): (usize, &Summary)| {
            let costs = self.series.iter().map(|series| series.costs[i].told());
            let worst = setting.worst_ppm.map_or("–".to_owned(), human::percent);
            (setting.value.clone(), costs.chain([worst]).collect())
        };
        let columns: Vec<_> = self.settings.iter().enumerate().map(column).collect();
        Grid::banded(&["", "best"], &rows, &columns, COLUMNS_MAX)
    }

    /// The JSON form, with one field per line and a newline at the end.
    pub fn to_json(&self) -> String {
        lines::to_json(self)
    }
    /// The CSV form, with one row per setting of each series.
    pub fn to_csv(&self) -> String {
        let header = ["series", "best", "setting", "regret_ppm", "reached_ns", "trouble"];
        let rows =
            self.series.iter().flat_map(|of| of.costs.iter().map(move |one| (&of.name, &of.best, one)));
        lines::csv_of(header, rows)
    }
}

impl Comparison {
    fn new(sweep: &Sweep<'_>, series: &Series<'_>, against: &str, reference: &Series<'_>) -> Comparison {
        let finding = reference.finding.as_ref();
        let at = |i: usize| &reference.points[i];
        let best = finding.and_then(|f| at(f.best).candidate());
        let flat = finding.map(|f| [at(f.flat.0), at(f.flat.1)]);
        let sizes = flat.and_then(|[low, high]| Some([low.number()?, high.number()?].map(|n| n as u64)));
        let kind = if against.starts_with("engine.push.") { "push" } else { "pull" };
        let paid = |point: &Point<'_>| {
            let more = point.candidate().zip(best).map(|(price, best)| price / best - 1.0);
            Paid {
                value: point.value.clone(),
                regret_ppm: more.filter(|more| more.is_finite()).map(|more| (more * 1e6).round() as i64),
                reached_ns: sizes.and_then(|sizes| reached(point, kind, sizes)),
                trouble: point.trouble.as_ref().map(trouble),
            }
        };
        Comparison {
            name: if series.values.is_empty() { sweep.objective.name() } else { series.name.clone() },
            best: finding.map(|f| value(at(f.best))),
            flat: flat.map(|ends| ends.map(value)),
            costs: series.points.iter().map(paid).collect(),
        }
    }
}

/// The time until chunks were between `low` and `high` rows, within a factor of 2. It is the median
/// over seeds of the median over devices. `None` if fewer than half of the seeds reached it.
fn reached(point: &Point<'_>, kind: &str, [low, high]: [u64; 2]) -> Option<u64> {
    let powers = low.max(1).ilog2()..=high.max(1).ilog2();
    let metrics: Vec<String> = powers.map(|power| format!("{REACHED}/{kind}-{}", 1_u64 << power)).collect();
    let of_cell = |cell: &&CellRecord| metrics.iter().filter_map(|metric| cell.stat(metric, "p50")).min();
    let mut times: Vec<u64> = point.cells.iter().filter_map(of_cell).collect();
    times.sort_unstable();
    times.get(point.cells.len() / 2).copied()
}

impl Paid {
    fn told(&self) -> String {
        match self.regret_ppm {
            _ if self.trouble.is_some() => "!".to_owned(),
            Some(ppm) => human::percent(ppm),
            None => "–".to_owned(),
        }
    }
}

impl Summary {
    fn new(series: &[Comparison], setting: usize) -> Summary {
        let paid = || series.iter().map(|one| (&one.name, &one.costs[setting]));
        let worst = paid().filter_map(|(name, paid)| Some((paid.regret_ppm?, name))).max();
        let all: Vec<i64> = paid().filter_map(|(_, paid)| paid.regret_ppm).collect();
        let mut times: Vec<u64> = paid().filter_map(|(_, paid)| paid.reached_ns).collect();
        times.sort_unstable();
        Summary {
            value: series[0].costs[setting].value.clone(),
            worst_ppm: worst.map(|(ppm, _)| ppm),
            worst_at: worst.map(|(_, name)| name.clone()),
            mean_ppm: mean(&all),
            failed: paid().filter(|(_, paid)| paid.trouble.is_some()).count(),
            reached: times.len(),
            reached_ns: times.get(times.len() / 2).copied(),
        }
    }

    fn told(&self, series: usize) -> String {
        let regret = match (self.worst_ppm, self.mean_ppm, &self.worst_at) {
            (Some(worst), Some(mean), Some(at)) => {
                let [worst, mean] = [worst, mean].map(human::percent);
                format!("at worst {worst} ({at}), {mean} on average")
            }
            _ => "no series has a setting to compare".to_owned(),
        };
        let failed = (self.failed > 0).then(|| format!("; excluded in {} of {series}", self.failed));
        let reached = self.reached_ns.map(|ns| {
            let (span, reached) = (human::span(ns), self.reached);
            format!("; in the flat region after {span} (median; {reached} of {series})")
        });
        format!("{}: {regret}{}{}\n", self.value, failed.unwrap_or_default(), reached.unwrap_or_default())
    }
}

fn mean(all: &[i64]) -> Option<i64> {
    let sum: i128 = all.iter().map(|&ppm| i128::from(ppm)).sum();
    i64::try_from(sum.checked_div(all.len() as i128)?).ok()
}
