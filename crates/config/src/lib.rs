//! The language of the bench's files: forms of values, trees whose values remember their place, and
//! mistakes shown with file, line and caret.

pub mod config;

pub use syncdyno_contract::base;
