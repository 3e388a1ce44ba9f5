//! Reassignments: changes of people's attributes.

use crate::base::{Value, word_enums};

word_enums! {
    /// When the sync server begins to use a person's new attributes.
    pub enum Learned {
        /// At once: the server looks up the attributes for each request.
        #[default]
        AtOnce: "at-once",
        /// From the next login on: the attributes are claims in the login token.
        Login: "login",
        /// Never: the app sends the attributes from its setup.
        Never: "never",
    }
}

/// A change of people's attributes.
#[derive(Clone, Debug, PartialEq)]
pub struct Reassignment {
    /// Attributes by position, and their new values.
    pub set: Vec<(usize, Value)>,
    /// When the sync server begins to use the new values.
    pub learned: Learned,
}
