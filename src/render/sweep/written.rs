//! A sweep as programs read it: JSON, and a CSV row a setting. Whole numbers only.

use serde::Serialize;

use super::told::Reading;
use crate::analysis::sweep::{Point, Series, Sweep, costs, exponent};
use crate::metrics::{Better, Unit};
use crate::render::lines;

#[derive(Serialize)]
struct Written<'a> {
    metric: &'a str,
    stat: &'a str,
    unit: Unit,
    better: Better,
    axis: &'a str,
    across: &'a [String],
    series: Vec<WrittenSeries<'a>>,
}

#[derive(Serialize)]
struct WrittenSeries<'a> {
    name: &'a str,
    variant: Option<&'a str>,
    /// Values of the other axes, in the order of `across`.
    values: &'a [String],
    points: Vec<WrittenPoint<'a>>,
    /// The best setting; `null` if there is none.
    best: Option<&'a str>,
    /// First and last setting that is as good as the best within the noise; `null` without enough
    /// seeds, or of words.
    within_noise: Option<[&'a str; 2]>,
    /// The settings between which the optimum lies; `null` at an end of what was tried, and of
    /// words.
    optimum_between: Option<[Option<&'a str>; 2]>,
    /// First and last setting within 3 % of the best; `null` of words.
    flat: Option<[&'a str; 2]>,
    limits: Vec<String>,
    closed_form: Option<ClosedForm>,
    /// The power of the axis that the figure grows by, in thousandths; `null` if it follows none.
    growth_milli: Option<i64>,
}

#[derive(Serialize)]
struct WrittenPoint<'a> {
    value: &'a str,
    seeds: u64,
    /// Of a rate the harmonic mean.
    mean: Option<u64>,
    min: Option<u64>,
    max: Option<u64>,
    /// Cost relative to the best, which is 1 000 000.
    cost_ppm: Option<u64>,
    /// Why it is excluded.
    trouble: Option<&'a str>,
}

#[derive(Serialize)]
struct ClosedForm {
    rows: u64,
    chunk_ns: u64,
    row_ns: u64,
    mtbf_ns: u64,
}

impl Sweep<'_> {
    /// As JSON, a line a field, ending in a newline.
    pub fn to_json(&self) -> String {
        let written = Written {
            metric: &self.objective.metric,
            stat: &self.objective.stat,
            unit: self.objective.unit,
            better: self.objective.better,
            axis: &self.axis,
            across: &self.across,
            series: self.series.iter().map(|series| self.written(series)).collect(),
        };
        lines::to_json(&written)
    }

    /// As CSV: a row a setting.
    pub fn to_csv(&self) -> String {
        let fixed = ["seeds", "mean", "min", "max", "cost_ppm", "trouble"];
        let header = ["variant"].into_iter().chain(self.across.iter().map(String::as_str));
        let header = header.chain([self.axis.as_str()]).chain(fixed).map(str::to_owned).collect();
        let points = self.series.iter().flat_map(|of| self.points(of).into_iter().map(move |p| (of, p)));
        let row = |(series, point): (&Series<'_>, WrittenPoint<'_>)| {
            let mut row = vec![series.variant.clone().unwrap_or_default()];
            row.extend(series.values.iter().cloned());
            row.extend([point.value.to_owned(), point.seeds.to_string()]);
            let figures = [point.mean, point.min, point.max, point.cost_ppm];
            row.extend(figures.map(|figure| figure.map_or_else(String::new, |n| n.to_string())));
            row.push(point.trouble.unwrap_or_default().to_owned());
            row
        };
        lines::csv_of([header].into_iter().chain(points.map(row)))
    }

    fn written<'s>(&self, series: &'s Series<'_>) -> WrittenSeries<'s> {
        let Reading { finding, fit, limits, .. } = Reading::of(self, series);
        // Words have no order: nothing lies between two of them.
        let ordered = finding.as_ref().filter(|_| !series.is_of_words());
        let at = |i: usize| series.points[i].value.as_str();
        let pair = |(first, last): (usize, usize)| [at(first), at(last)];
        let ns = |s: f64| (s * 1e9) as u64;
        let closed_form = fit.and_then(|fit| fit.cost()).map(|cost| ClosedForm {
            rows: cost.best() as u64,
            chunk_ns: ns(cost.chunk),
            row_ns: ns(cost.row),
            mtbf_ns: ns(cost.mtbf),
        });
        WrittenSeries {
            name: &series.name,
            variant: series.variant.as_deref(),
            values: &series.values,
            points: self.points(series),
            best: finding.as_ref().map(|f| at(f.best)),
            within_noise: ordered.and_then(|f| f.noise).map(pair),
            optimum_between: ordered
                .and_then(|f| f.between(series.points.len()))
                .map(|ends| ends.map(|i| i.map(at))),
            flat: ordered.map(|f| pair(f.flat)),
            limits,
            closed_form,
            growth_milli: exponent(self, series).map(|exponent| libm::round(exponent * 1e3) as i64),
        }
    }

    fn points<'s>(&self, series: &'s Series<'_>) -> Vec<WrittenPoint<'s>> {
        let costs = costs(series).unwrap_or_else(|| vec![None; series.points.len()]);
        let written = |(point, cost): (&'s Point<'_>, Option<f64>)| {
            let whole = |x: f64| (x + 0.5) as u64;
            let figure = |price: f64| whole(self.objective.figure(price));
            let figures = || point.prices.values().map(|price| figure(*price));
            WrittenPoint {
                value: &point.value,
                seeds: point.prices.len() as u64,
                mean: point.price().map(figure),
                min: figures().min(),
                max: figures().max(),
                cost_ppm: cost.filter(|cost| cost.is_finite()).map(|cost| whole(cost * 1e6)),
                trouble: point.trouble.as_deref(),
            }
        };
        series.points.iter().zip(costs).map(written).collect()
    }
}
