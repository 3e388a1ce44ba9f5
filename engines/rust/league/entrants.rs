//! Texts about each engine of the league, from `engines/league/entrants.toml`.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::Wrong;

/// All engines, in the order of the page.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entrants {
    /// The engines.
    pub entrant: Vec<Entrant>,
}

/// An engine of the league: one row of its tables.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entrant {
    /// Its name in `league.toml`.
    pub engine: String,
    /// Its usual name, with its version.
    pub title: String,
    /// The path of its page, relative to `docs/`.
    pub page: String,
    /// Its promise about edits that meet another version, in a few words.
    pub promise: String,
    /// The figures that it cannot have.
    #[serde(default)]
    pub lacks: Vec<String>,
    /// The paragraph about it.
    pub text: String,
    /// The findings of the oracle in the league.
    #[serde(default)]
    pub found: Vec<Found>,
}

/// A check that fails, and why.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Found {
    /// The names of the checks that fail for this one cause.
    pub checks: Vec<String>,
    /// Who is responsible.
    pub whose: Whose,
    /// The reason in one sentence, with the address of the evidence.
    pub why: String,
}

/// Who is responsible for a violation.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Whose {
    /// The engine; reproduced without the bench.
    Engine,
    /// The engine, as its documentation states.
    Design,
    /// The preset: its product does this, by published reports.
    Preset,
    /// This folder: the halves that it adds to an engine without a protocol.
    Halves,
}

impl Entrants {
    /// Parses the text of the file.
    pub fn parse(text: &str) -> Result<Entrants, Wrong> {
        toml::from_str(text).map_err(|wrong| Wrong(format!("entrants.toml: {wrong}")))
    }

    /// Refuses a failing check of an engine if nobody has classified it.
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
