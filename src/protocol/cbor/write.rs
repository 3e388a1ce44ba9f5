//! Answers.

use minicbor::Encoder;
use minicbor::encode::Write;

use super::super::message::Asked;
use super::super::raw::answer::VerdictShape;
use super::super::raw::pages::{self, Head, PageEnd, write_row};
use crate::base::json::Sink;
use crate::base::{EntityId, Stamp, Undone, ValueRef};

/// How answers are written.
pub(in super::super) struct Style;

/// A sink as the encoder takes it.
struct Out<'s, S>(&'s mut S);

impl<S: Sink> Write for Out<'_, S> {
    type Error = std::convert::Infallible;
    #[inline]
    fn write_all(&mut self, bytes: &[u8]) -> Result<(), Self::Error> {
        self.0.put(bytes);
        Ok(())
    }
}

/// Writes into a sink, which takes all.
#[inline]
fn put<S: Sink, T>(
    out: &mut S,
    write: impl FnOnce(&mut Encoder<Out<'_, S>>) -> Result<T, minicbor::encode::Error<std::convert::Infallible>>,
) {
    if write(&mut Encoder::new(Out(out))).is_err() {
        unreachable!("a sink takes all");
    }
}

impl pages::Style for Style {
    fn begin<S: Sink>(out: &mut S, asked: Asked) {
        put(out, |e| e.begin_map()?.str("for")?.i64(asked.0).map(|_| ()));
    }
    fn begin_results<S: Sink>(out: &mut S) {
        put(out, |e| e.str("results")?.begin_array().map(|_| ()));
    }
    fn result<S: Sink>(out: &mut S, _: bool, id: &str, told: &VerdictShape<'_>) {
        let VerdictShape { ok, no, not_yet, row, edited } = told;
        put(out, |e| {
            e.begin_map()?.str("id")?.str(id)?;
            if let Some(Stamp(stamp)) = ok {
                e.str("ok")?.i64(*stamp)?;
            }
            if let Some(word) = not_yet {
                e.str(word)?.bool(true)?;
            }
            if let Some((word, text)) = no {
                e.str(word)?.str(text)?;
            }
            if let Some(Stamp(edited)) = edited {
                e.str("edited")?.i64(*edited)?;
            }
            Ok(())
        });
        if let Some(row) = row {
            put(out, |e| e.str("row")?.array(u64::from(row.is_some())).map(|_| ()));
            if let Some(row) = row {
                let values = row.values.as_deref().unwrap_or_default();
                write_row::<Style, S>(out, true, (row.key.as_str(), row.stamp), values.iter());
            }
        }
        put(out, |e| e.end().map(|_| ()));
    }
    fn end_results<S: Sink>(out: &mut S) {
        put(out, |e| e.end().map(|_| ()));
    }
    fn begin_pages<S: Sink>(out: &mut S) {
        put(out, |e| e.str("pages")?.begin_array().map(|_| ()));
    }
    fn begin_page<S: Sink>(out: &mut S, _: bool, entity: EntityId) {
        put(out, |e| e.begin_map()?.str("e")?.u16(entity.0)?.str("rows")?.begin_array().map(|_| ()));
    }
    fn begin_row<S: Sink>(out: &mut S, head: &Head<'_>) {
        let Head { part, key, stamp, values, .. } = head;
        put(out, |e| {
            e.array(*values as u64 + if part.is_some() { 4 } else { 2 })?;
            if let Some(part) = part {
                e.i64(part.columns as i64)?.i64(part.base.0)?;
            }
            e.str(key)?.i64(stamp.0).map(|_| ())
        });
    }
    fn value<S: Sink>(out: &mut S, _: usize, value: ValueRef<'_>) {
        put(out, |e| match value {
            ValueRef::Null => e.null().map(|_| ()),
            ValueRef::Int(n) => e.i64(n).map(|_| ()),
            ValueRef::Real(x) => e.f64(x).map(|_| ()),
            ValueRef::Text(t) => e.str(t).map(|_| ()),
        });
    }
    fn end_row<S: Sink>(_: &mut S) {}
    fn end_page<S: Sink>(out: &mut S, end: &PageEnd<'_>) {
        let PageEnd { cursor, more, undone, unseen, withheld, ids } = end;
        put(out, |e| {
            e.end()?.str("cursor")?.str(cursor)?;
            if !undone.is_empty() {
                e.str("undone")?.array(undone.len() as u64)?;
                for Undone { from, until } in *undone {
                    e.array(2)?.i64(from.0)?.i64(until.0)?;
                }
            }
            if let Some(Stamp(unseen)) = unseen {
                e.str("unseen")?.i64(*unseen)?;
            }
            if !withheld.is_empty() {
                e.str("withheld")?.array(withheld.len() as u64)?;
                for key in *withheld {
                    e.str(key)?;
                }
            }
            if let Some((first, count)) = ids {
                e.str("ids")?.array(2)?.u64(*first)?.u32(*count)?;
            }
            e.str("more")?.bool(*more)?.end().map(|_| ())
        });
    }
    fn end_pages<S: Sink>(out: &mut S) {
        put(out, |e| e.end().map(|_| ()));
    }
    fn end<S: Sink>(out: &mut S) {
        put(out, |e| e.end().map(|_| ()));
    }
}
