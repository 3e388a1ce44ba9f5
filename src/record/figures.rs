//! The figures of a cell.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::{Schema, SchemaGenerator, json_schema};

use crate::metrics::{self, Figure, Figures};

/// The figures of a cell by name. Thousands of cells are held at once, so names of the table are
/// not copied.
pub type CellFigures = BTreeMap<Cow<'static, str>, Figure>;

/// The figures of an outcome as a record holds them.
pub fn held(figures: &Figures) -> CellFigures {
    figures.iter().map(|(name, figure)| (shared(Cow::Owned(name.clone())), figure.clone())).collect()
}

pub(super) fn shared(name: Cow<'static, str>) -> Cow<'static, str> {
    match metrics::find(&name).filter(|metric| metric.name == name) {
        Some(metric) => Cow::Borrowed(metric.name),
        None => name,
    }
}

/// A metric is a number with its unit, or a distribution with its unit.
pub(super) fn figures_schema(_: &mut SchemaGenerator) -> Schema {
    let whole = |what: &str| json_schema!({ "type": "integer", "minimum": 0, "description": what });
    json_schema!({
        "type": "object",
        "additionalProperties": { "oneOf": [
            { "type": "object", "required": ["unit", "value"],
              "properties": { "unit": { "type": "string" }, "value": whole("the number"),
                              "clipped": { "const": true, "description": "the number is greater than 64 bits hold" } } },
            { "type": "object", "required": ["unit", "count", "min", "p50", "p95", "p99", "max"],
              "properties": { "unit": { "type": "string" }, "count": whole("observations"), "min": whole("smallest"),
                              "p50": whole("median"), "p95": whole("95th percentile"), "p99": whole("99th percentile"),
                              "max": whole("greatest"), "mean": whole("mean, rounded down") } }
        ] }
    })
}
