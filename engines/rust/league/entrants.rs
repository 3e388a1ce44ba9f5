//! The texts about each engine of the league, from `engines/league/entrants.toml`.

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
    /// The engine's name in `league.toml`.
    pub engine: String,
    /// The usual name, with the version.
    pub title: String,
    /// The path of the engine's page, relative to `docs/`.
    pub page: String,
    /// Its promise for edits that conflict with another version, in a few words.
    pub promise: String,
    /// The figures that the engine cannot have.
    #[serde(default)]
    pub lacks: Vec<String>,
    /// A paragraph about the engine.
    pub text: String,
    /// The checks of the oracle (the judge) that fail in the league.
    #[serde(default)]
    pub found: Vec<Found>,
}

/// A check that fails, and the reason.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Found {
    /// The names of the checks that fail for this reason.
    pub checks: Vec<String>,
    /// The part that is responsible.
    pub whose: Whose,
    /// The reason in one sentence, with the address of the evidence.
    pub why: String,
}

/// The part that is responsible for a violation.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Whose {
    /// The engine. The violation was reproduced without the bench (the simulator).
    Engine,
    /// The engine, by design: its documentation describes this behaviour.
    Design,
    /// The preset: published reports say that its product does this.
    Preset,
    /// The halves in this folder, which add a protocol to an engine without one.
    Halves,
}

impl Entrants {
    /// Parses the text of the file.
    ///
    /// # Errors
    /// The text is not a valid file of entrants.
    pub fn parse(text: &str) -> Result<Entrants, Wrong> {
        toml::from_str(text).map_err(|wrong| Wrong(format!("entrants.toml: {wrong}")))
    }

    /// Checks that each failing check of an engine is classified.
    ///
    /// # Errors
    /// The checks that nobody has classified.
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
