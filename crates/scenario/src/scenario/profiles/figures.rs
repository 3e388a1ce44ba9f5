//! The parts of a profile: figures with their sources.

/// A figure of a profile, with its source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sourced {
    /// The key that the figure sets.
    pub key: &'static str,
    /// The value as the scenario file writes it.
    pub value: String,
    /// Where the figure comes from.
    pub source: &'static str,
}

/// A named profile: default values for keys of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// The profile's name.
    pub name: String,
    /// The figures that the profile sets, with their sources.
    pub figures: Vec<Sourced>,
}

pub(super) const ESTIMATE: &str = "estimate";

/// Figures from one source: keys, values, source. Blanks separate keys and values. The value of a
/// single key may contain blanks.
pub(super) type Row = (&'static str, &'static str, &'static str);

pub(super) fn profile<'r>(name: &str, rows: impl IntoIterator<Item = &'r Row>) -> Profile {
    let figures = rows.into_iter().flat_map(|&(keys, values, source)| {
        let values = if keys.contains(' ') { values.split(' ').collect() } else { vec![values] };
        let figure = move |(key, value): (_, &str)| Sourced { key, value: value.to_owned(), source };
        keys.split(' ').zip(values).map(figure)
    });
    Profile { name: name.to_owned(), figures: figures.collect() }
}

/// Splits consecutive rows into profiles. Each profile starts with the key `name`.
pub(super) fn profiles(rows: &[Row]) -> Vec<Profile> {
    let each = rows.chunk_by(|_, next| !next.0.starts_with("name"));
    let named = |rows: &[Row]| {
        let mut profile = profile("", rows);
        profile.name = profile.figures.remove(0).value;
        profile
    };
    each.map(named).collect()
}
