//! The language of the bench's files: the forms of values, trees whose values know their place in
//! the file, and error messages with file, line and caret.

pub mod config;

pub use syncdyno_contract::base;
