//! Answers of the gateway, read.

use std::borrow::Cow;

use super::super::answer::{Page, Rows};
use super::super::damaged::Damaged;
use super::super::message::Asked;
use super::super::raw::answer::{RawAnswer, RawError, RawResult};
use super::parse::{Element, Elements};
use crate::base::{Cell, EntityId, Stamp, Undone};

pub(super) fn decode(bytes: &[u8]) -> Result<RawAnswer<'_>, Damaged> {
    let (mut elements, root) = Elements::of(bytes)?;
    let mut answer = RawAnswer { asked: Asked(0), pages: None, results: None, error: None };
    match root.name() {
        b"error" => {
            let (kind, number, text) = (root.text("kind")?, root.number("number")?, root.text("text")?);
            answer.error = Some(RawError { kind, number, text });
            elements.end()?;
        }
        b"answer" => {
            answer.asked = Asked(root.number("for")?);
            while let Some(part) = elements.child()? {
                match part.name() {
                    b"results" if answer.results.is_none() => answer.results = Some(elements.all(result)?),
                    b"pages" if answer.pages.is_none() => answer.pages = Some(elements.all(page)?),
                    _ => return Err(part.unexpected()),
                }
            }
        }
        _ => return Err(root.unexpected()),
    }
    elements.end_of_all()?;
    Ok(answer)
}

fn result<'a>(elements: &mut Elements<'a>, element: &Element<'a>) -> Result<RawResult<'a>, Damaged> {
    element.must_be(b"result")?;
    let mut rows = Rows::default();
    while let Some(child) = elements.child()? {
        row(elements, &child, &mut rows)?;
    }
    Ok(RawResult {
        id: Cow::Owned(element.text("id")?),
        ok: element.stamp("ok")?,
        conflict: element.get("conflict")?,
        rejected: element.get("rejected")?,
        later: element.says("later")?,
        queued: element.says("queued")?,
        row: rows,
        edited: element.stamp("edited")?,
    })
}

fn page<'a>(elements: &mut Elements<'a>, element: &Element<'a>) -> Result<Page<'a>, Damaged> {
    element.must_be(b"page")?;
    let (mut rows, mut undone, mut withheld) = (Rows::default(), Vec::new(), Vec::new());
    let end = loop {
        let Some(child) = elements.child()? else {
            return Err(Damaged("a page without its end".to_owned()));
        };
        match child.name() {
            b"undone" => {
                let [from, until] = [child.number("from")?, child.number("until")?].map(Stamp);
                undone.push(Undone { from, until });
                elements.end()?;
            }
            b"withheld" => {
                withheld.push(Cow::Owned(child.text("key")?));
                elements.end()?;
            }
            b"end" => {
                elements.end()?;
                break child;
            }
            _ => row(elements, &child, &mut rows)?,
        }
    };
    elements.end()?;
    let more = end.text("more")?;
    if more != "true" && more != "false" {
        return Err(Damaged(format!("there is more or there is not, not {more:?}")));
    }
    Ok(Page {
        entity: EntityId(element.number("e")?),
        rows,
        cursor: Cow::Owned(end.text("cursor")?),
        more: more == "true",
        undone,
        unseen: end.stamp("unseen")?,
        withheld,
        ids: end.some("first")?.zip(end.some("count")?),
    })
}

fn row<'a>(elements: &mut Elements<'a>, element: &Element<'a>, rows: &mut Rows<'a>) -> Result<(), Damaged> {
    element.must_be(b"row")?;
    if let Some(columns) = element.some("columns")? {
        rows.add(Cell::Int(columns));
        rows.add(Cell::Int(element.number("base")?));
    }
    rows.add(Cell::Text(Cow::Owned(element.text("key")?)));
    rows.add(Cell::Int(element.number("stamp")?));
    while let Some(kind) = elements.child()? {
        let value = elements.value(&kind)?;
        rows.add(value);
    }
    rows.end_row()
}
