//! The language of the bench's files: what forms values take, trees that remember where each value
//! stands, and mistakes that are shown with file, line and caret.

pub mod config;

pub use syncdyno_contract::base;
