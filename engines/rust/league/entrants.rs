//! What people wrote about each row: `engines/league/entrants.toml`.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::Wrong;

/// All rows, in the order of the page.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entrants {
    /// The rows.
    pub entrant: Vec<Entrant>,
}

/// A row of the league.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entrant {
    /// Its name in `league.toml`.
    pub engine: String,
    /// As people call it, with its version.
    pub title: String,
    /// Its page, from `docs/`.
    pub page: String,
    /// What it promises of edits that meet, in a few words.
    pub promise: String,
    /// Figures that it has no word for.
    #[serde(default)]
    pub lacks: Vec<String>,
    /// Its paragraph.
    pub text: String,
    /// The findings of the oracle in the league.
    #[serde(default)]
    pub found: Vec<Found>,
}

/// A check that fails, and why.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Found {
    /// Its names: what one cause leads to.
    pub checks: Vec<String>,
    /// Whose it is.
    pub whose: Whose,
    /// In a sentence, with the address of the evidence.
    pub why: String,
}

/// Whose a violation is.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Whose {
    /// The engine's, reproduced without the bench.
    Engine,
    /// The engine's as its documentation says.
    Design,
    /// The preset's: what its product does, by published reports.
    Preset,
    /// Ours: what this folder adds to an engine that has no protocol.
    Halves,
}

impl Entrants {
    /// From the text of the file.
    pub fn parse(text: &str) -> Result<Entrants, Wrong> {
        toml::from_str(text).map_err(|wrong| Wrong(format!("entrants.toml: {wrong}")))
    }

    /// Refuses a check that fails of an engine and that nobody has classified.
    pub fn refuse_unclassified(&self, failing: &BTreeSet<(String, String)>) -> Result<(), Wrong> {
        let known = |engine: &str, check: &str| {
            let of = self.entrant.iter().filter(|entrant| entrant.engine == engine);
            of.flat_map(|entrant| &entrant.found).any(|found| found.checks.iter().any(|name| name == check))
        };
        let unknown: Vec<String> = failing
            .iter()
            .filter(|(engine, check)| !known(engine, check))
            .map(|(engine, check)| format!("{engine}: `{check}`"))
            .collect();
        if unknown.is_empty() {
            return Ok(());
        }
        Err(Wrong(format!("these are found and not classified in entrants.toml: {}", unknown.join(", "))))
    }
}
