//! What people see after a change of their attributes.

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

/// What a reassignment changes.
#[derive(Clone, Debug, PartialEq)]
pub struct Reassignment {
    /// Attributes by position, and their new values.
    pub set: Vec<(usize, Value)>,
    /// When the sync server begins to use them.
    pub learned: Learned,
}
