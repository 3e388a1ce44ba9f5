//! A calibration for programs.

use serde_json::{Value, json};

use super::record::{Advice, Calibration, Estimate, Rate};

impl Calibration {
    /// JSON with whole numbers only; each figure is `{ value, low, high }`, and `null` where the
    /// log cannot tell it.
    pub fn to_json(&self) -> String {
        let census = &self.census;
        let costs = self.costs.as_ref();
        let split = costs.and_then(|costs| costs.split);
        let outages = self.outages.as_ref();
        let rate = outages.map(|outages| outages.rate);
        let between = match rate {
            Some(Rate::Known(rate)) => scaled(Some(rate.map(|rate| 1.0 / rate)), 1e9),
            Some(Rate::AtMost(rate)) => json!({ "value": null, "low": whole(1e9 / rate), "high": null }),
            None => Value::Null,
        };
        let chunk = match self.advice {
            Some(Advice::Rows { best, flat, excess, within_log }) => json!({
                "best_rows": scaled(Some(best), 1.0),
                "flat_rows": [whole(flat.0), whole(flat.1)],
                "excess_ppm": scaled(Some(excess), 1e6),
                "within_log": within_log,
            }),
            Some(Advice::AtLeast(rows)) => json!({
                "best_rows": { "value": null, "low": whole(rows), "high": null },
            }),
            None => Value::Null,
        };
        let value = json!({
            "schema_version": "1.0.0",
            "source": self.source,
            "requests": {
                "count": census.requests, "answered": census.answered, "cut": census.cut,
                "timed_out": census.timed_out, "refused": census.refused, "not_sent": census.not_sent,
                "outliers": census.outliers, "devices": census.devices, "lasted_ns": whole(census.lasted * 1e9),
                "duration_mean_ns": whole(census.duration_mean * 1e9),
                "rows_mean": whole(census.rows_mean), "rows_max": census.rows_max,
                "bytes_a_row": census.bytes_a_row.map(whole), "bytes_around": census.bytes_around.map(whole),
            },
            "overhead_ns": scaled(costs.map(|costs| costs.request), 1e9),
            "row_with_bytes_ns": scaled(costs.map(|costs| costs.row), 1e9),
            "row_alone_ns": scaled(split.map(|split| split.row), 1e9),
            "byte_ps": scaled(split.map(|split| split.byte), 1e12),
            "noise_ppm": scaled(costs.map(|costs| costs.noise), 1e6),
            "failures": outages.map(|outages| outages.failures),
            "exposed_ns": outages.map(|outages| whole(outages.exposed * 1e9)),
            "between_failures_ns": between,
            "repair_ns": scaled(outages.and_then(|outages| outages.repair), 1e9),
            "chunk": chunk,
            "unknown": self.unknown,
            "notes": self.notes,
        });
        serde_json::to_string_pretty(&value).expect("a calibration is JSON") + "\n"
    }
}

fn scaled(estimate: Option<Estimate>, by: f64) -> Value {
    estimate.map_or(
        Value::Null,
        |e| json!({ "value": whole(e.value * by), "low": whole(e.low * by), "high": whole(e.high * by) }),
    )
}

fn whole(x: f64) -> u64 {
    x.round() as u64
}
