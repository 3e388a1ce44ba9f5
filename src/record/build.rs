//! Identifies the build of the program that made a record or a file.

use std::fmt;
use std::sync::OnceLock;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::base::Digest;

/// A build of the program. Two builds may give different figures for one scenario and seed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Build {
    pub version: String,
    /// The commit that it was built from; `unknown` if there was no repository.
    pub commit: String,
    pub dirty: bool,
    /// The digest of its sources: builds with the same digest are the same.
    pub source: String,
    /// The digest of the schema of the scenario files that it reads.
    pub schema: String,
}

impl Build {
    pub fn this() -> &'static Build {
        static THIS: OnceLock<Build> = OnceLock::new();
        THIS.get_or_init(|| {
            let mut schema = Digest::new();
            // Generating the schema here would slow down each start. A test keeps this file up to
            // date.
            schema.text(include_str!("../../schema/scenario.schema.json"));
            Build {
                version: env!("CARGO_PKG_VERSION").to_owned(),
                commit: env!("SYNCDYNO_COMMIT").to_owned(),
                dirty: env!("SYNCDYNO_CHANGED") == "true",
                source: env!("SYNCDYNO_SOURCE").to_owned(),
                schema: schema.hex(),
            }
        })
    }
    pub fn is_this(&self) -> bool {
        self.source == Build::this().source
    }
}

impl fmt::Display for Build {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let short = |digest: &str| digest.chars().take(12).collect::<String>();
        write!(f, "build {} of syncdyno {}", short(&self.source), self.version)?;
        match (self.commit.as_str(), self.dirty) {
            ("unknown", _) => Ok(()),
            (commit, false) => write!(f, " (commit {})", short(commit)),
            (commit, true) => write!(f, " (commit {}, changed)", short(commit)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_is_told_by_its_sources_and_not_by_its_commit() {
        let this = Build::this();
        let committed = Build { commit: "0a1b2c3d4e5f6a7b".to_owned(), dirty: false, ..this.clone() };
        assert!(committed.is_this());
        let other = Build { source: "feed".to_owned(), dirty: true, ..committed.clone() };
        assert!(!other.is_this());
        let version = env!("CARGO_PKG_VERSION");
        let told = format!("build feed of syncdyno {version} (commit 0a1b2c3d4e5f, changed)");
        assert_eq!(other.to_string(), told);
        assert_eq!(this.source.len(), 32, "{this}");
    }
}
