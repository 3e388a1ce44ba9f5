//! The figures of cells, and their compact form in a record.
//!
//! A cell is one simulation. A figure is the value of one metric in one cell. A record can have
//! thousands of cells, so it stores each unit once, distributions as lists, and no zero figures.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::metrics::{self, Figure, Figures, Kind, NEVER, TABLE, Unit};

/// The figures of a cell by metric. Known names are borrowed, because memory holds thousands of
/// cells.
pub type CellFigures = BTreeMap<Cow<'static, str>, Figure>;

pub fn held(figures: &Figures) -> CellFigures {
    figures.iter().map(|(name, figure)| (shared(name), figure.clone())).collect()
}

pub(super) fn shared(name: &str) -> Cow<'static, str> {
    let known = metrics::find(name).filter(|metric| metric.name == name);
    known.map_or_else(|| Cow::Owned(name.to_owned()), |metric| Cow::Borrowed(metric.name))
}

type Units = BTreeMap<Cow<'static, str>, Unit>;

/// The metrics of a record's cells with their units; `metric@state` and `metric/unit` are as
/// `metric`. A metric that a completed cell does not list is zero, or has no observation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FiguresRecord {
    #[schemars(with = "BTreeMap<String, String>")]
    pub numbers: Units,
    #[schemars(with = "BTreeMap<String, String>")]
    pub distributions: Units,
}

impl FiguresRecord {
    pub fn known() -> FiguresRecord {
        let of = |is_one: bool| {
            let wanted = TABLE.iter().filter(|metric| (metric.kind == Kind::Distribution) == is_one);
            wanted.map(|metric| (Cow::Borrowed(metric.name), metric.unit)).collect()
        };
        FiguresRecord { numbers: of(false), distributions: of(true) }
    }

    pub(super) fn of<'a>(cells: impl Iterator<Item = &'a CellFigures>) -> FiguresRecord {
        let mut all = FiguresRecord::default();
        for (name, figure) in cells.flatten() {
            let units = if figure.is_distribution() { &mut all.distributions } else { &mut all.numbers };
            let name = metrics::parts(name).0;
            if !units.contains_key(name) {
                units.insert(shared(name), figure.unit());
            }
        }
        all
    }
    pub(super) fn unmeasured(&self, figures: &CellFigures) -> Vec<String> {
        let names = self.numbers.keys().chain(self.distributions.keys());
        names.filter(|name| !figures.contains_key(*name)).map(|name| name.to_string()).collect()
    }
    /// Sets the units and adds the zero figures that the file omits. The error names an unknown
    /// metric.
    pub(super) fn fill(&self, figures: &mut CellFigures, unmeasured: &[String]) -> Result<(), String> {
        let mut told = std::mem::take(figures);
        let numbers = self.numbers.iter().map(|(name, unit)| (name, Figure::number(*unit, 0)));
        let distributions = self.distributions.iter().map(|(name, unit)| (name, Figure::nothing(*unit)));
        figures.extend(numbers.chain(distributions).map(|(name, nothing)| (name.clone(), nothing)));
        for name in unmeasured {
            figures.remove(name.as_str());
        }
        while let Some((name, mut figure)) = told.pop_first() {
            let units = if figure.is_distribution() { &self.distributions } else { &self.numbers };
            let Some((known, unit)) = units.get_key_value(metrics::parts(&name).0) else {
                return Err(name.into_owned());
            };
            figure.set_unit(*unit);
            figures.insert(if *known == name { known.clone() } else { name }, figure);
        }
        Ok(())
    }

    pub(super) fn borrow_known_names(&mut self) {
        for units in [&mut self.numbers, &mut self.distributions] {
            *units = std::mem::take(units).into_iter().map(|(name, unit)| (shared(&name), unit)).collect();
        }
    }
}

/// A figure in the file: a number, or `[count, min, p50, p95, p99, max]` and the mean if it is
/// known. If some waits never ended, the list also has their count and the longest known wait.
#[derive(PartialEq, Serialize, Deserialize)]
#[serde(untagged, expecting = "no figure: it is a number, or a list of 7 or 9")]
pub(super) enum Written {
    Number(u64),
    Distribution(Vec<u64>),
}

impl From<&Figure> for Written {
    fn from(figure: &Figure) -> Written {
        match *figure {
            Figure::Value { value, .. } | Figure::Clipped { value, .. } => Written::Number(value),
            Figure::Distribution { count, min, p50, p95, p99, max, mean, never, waited, .. } => {
                let ended = [count, min, p50, p95, p99, max].into_iter();
                Written::Distribution(match never {
                    0 => ended.chain(mean).collect(),
                    _ => ended.chain([NEVER, never, waited]).collect(),
                })
            }
        }
    }
}

impl Written {
    /// The figure with the unit `Count`. The caller then sets the real unit.
    pub(super) fn figure(&self) -> Option<Figure> {
        let unit = Unit::Count;
        let list = match self {
            Written::Number(value) => return Some(Figure::number(unit, *value)),
            Written::Distribution(list) => list,
        };
        let [count, min, p50, p95, p99, max, ref rest @ ..] = list[..] else { return None };
        let (mean, never, waited) = match *rest {
            [] => (None, 0, 0),
            [mean] => (Some(mean), 0, 0),
            [mean, never, waited] => (Some(mean), never, waited),
            _ => return None,
        };
        Some(Figure::Distribution { unit, count, min, p50, p95, p99, max, mean, never, waited })
    }
}

/// Writes the figures of a cell, and omits the zero ones.
pub(super) fn write<S: Serializer>(figures: &CellFigures, to: S) -> Result<S::Ok, S::Error> {
    let told = figures.iter().filter(|(name, figure)| name.contains(['@', '/']) || !figure.is_nothing());
    to.collect_map(told.map(|(name, figure)| (name, Written::from(figure))))
}

pub(super) fn read<'a, D: Deserializer<'a>>(from: D) -> Result<CellFigures, D::Error> {
    let told = BTreeMap::<String, Written>::deserialize(from)?;
    let figures = told.into_iter().map(|(name, written)| Some((Cow::Owned(name), written.figure()?)));
    figures.collect::<Option<_>>().ok_or_else(|| D::Error::custom("a distribution has 7 numbers, or 9"))
}

pub(super) fn schema(_: &mut SchemaGenerator) -> Schema {
    let whole = json_schema!({ "type": "integer", "minimum": 0 });
    json_schema!({
        "type": "object",
        "additionalProperties": { "oneOf": [
            whole,
            { "type": "array", "items": whole, "minItems": 6, "maxItems": 9,
              "description": "count, min, p50, p95, p99, max, mean (rounded down) of a distribution; if some waits never ended, also their number and the longest known wait: count is without them, and 18446744073709551615 stands for a percentile or mean that was never reached" }
        ] }
    })
}
