//! XML, really encoded and parsed: an element a message, a row and a value.
//!
//! A value stands in an element that is named by its kind: `<row key="k" stamp="7"><text>a</text>
//! <int>5</int><null/></row>`. A column's name is sent never; where classes are serialised as they
//! are, two names of a column take the place of those of its kind. Characters that XML has no place
//! for are written as references to them.

mod answer;
mod codec;
mod element;
mod parse;
mod request;

pub(super) use codec::Xml;
