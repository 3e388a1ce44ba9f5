//! What a profile is made of.

/// A figure of a profile and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sourced {
    /// The key that it stands for.
    pub key: &'static str,
    /// The value as the scenario file writes it.
    pub value: String,
    /// Where it comes from.
    pub source: &'static str,
}

/// A named set of figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// Its figures.
    pub figures: Vec<Sourced>,
}

/// What no source gives.
pub(super) const ESTIMATE: &str = "estimate";

/// A profile of (key, value, source).
pub(super) fn profile(name: &str, figures: Vec<(&'static str, &str, &'static str)>) -> Profile {
    let figure =
        |(key, value, source): (&'static str, &str, _)| Sourced { key, value: value.to_owned(), source };
    Profile { name: name.to_owned(), figures: figures.into_iter().map(figure).collect() }
}
