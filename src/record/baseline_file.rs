//! The file format of a baseline (figures that later runs must reproduce).
//!
//! Each scenario has one line per cell (one simulation). Then it has one line per metric with the
//! figures of all cells. If all cells have the same figure, the line contains it once. So a changed
//! metric changes one line of a diff.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Serializer;

use super::baseline::{Baseline, BaselineCell, BaselineError, SCHEMA_VERSION};
use super::figures::{CellFigures, Written, shared};
use super::lines::Lines;
use super::run::{Tool, version_of};
use crate::base::escape_json;
use crate::metrics::Unit;

/// Each value down to this depth of brackets is on its own line.
const DEPTH: usize = 4;

impl Baseline {
    pub fn parse(text: &str) -> Result<Baseline, BaselineError> {
        let text = escape_json(text, "");
        let schema_version = version_of(&text)?;
        if schema_version.split('.').next() != SCHEMA_VERSION.split('.').next() {
            return Err(BaselineError::Version(schema_version));
        }
        let file: BaselineFile = serde_json::from_str(&text)?;
        Ok(file.baseline().map_err(<serde_json::Error as serde::de::Error>::custom)?)
    }
    pub fn to_json(&self) -> String {
        let mut bytes = Vec::new();
        let lines = Serializer::with_formatter(&mut bytes, Lines::to(DEPTH));
        BaselineFile::of(self.clone())
            .serialize(&mut { lines })
            .expect("a baseline has no map with keys other than texts");
        bytes.push(b'\n');
        String::from_utf8(bytes).expect("JSON is text")
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BaselineFile {
    schema_version: String,
    tool: Tool,
    reasons: Vec<String>,
    scenarios: BTreeMap<String, OfScenario>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OfScenario {
    cells: Vec<Line>,
    /// Metric, unit, and the figure of each cell. A single figure applies to all cells.
    figures: Vec<(String, Unit, Vec<Option<Written>>)>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    id: String,
    resolved: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    variant: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    axes: BTreeMap<String, serde_json::Value>,
    seed: String,
    digest: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    gated: Vec<String>,
}

impl BaselineFile {
    fn of(of: Baseline) -> BaselineFile {
        let mut all: BTreeMap<String, Vec<(Line, CellFigures)>> = BTreeMap::new();
        for (id, cell) in of.cells {
            let BaselineCell { scenario, resolved, variant, axes, seed, digest, gated, metrics } = cell;
            let line = Line { id, resolved, variant, axes, seed, digest, gated };
            all.entry(scenario).or_default().push((line, metrics));
        }
        let scenarios = all.into_iter().map(|(name, cells)| (name, OfScenario::of(cells))).collect();
        BaselineFile { schema_version: of.schema_version, tool: of.tool, reasons: of.reasons, scenarios }
    }

    /// The error names a scenario whose figures do not match its cells.
    fn baseline(self) -> Result<Baseline, String> {
        let mut cells = BTreeMap::new();
        for (scenario, of) in self.scenarios {
            let figures = (0..of.cells.len()).map(|at| of.figures_of(at)).collect::<Option<Vec<_>>>();
            let figures = figures.ok_or_else(|| format!("scenario {scenario} has figures of other cells"))?;
            for (line, metrics) in of.cells.into_iter().zip(figures) {
                let Line { id, resolved, variant, axes, seed, digest, gated } = line;
                let scenario = scenario.clone();
                let cell = BaselineCell { scenario, resolved, variant, axes, seed, digest, gated, metrics };
                cells.insert(id, cell);
            }
        }
        Ok(Baseline { schema_version: self.schema_version, tool: self.tool, reasons: self.reasons, cells })
    }
}

impl OfScenario {
    fn of(cells: Vec<(Line, CellFigures)>) -> OfScenario {
        let mut figures: BTreeMap<(String, Unit), Vec<Option<Written>>> = BTreeMap::new();
        for (at, (_, metrics)) in cells.iter().enumerate() {
            for (name, figure) in metrics {
                let of = figures.entry((name.to_string(), figure.unit())).or_default();
                of.resize_with(at, || None);
                of.push(Some(Written::from(figure)));
            }
        }
        let line = |((name, unit), mut of): ((String, Unit), Vec<Option<Written>>)| {
            of.resize_with(cells.len(), || None);
            if of.iter().all(|figure| *figure == of[0]) {
                of.truncate(1);
            }
            (name, unit, of)
        };
        let figures = figures.into_iter().map(line).collect();
        OfScenario { cells: cells.into_iter().map(|(line, _)| line).collect(), figures }
    }

    /// The figures of the cell with index `at`; `None` if a line has too few figures.
    fn figures_of(&self, at: usize) -> Option<CellFigures> {
        let mut all = CellFigures::new();
        for (name, unit, of) in &self.figures {
            let own = if of.len() == 1 { &of[0] } else { of.get(at)? };
            let Some(written) = own else { continue };
            let mut figure = written.figure()?;
            figure.set_unit(*unit);
            all.insert(shared(name), figure);
        }
        Some(all)
    }
}
