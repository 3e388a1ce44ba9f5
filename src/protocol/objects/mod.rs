//! JSON whose rows are objects, as most servers send them: each value with its column's name.
//!
//! A codec knows no names, so columns are called `column1`, `column2`, …, which is about as long as
//! names are. A row is `{"key":"k","stamp":7,"column1":"a"}`; of a part `columns` and `base` come
//! first. Requests are those of JSON.

mod codec;
mod write;

pub(super) use codec::Objects;
