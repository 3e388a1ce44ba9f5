//! Writes a sweep for programs: JSON, and CSV with one row per setting. All figures are integers.

use serde::Serialize;
use serde_json::{Value, json};

use super::story::Reading;
use crate::analysis::sweep::{Cause, Objective, Point, Series, Sweep, are_words, costs, exponent};
use crate::render::{lines, trouble};

#[derive(Serialize)]
struct WrittenPoint<'a> {
    value: &'a str,
    seeds: u64,
    /// The mean over seeds. For a rate it is the harmonic mean.
    mean: Option<u64>,
    min: Option<u64>,
    max: Option<u64>,
    /// The cost relative to the best, in millionths.
    cost_ppm: Option<u64>,
    trouble: Option<String>,
}

impl Sweep<'_> {
    /// The JSON form, with one field per line and a newline at the end.
    pub fn to_json(&self) -> String {
        let Objective { metric, stat, unit, better } = &self.objective;
        let series: Vec<Value> = self.series.iter().map(|series| self.written(series)).collect();
        lines::to_json(&json!({
            "metric": metric, "stat": stat, "unit": unit, "better": better, "axis": self.axis,
            "across": self.across, "series": series,
        }))
    }
    pub fn to_csv(&self) -> String {
        let fixed = ["seeds", "mean", "min", "max", "cost_ppm", "trouble"];
        let header = ["variant"].into_iter().chain(self.across.iter().map(String::as_str));
        let header = header.chain([self.axis.as_str()]).chain(fixed);
        let of = |of| self.points(of).into_iter().map(move |point| (&of.variant, &of.values, point));
        lines::csv_of(header, self.series.iter().flat_map(of))
    }

    /// A series. `values` have the order of `across`. A missing figure is `null`: for example the
    /// best if all settings are excluded, or the region if settings are words.
    fn written(&self, series: &Series<'_>) -> Value {
        let (Reading { fit, causes, limits }, finding) = (Reading::of(self, series), &series.finding);
        let ordered = finding.as_ref().filter(|_| !are_words(&series.points));
        let at = |i: usize| series.points[i].value.as_str();
        let pair = |(first, last): (usize, usize)| [at(first), at(last)];
        let ns = |s: f64| (s * 1e9) as u64;
        let closed_form = fit.and_then(|fit| fit.cost()).map(|cost| {
            let (chunk, row, mtbf) = (ns(cost.chunk), ns(cost.row), ns(cost.mtbf));
            json!({ "rows": cost.best() as u64, "chunk_ns": chunk, "row_ns": row, "mtbf_ns": mtbf })
        });
        let between = ordered.and_then(|found| found.between(series.points.len()));
        let parts =
            |cause: &Cause| -> Vec<&str> { cause.grown.iter().map(|grown| grown.part.code()).collect() };
        let suffers = |cause: Cause| json!({ "at": at(cause.at), "from": parts(&cause) });
        json!({
            "name": series.name,
            "variant": series.variant,
            "values": series.values,
            "points": self.points(series),
            "best": finding.as_ref().map(|found| at(found.best)),
            "within_noise": ordered.and_then(|found| found.noise).map(pair),
            "optimum_between": between.map(|ends| ends.map(|end| end.map(at))),
            "flat": ordered.map(|found| pair(found.flat)),
            "causes": causes.into_iter().map(suffers).collect::<Vec<_>>(),
            "limits": limits,
            "closed_form": closed_form,
            "growth_milli": exponent(self, series).map(|power| libm::round(power * 1e3) as i64),
        })
    }

    fn points<'s>(&self, series: &'s Series<'_>) -> Vec<WrittenPoint<'s>> {
        let costs = costs(&series.points).unwrap_or_else(|| vec![None; series.points.len()]);
        let written = |(point, cost): (&'s Point<'_>, Option<f64>)| {
            let whole = |x: f64| (x + 0.5) as u64;
            let figure = |price: f64| whole(self.objective.figure(price));
            let figures = || point.prices.values().map(|price| figure(*price));
            WrittenPoint {
                value: &point.value,
                seeds: point.prices.len() as u64,
                mean: point.figure(&self.objective),
                min: figures().min(),
                max: figures().max(),
                cost_ppm: cost.filter(|cost| cost.is_finite()).map(|cost| whole(cost * 1e6)),
                trouble: point.trouble.as_ref().map(trouble),
            }
        };
        series.points.iter().zip(costs).map(written).collect()
    }
}
