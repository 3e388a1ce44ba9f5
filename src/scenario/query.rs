//! Lists that the app's screens show, as a plan says them.

use crate::base::Span;
use crate::contract::LocalQuery;

/// A list that a screen shows again and again.
#[derive(Clone, Debug, PartialEq)]
pub struct AppQuery {
    /// Its name in the scenario.
    pub name: String,
    /// What it asks for.
    pub query: LocalQuery,
    /// From one time to the next, while somebody looks at the app.
    pub every: Span,
}
